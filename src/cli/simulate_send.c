#include "cli/simulate_send.h"

#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "format/json.h"

#define ANSWER_BYTES_MAX ((size_t)64 << 20)
#define CALL_TIMEOUT_MS 120000
#define WAIT_DEFAULT_MS 1000
#define START_WAIT_MS 100
#define WAIT_TOTAL_MAX_MS 60000
#define NS_PER_MS 1000000
#define NS_PER_S 1000000000
#define ERROR_TEXT_MAX 300

/* Everything but RFC 3986's unreserved characters, so that any name fits one path segment. */
static void append_encoded(struct buf *url, str name)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    for (size_t i = 0; i < name.size; i++) {
        if (str_find(STR(plain), name.data[i]) < sizeof plain - 1)
            buf_append_byte(url, name.data[i]);
        else
            buf_printf(url, "%%%02X", (unsigned)(unsigned char)name.data[i]);
    }
}

void simulate_sender_init(struct simulate_sender *sender, const struct simulate_options *options, struct arena *arena,
                          const volatile sig_atomic_t *is_stopped)
{
    *sender = (struct simulate_sender){ .client = http_client_new(), .ca_file = options->ca_file,
                                        .patience_ms = options->wait_ms, .is_stopped = is_stopped };
    buf_init(&sender->answer, ANSWER_BYTES_MAX);
    struct buf url;
    buf_init(&url, ANSWER_BYTES_MAX);
    buf_printf(&url, "%.*s/models/", STR_ARG(options->url));
    append_encoded(&url, options->model);
    sender->base_url = arena_copy(arena, buf_str(&url)).data;
    buf_done(&url);
    const char *token = getenv("KEDGE_TOKEN");
    sender->token = token && token[0] ? token : NULL;
}

void simulate_sender_done(struct simulate_sender *sender)
{
    http_client_free(sender->client);
    buf_done(&sender->answer);
}

void simulate_wait_until(int64_t due_ns, const volatile sig_atomic_t *is_stopped)
{
    struct timespec due = { .tv_sec = (time_t)(due_ns / NS_PER_S), .tv_nsec = (long)(due_ns % NS_PER_S) };
    /* A signal ends the sleep; which one decides whether to go on. */
    while (!*is_stopped && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) != 0)
        continue;
}

/* {"error": {"code": "...", "message": "..."}}: the message, else the beginning of whatever came. */
static str server_words(str answer, struct arena *arena)
{
    struct json_reader json;
    json_reader_init(&json, answer, arena, NULL);
    str key, message = { 0 };
    json_enter_object(&json);
    while (json_next_member(&json, &key)) {
        if (!str_equal(key, STR("error")) || json_peek(&json) != JSON_OBJECT)
            continue;
        json_enter_object(&json);
        while (json_next_member(&json, &key))
            if (str_equal(key, STR("message")))
                json_take_str(&json, &message);
    }
    return json_finish(&json) == OK && message.size ? message : str_trim(str_slice(answer, 0, ERROR_TEXT_MAX));
}

static enum status refuse(const struct simulate_sender *sender, const char *path, int code, struct error *err)
{
    struct arena arena;
    arena_init(&arena, 0);
    str words = server_words(buf_str(&sender->answer), &arena);
    error_set(err, ERR_INVALID, "%s%s answered %d: %.*s", sender->base_url, path, code, STR_ARG(words));
    arena_done(&arena);
    return ERR_INVALID;
}

/* Waits before the next try and returns for how long. */
static int64_t wait_for_server(struct simulate_sender *sender, bool is_busy)
{
    int64_t wait_ms = is_busy ? http_client_retry_after_ms(sender->client) : 0;
    if (wait_ms == 0)
        wait_ms = sender->has_answered || is_busy ? WAIT_DEFAULT_MS : START_WAIT_MS;
    sender->waits += is_busy;
    simulate_wait_until(clock_monotonic_ns() + wait_ms * NS_PER_MS, sender->is_stopped);
    return wait_ms;
}

enum status simulate_post(struct simulate_sender *sender, const char *path, str body, const char *content_type,
                          struct error *err)
{
    char url[4096];
    int size = snprintf(url, sizeof url, "%s%s", sender->base_url, path);
    if (size < 0 || (size_t)size >= sizeof url)
        return error_set(err, ERR_INVALID, "the URL is longer than %zu bytes", sizeof url);
    struct http_call call = { .method = "POST", .url = url, .body = body, .content_type = content_type,
                              .bearer_token = sender->token, .ca_file = sender->ca_file, .timeout_ms = CALL_TIMEOUT_MS };
    int64_t waited_ms = 0;
    for (;;) {
        int code = 0;
        struct error lost = { 0 };
        buf_clear(&sender->answer);
        enum status status = http_client_call(sender->client, &call, &sender->answer, &code, &lost);
        if (status != OK && status != ERR_UNAVAILABLE)
            return error_set(err, status, "%s", lost.cause);
        if (status == OK && code / 100 == 2) {
            sender->has_answered = true;
            return OK;
        }
        bool is_busy = status == OK && (code == 429 || code == 503);
        if (status == OK && !is_busy)
            return refuse(sender, path, code, err);
        if (*sender->is_stopped)
            return error_set(err, ERR_UNAVAILABLE, "stopped while the server did not take %s", path);
        int64_t patience_ms = sender->has_answered || is_busy ? WAIT_TOTAL_MAX_MS : sender->patience_ms;
        if (waited_ms >= patience_ms && is_busy)
            return error_set(err, ERR_LIMIT, "%s answered %d for %lld s", url, code, (long long)patience_ms / 1000);
        if (waited_ms >= patience_ms)
            return error_set(err, status, "%s (is `kedge serve` running there?)", lost.cause);
        waited_ms += wait_for_server(sender, is_busy);
    }
}
