/* Two ways in: requests read `models`, an array that only grows, and take versions from slots, both by atomics; the
 * follower's thread and slow callers load versions one at a time under `load_lock` and note facts under `lock`.
 *
 * (M1) Only a loader swaps a slot, and it holds load_lock.
 * (M2) load_lock is taken before lock; nothing slow happens under lock. */
#include "serve/model_set.h"

#include <math.h>
#include <pthread.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "serve/model_set_internal.h"

#define POLL_MS 250
#define BACKOFF_MS 1000
#define BACKOFF_MS_MAX 60000
#define NS_PER_MS ((int64_t)1000000)
#define UNKNOWN_REVISION_MS 1000 /* a source that has no revision is asked that often */

/* ---- texts that outlive their callers ---- */

static struct served_model_config copy_config(struct model_set *set, const struct served_model_config *config)
{
    struct arena *arena = &set->arena;
    struct served_model_config copy = *config;
    copy.name = arena_copy(arena, config->name);
    copy.path = arena_copy(arena, config->path);
    copy.version = arena_copy(arena, config->version);
    copy.value = arena_copy(arena, config->value);
    copy.runtime = arena_copy(arena, config->runtime);
    copy.variant_of = arena_copy(arena, config->variant_of);
    copy.split = NULL; /* model_set_split has its own copy */
    return copy;
}

static bool is_same_config(const struct served_model_config *a, const struct served_model_config *b)
{
    return str_equal(a->name, b->name) && str_equal(a->path, b->path) && str_equal(a->version, b->version) &&
           a->pick == b->pick && str_equal(a->value, b->value) && str_equal(a->runtime, b->runtime) &&
           a->is_captured == b->is_captured && str_equal(a->variant_of, b->variant_of) && a->is_shadow == b->is_shadow;
}

static void note_error(struct served_model *model, const struct error *err)
{
    char text[SERVE_ERROR_MAX];
    (void)error_text(err, text, sizeof text);
    (void)snprintf(model->error, sizeof model->error, "%s", text); /* cut off is fine: it is for people */
    model->error_us = clock_now_us();
}

/* ---- the array of models ---- */

static size_t count_of(struct model_set *set)
{
    return atomic_load_explicit(&set->count, memory_order_acquire); /* pairs with model_set_add's release */
}

/* Whatever its state; also one that is gone. */
static struct served_model *find_any(struct model_set *set, str name)
{
    size_t count = count_of(set);
    for (size_t i = 0; i < count; i++)
        if (str_equal(set->models[i]->name, name))
            return set->models[i];
    return NULL;
}

static bool is_here(struct served_model *model)
{
    return !atomic_load_explicit(&model->is_gone, memory_order_acquire);
}

struct served_model *model_set_add(struct model_set *set, const struct served_model_config *config)
{
    struct served_model *model = find_any(set, config->name);
    size_t count = count_of(set);
    bool is_variant = !str_is_empty(config->variant_of);
    if (model == NULL ? count == MODEL_SET_MAX : model->is_variant != is_variant)
        return NULL;
    if (model == NULL) {
        model = mem_must(sizeof *model);
        model->config = arena_new(&set->arena, struct served_model_config);
        *model->config = copy_config(set, config);
        model->name = model->config->name;
        model->is_variant = is_variant;
        model->parent = model->config->variant_of;
        model_slot_init(&model->slot);
        atomic_init(&model->split, NULL);
        atomic_init(&model->is_gone, false);
        set->models[count] = model;
        atomic_store_explicit(&set->count, count + 1, memory_order_release);
    } else if (!is_same_config(model->config, config)) {
        struct served_model_config *changed = arena_new(&set->arena, struct served_model_config);
        *changed = copy_config(set, config); /* the old one may be in use: it stays in the arena */
        model->config = changed;
        model->wants_reload = true;
    }
    if (!is_here(model))
        model->was_tried = false;
    atomic_store_explicit(&model->is_gone, false, memory_order_release);
    return model;
}

struct served_model *model_set_find(struct model_set *set, str name)
{
    struct served_model *model = find_any(set, name);
    return model != NULL && is_here(model) && !model->is_variant ? model : NULL;
}

struct served_model *model_set_default(struct model_set *set)
{
    size_t count = count_of(set);
    struct served_model *first = NULL;
    for (size_t i = 0; i < count; i++) {
        struct served_model *model = set->models[i];
        if (!is_here(model) || model->is_variant)
            continue;
        if (model_slot_is_full(&model->slot))
            return model;
        if (first == NULL)
            first = model;
    }
    return first;
}

