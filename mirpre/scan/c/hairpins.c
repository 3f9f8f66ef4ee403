/* Stage 2: the hairpin at a place, by a small energy model.

   Stacking energies and hairpin loops are Turner 2004's (Mathews et al., PNAS 2004), in tenths
   of kcal/mol. Interior loops and bulges cost a constant and a price for each step, which takes
   the search for the best one to a constant number of operations a cell; there is one closing
   loop and no branching.

   P(i, j): best energy with i and j paired. L(i, j): best energy of a loop still open at i, j.
   Cells lie in a band around the centre c: row d = j - i, column k, i = c - d/2 + k - band. */

#include <stdlib.h>
#include <string.h>

#include "scan.h"

#define NEVER 10000

enum { FROM_LOOP, FROM_STACK, FROM_INTERIOR };          /* what a pair encloses */
enum { OPENED = 0, STEP = 4, GAP_5 = 8, GAP_3 = 12 }; /* how an interior loop grew */
#define PAIR_BITS 3
#define LOOP_BITS 12

/* Pair kinds by 5' letter and 3' letter: 0 none, then CG GC GU UG AU UA. */
static const uint8_t KIND[16] = {
    /* A */ 0, 0, 0, 5, /* C */ 0, 0, 1, 0, /* G */ 0, 2, 0, 3, /* U */ 6, 0, 4, 0};

/* Energy of an outer pair (row) on an inner pair (column), both read 5' to 3'. */
static const int8_t STACK[7][7] = {
    {0},
    /*        CG   GC   GU   UG   AU   UA */
    {0, -33, -24, -14, -21, -21, -21}, /* CG */
    {0, -34, -33, -15, -25, -24, -22}, /* GC */
    {0, -25, -21, -5, 13, -13, -14},   /* GU */
    {0, -15, -14, 3, -5, -10, -6},     /* UG */
    {0, -22, -21, -6, -14, -9, -11},   /* AU */
    {0, -24, -21, -10, -13, -13, -9}, /* UA */
};

/* Hairpin loops of 0-30 nt, with a usual terminal mismatch from 4 nt on. */
static const int16_t LOOP[31] = {NEVER, NEVER, NEVER, 54, 48, 49, 46, 52, 47, 56, 57,
                                 58,    59,    60,    61, 61, 62, 62, 63, 63, 64, 64,
                                 65,    65,    65,    66, 66, 66, 67, 67, 67};

/* A pair of the stem: where a hairpin that it closes starts and ends, that one's energy, and the
   pair's column counted from the outermost one. */
typedef struct {
    int32_t start, end, energy, column;
} Ending;

struct HairpinWork {
    int span, band, width;
    int16_t *rows;     /* P and L of the rows d, d-1, d-2 */
    uint8_t *trace;    /* span rows of width cells */
    uint8_t *outwards; /* columns of the stem from its outermost pair to the loop */
    Ending *pairs;     /* its pairs, the outermost first */
};

HairpinWork *hairpin_work(int span, int band)
{
    HairpinWork *work = calloc(1, sizeof *work);
    if (!work)
        return NULL;
    work->span = span;
    work->band = band;
    work->width = 2 * band + 1;
    work->rows = malloc(6 * (size_t)(work->width + 2) * sizeof *work->rows);
    work->trace = malloc((size_t)span * (size_t)work->width);
    work->outwards = malloc((size_t)span);
    work->pairs = malloc((size_t)span * sizeof *work->pairs);
    if (!work->rows || !work->trace || !work->outwards || !work->pairs) {
        free_hairpin_work(work);
        return NULL;
    }
    return work;
}

void free_hairpin_work(HairpinWork *work)
{
    if (work) {
        free(work->rows);
        free(work->trace);
        free(work->outwards);
        free(work->pairs);
        free(work);
    }
}

static int loop_energy(int length)
{
    return length <= 30 ? LOOP[length] : LOOP[30] + (length - 30) / 8;
}

