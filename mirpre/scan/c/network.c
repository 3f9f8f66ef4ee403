/* Stage 3: a small convolutional network on ladders, in integers.

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
#define WIDEST 48
#define LIMIT 4096   /* 16.0 */
#define WEIGHT_BITS 10

enum { FIRST = 32, SECOND = 32, THIRD = 48 }; /* channels of the convolutions */
#define DENSE 32
#define LAST_COLUMNS (COLUMNS / 8)

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
/* vectors is a constant wherever this is inlined, so that the sums stay in registers. */
__attribute__((target("avx2"), always_inline)) static inline void
multiply_vectors(const int16_t *x, int pairs, const int16_t *weights, const int vectors,
                 int32_t *acc)
{
    __m256i sum[WIDEST / 8];
    for (int v = 0; v < vectors; v++)
        sum[v] = _mm256_loadu_si256((const __m256i *)(acc + 8 * v));
    for (int p = 0; p < pairs; p++, weights += 16 * vectors) {
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
    if (outs == 32)
        multiply_vectors(x, pairs, weights, 4, acc);
    else
        multiply_vectors(x, pairs, weights, 6, acc);
}
#endif

static inline int16_t activation(int32_t sum)
{
    sum = (sum + (1 << (WEIGHT_BITS - 1))) >> WEIGHT_BITS;
    return (int16_t)(sum < 0 ? 0 : sum > LIMIT ? LIMIT : sum);
}

/* The weights are one run of int16: first layer [KERNEL][CODES][out], the next three
   [pairs][out][2], the last [DENSE]. Biases are int32 with 18 fractional bits. */
long network_weights(void)
{
    return KERNEL * CODES * FIRST + KERNEL * FIRST * SECOND + KERNEL * SECOND * THIRD +
           LAST_COLUMNS * THIRD * DENSE + DENSE;
}

long network_biases(void)
{
    return FIRST + SECOND + THIRD + DENSE + 1;
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

INLINE int32_t score(Multiply *multiply, const uint8_t *ladder, const int16_t *weights,
                     const int32_t *bias)
{
    int16_t whole[(COLUMNS + 1) * FIRST], x[(COLUMNS + 2 * PAD) * WIDEST];
    int16_t next[(COLUMNS + 2 * PAD) * WIDEST];
    int columns = 0;
    while (columns < COLUMNS && ladder[columns])
        columns++;

    for (int t = 0; t < columns; t++) {
        int32_t acc[FIRST], sum[FIRST] = {0};
        for (int k = 0; k < KERNEL; k++) {
            int at = t + k - PAD;
            if (at < 0 || at >= columns)
                continue;
            const int16_t *row = weights + (k * CODES + ladder[at] % CODES) * FIRST;
            for (int c = 0; c < FIRST; c++)
                sum[c] += row[c];
        }
        for (int c = 0; c < FIRST; c++)
            acc[c] = bias[c] + sum[c] * 256;
        activate(acc, FIRST, whole + t * FIRST);
    }
    columns = pool(whole, columns, FIRST, x + PAD * FIRST);
    weights += KERNEL * CODES * FIRST, bias += FIRST;
    columns = convolve(multiply, x, columns, FIRST, SECOND, weights, bias, next + PAD * SECOND);
    weights += KERNEL * FIRST * SECOND, bias += SECOND;
    columns = convolve(multiply, next, columns, SECOND, THIRD, weights, bias, x);
    weights += KERNEL * SECOND * THIRD, bias += THIRD;

    int32_t acc[DENSE];
    int16_t hidden[DENSE];
    memcpy(acc, bias, sizeof acc);
    multiply(x, columns * THIRD / 2, weights, DENSE, acc);
    activate(acc, DENSE, hidden);
    const int16_t *last = weights + LAST_COLUMNS * THIRD * DENSE;
    int32_t sum = bias[DENSE];
    for (int c = 0; c < DENSE; c++)
        sum += hidden[c] * last[c];
    return sum >> WEIGHT_BITS;
}

static void scores_plain(const uint8_t *ladders, long n, const int16_t *weights,
                         const int32_t *biases, int32_t *scores)
{
    for (long r = 0; r < n; r++)
        scores[r] = score(multiply_plain, ladders + r * COLUMNS, weights, biases);
}

#ifdef HAVE_AVX2
__attribute__((target("avx2"))) static void
scores_avx2(const uint8_t *ladders, long n, const int16_t *weights, const int32_t *biases,
            int32_t *scores)
{
    for (long r = 0; r < n; r++)
        scores[r] = score(multiply_avx2, ladders + r * COLUMNS, weights, biases);
}
#endif

void network_scores(const uint8_t *ladders, long n, const int16_t *weights,
                    const int32_t *biases, int32_t *scores)
{
#ifdef HAVE_AVX2
    if (vectors_wanted() && __builtin_cpu_supports("avx2")) {
        scores_avx2(ladders, n, weights, biases, scores);
        return;
    }
#endif
    scores_plain(ladders, n, weights, biases, scores);
}
