/* bench/capture_load.c - captures over HTTP as fast as a server takes them, from one thread that costs little.
 *
 *     capture_load PORT CONNECTIONS ROWS EVENTS [FIRST_ID]
 *
 * Each of CONNECTIONS keep-alive connections posts ROWS events (13 numbers, an id, a prediction) and waits for the
 * answer before it posts again, until EVENTS are acknowledged. ROWS 1 posts a single event to /capture, more go to
 * /capture/batch as rows. Bodies are made before the clock starts; only the ids in them change. Prints
 *
 *     acknowledged seconds events_per_s p50_ms p99_ms max_ms refused
 *
 * where refused counts 429 answers, which are sent again. Any other answer ends it: figures of errors are worthless. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FEATURES 13
#define ID_DIGITS 12
#define CONNECTIONS_MAX 1024
#define ANSWER_BYTES_MAX 65536

struct connection {
    int fd;
    char *request; /* head and body */
    size_t request_bytes, sent_bytes;
    char **ids; /* [rows] where the digits of each id stand in the request */
    char answer[ANSWER_BYTES_MAX + 1];
    size_t answer_bytes;
    uint64_t started_ns;
};

static struct {
    unsigned port;
    size_t connections, rows;
    uint64_t events, next_id, in_flight, acknowledged, refused;
    uint64_t *latencies_ns;
    size_t answers;
    int epoll;
} load;

static void fail(const char *what)
{
    (void)fprintf(stderr, "capture_load: %s: %s\n", what, strerror(errno));
    exit(3);
}

static uint64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* splitmix64: the same rows in every run. */
static double draw(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

/* ---- requests ---- */

static void write_single(FILE *out, uint64_t *seed)
{
    (void)fprintf(out, "{\"features\":{");
    for (int i = 0; i < FEATURES; i++)
        (void)fprintf(out, "%s\"f%d\":%.4f", i > 0 ? "," : "", i, draw(seed) * 100);
    (void)fprintf(out, "},\"prediction\":%.4f,\"prediction_id\":\"#000000000000\"}", draw(seed));
}

static void write_batch(FILE *out, size_t rows, uint64_t *seed)
{
    (void)fprintf(out, "{\"feature_names\":[");
    for (int i = 0; i < FEATURES; i++)
        (void)fprintf(out, "%s\"f%d\"", i > 0 ? "," : "", i);
    (void)fprintf(out, "],\"rows\":[");
    for (size_t row = 0; row < rows; row++) {
        (void)fprintf(out, "%s[", row > 0 ? "," : "");
        for (int i = 0; i < FEATURES; i++)
            (void)fprintf(out, "%s%.4f", i > 0 ? "," : "", draw(seed) * 100);
        (void)fputc(']', out);
    }
    (void)fprintf(out, "],\"predictions\":[");
    for (size_t row = 0; row < rows; row++)
        (void)fprintf(out, "%s%.4f", row > 0 ? "," : "", draw(seed));
    (void)fprintf(out, "],\"prediction_ids\":[");
    for (size_t row = 0; row < rows; row++)
        (void)fprintf(out, "%s\"#000000000000\"", row > 0 ? "," : "");
    (void)fprintf(out, "]}");
}

static void make_request(struct connection *connection, uint64_t seed)
{
    char *body = NULL;
    size_t body_bytes = 0;
    FILE *out = open_memstream(&body, &body_bytes);
    if (out == NULL)
        fail("memory");
    if (load.rows == 1)
        write_single(out, &seed);
    else
        write_batch(out, load.rows, &seed);
    (void)fclose(out);
    int size = asprintf(&connection->request,
                        "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                        "Content-Length: %zu\r\n\r\n%s",
                        load.rows == 1 ? "/capture" : "/capture/batch", body_bytes, body);
    connection->ids = calloc(load.rows, sizeof *connection->ids);
    if (size < 0 || connection->ids == NULL)
        fail("memory");
    connection->request_bytes = (size_t)size;
    char *at = connection->request;
    for (size_t row = 0; row < load.rows; row++) {
        at = strchr(at, '#') + 1;
        connection->ids[row] = at;
    }
    free(body);
}

static void number_events(struct connection *connection)
{
    for (size_t row = 0; row < load.rows; row++) {
        uint64_t id = load.next_id++;
        for (int digit = ID_DIGITS - 1; digit >= 0; digit--, id /= 10)
            connection->ids[row][digit] = (char)('0' + id % 10);
    }
}

/* ---- the conversation ---- */

static void watch(struct connection *connection, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.ptr = connection };
    if (epoll_ctl(load.epoll, EPOLL_CTL_MOD, connection->fd, &event) != 0)
        fail("epoll_ctl");
}

static void send_on(struct connection *connection)
{
    while (connection->sent_bytes < connection->request_bytes) {
        ssize_t size = send(connection->fd, connection->request + connection->sent_bytes,
                            connection->request_bytes - connection->sent_bytes, MSG_NOSIGNAL);
        if (size < 0 && errno == EAGAIN) {
            watch(connection, EPOLLOUT);
            return;
        }
        if (size < 0)
            fail("send");
        connection->sent_bytes += (size_t)size;
    }
    watch(connection, EPOLLIN);
}

