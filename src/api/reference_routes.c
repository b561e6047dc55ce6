/* GET and POST /reference - the data sets that events are compared with; every version is kept.
 *
 * A body is JSON rows, or a CSV or Parquet file, as it is or as a form's file. Files go through a temporary
 * file below the data folder, because the readers of data/ want a path. */
#include <unistd.h>

#include "api/api_internal.h"
#include "api/json_value.h"
#include "base/file.h"
#include "base/number.h"
#include "base/random.h"
#include "data/frame_builder.h"
#include "data/read.h"
#include "net/http_multipart.h"

#define REFERENCE_CELLS_MAX ((size_t)1 << 30)

/* ---- JSON rows ---- */

struct reference_reader {
    struct json_reader json;
    struct frame_builder *builder;
    struct error *err;
    str model_name;
    str *names;
    size_t name_count, name_capacity;
};

static struct frame_cell cell_of(const struct event_value *value)
{
    switch (value->kind) {
    case EVENT_NUMBER:
        return frame_cell_number(value->number);
    case EVENT_INTEGER:
        return frame_cell_integer(value->integer);
    case EVENT_BOOLEAN:
        return frame_cell_boolean(value->boolean);
    case EVENT_TEXT:
        return frame_cell_text(value->text);
    case EVENT_TIME:
        return frame_cell_time(value->integer);
    case EVENT_MISSING:
        break;
    }
    return frame_cell_missing();
}

static enum status put(struct reference_reader *reader, str name)
{
    struct event_value value = { .kind = EVENT_MISSING };
    size_t column;
    TRY(json_value_cell(&reader->json, &value));
    TRY(frame_builder_column(reader->builder, name, &column, reader->err));
    return frame_builder_put(reader->builder, column, cell_of(&value), reader->err);
}

static enum status read_row(struct reference_reader *reader)
{
    struct json_reader *json = &reader->json;
    str name;
    size_t index = 0;
    bool is_list = json_peek(json) == JSON_ARRAY;
    if (is_list) {
        TRY(json_enter_array(json));
        while (json_next_element(json)) {
            if (index >= reader->name_count)
                return json_fail(json, "a row of more values than there are names in \"columns\" (which must come first)");
            TRY(put(reader, reader->names[index++]));
        }
    } else {
        TRY(json_enter_object(json));
        while (json_next_member(json, &name))
            TRY(put(reader, name));
    }
    TRY(json_status(json));
    return frame_builder_end_row(reader->builder, reader->err);
}

static enum status read_rows(struct reference_reader *reader)
{
    TRY(json_enter_array(&reader->json));
    while (json_next_element(&reader->json))
        TRY(read_row(reader));
    return json_status(&reader->json);
}

static enum status read_names(struct reference_reader *reader)
{
    TRY(json_enter_array(&reader->json));
    while (json_next_element(&reader->json)) {
        str name = { 0 };
        TRY(json_take_str(&reader->json, &name));
        str *room = json_value_grow(reader->json.arena, (void **)&reader->names, &reader->name_capacity,
                                    reader->name_count, sizeof name);
        if (room == NULL)
            return error_set(reader->err, ERR_LIMIT, "the columns do not fit in memory");
        *room = name;
        reader->name_count++;
    }
    return json_status(&reader->json);
}

/* [{...}, ...], {"rows": [...]}, {"data": [...]}, {"columns": [...], "rows": [[...], ...]} */
static enum status read_body(struct reference_reader *reader)
{
    struct json_reader *json = &reader->json;
    str name;
    if (json_peek(json) == JSON_ARRAY)
        return read_rows(reader);
    TRY(json_enter_object(json));
    while (json_next_member(json, &name)) {
        if (str_equal(name, STR("rows")) || str_equal(name, STR("data")))
            TRY(read_rows(reader));
        else if (str_equal(name, STR("columns")) || str_equal(name, STR("feature_names")))
            TRY(read_names(reader));
        else if (str_equal(name, STR("model_name")))
            TRY(json_take_str(json, &reader->model_name));
        else {
            TRY(json_skip_value(json));
            return json_fail(json, "unknown; a reference has rows, columns and model_name");
        }
    }
    return json_status(json);
}

