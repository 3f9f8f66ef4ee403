/* Minimum free energy folding with ViennaRNA's default model, for one sequence at a time.

   Energies are integers, in dcal/mol (hundredths of kcal/mol). Positions of a sequence are 1 to n,
   as in the literature; i < j is a pair, and p < q a pair inside it. */

#ifndef MIRPRE_FOLD_H
#define MIRPRE_FOLD_H

#include <stdint.h>

#if defined(__GNUC__)
#define INLINE static inline __attribute__((always_inline))
#else
#define INLINE static inline
#endif

/* Bases are 0 to 3; N stands for any other letter and never pairs; END is what lies beyond the
   ends of the sequence. */
enum { A, C, G, U, N, END, LETTERS };

/* Kinds of pairs, 5' base first, in the order of ViennaRNA's parameter files. */
enum { NO_PAIR, CG, GC, GU, UG, AU, UA, PAIRS };

#define MIN_LOOP 3  /* unpaired letters that a hairpin loop has at least */
#define MAX_LOOP 30 /* unpaired letters that an interior loop has at most; tables end there */

#define MOST_LETTERS 10000 /* longest sequence; memory grows with the square */

/* The energy parameters, as a parameter file has them (letters in the order N, A, C, G, U).
   Everything is int32, in the order in which parameters.py writes them. */
typedef struct {
    int32_t stack[PAIRS][PAIRS];
    int32_t mismatch_hairpin[PAIRS][5][5]; /* [pair i.j][i + 1][j - 1] */
    int32_t mismatch_interior[PAIRS][5][5];
    int32_t mismatch_interior_1n[PAIRS][5][5];
    int32_t mismatch_interior_23[PAIRS][5][5];
    int32_t mismatch_multi[PAIRS][5][5];    /* [pair i.j][i - 1][j + 1] */
    int32_t mismatch_exterior[PAIRS][5][5]; /* the same */
    int32_t dangle5[PAIRS][5];              /* [pair i.j][i - 1] */
    int32_t dangle3[PAIRS][5];              /* [pair i.j][j + 1] */
    int32_t int11[PAIRS][PAIRS][5][5];      /* [i.j][q.p][i + 1][j - 1] */
    int32_t int21[PAIRS][PAIRS][5][5][5];   /* [i.j][q.p][i + 1][q + 1][j - 1] */
    /* [i.j][q.p][i + 1][p - 1][q + 1][j - 1], without pairs that are none and without N */
    int32_t int22[PAIRS - 1][PAIRS - 1][4][4][4][4];
    int32_t hairpin[MAX_LOOP + 1];
    int32_t bulge[MAX_LOOP + 1];
    int32_t interior[MAX_LOOP + 1];
    int32_t multi_closing, multi_stem;
    int32_t asymmetry, most_asymmetry;
    int32_t terminal_au;
} Parameters;

/* Hairpin loops with an energy of their own, by size: tri-, tetra- and hexaloops. */
#define MOST_SPECIAL 256
typedef struct {
    int count;
    int32_t code[MOST_SPECIAL]; /* their letters, closing pair included, two bits each */
    int32_t energy[MOST_SPECIAL];
} SpecialLoops;

/* What a pair's loop energies take from two letters at i and two at j, as a table of [letters at
   i][letters at j]; fill.h makes rows over j from them. */
enum { /* i.j closes a loop: i, i + 1 and j, j - 1 */
    HAIRPIN, /* mismatch in a hairpin loop */
    STACK,   /* i.j upon the pair of the two other letters */
    STACK_BULGE, /* the same, but with j - 2 in place of j - 1 */
    GENERIC, /* mismatch in an interior loop */
    ONE_BY_N, /* ... with one unpaired letter on a side */
    TWO_BY_THREE,
    CLOSING, /* of a multiloop */
    OUTER_KINDS
};
enum { /* p.q is the pair inside a loop, or a stem: p, p - 1 and q, q + 1 */
    GENERIC_INSIDE,
    ONE_BY_N_INSIDE,
    TWO_BY_THREE_INSIDE,
    STEM,     /* of a multiloop */
    EXTERIOR, /* of the exterior loop */
    INNER_KINDS
};

#define TWO_LETTERS (LETTERS * LETTERS)
#define THREE_BASES 125
#define FOUR_BASES 625

/* Parameters as the folding reads them; made once, read only from then on. */
typedef struct {
    Parameters in;
    double log_factor; /* of loops longer than MAX_LOOP */
    int16_t hairpin_size[MOST_LETTERS + 1];
    int16_t int22[PAIRS][PAIRS][5][5][5][5]; /* as the parameter, with N */
    SpecialLoops triloops, tetraloops, hexaloops;
    int16_t pair[LETTERS][LETTERS];
    int16_t au_penalty[LETTERS][LETTERS];
    int16_t outer[OUTER_KINDS][TWO_LETTERS][TWO_LETTERS];
    int16_t inner[INNER_KINDS][TWO_LETTERS][TWO_LETTERS];
    /* Interior loops of 1x1, 1x2, 2x1 and 2x2 letters, by the letters from i to p (i most
       significant) and from j down to q (j most significant). */
    int16_t loop11[THREE_BASES][THREE_BASES];
    int16_t loop12[THREE_BASES][FOUR_BASES];
    int16_t loop21[FOUR_BASES][THREE_BASES];
    int16_t loop22[FOUR_BASES][FOUR_BASES];
} Tables;

/* Fills in the tables from tables->in, log_factor and special loops. Returns 0, or -1 where a
   parameter is too large for the arithmetic of fill.h. */
int make_tables(Tables *tables);

/* Energy of the hairpin loop that i.j closes, and of the interior loop between i.j and p.q; all
   of them pair. letters[0] and letters[n + 1] are END. */
int32_t hairpin_energy(const Tables *tables, const uint8_t *letters, int i, int j);
int32_t interior_energy(const Tables *tables, const uint8_t *letters, int i, int j, int p, int q);

/* Where i and j close a loop of 3, 4 or 6 letters that has an energy of its own: whether it is
   one, and its energy. */
int special_hairpin(const Tables *tables, const uint8_t *letters, int i, int j, int32_t *energy);

/* Memory of one thread, which grows with the longest sequence that it folds. */
typedef struct {
    void *memory;
    uint64_t size;
} Workspace;

/* Which of the compiled variants is used: the best that the machine has, unless a lower one is
   asked for. */
enum { PLAIN, VECTORS, AVX2 };
int best_instructions(void);

/* Folds a sequence of n letters (anything but A, C, G and U is N) and writes n symbols of
   dot-bracket. bits is 16, which is faster, or 32. Returns 0; -1 where memory runs out; 1 where
   16 bits do not suffice; -2 where no structure has the energy, which would be an error here. */
int fold_sequence(const Tables *tables, const char *sequence, int n, int instructions, int bits,
                  Workspace *workspace, char *structure, int32_t *energy);

#endif
