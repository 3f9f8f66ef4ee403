/* Energies of single loops, and the tables that the folding reads them from.

   The model is the nearest-neighbour model of Turner 2004 (Mathews et al., PNAS 2004,
   doi 10.1073/pnas.0401799101; Turner and Mathews, NAR 2010, doi 10.1093/nar/gkp892) with
   dangling ends on both sides of every stem, as Lorenz et al., Algorithms Mol Biol 2011,
   doi 10.1186/1748-7188-6-26, describe it. */

#include <math.h>
#include <stdlib.h>

#include "fold.h"

/* Letters in the order of parameter files, where N comes first; END reads as N. */
static const int IN_FILE[LETTERS] = {1, 2, 3, 4, 0, 0};

/* The largest parameter, so that no sum of a few of them and infinity wraps around in 16 bits. */
#define LARGEST 1100

static int pair_of(int five, int three)
{
    static const int8_t kinds[LETTERS][LETTERS] = {
        [A][U] = AU, [C][G] = CG, [G][C] = GC, [G][U] = GU, [U][A] = UA, [U][G] = UG};
    return kinds[five][three];
}

static int32_t au_penalty(const Parameters *in, int pair)
{
    return pair > GC ? in->terminal_au : 0;
}

static int find_special(const SpecialLoops *loops, const uint8_t *letters, int i, int j,
                        int32_t *energy)
{
    int32_t code = 0;
    for (int k = i; k <= j; k++) {
        if (letters[k] >= N)
            return 0;
        code = 4 * code + letters[k];
    }
    for (int k = 0; k < loops->count; k++)
        if (loops->code[k] == code) {
            *energy = loops->energy[k];
            return 1;
        }
    return 0;
}

int special_hairpin(const Tables *tables, const uint8_t *letters, int i, int j, int32_t *energy)
{
    switch (j - i - 1) {
    case 3:
        return find_special(&tables->triloops, letters, i, j, energy);
    case 4:
        return find_special(&tables->tetraloops, letters, i, j, energy);
    case 6:
        return find_special(&tables->hexaloops, letters, i, j, energy);
    default:
        return 0;
    }
}

int32_t hairpin_energy(const Tables *tables, const uint8_t *letters, int i, int j)
{
    const Parameters *in = &tables->in;
    int pair = pair_of(letters[i], letters[j]), size = j - i - 1;
    int32_t energy;
    if (special_hairpin(tables, letters, i, j, &energy))
        return energy;
    energy = tables->hairpin_size[size];
    if (size == MIN_LOOP)
        return energy + au_penalty(in, pair);
    return energy +
           in->mismatch_hairpin[pair][IN_FILE[letters[i + 1]]][IN_FILE[letters[j - 1]]];
}

static int32_t asymmetry_energy(const Parameters *in, int difference)
{
    int32_t energy = in->asymmetry * difference;
    return energy < in->most_asymmetry ? energy : in->most_asymmetry;
}

int32_t interior_energy(const Tables *tables, const uint8_t *letters, int i, int j, int p, int q)
{
    const Parameters *in = &tables->in;
    int five = p - i - 1, three = j - q - 1, size = five + three;
    int less = five < three ? five : three, more = size - less;
    int outer = pair_of(letters[i], letters[j]), inner = pair_of(letters[q], letters[p]);
    int after_i = IN_FILE[letters[i + 1]], before_j = IN_FILE[letters[j - 1]];
    int before_p = IN_FILE[letters[p - 1]], after_q = IN_FILE[letters[q + 1]];
    if (more == 0)
        return in->stack[outer][inner];
    if (less == 0) {
        if (more == 1)
            return in->bulge[1] + in->stack[outer][inner];
        return in->bulge[more] + au_penalty(in, outer) + au_penalty(in, inner);
    }
    if (size == 2)
        return in->int11[outer][inner][after_i][before_j];
    if (size == 3 && five == 1)
        return in->int21[outer][inner][after_i][after_q][before_j];
    if (size == 3)
        return in->int21[inner][outer][after_q][after_i][before_p];
    if (less == 2 && more == 2)
        return tables->int22[outer][inner][after_i][before_p][after_q][before_j];
    int32_t energy = in->interior[size] + asymmetry_energy(in, more - less);
    if (less == 1)
        return energy + in->mismatch_interior_1n[outer][after_i][before_j] +
               in->mismatch_interior_1n[inner][after_q][before_p];
    if (size == 5)
        return energy + in->mismatch_interior_23[outer][after_i][before_j] +
               in->mismatch_interior_23[inner][after_q][before_p];
    return energy + in->mismatch_interior[outer][after_i][before_j] +
           in->mismatch_interior[inner][after_q][before_p];
}

