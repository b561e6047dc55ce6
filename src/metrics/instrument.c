#include "metrics/instrument.h"

#include <math.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>

#include "base/buf.h"
#include "base/mem.h"

#define SERIES_MAX 1000
#define FAMILIES_MAX 1000
#define COLLECTORS_MAX 64
#define KEY_BYTES_MAX ((size_t)64 * 1024)
/* Two series that different threads update must not share a cache line. */
#define CACHE_LINE_BYTES 64

const double metric_latency_buckets[] = { 50e-6, 100e-6, 250e-6, 500e-6, .001, .0025, .005, .01, .025, .05,
                                          .075,  .1,     .25,    .5,     .75,  1,     2.5,  5,   7.5,   10 };
const size_t metric_latency_bucket_count = COUNT(metric_latency_buckets);

/* Most increments are whole, and an integer needs no compare-and-swap loop; the value is the sum of both. All
 * atomics here are relaxed: they are statistics and order nothing. */
struct counter {
    alignas(CACHE_LINE_BYTES) atomic_uint_fast64_t whole;
    _Atomic double fraction;
};

struct gauge {
    alignas(CACHE_LINE_BYTES) _Atomic double value;
};

struct histogram {
    alignas(CACHE_LINE_BYTES) _Atomic double sum;
    size_t bucket_count;
    const double *bounds;
    atomic_uint_fast64_t counts[]; /* [bucket_count + 1], not cumulative */
};

struct series {
    const str *values; /* [label_count] */
    bool is_shown;     /* under the family's lock */
    void *instrument;
};

struct metric_family {
    enum metric_kind kind;
    str name, help, unit;
    size_t label_count, bucket_count, series_max;
    str labels[METRIC_LABELS_MAX];
    double *bounds;
    void *overflow; /* what callers get above series_max */
    atomic_uint_fast64_t dropped;
    pthread_mutex_t lock; /* over `series`, `arena` and `key` */
    struct map series;    /* the label values one behind the other, each after its size */
    struct arena arena;
    struct buf key;
    struct metric_registry *registry;
};

struct metric_registry {
    pthread_mutex_t lock; /* over what follows */
    struct metric_family *families[FAMILIES_MAX];
    size_t family_count, series_max;
    struct {
        metric_collector *collect;
        void *context;
    } collectors[COLLECTORS_MAX];
    size_t collector_count;
};

struct metric_registry *metric_registry_new(size_t series_max)
{
    struct metric_registry *registry = mem_must(sizeof *registry);
    registry->series_max = series_max != 0 ? series_max : SERIES_MAX;
    pthread_mutex_init(&registry->lock, NULL);
    return registry;
}

static void family_free(struct metric_family *family)
{
    for (size_t i = 0; i < family->series.count; i++)
        mem_free(((struct series *)family->series.entries[i].pointer)->instrument);
    mem_free(family->overflow);
    arena_done(&family->arena);
    buf_done(&family->key);
    pthread_mutex_destroy(&family->lock);
    mem_free(family);
}

void metric_registry_free(struct metric_registry *registry)
{
    if (registry == NULL)
        return;
    for (size_t i = 0; i < registry->family_count; i++)
        family_free(registry->families[i]);
    pthread_mutex_destroy(&registry->lock);
    mem_free(registry);
}

static void *new_instrument(const struct metric_family *family)
{
    size_t bytes = 0;
    switch (family->kind) {
    case METRIC_COUNTER:
        bytes = sizeof(struct counter);
        break;
    case METRIC_GAUGE:
        bytes = sizeof(struct gauge);
        break;
    case METRIC_HISTOGRAM:
        bytes = sizeof(struct histogram) + (family->bucket_count + 1) * sizeof(atomic_uint_fast64_t);
        break;
    case METRIC_KIND_COUNT:
        break;
    }
    bytes = (bytes + CACHE_LINE_BYTES - 1) / CACHE_LINE_BYTES * CACHE_LINE_BYTES;
    void *instrument = aligned_alloc(CACHE_LINE_BYTES, bytes);
    if (instrument == NULL) {
        fputs("kedge: out of memory\n", stderr);
        abort();
    }
    memset(instrument, 0, bytes);
    if (family->kind == METRIC_HISTOGRAM) {
        struct histogram *histogram = instrument;
        histogram->bucket_count = family->bucket_count;
        histogram->bounds = family->bounds;
    }
    return instrument;
}