static int kind_at(const uint8_t *letters, long i, long j)
{
    uint8_t a = letters[i], b = letters[j];
    return (a | b) & OTHER ? 0 : KIND[4 * a + b];
}

static int weak(int kind, const LoopCosts *costs)
{
    return kind > 2 ? costs->weak : 0;
}

/* Column codes: 0 padding, 1-6 a pair, 7-22 two unpaired letters opposite each other, 23-26 one
   on the 5' side, 27-30 one on the 3' side, 31 with another letter than A, C, G, U. */
static uint8_t opposite(uint8_t a, uint8_t b)
{
    return (a | b) & OTHER ? 31 : (uint8_t)(7 + 4 * a + b);
}

static uint8_t single(uint8_t letter, int first)
{
    return letter & OTHER ? 31 : (uint8_t)(first + letter);
}

/* Walks from the outermost pair to the loop. Columns go to outwards, and for each pair its
   column, its letters and the energy that it closes to pairs. Returns the number of pairs. */
static int walk(const uint8_t *letters, long i, long j, long centre, int energy,
                const LoopCosts *costs, HairpinWork *work, int *columns)
{
    int n = 0, count = 0, in_pair = 1, kind = kind_at(letters, i, j);
    for (;;) {
        int d = (int)(j - i);
        uint8_t how = work->trace[d * work->width + (i - centre + d / 2 + work->band)];
        if (in_pair) {
            kind = kind_at(letters, i, j);
            work->pairs[count++] = (Ending){(int32_t)i, (int32_t)j + 1, energy, n};
            work->outwards[n++] = (uint8_t)kind;
            energy -= costs->drift;
            if ((how & PAIR_BITS) == FROM_LOOP)
                break;
            in_pair = (how & PAIR_BITS) == FROM_STACK;
            i++, j--;
            if (in_pair)
                energy -= STACK[kind][kind_at(letters, i, j)];
            else
                energy -= weak(kind, costs);
        } else if ((how & LOOP_BITS) == OPENED) {
            in_pair = 1;
            energy -= costs->open + weak(kind_at(letters, i, j), costs);
        } else if ((how & LOOP_BITS) == STEP) {
            work->outwards[n++] = opposite(letters[i++], letters[j--]);
            energy -= costs->step;
        } else if ((how & LOOP_BITS) == GAP_5) {
            work->outwards[n++] = single(letters[i++], 23);
            energy -= costs->gap;
        } else {
            work->outwards[n++] = single(letters[j--], 27);
            energy -= costs->gap;
        }
    }
    for (i++, j--; i < j; i++, j--)
        work->outwards[n++] = opposite(letters[i], letters[j]);
    if (i == j)
        work->outwards[n++] = single(letters[i], 23);
    *columns = n;
    return count;
}

/* Adds to the count hairpins found so far those that end the stem of a pair at each price. */
static int endings(const uint8_t *letters, long i, long j, long centre, int energy,
                   const LoopCosts *costs, const int *prices, HairpinWork *work, Hairpin *found,
                   uint8_t *ladders, int count)
{
    int columns;
    int pairs = walk(letters, i, j, centre, energy, costs, work, &columns);
    for (int e = 0; e < ENDINGS; e++) {
        const Ending *top = NULL;
        long least = 0;
        for (int k = 0; k < pairs; k++) {
            const Ending *pair = work->pairs + k;
            long price = 10L * (pair->energy + weak(work->outwards[pair->column], costs)) +
                         (long)prices[e] * (pair->end - pair->start);
            if (!top || price < least) {
                least = price;
                top = pair;
            }
        }
        int is_new = 1;
        for (int c = 0; c < count; c++)
            is_new = is_new && (found[c].start != top->start || found[c].end != top->end);
        if (!is_new)
            continue;
        found[count] = (Hairpin){top->start, top->end, top->energy};
        uint8_t *ladder = ladders + count * COLUMNS;
        memset(ladder, 0, COLUMNS);
        for (int k = 0; k < columns - top->column && k < COLUMNS; k++)
            ladder[k] = work->outwards[columns - 1 - k];
        count++;
    }
    return count;
}

