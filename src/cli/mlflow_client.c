#include "cli/mlflow_client.h"

#include "base/file.h"

#define BODY_BYTES_MAX ((size_t)64 << 20)
#define ARTIFACT_BYTES_MAX ((size_t)2 << 30)
#define PARAMETERS_A_BATCH 100
#define METRICS_A_BATCH 1000
#define US_PER_MS 1000

enum status mlflow_get(const struct mlflow_client *client, const char *call, str query, str *ret_body, struct error *err)
{
    str target = arena_printf(client->arena, MLFLOW_API "%s?%.*s", call, STR_ARG(query));
    return service_ask(client->service, "GET", target.data, (str){ 0 }, client->arena, ret_body, err);
}

enum status mlflow_send(const struct mlflow_client *client, const char *method, const char *call, str body, str *ret_body,
                        struct error *err)
{
    str answer, target = arena_printf(client->arena, MLFLOW_API "%s", call);
    return service_ask(client->service, method, target.data, body, client->arena, ret_body != NULL ? ret_body : &answer, err);
}

/* ---- reading ---- */

static enum status take_text(struct json_reader *json, str *ret_value)
{
    return json_peek(json) == JSON_STRING ? json_take_str(json, ret_value) : json_take_raw(json, ret_value);
}

static void find(struct json_reader *json, str path, str *ret_value)
{
    str key;
    size_t end = str_find(path, '.');
    if (json_peek(json) != JSON_OBJECT) {
        json_skip_value(json);
        return;
    }
    json_enter_object(json);
    while (json_next_member(json, &key)) {
        if (!str_equal(key, str_slice(path, 0, end)))
            continue;
        if (end == path.size)
            take_text(json, ret_value);
        else
            find(json, str_slice(path, end + 1, path.size), ret_value);
    }
}

enum status mlflow_value_at(const struct mlflow_client *client, str text, const char *path, str *ret_value, struct error *err)
{
    struct json_reader json;
    json_reader_init(&json, text, client->arena, err);
    *ret_value = (str){ 0 };
    find(&json, str_of(path), ret_value);
    return json_finish(&json);
}

/* As mlflow_value_at, where a server must have said it. */
static enum status require(const struct mlflow_client *client, str text, const char *path, str *ret_value, struct error *err)
{
    TRY(mlflow_value_at(client, text, path, ret_value, err));
    return str_is_empty(*ret_value) ? error_set(err, ERR_CORRUPT, "the server's answer has no %s", path) : OK;
}

/* ---- writing ---- */

struct body {
    struct buf text;
    struct json_writer json;
};

static void body_begin(struct body *body)
{
    buf_init(&body->text, BODY_BYTES_MAX);
    json_writer_init(&body->json, &body->text, JSON_COMPACT);
    json_begin_object(&body->json);
}

static enum status body_send(struct body *body, const struct mlflow_client *client, const char *call, str *ret_answer,
                             struct error *err)
{
    json_end_object(&body->json);
    enum status status = json_writer_end(&body->json) ? mlflow_send(client, "POST", call, buf_str(&body->text), ret_answer, err)
                                                      : error_set(err, ERR_LIMIT, "%s: the request is too large", call);
    buf_done(&body->text);
    return status;
}

/* ---- runs ---- */

enum status mlflow_experiment(const struct mlflow_client *client, str name, str *ret_id, struct error *err)
{
    str answer;
    struct body body;
    struct error absent = { 0 };
    str query = arena_printf(client->arena, "experiment_name=%.*s", STR_ARG(service_quote(name, client->arena)));
    enum status status = mlflow_get(client, "experiments/get-by-name", query, &answer, &absent);
    if (status == OK)
        return require(client, answer, "experiment.experiment_id", ret_id, err);
    if (status != ERR_NOT_FOUND)
        return error_set(err, status, "%s", absent.cause);
    body_begin(&body);
    json_str(&body.json, "name", name);
    TRY(body_send(&body, client, "experiments/create", &answer, err));
    return require(client, answer, "experiment_id", ret_id, err);
}

enum status mlflow_run_begin(const struct mlflow_client *client, str experiment_id, str name, int64_t now_us,
                             struct mlflow_run *ret_run, struct error *err)
{
    str answer;
    struct body body;
    body_begin(&body);
    json_str(&body.json, "experiment_id", experiment_id);
    if (!str_is_empty(name))
        json_str(&body.json, "run_name", name);
    json_i64(&body.json, "start_time", now_us / US_PER_MS);
    TRY(body_send(&body, client, "runs/create", &answer, err));
    TRY(require(client, answer, "run.info.run_id", &ret_run->run_id, err));
    return require(client, answer, "run.info.artifact_uri", &ret_run->artifact_uri, err);
}

enum status mlflow_run_end(const struct mlflow_client *client, const struct mlflow_run *run, const char *run_status,
                           int64_t now_us, struct error *err)
{
    struct body body;
    body_begin(&body);
    json_str(&body.json, "run_id", run->run_id);
    json_text(&body.json, "status", run_status);
    json_i64(&body.json, "end_time", now_us / US_PER_MS);
    return body_send(&body, client, "runs/update", NULL, err);
}