static enum status check_buckets(const struct metric_description *description, struct error *err)
{
    if (description->bucket_count > METRIC_BUCKETS_MAX)
        return error_set(err, ERR_INVALID, "histogram %s: more than %d buckets", description->name, METRIC_BUCKETS_MAX);
    for (size_t i = 0; i < description->bucket_count; i++)
        if (!isfinite(description->buckets[i]) || (i > 0 && description->buckets[i] <= description->buckets[i - 1]))
            return error_set(err, ERR_INVALID, "histogram %s: bucket %zu is not above the one before it",
                             description->name, i + 1);
    return OK;
}

static enum status check_description(const struct metric_description *description, struct error *err)
{
    str name = str_of(description->name), base = name;
    if (!metric_is_name(name))
        return error_set(err, ERR_INVALID, "\"%s\" is no metric name", description->name);
    bool is_total = str_has_suffix(name, STR("_total"));
    if ((description->kind == METRIC_COUNTER) != is_total)
        return error_set(err, ERR_INVALID, "metric %s: counters end in _total, and nothing else does",
                         description->name);
    if (is_total)
        base.size -= strlen("_total");
    str unit = str_of(description->unit);
    if (unit.size != 0 && (!str_has_suffix(base, unit) || base.size <= unit.size ||
                           base.data[base.size - unit.size - 1] != '_'))
        return error_set(err, ERR_INVALID, "metric %s does not end in its unit \"%s\"", description->name,
                         description->unit);
    if (description->label_count > METRIC_LABELS_MAX)
        return error_set(err, ERR_INVALID, "metric %s: more than %d labels", description->name, METRIC_LABELS_MAX);
    for (size_t i = 0; i < description->label_count; i++) {
        str label = str_of(description->labels[i]);
        bool is_reserved = description->kind == METRIC_HISTOGRAM && str_equal(label, STR("le"));
        if (!metric_is_label_name(label) || is_reserved)
            return error_set(err, ERR_INVALID, "metric %s: \"%s\" is no label name", description->name,
                             description->labels[i]);
    }
    return check_buckets(description, err);
}

static struct metric_family *new_family(struct metric_registry *registry, const struct metric_description *description)
{
    struct metric_family *family = mem_must(sizeof *family);
    struct arena *arena = &family->arena;
    arena_init(arena, 0);
    family->kind = description->kind;
    family->name = arena_copy(arena, str_of(description->name));
    family->help = arena_copy(arena, str_of(description->help));
    family->unit = arena_copy(arena, str_of(description->unit));
    family->label_count = description->label_count;
    for (size_t i = 0; i < description->label_count; i++)
        family->labels[i] = arena_copy(arena, str_of(description->labels[i]));
    if (description->kind == METRIC_HISTOGRAM) {
        const double *bounds = description->buckets != NULL ? description->buckets : metric_latency_buckets;
        family->bucket_count = description->buckets != NULL ? description->bucket_count : metric_latency_bucket_count;
        family->bounds = arena_alloc(arena, family->bucket_count * sizeof *bounds);
        for (size_t i = 0; i < family->bucket_count; i++)
            family->bounds[i] = bounds[i];
    }
    family->registry = registry;
    family->series_max = registry->series_max;
    map_init(&family->series, arena, family->series_max);
    buf_init(&family->key, KEY_BYTES_MAX);
    pthread_mutex_init(&family->lock, NULL);
    family->overflow = new_instrument(family);
    return family;
}

static bool is_same(const struct metric_family *family, const struct metric_description *description)
{
    bool is_equal = family->kind == description->kind && family->label_count == description->label_count;
    for (size_t i = 0; is_equal && i < family->label_count; i++)
        is_equal = str_equal(family->labels[i], str_of(description->labels[i]));
    return is_equal;
}

static enum status find_or_add(struct metric_registry *registry, const struct metric_description *description,
                               struct metric_family **ret_family, struct error *err)
{
    for (size_t i = 0; i < registry->family_count; i++) {
        struct metric_family *family = registry->families[i];
        if (!str_equal(family->name, str_of(description->name)))
            continue;
        if (!is_same(family, description))
            return error_set(err, ERR_CONFLICT, "metric %s exists with another kind or other labels",
                             description->name);
        *ret_family = family;
        return OK;
    }
    if (registry->family_count == FAMILIES_MAX)
        return error_set(err, ERR_LIMIT, "more than %d metric families", FAMILIES_MAX);
    *ret_family = registry->families[registry->family_count++] = new_family(registry, description);
    return OK;
}

