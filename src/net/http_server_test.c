#include "net/http_server.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/test.h"

/* A server whose handler echoes, defers, or answers at length, by the path. */
static void *answer_later(void *argument)
{
    struct http_request *request = argument;
    request->response->status_code = 201;
    buf_printf(&request->response->body, "later %zu", request->body.size);
    http_request_complete(request);
    return NULL;
}

/* A request that waits until the test lets it go. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct http_request *request;
} held = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static void hold(struct http_request *request)
{
    pthread_mutex_lock(&held.lock);
    held.request = request;
    pthread_cond_signal(&held.changed);
    pthread_mutex_unlock(&held.lock);
}

static struct http_request *wait_for_held(void)
{
    pthread_mutex_lock(&held.lock);
    while (held.request == NULL)
        pthread_cond_wait(&held.changed, &held.lock);
    struct http_request *request = held.request;
    held.request = NULL;
    pthread_mutex_unlock(&held.lock);
    return request;
}

static enum http_outcome handle(void *self, struct http_request *request)
{
    (void)self;
    struct http_response *response = request->response;
    response->content_type = "text/plain";
    if (str_equal(request->path, STR("/later"))) {
        pthread_t thread;
        CHECK_INT("a thread", pthread_create(&thread, NULL, answer_later, request), 0);
        pthread_detach(thread);
        return HTTP_DEFERRED;
    }
    if (str_equal(request->path, STR("/held"))) {
        hold(request);
        return HTTP_DEFERRED;
    }
    response->status_code = 200;
    if (str_equal(request->path, STR("/long")))
        for (int i = 0; i < 1000; i++)
            buf_printf(&response->body, "line %d\n", i);
    else
        buf_printf(&response->body, "%.*s %.*s?%.*s %zu from %.*s", STR_ARG(request->method), STR_ARG(request->path),
                   STR_ARG(request->query), request->body.size, STR_ARG(request->peer));
    return HTTP_ANSWERED;
}

static struct http_server *start(size_t body_bytes_max)
{
    static const char *const listeners[] = { "127.0.0.1:0" };
    struct http_server_options options = { .listener_count = 1, .listeners = listeners, .threads = 2,
                                           .body_bytes_max = body_bytes_max, .handler = handle };
    struct http_server *server = NULL;
    struct error err = { 0 };
    CHECK_OK("start", http_server_start(&options, &server, &err), &err);
    return server;
}

static int connect_to(const struct http_server *server)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(http_server_port(server, 0)),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    CHECK("connected", connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    return fd;
}

static void send_text(int fd, str text)
{
    for (size_t sent = 0; sent < text.size;) {
        ssize_t got = send(fd, text.data + sent, text.size - sent, MSG_NOSIGNAL);
        if (got <= 0)
            return; /* the server hung up, as some tests want */
        sent += (size_t)got;
    }
}

static bool contains(str text, str part)
{
    return text.data != NULL && memmem(text.data, text.size, part.data, part.size) != NULL;
}

/* Reads until the server closes the connection, or `enough` is there. */
static str receive(int fd, struct buf *answer, str enough)
{
    for (;;) {
        char *room = buf_reserve(answer, 4096);
        ssize_t got = room != NULL ? recv(fd, room, 4096, 0) : 0;
        if (got <= 0)
            return buf_str(answer);
        buf_commit(answer, (size_t)got);
        if (enough.size > 0 && contains(buf_str(answer), enough))
            return buf_str(answer);
    }
}

TEST(one_request_on_a_connection)
{
    static const struct {
        const char *why, *request, *wanted, *also;
    } cases[] = {
        { "a query stays as it was sent", "GET /a%20b?x=%31 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
          "HTTP/1.1 200", "GET /a%20b?x=%31 0 from 127.0.0.1" },
        { "a body", "POST /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 200",
          "POST /x? 5 from" },
        { "a body in chunks",
          "POST /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
          "HTTP/1.1 200", "POST /x? 5 from" },
        { "the absolute form of proxies", "GET http://h/abs?q=1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
          "HTTP/1.1 200", "GET /abs?q=1 0" },
        { "an answer from another thread", "POST /later HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 2\r\n\r\nab",
          "HTTP/1.1 201", "later 2" },
        { "HEAD has no body", "HEAD /long HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "Content-Length: 8890",
          "\r\n\r\n" },
        { "a long answer for one who takes gzip",
          "GET /long HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n", "Content-Encoding: gzip",
          "\x1f\x8b" },
        { "a body that says that it is too long",
          "POST /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n", "HTTP/1.1 413", "too_large" },
        { "a body beyond what is passed over", "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 9000001\r\n\r\n",
          "HTTP/1.1 413", "too_large" },
        { "bytes are not sniffed for scripts", "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
          "X-Content-Type-Options: nosniff", "" },
    };
    struct http_server *server = start(1000);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf answer;
        buf_init(&answer, 1 << 20);
        int fd = connect_to(server);
        send_text(fd, str_of(cases[i].request));
        str text = receive(fd, &answer, (str){ 0 });
        CHECK(cases[i].why, contains(text, str_of(cases[i].wanted)));
        CHECK(cases[i].why, cases[i].also[0] == '\0' || contains(text, str_of(cases[i].also)));
        (void)close(fd);
        buf_done(&answer);
    }
    http_server_stop(server, 1000);
}