static void post(struct connection *connection)
{
    connection->sent_bytes = connection->answer_bytes = 0;
    connection->started_ns = now_ns();
    send_on(connection);
}

/* The next events, if there are any to send. */
static void post_next(struct connection *connection)
{
    if (load.acknowledged + load.in_flight >= load.events) {
        watch(connection, 0);
        return;
    }
    load.in_flight += load.rows;
    number_events(connection);
    post(connection);
}

/* Whether the answer is whole. */
static bool is_complete(struct connection *connection)
{
    connection->answer[connection->answer_bytes] = '\0';
    char *end = strstr(connection->answer, "\r\n\r\n");
    char *length = strcasestr(connection->answer, "\r\nContent-Length:");
    if (end == NULL)
        return false;
    if (length == NULL || length > end) {
        (void)fprintf(stderr, "capture_load: an answer without length:\n%s\n", connection->answer);
        exit(3);
    }
    return connection->answer_bytes >= (size_t)(end + 4 - connection->answer) + strtoul(length + 17, NULL, 10);
}

static void take_answer(struct connection *connection)
{
    load.latencies_ns[load.answers % load.events] = now_ns() - connection->started_ns;
    int code = atoi(connection->answer + strlen("HTTP/1.1 "));
    if (code == 429) {
        load.refused++;
        post(connection); /* the same events again, at once: the worst client that there is */
        return;
    }
    char *stored = strstr(connection->answer, "\"stored\":");
    if (code != 200 || stored == NULL || strtoull(stored + 9, NULL, 10) != load.rows) {
        (void)fprintf(stderr, "capture_load: not stored:\n%s\n", connection->answer);
        exit(3);
    }
    load.answers++;
    load.in_flight -= load.rows;
    load.acknowledged += load.rows;
    post_next(connection);
}

static void receive(struct connection *connection)
{
    ssize_t size = recv(connection->fd, connection->answer + connection->answer_bytes,
                        ANSWER_BYTES_MAX - connection->answer_bytes, 0);
    if (size < 0 && errno == EAGAIN)
        return;
    if (size <= 0)
        fail("the server closed the connection");
    connection->answer_bytes += (size_t)size;
    if (is_complete(connection))
        take_answer(connection);
}

static void open_connection(struct connection *connection, uint64_t seed)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)load.port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int on = 1;
    connection->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connection->fd < 0 || connect(connection->fd, (struct sockaddr *)&address, sizeof address) != 0)
        fail("connect");
    (void)setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* only a matter of speed */
    struct epoll_event event = { .events = 0, .data.ptr = connection };
    if (epoll_ctl(load.epoll, EPOLL_CTL_ADD, connection->fd, &event) != 0)
        fail("epoll_ctl");
    make_request(connection, seed);
}

static void run(struct connection *connections)
{
    struct epoll_event events[CONNECTIONS_MAX];
    for (size_t i = 0; i < load.connections; i++)
        post_next(&connections[i]);
    while (load.acknowledged < load.events) {
        int count = epoll_wait(load.epoll, events, CONNECTIONS_MAX, 60000);
        if (count == 0)
            errno = ETIMEDOUT;
        if (count <= 0 && errno != EINTR)
            fail("waiting for an answer");
        for (int i = 0; i < count; i++)
            if ((events[i].events & EPOLLOUT) != 0)
                send_on(events[i].data.ptr);
            else
                receive(events[i].data.ptr);
    }
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static double quantile_ms(double share)
{
    return (double)load.latencies_ns[(size_t)(share * (double)(load.answers - 1))] / 1e6;
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        (void)fprintf(stderr, "usage: capture_load PORT CONNECTIONS ROWS EVENTS [FIRST_ID]\n");
        return 2;
    }
    load.port = (unsigned)strtoul(argv[1], NULL, 10);
    load.connections = strtoul(argv[2], NULL, 10);
    load.rows = strtoul(argv[3], NULL, 10);
    load.events = strtoull(argv[4], NULL, 10);
    load.next_id = argc > 5 ? strtoull(argv[5], NULL, 10) : 0;
    if (load.connections == 0 || load.connections > CONNECTIONS_MAX || load.rows == 0 || load.events < load.rows)
        return 2;
    struct connection *connections = calloc(load.connections, sizeof *connections);
    load.latencies_ns = calloc(load.events, sizeof *load.latencies_ns);
    load.epoll = epoll_create1(0);
    if (connections == NULL || load.latencies_ns == NULL || load.epoll < 0)
        fail("memory");
    for (size_t i = 0; i < load.connections; i++)
        open_connection(&connections[i], i + 1);
    uint64_t started_ns = now_ns();
    run(connections);
    double seconds = (double)(now_ns() - started_ns) / 1e9;
    qsort(load.latencies_ns, load.answers, sizeof *load.latencies_ns, by_size);
    printf("%llu %.3f %.0f %.3f %.3f %.3f %llu\n", (unsigned long long)load.acknowledged, seconds,
           (double)load.acknowledged / seconds, quantile_ms(0.5), quantile_ms(0.99), quantile_ms(1),
           (unsigned long long)load.refused);
    return 0;
}
