/* Stage 2, first half: the energies of all hairpins around a place. */

#include "hairpins.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define HAVE_AVX2 1
#endif

/* Pair kinds by 5' letter and 3' letter: 0 none, then CG GC GU UG AU UA. */
static const uint8_t KIND[16] = {
    /* A */ 0, 0, 0, 5, /* C */ 0, 0, 1, 0, /* G */ 0, 2, 0, 3, /* U */ 6, 0, 4, 0};

/* Energy of an outer pair (row) on an inner pair (column), both read 5' to 3'. */
const int8_t STACK[7][8] = {
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

static int loop_energy(int length)
{
    return length <= 30 ? LOOP[length] : LOOP[30] + (length - 30) / 8;
}

int kind_at(const uint8_t *letters, long i, long j)
{
    uint8_t a = letters[i], b = letters[j];
    return (a | b) & OTHER ? 0 : KIND[4 * a + b];
}

int weak(int kind, const LoopCosts *costs)
{
    return kind > 2 ? costs->weak : 0;
}

static void fill_rows_plain(const uint8_t *letters, long n, long centre, const LoopCosts *costs,
                            HairpinWork *work, Outermost *best, Outermost *best_short)
{
    const int width = work->width, band = work->band, stride = width + 2;
    int16_t *pair[3], *loop[3]; /* of the rows d, d-1, d-2; index 0 and width+1 are borders */
    for (int r = 0; r < 3; r++) {
        pair[r] = work->rows + 2 * r * stride + 1;
        loop[r] = pair[r] + stride;
    }
    for (int k = 0; k < 6 * stride; k++)
        work->rows[k] = NEVER;

    *best = *best_short = (Outermost){-1, -1, 0, 0};
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
                if (energy + w < best->total)
                    *best = (Outermost){i, j, energy, energy + w};
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
            *best_short = *best;
        int16_t *swap = pair[2];
        pair[2] = pair[1], pair[1] = pair[0], pair[0] = swap;
        swap = loop[2];
        loop[2] = loop[1], loop[1] = loop[0], loop[0] = swap;
    }
}

#ifdef HAVE_AVX2
/* The same for a band of LANES columns, all of a row side by side. */
#define LANES 16

/* STACK by 8 * outer kind + inner kind, 16 of its bytes at a time. */
__attribute__((target("avx2"))) static __m128i stack_energies(__m128i index)
{
    const __m128i *table = (const __m128i *)STACK;
    const __m128i part = _mm_and_si128(index, _mm_set1_epi8(0x30));
    __m128i energy = _mm_setzero_si128();
    for (int t = 0; t < 4; t++) {
        /* The last 16 bytes would reach past the table's 56. */
        __m128i bytes = t < 3 ? _mm_loadu_si128(table + t)
                              : _mm_loadl_epi64((const __m128i *)((const char *)STACK + 48));
        __m128i here = _mm_cmpeq_epi8(part, _mm_set1_epi8((char)(16 * t)));
        energy = _mm_or_si128(energy, _mm_and_si128(here, _mm_shuffle_epi8(bytes, index)));
    }
    return energy;
}

