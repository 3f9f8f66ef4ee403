/* mirpre._encoding: hairpins to arrays, a letter at a time. See _encoding.pyi. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BASES 4
#define DIMERS 12
#define NO_DIMER DIMERS

/* Rank of a base in the order A, U, G, C, and of a symbol in the order '.', '(', ')'; 12 for any
   other letter, which no sum can bring back below 12. */
static uint8_t base_rank[256], symbol_rank[256];

static void set_ranks(void)
{
    memset(base_rank, NO_DIMER, sizeof base_rank);
    memset(symbol_rank, NO_DIMER, sizeof symbol_rank);
    for (int k = 0; k < BASES; k++)
        base_rank[(uint8_t)"AUGC"[k]] = (uint8_t)k;
    for (int k = 0; k < DIMERS / BASES; k++)
        symbol_rank[(uint8_t)".()"[k]] = (uint8_t)(k * BASES);
}

static int dimer(char base, char symbol)
{
    int rank = base_rank[(uint8_t)base] + symbol_rank[(uint8_t)symbol];
    return rank < NO_DIMER ? rank : NO_DIMER;
}

/* A record's sequence and structure; returns 0, with an exception set, where they do not fit. */
static int record_of(PyObject *sequences, PyObject *structures, Py_ssize_t k,
                     const char **sequence, const char **structure, Py_ssize_t *length)
{
    Py_ssize_t symbols;
    *sequence = PyUnicode_AsUTF8AndSize(PyList_GetItem(sequences, k), length);
    *structure = *sequence
                     ? PyUnicode_AsUTF8AndSize(PyList_GetItem(structures, k), &symbols)
                     : NULL;
    if (!*structure)
        return 0;
    if (symbols != *length) {
        PyErr_SetString(PyExc_ValueError, "sequence and structure differ in length");
        return 0;
    }
    return 1;
}

static PyObject *one_hot(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *sequences, *structures, *out;
    Py_ssize_t most;
    if (!PyArg_ParseTuple(args, "O!O!O!n", &PyList_Type, &sequences, &PyList_Type, &structures,
                          &PyByteArray_Type, &out, &most))
        return NULL;
    void *const memory = PyByteArray_AsString(out);
    const Py_ssize_t bytes = PyByteArray_Size(out);
    const Py_ssize_t count = PyList_Size(sequences), cells = count * most * DIMERS;
    const int is_float = bytes == cells * (Py_ssize_t)sizeof(float);
    if (PyList_Size(structures) != count || most < 0 || (!is_float && bytes != cells)) {
        PyErr_SetString(PyExc_ValueError, "arrays of another size");
        return NULL;
    }
    for (Py_ssize_t k = 0; k < count; k++) {
        const char *sequence, *structure;
        Py_ssize_t length;
        if (!record_of(sequences, structures, k, &sequence, &structure, &length))
            return NULL;
        for (Py_ssize_t j = 0; j < length && j < most; j++) {
            int rank = dimer(sequence[j], structure[j]);
            Py_ssize_t cell = (k * most + j) * DIMERS + rank;
            if (rank == NO_DIMER)
                continue;
            if (is_float)
                ((float *)memory)[cell] = 1;
            else
                ((uint8_t *)memory)[cell] = 1;
        }
    }
    Py_RETURN_NONE;
}

static void set_number(void *numbers, int is_wide, Py_ssize_t at, Py_ssize_t number)
{
    if (is_wide)
        ((int32_t *)numbers)[at] = (int32_t)number;
    else
        ((int16_t *)numbers)[at] = (int16_t)number;
}

static PyObject *partners(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *sequences, *structures, *out, *result = NULL;
    Py_ssize_t most;
    if (!PyArg_ParseTuple(args, "O!O!O!n", &PyList_Type, &sequences, &PyList_Type, &structures,
                          &PyByteArray_Type, &out, &most))
        return NULL;
    void *const memory = PyByteArray_AsString(out);
    const Py_ssize_t bytes = PyByteArray_Size(out);
    const Py_ssize_t count = PyList_Size(sequences), cells = count * most * 2;
    const int is_wide = bytes == cells * (Py_ssize_t)sizeof(int32_t);
    Py_ssize_t *open = most > 0 ? malloc((size_t)most * sizeof *open) : NULL;
    if (PyList_Size(structures) != count || !open ||
        (bytes != cells * (Py_ssize_t)sizeof(int32_t) &&
         (bytes != cells * (Py_ssize_t)sizeof(int16_t) || most > INT16_MAX))) {
        PyErr_SetString(PyExc_ValueError, "arrays of another size");
        goto done;
    }
    for (Py_ssize_t k = 0; k < count; k++) {
        const char *sequence, *structure;
        Py_ssize_t length, depth = 0;
        if (!record_of(sequences, structures, k, &sequence, &structure, &length))
            goto done;
        const Py_ssize_t row = k * most * 2;
        for (Py_ssize_t j = 0; j < length && j < most; j++) {
            set_number(memory, is_wide, row + 2 * j, dimer(sequence[j], structure[j]) + 1);
            if (structure[j] == '(')
                open[depth++] = j;
            else if (structure[j] == ')' && depth) {
                Py_ssize_t first = open[--depth];
                set_number(memory, is_wide, row + 2 * first + 1, j - first);
                set_number(memory, is_wide, row + 2 * j + 1, first - j);
            }
        }
    }
    result = Py_NewRef(Py_None);
done:
    free(open);
    return result;
}

static PyObject *unbalanced(PyObject *self, PyObject *text)
{
    (void)self;
    Py_ssize_t length, depth = 0;
    const char *structure = PyUnicode_AsUTF8AndSize(text, &length);
    if (!structure)
        return NULL;
    for (Py_ssize_t j = 0; j < length; j++) {
        depth += (structure[j] == '(') - (structure[j] == ')');
        if (depth < 0)
            return PyLong_FromSsize_t(j + 1);
    }
    return PyLong_FromSsize_t(-depth);
}

static PyMethodDef methods[] = {
    {"one_hot", one_hot, METH_VARARGS, "one_hot(sequences, structures, array, length)"},
    {"partners", partners, METH_VARARGS, "partners(sequences, structures, array, length)"},
    {"unbalanced", unbalanced, METH_O,
     "unbalanced(structure) -> 0, the position of a ')' too many, or minus the '(' too many"},
    {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_encoding", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__encoding(void)
{
    set_ranks();
    return PyModule_Create(&definition);
}
