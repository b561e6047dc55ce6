/* kedge runs: what was trained and how well: list, compare. */
#include "base/time_text.h"
#include "cli/command.h"
#include "cli/mlflow_client.h"
#include "cli/service_commands.h"
#include "cli/sheet.h"

#define RUNS_MAX 20
#define EXPERIMENTS_MAX 200
#define FIGURES_MAX 4096
#define US_PER_MS 1000

struct runs {
    struct service_place place; /* first: SERVICE_OPTIONS */
    const char *operands[RUNS_MAX + 1];
    size_t operand_count;
    str experiment, filter, order, limit;
    bool is_json, wants_help;
    struct mlflow_client client;
};

static enum status apply_experiment(void *context, str value, struct error *err)
{
    (void)err;
    ((struct runs *)context)->experiment = value;
    return OK;
}

static enum status apply_filter(void *context, str value, struct error *err)
{
    (void)err;
    ((struct runs *)context)->filter = value;
    return OK;
}

static enum status apply_order(void *context, str value, struct error *err)
{
    (void)err;
    ((struct runs *)context)->order = value;
    return OK;
}

static enum status apply_limit(void *context, str value, struct error *err)
{
    uint64_t rows = 0;
    if (!number_parse_u64(value, &rows) || rows == 0)
        return error_set(err, ERR_INVALID, "--limit: expected a whole number above 0, found %.*s", STR_ARG(value));
    ((struct runs *)context)->limit = value;
    return OK;
}

static enum status apply_json(void *context, str value, struct error *err)
{
    (void)value, (void)err;
    ((struct runs *)context)->is_json = true;
    return OK;
}

static enum status apply_help(void *context, str value, struct error *err)
{
    (void)value, (void)err;
    ((struct runs *)context)->wants_help = true;
    return OK;
}

static const struct option_entry entries[] = {
    { "experiment", OPTION_VALUE, "NAME", "Only runs of this experiment; all of them where it is not said.", apply_experiment, 0 },
    { "filter", OPTION_VALUE, "FILTER", "As MLflow's search: \"metrics.test_rmse < 3 and params.model = 'linear'\".", apply_filter, 0 },
    { "order", OPTION_VALUE, "KEY", "\"metrics.test_rmse ASC\"; the newest first where it is not said.", apply_order, 0 },
    { "limit", OPTION_VALUE, "N", "At most so many runs (20).", apply_limit, 0 },
    SERVICE_OPTIONS,
    { "json", OPTION_SWITCH, NULL, "Print the server's JSON.", apply_json, 0 },
    { "help", OPTION_SWITCH, NULL, "Show this.", apply_help, 0 },
};
static const struct option_table table = { entries, COUNT(entries) };

const struct option_table *runs_option_table(void)
{
    return &table;
}

static void print_help(void)
{
    printf("usage: kedge runs list [OPTION]...\n"
           "       kedge runs compare RUN RUN... [OPTION]...\n\n"
           "The runs of the running server, of the data folder, or of an MLflow server (--url). `compare` prints parameters and\n"
           "metrics of several runs side by side, those that differ first.\n\n");
    option_print_help(&table, stdout);
    printf("\nexamples:\n"
           "  kedge runs list --experiment wine --order \"metrics.test_accuracy DESC\"\n"
           "  kedge runs compare 6f1c2d0e9b8a4c7f8e5d3a2b1c0f9e8d 0a1b2c3d4e5f60718293a4b5c6d7e8f9\n");
}

/* ---- reading ---- */

struct figure {
    str key, value;
    bool is_metric;
};

struct read_run {
    str run_id, name, status;
    int64_t started_ms;
    struct figure *figures;
    size_t figure_count, metric_count;
};

static str text_of(struct json_reader *json)
{
    str text = { 0 };
    if (json_peek(json) == JSON_STRING)
        json_take_str(json, &text);
    else
        json_take_raw(json, &text);
    return text;
}