/* A stem's part in the exterior loop; the neighbours a and b may be missing. */
static int32_t exterior_energy(const Parameters *in, int pair, int before, int after)
{
    int32_t energy = au_penalty(in, pair);
    if (before != END && after != END)
        return energy + in->mismatch_exterior[pair][IN_FILE[before]][IN_FILE[after]];
    if (before != END)
        energy += in->dangle5[pair][IN_FILE[before]];
    if (after != END)
        energy += in->dangle3[pair][IN_FILE[after]];
    return energy;
}

static int32_t multi_stem_energy(const Parameters *in, int pair, int before, int after)
{
    return in->multi_stem + au_penalty(in, pair) +
           in->mismatch_multi[pair][IN_FILE[before]][IN_FILE[after]];
}

/* Entry of a table of outer: letters i, i + 1, j, j - 1. */
static int32_t outer_entry(const Parameters *in, int kind, int i, int after_i, int j, int before_j)
{
    int pair = pair_of(i, j), inside = pair_of(before_j, after_i);
    int x = IN_FILE[after_i], y = IN_FILE[before_j];
    if (pair == NO_PAIR)
        return 0;
    switch (kind) {
    case HAIRPIN:
        return in->mismatch_hairpin[pair][x][y];
    case STACK:
    case STACK_BULGE:
        return inside == NO_PAIR ? 0 : in->stack[pair][inside];
    case GENERIC:
        return in->mismatch_interior[pair][x][y];
    case ONE_BY_N:
        return in->mismatch_interior_1n[pair][x][y];
    case TWO_BY_THREE:
        return in->mismatch_interior_23[pair][x][y];
    default: /* CLOSING: seen from inside it is the pair j.i, between j - 1 and i + 1 */
        return in->multi_closing + multi_stem_energy(in, pair_of(j, i), before_j, after_i);
    }
}

/* Entry of a table of inner: letters p, p - 1, q, q + 1. */
static int32_t inner_entry(const Parameters *in, int kind, int p, int before_p, int q, int after_q)
{
    int pair = pair_of(p, q), reversed = pair_of(q, p);
    int x = IN_FILE[after_q], y = IN_FILE[before_p];
    if (pair == NO_PAIR)
        return 0;
    switch (kind) {
    case GENERIC_INSIDE:
        return in->mismatch_interior[reversed][x][y];
    case ONE_BY_N_INSIDE:
        return in->mismatch_interior_1n[reversed][x][y];
    case TWO_BY_THREE_INSIDE:
        return in->mismatch_interior_23[reversed][x][y];
    case STEM:
        return multi_stem_energy(in, pair, before_p, after_q);
    default:
        return exterior_energy(in, pair, before_p, after_q);
    }
}

static int too_large(const int32_t *values, long count)
{
    for (long k = 0; k < count; k++)
        if (values[k] > LARGEST || values[k] < -LARGEST)
            return 1;
    return 0;
}

/* Energy of a 2x2 loop with these letters, as a file has them: where one is N, the highest of what
   it may be. */
static int32_t int22_energy(int32_t loops[4][4][4][4], const int letters[4])
{
    int32_t most = INT32_MIN;
    int from[4], to[4];
    for (int k = 0; k < 4; k++) {
        from[k] = letters[k] ? letters[k] - 1 : 0;
        to[k] = letters[k] ? letters[k] : 4;
    }
    for (int a = from[0]; a < to[0]; a++)
        for (int b = from[1]; b < to[1]; b++)
            for (int c = from[2]; c < to[2]; c++)
                for (int d = from[3]; d < to[3]; d++)
                    most = loops[a][b][c][d] > most ? loops[a][b][c][d] : most;
    return most;
}

