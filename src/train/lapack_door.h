/* train/lapack_door.h - the one door to LAPACK (Debian's liblapacke), loaded when a linear model is fitted.
 *
 * Matrices are row-major. */
#ifndef TRAIN_LAPACK_DOOR_H
#define TRAIN_LAPACK_DOOR_H

#include <stddef.h>

#include "base/status.h"

/* ERR_UNAVAILABLE where the library is not installed, saying which package has it. */
must_use enum status lapack_load(struct error *err);

/* Minimises |b - A x| (DGELSD, divide and conquer SVD); of many solutions the shortest, so that columns that repeat
 * each other share their weight. a [rows x columns] is destroyed; b [max(rows, columns)] becomes x [columns].
 * ERR_INVALID where the SVD does not converge (NaN in the input). O(rows columns^2). */
must_use enum status lapack_least_squares(double *a, size_t rows, size_t columns, double *b, struct error *err);

/* Solves A x = b for a symmetric positive definite A (DPOSV, Cholesky). Both are overwritten, b by x. ERR_INVALID
 * where A is not positive definite. O(size^3). */
must_use enum status lapack_solve_positive(double *a, size_t size, double *b, struct error *err);

#endif
