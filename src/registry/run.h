/* registry/run.h - runs: one execution each, with what it logged. run_log.h writes that, run_input.h links data sets
 * and models. */
#ifndef REGISTRY_RUN_H
#define REGISTRY_RUN_H

#include "registry/registry.h"

#define RUN_SEARCH_DEFAULT 1000
#define RUN_SEARCH_MAX 50000

/* On the wire 1, 2, ... */
enum run_status { RUN_RUNNING, RUN_SCHEDULED, RUN_FINISHED, RUN_FAILED, RUN_KILLED, RUN_STATUS_COUNT };
extern const char *const run_status_names[RUN_STATUS_COUNT]; /* "RUNNING", ... */

#define RUN_NO_TIME INT64_MIN

/* One measured value. */
struct metric_point {
    str key;
    double value; /* may be NaN; infinities are kept as the largest doubles */
    int64_t timestamp_ms, step;
    str model_id, dataset_name, dataset_digest; /* empty = none */
};

struct run_dataset {
    int64_t dataset_no;
    str name, digest, source_type, source;
    str schema, profile; /* empty = none */
    const struct registry_pair *tags;
    size_t tag_count;
};

struct run_model {
    str model_id;
    int64_t step; /* of an output */
};

struct run {
    int64_t run_no; /* the database's own key */
    str run_id, run_name, user_id, artifact_uri;
    int64_t experiment_id;
    enum run_status status;
    bool is_deleted;
    int64_t start_ms, end_ms;           /* RUN_NO_TIME = none */
    const struct metric_point *metrics; /* the latest of each key: by step, then time, then value; by key */
    size_t metric_count;
    const struct registry_pair *params, *tags; /* by key */
    size_t param_count, tag_count;
    const struct run_dataset *datasets;
    size_t dataset_count;
    const struct run_model *inputs, *outputs;
    size_t input_count, output_count;
};

/* What a new one is made of. */
struct run_source {
    int64_t experiment_id;
    str user_id, run_name; /* the name: else the tag mlflow.runName, else one is made up */
    int64_t start_ms;      /* RUN_NO_TIME = none */
    const struct registry_pair *tags;
    size_t tag_count;
};

/* ERR_NOT_FOUND for the experiment, ERR_INVALID where it is deleted, or the name and the tag differ. */
must_use enum status run_create(struct registry *registry, const struct run_source *from, struct arena *arena,
                                struct run *ret_run, struct error *err);

/* With all that belongs to it; deleted ones too. ERR_NOT_FOUND "Run with id=X not found", here and below. */
must_use enum status run_get(struct registry *registry, str run_id, struct arena *arena, struct run *ret_run,
                             struct error *err);

/* What changes; -1, RUN_NO_TIME and an empty name change nothing. */
struct run_update {
    int status;
    int64_t end_ms;
    str run_name;
};
/* ERR_INVALID for a deleted run. `ret_run` gets the run without what it logged. */
must_use enum status run_update(struct registry *registry, str run_id, const struct run_update *update,
                                struct arena *arena, struct run *ret_run, struct error *err);

/* Again is fine. */
must_use enum status run_delete(struct registry *registry, str run_id, struct error *err);
must_use enum status run_restore(struct registry *registry, str run_id, struct error *err);

/* The newest first unless ordered otherwise; of all the experiments. Pages stay as they are while runs are added.
 * `ret_token` is empty on the last page. */
struct run_search {
    const int64_t *experiment_ids;
    size_t experiment_count;
    enum registry_view view;
    struct registry_page page;
};
must_use enum status run_search(struct registry *registry, const struct run_search *search, struct arena *arena,
                                struct run **ret_runs, size_t *ret_count, str *ret_token, struct error *err);

#endif
