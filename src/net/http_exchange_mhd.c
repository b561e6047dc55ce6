/* One request and its response between libmicrohttpd and the handler.
 *
 *     begin (request line) -> access (headers): head -> access* (body) -> access (end): handler
 *        answered: the response is queued at once
 *        deferred: suspend ... http_request_complete() resumes -> access: the response is queued
 *     -> completed: the exchange is empty again, for the connection's next request
 *
 * The handler hands the request to another thread before it returns "deferred", so the completion may
 * come before the suspension. `state` decides: whoever comes second resumes. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/number.h"
#include "net/http_encoding.h"
#include "net/http_router.h"
#include "net/http_server_internal.h"

#define PEER_TEXT_MAX 64

/* A refused body of so many bytes is read before the answer: who is still sending when the line is closed sees it broken
 * and not the answer, and tries again. */
#define PASSED_OVER_BYTES_MAX ((uint64_t)4 << 20)

enum exchange_state { EXCHANGE_READING, EXCHANGE_RUNNING, EXCHANGE_SUSPENDED, EXCHANGE_COMPLETED };

/* A connection, and the one exchange that it has at a time (HTTP/1.1 has no more). */
struct http_exchange {
    struct http_server *server;
    struct MHD_Connection *connection;
    struct http_watched watched;
    char peer[PEER_TEXT_MAX];

    atomic_int state; /* acq_rel exchanges: the completing thread's response is seen by the sending one */
    bool has_begun, is_refused, is_reading, is_running, is_handling;
    struct http_request request;
    struct http_response response;
    struct http_header headers[HTTP_HEADERS_MAX];
    struct arena arena;
    struct buf body;
    int body_fd;               /* open for writing while a body goes to request.body_file; else -1 */
    size_t body_bytes_counted; /* in server->bodies_bytes */
};

static struct http_exchange *exchange_of(struct http_request *request)
{
    return (struct http_exchange *)(void *)((char *)request - offsetof(struct http_exchange, request));
}

/* ---- connections ---- */

static void print_peer(struct MHD_Connection *connection, char text[PEER_TEXT_MAX])
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    text[0] = '\0';
    if (info == NULL)
        return;
    socklen_t size = info->client_addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    if (getnameinfo(info->client_addr, size, text, PEER_TEXT_MAX, NULL, 0, NI_NUMERICHOST) != 0)
        text[0] = '\0';
}

void http_exchange_connected(void *self, struct MHD_Connection *connection, void **socket_context,
                             enum MHD_ConnectionNotificationCode code)
{
    struct http_server *server = self;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        struct http_exchange *exchange = mem_must(sizeof *exchange);
        exchange->server = server;
        exchange->connection = connection;
        exchange->watched.fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        print_peer(connection, exchange->peer);
        http_watchdog_add(server->watchdog, &exchange->watched);
        *socket_context = exchange;
    } else {
        struct http_exchange *exchange = *socket_context;
        http_watchdog_remove(server->watchdog, &exchange->watched);
        mem_free(exchange);
        *socket_context = NULL;
    }
}

/* ---- reading ---- */

/* The path and query of a target in origin or absolute form (RFC 9112 3.2). */
static void set_target(struct http_request *request, str target)
{
    size_t colon = str_find(target, ':');
    bool is_absolute = !str_has_prefix(target, STR("/")) && str_has_prefix(str_slice(target, colon, target.size), STR("://"));
    if (is_absolute) {
        str rest = str_slice(target, colon + 3, target.size);
        target = str_slice(rest, str_find(rest, '/'), rest.size);
    }
    size_t question = str_find(target, '?');
    request->path = str_slice(target, 0, question);
    request->query = str_slice(target, question + 1, target.size);
}

void *http_exchange_begin(void *self, const char *target, struct MHD_Connection *connection)
{
    (void)self;
    struct http_exchange *exchange =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    arena_init(&exchange->arena, HTTP_ARENA_BYTES_MAX);
    buf_init(&exchange->body, exchange->server->options.body_bytes_max);
    http_response_init(&exchange->response);
    atomic_store_explicit(&exchange->state, EXCHANGE_READING, memory_order_relaxed); /* one thread has it still */
    exchange->request = (struct http_request){
        .arena = &exchange->arena,
        .response = &exchange->response,
        .peer = str_of(exchange->peer),
    };
    set_target(&exchange->request, arena_copy(&exchange->arena, str_of(target)));
    exchange->has_begun = exchange->is_refused = false;
    exchange->body_fd = -1;
    return exchange;
}

