/* Shuffling a sequence with its dinucleotides kept (Altschul and Erickson 1985): a random path
   over the same steps from letter to letter. The last steps are drawn as a tree by Wilson's walk,
   so that every such path is equally likely. */

#include <stdlib.h>

#include "scan.h"

#define LETTERS 4

static uint64_t next_number(uint64_t *state)
{
    uint64_t z = (*state += 0x9E3779B97F4A7C15u); /* splitmix64 */
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static long below(uint64_t *state, long n)
{
    return (long)(((next_number(state) >> 32) * (uint64_t)n) >> 32);
}

static void shuffle_steps(uint8_t *steps, long n, uint64_t *state)
{
    for (long i = n - 1; i > 0; i--) {
        long j = below(state, i + 1);
        uint8_t kept = steps[i];
        steps[i] = steps[j];
        steps[j] = kept;
    }
}

/* One run of known letters; steps has room for n bytes. */
static void shuffle_run(uint8_t *s, long n, uint8_t *steps, uint64_t *state)
{
    long first[LETTERS + 1] = {0}, at[LETTERS];
    for (long i = 0; i + 1 < n; i++)
        first[s[i] + 1]++;
    for (int x = 0; x < LETTERS; x++) {
        first[x + 1] += first[x];
        at[x] = first[x];
    }
    for (long i = 0; i + 1 < n; i++)
        steps[at[s[i]]++] = s[i + 1];

    int last = s[n - 1], reached[LETTERS] = {0};
    long exits[LETTERS] = {0};
    reached[last] = 1;
    for (int x = 0; x < LETTERS; x++) {
        if (first[x + 1] == first[x])
            continue;
        int u = x;
        while (!reached[u]) {
            exits[u] = first[u] + below(state, first[u + 1] - first[u]);
            u = steps[exits[u]];
        }
        for (u = x; !reached[u]; u = steps[exits[u]])
            reached[u] = 1;
    }
    for (int x = 0; x < LETTERS; x++) {
        long count = first[x + 1] - first[x];
        if (x != last && count > 0) {
            uint8_t exit = steps[exits[x]];
            steps[exits[x]] = steps[first[x + 1] - 1];
            steps[first[x + 1] - 1] = exit;
            count--;
        }
        shuffle_steps(steps + first[x], count, state);
        at[x] = first[x];
    }
    for (long i = 0; i + 1 < n; i++)
        s[i + 1] = steps[at[s[i]]++];
}

int shuffle_letters(uint8_t *letters, long n, uint64_t seed)
{
    uint8_t *steps = malloc((size_t)(n > 0 ? n : 1));
    if (!steps)
        return 1;
    for (long begin = 0; begin < n; begin++) {
        long end = begin;
        while (end < n && letters[end] < LETTERS)
            end++;
        if (end - begin > 2)
            shuffle_run(letters + begin, end - begin, steps, &seed);
        begin = end;
    }
    free(steps);
    return 0;
}
