/* Stage 3: convolutional networks on ladders, in integers; a small one and a large one.

   Three times convolution of 5 columns, ReLU, maximum of 2 columns; then two dense layers.
   Activations have 8 fractional bits and end at LIMIT, weights have 10; sums cannot overflow
   (export checks it), so that every machine and every order of summing gives the same score. */

#include <stdlib.h>
#include <string.h>

#include "scan.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define HAVE_VECTORS 1
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

static int widest_vectors = 64;

void set_vectors(int widest)
{
    widest_vectors = widest;
}

int vectors_allowed(void)
{
    return widest_vectors;
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

#if defined(__GNUC__)
#define INLINE static inline __attribute__((always_inline))
#else
#define INLINE static inline
#endif

static inline int16_t activation(int32_t sum)
{
    sum = (sum + (1 << (WEIGHT_BITS - 1))) >> WEIGHT_BITS;
    return (int16_t)(sum < 0 ? 0 : sum > LIMIT ? LIMIT : sum);
}

INLINE void activate(const int32_t *acc, int channels, int16_t *out)
{
    for (int c = 0; c < channels; c++)
        out[c] = activation(acc[c]);
}

INLINE int32_t last_layer(const int16_t *hidden, int units, const int16_t *weights, int32_t bias)
{
    int32_t sum = bias;
    for (int c = 0; c < units; c++)
        sum += hidden[c] * weights[c];
    return sum >> WEIGHT_BITS;
}

/* Any machine: what the vectors below have to give, too. */

/* Sums a vector of 2 * pairs inputs times weights[pairs][outs][2] into acc[outs]. */
static void multiply(const int16_t *x, int pairs, const int16_t *weights, int outs, int32_t *acc)
{
    for (int p = 0; p < pairs; p++, weights += 2 * outs) {
        int32_t a = x[2 * p], b = x[2 * p + 1];
        if (a | b)
            for (int o = 0; o < outs; o++)
                acc[o] += a * weights[2 * o] + b * weights[2 * o + 1];
    }
}

/* Halves the columns: the greater of each two. Returns how many are left. */
static int pool(const int16_t *x, int columns, int channels, int16_t *out)
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
static int convolve(int16_t *x, int columns, int in, int out, const int16_t *weights,
                    const int32_t *bias, int16_t *next)
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

static int32_t score_plain(const Sizes n, const uint8_t *ladder, const int16_t *weights,
                           const int32_t *bias)
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
    columns = convolve(x, columns, n.first, n.second, weights, bias, next + PAD * n.second);
    weights += KERNEL * n.first * n.second, bias += n.second;
    columns = convolve(next, columns, n.second, n.third, weights, bias, x);
    weights += KERNEL * n.second * n.third, bias += n.third;

    int32_t acc[WIDEST];
    int16_t hidden[WIDEST];
    memcpy(acc, bias, (size_t)n.dense * sizeof *acc);
    multiply(x, columns * n.third / 2, weights, n.dense, acc);
    activate(acc, n.dense, hidden);
    return last_layer(hidden, n.dense, weights + LAST_COLUMNS * n.third * n.dense, bias[n.dense]);
}

#ifdef HAVE_VECTORS
#define OUTSIDE CODES
#define ALIGNED __attribute__((aligned(64)))

/* A network as the vectors read it, in cache lines of its own. */
typedef struct {
    int16_t *memory;
    int16_t *first; /* [KERNEL][CODES + 1][out]: beyond the ends a column of zeros */
    int16_t *first_bias;
    int16_t *second, *third; /* [out / (vectors * lanes)][pairs][vectors * lanes][2] */
    int16_t *dense, *last;
    int32_t *biases; /* of the second layer and those after it */
} Prepared;

/* How many vectors of sums a block of columns has. */
INLINE int vectors_at_once(int bytes, int out)
{
    return out % (2 * bytes / 4) ? 3 : 2;
}

