#include "train/trainer.h"

#include <math.h>

#include "base/mem.h"
#include "serve/encoding.h"
#include "serve/runtime_load.h"
#include "stats/classification.h"
#include "stats/regression.h"
#include "stats/roc.h"
#include "train/linear_fit.h"
#include "train/model_folder.h"
#include "train/xgboost_door.h"

#define MODEL_BYTES_MAX ((size_t)1 << 30)

static const char *const model_names[TRAINER_MODEL_COUNT] = {
    [TRAINER_XGBOOST] = "xgboost",
    [TRAINER_RANDOM_FOREST] = "random_forest",
    [TRAINER_LINEAR] = "linear",
    [TRAINER_LOGISTIC] = "logistic",
};

const char *trainer_model_name(enum trainer_model model)
{
    return model_names[model];
}

bool trainer_model_of(str name, enum trainer_model *ret_model)
{
    for (size_t i = 0; i < TRAINER_MODEL_COUNT; i++)
        if (str_equal(name, str_of(model_names[i]))) {
            *ret_model = (enum trainer_model)i;
            return true;
        }
    return false;
}

/* ---- parameters ---- */

static bool has_parameter(const struct trained *trained, const char *name)
{
    for (size_t i = 0; i < trained->parameter_count; i++)
        if (strcmp(trained->parameters[i].name, name) == 0)
            return true;
    return false;
}

/* The first value of a name stays: the caller's came first. */
static void set_parameter(struct trained *trained, const char *name, const char *value)
{
    if (trained->parameter_count < TRAINER_PARAMETERS_MAX && !has_parameter(trained, name))
        trained->parameters[trained->parameter_count++] = (struct trainer_parameter){ name, value };
}

static bool has_categories(const struct training_table *table)
{
    for (size_t i = 0; i < table->feature_count; i++)
        if (table->features[i].category_count > 0)
            return true;
    return false;
}

static void choose_objective(const struct training_table *table, struct arena *arena, struct trained *trained)
{
    if (table->class_count > 2) {
        set_parameter(trained, "objective", "multi:softprob");
        set_parameter(trained, "num_class", arena_printf(arena, "%zu", table->class_count).data);
        set_parameter(trained, "eval_metric", "mlogloss");
    } else if (table->class_count == 2) {
        set_parameter(trained, "objective", "binary:logistic");
        set_parameter(trained, "eval_metric", "logloss");
    } else {
        set_parameter(trained, "objective", "reg:squarederror");
        set_parameter(trained, "eval_metric", "rmse");
    }
}

/* XGBoost's own words for a forest: many trees in one round, each of a sample of rows and columns, at full rate. */
static void choose_tree_parameters(const struct training_table *table, const struct trainer_options *options,
                                   struct arena *arena, struct trained *trained)
{
    choose_objective(table, arena, trained);
    set_parameter(trained, "seed", arena_printf(arena, "%llu", (unsigned long long)(options->seed & INT32_MAX)).data);
    set_parameter(trained, "tree_method", "hist");
    if (has_categories(table))
        set_parameter(trained, "max_cat_to_onehot", "8");
    if (options->model == TRAINER_XGBOOST) {
        set_parameter(trained, "max_depth", "6");
        set_parameter(trained, "learning_rate", "0.1");
        set_parameter(trained, "subsample", "0.9");
        return;
    }
    set_parameter(trained, "num_parallel_tree", arena_printf(arena, "%zu", options->rounds > 0 ? options->rounds : 100).data);
    set_parameter(trained, "learning_rate", "1");
    set_parameter(trained, "max_depth", "12");
    set_parameter(trained, "min_child_weight", "0.1"); /* less than one row weighs at a share of a half */
    set_parameter(trained, "lambda", "0.00001");
    set_parameter(trained, "subsample", "0.632");
    set_parameter(trained, "colsample_bynode",
                  arena_printf(arena, "%.4f", fmax(sqrt((double)table->feature_count), 1) / (double)table->feature_count).data);
}

/* ---- learning ---- */

static void to_shares(double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    for (size_t i = 0; sum > 0 && i < count; i++)
        values[i] /= sum;
}

