/* The members of a capture body, each with its reader, gathered in one table. */
#include <math.h>

#include "api/event_reader_internal.h"
#include "api/json_value.h"

static const struct event_value missing_value = { .kind = EVENT_MISSING };

void event_draft_reset(struct event_draft *draft)
{
    draft->model_name = draft->model_version = draft->prediction_id = draft->unknown = (str){ 0 };
    draft->timestamp_us = INT64_MIN;
    draft->prediction = draft->target = missing_value;
    draft->latency_ms = NAN;
    draft->features.name_count = draft->features.cell_count = 0; /* the lists keep their room */
    draft->probabilities.name_count = draft->probabilities.cell_count = 0;
    draft->tags.name_count = draft->tags.cell_count = 0;
}

/* ---- members of an event ---- */

static enum status read_model_name(struct event_reader *reader, struct event_draft *draft)
{
    return json_value_name(&reader->json, &draft->model_name);
}

static enum status read_model_version(struct event_reader *reader, struct event_draft *draft)
{
    return json_value_name(&reader->json, &draft->model_version);
}

static enum status read_prediction_id(struct event_reader *reader, struct event_draft *draft)
{
    return json_value_name(&reader->json, &draft->prediction_id);
}

static enum status read_timestamp(struct event_reader *reader, struct event_draft *draft)
{
    return json_value_time(&reader->json, &draft->timestamp_us);
}

static enum status read_prediction(struct event_reader *reader, struct event_draft *draft)
{
    return json_value_cell(&reader->json, &draft->prediction);
}

static enum status read_target(struct event_reader *reader, struct event_draft *draft)
{
    return json_value_cell(&reader->json, &draft->target);
}

static enum status read_latency(struct event_reader *reader, struct event_draft *draft)
{
    return json_take_f64_or_null(&reader->json, &draft->latency_ms);
}

/* A row of `width` cells (SIZE_MAX: any) onto the columns' cells. */
static enum status read_row(struct event_reader *reader)
{
    struct event_columns *columns = &reader->columns;
    size_t before = columns->cell_count;
    TRY(json_enter_array(&reader->json));
    while (json_next_element(&reader->json)) {
        struct event_value value = missing_value;
        TRY(json_value_cell(&reader->json, &value));
        EVENT_PUSH(reader, columns->cells, columns->cell_capacity, columns->cell_count, value);
    }
    size_t width = columns->cell_count - before;
    TRY(json_status(&reader->json));
    if (columns->rows > 0 && width != columns->width)
        return json_fail(&reader->json, "row %zu has %zu values, the first has %zu", columns->rows, width, columns->width);
    columns->width = width;
    columns->rows++;
    return OK;
}

static enum status read_rows(struct event_reader *reader, struct event_draft *draft)
{
    (void)draft;
    reader->has_rows = true;
    TRY(json_enter_array(&reader->json));
    while (json_next_element(&reader->json)) {
        if (reader->columns.rows == EVENT_ROWS_MAX)
            return error_set(reader->err, ERR_LIMIT, "more than %zu events in one request", EVENT_ROWS_MAX);
        TRY(read_row(reader));
    }
    return json_status(&reader->json);
}

static enum status read_feature_map(struct event_reader *reader, struct event_named_cells *features)
{
    str name;
    TRY(json_enter_object(&reader->json));
    while (json_next_member(&reader->json, &name)) {
        struct event_value value = missing_value;
        TRY(json_value_cell(&reader->json, &value));
        EVENT_PUSH(reader, features->names, features->name_capacity, features->name_count, name);
        EVENT_PUSH(reader, features->cells, features->cell_capacity, features->cell_count, value);
    }
    return json_status(&reader->json);
}

