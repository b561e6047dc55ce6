/* kedge train: a table becomes a model, judged, logged and registered. */
#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "cli/command.h"
#include "cli/mlflow_client.h"
#include "cli/train_options.h"
#include "data/frame_builder.h"
#include "data/read.h"
#include "store/frame_parquet.h"

#define IMPORTANCE_SHOWN 10
#define BAR_COLUMNS 24
#define ARTIFACT_FOLDER "model"
#define REFERENCE_FILE "reference.parquet"

struct training {
    struct train_options *options;
    struct arena arena;
    struct frame *frame;
    struct training_table table;
    struct trained trained;
    char folder[64];        /* of the model's files, until they are logged */
    char reference[96];     /* the reference's Parquet file, beside it */
    struct mlflow_run run;
    str version;
    bool has_reference;     /* the server keeps references: it is a Kedge */
};

/* ---- progress ---- */

static void show_round(void *context, size_t round, size_t rounds, const char *evaluation)
{
    (void)context;
    const char *figures = strchr(evaluation, '\t');
    size_t filled = round * BAR_COLUMNS / rounds;
    fprintf(stderr, "\r\033[K[");
    for (size_t i = 0; i < BAR_COLUMNS; i++)
        fputs(i < filled ? "#" : ".", stderr);
    fprintf(stderr, "] %zu/%zu %s", round, rounds, figures != NULL ? figures + 1 : "");
    if (round == rounds)
        fprintf(stderr, "\r\033[K");
    (void)fflush(stderr);
}

/* ---- the reference: what monitoring will compare with ---- */

static struct frame_cell answer_cell(const struct training *training, size_t row)
{
    double value = training->trained.answer.values[row];
    return training->table.class_count > 0 ? frame_cell_text(training->table.classes[(size_t)value]) : frame_cell_number(value);
}

static struct frame_cell target_cell(const struct training *training, size_t row)
{
    double value = training->table.target[row];
    return training->table.class_count > 0 ? frame_cell_text(training->table.classes[(size_t)value]) : frame_cell_number(value);
}

static enum status put(struct frame_builder *builder, str name, struct frame_cell cell, struct error *err)
{
    size_t column = 0;
    TRY(frame_builder_column(builder, name, &column, err));
    return frame_builder_put(builder, column, cell, err);
}

/* Features and target of all rows; predictions and class probabilities of the test rows only. On rows that it has
 * learnt by heart a model looks better than it is, and production would look like a fall. */
static enum status build_reference(const struct training *training, struct frame_builder *builder, struct error *err)
{
    const struct training_table *table = &training->table;
    const struct runtime_answer *answer = &training->trained.answer;
    for (size_t i = 0; i < table->rows; i++) {
        size_t row = table->rows - 1 - i; /* test rows first: their predictions decide the columns' types */
        bool is_test = row >= table->train_rows;
        for (size_t f = 0; f < table->feature_count; f++)
            TRY(put(builder, table->features[f].name, frame_cell_of(table->features[f].column, table->frame_rows[row]), err));
        TRY(put(builder, STR("target"), target_cell(training, row), err));
        TRY(put(builder, STR("prediction"), is_test ? answer_cell(training, row) : frame_cell_missing(), err));
        for (size_t c = 0; is_test && answer->probabilities != NULL && c < answer->class_count && c < table->class_count; c++)
            TRY(put(builder, table->classes[c], frame_cell_number(answer->probabilities[row * answer->class_count + c]), err));
        TRY(frame_builder_end_row(builder, err));
    }
    return OK;
}

static enum status write_reference(struct training *training, struct error *err)
{
    CLEANUP(frame_builder_free_slot) struct frame_builder *builder = NULL;
    CLEANUP(frame_free_slot) struct frame *frame = NULL;
    (void)snprintf(training->reference, sizeof training->reference, "%s/../" REFERENCE_FILE, training->folder);
    TRY(frame_builder_new(STR("reference"), 0, &builder, err));
    TRY(build_reference(training, builder, err));
    TRY(frame_builder_finish(builder, &frame, err));
    return frame_write_parquet(frame, training->reference, err);
}

/* ---- logging ---- */

