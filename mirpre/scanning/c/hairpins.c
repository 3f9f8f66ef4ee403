/* Stage 2: the hairpins at a place, by a small energy model; hairpin_rows.c fills its rows.

   Stacking energies and hairpin loops are Turner 2004's (Mathews et al., PNAS 2004), in tenths
   of kcal/mol. Interior loops and bulges cost a constant and a price for each step, which takes
   the search for the best one to a constant number of operations a cell; there is one closing
   loop and no branching.

   P(i, j): best energy with i and j paired. L(i, j): best energy of a loop still open at i, j.
   Cells lie in a band around the centre c: row d = j - i, column k, i = c - d/2 + k - band. */

#include <stdlib.h>
#include <string.h>

#include "hairpins.h"

HairpinWork *hairpin_work(int span, int band)
{
    HairpinWork *work = calloc(1, sizeof *work);
    if (!work)
        return NULL;
    work->span = span;
    work->band = band;
    work->width = 2 * band;
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

/* Column codes: 0 padding, 1-6 a pair, 7-22 two unpaired letters opposite each other, 23-26 one
   on the 5' side, 27-30 one on the 3' side, 31 with another letter than A, C, G, U; 32-47 two
   letters beside the hairpin. */
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

/* Columns of a hairpin whose stem ends with the column top of outwards, and of its flanks. */
static void write_ladder(const uint8_t *letters, long n, const Ending *top, int columns,
                         const HairpinWork *work, uint8_t *ladder)
{
    int at = 0;
    memset(ladder, 0, COLUMNS);
    for (int k = columns - 1; k >= top->column && at < COLUMNS; k--)
        ladder[at++] = work->outwards[k];
    for (int k = 0; k < FLANK && at < COLUMNS; k++) {
        long i = top->start - 1 - k, j = (long)top->end + k;
        uint8_t a = i < 0 ? OTHER : letters[i], b = j >= n ? OTHER : letters[j];
        ladder[at++] = (a | b) & OTHER ? 31 : (uint8_t)(32 + 4 * a + b);
    }
}

/* Adds to the count hairpins found so far those that end the stem of a pair at each price. */
static int endings(const uint8_t *letters, long n, const Outermost *outer, long centre,
                   const LoopCosts *costs, const int *prices, HairpinWork *work, Hairpin *found,
                   uint8_t *ladders, int count)
{
    int columns;
    int pairs = walk(letters, outer->i, outer->j, centre, outer->energy, costs, work, &columns);
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
        write_ladder(letters, n, top, columns, work, ladders + count * COLUMNS);
        count++;
    }
    return count;
}

int best_hairpins(const uint8_t *letters, long n, long centre, const LoopCosts *costs,
                  const int *prices, HairpinWork *work, Hairpin *found, uint8_t *ladders)
{
    Outermost best, best_short;
    fill_rows(letters, n, centre, costs, work, &best, &best_short);
    int count = 0;
    if (best_short.i >= 0)
        count = endings(letters, n, &best_short, centre, costs, prices, work, found, ladders, count);
    if (best.i != best_short.i || best.j != best_short.j)
        count = endings(letters, n, &best, centre, costs, prices, work, found, ladders, count);
    return count;
}
