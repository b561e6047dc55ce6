#include "serve/split.h"

#include <assert.h>
#include <math.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"

#define SHARE_UNITS 1e6 /* shares are whole numbers of millionths */

/* ---- metrics ---- */

static struct metric_family *make(struct metric_registry *registry, enum metric_kind kind, const char *name, size_t labels,
                                  const char *help)
{
    struct metric_family *family = NULL;
    struct error err = { 0 };
    const struct metric_description description = { .kind = kind, .name = name, .help = help, .label_count = labels,
                                                    .labels = { "model_name", "variant" } };
    enum status status = metric_family_new(registry, &description, &family, &err);
    assert(status == OK);
    (void)status; /* looked at above */
    return family;
}

void split_instruments_init(struct split_instruments *instruments, struct metric_registry *registry)
{
    instruments->requests = make(registry, METRIC_COUNTER, "model_variant_requests_total", 2,
                                 "Requests that a variant of a traffic split was asked; of shadows those in the background.");
    instruments->errors = make(registry, METRIC_COUNTER, "model_variant_errors_total", 2, "Those that it failed at.");
    instruments->canary_share = make(registry, METRIC_GAUGE, "model_canary_share", 1,
                                     "Share of the requests, 0 to 1, that the canary gets.");
    instruments->canary_rollbacks = make(registry, METRIC_COUNTER, "model_canary_rollbacks_total", 1,
                                         "Canaries that were taken out since they did badly.");
    instruments->shadow_dropped = make(registry, METRIC_COUNTER, "kedge_shadow_dropped_total", 1,
                                       "Requests that shadows were not asked: too many were waiting.");
}

/* ---- life ---- */

static void copy_variant(struct split *split, size_t index, const struct split_variant_config *config,
                         const struct split_instruments *instruments)
{
    struct split_variant *variant = &split->variants[index];
    variant->config = *config;
    variant->config.name = arena_copy(&split->arena, config->name);
    variant->config.path = arena_copy(&split->arena, config->path);
    variant->config.value = arena_copy(&split->arena, config->value);
    const str labels[] = { split->model_name, variant->config.name };
    variant->requests = metric_counter(instruments->requests, labels);
    variant->errors = metric_counter(instruments->errors, labels);
    split_tally_init(&variant->tally);
    bool is_shadow = config->mode == SPLIT_SHADOW;
    atomic_init(&variant->share, is_shadow ? 0 : (uint64_t)llround(config->weight * SHARE_UNITS));
    split->shadow_count += is_shadow;
}

static void put_canary_share(struct split *split)
{
    double percent = canary_share(&split->canary, &split->config.canary);
    uint64_t share = (uint64_t)llround(percent * SHARE_UNITS);
    atomic_store_explicit(&split->variants[0].share, share, memory_order_relaxed);
    atomic_store_explicit(&split->variants[1].share, (uint64_t)(100 * SHARE_UNITS) - share, memory_order_relaxed);
    gauge_set(split->canary_share, percent / 100);
}

struct split *split_new(str model_name, const struct split_config *config, const struct split_instruments *instruments)
{
    struct split *split = mem_must(sizeof *split);
    arena_init(&split->arena, 0);
    pthread_mutex_init(&split->lock, NULL);
    split->model_name = arena_copy(&split->arena, model_name);
    split->config = *config;
    split->config.sticky_key = arena_copy(&split->arena, config->sticky_key);
    split->count = MIN_OF(config->count, (size_t)SPLIT_VARIANTS_MAX);
    struct split_variant_config *variants =
        arena_alloc(&split->arena, (split->count + 1) * sizeof(struct split_variant_config));
    for (size_t i = 0; i < split->count; i++) {
        copy_variant(split, i, &config->variants[i], instruments);
        variants[i] = split->variants[i].config;
    }
    split->config.variants = variants;
    split->shadow_dropped = metric_counter(instruments->shadow_dropped, &split->model_name);
    if (config->canary.step_count > 0) {
        split->canary_share = metric_gauge(instruments->canary_share, &split->model_name);
        split->canary_rollbacks = metric_counter(instruments->canary_rollbacks, &split->model_name);
        put_canary_share(split);
    }
    return split;
}

void split_free(struct split *split)
{
    while (split != NULL) {
        struct split *older = split->older;
        for (size_t i = 0; i < split->count; i++)
            split_tally_done(&split->variants[i].tally);
        pthread_mutex_destroy(&split->lock);
        arena_done(&split->arena);
        mem_free(split);
        split = older;
    }
}