TEST(what_is_no_http_is_hung_up_on)
{
    struct http_server *server = start(1000);
    struct buf answer;
    buf_init(&answer, 1 << 20);
    int fd = connect_to(server);
    send_text(fd, STR("\x16\x03\x01 hello\r\n\r\n"));
    CHECK("no 200", !contains(receive(fd, &answer, (str){ 0 }), STR(" 200 ")));
    (void)close(fd);
    buf_done(&answer);
    http_server_stop(server, 1000);
}

TEST(all_bodies_together_have_a_budget)
{
    static const char *const listeners[] = { "127.0.0.1:0" };
    struct http_server_options options = { .listener_count = 1, .listeners = listeners, .body_bytes_max = 10000,
                                           .bodies_bytes_max = 5000, .handler = handle };
    struct http_server *server = NULL;
    struct error err = { 0 };
    CHECK_OK("start", http_server_start(&options, &server, &err), &err);
    struct buf answer;
    buf_init(&answer, 1 << 20);
    int fd = connect_to(server);
    send_text(fd, STR("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 9000\r\nConnection: close\r\n\r\n"));
    for (int i = 0; i < 900; i++)
        send_text(fd, STR("aaaaaaaaaa"));
    str text = receive(fd, &answer, (str){ 0 });
    CHECK("503 with a hint when to come back", contains(text, STR(" 503 ")) && contains(text, STR("Retry-After: 1")));
    (void)close(fd);
    buf_clear(&answer);

    fd = connect_to(server);
    send_text(fd, STR("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nConnection: close\r\n\r\nabcd"));
    CHECK("what was held is given back", contains(receive(fd, &answer, (str){ 0 }), STR("POST /x? 4")));
    (void)close(fd);
    buf_done(&answer);
    http_server_stop(server, 1000);
}

