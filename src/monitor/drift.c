#include "monitor/drift.h"

#include <math.h>

#include "monitor/drift_internal.h"

static drift_function *const functions[METHOD_COUNT] = {
    [METHOD_KS] = drift_ks,
    [METHOD_WASSERSTEIN] = drift_wasserstein,
    [METHOD_JENSEN_SHANNON] = drift_jensen_shannon,
    [METHOD_KL] = drift_kl,
    [METHOD_PSI] = drift_psi,
    [METHOD_HELLINGER] = drift_hellinger,
    [METHOD_ENERGY] = drift_energy,
    [METHOD_ANDERSON] = drift_anderson,
    [METHOD_CRAMER_VON_MISES] = drift_cramer_von_mises,
    [METHOD_MANN_WHITNEY] = drift_mann_whitney,
    [METHOD_T_TEST] = drift_t_test,
    [METHOD_EPPS_SINGLETON] = drift_epps_singleton,
    [METHOD_MMD] = drift_mmd,
    [METHOD_CHI_SQUARE] = drift_chi_square,
    [METHOD_Z] = drift_z,
    [METHOD_G_TEST] = drift_g_test,
    [METHOD_FISHER_EXACT] = drift_fisher_exact,
    [METHOD_TVD] = drift_tvd,
};

/* Why a method that ran had no answer; methods with a reason of their own say it themselves. */
static const char *const no_answer[METHOD_COUNT] = {
    [METHOD_KS] = "a side has no values",
    [METHOD_WASSERSTEIN] = "the distance has no value here",
    [METHOD_JENSEN_SHANNON] = "a side has no values",
    [METHOD_KL] = "a side has no values",
    [METHOD_PSI] = "a side has no values",
    [METHOD_HELLINGER] = "a side has no values",
    [METHOD_ENERGY] = "the distance has no value here",
    [METHOD_ANDERSON] = "needs four values and two distinct ones",
    [METHOD_CRAMER_VON_MISES] = "needs two values on each side",
    [METHOD_MANN_WHITNEY] = "all values are equal",
    [METHOD_T_TEST] = "needs three values and some spread",
    [METHOD_EPPS_SINGLETON] = "needs five values on each side and an interquartile range above 0",
    [METHOD_MMD] = "needs two values on each side",
    [METHOD_CHI_SQUARE] = "there is only one distinct value",
    [METHOD_Z] = "a side has no values",
    [METHOD_G_TEST] = "there is only one distinct value",
    [METHOD_FISHER_EXACT] = "needs at most two distinct values",
    [METHOD_TVD] = "a side has no values",
};

static const char *word_for(double size, double small, double medium, double large)
{
    if (isnan(size))
        return NULL;
    return size < small ? "negligible" : size < medium ? "small" : size < large ? "medium" : "large";
}

struct drift_effect drift_effect_d(double d)
{
    return (struct drift_effect){ "cohens_d", d, word_for(fabs(d), 0.2, 0.5, 0.8) };
}

struct drift_effect drift_effect_w(double w)
{
    return (struct drift_effect){ "cohens_w", w, word_for(w, 0.1, 0.3, 0.5) };
}

double *drift_scratch(struct drift_shared *shared, size_t doubles)
{
    double *scratch = workspace_array(shared->input->workspace, WORK_SCRATCH, doubles);
    if (!scratch && shared->status == OK)
        shared->status = error_set(shared->err, ERR_LIMIT, "%zu values do not fit in memory", doubles);
    return scratch;
}

struct method_choice drift_choose(const struct analysis_options *options, str column, enum column_type type)
{
    struct method_choice choice = { METHOD_COUNT, NAN, false };
    const struct method_choice *levels[3] = { NULL, &options->by_type[type], &options->all_columns };
    for (size_t i = 0; i < options->column_count; i++)
        if (str_equal(options->columns[i].column, column))
            levels[0] = &options->columns[i].choice;
    for (size_t i = 0; i < COUNT(levels); i++) {
        if (!levels[i])
            continue;
        /* A method for all columns means those that it suits; the others keep their default. */
        if (choice.method == METHOD_COUNT && (i == 0 || drift_method_takes(levels[i]->method, type)))
            choice.method = levels[i]->method;
        if (isnan(choice.threshold) && !choice.is_calibrated) {
            choice.threshold = levels[i]->threshold;
            choice.is_calibrated = levels[i]->is_calibrated;
        }
    }
    return choice;
}

static enum drift_method_id default_method(struct drift_shared *shared)
{
    const struct drift_input *input = shared->input;
    size_t distinct = input->reference->unique;
    if (input->type == TYPE_NUM && distinct <= DRIFT_FEW_VALUES_MAX) {
        struct stats_sample reference = input->reference->sorted, current = input->current->sorted;
        distinct = stats_distinct_union(reference, current);
    } else if (input->type != TYPE_NUM) {
        const struct drift_counts *values = drift_shared_values(shared);
        distinct = values ? values->bins : 0;
    }
    return drift_method_default(input->type, input->reference->count, distinct);
}