static enum MHD_Result add_header(void *self, enum MHD_ValueKind kind, const char *name, const char *value)
{
    (void)kind;
    struct http_exchange *exchange = self;
    struct http_request *request = &exchange->request;
    if (request->header_count == HTTP_HEADERS_MAX)
        return MHD_NO;
    exchange->headers[request->header_count++] = (struct http_header){ str_of(name), str_of(value) };
    return MHD_YES;
}

/* The body's file is written whole, or not wanted. */
static void close_body_file(struct http_exchange *exchange)
{
    if (exchange->body_fd >= 0)
        (void)close(exchange->body_fd); /* whoever keeps the file syncs it, and hears of what went wrong */
    exchange->body_fd = -1;
}

static void refuse(struct http_exchange *exchange, int status_code, const char *code, const char *message)
{
    exchange->is_refused = true;
    buf_done(&exchange->body);
    close_body_file(exchange);
    http_respond_error(&exchange->response, status_code, code, message);
    atomic_fetch_add_explicit(&exchange->server->refused_bodies, 1, memory_order_relaxed);
}

static uint64_t body_bytes_max(const struct http_exchange *exchange)
{
    const struct http_request *request = &exchange->request;
    return request->body_file != NULL ? request->body_file_bytes_max : exchange->server->options.body_bytes_max;
}

static void refuse_long_body(struct http_exchange *exchange)
{
    bool is_file = exchange->request.body_file != NULL;
    str message = arena_printf(&exchange->arena, "the body is longer than %llu bytes (%s)",
                               (unsigned long long)body_bytes_max(exchange),
                               is_file ? "artifacts.file_max" : "http.body_max");
    refuse(exchange, 413, "too_large", message.data);
}

/* What a disk says about the body's file. 507 is no code that clients try again for minutes. */
static void refuse_for_disk(struct http_exchange *exchange)
{
    bool is_full = errno == ENOSPC || errno == EDQUOT;
    if (is_full)
        refuse(exchange, 507, "disk_full", "the disk is full");
    else
        refuse(exchange, 503, "unavailable", "the body could not be written to disk");
}

static enum MHD_Result send_response(struct http_exchange *exchange);

/* Where the body goes is known from the headers. False when the answer is there already. */
static bool open_body(struct http_exchange *exchange)
{
    const struct http_server_options *options = &exchange->server->options;
    struct http_request *request = &exchange->request;
    if (options->head != NULL && options->head(options->self, request)) {
        exchange->is_refused = true;
        return false;
    }
    uint64_t length;
    if (number_parse_u64(http_request_header(request, "Content-Length"), &length) && length > body_bytes_max(exchange)) {
        refuse_long_body(exchange);
        return false;
    }
    if (request->body_file == NULL)
        return true;
    exchange->body_fd = open(request->body_file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (exchange->body_fd < 0)
        refuse_for_disk(exchange);
    return exchange->body_fd >= 0;
}

/* Whether the answer to a refused request can wait for the body: it is short, and its sender does not wait for us. */
static bool is_passed_over(const struct http_request *request)
{
    uint64_t length;
    bool has_length = number_parse_u64(http_request_header(request, "Content-Length"), &length);
    return has_length && length > 0 && length <= PASSED_OVER_BYTES_MAX && http_request_header(request, "Expect").data == NULL;
}

/* The headers are there. A body that says at once that it is too long, or that nobody wants, is refused before it is
 * sent, unless it is short. */
static enum MHD_Result begin_body(struct http_exchange *exchange, const char *method)
{
    struct http_request *request = &exchange->request;
    exchange->has_begun = true;
    request->method = str_of(method);
    request->arrived_ns = clock_monotonic_ns();
    request->headers = exchange->headers;
    (void)MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, add_header, exchange); /* the count, known */
    http_watched_enter(&exchange->watched, HTTP_PHASE_BODY, request->arrived_ns);

    if (!open_body(exchange) && !is_passed_over(request))
        return send_response(exchange);
    pthread_mutex_lock(&exchange->server->lock);
    exchange->server->reading++;
    pthread_mutex_unlock(&exchange->server->lock);
    exchange->is_reading = true;
    return MHD_YES;
}

/* Counts the buffer's growth against what all bodies together may take. */
static bool count_body(struct http_exchange *exchange)
{
    struct http_server *server = exchange->server;
    size_t grown = exchange->body.capacity - exchange->body_bytes_counted;
    exchange->body_bytes_counted += grown;
    size_t before = atomic_fetch_add_explicit(&server->bodies_bytes, grown, memory_order_relaxed);
    return grown == 0 || before + grown <= server->options.bodies_bytes_max;
}

