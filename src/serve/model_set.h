/* serve/model_set.h - all served models, each following what its selector means now.
 *
 * A thread of its own asks the source which version each selector means, loads a new one off the request path, tries
 * it, and swaps it in. A version that does not load leaves the old one answering; it is tried again when the
 * selector means another one, after a back-off, or when a reload is asked for.
 *
 * The models come from the configuration; where it names none of a registered model, those with a version in stage
 * Production are served as well (`follows_all`), and others on demand, up to `models_max` in memory. */
#ifndef SERVE_MODEL_SET_H
#define SERVE_MODEL_SET_H

#include "serve/model_slot.h"
#include "serve/model_source.h"
#include "serve/shadow.h"

struct model_set;
struct served_model;

/* What the configuration says of a model. */
struct served_model_config {
    str name;
    str path;    /* a folder or file instead of the registry; empty = the registry */
    str version; /* what a `path` is called */
    enum model_pick pick;
    str value; /* "Production", "champion", "3" */
    str runtime;     /* "trees", "onnx", "pyfunc"; empty = choose */
    bool is_captured;
    const struct split_config *split; /* NULL: one version answers all */
    str variant_of; /* the set's own: a variant of this registered model; `name` is then "MODEL.VARIANT" */
    bool is_shadow;
};

struct model_set_options {
    struct model_source *source; /* NULL: only paths; taken over */
    struct pyfunc_pool *pool;    /* borrowed, may be NULL */
    model_loader *load;          /* model_loader_load but for tests */
    struct event_log *log;       /* borrowed; NULL: nothing is captured */
    struct metric_registry *metrics;
    size_t models_max;           /* in memory; 0 = MODEL_SET_MAX */
    bool follows_all;
    int64_t poll_ms;             /* 0 = 250 */
    int64_t backoff_ms;          /* first wait after a failed load, doubled up to a minute; 0 = 1000 */
    void (*on_batch)(void *self, const struct event_batch *batch); /* predictions on their way into the log */
    void *self;
};

#define MODEL_SET_MAX 64

/* Starts the thread. Nothing is served before model_set_configure. */
struct model_set *model_set_open(const struct model_set_options *options);

/* No request is running. NULL is fine. */
void model_set_close(struct model_set *set);

/* The models as the configuration has them now; texts are copied. Models that are gone are taken out. Returns when
 * each was tried once, or after `wait_ms`. */
void model_set_configure(struct model_set *set, const struct served_model_config *models, size_t count, int64_t wait_ms);

/* ---- which model answers: no lock, no allocation ---- */

/* The served model of that name; NULL where there is none. Lives as long as the set. */
struct served_model *model_set_find(struct model_set *set, str name);

/* What /predict without a name means: the first configured model that answers, else the only one that is there. */
struct served_model *model_set_default(struct model_set *set);

/* THE SEAM of traffic splits: which loaded version answers this request, and under which variant name.
 * `key` is the caller's sticky key or prediction id, for splits that hash it. Version NULL: none is loaded. */
struct model_choice {
    struct served_version *version;
    struct model_slot *slot;
    str variant; /* empty: no split */
    struct split *split;           /* NULL: none */
    struct split_variant *counted; /* the variant that answers; NULL: no split, or none of its variants is loaded */
};
struct model_choice model_set_choose(struct served_model *model, str key);

/* The version that the model itself follows, whatever its split. */
struct model_choice model_set_choose_own(struct served_model *model);

/* The feature or tag whose value is the key of `model_set_choose`; empty where the split has none. */
str model_set_sticky_key(struct served_model *model);

/* Asks the shadows of the choice's split, in the background. */
void model_set_ask_shadows(struct model_set *set, const struct model_choice *choice, const struct shadow_question *question);
void model_set_release(const struct model_choice *choice);

/* As model_set_acquire where the answer needs no waiting: the followed version is the one that is meant. */
bool model_set_try(struct model_set *set, const struct model_selector *selector, struct model_choice *ret_choice);

str model_set_name(const struct served_model *model);

/* What a model of the registry follows, for model_set_acquire to load it now; false for one that comes from a path. */
bool model_set_selector(struct model_set *set, struct served_model *model, struct model_selector *ret_selector);

/* ---- slow ---- */

/* A certain version, stage or alias of a model, loaded on demand and kept while there is room: the version that
 * followed models answer with where it is the same. What a followed model follows is loaded into its own place, as the
 * thread would do moments later; while it backs off after a failure, ERR_UNAVAILABLE says why. ERR_NOT_FOUND; ERR_INVALID and the like for what does not load. */
must_use enum status model_set_acquire(struct model_set *set, const struct model_selector *selector,
                                       struct model_choice *ret_choice, struct error *err);

/* Loads anew what the selector means (empty name: of all models), even where it is the version in use. */
must_use enum status model_set_reload(struct model_set *set, str name, struct error *err);

/* What is captured up to now is in the log's queue. */
void model_set_flush(struct model_set *set);

struct served_model_facts {
    str name;
    struct model_selector selector;
    str path;
    bool is_loaded;
    struct model_location location; /* where loaded */
    str runtime, flavor;
    int64_t loaded_us;
    double load_seconds;
    str error; /* of the last load that failed since; empty = none */
    int64_t error_us;
};

/* All models in the order of the configuration, texts in `arena`. */
must_use enum status model_set_list(struct model_set *set, struct arena *arena, struct served_model_facts **ret_facts,
                                    size_t *ret_count, struct error *err);

/* What the variants of a split did; `split` lives as long as the set. */
struct variant_facts {
    const struct split_variant_config *config;
    double share; /* of the requests, 0 to 1 */
    bool is_loaded;
    struct tally_facts tally;
};
struct split_facts {
    struct split *split; /* NULL: the model has none */
    struct variant_facts variants[SPLIT_VARIANTS_MAX];
    size_t count;
    struct canary canary;
};
void model_set_variants(struct served_model *model, struct split_facts *ret_facts);

struct serve_instruments *model_set_instruments(struct model_set *set);

#endif
