#include "registry/model_location.h"

#include "base/number.h"
#include "net/http_url.h"
#include "registry/model_rows.h"

/* ---- what is refused ---- */

static bool is_local(str source)
{
    size_t colon = str_find(source, ':');
    bool has_scheme = colon > 1 && colon < source.size; /* one letter is a drive */
    for (size_t i = 0; has_scheme && i < colon; i++) {
        char c = source.data[i];
        has_scheme = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    }
    return !has_scheme || str_equal_ignoring_case(str_slice(source, 0, colon), STR("file"));
}

enum status model_location_check(str source, struct error *err)
{
    str shown = str_slice(source, 0, 200);
    if (is_local(source))
        return error_set(err, ERR_INVALID, "Invalid model version source: '%.*s'. To use a local path as a model "
                                           "version source, upload its files as artifacts of a run and name those: "
                                           "this server reads no files of its machine.",
                         STR_ARG(shown));
    if (http_path_climbs(source))
        return error_set(err, ERR_INVALID, "Invalid model version source: '%.*s'. It must be an absolute URI without "
                                           "relative path references.", STR_ARG(shown));
    return OK;
}

/* ---- what it stands for ---- */

static enum status find_logged_model(struct meta *meta, str model_id, struct arena *arena,
                                     struct model_location_found *ret_found, struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    bool has_row;
    TRY(meta_prepare(meta, "SELECT artifact_uri, source_run_id FROM logged_models WHERE model_id = ? AND is_deleted "
                           "= 0",
                     &statement, err));
    meta_bind_str(statement, 0, model_id);
    TRY(meta_step(statement, &has_row, err));
    if (!has_row)
        return error_set(err, ERR_NOT_FOUND, "Logged model with ID '%.*s' not found.", STR_ARG(model_id));
    *ret_found = (struct model_location_found){ meta_str(statement, 0, arena), meta_str(statement, 1, arena), model_id };
    return OK;
}

static enum status find_run(struct meta *meta, str rest, struct arena *arena, struct model_location_found *ret_found,
                            struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    str run_id = str_slice(rest, 0, str_find(rest, '/')), path = str_slice(rest, run_id.size, rest.size);
    bool has_row;
    TRY(meta_prepare(meta, "SELECT artifact_uri FROM runs WHERE run_id = ?", &statement, err));
    meta_bind_str(statement, 0, run_id);
    TRY(meta_step(statement, &has_row, err));
    if (!has_row)
        return error_set(err, ERR_NOT_FOUND, "Run with id=%.*s not found", STR_ARG(run_id));
    str root = meta_str(statement, 0, arena);
    *ret_found = (struct model_location_found){ arena_printf(arena, "%.*s%.*s", STR_ARG(root), STR_ARG(path)), run_id,
                                                STR("") };
    return OK;
}

static enum status take_version(struct meta_statement *statement, str source, struct arena *arena,
                                struct model_location_found *ret_found, struct error *err)
{
    bool has_row;
    TRY(meta_step(statement, &has_row, err));
    if (!has_row)
        return error_set(err, ERR_NOT_FOUND, "Model Version (models:/%.*s) not found", STR_ARG(source));
    struct model_version row = model_version_of(statement, arena);
    *ret_found = (struct model_location_found){ row.location, row.run_id, row.model_id };
    return OK;
}

static enum status find_version(struct meta *meta, str rest, struct arena *arena,
                                struct model_location_found *ret_found, struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    size_t slash = str_find(rest, '/');
    int64_t version;
    if (!number_parse_i64(str_slice(rest, slash + 1, rest.size), &version))
        return error_set(err, ERR_INVALID, "Invalid model version source: 'models:/%.*s'. Its version is no number.",
                         STR_ARG(str_slice(rest, 0, 200)));
    TRY(meta_prepare(meta, VERSION_ROWS "WHERE m.name = ? AND v.version = ?", &statement, err));
    meta_bind_str(statement, 0, str_slice(rest, 0, slash));
    meta_bind_i64(statement, 1, version);
    return take_version(statement, rest, arena, ret_found, err);
}

static enum status find_alias(struct meta *meta, str rest, struct arena *arena, struct model_location_found *ret_found,
                              struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    size_t at = str_find(rest, '@');
    TRY(meta_prepare(meta, VERSION_ROWS "JOIN model_aliases a ON a.version_no = v.version_no WHERE m.name = ? "
                     "AND a.alias = ?", &statement, err));
    meta_bind_str(statement, 0, str_slice(rest, 0, at));
    meta_bind_str(statement, 1, str_slice(rest, at + 1, rest.size));
    return take_version(statement, rest, arena, ret_found, err);
}

static enum status find_model(struct meta *meta, str rest, struct arena *arena, struct model_location_found *ret_found,
                              struct error *err)
{
    if (str_find(rest, '/') < rest.size)
        return find_version(meta, rest, arena, ret_found, err);
    if (str_find(rest, '@') < rest.size)
        return find_alias(meta, rest, arena, ret_found, err);
    if (str_has_prefix(rest, STR("m-")))
        return find_logged_model(meta, rest, arena, ret_found, err);
    return error_set(err, ERR_INVALID, "Invalid model version source: 'models:/%.*s'. Expected models:/m-ID, "
                     "models:/NAME/VERSION or models:/NAME@ALIAS.", STR_ARG(str_slice(rest, 0, 200)));
}

enum status model_location_find(struct meta *meta, str source, str model_id, struct arena *arena,
                                struct model_location_found *ret_found, struct error *err)
{
    static const str models = { "models:/", 8 }, runs = { "runs:/", 6 };
    *ret_found = (struct model_location_found){ source, STR(""), STR("") };
    if (str_has_prefix(source, models))
        return find_model(meta, str_slice(source, models.size, source.size), arena, ret_found, err);
    if (str_has_prefix(source, runs))
        return find_run(meta, str_slice(source, runs.size, source.size), arena, ret_found, err);
    if (str_is_empty(model_id))
        return OK;
    struct model_location_found model;
    TRY(find_logged_model(meta, model_id, arena, &model, err));
    ret_found->run_id = model.run_id;
    ret_found->model_id = model_id;
    return OK;
}

bool registry_store_path(str location, str *ret_path)
{
    static const str scheme = { "mlflow-artifacts:/", 18 };
    if (!str_has_prefix(location, scheme))
        return false;
    str path = str_slice(location, scheme.size, location.size);
    if (str_has_prefix(path, STR("/"))) /* "mlflow-artifacts://host/P" is of another server, "///P" of this */
        path = str_has_prefix(path, STR("//")) ? str_slice(path, 2, path.size) : (str){ 0 };
    while (str_has_suffix(path, STR("/")))
        path.size--;
    *ret_path = path;
    return path.size > 0;
}
