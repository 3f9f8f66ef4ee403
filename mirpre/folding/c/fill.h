/* The recursions, for one width of integers and of vectors. Included by fold.c several times, with

     CELL           int16_t or int32_t
     LANES          cells in a vector
     NAME(x)        names that differ between the copies
     TARGET         an attribute for the functions, or nothing
     NAME(Vector)   and NAME(load), NAME(store), NAME(all), NAME(smaller), NAME(greater), NAME(any_below):
                    the operations on vectors, see vectors.h

   What is computed (Zuker and Stiegler 1981, doi 10.1093/nar/9.1.133):

     pair[i][j]     least energy of i..j where i and j pair
     multi[i][j]    ... of i..j as a part of a multiloop with at least one stem
     split[i][j]    ... with at least two
     exterior[j]    ... of 1..j outside of all pairs

   For each i, from n down, everything is a row over j without branches: cells that cannot pair
   are set to infinity at the end. All cells are finite or infinity, since a pair can always
   close a hairpin loop; what is added to infinity before that is small enough not to wrap around
   (make_tables checks it).

   Three things make it fast beside that:
   - Of interior loops with at least 2 letters on both sides, the best one of size s around i.j is
     that of size s - 2 around i+1.j-1, or one of the two with just 2 letters on a side (after
     Lyngso, Zuker and Pedersen 1999, doi 10.1093/bioinformatics/15.6.440). around[s] holds them.
   - split and multi need only those stems i.k that beat every other way to fill i..k; they are few
     (Wexler, Zilberstein and Ziv-Ukelson 2007, doi 10.1089/cmb.2007.R020).
   - Parameters that depend on two letters at i and two at j are rows over j, one for each two
     letters at i, made when they are first needed. */


#define Vec NAME(Vector)
#define load NAME(load)
#define store NAME(store)
#define all NAME(all)
#define smaller NAME(smaller)
#define greater NAME(greater)
#define any_below NAME(any_below)
#define where_below NAME(where_below)

#define RING 32       /* rows of i + 1 to i + 31, which interior loops reach */
#define BEFORE 64     /* cells of infinity before a row, which shifted loads reach */
#define LEFT 2        /* the same of rows of pair; padding of the row before */
#define INFINITE ((CELL)(sizeof(CELL) == 2 ? 28000 : 10000000))
/* What multi holds for infinity. Above any finite energy, and the test for it is one number. */
#define NONE ((CELL)(INFINITE / 2))
/* Below this, sums might wrap around. */
#define FLOOR ((CELL)(sizeof(CELL) == 2 ? -28000 : -4000000))
#define LEAST_CELL ((CELL)(sizeof(CELL) == 2 ? INT16_MIN : INT32_MIN / 2))

/* The sequence and all matrices. */
typedef struct {
    const Tables *tables;
    int n, width; /* width: cells of a row, n + 1 and padding */
    uint8_t *letter;                       /* 0 to n + 1, END beyond the ends */
    uint8_t *code_in, *code_in2, *code_out; /* j and j - 1, j - 2, j + 1 as one number */
    uint16_t *three, *four;                /* j, j - 1, j - 2 (and j - 3) as one number */
    int32_t *partner[N], partners[N];      /* positions that pair with each base, ascending */
    CELL **pair, **multi;                  /* rows 1 to n + 4; only from i on */
    int32_t *first_multi;                  /* where the row's first finite cell is */
    CELL *lowest;                          /* of each row of pair */
    CELL *split;                           /* one row, updated in place */
    CELL *stem, *closed;                   /* one row each, for the i at work */
    CELL *hairpin;                         /* by size, from -BEFORE on */
    /* Rows of pair plus what the pair adds to the loop outside of it; row i is at i modulo RING,
       and again RING further on, so that rows[i % RING + k] is row i + k. */
    CELL *bulged[2 * RING], *one[2 * RING], *two_three[2 * RING], *generic[2 * RING];
    CELL *around[MAX_LOOP + 1];
    /* By two letters at i (by one for the last two), 0 until needed: a row for each kind. */
    CELL *outer[TWO_LETTERS], *inner[TWO_LETTERS], *au_penalty[LETTERS], *forbidden[LETTERS];
    CELL *spare_rows;
    int32_t *exterior;
    Part *waiting; /* of the traceback */
} NAME(Fold);
#define Fold NAME(Fold)

