#include "monitor/options_yaml.h"

#include <math.h>

#include "base/attributes.h"

/* What a key's reader gets. */
struct yaml_target {
    struct arena *arena;
    struct analysis_options *options;
};

typedef enum status key_reader(const struct yaml_node *node, struct yaml_target *target, struct error *err);

static enum status read_method(const struct yaml_node *node, enum drift_method_id *ret_method, struct error *err)
{
    str name = { 0 };
    TRY(yaml_as_str(node, &name, err));
    *ret_method = drift_method_find(name);
    if (*ret_method == METHOD_COUNT && !str_equal(name, STR("default")))
        return yaml_fail(node, err, "no drift method is called \"%.*s\"", STR_ARG(name));
    return OK;
}

static enum status read_threshold(const struct yaml_node *node, struct method_choice *choice, struct error *err)
{
    if (node && node->kind == YAML_TEXT && str_equal(node->text, STR("calibrated"))) {
        choice->is_calibrated = true;
        choice->threshold = NAN;
        return OK;
    }
    choice->is_calibrated = false;
    return yaml_as_f64(node, &choice->threshold, err);
}

static enum status read_text(const struct yaml_node *node, struct yaml_target *target, str *ret_text, struct error *err)
{
    str text = { 0 };
    TRY(yaml_as_str(node, &text, err));
    *ret_text = arena_copy(target->arena, text);
    return OK;
}

static enum status read_title(const struct yaml_node *node, struct yaml_target *target, struct error *err)
{
    return read_text(node, target, &target->options->labels.title, err);
}

static enum status read_compat(const struct yaml_node *node, struct yaml_target *target, struct error *err)
{
    str word = { 0 };
    TRY(yaml_as_str(node, &word, err));
    target->options->is_compat = str_equal(word, STR("evidently"));
    if (!target->options->is_compat && !str_equal(word, STR("none")))
        return yaml_fail(node, err, "expected evidently or none, found \"%.*s\"", STR_ARG(word));
    return OK;
}

static enum status read_types(const struct yaml_node *node, struct yaml_target *target, struct error *err)
{
    TRY(yaml_expect(node, YAML_MAP, err));
    for (size_t i = 0; i < node->count; i++) {
        struct type_choice choice = { .column = arena_copy(target->arena, node->members[i].key) };
        str word = { 0 };
        TRY(yaml_as_str(node->members[i].value, &word, err));
        if (!column_type_parse(word, &choice.type))
            return yaml_fail(node->members[i].value, err, "\"%.*s\" is none of num, cat, bool, datetime, text, id",
                             STR_ARG(word));
        analysis_options_add_type(target->options, target->arena, choice);
    }
    return OK;
}

static enum status read_target(const struct yaml_node *node, struct yaml_target *target, struct error *err)
{
    return read_text(node, target, &target->options->target, err);
}

static enum status read_prediction(const struct yaml_node *node, struct yaml_target *target, struct error *err)
{
    return read_text(node, target, &target->options->prediction, err);
}

static enum status read_timestamp(const struct yaml_node *node, struct yaml_target *target, struct error *err)
{
    return read_text(node, target, &target->options->timestamp, err);
}

static enum status read_id(const struct yaml_node *node, struct yaml_target *target, struct error *err)
{
    return read_text(node, target, &target->options->id, err);
}

static enum status read_positive(const struct yaml_node *node, struct yaml_target *target, struct error *err)
{
    return read_text(node, target, &target->options->positive, err);
}

/* One name or a list of them. */
static enum status read_names(const struct yaml_node *node, struct yaml_target *target, struct strs *list,
                              struct error *err)
{
    str name = { 0 };
    if (node->kind != YAML_LIST) {
        TRY(read_text(node, target, &name, err));
        strs_add(list, target->arena, name);
        return OK;
    }
    for (size_t i = 0; i < node->count; i++) {
        TRY(read_text(node->items[i], target, &name, err));
        strs_add(list, target->arena, name);
    }
    return OK;
}

static enum status read_probabilities(const struct yaml_node *node, struct yaml_target *target, struct error *err)
{
    return read_names(node, target, &target->options->probabilities, err);
}

static enum status read_segments(const struct yaml_node *node, struct yaml_target *target, struct error *err)
{
    return read_names(node, target, &target->options->segments, err);
}

static enum status read_task(const struct yaml_node *node, struct yaml_target *target, struct error *err)
{
    str word = { 0 };
    TRY(yaml_as_str(node, &word, err));
    if (!task_parse(word, &target->options->task))
        return yaml_fail(node, err, "expected regression, binary or multiclass, found \"%.*s\"", STR_ARG(word));
    return OK;
}

