#include "cli/simulate_events.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

#include "base/time_text.h"
#include "format/json.h"

#define DEFAULT_PREDICTION "prediction"
#define DEFAULT_TARGET "target"

/* Standard deviation of the finite values, by Welford's update; 0 where there are none. */
static double deviation(const struct column *column)
{
    double mean = 0, squares = 0, count = 0;
    for (size_t i = 0; i < column->rows; i++) {
        if (!isfinite(column->f64[i]))
            continue;
        count++;
        double step = column->f64[i] - mean;
        mean += step / count;
        squares += step * (column->f64[i] - mean);
    }
    return count > 0 ? sqrt(squares / count) : 0;
}

static enum status find_column(const struct frame *frame, str name, const struct column **ret_column, struct error *err)
{
    *ret_column = frame_column(frame, name);
    if (*ret_column)
        return OK;
    return error_set(err, ERR_NOT_FOUND, "%.*s has no column %.*s", STR_ARG(frame->origin), STR_ARG(name));
}

/* A column that the user named must be there; the usual name only may be. */
static enum status find_named(const struct frame *frame, str name, const char *usual, const struct column **ret_column,
                              struct error *err)
{
    if (!str_is_empty(name))
        return find_column(frame, name, ret_column, err);
    *ret_column = usual ? frame_column(frame, str_of(usual)) : NULL;
    return OK;
}

static enum status find_columns(struct simulated_events *events, const struct simulate_options *options,
                                const struct frame *frame, struct arena *arena, struct error *err)
{
    TRY(find_named(frame, options->prediction, DEFAULT_PREDICTION, &events->prediction, err));
    TRY(find_named(frame, options->target, DEFAULT_TARGET, &events->target, err));
    TRY(find_named(frame, options->timestamp, NULL, &events->timestamp, err));
    TRY(find_named(frame, options->id, NULL, &events->id, err));
    if (options->has_late_labels && !events->target)
        return error_set(err, ERR_INVALID, "--late-labels needs the --target column");
    events->probability_count = options->probabilities.count;
    events->probabilities = arena_alloc(arena, options->probabilities.count * sizeof(struct column *));
    for (size_t i = 0; i < options->probabilities.count; i++) {
        TRY(find_column(frame, options->probabilities.items[i], &events->probabilities[i], err));
        if (events->probabilities[i]->storage != STORAGE_NUMBER)
            return error_set(err, ERR_INVALID, "%.*s: probability column %.*s holds no numbers", STR_ARG(frame->origin),
                             STR_ARG(options->probabilities.items[i]));
    }
    return OK;
}

static bool is_feature(const struct simulated_events *events, const struct column *column)
{
    if (column == events->prediction || column == events->target || column == events->timestamp ||
        column == events->id)
        return false;
    for (size_t i = 0; i < events->probability_count; i++)
        if (column == events->probabilities[i])
            return false;
    return true;
}

static enum status find_features(struct simulated_events *events, const struct frame *frame, struct arena *arena,
                                 struct error *err)
{
    events->features = arena_array(arena, struct simulated_feature, frame->column_count);
    if (!events->features)
        return error_set(err, ERR_LIMIT, "not enough memory for %zu columns", frame->column_count);
    for (size_t i = 0; i < frame->column_count; i++)
        if (is_feature(events, &frame->columns[i]))
            events->features[events->feature_count++].column = &frame->columns[i];
    if (events->feature_count == 0)
        return error_set(err, ERR_INVALID, "%.*s has no feature columns", STR_ARG(frame->origin));
    return OK;
}

static struct simulated_feature *feature_named(struct simulated_events *events, str name)
{
    for (size_t i = 0; i < events->feature_count; i++)
        if (str_equal(events->features[i].column->name, name))
            return &events->features[i];
    return NULL;
}