/* Hands out parts of the workspace; with no memory it only counts. */
INLINE TARGET void *NAME(take)(char **memory, uint64_t *used, uint64_t bytes)
{
    void *part = *memory ? *memory + *used : NULL;
    *used += (bytes + 63) / 64 * 64;
    return part;
}

INLINE TARGET int NAME(block_of)(int j)
{
    return j / LANES * LANES;
}
#define block_of NAME(block_of)

/* Lays out all arrays in memory, or counts the bytes they take. */
static TARGET uint64_t NAME(lay_out)(Fold *f, char *memory)
{
    uint64_t used = 0;
    const int n = f->n, width = f->width;
    /* Rows as odd multiples of 64 bytes, so that they do not compete for the same cache lines. */
    const uint64_t row = ((BEFORE + (uint64_t)width) * sizeof(CELL) + 63) / 64 | 1;
#define TAKE(bytes) NAME(take)(&memory, &used, (bytes))
    f->letter = TAKE((uint64_t)width + 8);
    f->code_in = TAKE((uint64_t)width);
    f->code_in2 = TAKE((uint64_t)width);
    f->code_out = TAKE((uint64_t)width);
    f->three = TAKE((uint64_t)width * sizeof *f->three);
    f->four = TAKE((uint64_t)width * sizeof *f->four);
    for (int base = 0; base < N; base++)
        f->partner[base] = TAKE(((uint64_t)n + 1) * sizeof(int32_t));
    f->first_multi = TAKE(((uint64_t)n + 6) * sizeof(int32_t));
    f->lowest = TAKE(((uint64_t)n + 6) * sizeof(CELL));
    f->exterior = TAKE((uint64_t)width * sizeof(int32_t));
    f->waiting = TAKE(((uint64_t)n + 8) * sizeof(Part));
    f->pair = TAKE(((uint64_t)n + 6) * sizeof(CELL *));
    f->multi = TAKE(((uint64_t)n + 6) * sizeof(CELL *));
    /* Everything from here to the marked place starts as infinity. */
    CELL *infinite = TAKE(0);
    const uint64_t from = used;
#define TAKE_ROW(target)                                                                          \
    do {                                                                                          \
        CELL *start = TAKE(row * 64);                                                             \
        (target) = memory ? start + BEFORE : NULL;                                                \
    } while (0)
    TAKE_ROW(f->split);
    TAKE_ROW(f->stem);
    TAKE_ROW(f->closed);
    for (int k = 0; k < RING; k++) {
        TAKE_ROW(f->bulged[k]);
        TAKE_ROW(f->one[k]);
        TAKE_ROW(f->two_three[k]);
        TAKE_ROW(f->generic[k]);
        f->bulged[RING + k] = f->bulged[k];
        f->one[RING + k] = f->one[k];
        f->two_three[RING + k] = f->two_three[k];
        f->generic[RING + k] = f->generic[k];
    }
    for (int size = 4; size <= MAX_LOOP; size++)
        TAKE_ROW(f->around[size]);
    if (memory)
        for (uint64_t k = 0; k < (used - from) / sizeof(CELL); k++)
            infinite[k] = INFINITE;
    TAKE_ROW(f->hairpin);
    f->spare_rows = TAKE(((OUTER_KINDS + INNER_KINDS) * TWO_LETTERS + 2 * LETTERS) *
                         (uint64_t)width * sizeof(CELL));
    /* The matrices: row i from the block of i on. */
    TAKE(BEFORE * sizeof(CELL));
    for (int which = 0; which < 2; which++)
        for (int i = 1; i <= n + 4; i++) {
            int start = block_of(i < n ? i : n);
            CELL *part = TAKE((uint64_t)(width - start) * sizeof(CELL));
            if (memory)
                (which ? f->multi : f->pair)[i] = part - start;
        }
    TAKE(BEFORE * sizeof(CELL));
#undef TAKE
#undef TAKE_ROW
    return used;
}

