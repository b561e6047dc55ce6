#include "monitor/verdict.h"

#include <math.h>

#include "base/mem.h"
#include "monitor/report_results.h"

/* Sentences of the summary: one each for drift, its strongest columns, quality, model, tests. */
#define SENTENCES_MAX 6

/* Columns that the second sentence names. */
#define NAMED_COLUMNS_MAX 5

/* Evidently's tolerances against the reference: data 10 %, classification 20 %, regression 10 %. */
#define TOLERANCE_DATA 0.1
#define TOLERANCE_CLASSIFICATION 0.2
#define TOLERANCE_REGRESSION 0.1

struct judging {
    const struct analysis_options *options;
    struct report *report;
    struct results results;
    size_t capacity; /* of report->tests */
    struct error *err;
};

static enum status add_test(struct judging *judging, const struct test_outcome *outcome)
{
    struct report *report = judging->report;
    if (report->test_count == judging->capacity) {
        size_t capacity = judging->capacity ? 2 * judging->capacity : 32;
        struct test_outcome *grown = arena_array(&report->arena, struct test_outcome, capacity);
        if (!grown)
            return error_set(judging->err, ERR_LIMIT, "%zu tests do not fit in memory", capacity);
        if (report->test_count)
            memcpy(grown, report->tests, report->test_count * sizeof *grown);
        report->tests = grown;
        judging->capacity = capacity;
    }
    report->tests[report->test_count++] = *outcome;
    return OK;
}

static enum status add_skipped(struct judging *judging, const struct condition *condition, const char *why)
{
    struct buf text;
    buf_init(&text, 4096);
    condition_describe(condition, &text);
    struct arena *arena = &judging->report->arena;
    struct test_outcome outcome = {
        .name = arena_copy(arena, str_is_empty(condition->title) ? condition->metric : condition->title),
        .column = arena_copy(arena, condition->column),
        .status = TEST_SKIP,
        .severity = condition->severity,
        .value = NAN,
        .reference_value = NAN,
        .condition = arena_copy(arena, buf_str(&text)),
        .note = str_of(why),
    };
    buf_done(&text);
    return add_test(judging, &outcome);
}

static enum status judge_result(struct judging *judging, const struct condition *condition,
                                const struct result *result)
{
    if (isnan(result->value))
        return add_skipped(judging, condition, "there is no such number for this data");
    if (condition->is_relative && isnan(result->reference))
        return add_skipped(judging, condition, "the reference has no such number");
    bool holds = condition_holds(condition, result->value, result->reference);
    struct buf text;
    buf_init(&text, 4096);
    condition_describe(condition, &text);
    struct arena *arena = &judging->report->arena;
    struct test_outcome outcome = {
        .name = arena_copy(arena, str_is_empty(condition->title) ? condition->metric : condition->title),
        .column = result->column,
        .status = holds ? TEST_PASS : condition->severity == SEVERITY_WARNING ? TEST_WARN : TEST_FAIL,
        .severity = condition->severity,
        .value = result->value,
        .reference_value = condition->is_relative ? result->reference : NAN,
        .condition = arena_copy(arena, buf_str(&text)),
    };
    buf_done(&text);
    return add_test(judging, &outcome);
}

/* "*" judges every column that has the metric. */
static enum status judge_condition(struct judging *judging, const struct condition *condition)
{
    bool is_for_all = str_equal(condition->column, STR("*"));
    size_t found = 0;
    for (size_t i = 0; i < judging->results.count; i++) {
        const struct result *result = &judging->results.items[i];
        if (!str_is_empty(result->segment) || !str_equal(str_of(result->name), condition->metric))
            continue;
        if (is_for_all ? str_is_empty(result->column) : !str_equal(result->column, condition->column))
            continue;
        TRY(judge_result(judging, condition, result));
        found++;
    }
    if (found == 0)
        return add_skipped(judging, condition, "the report has no such result");
    return OK;
}

static enum status judge_drift_share(struct judging *judging)
{
    const struct dataset_drift *drift = &judging->report->dataset_drift;
    struct test_outcome outcome = {
        .name = STR("share of drifted columns"),
        .status = drift->evaluated == 0 ? TEST_SKIP : drift->is_drifted ? TEST_FAIL : TEST_PASS,
        .value = drift->share,
        .reference_value = NAN,
        .condition = arena_printf(&judging->report->arena, "< %g", drift->threshold),
        .note = drift->evaluated == 0 ? STR("no column could be tested") : (str){ 0 },
    };
    return add_test(judging, &outcome);
}

