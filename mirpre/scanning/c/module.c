/* The scan's inner loops as a Python module; sequences and results pass as bytes. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdlib.h>

#include "scan.h"

#define LONGEST 1000 /* nt, of a hairpin */

/* What a bytes object holds. Python's own buffers are no part of the stable ABI of 3.10. */
typedef struct {
    const char *at;
    Py_ssize_t len;
} Bytes;

static PyObject *peaks(PyObject *self, PyObject *args)
{
    Bytes letters;
    int span;
    StemScores s;
    if (!PyArg_ParseTuple(args, "y#i(iiiii)", &letters.at, &letters.len, &span, &s.gc, &s.au, &s.gu, &s.mismatch,
                          &s.gap))
        return NULL;
    PyObject *result = NULL;
    if (span < 1 || span > LONGEST)
        PyErr_SetString(PyExc_ValueError, "span out of range");
    else if ((result = PyBytes_FromStringAndSize(NULL, letters.len)) != NULL) {
        uint8_t *peak = (uint8_t *)PyBytes_AsString(result);
        int failed;
        Py_BEGIN_ALLOW_THREADS
        failed = stem_peaks((const uint8_t *)letters.at, letters.len, span, &s, peak);
        Py_END_ALLOW_THREADS
        if (failed) {
            Py_CLEAR(result);
            PyErr_NoMemory();
        }
    }
    return result;
}

/* A place is the first position of the highest peak within radius on either side. Returns their
   number, and them in found; -1 where memory runs out. */
static long find_places(const uint8_t *peak, long n, int least, int radius, int32_t **found)
{
    long count = 0, room = 1024;
    *found = malloc((size_t)room * sizeof **found);
    for (long c = 0; *found && c < n; c++) {
        if (peak[c] < least)
            continue;
        int is_top = 1;
        for (long k = c > radius ? c - radius : 0; is_top && k < c; k++)
            is_top = peak[k] < peak[c];
        for (long k = c + 1; is_top && k <= c + radius && k < n; k++)
            is_top = peak[k] <= peak[c];
        if (!is_top)
            continue;
        if (count == room) {
            room *= 2;
            int32_t *more = realloc(*found, (size_t)room * sizeof **found);
            if (!more)
                free(*found);
            *found = more;
            if (!more)
                break;
        }
        (*found)[count++] = (int32_t)c;
    }
    return *found ? count : -1;
}

static PyObject *places(PyObject *self, PyObject *args)
{
    Bytes peaks;
    int least, radius;
    if (!PyArg_ParseTuple(args, "y#ii", &peaks.at, &peaks.len, &least, &radius))
        return NULL;
    int32_t *found;
    long count;
    Py_BEGIN_ALLOW_THREADS
    count = find_places((const uint8_t *)peaks.at, peaks.len, least, radius, &found);
    Py_END_ALLOW_THREADS
    PyObject *result = count < 0 ? PyErr_NoMemory()
                                 : PyBytes_FromStringAndSize((char *)found,
                                                             count * (long)sizeof *found);
    free(found);
    return result;
}

