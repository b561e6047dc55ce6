#include "train/model_folder.h"

#include "base/file.h"
#include "base/time_text.h"
#include "format/json.h"
#include "serve/encoding.h"

#define FILE_BYTES_MAX ((size_t)16 << 20)
#define EXAMPLE_ROWS 2

/* The XGBoost whose format is written; any later one reads it. */
#define XGBOOST_VERSION "1.7.4"

static bool has_categories(const struct training_table *table)
{
    for (size_t i = 0; i < table->feature_count; i++)
        if (table->features[i].category_count > 0)
            return true;
    return false;
}

/* ---- JSON files ---- */

typedef void json_filler(const struct training_table *table, const struct model_folder *folder, struct json_writer *json);

static enum status write_text(const struct model_folder *folder, const char *name, str text, struct error *err)
{
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s/%s", folder->folder, name) >= sizeof path)
        return error_set(err, ERR_INVALID, "the path %s is too long", folder->folder);
    return file_write(path, text, err);
}

static enum status write_json(const struct training_table *table, const struct model_folder *folder, const char *name,
                              json_filler *fill, struct error *err)
{
    struct buf text;
    struct json_writer json;
    buf_init(&text, FILE_BYTES_MAX);
    json_writer_init(&json, &text, JSON_COMPACT);
    fill(table, folder, &json);
    enum status status = json_writer_end(&json) ? write_text(folder, name, buf_str(&text), err)
                                                : error_set(err, ERR_LIMIT, "%s does not fit in memory", name);
    buf_done(&text);
    return status;
}

static void fill_encoding(const struct training_table *table, const struct model_folder *folder, struct json_writer *json)
{
    json_begin_object(json);
    json_array(json, "features");
    for (size_t f = 0, column = 0; f < table->feature_count; f++) {
        const struct training_feature *feature = &table->features[f];
        json_begin_object(json);
        json_str(json, "name", feature->name);
        if (feature->category_count > 0) {
            json_array(json, "categories");
            for (size_t c = 0; c < feature->category_count; c++)
                json_write_str(json, feature->categories[c]);
            json_end_array(json);
        } else if (folder->linear != NULL) {
            json_f64(json, "fill", folder->linear->columns[column].mean);
        }
        json_end_object(json);
        column += feature->category_count > 0 ? feature->category_count : 1;
    }
    json_end_array(json);
    json_bool(json, "one_hot", folder->linear != NULL);
    json_array(json, "classes");
    for (size_t c = 0; c < table->class_count; c++)
        json_write_str(json, table->classes[c]);
    json_end_array(json);
    json_end_object(json);
}

static void write_cell(const struct training_feature *feature, size_t row, struct json_writer *json)
{
    const struct column *column = feature->column;
    if (column->storage == STORAGE_NUMBER)
        json_write_f64(json, column->f64[row]);
    else if (column->codes[row] == FRAME_MISSING)
        json_write_null(json);
    else
        json_write_str(json, column->categories[column->codes[row]]);
}

static void write_split(const struct training_table *table, struct json_writer *json)
{
    size_t rows = table->rows < EXAMPLE_ROWS ? table->rows : EXAMPLE_ROWS;
    json_array(json, "columns");
    for (size_t f = 0; f < table->feature_count; f++)
        json_write_str(json, table->features[f].name);
    json_end_array(json);
    json_array(json, "data");
    for (size_t r = 0; r < rows; r++) {
        json_begin_array(json);
        for (size_t f = 0; f < table->feature_count; f++)
            write_cell(&table->features[f], table->frame_rows[r], json);
        json_end_array(json);
    }
    json_end_array(json);
}

static void fill_example(const struct training_table *table, const struct model_folder *folder, struct json_writer *json)
{
    (void)folder;
    json_begin_object(json);
    write_split(table, json);
    json_end_object(json);
}

static void fill_serving_example(const struct training_table *table, const struct model_folder *folder, struct json_writer *json)
{
    (void)folder;
    json_begin_object(json);
    json_object(json, "dataframe_split");
    write_split(table, json);
    json_end_object(json);
    json_end_object(json);
}

static void fill_inputs(const struct training_table *table, const struct model_folder *folder, struct json_writer *json)
{
    (void)folder;
    json_begin_array(json);
    for (size_t f = 0; f < table->feature_count; f++) {
        json_begin_object(json);
        json_text(json, "type", table->features[f].category_count > 0 ? "string" : "double");
        json_str(json, "name", table->features[f].name);
        json_bool(json, "required", true);
        json_end_object(json);
    }
    json_end_array(json);
}

