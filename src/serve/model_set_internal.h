/* serve/model_set_internal.h - what a set of models holds; inside serve/ only. */
#ifndef SERVE_MODEL_SET_INTERNAL_H
#define SERVE_MODEL_SET_INTERNAL_H

#include <pthread.h>

#include "serve/model_set.h"

#define SERVE_ERROR_MAX 512
#define EXTRAS_MAX 8 /* versions loaded on demand; the one used longest ago makes room */

/* Made once a name and kept until the set closes, so that requests may hold it without counting. */
struct served_model {
    str name;
    struct model_slot slot;
    atomic_bool is_gone; /* release; requests acquire */
    bool is_variant;     /* of another model's split: nobody finds it by its name. Never changes, nor does */
    str parent;          /* that model's name; empty: none */
    _Atomic(struct split *) split; /* release; requests acquire. NULL: none */
    /* under the set's lock */
    struct served_model_config *config; /* never changes; another one takes its place */
    bool is_adopted;                    /* from the registry, not from the configuration */
    bool was_tried, wants_reload;
    struct split *splits; /* this one and all before, freed with the set */
    char error[SERVE_ERROR_MAX];
    int64_t error_us;
    char failed_version[64];
    int64_t backoff_ms, retry_ns; /* backoff 0: the last load worked */
};

struct extra_slot {
    struct model_slot slot;
    int64_t used_ns; /* under load_lock */
};

struct model_set {
    struct model_set_options options;
    struct serve_instruments instruments;
    struct split_instruments split_instruments;
    struct shadow_pool *shadows; /* made with the first shadow, before its split is seen; NULL: none */
    struct prediction_log *log; /* NULL: nothing is captured */
    struct served_model *models[MODEL_SET_MAX];
    atomic_size_t count; /* release after models[count - 1] is whole */
    pthread_t thread;
    pthread_mutex_t load_lock; /* whoever loads; held for long */
    struct extra_slot extras[EXTRAS_MAX];
    uint64_t revision; /* under load_lock */
    int64_t asked_ns;
    pthread_mutex_t lock; /* facts; held shortly */
    pthread_cond_t wake, tried;
    bool is_stopping, is_woken, has_looked;
    struct arena arena; /* configurations; under lock */
};

/* The model of that name, made where there is none and changed to `config`. Under `lock`. NULL: no place is left, or the
 * name belongs to a variant (or, of a variant, to a model). */
struct served_model *model_set_add(struct model_set *set, const struct served_model_config *config);

/* ---- model_set_split.c ---- */

/* Brings the model's split and its variants' places to what the configuration says. Under `lock`. */
void model_set_split(struct model_set *set, struct served_model *model, const struct served_model_config *config);

/* Whether one of the configured models has this one as a variant. */
bool model_set_wants_variant(const struct served_model_config *models, size_t count, str name);

/* Canaries move on. In the set's thread. */
void model_set_tick(struct model_set *set);

#endif
