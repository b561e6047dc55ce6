#include "cli/check_options.h"

#include <math.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/number.h"
#include "cli/option.h"
#include "monitor/options_yaml.h"

#define CONFIG_BYTES_MAX ((size_t)8 << 20)
#define THREADS_MAX 64

/* "NAME=VALUE" cut at the last '=', since column names may hold one and values don't. */
static enum status cut_pair(str text, str *ret_name, str *ret_value, struct error *err)
{
    size_t at = text.size;
    while (at > 0 && text.data[at - 1] != '=')
        at--;
    if (at < 2)
        return error_set(err, ERR_INVALID, "expected NAME=VALUE, found \"%.*s\"", STR_ARG(text));
    *ret_name = str_slice(text, 0, at - 1);
    *ret_value = str_slice(text, at, text.size);
    return OK;
}

static enum status take_share(str text, double *ret_value, struct error *err)
{
    if (!number_parse_f64(text, ret_value) || *ret_value < 0 || *ret_value > 1)
        return error_set(err, ERR_INVALID, "expected a number from 0 to 1, found \"%.*s\"", STR_ARG(text));
    return OK;
}

static enum status take_method(str text, enum drift_method_id *ret_method, struct error *err)
{
    *ret_method = drift_method_find(text);
    if (*ret_method != METHOD_COUNT)
        return OK;
    struct buf known;
    buf_init(&known, 1024);
    for (size_t i = 0; i < METHOD_COUNT; i++)
        buf_printf(&known, " %s", drift_method_of((enum drift_method_id)i)->id);
    error_set(err, ERR_INVALID, "no method is called \"%.*s\"; there are%.*s", STR_ARG(text), STR_ARG(buf_str(&known)));
    buf_done(&known);
    return ERR_INVALID;
}

static enum status take_threshold(str text, struct method_choice *choice, struct error *err)
{
    choice->is_calibrated = str_equal(text, STR("calibrated"));
    choice->threshold = NAN;
    if (choice->is_calibrated || number_parse_f64(text, &choice->threshold))
        return OK;
    return error_set(err, ERR_INVALID, "expected a number or \"calibrated\", found \"%.*s\"", STR_ARG(text));
}

static enum status apply_config(void *context, str value, struct error *err)
{
    struct check_request *request = context;
    struct buf content;
    buf_init(&content, CONFIG_BYTES_MAX);
    enum status status = file_read(value.data, &content, err);
    struct yaml_node *root = NULL;
    if (status == OK)
        status = yaml_load(buf_str(&content), value.data, &request->arena, &root, err);
    if (status == OK)
        status = options_yaml_read(root, &request->arena, &request->options, err);
    buf_done(&content);
    return status;
}

static enum status apply_type(void *context, str value, struct error *err)
{
    struct check_request *request = context;
    struct type_choice choice;
    str type;
    TRY(cut_pair(value, &choice.column, &type, err));
    if (!column_type_parse(type, &choice.type))
        return error_set(err, ERR_INVALID, "\"%.*s\" is none of num, cat, bool, datetime, text, id", STR_ARG(type));
    analysis_options_add_type(&request->options, &request->arena, choice);
    return OK;
}

static enum status apply_methods(void *context, str value, struct error *err)
{
    struct check_request *request = context;
    if (!str_equal(value, STR("all")) && !str_equal(value, STR("default")))
        return error_set(err, ERR_INVALID, "expected all or default, found \"%.*s\" (one method: --method)",
                         STR_ARG(value));
    request->options.use_all_methods = str_equal(value, STR("all"));
    return OK;
}

/* "psi", or "num=psi" for one type. */
static enum status choice_target(struct check_request *request, str *value, struct method_choice **ret_choice,
                                 struct error *err)
{
    *ret_choice = &request->options.all_columns;
    if (str_find(*value, '=') == value->size)
        return OK;
    str name;
    enum column_type type;
    TRY(cut_pair(*value, &name, value, err));
    if (!column_type_parse(name, &type))
        return error_set(err, ERR_INVALID, "\"%.*s\" is no type; for one column use --column-method", STR_ARG(name));
    *ret_choice = &request->options.by_type[type];
    return OK;
}

