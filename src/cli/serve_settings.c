#include "cli/serve_settings.h"

#include <math.h>

#include "monitor/condition.h"
#include "monitor/report_results.h"

#define CONFIG_TEXT_BYTES_MAX ((size_t)16 << 20)
#define US_PER_MS 1000

static void free_config(void *owner)
{
    config_free(owner);
}

static struct strs texts_of(const struct config_texts *texts)
{
    return (struct strs){ .items = texts->items, .count = texts->count };
}

static enum status read_method(str model, str name, enum drift_method_id *ret_method, struct error *err)
{
    if (str_is_empty(name) || str_equal(name, STR("auto")))
        return OK;
    *ret_method = drift_method_find(name);
    if (*ret_method != METHOD_COUNT)
        return OK;
    return error_set(err, ERR_INVALID, "model \"%.*s\": no drift method is called \"%.*s\"", STR_ARG(model), STR_ARG(name));
}

static enum status add_types(const struct config_model *model, struct arena *arena, struct analysis_options *options,
                             struct error *err)
{
    for (size_t i = 0; i < model->types.count; i++) {
        struct type_choice choice = { .column = model->types.items[i].name };
        if (!column_type_parse(model->types.items[i].text, &choice.type))
            return error_set(err, ERR_INVALID, "model \"%.*s\", column \"%.*s\": \"%.*s\" is no column type",
                             STR_ARG(model->name), STR_ARG(choice.column), STR_ARG(model->types.items[i].text));
        analysis_options_add_type(options, arena, choice);
    }
    return OK;
}

static const struct config_setting *setting_of(const struct config_settings *settings, str name)
{
    for (size_t i = 0; i < settings->count; i++)
        if (str_equal(settings->items[i].name, name))
            return &settings->items[i];
    return NULL;
}

/* A column may have a method, a threshold, or both. */
static enum status add_columns(const struct config_model *model, struct arena *arena, struct analysis_options *options,
                               struct error *err)
{
    for (size_t i = 0; i < model->column_methods.count; i++) {
        const struct config_setting *method = &model->column_methods.items[i];
        const struct config_setting *threshold = setting_of(&model->column_thresholds, method->name);
        struct column_choice choice = { .column = method->name, .choice.method = METHOD_COUNT };
        choice.choice.threshold = threshold != NULL ? threshold->number : NAN;
        TRY(read_method(model->name, method->text, &choice.choice.method, err));
        analysis_options_add_column(options, arena, choice);
    }
    for (size_t i = 0; i < model->column_thresholds.count; i++) {
        const struct config_setting *threshold = &model->column_thresholds.items[i];
        struct column_choice choice = { .column = threshold->name,
                                        .choice = { .method = METHOD_COUNT, .threshold = threshold->number } };
        if (setting_of(&model->column_methods, threshold->name) == NULL)
            analysis_options_add_column(options, arena, choice);
    }
    return OK;
}

static enum status read_figures(const struct config_model *model, struct arena *arena, struct strs *ret_figures,
                                struct error *err)
{
    for (size_t i = 0; i < model->metrics.count; i++) {
        if (result_is_figure(model->metrics.items[i]))
            continue;
        str names = { 0 };
        for (size_t j = 0; j < result_figure_count; j++)
            names = arena_printf(arena, "%.*s %s", STR_ARG(names), result_figures[j]);
        return error_set(err, ERR_INVALID, "model \"%.*s\": metrics: there is no \"%.*s\"; there are%.*s",
                         STR_ARG(model->name), STR_ARG(model->metrics.items[i]), STR_ARG(names));
    }
    *ret_figures = texts_of(&model->metrics);
    return OK;
}

static bool is_an_error_figure(str name)
{
    static const char *const figures[] = { "mae", "rmse", "mape", "me", "log_loss", "brier", "ece", "missing_share",
                                           "drift_share", "drifted_columns" };
    for (size_t i = 0; i < COUNT(figures); i++)
        if (str_equal(name, str_of(figures[i])))
            return true;
    return false;
}

static void add_conditions(const struct config_model *model, struct arena *arena, struct analysis_options *options)
{
    for (size_t i = 0; i < model->thresholds.count; i++) {
        const struct config_setting *limit = &model->thresholds.items[i];
        struct condition condition = {
            .metric = limit->name,
            .operator_ = is_an_error_figure(limit->name) ? CONDITION_LTE : CONDITION_GTE,
            .limit = limit->number,
            .severity = SEVERITY_CRITICAL,
        };
        analysis_options_add_condition(options, arena, &condition);
    }
}

