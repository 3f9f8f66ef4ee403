/* Stage 3's networks in vectors, for one kind of machine. Included by network.c with

   NAME(x)   a function's name, TARGET its attribute
   BYTES     of a Vector
   PAIRS     of columns that a block of two vectors of sums has at most
   SETS      of sums in the dense layer, so that an addition need not wait for the one before
   and the operations LOAD, STORE, ALL32, ADD16, MAX16, MAX32, DOWN16, CUT16, DOT, NARROW.

   A convolution multiplies a block of columns at once, since a vector of weights that is loaded
   for one column serves the others. The greater of two columns is taken before the activation,
   which never falls. */

#define LANES (BYTES / 4)
#define LANES16 (BYTES / 2)

/* codes has PAD columns of room on either side, marked OUTSIDE. */
INLINE TARGET int NAME(first_layer)(const uint8_t *codes, int columns, const int channels,
                                    const Prepared *net, int16_t *next)
{
    const int pairs = (columns + 1) / 2;
    for (int t = 0; t < pairs; t++, codes += 2, next += channels) {
        const uint8_t *second = codes + (2 * t + 1 < columns);
        for (int v = 0; v < channels; v += LANES16) {
            const int16_t *table = net->first + v;
            Vector a = LOAD(net->first_bias + v), b = a;
            for (int k = 0; k < KERNEL; k++, table += (CODES + 1) * channels) {
                a = ADD16(a, LOAD(table + codes[k] * channels));
                b = ADD16(b, LOAD(table + second[k] * channels));
            }
            STORE(next + v, CUT16(DOWN16(MAX16(a, b))));
        }
    }
    return pairs;
}

/* The greater of each two of 2 * pairs columns, the first of which begins at x and the last last
   numbers further on. */
INLINE TARGET void NAME(block)(const int16_t *x, const int in, const long last,
                               const int16_t *weights, const int32_t *bias, int16_t *next,
                               const int out, const int pairs, const int vectors)
{
    Vector sums[2 * PAIRS][3];
    for (int c = 0; c < 2 * pairs; c++)
        for (int v = 0; v < vectors; v++)
            sums[c][v] = LOAD(bias + v * LANES);
    for (int p = 0; p < KERNEL * in; p += 2, weights += 2 * LANES * vectors) {
        Vector w[3];
        for (int v = 0; v < vectors; v++)
            w[v] = LOAD(weights + 2 * LANES * v);
        for (int c = 0; c < 2 * pairs; c++) {
            int32_t both;
            memcpy(&both, x + p + (c < 2 * pairs - 1 ? c * in : last), sizeof both);
            const Vector inputs = ALL32(both);
            for (int v = 0; v < vectors; v++)
                DOT(sums[c][v], inputs, w[v]);
        }
    }
    for (int c = 0; c < pairs; c++)
        for (int v = 0; v < vectors; v++)
            NARROW(next + c * out + v * LANES, MAX32(sums[2 * c][v], sums[2 * c + 1][v]));
}

/* A convolution and its pooling: columns of in channels at x + PAD * in, which has PAD columns of
   room on either side, to half as many of out channels at next. */