void model_set_release(const struct model_choice *choice)
{
    if (choice->version != NULL)
        model_slot_release(choice->slot, choice->version);
}

str model_set_name(const struct served_model *model)
{
    return model->name;
}

struct serve_instruments *model_set_instruments(struct model_set *set)
{
    return &set->instruments;
}

void model_set_flush(struct model_set *set)
{
    if (set->log != NULL)
        prediction_log_flush(set->log);
}

/* ---- loading ---- */

static enum status locate(struct model_set *set, const struct served_model_config *config, struct arena *arena,
                          struct model_location *ret_location, struct error *err)
{
    if (!str_is_empty(config->path)) {
        str name = str_is_empty(config->variant_of) ? config->name : config->variant_of;
        *ret_location = (struct model_location){ .name = name, .version = config->version };
        return OK;
    }
    if (set->options.source == NULL)
        return error_set(err, ERR_NOT_FOUND, "model %.*s has no path, and there is no registry", STR_ARG(config->name));
    str registered = str_is_empty(config->variant_of) ? config->name : config->variant_of;
    struct model_selector selector = { registered, config->pick, config->value };
    return set->options.source->methods->resolve(set->options.source, &selector, arena, ret_location, err);
}

/* The version's files and its runtime; load_lock is held. */
static enum status load_version(struct model_set *set, const struct served_model_config *config,
                                const struct model_location *location, struct arena *arena,
                                struct served_version **ret_version, struct error *err)
{
    struct model_location named = *location;
    if (config->is_shadow)
        named.name = config->name; /* its events and series are not those of the model that answers */
    struct served_version_options options = {
        .location = &named,
        .folder = config->path.data,
        .force = config->runtime,
        .load = set->options.load,
        .pool = set->options.pool,
        .instruments = &set->instruments,
        .log = config->is_captured ? set->log : NULL,
    };
    struct model_source *source = set->options.source;
    if (str_is_empty(config->path))
        TRY(source->methods->fetch(source, location, arena, &options.folder, err));
    return served_version_load(&options, ret_version, err);
}

/* Whether that is the version in the slot. */
static bool is_loaded(struct served_model *model, const struct model_location *location)
{
    struct served_version *version = model_slot_acquire(&model->slot);
    if (version == NULL)
        return false;
    const struct model_location *now = &version->location;
    bool is_same = str_equal(now->version, location->version) && str_equal(now->run_id, location->run_id) &&
                   str_equal(now->model_id, location->model_id);
    model_slot_release(&model->slot, version);
    return is_same;
}

static void note_loaded(struct model_set *set, struct served_model *model, const struct served_version *version)
{
    const struct model_location *location = &version->location;
    const str labels[] = { location->name, location->version };
    gauge_set(metric_gauge(set->instruments.load_time, labels), version->load_seconds);
    LOG_INFO("model loaded", log_str("model", location->name), log_str("version", location->version),
             log_text("runtime", version->runtime->info.runtime), log_f64("took_ms", round(version->load_seconds * 1e6) / 1e3));
    pthread_mutex_lock(&set->lock);
    model->error[0] = '\0';
    model->failed_version[0] = '\0';
    model->backoff_ms = 0;
    pthread_mutex_unlock(&set->lock);
}

static void note_failure(struct model_set *set, struct served_model *model, const struct model_location *location,
                         const struct error *err)
{
    const str labels[] = { model->name, location->version };
    counter_increment(metric_counter(set->instruments.load_failures, labels));
    LOG_ERROR("a model version does not load; what was served stays", log_str("model", model->name),
              log_str("version", location->version), log_error(err));
    pthread_mutex_lock(&set->lock);
    note_error(model, err);
    (void)snprintf(model->failed_version, sizeof model->failed_version, "%.*s", STR_ARG(location->version));
    int64_t first = set->options.backoff_ms > 0 ? set->options.backoff_ms : BACKOFF_MS;
    model->backoff_ms = model->backoff_ms == 0 ? first : MIN_OF(model->backoff_ms * 2, (int64_t)BACKOFF_MS_MAX);
    model->retry_ns = clock_monotonic_ns() + model->backoff_ms * NS_PER_MS;
    pthread_mutex_unlock(&set->lock);
}

