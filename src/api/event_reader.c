/* An event is read into a draft first, because its model may be named behind its features; the draft is then
 * added to the group of its model version. A wrapper's own members ("model_name" beside "events") are read
 * into a draft as well: it is the event itself where there is no list. */
#include "api/event_reader.h"

#include <math.h>

#include "api/cell_table.h"
#include "api/json_value.h"

#define CLASSES_MAX 4096
#define TAGS_MAX 256

static const struct event_value missing_value = { .kind = EVENT_MISSING };
static const double missing_number = NAN;
static const str missing_text = { NULL, 0 };

/* Parallel lists of names and cells. */
struct named_cells {
    str *names;
    struct event_value *cells;
    size_t name_count, name_capacity, cell_count, cell_capacity;
};

struct named_numbers {
    str *names;
    double *cells;
    size_t name_count, name_capacity, cell_count, cell_capacity;
};

struct named_texts {
    str *names, *cells;
    size_t name_count, name_capacity, cell_count, cell_capacity;
};

struct draft {
    str model_name, model_version, prediction_id;
    int64_t timestamp_us;
    struct event_value prediction, target;
    double latency_ms;
    struct named_cells features;
    struct named_numbers probabilities;
    struct named_texts tags;
    str unknown;
};

/* Events given as columns. */
struct columns {
    struct event_value *cells; /* [rows * width] */
    size_t rows, width, cell_count, cell_capacity;
    struct event_value *predictions, *targets;
    size_t prediction_count, prediction_capacity, target_count, target_capacity;
    str *ids;
    size_t id_count, id_capacity;
    int64_t *times;
    size_t time_count, time_capacity;
    double *probabilities; /* [probability_rows * class_count] */
    size_t probability_rows, probability_count, probability_capacity, class_count;
};

struct group_builder {
    struct event_group group;
    struct cell_table features, probabilities, tags;
    str *ids;
    int64_t *times;
    struct event_value *predictions, *targets;
    double *latencies;
    size_t *indexes;
    size_t rows, capacities[6];
    bool has_targets, has_latencies;
};

struct reader {
    struct json_reader json;
    struct arena *arena;
    struct error *err;
    const struct event_defaults *defaults;
    struct draft draft;
    struct columns columns;
    bool has_list, has_rows;
    struct group_builder *groups;
    size_t group_count, group_capacity, events;
    str unknown;
    size_t unknown_event;
};

#define PUSH(reader, list, capacity, count, value)                                                                     \
    do {                                                                                                               \
        void *room_ = json_value_grow((reader)->arena, (void **)&(list), &(capacity), (count), sizeof *(list));        \
        if (room_ == NULL)                                                                                             \
            return error_set((reader)->err, ERR_LIMIT, "the request's values do not fit in memory");                   \
        (list)[(count)++] = (value);                                                                                   \
    } while (0)

static void reset_draft(struct draft *draft)
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

static enum status read_model_name(struct reader *reader, struct draft *draft)
{
    return json_value_name(&reader->json, &draft->model_name);
}

static enum status read_model_version(struct reader *reader, struct draft *draft)
{
    return json_value_name(&reader->json, &draft->model_version);
}

static enum status read_prediction_id(struct reader *reader, struct draft *draft)
{
    return json_value_name(&reader->json, &draft->prediction_id);
}

static enum status read_timestamp(struct reader *reader, struct draft *draft)
{
    return json_value_time(&reader->json, &draft->timestamp_us);
}

static enum status read_prediction(struct reader *reader, struct draft *draft)
{
    return json_value_cell(&reader->json, &draft->prediction);
}

static enum status read_target(struct reader *reader, struct draft *draft)
{
    return json_value_cell(&reader->json, &draft->target);
}

static enum status read_latency(struct reader *reader, struct draft *draft)
{
    return json_take_f64_or_null(&reader->json, &draft->latency_ms);
}

