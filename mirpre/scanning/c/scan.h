/* The inner loops of the genome scan. Integers only, so that every machine finds the same. */

#ifndef MIRPRE_SCAN_H
#define MIRPRE_SCAN_H

#include <stdint.h>

/* Letters of a sequence: A, C, G, U are 0-3; anything else never pairs. */
#define OTHER 0x80

/* Shortest hairpin loop, in nt. */
#define MIN_LOOP 3

/* Scores of the stem search, each below 32. */
typedef struct {
    int gc, au, gu;    /* gained by a pair */
    int mismatch, gap; /* lost by a mismatch and by an unpaired nt on one side */
} StemScores;

/* For each position of a sequence the best stem-loop of up to span nt that is centred there.

   peaks has room for n bytes; peaks[c] is the score of stems whose outermost letters i and j
   have (i + j) / 2 = c. Returns 0, or -1 where memory runs out. */
int stem_peaks(const uint8_t *letters, long n, int span, const StemScores *scores,
               uint8_t *peaks);

/* The energies of the hairpin model, in tenths of kcal/mol. */
typedef struct {
    int open;  /* an interior loop or bulge, once */
    int step;  /* two unpaired letters opposite each other */
    int gap;   /* an unpaired letter with none opposite */
    int weak;  /* a loop closed by AU or GU */
    int drift; /* taken from every pair, so that a stem does not run on into its flanks */
} LoopCosts;

/* Columns of a ladder: the hairpin's two arms side by side, from the loop outwards, then FLANK
   letters on either side of it. */
#define COLUMNS 160
#define FLANK 8
#define CODES 48

typedef struct {
    int32_t start, end; /* 0-based, end not included */
    int32_t energy;     /* tenths of kcal/mol */
} Hairpin;

/* Ways to weigh a hairpin's length, each of which may end it elsewhere. */
#define ENDINGS 3

/* The best hairpin of at most span nt around a centre, outermost letters i and j with
   |i + j - 2 * centre| <= 2 * band, and the best of at most SHORT nt. Each gives a hairpin for
   each price per nt (hundredths of kcal/mol): the part of its stem, from the loop on, that is
   best at that price. Writes up to MOST hairpins with different ends, and a ladder of COLUMNS
   for each; returns their number, 0 where nothing pairs. */
#define SHORT 100
#define MOST (2 * ENDINGS)
typedef struct HairpinWork HairpinWork;
HairpinWork *hairpin_work(int span, int band);
void free_hairpin_work(HairpinWork *work);
int best_hairpins(const uint8_t *letters, long n, long centre, const LoopCosts *costs,
                  const int *prices, HairpinWork *work, Hairpin *found, uint8_t *ladders);

/* Scores of n ladders, in 1/256 of a log-odds; weights and biases as network.c lays them out.
   Returns 0, or -1 where their numbers are those of no network. */
int network_scores(const uint8_t *ladders, long n, const int16_t *weights, long weight_count,
                   const int32_t *biases, long bias_count, int32_t *scores);

/* Shuffles the runs of known letters among n, each with its dinucleotides kept. The same seed
   gives the same order on every machine. Returns 0, or 1 where memory runs out. */
int shuffle_letters(uint8_t *letters, long n, uint64_t seed);

/* The widest vectors that are used where the machine has them, in bytes: 0 none, 32 AVX2,
   64 AVX-512, too; tests compare. */
void set_vectors(int widest);
int vectors_allowed(void);

#endif
