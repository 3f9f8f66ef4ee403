/* Stage 3: convolutional networks on ladders, in integers; a small one and a large one.

   Three times convolution of 5 columns, ReLU, maximum of 2 columns; then two dense layers.
   Activations have 8 fractional bits and end at LIMIT, weights have 10; sums cannot overflow
   (export checks it), so that every machine and every order of summing gives the same score. */

#include <stdlib.h>
#include <string.h>

#include "scan.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define HAVE_AVX2 1
#endif

#define KERNEL 5
#define PAD (KERNEL / 2)
#define WIDEST 96
#define LIMIT 4096   /* 16.0 */
#define WEIGHT_BITS 10

#define LAST_COLUMNS (COLUMNS / 8)

/* Channels of the convolutions, and units of the dense layer. */
typedef struct {
    int first, second, third, dense;
} Sizes;

static const Sizes SMALL = {32, 32, 48, 32}, LARGE = {64, 64, 96, 64};

static int use_vectors = 1;

void set_vectors(int wanted)
{
    use_vectors = wanted;
}

int vectors_wanted(void)
{
    return use_vectors;
}

/* Sums a vector of 2 * pairs inputs times weights[pairs][outs][2] into acc[outs]. */
typedef void Multiply(const int16_t *x, int pairs, const int16_t *weights, int outs,
                      int32_t *acc);

static void multiply_plain(const int16_t *x, int pairs, const int16_t *weights, int outs,
                           int32_t *acc)
{
    for (int p = 0; p < pairs; p++, weights += 2 * outs) {
        int32_t a = x[2 * p], b = x[2 * p + 1];
        if (a | b)
            for (int o = 0; o < outs; o++)
                acc[o] += a * weights[2 * o] + b * weights[2 * o + 1];
    }
}

#ifdef HAVE_AVX2
/* vectors is a constant wherever this is inlined, so that the sums stay in registers; step is
   from one pair's weights to the next one's. */
__attribute__((target("avx2"), always_inline)) static inline void
multiply_vectors(const int16_t *x, int pairs, const int16_t *weights, int step, const int vectors,
                 int32_t *acc)
{
    __m256i sum[8];
    for (int v = 0; v < vectors; v++)
        sum[v] = _mm256_loadu_si256((const __m256i *)(acc + 8 * v));
    for (int p = 0; p < pairs; p++, weights += step) {
        int32_t both;
        memcpy(&both, x + 2 * p, sizeof both);
        const __m256i inputs = _mm256_set1_epi32(both);
        for (int v = 0; v < vectors; v++)
            sum[v] = _mm256_add_epi32(
                sum[v],
                _mm256_madd_epi16(inputs,
                                  _mm256_loadu_si256((const __m256i *)(weights + 16 * v))));
    }
    for (int v = 0; v < vectors; v++)
        _mm256_storeu_si256((__m256i *)(acc + 8 * v), sum[v]);
}

__attribute__((target("avx2"))) static void
multiply_avx2(const int16_t *x, int pairs, const int16_t *weights, int outs, int32_t *acc)
{
    int at = 0;
    for (; at + 64 <= outs; at += 64)
        multiply_vectors(x, pairs, weights + 2 * at, 2 * outs, 8, acc + at);
    if (outs - at == 48)
        multiply_vectors(x, pairs, weights + 2 * at, 2 * outs, 6, acc + at);
    else if (outs - at == 32)
        multiply_vectors(x, pairs, weights + 2 * at, 2 * outs, 4, acc + at);
}
#endif

static inline int16_t activation(int32_t sum)
{
    sum = (sum + (1 << (WEIGHT_BITS - 1))) >> WEIGHT_BITS;
    return (int16_t)(sum < 0 ? 0 : sum > LIMIT ? LIMIT : sum);
}

/* The weights are one run of int16: first layer [KERNEL][CODES][out], the next three
   [pairs][out][2], the last [DENSE]. Biases are int32 with 18 fractional bits. */
static int fits(const Sizes *n, long weights, long biases)
{
    return weights == KERNEL * CODES * n->first + KERNEL * n->first * n->second +
                          KERNEL * n->second * n->third + LAST_COLUMNS * n->third * n->dense +
                          n->dense &&
           biases == n->first + n->second + n->third + n->dense + 1;
}

/* What follows is compiled twice, for AVX2 and for any machine; a constant number of channels lets
   the compiler use vectors. */
#if defined(__GNUC__)
#define INLINE static inline __attribute__((always_inline))
#else
#define INLINE static inline
#endif

INLINE void activate(const int32_t *acc, int channels, int16_t *out)
{
    for (int c = 0; c < channels; c++)
        out[c] = activation(acc[c]);
}

/* Halves the columns: the greater of each two. Returns how many are left. */
INLINE int pool(const int16_t *x, int columns, const int channels, int16_t *out)
{
    int left = (columns + 1) / 2;
    for (int t = 0; t < left; t++)
        for (int c = 0; c < channels; c++) {
            int16_t a = x[2 * t * channels + c];
            int16_t b = 2 * t + 1 < columns ? x[(2 * t + 1) * channels + c] : 0;
            out[t * channels + c] = a > b ? a : b;
        }
    return left;
}

