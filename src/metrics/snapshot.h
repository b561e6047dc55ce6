/* metrics/snapshot.h - metric families and their samples at one moment, between those who know values
 * (instruments, collectors, stored analyses) and those who write them (the exposition formats).
 *
 * Families of one name from several sources are one family. Everything is copied into one arena. One
 * thread fills a snapshot. */
#ifndef METRICS_SNAPSHOT_H
#define METRICS_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/status.h"
#include "base/str.h"

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_KIND_COUNT };

/* "counter", "gauge", "histogram". */
const char *metric_kind_name(enum metric_kind kind);

struct metric_label {
    str name, value;
};

struct metric_histogram_value {
    size_t bucket_count;
    const double *bounds;    /* [bucket_count], ascending, without +Inf */
    const uint64_t *counts;  /* [bucket_count + 1], each bucket's own, not cumulative; the last is +Inf's */
    double sum;
};

struct metric_series {
    const struct metric_label *labels; /* by name, bytewise */
    size_t label_count;
    size_t arrival; /* its place before sorting: of equal series the first stays */
    double value;                            /* COUNTER, GAUGE */
    struct metric_histogram_value histogram; /* HISTOGRAM */
};

struct metric_snapshot_family {
    enum metric_kind kind;
    str name; /* counters with _total */
    str help;
    str unit; /* empty = none */
    struct metric_series *series;
    size_t series_count, series_capacity;
    struct metric_snapshot *snapshot;
};

struct metric_snapshot {
    struct arena arena;
    struct map families; /* by name */
    struct metric_snapshot_family **sorted; /* [families.count]; NULL before metric_snapshot_sort */
    size_t series_count, series_max;
};

/* Empty. Above `series_max` series (0 = 100,000) adding answers ERR_LIMIT. */
void metric_snapshot_init(struct metric_snapshot *snapshot, size_t series_max);

/* Frees everything in it; it must have been initialised. */
void metric_snapshot_done(struct metric_snapshot *snapshot);

/* The family of that name, made where there is none. `unit` and `help` may be NULL. ERR_INVALID: not a
 * metric name, or a counter without _total; ERR_CONFLICT: there already, with another kind. */
must_use enum status metric_snapshot_family(struct metric_snapshot *snapshot, enum metric_kind kind, const char *name,
                                            const char *help, const char *unit,
                                            struct metric_snapshot_family **ret_family, struct error *err);

/* Adds a series of one value (COUNTER, GAUGE). Labels in any order, empty values are left out; bytes that
 * are no UTF-8 become '?'. ERR_INVALID: not a label name, or one twice. */
must_use enum status metric_snapshot_add(struct metric_snapshot_family *family, const struct metric_label *labels,
                                         size_t label_count, double value, struct error *err);

/* Adds a series of a HISTOGRAM. */
must_use enum status metric_snapshot_add_histogram(struct metric_snapshot_family *family,
                                                   const struct metric_label *labels, size_t label_count,
                                                   const struct metric_histogram_value *value, struct error *err);

/* Families by name and series by labels, bytewise; of equal series the first stays. Add nothing afterwards. */
void metric_snapshot_sort(struct metric_snapshot *snapshot);

/* The sorted families. */
size_t metric_snapshot_family_count(const struct metric_snapshot *snapshot);

/* The family at that place of the order, below metric_snapshot_family_count. */
const struct metric_snapshot_family *metric_snapshot_family_at(const struct metric_snapshot *snapshot, size_t index);

/* Whether the text is a metric name, a label name (legacy character sets; no "__" in front of a label). */
bool metric_is_name(str text);

/* Whether the text is a label name: letters, digits and _, no digit first, no "__" in front. */
bool metric_is_label_name(str text);

#endif