/* A map; a list of values; or, for events as columns, a list of such lists. */
static enum status read_features(struct event_reader *reader, struct event_draft *draft)
{
    struct event_named_cells *features = &draft->features;
    if (json_peek(&reader->json) == JSON_OBJECT)
        return read_feature_map(reader, features);
    TRY(json_enter_array(&reader->json));
    while (json_next_element(&reader->json)) {
        if (json_peek(&reader->json) == JSON_ARRAY && features->cell_count == 0) {
            reader->has_rows = true;
            TRY(read_row(reader));
            continue;
        }
        struct event_value value = missing_value;
        TRY(json_value_cell(&reader->json, &value));
        EVENT_PUSH(reader, features->cells, features->cell_capacity, features->cell_count, value);
    }
    return json_status(&reader->json);
}

static enum status read_feature_names(struct event_reader *reader, struct event_draft *draft)
{
    struct event_named_cells *features = &draft->features;
    if (features->name_count > 0)
        return json_fail(&reader->json, "the features have their names already");
    if (json_peek(&reader->json) == JSON_NULL)
        return json_take_null(&reader->json);
    TRY(json_enter_array(&reader->json));
    while (json_next_element(&reader->json)) {
        str name = { 0 };
        TRY(json_take_str(&reader->json, &name));
        EVENT_PUSH(reader, features->names, features->name_capacity, features->name_count, name);
    }
    return json_status(&reader->json);
}

static enum status read_class_names(struct event_reader *reader, struct event_draft *draft)
{
    struct event_named_numbers *probabilities = &draft->probabilities;
    if (probabilities->name_count > 0)
        return json_fail(&reader->json, "the probabilities have their classes already");
    TRY(json_enter_array(&reader->json));
    while (json_next_element(&reader->json)) {
        str name = { 0 };
        TRY(json_value_name(&reader->json, &name));
        EVENT_PUSH(reader, probabilities->names, probabilities->name_capacity, probabilities->name_count, name);
    }
    return json_status(&reader->json);
}

static enum status read_probability_row(struct event_reader *reader)
{
    struct event_columns *columns = &reader->columns;
    size_t before = columns->probability_count;
    TRY(json_enter_array(&reader->json));
    while (json_next_element(&reader->json)) {
        double number = NAN;
        TRY(json_take_f64_or_null(&reader->json, &number));
        EVENT_PUSH(reader, columns->probabilities, columns->probability_capacity, columns->probability_count, number);
    }
    size_t width = columns->probability_count - before;
    if (columns->probability_rows > 0 && width != columns->class_count)
        return json_fail(&reader->json, "%zu probabilities here, %zu in the first row", width, columns->class_count);
    columns->class_count = width;
    columns->probability_rows++;
    return json_status(&reader->json);
}

static enum status read_probabilities(struct event_reader *reader, struct event_draft *draft)
{
    struct event_named_numbers *list = &draft->probabilities;
    struct json_reader *json = &reader->json;
    bool is_map = json_peek(json) == JSON_OBJECT;
    double number = NAN;
    str name;
    if (json_peek(json) == JSON_NULL)
        return json_take_null(json);
    TRY(is_map ? json_enter_object(json) : json_enter_array(json));
    while (is_map ? json_next_member(json, &name) : json_next_element(json)) {
        if (!is_map && json_peek(json) == JSON_ARRAY) {
            TRY(read_probability_row(reader));
            continue;
        }
        TRY(json_take_f64_or_null(json, &number));
        if (is_map)
            EVENT_PUSH(reader, list->names, list->name_capacity, list->name_count, name);
        EVENT_PUSH(reader, list->cells, list->cell_capacity, list->cell_count, number);
    }
    return json_status(json);
}

static enum status read_tags(struct event_reader *reader, struct event_draft *draft)
{
    struct event_named_texts *tags = &draft->tags;
    str name;
    if (json_peek(&reader->json) == JSON_NULL)
        return json_take_null(&reader->json);
    TRY(json_enter_object(&reader->json));
    while (json_next_member(&reader->json, &name)) {
        str value = { 0 };
        bool flag = false;
        if (json_peek(&reader->json) == JSON_BOOL) {
            TRY(json_take_bool(&reader->json, &flag));
            value = flag ? STR("true") : STR("false");
        } else {
            TRY(json_value_name(&reader->json, &value));
        }
        EVENT_PUSH(reader, tags->names, tags->name_capacity, tags->name_count, name);
        EVENT_PUSH(reader, tags->cells, tags->cell_capacity, tags->cell_count, value);
    }
    return json_status(&reader->json);
}