/* A convolution and its pooling: columns of in channels at x + PAD * in, which has PAD columns of
   room on either side, to half as many of out channels at next. */
INLINE int convolve(Multiply *multiply, int16_t *x, int columns, const int in, const int out,
                    const int16_t *weights, const int32_t *bias, int16_t *next)
{
    int16_t whole[(COLUMNS + 1) * WIDEST];
    int32_t acc[WIDEST];
    memset(x, 0, (size_t)(PAD * in) * sizeof *x);
    memset(x + (PAD + columns) * in, 0, (size_t)(PAD * in) * sizeof *x);
    for (int t = 0; t < columns; t++) {
        memcpy(acc, bias, (size_t)out * sizeof *acc);
        multiply(x + t * in, KERNEL * in / 2, weights, out, acc);
        activate(acc, out, whole + t * out);
    }
    return pool(whole, columns, out, next);
}

INLINE int32_t score(Multiply *multiply, const Sizes n, const uint8_t *ladder,
                     const int16_t *weights, const int32_t *bias)
{
    int16_t whole[(COLUMNS + 1) * WIDEST], x[(COLUMNS + 2 * PAD) * WIDEST];
    int16_t next[(COLUMNS + 2 * PAD) * WIDEST];
    int columns = 0;
    while (columns < COLUMNS && ladder[columns])
        columns++;

    for (int t = 0; t < columns; t++) {
        int32_t acc[WIDEST], sum[WIDEST];
        memset(sum, 0, (size_t)n.first * sizeof *sum);
        for (int k = 0; k < KERNEL; k++) {
            int at = t + k - PAD;
            if (at < 0 || at >= columns)
                continue;
            const int16_t *row = weights + (k * CODES + ladder[at] % CODES) * n.first;
            for (int c = 0; c < n.first; c++)
                sum[c] += row[c];
        }
        for (int c = 0; c < n.first; c++)
            acc[c] = bias[c] + sum[c] * 256;
        activate(acc, n.first, whole + t * n.first);
    }
    columns = pool(whole, columns, n.first, x + PAD * n.first);
    weights += KERNEL * CODES * n.first, bias += n.first;
    columns = convolve(multiply, x, columns, n.first, n.second, weights, bias, next + PAD * n.second);
    weights += KERNEL * n.first * n.second, bias += n.second;
    columns = convolve(multiply, next, columns, n.second, n.third, weights, bias, x);
    weights += KERNEL * n.second * n.third, bias += n.third;

    int32_t acc[WIDEST];
    int16_t hidden[WIDEST];
    memcpy(acc, bias, (size_t)n.dense * sizeof *acc);
    multiply(x, columns * n.third / 2, weights, n.dense, acc);
    activate(acc, n.dense, hidden);
    const int16_t *last = weights + LAST_COLUMNS * n.third * n.dense;
    int32_t sum = bias[n.dense];
    for (int c = 0; c < n.dense; c++)
        sum += hidden[c] * last[c];
    return sum >> WEIGHT_BITS;
}

/* Sizes are constants in each call, so that the compiler knows how many channels there are. */
INLINE void all_scores(Multiply *multiply, int is_large, const uint8_t *ladders, long n,
                       const int16_t *weights, const int32_t *biases, int32_t *scores)
{
    if (is_large)
        for (long r = 0; r < n; r++)
            scores[r] = score(multiply, LARGE, ladders + r * COLUMNS, weights, biases);
    else
        for (long r = 0; r < n; r++)
            scores[r] = score(multiply, SMALL, ladders + r * COLUMNS, weights, biases);
}

static void scores_plain(int is_large, const uint8_t *ladders, long n, const int16_t *weights,
                         const int32_t *biases, int32_t *scores)
{
    all_scores(multiply_plain, is_large, ladders, n, weights, biases, scores);
}

#ifdef HAVE_AVX2
__attribute__((target("avx2"))) static void
scores_avx2(int is_large, const uint8_t *ladders, long n, const int16_t *weights,
            const int32_t *biases, int32_t *scores)
{
    all_scores(multiply_avx2, is_large, ladders, n, weights, biases, scores);
}
#endif

int network_scores(const uint8_t *ladders, long n, const int16_t *weights, long weight_count,
                   const int32_t *biases, long bias_count, int32_t *scores)
{
    int is_large = fits(&LARGE, weight_count, bias_count);
    if (!is_large && !fits(&SMALL, weight_count, bias_count))
        return -1;
#ifdef HAVE_AVX2
    if (vectors_wanted() && __builtin_cpu_supports("avx2")) {
        scores_avx2(is_large, ladders, n, weights, biases, scores);
        return 0;
    }
#endif
    scores_plain(is_large, ladders, n, weights, biases, scores);
    return 0;
}