static enum status set_shifts(struct simulated_events *events, const struct simulate_options *options,
                              struct error *err)
{
    events->drift_grows = options->drift_grows;
    if (options->drift_sigma != 0 && options->drift_columns.count == 0)
        for (size_t i = 0; i < events->feature_count; i++)
            if (events->features[i].column->storage == STORAGE_NUMBER)
                events->features[i].shift = options->drift_sigma * deviation(events->features[i].column);
    for (size_t i = 0; i < options->drift_columns.count; i++) {
        str name = options->drift_columns.items[i];
        struct simulated_feature *feature = feature_named(events, name);
        if (!feature)
            return error_set(err, ERR_NOT_FOUND, "no feature is called %.*s", STR_ARG(name));
        if (feature->column->storage != STORAGE_NUMBER)
            return error_set(err, ERR_INVALID, "%.*s holds no numbers; only those can be shifted", STR_ARG(name));
        feature->shift = options->drift_sigma * deviation(feature->column);
    }
    return OK;
}

static enum status draw_rows(struct simulated_events *events, const struct simulate_options *options,
                             struct arena *arena, struct error *err)
{
    if (!options->is_shuffled)
        return OK;
    events->drawn = arena_array(arena, size_t, events->events);
    if (!events->drawn)
        return error_set(err, ERR_LIMIT, "not enough memory for %zu events", events->events);
    struct random random;
    random_init(&random, options->has_seed ? options->seed : random_seed());
    for (size_t i = 0; i < events->events; i++)
        events->drawn[i] = (size_t)random_below(&random, events->rows);
    return OK;
}

/* With a seed ids repeat, so that sending again changes nothing; without one no two runs share an id. */
static void choose_ids(struct simulated_events *events, const struct simulate_options *options)
{
    if (options->has_seed)
        (void)snprintf(events->id_prefix, sizeof events->id_prefix, "simulated-%llu",
                       (unsigned long long)options->seed);
    else
        (void)snprintf(events->id_prefix, sizeof events->id_prefix, "simulated-%016llx",
                       (unsigned long long)random_seed());
}

enum status simulated_events_init(struct simulated_events *events, const struct simulate_options *options,
                                  const struct frame *frame, struct arena *arena, struct error *err)
{
    *events = (struct simulated_events){ .rows = frame->rows, .events = options->rows ? options->rows : frame->rows,
                                         .holds_targets_back = options->has_late_labels || options->asks_model,
                                         .asks_model = options->asks_model,
                                         .model_version = options->version };
    TRY(find_columns(events, options, frame, arena, err));
    TRY(find_features(events, frame, arena, err));
    TRY(set_shifts(events, options, err));
    TRY(draw_rows(events, options, arena, err));
    choose_ids(events, options);
    return OK;
}

static size_t row_of(const struct simulated_events *events, size_t event)
{
    return events->drawn ? events->drawn[event] : event % events->rows;
}

static void write_cell(struct json_writer *json, const struct column *column, size_t row, double shift)
{
    switch (column->storage) {
    case STORAGE_NUMBER: {
        double value = column->f64[row] + shift;
        /* Whole numbers stay whole: a drifting count is still a count. */
        json_write_f64(json, column->source == SOURCE_INTEGER ? round(value) : value);
        return;
    }
    case STORAGE_CATEGORY: {
        if (column->codes[row] == FRAME_MISSING) {
            json_write_null(json);
            return;
        }
        str text = column->categories[column->codes[row]];
        if (column->source == SOURCE_BOOLEAN)
            json_write_bool(json, str_equal_ignoring_case(text, STR("true")));
        else
            json_write_str(json, text);
        return;
    }
    case STORAGE_TIME: {
        if (column->us[row] == FRAME_TIME_MISSING) {
            json_write_null(json);
            return;
        }
        char text[TIME_TEXT_MAX];
        json_write_str(json, (str){ text, time_text_print(column->us[row], text) });
        return;
    }
    case STORAGE_COUNT:
        break;
    }
    assert(false);
}

static void write_id(const struct simulated_events *events, struct json_writer *json, size_t event)
{
    if (events->id) {
        write_cell(json, events->id, row_of(events, event), 0);
        return;
    }
    char id[96];
    int size = snprintf(id, sizeof id, "%s-%zu", events->id_prefix, event);
    json_write_str(json, (str){ id, (size_t)size });
}