static void fill_outputs(const struct training_table *table, const struct model_folder *folder, struct json_writer *json)
{
    (void)folder;
    char shape[32];
    (void)snprintf(shape, sizeof shape, table->class_count > 2 ? "[-1, %zu]" : "[-1]", table->class_count);
    json_begin_array(json);
    json_begin_object(json);
    json_text(json, "type", "tensor");
    json_object(json, "tensor-spec");
    json_text(json, "dtype", "float32");
    json_raw(json, "shape", str_of(shape));
    json_end_object(json);
    json_end_object(json);
    json_end_array(json);
}

/* ---- YAML ---- */

/* As a single-quoted scalar, where only the quote itself needs an escape. */
static void append_quoted(struct buf *yaml, str text)
{
    buf_append_byte(yaml, '\'');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '\'')
            buf_append_byte(yaml, '\'');
        buf_append_byte(yaml, text.data[i]);
    }
    buf_append_byte(yaml, '\'');
}

static void append_signature(const struct training_table *table, const struct model_folder *folder, const char *key,
                             json_filler *fill, struct buf *yaml)
{
    struct buf text;
    struct json_writer json;
    buf_init(&text, FILE_BYTES_MAX);
    json_writer_init(&json, &text, JSON_COMPACT);
    fill(table, folder, &json);
    buf_printf(yaml, "  %s: ", key);
    if (json_writer_end(&json))
        append_quoted(yaml, buf_str(&text));
    buf_append_byte(yaml, '\n');
    buf_done(&text);
}

static enum status write_mlmodel(const struct training_table *table, const struct model_folder *folder, struct error *err)
{
    struct buf yaml;
    struct civil now = civil_from_us(folder->now_us);
    buf_init(&yaml, FILE_BYTES_MAX);
    buf_printf(&yaml,
               "artifact_path: model\n"
               "flavors:\n"
               "  python_function:\n"
               "    data: %s\n"
               "    env:\n"
               "      conda: conda.yaml\n"
               "      virtualenv: python_env.yaml\n"
               "    loader_module: mlflow.xgboost\n"
               "    python_version: 3.11.0\n"
               "  xgboost:\n"
               "    code: null\n"
               "    data: %s\n"
               "    model_class: xgboost.core.Booster\n"
               "    model_format: %s\n"
               "    xgb_version: " XGBOOST_VERSION "\n"
               "mlflow_version: 2.22.0\n"
               "metadata:\n"
               "  trained_by: kedge %s\n"
               "saved_input_example_info:\n"
               "  artifact_path: input_example.json\n"
               "  pandas_orient: split\n"
               "  serving_input_path: serving_input_example.json\n"
               "  type: dataframe\n"
               "signature:\n",
               folder->file, folder->file, strrchr(folder->file, '.') + 1, folder->kedge_version);
    append_signature(table, folder, "inputs", fill_inputs, &yaml);
    append_signature(table, folder, "outputs", fill_outputs, &yaml);
    buf_printf(&yaml, "  params: null\nutc_time_created: '%04d-%02d-%02d %02d:%02d:%02d.%06d'\n", now.year, now.month, now.day,
               now.hour, now.minute, now.second, now.microsecond);
    enum status status = buf_is_overfull(&yaml) ? error_set(err, ERR_LIMIT, "MLmodel does not fit in memory")
                                                : write_text(folder, "MLmodel", buf_str(&yaml), err);
    buf_done(&yaml);
    return status;
}

enum status model_folder_write(const struct training_table *table, const struct model_folder *folder, struct error *err)
{
    TRY(write_text(folder, folder->file, folder->model, err));
    if (folder->linear != NULL || table->class_count > 0 || has_categories(table))
        TRY(write_json(table, folder, ENCODING_FILE, fill_encoding, err));
    TRY(write_json(table, folder, "input_example.json", fill_example, err));
    TRY(write_json(table, folder, "serving_input_example.json", fill_serving_example, err));
    TRY(write_text(folder, "requirements.txt", STR("mlflow\nxgboost\npandas\n"), err));
    TRY(write_text(folder, "python_env.yaml", STR("python: 3.11.0\nbuild_dependencies:\n- pip\ndependencies:\n- -r requirements.txt\n"),
                   err));
    TRY(write_text(folder, "conda.yaml",
                   STR("channels:\n- conda-forge\ndependencies:\n- python=3.11.0\n- pip\n- pip:\n  - mlflow\n  - xgboost\n"
                       "  - pandas\nname: mlflow-env\n"), err));
    return write_mlmodel(table, folder, err);
}