/* A row of `width` cells (SIZE_MAX: any) onto the columns' cells. */
static enum status read_row(struct reader *reader)
{
    struct columns *columns = &reader->columns;
    size_t before = columns->cell_count;
    TRY(json_enter_array(&reader->json));
    while (json_next_element(&reader->json)) {
        struct event_value value = missing_value;
        TRY(json_value_cell(&reader->json, &value));
        PUSH(reader, columns->cells, columns->cell_capacity, columns->cell_count, value);
    }
    size_t width = columns->cell_count - before;
    TRY(json_status(&reader->json));
    if (columns->rows > 0 && width != columns->width)
        return json_fail(&reader->json, "row %zu has %zu values, the first has %zu", columns->rows, width, columns->width);
    columns->width = width;
    columns->rows++;
    return OK;
}

static enum status read_rows(struct reader *reader, struct draft *draft)
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

static enum status read_feature_map(struct reader *reader, struct named_cells *features)
{
    str name;
    TRY(json_enter_object(&reader->json));
    while (json_next_member(&reader->json, &name)) {
        struct event_value value = missing_value;
        TRY(json_value_cell(&reader->json, &value));
        PUSH(reader, features->names, features->name_capacity, features->name_count, name);
        PUSH(reader, features->cells, features->cell_capacity, features->cell_count, value);
    }
    return json_status(&reader->json);
}

/* A map; a list of values; or, for events as columns, a list of such lists. */
static enum status read_features(struct reader *reader, struct draft *draft)
{
    struct named_cells *features = &draft->features;
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
        PUSH(reader, features->cells, features->cell_capacity, features->cell_count, value);
    }
    return json_status(&reader->json);
}

static enum status read_feature_names(struct reader *reader, struct draft *draft)
{
    struct named_cells *features = &draft->features;
    if (features->name_count > 0)
        return json_fail(&reader->json, "the features have their names already");
    if (json_peek(&reader->json) == JSON_NULL)
        return json_take_null(&reader->json);
    TRY(json_enter_array(&reader->json));
    while (json_next_element(&reader->json)) {
        str name = { 0 };
        TRY(json_take_str(&reader->json, &name));
        PUSH(reader, features->names, features->name_capacity, features->name_count, name);
    }
    return json_status(&reader->json);
}

static enum status read_class_names(struct reader *reader, struct draft *draft)
{
    struct named_numbers *probabilities = &draft->probabilities;
    if (probabilities->name_count > 0)
        return json_fail(&reader->json, "the probabilities have their classes already");
    TRY(json_enter_array(&reader->json));
    while (json_next_element(&reader->json)) {
        str name = { 0 };
        TRY(json_value_name(&reader->json, &name));
        PUSH(reader, probabilities->names, probabilities->name_capacity, probabilities->name_count, name);
    }
    return json_status(&reader->json);
}

static enum status read_probability_row(struct reader *reader)
{
    struct columns *columns = &reader->columns;
    size_t before = columns->probability_count;
    TRY(json_enter_array(&reader->json));
    while (json_next_element(&reader->json)) {
        double number = NAN;
        TRY(json_take_f64_or_null(&reader->json, &number));
        PUSH(reader, columns->probabilities, columns->probability_capacity, columns->probability_count, number);
    }
    size_t width = columns->probability_count - before;
    if (columns->probability_rows > 0 && width != columns->class_count)
        return json_fail(&reader->json, "%zu probabilities here, %zu in the first row", width, columns->class_count);
    columns->class_count = width;
    columns->probability_rows++;
    return json_status(&reader->json);
}

static enum status read_probabilities(struct reader *reader, struct draft *draft)
{
    struct named_numbers *list = &draft->probabilities;
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
            PUSH(reader, list->names, list->name_capacity, list->name_count, name);
        PUSH(reader, list->cells, list->cell_capacity, list->cell_count, number);
    }
    return json_status(json);
}

