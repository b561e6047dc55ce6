/* train/training_table.h - a frame as a learner wants it: a dense matrix, encoded categories, a target, a split.
 *
 * What becomes a feature: numbers as they are; text and boolean columns of at most TRAINING_CATEGORIES_MAX values
 * as category codes, in the order of `categories`. Times, free text and ids are left out, each with a note. Missing
 * is NaN. Rows without a target are left out and counted. */
#ifndef TRAIN_TRAINING_TABLE_H
#define TRAIN_TRAINING_TABLE_H

#include <stdint.h>

#include "data/frame.h"

#define TRAINING_CATEGORIES_MAX ((size_t)255)
#define TRAINING_CLASSES_MAX ((size_t)255)

/* A whole number column with at most so many distinct values is taken for classes where the task is not said. */
#define TRAINING_INTEGER_CLASSES_MAX ((size_t)20)

enum training_task { TRAINING_AUTO, TRAINING_REGRESSION, TRAINING_CLASSIFICATION };

struct training_feature {
    str name;
    const struct column *column; /* of the frame */
    const str *categories;       /* [category_count]; 0 for numbers */
    size_t category_count;
    bool is_integer;             /* whole numbers only, and none missing */
};

struct training_options {
    str target;
    enum training_task task;
    const str *drop; /* columns that are no features */
    size_t drop_count;
    str time_column;   /* rows are split by it; empty = at random */
    double test_share; /* 0 < share < 1 */
    uint64_t seed;
};

struct training_table {
    const struct frame *frame; /* borrowed */
    struct training_feature *features;
    size_t feature_count;
    str target_name;
    const str *classes; /* [class_count]; 0 = regression */
    size_t class_count;
    size_t rows;               /* with a target */
    size_t rows_without_target;
    const float *matrix;       /* [rows * feature_count], row-major */
    const double *target;      /* [rows]: value, or code of the class */
    const size_t *frame_rows;  /* [rows]: where each stands in the frame */
    size_t train_rows;         /* the first rows; the others are for testing */
    const char *const *notes;  /* [note_count]: what was left out and why */
    size_t note_count;
};

/* Builds it in `arena`: rows are ordered, training first (by time, or shuffled by the seed; classes keep their
 * shares in both parts). ERR_NOT_FOUND for a column that is not there; ERR_INVALID where nothing can be learnt: one
 * class, too few rows, no features. O(rows * features). */
must_use enum status training_table_build(const struct frame *frame, const struct training_options *options,
                                          struct arena *arena, struct training_table *ret_table, struct error *err);

#endif
