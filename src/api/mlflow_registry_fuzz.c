/* Requests to the registry: the first byte chooses a route, the rest is its body or query. Whatever comes is answered by a
 * JSON object, never with a code that says that the server is to blame (its clients would try again for minutes); a model
 * that an answer names is there, and its versions are counted by rising numbers. */
#include <assert.h>
#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/api_internal.h"
#include "base/mem.h"
#include "net/http_loopback.h"
#include "registry/registered_model.h"

#define RUNS_A_DATABASE 2000 /* then a fresh one: answers must not grow without end */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A database in a temporary folder, and the routes over it. */
static struct {
    char folder[64];
    struct api api;
    size_t runs;
} place;

static const struct http_route *const tables[] = { mlflow_registry_routes, mlflow_model_routes };

static int remove_entry(const char *path, const struct stat *facts, int type, struct FTW *walk)
{
    (void)facts, (void)type, (void)walk;
    return remove(path);
}

static void close_place(void)
{
    http_router_free(place.api.router);
    registry_close(place.api.options.registry);
    meta_close(place.api.options.meta);
    if (place.folder[0] != '\0')
        (void)nftw(place.folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS); /* a temporary folder left behind harms nobody */
    memset(&place, 0, sizeof place);
}

static void open_place(void)
{
    static bool is_registered;
    struct error err = { 0 };
    struct model_version_source version = { .model_name = STR("m"), .source = STR("s3://b/x") };
    int64_t number;
    (void)snprintf(place.folder, sizeof place.folder, "%s/kedge-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert(mkdtemp(place.folder) != NULL);
    assert(meta_open(place.folder, &place.api.options.meta, &err) == OK);
    assert(registry_open(place.api.options.meta, &clock_system, &place.api.options.registry, &err) == OK);
    assert(registered_model_create(place.api.options.registry, STR("m"), STR(""), NULL, 0, &err) == OK);
    assert(model_version_create(place.api.options.registry, &version, &number, &err) == OK);
    place.api.router = http_router_new(&(struct http_router_options){
        .tables = tables, .table_count = COUNT(tables), .self = &place.api, .render_error = mlflow_render_error });
    if (!is_registered)
        (void)atexit(close_place);
    is_registered = true;
}

static const struct http_route *choose_route(uint8_t byte)
{
    size_t counts[COUNT(tables)] = { 0 }, all = 0;
    for (size_t t = 0; t < COUNT(tables); t++)
        for (const struct http_route *route = tables[t]; route->method != NULL; route++, all++)
            counts[t]++;
    size_t index = byte % all;
    return index < counts[0] ? &tables[0][index] : &tables[1][index - counts[0]];
}

/* A name that an answer gives must be one that can be asked for. */
static void check_name(str body, struct arena *arena)
{
    struct json_reader json;
    struct error err = { 0 };
    struct registered_model model;
    str key, name = { 0 };
    json_reader_init(&json, body, arena, &err);
    assert(json_enter_object(&json) == OK);
    while (json_next_member(&json, &key)) {
        if (!str_equal(key, STR("registered_model")))
            continue;
        assert(json_enter_object(&json) == OK);
        while (json_next_member(&json, &key))
            if (str_equal(key, STR("name")))
                assert(json_take_str(&json, &name) == OK);
    }
    assert(json_finish(&json) == OK);
    if (name.data == NULL)
        return;
    assert(registered_model_get(place.api.options.registry, name, arena, &model, &err) == OK);
    for (size_t i = 0; i < model.latest_count; i++)
        assert(model.latest_versions[i].version >= 1 && model.latest_versions[i].model_no == model.model_no);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (place.runs == 0)
        open_place();
    struct arena arena;
    arena_init(&arena, 0);
    const struct http_route *route = choose_route(data[0]);
    str text = { (const char *)data + 1, size - 1 };
    bool is_get = str_equal(str_of(route->method), STR("GET"));
    struct http_loopback_call call = {
        .method = route->method,
        .target = is_get ? arena_printf(&arena, "%s?%.*s", route->pattern, STR_ARG(text)).data : route->pattern,
        .body = is_get ? (str){ 0 } : text,
        .headers = { { STR("Content-Type"), STR("application/json") } },
    };
    struct http_loopback_answer answer = http_loopback(http_router_handle, place.api.router, &call, &arena);
    assert(answer.status_code == 200 || (answer.status_code >= 400 && answer.status_code < 500));
    check_name(answer.body, &arena);
    arena_done(&arena);
    if (++place.runs == RUNS_A_DATABASE)
        close_place();
    return 0;
}
