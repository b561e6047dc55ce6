#include <math.h>

#include "monitor/report_json_internal.h"

static void write_drift(struct json_writer *json, const struct drift_result *drift)
{
    const struct drift_method *method = drift_method_of(drift->method);
    json_begin_object(json);
    json_text(json, "method", method->id);
    json_f64(json, "score", drift->score);
    json_text(json, "score_kind", method->score_kind == SCORE_P_VALUE ? "p_value" : "distance");
    json_f64(json, "threshold", drift->threshold);
    if (drift->is_evaluated)
        json_bool(json, "drifted", drift->is_drifted);
    else
        json_null(json, "drifted");
    json_f64(json, "statistic", drift->statistic);
    json_f64(json, "p_value", drift->p_value);
    if (drift->effect.name && isfinite(drift->effect.value)) {
        json_object(json, "effect");
        json_text(json, "name", drift->effect.name);
        json_f64(json, "value", drift->effect.value);
        json_text(json, "size", drift->effect.size);
        json_end_object(json);
    } else {
        json_null(json, "effect");
    }
    if (drift->detectable_unit && isfinite(drift->detectable)) {
        json_object(json, "detectable");
        json_f64(json, "shift", drift->detectable);
        json_text(json, "unit", drift->detectable_unit);
        json_end_object(json);
    } else {
        json_null(json, "detectable");
    }
    if (drift->has_compat)
        json_f64(json, "compat_score", drift->compat_score);
    report_json_note(json, "note", drift->note);
    json_end_object(json);
}

static void write_numbers(struct json_writer *json, const struct column_profile *profile)
{
    const struct stats_moments *moments = &profile->moments;
    json_f64(json, "mean", moments->mean);
    json_f64(json, "std", moments->std_sample);
    json_f64(json, "min", moments->min);
    json_f64(json, "max", moments->max);
    json_f64(json, "sum", moments->sum);
    json_u64(json, "zeros", profile->zeros);
    json_u64(json, "negative", profile->negative);
    json_f64(json, "skewness", profile->skewness);
    json_f64(json, "kurtosis", profile->kurtosis);
    static const char *const names[PROFILE_QUANTILES] = { "0.01", "0.05", "0.25", "0.5", "0.75", "0.95", "0.99" };
    json_object(json, "quantiles");
    for (size_t i = 0; i < PROFILE_QUANTILES; i++)
        json_f64(json, names[i], profile->quantiles[i]);
    json_end_object(json);
}

static void write_times(struct json_writer *json, const struct column_profile *profile)
{
    if (profile->count) {
        report_json_time(json, "first", profile->first_us);
        report_json_time(json, "last", profile->last_us);
    } else {
        json_null(json, "first");
        json_null(json, "last");
    }
}

static void write_profile(struct json_writer *json, const char *side, const struct column_profile *profile,
                          bool is_there)
{
    if (!is_there) {
        json_null(json, side);
        return;
    }
    json_object(json, side);
    json_u64(json, "count", profile->count);
    json_u64(json, "missing", profile->missing);
    double rows = (double)profile->rows;
    json_f64(json, "missing_share", profile->rows ? (double)profile->missing / rows : 0);
    json_u64(json, "infinite", profile->infinite);
    json_u64(json, "unique", profile->unique);
    json_f64(json, "unique_share", profile->rows ? (double)profile->unique / rows : 0);
    json_array(json, "most_frequent");
    for (size_t i = 0; i < profile->frequent_count; i++) {
        json_begin_object(json);
        json_str(json, "value", profile->frequent[i].text);
        json_u64(json, "count", profile->frequent[i].count);
        json_end_object(json);
    }
    json_end_array(json);
    json_bool(json, "constant", profile_is_constant(profile));
    json_bool(json, "almost_constant", profile_is_almost_constant(profile));
    if (profile->type == TYPE_NUM)
        write_numbers(json, profile);
    if (profile->type == TYPE_DATETIME)
        write_times(json, profile);
    if (profile->type == TYPE_TEXT) {
        json_f64(json, "mean_length", profile->mean_length);
        json_u64(json, "min_length", profile->min_length);
        json_u64(json, "max_length", profile->max_length);
    }
    json_end_object(json);
}

static void write_quality(struct json_writer *json, const struct column_report *column)
{
    json_object(json, "quality");
    write_profile(json, "reference", &column->reference, column->has_reference_quality);
    write_profile(json, "current", &column->current, column->has_current_quality);
    json_array(json, "findings");
    for (size_t i = 0; i < column->findings.count; i++) {
        const struct finding *finding = &column->findings.items[i];
        json_begin_object(json);
        json_text(json, "kind", finding_kind_name(finding->kind));
        json_text(json, "severity", finding->severity == SEVERITY_WARNING ? "warning" : "critical");
        json_str(json, "text", finding->text);
        json_array(json, "values");
        for (size_t k = 0; k < finding->value_count; k++)
            json_write_str(json, finding->values[k]);
        json_end_array(json);
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
}

static void write_distribution(struct json_writer *json, const struct picture *picture, enum column_type type)
{
    json_object(json, "distribution");
    json_text(json, "kind", picture->is_histogram ? "histogram" : "categories");
    if (picture->is_histogram) {
        json_array(json, "edges");
        for (size_t i = 0; i <= picture->count; i++) {
            if (type == TYPE_DATETIME)
                report_json_time_element(json, (int64_t)picture->edges[i]);
            else
                json_write_f64(json, picture->edges[i]);
        }
        json_end_array(json);
    } else {
        json_array(json, "categories");
        for (size_t i = 0; i < picture->count; i++)
            json_write_str(json, picture->categories[i]);
        json_end_array(json);
    }
    report_json_counts(json, "reference", picture->reference, picture->count);
    report_json_counts(json, "current", picture->current, picture->count);
    json_end_object(json);
}

static void write_bounds(struct json_writer *json, const char *name, const struct over_time *over, const int64_t *bounds)
{
    json_array(json, name);
    for (size_t i = 0; i < over->count; i++) {
        if (over->is_by_time)
            report_json_time_element(json, bounds[i]);
        else
            json_write_i64(json, bounds[i]);
    }
    json_end_array(json);
}

static void write_over_time(struct json_writer *json, const struct over_time *over)
{
    if (!over) {
        json_null(json, "over_time");
        return;
    }
    json_object(json, "over_time");
    json_text(json, "unit", over->is_by_time ? "time" : "row");
    write_bounds(json, "from", over, over->from);
    write_bounds(json, "to", over, over->to);
    report_json_numbers(json, "score", over->score, over->count);
    report_json_numbers(json, "mean", over->mean, over->count);
    report_json_numbers(json, "missing_share", over->missing_share, over->count);
    json_text(json, "method", "jensenshannon");
    json_end_object(json);
}

void report_json_column(struct json_writer *json, const struct column_report *column)
{
    json_begin_object(json);
    json_str(json, "name", column->name);
    json_text(json, "type", column_type_name(column->type));
    json_text(json, "role", column_role_name(column->role));
    json_bool(json, "inferred", column->is_inferred);
    json_bool(json, "in_reference", column->in_reference);
    json_bool(json, "in_current", column->in_current);
    report_json_note(json, "note", column->note);
    json_array(json, "drift");
    for (size_t i = 0; i < column->drift_count; i++)
        write_drift(json, &column->drift[i]);
    json_end_array(json);
    write_quality(json, column);
    if (column->picture)
        write_distribution(json, column->picture, column->type);
    write_over_time(json, column->over_time);
    json_end_object(json);
}
