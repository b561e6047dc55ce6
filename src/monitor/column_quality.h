/* monitor/column_quality.h - what is odd about a column, against the reference or by itself. */
#ifndef MONITOR_COLUMN_QUALITY_H
#define MONITOR_COLUMN_QUALITY_H

#include "base/arena.h"
#include "monitor/category_pair.h"
#include "monitor/condition.h"

enum finding_kind {
    FINDING_MISSING_INCREASED,
    FINDING_NEW_CATEGORY,
    FINDING_VANISHED_CATEGORY,
    FINDING_TYPE_CHANGED,
    FINDING_OUT_OF_RANGE,
    FINDING_CONSTANT,
    FINDING_ALMOST_CONSTANT,
    FINDING_INFINITE,
    FINDING_ALL_MISSING,
    FINDING_KIND_COUNT
};

/* "missing_increased", ...: stable. */
const char *finding_kind_name(enum finding_kind kind);

/* Values that a finding lists; the text says how many more there are. */
#define FINDING_VALUES_MAX 10

struct finding {
    enum finding_kind kind;
    enum severity severity;
    str text;
    const str *values; /* some of them */
    size_t value_count, total;
};

struct findings {
    struct finding items[FINDING_KIND_COUNT]; /* at most one a kind */
    size_t count;
};

/* At least this share of the rows is one value (Evidently's bound). */
#define ALMOST_CONSTANT_SHARE 0.95

/* At most one distinct value among those present; a column without values is constant too. */
bool profile_is_constant(const struct column_profile *profile);

/* The most frequent value has ALMOST_CONSTANT_SHARE of all rows, missing ones counted; so has a constant column's. */
bool profile_is_almost_constant(const struct column_profile *profile);

struct column_sides {
    const struct column_profile *reference, *current; /* NULL: not on that side */
    const struct category_pair *pair;                 /* categorical columns only, else NULL */
};

/* `type_change` is a sentence or empty. Texts live in `arena`. */
void findings_gather(const struct column_sides *sides, str type_change, struct arena *arena,
                     struct findings *ret_findings);

#endif
