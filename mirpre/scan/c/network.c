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
#define CODES 32

static const int CHANNELS[3] = {32, 32, 48};
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
        if (!both)
            continue;
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

static int16_t activation(int32_t sum)
{
    sum = (sum + (1 << (WEIGHT_BITS - 1))) >> WEIGHT_BITS;
    return (int16_t)(sum < 0 ? 0 : sum > LIMIT ? LIMIT : sum);
}

/* The weights are one run of int16: first layer [KERNEL][CODES][out], the next three
   [pairs][out][2], the last [DENSE]. Biases are int32 with 18 fractional bits. */
long network_weights(void)
{
    return KERNEL * CODES * CHANNELS[0] + KERNEL * CHANNELS[0] * CHANNELS[1] +
             KERNEL * CHANNELS[1] * CHANNELS[2] + LAST_COLUMNS * CHANNELS[2] * DENSE + DENSE;
}

long network_biases(void)
{
    return CHANNELS[0] + CHANNELS[1] + CHANNELS[2] + DENSE + 1;
}

/* Halves the columns in place: the greater of each two. Returns how many are left. */
static int pool(int16_t *x, int columns, int channels)
{
    int left = (columns + 1) / 2;
    for (int t = 0; t < left; t++)
        for (int c = 0; c < channels; c++) {
            int16_t a = x[2 * t * channels + c];
            int16_t b = 2 * t + 1 < columns ? x[(2 * t + 1) * channels + c] : 0;
            x[t * channels + c] = a > b ? a : b;
        }
    return left;
}

void network_scores(const uint8_t *ladders, long n, const int16_t *weights,
                    const int32_t *biases, int32_t *scores)
{
    Multiply *multiply = multiply_plain;
#ifdef HAVE_AVX2
    if (vectors_wanted() && __builtin_cpu_supports("avx2"))
        multiply = multiply_avx2;
#endif
    const int16_t *first = weights;
    const int16_t *later[2], *dense, *last;
    later[0] = first + KERNEL * CODES * CHANNELS[0];
    later[1] = later[0] + KERNEL * CHANNELS[0] * CHANNELS[1];
    dense = later[1] + KERNEL * CHANNELS[1] * CHANNELS[2];
    last = dense + LAST_COLUMNS * CHANNELS[2] * DENSE;

    int16_t here[(COLUMNS + 2 * PAD) * WIDEST], next[(COLUMNS + 2 * PAD) * WIDEST];
    for (long r = 0; r < n; r++) {
        const uint8_t *ladder = ladders + r * COLUMNS;
        const int32_t *bias = biases;
        int columns = 0;
        while (columns < COLUMNS && ladder[columns])
            columns++;

        int32_t acc[WIDEST];
        for (int t = 0; t < columns; t++) {
            memcpy(acc, bias, (size_t)CHANNELS[0] * sizeof *acc);
            for (int k = 0; k < KERNEL; k++) {
                int at = t + k - PAD;
                if (at < 0 || at >= columns)
                    continue;
                const int16_t *row = first + (k * CODES + ladder[at] % CODES) * CHANNELS[0];
                for (int c = 0; c < CHANNELS[0]; c++)
                    acc[c] += row[c] * 256;
            }
            for (int c = 0; c < CHANNELS[0]; c++)
                next[t * CHANNELS[0] + c] = activation(acc[c]);
        }
        bias += CHANNELS[0];
        columns = pool(next, columns, CHANNELS[0]);

        for (int layer = 0; layer < 2; layer++) {
            int in = CHANNELS[layer], out = CHANNELS[layer + 1];
            memset(here, 0, (size_t)(PAD * in) * sizeof *here);
            memcpy(here + PAD * in, next, (size_t)(columns * in) * sizeof *here);
            memset(here + (PAD + columns) * in, 0, (size_t)(PAD * in) * sizeof *here);
            for (int t = 0; t < columns; t++) {
                memcpy(acc, bias, (size_t)out * sizeof *acc);
                multiply(here + t * in, KERNEL * in / 2, later[layer], out, acc);
                for (int c = 0; c < out; c++)
                    next[t * out + c] = activation(acc[c]);
            }
            bias += out;
            columns = pool(next, columns, out);
        }

        memcpy(acc, bias, DENSE * sizeof *acc);
        multiply(next, columns * CHANNELS[2] / 2, dense, DENSE, acc);
        int32_t sum = bias[DENSE];
        for (int c = 0; c < DENSE; c++)
            sum += activation(acc[c]) * last[c];
        scores[r] = sum >> WEIGHT_BITS;
    }
}
