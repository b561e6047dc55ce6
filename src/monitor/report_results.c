#include "monitor/report_results.h"

#include <math.h>

#include "base/mem.h"

/* A list that grows; an arena keeps it when it is done. */
struct gathering {
    struct result *items;
    size_t count, capacity;
};

static struct result *add(struct gathering *list, const char *name, str column, double value, double reference)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 256;
        struct result *grown = mem_regrow(list->items, capacity, sizeof *grown);
        if (!grown)
            return NULL;
        list->items = grown;
        list->capacity = capacity;
    }
    struct result *result = &list->items[list->count++];
    *result = (struct result){
        .name = name, .column = column, .value = value, .reference = reference, .threshold = NAN
    };
    return result;
}

static void add_dataset(struct gathering *list, const struct report *report)
{
    const str none = { 0 };
    const struct dataset_drift *drift = &report->dataset_drift;
    struct result *share = add(list, "drift_share", none, drift->share, NAN);
    if (share) {
        share->threshold = drift->threshold;
        share->verdict = drift->is_drifted ? RESULT_DRIFTED : RESULT_FINE;
    }
    add(list, "drifted_columns", none, (double)drift->drifted, NAN);
    add(list, "evaluated_columns", none, (double)drift->evaluated, NAN);
    add(list, "rows", none, (double)report->current_table.rows, (double)report->reference_table.rows);
    add(list, "columns", none, (double)report->current_table.columns, (double)report->reference_table.columns);
    if (!report->has_data_quality)
        return;
    const struct dataset_quality *c = &report->current_quality, *r = &report->reference_quality;
    add(list, "missing_cells", none, (double)c->missing_cells, (double)r->missing_cells);
    add(list, "missing_share", none, c->missing_share, r->missing_share);
    add(list, "infinite_cells", none, (double)c->infinite_cells, (double)r->infinite_cells);
    add(list, "empty_rows", none, (double)c->empty_rows, (double)r->empty_rows);
    add(list, "empty_columns", none, (double)c->empty_columns, (double)r->empty_columns);
    add(list, "duplicated_rows", none, (double)c->duplicated_rows, (double)r->duplicated_rows);
    add(list, "duplicated_columns", none, (double)c->duplicated_columns, (double)r->duplicated_columns);
    add(list, "constant_columns", none, (double)c->constant_columns, (double)r->constant_columns);
    add(list, "almost_constant_columns", none, (double)c->almost_constant_columns,
        (double)r->almost_constant_columns);
}

static void add_drift(struct gathering *list, const struct column_report *column)
{
    for (size_t i = 0; i < column->drift_count; i++) {
        const struct drift_result *drift = &column->drift[i];
        struct result *score = add(list, i == 0 ? "drift_score" : "drift_score_other", column->name, drift->score, NAN);
        if (!score)
            return;
        score->method = drift_method_of(drift->method)->id;
        score->threshold = drift->threshold;
        score->verdict = !drift->is_evaluated ? RESULT_NONE : drift->is_drifted ? RESULT_DRIFTED : RESULT_FINE;
    }
    if (column->drift_count == 0)
        return;
    add(list, "drift_p_value", column->name, column->drift[0].p_value, NAN);
    add(list, "drift_effect", column->name, column->drift[0].effect.name ? column->drift[0].effect.value : NAN, NAN);
}

static double share(size_t part, size_t all)
{
    return all ? (double)part / (double)all : NAN;
}

static void add_numbers(struct gathering *list, const struct column_report *column)
{
    const struct stats_moments *c = &column->current.moments, *r = &column->reference.moments;
    bool has_reference = column->has_reference_quality;
    add(list, "mean", column->name, c->mean, has_reference ? r->mean : NAN);
    add(list, "std", column->name, c->std_sample, has_reference ? r->std_sample : NAN);
    add(list, "min", column->name, c->min, has_reference ? r->min : NAN);
    add(list, "max", column->name, c->max, has_reference ? r->max : NAN);
    add(list, "sum", column->name, c->sum, has_reference ? r->sum : NAN);
    add(list, "median", column->name, column->current.quantiles[3], has_reference ? column->reference.quantiles[3] : NAN);
}

static double new_categories(const struct column_report *column)
{
    for (size_t i = 0; i < column->findings.count; i++)
        if (column->findings.items[i].kind == FINDING_NEW_CATEGORY)
            return (double)column->findings.items[i].total;
    return 0;
}

static void add_column(struct gathering *list, const struct report *report, const struct column_report *column)
{
    add_drift(list, column);
    if (!column->has_current_quality)
        return;
    const struct column_profile *c = &column->current, *r = &column->reference;
    bool has_reference = column->has_reference_quality;
    add(list, "missing", column->name, (double)c->missing, has_reference ? (double)r->missing : NAN);
    add(list, "missing_share", column->name, share(c->missing, c->rows), has_reference ? share(r->missing, r->rows) : NAN);
    add(list, "unique", column->name, (double)c->unique, has_reference ? (double)r->unique : NAN);
    if (report->has_data_quality && column_type_is_categorical(column->type))
        add(list, "new_categories", column->name, new_categories(column), NAN);
    if (column->type != TYPE_NUM)
        return;
    add(list, "infinite", column->name, (double)c->infinite, has_reference ? (double)r->infinite : NAN);
    add_numbers(list, column);
}

