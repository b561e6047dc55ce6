/* train/linear_fit.h - least squares and logistic regression, and their result as an XGBoost "gblinear" model.
 *
 * The design: each number as it is, a missing one as the mean of its column; each category as one 0/1 column a value
 * (none of them for a missing one). So linear models are served by the same reader as trees, and XGBoost loads them. */
#ifndef TRAIN_LINEAR_FIT_H
#define TRAIN_LINEAR_FIT_H

#include "base/buf.h"
#include "train/training_table.h"

/* One column of the design. */
struct linear_column {
    str name;          /* "tenure", "contract=One year" */
    size_t feature;    /* of the table */
    size_t category;   /* its code; SIZE_MAX for a number */
    double mean, std;  /* over the training rows; std 1 for a constant */
};

struct linear_model {
    struct linear_column *columns; /* [column_count] */
    size_t column_count;
    size_t outputs;                /* 1; the classes where there are more than two */
    const double *weights;         /* [column_count * outputs], of raw (not standardised) values */
    const double *biases;          /* [outputs] */
    size_t iterations;             /* of Newton's method; 1 for least squares */
};

/* The penalty of logistic regression is |w|^2 / (2 C) on standardised columns, the bias free; scikit-learn's with
 * StandardScaler. */
#define LINEAR_C 1.0

/* Weights times outputs; Newton's system of that size is solved. */
#define LINEAR_UNKNOWNS_MAX ((size_t)3000)

/* Least squares for a regression table (min |y - Xw - b|, the shortest w where columns depend on each other), L2
 * logistic regression for classes, by Newton's method until the step is below 1e-10. In `arena`. ERR_LIMIT above
 * LINEAR_UNKNOWNS_MAX; ERR_UNAVAILABLE without LAPACK. */
must_use enum status linear_fit(const struct training_table *table, struct arena *arena, struct linear_model *ret_model,
                                struct error *err);

/* The model in XGBoost's JSON format, weights as float32. ERR_LIMIT where it does not fit. */
must_use enum status linear_write_xgboost(const struct training_table *table, const struct linear_model *model,
                                          struct buf *ret_json, struct error *err);

#endif