static const int16_t *in_strips(const int16_t *weights, int in, int out, int bytes, int16_t *to)
{
    const int width = 2 * vectors_at_once(bytes, out) * (bytes / 4);
    for (int o = 0; o < 2 * out; o += width)
        for (int p = 0; p < KERNEL * in / 2; p++, to += width)
            memcpy(to, weights + p * 2 * out + o, (size_t)width * sizeof *to);
    return weights + KERNEL * in * out;
}

/* The first layer in 16 bits: its sums have 10 fractional bits, and 2 of them go. Returns 0 where
   they would not fit, or memory runs out. */
static int prepare(const Sizes *n, const int16_t *weights, const int32_t *biases, int bytes,
                   Prepared *net)
{
    const size_t first = (size_t)(KERNEL * (CODES + 1) * n->first);
    const size_t second = (size_t)(KERNEL * n->first * n->second);
    const size_t third = (size_t)(KERNEL * n->second * n->third);
    const size_t dense = (size_t)(LAST_COLUMNS * n->third * n->dense);
    const size_t others = (size_t)(n->second + n->third + n->dense + 1);
    net->memory = malloc((first + (size_t)n->first + second + third + dense +
                          (size_t)n->dense + 2 * others) * sizeof(int16_t) + 63);
    if (!net->memory)
        return 0;
    /* Every part is a multiple of 64 bytes. */
    net->first = (int16_t *)(((uintptr_t)net->memory + 63) / 64 * 64);
    net->first_bias = net->first + first;
    net->second = net->first_bias + n->first;
    net->third = net->second + second;
    net->dense = net->third + third;
    net->last = net->dense + dense;
    net->biases = (int32_t *)(net->last + n->dense);

    memset(net->first, 0, first * sizeof(int16_t));
    int32_t most[WIDEST] = {0};
    for (int k = 0; k < KERNEL; k++) {
        int32_t most_here[WIDEST] = {0};
        int16_t *to = net->first + k * (CODES + 1) * n->first;
        memcpy(to, weights, (size_t)(CODES * n->first) * sizeof *to);
        for (int code = 0; code < CODES; code++)
            for (int c = 0; c < n->first; c++, weights++)
                if (abs(*weights) > most_here[c])
                    most_here[c] = abs(*weights);
        for (int c = 0; c < n->first; c++)
            most[c] += most_here[c];
    }
    for (int c = 0; c < n->first; c++) {
        const int32_t bias = (biases[c] + (1 << (WEIGHT_BITS - 1))) >> 8;
        if (abs(bias) + most[c] > INT16_MAX) {
            free(net->memory);
            return 0;
        }
        net->first_bias[c] = (int16_t)bias;
    }
    weights = in_strips(weights, n->first, n->second, bytes, net->second);
    weights = in_strips(weights, n->second, n->third, bytes, net->third);
    memcpy(net->dense, weights, dense * sizeof(int16_t));
    memcpy(net->last, weights + dense, (size_t)n->dense * sizeof(int16_t));
    memcpy(net->biases, biases + n->first, others * sizeof(int32_t));
    return 1;
}

/* Sums stay in their registers with these two instructions written out; GCC would copy each one
   in every step, at half the speed. */

#define NAME(x) x##_avx2
#define TARGET __attribute__((target("avx2")))
#define BYTES 32
#define PAIRS 2
#define SETS 1
#define Vector __m256i
#define LOAD(p) _mm256_loadu_si256((const __m256i *)(p))
#define STORE(p, v) _mm256_storeu_si256((__m256i *)(p), v)
#define ALL32(n) _mm256_set1_epi32(n)
#define ADD16(a, b) _mm256_add_epi16(a, b)
#define ADD32(a, b) _mm256_add_epi32(a, b)
#define MAX16(a, b) _mm256_max_epi16(a, b)
#define MAX32(a, b) _mm256_max_epi32(a, b)
#define DOWN16(a) _mm256_srai_epi16(a, WEIGHT_BITS - 8)
#define CUT16(a)                                                                                 \
    _mm256_min_epi16(_mm256_max_epi16(a, _mm256_setzero_si256()), _mm256_set1_epi16(LIMIT))