/* A word, or one word for each type: `method: {num: psi, cat: chisquare}`. */
static enum status read_method_key(const struct yaml_node *node, struct yaml_target *target, struct error *err)
{
    if (node->kind != YAML_MAP)
        return read_method(node, &target->options->all_columns.method, err);
    for (size_t i = 0; i < node->count; i++) {
        enum column_type type;
        if (!column_type_parse(node->members[i].key, &type))
            return yaml_fail(node->members[i].value, err, "the key is no column type");
        TRY(read_method(node->members[i].value, &target->options->by_type[type].method, err));
    }
    return OK;
}

static enum status read_threshold_key(const struct yaml_node *node, struct yaml_target *target, struct error *err)
{
    if (node->kind != YAML_MAP)
        return read_threshold(node, &target->options->all_columns, err);
    for (size_t i = 0; i < node->count; i++) {
        enum column_type type;
        if (!column_type_parse(node->members[i].key, &type))
            return yaml_fail(node->members[i].value, err, "the key is no column type");
        TRY(read_threshold(node->members[i].value, &target->options->by_type[type], err));
    }
    return OK;
}

static enum status read_methods(const struct yaml_node *node, struct yaml_target *target, struct error *err)
{
    str word = { 0 };
    TRY(yaml_as_str(node, &word, err));
    target->options->use_all_methods = str_equal(word, STR("all"));
    if (!target->options->use_all_methods && !str_equal(word, STR("default")))
        return yaml_fail(node, err, "expected all or default, found \"%.*s\"", STR_ARG(word));
    return OK;
}

/* `columns: {age: {method: ks, threshold: 0.01, type: num}}`. */
static enum status read_columns(const struct yaml_node *node, struct yaml_target *target, struct error *err)
{
    static const char *const known[] = { "method", "threshold", "type" };
    TRY(yaml_expect(node, YAML_MAP, err));
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *value = node->members[i].value, *type = yaml_get(value, "type");
        str name = arena_copy(target->arena, node->members[i].key), word = { 0 };
        TRY(yaml_expect(value, YAML_MAP, err));
        TRY(yaml_check_keys(value, known, COUNT(known), err));
        struct column_choice choice = { name, { METHOD_COUNT, NAN, false } };
        if (yaml_get(value, "method"))
            TRY(read_method(yaml_get(value, "method"), &choice.choice.method, err));
        TRY(read_threshold(yaml_get(value, "threshold"), &choice.choice, err));
        analysis_options_add_column(target->options, target->arena, choice);
        TRY(yaml_as_str(type, &word, err));
        struct type_choice declared = { .column = name };
        if (type && !column_type_parse(word, &declared.type))
            return yaml_fail(type, err, "\"%.*s\" is none of num, cat, bool, datetime, text, id", STR_ARG(word));
        if (type)
            analysis_options_add_type(target->options, target->arena, declared);
    }
    return OK;
}

static enum status read_share(const struct yaml_node *node, double *ret_share, struct error *err)
{
    TRY(yaml_as_f64(node, ret_share, err));
    if (!(*ret_share >= 0 && *ret_share <= 1))
        return yaml_fail(node, err, "expected a number from 0 to 1");
    return OK;
}

static enum status read_drift_share(const struct yaml_node *node, struct yaml_target *target, struct error *err)
{
    return read_share(node, &target->options->drift_share, err);
}

static enum status read_model_threshold(const struct yaml_node *node, struct yaml_target *target, struct error *err)
{
    return read_share(node, &target->options->model_threshold, err);
}

static enum status read_check(const struct yaml_node *node, struct yaml_target *target, struct error *err)
{
    str word = { 0 };
    TRY(yaml_as_str(node, &word, err));
    bool is_all = str_equal(word, STR("all"));
    target->options->check_data = is_all || str_equal(word, STR("data"));
    target->options->check_model = is_all || str_equal(word, STR("model"));
    if (!target->options->check_data && !target->options->check_model)
        return yaml_fail(node, err, "expected data, model or all, found \"%.*s\"", STR_ARG(word));
    return OK;
}

static enum status read_correlations(const struct yaml_node *node, struct yaml_target *target, struct error *err)
{
    static const char *const words[] = { "auto", "all", "none" };
    str word = { 0 };
    TRY(yaml_as_str(node, &word, err));
    for (size_t i = 0; i < COUNT(words); i++) {
        if (!str_equal(word, str_of(words[i])))
            continue;
        target->options->correlations = (enum correlations_mode)i;
        return OK;
    }
    return yaml_fail(node, err, "expected auto, all or none, found \"%.*s\"", STR_ARG(word));
}

