/* registry/model_version.h - the versions of registered models: stages, tags, and which one a caller means.
 *
 * Versions of a name count 1, 2, 3, ...; a number is never given twice, also not after its version was deleted. At any
 * moment each version is in one stage, and an alias of a model stands for one version or does not exist: an alias goes
 * with its version. */
#ifndef REGISTRY_MODEL_VERSION_H
#define REGISTRY_MODEL_VERSION_H

#include "registry/registry.h"

#define MODEL_VERSION_SEARCH_MAX 200000

enum model_stage { MODEL_STAGE_NONE, MODEL_STAGE_STAGING, MODEL_STAGE_PRODUCTION, MODEL_STAGE_ARCHIVED, MODEL_STAGE_COUNT };

/* "None", "Staging", "Production", "Archived". */
const char *model_stage_name(enum model_stage stage);
/* In any case of letters; ERR_INVALID in MLflow's words. */
must_use enum status model_stage_parse(str text, enum model_stage *ret_stage, struct error *err);

struct model_version {
    int64_t version_no, model_no; /* the database's own keys */
    str model_name;
    int64_t version;
    int64_t created_ms, updated_ms;
    enum model_stage stage;
    str description;
    str source;   /* as it was registered: "models:/m-...", "mlflow-artifacts:/1/...", "s3://..." */
    str location; /* where the files are: the source, or what "models:/..." and "runs:/..." stood for */
    str run_id, run_link, model_id; /* empty = none */
    struct registry_pair *tags;     /* by key; those and aliases are left out by registry_resolve_ */
    size_t tag_count;
    str *aliases; /* by name */
    size_t alias_count;
};

/* What a new version is made of. */
struct model_version_source {
    str model_name, source;
    str run_id, model_id, run_link, description; /* may be empty */
    const struct registry_pair *tags;
    size_t tag_count;
};

/* The next version of the model. ERR_NOT_FOUND where there is no such model, or nothing behind a source "models:/..."
 * or "runs:/..."; ERR_INVALID for sources that are files of some machine or hold "..". */
must_use enum status model_version_create(struct registry *registry, const struct model_version_source *from,
                                          int64_t *ret_version, struct error *err);

/* ERR_NOT_FOUND, here and below, where there is no such version. */
must_use enum status model_version_get(struct registry *registry, str name, int64_t version, struct arena *arena,
                                       struct model_version *ret_version, struct error *err);

must_use enum status model_version_describe(struct registry *registry, str name, int64_t version, str description,
                                            struct error *err);

/* With `archives_others` all other versions now in `stage` go to Archived, in the same transaction; ERR_INVALID for
 * that with None and Archived. */
must_use enum status model_version_transition(struct registry *registry, str name, int64_t version,
                                              enum model_stage stage, bool archives_others, struct error *err);

/* Its tags and aliases go as well. */
must_use enum status model_version_delete(struct registry *registry, str name, int64_t version, struct error *err);

must_use enum status model_version_set_tag(struct registry *registry, str name, int64_t version, str key, str value,
                                           struct error *err);
/* A tag that is not there is fine. */
must_use enum status model_version_delete_tag(struct registry *registry, str name, int64_t version, str key,
                                              struct error *err);

/* The highest version in each of the stages (all that have any where `stage_count` is 0), by stage. */
must_use enum status model_version_latest(struct registry *registry, str name, const enum model_stage *stages,
                                          size_t stage_count, struct arena *arena, struct model_version **ret_versions,
                                          size_t *ret_count, struct error *err);

/* Attributes: name, run_id, source_path, version_number; tags.K. `ret_token` is empty on the last page. */
must_use enum status model_version_search(struct registry *registry, const struct registry_page *page,
                                          struct arena *arena, struct model_version **ret_versions, size_t *ret_count,
                                          str *ret_token, struct error *err);

/* ---- for serving ---- */

/* Rises with each change after which a name, stage or alias may stand for another version; never 0. Any thread, costs
 * a load; acquire: who sees a value sees the change that raised it. */
uint64_t registry_revision(const struct registry *registry);

/* Which version is meant now: one indexed read each. ERR_NOT_FOUND says whether the model, the version, the stage's
 * version or the alias is missing. Of a stage the highest version; the alias "latest" is the newest one. */
must_use enum status registry_resolve_version(struct registry *registry, str name, int64_t version,
                                              struct arena *arena, struct model_version *ret_version,
                                              struct error *err);
must_use enum status registry_resolve_stage(struct registry *registry, str name, enum model_stage stage,
                                            struct arena *arena, struct model_version *ret_version, struct error *err);
must_use enum status registry_resolve_alias(struct registry *registry, str name, str alias, struct arena *arena,
                                            struct model_version *ret_version, struct error *err);
must_use enum status registry_resolve_newest(struct registry *registry, str name, struct arena *arena,
                                             struct model_version *ret_version, struct error *err);

/* The path in the artifact store of a location "mlflow-artifacts:/P": P. False for locations elsewhere. */
bool registry_store_path(str location, str *ret_path);

#endif