#define DOT(sum, a, b)                                                                           \
    __asm__("vpaddd %1, %0, %0" : "+x"(sum) : "x"(_mm256_madd_epi16(a, b)))
#define NARROW(p, sum) narrow_avx2(p, sum)

INLINE TARGET void narrow_avx2(int16_t *to, __m256i sum)
{
    const __m256i rounded = _mm256_srai_epi32(
        _mm256_add_epi32(sum, _mm256_set1_epi32(1 << (WEIGHT_BITS - 1))), WEIGHT_BITS);
    const __m128i packed = _mm_packus_epi32(_mm256_castsi256_si128(rounded),
                                            _mm256_extracti128_si256(rounded, 1));
    _mm_storeu_si128((__m128i *)to, _mm_min_epu16(packed, _mm_set1_epi16(LIMIT)));
}
#include "network_vectors.h"

#define NAME(x) x##_avx512
#define TARGET __attribute__((target("avx512f,avx512bw,avx512vnni")))
#define BYTES 64
#define PAIRS 4
#define SETS 4
#define Vector __m512i
#define LOAD(p) _mm512_loadu_si512(p)
#define STORE(p, v) _mm512_storeu_si512(p, v)
#define ALL32(n) _mm512_set1_epi32(n)
#define ADD16(a, b) _mm512_add_epi16(a, b)
#define ADD32(a, b) _mm512_add_epi32(a, b)
#define MAX16(a, b) _mm512_max_epi16(a, b)
#define MAX32(a, b) _mm512_max_epi32(a, b)
#define DOWN16(a) _mm512_srai_epi16(a, WEIGHT_BITS - 8)
#define CUT16(a)                                                                                 \
    _mm512_min_epi16(_mm512_max_epi16(a, _mm512_setzero_si512()), _mm512_set1_epi16(LIMIT))
#define DOT(sum, a, b) __asm__("vpdpwssd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b))
#define NARROW(p, sum) narrow_avx512(p, sum)

INLINE TARGET void narrow_avx512(int16_t *to, __m512i sum)
{
    const __m512i rounded = _mm512_srai_epi32(
        _mm512_add_epi32(sum, _mm512_set1_epi32(1 << (WEIGHT_BITS - 1))), WEIGHT_BITS);
    const __m512i cut = _mm512_min_epi32(_mm512_max_epi32(rounded, _mm512_setzero_si512()),
                                         _mm512_set1_epi32(LIMIT));
    _mm256_storeu_si256((__m256i *)to, _mm512_cvtepi32_epi16(cut));
}
#include "network_vectors.h"

/* Returns 0 where the machine has no vectors for it. */
static int scores_in_vectors(int is_large, const uint8_t *ladders, long n, const int16_t *weights,
                             const int32_t *biases, int32_t *scores)
{
    const int has_512 = vectors_allowed() >= 64 && __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512vnni");
    if (!has_512 && !(vectors_allowed() >= 32 && __builtin_cpu_supports("avx2")))
        return 0;
    Prepared net;
    if (!prepare(is_large ? &LARGE : &SMALL, weights, biases, has_512 ? 64 : 32, &net))
        return 0;
    if (has_512)
        scores_avx512(is_large, ladders, n, &net, scores);
    else
        scores_avx2(is_large, ladders, n, &net, scores);
    free(net.memory);
    return 1;
}
#endif

int network_scores(const uint8_t *ladders, long n, const int16_t *weights, long weight_count,
                   const int32_t *biases, long bias_count, int32_t *scores)
{
    const int is_large = fits(&LARGE, weight_count, bias_count);
    if (!is_large && !fits(&SMALL, weight_count, bias_count))
        return -1;
#ifdef HAVE_VECTORS
    if (scores_in_vectors(is_large, ladders, n, weights, biases, scores))
        return 0;
#endif
    for (long r = 0; r < n; r++)
        scores[r] = score_plain(is_large ? LARGE : SMALL, ladders + r * COLUMNS, weights, biases);
    return 0;
}
