/* registry/model_rows.h - rows of registered models and their versions, for the files that read and change them.
 * Inside registry/ only. */
#ifndef REGISTRY_MODEL_ROWS_H
#define REGISTRY_MODEL_ROWS_H

#include "registry/model_version.h"
#include "registry/registered_model.h"
#include "registry/registry_internal.h"

/* What stands between SELECT and WHERE to read versions; `v` is the version, `m` its model. */
#define VERSION_ROWS                                                                                                   \
    "SELECT v.version_no, m.name, v.version, v.created_ms, v.updated_ms, v.stage, v.description, v.source, v.location, " \
    "v.run_id, v.run_link, v.model_id, v.model_no FROM model_versions v JOIN registered_models m "                     \
    "ON m.model_no = v.model_no "

/* Its value "true" makes a registered model and its versions a prompt. */
#define REGISTRY_PROMPT_TAG "mlflow.prompt.is_prompt"

/* The current row of such a statement, without tags and aliases. */
struct model_version model_version_of(struct meta_statement *statement, struct arena *arena);

/* All rows; the array lives in the arena. */
must_use enum status model_version_rows(struct meta_statement *statement, struct arena *arena,
                                        struct model_version **ret_versions, size_t *ret_count, struct error *err);

/* Adds tags and aliases. */
must_use enum status model_versions_complete(struct meta *reader, struct model_version *versions, size_t count,
                                             struct arena *arena, struct error *err);

/* ERR_NOT_FOUND "Registered Model with name=X not found". */
must_use enum status registered_model_no(struct meta *meta, str name, int64_t *ret_model_no, struct error *err);

/* The keys of a version; ERR_NOT_FOUND "Model Version (name=X, version=N) not found", or the model's. */
struct version_key {
    int64_t model_no, version_no;
};
must_use enum status model_version_key(struct meta *meta, str name, int64_t version, struct version_key *ret_key,
                                       struct error *err);

/* Notes the time of a change of the model (and of the version where `version_no` is not 0). */
must_use enum status registered_model_touch(struct meta *meta, int64_t model_no, int64_t version_no, int64_t now_ms,
                                            struct error *err);

/* ERR_INVALID for keys and values that a tag can't have. */
must_use enum status registered_model_check_tag(str key, str value, struct error *err);

/* Runs a change and raises registry_revision() after it. */
must_use enum status registry_change_models(struct registry *registry, meta_change_fn *change, void *self,
                                            struct error *err);

#endif