static enum status read_tags(struct reader *reader, struct draft *draft)
{
    struct named_texts *tags = &draft->tags;
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
        PUSH(reader, tags->names, tags->name_capacity, tags->name_count, name);
        PUSH(reader, tags->cells, tags->cell_capacity, tags->cell_count, value);
    }
    return json_status(&reader->json);
}

/* ---- members of a request with columns or a list ---- */

static enum status read_list(struct reader *reader, struct draft *draft);

static enum status read_values(struct reader *reader, struct event_value **list, size_t *capacity, size_t *count)
{
    TRY(json_enter_array(&reader->json));
    while (json_next_element(&reader->json)) {
        struct event_value value = missing_value;
        TRY(json_value_cell(&reader->json, &value));
        PUSH(reader, *list, *capacity, *count, value);
    }
    return json_status(&reader->json);
}

/* Objects are events; anything else is the column of predictions. */
static enum status read_predictions(struct reader *reader, struct draft *draft)
{
    struct json_reader ahead = reader->json; /* a copy to look into the list with */
    ahead.err = NULL;
    bool holds_events = json_enter_array(&ahead) == OK && json_next_element(&ahead) && json_peek(&ahead) == JSON_OBJECT;
    struct columns *columns = &reader->columns;
    return holds_events ? read_list(reader, draft)
                        : read_values(reader, &columns->predictions, &columns->prediction_capacity,
                                      &columns->prediction_count);
}

static enum status read_targets(struct reader *reader, struct draft *draft)
{
    (void)draft;
    struct columns *columns = &reader->columns;
    return read_values(reader, &columns->targets, &columns->target_capacity, &columns->target_count);
}

static enum status read_ids(struct reader *reader, struct draft *draft)
{
    (void)draft;
    struct columns *columns = &reader->columns;
    TRY(json_enter_array(&reader->json));
    while (json_next_element(&reader->json)) {
        str id = { 0 };
        TRY(json_value_name(&reader->json, &id));
        PUSH(reader, columns->ids, columns->id_capacity, columns->id_count, id);
    }
    return json_status(&reader->json);
}

static enum status read_times(struct reader *reader, struct draft *draft)
{
    (void)draft;
    struct columns *columns = &reader->columns;
    TRY(json_enter_array(&reader->json));
    while (json_next_element(&reader->json)) {
        int64_t time_us = INT64_MIN;
        TRY(json_value_time(&reader->json, &time_us));
        PUSH(reader, columns->times, columns->time_capacity, columns->time_count, time_us);
    }
    return json_status(&reader->json);
}

struct member {
    const char *name;
    enum status (*read)(struct reader *reader, struct draft *draft);
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
    { "events", read_list, true },
    { "predictions", read_predictions, true },
    { "rows", read_rows, true },
    { "prediction_ids", read_ids, true },
    { "timestamps", read_times, true },
    { "targets", read_targets, true },
};

static enum status read_members(struct reader *reader, struct draft *draft, bool is_request)
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

/* ---- drafts into groups ---- */

static bool has_feature_names(const struct draft *draft)
{
    return draft->features.cell_count == 0 || draft->features.name_count > 0;
}

static enum status find_group(struct reader *reader, str model_name, str model_version, bool has_names,
                              struct group_builder **ret_group)
{
    for (size_t i = reader->group_count; i-- > 0;) { /* the last one fits nearly always */
        struct event_group *group = &reader->groups[i].group;
        if (group->has_names == has_names && str_equal(group->batch.model_name, model_name) &&
            str_equal(group->batch.model_version, model_version)) {
            *ret_group = &reader->groups[i];
            return OK;
        }
    }
    if (reader->group_count == EVENT_BATCHES_MAX)
        return error_set(reader->err, ERR_LIMIT, "more than %d model versions in one request", EVENT_BATCHES_MAX);
    struct group_builder fresh = { .group.has_names = has_names };
    fresh.group.batch.model_name = model_name;
    fresh.group.batch.model_version = model_version;
    PUSH(reader, reader->groups, reader->group_capacity, reader->group_count, fresh);
    struct group_builder *builder = &reader->groups[reader->group_count - 1];
    cell_table_init(&builder->features, sizeof missing_value, &missing_value, EVENT_FEATURES_MAX, reader->arena);
    cell_table_init(&builder->probabilities, sizeof missing_number, &missing_number, CLASSES_MAX, reader->arena);
    cell_table_init(&builder->tags, sizeof missing_text, &missing_text, TAGS_MAX, reader->arena);
    *ret_group = builder;
    return OK;
}

