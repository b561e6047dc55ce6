/* bench/http_load.c - one body posted over and over as fast as a server answers, from one thread that costs little.
 *
 *     http_load PORT PATH BODY_FILE CONNECTIONS SECONDS
 *
 * Each of CONNECTIONS keep-alive connections posts the body and waits for the answer before it posts again. The first
 * tenth of the time warms up and is not counted. Prints
 *
 *     answers seconds requests_per_s p50_ms p99_ms max_ms
 *
 * Any answer but 200 ends it: figures of errors are worthless. */
#include <arpa/inet.h>
#include <errno.h>
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

#define CONNECTIONS_MAX 1024
#define ANSWER_BYTES_MAX 65536
#define LATENCIES_MAX ((size_t)4 << 20)

struct connection {
    int fd;
    size_t sent_bytes, answer_bytes;
    char answer[ANSWER_BYTES_MAX + 1];
    uint64_t started_ns;
};

static struct {
    char *request;
    size_t request_bytes;
    uint64_t count_from_ns, end_ns;
    uint64_t *latencies_ns;
    size_t answers;
    int epoll;
} load;

static void fail(const char *what)
{
    (void)fprintf(stderr, "http_load: %s: %s\n", what, strerror(errno));
    exit(3);
}

static uint64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void read_body(const char *path, const char *file)
{
    static char body[1 << 20];
    FILE *in = fopen(file, "rb");
    if (in == NULL)
        fail(file);
    size_t size = fread(body, 1, sizeof body, in);
    (void)fclose(in);
    int head = asprintf(&load.request, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                                       "Content-Length: %zu\r\n\r\n", path, size);
    load.request = head < 0 ? NULL : realloc(load.request, (size_t)head + size);
    if (load.request == NULL)
        fail("memory");
    memcpy(load.request + head, body, size);
    load.request_bytes = (size_t)head + size;
}

static void watch(struct connection *connection, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.ptr = connection };
    if (epoll_ctl(load.epoll, EPOLL_CTL_MOD, connection->fd, &event) != 0)
        fail("epoll_ctl");
}

static void send_on(struct connection *connection)
{
    bool has_waited = connection->sent_bytes > 0;
    while (connection->sent_bytes < load.request_bytes) {
        ssize_t size = send(connection->fd, load.request + connection->sent_bytes, load.request_bytes - connection->sent_bytes,
                            MSG_NOSIGNAL | MSG_DONTWAIT);
        if (size < 0 && errno == EAGAIN) {
            watch(connection, EPOLLOUT);
            return;
        }
        if (size < 0)
            fail("send");
        connection->sent_bytes += (size_t)size;
    }
    if (has_waited)
        watch(connection, EPOLLIN);
}

static void post(struct connection *connection)
{
    connection->sent_bytes = connection->answer_bytes = 0;
    connection->started_ns = now_ns();
    send_on(connection);
}

static bool is_complete(struct connection *connection)
{
    connection->answer[connection->answer_bytes] = '\0';
    char *end = strstr(connection->answer, "\r\n\r\n");
    char *length = strcasestr(connection->answer, "\r\nContent-Length:");
    if (end == NULL || length == NULL || length > end)
        return false;
    return connection->answer_bytes >= (size_t)(end + 4 - connection->answer) + strtoul(length + 17, NULL, 10);
}

static void receive(struct connection *connection)
{
    ssize_t size = recv(connection->fd, connection->answer + connection->answer_bytes,
                        ANSWER_BYTES_MAX - connection->answer_bytes, MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN)
        return;
    if (size <= 0)
        fail("the server closed the connection");
    connection->answer_bytes += (size_t)size;
    if (!is_complete(connection))
        return;
    if (strncmp(connection->answer, "HTTP/1.1 200", 12) != 0) {
        (void)fprintf(stderr, "http_load: not answered:\n%s\n", connection->answer);
        exit(3);
    }
    uint64_t now = now_ns();
    if (now >= load.count_from_ns && now < load.end_ns && load.answers < LATENCIES_MAX)
        load.latencies_ns[load.answers++] = now - connection->started_ns;
    if (now < load.end_ns)
        post(connection);
}

static void open_connection(struct connection *connection, unsigned port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int on = 1;
    connection->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connection->fd < 0 || connect(connection->fd, (struct sockaddr *)&address, sizeof address) != 0)
        fail("connect");
    (void)setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* only a matter of speed */
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = connection };
    if (epoll_ctl(load.epoll, EPOLL_CTL_ADD, connection->fd, &event) != 0)
        fail("epoll_ctl");
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

static void run(struct connection *connections, size_t count)
{
    struct epoll_event events[CONNECTIONS_MAX];
    for (size_t i = 0; i < count; i++)
        post(&connections[i]);
    while (now_ns() < load.end_ns) {
        int ready = epoll_wait(load.epoll, events, CONNECTIONS_MAX, 1000);
        if (ready < 0 && errno != EINTR)
            fail("waiting for an answer");
        for (int i = 0; i < ready; i++)
            if ((events[i].events & EPOLLOUT) != 0)
                send_on(events[i].data.ptr);
            else
                receive(events[i].data.ptr);
    }
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        (void)fprintf(stderr, "usage: http_load PORT PATH BODY_FILE CONNECTIONS SECONDS\n");
        return 2;
    }
    size_t count = strtoul(argv[4], NULL, 10);
    double seconds = strtod(argv[5], NULL);
    if (count == 0 || count > CONNECTIONS_MAX || !(seconds > 0))
        return 2;
    read_body(argv[2], argv[3]);
    struct connection *connections = calloc(count, sizeof *connections);
    load.latencies_ns = calloc(LATENCIES_MAX, sizeof *load.latencies_ns);
    load.epoll = epoll_create1(0);
    if (connections == NULL || load.latencies_ns == NULL || load.epoll < 0)
        fail("memory");
    for (size_t i = 0; i < count; i++)
        open_connection(&connections[i], (unsigned)strtoul(argv[1], NULL, 10));
    uint64_t started_ns = now_ns();
    load.count_from_ns = started_ns + (uint64_t)(seconds * 1e8);
    load.end_ns = started_ns + (uint64_t)(seconds * 1e9);
    run(connections, count);
    if (load.answers == 0)
        fail("no answer");
    qsort(load.latencies_ns, load.answers, sizeof *load.latencies_ns, by_size);
    double counted = (double)(load.end_ns - load.count_from_ns) / 1e9;
    printf("%zu %.3f %.0f %.3f %.3f %.3f\n", load.answers, counted, (double)load.answers / counted, quantile_ms(0.5),
           quantile_ms(0.99), quantile_ms(1));
    return 0;
}