static bool is_backing_off(struct model_set *set, struct served_model *model, const struct model_location *location)
{
    pthread_mutex_lock(&set->lock);
    bool is_same = model->backoff_ms > 0 && str_equal(str_of(model->failed_version), location->version);
    bool is_early = clock_monotonic_ns() < model->retry_ns;
    pthread_mutex_unlock(&set->lock);
    return is_same && is_early;
}

/* Brings one model to what its selector means now. load_lock is held. */
static enum status follow_one(struct model_set *set, struct served_model *model, bool is_forced, struct error *err)
{
    struct arena arena;
    struct model_location location = { 0 };
    struct served_version *version = NULL;
    pthread_mutex_lock(&set->lock);
    const struct served_model_config *config = model->config;
    is_forced |= model->wants_reload;
    model->wants_reload = false;
    pthread_mutex_unlock(&set->lock);
    arena_init(&arena, 0);
    enum status status = locate(set, config, &arena, &location, err);
    if (status != OK) {
        pthread_mutex_lock(&set->lock);
        note_error(model, err);
        pthread_mutex_unlock(&set->lock);
    } else if (is_forced || (!is_loaded(model, &location) && !is_backing_off(set, model, &location))) {
        status = load_version(set, config, &location, &arena, &version, err);
        if (status == OK) {
            note_loaded(set, model, version);
            model_slot_swap(&model->slot, version); /* takes it over: no use of it after this line */
        } else {
            note_failure(set, model, &location, err);
        }
    }
    pthread_mutex_lock(&set->lock);
    model->was_tried = true;
    pthread_mutex_unlock(&set->lock);
    arena_done(&arena);
    return status;
}

/* Registered models that nobody configured and that have a version in Production. */
static void adopt(struct model_set *set)
{
    struct model_source *source = set->options.source;
    struct arena arena;
    struct error err = { 0 };
    str *names = NULL;
    size_t count = 0;
    arena_init(&arena, 0);
    if (source->methods->list(source, &arena, &names, &count, &err) != OK)
        count = 0; /* asked again with the next revision */
    for (size_t i = 0; i < count; i++) {
        struct model_selector selector = { names[i], PICK_STAGE, STR("Production") };
        struct model_location location;
        struct error absent = { 0 };
        if (model_set_find(set, names[i]) != NULL || count_of(set) >= set->options.models_max ||
            source->methods->resolve(source, &selector, &arena, &location, &absent) != OK)
            continue;
        pthread_mutex_lock(&set->lock);
        struct served_model_config config = { .name = names[i], .pick = PICK_STAGE, .value = STR("Production"),
                                              .is_captured = true };
        struct served_model *model = model_set_add(set, &config);
        if (model != NULL)
            model->is_adopted = true;
        pthread_mutex_unlock(&set->lock);
    }
    arena_done(&arena);
}

/* Of a model that is gone, nothing stays in memory. */
static void unload_gone(struct model_set *set)
{
    size_t count = count_of(set);
    for (size_t i = 0; i < count; i++)
        if (!is_here(set->models[i]))
            model_slot_swap(&set->models[i]->slot, NULL);
}

static bool is_due(struct model_set *set, struct served_model *model, bool is_changed)
{
    pthread_mutex_lock(&set->lock);
    bool is_retry = model->backoff_ms > 0 && clock_monotonic_ns() >= model->retry_ns;
    bool is_due = is_changed || !model->was_tried || model->wants_reload || is_retry;
    pthread_mutex_unlock(&set->lock);
    return is_due && is_here(model);
}

/* One look at the source and at what waits. */
static void follow_all(struct model_set *set)
{
    struct model_source *source = set->options.source;
    uint64_t revision = source != NULL ? source->methods->revision(source) : 1;
    int64_t now_ns = clock_monotonic_ns();
    bool is_changed = revision != 0 ? revision != set->revision
                                    : now_ns - set->asked_ns >= UNKNOWN_REVISION_MS * NS_PER_MS;
    pthread_mutex_lock(&set->load_lock);
    set->revision = revision;
    if (is_changed)
        set->asked_ns = now_ns;
    if (is_changed && source != NULL && set->options.follows_all)
        adopt(set);
    size_t count = count_of(set);
    for (size_t i = 0; i < count; i++) {
        struct error err = { 0 };
        if (is_due(set, set->models[i], is_changed))
            (void)follow_one(set, set->models[i], false, &err); /* noted and logged there */
    }
    unload_gone(set);
    pthread_mutex_unlock(&set->load_lock);
}

