/* An event is read into a draft first, because its model may be named behind its features; the draft is then
 * added to the group of its model version. A wrapper's own members ("model_name" beside "events") are read
 * into a draft as well: it is the event itself where there is no list. */
#include <math.h>

#include "api/event_reader_internal.h"
#include "api/json_value.h"

#define CLASSES_MAX 4096
#define TAGS_MAX 256

static const struct event_value missing_value = { .kind = EVENT_MISSING };
static const double missing_number = NAN;
static const str missing_text = { NULL, 0 };

/* ---- drafts into groups ---- */

static bool has_feature_names(const struct event_draft *draft)
{
    return draft->features.cell_count == 0 || draft->features.name_count > 0;
}

static enum status find_group(struct event_reader *reader, str model_name, str model_version, bool has_names,
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
    EVENT_PUSH(reader, reader->groups, reader->group_capacity, reader->group_count, fresh);
    struct group_builder *builder = &reader->groups[reader->group_count - 1];
    cell_table_init(&builder->features, sizeof missing_value, &missing_value, EVENT_FEATURES_MAX, reader->arena);
    cell_table_init(&builder->probabilities, sizeof missing_number, &missing_number, CLASSES_MAX, reader->arena);
    cell_table_init(&builder->tags, sizeof missing_text, &missing_text, TAGS_MAX, reader->arena);
    *ret_group = builder;
    return OK;
}

/* "0", "1", ...: what a cell is called that came by position. */
static str position_name(struct event_reader *reader, size_t position)
{
    return arena_printf(reader->arena, "%zu", position);
}

static enum status check_counts(struct event_reader *reader, const struct event_draft *draft)
{
    const struct event_named_cells *features = &draft->features;
    const struct event_named_numbers *probabilities = &draft->probabilities;
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

static enum status add_tables(struct event_reader *reader, struct group_builder *builder, const struct event_draft *draft)
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

static enum status add_draft(struct event_reader *reader, const struct event_draft *draft)
{
    struct group_builder *builder;
    if (reader->events == EVENT_ROWS_MAX)
        return error_set(reader->err, ERR_LIMIT, "more than %zu events in one request", EVENT_ROWS_MAX);
    TRY(check_counts(reader, draft));
    TRY(find_group(reader, draft->model_name, draft->model_version, has_feature_names(draft), &builder));
    TRY(add_tables(reader, builder, draft));
    size_t row = builder->rows, *capacities = builder->capacities;
    size_t counts[6] = { row, row, row, row, row, row };
    EVENT_PUSH(reader, builder->ids, capacities[0], counts[0], draft->prediction_id);
    EVENT_PUSH(reader, builder->times, capacities[1], counts[1], draft->timestamp_us);
    EVENT_PUSH(reader, builder->predictions, capacities[2], counts[2], draft->prediction);
    EVENT_PUSH(reader, builder->targets, capacities[3], counts[3], draft->target);
    EVENT_PUSH(reader, builder->latencies, capacities[4], counts[4], draft->latency_ms);
    EVENT_PUSH(reader, builder->indexes, capacities[5], counts[5], reader->events);
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

enum status event_reader_list(struct event_reader *reader, struct event_draft *draft)
{
    (void)draft;
    if (reader->has_list)
        return json_fail(&reader->json, "there is a list of events already");
    if (reader->has_rows)
        return json_fail(&reader->json, "the request has both rows and a list of events");
    reader->has_list = true;
    struct event_draft event = { 0 };
    TRY(json_enter_array(&reader->json));
    while (json_next_element(&reader->json)) {
        event_draft_reset(&event);
        TRY(event_reader_members(reader, &event, false));
        if (reader->has_rows)
            return json_fail(&reader->json, "an event in a list has one row of features");
        TRY(add_draft(reader, &event));
    }
    return json_status(&reader->json);
}

/* ---- events as columns ---- */

static enum status check_column(struct event_reader *reader, const char *name, size_t count)
{
    size_t rows = reader->columns.rows;
    if (count == 0 || count == rows)
        return OK;
    return error_set(reader->err, ERR_INVALID, "%s: %zu values for %zu rows", name, count, rows);
}

static enum status check_columns(struct event_reader *reader)
{
    const struct event_columns *columns = &reader->columns;
    TRY(check_column(reader, "predictions", columns->prediction_count));
    TRY(check_column(reader, "targets", columns->target_count));
    TRY(check_column(reader, "prediction_ids", columns->id_count));
    TRY(check_column(reader, "timestamps", columns->time_count));
    return check_column(reader, "probabilities", columns->probability_rows);
}

/* Row `row` as a draft; what stands once for all rows is in it already. */
static void draft_of_row(const struct event_columns *columns, size_t row, struct event_draft *draft)
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

static enum status add_rows(struct event_reader *reader)
{
    if (reader->has_list)
        return error_set(reader->err, ERR_INVALID, "the request has both a list of events and rows");
    TRY(check_columns(reader));
    struct event_draft draft = reader->draft;
    for (size_t row = 0; row < reader->columns.rows; row++) {
        draft_of_row(&reader->columns, row, &draft);
        TRY(add_draft(reader, &draft));
    }
    return OK;
}

/* ---- the whole ---- */

/* A group's names, now that all defaults are known. */
static enum status name_model(struct event_reader *reader, struct event_batch *batch)
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

static enum status finish_group(struct event_reader *reader, struct group_builder *builder, struct event_group *ret_group)
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

static enum status read_request(struct event_reader *reader)
{
    if (json_peek(&reader->json) == JSON_ARRAY)
        return event_reader_list(reader, NULL);
    TRY(event_reader_members(reader, &reader->draft, true));
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
    struct event_reader *reader = arena_new(arena, struct event_reader);
    reader->arena = arena;
    reader->err = err;
    reader->defaults = defaults;
    event_draft_reset(&reader->draft);
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