static bool has_changed_type(const struct column_report *column)
{
    for (size_t i = 0; i < column->findings.count; i++)
        if (column->findings.items[i].kind == FINDING_TYPE_CHANGED)
            return true;
    return false;
}

/* A feature that is gone or came as another type can't be tested for drift, so it must not pass for steady. What
 * production need not know yet (targets) or renames (ids, times) does not count. */
static bool is_broken(const struct column_report *column)
{
    bool is_input = column->role == ROLE_FEATURE || column->role == ROLE_SEGMENT;
    return is_input && column->in_reference && (!column->in_current || has_changed_type(column));
}

static enum status judge_schema(struct judging *judging)
{
    struct report *report = judging->report;
    if (!judging->options->check_data)
        return OK;
    size_t broken = 0;
    struct buf names;
    buf_init(&names, 4096);
    for (size_t i = 0; i < report->column_count; i++) {
        const struct column_report *column = &report->columns[i];
        if (!is_broken(column))
            continue;
        if (broken < NAMED_COLUMNS_MAX)
            buf_printf(&names, "%s%.*s (%s)", broken ? ", " : "", (int)MIN_OF(column->name.size, (size_t)200),
                       column->name.data, column->in_current ? "another type" : "missing");
        broken++;
    }
    if (broken > NAMED_COLUMNS_MAX)
        buf_printf(&names, " and %zu more", broken - NAMED_COLUMNS_MAX);
    struct test_outcome outcome = {
        .name = STR("features that are missing or changed their type"),
        .status = broken == 0 ? TEST_PASS : TEST_FAIL,
        .severity = SEVERITY_CRITICAL,
        .value = (double)broken,
        .reference_value = NAN,
        .condition = STR("== 0"),
        .note = arena_copy(&report->arena, buf_str(&names)),
    };
    buf_done(&names);
    return add_test(judging, &outcome);
}

static struct condition relative(const char *metric, const char *column, enum condition_operator operator_,
                                 double tolerance)
{
    return (struct condition){
        .metric = str_of(metric),
        .column = str_of(column),
        .operator_ = operator_,
        .is_relative = true,
        .relative = tolerance,
        .absolute = CONDITION_ABSOLUTE,
    };
}

/* Evidently's automatic tests where there is a reference. */
static enum status judge_automatic(struct judging *judging)
{
    const struct condition data[] = {
        relative("rows", "", CONDITION_EQ, TOLERANCE_DATA),
        relative("columns", "", CONDITION_EQ, CONDITION_RELATIVE),
        relative("missing_cells", "", CONDITION_EQ, TOLERANCE_DATA),
        relative("duplicated_rows", "", CONDITION_EQ, TOLERANCE_DATA),
        relative("duplicated_columns", "", CONDITION_LTE, CONDITION_RELATIVE),
        relative("constant_columns", "", CONDITION_LTE, CONDITION_RELATIVE),
        relative("almost_constant_columns", "", CONDITION_LTE, CONDITION_RELATIVE),
        relative("empty_rows", "", CONDITION_EQ, TOLERANCE_DATA),
        relative("empty_columns", "", CONDITION_LTE, CONDITION_RELATIVE),
        relative("missing_share", "*", CONDITION_EQ, TOLERANCE_DATA),
        relative("mean", "*", CONDITION_EQ, TOLERANCE_DATA),
        relative("std", "*", CONDITION_EQ, TOLERANCE_DATA),
        relative("min", "*", CONDITION_EQ, TOLERANCE_DATA),
        relative("max", "*", CONDITION_EQ, TOLERANCE_DATA),
    };
    const struct condition classes[] = {
        relative("accuracy", "", CONDITION_EQ, TOLERANCE_CLASSIFICATION),
        relative("precision", "", CONDITION_EQ, TOLERANCE_CLASSIFICATION),
        relative("recall", "", CONDITION_EQ, TOLERANCE_CLASSIFICATION),
        relative("f1", "", CONDITION_EQ, TOLERANCE_CLASSIFICATION),
    };
    const struct condition numbers[] = {
        relative("me", "", CONDITION_EQ, TOLERANCE_REGRESSION),
        relative("mae", "", CONDITION_EQ, TOLERANCE_REGRESSION),
        relative("rmse", "", CONDITION_EQ, TOLERANCE_REGRESSION),
        relative("r2", "", CONDITION_EQ, TOLERANCE_REGRESSION),
        relative("mape", "", CONDITION_EQ, TOLERANCE_REGRESSION),
    };
    for (size_t i = 0; judging->report->has_data_quality && i < COUNT(data); i++)
        TRY(judge_condition(judging, &data[i]));
    for (size_t i = 0; judging->report->classification && i < COUNT(classes); i++)
        TRY(judge_condition(judging, &classes[i]));
    for (size_t i = 0; judging->report->regression && i < COUNT(numbers); i++)
        TRY(judge_condition(judging, &numbers[i]));
    return OK;
}

