/* The variants of fill.h, and the choice among them. */

#include <stdlib.h>

#include "fold.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define HAVE_AVX2 1
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

/* Part of a structure that the traceback has still to look at: within a multiloop, or a pair. */
typedef struct {
    int i, j, is_pair;
} Part;

/* Makes room; the content is lost. Returns 0 where memory runs out. */
static int reserve(Workspace *workspace, uint64_t size)
{
    if (workspace->size >= size)
        return 1;
    free(workspace->memory);
    workspace->memory = malloc(size);
    workspace->size = workspace->memory ? size : 0;
    return workspace->memory != NULL;
}

/* One cell at a time: for any machine and compiler. */
#define TARGET
#define CELL int16_t
#define LANES 1
#define NAME(x) x##_plain16
#include "vectors.h"
#include "fill.h"
#define TARGET
#define CELL int32_t
#define LANES 1
#define NAME(x) x##_plain32
#include "vectors.h"
#include "fill.h"

#if defined(__GNUC__)
/* 16 bytes, which every x86-64 and aarch64 has. */
#if defined(__SSE2__)
#define MIN(a, b) _mm_min_epi16((__m128i)(a), (__m128i)(b))
#define MAX(a, b) _mm_max_epi16((__m128i)(a), (__m128i)(b))
#elif defined(__ARM_NEON)
#define MIN(a, b) vminq_s16((int16x8_t)(a), (int16x8_t)(b))
#define MAX(a, b) vmaxq_s16((int16x8_t)(a), (int16x8_t)(b))
#endif
#define TARGET
#define CELL int16_t
#define LANES 8
#define NAME(x) x##_16bytes16
#include "vectors.h"
#include "fill.h"
#define TARGET
#define CELL int32_t
#define LANES 4
#define NAME(x) x##_16bytes32
#include "vectors.h"
#include "fill.h"
#endif

#if defined(HAVE_AVX2)
#define MIN(a, b) _mm256_min_epi16((__m256i)(a), (__m256i)(b))
#define MAX(a, b) _mm256_max_epi16((__m256i)(a), (__m256i)(b))
#define TARGET __attribute__((target("avx2")))
#define CELL int16_t
#define LANES 16
#define NAME(x) x##_avx2_16
#include "vectors.h"
#include "fill.h"
#define MIN(a, b) _mm256_min_epi32((__m256i)(a), (__m256i)(b))
#define MAX(a, b) _mm256_max_epi32((__m256i)(a), (__m256i)(b))
#define TARGET __attribute__((target("avx2")))
#define CELL int32_t
#define LANES 8
#define NAME(x) x##_avx2_32
#include "vectors.h"
#include "fill.h"
#endif

typedef int FoldFunction(const Tables *, const char *, int, Workspace *, char *, int32_t *);

int best_instructions(void)
{
#if defined(HAVE_AVX2)
    if (__builtin_cpu_supports("avx2"))
        return AVX2;
#endif
#if defined(__GNUC__)
    return VECTORS;
#else
    return PLAIN;
#endif
}

int fold_sequence(const Tables *tables, const char *sequence, int n, int instructions, int bits,
                  Workspace *workspace, char *structure, int32_t *energy)
{
    FoldFunction *fold = bits == 16 ? fold_plain16 : fold_plain32;
    if (instructions > best_instructions())
        instructions = best_instructions();
#if defined(__GNUC__)
    if (instructions == VECTORS)
        fold = bits == 16 ? fold_16bytes16 : fold_16bytes32;
#endif
#if defined(HAVE_AVX2)
    if (instructions == AVX2)
        fold = bits == 16 ? fold_avx2_16 : fold_avx2_32;
#endif
    return fold(tables, sequence, n, workspace, structure, energy);
}
