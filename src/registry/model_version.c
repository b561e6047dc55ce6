/* registry/model_version.c - changes of versions: creating, moving between stages, tags, deleting.
 * Reading: model_search.c. Where the files of a version are: model_location.c. */
#include "registry/model_version.h"

#include "registry/model_location.h"
#include "registry/model_rows.h"
#include "registry/pair_rows.h"

/* What any of the changes below needs; most use a part of it. */
struct version_change {
    struct registry *registry;
    str name, text, key, value;
    int64_t version;
    enum model_stage stage;
    bool archives_others;
    const struct model_version_source *from;
};

/* ---- stages ---- */

static const char *const stage_names[] = { "None", "Staging", "Production", "Archived" };

const char *model_stage_name(enum model_stage stage)
{
    return (size_t)stage < COUNT(stage_names) ? stage_names[stage] : stage_names[MODEL_STAGE_NONE];
}

enum status model_stage_parse(str text, enum model_stage *ret_stage, struct error *err)
{
    for (int stage = 0; stage < MODEL_STAGE_COUNT; stage++)
        if (str_equal_ignoring_case(text, str_of(stage_names[stage]))) {
            *ret_stage = (enum model_stage)stage;
            return OK;
        }
    return error_set(err, ERR_INVALID, "Invalid Model Version stage: %.*s. Value must be one of None, Staging, "
                                       "Production, Archived.", STR_ARG(str_slice(text, 0, 200)));
}

static enum status transition(struct meta *meta, void *self, struct error *err)
{
    const struct version_change *change = self;
    CLEANUP(meta_finish_slot) struct meta_statement *others = NULL;
    CLEANUP(meta_finish_slot) struct meta_statement *own = NULL;
    struct version_key key;
    int64_t now_ms = registry_now_ms(change->registry);
    TRY(model_version_key(meta, change->name, change->version, &key, err));
    if (change->archives_others) {
        TRY(meta_prepare(meta, "UPDATE model_versions SET stage = ?, updated_ms = ? WHERE model_no = ? AND stage = ? "
                         "AND version_no <> ?", &others, err));
        meta_bind_i64(others, 0, MODEL_STAGE_ARCHIVED);
        meta_bind_i64(others, 1, now_ms);
        meta_bind_i64(others, 2, key.model_no);
        meta_bind_i64(others, 3, change->stage);
        meta_bind_i64(others, 4, key.version_no);
        TRY(meta_step(others, NULL, err));
    }
    TRY(meta_prepare(meta, "UPDATE model_versions SET stage = ? WHERE version_no = ?", &own, err));
    meta_bind_i64(own, 0, change->stage);
    meta_bind_i64(own, 1, key.version_no);
    TRY(meta_step(own, NULL, err));
    return registered_model_touch(meta, key.model_no, key.version_no, now_ms, err);
}

enum status model_version_transition(struct registry *registry, str name, int64_t version, enum model_stage stage,
                                     bool archives_others, struct error *err)
{
    bool is_active = stage == MODEL_STAGE_STAGING || stage == MODEL_STAGE_PRODUCTION;
    if (archives_others && !is_active)
        return error_set(err, ERR_INVALID, "Model version transition cannot archive existing model versions because "
                                           "'%s' is not an Active stage. Valid stages are Staging, Production", model_stage_name(stage));
    struct version_change change = { .registry = registry, .name = name, .version = version, .stage = stage,
                                     .archives_others = archives_others };
    return registry_change_models(registry, transition, &change, err);
}

/* ---- creating ---- */

/* Counts on: what the model remembers is never below a version that it had. */
static enum status next_version(struct meta *meta, int64_t model_no, int64_t *ret_version, struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *count = NULL;
    CLEANUP(meta_finish_slot) struct meta_statement *read = NULL;
    bool has_row;
    TRY(meta_prepare(meta, "UPDATE registered_models SET last_version = last_version + 1 WHERE model_no = ?", &count,
                     err));
    meta_bind_i64(count, 0, model_no);
    TRY(meta_step(count, NULL, err));
    TRY(meta_prepare(meta, "SELECT last_version FROM registered_models WHERE model_no = ?", &read, err));
    meta_bind_i64(read, 0, model_no);
    TRY(meta_step(read, &has_row, err));
    *ret_version = meta_i64(read, 0);
    return OK;
}

static enum status insert_version(struct meta *meta, const struct version_change *change, int64_t model_no,
                                  const struct model_location_found *found, struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    const struct model_version_source *from = change->from;
    int64_t now_ms = registry_now_ms(change->registry);
    TRY(meta_prepare(meta, "INSERT INTO model_versions (model_no, version, created_ms, updated_ms, stage, "
                           "description, source, location, run_id, run_link, model_id) VALUES (?, ?, ?, ?, ?, ?, ?, "
                           "?, ?, ?, ?)", &statement, err));
    meta_bind_i64(statement, 0, model_no);
    meta_bind_i64(statement, 1, change->version);
    meta_bind_i64(statement, 2, now_ms);
    meta_bind_i64(statement, 3, now_ms);
    meta_bind_i64(statement, 4, MODEL_STAGE_NONE);
    meta_bind_str(statement, 5, from->description);
    meta_bind_str(statement, 6, from->source);
    meta_bind_str(statement, 7, found->location);
    meta_bind_str(statement, 8, str_is_empty(from->run_id) ? found->run_id : from->run_id);
    meta_bind_str(statement, 9, from->run_link);
    meta_bind_str(statement, 10, str_is_empty(from->model_id) ? found->model_id : from->model_id);
    return meta_step(statement, NULL, err);
}