int best_hairpins(const uint8_t *letters, long n, long centre, const LoopCosts *costs,
                  const int *prices, HairpinWork *work, Hairpin *found, uint8_t *ladders)
{
    const int width = work->width, band = work->band, stride = width + 2;
    int16_t *pair[3], *loop[3]; /* of the rows d, d-1, d-2; index 0 and width+1 are borders */
    for (int r = 0; r < 3; r++) {
        pair[r] = work->rows + 2 * r * stride + 1;
        loop[r] = pair[r] + stride;
    }
    for (int k = 0; k < 6 * stride; k++)
        work->rows[k] = NEVER;

    int best = 0, best_energy = 0, short_energy = 0;
    long best_i = -1, best_j = -1, short_i = -1, short_j = -1;
    for (int d = MIN_LOOP + 1; d < work->span; d++) {
        long first = centre - d / 2 - band;
        int from = first < 0 ? (int)-first : 0;
        int to = first + d + width > n ? (int)(n - first - d) : width;
        if (to < 0)
            to = 0;
        int16_t *p = pair[0], *l = loop[0];
        const int16_t *p2 = pair[2], *l2 = loop[2];
        const int16_t *inner_5 = loop[1] + (d & 1), *inner_3 = inner_5 - 1;
        uint8_t *trace = work->trace + d * width;
        int closing = loop_energy(d - 1);
        for (int k = 0; k < from && k < width; k++)
            p[k] = l[k] = NEVER;
        for (int k = to > from ? to : from; k < width; k++)
            p[k] = l[k] = NEVER;
        for (int k = from; k < to; k++) {
            long i = first + k, j = i + d;
            int kind = kind_at(letters, i, j);
            int energy = NEVER, how = 0;
            if (kind) {
                int w = weak(kind, costs);
                energy = closing + w;
                int inner = kind_at(letters, i + 1, j - 1);
                if (inner && p2[k] + STACK[kind][inner] < energy) {
                    energy = p2[k] + STACK[kind][inner];
                    how = FROM_STACK;
                }
                if (l2[k] + w < energy) {
                    energy = l2[k] + w;
                    how = FROM_INTERIOR;
                }
                energy += costs->drift;
                if (energy + w < best) {
                    best = energy + w;
                    best_energy = energy;
                    best_i = i;
                    best_j = j;
                }
            }
            p[k] = (int16_t)energy;
            /* The loop around this pair, or one more letter of a loop further in. */
            int open = kind ? energy + costs->open + weak(kind, costs) : NEVER;
            int grown = l2[k] + costs->step, grew = STEP;
            if (inner_5[k] + costs->gap < grown) {
                grown = inner_5[k] + costs->gap;
                grew = GAP_5;
            }
            if (inner_3[k] + costs->gap < grown) {
                grown = inner_3[k] + costs->gap;
                grew = GAP_3;
            }
            if (open <= grown) {
                grown = open;
                grew = OPENED;
            }
            l[k] = (int16_t)(grown < NEVER ? grown : NEVER);
            trace[k] = (uint8_t)(how | grew);
        }
        if (d < SHORT)
            short_i = best_i, short_j = best_j, short_energy = best_energy;
        int16_t *swap = pair[2];
        pair[2] = pair[1], pair[1] = pair[0], pair[0] = swap;
        swap = loop[2];
        loop[2] = loop[1], loop[1] = loop[0], loop[0] = swap;
    }
    if (best_i < 0)
        return 0;
    int count = 0;
    if (short_i >= 0)
        count = endings(letters, short_i, short_j, centre, short_energy, costs, prices, work,
                        found, ladders, count);
    if (best_i != short_i || best_j != short_j)
        count = endings(letters, best_i, best_j, centre, best_energy, costs, prices, work, found,
                        ladders, count);
    return count;
}