static enum status apply_method(void *context, str value, struct error *err)
{
    struct method_choice *choice;
    TRY(choice_target(context, &value, &choice, err));
    return take_method(value, &choice->method, err);
}

static enum status apply_threshold(void *context, str value, struct error *err)
{
    struct method_choice *choice;
    TRY(choice_target(context, &value, &choice, err));
    return take_threshold(value, choice, err);
}

/* "age=ks", "age=ks:0.01", "age=:calibrated". */
static enum status apply_column_method(void *context, str value, struct error *err)
{
    struct check_request *request = context;
    struct column_choice column = { .choice = { METHOD_COUNT, NAN, false } };
    str rest, method;
    TRY(cut_pair(value, &column.column, &rest, err));
    if (str_split(&rest, ':', &method) && method.size)
        TRY(take_method(method, &column.choice.method, err));
    if (rest.size)
        TRY(take_threshold(rest, &column.choice, err));
    analysis_options_add_column(&request->options, &request->arena, column);
    return OK;
}

static enum status apply_target(void *context, str value, struct error *err)
{
    (void)err;
    ((struct check_request *)context)->options.target = value;
    return OK;
}

static enum status apply_prediction(void *context, str value, struct error *err)
{
    (void)err;
    ((struct check_request *)context)->options.prediction = value;
    return OK;
}

static enum status apply_probability(void *context, str value, struct error *err)
{
    (void)err;
    struct check_request *request = context;
    strs_add(&request->options.probabilities, &request->arena, value);
    return OK;
}

static enum status apply_task(void *context, str value, struct error *err)
{
    if (task_parse(value, &((struct check_request *)context)->options.task))
        return OK;
    return error_set(err, ERR_INVALID, "expected regression, binary or multiclass, found \"%.*s\"", STR_ARG(value));
}

static enum status apply_positive(void *context, str value, struct error *err)
{
    (void)err;
    ((struct check_request *)context)->options.positive = value;
    return OK;
}

static enum status apply_timestamp(void *context, str value, struct error *err)
{
    (void)err;
    ((struct check_request *)context)->options.timestamp = value;
    return OK;
}

static enum status apply_id(void *context, str value, struct error *err)
{
    (void)err;
    ((struct check_request *)context)->options.id = value;
    return OK;
}

static enum status apply_segment(void *context, str value, struct error *err)
{
    (void)err;
    struct check_request *request = context;
    strs_add(&request->options.segments, &request->arena, value);
    return OK;
}

static enum status apply_drift_share(void *context, str value, struct error *err)
{
    return take_share(value, &((struct check_request *)context)->options.drift_share, err);
}

static enum status apply_compat(void *context, str value, struct error *err)
{
    struct analysis_options *options = &((struct check_request *)context)->options;
    options->is_compat = str_equal(value, STR("evidently"));
    if (options->is_compat || str_equal(value, STR("none")))
        return OK;
    return error_set(err, ERR_INVALID, "expected evidently or none, found \"%.*s\"", STR_ARG(value));
}

static enum status apply_check(void *context, str value, struct error *err)
{
    struct analysis_options *options = &((struct check_request *)context)->options;
    bool is_all = str_equal(value, STR("all"));
    options->check_data = is_all || str_equal(value, STR("data"));
    options->check_model = is_all || str_equal(value, STR("model"));
    if (options->check_data || options->check_model)
        return OK;
    return error_set(err, ERR_INVALID, "expected data, model or all, found \"%.*s\"", STR_ARG(value));
}

static enum status apply_model_threshold(void *context, str value, struct error *err)
{
    return take_share(value, &((struct check_request *)context)->options.model_threshold, err);
}

static enum status apply_auto_tests(void *context, str value, struct error *err)
{
    (void)value;
    (void)err;
    ((struct check_request *)context)->options.use_auto_conditions = true;
    return OK;
}