static enum status frame_of_json(struct http_request *request, struct frame **ret_frame, str *model_name,
                                 struct error *err)
{
    CLEANUP(frame_builder_free_slot) struct frame_builder *builder = NULL;
    TRY(frame_builder_new(STR("POST /reference"), REFERENCE_CELLS_MAX, &builder, err));
    struct reference_reader reader = { .builder = builder, .err = err };
    json_reader_init(&reader.json, request->body, request->arena, err);
    TRY(read_body(&reader));
    TRY(json_finish(&reader.json));
    if (!str_is_empty(reader.model_name) && str_is_empty(*model_name))
        *model_name = reader.model_name;
    return frame_builder_finish(builder, ret_frame, err);
}

/* ---- files ---- */

/* What read_table says about our temporary file, said about the upload. */
static enum status blame_upload(struct http_request *request, str path, enum status status, const struct error *cause,
                                struct error *err)
{
    const char *text = cause->cause;
    const char *at = strstr(text, path.data);
    if (status == ERR_CORRUPT)
        request->response->status_code = 422; /* the client's bytes, not ours */
    if (at == NULL)
        return error_set(err, status, "the uploaded file: %s", text);
    return error_set(err, status, "%.*sthe uploaded file%s", (int)(at - text), text, at + path.size);
}

static enum status frame_of_bytes(struct api *api, struct http_request *request, str bytes, enum read_format format,
                                  struct frame **ret_frame, struct error *err)
{
    char id[RANDOM_UUID_MAX];
    random_uuid_v4(id);
    str folder = arena_printf(request->arena, "%s/uploads", api->options.data_folder);
    str path = arena_printf(request->arena, "%s/%s", folder.data, id);
    TRY(file_make_folders(folder.data, err));
    TRY(file_write(path.data, bytes, err));
    struct read_options options = { .path = path, .format = format };
    struct error cause = { 0 };
    enum status status = read_table(&options, ret_frame, &cause);
    (void)unlink(path.data); /* what stays behind is in our own folder, and read by nobody */
    if (status != OK)
        return blame_upload(request, path, status, &cause, err);
    (*ret_frame)->origin = arena_copy(&(*ret_frame)->arena, STR("POST /reference"));
    return OK;
}

/* By the media type, else by the file's name, else by its first bytes. */
static enum read_format format_of(str media_type, str file_name)
{
    if (str_equal_ignoring_case(media_type, STR("text/csv")))
        return READ_FORMAT_CSV;
    if (str_equal_ignoring_case(media_type, STR("application/vnd.apache.parquet")))
        return READ_FORMAT_PARQUET;
    if (str_equal_ignoring_case(media_type, STR("application/x-ndjson")))
        return READ_FORMAT_JSON;
    if (str_has_suffix(file_name, STR(".csv")))
        return READ_FORMAT_CSV;
    if (str_has_suffix(file_name, STR(".parquet")))
        return READ_FORMAT_PARQUET;
    return READ_FORMAT_AUTO;
}

static enum status frame_of_form(struct api *api, struct http_request *request, str boundary, struct frame **ret_frame,
                                 str *model_name, struct error *err)
{
    struct http_part parts[HTTP_PARTS_MAX];
    size_t count = 0;
    TRY(http_multipart_parse(request->body, boundary, parts, &count, err));
    const struct http_part *file = http_multipart_find(parts, count, "file");
    for (size_t i = 0; file == NULL && i < count; i++)
        if (parts[i].file_name.data != NULL)
            file = &parts[i];
    if (file == NULL)
        return error_set(err, ERR_INVALID, "the form has no file");
    const struct http_part *model = http_multipart_find(parts, count, "model_name");
    if (model != NULL && str_is_empty(*model_name))
        *model_name = model->content;
    return frame_of_bytes(api, request, file->content, format_of(file->content_type, file->file_name), ret_frame, err);
}

static enum status frame_of_body(struct api *api, struct http_request *request, struct frame **ret_frame,
                                 str *model_name, struct error *err)
{
    str boundary, type = http_request_media_type(request);
    if (http_multipart_boundary(http_request_header(request, "Content-Type"), &boundary))
        return frame_of_form(api, request, boundary, ret_frame, model_name, err);
    bool is_json = str_is_empty(type) || str_equal_ignoring_case(type, STR("application/json")) ||
                   str_equal_ignoring_case(type, STR("application/x-www-form-urlencoded")); /* what curl -d says */
    if (is_json)
        return frame_of_json(request, ret_frame, model_name, err);
    return frame_of_bytes(api, request, request->body, format_of(type, (str){ 0 }), ret_frame, err);
}

/* ---- routes ---- */

