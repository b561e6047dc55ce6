/* monitor/correlations.h - how columns move together on both sides, and which pairs changed. */
#ifndef MONITOR_CORRELATIONS_H
#define MONITOR_CORRELATIONS_H

#include "base/arena.h"
#include "base/status.h"
#include "monitor/schema.h"

enum correlation_kind { CORRELATION_PEARSON, CORRELATION_SPEARMAN, CORRELATION_KENDALL, CORRELATION_CRAMERS_V,
                        CORRELATION_COUNT };

/* "pearson", "spearman", "kendall", "cramers_v". */
const char *correlation_kind_name(enum correlation_kind kind);

/* What `auto` computes: above these bounds a method is left out, with a note. */
#define CORRELATION_COLUMNS_MAX 150              /* numeric columns: matrices of both sides in every report */
#define CORRELATION_SPEARMAN_CELLS_MAX 1000000   /* rows x columns, both sides */
#define CORRELATION_KENDALL_WORK_MAX 200000      /* rows x pairs, both sides */
#define CORRELATION_CRAMERS_V_WORK_MAX 1000000   /* rows x pairs, both sides */
#define CORRELATION_CATEGORIES_MAX 50            /* more distinct values: no Cramer's V */
#define CORRELATION_CHANGED_MAX 50

/* A change counts when it is this large and larger than chance explains (Fisher's z, Bonferroni at 0.05). */
#define CORRELATION_CHANGE_MIN 0.1

struct correlation_matrix {
    enum correlation_kind kind;
    const str *names;
    size_t count;                     /* columns */
    const double *reference, *current; /* [count * count]; NaN: undefined */
};

struct correlation_change {
    enum correlation_kind kind;
    str a, b;
    double reference, current;
};

struct correlations {
    struct correlation_matrix matrices[CORRELATION_COUNT];
    size_t matrix_count;
    struct correlation_change *changed; /* largest difference first */
    size_t changed_count;
    str note; /* what was left out and why; empty: nothing */
};

/* A correlation of both sides as independent parts: plan, fill each part (from any thread), finish. */
struct correlations_plan {
    struct correlations *correlations; /* NULL: nothing to correlate */
    const struct schema_column **columns[CORRELATION_COUNT]; /* of each matrix */
    size_t rows[2];                                          /* reference, current */
    size_t part_count; /* matrices x sides */
};

/* Chooses columns and methods; everything lives in `arena`. `mode` auto keeps to the bounds above. */
must_use enum status correlations_plan(const struct schema *schema, const size_t rows[2], enum correlations_mode mode,
                                       struct arena *arena, struct correlations_plan *ret_plan, struct error *err);

/* Computes part `part`: one matrix of one side. ERR_LIMIT without memory. Pearson O(rows columns^2), Kendall
 * O(rows log rows columns^2). */
must_use enum status correlations_fill(const struct correlations_plan *plan, size_t part, struct error *err);

/* Lists the pairs that changed, when all parts are there. */
must_use enum status correlations_finish(const struct correlations_plan *plan, struct arena *arena, struct error *err);

#endif
