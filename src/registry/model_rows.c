#include "registry/model_rows.h"

#include <string.h>

#include "registry/pair_rows.h"

/* ---- versions ---- */

struct model_version model_version_of(struct meta_statement *statement, struct arena *arena)
{
    return (struct model_version){
        .version_no = meta_i64(statement, 0),
        .model_name = meta_str(statement, 1, arena),
        .version = meta_i64(statement, 2),
        .created_ms = meta_i64(statement, 3),
        .updated_ms = meta_i64(statement, 4),
        .stage = (enum model_stage)meta_i64(statement, 5),
        .description = meta_str(statement, 6, arena),
        .source = meta_str(statement, 7, arena),
        .location = meta_str(statement, 8, arena),
        .run_id = meta_str(statement, 9, arena),
        .run_link = meta_str(statement, 10, arena),
        .model_id = meta_str(statement, 11, arena),
        .model_no = meta_i64(statement, 12),
    };
}

enum status model_version_rows(struct meta_statement *statement, struct arena *arena,
                               struct model_version **ret_versions, size_t *ret_count, struct error *err)
{
    CLEANUP(meta_rows_done) struct meta_rows rows = { .row_bytes = sizeof(struct model_version) };
    for (;;) {
        bool has_row;
        TRY(meta_step(statement, &has_row, err));
        if (!has_row)
            return meta_rows_move(&rows, arena, ret_versions, ret_count, err);
        struct model_version *version = meta_rows_add(&rows);
        if (version == NULL)
            return error_set(err, ERR_LIMIT, "no memory for a list of versions");
        *version = model_version_of(statement, arena);
    }
}

struct alias_row {
    int64_t version_no;
    str alias;
};

static enum status read_aliases(struct meta *reader, const int64_t *version_nos, size_t count, struct arena *arena,
                                struct meta_rows *rows, struct error *err)
{
    CLEANUP(meta_sql_done) struct meta_sql sql;
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    meta_sql_init(&sql, arena);
    meta_sql_add(&sql, "SELECT version_no, alias FROM model_aliases WHERE version_no IN ");
    meta_sql_list_i64(&sql, version_nos, count);
    meta_sql_add(&sql, " ORDER BY version_no, alias");
    TRY(meta_sql_prepare(&sql, reader, &statement, err));
    for (;;) {
        bool has_row;
        TRY(meta_step(statement, &has_row, err));
        if (!has_row)
            return OK;
        struct alias_row *row = meta_rows_add(rows);
        if (row == NULL)
            return error_set(err, ERR_LIMIT, "no memory for a list of aliases");
        *row = (struct alias_row){ meta_i64(statement, 0), meta_str(statement, 1, arena) };
    }
}

static enum status attach_aliases(struct meta *reader, struct model_version *versions, const int64_t *version_nos,
                                  size_t count, struct arena *arena, struct error *err)
{
    CLEANUP(meta_rows_done) struct meta_rows rows = { .row_bytes = sizeof(struct alias_row) };
    struct owner_place *places;
    for (size_t from = 0; from < count; from += OWNERS_A_STATEMENT)
        TRY(read_aliases(reader, version_nos + from, MIN_OF(count - from, OWNERS_A_STATEMENT), arena, &rows, err));
    TRY(owner_places(version_nos, count, arena, &places, err));
    str *aliases = arena_array(arena, str, MAX_OF(rows.count, (size_t)1));
    if (aliases == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu aliases", rows.count);
    const struct alias_row *row = rows.rows;
    for (size_t i = 0; i < rows.count; i++) {
        struct model_version *version = &versions[owner_place_find(places, count, row[i].version_no)];
        aliases[i] = row[i].alias;
        if (version->alias_count++ == 0)
            version->aliases = &aliases[i];
    }
    return OK;
}

enum status model_versions_complete(struct meta *reader, struct model_version *versions, size_t count,
                                    struct arena *arena, struct error *err)
{
    int64_t *version_nos = arena_array(arena, int64_t, MAX_OF(count, (size_t)1));
    struct registry_pairs *tags = arena_array(arena, struct registry_pairs, MAX_OF(count, (size_t)1));
    if (version_nos == NULL || tags == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu versions", count);
    for (size_t i = 0; i < count; i++)
        version_nos[i] = versions[i].version_no;
    TRY(pair_rows_read(reader, "model_version_tags", version_nos, count, arena, tags, err));
    for (size_t i = 0; i < count; i++) {
        versions[i].tags = tags[i].pairs;
        versions[i].tag_count = tags[i].count;
    }
    return attach_aliases(reader, versions, version_nos, count, arena, err);
}

/* ---- keys ---- */

enum status registered_model_no(struct meta *meta, str name, int64_t *ret_model_no, struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    bool has_row;
    TRY(meta_prepare(meta, "SELECT model_no FROM registered_models WHERE name = ?", &statement, err));
    meta_bind_str(statement, 0, name);
    TRY(meta_step(statement, &has_row, err));
    if (!has_row)
        return error_set(err, ERR_NOT_FOUND, "Registered Model with name=%.*s not found", STR_ARG(name));
    *ret_model_no = meta_i64(statement, 0);
    return OK;
}

enum status model_version_key(struct meta *meta, str name, int64_t version, struct version_key *ret_key,
                              struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    bool has_row;
    int64_t model_no;
    TRY(registered_model_no(meta, name, &model_no, err));
    TRY(meta_prepare(meta, "SELECT version_no FROM model_versions WHERE model_no = ? AND version = ?", &statement, err));
    meta_bind_i64(statement, 0, model_no);
    meta_bind_i64(statement, 1, version);
    TRY(meta_step(statement, &has_row, err));
    if (!has_row)
        return error_set(err, ERR_NOT_FOUND, "Model Version (name=%.*s, version=%lld) not found", STR_ARG(name),
                         (long long)version);
    *ret_key = (struct version_key){ model_no, meta_i64(statement, 0) };
    return OK;
}

/* ---- changes ---- */

enum status registered_model_touch(struct meta *meta, int64_t model_no, int64_t version_no, int64_t now_ms,
                                   struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *model = NULL;
    CLEANUP(meta_finish_slot) struct meta_statement *version = NULL;
    TRY(meta_prepare(meta, "UPDATE registered_models SET updated_ms = ? WHERE model_no = ?", &model, err));
    meta_bind_i64(model, 0, now_ms);
    meta_bind_i64(model, 1, model_no);
    TRY(meta_step(model, NULL, err));
    if (version_no == 0)
        return OK;
    TRY(meta_prepare(meta, "UPDATE model_versions SET updated_ms = ? WHERE version_no = ?", &version, err));
    meta_bind_i64(version, 0, now_ms);
    meta_bind_i64(version, 1, version_no);
    return meta_step(version, NULL, err);
}

enum status registered_model_check_tag(str key, str value, struct error *err)
{
    TRY(registry_check_key("key", key, err));
    return registry_check_length("value", value, REGISTERED_MODEL_TAG_VALUE_MAX, err);
}

enum status registry_change_models(struct registry *registry, meta_change_fn *change, void *self, struct error *err)
{
    TRY(meta_change(registry->meta, change, self, err));
    atomic_fetch_add_explicit(&registry->revision, 1, memory_order_release);
    return OK;
}

uint64_t registry_revision(const struct registry *registry)
{
    return atomic_load_explicit(&registry->revision, memory_order_acquire) + 1;
}