static TARGET void NAME(read_sequence)(Fold *f, const char *sequence)
{
    const int n = f->n;
    uint8_t *letter = f->letter;
    for (int j = 0; j < f->width + 8; j++)
        letter[j] = END;
    for (int base = 0; base < N; base++)
        f->partners[base] = 0;
    for (int j = 1; j <= n; j++) {
        char symbol = sequence[j - 1];
        letter[j] = symbol == 'A' ? A : symbol == 'C' ? C : symbol == 'G' ? G : symbol == 'U' ? U : N;
        for (int base = 0; base < N; base++)
            if (f->tables->pair[base][letter[j]])
                f->partner[base][f->partners[base]++] = j;
    }
    for (int j = 0; j < f->width; j++) {
        int before = j > 0 ? letter[j - 1] : END, before2 = j > 1 ? letter[j - 2] : END;
        f->code_in[j] = (uint8_t)(letter[j] * LETTERS + before);
        f->code_in2[j] = (uint8_t)(letter[j] * LETTERS + before2);
        f->code_out[j] = (uint8_t)(letter[j] * LETTERS + letter[j + 1]);
    }
    for (int j = 4; j <= n; j++) {
        f->three[j] = (uint16_t)(letter[j] * 25 + letter[j - 1] * 5 + letter[j - 2]);
        f->four[j] = (uint16_t)(f->three[j] * 5 + letter[j - 3]);
    }
    for (int size = -BEFORE; size < f->width; size++)
        f->hairpin[size] = size < MIN_LOOP ? INFINITE : f->tables->hairpin_size[size];
    for (int key = 0; key < TWO_LETTERS; key++)
        f->outer[key] = f->inner[key] = NULL;
    for (int base = 0; base < LETTERS; base++)
        f->au_penalty[base] = f->forbidden[base] = NULL;
}

/* Room for so many rows, all zero. */
INLINE TARGET CELL *NAME(new_rows)(Fold *f, int count)
{
    CELL *rows = f->spare_rows;
    f->spare_rows += count * f->width;
    for (int k = 0; k < count * f->width; k++)
        rows[k] = 0;
    return rows;
}

/* Rows of the kinds of outer, one after the other, for i and i + 1; they are zero where i and j
   cannot pair. */
INLINE TARGET const CELL *NAME(outer_rows)(Fold *f, int base, int after)
{
    const int key = base * LETTERS + after, width = f->width;
    if (f->outer[key])
        return f->outer[key];
    CELL *rows = f->outer[key] = NAME(new_rows)(f, OUTER_KINDS);
    for (int k = 0; base < N && k < f->partners[base]; k++) {
        const int j = f->partner[base][k], code = f->code_in[j];
        for (int kind = 0; kind < OUTER_KINDS; kind++)
            rows[kind * width + j] =
                f->tables->outer[kind][key][kind == STACK_BULGE ? f->code_in2[j] : code];
    }
    return rows;
}

/* The same of inner, for p and p - 1. */
INLINE TARGET const CELL *NAME(inner_rows)(Fold *f, int base, int before)
{
    const int key = base * LETTERS + before, width = f->width;
    if (f->inner[key])
        return f->inner[key];
    CELL *rows = f->inner[key] = NAME(new_rows)(f, INNER_KINDS);
    for (int k = 0; base < N && k < f->partners[base]; k++) {
        const int q = f->partner[base][k], code = f->code_out[q];
        for (int kind = 0; kind < INNER_KINDS; kind++)
            rows[kind * width + q] = f->tables->inner[kind][key][code];
    }
    return rows;
}

/* For a base, the penalty for pairs that end in A.U or G.U. */
INLINE TARGET const CELL *NAME(au_row)(Fold *f, int base)
{
    if (!f->au_penalty[base]) {
        CELL *row = f->au_penalty[base] = NAME(new_rows)(f, 1);
        for (int j = 1; j <= f->n; j++)
            row[j] = f->tables->au_penalty[base][f->letter[j]];
    }
    return f->au_penalty[base];
}

