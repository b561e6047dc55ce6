/* /v2/... - the Open Inference Protocol: KServe, Triton, MLServer and their clients.
 *
 * A table is one tensor [rows, inputs] of any name, or one tensor [rows] or [rows, 1] for each input by its name. The
 * answer has the tensor "predict" and, for classifiers that give them, "predict_proba". */
#include <math.h>
#include <string.h>

#include "api/predict_call.h"

#define DIMENSIONS_MAX 4

static const char *const extensions[] = { "model_repository" };

struct tensor {
    str name, datatype;
    size_t shape[DIMENSIONS_MAX];
    size_t dimensions;
    str data; /* JSON */
};

/* ---- reading ---- */

static enum status take_shape(struct json_reader *json, struct tensor *tensor)
{
    TRY(json_enter_array(json));
    while (json_next_element(json)) {
        uint64_t extent = 0;
        if (tensor->dimensions == DIMENSIONS_MAX)
            return json_fail(json, "at most %d dimensions", DIMENSIONS_MAX);
        TRY(json_take_u64(json, &extent));
        if (extent > ROWS_MAX * 16)
            return json_fail(json, "too large");
        tensor->shape[tensor->dimensions++] = (size_t)extent;
    }
    return json_status(json);
}

static enum status take_tensor(struct json_reader *json, struct tensor *tensor)
{
    static const char *const types[] = { "BOOL",  "UINT8", "UINT16", "UINT32", "UINT64", "INT8",
                                         "INT16", "INT32", "INT64",  "FP16",   "FP32",   "FP64", "BYTES" };
    str key;
    *tensor = (struct tensor){ 0 };
    TRY(json_enter_object(json));
    while (json_next_member(json, &key))
        if (str_equal(key, STR("name")))
            TRY(json_take_str(json, &tensor->name));
        else if (str_equal(key, STR("datatype")))
            TRY(json_take_str(json, &tensor->datatype));
        else if (str_equal(key, STR("shape")))
            TRY(take_shape(json, tensor));
        else if (str_equal(key, STR("data")))
            TRY(json_take_raw(json, &tensor->data));
    TRY(json_status(json));
    size_t type = 0;
    while (type < COUNT(types) && !str_equal(tensor->datatype, str_of(types[type])))
        type++;
    if (type == COUNT(types))
        return json_fail(json, "datatype \"%.*s\" is none of the protocol", STR_ARG(tensor->datatype));
    if (tensor->data.data == NULL)
        return json_fail(json, "\"data\" is missing (the binary extension is not spoken here)");
    return tensor->dimensions > 0 ? OK : json_fail(json, "\"shape\" is missing");
}

/* The elements of nested or flat data, one by one in row-major order. */
struct elements {
    struct json_reader json;
    unsigned depth;
};

static bool next_element(struct elements *elements)
{
    for (;;) {
        if (json_next_element(&elements->json)) {
            if (json_peek(&elements->json) != JSON_ARRAY)
                return true;
            if (elements->depth == DIMENSIONS_MAX) {
                (void)json_fail(&elements->json, "nested too deeply"); /* sticks in the reader */
                return false;
            }
            if (json_enter_array(&elements->json) != OK)
                return false;
            elements->depth++;
            continue;
        }
        if (json_status(&elements->json) != OK || --elements->depth == 0)
            return false;
    }
}

/* All columns of a matrix (`input` SIZE_MAX), or one column. */
static enum status fill(struct predict_call *call, const struct tensor *tensor, size_t input, struct error *err)
{
    struct row_reader *reader = &call->rows;
    size_t columns = input == SIZE_MAX ? reader->schema->count : 1, count = 0, wanted = reader->rows * columns;
    struct elements elements = { .depth = 1 };
    json_reader_init(&elements.json, tensor->data, call->request->arena, err);
    if (json_enter_array(&elements.json) != OK)
        return error_while(err, "input \"%.*s\": data", STR_ARG(tensor->name));
    for (; next_element(&elements); count++) {
        if (count == wanted)
            break;
        if (row_reader_take_cell(reader, &elements.json, count / columns, input == SIZE_MAX ? count % columns : input) != OK)
            return error_while(err, "input \"%.*s\": data", STR_ARG(tensor->name));
    }
    if (json_status(&elements.json) != OK)
        return error_while(err, "input \"%.*s\": data", STR_ARG(tensor->name));
    if (count == wanted && elements.depth == 0)
        return OK;
    return error_set(err, ERR_INVALID, "input \"%.*s\": data has %s than the %zu elements of its shape", STR_ARG(tensor->name),
                     count < wanted ? "fewer" : "more", wanted);
}

