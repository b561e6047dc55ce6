#include "metrics/snapshot.h"

#include "base/mem.h"

#define FAMILIES_MAX 10000
#define SERIES_MAX 100000
#define LABELS_MAX 64
#define FIRST_SERIES 8

const char *metric_kind_name(enum metric_kind kind)
{
    static const char *const names[METRIC_KIND_COUNT] = { "counter", "gauge", "histogram" };
    return kind < METRIC_KIND_COUNT ? names[kind] : "unknown";
}

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}

static bool is_name_of(str text, bool may_have_colon)
{
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.data[i];
        bool is_digit = byte >= '0' && byte <= '9';
        if (!is_letter(byte) && !(byte == ':' && may_have_colon) && !(is_digit && i > 0))
            return false;
    }
    return text.size != 0;
}

bool metric_is_name(str text)
{
    return is_name_of(text, true);
}

bool metric_is_label_name(str text)
{
    return is_name_of(text, false) && !str_has_prefix(text, STR("__"));
}

void metric_snapshot_init(struct metric_snapshot *snapshot, size_t series_max)
{
    *snapshot = (struct metric_snapshot){ .series_max = series_max != 0 ? series_max : SERIES_MAX };
    arena_init(&snapshot->arena, 0);
    map_init(&snapshot->families, &snapshot->arena, FAMILIES_MAX);
}

void metric_snapshot_done(struct metric_snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->families.count; i++)
        mem_free(((struct metric_snapshot_family *)snapshot->families.entries[i].pointer)->series);
    arena_done(&snapshot->arena);
    snapshot->families.count = 0;
}

enum status metric_snapshot_family(struct metric_snapshot *snapshot, enum metric_kind kind, const char *name,
                                   const char *help, const char *unit, struct metric_snapshot_family **ret_family,
                                   struct error *err)
{
    struct map_entry *entry = map_find(&snapshot->families, str_of(name));
    if (entry != NULL) {
        struct metric_snapshot_family *known = entry->pointer;
        if (known->kind != kind)
            return error_set(err, ERR_CONFLICT, "metric %s is a %s already", name, metric_kind_name(known->kind));
        *ret_family = known;
        return OK;
    }
    if (!metric_is_name(str_of(name)))
        return error_set(err, ERR_INVALID, "\"%s\" is no metric name", name);
    if (kind == METRIC_COUNTER && !str_has_suffix(str_of(name), STR("_total")))
        return error_set(err, ERR_INVALID, "the counter %s must end in _total", name);
    struct metric_snapshot_family *family = arena_new(&snapshot->arena, struct metric_snapshot_family);
    family->kind = kind;
    family->help = arena_copy(&snapshot->arena, str_of(help));
    family->unit = arena_copy(&snapshot->arena, str_of(unit));
    family->snapshot = snapshot;
    TRY(map_insert(&snapshot->families, str_of(name), &entry, err));
    family->name = entry->key;
    entry->pointer = family;
    *ret_family = family;
    return OK;
}

/* A copy in which bytes that are part of no UTF-8 sequence are '?'. */
static str copy_text(struct arena *arena, str text)
{
    str copy = arena_copy(arena, text);
    char *bytes = (char *)copy.data;
    size_t bad, start = 0;
    while (!str_is_utf8(str_slice(copy, start, copy.size), &bad)) {
        bytes[start + bad] = '?';
        start += bad + 1;
    }
    return copy;
}

static int compare_labels(const void *left, const void *right)
{
    return str_compare(((const struct metric_label *)left)->name, ((const struct metric_label *)right)->name);
}

static enum status copy_labels(struct arena *arena, const struct metric_label *labels, size_t label_count,
                               struct metric_series *series, struct error *err)
{
    if (label_count > LABELS_MAX)
        return error_set(err, ERR_LIMIT, "%zu labels; at most %d", label_count, LABELS_MAX);
    struct metric_label sorted[LABELS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < label_count; i++) {
        if (!metric_is_label_name(labels[i].name))
            return error_set(err, ERR_INVALID, "\"%.*s\" is no label name", STR_ARG(labels[i].name));
        if (!str_is_empty(labels[i].value))
            sorted[count++] = labels[i];
    }
    qsort(sorted, count, sizeof *sorted, compare_labels);
    struct metric_label *copies = arena_array(arena, struct metric_label, count);
    if (copies == NULL)
        return error_set(err, ERR_LIMIT, "no memory for labels");
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && str_equal(sorted[i].name, sorted[i - 1].name))
            return error_set(err, ERR_INVALID, "label \"%.*s\" is there twice", STR_ARG(sorted[i].name));
        copies[i] = (struct metric_label){ copy_text(arena, sorted[i].name), copy_text(arena, sorted[i].value) };
    }
    series->labels = copies;
    series->label_count = count;
    return OK;
}