/* For a base, infinity where it cannot pair, and the least number where it can. */
INLINE TARGET const CELL *NAME(forbidden_row)(Fold *f, int base)
{
    if (!f->forbidden[base]) {
        CELL *row = f->forbidden[base] = NAME(new_rows)(f, 1);
        for (int j = 0; j < f->width; j++)
            row[j] = f->tables->pair[base][f->letter[j]] ? LEAST_CELL : INFINITE;
    }
    return f->forbidden[base];
}

/* Row i of closed: pairs that close a hairpin loop, or an interior loop of 1x1, 1x2, 2x1 or 2x2. */
INLINE TARGET void NAME(close_small_loops)(Fold *f, int i, const CELL *mismatch)
{
    const Tables *tables = f->tables;
    const uint8_t *letter = f->letter;
    const int n = f->n, base = letter[i];
    CELL *closed = f->closed;
    const CELL *by_size = f->hairpin - i - 1;
    for (int j = block_of(i + MIN_LOOP + 1); j <= n; j += LANES)
        store(closed + j, load(mismatch + j) + load(by_size + j));
    if (base >= N)
        return;
    for (int size = 3; size <= 6; size++) {
        int j = i + size + 1;
        if (size != 5 && j <= n && tables->pair[base][letter[j]])
            closed[j] = (CELL)hairpin_energy(tables, letter, i, j);
    }
    if (i + 8 > n)
        return;
    const int code = (letter[i] * 5 + letter[i + 1]) * 5 + letter[i + 2];
    const int16_t *loop11 = tables->loop11[code], *loop12 = tables->loop12[code];
    const int16_t *loop21 = tables->loop21[code * 5 + letter[i + 3]];
    const int16_t *loop22 = tables->loop22[code * 5 + letter[i + 3]];
    const CELL *second = f->pair[i + 2], *third = f->pair[i + 3];
    const uint16_t *three = f->three, *four = f->four;
    const int32_t *partner = f->partner[base];
    for (int k = f->partners[base] - 1; k >= 0 && partner[k] >= i + 8; k--) {
        const int j = partner[k];
        int best = closed[j];
        int e11 = second[j - 2] + loop11[three[j]], e12 = second[j - 3] + loop12[four[j]];
        int e21 = third[j - 2] + loop21[three[j]], e22 = third[j - 3] + loop22[four[j]];
        best = e11 < best ? e11 : best;
        best = e12 < best ? e12 : best;
        best = e21 < best ? e21 : best;
        best = e22 < best ? e22 : best;
        closed[j] = (CELL)best;
    }
}

/* Constants of interior loops, by size or by the longer side. */
typedef struct {
    Vec bulge[MAX_LOOP + 1];     /* by letters on the one side */
    Vec one_by_n[MAX_LOOP + 1];  /* by n */
    Vec asymmetry[MAX_LOOP + 1]; /* by size, with 2 letters on one side */
    Vec interior[MAX_LOOP + 1];
    Vec two_by_three;
} NAME(Constants);

static TARGET void NAME(set_constants)(const Tables *tables, NAME(Constants) *constants)
{
    const Parameters *in = &tables->in;
    for (int k = 0; k <= MAX_LOOP; k++) {
        int one_by_k = in->asymmetry * (k - 1), two_by = in->asymmetry * (k - 4);
        constants->bulge[k] = all((CELL)in->bulge[k]);
        constants->interior[k] = all((CELL)in->interior[k]);
        constants->asymmetry[k] =
            all((CELL)(two_by < in->most_asymmetry ? two_by : in->most_asymmetry));
        constants->one_by_n[k] =
            all((CELL)(in->interior[k < MAX_LOOP ? k + 1 : k] +
                       (one_by_k < in->most_asymmetry ? one_by_k : in->most_asymmetry)));
    }
    int once = in->asymmetry < in->most_asymmetry ? in->asymmetry : in->most_asymmetry;
    constants->two_by_three = all((CELL)(in->interior[5] + once));
}

