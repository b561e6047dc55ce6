/* serve/split.h - which variant of a served model answers a request, and what each did.
 *
 * By chance in proportion to the weights, or by a hash of the caller's key: the same key always meets the same variant,
 * on every machine and after every restart, and a canary that grows keeps whom it has. Shadows never answer; see
 * shadow.h. */
#ifndef SERVE_SPLIT_H
#define SERVE_SPLIT_H

#include "serve/canary.h"
#include "serve/model_slot.h"
#include "serve/split_tally.h"

struct split_variant {
    struct split_variant_config config;
    struct model_slot *slot; /* borrowed: the set keeps them until it closes */
    struct split_tally tally;
    atomic_uint_fast64_t share; /* relaxed: of all answering variants' sum, in millionths of a weight or percent */
    struct counter *requests, *errors;
};

struct split {
    str model_name;
    struct split_config config;
    struct split_variant variants[SPLIT_VARIANTS_MAX];
    size_t count, shadow_count;
    struct canary canary; /* under `lock` */
    pthread_mutex_t lock;
    struct gauge *canary_share;       /* NULL: no canary */
    struct counter *canary_rollbacks;
    struct counter *shadow_dropped;
    struct arena arena;
    struct split *older; /* replaced by this one; requests may still use it */
};

/* Families of a split's metrics, made once over a registry. */
struct split_instruments {
    struct metric_family *requests, *errors, *canary_share, *canary_rollbacks, *shadow_dropped;
};
void split_instruments_init(struct split_instruments *instruments, struct metric_registry *registry);

/* Texts are copied. The slots are the caller's to fill in. */
struct split *split_new(str model_name, const struct split_config *config, const struct split_instruments *instruments);

/* And those that it replaced. Nobody uses them. NULL is fine. */
void split_free(struct split *split);

bool split_config_equal(const struct split_config *a, const struct split_config *b);

/* Index of the variant for `key`; empty: by chance. At least one variant answers. No lock, no allocation. */
size_t split_choose(struct split *split, str key);

/* The canary's next look at its counters. */
void split_tick(struct split *split, int64_t now_ms);

/* The share of requests (0 to 1) that the variant is meant to get now; 0 for shadows. */
double split_share(struct split *split, size_t index);

/* Counts into the variant's tally and series. */
void split_variant_answered(struct split_variant *variant, const struct served_version *version,
                            const struct runtime_answer *answer, double seconds);
void split_variant_failed(struct split_variant *variant, const struct served_version *version);

#endif
