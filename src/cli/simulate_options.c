#include "cli/simulate_options.h"

#include <math.h>

#include "base/duration.h"
#include "base/number.h"

#define DEFAULT_URL "http://127.0.0.1:8000"
#define DEFAULT_BATCH_ROWS 100
#define DEFAULT_WAIT_MS 5000
#define BATCH_ROWS_MAX 100000
#define RATE_MAX 1e9

/* Each option's value goes to one member; these readers are all there are kinds of values. */
static enum status take_count(str text, size_t max, size_t *ret_count, struct error *err)
{
    uint64_t count;
    if (!number_parse_u64(text, &count) || count == 0 || count > max)
        return error_set(err, ERR_INVALID, "expected a whole number from 1 to %zu, found \"%.*s\"", max, STR_ARG(text));
    *ret_count = (size_t)count;
    return OK;
}

static enum status take_name(str text, str *ret_name, struct error *err)
{
    if (str_is_empty(text))
        return error_set(err, ERR_INVALID, "expected a name, found nothing");
    *ret_name = text;
    return OK;
}

static enum status add_name(str text, struct simulate_names *names, struct error *err)
{
    if (names->count == SIMULATE_NAMES_MAX)
        return error_set(err, ERR_LIMIT, "more than %d names", SIMULATE_NAMES_MAX);
    TRY(take_name(text, &names->items[names->count], err));
    names->count++;
    return OK;
}

static enum status apply_url(void *context, str value, struct error *err)
{
    struct simulate_options *options = context;
    if (!str_has_prefix(value, STR("http://")) && !str_has_prefix(value, STR("https://")))
        return error_set(err, ERR_INVALID, "expected http://HOST:PORT, found \"%.*s\"", STR_ARG(value));
    while (str_has_suffix(value, STR("/")))
        value.size--;
    options->url = value;
    return OK;
}

static enum status apply_ca(void *context, str value, struct error *err)
{
    (void)err;
    ((struct simulate_options *)context)->ca_file = value.data; /* a word of the command line: terminated, stays */
    return OK;
}

static enum status apply_wait(void *context, str value, struct error *err)
{
    return duration_parse(value, &((struct simulate_options *)context)->wait_ms, err);
}

static enum status apply_model(void *context, str value, struct error *err)
{
    return take_name(value, &((struct simulate_options *)context)->model, err);
}

static enum status apply_version(void *context, str value, struct error *err)
{
    return take_name(value, &((struct simulate_options *)context)->version, err);
}

static enum status apply_reference(void *context, str value, struct error *err)
{
    ((struct simulate_options *)context)->reference = value.data;
    return take_name(value, &value, err);
}

static enum status apply_rows(void *context, str value, struct error *err)
{
    return take_count(value, SIZE_MAX / 2, &((struct simulate_options *)context)->rows, err);
}

static enum status apply_batch(void *context, str value, struct error *err)
{
    return take_count(value, BATCH_ROWS_MAX, &((struct simulate_options *)context)->batch_rows, err);
}

static enum status apply_rate(void *context, str value, struct error *err)
{
    double *rate = &((struct simulate_options *)context)->rate_per_s;
    /* "200/s" reads well, so the unit may be there. */
    str number = str_has_suffix(value, STR("/s")) ? str_slice(value, 0, value.size - 2) : value;
    if (number_parse_f64(number, rate) && *rate > 0 && *rate <= RATE_MAX)
        return OK;
    return error_set(err, ERR_INVALID, "expected events a second, more than 0, found \"%.*s\"", STR_ARG(value));
}

static enum status apply_pattern(void *context, str value, struct error *err)
{
    static const char *const names[TRAFFIC_PATTERN_COUNT] = { "steady", "burst", "gradual" };
    for (size_t i = 0; i < COUNT(names); i++) {
        if (!str_equal(value, str_of(names[i])))
            continue;
        ((struct simulate_options *)context)->pattern = (enum traffic_pattern)i;
        return OK;
    }
    return error_set(err, ERR_INVALID, "expected steady, burst or gradual, found \"%.*s\"", STR_ARG(value));
}

static enum status apply_drift(void *context, str value, struct error *err)
{
    double *sigma = &((struct simulate_options *)context)->drift_sigma;
    if (number_parse_f64(value, sigma) && fabs(*sigma) <= 1e6)
        return OK;
    return error_set(err, ERR_INVALID, "expected a number of standard deviations, found \"%.*s\"", STR_ARG(value));
}

