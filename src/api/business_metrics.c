#include "api/business_metrics.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"

#define NAME_BYTES_MAX 128
#define VALUE_BYTES_MAX 256

/* Names that were pushed before; others of the registry are our own. */
struct business_metrics {
    struct metric_registry *registry;
    pthread_mutex_t lock; /* over `names` */
    struct map names;
    struct arena arena;
};

struct business_metrics *business_metrics_new(struct metric_registry *registry)
{
    struct business_metrics *metrics = mem_must(sizeof *metrics);
    metrics->registry = registry;
    pthread_mutex_init(&metrics->lock, NULL);
    arena_init(&metrics->arena, 0);
    map_init(&metrics->names, &metrics->arena, BUSINESS_METRICS_MAX);
    return metrics;
}

void business_metrics_free(struct business_metrics *metrics)
{
    if (metrics == NULL)
        return;
    arena_done(&metrics->arena);
    pthread_mutex_destroy(&metrics->lock);
    mem_free(metrics);
}

/* The same labels in whatever order a client writes them. */
static int by_name(const void *a, const void *b)
{
    return str_compare(((const struct business_label *)a)->name, ((const struct business_label *)b)->name);
}

static enum status check(const struct business_sample *sample, struct error *err)
{
    static const char *const ours[] = { "kedge_", "api_", "model_", "evidently_", "process_", "drift_score", "go_", "python_" };
    if (str_is_empty(sample->name) || sample->name.size > NAME_BYTES_MAX)
        return error_set(err, ERR_INVALID, "name: between 1 and %d bytes", NAME_BYTES_MAX);
    for (size_t i = 0; i < COUNT(ours); i++)
        if (str_has_prefix(sample->name, str_of(ours[i])))
            return error_set(err, ERR_INVALID, "name: \"%.*s\" begins with %s, which stands for this server's own metrics",
                             STR_ARG(sample->name), ours[i]);
    if (sample->kind == METRIC_COUNTER && !(sample->value >= 0))
        return error_set(err, ERR_INVALID, "value: a counter only grows, found %g", sample->value);
    for (size_t i = 0; i < sample->label_count; i++) {
        if (sample->labels[i].name.size > NAME_BYTES_MAX || sample->labels[i].value.size > VALUE_BYTES_MAX)
            return error_set(err, ERR_INVALID, "labels: names have at most %d bytes, values %d", NAME_BYTES_MAX, VALUE_BYTES_MAX);
        if (i > 0 && str_equal(sample->labels[i].name, sample->labels[i - 1].name))
            return error_set(err, ERR_INVALID, "labels: \"%.*s\" is there twice", STR_ARG(sample->labels[i].name));
    }
    return OK;
}

static enum status family_of(struct business_metrics *metrics, const struct business_sample *sample,
                             struct metric_family **ret_family, struct error *err)
{
    struct arena arena;
    struct map_entry *entry;
    arena_init(&arena, 0);
    str name = arena_copy(&arena, sample->name);
    struct metric_description description = {
        .kind = sample->kind, .name = name.data, .help = "Pushed by a client.", .label_count = sample->label_count
    };
    for (size_t i = 0; i < sample->label_count; i++)
        description.labels[i] = arena_copy(&arena, sample->labels[i].name).data;
    pthread_mutex_lock(&metrics->lock);
    bool is_known = map_find(&metrics->names, sample->name) != NULL;
    enum status status = OK;
    if (!is_known && metrics->names.count == BUSINESS_METRICS_MAX)
        status = error_set(err, ERR_LIMIT, "more than %d metrics were pushed", BUSINESS_METRICS_MAX);
    if (status == OK)
        status = metric_family_new(metrics->registry, &description, ret_family, err);
    if (status == OK && !is_known)
        status = map_insert(&metrics->names, sample->name, &entry, err);
    pthread_mutex_unlock(&metrics->lock);
    arena_done(&arena);
    return status;
}

enum status business_metrics_push(struct business_metrics *metrics, struct business_sample *sample, struct error *err)
{
    struct metric_family *family = NULL;
    str values[METRIC_LABELS_MAX];
    qsort(sample->labels, sample->label_count, sizeof sample->labels[0], by_name);
    TRY(check(sample, err));
    TRY(family_of(metrics, sample, &family, err));
    for (size_t i = 0; i < sample->label_count; i++)
        values[i] = sample->labels[i].value;
    if (sample->kind == METRIC_COUNTER)
        counter_add(metric_counter(family, values), sample->value);
    else if (sample->kind == METRIC_GAUGE)
        gauge_set(metric_gauge(family, values), sample->value);
    else
        histogram_observe(metric_histogram(family, values), sample->value);
    return OK;
}