/* What row i of pair is made from. */
typedef struct {
    const CELL *stack, *stack_bulge5, *stack_bulge3, *au, *one_mismatch, *two_three_mismatch;
    const CELL *generic_mismatch, *closing, *forbidden;
    CELL *const *bulged, *const *one, *const *two_three, *const *generic; /* [k] is row i + k */
} NAME(Rows);

/* Loops that i.j can close, for one or two vectors of j. Two at a time share what does not depend
   on j; blocks is a constant wherever this is inlined. */
INLINE TARGET void NAME(fill_blocks)(Fold *f, const NAME(Constants) *constants,
                                     const NAME(Rows) *rows, int i, int j, const int blocks)
{
    const CELL *closed = f->closed + j, *split = f->split + j - 1;
    const CELL *next = f->pair[i + 1] + j, *after_next = f->pair[i + 2] + j;
    Vec best[2], bulge[2], one_by_n[2], loop[2];
    /* Unpaired letters that an interior loop can have here. */
    int most = j + blocks * LANES - 1 - i - (MIN_LOOP + 3);
    most = most < MAX_LOOP ? most : MAX_LOOP;
#define EACH_BLOCK for (int b = 0, at = 0; b < blocks; b++, at += LANES)
    EACH_BLOCK
    {
        best[b] = load(closed + at);
        best[b] = smaller(best[b], load(next + at - 1) + load(rows->stack + j + at));
        Vec bulge1 = smaller(load(next + at - 2) + load(rows->stack_bulge3 + j + at),
                             load(after_next + at - 1) + load(rows->stack_bulge5 + j + at));
        best[b] = smaller(best[b], bulge1 + constants->bulge[1]);
        bulge[b] = one_by_n[b] = loop[b] = all(INFINITE);
    }
    const CELL *inside = rows->bulged[1] + j - 1;
    for (int k = 2; k <= most; k++) {
        const CELL *five = rows->bulged[1 + k] + j - 1, *three = inside - k;
        EACH_BLOCK
        bulge[b] = smaller(bulge[b], smaller(load(five + at), load(three + at)) +
                                         constants->bulge[k]);
    }
    inside = rows->one[2] + j - 1;
    for (int k = 3; k < most; k++) {
        const CELL *five = rows->one[1 + k] + j - 2, *three = inside - k;
        EACH_BLOCK
        one_by_n[b] = smaller(one_by_n[b], smaller(load(five + at), load(three + at)) +
                                               constants->one_by_n[k]);
    }
    inside = rows->generic[3] + j + 1;
    for (int size = most; size >= 6; size--) {
        const CELL *five = rows->generic[size - 1] + j - 3, *three = inside - size;
        const CELL *before = f->around[size - 2] + j - 1;
        CELL *around = f->around[size] + j;
        EACH_BLOCK
        {
            Vec found = smaller(load(before + at), smaller(load(five + at), load(three + at)) +
                                                       constants->asymmetry[size]);
            store(around + at, found);
            loop[b] = smaller(loop[b], found + constants->interior[size]);
        }
    }
    EACH_BLOCK
    {
        const int k = j + at;
        if (most >= 4) {
            /* 2x2 and 2x3 have energies of their own, but are part of larger ones. */
            store(f->around[5] + k, smaller(load(rows->generic[3] + k - 4),
                                            load(rows->generic[4] + k - 3)) +
                                        constants->asymmetry[5]);
            store(f->around[4] + k, load(rows->generic[3] + k - 3));
        }
        Vec two_by_three =
            smaller(load(rows->two_three[3] + k - 4), load(rows->two_three[4] + k - 3));
        best[b] = smaller(best[b], bulge[b] + load(rows->au + k));
        best[b] = smaller(best[b], one_by_n[b] + load(rows->one_mismatch + k));
        best[b] = smaller(best[b], two_by_three + constants->two_by_three +
                                       load(rows->two_three_mismatch + k));
        best[b] = smaller(best[b], loop[b] + load(rows->generic_mismatch + k));
        best[b] = smaller(best[b], load(split + at) + load(rows->closing + k));
        store(f->pair[i] + k, greater(best[b], load(rows->forbidden + k)));
    }
#undef EACH_BLOCK
}