/* Appends to the body's file; the page cache takes it, so the thread waits for a disk only where that is full. */
static bool write_piece(int fd, str piece)
{
    while (piece.size > 0) {
        ssize_t written = write(fd, piece.data, piece.size);
        if (written < 0 && errno != EINTR)
            return false;
        piece = str_slice(piece, (size_t)MAX_OF(written, (ssize_t)0), piece.size);
    }
    return true;
}

static void take_piece_to_file(struct http_exchange *exchange, str piece, uint64_t bytes)
{
    if (bytes > exchange->request.body_file_bytes_max)
        refuse_long_body(exchange);
    else if (!write_piece(exchange->body_fd, piece))
        refuse_for_disk(exchange);
}

/* What comes after a refusal is passed over, up to as much again as a body may have; then the line is cut. */
static enum MHD_Result take_body(struct http_exchange *exchange, str piece)
{
    size_t bytes = atomic_fetch_add_explicit(&exchange->watched.body_bytes, piece.size, memory_order_relaxed) + piece.size;
    if (exchange->is_refused)
        return bytes / 2 > MAX_OF(body_bytes_max(exchange), PASSED_OVER_BYTES_MAX) ? MHD_NO : MHD_YES;
    if (exchange->body_fd >= 0)
        take_piece_to_file(exchange, piece, bytes);
    else if (!buf_append(&exchange->body, piece))
        refuse_long_body(exchange);
    else if (!count_body(exchange))
        refuse(exchange, 503, "busy", "too many bytes of other requests are being read; try again later");
    return MHD_YES;
}

/* ---- answering ---- */

/* False when the server is about to stop: then no handler may run. */
static bool begin_handling(struct http_exchange *exchange)
{
    struct http_server *server = exchange->server;
    pthread_mutex_lock(&server->lock);
    bool may_run = !server->is_refusing;
    server->reading -= exchange->is_reading ? 1 : 0; /* at once with the other count: a drain never sees neither */
    server->running++;
    server->handling += may_run ? 1 : 0;
    pthread_mutex_unlock(&server->lock);
    exchange->is_reading = false;
    exchange->is_running = true;
    exchange->is_handling = may_run;
    return may_run;
}

static void lower(struct http_server *server, uint64_t *count, bool *is_counted)
{
    if (!*is_counted)
        return;
    *is_counted = false;
    pthread_mutex_lock(&server->lock);
    if (--*count == 0)
        pthread_cond_broadcast(&server->idle);
    pthread_mutex_unlock(&server->lock);
}

static void complete(struct http_request *request)
{
    struct http_exchange *exchange = exchange_of(request);
    int before = atomic_exchange_explicit(&exchange->state, EXCHANGE_COMPLETED, memory_order_acq_rel);
    if (before == EXCHANGE_SUSPENDED)
        MHD_resume_connection(exchange->connection);
}

static enum MHD_Result run_handler(struct http_exchange *exchange)
{
    struct http_server *server = exchange->server;
    struct http_request *request = &exchange->request;
    request->body = buf_str(&exchange->body);
    request->on_complete = complete;
    close_body_file(exchange);
    http_watched_enter(&exchange->watched, HTTP_PHASE_ANSWER, clock_monotonic_ns());
    if (!exchange->is_refused && !begin_handling(exchange))
        refuse(exchange, 503, "unavailable", "the server is stopping");
    if (exchange->is_refused)
        return send_response(exchange);

    atomic_store_explicit(&exchange->state, EXCHANGE_RUNNING, memory_order_release);
    if (server->options.handler(server->options.self, request) == HTTP_ANSWERED)
        return send_response(exchange);

    MHD_suspend_connection(exchange->connection);
    int expected = EXCHANGE_RUNNING;
    bool is_waiting = atomic_compare_exchange_strong_explicit(&exchange->state, &expected, EXCHANGE_SUSPENDED,
                                                              memory_order_acq_rel, memory_order_acquire);
    if (!is_waiting)
        MHD_resume_connection(exchange->connection);
    return MHD_YES;
}

