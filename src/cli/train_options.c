#include "cli/train_options.h"

#include "base/number.h"

static enum status apply_target(void *context, str value, struct error *err)
{
    (void)err;
    ((struct train_options *)context)->table.target = value;
    return OK;
}

static enum status apply_task(void *context, str value, struct error *err)
{
    struct train_options *options = context;
    if (str_equal(value, STR("regression")))
        options->table.task = TRAINING_REGRESSION;
    else if (str_equal(value, STR("classification")))
        options->table.task = TRAINING_CLASSIFICATION;
    else
        return error_set(err, ERR_INVALID, "--task: expected regression or classification, found %.*s", STR_ARG(value));
    return OK;
}

static enum status apply_model(void *context, str value, struct error *err)
{
    struct train_options *options = context;
    options->has_model = true;
    if (!trainer_model_of(value, &options->trainer.model))
        return error_set(err, ERR_INVALID, "--model: expected xgboost, random_forest, linear or logistic, found %.*s", STR_ARG(value));
    return OK;
}

static enum status apply_drop(void *context, str value, struct error *err)
{
    struct train_options *options = context;
    while (value.size > 0) {
        size_t end = str_find(value, ',');
        if (options->table.drop_count == TRAIN_DROPS_MAX)
            return error_set(err, ERR_LIMIT, "--drop: more than %d columns", TRAIN_DROPS_MAX);
        options->drops[options->table.drop_count++] = str_trim(str_slice(value, 0, end));
        value = str_slice(value, end < value.size ? end + 1 : end, value.size);
    }
    return OK;
}

static enum status apply_time(void *context, str value, struct error *err)
{
    (void)err;
    ((struct train_options *)context)->table.time_column = value;
    return OK;
}

static enum status apply_test_share(void *context, str value, struct error *err)
{
    struct train_options *options = context;
    if (!number_parse_f64(value, &options->table.test_share) || !(options->table.test_share > 0 && options->table.test_share < 1))
        return error_set(err, ERR_INVALID, "--test-share: expected a number between 0 and 1, found %.*s", STR_ARG(value));
    return OK;
}

static enum status apply_seed(void *context, str value, struct error *err)
{
    struct train_options *options = context;
    if (!number_parse_u64(value, &options->table.seed))
        return error_set(err, ERR_INVALID, "--seed: expected a whole number, found %.*s", STR_ARG(value));
    options->trainer.seed = options->table.seed;
    return OK;
}

static enum status apply_rounds(void *context, str value, struct error *err)
{
    uint64_t rounds = 0;
    if (!number_parse_u64(value, &rounds) || rounds == 0 || rounds > 100000)
        return error_set(err, ERR_INVALID, "--rounds: expected a number from 1 to 100000, found %.*s", STR_ARG(value));
    ((struct train_options *)context)->trainer.rounds = (size_t)rounds;
    return OK;
}

static enum status apply_param(void *context, str value, struct error *err)
{
    struct train_options *options = context;
    size_t equals = str_find(value, '=');
    if (equals == 0 || equals == value.size)
        return error_set(err, ERR_INVALID, "--param: expected NAME=VALUE, found %.*s", STR_ARG(value));
    if (options->trainer.parameter_count == TRAINER_PARAMETERS_MAX / 2)
        return error_set(err, ERR_LIMIT, "--param: more than %d", TRAINER_PARAMETERS_MAX / 2);
    options->trainer.parameters[options->trainer.parameter_count++] = (struct trainer_parameter){
        arena_copy(options->arena, str_slice(value, 0, equals)).data,
        arena_copy(options->arena, str_slice(value, equals + 1, value.size)).data,
    };
    return OK;
}

static enum status apply_register(void *context, str value, struct error *err)
{
    (void)err;
    ((struct train_options *)context)->name = value;
    return OK;
}

static enum status apply_promote(void *context, str value, struct error *err)
{
    (void)err;
    ((struct train_options *)context)->stage = value.data != NULL ? value : STR("Production");
    return OK;
}