static void write_reference(struct json_writer *json, const struct meta_reference *reference)
{
    json_str(json, "model_name", reference->model_name);
    json_i64(json, "version", reference->version);
    api_json_time(json, "created", reference->created_us);
    json_u64(json, "rows", reference->rows);
    json_u64(json, "columns", reference->column_count);
    json_str(json, "content_hash", reference->content_hash);
    json_str(json, "origin", reference->origin);
}

static enum status post_reference(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    CLEANUP(api_settings_unref_slot) struct api_settings *settings = api_settings_now(api);
    CLEANUP(frame_free_slot) struct frame *frame = NULL;
    str model_name = api_path_model(request), in_query = http_request_query(request, "model_name");
    if (str_is_empty(model_name))
        model_name = in_query;
    TRY(frame_of_body(api, request, &frame, &model_name, err));
    if (str_is_empty(model_name))
        model_name = api_settings_fallback_name(settings);

    struct meta_reference stored;
    TRY(reference_put(api->options.references, model_name, STR("POST /reference"), frame,
                      clock_read_us(api->options.clock), request->arena, &stored, err));
    TRY(model_table_learn_reference(api->models, api_settings_model(settings, model_name), model_name, frame, err));
    monitor_service_forget_reference(api->monitor, model_name);
    struct json_writer json;
    api_answer_begin(request, &json);
    json_text(&json, "status", "stored");
    write_reference(&json, &stored);
    request->response->status_code = 201;
    return api_answer_end(&json, err);
}

static enum status get_references(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    str model_name = api_path_model(request);
    if (str_is_empty(model_name))
        model_name = http_request_query(request, "model_name");
    struct meta_reference *references = NULL;
    size_t count = 0;
    TRY(meta_reference_list(api->options.meta, model_name, request->arena, &references, &count, err));
    struct json_writer json;
    api_answer_begin(request, &json);
    json_array(&json, "references");
    for (size_t i = 0; i < count; i++) {
        json_begin_object(&json);
        write_reference(&json, &references[i]);
        json_end_object(&json);
    }
    json_end_array(&json);
    return api_answer_end(&json, err);
}

static enum status get_reference(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    CLEANUP(api_settings_unref_slot) struct api_settings *settings = api_settings_now(api);
    str text = http_request_param(request, "version");
    str model_name = api_request_model(settings, request);
    int64_t version = 0;
    bool is_newest = str_equal(text, STR("latest"));
    if (!is_newest && (!number_parse_i64(text, &version) || version < 1))
        return error_set(err, ERR_NOT_FOUND, "a reference version is 1, 2, ... or latest, not \"%.*s\"", STR_ARG(text));
    str path;
    TRY(reference_path(api->options.references, model_name, version, request->arena, &path, err));
    request->response->content_type = "application/vnd.apache.parquet";
    request->response->file_path = path.data;
    return OK;
}

static const struct api_about about_post = {
    .tag = "Reference",
    .body = "{\"oneOf\":[{\"type\":\"array\",\"items\":{\"type\":\"object\"}},{\"type\":\"object\",\"properties\":{"
            "\"rows\":{\"type\":\"array\"},\"columns\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
            "\"model_name\":{\"type\":\"string\"}}}]}",
    .answer_code = "201",
    .example = "[{\"alcohol\":13.64,\"target\":1},{\"alcohol\":12.1,\"target\":0}]",
    .query = "model_name: the model, where the body does not say\n",
};
static const struct api_about about_list = {
    .tag = "Reference", .query = "model_name: only of this model\n"
};
static const struct api_about about_get = {
    .tag = "Reference",
    .answer_type = "application/vnd.apache.parquet",
    .query = "model_name: the model; left out, the only one configured\n",
};

const struct http_route reference_routes[] = {
    { "GET", "/reference", get_references, HTTP_ROUTE_SLOW, "List the versions of references.", &about_list },
    { "POST", "/reference", post_reference, HTTP_ROUTE_SLOW,
      "Store a new version of the reference: JSON rows, or a CSV or Parquet file as body or form.", &about_post },
    { "GET", "/reference/{version}", get_reference, HTTP_ROUTE_SLOW, "Download a version (or latest) as Parquet.",
      &about_get },
    { "GET", "/models/{name}/reference", get_references, HTTP_ROUTE_SLOW, "List the versions of this model's reference.",
      &about_list },
    { "POST", "/models/{name}/reference", post_reference, HTTP_ROUTE_SLOW, "Store a new reference of this model.",
      &about_post },
    { "GET", "/models/{name}/reference/{version}", get_reference, HTTP_ROUTE_SLOW,
      "Download a version (or latest) of this model's reference as Parquet.", &about_get },
    { 0 },
};