enum status metric_family_new(struct metric_registry *registry, const struct metric_description *description,
                              struct metric_family **ret_family, struct error *err)
{
    TRY(check_description(description, err));
    pthread_mutex_lock(&registry->lock);
    enum status status = find_or_add(registry, description, ret_family, err);
    pthread_mutex_unlock(&registry->lock);
    return status;
}

/* The label values as one key; false where they are too long to keep. */
static bool make_key(struct metric_family *family, const str *label_values)
{
    buf_clear(&family->key);
    for (size_t i = 0; i < family->label_count; i++) {
        size_t size = label_values[i].size;
        (void)buf_append(&family->key, (str){ (const char *)&size, sizeof size });
        (void)buf_append(&family->key, label_values[i]);
    }
    return !buf_is_overfull(&family->key);
}

static struct series *find_or_make(struct metric_family *family, const str *label_values)
{
    if (!make_key(family, label_values))
        return NULL;
    struct map_entry *entry = map_find(&family->series, buf_str(&family->key));
    if (entry != NULL)
        return entry->pointer;
    if (map_insert(&family->series, buf_str(&family->key), &entry, NULL) != OK)
        return NULL;
    struct series *series = arena_new(&family->arena, struct series);
    str *values = arena_alloc(&family->arena, family->label_count * sizeof *values);
    for (size_t i = 0; i < family->label_count; i++)
        values[i] = arena_copy(&family->arena, label_values[i]);
    series->values = values;
    series->instrument = new_instrument(family);
    entry->pointer = series;
    return series;
}

static void *instrument_of(struct metric_family *family, enum metric_kind kind, const str *label_values)
{
    if (family->kind != kind)
        abort(); /* a mistake of ours that no input can cause */
    pthread_mutex_lock(&family->lock);
    struct series *series = find_or_make(family, label_values);
    if (series != NULL)
        series->is_shown = true;
    pthread_mutex_unlock(&family->lock);
    if (series == NULL)
        atomic_fetch_add_explicit(&family->dropped, 1, memory_order_relaxed);
    return series != NULL ? series->instrument : family->overflow;
}

struct counter *metric_counter(struct metric_family *family, const str *label_values)
{
    return instrument_of(family, METRIC_COUNTER, label_values);
}

struct gauge *metric_gauge(struct metric_family *family, const str *label_values)
{
    return instrument_of(family, METRIC_GAUGE, label_values);
}

struct histogram *metric_histogram(struct metric_family *family, const str *label_values)
{
    return instrument_of(family, METRIC_HISTOGRAM, label_values);
}

void metric_family_forget(struct metric_family *family, const str *label_values)
{
    pthread_mutex_lock(&family->lock);
    struct map_entry *entry = make_key(family, label_values) ? map_find(&family->series, buf_str(&family->key)) : NULL;
    if (entry != NULL)
        ((struct series *)entry->pointer)->is_shown = false;
    pthread_mutex_unlock(&family->lock);
}

static void add_f64(_Atomic double *value, double amount)
{
    double old = atomic_load_explicit(value, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(value, &old, old + amount, memory_order_relaxed,
                                                  memory_order_relaxed)) {
    }
}

void counter_increment(struct counter *counter)
{
    atomic_fetch_add_explicit(&counter->whole, 1, memory_order_relaxed);
}

void counter_add(struct counter *counter, double amount)
{
    if (!(amount > 0))
        return;
    if (amount <= 0x1p53 && amount == floor(amount))
        atomic_fetch_add_explicit(&counter->whole, (uint64_t)amount, memory_order_relaxed);
    else
        add_f64(&counter->fraction, amount);
}

double counter_value(const struct counter *counter)
{
    return (double)atomic_load_explicit(&counter->whole, memory_order_relaxed) +
           atomic_load_explicit(&counter->fraction, memory_order_relaxed);
}

void gauge_set(struct gauge *gauge, double value)
{
    atomic_store_explicit(&gauge->value, value, memory_order_relaxed);
}

void gauge_add(struct gauge *gauge, double amount)
{
    add_f64(&gauge->value, amount);
}

double gauge_value(const struct gauge *gauge)
{
    return atomic_load_explicit(&gauge->value, memory_order_relaxed);
}