static struct timespec after_ms(int64_t ms)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t ns = until.tv_nsec + ms * NS_PER_MS;
    until.tv_sec += (time_t)(ns / (1000 * NS_PER_MS));
    until.tv_nsec = (long)(ns % (1000 * NS_PER_MS));
    return until;
}

static void *run(void *self)
{
    struct model_set *set = self;
    pthread_mutex_lock(&set->lock);
    while (!set->is_stopping) {
        set->is_woken = false;
        pthread_mutex_unlock(&set->lock);
        follow_all(set);
        model_set_tick(set);
        pthread_mutex_lock(&set->lock);
        set->has_looked = true;
        pthread_cond_broadcast(&set->tried);
        struct timespec until = after_ms(set->options.poll_ms);
        if (!set->is_stopping && !set->is_woken)
            (void)pthread_cond_timedwait(&set->wake, &set->lock, &until); /* early or late is the same to us */
    }
    pthread_mutex_unlock(&set->lock);
    return NULL;
}

/* ---- on demand ---- */

static bool selects_current(struct served_model *model, const struct served_version *version,
                            const struct model_selector *selector)
{
    if (selector->pick == PICK_VERSION)
        return str_equal(version->location.version, selector->value);
    return str_is_empty(model->config->path) && model->config->pick == selector->pick &&
           str_equal_ignoring_case(model->config->value, selector->value);
}

bool model_set_try(struct model_set *set, const struct model_selector *selector, struct model_choice *ret_choice)
{
    struct served_model *model = model_set_find(set, selector->name);
    if (model == NULL)
        return false;
    struct model_choice choice = model_set_choose_own(model);
    if (choice.version != NULL && selects_current(model, choice.version, selector)) {
        *ret_choice = choice;
        return true;
    }
    model_set_release(&choice);
    return false;
}

/* The place of that version among those loaded on demand, else the one used longest ago or free. load_lock is held. */
static struct extra_slot *extra_of(struct model_set *set, const struct model_location *location, bool *ret_is_there)
{
    struct extra_slot *oldest = &set->extras[0];
    for (size_t i = 0; i < EXTRAS_MAX; i++) {
        struct extra_slot *extra = &set->extras[i];
        struct served_version *version = model_slot_acquire(&extra->slot);
        bool is_same = version != NULL && str_equal(version->location.name, location->name) &&
                       str_equal(version->location.version, location->version) &&
                       str_equal(version->location.run_id, location->run_id) &&
                       str_equal(version->location.model_id, location->model_id);
        if (version != NULL)
            model_slot_release(&extra->slot, version);
        if (is_same) {
            *ret_is_there = true;
            return extra;
        }
        if (extra->used_ns < oldest->used_ns)
            oldest = extra;
    }
    *ret_is_there = false;
    return oldest;
}

static enum status acquire_extra(struct model_set *set, const struct model_selector *selector, struct arena *arena,
                                 struct model_choice *ret_choice, struct error *err)
{
    struct served_model *model = model_set_find(set, selector->name);
    struct served_model_config config = { .name = selector->name, .pick = selector->pick, .value = selector->value,
                                          .is_captured = true };
    if (model != NULL) {
        pthread_mutex_lock(&set->lock);
        config.runtime = model->config->runtime;
        config.is_captured = model->config->is_captured;
        pthread_mutex_unlock(&set->lock);
    }
    struct model_location location;
    TRY(locate(set, &config, arena, &location, err));
    struct model_selector exact = { selector->name, PICK_VERSION, location.version };
    if (model_set_try(set, &exact, ret_choice))
        return OK;
    bool is_there;
    struct extra_slot *extra = extra_of(set, &location, &is_there);
    if (!is_there) {
        struct served_version *version = NULL;
        TRY(load_version(set, &config, &location, arena, &version, err));
        model_slot_swap(&extra->slot, version);
    }
    extra->used_ns = clock_monotonic_ns();
    *ret_choice = (struct model_choice){ .version = model_slot_acquire(&extra->slot), .slot = &extra->slot };
    return OK;
}