static void take_figures(const struct runs *runs, struct json_reader *json, bool is_metric, struct read_run *run)
{
    for (json_enter_array(json); json_next_element(json);) {
        struct figure figure = { .is_metric = is_metric };
        str key;
        json_enter_object(json);
        while (json_next_member(json, &key)) {
            if (str_equal(key, STR("key")))
                json_take_str(json, &figure.key);
            else if (str_equal(key, STR("value")))
                figure.value = text_of(json);
        }
        if (run->figures == NULL)
            run->figures = arena_array(runs->client.arena, struct figure, FIGURES_MAX);
        if (run->figures == NULL || run->figure_count == FIGURES_MAX)
            continue;
        run->figures[run->figure_count++] = figure;
        run->metric_count += is_metric;
    }
}

static void take_info(struct json_reader *json, struct read_run *run)
{
    str key;
    json_enter_object(json);
    while (json_next_member(json, &key)) {
        if (str_equal(key, STR("run_id")))
            json_take_str(json, &run->run_id);
        else if (str_equal(key, STR("run_name")))
            json_take_str(json, &run->name);
        else if (str_equal(key, STR("status")))
            json_take_str(json, &run->status);
        else if (str_equal(key, STR("start_time")))
            json_take_i64(json, &run->started_ms);
    }
}

static void take_run(const struct runs *runs, struct json_reader *json, struct read_run *run)
{
    str key, inner;
    json_enter_object(json);
    while (json_next_member(json, &key)) {
        if (str_equal(key, STR("info")))
            take_info(json, run);
        if (!str_equal(key, STR("data")))
            continue;
        json_enter_object(json);
        while (json_next_member(json, &inner)) {
            if (str_equal(inner, STR("metrics")))
                take_figures(runs, json, true, run);
            else if (str_equal(inner, STR("params")))
                take_figures(runs, json, false, run);
        }
    }
}

/* ---- list ---- */

static str metrics_of(const struct runs *runs, const struct read_run *run)
{
    str text = STR("");
    for (size_t i = 0; i < run->figure_count; i++) {
        const struct figure *figure = &run->figures[i];
        double value;
        if (!figure->is_metric || str_has_prefix(figure->key, STR("importance/")) || str_has_prefix(figure->key, STR("train_")))
            continue;
        if (!number_parse_f64_or_special(figure->value, &value))
            continue;
        text = arena_printf(runs->client.arena, "%.*s%s%.*s=%.5g", STR_ARG(text), text.size > 0 ? " " : "", STR_ARG(figure->key), value);
    }
    return text;
}

static enum status add_run(const struct runs *runs, const struct read_run *run, struct sheet *sheet, struct error *err)
{
    char started[TIME_TEXT_MAX];
    size_t size = time_text_print(run->started_ms / US_PER_MS * US_PER_MS * US_PER_MS, started);
    str cells[] = { run->run_id, run->name, run->status, arena_copy(runs->client.arena, (str){ started, size }),
                    metrics_of(runs, run) };
    return sheet_row(sheet, cells, COUNT(cells), err);
}

/* Ids of the experiment asked for, or of all. */
static enum status write_experiments(const struct runs *runs, struct json_writer *body, struct error *err)
{
    struct json_reader json;
    str answer, key, member, id;
    struct arena *arena = runs->client.arena;
    if (!str_is_empty(runs->experiment)) {
        str query = arena_printf(arena, "experiment_name=%.*s", STR_ARG(service_quote(runs->experiment, arena)));
        TRY(mlflow_get(&runs->client, "experiments/get-by-name", query, &answer, err));
        TRY(mlflow_value_at(&runs->client, answer, "experiment.experiment_id", &id, err));
        json_write_str(body, id);
        return OK;
    }
    str asked = arena_printf(arena, "{\"max_results\": %d}", EXPERIMENTS_MAX);
    TRY(mlflow_send(&runs->client, "POST", "experiments/search", asked, &answer, err));
    json_reader_init(&json, answer, arena, err);
    json_enter_object(&json);
    while (json_next_member(&json, &key)) {
        if (!str_equal(key, STR("experiments")))
            continue;
        for (json_enter_array(&json); json_next_element(&json);) {
            json_enter_object(&json);
            while (json_next_member(&json, &member))
                if (str_equal(member, STR("experiment_id")) && json_take_str(&json, &id) == OK)
                    json_write_str(body, id);
        }
    }
    return json_finish(&json);
}

