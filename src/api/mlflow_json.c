#include "api/mlflow_json.h"

#include <math.h>
#include <stdio.h>

#include "api/api_internal.h"
#include "base/number.h"
#include "net/http_url.h"

/* Messages show so much of a client's value. */
#define SHOWN_MAX 120

/* A body is text within text within text at most: clients of old sent JSON as a string. */
#define UNWRAP_MAX 3

struct mlflow_value {
    str name; /* of a member */
    enum json_kind kind;
    str raw;  /* as written; of a query's parameter the decoded text */
    str text; /* of a string */
    bool boolean, is_of_query;
    size_t count;
    struct mlflow_value *first, *last, *next; /* children, siblings */
};

/* ---- reading ---- */

static void append_child(struct mlflow_value *parent, struct mlflow_value *child)
{
    if (parent->first == NULL)
        parent->first = child;
    else
        parent->last->next = child;
    parent->last = child;
    parent->count++;
}

static struct mlflow_value *add_child(struct mlflow_value *parent, str name, struct json_reader *json)
{
    struct mlflow_value *child = arena_array(json->arena, struct mlflow_value, 1);
    if (child == NULL) {
        json_fail(json, "no memory for the request");
        return NULL;
    }
    child->name = name;
    append_child(parent, child);
    return child;
}

/* The reader's depth is bounded, and so is this recursion. */
static void read_value(struct json_reader *json, struct mlflow_value *value)
{
    struct mlflow_value *child;
    const char *start = json->at;
    str name;
    value->kind = json_peek(json);
    switch (value->kind) {
    case JSON_OBJECT:
        for (json_enter_object(json); json_next_member(json, &name);)
            if ((child = add_child(value, name, json)) != NULL)
                read_value(json, child);
        break;
    case JSON_ARRAY:
        for (json_enter_array(json); json_next_element(json);)
            if ((child = add_child(value, (str){ 0 }, json)) != NULL)
                read_value(json, child);
        break;
    case JSON_STRING:
        json_take_str(json, &value->text);
        break;
    case JSON_BOOL:
        json_take_bool(json, &value->boolean);
        break;
    case JSON_NULL:
        json_take_null(json);
        break;
    case JSON_NUMBER:
    case JSON_NONE:
    case JSON_KIND_COUNT:
        json_skip_value(json);
        break;
    }
    value->raw = str_trim((str){ start, (size_t)(json->at - start) });
}

static bool read_body(str body, struct arena *arena, struct mlflow_value *ret_root)
{
    struct json_reader json;
    *ret_root = (struct mlflow_value){ 0 };
    json_reader_init(&json, body, arena, NULL);
    read_value(&json, ret_root);
    return json_finish(&json) == OK;
}

static void read_query(struct http_request *request, struct mlflow_value *root)
{
    str rest = request->query, name, value;
    root->kind = JSON_OBJECT;
    while (http_query_next(&rest, request->arena, &name, &value)) {
        struct mlflow_value *child = arena_array(request->arena, struct mlflow_value, 1);
        if (child == NULL)
            return; /* as if the query were shorter: its length is bounded, so this is not met */
        *child = (struct mlflow_value){ .name = name, .kind = JSON_STRING, .raw = value, .text = value,
                                        .is_of_query = true };
        append_child(root, child);
    }
}

enum status mlflow_read_request(struct http_request *request, struct mlflow_fields *ret_fields, struct error *err)
{
    struct mlflow_value *root = arena_new(request->arena, struct mlflow_value);
    *ret_fields = (struct mlflow_fields){ .object = root, .arena = request->arena };
    if (str_equal(request->method, STR("GET")) || str_equal(request->method, STR("HEAD"))) {
        read_query(request, root);
        return OK;
    }
    bool is_typed = str_equal(request->method, STR("POST")) || str_equal(request->method, STR("PUT"));
    if (is_typed && !str_equal_ignoring_case(http_request_media_type(request), STR("application/json")))
        return error_set(err, ERR_INVALID, "Bad Request. Content-Type must be one of ['application/json'].");
    bool is_read = read_body(request->body, request->arena, root);
    for (int i = 0; i < UNWRAP_MAX && is_read && root->kind == JSON_STRING; i++)
        is_read = read_body(root->text, request->arena, root);
    if (!is_read || root->kind != JSON_OBJECT)
        *root = (struct mlflow_value){ .kind = JSON_OBJECT };
    return OK;
}