static enum status apply_correlations(void *context, str value, struct error *err)
{
    static const char *const names[] = { "auto", "all", "none" };
    for (size_t i = 0; i < COUNT(names); i++) {
        if (!str_equal(value, str_of(names[i])))
            continue;
        ((struct check_request *)context)->options.correlations = (enum correlations_mode)i;
        return OK;
    }
    return error_set(err, ERR_INVALID, "expected all, auto or none, found \"%.*s\"", STR_ARG(value));
}

static enum status apply_no_distribution(void *context, str value, struct error *err)
{
    (void)value;
    (void)err;
    ((struct check_request *)context)->options.with_distribution = false;
    return OK;
}

static enum status apply_title(void *context, str value, struct error *err)
{
    (void)err;
    ((struct check_request *)context)->options.labels.title = value;
    return OK;
}

static enum status apply_json(void *context, str value, struct error *err)
{
    (void)err;
    struct check_request *request = context;
    request->to_json_stdout = value.size == 0 || str_equal(value, STR("-"));
    request->json_path = request->to_json_stdout ? NULL : value.data;
    return OK;
}

static enum status apply_html(void *context, str value, struct error *err)
{
    (void)err;
    ((struct check_request *)context)->html_path = value.data;
    return OK;
}

static enum status apply_junit(void *context, str value, struct error *err)
{
    (void)err;
    ((struct check_request *)context)->junit_path = value.data;
    return OK;
}

static enum status apply_threads(void *context, str value, struct error *err)
{
    uint64_t threads;
    if (!number_parse_u64(value, &threads) || threads > THREADS_MAX)
        return error_set(err, ERR_INVALID, "expected a number from 0 to %d, found \"%.*s\"", THREADS_MAX,
                         STR_ARG(value));
    ((struct check_request *)context)->threads = (size_t)threads;
    return OK;
}

static enum status apply_no_colour(void *context, str value, struct error *err)
{
    (void)value;
    (void)err;
    ((struct check_request *)context)->no_colour = true;
    return OK;
}

static enum status apply_quiet(void *context, str value, struct error *err)
{
    (void)value;
    (void)err;
    ((struct check_request *)context)->is_quiet = true;
    return OK;
}

static enum status apply_help(void *context, str value, struct error *err)
{
    (void)value;
    (void)err;
    ((struct check_request *)context)->wants_help = true;
    return OK;
}

