/* Folds sequences with every variant of the C code, outside of Python: see fold_driver.py.

     fold_driver TABLES < SEQUENCES

   TABLES holds what make_tables needs, as fold_driver.py writes it; SEQUENCES has one a line.
   Prints structure and energy of each. All variants must agree, whatever was in the memory that
   they get: each folds in new memory of just the size that it needs, and again with that memory
   filled with high and with low cells. Exit status 1 where one differs. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fold.h"

static const int FILLS[] = {0x7f, 0x80, 0x00};

static int fail(const char *what, const char *sequence, int instructions, int bits, int fill)
{
    fprintf(stderr, "%s: instructions %d, %d bits, fill %d: %s\n", what, instructions, bits, fill,
            sequence);
    return 1;
}

/* Returns 0, or 1 where this variant differs from the structure and energy that are given; the
   very first call, with *known 0, gives them. */
static int check_variant(const Tables *tables, const char *sequence, int instructions, int bits,
                         char *structure, int32_t *energy, int *known)
{
    Workspace workspace = {NULL, 0};
    const int n = (int)strlen(sequence);
    char *found = malloc((size_t)n + 1);
    int failed = found == NULL;
    for (int k = -1; k < (int)(sizeof FILLS / sizeof *FILLS) && !failed; k++) {
        const int fill = k < 0 ? -1 : FILLS[k];
        int32_t found_energy = 0;
        if (k >= 0)
            memset(workspace.memory, fill, workspace.size);
        int status = fold_sequence(tables, sequence, n, instructions, bits, &workspace, found,
                                   &found_energy);
        if (status == 1 && bits == 16)
            continue; /* too low for 16 bits */
        if (status != 0) {
            failed = fail("an error", sequence, instructions, bits, fill);
        } else if (!*known) {
            memcpy(structure, found, (size_t)n);
            structure[n] = 0;
            *energy = found_energy;
            *known = 1;
        } else if (found_energy != *energy || memcmp(found, structure, (size_t)n)) {
            failed = fail("another result", sequence, instructions, bits, fill);
        }
    }
    free(found);
    free(workspace.memory);
    return failed;
}

static int read_tables(const char *path, Tables *tables)
{
    FILE *file = fopen(path, "rb");
    int whole = file && fread(&tables->in, sizeof tables->in, 1, file) == 1 &&
                fread(&tables->log_factor, sizeof tables->log_factor, 1, file) == 1 &&
                fread(&tables->triloops, sizeof(SpecialLoops), 1, file) == 1 &&
                fread(&tables->tetraloops, sizeof(SpecialLoops), 1, file) == 1 &&
                fread(&tables->hexaloops, sizeof(SpecialLoops), 1, file) == 1;
    if (file)
        fclose(file);
    return whole && make_tables(tables) == 0;
}

int main(int count, char **arguments)
{
    static char sequence[MOST_LETTERS + 2], structure[MOST_LETTERS + 1];
    Tables *tables = calloc(1, sizeof *tables);
    if (count != 2 || !tables || !read_tables(arguments[1], tables)) {
        fprintf(stderr, "no tables\n");
        return 2;
    }
    int failed = 0;
    while (!failed && fgets(sequence, sizeof sequence, stdin)) {
        sequence[strcspn(sequence, "\n")] = 0;
        int32_t energy = 0;
        int known = 0;
        for (int bits = 32; bits >= 16; bits -= 16)
            for (int instructions = PLAIN; instructions <= best_instructions(); instructions++)
                failed |= check_variant(tables, sequence, instructions, bits, structure, &energy,
                                        &known);
        if (!failed)
            printf("%s %d\n", structure, (int)energy);
    }
    free(tables);
    return failed;
}