bool model_set_selector(struct model_set *set, struct served_model *model, struct model_selector *ret_selector)
{
    pthread_mutex_lock(&set->lock);
    const struct served_model_config *config = model->config;
    *ret_selector = (struct model_selector){ config->name, config->pick, config->value };
    bool is_registered = str_is_empty(config->path);
    pthread_mutex_unlock(&set->lock);
    return is_registered;
}

/* The followed version of a model that has none yet. load_lock is held. */
static enum status acquire_followed(struct model_set *set, struct served_model *model, const struct model_selector *selector,
                                    struct model_choice *ret_choice, struct error *err)
{
    if (model_set_try(set, selector, ret_choice))
        return OK; /* loaded while we waited for the lock */
    TRY(follow_one(set, model, false, err));
    if (model_set_try(set, selector, ret_choice))
        return OK;
    pthread_mutex_lock(&set->lock);
    enum status status = error_set(err, ERR_UNAVAILABLE, "model \"%.*s\" is not loaded: %s", STR_ARG(selector->name), model->error);
    pthread_mutex_unlock(&set->lock);
    return status;
}

enum status model_set_acquire(struct model_set *set, const struct model_selector *selector,
                              struct model_choice *ret_choice, struct error *err)
{
    struct arena arena;
    struct model_selector followed;
    if (model_set_try(set, selector, ret_choice))
        return OK;
    struct served_model *model = model_set_find(set, selector->name);
    bool is_followed = model != NULL && model_set_selector(set, model, &followed) && followed.pick == selector->pick &&
                       str_equal_ignoring_case(followed.value, selector->value);
    arena_init(&arena, 0);
    pthread_mutex_lock(&set->load_lock);
    enum status status = is_followed ? acquire_followed(set, model, selector, ret_choice, err)
                                     : acquire_extra(set, selector, &arena, ret_choice, err);
    pthread_mutex_unlock(&set->load_lock);
    arena_done(&arena);
    return status;
}

enum status model_set_reload(struct model_set *set, str name, struct error *err)
{
    enum status status = OK;
    bool is_found = false;
    pthread_mutex_lock(&set->load_lock);
    if (set->options.source != NULL && set->options.follows_all)
        adopt(set);
    size_t count = count_of(set);
    for (size_t i = 0; i < count && status == OK; i++) {
        struct served_model *model = set->models[i];
        str asked = model->is_variant ? model->parent : model->name;
        if (!is_here(model) || (!str_is_empty(name) && !str_equal(asked, name)))
            continue;
        is_found = true;
        status = follow_one(set, model, true, err);
    }
    pthread_mutex_unlock(&set->load_lock);
    if (status == OK && !is_found)
        return str_is_empty(name) ? error_set(err, ERR_NOT_FOUND, "no model is served")
                                  : error_set(err, ERR_NOT_FOUND, "no model \"%.*s\" is served", STR_ARG(name));
    return status;
}

/* ---- life ---- */

struct model_set *model_set_open(const struct model_set_options *options)
{
    struct model_set *set = mem_must(sizeof *set);
    pthread_condattr_t monotonic;
    set->options = *options;
    if (set->options.poll_ms == 0)
        set->options.poll_ms = POLL_MS;
    if (set->options.models_max == 0 || set->options.models_max > MODEL_SET_MAX)
        set->options.models_max = MODEL_SET_MAX;
    arena_init(&set->arena, 0);
    atomic_init(&set->count, 0);
    for (size_t i = 0; i < EXTRAS_MAX; i++)
        model_slot_init(&set->extras[i].slot);
    pthread_mutex_init(&set->lock, NULL);
    pthread_mutex_init(&set->load_lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&set->wake, &monotonic);
    pthread_cond_init(&set->tried, &monotonic);
    pthread_condattr_destroy(&monotonic);
    serve_instruments_init(&set->instruments, options->metrics);
    split_instruments_init(&set->split_instruments, options->metrics);
    if (options->log != NULL)
        set->log = prediction_log_start(&(struct prediction_log_options){ .log = options->log,
                                                                          .dropped = set->instruments.dropped,
                                                                          .on_batch = options->on_batch,
                                                                          .self = options->self });
    if (pthread_create(&set->thread, NULL, run, set) != 0)
        abort(); /* as without memory: there is no service without its threads */
    (void)pthread_setname_np(set->thread, "models"); /* a name is for people */
    return set;
}

