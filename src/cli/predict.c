/* kedge predict: a model scores the rows of a file. */
#include <math.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/time_text.h"
#include "cli/command.h"
#include "cli/model_fetch.h"
#include "cli/service_commands.h"
#include "data/frame_builder.h"
#include "data/read.h"
#include "serve/frame_rows.h"
#include "serve/pyfunc/pyfunc_pool.h"
#include "serve/runtime_load.h"
#include "store/frame_parquet.h"

#define CHUNK_ROWS ((size_t)10000)
#define OUTPUT_BYTES_MAX ((size_t)8 << 30)

struct predict {
    struct service_place place; /* first: SERVICE_OPTIONS */
    const char *operands[2];    /* model, data */
    str output, runtime, capture_name;
    bool wants_capture, wants_help;
    struct arena arena;
    struct frame *frame;
    struct mlmodel model;
    struct pyfunc_pool *python;
    struct runtime *loaded;
    struct frame_rows match;
    str name, version;   /* of the registry; empty for a folder */
    char folder[64];     /* of a downloaded model; removed at the end */
    struct service *service;
};

static enum status apply_output(void *context, str value, struct error *err)
{
    (void)err;
    ((struct predict *)context)->output = value;
    return OK;
}

static enum status apply_runtime(void *context, str value, struct error *err)
{
    (void)err;
    ((struct predict *)context)->runtime = value;
    return OK;
}

static enum status apply_capture(void *context, str value, struct error *err)
{
    (void)err;
    ((struct predict *)context)->wants_capture = true;
    ((struct predict *)context)->capture_name = value;
    return OK;
}

static enum status apply_help(void *context, str value, struct error *err)
{
    (void)value, (void)err;
    ((struct predict *)context)->wants_help = true;
    return OK;
}

static const struct option_entry entries[] = {
    { "output", OPTION_VALUE, "FILE", "Where rows and predictions go: a .csv or .parquet file; CSV on standard output where it is "
      "not said.", apply_output, 0 },
    { "capture", OPTION_OPTIONAL_VALUE, "NAME", "Also send the predictions to the server as events of the model, or of NAME.",
      apply_capture, 0 },
    { "runtime", OPTION_VALUE, "NAME", "trees, onnx or pyfunc; by the model's files where it is not said.", apply_runtime, 0 },
    SERVICE_OPTIONS,
    { "help", OPTION_SWITCH, NULL, "Show this.", apply_help, 0 },
};
static const struct option_table table = { entries, COUNT(entries) };

const struct option_table *predict_option_table(void)
{
    return &table;
}

static void print_help(void)
{
    printf("usage: kedge predict MODEL DATA [OPTION]...\n\n"
           "Scores the rows of DATA (CSV, Parquet, JSON). MODEL is a folder that holds a model, or NAME, NAME/VERSION of the\n"
           "registry: of the running server, of the data folder, or of an MLflow server (--url). The output has DATA's columns,\n"
           "`prediction`, and `probability_CLASS` where the model knows classes.\n\n");
    option_print_help(&table, stdout);
    printf("\nexamples:\n"
           "  kedge predict wine examples/wine/current.csv --output scored.parquet\n"
           "  kedge predict ./model-folder rows.csv | head\n"
           "  kedge predict wine/3 today.csv --capture --output scored.csv\n");
}

/* ---- the model ---- */

static enum status need_service(struct predict *predict, struct error *err)
{
    return predict->service != NULL ? OK : service_open(&predict->place, &predict->service, err);
}

static enum status fetch(struct predict *predict, struct error *err)
{
    str model = str_of(predict->operands[0]);
    size_t slash = str_find(model, '/');
    const char *base = getenv("TMPDIR");
    int size = snprintf(predict->folder, sizeof predict->folder, "%s/kedge-model-XXXXXX", base != NULL ? base : "/tmp");
    if (size < 0 || (size_t)size >= sizeof predict->folder || mkdtemp(predict->folder) == NULL) {
        predict->folder[0] = '\0';
        return error_set(err, ERR_UNAVAILABLE, "no folder can be made for the model below %s", base != NULL ? base : "/tmp");
    }
    TRY(need_service(predict, err));
    struct mlflow_client client = { predict->service, &predict->arena };
    predict->name = str_slice(model, 0, slash);
    str wanted = slash < model.size ? str_slice(model, slash + 1, model.size) : (str){ 0 };
    return model_fetch(&client, predict->name, wanted, str_of(predict->folder), &predict->version, err);
}

