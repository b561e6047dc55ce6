/* registry/logged_model.c - making, reading and changing logged models. Searching: logged_model_search.c. */
#include "registry/logged_model.h"

#include "registry/experiment_rows.h"
#include "registry/logged_model_rows.h"
#include "registry/model_rows.h"
#include "registry/pair_rows.h"

/* What any of the changes below needs; most use a part of it. */
struct logged_change {
    struct registry *registry;
    const struct logged_model_source *from;
    struct arena *arena;
    str model_id, name, key;
    enum logged_model_status status;
    const struct registry_pair *pairs;
    size_t pair_count;
};

static const char *const status_names[] = {
    [LOGGED_MODEL_PENDING] = "LOGGED_MODEL_PENDING",
    [LOGGED_MODEL_READY] = "LOGGED_MODEL_READY",
    [LOGGED_MODEL_UPLOAD_FAILED] = "LOGGED_MODEL_UPLOAD_FAILED",
};

const char *logged_model_status_name(enum logged_model_status status)
{
    bool is_known = (size_t)status < COUNT(status_names) && status_names[status] != NULL;
    return is_known ? status_names[status] : "LOGGED_MODEL_STATUS_UNSPECIFIED";
}

/* ---- checks ---- */

static enum status check_name(str name, struct error *err)
{
    static const str bad = { "/:.%\"'", 6 };
    bool is_valid = str_is_utf8(name, NULL);
    for (size_t i = 0; i < name.size; i++)
        is_valid = is_valid && str_find(bad, name.data[i]) == bad.size && name.data[i] != '\0';
    if (!is_valid)
        return error_set(err, ERR_INVALID, "Invalid model name (%.*s) provided. Model name must be a non-empty "
                                           "string and cannot contain the following characters: ('/', ':', '.', "
                                           "'%%', '\"', \"'\")",
                         STR_ARG(str_slice(name, 0, 200)));
    return registry_check_length("name", name, LOGGED_MODEL_NAME_MAX, err);
}

static enum status check_tags(const struct registry_pair *tags, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        TRY(registered_model_check_tag(tags[i].key, tags[i].value, err));
    return OK;
}

static enum status check_params(const struct registry_pair *params, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        TRY(registry_check_key("key", params[i].key, err));
    return OK;
}

/* The key of one that is not deleted. */
static enum status find_no(struct meta *meta, str model_id, int64_t *ret_model_no, struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    bool has_row;
    TRY(META_QUERY(meta, &statement, err, "SELECT model_no FROM logged_models WHERE model_id = ? AND is_deleted = 0",
                   meta_of_str(model_id)));
    TRY(meta_step(statement, &has_row, err));
    if (!has_row)
        return error_set(err, ERR_NOT_FOUND, "Logged model with ID '%.*s' not found.", STR_ARG(model_id));
    *ret_model_no = meta_i64(statement, 0);
    return OK;
}

static enum status touch(struct meta *meta, const struct logged_change *change, int64_t model_no, struct error *err)
{
    return META_RUN(meta, err, "UPDATE logged_models SET updated_ms = ? WHERE model_no = ?",
                    meta_of_i64(registry_now_ms(change->registry)), meta_of_i64(model_no));
}

/* ---- parameters ---- */

/* Written once: the same again is fine. */
static enum status add_param(struct meta *meta, int64_t model_no, const struct registry_pair *param,
                             struct arena *arena,
                             struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    str value = registry_cut(param->value, REGISTRY_PARAM_VALUE_MAX);
    bool has_row;
    TRY(META_QUERY(meta, &statement, err, "SELECT value FROM logged_model_params WHERE owner_no = ? AND key = ?",
                   meta_of_i64(model_no), meta_of_str(param->key)));
    TRY(meta_step(statement, &has_row, err));
    if (!has_row)
        return pair_rows_put(meta, "logged_model_params", model_no, param->key, value, err);
    str old = meta_str(statement, 0, arena);
    if (str_equal(old, value))
        return OK;
    return error_set(err, ERR_INVALID, "Changing param values is not allowed. Param with key='%.*s' was already "
                                       "logged with value='%.*s'. Attempted logging new value '%.*s'.", STR_ARG(param->key),
                     STR_ARG(str_slice(old, 0, 100)), STR_ARG(str_slice(value, 0, 100)));
}

static enum status add_params(struct meta *meta, int64_t model_no, const struct registry_pair *params, size_t count,
                              struct error *err)
{
    struct arena arena;
    enum status status = OK;
    arena_init(&arena, 0);
    for (size_t i = 0; i < count && status == OK; i++)
        status = add_param(meta, model_no, &params[i], &arena, err);
    arena_done(&arena);
    return status;
}

static enum status add_params_to(struct meta *meta, void *self, struct error *err)
{
    const struct logged_change *change = self;
    int64_t model_no = 0;
    TRY(find_no(meta, change->model_id, &model_no, err));
    return add_params(meta, model_no, change->pairs, change->pair_count, err);
}

enum status logged_model_add_params(struct registry *registry, str model_id, const struct registry_pair *params,
                                    size_t count, struct error *err)
{
    TRY(check_params(params, count, err));
    struct logged_change change = { .registry = registry, .model_id = model_id, .pairs = params, .pair_count = count };
    return registry_change(registry, add_params_to, &change, err);
}

/* ---- making ---- */

