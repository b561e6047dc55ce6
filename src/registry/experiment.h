/* registry/experiment.h - experiments: what runs are kept under, with a place for their files. */
#ifndef REGISTRY_EXPERIMENT_H
#define REGISTRY_EXPERIMENT_H

#include "registry/registry.h"

#define EXPERIMENT_SEARCH_MAX 50000

struct experiment {
    int64_t experiment_id;
    str name, artifact_location;
    bool is_deleted;
    int64_t created_ms, updated_ms;
    const struct registry_pair *tags; /* by key */
    size_t tag_count;
};

/* The id as clients write it: decimal. ERR_INVALID "Invalid experiment ID 'abc'. ..." */
must_use enum status experiment_read_id(str text, int64_t *ret_experiment_id, struct error *err);

/* What a new one is made of. */
struct experiment_source {
    str name;              /* unique among the living and the deleted */
    str artifact_location; /* empty: "mlflow-artifacts:/ID" */
    const struct registry_pair *tags;
    size_t tag_count;
};

/* ERR_CONFLICT where the name is taken. */
must_use enum status experiment_create(struct registry *registry, const struct experiment_source *from,
                                       int64_t *ret_experiment_id, struct error *err);

/* Deleted ones too. ERR_NOT_FOUND. */
must_use enum status experiment_get(struct registry *registry, int64_t experiment_id, struct arena *arena,
                                    struct experiment *ret_experiment, struct error *err);
must_use enum status experiment_get_by_name(struct registry *registry, str name, struct arena *arena,
                                            struct experiment *ret_experiment, struct error *err);

/* Newest first unless ordered otherwise. `ret_token` is empty on the last page. */
must_use enum status experiment_search(struct registry *registry, const struct registry_page *page,
                                       enum registry_view view, struct arena *arena,
                                       struct experiment **ret_experiments, size_t *ret_count, str *ret_token,
                                       struct error *err);

/* With all its runs. ERR_NOT_FOUND where there is none that is active (to be restored: deleted). */
must_use enum status experiment_delete(struct registry *registry, int64_t experiment_id, struct error *err);
must_use enum status experiment_restore(struct registry *registry, int64_t experiment_id, struct error *err);

/* ERR_INVALID for a deleted one, here and below. */
must_use enum status experiment_rename(struct registry *registry, int64_t experiment_id, str new_name,
                                       struct error *err);
must_use enum status experiment_set_tag(struct registry *registry, int64_t experiment_id, str key, str value,
                                        struct error *err);
/* ERR_NOT_FOUND also for the tag. */
must_use enum status experiment_delete_tag(struct registry *registry, int64_t experiment_id, str key,
                                           struct error *err);

#endif
