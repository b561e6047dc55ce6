/* registry/run_rows.h - rows of runs, for the files that read and change them. Inside registry/ only. */
#ifndef REGISTRY_RUN_ROWS_H
#define REGISTRY_RUN_ROWS_H

#include "registry/registry_internal.h"
#include "registry/run.h"

/* Of "runs r". */
#define RUN_COLUMNS                                                                                                    \
    "r.run_no, r.run_id, r.run_name, r.user_id, r.artifact_uri, r.experiment_id, r.status, r.lifecycle_stage, "        \
    "r.start_time, r.end_time"

/* All rows of a statement that begins with RUN_COLUMNS, without what they logged. */
must_use enum status run_rows(struct meta_statement *statement, struct arena *arena, struct run **ret_runs,
                              size_t *ret_count, struct error *err);

/* Adds what the runs logged: a handful of statements per REGISTRY_CHUNK runs. */
must_use enum status runs_complete(struct meta *meta, struct run *runs, size_t count, struct arena *arena,
                                   struct error *err);

/* ERR_NOT_FOUND; without what it logged. */
must_use enum status run_find(struct meta *meta, str run_id, struct arena *arena, struct run *ret_run,
                              struct error *err);

/* The keys of a run; ERR_INVALID "The run X must be in the 'active' state. ..." for a deleted one. */
struct run_key {
    int64_t run_no, experiment_id;
};
must_use enum status run_find_active(struct meta *meta, str run_id, struct run_key *ret_key, struct error *err);

#endif
