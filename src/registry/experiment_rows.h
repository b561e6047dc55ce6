/* registry/experiment_rows.h - rows of experiments, for the files that read and change them. Inside registry/ only. */
#ifndef REGISTRY_EXPERIMENT_ROWS_H
#define REGISTRY_EXPERIMENT_ROWS_H

#include "registry/experiment.h"
#include "store/meta_db.h"

#define EXPERIMENT_COLUMNS                                                                                             \
    "experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time"

/* All rows of a statement that selects EXPERIMENT_COLUMNS, without tags; the array lives in the arena. */
must_use enum status experiment_rows(struct meta_statement *statement, struct arena *arena,
                                     struct experiment **ret_experiments, size_t *ret_count, struct error *err);
must_use enum status experiments_add_tags(struct meta *meta, struct experiment *experiments, size_t count,
                                          struct arena *arena, struct error *err);

/* Without tags. ERR_NOT_FOUND; the second ERR_INVALID for a deleted one. */
must_use enum status experiment_find(struct meta *meta, int64_t experiment_id, struct arena *arena,
                                     struct experiment *ret_experiment, struct error *err);
must_use enum status experiment_find_active(struct meta *meta, int64_t experiment_id, struct arena *arena,
                                            struct experiment *ret_experiment, struct error *err);

#endif