enum status mlflow_log_parameters(const struct mlflow_client *client, const struct mlflow_run *run,
                                  const struct mlflow_pair *pairs, size_t count, struct error *err)
{
    for (size_t from = 0; from < count; from += PARAMETERS_A_BATCH) {
        struct body body;
        body_begin(&body);
        json_str(&body.json, "run_id", run->run_id);
        json_array(&body.json, "params");
        for (size_t i = from; i < count && i < from + PARAMETERS_A_BATCH; i++) {
            json_begin_object(&body.json);
            json_text(&body.json, "key", pairs[i].key);
            json_str(&body.json, "value", pairs[i].value);
            json_end_object(&body.json);
        }
        json_end_array(&body.json);
        TRY(body_send(&body, client, "runs/log-batch", NULL, err));
    }
    return OK;
}

enum status mlflow_log_metrics(const struct mlflow_client *client, const struct mlflow_run *run,
                               const struct mlflow_pair *pairs, size_t count, int64_t now_us, struct error *err)
{
    for (size_t from = 0; from < count; from += METRICS_A_BATCH) {
        struct body body;
        body_begin(&body);
        json_str(&body.json, "run_id", run->run_id);
        json_array(&body.json, "metrics");
        for (size_t i = from; i < count && i < from + METRICS_A_BATCH; i++) {
            json_begin_object(&body.json);
            json_text(&body.json, "key", pairs[i].key);
            json_f64(&body.json, "value", pairs[i].number);
            json_i64(&body.json, "timestamp", now_us / US_PER_MS);
            json_i64(&body.json, "step", 0);
            json_end_object(&body.json);
        }
        json_end_array(&body.json);
        TRY(body_send(&body, client, "runs/log-batch", NULL, err));
    }
    return OK;
}

enum status mlflow_set_tag(const struct mlflow_client *client, const struct mlflow_run *run, const char *key, str value,
                           struct error *err)
{
    struct body body;
    body_begin(&body);
    json_str(&body.json, "run_id", run->run_id);
    json_text(&body.json, "key", key);
    json_str(&body.json, "value", value);
    return body_send(&body, client, "runs/set-tag", NULL, err);
}

enum status mlflow_put_file(const struct mlflow_client *client, const struct mlflow_run *run, const char *path,
                            const char *file, struct error *err)
{
    static const char scheme[] = "mlflow-artifacts:/";
    str answer, place = run->artifact_uri;
    if (!str_has_prefix(place, str_of(scheme)))
        return error_set(err, ERR_UNAVAILABLE, "artifacts go to %.*s, which only Python's client reaches: start the server "
                         "with --serve-artifacts", STR_ARG(place));
    struct buf content;
    buf_init(&content, ARTIFACT_BYTES_MAX);
    enum status status = file_read(file, &content, err);
    str target = arena_printf(client->arena, "/api/2.0/mlflow-artifacts/artifacts/%.*s/%s",
                              STR_ARG(str_slice(place, sizeof scheme - 1, place.size)), path);
    if (status == OK)
        status = service_send(client->service, "PUT", target.data, "application/octet-stream", buf_str(&content), client->arena,
                              &answer, err);
    buf_done(&content);
    return status;
}

/* ---- models ---- */

enum status mlflow_register(const struct mlflow_client *client, str name, const struct mlflow_run *run, const char *path,
                            str *ret_version, struct error *err)
{
    str answer, query = arena_printf(client->arena, "name=%.*s", STR_ARG(service_quote(name, client->arena)));
    struct body body;
    struct error absent = { 0 };
    enum status status = mlflow_get(client, "registered-models/get", query, &answer, &absent);
    if (status == ERR_NOT_FOUND) {
        body_begin(&body);
        json_str(&body.json, "name", name);
        TRY(body_send(&body, client, "registered-models/create", NULL, err));
    } else if (status != OK) {
        return error_set(err, status, "%s", absent.cause);
    }
    body_begin(&body);
    json_str(&body.json, "name", name);
    json_str(&body.json, "source", arena_printf(client->arena, "%.*s/%s", STR_ARG(run->artifact_uri), path));
    json_str(&body.json, "run_id", run->run_id);
    TRY(body_send(&body, client, "model-versions/create", &answer, err));
    return require(client, answer, "model_version.version", ret_version, err);
}

enum status mlflow_promote(const struct mlflow_client *client, str name, str version, str stage, struct error *err)
{
    struct body body;
    body_begin(&body);
    json_str(&body.json, "name", name);
    json_str(&body.json, "version", version);
    json_str(&body.json, "stage", stage);
    json_bool(&body.json, "archive_existing_versions", !str_equal(stage, STR("Archived")) && !str_equal(stage, STR("None")));
    return body_send(&body, client, "model-versions/transition-stage", NULL, err);
}