/* The last of that name counts; NULL where there is none, or null. */
static const struct mlflow_value *find(const struct mlflow_fields *fields, const char *name)
{
    const struct mlflow_value *found = NULL;
    str wanted = str_of(name);
    for (const struct mlflow_value *value = fields->object->first; value != NULL; value = value->next)
        if (str_equal(value->name, wanted))
            found = value;
    return found != NULL && found->kind != JSON_NULL ? found : NULL;
}

bool mlflow_has(const struct mlflow_fields *fields, const char *name)
{
    return find(fields, name) != NULL;
}

/* ---- complaints ---- */

static const char *python_type(const struct mlflow_value *value)
{
    double number;
    switch (value->kind) {
    case JSON_STRING:
        return "str";
    case JSON_BOOL:
        return "bool";
    case JSON_NUMBER:
        return str_find(value->raw, '.') < value->raw.size || !number_parse_f64(value->raw, &number) ? "float" : "int";
    case JSON_ARRAY:
        return "list";
    case JSON_OBJECT:
        return "dict";
    case JSON_NULL:
    case JSON_NONE:
    case JSON_KIND_COUNT:
        break;
    }
    return "NoneType";
}

#define SEE_DOCS "See the API docs for more information about request parameters."

/* "datasets[0].dataset.", "metrics[3]." or "". */
static str path_of(const struct mlflow_fields *fields)
{
    if (fields->list == NULL)
        return fields->path;
    return arena_printf(fields->arena, "%.*s%s[%zu].", STR_ARG(fields->path), fields->list, fields->index);
}

static enum status wrong_type(const struct mlflow_fields *fields, const char *name, const struct mlflow_value *value,
                              struct error *err)
{
    const char *quote = value->is_of_query ? "\"" : "";
    str path = path_of(fields);
    return error_set(err, ERR_INVALID,
                     "Invalid value %s%.*s%s for parameter '%.*s%s' supplied:  Hint: Value was of type "
                     "'%s'. " SEE_DOCS,
                     quote, (int)MIN_OF(value->raw.size, (size_t)SHOWN_MAX), value->raw.data, quote, STR_ARG(path),
                     name, python_type(value));
}

enum status mlflow_missing(const struct mlflow_fields *fields, const char *name, struct error *err)
{
    str path = path_of(fields);
    return error_set(err, ERR_INVALID, "Missing value for required parameter '%.*s%s'. " SEE_DOCS, STR_ARG(path), name);
}

/* ---- single values ---- */

/* PostgreSQL and C strings end at a NUL; nobody names a run with one. */
enum status mlflow_take_str(const struct mlflow_fields *fields, const char *name, str *ret_value, struct error *err)
{
    const struct mlflow_value *value = find(fields, name);
    if (value == NULL)
        return OK;
    if (value->kind != JSON_STRING || str_find(value->text, '\0') < value->text.size)
        return wrong_type(fields, name, value, err);
    *ret_value = value->text.data != NULL ? value->text : STR("");
    return OK;
}

/* A number's text: of a number or a string. */
static str digits_of(const struct mlflow_value *value)
{
    return value->kind == JSON_NUMBER ? value->raw : value->kind == JSON_STRING ? str_trim(value->text) : (str){ 0 };
}

enum status mlflow_take_i64(const struct mlflow_fields *fields, const char *name, int64_t *ret_value, struct error *err)
{
    const struct mlflow_value *value = find(fields, name);
    double number;
    if (value == NULL || number_parse_i64(digits_of(value), ret_value))
        return OK;
    bool is_fraction = value->kind == JSON_NUMBER && number_parse_f64(value->raw, &number) && fabs(number) < 0x1p62;
    if (!is_fraction)
        return wrong_type(fields, name, value, err);
    *ret_value = (int64_t)number; /* 1700000000000.5, as time.time() * 1000 gives it */
    return OK;
}

