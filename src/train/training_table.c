#include "train/training_table.h"

#include <math.h>
#include <stdlib.h>

#include "base/random.h"

#define TRAINING_ROWS_MIN 10

static bool is_listed(const str *names, size_t count, str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(names[i], name))
            return true;
    return false;
}

/* ---- columns ---- */

static bool is_whole(const struct column *column)
{
    if (column->storage != STORAGE_NUMBER)
        return false;
    for (size_t i = 0; i < column->rows; i++)
        if (!isnan(column->f64[i]) && (column->f64[i] != floor(column->f64[i]) || fabs(column->f64[i]) > 1e15))
            return false;
    return true;
}

static void note(struct training_table *table, struct arena *arena, const char **notes, str name, const char *why)
{
    (void)arena;
    notes[table->note_count++] = arena_printf(arena, "column %.*s: %s", STR_ARG(name), why).data;
}

/* NULL where the column is a feature, else why it is none. */
static const char *why_no_feature(const struct column *column)
{
    if (column->storage == STORAGE_TIME)
        return "a time, left out";
    if (column->source == SOURCE_OTHER)
        return "nested values, left out";
    if (column->missing == column->rows)
        return "holds nothing, left out";
    if (column->storage != STORAGE_CATEGORY)
        return NULL;
    if (column->category_count > TRAINING_CATEGORIES_MAX)
        return "free text or ids (more than 255 values), left out";
    if (column->category_count > 20 && column->category_count * 2 > column->rows - column->missing)
        return "looks like ids (nearly every value is another), left out";
    return NULL;
}

