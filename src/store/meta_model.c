/* store/meta_model.c - models, the references of models, and when schedules ran. */
#include "store/meta_db.h"

/* ---- models ---- */

static enum status put_model(struct meta *meta, const struct meta_model *model, struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(meta_prepare(meta, "INSERT INTO models (name, schema_json, created_us) VALUES (?, ?, ?) "
                     "ON CONFLICT (name) DO UPDATE SET schema_json = excluded.schema_json", &statement, err));
    meta_bind_str(statement, 0, model->name);
    meta_bind_str(statement, 1, model->schema_json);
    meta_bind_i64(statement, 2, model->created_us);
    return meta_step(statement, NULL, err);
}

enum status meta_model_put(struct meta *meta, const struct meta_model *model, struct error *err)
{
    TRY(meta_check_name("model", model->name, err));
    META_LOCKED(meta, put_model(meta, model, err));
}

static struct meta_model read_model(struct meta_statement *statement, struct arena *arena)
{
    return (struct meta_model){ meta_str(statement, 0, arena), meta_str(statement, 1, arena), meta_i64(statement, 2) };
}

static enum status get_model(struct meta *meta, str name, struct arena *arena, struct meta_model *ret_model,
                             struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(meta_prepare(meta, "SELECT name, schema_json, created_us FROM models WHERE name = ?", &statement, err));
    meta_bind_str(statement, 0, name);
    bool has_row;
    TRY(meta_step(statement, &has_row, err));
    if (!has_row)
        return error_set(err, ERR_NOT_FOUND, "there is no model \"%.*s\"", STR_ARG(name));
    *ret_model = read_model(statement, arena);
    return OK;
}

enum status meta_model_get(struct meta *meta, str name, struct arena *arena, struct meta_model *ret_model,
                           struct error *err)
{
    META_LOCKED(meta, get_model(meta, name, arena, ret_model, err));
}

static enum status list_models(struct meta *meta, struct arena *arena, struct meta_model **ret_models,
                               size_t *ret_count,
                               struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    CLEANUP(meta_rows_done) struct meta_rows rows = { .row_bytes = sizeof(struct meta_model) };
    TRY(meta_prepare(meta, "SELECT name, schema_json, created_us FROM models ORDER BY name", &statement, err));
    for (;;) {
        bool has_row;
        TRY(meta_step(statement, &has_row, err));
        if (!has_row)
            return meta_rows_move(&rows, arena, ret_models, ret_count, err);
        struct meta_model *model = meta_rows_add(&rows);
        if (model == NULL)
            return error_set(err, ERR_LIMIT, "no memory for the list of models");
        *model = read_model(statement, arena);
    }
}

enum status meta_model_list(struct meta *meta, struct arena *arena, struct meta_model **ret_models, size_t *ret_count,
                            struct error *err)
{
    META_LOCKED(meta, list_models(meta, arena, ret_models, ret_count, err));
}

/* ---- references ---- */

#define REFERENCE_COLUMNS "model_name, version, created_us, row_count, column_count, file_name, content_hash, origin"

static struct meta_reference read_reference(struct meta_statement *statement, struct arena *arena)
{
    return (struct meta_reference){
        .model_name = meta_str(statement, 0, arena),
        .version = meta_i64(statement, 1),
        .created_us = meta_i64(statement, 2),
        .rows = (uint64_t)meta_i64(statement, 3),
        .column_count = (size_t)meta_i64(statement, 4),
        .file_name = meta_str(statement, 5, arena),
        .content_hash = meta_str(statement, 6, arena),
        .origin = meta_str(statement, 7, arena),
    };
}

static enum status next_version(struct meta *meta, str model_name, int64_t *ret_version, struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(meta_prepare(meta, "SELECT coalesce(max(version), 0) + 1 FROM model_references WHERE model_name = ?",
                     &statement,
                     err));
    meta_bind_str(statement, 0, model_name);
    bool has_row;
    TRY(meta_step(statement, &has_row, err));
    *ret_version = has_row ? meta_i64(statement, 0) : 1;
    return OK;
}

static enum status insert_reference(struct meta *meta, const struct meta_reference *reference, int64_t *ret_version,
                                    struct error *err)
{
    int64_t version;
    TRY(next_version(meta, reference->model_name, &version, err));
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(meta_prepare(meta, "INSERT INTO model_references (" REFERENCE_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                     &statement, err));
    meta_bind_str(statement, 0, reference->model_name);
    meta_bind_i64(statement, 1, version);
    meta_bind_i64(statement, 2, reference->created_us);
    meta_bind_i64(statement, 3, (int64_t)reference->rows);
    meta_bind_i64(statement, 4, (int64_t)reference->column_count);
    meta_bind_str(statement, 5, reference->file_name);
    meta_bind_str(statement, 6, reference->content_hash);
    meta_bind_str(statement, 7, reference->origin);
    TRY(meta_step(statement, NULL, err));
    *ret_version = version;
    return OK;
}