static bool is_same_number(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static bool is_same_canary(const struct canary_config *a, const struct canary_config *b)
{
    bool is_same = a->step_count == b->step_count && a->every_ms == b->every_ms && a->requests_min == b->requests_min &&
                   is_same_number(a->error_rate_max, b->error_rate_max) &&
                   is_same_number(a->latency_p99_max_ms, b->latency_p99_max_ms);
    for (size_t i = 0; i < a->step_count && is_same; i++)
        is_same = a->steps[i] == b->steps[i];
    return is_same;
}

bool split_config_equal(const struct split_config *a, const struct split_config *b)
{
    bool is_same = a->count == b->count && str_equal(a->sticky_key, b->sticky_key) && is_same_canary(&a->canary, &b->canary);
    for (size_t i = 0; i < a->count && is_same; i++) {
        const struct split_variant_config *x = &a->variants[i], *y = &b->variants[i];
        is_same = str_equal(x->name, y->name) && x->is_own == y->is_own && x->pick == y->pick &&
                  str_equal(x->path, y->path) && str_equal(x->value, y->value) && x->weight == y->weight && x->mode == y->mode;
    }
    return is_same;
}

/* ---- choosing ---- */

/* A number that nobody predicts is not needed here, only one that is cheap and even. */
static uint64_t chance(void)
{
    static _Thread_local struct random random;
    static _Thread_local bool is_seeded;
    if (!is_seeded) {
        uint64_t seed;
        random_bytes(&seed, sizeof seed);
        random_init(&random, seed);
        is_seeded = true;
    }
    return random_u64(&random);
}

size_t split_choose(struct split *split, str key)
{
    /* The model's name is in it: who is in the first tenth of one model's callers is not in all others' as well. */
    uint64_t drawn = str_is_empty(key) ? chance() : hash_bytes(key, hash_bytes(split->model_name, 0));
    uint64_t shares[SPLIT_VARIANTS_MAX], total = 0;
    for (size_t i = 0; i < split->count; i++)
        total += shares[i] = atomic_load_explicit(&split->variants[i].share, memory_order_relaxed);
    assert(total > 0); /* the configuration saw to it */
    uint64_t place = (uint64_t)(((unsigned __int128)drawn * total) >> 64);
    for (size_t i = 0; i < split->count; i++) {
        if (place < shares[i])
            return i;
        place -= shares[i];
    }
    return 0; /* not reached: the place is below the total */
}

double split_share(struct split *split, size_t index)
{
    double total = 0;
    for (size_t i = 0; i < split->count; i++)
        total += (double)atomic_load_explicit(&split->variants[i].share, memory_order_relaxed);
    return (double)atomic_load_explicit(&split->variants[index].share, memory_order_relaxed) / total;
}

/* ---- the canary ---- */

void split_tick(struct split *split, int64_t now_ms)
{
    if (split->config.canary.step_count == 0)
        return;
    struct tally_facts facts;
    struct canary_sample sample = { 0 };
    struct split_variant *candidate = &split->variants[0];
    struct served_version *version = model_slot_acquire(candidate->slot);
    split_tally_read(&candidate->tally, &facts);
    if (version != NULL) {
        sample.loaded_us = version->loaded_us;
        sample.latency_p99_ms = NAN;
        if (facts.loaded_us == version->loaded_us) {
            sample.requests = facts.requests;
            sample.errors = facts.errors;
            sample.latency_p99_ms = tally_latency_ms(&facts, 0.99);
        }
        model_slot_release(candidate->slot, version);
    }
    pthread_mutex_lock(&split->lock);
    uint64_t rollbacks = split->canary.rollbacks;
    bool is_changed = canary_tick(&split->canary, &split->config.canary, &sample, now_ms);
    if (is_changed)
        put_canary_share(split);
    struct canary now = split->canary;
    pthread_mutex_unlock(&split->lock);
    if (now.rollbacks > rollbacks) {
        counter_increment(split->canary_rollbacks);
        LOG_ERROR("a canary was taken out", log_str("model", split->model_name), log_text("reason", now.reason));
    } else if (is_changed) {
        LOG_INFO("a canary moved on", log_str("model", split->model_name), log_text("phase", canary_phase_name(now.phase)),
                 log_f64("percent", canary_share(&now, &split->config.canary)));
    }
}

/* ---- counting ---- */

void split_variant_answered(struct split_variant *variant, const struct served_version *version,
                            const struct runtime_answer *answer, double seconds)
{
    counter_increment(variant->requests);
    split_tally_answered(&variant->tally, version, answer, seconds);
}

void split_variant_failed(struct split_variant *variant, const struct served_version *version)
{
    counter_increment(variant->requests);
    counter_increment(variant->errors);
    split_tally_failed(&variant->tally, version);
}