static enum status add(struct metric_snapshot_family *family, const struct metric_label *labels, size_t label_count,
                       struct metric_series *series, struct error *err)
{
    struct metric_snapshot *snapshot = family->snapshot;
    if (snapshot->series_count >= snapshot->series_max)
        return error_set(err, ERR_LIMIT, "more than %zu series", snapshot->series_max);
    if (copy_labels(&snapshot->arena, labels, label_count, series, err) != OK)
        return error_while(err, "metric %.*s", STR_ARG(family->name));
    if (family->series_count == family->series_capacity) {
        size_t capacity = MAX_OF(family->series_capacity * 2, FIRST_SERIES);
        struct metric_series *grown = mem_regrow(family->series, capacity, sizeof *grown);
        if (grown == NULL)
            return error_set(err, ERR_LIMIT, "no memory for %zu series", capacity);
        family->series = grown;
        family->series_capacity = capacity;
    }
    series->arrival = family->series_count;
    family->series[family->series_count++] = *series;
    snapshot->series_count++;
    return OK;
}

enum status metric_snapshot_add(struct metric_snapshot_family *family, const struct metric_label *labels,
                                size_t label_count, double value, struct error *err)
{
    struct metric_series series = { .value = value };
    return add(family, labels, label_count, &series, err);
}

enum status metric_snapshot_add_histogram(struct metric_snapshot_family *family, const struct metric_label *labels,
                                          size_t label_count, const struct metric_histogram_value *value,
                                          struct error *err)
{
    struct arena *arena = &family->snapshot->arena;
    double *bounds = arena_array(arena, double, value->bucket_count);
    uint64_t *counts = arena_array(arena, uint64_t, value->bucket_count + 1);
    if (bounds == NULL || counts == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu buckets", value->bucket_count);
    for (size_t i = 0; i < value->bucket_count; i++)
        bounds[i] = value->bounds[i];
    for (size_t i = 0; i <= value->bucket_count; i++)
        counts[i] = value->counts[i];
    struct metric_series series = { .histogram = { value->bucket_count, bounds, counts, value->sum } };
    return add(family, labels, label_count, &series, err);
}

/* Name by name, value by value, the shorter beginning first. */
static int compare_series(const void *left, const void *right)
{
    const struct metric_series *a = left, *b = right;
    for (size_t i = 0; i < a->label_count && i < b->label_count; i++) {
        int order = str_compare(a->labels[i].name, b->labels[i].name);
        if (order == 0)
            order = str_compare(a->labels[i].value, b->labels[i].value);
        if (order != 0)
            return order;
    }
    return (a->label_count > b->label_count) - (a->label_count < b->label_count);
}

static int compare_arrivals(const void *left, const void *right)
{
    const struct metric_series *a = left, *b = right;
    int order = compare_series(a, b);
    return order != 0 ? order : (a->arrival > b->arrival) - (a->arrival < b->arrival);
}

static void drop_equal_series(struct metric_snapshot_family *family)
{
    size_t kept = 0;
    for (size_t i = 0; i < family->series_count; i++)
        if (kept == 0 || compare_series(&family->series[kept - 1], &family->series[i]) != 0)
            family->series[kept++] = family->series[i];
    family->series_count = kept;
}

static int compare_families(const void *left, const void *right)
{
    struct metric_snapshot_family *const *a = left, *const *b = right;
    return str_compare((*a)->name, (*b)->name);
}

void metric_snapshot_sort(struct metric_snapshot *snapshot)
{
    size_t count = snapshot->families.count;
    snapshot->sorted = arena_alloc(&snapshot->arena, (count + 1) * sizeof(struct metric_snapshot_family *));
    for (size_t i = 0; i < count; i++) {
        struct metric_snapshot_family *family = snapshot->families.entries[i].pointer;
        if (family->series_count != 0)
            qsort(family->series, family->series_count, sizeof *family->series, compare_arrivals);
        drop_equal_series(family);
        snapshot->sorted[i] = family;
    }
    qsort(snapshot->sorted, count, sizeof(struct metric_snapshot_family *), compare_families);
}

size_t metric_snapshot_family_count(const struct metric_snapshot *snapshot)
{
    return snapshot->families.count;
}

const struct metric_snapshot_family *metric_snapshot_family_at(const struct metric_snapshot *snapshot, size_t index)
{
    return snapshot->sorted[index];
}