static enum status read_severity(const struct yaml_node *node, enum severity *ret_severity, struct error *err)
{
    str word = { 0 };
    TRY(yaml_as_str(node, &word, err));
    if (!node || str_equal(word, STR("critical")))
        *ret_severity = SEVERITY_CRITICAL;
    else if (str_equal(word, STR("warning")))
        *ret_severity = SEVERITY_WARNING;
    else
        return yaml_fail(node, err, "expected critical or warning, found \"%.*s\"", STR_ARG(word));
    return OK;
}

/* `{gte: 0.8}`, or `{gte: reference, relative: 0.1}`. */
static enum status read_limit(const struct yaml_node *test, struct condition *condition, struct error *err)
{
    const struct yaml_node *limit = NULL;
    for (size_t i = 0; i < CONDITION_OPERATOR_COUNT; i++) {
        const struct yaml_node *found = yaml_get(test, condition_operator_name((enum condition_operator)i));
        if (found && limit)
            return yaml_fail(found, err, "a test compares once: write another test");
        if (!found)
            continue;
        limit = found;
        condition->operator_ = (enum condition_operator)i;
    }
    if (!limit)
        return yaml_fail(test, err, "a test needs one of eq, not_eq, gt, gte, lt, lte");
    condition->is_relative = limit->kind == YAML_TEXT && str_equal(limit->text, STR("reference"));
    condition->relative = CONDITION_RELATIVE;
    condition->absolute = CONDITION_ABSOLUTE;
    if (!condition->is_relative)
        return yaml_as_f64(limit, &condition->limit, err);
    TRY(yaml_as_f64(yaml_get(test, "relative"), &condition->relative, err));
    return yaml_as_f64(yaml_get(test, "absolute"), &condition->absolute, err);
}

static enum status read_test(const struct yaml_node *node, struct yaml_target *target, struct error *err)
{
    static const char *const known[] = { "name", "metric", "column", "eq", "not_eq", "gt", "gte", "lt", "lte",
                                         "relative", "absolute", "severity" };
    struct condition condition = { 0 };
    const struct yaml_node *metric;
    TRY(yaml_expect(node, YAML_MAP, err));
    TRY(yaml_check_keys(node, known, COUNT(known), err));
    TRY(yaml_require(node, "metric", &metric, err));
    TRY(read_text(metric, target, &condition.metric, err));
    if (yaml_get(node, "name"))
        TRY(read_text(yaml_get(node, "name"), target, &condition.title, err));
    if (yaml_get(node, "column"))
        TRY(read_text(yaml_get(node, "column"), target, &condition.column, err));
    TRY(read_limit(node, &condition, err));
    TRY(read_severity(yaml_get(node, "severity"), &condition.severity, err));
    analysis_options_add_condition(target->options, target->arena, &condition);
    return OK;
}

/* `tests: auto`, or a list whose items are tests or the word auto. */
static enum status read_tests(const struct yaml_node *node, struct yaml_target *target, struct error *err)
{
    if (node->kind == YAML_TEXT && str_equal(node->text, STR("auto"))) {
        target->options->use_auto_conditions = true;
        return OK;
    }
    TRY(yaml_expect(node, YAML_LIST, err));
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *item = node->items[i];
        if (item->kind == YAML_TEXT && str_equal(item->text, STR("auto")))
            target->options->use_auto_conditions = true;
        else
            TRY(read_test(item, target, err));
    }
    return OK;
}

static const struct {
    const char *key;
    key_reader *read;
} keys[] = {
    { "title", read_title },
    { "compat", read_compat },
    { "types", read_types },
    { "target", read_target },
    { "prediction", read_prediction },
    { "probabilities", read_probabilities },
    { "timestamp", read_timestamp },
    { "id", read_id },
    { "segments", read_segments },
    { "task", read_task },
    { "positive", read_positive },
    { "method", read_method_key },
    { "threshold", read_threshold_key },
    { "methods", read_methods },
    { "columns", read_columns },
    { "drift_share", read_drift_share },
    { "check", read_check },
    { "model_threshold", read_model_threshold },
    { "correlations", read_correlations },
    { "tests", read_tests },
};

enum status options_yaml_read(const struct yaml_node *map, struct arena *arena, struct analysis_options *options,
                              struct error *err)
{
    const char *names[COUNT(keys)];
    struct yaml_target target = { arena, options };
    if (!map || map->kind == YAML_NULL)
        return OK;
    for (size_t i = 0; i < COUNT(keys); i++)
        names[i] = keys[i].key;
    TRY(yaml_expect(map, YAML_MAP, err));
    TRY(yaml_check_keys(map, names, COUNT(names), err));
    for (size_t i = 0; i < COUNT(keys); i++) {
        const struct yaml_node *node = yaml_get(map, keys[i].key);
        if (node && node->kind != YAML_NULL)
            TRY(keys[i].read(node, &target, err));
    }
    return OK;
}
