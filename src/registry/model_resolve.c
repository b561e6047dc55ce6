/* registry/model_resolve.c - one version: by number, stage, alias, or the newest. */
#include "registry/model_rows.h"

/* What stands behind WHERE m.name = ?, and the one value it has. */
struct pick {
    const char *condition;
    bool has_number, has_text;
    int64_t number;
    str text;
};

/* The first row of the pick; false without an error where there is none. */
static enum status read_pick(struct meta *reader, str name, const struct pick *pick, struct arena *arena,
                             struct model_version *ret_version, bool *ret_is_there, struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(meta_prepare(reader, pick->condition, &statement, err));
    meta_bind_str(statement, 0, name);
    if (pick->has_number)
        meta_bind_i64(statement, 1, pick->number);
    if (pick->has_text)
        meta_bind_str(statement, 1, pick->text);
    TRY(meta_step(statement, ret_is_there, err));
    if (*ret_is_there)
        *ret_version = model_version_of(statement, arena);
    return OK;
}

/* `is_complete`: with tags and aliases. `ret_is_there` false: the model is there, what was picked of it is not. */
static enum status resolve(struct registry *registry, str name, const struct pick *pick, bool is_complete,
                           struct arena *arena, struct model_version *ret_version, bool *ret_is_there, struct error *err)
{
    CLEANUP(meta_read_end_slot) struct meta *reader = NULL;
    int64_t model_no;
    TRY(meta_read_begin(registry->meta, &reader, err));
    TRY(read_pick(reader, name, pick, arena, ret_version, ret_is_there, err));
    if (!*ret_is_there)
        return registered_model_no(reader, name, &model_no, err);
    return is_complete ? model_versions_complete(reader, ret_version, 1, arena, err) : OK;
}

static enum status resolve_version(struct registry *registry, str name, int64_t version, bool is_complete,
                                   struct arena *arena, struct model_version *ret_version, struct error *err)
{
    struct pick pick = { .condition = VERSION_ROWS "WHERE m.name = ? AND v.version = ?", .has_number = true,
                         .number = version };
    bool is_there;
    enum status status = resolve(registry, name, &pick, is_complete, arena, ret_version, &is_there, err);
    if (status != OK || is_there)
        return status;
    return error_set(err, ERR_NOT_FOUND, "Model Version (name=%.*s, version=%lld) not found", STR_ARG(name),
                     (long long)version);
}

enum status model_version_get(struct registry *registry, str name, int64_t version, struct arena *arena,
                              struct model_version *ret_version, struct error *err)
{
    return resolve_version(registry, name, version, true, arena, ret_version, err);
}

enum status registry_resolve_version(struct registry *registry, str name, int64_t version, struct arena *arena,
                                     struct model_version *ret_version, struct error *err)
{
    return resolve_version(registry, name, version, false, arena, ret_version, err);
}

enum status registry_resolve_stage(struct registry *registry, str name, enum model_stage stage, struct arena *arena,
                                   struct model_version *ret_version, struct error *err)
{
    struct pick pick = { .condition = VERSION_ROWS "WHERE m.name = ? AND v.stage = ? ORDER BY v.version DESC LIMIT 1",
                         .has_number = true, .number = stage };
    bool is_there;
    TRY(resolve(registry, name, &pick, false, arena, ret_version, &is_there, err));
    return is_there ? OK
                    : error_set(err, ERR_NOT_FOUND, "No version of model \"%.*s\" is in stage %s", STR_ARG(name),
                                model_stage_name(stage));
}

enum status registry_resolve_newest(struct registry *registry, str name, struct arena *arena,
                                    struct model_version *ret_version, struct error *err)
{
    struct pick pick = { .condition = VERSION_ROWS "WHERE m.name = ? ORDER BY v.version DESC LIMIT 1" };
    bool is_there;
    TRY(resolve(registry, name, &pick, false, arena, ret_version, &is_there, err));
    return is_there ? OK : error_set(err, ERR_NOT_FOUND, "Model \"%.*s\" has no version", STR_ARG(name));
}

enum status registry_resolve_alias(struct registry *registry, str name, str alias, struct arena *arena,
                                   struct model_version *ret_version, struct error *err)
{
    if (str_equal_ignoring_case(alias, STR("latest")))
        return registry_resolve_newest(registry, name, arena, ret_version, err);
    struct pick pick = { .condition = VERSION_ROWS "JOIN model_aliases a ON a.version_no = v.version_no WHERE m.name "
                                                   "= ? AND a.alias = ?",
                         .has_text = true, .text = alias };
    bool is_there;
    TRY(resolve(registry, name, &pick, false, arena, ret_version, &is_there, err));
    return is_there ? OK : error_set(err, ERR_NOT_FOUND, "Registered model alias %.*s not found.", STR_ARG(alias));
}