static enum status set_rows(struct predict_call *call, size_t rows, struct error *err)
{
    if (call->rows.rows == rows && rows > 0)
        return OK;
    if (call->rows.rows > 0 || rows == 0)
        return error_set(err, ERR_INVALID, "inputs have %zu and %zu rows", call->rows.rows, rows);
    return row_reader_add_rows(&call->rows, rows);
}

static enum status add_tensor(struct predict_call *call, const struct tensor *tensor, struct error *err)
{
    const struct row_schema *schema = call->rows.schema;
    size_t input = row_schema_find(schema, tensor->name), dimensions = tensor->dimensions;
    bool is_column = input != SIZE_MAX && (dimensions == 1 || (dimensions == 2 && tensor->shape[1] == 1));
    bool is_table = dimensions == 2 && tensor->shape[1] == schema->count;
    if (is_column) {
        TRY(set_rows(call, tensor->shape[0], err));
        call->rows.seen[input] = 1;
        return fill(call, tensor, input, err);
    }
    if (!is_table && input == SIZE_MAX && dimensions != 2)
        return row_schema_unknown(schema, tensor->name, err);
    if (!is_table)
        return error_set(err, ERR_INVALID, "input \"%.*s\": its shape is neither [rows] nor [rows, %zu]",
                         STR_ARG(tensor->name), schema->count);
    TRY(set_rows(call, tensor->shape[0], err));
    for (size_t i = 0; i < schema->count; i++)
        call->rows.seen[i] = 1;
    return fill(call, tensor, SIZE_MAX, err);
}

static enum status take_outputs(struct predict_call *call, struct json_reader *json)
{
    (void)call;
    TRY(json_enter_array(json));
    while (json_next_element(json)) {
        str key, name = { 0 };
        TRY(json_enter_object(json));
        while (json_next_member(json, &key))
            if (str_equal(key, STR("name")))
                TRY(json_take_str(json, &name));
        if (!str_equal(name, STR("predict")) && !str_equal(name, STR("predict_proba")))
            return json_fail(json, "there is no output \"%.*s\"; there are predict and predict_proba", STR_ARG(name));
    }
    return json_status(json);
}

static enum status read_body(struct predict_call *call, struct error *err)
{
    struct json_reader json;
    str key;
    json_reader_init(&json, call->request->body, call->request->arena, err);
    TRY(json_enter_object(&json));
    while (json_next_member(&json, &key)) {
        if (str_equal(key, STR("id"))) {
            TRY(json_take_str(&json, &call->request_id));
        } else if (str_equal(key, STR("outputs"))) {
            TRY(take_outputs(call, &json));
        } else if (str_equal(key, STR("inputs"))) {
            struct tensor tensor;
            for (json_enter_array(&json); json_next_element(&json);) {
                TRY(take_tensor(&json, &tensor));
                TRY(add_tensor(call, &tensor, err));
            }
        }
    }
    TRY(json_finish(&json));
    if (call->rows.rows == 0)
        return error_set(err, ERR_INVALID, "\"inputs\" is missing");
    TRY(row_reader_check_columns(&call->rows));
    if (call->rows.rows != 1 || str_is_empty(call->request_id) || call->request_id.size > EVENT_ID_BYTES_MAX)
        return OK;
    call->ids = arena_new(call->request->arena, str); /* one row: the request's id is the prediction's */
    call->ids[0] = call->request_id;
    return OK;
}

