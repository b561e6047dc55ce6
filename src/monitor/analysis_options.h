/* monitor/analysis_options.h - everything a caller may choose about an analysis; zero is not a good default, so start
 * from analysis_options_init(). All texts and arrays are borrowed and must outlive the analysis. */
#ifndef MONITOR_ANALYSIS_OPTIONS_H
#define MONITOR_ANALYSIS_OPTIONS_H

#include <stdint.h>

#include "base/arena.h"
#include "monitor/column_type.h"
#include "monitor/condition.h"
#include "monitor/drift_method.h"

struct reference_profile;

/* --type NAME=TYPE; "*" names all columns, a name of its own is stronger. */
struct type_choice {
    str column;
    enum column_type type;
};

/* A method and its threshold: for one column, one type, or all. What is not said stays METHOD_COUNT / NaN / false. */
struct method_choice {
    enum drift_method_id method;
    double threshold;
    bool is_calibrated; /* threshold: calibrated - the distance's own law at level 0.05 decides */
};

struct column_choice {
    str column;
    struct method_choice choice;
};

struct strs {
    const str *items;
    size_t count;
};

enum correlations_mode { CORRELATIONS_AUTO, CORRELATIONS_ALL, CORRELATIONS_NONE };

/* Where the rows came from, for the head of the document; analysis_run copies it. */
struct report_labels {
    str title;
    str model_name, model_version; /* empty: no model */
    str reference_version;         /* empty: none */
    bool has_window;
    int64_t window_from_us, window_to_us; /* 0, 0: no span */
    uint64_t window_last;                 /* newest N events; 0: not by number */
    str segment_column, segment_value;    /* empty: all */
    int64_t created_us;                   /* when the analysis runs */
    double read_ms;                       /* what reading took, for `timing` */
};

struct analysis_options {
    struct report_labels labels;
    bool is_compat; /* Evidently's numbers where they differ from the right ones */

    const struct type_choice *types;
    size_t type_count;
    str target, prediction, timestamp, id; /* empty: none */
    struct strs probabilities, segments;
    enum task task;
    str positive; /* empty: "1", "true", "yes", else the last label */

    struct method_choice all_columns;
    struct method_choice by_type[TYPE_COUNT];
    const struct column_choice *columns;
    size_t column_count;
    bool use_all_methods; /* every applicable method after the chosen one */
    double drift_share;   /* share of drifted columns from which the data set counts as drifted */

    bool check_data, check_model;
    enum correlations_mode correlations;
    bool with_distribution, with_over_time;

    const struct condition *conditions;
    size_t condition_count;
    bool use_auto_conditions; /* Evidently's automatic tests */
    double model_threshold;   /* NaN, or the largest loss of quality against the reference that is fine */

    const struct reference_profile *reference_profile; /* NULL, or of the same reference (reference_profile.h) */
};

/* Defaults: everything inferred, default methods, share 0.5, data and model checks, pictures on. */
void analysis_options_init(struct analysis_options *options);

/* Append to the options' lists, which then live in `arena`. */
void analysis_options_add_type(struct analysis_options *options, struct arena *arena, struct type_choice choice);
void analysis_options_add_column(struct analysis_options *options, struct arena *arena, struct column_choice choice);
void analysis_options_add_condition(struct analysis_options *options, struct arena *arena,
                                    const struct condition *condition);

/* Appends to a list of texts in `arena`; `item` itself is borrowed. */
void strs_add(struct strs *list, struct arena *arena, str item);

#endif