static PyObject *hairpins(PyObject *self, PyObject *args)
{
    Bytes letters, centres;
    int span, band;
    LoopCosts costs;
    int prices[ENDINGS];
    if (!PyArg_ParseTuple(args, "y#y#ii(iiiii)(iii)", &letters.at, &letters.len, &centres.at, &centres.len, &span, &band,
                          &costs.open, &costs.step, &costs.gap, &costs.weak, &costs.drift,
                          &prices[0], &prices[1], &prices[2]))
        return NULL;
    long n = centres.len / (long)sizeof(int32_t);
    const int32_t *centre = (const int32_t *)centres.at;
    PyObject *result = NULL;
    Hairpin *hairpin = NULL;
    uint8_t *ladder = NULL;
    HairpinWork *work = NULL;
    int valid = span >= 1 && span <= LONGEST && band >= 0 && band <= LONGEST;
    for (long k = 0; k < n; k++)
        valid = valid && centre[k] >= 0 && centre[k] < letters.len;
    if (!valid) {
        PyErr_SetString(PyExc_ValueError, "span, band or centre out of range");
        goto done;
    }
    /* One more byte each, since a size of nothing may give NULL. */
    hairpin = malloc(MOST * n * sizeof(Hairpin) + 1);
    ladder = malloc(MOST * n * COLUMNS + 1);
    work = hairpin_work(span, band);
    if (!hairpin || !ladder || !work) {
        PyErr_NoMemory();
        goto done;
    }
    long count = 0;
    Py_BEGIN_ALLOW_THREADS
    for (long k = 0; k < n; k++)
        count += best_hairpins((const uint8_t *)letters.at, letters.len, centre[k], &costs, prices, work,
                               hairpin + count, ladder + count * COLUMNS);
    Py_END_ALLOW_THREADS
    result = Py_BuildValue("y#y#", (const char *)hairpin, (Py_ssize_t)(count * (long)sizeof(Hairpin)),
                           (const char *)ladder, (Py_ssize_t)(count * COLUMNS));
done:
    free_hairpin_work(work);
    free(hairpin);
    free(ladder);
    return result;
}

static PyObject *scores(PyObject *self, PyObject *args)
{
    Bytes ladders, weights, biases;
    if (!PyArg_ParseTuple(args, "y#y#y#", &ladders.at, &ladders.len, &weights.at, &weights.len, &biases.at, &biases.len))
        return NULL;
    long n = ladders.len / COLUMNS;
    PyObject *result = PyBytes_FromStringAndSize(NULL, n * (long)sizeof(int32_t));
    int failed = 0;
    if (result) {
        int32_t *score = (int32_t *)PyBytes_AsString(result);
        Py_BEGIN_ALLOW_THREADS
        failed = network_scores((const uint8_t *)ladders.at, n, (const int16_t *)weights.at,
                                weights.len / (long)sizeof(int16_t), (const int32_t *)biases.at,
                                biases.len / (long)sizeof(int32_t), score);
        Py_END_ALLOW_THREADS
    }
    if (failed) {
        Py_CLEAR(result);
        PyErr_SetString(PyExc_ValueError, "weights of another network");
    }
    return result;
}

static PyObject *shuffled(PyObject *self, PyObject *args)
{
    Bytes letters;
    unsigned long long seed;
    if (!PyArg_ParseTuple(args, "y#K", &letters.at, &letters.len, &seed))
        return NULL;
    PyObject *result = PyBytes_FromStringAndSize(letters.at, letters.len);
    if (result && shuffle_letters((uint8_t *)PyBytes_AsString(result), letters.len, seed)) {
        Py_CLEAR(result);
        PyErr_NoMemory();
    }
    return result;
}

static PyObject *vectors(PyObject *self, PyObject *args)
{
    int widest;
    if (!PyArg_ParseTuple(args, "i", &widest))
        return NULL;
    set_vectors(widest);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"peaks", peaks, METH_VARARGS, "peaks(letters, span, scores) -> a byte per position"},
    {"places", places, METH_VARARGS, "places(peaks, least, radius) -> int32 positions"},
    {"hairpins", hairpins, METH_VARARGS,
     "hairpins(letters, places, span, band, costs, prices) -> (int32 start, end, energy; ladders)"},
    {"scores", scores, METH_VARARGS, "scores(ladders, weights, biases) -> int32 scores"},
    {"shuffled", shuffled, METH_VARARGS, "shuffled(letters, seed) -> letters"},
    {"vectors", vectors, METH_VARARGS, "vectors(widest): bytes of the widest vectors to use, 0, 32 or 64"},
    {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_search", NULL, -1, methods,
                                        NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__search(void)
{
    PyObject *module = PyModule_Create(&definition);
    const struct {
        const char *name;
        long value;
    } constants[] = {{"COLUMNS", COLUMNS}, {"FLANK", FLANK}, {"CODES", CODES},
                     {"LONGEST", LONGEST}};
    for (int k = 0; module && k < 4; k++)
        if (PyModule_AddIntConstant(module, constants[k].name, constants[k].value) < 0)
            Py_CLEAR(module);
    return module;
}
