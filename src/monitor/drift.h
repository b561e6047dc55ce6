/* monitor/drift.h - one column of two sides through one or all drift methods. */
#ifndef MONITOR_DRIFT_H
#define MONITOR_DRIFT_H

#include "base/arena.h"
#include "base/status.h"
#include "monitor/analysis_options.h"
#include "monitor/category_pair.h"
#include "monitor/drift_method.h"

/* Level of calibrated thresholds and of "detectable", and the power that the latter asks for. */
#define DRIFT_ALPHA 0.05
#define DRIFT_POWER 0.8

struct drift_effect {
    const char *name; /* NULL: none */
    double value;
    const char *size; /* negligible, small, medium, large */
};

struct drift_result {
    enum drift_method_id method;
    double score;     /* NaN: not applicable, or the method has no answer */
    double threshold; /* NaN: none (calibrated thresholds of methods without a law) */
    bool is_evaluated; /* score and is_drifted mean something */
    bool is_drifted;
    double statistic; /* NaN: none */
    double p_value;   /* NaN: none */
    struct drift_effect effect;
    double detectable; /* NaN: none */
    const char *detectable_unit;
    bool has_compat;
    double compat_score; /* NaN: Evidently has no answer here */
    str note;            /* empty: none */
};

/* Two sides of a column, and what is shared by the methods. */
struct drift_input {
    enum column_type type;
    const struct column_profile *reference, *current;
    const struct column *reference_rows, *current_rows; /* row order, for TVD as Evidently draws it */
    bool is_compat;
    const struct category_pair *pair; /* categorical columns only, else NULL */
    struct workspace *workspace;      /* WORK_SCRATCH is used */
    struct arena *scratch;            /* counts; may end with the call */
    struct arena *arena;              /* of the results */
};

/* What was asked for this column. */
struct drift_plan {
    struct method_choice choice; /* METHOD_COUNT: the default method */
    bool use_all_methods;
};

/* Runs the plan: the chosen method first, then every other applicable one. A method that cannot answer gives a result
 * with a note. ERR_LIMIT without memory. */
must_use enum status drift_run(const struct drift_input *input, const struct drift_plan *plan,
                               struct drift_result **ret_results, size_t *ret_count, struct error *err);

/* Strongest first: the column's own choice, the type's, all columns'; method and threshold fall through separately. */
struct method_choice drift_choose(const struct analysis_options *options, str column, enum column_type type);

#endif
