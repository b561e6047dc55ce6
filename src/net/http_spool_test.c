/* Bodies that go to a file: over a socket, through a server with a router. */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/random.h"
#include "base/test.h"
#include "net/http_router.h"
#include "net/http_server.h"

#define UPLOAD_BYTES_MAX 1000

/* Where uploads go, and where the handler keeps one whose path is /keep. */
struct place {
    const char *folder;
    struct http_router *router;
    struct http_server *server;
    struct secret token;
};

static const char *spool(void *self, struct http_request *request, uint64_t *ret_bytes_max)
{
    struct place *place = self;
    char uuid[RANDOM_UUID_MAX];
    random_uuid_v4(uuid);
    *ret_bytes_max = UPLOAD_BYTES_MAX;
    return arena_printf(request->arena, "%s/upload-%s", place->folder, uuid).data;
}

static enum status put(void *self, struct http_request *request, struct error *err)
{
    struct place *place = self;
    struct buf content;
    buf_init(&content, 1 << 20);
    CHECK("nothing is in memory", request->body.size == 0 && request->body_file != NULL);
    enum status status = file_read(request->body_file, &content, err);
    buf_printf(&request->response->body, "%zu bytes", content.size);
    buf_done(&content);
    str kept = arena_printf(request->arena, "%s/kept", place->folder);
    if (str_equal(http_request_param(request, "path"), STR("keep")))
        CHECK_INT("kept", rename(request->body_file, kept.data), 0);
    return status;
}

static const struct http_route routes[] = {
    { .method = "PUT", .pattern = "/files/{path...}", .handler = put, .mode = HTTP_ROUTE_SPOOLS },
    { 0 },
};

static void open_place(struct place *place, const char *token)
{
    static const struct http_route *const tables[] = { routes };
    static const char *const listeners[] = { "127.0.0.1:0" };
    struct error err = { 0 };
    *place = (struct place){ .folder = test_folder() };
    secret_init(&place->token, str_of(token));
    place->router = http_router_new(&(struct http_router_options){
        .tables = tables, .table_count = 1, .self = place, .spool = spool, .token = &place->token });
    struct http_server_options options = { .listener_count = 1, .listeners = listeners, .threads = 2, .body_bytes_max = 100,
                                           .handler = http_router_handle, .head = http_router_head, .self = place->router };
    CHECK_OK("start", http_server_start(&options, &place->server, &err), &err);
}

static void close_place(struct place *place)
{
    http_server_stop(place->server, 1000);
    http_router_free(place->router);
    secret_done(&place->token);
}

static int connect_to(const struct place *place)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(http_server_port(place->server, 0)),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    CHECK("connected", connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    return fd;
}

static void send_all(int fd, str text)
{
    for (size_t sent = 0; sent < text.size;) {
        ssize_t got = send(fd, text.data + sent, text.size - sent, MSG_NOSIGNAL);
        if (got <= 0)
            return; /* the server hung up, as some tests want */
        sent += (size_t)got;
    }
}

/* What the server says until it closes the connection. */
static void ask(const struct place *place, str request, struct buf *answer)
{
    int fd = connect_to(place);
    send_all(fd, request);
    for (;;) {
        char *room = buf_reserve(answer, 4096);
        ssize_t got = room != NULL ? recv(fd, room, 4096, 0) : 0;
        if (got <= 0)
            break;
        buf_commit(answer, (size_t)got);
    }
    (void)buf_append_byte(answer, '\0'); /* for strstr */
    (void)close(fd);
}

static bool has_files(const struct place *place, const char *pattern)
{
    char command[512];
    (void)snprintf(command, sizeof command, "ls %s/%s >/dev/null 2>&1", place->folder, pattern);
    return system(command) == 0;
}

#define HEAD(path, rest) "PUT " path " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" rest

