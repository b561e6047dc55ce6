#include "train/lapack_door.h"

#include <dlfcn.h>
#include <float.h>
#include <lapacke.h>
#include <pthread.h>
#include <string.h>

#include "base/mem.h"

#define LIBRARY "liblapacke.so.3"

static __typeof__(LAPACKE_dgelsd) *dgelsd;
static __typeof__(LAPACKE_dposv) *dposv;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void)
{
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        return;
    void *first = dlsym(library, "LAPACKE_dgelsd"), *second = dlsym(library, "LAPACKE_dposv");
    memcpy(&dgelsd, &first, sizeof first);
    memcpy(&dposv, &second, sizeof second);
}

enum status lapack_load(struct error *err)
{
    (void)pthread_once(&once, load);
    return dgelsd != NULL && dposv != NULL
               ? OK
               : error_set(err, ERR_UNAVAILABLE, LIBRARY " cannot be loaded: apt-get install liblapacke");
}

enum status lapack_least_squares(double *a, size_t rows, size_t columns, double *b, struct error *err)
{
    TRY(lapack_load(err));
    double *singular = mem_array(rows < columns ? rows : columns, sizeof *singular);
    /* Singular values below it count as zero, as numpy's lstsq has it: columns that depend on each other are not
     * told apart by rounding errors. */
    double negligible = DBL_EPSILON * (double)(rows > columns ? rows : columns);
    lapack_int rank = 0;
    if (singular == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu singular values", columns);
    lapack_int code = dgelsd(LAPACK_ROW_MAJOR, (lapack_int)rows, (lapack_int)columns, 1, a, (lapack_int)columns, b, 1,
                             singular, negligible, &rank);
    mem_free(singular);
    return code == 0 ? OK : error_set(err, ERR_INVALID, "least squares did not converge (DGELSD says %d)", (int)code);
}

enum status lapack_solve_positive(double *a, size_t size, double *b, struct error *err)
{
    TRY(lapack_load(err));
    lapack_int n = (lapack_int)size;
    lapack_int code = dposv(LAPACK_ROW_MAJOR, 'U', n, 1, a, n, b, 1);
    return code == 0 ? OK : error_set(err, ERR_INVALID, "a %zu x %zu system is singular (DPOSV says %d)", size, size, (int)code);
}
