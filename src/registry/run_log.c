#include "registry/run_log.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/map.h"
#include "base/number.h"
#include "registry/run_rows.h"
#include "registry/run_tags.h"

#define WHAT_MAX 48

/* ---- checks before anything is written ---- */

/* "key" of a single item, "metrics[3].key" of one in a list. */
static const char *name_of(const struct run_batch *batch, const char *list, size_t index, const char *member,
                           char what[WHAT_MAX])
{
    if (batch->is_single)
        return member;
    (void)snprintf(what, WHAT_MAX, "%s[%zu].%s", list, index, member);
    return what;
}

/* Writes the name only for a key that needs a message: printing a thousand costs more than checking them. */
static enum status check_key(const struct run_batch *batch, const char *list, size_t index, str key, struct error *err)
{
    char what[WHAT_MAX];
    if (registry_check_key(list, key, NULL) == OK)
        return OK;
    return registry_check_key(name_of(batch, list, index, "key", what), key, err);
}

static enum status check_count(size_t count, size_t most, const char *what, struct error *err)
{
    if (count <= most)
        return OK;
    return error_set(err, ERR_INVALID,
                     "A batch logging request can contain at most %zu %s. Got %zu %s. Please split up "
                     "%s across multiple requests and try again.",
                     most, what, count, what,
                     str_equal(str_of(what), STR("metrics, params, and tags")) ? "requests" : what);
}

static enum status check_metric(const struct run_batch *batch, size_t index, struct error *err)
{
    char what[WHAT_MAX], value[NUMBER_TEXT_MAX];
    const struct metric_point *point = &batch->metrics[index];
    TRY(check_key(batch, "metrics", index, point->key, err));
    if (point->timestamp_ms >= 0)
        return OK;
    number_print_f64(point->value, value);
    bool is_whole = strpbrk(value, ".eNI") == NULL;
    return error_set(err, ERR_INVALID,
                     "Invalid value %lld for parameter '%s' supplied: metric '%.*s' (value=%s%s). "
                     "Timestamp must be a nonnegative long (64-bit integer) ",
                     (long long)point->timestamp_ms, name_of(batch, "metrics", index, "timestamp", what),
                     STR_ARG(point->key), value, is_whole ? ".0" : "");
}

static enum status check_params(const struct run_batch *batch, struct arena *arena, struct error *err)
{
    struct map seen;
    map_init(&seen, arena, RUN_BATCH_PARAMS_MAX);
    for (size_t i = 0; i < batch->param_count; i++) {
        struct map_entry *entry;
        TRY(check_key(batch, "params", i, batch->params[i].key, err));
        TRY(map_insert(&seen, batch->params[i].key, &entry, err));
        if (entry->index++ > 0)
            return error_set(err, ERR_INVALID,
                             "Duplicate parameter keys have been submitted: ['%.*s']. Please ensure the "
                             "request contains only one param value per param key.",
                             STR_ARG(batch->params[i].key));
    }
    return OK;
}

static enum status check_batch(const struct run_batch *batch, struct arena *arena, struct error *err)
{
    TRY(check_count(batch->metric_count, RUN_BATCH_METRICS_MAX, "metrics", err));
    TRY(check_count(batch->param_count, RUN_BATCH_PARAMS_MAX, "params", err));
    TRY(check_count(batch->tag_count, RUN_BATCH_TAGS_MAX, "tags", err));
    TRY(check_count(batch->metric_count + batch->param_count + batch->tag_count, RUN_BATCH_ITEMS_MAX,
                    "metrics, params, and tags", err));
    for (size_t i = 0; i < batch->metric_count; i++)
        TRY(check_metric(batch, i, err));
    TRY(check_params(batch, arena, err));
    for (size_t i = 0; i < batch->tag_count; i++)
        TRY(check_key(batch, "tags", i, batch->tags[i].key, err));
    return OK;
}

/* ---- parameters ---- */