static enum status put_folder(struct training *training, const struct mlflow_client *client, struct error *err)
{
    DIR *folder = opendir(training->folder);
    enum status status = folder != NULL ? OK : error_set(err, ERR_UNAVAILABLE, "%s cannot be read", training->folder);
    for (struct dirent *entry; status == OK && (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        str file = arena_printf(&training->arena, "%s/%s", training->folder, entry->d_name);
        str path = arena_printf(&training->arena, ARTIFACT_FOLDER "/%s", entry->d_name);
        status = mlflow_put_file(client, &training->run, path.data, file.data, err);
    }
    if (folder != NULL)
        (void)closedir(folder);
    return status;
}

static enum status log_figures(struct training *training, const struct mlflow_client *client, int64_t now_us, struct error *err)
{
    const struct trained *trained = &training->trained;
    size_t count = MAX_OF(MAX_OF(trained->parameter_count + 8, trained->metric_count), training->table.feature_count);
    struct mlflow_pair *pairs = arena_array(&training->arena, struct mlflow_pair, count);
    if (pairs == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu figures", count);
    size_t size = 0;
    pairs[size++] = (struct mlflow_pair){ .key = "model", .value = str_of(trainer_model_name(training->options->trainer.model)) };
    pairs[size++] = (struct mlflow_pair){ .key = "target", .value = training->table.target_name };
    pairs[size++] = (struct mlflow_pair){ .key = "data", .value = str_of(training->options->data) };
    pairs[size++] = (struct mlflow_pair){ .key = "train_rows", .value = arena_printf(&training->arena, "%zu", training->table.train_rows) };
    pairs[size++] = (struct mlflow_pair){ .key = "test_rows",
                                          .value = arena_printf(&training->arena, "%zu", training->table.rows - training->table.train_rows) };
    pairs[size++] = (struct mlflow_pair){ .key = "features", .value = arena_printf(&training->arena, "%zu", training->table.feature_count) };
    for (size_t i = 0; i < trained->parameter_count; i++)
        pairs[size++] = (struct mlflow_pair){ .key = trained->parameters[i].name, .value = str_of(trained->parameters[i].value) };
    TRY(mlflow_log_parameters(client, &training->run, pairs, size, err));
    for (size_t i = 0; i < trained->metric_count; i++)
        pairs[i] = (struct mlflow_pair){ .key = trained->metrics[i].name, .number = trained->metrics[i].value };
    TRY(mlflow_log_metrics(client, &training->run, pairs, trained->metric_count, now_us, err));
    for (size_t i = 0; i < training->table.feature_count; i++)
        pairs[i] = (struct mlflow_pair){
            .key = arena_printf(&training->arena, "importance/%.*s", STR_ARG(training->table.features[i].name)).data,
            .number = trained->importance[i],
        };
    return mlflow_log_metrics(client, &training->run, pairs, training->table.feature_count, now_us, err);
}

/* A plain MLflow server has no references; a Kedge takes it for the model that was registered. */
static enum status upload_reference(struct training *training, const struct mlflow_client *client, struct error *err)
{
    struct buf content;
    struct error refused = { 0 };
    str answer, target = arena_printf(&training->arena, "/reference?model_name=%.*s",
                                      STR_ARG(service_quote(training->options->name, &training->arena)));
    buf_init(&content, (size_t)1 << 31);
    enum status status = file_read(training->reference, &content, err);
    if (status == OK)
        status = service_send(client->service, "POST", target.data, "application/vnd.apache.parquet", buf_str(&content),
                              &training->arena, &answer, &refused);
    buf_done(&content);
    training->has_reference = status == OK;
    if (status == OK || status == ERR_NOT_FOUND)
        return OK;
    return error_set(err, status, "the reference was not taken: %s", refused.cause);
}

static enum status log_run(struct training *training, const struct mlflow_client *client, struct error *err)
{
    struct train_options *options = training->options;
    TRY(log_figures(training, client, clock_now_us(), err));
    TRY(put_folder(training, client, err));
    TRY(mlflow_put_file(client, &training->run, "reference/" REFERENCE_FILE, training->reference, err));
    TRY(mlflow_set_tag(client, &training->run, "mlflow.source.name", STR("kedge train"), err));
    if (!str_is_empty(options->name)) {
        TRY(mlflow_register(client, options->name, &training->run, ARTIFACT_FOLDER, &training->version, err));
        TRY(upload_reference(training, client, err));
        if (!str_is_empty(options->stage))
            TRY(mlflow_promote(client, options->name, training->version, options->stage, err));
    }
    return OK;
}

static enum status log_all(struct training *training, struct error *err)
{
    CLEANUP(service_close_slot) struct service *service = NULL;
    struct train_options *options = training->options;
    str experiment_id, experiment = !str_is_empty(options->experiment) ? options->experiment
                                  : !str_is_empty(options->name)       ? options->name
                                                                       : STR("Default");
    TRY(service_open(&options->place, &service, err));
    struct mlflow_client client = { service, &training->arena };
    TRY(mlflow_experiment(&client, experiment, &experiment_id, err));
    TRY(mlflow_run_begin(&client, experiment_id, options->run_name, clock_now_us(), &training->run, err));
    enum status status = log_run(training, &client, err);
    enum status ended = mlflow_run_end(&client, &training->run, status == OK ? "FINISHED" : "FAILED", clock_now_us(), err);
    return status != OK ? status : ended;
}

/* ---- printing ---- */

static int by_importance(const void *a, const void *b, void *context)
{
    const double *importance = context;
    double x = importance[*(const size_t *)a], y = importance[*(const size_t *)b];
    return x > y ? -1 : x < y ? 1 : (*(const size_t *)a > *(const size_t *)b) - (*(const size_t *)a < *(const size_t *)b);
}

static size_t *sort_features(struct training *training)
{
    size_t *order = arena_array(&training->arena, size_t, training->table.feature_count);
    for (size_t i = 0; order != NULL && i < training->table.feature_count; i++)
        order[i] = i;
    if (order != NULL)
        qsort_r(order, training->table.feature_count, sizeof *order, by_importance, (void *)(uintptr_t)training->trained.importance);
    return order;
}

static void print_text(struct training *training)
{
    const struct training_table *table = &training->table;
    const struct trained *trained = &training->trained;
    for (size_t i = 0; i < table->note_count; i++)
        printf("note: %s\n", table->notes[i]);
    if (table->rows_without_target > 0)
        printf("note: %zu rows without a target, left out\n", table->rows_without_target);
    printf("%s on %zu features, target %.*s", trainer_model_name(training->options->trainer.model), table->feature_count,
           STR_ARG(table->target_name));
    if (table->class_count > 0)
        printf(" of %zu classes", table->class_count);
    printf(": trained on %zu rows, tested on %zu\n\n%-12s %12s %12s\n", table->train_rows, table->rows - table->train_rows, "",
           "test", "training");
    for (size_t i = 0; i < trained->metric_count / 2; i++)
        printf("%-12s %12.6g %12.6g\n", trained->metrics[i].name + strlen("test_"), trained->metrics[i].value,
               trained->metrics[i + trained->metric_count / 2].value);
    size_t *order = sort_features(training);
    printf("\nimportance\n");
    for (size_t i = 0; order != NULL && i < table->feature_count && i < IMPORTANCE_SHOWN; i++)
        printf("%6.1f %%  %.*s\n", 100 * trained->importance[order[i]], STR_ARG(table->features[order[i]].name));
    if (table->feature_count > IMPORTANCE_SHOWN)
        printf("          and %zu more\n", table->feature_count - IMPORTANCE_SHOWN);
    printf("\nrun %.*s\n", STR_ARG(training->run.run_id));
    if (!str_is_empty(training->version))
        printf("model %.*s version %.*s%s%.*s%s\n", STR_ARG(training->options->name), STR_ARG(training->version),
               str_is_empty(training->options->stage) ? "" : ", in ", STR_ARG(training->options->stage),
               training->has_reference ? "; its data is the reference for monitoring" : "");
}

static void print_json(struct training *training)
{
    const struct training_table *table = &training->table;
    struct json_writer json;
    struct buf text;
    buf_init(&text, (size_t)64 << 20);
    json_writer_init(&json, &text, JSON_PRETTY);
    json_begin_object(&json);
    json_str(&json, "run_id", training->run.run_id);
    json_text(&json, "model", trainer_model_name(training->options->trainer.model));
    if (!str_is_empty(training->version)) {
        json_str(&json, "name", training->options->name);
        json_str(&json, "version", training->version);
    }
    json_u64(&json, "train_rows", table->train_rows);
    json_u64(&json, "test_rows", table->rows - table->train_rows);
    json_object(&json, "metrics");
    for (size_t i = 0; i < training->trained.metric_count; i++)
        json_f64(&json, training->trained.metrics[i].name, training->trained.metrics[i].value);
    json_end_object(&json);
    json_object(&json, "importance");
    for (size_t i = 0; i < table->feature_count; i++) {
        json_write_name(&json, table->features[i].name);
        json_write_f64(&json, training->trained.importance[i]);
    }
    json_end_object(&json);
    json_array(&json, "notes");
    for (size_t i = 0; i < table->note_count; i++)
        json_write_str(&json, str_of(table->notes[i]));
    json_end_array(&json);
    json_end_object(&json);
    if (json_writer_end(&json))
        printf("%.*s\n", STR_ARG(buf_str(&text)));
    buf_done(&text);
}

/* ---- the command ---- */

static enum status make_folder(struct training *training, struct error *err)
{
    const char *base = getenv("TMPDIR");
    int size = snprintf(training->folder, sizeof training->folder - sizeof "/model", "%s/kedge-train-XXXXXX",
                        base != NULL ? base : "/tmp");
    if (size < 0 || (size_t)size >= sizeof training->folder - sizeof "/model" || mkdtemp(training->folder) == NULL)
        return error_set(err, ERR_UNAVAILABLE, "no folder can be made for the model below %s", base != NULL ? base : "/tmp");
    memcpy(training->folder + size, "/model", sizeof "/model");
    return file_make_folders(training->folder, err);
}

/* The model's folder stands in one of its own, beside the reference. */
static void remove_folder(const struct training *training)
{
    char parent[64];
    (void)snprintf(parent, sizeof parent, "%.*s", (int)(strlen(training->folder) - strlen("/model")), training->folder);
    (void)file_remove_folder(parent, NULL);
}

/* A linear model has one answer to each task; boosting has both. */
static void choose_learner(struct training *training)
{
    struct trainer_options *options = &training->options->trainer;
    if (training->options->has_model && options->model == TRAINER_LINEAR && training->table.class_count > 0)
        options->model = TRAINER_LOGISTIC; /* linear for classes is logistic */
}

static enum status run(struct training *training, struct error *err)
{
    struct train_options *options = training->options;
    struct read_options read = { .path = str_of(options->data) };
    TRY(read_table(&read, &training->frame, err));
    TRY(training_table_build(training->frame, &options->table, &training->arena, &training->table, err));
    choose_learner(training);
    TRY(make_folder(training, err));
    options->trainer.folder = training->folder;
    options->trainer.kedge_version = KEDGE_VERSION;
    options->trainer.now_us = clock_now_us();
    if (!options->is_quiet && isatty(STDERR_FILENO))
        options->trainer.on_round = show_round;
    TRY(trainer_run(&training->table, &options->trainer, &training->arena, &training->trained, err));
    TRY(write_reference(training, err));
    TRY(log_all(training, err));
    (options->is_json ? print_json : print_text)(training);
    return OK;
}

static enum status read_options_of(int argc, char **argv, struct train_options *options, struct error *err)
{
    size_t operands = 0;
    TRY(option_parse(&train_options_table, argc, argv, options, &options->data, 1, &operands, err));
    if (options->wants_help)
        return OK;
    if (operands == 0)
        return error_set(err, ERR_INVALID, "which data? `kedge train --help` shows examples");
    if (str_is_empty(options->table.target))
        return error_set(err, ERR_INVALID, "which column is the --target?");
    if (!str_is_empty(options->stage) && str_is_empty(options->name))
        return error_set(err, ERR_INVALID, "--promote needs --register NAME: only registered models have stages");
    return OK;
}

int command_train(int argc, char **argv)
{
    struct train_options options = { .table = { .test_share = 0.2, .seed = 7 }, .trainer = { .seed = 7 } };
    struct training training = { .options = &options };
    struct error err = { 0 };
    char text[1024];
    arena_init(&training.arena, 0);
    options.arena = &training.arena;
    options.table.drop = options.drops;
    enum status status = read_options_of(argc, argv, &options, &err);
    int code = status == OK ? EXIT_FINE : EXIT_USAGE;
    if (status == OK && options.wants_help) {
        train_print_help();
    } else if (status == OK) {
        status = run(&training, &err);
        code = status == OK ? EXIT_FINE : status == ERR_INVALID ? EXIT_USAGE : EXIT_FAILED;
    }
    if (status != OK)
        fprintf(stderr, "kedge train: %s\n", error_text(&err, text, sizeof text));
    if (training.folder[0] != '\0')
        remove_folder(&training);
    trained_done(&training.trained);
    frame_free(training.frame);
    arena_done(&training.arena);
    return code;
}