void model_set_close(struct model_set *set)
{
    if (set == NULL)
        return;
    pthread_mutex_lock(&set->lock);
    set->is_stopping = true;
    pthread_cond_signal(&set->wake);
    pthread_mutex_unlock(&set->lock);
    pthread_join(set->thread, NULL);
    shadow_pool_free(set->shadows); /* its jobs use slots */
    size_t count = count_of(set);
    for (size_t i = 0; i < count; i++) {
        split_free(set->models[i]->splits);
        model_slot_done(&set->models[i]->slot);
        mem_free(set->models[i]);
    }
    for (size_t i = 0; i < EXTRAS_MAX; i++)
        model_slot_done(&set->extras[i].slot);
    prediction_log_stop(set->log);
    if (set->options.source != NULL)
        set->options.source->methods->free(set->options.source);
    pthread_cond_destroy(&set->wake);
    pthread_cond_destroy(&set->tried);
    pthread_mutex_destroy(&set->lock);
    pthread_mutex_destroy(&set->load_lock);
    arena_done(&set->arena);
    mem_free(set);
}

static bool is_listed(const struct served_model_config *models, size_t count, str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(models[i].name, name))
            return true;
    return false;
}

static bool all_tried(struct model_set *set)
{
    size_t count = count_of(set);
    for (size_t i = 0; i < count; i++)
        if (is_here(set->models[i]) && !set->models[i]->was_tried)
            return false;
    return set->has_looked;
}

void model_set_configure(struct model_set *set, const struct served_model_config *models, size_t count, int64_t wait_ms)
{
    struct timespec until = after_ms(wait_ms);
    pthread_mutex_lock(&set->lock);
    size_t before = count_of(set);
    for (size_t i = 0; i < before; i++)
        if (set->models[i]->is_variant ? !model_set_wants_variant(models, count, set->models[i]->name)
                                       : !set->models[i]->is_adopted && !is_listed(models, count, set->models[i]->name))
            atomic_store_explicit(&set->models[i]->is_gone, true, memory_order_release);
    for (size_t i = 0; i < count; i++) {
        struct served_model *model = model_set_add(set, &models[i]);
        if (model == NULL)
            LOG_ERROR("too many models are configured: this one is not served", log_str("model", models[i].name));
        else
            model->is_adopted = false;
        if (model != NULL)
            model_set_split(set, model, &models[i]);
    }
    set->is_woken = true;
    pthread_cond_signal(&set->wake);
    while (!all_tried(set) && pthread_cond_timedwait(&set->tried, &set->lock, &until) == 0) {
    }
    pthread_mutex_unlock(&set->lock);
}

/* ---- lists ---- */

static void describe(struct served_model *model, struct arena *arena, struct served_model_facts *ret_facts)
{
    const struct served_model_config *config = model->config;
    *ret_facts = (struct served_model_facts){
        .name = model->name,
        .selector = { config->name, config->pick, config->value },
        .path = config->path,
        .error = arena_copy(arena, str_of(model->error)),
        .error_us = model->error_us,
    };
    struct served_version *version = model_slot_acquire(&model->slot);
    if (version == NULL)
        return;
    ret_facts->is_loaded = true;
    ret_facts->location = (struct model_location){
        .name = arena_copy(arena, version->location.name),
        .version = arena_copy(arena, version->location.version),
        .stage = arena_copy(arena, version->location.stage),
        .run_id = arena_copy(arena, version->location.run_id),
        .model_id = arena_copy(arena, version->location.model_id),
    };
    ret_facts->runtime = str_of(version->runtime->info.runtime);
    ret_facts->flavor = arena_copy(arena, version->runtime->info.flavor);
    ret_facts->loaded_us = version->loaded_us;
    ret_facts->load_seconds = version->load_seconds;
    model_slot_release(&model->slot, version);
}

enum status model_set_list(struct model_set *set, struct arena *arena, struct served_model_facts **ret_facts,
                           size_t *ret_count, struct error *err)
{
    size_t count = count_of(set), listed = 0;
    struct served_model_facts *facts = arena_array(arena, struct served_model_facts, count + 1);
    if (facts == NULL)
        return error_set(err, ERR_LIMIT, "no memory for a list of %zu models", count);
    pthread_mutex_lock(&set->lock);
    for (size_t i = 0; i < count; i++)
        if (is_here(set->models[i]) && !set->models[i]->is_variant)
            describe(set->models[i], arena, &facts[listed++]);
    pthread_mutex_unlock(&set->lock);
    *ret_facts = facts;
    *ret_count = listed;
    return OK;
}