INLINE TARGET int NAME(convolve)(int16_t *x, int columns, const int in, const int out,
                                 const int16_t *weights, const int32_t *bias, int16_t *next)
{
    const int vectors = vectors_at_once(BYTES, out), most = vectors == 3 ? 3 : PAIRS;
    const int pairs = (columns + 1) / 2;
    memset(x, 0, (size_t)(PAD * in) * sizeof *x);
    memset(x + (PAD + columns) * in, 0, (size_t)(PAD * in) * sizeof *x);
    for (int o = 0; o < out; o += vectors * LANES, weights += KERNEL * in * vectors * LANES) {
        int blocks = (pairs + most - 1) / most;
        for (int t = 0; t < pairs; blocks--) {
            const int size = (pairs - t + blocks - 1) / blocks;
            const int ends_alone = blocks == 1 && columns % 2;
            const long last = (long)(2 * size - 1 - ends_alone) * in;
#define BLOCK_OF(size, vectors)                                                                  \
    NAME(block)(x + 2 * t * in, in, last, weights, bias + o, next + t * out + o, out, size, vectors)
            if (vectors == 3 && size == 3)
                BLOCK_OF(3, 3);
            else if (vectors == 3 && size == 2)
                BLOCK_OF(2, 3);
            else if (vectors == 3)
                BLOCK_OF(1, 3);
            else if (PAIRS >= 4 && size == 4)
                BLOCK_OF(PAIRS, 2);
            else if (PAIRS >= 3 && size == 3)
                BLOCK_OF(PAIRS >= 3 ? 3 : 1, 2);
            else if (size == 2)
                BLOCK_OF(2, 2);
            else
                BLOCK_OF(1, 2);
#undef BLOCK_OF
            t += size;
        }
    }
    return pairs;
}

/* A dense layer over n numbers, a multiple of 2 * SETS. */
INLINE TARGET void NAME(dense)(const int16_t *x, int n, const int16_t *weights,
                               const int32_t *bias, const int out, int16_t *next)
{
    const int vectors = out / LANES;
    Vector sums[SETS][64 / LANES];
    for (int s = 0; s < SETS; s++)
        for (int v = 0; v < vectors; v++)
            sums[s][v] = s ? ALL32(0) : LOAD(bias + v * LANES);
    for (int p = 0; p < n; p += 2 * SETS)
        for (int s = 0; s < SETS; s++, weights += 2 * out) {
            int32_t both;
            memcpy(&both, x + p + 2 * s, sizeof both);
            const Vector inputs = ALL32(both);
            for (int v = 0; v < vectors; v++)
                DOT(sums[s][v], inputs, LOAD(weights + 2 * LANES * v));
        }
    for (int v = 0; v < vectors; v++) {
        for (int s = 1; s < SETS; s++)
            sums[0][v] = ADD32(sums[0][v], sums[s][v]);
        NARROW(next + v * LANES, sums[0][v]);
    }
}

INLINE TARGET int32_t NAME(score)(const uint8_t *ladder, const Sizes n, const Prepared *net)
{
    uint8_t codes[COLUMNS + 2 * PAD];
    ALIGNED int16_t x[(COLUMNS / 2 + 2 * PAD) * WIDEST], next[(COLUMNS / 4 + 2 * PAD) * WIDEST];
    ALIGNED int16_t hidden[WIDEST];
    int columns = 0;
    memset(codes, OUTSIDE, sizeof codes);
    for (; columns < COLUMNS && ladder[columns]; columns++)
        codes[PAD + columns] = ladder[columns] % CODES;

    const int32_t *bias = net->biases;
    columns = NAME(first_layer)(codes, columns, n.first, net, x + PAD * n.first);
    columns = NAME(convolve)(x, columns, n.first, n.second, net->second, bias,
                             next + PAD * n.second);
    bias += n.second;
    columns = NAME(convolve)(next, columns, n.second, n.third, net->third, bias, x);
    bias += n.third;
    NAME(dense)(x, columns * n.third, net->dense, bias, n.dense, hidden);
    return last_layer(hidden, n.dense, net->last, bias[n.dense]);
}

TARGET static void NAME(scores)(int is_large, const uint8_t *ladders, long n, const Prepared *net,
                                int32_t *scores)
{
    for (long r = 0; r < n; r++)
        scores[r] = is_large ? NAME(score)(ladders + r * COLUMNS, LARGE, net)
                             : NAME(score)(ladders + r * COLUMNS, SMALL, net);
}

#undef LANES
#undef LANES16
#undef NAME
#undef TARGET
#undef BYTES
#undef PAIRS
#undef SETS
#undef Vector
#undef LOAD
#undef STORE
#undef ALL32
#undef ADD16
#undef ADD32
#undef MAX16
#undef MAX32
#undef DOWN16
#undef CUT16
#undef DOT
#undef NARROW