static void refuse(struct drift_result *result, struct arena *arena, const char *why)
{
    result->score = result->p_value = result->statistic = result->detectable = NAN;
    result->effect = (struct drift_effect){ 0 };
    result->note = arena_printf(arena, "not applicable: %s", why);
}

static const char *why_empty(const struct drift_input *input)
{
    if (input->reference->count == 0)
        return input->reference->rows == 0 ? "the reference has no rows" : "the reference has no values in this column";
    if (input->current->count == 0)
        return input->current->rows == 0 ? "the current data has no rows"
                                         : "the current data has no values in this column";
    return NULL;
}

/* Score against threshold; a calibrated threshold asks the law of "no drift" instead of a fixed limit. */
static void judge(const struct method_choice *choice, const struct drift_method *method, struct drift_result *result)
{
    bool is_distance = method->score_kind == SCORE_DISTANCE;
    result->is_evaluated = !isnan(result->score);
    if (choice->is_calibrated) {
        if (!is_distance)
            result->threshold = DRIFT_ALPHA;
        result->is_evaluated = !isnan(result->p_value);
        result->is_drifted = result->p_value <= DRIFT_ALPHA;
        return;
    }
    result->threshold = isnan(choice->threshold) ? method->threshold : choice->threshold;
    result->is_drifted = result->is_evaluated && drift_rule_says(method->rule, result->score, result->threshold);
}

/* Evidently's number becomes the score, where it has one. */
static void switch_to_compat(struct drift_result *result, struct arena *arena)
{
    if (!result->has_compat)
        return;
    result->score = result->compat_score;
    result->has_compat = false;
    result->note = (str){ 0 }; /* it told of our number */
    if (isnan(result->score))
        result->note = arena_printf(arena, "not applicable: Evidently has no answer here");
}

static struct drift_result run_method(struct drift_shared *shared, enum drift_method_id id,
                                      const struct method_choice *choice)
{
    const struct drift_input *input = shared->input;
    const struct drift_method *method = drift_method_of(id);
    struct drift_result result = { .method = id, .score = NAN, .threshold = NAN, .statistic = NAN, .p_value = NAN,
                                   .compat_score = NAN, .detectable = NAN };
    const char *empty = why_empty(input);
    if (empty) {
        refuse(&result, input->arena, empty);
    } else {
        functions[id](shared, &result);
        if (isnan(result.score) && str_is_empty(result.note))
            refuse(&result, input->arena, no_answer[id]);
        else if (method->score_kind == SCORE_P_VALUE && isnan(result.p_value))
            result.p_value = result.score;
        if (input->is_compat)
            switch_to_compat(&result, input->arena);
    }
    judge(choice, method, &result);
    return result;
}

static struct drift_result refuse_type(const struct drift_input *input, enum drift_method_id id)
{
    struct drift_result result = { .method = id, .threshold = drift_method_of(id)->threshold, .compat_score = NAN };
    refuse(&result, input->arena, input->type == TYPE_NUM ? "the method takes categories, the column holds numbers"
                                                          : "the method takes numbers, the column holds categories");
    return result;
}

/* Tests of categories may be asked for by name on numbers too, as the default rule itself does with few values. */
static bool may_run(enum drift_method_id id, enum column_type type)
{
    return drift_method_takes(id, type) || (type == TYPE_NUM && (id == METHOD_CHI_SQUARE || id == METHOD_Z));
}

enum status drift_run(const struct drift_input *input, const struct drift_plan *plan,
                      struct drift_result **ret_results, size_t *ret_count, struct error *err)
{
    struct drift_shared shared = { .input = input, .err = err };
    struct drift_result *results = arena_array(input->arena, struct drift_result, METHOD_COUNT + 1);
    if (!results)
        return error_set(err, ERR_LIMIT, "the drift results do not fit in memory");
    enum drift_method_id chosen = plan->choice.method;
    if (chosen == METHOD_COUNT)
        chosen = default_method(&shared);
    shared.wants_wasserstein = plan->use_all_methods || chosen == METHOD_WASSERSTEIN;
    shared.wants_energy = plan->use_all_methods || chosen == METHOD_ENERGY;
    size_t count = 0;
    if (chosen != METHOD_COUNT)
        results[count++] = may_run(chosen, input->type) ? run_method(&shared, chosen, &plan->choice)
                                                        : refuse_type(input, chosen);
    /* The chosen threshold belongs to the chosen method; the others are shown with their own. */
    struct method_choice own = { METHOD_COUNT, NAN, plan->choice.is_calibrated };
    for (size_t id = 0; plan->use_all_methods && id < METHOD_COUNT; id++)
        if (id != chosen && drift_method_takes((enum drift_method_id)id, input->type))
            results[count++] = run_method(&shared, (enum drift_method_id)id, &own);
    if (shared.status != OK)
        return shared.status;
    *ret_results = results;
    *ret_count = count;
    return OK;
}
