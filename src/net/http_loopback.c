#include "net/http_loopback.h"

#include <pthread.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "net/http_router.h"

/* A request on the caller's stack, and the flag that its completion sets. */
struct loopback {
    struct http_request request;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_complete;
};

static void complete(struct http_request *request)
{
    struct loopback *loopback = (struct loopback *)(void *)((char *)request - offsetof(struct loopback, request));
    pthread_mutex_lock(&loopback->lock);
    loopback->is_complete = true;
    pthread_cond_signal(&loopback->changed);
    pthread_mutex_unlock(&loopback->lock);
}

static void wait_for(struct loopback *loopback)
{
    pthread_mutex_lock(&loopback->lock);
    while (!loopback->is_complete)
        pthread_cond_wait(&loopback->changed, &loopback->lock);
    pthread_mutex_unlock(&loopback->lock);
}

static str body_of(const struct http_response *response, struct arena *arena)
{
    if (response->file_path != NULL) {
        struct buf content;
        buf_init(&content, HTTP_RESPONSE_BYTES_MAX);
        str copy = { 0 };
        if (file_read(response->file_path, &content, NULL) == OK)
            copy = arena_copy(arena, buf_str(&content));
        buf_done(&content);
        return copy;
    }
    return arena_copy(arena, response->static_body.size > 0 ? response->static_body : buf_str(&response->body));
}

static struct http_loopback_answer answer_of(const struct http_response *response, struct arena *arena)
{
    struct http_loopback_answer answer = {
        .status_code = response->status_code,
        .content_type = str_of(response->content_type),
        .body = body_of(response, arena),
        .header_count = response->header_count,
    };
    for (size_t i = 0; i < response->header_count; i++) {
        answer.headers[i].name = response->headers[i].name;
        answer.headers[i].value = arena_copy(arena, response->headers[i].value);
    }
    return answer;
}

/* Writes the body where the head handler wants it. True when that failed, and the answer says so. */
static bool spool_body(struct http_request *request)
{
    struct error err = { 0 };
    str body = request->body;
    request->body = (str){ 0 };
    if (body.size > request->body_file_bytes_max)
        http_respond_error(request->response, 413, "too_large", "the body is too long");
    else if (file_write(request->body_file, body, &err) != OK)
        http_respond_error(request->response, 503, "unavailable", err.cause);
    return request->response->status_code != 0;
}

struct http_loopback_answer http_loopback(http_handler *handler, void *self, const struct http_loopback_call *call,
                                          struct arena *arena)
{
    struct arena own;
    arena_init(&own, HTTP_ARENA_BYTES_MAX);
    struct http_response response;
    http_response_init(&response);
    str target = str_of(call->target);
    size_t question = str_find(target, '?');
    struct loopback loopback = {
        .request = {
            .method = call->method != NULL ? str_of(call->method) : STR("GET"),
            .path = str_slice(target, 0, question),
            .query = str_slice(target, question + 1, target.size),
            .body = call->body,
            .headers = call->headers,
            .peer = STR("loopback"),
            .arrived_ns = clock_monotonic_ns(),
            .arena = &own,
            .response = &response,
            .on_complete = complete,
        },
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .changed = PTHREAD_COND_INITIALIZER,
    };
    while (loopback.request.header_count < HTTP_HEADERS_MAX &&
           !str_is_empty(call->headers[loopback.request.header_count].name))
        loopback.request.header_count++;

    struct http_request *request = &loopback.request;
    bool is_answered = call->head != NULL && call->head(self, request);
    if (!is_answered && request->body_file != NULL)
        is_answered = spool_body(request);
    if (!is_answered && handler(self, request) == HTTP_DEFERRED)
        wait_for(&loopback);
    if (request->body_file != NULL)
        (void)unlink(request->body_file); /* gone already where somebody kept it */
    struct http_loopback_answer answer = answer_of(&response, arena);
    http_response_done(&response);
    arena_done(&own);
    return answer;
}

str http_loopback_header(const struct http_loopback_answer *answer, const char *name)
{
    for (size_t i = 0; i < answer->header_count; i++)
        if (str_equal_ignoring_case(answer->headers[i].name, str_of(name)))
            return answer->headers[i].value;
    return (str){ 0 };
}