/* ---- members of a request with columns or a list ---- */

static enum status read_values(struct event_reader *reader, struct event_value **list, size_t *capacity, size_t *count)
{
    TRY(json_enter_array(&reader->json));
    while (json_next_element(&reader->json)) {
        struct event_value value = missing_value;
        TRY(json_value_cell(&reader->json, &value));
        EVENT_PUSH(reader, *list, *capacity, *count, value);
    }
    return json_status(&reader->json);
}

/* Objects are events; anything else is the column of predictions. */
static enum status read_predictions(struct event_reader *reader, struct event_draft *draft)
{
    struct json_reader ahead = reader->json; /* a copy to look into the list with */
    ahead.err = NULL;
    bool holds_events = json_enter_array(&ahead) == OK && json_next_element(&ahead) && json_peek(&ahead) == JSON_OBJECT;
    struct event_columns *columns = &reader->columns;
    return holds_events ? event_reader_list(reader, draft)
                        : read_values(reader, &columns->predictions, &columns->prediction_capacity,
                                      &columns->prediction_count);
}

static enum status read_targets(struct event_reader *reader, struct event_draft *draft)
{
    (void)draft;
    struct event_columns *columns = &reader->columns;
    return read_values(reader, &columns->targets, &columns->target_capacity, &columns->target_count);
}

static enum status read_ids(struct event_reader *reader, struct event_draft *draft)
{
    (void)draft;
    struct event_columns *columns = &reader->columns;
    TRY(json_enter_array(&reader->json));
    while (json_next_element(&reader->json)) {
        str id = { 0 };
        TRY(json_value_name(&reader->json, &id));
        EVENT_PUSH(reader, columns->ids, columns->id_capacity, columns->id_count, id);
    }
    return json_status(&reader->json);
}

static enum status read_times(struct event_reader *reader, struct event_draft *draft)
{
    (void)draft;
    struct event_columns *columns = &reader->columns;
    TRY(json_enter_array(&reader->json));
    while (json_next_element(&reader->json)) {
        int64_t time_us = INT64_MIN;
        TRY(json_value_time(&reader->json, &time_us));
        EVENT_PUSH(reader, columns->times, columns->time_capacity, columns->time_count, time_us);
    }
    return json_status(&reader->json);
}

struct member {
    const char *name;
    enum status (*read)(struct event_reader *reader, struct event_draft *draft);
    bool is_of_requests; /* not of an event in a list */
};

static const struct member members[] = {
    { "features", read_features, false },
    { "prediction", read_prediction, false },
    { "prediction_id", read_prediction_id, false },
    { "timestamp", read_timestamp, false },
    { "model_name", read_model_name, false },
    { "model_version", read_model_version, false },
    { "probabilities", read_probabilities, false },
    { "target", read_target, false },
    { "tags", read_tags, false },
    { "feature_names", read_feature_names, false },
    { "class_names", read_class_names, false },
    { "latency_ms", read_latency, false },
    { "events", event_reader_list, true },
    { "predictions", read_predictions, true },
    { "rows", read_rows, true },
    { "prediction_ids", read_ids, true },
    { "timestamps", read_times, true },
    { "targets", read_targets, true },
};

enum status event_reader_members(struct event_reader *reader, struct event_draft *draft, bool is_request)
{
    str name;
    TRY(json_enter_object(&reader->json));
    while (json_next_member(&reader->json, &name)) {
        size_t i = 0;
        while (i < COUNT(members) && !(str_equal(name, str_of(members[i].name)) && (is_request || !members[i].is_of_requests)))
            i++;
        if (i < COUNT(members))
            TRY(members[i].read(reader, draft));
        else if (draft->unknown.data == NULL)
            draft->unknown = name; /* whether that is an error depends on the model's schema */
    }
    return json_status(&reader->json);
}