TEST(bodies_of_uploads_are_in_files)
{
    static const struct {
        const char *why, *head;
        size_t bytes; /* sent behind it */
        const char *tail, *wanted, *also;
    } cases[] = {
        { "a length", HEAD("/files/a/b", "Content-Length: 5\r\n\r\n"), 5, "", " 200 ", "5 bytes" },
        { "chunks", HEAD("/files/a", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), 0, "", " 200 ",
          "5 bytes" },
        { "an empty file in chunks, as MLflow sends it", HEAD("/files/a", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 0, "",
          " 200 ", "0 bytes" },
        { "an empty file with a length", HEAD("/files/a", "Content-Length: 0\r\n\r\n"), 0, "", " 200 ", "0 bytes" },
        { "no body at all", HEAD("/files/a", "\r\n"), 0, "", " 200 ", "0 bytes" },
        { "longer than what memory may hold", HEAD("/files/a", "Content-Length: 900\r\n\r\n"), 900, "", " 200 ", "900 bytes" },
        { "a length beyond the bound, which is asked about", HEAD("/files/a", "Expect: 100-continue\r\nContent-Length: 1001\r\n\r\n"),
          0, "", " 413 ", "too_large" },
        { "a length beyond the bound, which is sent all the same", HEAD("/files/a", "Content-Length: 300000\r\n\r\n"), 300000,
          "", " 413 ", "too_large" },
        { "chunks beyond the bound", HEAD("/files/a", "Transfer-Encoding: chunked\r\n\r\n44c\r\n"), 1100, "\r\n0\r\n\r\n",
          " 413 ", "too_large" },
        { "a path that no upload has", HEAD("/other", "Content-Length: 5\r\n\r\n"), 5, "", " 404 ", "not_found" },
    };
    struct place place;
    open_place(&place, "");
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf request, answer;
        buf_init(&request, 1 << 20);
        buf_init(&answer, 1 << 20);
        (void)buf_append(&request, str_of(cases[i].head));
        for (size_t b = 0; b < cases[i].bytes; b++)
            (void)buf_append_byte(&request, 'x');
        (void)buf_append(&request, str_of(cases[i].tail));
        ask(&place, buf_str(&request), &answer);
        CHECK(cases[i].why, strstr(answer.data, cases[i].wanted) != NULL);
        CHECK(cases[i].why, strstr(answer.data, cases[i].also) != NULL);
        buf_done(&request);
        buf_done(&answer);
    }
    close_place(&place);
    CHECK("nothing is left", !has_files(&place, "upload-*"));
}

TEST(an_upload_that_is_kept_stays)
{
    struct place place;
    struct buf answer;
    open_place(&place, "");
    buf_init(&answer, 1 << 20);
    ask(&place, STR(HEAD("/files/keep", "Content-Length: 3\r\n\r\nabc")), &answer);
    close_place(&place);
    CHECK("kept", has_files(&place, "kept"));
    CHECK("under no other name", !has_files(&place, "upload-*"));
    buf_done(&answer);
}

TEST(an_upload_that_breaks_off_leaves_nothing)
{
    struct place place;
    open_place(&place, "");
    int fd = connect_to(&place);
    send_all(fd, STR(HEAD("/files/a", "Content-Length: 500\r\n\r\nabc")));
    (void)shutdown(fd, SHUT_WR);
    char byte;
    while (recv(fd, &byte, 1, 0) > 0) /* until the server hangs up, too */
        continue;
    (void)close(fd);
    close_place(&place);
    CHECK("nothing is left", !has_files(&place, "upload-*"));
}

TEST(an_upload_without_the_token_is_refused_before_its_body)
{
    struct place place;
    struct buf answer;
    open_place(&place, "s3cret");
    buf_init(&answer, 1 << 20);
    ask(&place, STR(HEAD("/files/a", "Expect: 100-continue\r\nContent-Length: 900\r\n\r\n")), &answer); /* which never comes */
    CHECK("401 at once", strstr(answer.data, " 401 ") != NULL);
    buf_clear(&answer);
    ask(&place, STR(HEAD("/files/a", "Authorization: Bearer s3cret\r\nContent-Length: 3\r\n\r\nabc")), &answer);
    CHECK("with it", strstr(answer.data, "3 bytes") != NULL);
    close_place(&place);
    buf_done(&answer);
}