static enum status learn_trees(const struct training_table *table, const struct trainer_options *options, struct arena *arena,
                               struct buf *model, struct trained *trained, struct error *err)
{
    struct booster_parameter parameters[TRAINER_PARAMETERS_MAX];
    double *gain = arena_array(arena, double, table->feature_count);
    choose_tree_parameters(table, options, arena, trained);
    for (size_t i = 0; i < trained->parameter_count; i++)
        parameters[i] = (struct booster_parameter){ trained->parameters[i].name, trained->parameters[i].value };
    struct booster_plan plan = {
        .parameters = parameters,
        .parameter_count = trained->parameter_count,
        .rounds = options->model == TRAINER_RANDOM_FOREST ? 1 : options->rounds > 0 ? options->rounds : 200,
        .on_round = options->on_round,
        .context = options->context,
    };
    set_parameter(trained, "rounds", arena_printf(arena, "%zu", plan.rounds).data);
    if (gain == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu features", table->feature_count);
    TRY(booster_train(table, &plan, model, gain, err));
    to_shares(gain, table->feature_count);
    trained->importance = gain;
    return OK;
}

static enum status learn_linear(const struct training_table *table, const struct trainer_options *options, struct arena *arena,
                                struct buf *model, struct linear_model *linear, struct trained *trained, struct error *err)
{
    bool is_logistic = options->model == TRAINER_LOGISTIC;
    if (is_logistic != (table->class_count > 0))
        return error_set(err, ERR_INVALID, "--model %s learns %s, and the target %.*s holds %s: try --model %s",
                         model_names[options->model], is_logistic ? "classes" : "numbers", STR_ARG(table->target_name),
                         is_logistic ? "numbers" : "classes", is_logistic ? "linear" : "logistic");
    if (options->parameter_count > 0)
        return error_set(err, ERR_INVALID, "--model %s has no parameter %s", model_names[options->model],
                         options->parameters[0].name);
    TRY(linear_fit(table, arena, linear, err));
    TRY(linear_write_xgboost(table, linear, model, err));
    if (is_logistic)
        set_parameter(trained, "C", arena_printf(arena, "%g", LINEAR_C).data);
    set_parameter(trained, "iterations", arena_printf(arena, "%zu", linear->iterations).data);
    double *importance = arena_array(arena, double, table->feature_count);
    if (importance == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu features", table->feature_count);
    for (size_t c = 0; c < linear->column_count; c++)
        for (size_t k = 0; k < linear->outputs; k++)
            importance[linear->columns[c].feature] += fabs(linear->weights[c * linear->outputs + k]) * linear->columns[c].std;
    to_shares(importance, table->feature_count);
    trained->importance = importance;
    return OK;
}

/* ---- judging ---- */

static enum status load(const struct trainer_options *options, struct arena *arena, struct trained *trained, struct error *err)
{
    struct mlmodel model;
    TRY(mlmodel_read(options->folder, arena, &model, err));
    TRY(runtime_load(&model, STR("trees"), NULL, &trained->runtime, err));
    trained->info = &trained->runtime->info;
    return OK;
}

/* The served model's own inputs: texts where it takes texts. */
static enum status predict_all(const struct training_table *table, struct arena *arena, struct trained *trained,
                               struct error *err)
{
    size_t width = table->feature_count;
    double *numbers = arena_array(arena, double, table->rows * width);
    str *texts = arena_array(arena, str, table->rows * width);
    if (numbers == NULL || texts == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu predictions", table->rows);
    if (trained->info->input_count != width)
        return error_set(err, ERR_CORRUPT, "the model takes %zu inputs, it was trained on %zu", trained->info->input_count, width);
    for (size_t i = 0; i < table->rows * width; i++) {
        const struct training_feature *feature = &table->features[i % width];
        numbers[i] = (double)table->matrix[i];
        if (feature->category_count > 0 && !isnan(numbers[i]))
            texts[i] = feature->categories[(size_t)numbers[i]];
    }
    struct runtime_rows rows = { .rows = table->rows, .numbers = numbers, .texts = texts };
    return trained->runtime->methods->predict(trained->runtime, &rows, arena, &trained->answer, err);
}

static void add_metric(struct trained *trained, const char *name, double value)
{
    if (trained->metric_count < TRAINER_METRICS_MAX && !isnan(value))
        trained->metrics[trained->metric_count++] = (struct trainer_metric){ name, value };
}

#define NAMED(side, name) ((side) ? "test_" name : "train_" name)

static void judge_numbers(const struct training_table *table, size_t from, size_t rows, bool is_test, struct trained *trained)
{
    struct stats_regression quality = stats_regression_of(table->target + from, trained->answer.values + from, rows);
    add_metric(trained, NAMED(is_test, "rmse"), quality.rmse);
    add_metric(trained, NAMED(is_test, "mae"), quality.mean_abs_error);
    add_metric(trained, NAMED(is_test, "r2"), quality.r2);
}

static double log_loss(const struct training_table *table, size_t from, size_t rows, const struct runtime_answer *answer)
{
    double sum = 0;
    for (size_t i = from; i < from + rows; i++)
        sum -= log(fmax(answer->probabilities[i * answer->class_count + (size_t)table->target[i]], 1e-15));
    return sum / (double)rows;
}

static double roc_auc(const struct training_table *table, size_t from, size_t rows, const struct runtime_answer *answer,
                      struct arena *arena)
{
    double *scores = arena_array(arena, double, rows), *scratch = arena_array(arena, double, rows * 2);
    uint8_t *is_positive = arena_array(arena, uint8_t, rows);
    if (scores == NULL || scratch == NULL || is_positive == NULL)
        return NAN;
    for (size_t i = 0; i < rows; i++) {
        scores[i] = answer->probabilities[(from + i) * answer->class_count + 1];
        is_positive[i] = table->target[from + i] == 1;
    }
    struct stats_scores sorted = stats_scores_sort(scores, is_positive, rows, scratch);
    return stats_roc_auc(&sorted);
}

static enum status judge_classes(const struct training_table *table, size_t from, size_t rows, bool is_test,
                                 struct arena *arena, struct trained *trained, struct error *err)
{
    const struct runtime_answer *answer = &trained->answer;
    uint64_t *matrix = arena_array(arena, uint64_t, table->class_count * table->class_count);
    uint32_t *target = arena_array(arena, uint32_t, rows), *predicted = arena_array(arena, uint32_t, rows);
    if (matrix == NULL || target == NULL || predicted == NULL)
        return error_set(err, ERR_LIMIT, "no memory to judge %zu rows", rows);
    for (size_t i = 0; i < rows; i++) {
        target[i] = (uint32_t)table->target[from + i];
        predicted[i] = (uint32_t)answer->values[from + i];
    }
    (void)stats_confusion(target, predicted, rows, table->class_count, matrix);
    struct stats_classification quality = stats_classification_of(matrix, table->class_count);
    add_metric(trained, NAMED(is_test, "accuracy"), quality.accuracy);
    add_metric(trained, NAMED(is_test, "f1_macro"), quality.macro.f1);
    if (answer->probabilities == NULL || answer->class_count != table->class_count)
        return OK;
    add_metric(trained, NAMED(is_test, "log_loss"), log_loss(table, from, rows, answer));
    if (table->class_count == 2)
        add_metric(trained, NAMED(is_test, "roc_auc"), roc_auc(table, from, rows, answer, arena));
    return OK;
}

static enum status judge(const struct training_table *table, struct arena *arena, struct trained *trained, struct error *err)
{
    for (int is_test = 1; is_test >= 0; is_test--) {
        size_t from = is_test ? table->train_rows : 0, rows = is_test ? table->rows - table->train_rows : table->train_rows;
        if (table->class_count > 0)
            TRY(judge_classes(table, from, rows, is_test, arena, trained, err));
        else
            judge_numbers(table, from, rows, is_test, trained);
    }
    return OK;
}

static enum status learn(const struct training_table *table, const struct trainer_options *options, struct arena *arena,
                         struct trained *trained, struct error *err)
{
    struct linear_model linear = { 0 };
    bool is_linear = options->model == TRAINER_LINEAR || options->model == TRAINER_LOGISTIC;
    struct buf model;
    buf_init(&model, MODEL_BYTES_MAX);
    enum status status = is_linear ? learn_linear(table, options, arena, &model, &linear, trained, err)
                                   : learn_trees(table, options, arena, &model, trained, err);
    struct model_folder folder = {
        .folder = options->folder,
        .kedge_version = options->kedge_version,
        .now_us = options->now_us,
        .model = buf_str(&model),
        .file = is_linear ? "model.json" : "model.ubj",
        .linear = is_linear ? &linear : NULL,
    };
    if (status == OK)
        status = model_folder_write(table, &folder, err);
    buf_done(&model);
    return status;
}

enum status trainer_run(const struct training_table *table, const struct trainer_options *options, struct arena *arena,
                        struct trained *ret_trained, struct error *err)
{
    struct trained trained = { 0 };
    for (size_t i = 0; i < options->parameter_count; i++)
        set_parameter(&trained, options->parameters[i].name, options->parameters[i].value);
    TRY(learn(table, options, arena, &trained, err));
    enum status status = load(options, arena, &trained, err);
    if (status == OK)
        status = predict_all(table, arena, &trained, err);
    if (status == OK)
        status = judge(table, arena, &trained, err);
    if (status != OK) {
        trained_done(&trained);
        return error_while(err, "judge the trained model");
    }
    *ret_trained = trained;
    return OK;
}

void trained_done(struct trained *trained)
{
    runtime_free(trained->runtime);
    trained->runtime = NULL;
}