/* ---- answering ---- */

static void begin_tensor(struct json_writer *json, const char *name, const char *datatype, size_t rows, size_t columns)
{
    json_begin_object(json);
    json_text(json, "name", name);
    json_text(json, "datatype", datatype);
    json_array(json, "shape");
    json_write_u64(json, rows);
    if (columns > 0)
        json_write_u64(json, columns);
    json_end_array(json);
    json_array(json, "data");
}

static void end_tensor(struct json_writer *json)
{
    json_end_array(json);
    json_end_object(json);
}

/* What all values of "predict" are: numbers, whole numbers, or texts. */
static enum event_value_kind kind_of(const struct runtime_info *info, bool has_labels)
{
    enum event_value_kind kind = info->class_count > 0 ? EVENT_INTEGER : EVENT_NUMBER;
    for (size_t i = 0; i < info->class_count; i++) {
        enum event_value_kind one = prediction_value_of(info, (double)i, (str){ 0 }).kind;
        if (one == EVENT_TEXT || kind == EVENT_TEXT)
            kind = EVENT_TEXT;
        else if (one == EVENT_NUMBER)
            kind = EVENT_NUMBER;
    }
    return has_labels ? EVENT_TEXT : kind;
}

static const char *datatype_of(enum event_value_kind kind)
{
    return kind == EVENT_TEXT ? "BYTES" : kind == EVENT_INTEGER ? "INT64" : "FP64";
}

static enum status write_answer(struct predict_call *call, struct error *err)
{
    const struct served_version *version = call->choice.version;
    const struct runtime_info *info = &version->runtime->info;
    const struct runtime_answer *answer = &call->answer;
    size_t rows = call->rows.rows;
    enum event_value_kind kind = kind_of(info, answer->labels != NULL);
    struct json_writer json;
    api_answer_begin(call->request, &json);
    json_str(&json, "model_name", version->location.name);
    json_str(&json, "model_version", version->location.version);
    if (!str_is_empty(call->request_id))
        json_str(&json, "id", call->request_id);
    json_array(&json, "outputs");
    begin_tensor(&json, "predict", datatype_of(kind), rows, 0);
    for (size_t row = 0; row < rows; row++)
        if (kind == EVENT_TEXT)
            json_write_str(&json, answer->labels != NULL ? answer->labels[row] : info->class_names[(size_t)answer->values[row]]);
        else
            predict_call_write_value(&json, call, row);
    end_tensor(&json);
    if (answer->probabilities != NULL) {
        begin_tensor(&json, "predict_proba", "FP64", rows, answer->class_count);
        for (size_t i = 0; i < rows * answer->class_count; i++)
            json_write_f64(&json, answer->probabilities[i]);
        end_tensor(&json);
    }
    json_end_array(&json);
    return api_answer_end(&json, err);
}

/* {"error": "text"}, and 400 where others say 422. */
static void refuse(struct http_request *request, enum status status, const struct error *err)
{
    char text[sizeof err->cause + sizeof err->context + 3];
    struct http_response *response = request->response;
    struct json_writer json;
    int code = response->status_code >= 400 ? response->status_code : http_code_of(status);
    buf_clear(&response->body);
    response->status_code = code == 422 ? 400 : code;
    api_answer_begin(request, &json);
    json_text(&json, "error", error_text(err, text, sizeof text));
    json_end_object(&json);
    if (!json_writer_end(&json))
        buf_clear(&response->body); /* no memory left: the code alone has to do */
}

static const struct predict_protocol protocol = { .read = read_body, .write = write_answer, .refuse = refuse };

static enum status post_infer(void *self, struct http_request *request, struct error *err)
{
    return predict_call_run(self, request, &protocol, err);
}

/* ---- what there is ---- */

static const char *tensor_type(enum field_type type)
{
    switch (type) {
    case FIELD_DOUBLE:
        return "FP64";
    case FIELD_FLOAT:
        return "FP32";
    case FIELD_INTEGER:
        return "INT32";
    case FIELD_LONG:
        return "INT64";
    case FIELD_BOOLEAN:
        return "BOOL";
    case FIELD_STRING:
    case FIELD_DATETIME:
        break;
    }
    return "BYTES";
}

