/* monitor/drift_method.h - the drift methods by name, what each takes, and when its score means drift.
 *
 * One const table; docs/methods.md explains each entry. Adding a method: a line in drift_method.c and a function
 * in drift_numeric.c or drift_categorical.c. */
#ifndef MONITOR_DRIFT_METHOD_H
#define MONITOR_DRIFT_METHOD_H

#include <stddef.h>

#include "monitor/column_type.h"

enum drift_method_id {
    METHOD_KS,
    METHOD_WASSERSTEIN,
    METHOD_JENSEN_SHANNON,
    METHOD_KL,
    METHOD_PSI,
    METHOD_HELLINGER,
    METHOD_ENERGY,
    METHOD_ANDERSON,
    METHOD_CRAMER_VON_MISES,
    METHOD_MANN_WHITNEY,
    METHOD_T_TEST,
    METHOD_EPPS_SINGLETON,
    METHOD_MMD,
    METHOD_CHI_SQUARE,
    METHOD_Z,
    METHOD_G_TEST,
    METHOD_FISHER_EXACT,
    METHOD_TVD,
    METHOD_COUNT /* also: no method chosen */
};

enum score_kind { SCORE_P_VALUE, SCORE_DISTANCE };

/* How a score is compared with its threshold to say "drift"; the methods differ, as Evidently's do. */
enum drift_rule { DRIFT_AT_MOST, DRIFT_BELOW, DRIFT_AT_LEAST, DRIFT_ABOVE };

struct drift_method {
    const char *id;    /* on the wire: "ks" */
    const char *title; /* for people: "Kolmogorov-Smirnov" */
    bool takes_num, takes_cat;
    enum score_kind score_kind;
    enum drift_rule rule;
    double threshold; /* default */
};

/* The table's entry. */
const struct drift_method *drift_method_of(enum drift_method_id id);

/* By wire name; METHOD_COUNT for another word. */
enum drift_method_id drift_method_find(str id);

/* Whether the method takes columns of the type (num: takes_num; cat and bool: takes_cat; others: none). */
bool drift_method_takes(enum drift_method_id id, enum column_type type);

/* Whether `score` means drift; false for NaN. */
bool drift_rule_says(enum drift_rule rule, double score, double threshold);

/* A numeric column with no more distinct values than this is treated as categories by default. */
#define DRIFT_FEW_VALUES_MAX 5

/* The default for a column: ks, wasserstein, jensenshannon, chisquare or z, by the reference's number of values and
 * the distinct values of both sides together. METHOD_COUNT for types without a method. */
enum drift_method_id drift_method_default(enum column_type type, size_t reference_count, size_t distinct_of_both);

#endif