/* A prompt is all in its tags; clients send a source that leads nowhere. */
static bool is_prompt(const struct model_version_source *from)
{
    for (size_t i = 0; i < from->tag_count; i++)
        if (str_equal(from->tags[i].key, STR(REGISTRY_PROMPT_TAG)) && str_equal(from->tags[i].value, STR("true")))
            return true;
    return false;
}

static enum status create_in(struct meta *meta, struct version_change *change, struct arena *arena, struct error *err)
{
    const struct model_version_source *from = change->from;
    struct model_location_found found = { .location = from->source };
    int64_t model_no;
    TRY(registered_model_no(meta, from->model_name, &model_no, err));
    if (!is_prompt(from))
        TRY(model_location_find(meta, from->source, from->model_id, arena, &found, err));
    TRY(next_version(meta, model_no, &change->version, err));
    TRY(insert_version(meta, change, model_no, &found, err));
    int64_t version_no = meta_last_id(meta);
    for (size_t i = 0; i < from->tag_count; i++)
        TRY(pair_rows_put(meta, "model_version_tags", version_no, from->tags[i].key, from->tags[i].value, err));
    return registered_model_touch(meta, model_no, 0, registry_now_ms(change->registry), err);
}

static enum status create(struct meta *meta, void *self, struct error *err)
{
    struct arena arena;
    arena_init(&arena, 0);
    enum status status = create_in(meta, self, &arena, err);
    arena_done(&arena);
    return status;
}

enum status model_version_create(struct registry *registry, const struct model_version_source *from,
                                 int64_t *ret_version, struct error *err)
{
    if (!is_prompt(from))
        TRY(model_location_check(from->source, err));
    for (size_t i = 0; i < from->tag_count; i++)
        TRY(registered_model_check_tag(from->tags[i].key, from->tags[i].value, err));
    struct version_change change = { .registry = registry, .from = from };
    TRY(registry_change_models(registry, create, &change, err));
    *ret_version = change.version;
    return OK;
}

/* ---- description ---- */

static enum status describe(struct meta *meta, void *self, struct error *err)
{
    const struct version_change *change = self;
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    struct version_key key;
    TRY(model_version_key(meta, change->name, change->version, &key, err));
    TRY(meta_prepare(meta, "UPDATE model_versions SET description = ? WHERE version_no = ?", &statement, err));
    meta_bind_str(statement, 0, change->text);
    meta_bind_i64(statement, 1, key.version_no);
    TRY(meta_step(statement, NULL, err));
    return registered_model_touch(meta, key.model_no, key.version_no, registry_now_ms(change->registry), err);
}

enum status model_version_describe(struct registry *registry, str name, int64_t version, str description,
                                   struct error *err)
{
    struct version_change change = { .registry = registry, .name = name, .version = version, .text = description };
    return registry_change_models(registry, describe, &change, err);
}

/* ---- deleting ---- */

static enum status delete_version(struct meta *meta, void *self, struct error *err)
{
    static const char *const statements[] = {
        "DELETE FROM model_aliases WHERE version_no = ?",
        "DELETE FROM model_version_tags WHERE owner_no = ?",
        "DELETE FROM model_versions WHERE version_no = ?",
    };
    const struct version_change *change = self;
    struct version_key key;
    TRY(model_version_key(meta, change->name, change->version, &key, err));
    for (size_t i = 0; i < COUNT(statements); i++) {
        CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
        TRY(meta_prepare(meta, statements[i], &statement, err));
        meta_bind_i64(statement, 0, key.version_no);
        TRY(meta_step(statement, NULL, err));
    }
    return registered_model_touch(meta, key.model_no, 0, registry_now_ms(change->registry), err);
}

enum status model_version_delete(struct registry *registry, str name, int64_t version, struct error *err)
{
    struct version_change change = { .registry = registry, .name = name, .version = version };
    return registry_change_models(registry, delete_version, &change, err);
}

/* ---- tags ---- */

static enum status set_tag(struct meta *meta, void *self, struct error *err)
{
    const struct version_change *change = self;
    struct version_key key;
    TRY(model_version_key(meta, change->name, change->version, &key, err));
    TRY(pair_rows_put(meta, "model_version_tags", key.version_no, change->key, change->value, err));
    return registered_model_touch(meta, key.model_no, key.version_no, registry_now_ms(change->registry), err);
}

enum status model_version_set_tag(struct registry *registry, str name, int64_t version, str key, str value,
                                  struct error *err)
{
    TRY(registered_model_check_tag(key, value, err));
    struct version_change change = { .registry = registry, .name = name, .version = version, .key = key,
                                     .value = value };
    return registry_change_models(registry, set_tag, &change, err);
}

static enum status delete_tag(struct meta *meta, void *self, struct error *err)
{
    const struct version_change *change = self;
    struct version_key key;
    bool was_there;
    TRY(model_version_key(meta, change->name, change->version, &key, err));
    return pair_rows_delete(meta, "model_version_tags", key.version_no, change->key, &was_there, err);
}

enum status model_version_delete_tag(struct registry *registry, str name, int64_t version, str key, struct error *err)
{
    struct version_change change = { .registry = registry, .name = name, .version = version, .key = key };
    return registry_change_models(registry, delete_tag, &change, err);
}