static enum status apply_drift_grows(void *context, str value, struct error *err)
{
    (void)value;
    (void)err;
    ((struct simulate_options *)context)->drift_grows = true;
    return OK;
}

static enum status apply_drift_column(void *context, str value, struct error *err)
{
    return add_name(value, &((struct simulate_options *)context)->drift_columns, err);
}

static enum status apply_prediction(void *context, str value, struct error *err)
{
    return take_name(value, &((struct simulate_options *)context)->prediction, err);
}

static enum status apply_target(void *context, str value, struct error *err)
{
    return take_name(value, &((struct simulate_options *)context)->target, err);
}

static enum status apply_timestamp(void *context, str value, struct error *err)
{
    return take_name(value, &((struct simulate_options *)context)->timestamp, err);
}

static enum status apply_id(void *context, str value, struct error *err)
{
    return take_name(value, &((struct simulate_options *)context)->id, err);
}

static enum status apply_probability(void *context, str value, struct error *err)
{
    return add_name(value, &((struct simulate_options *)context)->probabilities, err);
}

static enum status apply_late_labels(void *context, str value, struct error *err)
{
    struct simulate_options *options = context;
    options->has_late_labels = true;
    return duration_parse(value, &options->late_labels_ms, err);
}

static enum status apply_seed(void *context, str value, struct error *err)
{
    struct simulate_options *options = context;
    options->has_seed = number_parse_u64(value, &options->seed);
    if (options->has_seed)
        return OK;
    return error_set(err, ERR_INVALID, "expected a whole number, found \"%.*s\"", STR_ARG(value));
}

static enum status apply_shuffle(void *context, str value, struct error *err)
{
    (void)value;
    (void)err;
    ((struct simulate_options *)context)->is_shuffled = true;
    return OK;
}

static enum status apply_analyze(void *context, str value, struct error *err)
{
    (void)value;
    (void)err;
    ((struct simulate_options *)context)->wants_analysis = true;
    return OK;
}

static enum status apply_predict(void *context, str value, struct error *err)
{
    (void)value;
    (void)err;
    struct simulate_options *options = context;
    options->asks_model = true;
    return OK;
}

static enum status apply_json(void *context, str value, struct error *err)
{
    (void)value;
    (void)err;
    ((struct simulate_options *)context)->wants_json = true;
    return OK;
}

static enum status apply_quiet(void *context, str value, struct error *err)
{
    (void)value;
    (void)err;
    ((struct simulate_options *)context)->is_quiet = true;
    return OK;
}

static enum status apply_help(void *context, str value, struct error *err)
{
    (void)value;
    (void)err;
    ((struct simulate_options *)context)->wants_help = true;
    return OK;
}

