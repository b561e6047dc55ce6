#include "cli/model_fetch.h"

#include "base/file.h"

#define SCHEME "mlflow-artifacts:/"

static enum status download_file(const struct mlflow_client *client, str place, str relative, str folder, struct error *err)
{
    str content, target = arena_printf(client->arena, "/api/2.0/mlflow-artifacts/artifacts/%.*s/%.*s", STR_ARG(place),
                                       STR_ARG(relative));
    TRY(service_ask(client->service, "GET", target.data, (str){ 0 }, client->arena, &content, err));
    return file_write(arena_printf(client->arena, "%.*s/%.*s", STR_ARG(folder), STR_ARG(relative)).data, content, err);
}

static bool is_safe_name(str name)
{
    return name.size > 0 && str_find(name, '/') == name.size && !str_equal(name, STR("..")) && !str_equal(name, STR("."));
}

/* Files below `place`/`below`, folder by folder. The server chooses the names: none may lead out of `folder`. */
static enum status download_folder(const struct mlflow_client *client, str place, str below, str folder, struct error *err)
{
    struct json_reader json;
    struct arena *arena = client->arena;
    str answer, key, listed = below.size == 0 ? place : arena_printf(arena, "%.*s/%.*s", STR_ARG(place), STR_ARG(below));
    str target = arena_printf(arena, "/api/2.0/mlflow-artifacts/artifacts?path=%.*s", STR_ARG(service_quote(listed, arena)));
    TRY(file_make_folders(arena_printf(arena, "%.*s/%.*s", STR_ARG(folder), STR_ARG(below)).data, err));
    TRY(service_ask(client->service, "GET", target.data, (str){ 0 }, arena, &answer, err));
    json_reader_init(&json, answer, arena, err);
    json_enter_object(&json);
    while (json_next_member(&json, &key)) {
        if (!str_equal(key, STR("files")))
            continue;
        for (json_enter_array(&json); json_next_element(&json);) {
            str member, name = { 0 };
            bool is_folder = false;
            json_enter_object(&json);
            while (json_next_member(&json, &member)) {
                if (str_equal(member, STR("path")))
                    json_take_str(&json, &name);
                else if (str_equal(member, STR("is_dir")))
                    json_take_bool(&json, &is_folder);
            }
            if (!is_safe_name(name))
                return error_set(err, ERR_INVALID, "the server lists a file called %.*s", STR_ARG(name));
            str relative = below.size == 0 ? name : arena_printf(arena, "%.*s/%.*s", STR_ARG(below), STR_ARG(name));
            TRY(is_folder ? download_folder(client, place, relative, folder, err)
                          : download_file(client, place, relative, folder, err));
        }
    }
    return json_finish(&json);
}

static void take_newest(struct json_reader *json, str *ret_version)
{
    str key;
    for (json_enter_array(json); json_next_element(json);) {
        json_enter_object(json);
        while (json_next_member(json, &key))
            if (str_equal(key, STR("version")))
                json_take_str(json, ret_version);
    }
}

static enum status newest_version(const struct mlflow_client *client, str name, str *ret_version, struct error *err)
{
    struct json_reader json;
    str answer, key, filter = arena_printf(client->arena, "name='%.*s'", STR_ARG(name));
    str query = arena_printf(client->arena, "filter=%.*s&order_by=version_number%%20DESC&max_results=1",
                             STR_ARG(service_quote(filter, client->arena)));
    TRY(mlflow_get(client, "model-versions/search", query, &answer, err));
    *ret_version = (str){ 0 };
    json_reader_init(&json, answer, client->arena, err);
    json_enter_object(&json);
    while (json_next_member(&json, &key))
        if (str_equal(key, STR("model_versions")))
            take_newest(&json, ret_version);
    TRY(json_finish(&json));
    if (!str_is_empty(*ret_version))
        return OK;
    return error_set(err, ERR_NOT_FOUND, "model %.*s is not registered, or has no versions", STR_ARG(name));
}

enum status model_fetch(const struct mlflow_client *client, str name, str version, str folder, str *ret_version, struct error *err)
{
    str answer, uri;
    if (str_is_empty(version))
        TRY(newest_version(client, name, &version, err));
    str query = arena_printf(client->arena, "name=%.*s&version=%.*s", STR_ARG(service_quote(name, client->arena)),
                             STR_ARG(service_quote(version, client->arena)));
    TRY(mlflow_get(client, "model-versions/get-download-uri", query, &answer, err));
    TRY(mlflow_value_at(client, answer, "artifact_uri", &uri, err));
    if (!str_has_prefix(uri, STR(SCHEME)))
        return error_set(err, ERR_UNAVAILABLE, "its files are at %.*s, not on this server", STR_ARG(uri));
    *ret_version = version;
    return download_folder(client, str_slice(uri, sizeof SCHEME - 1, uri.size), STR(""), folder, err);
}