enum status mlflow_take_f64(const struct mlflow_fields *fields, const char *name, double *ret_value, struct error *err)
{
    const struct mlflow_value *value = find(fields, name);
    if (value == NULL || number_parse_f64_or_special(digits_of(value), ret_value))
        return OK;
    return wrong_type(fields, name, value, err);
}

enum status mlflow_take_bool(const struct mlflow_fields *fields, const char *name, bool *ret_value, struct error *err)
{
    const struct mlflow_value *value = find(fields, name);
    if (value == NULL)
        return OK;
    bool is_true = value->is_of_query && str_equal_ignoring_case(value->text, STR("true"));
    bool is_false = value->is_of_query && str_equal_ignoring_case(value->text, STR("false"));
    if (value->kind != JSON_BOOL && !is_true && !is_false)
        return wrong_type(fields, name, value, err);
    *ret_value = value->kind == JSON_BOOL ? value->boolean : is_true;
    return OK;
}

enum status mlflow_take_enum(const struct mlflow_fields *fields, const char *name, const char *const *names,
                             size_t count, int first_number, int *ret_index, struct error *err)
{
    const struct mlflow_value *value = find(fields, name);
    int64_t number;
    if (value == NULL)
        return OK;
    if (value->kind != JSON_STRING && value->kind != JSON_NUMBER)
        return wrong_type(fields, name, value, err);
    if (number_parse_i64(digits_of(value), &number)) {
        if (number >= first_number && number - first_number < (int64_t)count)
            *ret_index = (int)(number - first_number);
        return OK;
    }
    for (size_t i = 0; i < count; i++)
        if (str_equal(value->text, str_of(names[i])))
            *ret_index = (int)i;
    return OK;
}

enum status mlflow_need_str(const struct mlflow_fields *fields, const char *name, str *ret_value, struct error *err)
{
    str value = { 0 };
    TRY(mlflow_take_str(fields, name, &value, err));
    if (str_is_empty(value))
        return mlflow_missing(fields, name, err);
    *ret_value = value;
    return OK;
}

enum status mlflow_need_i64(const struct mlflow_fields *fields, const char *name, int64_t *ret_value, struct error *err)
{
    return mlflow_has(fields, name) ? mlflow_take_i64(fields, name, ret_value, err) : mlflow_missing(fields, name, err);
}

enum status mlflow_need_f64(const struct mlflow_fields *fields, const char *name, double *ret_value, struct error *err)
{
    return mlflow_has(fields, name) ? mlflow_take_f64(fields, name, ret_value, err) : mlflow_missing(fields, name, err);
}

enum status mlflow_need_run_id(const struct mlflow_fields *fields, str *ret_run_id, struct error *err)
{
    str run_id = { 0 };
    TRY(mlflow_take_str(fields, "run_id", &run_id, err));
    if (str_is_empty(run_id))
        TRY(mlflow_take_str(fields, "run_uuid", &run_id, err));
    if (str_is_empty(run_id))
        return mlflow_missing(fields, "run_id", err);
    *ret_run_id = run_id;
    return OK;
}

/* ---- objects and lists ---- */

enum status mlflow_take_object(const struct mlflow_fields *fields, const char *name, struct mlflow_fields *ret_fields,
                               struct error *err)
{
    static const struct mlflow_value empty = { .kind = JSON_OBJECT };
    const struct mlflow_value *value = find(fields, name);
    *ret_fields = (struct mlflow_fields){ .object = &empty, .arena = fields->arena };
    if (value == NULL)
        return OK;
    if (value->kind != JSON_OBJECT)
        return wrong_type(fields, name, value, err);
    ret_fields->object = value;
    str path = path_of(fields);
    ret_fields->path = arena_printf(fields->arena, "%.*s%s.", STR_ARG(path), name);
    return OK;
}