static struct MHD_Response *response_from_file(struct http_response *response)
{
    int fd = open(response->file_path, O_RDONLY | O_CLOEXEC);
    struct stat facts;
    if (fd >= 0 && fstat(fd, &facts) == 0) {
        uint64_t size = (uint64_t)facts.st_size, from = MIN_OF(response->file_from, size);
        uint64_t bytes = response->file_bytes > 0 ? MIN_OF(response->file_bytes, size - from) : size;
        return MHD_create_response_from_fd_at_offset64(bytes, fd, from); /* closes it */
    }
    if (fd >= 0)
        (void)close(fd); /* only read from */
    http_respond_error(response, 500, "unavailable", "the file behind this answer is gone");
    return MHD_create_response_from_buffer(response->body.size, response->body.data, MHD_RESPMEM_PERSISTENT);
}

/* Bytes stay in the exchange until "completed", so nothing is copied. */
static struct MHD_Response *response_from(struct http_response *response)
{
    if (response->file_path != NULL)
        return response_from_file(response);
    str bytes = response->static_body.size > 0 ? response->static_body : buf_str(&response->body);
    return MHD_create_response_from_buffer(bytes.size, (void *)(uintptr_t)bytes.data, MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result send_response(struct http_exchange *exchange)
{
    struct http_response *response = &exchange->response;
    assert(response->status_code >= 200);
    lower(exchange->server, &exchange->server->handling, &exchange->is_handling);
    http_encode_response(&exchange->request);
    struct MHD_Response *mhd = response_from(response);
    if (mhd == NULL)
        return MHD_NO;
    if (response->content_type != NULL)
        (void)MHD_add_response_header(mhd, MHD_HTTP_HEADER_CONTENT_TYPE, response->content_type);
    for (size_t i = 0; i < response->header_count; i++) {
        str value = arena_copy(&exchange->arena, response->headers[i].value); /* terminated */
        (void)MHD_add_response_header(mhd, response->headers[i].name.data, value.data);
    }
    (void)MHD_add_response_header(mhd, "X-Content-Type-Options", "nosniff");
    if (atomic_load_explicit(&exchange->server->is_stopping, memory_order_relaxed))
        (void)MHD_add_response_header(mhd, MHD_HTTP_HEADER_CONNECTION, "close");
    enum MHD_Result result = MHD_queue_response(exchange->connection, (unsigned)response->status_code, mhd);
    MHD_destroy_response(mhd);
    return result;
}

enum MHD_Result http_exchange_access(void *self, struct MHD_Connection *connection, const char *url, const char *method,
                                     const char *version, const char *upload, size_t *upload_bytes, void **context)
{
    (void)self, (void)connection, (void)url, (void)version;
    struct http_exchange *exchange = *context;
    if (!exchange->has_begun)
        return begin_body(exchange, method);
    if (*upload_bytes > 0) {
        str piece = { upload, *upload_bytes };
        *upload_bytes = 0;
        return take_body(exchange, piece);
    }
    switch ((enum exchange_state)atomic_load_explicit(&exchange->state, memory_order_acquire)) {
    case EXCHANGE_READING:
        return run_handler(exchange);
    case EXCHANGE_COMPLETED:
        return send_response(exchange);
    case EXCHANGE_RUNNING:
    case EXCHANGE_SUSPENDED:
        break; /* woken up without cause: wait on */
    }
    return MHD_YES;
}

void http_exchange_completed(void *self, struct MHD_Connection *connection, void **context,
                             enum MHD_RequestTerminationCode reason)
{
    (void)connection, (void)reason;
    struct http_server *server = self;
    struct http_exchange *exchange = *context;
    if (exchange == NULL)
        return;
    int state = atomic_load_explicit(&exchange->state, memory_order_acquire);
    assert(state != EXCHANGE_SUSPENDED); /* libmicrohttpd leaves suspended connections alone: their answers are being made */
    lower(server, &server->reading, &exchange->is_reading);
    lower(server, &server->handling, &exchange->is_handling); /* a client that hung up meanwhile gets no answer */
    lower(server, &server->running, &exchange->is_running);
    atomic_fetch_sub_explicit(&server->bodies_bytes, exchange->body_bytes_counted, memory_order_relaxed);
    exchange->body_bytes_counted = 0;
    close_body_file(exchange);
    if (exchange->request.body_file != NULL)
        (void)unlink(exchange->request.body_file); /* gone already where somebody kept it */
    buf_done(&exchange->body);
    http_response_done(&exchange->response);
    arena_done(&exchange->arena);
    exchange->request.header_count = 0;
    http_watched_enter(&exchange->watched, HTTP_PHASE_HEAD, clock_monotonic_ns());
    *context = NULL;
}