/* --model-threshold: shares may fall by that much, errors may grow by that part. */
static enum status judge_model_loss(struct judging *judging)
{
    double threshold = judging->options->model_threshold;
    if (isnan(threshold))
        return OK;
    static const char *const shares[] = { "accuracy", "f1", "roc_auc" };
    for (size_t i = 0; judging->report->classification && i < COUNT(shares); i++) {
        struct condition condition = relative(shares[i], "", CONDITION_GTE, 0);
        condition.absolute = threshold;
        if (results_find(&judging->results, condition.metric, condition.column))
            TRY(judge_condition(judging, &condition));
    }
    static const char *const errors[] = { "mae", "rmse" };
    for (size_t i = 0; judging->report->regression && i < COUNT(errors); i++) {
        struct condition condition = relative(errors[i], "", CONDITION_LTE, threshold);
        TRY(judge_condition(judging, &condition));
    }
    return OK;
}

static void reach(struct report *report)
{
    bool has_failed = false;
    /* The first test is the drift verdict itself. */
    for (size_t i = 1; i < report->test_count; i++)
        has_failed |= report->tests[i].status == TEST_FAIL;
    bool is_drifted = report->dataset_drift.is_drifted;
    report->verdict = is_drifted && has_failed ? VERDICT_DRIFT_AND_FAILED_TESTS
                      : is_drifted             ? VERDICT_DRIFT
                      : has_failed             ? VERDICT_FAILED_TESTS
                                               : VERDICT_OK;
}

static str drift_sentence(struct report *report)
{
    const struct dataset_drift *drift = &report->dataset_drift;
    if (drift->evaluated == 0)
        return STR("Data drift: no column could be tested.");
    return arena_printf(&report->arena, "Data drift: %zu of %zu columns drifted (%.0f %%; the limit is %.0f %%).",
                        drift->drifted, drift->evaluated, 100 * drift->share, 100 * drift->threshold);
}

/* How far a column moved, comparable between methods: its effect against what [Cohen1988] calls large. */
static double strength(const struct column_report *column)
{
    const struct drift_effect *effect = &column->drift[0].effect;
    if (!effect->name || isnan(effect->value))
        return 0;
    return fabs(effect->value) / (str_equal(str_of(effect->name), STR("cohens_d")) ? 0.8 : 0.5);
}

static str strongest_sentence(struct report *report)
{
    const struct column_report *named[NAMED_COLUMNS_MAX];
    size_t used = 0, drifted = 0;
    for (size_t i = 0; i < report->column_count; i++) {
        const struct column_report *column = &report->columns[i];
        if (column->drift_count == 0 || !column->drift[0].is_drifted)
            continue;
        drifted++;
        size_t place = used;
        while (place > 0 && strength(named[place - 1]) < strength(column))
            place--;
        if (place == NAMED_COLUMNS_MAX)
            continue;
        used = MIN_OF(used + 1, (size_t)NAMED_COLUMNS_MAX);
        memmove(named + place + 1, named + place, (used - place - 1) * sizeof *named);
        named[place] = column;
    }
    if (used == 0)
        return (str){ 0 };
    struct buf text;
    buf_init(&text, 4096);
    buf_printf(&text, "Moved most: ");
    for (size_t i = 0; i < used; i++) {
        const struct drift_result *drift = &named[i]->drift[0];
        buf_printf(&text, "%s%.*s (%s %.3g", i ? ", " : "", (int)MIN_OF(named[i]->name.size, (size_t)200),
                   named[i]->name.data, drift_method_of(drift->method)->id, drift->score);
        if (drift->effect.size)
            buf_printf(&text, ", %s effect", drift->effect.size);
        buf_printf(&text, ")");
    }
    buf_printf(&text, used < drifted ? ", and %zu more." : ".", drifted - used);
    str sentence = arena_copy(&report->arena, buf_str(&text));
    buf_done(&text);
    return sentence;
}