/* What add_classification and add_regression add. */
const char *const result_figures[] = {
    "accuracy", "balanced_accuracy", "precision", "recall", "f1", "mcc", "f1_macro", "f1_weighted", "log_loss", "roc_auc",
    "average_precision", "brier", "ece", "me", "mae", "rmse", "r2", "mape", "max_abs_error",
};
const size_t result_figure_count = COUNT(result_figures);

bool result_is_figure(str name)
{
    for (size_t i = 0; i < result_figure_count; i++)
        if (str_equal(name, str_of(result_figures[i])))
            return true;
    return false;
}

/* A model figure of both sides; segments carry the current side alone. */
#define FIGURE(name, member)                                                                                           \
    do {                                                                                                               \
        struct result *result_ = add(list, name, (str){ 0 }, c->member, r ? r->member : NAN);                          \
        if (result_)                                                                                                   \
            result_->segment = segment;                                                                                \
    } while (0)

static void add_classification(struct gathering *list, const struct classification_metrics *c,
                               const struct classification_metrics *r, str segment)
{
    FIGURE("accuracy", overall.accuracy);
    FIGURE("balanced_accuracy", overall.balanced_accuracy);
    FIGURE("precision", precision);
    FIGURE("recall", recall);
    FIGURE("f1", f1);
    FIGURE("mcc", overall.matthews_correlation);
    FIGURE("f1_macro", overall.macro.f1);
    FIGURE("f1_weighted", overall.weighted.f1);
    if (!c->has_probabilities)
        return;
    FIGURE("log_loss", log_loss);
    FIGURE("roc_auc", roc_auc);
    FIGURE("average_precision", average_precision);
    FIGURE("brier", brier);
    FIGURE("ece", calibration_error);
}

static void add_regression(struct gathering *list, const struct regression_metrics *c,
                           const struct regression_metrics *r, str segment)
{
    FIGURE("me", overall.mean_error);
    FIGURE("mae", overall.mean_abs_error);
    FIGURE("rmse", overall.rmse);
    FIGURE("r2", overall.r2);
    FIGURE("mape", overall.mape_percent);
    FIGURE("max_abs_error", overall.max_abs_error);
}

static void add_model(struct gathering *list, const struct report *report, struct arena *arena)
{
    const struct classification_report *classes = report->classification;
    if (classes && classes->current)
        add_classification(list, classes->current, classes->reference, (str){ 0 });
    for (size_t i = 0; classes && i < classes->segment_count; i++) {
        const struct classification_segment *segment = &classes->segments[i];
        add_classification(list, &segment->metrics, NULL,
                           arena_printf(arena, "%.*s=%.*s", STR_ARG(segment->column), STR_ARG(segment->value)));
    }
    const struct regression_report *numbers = report->regression;
    if (numbers && numbers->current)
        add_regression(list, numbers->current, numbers->reference, (str){ 0 });
    for (size_t i = 0; numbers && i < numbers->segment_count; i++) {
        const struct regression_segment *segment = &numbers->segments[i];
        add_regression(list, &segment->metrics, NULL,
                       arena_printf(arena, "%.*s=%.*s", STR_ARG(segment->column), STR_ARG(segment->value)));
    }
    for (const struct fairness_report *fair = report->fairness; fair; fair = fair->next) {
        add(list, "demographic_parity_difference", fair->column, fair->measures.demographic_parity_difference, NAN);
        add(list, "equal_opportunity_difference", fair->column, fair->measures.equal_opportunity_difference, NAN);
        add(list, "equalized_odds_difference", fair->column, fair->measures.equalized_odds_difference, NAN);
    }
}

struct results report_results(const struct report *report, struct arena *arena)
{
    struct gathering list = { 0 };
    add_dataset(&list, report);
    for (size_t i = 0; i < report->column_count; i++)
        add_column(&list, report, &report->columns[i]);
    add_model(&list, report, arena);
    struct results results = { arena_array(arena, struct result, list.count + 1), list.count };
    if (results.items && list.count)
        memcpy(results.items, list.items, list.count * sizeof *list.items);
    else
        results.count = 0;
    mem_free(list.items);
    return results;
}

const struct result *results_find(const struct results *results, str name, str column)
{
    for (size_t i = 0; i < results->count; i++) {
        const struct result *result = &results->items[i];
        if (str_is_empty(result->segment) && str_equal(str_of(result->name), name) && str_equal(result->column, column))
            return result;
    }
    return NULL;
}