static void write_rows(const struct simulated_events *events, struct json_writer *json, size_t from, size_t to)
{
    json_array(json, "feature_names");
    for (size_t i = 0; i < events->feature_count; i++)
        json_write_str(json, events->features[i].column->name);
    json_end_array(json);
    json_array(json, "rows");
    for (size_t event = from; event < to; event++) {
        double grown = !events->drift_grows ? 1 : events->events > 1 ? (double)event / (double)(events->events - 1) : 1;
        json_begin_array(json);
        for (size_t i = 0; i < events->feature_count; i++)
            write_cell(json, events->features[i].column, row_of(events, event), events->features[i].shift * grown);
        json_end_array(json);
    }
    json_end_array(json);
}

static void write_column(const struct simulated_events *events, struct json_writer *json, const char *name,
                         const struct column *column, size_t from, size_t to)
{
    if (!column)
        return;
    json_array(json, name);
    for (size_t event = from; event < to; event++)
        write_cell(json, column, row_of(events, event), 0);
    json_end_array(json);
}

/* Classes keep the names that their columns have in the file, as a reference of the same layout has them. */
static void write_probabilities(const struct simulated_events *events, struct json_writer *json, size_t from, size_t to)
{
    if (events->probability_count == 0)
        return;
    json_array(json, "class_names");
    for (size_t i = 0; i < events->probability_count; i++)
        json_write_str(json, events->probabilities[i]->name);
    json_end_array(json);
    json_array(json, "probabilities");
    for (size_t event = from; event < to; event++) {
        json_begin_array(json);
        for (size_t i = 0; i < events->probability_count; i++)
            write_cell(json, events->probabilities[i], row_of(events, event), 0);
        json_end_array(json);
    }
    json_end_array(json);
}

bool simulated_events_write(const struct simulated_events *events, size_t from, size_t to, struct buf *body)
{
    assert(from < to && to <= events->events);
    struct json_writer json;
    json_writer_init(&json, body, JSON_COMPACT);
    json_begin_object(&json);
    if (!str_is_empty(events->model_version) && !events->asks_model)
        json_str(&json, "model_version", events->model_version);
    write_rows(events, &json, from, to);
    if (!events->asks_model)
        write_column(events, &json, "predictions", events->prediction, from, to);
    if (!events->holds_targets_back)
        write_column(events, &json, "targets", events->target, from, to);
    write_column(events, &json, "timestamps", events->timestamp, from, to);
    if (!events->asks_model)
        write_probabilities(events, &json, from, to);
    json_array(&json, "prediction_ids");
    for (size_t event = from; event < to; event++)
        write_id(events, &json, event);
    json_end_array(&json);
    json_end_object(&json);
    return json_writer_end(&json);
}

static bool is_missing(const struct column *column, size_t row)
{
    return column->storage == STORAGE_NUMBER     ? !isfinite(column->f64[row])
           : column->storage == STORAGE_CATEGORY ? column->codes[row] == FRAME_MISSING
                                                 : column->us[row] == FRAME_TIME_MISSING;
}

bool simulated_events_write_labels(const struct simulated_events *events, size_t from, size_t to, struct buf *body,
                                   size_t *ret_labels)
{
    struct json_writer json;
    json_writer_init(&json, body, JSON_COMPACT);
    *ret_labels = 0;
    json_begin_object(&json);
    json_array(&json, "labels");
    for (size_t event = from; event < to; event++) {
        if (is_missing(events->target, row_of(events, event)))
            continue;
        json_begin_object(&json);
        json_write_name(&json, STR("prediction_id"));
        write_id(events, &json, event);
        json_write_name(&json, STR("target"));
        write_cell(&json, events->target, row_of(events, event), 0);
        json_end_object(&json);
        ++*ret_labels;
    }
    json_end_array(&json);
    json_end_object(&json);
    return json_writer_end(&json);
}
