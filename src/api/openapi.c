/* GET /openapi.json - the route tables as an OpenAPI 3.1 document, so that it can't fall behind them. */
#include <ctype.h>

#include "api/api_internal.h"

static void write_parameter(struct json_writer *json, str name, const char *where, str sentence)
{
    json_begin_object(json);
    json_str(json, "name", name);
    json_text(json, "in", where);
    if (strcmp(where, "path") == 0)
        json_bool(json, "required", true);
    if (!str_is_empty(sentence))
        json_str(json, "description", sentence);
    json_object(json, "schema");
    json_text(json, "type", "string");
    json_end_object(json);
    json_end_object(json);
}

static void write_parameters(struct json_writer *json, const struct http_route *route, const struct api_about *about)
{
    str rest = str_of(route->pattern), part, line;
    json_array(json, "parameters");
    while (str_split(&rest, '/', &part))
        if (str_has_prefix(part, STR("{")))
            write_parameter(json, str_slice(part, 1, part.size - (str_has_suffix(part, STR("...}")) ? 4 : 1)), "path", (str){ 0 });
    rest = str_of(about->query);
    while (!str_is_empty(rest) && str_split(&rest, '\n', &line)) {
        size_t colon = str_find(line, ':');
        write_parameter(json, str_slice(line, 0, colon), "query", str_trim(str_slice(line, colon + 1, line.size)));
    }
    json_end_array(json);
}

static void write_body(struct json_writer *json, const struct api_about *about)
{
    if (about->body == NULL)
        return;
    json_object(json, "requestBody");
    json_object(json, "content");
    json_object(json, about->body_type != NULL ? about->body_type : "application/json");
    json_raw(json, "schema", str_of(about->body));
    if (about->example != NULL)
        json_raw(json, "example", str_of(about->example));
    json_end_object(json);
    json_end_object(json);
    json_end_object(json);
}

static void write_answers(struct json_writer *json, const struct api_about *about)
{
    const char *type = about->answer_type != NULL ? about->answer_type : "application/json";
    json_object(json, "responses");
    json_object(json, about->answer_code != NULL ? about->answer_code : "200");
    json_text(json, "description", "It worked.");
    json_object(json, "content");
    json_object(json, type);
    json_raw(json, "schema", about->answer != NULL ? str_of(about->answer) : STR("{}"));
    json_end_object(json);
    json_end_object(json);
    json_end_object(json);
    json_object(json, "default");
    json_text(json, "description", "It did not: 404, 409, 413, 422, 429 or 503, and why.");
    json_object(json, "content");
    json_object(json, "application/json");
    json_raw(json, "schema", STR("{\"$ref\":\"#/components/schemas/Error\"}"));
    json_end_object(json);
    json_end_object(json);
    json_end_object(json);
    json_end_object(json);
}

/* "post_models_name_capture": unique, because method and pattern are. */
static void write_id(struct json_writer *json, const struct http_route *route)
{
    char id[128];
    size_t size = 0;
    for (const char *at = route->method; *at != '\0' && size < sizeof id - 1; at++)
        id[size++] = (char)tolower((unsigned char)*at);
    for (const char *at = route->pattern; *at != '\0' && size < sizeof id - 1; at++)
        if (isalnum((unsigned char)*at))
            id[size++] = *at;
        else if (size > 0 && id[size - 1] != '_')
            id[size++] = '_';
    json_str(json, "operationId", (str){ id, size });
}

static void write_operation(struct json_writer *json, const struct http_route *route)
{
    char method[16];
    size_t size = 0;
    for (; route->method[size] != '\0' && size < sizeof method - 1; size++)
        method[size] = (char)tolower((unsigned char)route->method[size]);
    method[size] = '\0';
    const struct api_about *about = route->about;
    json_object(json, method);
    write_id(json, route);
    json_text(json, "summary", route->summary);
    json_array(json, "tags");
    json_write_str(json, str_of(about->tag));
    json_end_array(json);
    write_parameters(json, route, about);
    write_body(json, about);
    write_answers(json, about);
    json_end_object(json);
}

static bool is_first_of_pattern(size_t table, const struct http_route *route)
{
    for (size_t t = 0; t <= table; t++)
        for (const struct http_route *other = api_tables[t]; other->method != NULL; other++) {
            if (other == route)
                return true;
            if (strcmp(other->pattern, route->pattern) == 0)
                return false;
        }
    return true;
}

/* All methods of a pattern, in whatever table they are. OpenAPI has no word for the rest of a path: "{path...}" is a
 * parameter like others to it. */
static void write_path(struct json_writer *json, const char *pattern)
{
    char name[256];
    str whole = str_of(pattern), start = str_slice(whole, 0, whole.size - (str_has_suffix(whole, STR("...}")) ? 4 : 0));
    (void)snprintf(name, sizeof name, "%.*s%s", STR_ARG(start), start.size < whole.size ? "}" : "");
    json_object(json, name);
    for (size_t t = 0; t < api_table_count; t++)
        for (const struct http_route *route = api_tables[t]; route->method != NULL; route++)
            if (strcmp(route->pattern, pattern) == 0)
                write_operation(json, route);
    json_end_object(json);
}

static enum status get_openapi(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct json_writer json;
    api_answer_begin(request, &json);
    json_text(&json, "openapi", "3.1.0");
    json_object(&json, "info");
    json_text(&json, "title", "Kedge");
    json_text(&json, "version", api->options.version);
    json_text(&json, "description", "Monitors machine-learning models in production: captures predictions and labels, "
                                    "compares them with a reference, and reports drift, data quality and model quality.");
    json_end_object(&json);
    json_object(&json, "paths");
    for (size_t t = 0; t < api_table_count; t++)
        for (const struct http_route *route = api_tables[t]; route->method != NULL; route++)
            if (is_first_of_pattern(t, route))
                write_path(&json, route->pattern);
    json_end_object(&json);
    json_object(&json, "components");
    json_object(&json, "schemas");
    json_raw(&json, "Error", STR("{\"type\":\"object\",\"required\":[\"error\"],\"properties\":{\"error\":{\"type\":\"object\","
                                 "\"required\":[\"code\",\"message\"],\"properties\":{\"code\":{\"type\":\"string\"},"
                                 "\"message\":{\"type\":\"string\"}}}}}"));
    json_end_object(&json);
    json_object(&json, "securitySchemes");
    json_raw(&json, "token", STR("{\"type\":\"http\",\"scheme\":\"bearer\"}"));
    json_end_object(&json);
    json_end_object(&json);
    return api_answer_end(&json, err);
}

static const struct api_about about = { .tag = "Pages" };

const struct http_route openapi_routes[] = {
    { "GET", "/openapi.json", get_openapi, HTTP_ROUTE_QUICK, "This documentation for programs: OpenAPI 3.1.", &about },
    { 0 },
};
