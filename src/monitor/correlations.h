/* monitor/correlations.h - how columns move together on both sides, and which pairs changed. */
#ifndef MONITOR_CORRELATIONS_H
#define MONITOR_CORRELATIONS_H

#include "base/arena.h"
#include "base/pool.h"
#include "base/status.h"
#include "data/frame.h"

enum correlation_kind { CORRELATION_PEARSON, CORRELATION_SPEARMAN, CORRELATION_KENDALL, CORRELATION_CRAMERS_V,
                        CORRELATION_COUNT };
const char *correlation_kind_name(enum correlation_kind kind);

/* What `auto` computes: above these bounds a method is left out, with a note. */
#define CORRELATION_COLUMNS_MAX 150              /* numeric columns: matrices of both sides in every report */
#define CORRELATION_SPEARMAN_CELLS_MAX 1000000   /* rows x columns, both sides */
#define CORRELATION_KENDALL_WORK_MAX 200000      /* rows x pairs, both sides */
#define CORRELATION_CRAMERS_V_WORK_MAX 20000000  /* rows x pairs, both sides */
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

#endif