static void write_tensor_facts(struct json_writer *json, str name, const char *datatype, int64_t columns)
{
    json_begin_object(json);
    json_str(json, "name", name);
    json_text(json, "datatype", datatype);
    json_array(json, "shape");
    json_write_i64(json, -1);
    if (columns > 0)
        json_write_i64(json, columns);
    json_end_array(json);
    json_end_object(json);
}

static void write_metadata(struct json_writer *json, const struct served_version *version)
{
    const struct runtime_info *info = &version->runtime->info;
    bool is_onnx = strcmp(info->runtime, "onnx") == 0;
    json_str(json, "name", version->location.name);
    json_array(json, "versions");
    json_write_str(json, version->location.version);
    json_end_array(json);
    json_text(json, "platform", is_onnx ? "onnxruntime_onnx" : strcmp(info->runtime, "trees") == 0 ? "kedge_trees" : "kedge_pyfunc");
    json_array(json, "inputs");
    for (size_t i = 0; i < info->input_count; i++)
        write_tensor_facts(json, info->inputs[i].name, tensor_type(info->inputs[i].type), 0);
    json_end_array(json);
    json_array(json, "outputs");
    write_tensor_facts(json, STR("predict"), datatype_of(kind_of(info, false)), 0);
    if (info->class_count > 0)
        write_tensor_facts(json, STR("predict_proba"), "FP64", (int64_t)info->class_count);
    json_end_array(json);
}

/* The version that a path means, loaded already or followed; answers 404 in the protocol's words otherwise. */
static struct model_choice choose(struct api *api, struct http_request *request)
{
    struct model_choice choice = { 0 };
    struct served_model *model = model_set_find(api->serving, http_request_param(request, "name"));
    size_t index;
    if (http_route_param_index(request->route, STR("version"), &index)) {
        struct model_selector selector = { http_request_param(request, "name"), PICK_VERSION, request->params[index] };
        (void)model_set_try(api->serving, &selector, &choice); /* else it is not ready */
    } else if (model != NULL) {
        choice = model_set_choose_own(model);
    }
    if (choice.version == NULL) {
        struct error err = { 0 };
        refuse(request, error_set(&err, ERR_NOT_FOUND, "model \"%.*s\" is not ready", STR_ARG(http_request_param(request, "name"))),
               &err);
    }
    return choice;
}

static enum status get_model(void *self, struct http_request *request, struct error *err)
{
    struct model_choice choice = choose(self, request);
    if (choice.version == NULL)
        return OK;
    struct json_writer json;
    api_answer_begin(request, &json);
    write_metadata(&json, choice.version);
    model_set_release(&choice);
    return api_answer_end(&json, err);
}

static enum status get_model_ready(void *self, struct http_request *request, struct error *err)
{
    struct model_choice choice = choose(self, request);
    if (choice.version == NULL)
        return OK;
    model_set_release(&choice);
    struct json_writer json;
    api_answer_begin(request, &json);
    json_str(&json, "name", http_request_param(request, "name"));
    json_bool(&json, "ready", true);
    return api_answer_end(&json, err);
}

static enum status get_server(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct json_writer json;
    api_answer_begin(request, &json);
    json_text(&json, "name", "kedge");
    json_text(&json, "version", api->options.version);
    json_array(&json, "extensions");
    for (size_t i = 0; i < COUNT(extensions); i++)
        json_write_str(&json, str_of(extensions[i]));
    json_end_array(&json);
    return api_answer_end(&json, err);
}

static enum status get_live(void *self, struct http_request *request, struct error *err)
{
    (void)self;
    struct json_writer json;
    api_answer_begin(request, &json);
    json_bool(&json, "live", true);
    return api_answer_end(&json, err);
}