/* "0", "1", ...: what a cell is called that came by position. */
static str position_name(struct reader *reader, size_t position)
{
    return arena_printf(reader->arena, "%zu", position);
}

static enum status check_counts(struct reader *reader, const struct draft *draft)
{
    const struct named_cells *features = &draft->features;
    const struct named_numbers *probabilities = &draft->probabilities;
    if (features->name_count > 0 && features->name_count != features->cell_count)
        return error_set(reader->err, ERR_INVALID, "event %zu: %zu feature_names for %zu features", reader->events,
                         features->name_count, features->cell_count);
    if (probabilities->name_count > 0 && probabilities->name_count != probabilities->cell_count)
        return error_set(reader->err, ERR_INVALID, "event %zu: %zu class_names for %zu probabilities", reader->events,
                         probabilities->name_count, probabilities->cell_count);
    if (features->cell_count == 0)
        return error_set(reader->err, ERR_INVALID, "event %zu: features are missing", reader->events);
    return OK;
}

static enum status add_tables(struct reader *reader, struct group_builder *builder, const struct draft *draft)
{
    TRY(cell_table_begin_row(&builder->features, reader->err));
    for (size_t i = 0; i < draft->features.cell_count; i++) {
        str name = builder->group.has_names ? draft->features.names[i] : position_name(reader, i);
        TRY(cell_table_put(&builder->features, name, &draft->features.cells[i], reader->err));
    }
    TRY(cell_table_begin_row(&builder->probabilities, reader->err));
    for (size_t i = 0; i < draft->probabilities.cell_count; i++) {
        str name = draft->probabilities.name_count > 0 ? draft->probabilities.names[i] : position_name(reader, i);
        TRY(cell_table_put(&builder->probabilities, name, &draft->probabilities.cells[i], reader->err));
    }
    TRY(cell_table_begin_row(&builder->tags, reader->err));
    for (size_t i = 0; i < draft->tags.cell_count; i++)
        TRY(cell_table_put(&builder->tags, draft->tags.names[i], &draft->tags.cells[i], reader->err));
    return OK;
}

static enum status add_draft(struct reader *reader, const struct draft *draft)
{
    struct group_builder *builder;
    if (reader->events == EVENT_ROWS_MAX)
        return error_set(reader->err, ERR_LIMIT, "more than %zu events in one request", EVENT_ROWS_MAX);
    TRY(check_counts(reader, draft));
    TRY(find_group(reader, draft->model_name, draft->model_version, has_feature_names(draft), &builder));
    TRY(add_tables(reader, builder, draft));
    size_t row = builder->rows, *capacities = builder->capacities;
    size_t counts[6] = { row, row, row, row, row, row };
    PUSH(reader, builder->ids, capacities[0], counts[0], draft->prediction_id);
    PUSH(reader, builder->times, capacities[1], counts[1], draft->timestamp_us);
    PUSH(reader, builder->predictions, capacities[2], counts[2], draft->prediction);
    PUSH(reader, builder->targets, capacities[3], counts[3], draft->target);
    PUSH(reader, builder->latencies, capacities[4], counts[4], draft->latency_ms);
    PUSH(reader, builder->indexes, capacities[5], counts[5], reader->events);
    builder->rows++;
    builder->has_targets |= draft->target.kind != EVENT_MISSING;
    builder->has_latencies |= !isnan(draft->latency_ms);
    builder->group.has_missing_ids |= str_is_empty(draft->prediction_id);
    if (draft->unknown.data != NULL && reader->unknown.data == NULL) {
        reader->unknown = draft->unknown;
        reader->unknown_event = reader->events;
    }
    reader->events++;
    return OK;
}

