/* The labels half of event_reader.h. */
#include "api/event_reader.h"
#include "api/json_value.h"

struct label_list {
    str model_name;
    struct event_label *labels;
    size_t count, capacity;
};

struct label_reader {
    struct json_reader json;
    struct arena *arena;
    struct error *err;
    const struct event_defaults *defaults;
    str around; /* the model_name beside a list */
    bool has_list;
    struct label_list *lists;
    size_t list_count, list_capacity, total;
};

static enum status find_list(struct label_reader *reader, str model_name, struct label_list **ret_list)
{
    for (size_t i = 0; i < reader->list_count; i++)
        if (str_equal(reader->lists[i].model_name, model_name)) {
            *ret_list = &reader->lists[i];
            return OK;
        }
    struct label_list *room = reader->list_count == EVENT_BATCHES_MAX
                                  ? NULL
                                  : json_value_grow(reader->arena, (void **)&reader->lists, &reader->list_capacity,
                                                    reader->list_count, sizeof *reader->lists);
    if (room == NULL)
        return error_set(reader->err, ERR_LIMIT, "labels of more than %d models in one request", EVENT_BATCHES_MAX);
    *room = (struct label_list){ .model_name = model_name };
    reader->list_count++;
    *ret_list = room;
    return OK;
}

static enum status add_label(struct label_reader *reader, str model_name, const struct event_label *label)
{
    struct label_list *list = NULL;
    if (str_is_empty(label->prediction_id))
        return error_set(reader->err, ERR_INVALID, "label %zu: prediction_id is missing", reader->total);
    if (label->target.kind == EVENT_MISSING)
        return error_set(reader->err, ERR_INVALID, "label %zu: target is missing", reader->total);
    if (reader->total == EVENT_ROWS_MAX)
        return error_set(reader->err, ERR_LIMIT, "more than %zu labels in one request", EVENT_ROWS_MAX);
    TRY(find_list(reader, model_name, &list));
    struct event_label *room =
        json_value_grow(reader->arena, (void **)&list->labels, &list->capacity, list->count, sizeof *list->labels);
    if (room == NULL)
        return error_set(reader->err, ERR_LIMIT, "the labels do not fit in memory");
    *room = *label;
    list->count++;
    reader->total++;
    return OK;
}

static enum status read_labels(struct label_reader *reader);

/* One label, or what stands around a list of them. */
static enum status read_object(struct label_reader *reader, bool is_request)
{
    struct json_reader *json = &reader->json;
    struct event_label label = { .target.kind = EVENT_MISSING, .timestamp_us = INT64_MIN };
    str name, model_name = { 0 };
    TRY(json_enter_object(json));
    while (json_next_member(json, &name)) {
        if (str_equal(name, STR("prediction_id")))
            TRY(json_value_name(json, &label.prediction_id));
        else if (str_equal(name, STR("target")) || str_equal(name, STR("label")))
            TRY(json_value_cell(json, &label.target));
        else if (str_equal(name, STR("timestamp")))
            TRY(json_value_time(json, &label.timestamp_us));
        else if (str_equal(name, STR("model_name")))
            TRY(json_value_name(json, &model_name));
        else if (is_request && str_equal(name, STR("labels")))
            TRY(read_labels(reader));
        else {
            TRY(json_skip_value(json));
            return json_fail(json, "unknown; a label has prediction_id, target, timestamp and model_name");
        }
    }
    TRY(json_status(json));
    if (is_request && reader->has_list) {
        reader->around = model_name;
        return OK;
    }
    return add_label(reader, model_name, &label);
}

static enum status read_labels(struct label_reader *reader)
{
    reader->has_list = true;
    TRY(json_enter_array(&reader->json));
    while (json_next_element(&reader->json))
        TRY(read_object(reader, false));
    return json_status(&reader->json);
}

static enum status name_list(const struct label_reader *reader, struct label_list *list, struct error *err)
{
    str in_path = reader->defaults->model_name;
    if (str_is_empty(list->model_name))
        list->model_name = !str_is_empty(reader->around) ? reader->around
                           : !str_is_empty(in_path)      ? in_path
                                                         : reader->defaults->fallback_name;
    if (str_is_empty(list->model_name))
        return error_set(err, ERR_INVALID, "model_name is missing: give it in the body or use /models/NAME/labels");
    if (!str_is_empty(in_path) && !str_equal(list->model_name, in_path))
        return error_set(err, ERR_INVALID, "model_name is \"%.*s\" in the body and \"%.*s\" in the path",
                         STR_ARG(list->model_name), STR_ARG(in_path));
    return OK;
}

enum status label_reading_parse(str body, const struct event_defaults *defaults, struct arena *arena,
                                struct label_group **ret_groups, size_t *ret_count, struct error *err)
{
    struct label_reader reader = { .arena = arena, .err = err, .defaults = defaults };
    json_reader_init(&reader.json, body, arena, err);
    TRY(json_peek(&reader.json) == JSON_ARRAY ? read_labels(&reader) : read_object(&reader, true));
    TRY(json_finish(&reader.json));
    struct label_group *groups = arena_array(arena, struct label_group, reader.list_count);
    if (groups == NULL)
        return error_set(err, ERR_LIMIT, "the labels do not fit in memory");
    for (size_t i = 0; i < reader.list_count; i++) {
        struct label_list *list = &reader.lists[i];
        TRY(name_list(&reader, list, err));
        groups[i] = (struct label_group){ list->model_name, list->labels, list->count };
    }
    *ret_groups = groups;
    *ret_count = reader.list_count;
    return OK;
}
