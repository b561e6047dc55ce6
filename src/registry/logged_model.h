/* registry/logged_model.h - models as MLflow 3 clients log them: before, and whether or not, they are registered.
 *
 * A logged model belongs to an experiment, has files of its own below `artifact_uri`, parameters, tags, and metrics
 * that runs measured of it. It is pending until its files are uploaded. */
#ifndef REGISTRY_LOGGED_MODEL_H
#define REGISTRY_LOGGED_MODEL_H

#include "registry/registry.h"

#define LOGGED_MODEL_NAME_MAX 500
#define LOGGED_MODEL_SEARCH_DEFAULT 50
#define LOGGED_MODEL_SEARCH_MAX 50000

/* Counted as on the wire. */
enum logged_model_status {
    LOGGED_MODEL_PENDING = 1,
    LOGGED_MODEL_READY,
    LOGGED_MODEL_UPLOAD_FAILED,
    LOGGED_MODEL_STATUS_END
};
/* "LOGGED_MODEL_PENDING", ... */
const char *logged_model_status_name(enum logged_model_status status);

/* The latest point (by step, then time) of a metric on a data set. */
struct logged_model_metric {
    str key, run_id;
    str dataset_name, dataset_digest; /* empty = none */
    double value;
    int64_t step, timestamp_ms;
};

struct logged_model {
    int64_t model_no; /* the database's own key */
    str model_id;     /* "m-" and 32 hex digits */
    int64_t experiment_id;
    str name, model_type, source_run_id, artifact_uri, status_message;
    enum logged_model_status status;
    int64_t created_ms, updated_ms;
    struct registry_pair *tags, *params; /* by key */
    size_t tag_count, param_count;
    struct logged_model_metric *metrics; /* by key, then data set */
    size_t metric_count;
};

/* What a new one is made of. */
struct logged_model_source {
    int64_t experiment_id;
    str name; /* empty: one is made up */
    str model_type, source_run_id;
    const struct registry_pair *tags, *params;
    size_t tag_count, param_count;
};

/* ERR_NOT_FOUND for the experiment; ERR_INVALID for a name with one of / : . % " ' */
must_use enum status logged_model_create(struct registry *registry, const struct logged_model_source *from,
                                         struct arena *arena, str *ret_model_id, struct error *err);

/* ERR_NOT_FOUND, here and below, where there is none, or it was deleted (unless `sees_deleted`). */
must_use enum status logged_model_get(struct registry *registry, str model_id, bool sees_deleted, struct arena *arena,
                                      struct logged_model *ret_model, struct error *err);

must_use enum status logged_model_set_status(struct registry *registry, str model_id, enum logged_model_status status,
                                             struct error *err);
must_use enum status logged_model_set_tags(struct registry *registry, str model_id, const struct registry_pair *tags,
                                           size_t count, struct error *err);
/* ERR_NOT_FOUND also for the tag. */
must_use enum status logged_model_delete_tag(struct registry *registry, str model_id, str key, struct error *err);

/* Parameters are written once: the same value again changes nothing, another one is ERR_INVALID and none is written. */
must_use enum status logged_model_add_params(struct registry *registry, str model_id,
                                             const struct registry_pair *params, size_t count, struct error *err);

/* Its files stay, and so does what points at it. */
must_use enum status logged_model_delete(struct registry *registry, str model_id, struct error *err);

/* One entry of a search's order: an attribute, or "metrics.K" measured on a data set. */
struct logged_model_order {
    str field;
    bool is_descending;
    str dataset_name, dataset_digest; /* empty = any */
};

struct logged_model_search {
    const str *experiment_ids; /* at least one; unknown ones find nothing */
    size_t experiment_count;
    str filter;
    const struct logged_model_order *orders;
    size_t order_count;
    const struct logged_model_metric *datasets; /* name and digest: what metric conditions look at; none = all */
    size_t dataset_count;
    int64_t max_results;
    str token;
};

/* The newest first, unless ordered otherwise. `ret_token` is empty on the last page. */
must_use enum status logged_model_search(struct registry *registry, const struct logged_model_search *search,
                                         struct arena *arena, struct logged_model **ret_models, size_t *ret_count,
                                         str *ret_token, struct error *err);

#endif