static void fill_int22(Tables *tables)
{
    for (int code = 0; code < FOUR_BASES; code++) {
        const int letters[4] = {code / 125, code / 25 % 5, code / 5 % 5, code % 5};
        const int *k = letters;
        for (int outer = CG; outer < PAIRS; outer++)
            for (int inner = CG; inner < PAIRS; inner++)
                tables->int22[outer][inner][k[0]][k[1]][k[2]][k[3]] =
                    (int16_t)int22_energy(tables->in.int22[outer - 1][inner - 1], letters);
    }
}

/* Fills a table of interior loops with so many unpaired letters on either side, for all letters
   from i to p (rows) and from j down to q (columns). */
static void fill_loops(const Tables *tables, int five, int three, int16_t *table)
{
    uint8_t letters[16];
    const int i = 1, p = i + five + 1, q = p + 4, j = q + three + 1;
    const int rows = five == 1 ? THREE_BASES : FOUR_BASES;
    const int columns = three == 1 ? THREE_BASES : FOUR_BASES;
    for (int row = 0; row < rows; row++) {
        for (int k = p, code = row; k >= i; k--, code /= 5)
            letters[k] = (uint8_t)(code % 5);
        if (letters[i] == N || letters[p] == N)
            continue;
        for (int column = 0; column < columns; column++) {
            letters[j] = (uint8_t)(column / (columns / 5));
            letters[q] = (uint8_t)(column % 5);
            if (!tables->pair[letters[i]][letters[j]] || !tables->pair[letters[p]][letters[q]])
                continue;
            for (int k = q + 1, code = column / 5; k < j; k++, code /= 5)
                letters[k] = (uint8_t)(code % 5);
            table[row * columns + column] = (int16_t)interior_energy(tables, letters, i, j, p, q);
        }
    }
}

int make_tables(Tables *tables)
{
    const Parameters *in = &tables->in;
    /* Hairpins of less than 3 letters and bulges of none have no energy. */
    int32_t *unused[] = {tables->in.hairpin,      tables->in.hairpin + 1, tables->in.hairpin + 2,
                         tables->in.bulge,        tables->in.interior,    tables->in.interior + 1};
    for (int k = 0; k < 6; k++)
        *unused[k] = 0;
    if (too_large((const int32_t *)in, sizeof *in / sizeof(int32_t)) ||
        too_large(tables->triloops.energy, tables->triloops.count) ||
        too_large(tables->tetraloops.energy, tables->tetraloops.count) ||
        too_large(tables->hexaloops.energy, tables->hexaloops.count) ||
        !(tables->log_factor >= 0 && tables->log_factor < 200))
        return -1;
    for (int i = 0; i < LETTERS; i++)
        for (int j = 0; j < LETTERS; j++) {
            tables->pair[i][j] = (int16_t)pair_of(i, j);
            tables->au_penalty[i][j] = (int16_t)au_penalty(in, pair_of(i, j));
        }
    for (int size = 0; size <= MOST_LETTERS; size++) {
        int32_t more = size > MAX_LOOP ? (int32_t)(tables->log_factor * log((double)size / MAX_LOOP)) : 0;
        tables->hairpin_size[size] = (int16_t)(in->hairpin[size < MAX_LOOP ? size : MAX_LOOP] + more);
    }
    for (int first = 0; first < TWO_LETTERS; first++)
        for (int second = 0; second < TWO_LETTERS; second++) {
            int i = first / LETTERS, a = first % LETTERS, j = second / LETTERS, b = second % LETTERS;
            for (int kind = 0; kind < OUTER_KINDS; kind++)
                tables->outer[kind][first][second] = (int16_t)outer_entry(in, kind, i, a, j, b);
            for (int kind = 0; kind < INNER_KINDS; kind++)
                tables->inner[kind][first][second] = (int16_t)inner_entry(in, kind, i, a, j, b);
        }
    fill_int22(tables);
    fill_loops(tables, 1, 1, &tables->loop11[0][0]);
    fill_loops(tables, 1, 2, &tables->loop12[0][0]);
    fill_loops(tables, 2, 1, &tables->loop21[0][0]);
    fill_loops(tables, 2, 2, &tables->loop22[0][0]);
    return 0;
}