enum status mlflow_take_objects(const struct mlflow_fields *fields, const char *name,
                                struct mlflow_fields **ret_objects, size_t *ret_count, struct error *err)
{
    const struct mlflow_value *list = find(fields, name);
    size_t count = list != NULL ? list->count : 0;
    if (list != NULL && list->kind != JSON_ARRAY)
        return wrong_type(fields, name, list, err);
    struct mlflow_fields *objects = arena_array(fields->arena, struct mlflow_fields, MAX_OF(count, (size_t)1));
    if (objects == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %s", name);
    size_t index = 0;
    str path = path_of(fields);
    for (const struct mlflow_value *item = list != NULL ? list->first : NULL; item != NULL; item = item->next) {
        if (item->kind != JSON_OBJECT)
            return wrong_type(fields, name, list, err);
        objects[index] = (struct mlflow_fields){ item, fields->arena, path, name, index };
        index++;
    }
    *ret_objects = objects;
    *ret_count = count;
    return OK;
}

enum status mlflow_take_strs(const struct mlflow_fields *fields, const char *name, str **ret_texts, size_t *ret_count,
                             struct error *err)
{
    const struct mlflow_value *list = find(fields, name);
    bool is_query = list != NULL && list->is_of_query;
    if (list != NULL && !is_query && list->kind != JSON_ARRAY)
        return wrong_type(fields, name, list, err);
    const struct mlflow_value *first = list == NULL ? NULL : is_query ? fields->object->first : list->first;
    size_t most = list == NULL ? 0 : is_query ? fields->object->count : list->count, count = 0;
    str *texts = arena_array(fields->arena, str, MAX_OF(most, (size_t)1));
    if (texts == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %s", name);
    for (const struct mlflow_value *item = first; item != NULL; item = item->next) {
        if (is_query && !str_equal(item->name, str_of(name)))
            continue;
        if (item->kind != JSON_STRING || str_find(item->text, '\0') < item->text.size)
            return wrong_type(fields, name, list, err);
        texts[count++] = item->text;
    }
    *ret_texts = texts;
    *ret_count = count;
    return OK;
}

enum status mlflow_take_pairs(const struct mlflow_fields *fields, const char *name, struct registry_pair **ret_pairs,
                              size_t *ret_count, struct error *err)
{
    struct mlflow_fields *objects;
    size_t count;
    TRY(mlflow_take_objects(fields, name, &objects, &count, err));
    struct registry_pair *pairs = arena_array(fields->arena, struct registry_pair, MAX_OF(count, (size_t)1));
    if (pairs == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %s", name);
    for (size_t i = 0; i < count; i++) {
        TRY(mlflow_need_str(&objects[i], "key", &pairs[i].key, err));
        TRY(mlflow_take_str(&objects[i], "value", &pairs[i].value, err));
    }
    *ret_pairs = pairs;
    *ret_count = count;
    return OK;
}

enum status mlflow_take_page(const struct mlflow_fields *fields, struct registry_page *page, struct error *err)
{
    str *order_by = NULL;
    TRY(mlflow_take_str(fields, "filter", &page->filter, err));
    TRY(mlflow_take_strs(fields, "order_by", &order_by, &page->order_count, err));
    TRY(mlflow_take_i64(fields, "max_results", &page->max_results, err));
    TRY(mlflow_take_str(fields, "page_token", &page->token, err));
    page->order_by = order_by;
    return OK;
}

/* ---- answers ---- */

void mlflow_write_f64(struct json_writer *json, const char *name, double value)
{
    if (isfinite(value))
        json_f64(json, name, value);
    else
        json_text(json, name, isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
}

void mlflow_write_text(struct json_writer *json, const char *name, str value)
{
    if (!str_is_empty(value))
        json_str(json, name, value);
}

void mlflow_write_pairs(struct json_writer *json, const char *name, const struct registry_pair *pairs, size_t count)
{
    if (count == 0)
        return;
    json_array(json, name);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(json);
        json_str(json, "key", pairs[i].key);
        json_str(json, "value", pairs[i].value);
        json_end_object(json);
    }
    json_end_array(json);
}

enum status mlflow_answer_end(struct http_request *request, struct json_writer *json, struct error *err)
{
    json_end_object(json);
    if (json_writer_end(json))
        return OK;
    request->response->status_code = 400;
    return error_set(err, ERR_INVALID, "The answer is too long; ask for less by max_results");
}

enum status mlflow_answer_nothing(struct http_request *request, struct error *err)
{
    struct json_writer json;
    api_answer_begin(request, &json);
    return api_answer_end(&json, err);
}
