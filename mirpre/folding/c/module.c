/* mirpre.folding._fold: the folding for Python. See _fold.pyi. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdlib.h>
#include <string.h>

#include "fold.h"

static const char TABLES[] = "mirpre.folding.Tables";

static void free_tables(PyObject *capsule)
{
    free(PyCapsule_GetPointer(capsule, TABLES));
}

/* Adds a special loop, such as ("CUUCGG", 370). Returns 0 where its letters or size are wrong. */
static int add_special(Tables *tables, const char *letters, int energy)
{
    size_t size = strlen(letters);
    SpecialLoops *loops = size == 5   ? &tables->triloops
                          : size == 6 ? &tables->tetraloops
                          : size == 8 ? &tables->hexaloops
                                      : NULL;
    if (!loops || loops->count == MOST_SPECIAL)
        return 0;
    int32_t code = 0;
    for (; *letters; letters++) {
        const char *found = strchr("ACGU", *letters);
        if (!found)
            return 0;
        code = 4 * code + (int32_t)(found - "ACGU");
    }
    loops->code[loops->count] = code;
    loops->energy[loops->count++] = energy;
    return 1;
}

static PyObject *tables(PyObject *self, PyObject *args)
{
    (void)self;
    const char *parameters;
    Py_ssize_t size;
    double log_factor;
    PyObject *special;
    if (!PyArg_ParseTuple(args, "y#dO", &parameters, &size, &log_factor, &special))
        return NULL;
    PyObject *capsule = NULL;
    Tables *made = calloc(1, sizeof *made);
    if (!made) {
        PyErr_NoMemory();
        goto done;
    }
    if ((size_t)size != sizeof made->in) {
        PyErr_SetString(PyExc_ValueError, "parameters of another size");
        goto done;
    }
    memcpy(&made->in, parameters, sizeof made->in);
    made->log_factor = log_factor;
    for (Py_ssize_t k = 0, n = PySequence_Size(special); k < n; k++) {
        PyObject *item = PySequence_GetItem(special, k);
        const char *letters;
        int energy, fits = item && PyArg_ParseTuple(item, "si", &letters, &energy);
        if (fits && !add_special(made, letters, energy)) {
            PyErr_Format(PyExc_ValueError, "unknown kind of loop: %s", letters);
            fits = 0;
        }
        Py_XDECREF(item);
        if (!fits)
            goto done;
    }
    if (!PyErr_Occurred()) {
        if (make_tables(made))
            PyErr_SetString(PyExc_ValueError, "a parameter is too large");
        else
            capsule = PyCapsule_New(made, TABLES, free_tables);
    }
done:
    if (!capsule)
        free(made);
    return capsule;
}

#define LONGEST_16_BITS 1200

/* A sequence to be folded, and what became of it. */
typedef struct {
    const char *sequence;
    Py_ssize_t length;
    char *structure;
    int32_t energy;
} Task;

/* Folds all tasks without the interpreter; returns fold_sequence's status. */
static int fold_tasks(const Tables *tables, Task *tasks, Py_ssize_t count, int instructions,
                      int bits)
{
    Workspace workspace = {NULL, 0};
    int status = 0;
    for (Py_ssize_t k = 0; k < count && status == 0; k++) {
        Task *task = tasks + k;
        /* Longer sequences hardly ever fit into 16 bits, which shows late. */
        int width = task->length > LONGEST_16_BITS ? 32 : bits;
        do
            status = fold_sequence(tables, task->sequence, (int)task->length, instructions, width,
                                   &workspace, task->structure, &task->energy);
        while (status == 1 && width == 16 && (width = 32));
    }
    free(workspace.memory);
    return status;
}

static PyObject *fold(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *capsule, *given;
    int instructions = best_instructions(), bits = 16;
    if (!PyArg_ParseTuple(args, "OO|ii", &capsule, &given, &instructions, &bits))
        return NULL;
    const Tables *made = PyCapsule_GetPointer(capsule, TABLES);
    /* A tuple of our own, so that nobody takes a sequence away while we work. */
    PyObject *sequences = made ? PySequence_Tuple(given) : NULL;
    if (!sequences)
        return NULL;
    Py_ssize_t count = PyTuple_Size(sequences), letters = 0, at = 0;
    PyObject *result = NULL;
    char *structures = NULL;
    Task *tasks = malloc((size_t)(count + 1) * sizeof *tasks);
    if (!tasks) {
        PyErr_NoMemory();
        goto done;
    }
    for (Py_ssize_t k = 0; k < count; k++) {
        tasks[k].sequence =
            PyUnicode_AsUTF8AndSize(PyTuple_GetItem(sequences, k), &tasks[k].length);
        if (!tasks[k].sequence)
            goto done;
        if (tasks[k].length > MOST_LETTERS) {
            PyErr_SetString(PyExc_ValueError, "a sequence is too long");
            goto done;
        }
        letters += tasks[k].length;
    }
    structures = malloc((size_t)letters + 1);
    if (!structures) {
        PyErr_NoMemory();
        goto done;
    }
    for (Py_ssize_t k = 0; k < count; at += tasks[k++].length)
        tasks[k].structure = structures + at;
    int status;
    Py_BEGIN_ALLOW_THREADS
    status = fold_tasks(made, tasks, count, instructions, bits);
    Py_END_ALLOW_THREADS
    if (status) {
        if (status == -1)
            PyErr_NoMemory();
        else
            PyErr_SetString(PyExc_RuntimeError, "no structure has the energy that was found");
        goto done;
    }
    result = PyList_New(count);
    for (Py_ssize_t k = 0; result && k < count; k++) {
        PyObject *pair = Py_BuildValue("(s#d)", tasks[k].structure, tasks[k].length,
                                       tasks[k].energy / 100.0);
        if (!pair || PyList_SetItem(result, k, pair))
            Py_CLEAR(result);
    }
done:
    free(structures);
    free(tasks);
    Py_DECREF(sequences);
    return result;
}

static PyMethodDef methods[] = {
    {"tables", tables, METH_VARARGS, "tables(parameters, log_factor, special) -> tables"},
    {"fold", fold, METH_VARARGS,
     "fold(tables, sequences, instructions=BEST, bits=16) -> [(structure, kcal/mol)]"},
    {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_fold", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__fold(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (module && (PyModule_AddIntConstant(module, "BEST", best_instructions()) < 0 ||
                   PyModule_AddIntConstant(module, "MOST_LETTERS", MOST_LETTERS) < 0))
        Py_CLEAR(module);
    return module;
}