static str quality_sentence(struct report *report)
{
    size_t columns = 0, findings = 0;
    for (size_t i = 0; i < report->column_count; i++) {
        columns += report->columns[i].findings.count > 0;
        findings += report->columns[i].findings.count;
    }
    if (!report->has_data_quality || findings == 0)
        return report->has_data_quality ? STR("Data quality: nothing odd against the reference.") : (str){ 0 };
    return arena_printf(&report->arena, "Data quality: %zu finding%s in %zu column%s.", findings,
                        findings == 1 ? "" : "s", columns, columns == 1 ? "" : "s");
}

static str model_sentence(struct report *report)
{
    const struct classification_report *classes = report->classification;
    const struct regression_report *numbers = report->regression;
    struct arena *arena = &report->arena;
    if (classes && classes->current && classes->reference)
        return arena_printf(arena, "Model: accuracy %.3f (reference %.3f), F1 %.3f (reference %.3f).",
                            classes->current->overall.accuracy, classes->reference->overall.accuracy,
                            classes->current->f1, classes->reference->f1);
    if (classes && classes->current)
        return arena_printf(arena, "Model: accuracy %.3f, F1 %.3f.", classes->current->overall.accuracy,
                            classes->current->f1);
    if (numbers && numbers->current && numbers->reference)
        return arena_printf(arena, "Model: RMSE %.4g (reference %.4g), MAE %.4g (reference %.4g).",
                            numbers->current->overall.rmse, numbers->reference->overall.rmse,
                            numbers->current->overall.mean_abs_error, numbers->reference->overall.mean_abs_error);
    if (numbers && numbers->current)
        return arena_printf(arena, "Model: RMSE %.4g, MAE %.4g.", numbers->current->overall.rmse,
                            numbers->current->overall.mean_abs_error);
    return (str){ 0 };
}

static str test_sentence(struct report *report)
{
    size_t counts[TEST_STATUS_COUNT] = { 0 };
    for (size_t i = 1; i < report->test_count; i++)
        counts[report->tests[i].status]++;
    if (report->test_count <= 1)
        return (str){ 0 };
    return arena_printf(&report->arena, "Tests: %zu passed, %zu failed, %zu warned, %zu skipped.", counts[TEST_PASS],
                        counts[TEST_FAIL], counts[TEST_WARN], counts[TEST_SKIP]);
}

static void summarise(struct report *report)
{
    str *sentences = arena_alloc(&report->arena, SENTENCES_MAX * sizeof *sentences);
    const str candidates[] = { drift_sentence(report), strongest_sentence(report), quality_sentence(report),
                               model_sentence(report), test_sentence(report) };
    for (size_t i = 0; i < COUNT(candidates); i++)
        if (!str_is_empty(candidates[i]))
            sentences[report->summary_count++] = candidates[i];
    report->summary = sentences;
}

enum status verdict_reach(const struct analysis_options *options, struct report *report, struct error *err)
{
    struct arena scratch;
    arena_init(&scratch, 0);
    struct judging judging = { .options = options, .report = report, .results = report_results(report, &scratch),
                               .err = err };
    enum status status = judge_drift_share(&judging);
    if (status == OK)
        status = judge_schema(&judging);
    for (size_t i = 0; status == OK && i < options->condition_count; i++)
        status = judge_condition(&judging, &options->conditions[i]);
    if (status == OK && options->use_auto_conditions)
        status = judge_automatic(&judging);
    if (status == OK)
        status = judge_model_loss(&judging);
    arena_done(&scratch);
    if (status != OK)
        return status;
    reach(report);
    summarise(report);
    return OK;
}
