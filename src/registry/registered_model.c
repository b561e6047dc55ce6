/* registry/registered_model.c - changes of registered models, their tags and aliases. Searching: model_search.c. */
#include "registry/registered_model.h"

#include "registry/model_rows.h"
#include "registry/pair_rows.h"

/* What any of the changes below needs; most use a part of it. */
struct model_change {
    struct registry *registry;
    str name, new_name, text, key, value;
    const struct registry_pair *tags;
    size_t tag_count;
    int64_t version;
};

/* ---- names ---- */

static enum status check_name(const char *parameter, str name, struct error *err)
{
    if (str_is_empty(str_trim(name)))
        return error_set(err, ERR_INVALID, "Missing value for required parameter '%s'. Registered model name cannot "
                                           "be empty.",
                         parameter);
    if (str_find(name, '/') < name.size || str_find(name, ':') < name.size)
        return error_set(err, ERR_INVALID, "Invalid model name '%.*s'. Names cannot contain '/' or ':'.",
                         STR_ARG(name));
    if (!str_is_utf8(name, NULL) || str_find(name, '\0') < name.size)
        return error_set(err, ERR_INVALID, "Invalid model name: it is no text");
    return registry_check_length(parameter, name, REGISTERED_MODEL_NAME_MAX, err);
}

static bool is_digits(str text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return text.size > 0;
}

static bool is_alias_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static enum status check_alias(str alias, struct error *err)
{
    str first = str_slice(alias, 0, 1), rest = str_slice(alias, 1, alias.size);
    bool is_version = str_equal_ignoring_case(first, STR("v")) && is_digits(rest);
    for (size_t i = 0; i < alias.size; i++)
        if (!is_alias_letter(alias.data[i]))
            return error_set(err, ERR_INVALID, "Invalid alias name: '%.*s'. Names may only contain alphanumerics, "
                             "underscores (_) and dashes (-).", STR_ARG(str_slice(alias, 0, 200)));
    TRY(registry_check_length("alias", alias, REGISTERED_MODEL_ALIAS_MAX, err));
    if (str_equal_ignoring_case(alias, STR("latest")))
        return error_set(err, ERR_INVALID, "'latest' alias name (case insensitive) is reserved.");
    if (is_version)
        return error_set(err, ERR_INVALID, "Version alias name '%.*s' is reserved.", STR_ARG(alias));
    return OK;
}

/* ---- creating ---- */

static enum status fail_taken(str name, struct error *err)
{
    return error_set(err, ERR_CONFLICT, "Registered Model (name=%.*s) already exists.", STR_ARG(name));
}

static enum status check_free(struct meta *meta, str name, struct error *err)
{
    int64_t model_no;
    struct error absent = { 0 };
    enum status status = registered_model_no(meta, name, &model_no, &absent);
    if (status == OK)
        return fail_taken(name, err);
    return status == ERR_NOT_FOUND ? OK : error_set(err, status, "%s", absent.cause);
}

static enum status create(struct meta *meta, void *self, struct error *err)
{
    const struct model_change *change = self;
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(check_free(meta, change->name, err));
    TRY(meta_prepare(meta, "INSERT INTO registered_models (name, description, created_ms, updated_ms, last_version) "
                     "VALUES (?, ?, ?, ?, 0)", &statement, err));
    int64_t now_ms = registry_now_ms(change->registry);
    meta_bind_str(statement, 0, change->name);
    meta_bind_str(statement, 1, change->text);
    meta_bind_i64(statement, 2, now_ms);
    meta_bind_i64(statement, 3, now_ms);
    TRY(meta_step(statement, NULL, err));
    int64_t model_no = meta_last_id(meta);
    for (size_t i = 0; i < change->tag_count; i++)
        TRY(pair_rows_put(meta, "registered_model_tags", model_no, change->tags[i].key, change->tags[i].value, err));
    return OK;
}

enum status registered_model_create(struct registry *registry, str name, str description,
                                    const struct registry_pair *tags, size_t tag_count, struct error *err)
{
    TRY(check_name("name", name, err));
    for (size_t i = 0; i < tag_count; i++)
        TRY(registered_model_check_tag(tags[i].key, tags[i].value, err));
    struct model_change change = { .registry = registry, .name = name, .text = description, .tags = tags,
                                   .tag_count = tag_count };
    return registry_change_models(registry, create, &change, err);
}

/* ---- description and name ---- */

static enum status describe(struct meta *meta, void *self, struct error *err)
{
    const struct model_change *change = self;
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    int64_t model_no;
    TRY(registered_model_no(meta, change->name, &model_no, err));
    TRY(meta_prepare(meta, "UPDATE registered_models SET description = ? WHERE model_no = ?", &statement, err));
    meta_bind_str(statement, 0, change->text);
    meta_bind_i64(statement, 1, model_no);
    TRY(meta_step(statement, NULL, err));
    return registered_model_touch(meta, model_no, 0, registry_now_ms(change->registry), err);
}

enum status registered_model_describe(struct registry *registry, str name, str description, struct error *err)
{
    struct model_change change = { .registry = registry, .name = name, .text = description };
    return registry_change_models(registry, describe, &change, err);
}

