/* The daemons of libmicrohttpd behind the listeners, from start to drain. */
#include <assert.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/http_listen.h"
#include "net/http_server_internal.h"

#define DEFAULT_CONNECTIONS_MAX 1024
#define DEFAULT_BODY_BYTES_MAX ((size_t)64 << 20)
#define DEFAULT_IDLE_TIMEOUT_S 60
#define DEFAULT_HEAD_TIMEOUT_S 10
#define DEFAULT_THREADS_MIN 2
/* For GnuTLS: what RFC 8996 left. */
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"
#define SENDING_MS 1000 /* for answers that were made after the deadline */

static void fill_defaults(struct http_server_options *options)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    if (options->threads == 0)
        options->threads = MAX_OF((size_t)MAX_OF(cpus, 1L), (size_t)DEFAULT_THREADS_MIN);
    if (options->connections_max == 0)
        options->connections_max = DEFAULT_CONNECTIONS_MAX;
    options->connections_max = MAX_OF(options->connections_max, options->threads); /* each thread takes a share */
    if (options->body_bytes_max == 0)
        options->body_bytes_max = DEFAULT_BODY_BYTES_MAX;
    if (options->bodies_bytes_max == 0)
        options->bodies_bytes_max = MAX_OF(options->body_bytes_max * 4, DEFAULT_BODY_BYTES_MAX);
    if (options->idle_timeout_s == 0)
        options->idle_timeout_s = DEFAULT_IDLE_TIMEOUT_S;
    if (options->head_timeout_s == 0)
        options->head_timeout_s = DEFAULT_HEAD_TIMEOUT_S;
}

static void log_of_mhd(void *self, const char *format, va_list args) printf_like(2, 0);
static void log_of_mhd(void *self, const char *format, va_list args)
{
    struct http_server *server = self;
    char text[160];
    int size = vsnprintf(text, sizeof text, format, args);
    if (size <= 0)
        return;
    str said = str_trim(str_of(text));
    LOG_DEBUG("libmicrohttpd says", log_str("text", said));
    pthread_mutex_lock(&server->lock);
    (void)snprintf(server->said, sizeof server->said, "%.*s", STR_ARG(said));
    pthread_mutex_unlock(&server->lock);
}

/* Paths and queries are decoded by http_url.c, which refuses what is malformed. */
static size_t keep_escapes(void *self, struct MHD_Connection *connection, char *text)
{
    (void)self, (void)connection;
    return strlen(text);
}

static struct MHD_Daemon *start_daemon(struct http_server *server, int fd)
{
    const struct http_server_options *options = &server->options;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    struct MHD_OptionItem tls[] = {
        { MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)options->tls_certificate },
        { MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)options->tls_key },
        { MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES },
        { MHD_OPTION_END, 0, NULL },
    };
    if (options->tls_key != NULL)
        flags |= MHD_USE_TLS;
    else
        tls[0] = tls[COUNT(tls) - 1];
    return MHD_start_daemon(flags, 0, NULL, NULL, http_exchange_access, server,
                            MHD_OPTION_EXTERNAL_LOGGER, log_of_mhd, server,
                            MHD_OPTION_LISTEN_SOCKET, fd,
                            MHD_OPTION_THREAD_POOL_SIZE, (unsigned)options->threads,
                            MHD_OPTION_CONNECTION_LIMIT, (unsigned)options->connections_max,
                            MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)options->idle_timeout_s,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, HTTP_HEAD_BYTES_MAX,
                            MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
                            MHD_OPTION_URI_LOG_CALLBACK, http_exchange_begin, server,
                            MHD_OPTION_NOTIFY_CONNECTION, http_exchange_connected, server,
                            MHD_OPTION_NOTIFY_COMPLETED, http_exchange_completed, server,
                            MHD_OPTION_ARRAY, tls,
                            MHD_OPTION_END);
}

static enum status start_listener(struct http_server *server, const char *text, struct http_listener *listener,
                                  struct error *err)
{
    struct http_address address;
    int fd;
    TRY(http_address_parse(text, &address, err));
    TRY(http_address_listen(&address, &fd, &listener->port, err));
    listener->daemon = start_daemon(server, fd);
    if (listener->daemon != NULL)
        return OK;
    (void)close(fd); /* nobody has connected */
    if (server->options.tls_key != NULL) /* of GnuTLS's reasons libmicrohttpd tells none */
        return error_set(err, ERR_INVALID, "the certificate and the private key are damaged or do not fit each other");
    return error_set(err, ERR_UNAVAILABLE, "listen on %s: libmicrohttpd did not start: %s", text, server->said);
}

