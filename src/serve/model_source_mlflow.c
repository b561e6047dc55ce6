/* An MLflow server as a source of models: the registry's REST calls, and files through its artifact proxy into a cache.
 *
 * A version's files never change, so a folder that is there whole is not fetched again: it is filled under another name
 * and renamed at the end. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/secret.h"
#include "format/json.h"
#include "net/http_client.h"
#include "serve/model_source.h"

#define ANSWER_BYTES_MAX ((size_t)16 << 20)
#define FILE_BYTES_MAX ((size_t)4 << 30)
#define TIMEOUT_MS 10000
#define FILE_TIMEOUT_MS 600000
#define DEPTH_MAX 16
#define FILES_MAX 10000
#define NAMES_MAX 1000
#define US_PER_MS 1000

struct mlflow_source {
    struct model_source base;
    char *url, *folder;
    struct secret token;
    pthread_mutex_t lock; /* over the client, which takes one thread at a time */
    struct http_client *client;
};

/* ---- requests ---- */

/* What a server says in its error body, else its code. */
static enum status refused(int code, str body, const char *what, struct arena *arena, struct error *err)
{
    struct json_reader json;
    str key, message = { 0 };
    json_reader_init(&json, body, arena, NULL);
    if (json_enter_object(&json) == OK)
        while (json_next_member(&json, &key))
            if (str_equal(key, STR("message")) && json_peek(&json) == JSON_STRING && json_take_str(&json, &message) != OK)
                break;
    bool is_absent = code == 404 || (code == 400 && strstr(what, "alias") != NULL); /* 400: no such alias */
    return error_set(err, is_absent ? ERR_NOT_FOUND : ERR_UNAVAILABLE, "the MLflow server answered %d to %s: %.*s", code, what,
                     (int)MIN_OF(message.size, (size_t)200), message.data);
}

static enum status call(struct mlflow_source *source, const char *path, int64_t timeout_ms, struct buf *body,
                        struct arena *arena, struct error *err)
{
    int code = 0;
    struct http_call request = {
        .method = "GET",
        .url = arena_printf(arena, "%s%s", source->url, path).data,
        .bearer_token = secret_is_empty(&source->token) ? NULL : secret_reveal(&source->token).data,
        .timeout_ms = timeout_ms,
    };
    pthread_mutex_lock(&source->lock);
    enum status status = http_client_call(source->client, &request, body, &code, err);
    pthread_mutex_unlock(&source->lock);
    if (status != OK)
        return status;
    return code == 200 ? OK : refused(code, buf_str(body), path, arena, err);
}

/* Percent-encodes all but what may stand in a part of a path or a value of a query. */
static str encode(str text, const char *also, struct arena *arena)
{
    static const char hex[] = "0123456789ABCDEF";
    char *copy = arena_alloc(arena, text.size * 3 + 1), *to = copy;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        bool is_plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
                        (byte != 0 && strchr("-._~", byte) != NULL) || (byte != 0 && strchr(also, byte) != NULL);
        if (is_plain) {
            *to++ = (char)byte;
        } else {
            *to++ = '%';
            *to++ = hex[byte >> 4];
            *to++ = hex[byte & 15];
        }
    }
    return (str){ copy, (size_t)(to - copy) };
}

/* ---- versions ---- */

static enum status take_version(struct json_reader *json, struct arena *arena, struct model_location *location)
{
    str key, text = { 0 };
    *location = (struct model_location){ 0 };
    TRY(json_enter_object(json));
    while (json_next_member(json, &key)) {
        str *to = str_equal(key, STR("name"))            ? &location->name
                  : str_equal(key, STR("version"))       ? &location->version
                  : str_equal(key, STR("current_stage")) ? &location->stage
                  : str_equal(key, STR("run_id"))        ? &location->run_id
                  : str_equal(key, STR("model_id"))      ? &location->model_id
                                                         : NULL;
        if (str_equal(key, STR("last_updated_timestamp")) && json_peek(json) == JSON_NUMBER) {
            TRY(json_take_i64(json, &location->updated_us));
            location->updated_us *= US_PER_MS;
        }
        if (to == NULL || json_peek(json) != JSON_STRING)
            continue;
        TRY(json_take_str(json, &text));
        *to = arena_copy(arena, text); /* the body goes */
    }
    return json_status(json);
}