static enum status load_model(struct predict *predict, struct error *err)
{
    const char *folder = predict->operands[0];
    if (!file_exists(folder)) {
        TRY(fetch(predict, err));
        folder = predict->folder;
    }
    struct pyfunc_options python = { 0 };
    predict->python = pyfunc_pool_open(&python);
    TRY(mlmodel_read(folder, &predict->arena, &predict->model, err));
    return runtime_load(&predict->model, predict->runtime, predict->python, &predict->loaded, err);
}

/* ---- output ---- */

static struct frame_cell prediction_cell(const struct runtime_info *info, const struct runtime_answer *answer, size_t row)
{
    if (answer->labels != NULL)
        return frame_cell_text(answer->labels[row]);
    double value = answer->values[row];
    if (info->class_count == 0 || !(value >= 0 && value < (double)info->class_count))
        return frame_cell_number(value);
    return frame_cell_text(info->class_names[(size_t)value]);
}

struct output {
    struct frame_builder *builder;
    size_t first_input, prediction, first_probability;
};

static enum status open_output(struct predict *predict, struct output *output, struct error *err)
{
    const struct runtime_info *info = &predict->loaded->info;
    size_t column = 0;
    TRY(frame_builder_new(STR("predictions"), 0, &output->builder, err));
    for (size_t i = 0; i < predict->frame->column_count; i++)
        TRY(frame_builder_column(output->builder, predict->frame->columns[i].name, &column, err));
    bool is_taken = frame_column(predict->frame, STR("prediction")) != NULL;
    TRY(frame_builder_column(output->builder, is_taken ? STR("model_prediction") : STR("prediction"), &output->prediction, err));
    for (size_t c = 0; c < info->class_count; c++) {
        str name = arena_printf(&predict->arena, "probability_%.*s", STR_ARG(info->class_names[c]));
        TRY(frame_builder_column(output->builder, name, &column, err));
        if (c == 0)
            output->first_probability = column;
    }
    return OK;
}

static enum status add_rows(const struct predict *predict, const struct output *output, size_t from,
                            const struct runtime_answer *answer, struct error *err)
{
    const struct runtime_info *info = &predict->loaded->info;
    for (size_t r = 0; r < answer->rows; r++) {
        for (size_t i = 0; i < predict->frame->column_count; i++)
            TRY(frame_builder_put(output->builder, i, frame_cell_of(&predict->frame->columns[i], from + r), err));
        TRY(frame_builder_put(output->builder, output->prediction, prediction_cell(info, answer, r), err));
        for (size_t c = 0; answer->probabilities != NULL && c < info->class_count && c < answer->class_count; c++)
            TRY(frame_builder_put(output->builder, output->first_probability + c,
                                  frame_cell_number(answer->probabilities[r * answer->class_count + c]), err));
        TRY(frame_builder_end_row(output->builder, err));
    }
    return OK;
}

static enum status score(struct predict *predict, struct output *output, struct error *err)
{
    for (size_t from = 0; from < predict->frame->rows; from += CHUNK_ROWS) {
        struct arena arena;
        struct runtime_rows rows;
        struct runtime_answer answer;
        size_t count = MIN_OF(CHUNK_ROWS, predict->frame->rows - from);
        arena_init(&arena, 0);
        enum status status = frame_rows_take(&predict->match, from, count, &arena, &rows, err);
        if (status == OK)
            status = predict->loaded->methods->predict(predict->loaded, &rows, &arena, &answer, err);
        if (status == OK)
            status = add_rows(predict, output, from, &answer, err);
        arena_done(&arena);
        TRY(status);
    }
    return OK;
}