enum status http_server_start(const struct http_server_options *options, struct http_server **ret_server,
                              struct error *err)
{
    assert(options->handler != NULL && options->listener_count > 0);
    if (options->tls_key != NULL && MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES)
        return error_set(err, ERR_UNAVAILABLE, "this libmicrohttpd was built without TLS");
    struct http_server *server = mem_must(sizeof *server);
    server->options = *options;
    fill_defaults(&server->options);
    server->listeners = mem_must(options->listener_count * sizeof *server->listeners);
    pthread_mutex_init(&server->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&server->idle, &monotonic);
    pthread_condattr_destroy(&monotonic);
    server->watchdog = http_watchdog_start(server->options.idle_timeout_s, server->options.head_timeout_s);

    for (size_t i = 0; i < options->listener_count; i++) {
        enum status status = start_listener(server, options->listeners[i], &server->listeners[i], err);
        if (status != OK) {
            http_server_stop(server, 0);
            return status;
        }
    }
    *ret_server = server;
    return OK;
}

uint16_t http_server_port(const struct http_server *server, size_t listener_index)
{
    assert(listener_index < server->options.listener_count);
    return server->listeners[listener_index].port;
}

static void close_listeners(struct http_server *server)
{
    for (size_t i = 0; i < server->options.listener_count; i++) {
        MHD_socket fd = server->listeners[i].daemon != NULL ? MHD_quiesce_daemon(server->listeners[i].daemon)
                                                            : MHD_INVALID_SOCKET;
        if (fd != MHD_INVALID_SOCKET)
            (void)close(fd); /* nothing was written to it */
    }
}

static struct timespec moment_in(int64_t wait_ms)
{
    struct timespec moment;
    (void)clock_gettime(CLOCK_MONOTONIC, &moment);
    moment.tv_sec += wait_ms / 1000;
    moment.tv_nsec += wait_ms % 1000 * 1000000;
    if (moment.tv_nsec >= 1000000000) {
        moment.tv_sec++;
        moment.tv_nsec -= 1000000000;
    }
    return moment;
}

/* Waits until no request runs, or comes in beyond its headers; under the lock. */
static void wait_until_idle(struct http_server *server, bool is_reading_on, int64_t wait_ms)
{
    struct timespec until = moment_in(wait_ms);
    while (server->running > 0 || (is_reading_on && server->reading > 0))
        if (pthread_cond_timedwait(&server->idle, &server->lock, &until) != 0)
            break;
}

/* Who has sent a request's headers may send its body, too, and gets an answer. Beyond the deadline it waits only for
 * handlers, because libmicrohttpd must not be stopped while connections are suspended, and a moment for what they
 * answered; never for a client that reads or writes slowly. */
static void drain(struct http_server *server, int64_t drain_ms)
{
    pthread_mutex_lock(&server->lock);
    wait_until_idle(server, true, drain_ms);
    server->is_refusing = true;
    while (server->handling > 0)
        pthread_cond_wait(&server->idle, &server->lock);
    wait_until_idle(server, false, SENDING_MS);
    pthread_mutex_unlock(&server->lock);
}

void http_server_stop(struct http_server *server, int64_t drain_ms)
{
    if (server == NULL)
        return;
    atomic_store_explicit(&server->is_stopping, true, memory_order_relaxed);
    close_listeners(server);
    drain(server, drain_ms);
    for (size_t i = 0; i < server->options.listener_count; i++)
        if (server->listeners[i].daemon != NULL)
            MHD_stop_daemon(server->listeners[i].daemon);
    http_watchdog_stop(server->watchdog);
    pthread_cond_destroy(&server->idle);
    pthread_mutex_destroy(&server->lock);
    mem_free(server->listeners);
    mem_free(server);
}

void http_server_stats_now(const struct http_server *server, struct http_server_stats *ret_stats)
{
    struct http_server *mutable = (struct http_server *)(uintptr_t)server; /* its lock is not part of its value */
    pthread_mutex_lock(&mutable->lock);
    ret_stats->requests_running = server->running;
    pthread_mutex_unlock(&mutable->lock);
    ret_stats->connections = http_watchdog_count(server->watchdog);
    ret_stats->cut_off_total = http_watchdog_cut_off_total(server->watchdog);
    ret_stats->refused_bodies_total = atomic_load_explicit(&server->refused_bodies, memory_order_relaxed);
}