static enum status read_options(const struct config_model *model, struct arena *arena,
                                struct analysis_options *options, struct error *err)
{
    analysis_options_init(options);
    options->is_compat = str_equal(model->compat, STR("evidently"));
    options->target = model->target;
    options->prediction = model->prediction;
    options->timestamp = STR("timestamp"); /* of every event */
    options->probabilities = texts_of(&model->probabilities);
    options->segments = texts_of(&model->segments);
    options->positive = model->positive;
    options->drift_share = model->drift_share;
    options->all_columns.threshold = model->drift_threshold;
    options->all_columns.is_calibrated = model->drift_is_calibrated;
    if (!str_is_empty(model->task) && !task_parse(model->task, &options->task))
        return error_set(err, ERR_INVALID, "model \"%.*s\": \"%.*s\" is no task", STR_ARG(model->name), STR_ARG(model->task));
    enum drift_method_id method = METHOD_COUNT;
    TRY(read_method(model->name, model->drift_method, &method, err));
    for (int type = 0; type < TYPE_COUNT; type++) /* by type: columns that it does not suit keep theirs */
        if (method != METHOD_COUNT && drift_method_takes(method, (enum column_type)type))
            options->by_type[type].method = method;
    TRY(add_types(model, arena, options, err));
    TRY(add_columns(model, arena, options, err));
    add_conditions(model, arena, options);
    return OK;
}

static enum status read_model(const struct config_model *model, struct arena *arena, struct model_settings *settings,
                              struct error *err)
{
    settings->name = model->name;
    settings->version = model->version;
    settings->is_closed = !str_equal(model->schema, STR("open"));
    settings->window_rows = (uint64_t)model->window_rows;
    settings->window_span_us = model->window_span_ms * US_PER_MS;
    settings->minimum_rows = (uint64_t)model->minimum_rows;
    settings->schedule = model->schedule;
    TRY(read_figures(model, arena, &settings->figures, err));
    return read_options(model, arena, &settings->options, err);
}

/* The canary's two variants, or those that are configured, under the one sticky key. NULL: no split. */
static const struct split_config *read_split(const struct config_model *model, struct arena *arena)
{
    const struct split_config *chosen = model->canary.count > 0 ? &model->canary : &model->variants;
    if (chosen->count == 0)
        return NULL;
    struct split_config *split = arena_new(arena, struct split_config);
    *split = *chosen;
    split->sticky_key = model->sticky_key;
    return split;
}

static struct served_model_config read_serving(const struct config_model *model, struct arena *arena)
{
    struct served_model_config served = {
        .name = model->name,
        .path = model->path,
        .version = model->version,
        .runtime = str_equal(model->serve_runtime, STR("auto")) ? (str){ 0 } : model->serve_runtime,
        .is_captured = model->serve_capture,
        .split = read_split(model, arena),
        .pick = PICK_STAGE,
        .value = model->serve_stage,
    };
    if (!str_is_empty(model->serve_alias)) {
        served.pick = PICK_ALIAS;
        served.value = model->serve_alias;
    }
    if (!str_is_empty(model->serve_version)) {
        served.pick = PICK_VERSION;
        served.value = model->serve_version;
    }
    return served;
}

static enum status fill(const struct config *config, struct api_settings *settings, struct error *err)
{
    TRY(read_model(&config->defaults, &settings->arena, &settings->defaults, err));
    settings->models = arena_array(&settings->arena, struct model_settings, config->model_count);
    settings->served = arena_array(&settings->arena, struct served_model_config, config->model_count);
    if (settings->models == NULL || settings->served == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu models", config->model_count);
    settings->model_count = settings->served_count = config->model_count;
    for (size_t i = 0; i < config->model_count; i++) {
        TRY(read_model(&config->models[i], &settings->arena, &settings->models[i], err));
        if (config->models[i].canary.count > 0 && config->models[i].variants.count > 0)
            return error_set(err, ERR_INVALID, "model \"%.*s\": serve.canary and serve.variants do not go together",
                             STR_ARG(config->models[i].name));
        settings->served[i] = read_serving(&config->models[i], &settings->arena);
    }
    settings->result_retention_us = config->result_retention_ms * US_PER_MS;
    settings->analysis_rows_max = (size_t)config->analysis_rows_max;
    CLEANUP(buf_done) struct buf text;
    buf_init(&text, CONFIG_TEXT_BYTES_MAX);
    config_print(config, &text);
    settings->config_yaml = arena_copy(&settings->arena, buf_str(&text));
    return OK;
}

enum status serve_settings_new(struct config *config, struct api_settings **ret_settings, struct error *err)
{
    struct api_settings *settings = api_settings_new();
    settings->owner = config;
    settings->free_owner = free_config;
    enum status status = fill(config, settings, err);
    if (status != OK) {
        api_settings_unref(settings);
        return status;
    }
    *ret_settings = settings;
    return OK;
}