/* Row i of pair, from the blocks of n down. */
INLINE TARGET void NAME(fill_pairs)(Fold *f, const NAME(Constants) *constants, int i)
{
    const int base = f->letter[i], width = f->width, first = i + MIN_LOOP + 1;
    const CELL *outer = NAME(outer_rows)(f, base, f->letter[i + 1]);
    const NAME(Rows) rows = {
        .stack = outer + STACK * width,
        .stack_bulge3 = outer + STACK_BULGE * width,
        .stack_bulge5 = NAME(outer_rows)(f, base, f->letter[i + 2]) + STACK * width,
        .au = NAME(au_row)(f, base),
        .one_mismatch = outer + ONE_BY_N * width,
        .two_three_mismatch = outer + TWO_BY_THREE * width,
        .generic_mismatch = outer + GENERIC * width,
        .closing = outer + CLOSING * width,
        .forbidden = NAME(forbidden_row)(f, base),
        .bulged = f->bulged + i % RING,
        .one = f->one + i % RING,
        .two_three = f->two_three + i % RING,
        .generic = f->generic + i % RING,
    };
    NAME(close_small_loops)(f, i, outer + HAIRPIN * width);
    int j = block_of(f->n);
    for (; j - 1 >= first; j -= 2 * LANES)
        NAME(fill_blocks)(f, constants, &rows, i, j - LANES, 2);
    for (; j + LANES - 1 >= first; j -= LANES)
        NAME(fill_blocks)(f, constants, &rows, i, j, 1);
    CELL *pair = f->pair[i];
    for (; j >= block_of(i); j -= LANES)
        store(pair + j, all(INFINITE));
    for (j = block_of(i) - LEFT; j < first; j++)
        pair[j] = INFINITE;
}

/* Takes into split what a stem i.k gives with all that can follow it. Returns 1 where the sum
   would be too low for the cells. */
INLINE TARGET int NAME(split_after)(Fold *f, CELL stem, int k)
{
    const int n = f->n, first = k < n ? f->first_multi[k + 1] : n + 1;
    if (first > n)
        return 0;
    const CELL *rest = f->multi[k + 1];
    if (rest[n] < FLOOR - stem)
        return 1;
    CELL *split = f->split;
    int m = block_of(first);
    Vec some = load(rest + m); /* of these, only what is finite */
    store(split + m, smaller(load(split + m),
                             where_below(some, all(NONE), some + all(stem), all(INFINITE))));
    for (m += LANES; m <= n; m += LANES)
        store(split + m, smaller(load(split + m), load(rest + m) + all(stem)));
    return 0;
}

/* Row i of what is made of pairs: in loops, and of multi and split. Returns 1 where energies are
   too low for the cells. */