static void append_csv(struct buf *out, str text)
{
    bool needs_quotes = str_find(text, ',') < text.size || str_find(text, '"') < text.size || str_find(text, '\n') < text.size ||
                        str_find(text, '\r') < text.size;
    if (!needs_quotes) {
        buf_append(out, text);
        return;
    }
    buf_append_byte(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"')
            buf_append_byte(out, '"');
        buf_append_byte(out, text.data[i]);
    }
    buf_append_byte(out, '"');
}

static void append_cell(struct buf *out, const struct column *column, size_t row)
{
    char number[NUMBER_TEXT_MAX], time[TIME_TEXT_MAX];
    struct frame_cell cell = frame_cell_of(column, row);
    if (column->storage == STORAGE_CATEGORY && cell.kind != FRAME_CELL_MISSING)
        append_csv(out, column->categories[column->codes[row]]);
    else if (cell.kind == FRAME_CELL_TIME)
        buf_append(out, (str){ time, time_text_print(cell.time_us, time) });
    else if (cell.kind == FRAME_CELL_INTEGER)
        buf_append(out, (str){ number, number_print_i64(cell.integer, number) });
    else if (cell.kind == FRAME_CELL_NUMBER && !isnan(cell.number))
        buf_append(out, (str){ number, number_print_f64(cell.number, number) });
}

static enum status write_csv(const struct frame *frame, str path, struct error *err)
{
    struct buf out;
    buf_init(&out, OUTPUT_BYTES_MAX);
    for (size_t i = 0; i < frame->column_count; i++) {
        append_csv(&out, frame->columns[i].name);
        buf_append_byte(&out, i + 1 < frame->column_count ? ',' : '\n');
    }
    for (size_t r = 0; r < frame->rows; r++)
        for (size_t i = 0; i < frame->column_count; i++) {
            append_cell(&out, &frame->columns[i], r);
            buf_append_byte(&out, i + 1 < frame->column_count ? ',' : '\n');
        }
    enum status status = OK;
    if (buf_is_overfull(&out))
        status = error_set(err, ERR_LIMIT, "the predictions do not fit in memory: try a .parquet file");
    else if (str_is_empty(path))
        (void)fwrite(out.data, 1, out.size, stdout);
    else
        status = file_write(path.data, buf_str(&out), err);
    buf_done(&out);
    return status;
}

/* ---- capture ---- */

static void write_event(const struct predict *predict, const struct frame *frame, size_t row, struct json_writer *json)
{
    char number[NUMBER_TEXT_MAX];
    json_begin_object(json);
    json_object(json, "features");
    for (size_t i = 0; i < predict->loaded->info.input_count; i++) {
        const struct column *column = predict->match.columns[i];
        if (column == NULL)
            continue;
        struct frame_cell cell = frame_cell_of(column, row);
        json_write_name(json, predict->loaded->info.has_names ? predict->loaded->info.inputs[i].name : column->name);
        if (cell.kind == FRAME_CELL_NUMBER || cell.kind == FRAME_CELL_INTEGER)
            json_write_raw(json, (str){ number, cell.kind == FRAME_CELL_INTEGER ? number_print_i64(cell.integer, number)
                                                : isfinite(cell.number) ? number_print_f64(cell.number, number)
                                                                        : (size_t)snprintf(number, sizeof number, "null") });
        else if (cell.kind == FRAME_CELL_TEXT)
            json_write_str(json, cell.text);
        else if (cell.kind == FRAME_CELL_BOOLEAN)
            json_write_bool(json, cell.boolean);
        else
            json_write_null(json);
    }
    json_end_object(json);
    const struct column *prediction = &frame->columns[predict->frame->column_count];
    json_write_name(json, STR("prediction"));
    if (prediction->storage == STORAGE_NUMBER)
        json_write_f64(json, prediction->f64[row]);
    else
        json_write_str(json, prediction->categories[prediction->codes[row]]);
    json_end_object(json);
}