static enum status apply_experiment(void *context, str value, struct error *err)
{
    (void)err;
    ((struct train_options *)context)->experiment = value;
    return OK;
}

static enum status apply_run_name(void *context, str value, struct error *err)
{
    (void)err;
    ((struct train_options *)context)->run_name = value;
    return OK;
}

static enum status apply_json(void *context, str value, struct error *err)
{
    (void)value, (void)err;
    ((struct train_options *)context)->is_json = true;
    return OK;
}

static enum status apply_quiet(void *context, str value, struct error *err)
{
    (void)value, (void)err;
    ((struct train_options *)context)->is_quiet = true;
    return OK;
}

static enum status apply_help(void *context, str value, struct error *err)
{
    (void)value, (void)err;
    ((struct train_options *)context)->wants_help = true;
    return OK;
}

static const struct option_entry entries[] = {
    { NULL, OPTION_SWITCH, NULL, "What to learn", NULL, 0 },
    { "target", OPTION_VALUE, "COLUMN", "The column to predict.", apply_target, 0 },
    { "task", OPTION_VALUE, "TASK", "regression or classification; by the target's values where it is not said.", apply_task, 0 },
    { "model", OPTION_VALUE, "MODEL", "xgboost (the default), random_forest, linear or logistic.", apply_model, 0 },
    { "drop", OPTION_VALUE, "COLUMNS", "Columns that are no features, separated by commas.", apply_drop, 0 },
    { "rounds", OPTION_VALUE, "N", "Rounds of boosting (200), or trees of a forest (100).", apply_rounds, 0 },
    { "param", OPTION_VALUE, "NAME=VALUE", "A parameter of XGBoost, such as max_depth=4; may be given many times.", apply_param, 0 },
    { "seed", OPTION_VALUE, "N", "Of the split and of the learner (7): the same seed gives the same model.", apply_seed, 0 },
    { NULL, OPTION_SWITCH, NULL, "What to judge it by", NULL, 0 },
    { "test-share", OPTION_VALUE, "SHARE", "The share of rows kept for the test (0.2).", apply_test_share, 0 },
    { "time", OPTION_VALUE, "COLUMN", "Test on the latest rows by this column; without it, on rows chosen at random.", apply_time, 0 },
    { NULL, OPTION_SWITCH, NULL, "Where it goes", NULL, 0 },
    { "register", OPTION_VALUE, "NAME", "Register the model under this name.", apply_register, 0 },
    { "promote", OPTION_OPTIONAL_VALUE, "STAGE", "Move the new version to Production, or to STAGE.", apply_promote, 0 },
    { "experiment", OPTION_VALUE, "NAME", "The experiment of the run; the model's name where it is not said.", apply_experiment, 0 },
    { "run-name", OPTION_VALUE, "NAME", "The run's name; the server chooses one where it is not said.", apply_run_name, 0 },
    SERVICE_OPTIONS,
    { NULL, OPTION_SWITCH, NULL, "What is printed", NULL, 0 },
    { "json", OPTION_SWITCH, NULL, "Print the result as JSON.", apply_json, 0 },
    { "quiet", OPTION_SWITCH, NULL, "Print no progress.", apply_quiet, 0 },
    { "help", OPTION_SWITCH, NULL, "Show this.", apply_help, 0 },
};
const struct option_table train_options_table = { entries, COUNT(entries) };

const struct option_table *train_option_table(void)
{
    return &train_options_table;
}

void train_print_help(void)
{
    printf("usage: kedge train DATA --target COLUMN [OPTION]...\n\n"
           "Trains a model on a table (CSV, Parquet, JSON), judges it on rows that it has not seen, and logs run, model and\n"
           "reference data in the registry: of the running server, of the data folder, or of an MLflow server (--url).\n\n");
    option_print_help(&train_options_table, stdout);
    printf("\nexamples:\n"
           "  kedge train data/wine.csv --target cultivar --register wine --promote\n"
           "  kedge train data/bikes.csv --target cnt --drop casual,registered --time date --register bikes\n"
           "  kedge train data/churn.csv --target churn --model logistic --url http://mlflow:5000 --register churn\n");
}