static enum status search(const struct runs *runs, str *ret_answer, struct error *err)
{
    struct buf text;
    struct json_writer body;
    buf_init(&text, (size_t)1 << 20);
    json_writer_init(&body, &text, JSON_COMPACT);
    json_begin_object(&body);
    json_array(&body, "experiment_ids");
    enum status status = write_experiments(runs, &body, err);
    json_end_array(&body);
    json_raw(&body, "max_results", str_is_empty(runs->limit) ? STR("20") : runs->limit);
    if (!str_is_empty(runs->filter))
        json_str(&body, "filter", runs->filter);
    if (!str_is_empty(runs->order)) {
        json_array(&body, "order_by");
        json_write_str(&body, runs->order);
        json_end_array(&body);
    }
    json_end_object(&body);
    if (!json_writer_end(&body) && status == OK)
        status = error_set(err, ERR_LIMIT, "the question is too long");
    if (status == OK)
        status = mlflow_send(&runs->client, "POST", "runs/search", buf_str(&text), ret_answer, err);
    buf_done(&text);
    return status;
}

static enum status list(const struct runs *runs, struct error *err)
{
    static const char *const names[] = { "run", "name", "status", "started", "metrics" };
    struct sheet sheet = { .arena = runs->client.arena };
    struct json_reader json;
    str answer, key;
    TRY(search(runs, &answer, err));
    if (runs->is_json) {
        printf("%.*s\n", STR_ARG(answer));
        return OK;
    }
    TRY(sheet_names(&sheet, names, COUNT(names), err));
    json_reader_init(&json, answer, runs->client.arena, err);
    json_enter_object(&json);
    while (json_next_member(&json, &key)) {
        if (!str_equal(key, STR("runs")))
            continue;
        for (json_enter_array(&json); json_next_element(&json);) {
            struct read_run run = { .name = STR("") };
            take_run(runs, &json, &run);
            TRY(add_run(runs, &run, &sheet, err));
        }
    }
    TRY(json_finish(&json));
    if (sheet.cell_count == 0)
        printf("no runs match\n");
    else
        sheet_print_table(&sheet);
    return OK;
}

/* ---- compare ---- */

static enum status get_run(const struct runs *runs, const char *run_id, struct read_run *ret_run, struct error *err)
{
    struct json_reader json;
    str answer, key;
    str query = arena_printf(runs->client.arena, "run_id=%.*s", STR_ARG(service_quote(str_of(run_id), runs->client.arena)));
    TRY(mlflow_get(&runs->client, "runs/get", query, &answer, err));
    *ret_run = (struct read_run){ .name = STR("") };
    json_reader_init(&json, answer, runs->client.arena, err);
    json_enter_object(&json);
    while (json_next_member(&json, &key))
        if (str_equal(key, STR("run")))
            take_run(runs, &json, ret_run);
    return json_finish(&json);
}

static const struct figure *find_figure(const struct read_run *run, str key, bool is_metric)
{
    for (size_t i = 0; i < run->figure_count; i++)
        if (run->figures[i].is_metric == is_metric && str_equal(run->figures[i].key, key))
            return &run->figures[i];
    return NULL;
}

static bool is_first(const struct read_run *read, size_t run, const struct figure *figure)
{
    for (size_t r = 0; r < run; r++)
        if (find_figure(&read[r], figure->key, figure->is_metric) != NULL)
            return false;
    return true;
}