static const struct option_entry entries[] = {
    { .help = "output:" },
    { "json", OPTION_OPTIONAL_VALUE, "FILE", "The whole report as JSON, to FILE or to standard output.", apply_json, false },
    { "html", OPTION_VALUE, "FILE", "The report as one self-contained page.", apply_html, false },
    { "junit", OPTION_VALUE, "FILE", "Drift and tests as JUnit XML, for CI systems.", apply_junit, false },
    { "title", OPTION_VALUE, "TEXT", "What the report is called.", apply_title, false },
    { "quiet", OPTION_SWITCH, NULL, "Only the verdict and what is wrong.", apply_quiet, false },
    { "no-color", OPTION_SWITCH, NULL, "No colour, even on a terminal (NO_COLOR works, too).", apply_no_colour, false },
    { "no-distribution", OPTION_SWITCH, NULL, "Leave the distributions out of the report.", apply_no_distribution, false },

    { .help = "columns:" },
    { "type", OPTION_VALUE, "NAME=TYPE", "Take the column as num, cat, bool, datetime, text or id; '*=num' for all.",
      apply_type, false },
    { "target", OPTION_VALUE, "NAME", "The column with the true outcome.", apply_target, false },
    { "prediction", OPTION_VALUE, "NAME", "The column with what the model said.", apply_prediction, false },
    { "probability", OPTION_VALUE, "NAME",
      "A column with a class's probability; of one: the positive class, of several: named like their class.",
      apply_probability, false },
    { "task", OPTION_VALUE, "TASK", "regression, binary or multiclass; found out when not said.", apply_task, false },
    { "positive", OPTION_VALUE, "LABEL", "The label that a binary model looks for.", apply_positive, false },
    { "timestamp", OPTION_VALUE, "NAME", "The time of each row.", apply_timestamp, false },
    { "id", OPTION_VALUE, "NAME", "The column that names each row; it is not tested.", apply_id, false },
    { "segment", OPTION_VALUE, "NAME", "Show model quality and fairness for each value of this column, too.",
      apply_segment, false },

    { .help = "drift:" },
    { "methods", OPTION_VALUE, "all|default", "After the chosen method run every other applicable one.", apply_methods,
      false },
    { "method", OPTION_VALUE, "[TYPE=]METHOD", "Use this method for all columns that it suits, or of one type.",
      apply_method, false },
    { "threshold", OPTION_VALUE, "[TYPE=]T",
      "The score from which a column has drifted, or \"calibrated\": what chance exceeds one time in twenty.",
      apply_threshold, false },
    { "column-method", OPTION_VALUE, "NAME=METHOD[:T]", "Method and threshold of one column.", apply_column_method,
      false },
    { "drift-share", OPTION_VALUE, "SHARE", "Share of drifted columns from which the data counts as drifted (0.5).",
      apply_drift_share, false },
    { "compat", OPTION_VALUE, "evidently", "Evidently's numbers where they differ from the right ones.", apply_compat,
      false },

    { .help = "checks:" },
    { "check", OPTION_VALUE, "WHAT", "data (drift and quality), model (performance, target and prediction drift), or all.",
      apply_check, false },
    { "data-threshold", OPTION_VALUE, "SHARE", "The same as --drift-share.", apply_drift_share, false },
    { "model-threshold", OPTION_VALUE, "LOSS",
      "Fail when accuracy, F1 or ROC AUC fall by more than this against the reference, or errors grow by this part.",
      apply_model_threshold, false },
    { "auto-tests", OPTION_SWITCH, NULL, "Test every figure against the reference within the usual tolerance.",
      apply_auto_tests, false },
    { "correlations", OPTION_VALUE, "all|auto|none", "auto leaves out what takes long; the report says what.",
      apply_correlations, false },

    { .help = "other:" },
    { "config", OPTION_VALUE, "FILE", "Options as YAML; those of the command line come over them.", apply_config, true },
    { "threads", OPTION_VALUE, "N", "Threads to work with; 0: one a CPU.", apply_threads, false },
    { "help", OPTION_SWITCH, NULL, "This text.", apply_help, false },
};

static const struct option_table table = { entries, COUNT(entries) };

const struct option_table *check_option_table(void)
{
    return &table;
}

enum status check_request_parse(int argc, char **argv, struct check_request *request, struct error *err)
{
    arena_init(&request->arena, 0);
    analysis_options_init(&request->options);
    const char *operands[2] = { NULL, NULL };
    size_t count = 0;
    TRY(option_parse(&table, argc, argv, request, operands, COUNT(operands), &count, err));
    request->reference = operands[0];
    request->current = operands[1];
    if (request->wants_help)
        return OK;
    if (count < 2)
        return error_set(err, ERR_INVALID, "two files are needed: REFERENCE and CURRENT");
    if (str_equal(str_of(operands[0]), STR("-")) && str_equal(str_of(operands[1]), STR("-")))
        return error_set(err, ERR_INVALID, "only one of the two can be standard input");
    return OK;
}

void check_request_done(struct check_request *request)
{
    arena_done(&request->arena);
}

void check_print_help(FILE *out)
{
    fprintf(out,
            "usage: kedge check [OPTION]... REFERENCE CURRENT\n\n"
            "Compares current data with a reference: drift of each column, data quality, model\n"
            "performance. Both are CSV, Parquet or JSON lines; .gz and .zst, globs, and - for standard\n"
            "input work. Exit status: 0 fine, 1 drift or a failed test, 2 usage, 3 failed.\n\n"
            "examples:\n"
            "  kedge check train.parquet today.csv\n"
            "  kedge check train.csv 'logs/2026-11-*.parquet' --html report.html\n"
            "  kedge check ref.csv cur.csv --target churn --prediction guess --model-threshold 0.05\n"
            "  kedge check ref.csv cur.csv --method psi --threshold 0.2 --junit drift.xml --quiet\n"
            "  kedge check ref.csv cur.csv --methods all --json | jq .dataset_drift\n");
    option_print_help(&table, out);
}