static enum status rename_model(struct meta *meta, void *self, struct error *err)
{
    const struct model_change *change = self;
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    int64_t model_no;
    TRY(registered_model_no(meta, change->name, &model_no, err));
    if (!str_equal(change->name, change->new_name))
        TRY(check_free(meta, change->new_name, err));
    TRY(meta_prepare(meta, "UPDATE registered_models SET name = ? WHERE model_no = ?", &statement, err));
    meta_bind_str(statement, 0, change->new_name);
    meta_bind_i64(statement, 1, model_no);
    TRY(meta_step(statement, NULL, err));
    return registered_model_touch(meta, model_no, 0, registry_now_ms(change->registry), err);
}

enum status registered_model_rename(struct registry *registry, str name, str new_name, struct error *err)
{
    TRY(check_name("new_name", new_name, err));
    struct model_change change = { .registry = registry, .name = name, .new_name = new_name };
    return registry_change_models(registry, rename_model, &change, err);
}

/* ---- deleting ---- */

static enum status delete_all(struct meta *meta, void *self, struct error *err)
{
    static const char *const statements[] = {
        "DELETE FROM model_version_tags WHERE owner_no IN (SELECT version_no FROM model_versions WHERE model_no = ?)",
        "DELETE FROM model_versions WHERE model_no = ?",
        "DELETE FROM model_aliases WHERE model_no = ?",
        "DELETE FROM registered_model_tags WHERE owner_no = ?",
        "DELETE FROM registered_models WHERE model_no = ?",
    };
    const struct model_change *change = self;
    int64_t model_no;
    TRY(registered_model_no(meta, change->name, &model_no, err));
    for (size_t i = 0; i < COUNT(statements); i++) {
        CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
        TRY(meta_prepare(meta, statements[i], &statement, err));
        meta_bind_i64(statement, 0, model_no);
        TRY(meta_step(statement, NULL, err));
    }
    return OK;
}

enum status registered_model_delete(struct registry *registry, str name, struct error *err)
{
    struct model_change change = { .registry = registry, .name = name };
    return registry_change_models(registry, delete_all, &change, err);
}

/* ---- tags ---- */

static enum status set_tag(struct meta *meta, void *self, struct error *err)
{
    const struct model_change *change = self;
    int64_t model_no;
    TRY(registered_model_no(meta, change->name, &model_no, err));
    TRY(pair_rows_put(meta, "registered_model_tags", model_no, change->key, change->value, err));
    return registered_model_touch(meta, model_no, 0, registry_now_ms(change->registry), err);
}

enum status registered_model_set_tag(struct registry *registry, str name, str key, str value, struct error *err)
{
    TRY(registered_model_check_tag(key, value, err));
    struct model_change change = { .registry = registry, .name = name, .key = key, .value = value };
    return registry_change_models(registry, set_tag, &change, err);
}

static enum status delete_tag(struct meta *meta, void *self, struct error *err)
{
    const struct model_change *change = self;
    int64_t model_no;
    bool was_there;
    TRY(registered_model_no(meta, change->name, &model_no, err));
    TRY(pair_rows_delete(meta, "registered_model_tags", model_no, change->key, &was_there, err));
    return was_there ? registered_model_touch(meta, model_no, 0, registry_now_ms(change->registry), err) : OK;
}

enum status registered_model_delete_tag(struct registry *registry, str name, str key, struct error *err)
{
    struct model_change change = { .registry = registry, .name = name, .key = key };
    return registry_change_models(registry, delete_tag, &change, err);
}

/* ---- aliases ---- */

static enum status set_alias(struct meta *meta, void *self, struct error *err)
{
    const struct model_change *change = self;
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    struct version_key key;
    TRY(model_version_key(meta, change->name, change->version, &key, err));
    TRY(meta_prepare(meta, "INSERT INTO model_aliases (model_no, alias, version_no) VALUES (?, ?, ?) "
                     "ON CONFLICT (model_no, alias) DO UPDATE SET version_no = excluded.version_no", &statement, err));
    meta_bind_i64(statement, 0, key.model_no);
    meta_bind_str(statement, 1, change->text);
    meta_bind_i64(statement, 2, key.version_no);
    TRY(meta_step(statement, NULL, err));
    return registered_model_touch(meta, key.model_no, 0, registry_now_ms(change->registry), err);
}

enum status registered_model_set_alias(struct registry *registry, str name, str alias, int64_t version,
                                       struct error *err)
{
    TRY(check_alias(alias, err));
    struct model_change change = { .registry = registry, .name = name, .text = alias, .version = version };
    return registry_change_models(registry, set_alias, &change, err);
}

static enum status delete_alias(struct meta *meta, void *self, struct error *err)
{
    const struct model_change *change = self;
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    int64_t model_no;
    TRY(registered_model_no(meta, change->name, &model_no, err));
    TRY(meta_prepare(meta, "DELETE FROM model_aliases WHERE model_no = ? AND alias = ?", &statement, err));
    meta_bind_i64(statement, 0, model_no);
    meta_bind_str(statement, 1, change->text);
    TRY(meta_step(statement, NULL, err));
    return registered_model_touch(meta, model_no, 0, registry_now_ms(change->registry), err);
}

enum status registered_model_delete_alias(struct registry *registry, str name, str alias, struct error *err)
{
    struct model_change change = { .registry = registry, .name = name, .text = alias };
    return registry_change_models(registry, delete_alias, &change, err);
}