static bool is_newer(const struct model_location *a, const struct model_location *b)
{
    int64_t x = 0, y = 0;
    return number_parse_i64(a->version, &x) && (!number_parse_i64(b->version, &y) || x > y);
}

/* {"model_version": {...}} or {"model_versions": [{...}, ...]}: the highest one. */
static enum status take_answer(str body, struct arena *arena, struct model_location *ret_location, struct error *err)
{
    struct json_reader json;
    struct model_location one;
    str key;
    json_reader_init(&json, body, arena, err);
    *ret_location = (struct model_location){ 0 };
    TRY(json_enter_object(&json));
    while (json_next_member(&json, &key)) {
        if (str_equal(key, STR("model_version")))
            TRY(take_version(&json, arena, ret_location));
        if (!str_equal(key, STR("model_versions")))
            continue;
        for (json_enter_array(&json); json_next_element(&json);) {
            TRY(take_version(&json, arena, &one));
            if (is_newer(&one, ret_location))
                *ret_location = one;
        }
    }
    TRY(json_finish(&json));
    return str_is_empty(ret_location->version) ? error_set(err, ERR_NOT_FOUND, "the MLflow server has no such version") : OK;
}

static enum status resolve(struct model_source *self, const struct model_selector *selector, struct arena *arena,
                           struct model_location *ret_location, struct error *err)
{
    struct mlflow_source *source = (struct mlflow_source *)self;
    CLEANUP(buf_done) struct buf body;
    str name = encode(selector->name, "", arena), value = encode(selector->value, "", arena), path = { 0 };
    buf_init(&body, ANSWER_BYTES_MAX);
    switch (selector->pick) {
    case PICK_VERSION:
        path = arena_printf(arena, "/api/2.0/mlflow/model-versions/get?name=%.*s&version=%.*s", STR_ARG(name), STR_ARG(value));
        break;
    case PICK_STAGE:
        path = arena_printf(arena, "/api/2.0/mlflow/registered-models/get-latest-versions?name=%.*s&stages=%.*s", STR_ARG(name),
                            STR_ARG(value));
        break;
    case PICK_ALIAS:
        path = arena_printf(arena, "/api/2.0/mlflow/registered-models/alias?name=%.*s&alias=%.*s", STR_ARG(name), STR_ARG(value));
        break;
    case PICK_NEWEST:
        path = arena_printf(arena, "/api/2.0/mlflow/registered-models/get-latest-versions?name=%.*s", STR_ARG(name));
        break;
    }
    TRY(call(source, path.data, TIMEOUT_MS, &body, arena, err));
    TRY(take_answer(buf_str(&body), arena, ret_location, err));
    if (str_is_empty(ret_location->name))
        ret_location->name = selector->name;
    return OK;
}

static enum status list(struct model_source *self, struct arena *arena, str **ret_names, size_t *ret_count,
                        struct error *err)
{
    struct mlflow_source *source = (struct mlflow_source *)self;
    CLEANUP(buf_done) struct buf body;
    struct json_reader json;
    str key, field, name;
    str *names = arena_alloc(arena, NAMES_MAX * sizeof *names);
    size_t count = 0;
    buf_init(&body, ANSWER_BYTES_MAX);
    TRY(call(source, "/api/2.0/mlflow/registered-models/search?max_results=1000", TIMEOUT_MS, &body, arena, err));
    json_reader_init(&json, buf_str(&body), arena, err);
    TRY(json_enter_object(&json));
    while (json_next_member(&json, &key)) {
        if (!str_equal(key, STR("registered_models")))
            continue;
        for (json_enter_array(&json); json_next_element(&json);)
            for (json_enter_object(&json); json_next_member(&json, &field);)
                if (str_equal(field, STR("name")) && count < NAMES_MAX && json_take_str(&json, &name) == OK)
                    names[count++] = arena_copy(arena, name);
    }
    *ret_names = names;
    *ret_count = count;
    return json_finish(&json);
}