static enum status stored_param(struct meta *meta, int64_t run_no, str key, struct arena *arena, str *ret_value,
                                struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(META_QUERY(meta, &statement, err, "SELECT value FROM run_params WHERE run_no = ? AND key = ?",
                   meta_of_i64(run_no), meta_of_str(key)));
    bool has_row;
    TRY(meta_step(statement, &has_row, err));
    *ret_value = has_row ? meta_str(statement, 0, arena) : (str){ 0 };
    return OK;
}

/* How much of a value stands in a message. */
static int shown(str value)
{
    return (int)MIN_OF(value.size, (size_t)60);
}

static enum status refuse_param(const struct run_batch *batch, str run_id, str key, str stored, str value,
                                struct error *err)
{
    if (batch->is_single)
        return error_set(err, ERR_INVALID,
                         "Changing param values is not allowed. Param with key='%.*s' was already logged "
                         "with value='%.*s' for run ID='%.*s'. Attempted logging new value '%.*s'.",
                         shown(key), key.data, shown(stored), stored.data, STR_ARG(run_id), shown(value), value.data);
    return error_set(err, ERR_INVALID,
                     "Changing param values is not allowed. Params were already logged='[{'key': '%.*s', "
                     "'old_value': '%.*s', 'new_value': '%.*s'}]' for run ID='%.*s'.",
                     shown(key), key.data, shown(stored), stored.data, shown(value), value.data, STR_ARG(run_id));
}

struct log {
    const struct run_batch *batch;
    str run_id;
    struct arena *arena;
};

static enum status write_params(struct meta *meta, int64_t run_no, const struct log *log, struct error *err)
{
    for (size_t i = 0; i < log->batch->param_count; i++) {
        str key = log->batch->params[i].key, stored;
        str value = registry_cut(log->batch->params[i].value, REGISTRY_PARAM_VALUE_MAX);
        TRY(META_RUN(meta, err,
                     "INSERT INTO run_params (run_no, key, value) VALUES (?, ?, ?) "
                     "ON CONFLICT (run_no, key) DO NOTHING",
                     meta_of_i64(run_no), meta_of_str(key), meta_of_str(value)));
        if (meta_changes(meta) > 0)
            continue;
        TRY(stored_param(meta, run_no, key, log->arena, &stored, err));
        if (!str_equal(stored, value))
            return refuse_param(log->batch, log->run_id, key, stored, value, err);
    }
    return OK;
}

/* ---- metrics ---- */

/* The two statements of a point, prepared once a batch. */
struct metric_writer {
    struct meta *meta;
    struct meta_statement *point, *latest;
};

static void close_writer(struct metric_writer *writer)
{
    meta_finish(writer->point);
    meta_finish(writer->latest);
}