/* The first bucket whose upper bound is not below the value: bounds belong to their bucket. */
static size_t bucket_of(const struct histogram *histogram, double value)
{
    size_t low = 0, high = histogram->bucket_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (value <= histogram->bounds[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

void histogram_observe(struct histogram *histogram, double value)
{
    if (isnan(value))
        return;
    atomic_fetch_add_explicit(&histogram->counts[bucket_of(histogram, value)], 1, memory_order_relaxed);
    add_f64(&histogram->sum, value);
}

uint64_t histogram_count(const struct histogram *histogram)
{
    uint64_t count = 0;
    for (size_t i = 0; i <= histogram->bucket_count; i++)
        count += atomic_load_explicit(&histogram->counts[i], memory_order_relaxed);
    return count;
}

static enum status collect_histogram(const struct histogram *histogram, struct metric_snapshot_family *to,
                                     const struct metric_label *labels, size_t label_count, struct error *err)
{
    uint64_t counts[METRIC_BUCKETS_MAX + 1];
    for (size_t i = 0; i <= histogram->bucket_count; i++)
        counts[i] = atomic_load_explicit(&histogram->counts[i], memory_order_relaxed);
    struct metric_histogram_value value = { histogram->bucket_count, histogram->bounds, counts,
                                            atomic_load_explicit(&histogram->sum, memory_order_relaxed) };
    return metric_snapshot_add_histogram(to, labels, label_count, &value, err);
}

static enum status collect_series(const struct metric_family *family, const struct series *series,
                                  struct metric_snapshot_family *to, struct error *err)
{
    struct metric_label labels[METRIC_LABELS_MAX];
    for (size_t i = 0; i < family->label_count; i++)
        labels[i] = (struct metric_label){ family->labels[i], series->values[i] };
    if (family->kind == METRIC_HISTOGRAM)
        return collect_histogram(series->instrument, to, labels, family->label_count, err);
    double value = family->kind == METRIC_COUNTER ? counter_value(series->instrument) : gauge_value(series->instrument);
    return metric_snapshot_add(to, labels, family->label_count, value, err);
}

static enum status collect_family(struct metric_family *family, struct metric_snapshot *snapshot, struct error *err)
{
    struct metric_snapshot_family *to;
    TRY(metric_snapshot_family(snapshot, family->kind, family->name.data, family->help.data, family->unit.data, &to,
                               err));
    enum status status = OK;
    pthread_mutex_lock(&family->lock);
    for (size_t i = 0; status == OK && i < family->series.count; i++) {
        const struct series *series = family->series.entries[i].pointer;
        if (series->is_shown)
            status = collect_series(family, series, to, err);
    }
    pthread_mutex_unlock(&family->lock);
    return status;
}

static enum status collect_dropped(const struct metric_family *family, struct metric_snapshot *snapshot,
                                   struct error *err)
{
    uint64_t dropped = atomic_load_explicit(&family->dropped, memory_order_relaxed);
    if (dropped == 0)
        return OK;
    struct metric_snapshot_family *to;
    TRY(metric_snapshot_family(snapshot, METRIC_COUNTER, "kedge_metric_series_dropped_total",
                               "Look-ups of a series that a full metric family refused.", NULL, &to, err));
    struct metric_label label = { STR("family"), family->name };
    return metric_snapshot_add(to, &label, 1, (double)dropped, err);
}

void metric_registry_add_collector(struct metric_registry *registry, metric_collector *collect, void *context)
{
    pthread_mutex_lock(&registry->lock);
    if (registry->collector_count == COLLECTORS_MAX)
        abort(); /* collectors are added by our code at start, a handful of them */
    registry->collectors[registry->collector_count].collect = collect;
    registry->collectors[registry->collector_count++].context = context;
    pthread_mutex_unlock(&registry->lock);
}

enum status metric_registry_collect(struct metric_registry *registry, struct metric_snapshot *snapshot,
                                    struct error *err)
{
    /* Both lists only grow, so what was there at the start may be used without the lock, which a slow
     * collector would hold for long. */
    pthread_mutex_lock(&registry->lock);
    size_t families = registry->family_count, collectors = registry->collector_count;
    pthread_mutex_unlock(&registry->lock);
    for (size_t i = 0; i < families; i++) {
        TRY(collect_family(registry->families[i], snapshot, err));
        TRY(collect_dropped(registry->families[i], snapshot, err));
    }
    for (size_t i = 0; i < collectors; i++)
        TRY(registry->collectors[i].collect(registry->collectors[i].context, snapshot, err));
    return OK;
}
