/* Part of fill.h: one structure of least energy, the one that ViennaRNA finds first.

   Of equal energies come first: in the exterior loop, an unpaired 3' end, then the partner
   that is furthest downstream; for a pair, a hairpin loop, then interior loops (p ascending, q descending),
   then a multiloop (splits ascending); within a multiloop, an unpaired 3' end, an unpaired 5'
   end, one stem, then splits ascending. */

/* An interior loop i.j, p.q of the pair's energy; 0 where there is none. */
static TARGET int NAME(inner_pair)(const Fold *f, int i, int j, int *inner_p, int *inner_q)
{
    const CELL energy = f->pair[i][j];
    for (int p = i + 1; p <= i + 1 + MAX_LOOP && p < j - MIN_LOOP - 1; p++) {
        int last = j - 1 - (MAX_LOOP - (p - i - 1));
        if (last < p + MIN_LOOP + 1)
            last = p + MIN_LOOP + 1;
        for (int q = j - 1; q >= last; q--) {
            const CELL inside = f->pair[p][q];
            if (inside != INFINITE &&
                energy == inside + interior_energy(f->tables, f->letter, i, j, p, q)) {
                *inner_p = p, *inner_q = q;
                return 1;
            }
        }
    }
    return 0;
}

/* The first k with multi[i][k] + multi[k + 1][j] of this energy; 0 where there is none. */
static TARGET int NAME(split_of)(const Fold *f, int i, int j, int32_t energy)
{
    for (int k = i + MIN_LOOP + 1; k + MIN_LOOP + 1 < j; k++) {
        const CELL left = f->multi[i][k], right = f->multi[k + 1][j];
        if (left < NONE && right < NONE && left + right == energy)
            return k;
    }
    return 0;
}

/* Returns 0, or -2 where no way leads to an energy, which would be an error in the program. */
static TARGET int NAME(trace_back)(Fold *f, char *structure)
{
    const Tables *tables = f->tables;
    const uint8_t *letter = f->letter;
    const int n = f->n;
    Part *waiting = f->waiting; /* parts that do not overlap: less than n of them */
    int count = 0;
    for (int j = 0; j < n; j++)
        structure[j] = '.';
    for (int j = n; j > MIN_LOOP + 1;) {
        if (f->exterior[j] == f->exterior[j - 1]) {
            j--;
            continue;
        }
        int i = j - MIN_LOOP - 1;
        for (; i > 0; i--)
            if (f->pair[i][j] != INFINITE &&
                f->exterior[j] ==
                    f->exterior[i - 1] + f->pair[i][j] +
                        tables->inner[EXTERIOR][letter[i] * LETTERS + letter[i - 1]][f->code_out[j]])
                break;
        if (i == 0)
            return -2;
        waiting[count++] = (Part){i, j, 1};
        j = i - 1;
    }
    while (count) {
        Part part = waiting[--count];
        int i = part.i, j = part.j, p, q, k;
        if (!part.is_pair) {
            while (f->multi[i][j] == f->multi[i][j - 1])
                j--;
            while (f->multi[i][j] == f->multi[i + 1][j])
                i++;
            const CELL energy = f->multi[i][j];
            if (f->pair[i][j] == INFINITE ||
                energy != f->pair[i][j] +
                              tables->inner[STEM][letter[i] * LETTERS + letter[i - 1]][f->code_out[j]]) {
                k = NAME(split_of)(f, i, j, energy);
                if (!k)
                    return -2;
                waiting[count++] = (Part){i, k, 0};
                waiting[count++] = (Part){k + 1, j, 0};
                continue;
            }
        }
        for (;;) {
            structure[i - 1] = '(';
            structure[j - 1] = ')';
            const CELL energy = f->pair[i][j];
            if (energy == hairpin_energy(tables, letter, i, j))
                break;
            if (NAME(inner_pair)(f, i, j, &p, &q)) {
                i = p, j = q;
                continue;
            }
            const int inside = letter[i] * LETTERS + letter[i + 1];
            k = NAME(split_of)(f, i + 1, j - 1,
                               energy - tables->outer[CLOSING][inside][f->code_in[j]]);
            if (!k)
                return -2;
            waiting[count++] = (Part){i + 1, k, 0};
            waiting[count++] = (Part){k + 1, j - 1, 0};
            break;
        }
    }
    return 0;
}