static enum status add_reference(struct meta *meta, const struct meta_reference *reference, int64_t *ret_version,
                                 struct error *err)
{
    TRY(meta_begin(meta, err));
    return meta_end(meta, insert_reference(meta, reference, ret_version, err), err);
}

enum status meta_reference_add(struct meta *meta, const struct meta_reference *reference, int64_t *ret_version,
                               struct error *err)
{
    TRY(meta_check_name("model", reference->model_name, err));
    META_LOCKED(meta, add_reference(meta, reference, ret_version, err));
}

static enum status get_reference(struct meta *meta, str model_name, int64_t version, struct arena *arena,
                                 struct meta_reference *ret_reference, struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(meta_prepare(meta,
                     "SELECT " REFERENCE_COLUMNS " FROM model_references WHERE model_name = ? AND "
                     "(version = ? OR ? = 0) ORDER BY version DESC LIMIT 1", &statement, err));
    meta_bind_str(statement, 0, model_name);
    meta_bind_i64(statement, 1, version);
    meta_bind_i64(statement, 2, version);
    bool has_row;
    TRY(meta_step(statement, &has_row, err));
    if (!has_row && version == 0)
        return error_set(err, ERR_NOT_FOUND, "the model \"%.*s\" has no reference", STR_ARG(model_name));
    if (!has_row)
        return error_set(err, ERR_NOT_FOUND, "the model \"%.*s\" has no reference of version %lld", STR_ARG(model_name),
                         (long long)version);
    *ret_reference = read_reference(statement, arena);
    return OK;
}

enum status meta_reference_get(struct meta *meta, str model_name, int64_t version, struct arena *arena,
                               struct meta_reference *ret_reference, struct error *err)
{
    META_LOCKED(meta, get_reference(meta, model_name, version, arena, ret_reference, err));
}

static enum status list_references(struct meta *meta, str model_name, struct arena *arena,
                                   struct meta_reference **ret_references, size_t *ret_count, struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    CLEANUP(meta_rows_done) struct meta_rows rows = { .row_bytes = sizeof(struct meta_reference) };
    TRY(meta_prepare(meta, "SELECT " REFERENCE_COLUMNS " FROM model_references WHERE model_name = ? OR ? = '' "
                     "ORDER BY model_name, version DESC", &statement, err));
    meta_bind_str(statement, 0, model_name);
    meta_bind_str(statement, 1, model_name);
    for (;;) {
        bool has_row;
        TRY(meta_step(statement, &has_row, err));
        if (!has_row)
            return meta_rows_move(&rows, arena, ret_references, ret_count, err);
        struct meta_reference *reference = meta_rows_add(&rows);
        if (reference == NULL)
            return error_set(err, ERR_LIMIT, "no memory for the list of references");
        *reference = read_reference(statement, arena);
    }
}

enum status meta_reference_list(struct meta *meta, str model_name, struct arena *arena,
                                struct meta_reference **ret_references, size_t *ret_count, struct error *err)
{
    META_LOCKED(meta, list_references(meta, model_name, arena, ret_references, ret_count, err));
}

/* ---- schedules ---- */

static enum status get_schedule(struct meta *meta, str name, struct meta_schedule *ret_schedule, struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(meta_prepare(meta, "SELECT last_run_us, last_rows FROM schedules WHERE name = ?", &statement, err));
    meta_bind_str(statement, 0, name);
    bool has_row;
    TRY(meta_step(statement, &has_row, err));
    *ret_schedule = (struct meta_schedule){ 0 };
    if (has_row)
        *ret_schedule = (struct meta_schedule){ meta_i64(statement, 0), (uint64_t)meta_i64(statement, 1) };
    return OK;
}

enum status meta_schedule_get(struct meta *meta, str name, struct meta_schedule *ret_schedule, struct error *err)
{
    META_LOCKED(meta, get_schedule(meta, name, ret_schedule, err));
}

static enum status put_schedule(struct meta *meta, str name, const struct meta_schedule *schedule, struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(meta_prepare(meta, "INSERT INTO schedules (name, last_run_us, last_rows) VALUES (?, ?, ?) ON CONFLICT (name) "
                     "DO UPDATE SET last_run_us = excluded.last_run_us, last_rows = excluded.last_rows", &statement,
                         err));
    meta_bind_str(statement, 0, name);
    meta_bind_i64(statement, 1, schedule->last_run_us);
    meta_bind_i64(statement, 2, (int64_t)schedule->last_rows);
    return meta_step(statement, NULL, err);
}

enum status meta_schedule_put(struct meta *meta, str name, const struct meta_schedule *schedule, struct error *err)
{
    TRY(meta_check_name("schedule", name, err));
    META_LOCKED(meta, put_schedule(meta, name, schedule, err));
}
