/* registry/registered_model.h - models by name, their tags, and the names of their aliases.
 *
 * A registered model is a line of versions (model_version.h). Deleting it deletes its versions, tags and aliases;
 * a model made anew under the name starts again at version 1. */
#ifndef REGISTRY_REGISTERED_MODEL_H
#define REGISTRY_REGISTERED_MODEL_H

#include "registry/model_version.h"
#include "registry/registry.h"

#define REGISTERED_MODEL_TAG_VALUE_MAX 100000
#define REGISTERED_MODEL_NAME_MAX 256
#define REGISTERED_MODEL_ALIAS_MAX 255
#define REGISTERED_MODEL_SEARCH_MAX 1000

struct model_alias {
    str alias;
    int64_t version;
};

struct registered_model {
    int64_t model_no; /* the database's own key */
    str name, description;
    int64_t created_ms, updated_ms;
    struct model_version *latest_versions; /* the highest of each stage that has any, by stage */
    size_t latest_count;
    struct registry_pair *tags; /* by key */
    size_t tag_count;
    struct model_alias *aliases; /* by alias */
    size_t alias_count;
};

/* ERR_CONFLICT where the name is taken; ERR_INVALID for one that is blank or holds '/' or ':'. Of a tag key that is
 * there twice the last value counts. */
must_use enum status registered_model_create(struct registry *registry, str name, str description,
                                             const struct registry_pair *tags, size_t tag_count, struct error *err);

/* ERR_NOT_FOUND, here and below, where there is no model of that name. */
must_use enum status registered_model_get(struct registry *registry, str name, struct arena *arena,
                                          struct registered_model *ret_model, struct error *err);

must_use enum status registered_model_describe(struct registry *registry, str name, str description,
                                               struct error *err);

/* Versions, tags and aliases follow. ERR_CONFLICT where the new name is taken. */
must_use enum status registered_model_rename(struct registry *registry, str name, str new_name, struct error *err);

must_use enum status registered_model_delete(struct registry *registry, str name, struct error *err);

must_use enum status registered_model_set_tag(struct registry *registry, str name, str key, str value,
                                              struct error *err);
/* A tag that is not there is fine. */
must_use enum status registered_model_delete_tag(struct registry *registry, str name, str key, struct error *err);

/* Makes the alias, or moves it. "latest" and "v" with digits are reserved: ERR_INVALID. ERR_NOT_FOUND where there is no
 * such version. */
must_use enum status registered_model_set_alias(struct registry *registry, str name, str alias, int64_t version,
                                                struct error *err);
/* An alias that is not there is fine. */
must_use enum status registered_model_delete_alias(struct registry *registry, str name, str alias, struct error *err);

/* Attributes: name; tags.K, where "mlflow.prompt.is_prompt != 'true'" also finds models without that tag: clients send
 * it with every search. `ret_token` is empty on the last page. */
must_use enum status registered_model_search(struct registry *registry, const struct registry_page *page,
                                             struct arena *arena, struct registered_model **ret_models,
                                             size_t *ret_count, str *ret_token, struct error *err);

#endif