__attribute__((target("avx2"))) static void
fill_rows_avx2(const uint8_t *letters, long centre, const LoopCosts *costs, HairpinWork *work,
               Outermost *best, Outermost *best_short)
{
    /* KIND by 5' letter + 4 * 3' letter. */
    const __m128i kinds = _mm_setr_epi8(0, 0, 0, 6, 0, 0, 2, 0, 0, 1, 0, 4, 5, 0, 3, 0);
    const __m256i never = _mm256_set1_epi16(NEVER), zero = _mm256_setzero_si256();
    const __m256i two = _mm256_set1_epi16(2);
    const __m256i weak_price = _mm256_set1_epi16((short)costs->weak);
    const __m256i open_price = _mm256_set1_epi16((short)costs->open);
    const __m256i step_price = _mm256_set1_epi16((short)costs->step);
    const __m256i gap_price = _mm256_set1_epi16((short)costs->gap);
    const __m256i drift = _mm256_set1_epi16((short)costs->drift);
    const __m256i from_stack = _mm256_set1_epi16(FROM_STACK);
    const __m256i from_interior = _mm256_set1_epi16(FROM_INTERIOR);
    const __m256i step = _mm256_set1_epi16(STEP), gap_5 = _mm256_set1_epi16(GAP_5);
    const __m256i gap_3 = _mm256_set1_epi16(GAP_3);

    int16_t borders[3][LANES + 2]; /* L of three rows, a column more on either side */
    for (int r = 0; r < 3; r++)
        for (int k = 0; k < LANES + 2; k++)
            borders[r][k] = NEVER;
    __m256i pair_1 = never, pair_2 = never;
    __m128i kind_1 = _mm_setzero_si128(), kind_2 = kind_1;
    *best = *best_short = (Outermost){-1, -1, 0, 0};
    for (int d = MIN_LOOP + 1; d < work->span; d++) {
        const long first = centre - d / 2 - work->band;
        int16_t *loop = borders[d % 3];
        const int16_t *loop_1 = borders[(d + 2) % 3], *loop_2 = borders[(d + 1) % 3];
        const __m128i five = _mm_loadu_si128((const __m128i *)(letters + first));
        const __m128i three = _mm_loadu_si128((const __m128i *)(letters + first + d));
        /* A shuffle gives 0 where the index has its high bit set, as OTHER has. */
        const __m128i other = _mm_and_si128(_mm_or_si128(five, three), _mm_set1_epi8((char)OTHER));
        /* OTHER must not be shifted into the next byte. */
        const __m128i shifted =
            _mm_slli_epi16(_mm_and_si128(three, _mm_set1_epi8(3)), 2);
        const __m128i letters_index =
            _mm_or_si128(_mm_or_si128(five, shifted), other);
        const __m128i kind = _mm_shuffle_epi8(kinds, letters_index);
        const __m128i stacked =
            stack_energies(_mm_or_si128(_mm_slli_epi16(kind, 3), kind_2));
        const __m256i wide = _mm256_cvtepi8_epi16(kind);
        const __m256i pairs = _mm256_cmpgt_epi16(wide, zero);
        const __m256i w = _mm256_and_si256(_mm256_cmpgt_epi16(wide, two), weak_price);

        __m256i energy = _mm256_add_epi16(_mm256_set1_epi16((short)loop_energy(d - 1)), w);
        __m256i how = zero;
        __m256i other_way = _mm256_add_epi16(pair_2, _mm256_cvtepi8_epi16(stacked));
        __m256i better = _mm256_cmpgt_epi16(energy, other_way);
        energy = _mm256_min_epi16(energy, other_way);
        how = _mm256_and_si256(better, from_stack);
        const __m256i l2 = _mm256_loadu_si256((const __m256i *)(loop_2 + 1));
        other_way = _mm256_add_epi16(l2, w);
        better = _mm256_cmpgt_epi16(energy, other_way);
        energy = _mm256_min_epi16(energy, other_way);
        how = _mm256_blendv_epi8(how, from_interior, better);
        how = _mm256_and_si256(how, pairs);
        energy = _mm256_blendv_epi8(never, _mm256_add_epi16(energy, drift), pairs);

        const __m256i total = _mm256_add_epi16(energy, w);
        if (_mm256_movemask_epi8(
                _mm256_cmpgt_epi16(_mm256_set1_epi16((short)best->total), total))) {
            int16_t totals[LANES], energies[LANES];
            _mm256_storeu_si256((__m256i *)totals, total);
            _mm256_storeu_si256((__m256i *)energies, energy);
            for (int k = 0; k < LANES; k++)
                if (totals[k] < best->total)
                    *best = (Outermost){first + k, first + k + d, energies[k], totals[k]};
        }
        if (d < SHORT)
            *best_short = *best;

        const __m256i open = _mm256_blendv_epi8(
            never, _mm256_add_epi16(_mm256_add_epi16(energy, open_price), w), pairs);
        const int16_t *inner_5 = loop_1 + 1 + (d & 1), *inner_3 = inner_5 - 1;
        __m256i grown = _mm256_add_epi16(l2, step_price), grew = step;
        other_way =
            _mm256_add_epi16(_mm256_loadu_si256((const __m256i *)inner_5), gap_price);
        better = _mm256_cmpgt_epi16(grown, other_way);
        grown = _mm256_min_epi16(grown, other_way);
        grew = _mm256_blendv_epi8(grew, gap_5, better);
        other_way =
            _mm256_add_epi16(_mm256_loadu_si256((const __m256i *)inner_3), gap_price);
        better = _mm256_cmpgt_epi16(grown, other_way);
        grown = _mm256_min_epi16(grown, other_way);
        grew = _mm256_blendv_epi8(grew, gap_3, better);
        grew = _mm256_and_si256(_mm256_cmpgt_epi16(open, grown), grew);
        grown = _mm256_min_epi16(_mm256_min_epi16(grown, open), never);
        _mm256_storeu_si256((__m256i *)(loop + 1), grown);

        const __m256i marks = _mm256_or_si256(how, grew);
        _mm_storeu_si128((__m128i *)(work->trace + d * LANES),
                         _mm_packus_epi16(_mm256_castsi256_si128(marks),
                                          _mm256_extracti128_si256(marks, 1)));
        pair_2 = pair_1, pair_1 = energy;
        kind_2 = kind_1, kind_1 = kind;
    }
}
#endif

void fill_rows(const uint8_t *letters, long n, long centre, const LoopCosts *costs,
               HairpinWork *work, Outermost *best, Outermost *best_short)
{
#ifdef HAVE_AVX2
    long reach = work->span / 2 + work->band + LANES + 1;
    if (work->width == LANES && centre >= reach && centre + reach <= n && vectors_allowed() >= 32 &&
        __builtin_cpu_supports("avx2")) {
        fill_rows_avx2(letters, centre, costs, work, best, best_short);
        return;
    }
#endif
    fill_rows_plain(letters, n, centre, costs, work, best, best_short);
}