static enum status choose_features(const struct training_options *options, struct arena *arena, struct training_table *table,
                                   struct error *err)
{
    const struct frame *frame = table->frame;
    const char **notes = arena_array(arena, const char *, frame->column_count + 1);
    table->features = arena_array(arena, struct training_feature, frame->column_count);
    if (notes == NULL || table->features == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu columns", frame->column_count);
    table->notes = notes;
    for (size_t i = 0; i < frame->column_count; i++) {
        const struct column *column = &frame->columns[i];
        if (str_equal(column->name, options->target) || is_listed(options->drop, options->drop_count, column->name) ||
            str_equal(column->name, options->time_column))
            continue;
        const char *why = why_no_feature(column);
        if (why != NULL) {
            note(table, arena, notes, column->name, why);
            continue;
        }
        struct training_feature *feature = &table->features[table->feature_count++];
        *feature = (struct training_feature){ .name = column->name, .column = column };
        if (column->storage == STORAGE_CATEGORY) {
            feature->categories = column->categories;
            feature->category_count = column->category_count;
        } else {
            feature->is_integer = column->source == SOURCE_INTEGER && column->missing == 0;
        }
    }
    if (table->feature_count == 0)
        return error_set(err, ERR_INVALID, "%.*s: no column is left to learn from", STR_ARG(frame->origin));
    return OK;
}

/* ---- target ---- */

static enum status read_classes(const struct column *column, struct arena *arena, struct training_table *table,
                                struct column *ret_codes, struct error *err)
{
    TRY(column_to_category(column, arena, ret_codes, err));
    if (ret_codes->category_count < 2)
        return error_set(err, ERR_INVALID, "target %.*s: all rows are of one class", STR_ARG(column->name));
    if (ret_codes->category_count > TRAINING_CLASSES_MAX)
        return error_set(err, ERR_INVALID, "target %.*s: %zu distinct values are no classes (at most %zu); "
                         "for numbers say --task regression", STR_ARG(column->name), ret_codes->category_count,
                         TRAINING_CLASSES_MAX);
    table->classes = ret_codes->categories;
    table->class_count = ret_codes->category_count;
    return OK;
}

static enum status is_classification(const struct column *column, enum training_task task, struct arena *arena, bool *ret_is,
                                     struct error *err)
{
    struct column codes;
    *ret_is = task == TRAINING_CLASSIFICATION || column->storage == STORAGE_CATEGORY;
    if (task == TRAINING_REGRESSION && column->storage != STORAGE_NUMBER)
        return error_set(err, ERR_INVALID, "target %.*s holds %s values, no numbers to regress on", STR_ARG(column->name),
                         column_source_name(column->source));
    if (*ret_is || task == TRAINING_REGRESSION || !is_whole(column))
        return OK;
    TRY(column_to_category(column, arena, &codes, err));
    *ret_is = codes.category_count <= TRAINING_INTEGER_CLASSES_MAX;
    return OK;
}

static double target_of(const struct column *column, size_t row)
{
    if (column->storage == STORAGE_NUMBER)
        return isfinite(column->f64[row]) ? column->f64[row] : NAN;
    return column->codes[row] == FRAME_MISSING ? NAN : (double)column->codes[row];
}

/* Rows that have a target, in the frame's order. */
static enum status read_target(const struct training_options *options, struct arena *arena, struct training_table *table,
                               struct error *err)
{
    const struct column *column = frame_column(table->frame, options->target);
    struct column codes;
    bool is_classes = false;
    if (column == NULL)
        return error_set(err, ERR_NOT_FOUND, "%.*s has no column %.*s for the target", STR_ARG(table->frame->origin),
                         STR_ARG(options->target));
    if (column->storage == STORAGE_TIME)
        return error_set(err, ERR_INVALID, "target %.*s holds times", STR_ARG(column->name));
    TRY(is_classification(column, options->task, arena, &is_classes, err));
    if (is_classes) {
        TRY(read_classes(column, arena, table, &codes, err));
        column = &codes;
    }
    size_t *rows = arena_array(arena, size_t, table->frame->rows);
    if (rows == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu rows", table->frame->rows);
    for (size_t i = 0; i < table->frame->rows; i++)
        if (!isnan(target_of(column, i)))
            rows[table->rows++] = i;
    table->rows_without_target = table->frame->rows - table->rows;
    if (table->rows < TRAINING_ROWS_MIN)
        return error_set(err, ERR_INVALID, "%zu rows with a target are too few to learn from (at least %d)", table->rows,
                         TRAINING_ROWS_MIN);
    double *values = arena_array(arena, double, table->frame->rows); /* by frame row until the rows are ordered */
    if (values == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu rows", table->frame->rows);
    for (size_t i = 0; i < table->frame->rows; i++)
        values[i] = target_of(column, i);
    table->target = values;
    table->frame_rows = rows;
    table->target_name = column->name;
    return OK;
}

/* ---- order and split ---- */

struct timed_row {
    int64_t us;
    size_t row;
};

static int compare_timed(const void *a, const void *b)
{
    const struct timed_row *x = a, *y = b;
    if (x->us != y->us)
        return x->us < y->us ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row; /* ties keep the file's order: the same split each time */
}

static enum status order_by_time(str name, struct arena *arena, struct training_table *table, struct error *err)
{
    const struct column *column = frame_column(table->frame, name);
    if (column == NULL)
        return error_set(err, ERR_NOT_FOUND, "%.*s has no column %.*s to split by", STR_ARG(table->frame->origin), STR_ARG(name));
    if (column->storage == STORAGE_CATEGORY)
        return error_set(err, ERR_INVALID, "column %.*s holds text, neither times nor numbers to split by", STR_ARG(name));
    struct timed_row *timed = arena_array(arena, struct timed_row, table->rows);
    size_t *rows = arena_array(arena, size_t, table->rows);
    if (timed == NULL || rows == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu rows", table->rows);
    for (size_t i = 0; i < table->rows; i++) {
        size_t row = table->frame_rows[i];
        double number = column->storage == STORAGE_NUMBER ? column->f64[row] : 0;
        /* Doubles of one sign order as their bits do; rows without a time count as the oldest. */
        timed[i].us = column->storage == STORAGE_TIME ? column->us[row] : isnan(number) ? INT64_MIN : (int64_t)(number * 1e3);
        timed[i].row = row;
    }
    qsort(timed, table->rows, sizeof *timed, compare_timed);
    for (size_t i = 0; i < table->rows; i++)
        rows[i] = timed[i].row;
    table->frame_rows = rows;
    return OK;
}

static void shuffle(size_t *rows, size_t count, struct random *random)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)random_below(random, i);
        size_t row = rows[i - 1];
        rows[i - 1] = rows[j];
        rows[j] = row;
    }
}

static size_t test_rows_of(size_t rows, double share)
{
    size_t test = (size_t)(share * (double)rows + 0.5);
    return test < 1 ? 1 : test >= rows ? rows - 1 : test;
}

/* Each class is shuffled and cut by itself, so that a rare one is in both parts; then each part is shuffled whole. */
static enum status order_at_random(const struct training_options *options, struct arena *arena, struct training_table *table,
                                   struct error *err)
{
    size_t groups = table->class_count > 0 ? table->class_count : 1;
    size_t *train = arena_array(arena, size_t, table->rows), *test = arena_array(arena, size_t, table->rows),
           *group = arena_array(arena, size_t, table->rows);
    struct random random;
    size_t train_count = 0, test_count = 0;
    if (train == NULL || test == NULL || group == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu rows", table->rows);
    random_init(&random, options->seed);
    for (size_t g = 0; g < groups; g++) {
        size_t count = 0;
        for (size_t i = 0; i < table->rows; i++) {
            size_t row = table->frame_rows[i];
            if (table->class_count == 0 || (size_t)table->target[row] == g)
                group[count++] = row;
        }
        shuffle(group, count, &random);
        size_t for_test = count < 2 ? 0 : test_rows_of(count, options->test_share);
        memcpy(test + test_count, group, for_test * sizeof *group);
        memcpy(train + train_count, group + for_test, (count - for_test) * sizeof *group);
        test_count += for_test;
        train_count += count - for_test;
    }
    shuffle(train, train_count, &random);
    shuffle(test, test_count, &random);
    memcpy(train + train_count, test, test_count * sizeof *test);
    table->frame_rows = train;
    table->train_rows = train_count;
    return OK;
}

/* ---- matrix ---- */

static float cell_of(const struct training_feature *feature, size_t row)
{
    const struct column *column = feature->column;
    if (column->storage == STORAGE_NUMBER)
        return isfinite(column->f64[row]) ? (float)column->f64[row] : NAN;
    return column->codes[row] == FRAME_MISSING ? NAN : (float)column->codes[row];
}

static enum status fill(struct arena *arena, struct training_table *table, struct error *err)
{
    float *matrix = arena_array(arena, float, table->rows * table->feature_count);
    double *target = arena_array(arena, double, table->rows);
    if (matrix == NULL || target == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu rows of %zu features", table->rows, table->feature_count);
    for (size_t i = 0; i < table->rows; i++) {
        for (size_t f = 0; f < table->feature_count; f++)
            matrix[i * table->feature_count + f] = cell_of(&table->features[f], table->frame_rows[i]);
        target[i] = table->target[table->frame_rows[i]];
    }
    table->matrix = matrix;
    table->target = target;
    return OK;
}

enum status training_table_build(const struct frame *frame, const struct training_options *options, struct arena *arena,
                                 struct training_table *ret_table, struct error *err)
{
    struct training_table table = { .frame = frame };
    TRY(read_target(options, arena, &table, err));
    TRY(choose_features(options, arena, &table, err));
    if (str_is_empty(options->time_column)) {
        TRY(order_at_random(options, arena, &table, err));
    } else {
        TRY(order_by_time(options->time_column, arena, &table, err));
        table.train_rows = table.rows - test_rows_of(table.rows, options->test_share);
    }
    TRY(fill(arena, &table, err));
    *ret_table = table;
    return OK;
}
