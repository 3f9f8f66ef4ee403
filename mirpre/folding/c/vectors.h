/* Operations on vectors of CELLs, for one variant. Included by fold.c before fill.h, with CELL,
   LANES, NAME and TARGET as there, and MIN(a, b), MAX(a, b) where the machine has such an
   instruction; without it, and with LANES 1, any compiler serves. */

#if LANES > 1

typedef CELL NAME(Vector) __attribute__((vector_size(LANES * sizeof(CELL))));
typedef CELL NAME(Unaligned)
    __attribute__((vector_size(LANES * sizeof(CELL)), aligned(sizeof(CELL)), may_alias));
/* What a comparison gives: lanes of all ones where it is true. */
#define MASK(a) ((NAME(Vector))(a))

INLINE TARGET NAME(Vector) NAME(all)(CELL value)
{
    return (NAME(Vector)){0} + value;
}

INLINE TARGET NAME(Vector) NAME(smaller)(NAME(Vector) a, NAME(Vector) b)
{
#ifdef MIN
    return (NAME(Vector))MIN(a, b);
#else
    return (a & MASK(a < b)) | (b & ~MASK(a < b));
#endif
}

INLINE TARGET NAME(Vector) NAME(greater)(NAME(Vector) a, NAME(Vector) b)
{
#ifdef MAX
    return (NAME(Vector))MAX(a, b);
#else
    return (a & MASK(a > b)) | (b & ~MASK(a > b));
#endif
}

/* Whether a is below b in any lane. */
INLINE TARGET int NAME(any_below)(NAME(Vector) a, NAME(Vector) b)
{
    typedef int64_t Words __attribute__((vector_size(LANES * sizeof(CELL))));
    Words words = (Words)(a < b);
    int64_t any = 0;
    for (unsigned k = 0; k < LANES * sizeof(CELL) / sizeof(int64_t); k++)
        any |= words[k];
    return any != 0;
}

/* x where a is below b, y elsewhere. */
INLINE TARGET NAME(Vector) NAME(where_below)(NAME(Vector) a, NAME(Vector) b, NAME(Vector) x,
                                             NAME(Vector) y)
{
    return (x & MASK(a < b)) | (y & ~MASK(a < b));
}

#undef MASK

#else

typedef CELL NAME(Vector);
typedef CELL NAME(Unaligned);

INLINE CELL NAME(all)(CELL value)
{
    return value;
}

INLINE CELL NAME(smaller)(CELL a, CELL b)
{
    return a < b ? a : b;
}

INLINE CELL NAME(greater)(CELL a, CELL b)
{
    return a > b ? a : b;
}

INLINE int NAME(any_below)(CELL a, CELL b)
{
    return a < b;
}

INLINE CELL NAME(where_below)(CELL a, CELL b, CELL x, CELL y)
{
    return a < b ? x : y;
}

#endif

INLINE TARGET NAME(Vector) NAME(load)(const CELL *at)
{
    return *(const NAME(Unaligned) *)at;
}

INLINE TARGET void NAME(store)(CELL *at, NAME(Vector) vector)
{
    *(NAME(Unaligned) *)at = vector;
}

#undef MIN
#undef MAX