/* ---- files ---- */

struct download {
    struct mlflow_source *source;
    struct arena *arena;
    size_t files;
    struct error *err;
};

/* A name that stays below its folder. */
static bool is_safe(str name)
{
    str rest = name, part;
    if (str_is_empty(name) || name.data[0] == '/')
        return false;
    while (str_split(&rest, '/', &part))
        if (str_is_empty(part) || str_equal(part, STR(".")) || str_equal(part, STR("..")) || memchr(part.data, 0, part.size) != NULL)
            return false;
    return true;
}

static enum status download_file(struct download *download, str path, const char *to)
{
    CLEANUP(buf_done) struct buf body;
    buf_init(&body, FILE_BYTES_MAX);
    str url = arena_printf(download->arena, "/api/2.0/mlflow-artifacts/artifacts/%.*s", STR_ARG(encode(path, "/", download->arena)));
    TRY(call(download->source, url.data, FILE_TIMEOUT_MS, &body, download->arena, download->err));
    return file_write(to, buf_str(&body), download->err);
}

static enum status download_folder(struct download *download, str path, const char *to, int depth);

static enum status download_entry(struct download *download, str folder, str name, bool is_folder, const char *to, int depth)
{
    if (!is_safe(name))
        return error_set(download->err, ERR_INVALID, "the MLflow server lists a file named \"%.*s\"", STR_ARG(name));
    if (++download->files > FILES_MAX)
        return error_set(download->err, ERR_LIMIT, "the model has more than %d files", FILES_MAX);
    str path = arena_printf(download->arena, "%.*s/%.*s", STR_ARG(folder), STR_ARG(name));
    const char *local = arena_printf(download->arena, "%s/%.*s", to, STR_ARG(name)).data;
    return is_folder ? download_folder(download, path, local, depth + 1) : download_file(download, path, local);
}

static enum status download_folder(struct download *download, str path, const char *to, int depth)
{
    CLEANUP(buf_done) struct buf body;
    struct json_reader json;
    str key, field;
    buf_init(&body, ANSWER_BYTES_MAX);
    if (depth > DEPTH_MAX)
        return error_set(download->err, ERR_LIMIT, "the model's folders are deeper than %d", DEPTH_MAX);
    TRY(file_make_folders(to, download->err));
    str url = arena_printf(download->arena, "/api/2.0/mlflow-artifacts/artifacts?path=%.*s",
                           STR_ARG(encode(path, "/", download->arena)));
    TRY(call(download->source, url.data, TIMEOUT_MS, &body, download->arena, download->err));
    json_reader_init(&json, buf_str(&body), download->arena, download->err);
    TRY(json_enter_object(&json));
    while (json_next_member(&json, &key)) {
        if (!str_equal(key, STR("files")))
            continue;
        for (json_enter_array(&json); json_next_element(&json);) {
            str name = { 0 };
            bool is_folder = false;
            for (json_enter_object(&json); json_next_member(&json, &field);)
                if (str_equal(field, STR("path")))
                    TRY(json_take_str(&json, &name));
                else if (str_equal(field, STR("is_dir")))
                    TRY(json_take_bool(&json, &is_folder));
            TRY(json_status(&json));
            TRY(download_entry(download, path, name, is_folder, to, depth));
        }
    }
    return json_finish(&json);
}

/* The proxy's path of "mlflow-artifacts:/P" and "mlflow-artifacts://host/P". */
static bool proxied_path(str uri, str *ret_path)
{
    str scheme = STR("mlflow-artifacts:");
    if (!str_has_prefix(uri, scheme))
        return false;
    str rest = str_slice(uri, scheme.size, uri.size);
    if (str_has_prefix(rest, STR("//"))) {
        rest = str_slice(rest, 2, rest.size);
        rest = str_slice(rest, str_find(rest, '/'), rest.size);
    }
    while (str_has_prefix(rest, STR("/")))
        rest = str_slice(rest, 1, rest.size);
    *ret_path = rest;
    return is_safe(rest);
}