static enum status read_list(struct reader *reader, struct draft *draft)
{
    (void)draft;
    if (reader->has_list)
        return json_fail(&reader->json, "there is a list of events already");
    if (reader->has_rows)
        return json_fail(&reader->json, "the request has both rows and a list of events");
    reader->has_list = true;
    struct draft event = { 0 };
    TRY(json_enter_array(&reader->json));
    while (json_next_element(&reader->json)) {
        reset_draft(&event);
        TRY(read_members(reader, &event, false));
        if (reader->has_rows)
            return json_fail(&reader->json, "an event in a list has one row of features");
        TRY(add_draft(reader, &event));
    }
    return json_status(&reader->json);
}

/* ---- events as columns ---- */

static enum status check_column(struct reader *reader, const char *name, size_t count)
{
    size_t rows = reader->columns.rows;
    if (count == 0 || count == rows)
        return OK;
    return error_set(reader->err, ERR_INVALID, "%s: %zu values for %zu rows", name, count, rows);
}

static enum status check_columns(struct reader *reader)
{
    const struct columns *columns = &reader->columns;
    TRY(check_column(reader, "predictions", columns->prediction_count));
    TRY(check_column(reader, "targets", columns->target_count));
    TRY(check_column(reader, "prediction_ids", columns->id_count));
    TRY(check_column(reader, "timestamps", columns->time_count));
    return check_column(reader, "probabilities", columns->probability_rows);
}

/* Row `row` as a draft; what stands once for all rows is in it already. */
static void draft_of_row(const struct columns *columns, size_t row, struct draft *draft)
{
    draft->features.cells = columns->cells + row * columns->width;
    draft->features.cell_count = columns->width;
    if (columns->prediction_count > 0)
        draft->prediction = columns->predictions[row];
    if (columns->target_count > 0)
        draft->target = columns->targets[row];
    if (columns->id_count > 0)
        draft->prediction_id = columns->ids[row];
    if (columns->time_count > 0)
        draft->timestamp_us = columns->times[row];
    if (columns->probability_rows > 0) {
        draft->probabilities.cells = columns->probabilities + row * columns->class_count;
        draft->probabilities.cell_count = columns->class_count;
    }
}

static enum status add_rows(struct reader *reader)
{
    if (reader->has_list)
        return error_set(reader->err, ERR_INVALID, "the request has both a list of events and rows");
    TRY(check_columns(reader));
    struct draft draft = reader->draft;
    for (size_t row = 0; row < reader->columns.rows; row++) {
        draft_of_row(&reader->columns, row, &draft);
        TRY(add_draft(reader, &draft));
    }
    return OK;
}

/* ---- the whole ---- */

/* A group's names, now that all defaults are known. */
static enum status name_model(struct reader *reader, struct event_batch *batch)
{
    str in_path = reader->defaults->model_name, around = reader->draft.model_name;
    if (str_is_empty(batch->model_name))
        batch->model_name = !str_is_empty(around)   ? around
                            : !str_is_empty(in_path) ? in_path
                                                     : reader->defaults->fallback_name;
    if (str_is_empty(batch->model_name))
        return error_set(reader->err, ERR_INVALID, "model_name is missing: give it in the body or use /models/NAME/capture");
    if (!str_is_empty(in_path) && !str_equal(batch->model_name, in_path))
        return error_set(reader->err, ERR_INVALID, "model_name is \"%.*s\" in the body and \"%.*s\" in the path",
                         STR_ARG(batch->model_name), STR_ARG(in_path));
    if (str_is_empty(batch->model_version))
        batch->model_version = reader->draft.model_version;
    return OK;
}

