#include "cli/service.h"

#include <ctype.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/serve_stack.h"
#include "format/json.h"
#include "net/http_client.h"
#include "net/http_loopback.h"

#define ANSWER_BYTES_MAX ((size_t)1 << 30)
#define URL_BYTES_MAX 4096
#define ASK_TIMEOUT_MS (30 * 60 * 1000) /* a backfill of years takes its time */

/* One of the two: a client with a URL, or a stack of our own. */
struct service {
    struct http_client *client;
    char url[URL_BYTES_MAX];
    char ca_file[URL_BYTES_MAX]; /* empty: whom the system trusts */
    bool is_own_certificate;     /* that of the server which has our folder */
    struct secret token;
    bool has_stack;
    struct serve_stack stack;
};

enum status service_apply_url(void *context, str value, struct error *err)
{
    (void)err;
    ((struct service_place *)context)->url = value.data; /* a word of the command line: terminated, stays */
    return OK;
}

enum status service_apply_ca(void *context, str value, struct error *err)
{
    (void)err;
    ((struct service_place *)context)->ca_file = value.data;
    return OK;
}

enum status service_apply_config(void *context, str value, struct error *err)
{
    (void)err;
    ((struct service_place *)context)->config_path = value.data;
    return OK;
}

enum status service_apply_data_dir(void *context, str value, struct error *err)
{
    (void)err;
    ((struct service_place *)context)->data_dir = value.data;
    return OK;
}

/* The URL that a server left in the folder, and its certificate; false where none did. */
static bool read_url(struct service *service, str data_dir)
{
    char path[URL_BYTES_MAX];
    CLEANUP(buf_done) struct buf content;
    buf_init(&content, URL_BYTES_MAX - 1);
    (void)snprintf(path, sizeof path, "%.*s/" SERVICE_URL_FILE, STR_ARG(data_dir));
    if (file_read(path, &content, NULL) != OK)
        return false;
    (void)snprintf(service->url, sizeof service->url, "%.*s", STR_ARG(str_trim(buf_str(&content))));
    (void)snprintf(path, sizeof path, "%.*s/" SERVICE_CERTIFICATE_FILE, STR_ARG(data_dir));
    service->is_own_certificate = str_has_prefix(str_of(service->url), STR("https:")) && file_exists(path);
    if (service->is_own_certificate)
        (void)snprintf(service->ca_file, sizeof service->ca_file, "%s", path);
    return service->url[0] != '\0';
}

/* Whether somebody answers there: a server that was killed leaves its file behind. */
static bool is_answering(struct service *service)
{
    struct arena arena;
    str body;
    arena_init(&arena, 0);
    bool is_there = service_ask(service, "GET", "/-/healthy", (str){ 0 }, &arena, &body, NULL) != ERR_UNAVAILABLE;
    arena_done(&arena);
    return is_there;
}

static enum status open_own(struct service *service, struct config *config, struct error *err)
{
    struct log_options quiet = log_defaults;
    struct serve_stack_options options = { .has_scheduler = false };
    char folder[URL_BYTES_MAX];
    (void)snprintf(folder, sizeof folder, "%.*s", STR_ARG(config->data_dir));
    if (!file_exists(folder)) {
        config_free(config);
        return error_set(err, ERR_NOT_FOUND, "%s: there is no data folder, and no --url was given", folder);
    }
    quiet.level_min = LOG_LEVEL_WARN;
    log_configure(&quiet);
    service->has_stack = true;
    return serve_stack_open(config, &options, &service->stack, err);
}

static enum status open_place(struct service *service, const struct service_place *place, struct error *err)
{
    struct config *config = NULL;
    TRY(config_load(place->config_path, environ, &config, NULL, err));
    secret_init(&service->token, secret_reveal(&config->token));
    if (place->data_dir != NULL)
        config->data_dir = str_of(place->data_dir);
    service->client = http_client_new();
    (void)snprintf(service->ca_file, sizeof service->ca_file, "%s", place->ca_file != NULL ? place->ca_file : "");
    if (place->url != NULL) {
        (void)snprintf(service->url, sizeof service->url, "%s", place->url);
        config_free(config);
        return OK;
    }
    if (read_url(service, config->data_dir) && is_answering(service)) {
        config_free(config);
        return OK;
    }
    return open_own(service, config, err);
}