static enum status download_uri(struct mlflow_source *source, const struct model_location *location, struct arena *arena,
                                str *ret_uri, struct error *err)
{
    CLEANUP(buf_done) struct buf body;
    struct json_reader json;
    str key, uri = { 0 };
    buf_init(&body, ANSWER_BYTES_MAX);
    str path = arena_printf(arena, "/api/2.0/mlflow/model-versions/get-download-uri?name=%.*s&version=%.*s",
                            STR_ARG(encode(location->name, "", arena)), STR_ARG(encode(location->version, "", arena)));
    TRY(call(source, path.data, TIMEOUT_MS, &body, arena, err));
    json_reader_init(&json, buf_str(&body), arena, err);
    TRY(json_enter_object(&json));
    while (json_next_member(&json, &key))
        if (str_equal(key, STR("artifact_uri")))
            TRY(json_take_str(&json, &uri));
    TRY(json_finish(&json));
    *ret_uri = arena_copy(arena, uri);
    return OK;
}

static enum status fetch(struct model_source *self, const struct model_location *location, struct arena *arena,
                         const char **ret_folder, struct error *err)
{
    struct mlflow_source *source = (struct mlflow_source *)self;
    str uri, path;
    TRY(download_uri(source, location, arena, &uri, err));
    if (str_has_prefix(uri, STR("file://")))
        uri = arena_copy(arena, str_slice(uri, 7, uri.size));
    if (str_has_prefix(uri, STR("/"))) { /* a server on this machine that keeps files itself */
        *ret_folder = uri.data;
        return OK;
    }
    if (!proxied_path(uri, &path))
        return error_set(err, ERR_INVALID, "the model lies at %.*s; files of an MLflow server are read through its artifact "
                                           "proxy (mlflow-artifacts:)", STR_ARG(uri));
    unsigned long long hash = hash_bytes(uri, 0);
    const char *folder = arena_printf(arena, "%s/%016llx", source->folder, hash).data;
    *ret_folder = folder;
    if (file_exists(folder))
        return OK;
    struct download download = { .source = source, .arena = arena, .err = err };
    const char *partial = arena_printf(arena, "%s/%016llx.partial", source->folder, hash).data;
    TRY(download_folder(&download, path, partial, 0));
    if (rename(partial, folder) != 0)
        return error_set(err, ERR_UNAVAILABLE, "rename %s to %s: %m", partial, folder);
    return OK;
}

/* ---- life ---- */

static uint64_t revision(struct model_source *self)
{
    (void)self;
    return 0; /* it does not tell */
}

static void free_source(struct model_source *self)
{
    struct mlflow_source *source = (struct mlflow_source *)self;
    http_client_free(source->client);
    pthread_mutex_destroy(&source->lock);
    secret_done(&source->token);
    mem_free(source->url);
    mem_free(source->folder);
    mem_free(source);
}

static const struct model_source_methods methods = { resolve, fetch, list, revision, free_source };

enum status model_source_mlflow(str url, str token, const char *folder, struct model_source **ret_source, struct error *err)
{
    struct arena arena;
    if (!str_has_prefix(url, STR("http://")) && !str_has_prefix(url, STR("https://")))
        return error_set(err, ERR_INVALID, "registry: \"%.*s\" is no http:// or https:// address", STR_ARG(url));
    while (str_has_suffix(url, STR("/")))
        url = str_slice(url, 0, url.size - 1);
    TRY(file_make_folders(folder, err));
    struct mlflow_source *source = mem_must(sizeof *source);
    arena_init(&arena, 0);
    source->base.methods = &methods;
    source->url = mem_copy_text(arena_copy(&arena, url).data);
    source->folder = mem_copy_text(folder);
    arena_done(&arena);
    secret_init(&source->token, token);
    pthread_mutex_init(&source->lock, NULL);
    source->client = http_client_new();
    *ret_source = &source->base;
    return OK;
}