static enum status open_writer(struct meta *meta, struct metric_writer *writer, struct error *err)
{
    writer->meta = meta;
    TRY(meta_prepare(meta, "INSERT INTO metric_points (run_no, key, timestamp, step, value, is_nan, model_id, "
                     "dataset_name, dataset_digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                     &writer->point, err));
    return meta_prepare(meta, "INSERT INTO run_metrics (run_no, key, timestamp, step, value, is_nan, model_id, "
                        "dataset_name, dataset_digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (run_no, key) "
                        "DO UPDATE SET timestamp = excluded.timestamp, step = excluded.step, value = excluded.value, "
                        "is_nan = excluded.is_nan, model_id = excluded.model_id, dataset_name = excluded.dataset_name, "
                        "dataset_digest = excluded.dataset_digest WHERE (excluded.step, excluded.timestamp, "
                        "excluded.value) > (run_metrics.step, run_metrics.timestamp, run_metrics.value)",
                        &writer->latest, err);
}

/* Infinities become the largest doubles, NaN becomes 0 with a mark: so values compare and are unique. */
static double stored_value(double value)
{
    if (isnan(value))
        return 0;
    return isinf(value) ? copysign(DBL_MAX, value) : value;
}

static enum status insert_point(struct meta_statement *statement, int64_t run_no, const struct metric_point *point,
                                struct error *err)
{
    meta_reset(statement);
    meta_bind_i64(statement, 0, run_no);
    meta_bind_str(statement, 1, point->key);
    meta_bind_i64(statement, 2, point->timestamp_ms);
    meta_bind_i64(statement, 3, point->step);
    meta_bind_f64(statement, 4, stored_value(point->value));
    meta_bind_i64(statement, 5, isnan(point->value));
    meta_bind_str(statement, 6, point->model_id);
    meta_bind_str(statement, 7, point->dataset_name);
    meta_bind_str(statement, 8, point->dataset_digest);
    return meta_step(statement, NULL, err);
}

/* The point belongs to the model as well, also where the run has had it before: MLflow 3 sends it a second time, then
 * with the model. */
static enum status link_to_model(struct meta *meta, str run_id, const struct metric_point *point, struct error *err)
{
#define MODEL_POINT_COLUMNS "(model_id, key, dataset_name, dataset_digest, step, timestamp, value, is_nan, run_id)"
    struct meta_sql_value values[] = {
        meta_of_str(point->model_id),       meta_of_str(point->key),   meta_of_str(point->dataset_name),
        meta_of_str(point->dataset_digest), meta_of_i64(point->step),  meta_of_i64(point->timestamp_ms),
        meta_of_f64(stored_value(point->value)), meta_of_i64(isnan(point->value)), meta_of_str(run_id),
    };
    TRY(meta_run_values(meta, "INSERT INTO model_metric_points " MODEL_POINT_COLUMNS
                        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", values, COUNT(values), err));
    return meta_run_values(
        meta,
        "INSERT INTO model_metrics " MODEL_POINT_COLUMNS " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (model_id, key, dataset_name, dataset_digest) DO UPDATE SET step = excluded.step, "
        "timestamp = excluded.timestamp, value = excluded.value, is_nan = excluded.is_nan, "
        "run_id = excluded.run_id WHERE (excluded.step, excluded.timestamp, excluded.value) > "
        "(model_metrics.step, model_metrics.timestamp, model_metrics.value)",
        values, COUNT(values), err);
}

static bool is_later(const struct metric_point *a, const struct metric_point *b)
{
    if (a->step != b->step)
        return a->step > b->step;
    if (a->timestamp_ms != b->timestamp_ms)
        return a->timestamp_ms > b->timestamp_ms;
    return stored_value(a->value) > stored_value(b->value);
}

/* Keeps 1 + the index of the latest point of its key. */
static enum status note_latest(struct map *latest, const struct metric_point *points, size_t index, struct error *err)
{
    struct map_entry *entry;
    TRY(map_insert(latest, points[index].key, &entry, err));
    if (entry->index == 0 || is_later(&points[index], &points[entry->index - 1]))
        entry->index = index + 1;
    return OK;
}

static enum status write_metrics(struct meta *meta, int64_t run_no, const struct log *log, struct error *err)
{
    const struct run_batch *batch = log->batch;
    if (batch->metric_count == 0)
        return OK;
    CLEANUP(close_writer) struct metric_writer writer = { 0 };
    struct map latest; /* of each key, among the batch's own */
    map_init(&latest, log->arena, RUN_BATCH_METRICS_MAX);
    TRY(open_writer(meta, &writer, err));
    for (size_t i = 0; i < batch->metric_count; i++) {
        const struct metric_point *point = &batch->metrics[i];
        TRY(insert_point(writer.point, run_no, point, err));
        if (meta_changes(meta) > 0)
            TRY(note_latest(&latest, batch->metrics, i, err));
        if (!str_is_empty(point->model_id))
            TRY(link_to_model(meta, log->run_id, point, err));
    }
    for (size_t i = 0; i < latest.count; i++)
        TRY(insert_point(writer.latest, run_no, &batch->metrics[latest.entries[i].index - 1], err));
    return OK;
}

/* ---- tags ---- */

enum status run_put_tag(struct meta *meta, int64_t run_no, str key, str value, struct error *err)
{
    TRY(META_RUN(meta, err,
                 "INSERT INTO run_tags (run_no, key, value) VALUES (?, ?, ?) "
                 "ON CONFLICT (run_no, key) DO UPDATE SET value = excluded.value",
                 meta_of_i64(run_no), meta_of_str(key), meta_of_str(value)));
    if (!str_equal(key, STR(RUN_NAME_TAG)))
        return OK;
    return META_RUN(meta, err, "UPDATE runs SET run_name = ? WHERE run_no = ?", meta_of_str(value),
                    meta_of_i64(run_no));
}

static enum status write_log(struct meta *meta, void *self, struct error *err)
{
    const struct log *log = self;
    struct run_key run;
    TRY(run_find_active(meta, log->run_id, &run, err));
    TRY(write_params(meta, run.run_no, log, err));
    TRY(write_metrics(meta, run.run_no, log, err));
    for (size_t i = 0; i < log->batch->tag_count; i++)
        TRY(run_put_tag(meta, run.run_no, log->batch->tags[i].key,
                        registry_cut(log->batch->tags[i].value, REGISTRY_RUN_TAG_VALUE_MAX), err));
    return OK;
}

enum status run_log(struct registry *registry, str run_id, const struct run_batch *batch, struct error *err)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct log log = { batch, run_id, &arena };
    enum status status = check_batch(batch, &arena, err);
    if (status == OK)
        status = registry_change(registry, write_log, &log, err);
    arena_done(&arena);
    return status;
}

struct tag_change {
    str run_id, key;
};

static enum status drop_tag(struct meta *meta, void *self, struct error *err)
{
    const struct tag_change *change = self;
    struct run_key run;
    TRY(run_find_active(meta, change->run_id, &run, err));
    TRY(META_RUN(meta, err, "DELETE FROM run_tags WHERE run_no = ? AND key = ?", meta_of_i64(run.run_no),
                 meta_of_str(change->key)));
    if (meta_changes(meta) == 0)
        return error_set(err, ERR_NOT_FOUND, "No tag with name: %.*s in run with id %.*s",
                         (int)MIN_OF(change->key.size, (size_t)250), change->key.data, STR_ARG(change->run_id));
    return OK;
}

enum status run_delete_tag(struct registry *registry, str run_id, str key, struct error *err)
{
    struct tag_change change = { run_id, key };
    return registry_change(registry, drop_tag, &change, err);
}

/* ---- records of models (clients before MLflow 3) ---- */

#define HISTORY_TAG "mlflow.log-model.history"
#define HISTORY_BYTES_MAX ((size_t)16 << 20)

struct record {
    str run_id, model_json;
};

static enum status read_history(struct meta *meta, int64_t run_no, struct arena *arena, str *ret_list,
                                struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(META_QUERY(meta, &statement, err, "SELECT value FROM run_tags WHERE run_no = ? AND key = ?",
                   meta_of_i64(run_no), meta_of_str(STR(HISTORY_TAG))));
    bool has_row;
    TRY(meta_step(statement, &has_row, err));
    *ret_list = has_row ? str_trim(meta_str(statement, 0, arena)) : (str){ 0 };
    return OK;
}

static enum status append_record(struct meta *meta, const struct record *record, struct arena *arena, struct error *err)
{
    struct run_key run;
    str list;
    TRY(run_find_active(meta, record->run_id, &run, err));
    TRY(read_history(meta, run.run_no, arena, &list, err));
    bool is_list = str_has_prefix(list, STR("[")) && str_has_suffix(list, STR("]"));
    str inner = is_list ? str_trim(str_slice(list, 1, list.size - 1)) : (str){ 0 };
    if (inner.size + record->model_json.size > HISTORY_BYTES_MAX)
        return error_set(err, ERR_INVALID, "The run has logged too many models");
    str grown = arena_printf(arena, "[%.*s%s%.*s]", STR_ARG(inner), str_is_empty(inner) ? "" : ", ",
                             STR_ARG(record->model_json));
    return run_put_tag(meta, run.run_no, STR(HISTORY_TAG), grown, err);
}

static enum status add_record(struct meta *meta, void *self, struct error *err)
{
    struct arena arena;
    arena_init(&arena, 0);
    enum status status = append_record(meta, self, &arena, err);
    arena_done(&arena);
    return status;
}

enum status run_add_model_record(struct registry *registry, str run_id, str model_json, struct error *err)
{
    struct record record = { run_id, model_json };
    return registry_change(registry, add_record, &record, err);
}