static const struct option_entry entries[] = {
    { .help = "server:" },
    { "url", OPTION_VALUE, "URL", "Where `kedge serve` listens (" DEFAULT_URL ").", apply_url, false },
    { "ca", OPTION_VALUE, "FILE", "Certificates (PEM) to trust at an https URL.", apply_ca, false },
    { "wait", OPTION_VALUE, "DURATION", "How long to try where nobody listens yet (5s).", apply_wait, false },
    { "model", OPTION_VALUE, "NAME", "The model whose predictions these are; needed.", apply_model, false },
    { "model-version", OPTION_VALUE, "VERSION", "Version of the model; without it the server's own for that model.",
      apply_version, false },
    { "reference", OPTION_VALUE, "FILE", "Load this file as the model's reference first.", apply_reference, false },
    { "predict", OPTION_SWITCH, NULL,
      "Send features only, for the model that the server serves to predict; targets follow through /labels.", apply_predict, false },
    { "analyze", OPTION_SWITCH, NULL, "Analyse what was sent at the end, and show the verdict.", apply_analyze, false },

    { .help = "columns:" },
    { "prediction", OPTION_VALUE, "NAME", "What the model said (prediction).", apply_prediction, false },
    { "target", OPTION_VALUE, "NAME", "The true outcome (target, where there is such a column).", apply_target, false },
    { "probability", OPTION_VALUE, "NAME", "A class's probability; once a class.", apply_probability, false },
    { "timestamp", OPTION_VALUE, "NAME", "The time of each event; without it the time of its arrival.", apply_timestamp,
      false },
    { "id", OPTION_VALUE, "NAME", "The prediction id; without it one is made up.", apply_id, false },

    { .help = "traffic:" },
    { "rows", OPTION_VALUE, "N",
      "Send so many events, from the start again after the last row; without it the file once.", apply_rows, false },
    { "batch", OPTION_VALUE, "N", "Events a request (100); with --rate at most what a tenth of a second brings.",
      apply_batch, false },
    { "rate", OPTION_VALUE, "R", "Events a second; without it as fast as the server takes them.", apply_rate, false },
    { "pattern", OPTION_VALUE, "PATTERN",
      "steady; burst: five seconds' events at once; gradual: from 0 to twice the rate.", apply_pattern, false },
    { "shuffle", OPTION_SWITCH, NULL, "Draw rows at random, with replacement, instead of in the file's order.",
      apply_shuffle, false },
    { "late-labels", OPTION_VALUE, "DURATION", "Send targets so long after the events, through /labels (\"30s\").",
      apply_late_labels, false },
    { "seed", OPTION_VALUE, "N", "Repeat the same draw and the same ids: a second run then stores nothing twice.",
      apply_seed, false },

    { .help = "drift:" },
    { "drift", OPTION_VALUE, "SIGMA", "Add so many standard deviations to numeric features.", apply_drift, false },
    { "drift-column", OPTION_VALUE, "NAME", "Only to this column; may be repeated.", apply_drift_column, false },
    { "drift-grows", OPTION_SWITCH, NULL, "From nothing at the first event to all of it at the last.",
      apply_drift_grows, false },

    { .help = "other:" },
    { "json", OPTION_SWITCH, NULL, "The summary as JSON.", apply_json, false },
    { "quiet", OPTION_SWITCH, NULL, "No progress and no summary.", apply_quiet, false },
    { "help", OPTION_SWITCH, NULL, "This text.", apply_help, false },
};

static const struct option_table table = { entries, COUNT(entries) };

const struct option_table *simulate_option_table(void)
{
    return &table;
}

/* What no single option can see. */
static enum status check_together(const struct simulate_options *options, struct error *err)
{
    if (str_is_empty(options->model))
        return error_set(err, ERR_INVALID, "whose predictions are these? --model NAME is needed");
    if (options->pattern != TRAFFIC_STEADY && options->rate_per_s == 0)
        return error_set(err, ERR_INVALID, "--pattern needs a --rate to spread over time");
    if ((options->drift_columns.count > 0 || options->drift_grows) && options->drift_sigma == 0)
        return error_set(err, ERR_INVALID, "--drift SIGMA must say by how much the columns drift");
    return OK;
}

enum status simulate_options_parse(int argc, char **argv, struct simulate_options *options, struct error *err)
{
    *options = (struct simulate_options){ .url = STR(DEFAULT_URL), .batch_rows = DEFAULT_BATCH_ROWS,
                                          .wait_ms = DEFAULT_WAIT_MS };
    size_t count = 0;
    TRY(option_parse(&table, argc, argv, options, &options->file, 1, &count, err));
    if (options->wants_help)
        return OK;
    if (count == 0)
        return error_set(err, ERR_INVALID, "a FILE with rows to send is needed");
    return check_together(options, err);
}

void simulate_print_help(FILE *out)
{
    fprintf(out, "usage: kedge simulate [OPTION]... FILE --model NAME\n\n"
                 "Sends the rows of a file to a running server as if a model had just predicted them.\n"
                 "FILE is CSV, Parquet or JSON lines; - is standard input. Where the server asks for\n"
                 "a token, KEDGE_TOKEN holds it. Exit status: 0 fine, 1 --analyze found drift or a\n"
                 "failed test, 2 usage, 3 failed.\n\n"
                 "examples:\n"
                 "  kedge simulate current.csv --model wine --target cultivar --analyze\n"
                 "  kedge simulate current.csv --model wine --rows 5000 --rate 200 --pattern burst\n"
                 "  kedge simulate current.csv --model wine --drift 0.5 --drift-column alcohol --analyze\n"
                 "  kedge simulate churn.csv --model churn --target churn --late-labels 30s\n");
    option_print_help(&table, out);
}