static enum status finish_group(struct reader *reader, struct group_builder *builder, struct event_group *ret_group)
{
    struct event_batch *batch = &builder->group.batch;
    cell_table_finish(&builder->features);
    cell_table_finish(&builder->probabilities);
    cell_table_finish(&builder->tags);
    batch->rows = builder->rows;
    batch->feature_count = builder->features.count;
    batch->feature_names = builder->features.names;
    batch->features = (const struct event_value *)(const void *)builder->features.cells;
    batch->prediction_ids = builder->ids;
    batch->timestamps_us = builder->times;
    batch->predictions = builder->predictions;
    batch->class_count = builder->probabilities.count;
    batch->class_names = builder->probabilities.names;
    batch->probabilities = (const double *)(const void *)builder->probabilities.cells;
    batch->targets = builder->has_targets ? builder->targets : NULL;
    batch->tag_count = builder->tags.count;
    batch->tag_names = builder->tags.names;
    batch->tags = (const str *)(const void *)builder->tags.cells;
    builder->group.event_indexes = builder->indexes;
    builder->group.latencies_ms = builder->has_latencies ? builder->latencies : NULL;
    builder->group.first_events = builder->features.first_rows;
    for (size_t i = 0; i < builder->features.count; i++) /* rows of the group become events of the request */
        builder->features.first_rows[i] = builder->indexes[builder->features.first_rows[i]];
    *ret_group = builder->group;
    return name_model(reader, &ret_group->batch);
}

static enum status read_request(struct reader *reader)
{
    if (json_peek(&reader->json) == JSON_ARRAY)
        return read_list(reader, NULL);
    TRY(read_members(reader, &reader->draft, true));
    if (reader->has_rows)
        return add_rows(reader);
    if (!reader->has_list)
        return add_draft(reader, &reader->draft);
    if (reader->draft.unknown.data != NULL)
        return error_set(reader->err, ERR_INVALID, "%.*s: unknown beside a list of events",
                         STR_ARG(reader->draft.unknown));
    return OK;
}

enum status event_reading_parse(str body, const struct event_defaults *defaults, struct arena *arena,
                                struct event_reading *ret_reading, struct error *err)
{
    struct reader *reader = arena_new(arena, struct reader);
    reader->arena = arena;
    reader->err = err;
    reader->defaults = defaults;
    reset_draft(&reader->draft);
    json_reader_init(&reader->json, body, arena, err);
    bool is_array = json_peek(&reader->json) == JSON_ARRAY;
    enum status status = read_request(reader);
    if (status == OK)
        status = json_finish(&reader->json);
    if (status != OK && json_status(&reader->json) != OK)
        return error_while(err, "JSON body");
    TRY(status);

    struct event_group *groups = arena_array(arena, struct event_group, reader->group_count);
    if (groups == NULL)
        return error_set(err, ERR_LIMIT, "the request's groups do not fit in memory");
    for (size_t i = 0; i < reader->group_count; i++)
        TRY(finish_group(reader, &reader->groups[i], &groups[i]));
    *ret_reading = (struct event_reading){
        .groups = groups,
        .group_count = reader->group_count,
        .events = reader->events,
        .list_path = is_array ? "[%zu]." : reader->has_list ? "events[%zu]." : reader->has_rows ? "rows[%zu]." : "",
        .unknown_member = reader->unknown,
        .unknown_event = reader->unknown_event,
    };
    return OK;
}

str event_reading_path(const struct event_reading *reading, size_t index, const char *member, str name,
                       struct arena *arena)
{
    size_t marker = str_find(str_of(reading->list_path), '%');
    str before = str_slice(str_of(reading->list_path), 0, marker);
    const char *dot = member[0] != '\0' ? "." : "";
    if (str_is_empty(str_of(reading->list_path)))
        return arena_printf(arena, "%s%s%.*s", member, dot, STR_ARG(name));
    return arena_printf(arena, "%.*s%zu].%s%s%.*s", STR_ARG(before), index, member, dot, STR_ARG(name));
}
