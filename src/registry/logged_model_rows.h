/* registry/logged_model_rows.h - rows of logged models, for the files that read and change them. Inside registry/
 * only. */
#ifndef REGISTRY_LOGGED_MODEL_ROWS_H
#define REGISTRY_LOGGED_MODEL_ROWS_H

#include "registry/logged_model.h"
#include "registry/registry_internal.h"

#define LOGGED_MODEL_COLUMNS                                                                                           \
    "m.model_no, m.model_id, m.experiment_id, m.name, m.model_type, m.source_run_id, m.artifact_uri, m.status, "       \
    "m.status_message, m.created_ms, m.updated_ms"

/* All rows of a statement that selects these columns; the array lives in the arena. */
must_use enum status logged_model_rows(struct meta_statement *statement, struct arena *arena,
                                       struct logged_model **ret_models, size_t *ret_count, struct error *err);

/* Adds tags, parameters and metrics. */
must_use enum status logged_models_complete(struct meta *reader, struct logged_model *models, size_t count,
                                            struct arena *arena, struct error *err);

#endif