static enum status create(struct meta *meta, void *self, struct error *err)
{
    const struct logged_change *change = self;
    const struct logged_model_source *from = change->from;
    struct experiment experiment;
    TRY(experiment_find_active(meta, from->experiment_id, change->arena, &experiment, err));
    str root = experiment.artifact_location;
    str uri = arena_printf(change->arena, "%.*s/models/%.*s/artifacts", STR_ARG(root), STR_ARG(change->model_id));
    int64_t now_ms = registry_now_ms(change->registry);
    TRY(META_RUN(meta, err,
                 "INSERT INTO logged_models (model_id, experiment_id, name, model_type, source_run_id, artifact_uri, "
                 "status, "
                 "status_message, created_ms, updated_ms, is_deleted) VALUES (?, ?, ?, ?, ?, ?, ?, '', ?, ?, 0)",
                 meta_of_str(change->model_id), meta_of_i64(from->experiment_id), meta_of_str(change->name),
                 meta_of_str(from->model_type), meta_of_str(from->source_run_id), meta_of_str(uri),
                 meta_of_i64(LOGGED_MODEL_PENDING), meta_of_i64(now_ms), meta_of_i64(now_ms)));
    int64_t model_no = meta_last_id(meta);
    for (size_t i = 0; i < from->tag_count; i++)
        TRY(pair_rows_put(meta, "logged_model_tags", model_no, from->tags[i].key, from->tags[i].value, err));
    return add_params(meta, model_no, from->params, from->param_count, err);
}

enum status logged_model_create(struct registry *registry, const struct logged_model_source *from, struct arena *arena,
                                str *ret_model_id, struct error *err)
{
    TRY(check_name(from->name, err));
    TRY(check_tags(from->tags, from->tag_count, err));
    TRY(check_params(from->params, from->param_count, err));
    struct logged_change change = {
        .registry = registry,
        .from = from,
        .arena = arena,
        .model_id = registry_make_id("m-", arena),
        .name = str_is_empty(from->name) ? registry_make_name(arena) : from->name,
    };
    TRY(registry_change(registry, create, &change, err));
    *ret_model_id = change.model_id;
    return OK;
}

/* ---- reading ---- */

enum status logged_model_get(struct registry *registry, str model_id, bool sees_deleted, struct arena *arena,
                             struct logged_model *ret_model, struct error *err)
{
    CLEANUP(meta_read_end_slot) struct meta *reader = NULL;
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    struct logged_model *models;
    size_t count;
    TRY(meta_read_begin(registry->meta, &reader, err));
    TRY(META_QUERY(reader, &statement, err,
                   "SELECT " LOGGED_MODEL_COLUMNS " FROM logged_models m WHERE m.model_id = ? AND m.is_deleted <= ?",
                   meta_of_str(model_id), meta_of_i64(sees_deleted)));
    TRY(logged_model_rows(statement, arena, &models, &count, err));
    if (count == 0)
        return error_set(err, ERR_NOT_FOUND, "Logged model with ID '%.*s' not found.", STR_ARG(model_id));
    TRY(logged_models_complete(reader, models, 1, arena, err));
    *ret_model = models[0];
    return OK;
}

/* ---- changing ---- */

static enum status set_status(struct meta *meta, void *self, struct error *err)
{
    const struct logged_change *change = self;
    int64_t model_no = 0;
    TRY(find_no(meta, change->model_id, &model_no, err));
    TRY(META_RUN(meta, err, "UPDATE logged_models SET status = ? WHERE model_no = ?", meta_of_i64(change->status),
                 meta_of_i64(model_no)));
    return touch(meta, change, model_no, err);
}

enum status logged_model_set_status(struct registry *registry, str model_id, enum logged_model_status status,
                                    struct error *err)
{
    struct logged_change change = { .registry = registry, .model_id = model_id, .status = status };
    return registry_change(registry, set_status, &change, err);
}

static enum status set_tags(struct meta *meta, void *self, struct error *err)
{
    const struct logged_change *change = self;
    int64_t model_no = 0;
    TRY(find_no(meta, change->model_id, &model_no, err));
    for (size_t i = 0; i < change->pair_count; i++)
        TRY(pair_rows_put(meta, "logged_model_tags", model_no, change->pairs[i].key, change->pairs[i].value, err));
    return touch(meta, change, model_no, err);
}

enum status logged_model_set_tags(struct registry *registry, str model_id, const struct registry_pair *tags,
                                  size_t count, struct error *err)
{
    TRY(check_tags(tags, count, err));
    struct logged_change change = { .registry = registry, .model_id = model_id, .pairs = tags, .pair_count = count };
    return registry_change(registry, set_tags, &change, err);
}

static enum status delete_tag(struct meta *meta, void *self, struct error *err)
{
    const struct logged_change *change = self;
    int64_t model_no = 0;
    bool was_there;
    TRY(find_no(meta, change->model_id, &model_no, err));
    TRY(pair_rows_delete(meta, "logged_model_tags", model_no, change->key, &was_there, err));
    if (!was_there)
        return error_set(err, ERR_NOT_FOUND, "No tag with key '%.*s' found for model with ID '%.*s'.",
                         STR_ARG(str_slice(change->key, 0, 250)), STR_ARG(change->model_id));
    return touch(meta, change, model_no, err);
}

enum status logged_model_delete_tag(struct registry *registry, str model_id, str key, struct error *err)
{
    struct logged_change change = { .registry = registry, .model_id = model_id, .key = key };
    return registry_change(registry, delete_tag, &change, err);
}

static enum status delete_model(struct meta *meta, void *self, struct error *err)
{
    const struct logged_change *change = self;
    int64_t model_no = 0;
    TRY(find_no(meta, change->model_id, &model_no, err));
    TRY(META_RUN(meta, err, "UPDATE logged_models SET is_deleted = 1 WHERE model_no = ?", meta_of_i64(model_no)));
    return touch(meta, change, model_no, err);
}

enum status logged_model_delete(struct registry *registry, str model_id, struct error *err)
{
    struct logged_change change = { .registry = registry, .model_id = model_id };
    return registry_change(registry, delete_model, &change, err);
}
