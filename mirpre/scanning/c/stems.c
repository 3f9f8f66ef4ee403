/* Stage 1: stem-loops anywhere in a sequence, by a recurrence over anti-diagonals.

   H(i, j) is the best score of a stem that ends at letters i and j, grown outwards from any
   loop: a pair or a mismatch of i and j around H(i+1, j-1), or a gap beside H(i+1, j) or
   H(i, j-1), or 0. All cells with the same d = j - i are computed side by side, 32 a step where
   the machine has AVX2. Scores are bytes and saturate at CEILING. */

#include <stdlib.h>
#include <string.h>

#include "scan.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define HAVE_AVX2 1
#endif

#define BLOCK 6000 /* centres per block: its arrays fit the first-level cache */
#define LANES 32
#define CEILING 180

typedef struct {
    uint8_t table[16]; /* score of a pair + mismatch, by 5' letter + 4 * 3' letter */
    uint8_t mismatch, gap;
} Table;

static void diagonal_from(int i, const uint8_t *x, const uint8_t *y, int cells, const Table *t,
                          const uint8_t *h1, uint8_t *h2, uint8_t *best)
{
    for (; i < cells; i++) {
        uint8_t index = x[i] | y[i];
        int pair = h2[i + 1] + (index & OTHER ? 0 : t->table[index]) - t->mismatch;
        int gap = (h1[i] > h1[i + 1] ? h1[i] : h1[i + 1]) - t->gap;
        int h = pair > gap ? pair : gap;
        h = h < 0 ? 0 : h > CEILING ? CEILING : h;
        h2[i] = (uint8_t)h;
        if (h > best[i])
            best[i] = (uint8_t)h;
    }
}

static void diagonal_plain(const uint8_t *x, const uint8_t *y, int cells, const Table *t,
                           const uint8_t *h1, uint8_t *h2, uint8_t *best)
{
    diagonal_from(0, x, y, cells, t, h1, h2, best);
}

#ifdef HAVE_AVX2
__attribute__((target("avx2"))) static void
diagonal_avx2(const uint8_t *x, const uint8_t *y, int cells, const Table *t, const uint8_t *h1,
              uint8_t *h2, uint8_t *best)
{
    const __m256i table =
        _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)t->table));
    const __m256i mismatch = _mm256_set1_epi8((char)t->mismatch);
    const __m256i gap = _mm256_set1_epi8((char)t->gap);
    const __m256i ceiling = _mm256_set1_epi8((char)CEILING);
#define LOAD(p) _mm256_loadu_si256((const __m256i *)(p))
#define STORE(p, v) _mm256_storeu_si256((__m256i *)(p), v)
    int i = 0;
    for (; i + LANES <= cells; i += LANES) {
        /* A shuffle gives 0 where the index has its high bit set, as OTHER has. */
        __m256i gain = _mm256_shuffle_epi8(table, _mm256_or_si256(LOAD(x + i), LOAD(y + i)));
        __m256i pair = _mm256_subs_epu8(_mm256_adds_epu8(LOAD(h2 + i + 1), gain), mismatch);
        __m256i beside = _mm256_subs_epu8(_mm256_max_epu8(LOAD(h1 + i), LOAD(h1 + i + 1)), gap);
        __m256i h = _mm256_min_epu8(_mm256_max_epu8(pair, beside), ceiling);
        STORE(h2 + i, h);
        STORE(best + i, _mm256_max_epu8(LOAD(best + i), h));
    }
#undef LOAD
#undef STORE
    diagonal_from(i, x, y, cells, t, h1, h2, best);
}
#endif

/* Peaks of one block: even[c] and odd[c] for d even and odd; the arrays are padded. */
static void block_peaks(const uint8_t *x, const uint8_t *y, int n, int span, const Table *t,
                        uint8_t *h1, uint8_t *h2, uint8_t *even, uint8_t *odd)
{
    void (*diagonal)(const uint8_t *, const uint8_t *, int, const Table *, const uint8_t *,
                     uint8_t *, uint8_t *) = diagonal_plain;
#ifdef HAVE_AVX2
    if (vectors_allowed() >= 32 && __builtin_cpu_supports("avx2"))
        diagonal = diagonal_avx2;
#endif
    for (int d = MIN_LOOP + 1; d < span && d < n; d++) {
        diagonal(x, y + d, n - d, t, h1, h2, (d & 1 ? odd : even) + d / 2);
        uint8_t *swap = h1;
        h1 = h2;
        h2 = swap;
    }
}

int stem_peaks(const uint8_t *letters, long n, int span, const StemScores *scores,
               uint8_t *peaks)
{
    Table t = {{0}, (uint8_t)scores->mismatch, (uint8_t)scores->gap};
    const int pairs[6][3] = {{2, 1, scores->gc}, {1, 2, scores->gc}, {0, 3, scores->au},
                             {3, 0, scores->au}, {2, 3, scores->gu}, {3, 2, scores->gu}};
    for (int p = 0; p < 6; p++)
        t.table[pairs[p][0] + 4 * pairs[p][1]] = (uint8_t)(pairs[p][2] + scores->mismatch);

    long room = BLOCK + 2L * span + 2 * LANES;
    uint8_t *memory = malloc(6 * (size_t)room);
    if (!memory)
        return -1;
    uint8_t *x = memory, *y = x + room, *h1 = y + room, *h2 = h1 + room, *even = h2 + room,
            *odd = even + room;
    long half = span / 2 + 1; /* a stem reaches that far from its centre */
    for (long from = 0; from < n; from += BLOCK) {
        long to = from + BLOCK < n ? from + BLOCK : n;
        long left = from > half ? from - half : 0;
        long right = to + half < n ? to + half : n;
        int width = (int)(right - left);
        memset(memory, 0, 6 * (size_t)room);
        memset(x, OTHER, (size_t)room);
        memset(y, OTHER, (size_t)room);
        for (int i = 0; i < width; i++) {
            uint8_t letter = letters[left + i];
            x[i] = letter;
            y[i] = letter & OTHER ? OTHER : (uint8_t)(letter << 2);
        }
        block_peaks(x, y, width, span, &t, h1, h2, even, odd);
        for (long c = from; c < to; c++) {
            uint8_t a = even[c - left], b = odd[c - left];
            peaks[c] = a > b ? a : b;
        }
    }
    free(memory);
    return 0;
}