static enum status capture_chunk(const struct predict *predict, const struct frame *frame, size_t from, size_t rows, str name,
                                 struct error *err)
{
    struct buf body;
    struct json_writer json;
    struct arena arena;
    str answer;
    arena_init(&arena, 0);
    buf_init(&body, (size_t)1 << 30);
    json_writer_init(&json, &body, JSON_COMPACT);
    json_begin_object(&json);
    json_str(&json, "model_name", name);
    if (!str_is_empty(predict->version))
        json_str(&json, "model_version", predict->version);
    json_array(&json, "events");
    for (size_t r = from; r < from + rows; r++)
        write_event(predict, frame, r, &json);
    json_end_array(&json);
    json_end_object(&json);
    enum status status = json_writer_end(&json) ? service_ask(predict->service, "POST", "/capture/batch", buf_str(&body), &arena,
                                                              &answer, err)
                                                : error_set(err, ERR_LIMIT, "rows %zu to %zu are too large", from, from + rows);
    buf_done(&body);
    arena_done(&arena);
    return status;
}

static enum status capture(struct predict *predict, const struct frame *frame, struct error *err)
{
    str name = !str_is_empty(predict->capture_name) ? predict->capture_name : predict->name;
    if (str_is_empty(name))
        return error_set(err, ERR_INVALID, "--capture of a model in a folder needs a name: --capture=NAME");
    TRY(need_service(predict, err));
    for (size_t from = 0; from < frame->rows; from += CHUNK_ROWS)
        TRY(capture_chunk(predict, frame, from, MIN_OF(CHUNK_ROWS, frame->rows - from), name, err));
    fprintf(stderr, "captured %zu predictions of %.*s\n", frame->rows, STR_ARG(name));
    return OK;
}

/* ---- the command ---- */

static enum status write_and_capture(struct predict *predict, const struct frame *frame, struct error *err)
{
    if (str_has_suffix(predict->output, STR(".parquet")))
        TRY(frame_write_parquet(frame, predict->output.data, err));
    else
        TRY(write_csv(frame, predict->output, err));
    return predict->wants_capture ? capture(predict, frame, err) : OK;
}

static enum status run(struct predict *predict, struct error *err)
{
    CLEANUP(frame_free_slot) struct frame *frame = NULL;
    struct output output = { 0 };
    struct read_options read = { .path = str_of(predict->operands[1]) };
    TRY(read_table(&read, &predict->frame, err));
    TRY(load_model(predict, err));
    TRY(frame_rows_match(predict->frame, &predict->loaded->info, &predict->arena, &predict->match, err));
    enum status status = open_output(predict, &output, err);
    if (status == OK)
        status = score(predict, &output, err);
    if (status == OK)
        status = frame_builder_finish(output.builder, &frame, err);
    frame_builder_free(output.builder);
    TRY(status);
    return write_and_capture(predict, frame, err);
}

static void done(struct predict *predict)
{
    runtime_free(predict->loaded);
    pyfunc_pool_close(predict->python);
    frame_free(predict->frame);
    service_close(predict->service);
    if (predict->folder[0] != '\0')
        (void)file_remove_folder(predict->folder, NULL);
    arena_done(&predict->arena);
}

int command_predict(int argc, char **argv)
{
    struct predict predict = { 0 };
    struct error err = { 0 };
    char text[1024];
    size_t count = 0;
    arena_init(&predict.arena, 0);
    enum status status = option_parse(&table, argc, argv, &predict, predict.operands, 2, &count, &err);
    int code = status == OK ? EXIT_FINE : EXIT_USAGE;
    if (status == OK && predict.wants_help) {
        print_help();
        done(&predict);
        return EXIT_FINE;
    }
    if (status == OK && count < 2) {
        status = error_set(&err, ERR_INVALID, "which model and which data? `kedge predict --help` shows examples");
        code = EXIT_USAGE;
    } else if (status == OK) {
        status = run(&predict, &err);
        code = status == OK ? EXIT_FINE : status == ERR_INVALID ? EXIT_USAGE : EXIT_FAILED;
    }
    if (status != OK)
        fprintf(stderr, "kedge predict: %s\n", error_text(&err, text, sizeof text));
    done(&predict);
    return code;
}