TEST(a_chunked_body_that_grows_too_long_is_refused)
{
    struct http_server *server = start(1000);
    struct buf answer;
    buf_init(&answer, 1 << 20);
    int fd = connect_to(server);
    send_text(fd, STR("POST /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"));
    for (int i = 0; i < 11; i++)
        send_text(fd, STR("64\r\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                          "aaaaaaaaaaaa\r\n"));
    send_text(fd, STR("0\r\n\r\n"));
    CHECK("413", contains(receive(fd, &answer, (str){ 0 }), STR("HTTP/1.1 413")));
    struct http_server_stats stats;
    http_server_stats_now(server, &stats);
    CHECK_INT("it is counted", stats.refused_bodies_total, 1);
    (void)close(fd);
    buf_done(&answer);
    http_server_stop(server, 1000);
}

TEST(a_client_that_waits_is_told_to_go_on)
{
    struct http_server *server = start(1000);
    struct buf answer;
    buf_init(&answer, 1 << 20);
    int fd = connect_to(server);
    send_text(fd, STR("POST /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
    CHECK("100 first", contains(receive(fd, &answer, STR("100 Continue")), STR("HTTP/1.1 100 Continue")));
    send_text(fd, STR("ab"));
    CHECK("then the answer", contains(receive(fd, &answer, (str){ 0 }), STR("POST /x? 2")));
    (void)close(fd);
    buf_done(&answer);
    http_server_stop(server, 1000);
}

TEST(long_heads_are_refused)
{
    struct http_server *server = start(1000);
    struct buf request, answer;
    buf_init(&request, 1 << 20);
    buf_init(&answer, 1 << 20);
    CHECK("it fits", buf_append(&request, STR("GET / HTTP/1.1\r\nHost: h\r\nX-Long: ")));
    for (size_t i = 0; i < 2 * HTTP_HEAD_BYTES_MAX; i++)
        CHECK("it fits", buf_append_byte(&request, 'a'));
    CHECK("it fits", buf_append(&request, STR("\r\n\r\n")));
    int fd = connect_to(server);
    send_text(fd, buf_str(&request));
    str text = receive(fd, &answer, (str){ 0 });
    CHECK("431, or the line is cut before it arrives", text.size == 0 || contains(text, STR(" 431 ")));
    (void)close(fd);
    buf_done(&request);
    buf_done(&answer);
    http_server_stop(server, 1000);
}

TEST(requests_follow_each_other_on_one_connection)
{
    struct http_server *server = start(1000);
    struct buf answer;
    buf_init(&answer, 1 << 20);
    int fd = connect_to(server);
    for (int i = 0; i < 50; i++) {
        char request[128], wanted[32];
        const char *path = i % 2 == 0 ? "/later" : "/x";
        (void)snprintf(request, sizeof request, "POST %s HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%.*s", path,
                       i % 7, i % 7, "aaaaaaa");
        (void)snprintf(wanted, sizeof wanted, i % 2 == 0 ? "later %d" : "POST /x? %d", i % 7);
        send_text(fd, str_of(request));
        CHECK(wanted, contains(receive(fd, &answer, str_of(wanted)), str_of(wanted)));
        buf_clear(&answer);
    }
    struct http_server_stats stats;
    http_server_stats_now(server, &stats);
    CHECK_INT("one connection", stats.connections, 1);
    (void)close(fd);
    buf_done(&answer);
    http_server_stop(server, 1000);
}

struct caller {
    const struct http_server *server;
    int answers;
};

static void *call_often(void *argument)
{
    struct caller *caller = argument;
    struct buf answer;
    buf_init(&answer, 1 << 20);
    int fd = connect_to(caller->server);
    for (int i = 0; i < 100; i++) {
        send_text(fd, STR("POST /later HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"));
        caller->answers += contains(receive(fd, &answer, STR("later 3")), STR("later 3"));
        buf_clear(&answer);
    }
    (void)close(fd);
    buf_done(&answer);
    return NULL;
}

TEST(many_connections_with_deferred_answers)
{
    enum { CALLERS = 16 };
    struct http_server *server = start(1000);
    pthread_t threads[CALLERS];
    struct caller callers[CALLERS];
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){ .server = server };
        CHECK_INT("a thread", pthread_create(&threads[i], NULL, call_often, &callers[i]), 0);
    }
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(threads[i], NULL);
        CHECK_INT("every request was answered", callers[i].answers, 100);
    }
    http_server_stop(server, 1000);
}

TEST(a_client_that_hangs_up_while_its_answer_is_made_holds_nothing)
{
    struct http_server *server = start(1000);
    int fd = connect_to(server);
    send_text(fd, STR("POST /held HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\na"));
    struct http_request *request = wait_for_held();
    struct linger reset = { .l_onoff = 1 };
    CHECK_INT("closing means a reset", setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
    (void)close(fd);
    request->response->status_code = 200;
    http_request_complete(request);
    http_server_stop(server, 1000); /* returns: nothing is thought to be running */
}

static void *stop_server(void *server)
{
    http_server_stop(server, 0); /* no time at all: an answer under way is waited for all the same */
    return NULL;
}

TEST(stopping_waits_for_an_answer_that_is_being_made)
{
    struct http_server *server = start(1000);
    struct buf answer;
    buf_init(&answer, 1 << 20);
    int fd = connect_to(server);
    send_text(fd, STR("POST /held HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\na"));
    struct http_request *request = wait_for_held();
    pthread_t stopper;
    CHECK_INT("a thread", pthread_create(&stopper, NULL, stop_server, server), 0);
    request->response->status_code = 202;
    http_request_complete(request);
    CHECK("the answer still comes", contains(receive(fd, &answer, (str){ 0 }), STR("HTTP/1.1 202")));
    pthread_join(stopper, NULL);
    (void)close(fd);
    buf_done(&answer);
}

static void *stop_patiently(void *server)
{
    http_server_stop(server, 60000);
    return NULL;
}

TEST(stopping_waits_for_the_rest_of_a_body)
{
    struct http_server *server = start(1000);
    struct buf answer;
    buf_init(&answer, 1 << 20);
    int fd = connect_to(server);
    send_text(fd, STR("POST /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"));
    CHECK("the head was read", contains(receive(fd, &answer, STR("100 Continue")), STR("HTTP/1.1 100 Continue")));
    send_text(fd, STR("ab"));
    pthread_t stopper;
    CHECK_INT("a thread", pthread_create(&stopper, NULL, stop_patiently, server), 0);
    send_text(fd, STR("cd"));
    CHECK("the answer comes", contains(receive(fd, &answer, (str){ 0 }), STR("POST /x? 4")));
    pthread_join(stopper, NULL);
    (void)close(fd);
    buf_done(&answer);
}

TEST(stopping_does_not_wait_for_ever_for_a_body)
{
    struct http_server *server = start(1000);
    struct buf answer;
    buf_init(&answer, 1 << 20);
    int fd = connect_to(server);
    send_text(fd, STR("POST /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"));
    CHECK("the head was read", contains(receive(fd, &answer, STR("100 Continue")), STR("HTTP/1.1 100 Continue")));
    http_server_stop(server, 10);
    buf_clear(&answer);
    CHECK_INT("hung up on", receive(fd, &answer, (str){ 0 }).size, 0);
    (void)close(fd);
    buf_done(&answer);
}

TEST(an_address_in_use_is_named)
{
    struct http_server *server = start(1000), *second = NULL;
    char listener[32];
    (void)snprintf(listener, sizeof listener, "127.0.0.1:%u", http_server_port(server, 0));
    const char *listeners[] = { "127.0.0.1:0", listener };
    struct http_server_options options = { .listener_count = 2, .listeners = listeners, .handler = handle };
    struct error err = { 0 };
    CHECK_FAILS("in use", http_server_start(&options, &second, &err), ERR_UNAVAILABLE, &err);
    CHECK("the port is named", strstr(err.cause, listener + strlen("127.0.0.1:")) != NULL);
    http_server_stop(server, 0);
    http_server_stop(NULL, 0);
}