static enum status get_ready(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct served_model_facts *facts = NULL;
    size_t count = 0, loaded = 0;
    TRY(model_set_list(api->serving, request->arena, &facts, &count, err));
    for (size_t i = 0; i < count; i++)
        loaded += facts[i].is_loaded;
    bool is_ready = loaded == count && count > 0 && !atomic_load_explicit(&api->is_stopping, memory_order_relaxed);
    struct json_writer json;
    api_answer_begin(request, &json);
    json_bool(&json, "live", true);
    json_bool(&json, "ready", is_ready);
    if (!is_ready)
        request->response->status_code = 503;
    return api_answer_end(&json, err);
}

static enum status post_index(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct served_model_facts *facts = NULL;
    size_t count = 0;
    TRY(model_set_list(api->serving, request->arena, &facts, &count, err));
    struct json_writer json;
    request->response->content_type = "application/json";
    json_writer_init(&json, &request->response->body, JSON_COMPACT);
    json_begin_array(&json);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(&json);
        json_str(&json, "name", facts[i].name);
        json_str(&json, "version", facts[i].location.version);
        json_text(&json, "state", facts[i].is_loaded ? "READY" : "UNAVAILABLE");
        json_str(&json, "reason", facts[i].error);
        json_end_object(&json);
    }
    json_end_array(&json);
    return json_writer_end(&json) ? OK : error_set(err, ERR_LIMIT, "the answer is too long");
}

static enum status post_load(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    enum status status = model_set_reload(api->serving, http_request_param(request, "name"), err);
    if (status != OK) {
        refuse(request, status, err);
        return OK;
    }
    struct json_writer json;
    api_answer_begin(request, &json);
    return api_answer_end(&json, err);
}

static const struct api_about about = {
    .tag = "Open Inference Protocol",
    .body = "{\"type\":\"object\",\"required\":[\"inputs\"],\"properties\":{\"id\":{\"type\":\"string\"},"
            "\"inputs\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}},\"outputs\":{\"type\":\"array\"}}}",
    .example = "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,2],\"datatype\":\"FP64\",\"data\":[13.64,3.1]}]}",
    .answer = "{\"type\":\"object\",\"properties\":{\"model_name\":{\"type\":\"string\"},\"model_version\":{\"type\":\"string\"},"
              "\"id\":{\"type\":\"string\"},\"outputs\":{\"type\":\"array\"}}}",
};
static const struct api_about about_get = { .tag = "Open Inference Protocol" };

const struct http_route open_inference_routes[] = {
    { "GET", "/v2", get_server, HTTP_ROUTE_QUICK, "The server and its extensions.", &about_get },
    { "GET", "/v2/health/live", get_live, HTTP_ROUTE_QUICK, "Whether the process answers.", &about_get },
    { "GET", "/v2/health/ready", get_ready, HTTP_ROUTE_QUICK, "Whether all served models are loaded; 503 where not.", &about_get },
    { "GET", "/v2/models/{name}", get_model, HTTP_ROUTE_QUICK, "A model's inputs and outputs.", &about_get },
    { "GET", "/v2/models/{name}/versions/{version}", get_model, HTTP_ROUTE_QUICK, "A version's inputs and outputs.", &about_get },
    { "GET", "/v2/models/{name}/ready", get_model_ready, HTTP_ROUTE_QUICK, "Whether the model is loaded.", &about_get },
    { "GET", "/v2/models/{name}/versions/{version}/ready", get_model_ready, HTTP_ROUTE_QUICK, "Whether the version is loaded.",
      &about_get },
    { "POST", "/v2/models/{name}/infer", post_infer, HTTP_ROUTE_DEFERS, "Ask this model with tensors.", &about },
    { "POST", "/v2/models/{name}/versions/{version}/infer", post_infer, HTTP_ROUTE_DEFERS, "Ask a certain version with tensors.",
      &about },
    { "POST", "/v2/repository/index", post_index, HTTP_ROUTE_QUICK, "The served models and their states.", &about_get },
    { "POST", "/v2/repository/models/{name}/load", post_load, HTTP_ROUTE_SLOW, "Load the model anew.", &about_get },
    { 0 },
};
