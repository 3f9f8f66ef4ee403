/* What the two halves of stage 2 share; see hairpins.c. */

#ifndef MIRPRE_HAIRPINS_H
#define MIRPRE_HAIRPINS_H

#include "scan.h"

#define NEVER 10000

enum { FROM_LOOP, FROM_STACK, FROM_INTERIOR };          /* what a pair encloses */
enum { OPENED = 0, STEP = 4, GAP_5 = 8, GAP_3 = 12 }; /* how an interior loop grew */
#define PAIR_BITS 3
#define LOOP_BITS 12

/* A pair of the stem: where a hairpin that it closes starts and ends, that one's energy, and the
   pair's column counted from the outermost one. */
typedef struct {
    int32_t start, end, energy, column;
} Ending;

struct HairpinWork {
    int span, band, width; /* width: columns of the band */
    int16_t *rows;     /* P and L of the rows d, d-1, d-2 */
    uint8_t *trace;    /* span rows of width cells */
    uint8_t *outwards; /* columns of the stem from its outermost pair to the loop */
    Ending *pairs;     /* its pairs, the outermost first */
};

/* An outermost pair and the energy of its hairpin; total counts a weak pair's price once more. */
typedef struct {
    long i, j;
    int energy, total;
} Outermost;

extern const int8_t STACK[7][8];
int kind_at(const uint8_t *letters, long i, long j);
int weak(int kind, const LoopCosts *costs);

/* Fills the trace and finds the best pair, and the best less than SHORT apart; i is -1 where
   there is none. */
void fill_rows(const uint8_t *letters, long n, long centre, const LoopCosts *costs,
               HairpinWork *work, Outermost *best, Outermost *best_short);

#endif