INLINE TARGET int NAME(fill_multi)(Fold *f, int i)
{
    const int n = f->n, base = f->letter[i], width = f->width;
    const CELL *pair = f->pair[i], *next = f->multi[i + 1];
    const CELL *au = NAME(au_row)(f, base);
    const CELL *inner = NAME(inner_rows)(f, base, f->letter[i - 1]);
    CELL *bulged = f->bulged[i % RING], *one = f->one[i % RING];
    CELL *two_three = f->two_three[i % RING], *generic = f->generic[i % RING];
    CELL *multi = f->multi[i], *split = f->split, *stem = f->stem;
    CELL best_stem = NONE;
    Vec lowest = all(INFINITE);
    f->first_multi[i] = f->first_multi[i + 1];
    if (block_of(i) < block_of(i + 1)) /* where row i + 1 has no cells */
        store(multi + block_of(i), all(NONE));
    for (int j = block_of(i + 1); j <= n; j += LANES) {
        Vec cell = load(pair + j);
        lowest = smaller(lowest, cell);
        store(bulged + j, cell + load(au + j));
        store(one + j, cell + load(inner + ONE_BY_N_INSIDE * width + j));
        store(two_three + j, cell + load(inner + TWO_BY_THREE_INSIDE * width + j));
        store(generic + j, cell + load(inner + GENERIC_INSIDE * width + j));
        Vec stems = cell + load(inner + STEM * width + j);
        Vec others = smaller(load(next + j), smaller(load(split + j), all(best_stem)));
        if (any_below(stems, others)) {
            store(stem + j, stems);
            store(multi + j, others);
            for (int k = j; k < j + LANES; k++) {
                if (stem[k] >= multi[k] || k > n)
                    continue;
                /* i.k is a stem that nothing else replaces. */
                best_stem = stem[k];
                if (k < f->first_multi[i])
                    f->first_multi[i] = k;
                if (best_stem < FLOOR || NAME(split_after)(f, best_stem, k))
                    return 1;
                for (int m = k; m < j + LANES; m++) {
                    CELL least = split[m] < best_stem ? split[m] : best_stem;
                    multi[m] = least < multi[m] ? least : multi[m];
                }
            }
        } else
            store(multi + j, others);
    }
    CELL least = INFINITE;
    CELL lanes[LANES];
    store(lanes, lowest);
    for (int k = 0; k < LANES; k++)
        least = lanes[k] < least ? lanes[k] : least;
    f->lowest[i] = least;
    return least < FLOOR;
}

/* Fills exterior, in 32 bits always. */
static TARGET void NAME(fill_exterior)(Fold *f)
{
    const int n = f->n, width = f->width;
    int32_t *exterior = f->exterior;
    for (int j = 0; j < width; j++)
        exterior[j] = 0;
    for (int i = 1; i <= n; i++) {
        const int32_t before = exterior[i - 1];
        if (exterior[i] > before)
            exterior[i] = before;
        if (f->lowest[i] == INFINITE)
            continue;
        const CELL *pair = f->pair[i];
        const CELL *ends =
            NAME(inner_rows)(f, f->letter[i], f->letter[i - 1]) + EXTERIOR * width;
        for (int j = i + MIN_LOOP + 1; j <= n; j++) {
            int32_t energy = pair[j] < NONE ? pair[j] + ends[j] + before : 0;
            exterior[j] = energy < exterior[j] ? energy : exterior[j];
        }
    }
}

#include "traceback.h"

static TARGET int NAME(fold)(const Tables *tables, const char *sequence, int n,
                             Workspace *workspace, char *structure, int32_t *energy)
{
    Fold fold = {.tables = tables, .n = n, .width = (n + 1 + 2 * LANES) / LANES * LANES}, *f = &fold;
    if (!reserve(workspace, NAME(lay_out)(f, NULL) + 64))
        return -1;
    NAME(lay_out)(f, (char *)(((uintptr_t)workspace->memory + 63) / 64 * 64));
    NAME(read_sequence)(f, sequence);
    NAME(Constants) constants;
    NAME(set_constants)(tables, &constants);
    int i = n + 4;
    for (; i > 0 && i > n - MIN_LOOP - 1; i--) {
        const int start = block_of(i < n ? i : n);
        for (int j = start - LEFT; j < f->width; j++)
            f->pair[i][j] = INFINITE;
        for (int j = start; j < f->width; j++)
            f->multi[i][j] = NONE;
        f->first_multi[i] = n + 1;
        f->lowest[i] = INFINITE;
    }
    for (; i > 0; i--) {
        NAME(fill_pairs)(f, &constants, i);
        if (NAME(fill_multi)(f, i))
            return 1;
    }
    NAME(fill_exterior)(f);
    *energy = f->exterior[n];
    return NAME(trace_back)(f, structure);
}

#undef Vec
#undef load
#undef store
#undef all
#undef smaller
#undef greater
#undef any_below
#undef where_below
#undef block_of
#undef Fold
#undef RING
#undef BEFORE
#undef LEFT
#undef INFINITE
#undef NONE
#undef FLOOR
#undef LEAST_CELL
#undef CELL
#undef LANES
#undef NAME
#undef TARGET