enum status service_open(const struct service_place *place, struct service **ret_service, struct error *err)
{
    struct service *service = mem_must(sizeof *service);
    enum status status = open_place(service, place, err);
    if (status != OK) {
        service_close(service);
        return status;
    }
    *ret_service = service;
    return OK;
}

void service_close(struct service *service)
{
    if (service == NULL)
        return;
    if (service->has_stack)
        serve_stack_close(&service->stack);
    http_client_free(service->client);
    secret_done(&service->token);
    mem_free(service);
}

/* The message of {"error": {"message"}} or of MLflow's {"error_code", "message"}, or the body itself. */
static str message_of(str body, struct arena *arena)
{
    struct json_reader json;
    str name, inner, message = body;
    json_reader_init(&json, body, arena, NULL);
    json_enter_object(&json);
    while (json_next_member(&json, &name)) {
        if (str_equal(name, STR("message")))
            json_take_str(&json, &message);
        if (!str_equal(name, STR("error")) || json_enter_object(&json) != OK)
            continue;
        while (json_next_member(&json, &inner))
            if (str_equal(inner, STR("message")))
                json_take_str(&json, &message);
    }
    return message;
}

static enum status judge(int code, str body, struct arena *arena, struct error *err)
{
    if (code < 400)
        return OK;
    str message = message_of(body, arena);
    enum status status = code == 404 ? ERR_NOT_FOUND : code < 500 ? ERR_INVALID : ERR_UNAVAILABLE;
    return error_set(err, status, "%.*s", STR_ARG(message));
}

static enum status ask_server(struct service *service, const char *method, const char *target, const char *content_type,
                              str body, struct arena *arena, str *ret_body, struct error *err)
{
    char url[2 * URL_BYTES_MAX];
    int code = 0;
    if ((size_t)snprintf(url, sizeof url, "%s%s", service->url, target) >= sizeof url)
        return error_set(err, ERR_LIMIT, "the URL is too long");
    struct http_call call = { .method = method, .url = url, .body = body, .content_type = content_type,
                              .timeout_ms = ASK_TIMEOUT_MS };
    call.ca_file = service->ca_file[0] != '\0' ? service->ca_file : NULL;
    call.trusts_any_name = service->is_own_certificate;
    call.bearer_token = secret_is_empty(&service->token) ? NULL : secret_reveal(&service->token).data;
    CLEANUP(buf_done) struct buf answer;
    buf_init(&answer, ANSWER_BYTES_MAX);
    TRY(http_client_call(service->client, &call, &answer, &code, err));
    *ret_body = arena_copy(arena, buf_str(&answer));
    return judge(code, *ret_body, arena, err);
}

static enum status ask_own(struct service *service, const char *method, const char *target, const char *content_type,
                           str body, struct arena *arena, str *ret_body, struct error *err)
{
    struct http_loopback_call call = { .method = method, .target = target, .body = body };
    call.headers[0] = (struct http_header){ STR("Content-Type"), str_of(content_type != NULL ? content_type : "application/json") };
    if (!secret_is_empty(&service->token)) {
        str bearer = arena_printf(arena, "Bearer %s", secret_reveal(&service->token).data);
        call.headers[1] = (struct http_header){ STR("Authorization"), bearer };
    }
    struct http_loopback_answer answer = http_loopback(api_handle, service->stack.api, &call, arena);
    *ret_body = answer.body;
    return judge(answer.status_code, answer.body, arena, err);
}

enum status service_send(struct service *service, const char *method, const char *target, const char *content_type, str body,
                         struct arena *arena, str *ret_body, struct error *err)
{
    return service->has_stack ? ask_own(service, method, target, content_type, body, arena, ret_body, err)
                              : ask_server(service, method, target, content_type, body, arena, ret_body, err);
}

enum status service_ask(struct service *service, const char *method, const char *target, str body, struct arena *arena,
                        str *ret_body, struct error *err)
{
    return service_send(service, method, target, NULL, body, arena, ret_body, err);
}

str service_quote(str text, struct arena *arena)
{
    static const char digits[] = "0123456789ABCDEF";
    char *out = arena_alloc(arena, text.size * 3 + 1);
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (isalnum(byte) || byte == '-' || byte == '.' || byte == '_' || byte == '~') {
            out[size++] = (char)byte;
        } else {
            out[size++] = '%';
            out[size++] = digits[byte >> 4];
            out[size++] = digits[byte & 15];
        }
    }
    return (str){ out, size };
}