static enum status add_figure(const struct runs *runs, const struct read_run *read, size_t count, const struct figure *figure,
                              bool wants_equal, struct sheet *sheet, struct error *err)
{
    str cells[RUNS_MAX + 1];
    bool is_equal = true;
    cells[0] = arena_printf(runs->client.arena, "%s %.*s", figure->is_metric ? "metric" : "param", STR_ARG(figure->key));
    for (size_t r = 0; r < count; r++) {
        const struct figure *found = find_figure(&read[r], figure->key, figure->is_metric);
        cells[r + 1] = found != NULL ? found->value : STR("-");
        is_equal &= r == 0 || str_equal(cells[r + 1], cells[1]);
    }
    return is_equal == wants_equal ? sheet_row(sheet, cells, count + 1, err) : OK;
}

/* What was set, how good it got, what it looked at: in that order. */
#define FIGURE_KINDS 3
static int kind_of(const struct figure *figure)
{
    return !figure->is_metric ? 0 : str_has_prefix(figure->key, STR("importance/")) ? 2 : 1;
}

static enum status add_part(const struct runs *runs, const struct read_run *read, size_t count, int kind, bool wants_equal,
                            struct sheet *sheet, struct error *err)
{
    for (size_t r = 0; r < count; r++)
        for (size_t i = 0; i < read[r].figure_count; i++)
            if (kind_of(&read[r].figures[i]) == kind && is_first(read, r, &read[r].figures[i]))
                TRY(add_figure(runs, read, count, &read[r].figures[i], wants_equal, sheet, err));
    return OK;
}

static enum status compare(const struct runs *runs, struct error *err)
{
    struct read_run read[RUNS_MAX];
    struct sheet sheet = { .arena = runs->client.arena };
    const char *names[RUNS_MAX + 1] = { "" };
    size_t count = runs->operand_count - 1;
    for (size_t r = 0; r < count; r++) {
        TRY(get_run(runs, runs->operands[r + 1], &read[r], err));
        names[r + 1] = arena_copy(runs->client.arena, read[r].name.size > 0 ? read[r].name : read[r].run_id).data;
    }
    TRY(sheet_names(&sheet, names, count + 1, err));
    for (int part = 0; part < 2 * FIGURE_KINDS; part++)
        TRY(add_part(runs, read, count, part % FIGURE_KINDS, part >= FIGURE_KINDS, &sheet, err));
    sheet_print_table(&sheet);
    return OK;
}

/* ---- the command ---- */

static enum status run(struct runs *runs, struct error *err)
{
    CLEANUP(service_close_slot) struct service *service = NULL;
    TRY(service_open(&runs->place, &service, err));
    runs->client.service = service;
    return strcmp(runs->operands[0], "list") == 0 ? list(runs, err) : compare(runs, err);
}

static enum status check_operands(const struct runs *runs, struct error *err)
{
    const char *word = runs->operand_count > 0 ? runs->operands[0] : "";
    if (strcmp(word, "list") != 0 && strcmp(word, "compare") != 0)
        return error_set(err, ERR_INVALID, "list or compare? `kedge runs --help` tells more");
    if (strcmp(word, "list") == 0 && runs->operand_count > 1)
        return error_set(err, ERR_INVALID, "list: too many words");
    if (strcmp(word, "compare") == 0 && runs->operand_count < 3)
        return error_set(err, ERR_INVALID, "compare: needs at least two runs");
    return OK;
}

int command_runs(int argc, char **argv)
{
    struct runs runs = { 0 };
    struct arena arena;
    struct error err = { 0 };
    char text[1024];
    arena_init(&arena, 0);
    runs.client.arena = &arena;
    enum status status = option_parse(&table, argc, argv, &runs, runs.operands, COUNT(runs.operands), &runs.operand_count, &err);
    if (status == OK && runs.wants_help) {
        print_help();
        arena_done(&arena);
        return EXIT_FINE;
    }
    if (status == OK)
        status = check_operands(&runs, &err);
    int code = status == OK ? EXIT_FINE : EXIT_USAGE;
    if (status == OK && (status = run(&runs, &err)) != OK)
        code = EXIT_FAILED;
    if (status != OK)
        fprintf(stderr, "kedge runs: %s\n", error_text(&err, text, sizeof text));
    arena_done(&arena);
    return code;
}
