/* serve/model_source.h - where served models come from: this process's registry, or an MLflow server elsewhere. */
#ifndef SERVE_MODEL_SOURCE_H
#define SERVE_MODEL_SOURCE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"

enum model_pick { PICK_VERSION, PICK_STAGE, PICK_ALIAS, PICK_NEWEST };

struct model_selector {
    str name;
    enum model_pick pick;
    str value; /* "3", "Production", "champion"; empty for PICK_NEWEST */
};

struct model_location {
    str name, version; /* "3" */
    str stage;         /* "Production", "None" */
    str run_id, model_id;
    int64_t updated_us;
};

struct model_source;

struct model_source_methods {
    /* Which version the selector means now. Cheap: it is asked every second for each served model.
     * ERR_NOT_FOUND where there is none; ERR_UNAVAILABLE where the registry does not answer. */
    enum status (*resolve)(struct model_source *source, const struct model_selector *selector, struct arena *arena,
                           struct model_location *ret_location, struct error *err);
    /* The version's files in a local folder that stays until the process ends. Slow. */
    enum status (*fetch)(struct model_source *source, const struct model_location *location, struct arena *arena,
                         const char **ret_folder, struct error *err);
    /* Names of all registered models, for listings. */
    enum status (*list)(struct model_source *source, struct arena *arena, str **ret_names, size_t *ret_count,
                        struct error *err);
    /* Rises whenever any selector may mean something else; a source that cannot tell returns 0 always and is asked
     * again every second. */
    uint64_t (*revision)(struct model_source *source);
    void (*free)(struct model_source *source);
};

struct model_source {
    const struct model_source_methods *methods;
};

struct registry;
struct artifact_store;

/* Over this process's registry; borrows both. */
struct model_source *model_source_local(struct registry *registry, struct artifact_store *artifacts);

/* Over the REST API of an MLflow server (`url`: "http://host:5000"), files cached below `folder`.
 * `token` is sent as bearer token, empty = none. */
must_use enum status model_source_mlflow(str url, str token, const char *folder, struct model_source **ret_source,
                                         struct error *err);

#endif
