/* kedge serve: opens every module over the data folder, answers until it is told to stop, and closes them in
 * reverse. The main thread only waits for signals; all others are the modules' own. */
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/serve_options.h"
#include "cli/serve_settings.h"
#include "cli/serve_stack.h"
#include "cli/serve_tls.h"
#include "cli/service.h"
#include "net/http_listen.h"
#include "net/http_server.h"

#define LISTENERS_MAX 16
#define PROBLEMS_BYTES_MAX ((size_t)1 << 20)

struct serve {
    /* from the command line */
    const char *config_path, *data_dir, *port_file;
    str listen[LISTENERS_MAX];
    size_t listen_count;
    bool is_insecure, wants_help;
    struct arena arena; /* of the texts above, and of the listeners */

    /* opened in this order */
    const char *listeners[LISTENERS_MAX];
    size_t listener_count;
    int64_t drain_ms;
    struct serve_tls tls;
    struct serve_stack stack;
    struct http_server *server;
    const char *url_file, *certificate_file; /* written for commands; NULL = not yet */
};

/* ---- options ---- */

static const char *keep(struct serve *serve, str value)
{
    return arena_copy(&serve->arena, value).data;
}

static enum status add_listener(struct serve *serve, str address, struct error *err)
{
    if (serve->listen_count == LISTENERS_MAX)
        return error_set(err, ERR_INVALID, "more than %d listeners", LISTENERS_MAX);
    serve->listen[serve->listen_count++] = arena_copy(&serve->arena, address);
    return OK;
}

static enum status apply_config(void *context, str value, struct error *err)
{
    (void)err;
    struct serve *serve = context;
    serve->config_path = keep(serve, value);
    return OK;
}

static enum status apply_port(void *context, str value, struct error *err)
{
    struct serve *serve = context;
    return add_listener(serve, arena_printf(&serve->arena, "127.0.0.1:%.*s", STR_ARG(value)), err);
}

static enum status apply_listen(void *context, str value, struct error *err)
{
    return add_listener(context, value, err);
}

static enum status apply_data_dir(void *context, str value, struct error *err)
{
    (void)err;
    struct serve *serve = context;
    serve->data_dir = keep(serve, value);
    return OK;
}

static enum status apply_port_file(void *context, str value, struct error *err)
{
    (void)err;
    struct serve *serve = context;
    serve->port_file = keep(serve, value);
    return OK;
}

static enum status apply_insecure(void *context, str value, struct error *err)
{
    (void)value, (void)err;
    ((struct serve *)context)->is_insecure = true;
    return OK;
}

static enum status apply_help(void *context, str value, struct error *err)
{
    (void)value, (void)err;
    ((struct serve *)context)->wants_help = true;
    return OK;
}

static const struct option_entry option_entries[] = {
    { "config", OPTION_VALUE, "FILE", "Configuration (kedge.yaml); without one, defaults and KEDGE_ variables.", apply_config, true },
    { "port", OPTION_VALUE, "N", "Listen on 127.0.0.1:N; 0 takes any free port.", apply_port, false },
    { "listen", OPTION_VALUE, "ADDRESS:PORT", "Listen there; may be given several times.", apply_listen, false },
    { "data-dir", OPTION_VALUE, "FOLDER", "Where events, references and results are kept.", apply_data_dir, false },
    { "port-file", OPTION_VALUE, "FILE", "Write the first listener's port there once it listens.", apply_port_file, false },
    { "insecure", OPTION_SWITCH, NULL, "Allow listeners beyond loopback without a token.", apply_insecure, false },
    { "help", OPTION_SWITCH, NULL, "Show this.", apply_help, false },
};
static const struct option_table options = { option_entries, COUNT(option_entries) };

const struct option_table *serve_option_table(void)
{
    return &options;
}

static void print_help(void)
{
    printf("usage: kedge serve [OPTION]...\n\n"
           "Captures predictions over HTTP, compares them with their reference, and serves reports and metrics.\n"
           "SIGHUP loads the configuration anew; SIGTERM and SIGINT finish what runs and stop.\n\n");
    option_print_help(&options, stdout);
    printf("\nexamples:\n"
           "  kedge serve\n"
           "  kedge serve --config examples/wine/kedge.yaml --port 9000\n"
           "  KEDGE_TOKEN=secret kedge serve --listen 0.0.0.0:8000\n");
}

/* ---- configuration ---- */

/* The configuration with the command line over it. Every mistake goes to standard error. */
static enum status load_config(const struct serve *serve, struct config **ret_config, struct error *err)
{
    CLEANUP(buf_done) struct buf problems;
    buf_init(&problems, PROBLEMS_BYTES_MAX);
    struct config *config = NULL;
    enum status status = config_load(serve->config_path, environ, &config, &problems, err);
    if (status != OK) {
        fprintf(stderr, "%.*s", STR_ARG(buf_str(&problems)));
        return status;
    }
    if (serve->listen_count > 0)
        config->listen = (struct config_texts){ serve->listen, serve->listen_count };
    if (serve->data_dir != NULL)
        config->data_dir = str_of(serve->data_dir);
    config->insecure |= serve->is_insecure;
    *ret_config = config;
    return OK;
}

static void configure_log(const struct config *config)
{
    struct log_options log = log_defaults;
    (void)log_level_parse(config->log_level, &log.level_min); /* one of the four: the configuration checked it */
    log.format = str_equal(config->log_format, STR("json")) ? LOG_FORMAT_JSON : LOG_FORMAT_LOGFMT;
    log_configure(&log);
}

static enum status choose_listeners(struct serve *serve, const struct config *config, struct error *err)
{
    if (config->listen.count == 0 || config->listen.count > LISTENERS_MAX)
        return error_set(err, ERR_INVALID, "listen: between 1 and %d addresses, found %zu", LISTENERS_MAX, config->listen.count);
    for (size_t i = 0; i < config->listen.count; i++) {
        struct http_address address;
        serve->listeners[i] = keep(serve, config->listen.items[i]);
        TRY(http_address_parse(serve->listeners[i], &address, err));
        if (!http_address_is_loopback(&address) && secret_is_empty(&config->token) && !config->insecure)
            return error_set(err, ERR_INVALID, "%s can be reached by other machines: set a token, or insecure: true",
                             serve->listeners[i]);
    }
    serve->listener_count = config->listen.count;
    return OK;
}

/* SIGHUP and POST /-/reload: the new configuration comes into force as a whole or not at all. */
static enum status reload(void *self, struct error *err)
{
    struct serve *serve = self;
    struct config *config = NULL;
    struct api_settings *settings = NULL;
    TRY(load_config(serve, &config, err));
    TRY(serve_settings_new(config, &settings, err));
    api_replace_settings(serve->stack.api, settings);
    LOG_INFO("configuration loaded anew", log_text("file", serve->config_path != NULL ? serve->config_path : "(none)"));
    return OK;
}

/* ---- opening and closing ---- */

static enum status start_server(struct serve *serve, const struct http_server_options *limits, struct error *err)
{
    struct http_server_options server = *limits;
    server.listeners = serve->listeners;
    server.listener_count = serve->listener_count;
    bool is_tls = !secret_is_empty(&serve->tls.key);
    server.tls_certificate = is_tls ? secret_reveal(&serve->tls.certificate).data : NULL;
    server.tls_key = is_tls ? secret_reveal(&serve->tls.key).data : NULL;
    server.handler = api_handle;
    server.head = api_head;
    server.self = serve->stack.api;
    enum status status = http_server_start(&server, &serve->server, err);
    return status == ERR_INVALID && is_tls ? error_while(err, "tls.certificate and tls.key") : status;
}

static const char *scheme_of(const struct serve *serve)
{
    return secret_is_empty(&serve->tls.key) ? "http" : "https";
}

static void announce(const struct serve *serve)
{
    for (size_t i = 0; i < serve->listener_count; i++) {
        struct http_address address = { 0 };
        struct error err = { 0 };
        if (http_address_parse(serve->listeners[i], &address, &err) != OK)
            continue; /* it was parsed before */
        bool is_v6 = strchr(address.host, ':') != NULL;
        char url[HTTP_HOST_MAX + 32];
        (void)snprintf(url, sizeof url, "%s://%s%s%s:%u", scheme_of(serve), is_v6 ? "[" : "", address.host,
                       is_v6 ? "]" : "", (unsigned)http_server_port(serve->server, i));
        printf("listening on %s  data: %s\n", url, serve->stack.data_dir);
        if (i == 0)
            printf("  docs     %s/docs\n  overview %s/ui/\n  reports  %s/reports\n  metrics  %s/metrics\n", url, url, url, url);
        LOG_INFO("listening", log_text("url", url));
    }
    (void)fflush(stdout); /* whoever reads it may be gone; we serve on */
}

/* FOLDER/server.url tells `kedge sql` and its kind where we are. */
static enum status write_url_file(struct serve *serve, struct error *err)
{
    struct http_address address;
    TRY(http_address_parse(serve->listeners[0], &address, err));
    bool is_any = strcmp(address.host, "0.0.0.0") == 0 || strcmp(address.host, "::") == 0;
    const char *host = is_any ? "127.0.0.1" : address.host;
    bool is_v6 = strchr(host, ':') != NULL;
    str url = arena_printf(&serve->arena, "%s://%s%s%s:%u\n", scheme_of(serve), is_v6 ? "[" : "", host,
                           is_v6 ? "]" : "", (unsigned)http_server_port(serve->server, 0));
    str path = arena_printf(&serve->arena, "%s/" SERVICE_URL_FILE, serve->stack.data_dir);
    TRY(file_write(path.data, url, err));
    serve->url_file = path.data;
    return OK;
}

/* Before the URL, so that who reads the one finds the other; without TLS, one that a crash left is removed. */
static enum status write_certificate_file(struct serve *serve, struct error *err)
{
    str certificate = serve_tls_own_certificate(&serve->tls);
    str path = arena_printf(&serve->arena, "%s/" SERVICE_CERTIFICATE_FILE, serve->stack.data_dir);
    if (str_is_empty(certificate))
        return file_remove(path.data, err);
    TRY(file_write(path.data, certificate, err));
    serve->certificate_file = path.data;
    return OK;
}

static enum status write_port_file(const struct serve *serve, struct error *err)
{
    char text[16];
    if (serve->port_file == NULL)
        return OK;
    int size = snprintf(text, sizeof text, "%u\n", (unsigned)http_server_port(serve->server, 0));
    return file_write(serve->port_file, (str){ text, (size_t)size }, err);
}

static enum status open_all(struct serve *serve, struct error *err)
{
    struct config *config = NULL;
    TRY(load_config(serve, &config, err));
    configure_log(config);
    struct http_server_options limits = {
        .threads = (size_t)config->http_threads,
        .connections_max = (size_t)config->http_connections,
        .body_bytes_max = (size_t)config->http_body_bytes,
        .idle_timeout_s = MAX_OF(config->http_idle_timeout_ms / 1000, (int64_t)1),
    };
    serve->drain_ms = config->http_drain_ms;
    enum status status = choose_listeners(serve, config, err);
    if (status == OK)
        status = serve_tls_load(config, &serve->tls, err);
    if (status != OK) {
        config_free(config);
        return status;
    }
    struct serve_stack_options stack = { .has_scheduler = true, .reload = reload, .self = serve };
    TRY(serve_stack_open(config, &stack, &serve->stack, err));
    TRY(start_server(serve, &limits, err));
    TRY(write_certificate_file(serve, err));
    TRY(write_url_file(serve, err));
    return write_port_file(serve, err);
}

static void close_all(struct serve *serve)
{
    if (serve->stack.api != NULL)
        api_begin_shutdown(serve->stack.api);
    if (serve->url_file != NULL)
        (void)unlink(serve->url_file); /* commands would only find that nobody answers there */
    if (serve->certificate_file != NULL)
        (void)unlink(serve->certificate_file); /* the same */
    http_server_stop(serve->server, serve->drain_ms);
    serve_tls_done(&serve->tls);
    serve_stack_close(&serve->stack);
    arena_done(&serve->arena);
}

/* ---- signals ---- */

static void block_signals(sigset_t *ret_signals)
{
    sigemptyset(ret_signals);
    sigaddset(ret_signals, SIGTERM);
    sigaddset(ret_signals, SIGINT);
    sigaddset(ret_signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, ret_signals, NULL); /* before threads start: they inherit it */
    (void)signal(SIGPIPE, SIG_IGN);                /* a client that hangs up is no reason to end */
}

static void wait_for_end(struct serve *serve, const sigset_t *signals)
{
    for (;;) {
        int number = 0;
        if (sigwait(signals, &number) != 0)
            continue;
        if (number != SIGHUP) {
            LOG_INFO("stopping", log_text("signal", number == SIGINT ? "SIGINT" : "SIGTERM"));
            return;
        }
        struct error err = { 0 };
        if (reload(serve, &err) != OK)
            LOG_ERROR("the configuration stays as it was", log_error(&err));
    }
}

int command_serve(int argc, char **argv)
{
    struct serve serve = { 0 };
    struct error err = { 0 };
    char text[1024];
    size_t operands = 0;
    arena_init(&serve.arena, 0);
    if (option_parse(&options, argc, argv, &serve, NULL, 0, &operands, &err) != OK) {
        fprintf(stderr, "kedge serve: %s\n", error_text(&err, text, sizeof text));
        arena_done(&serve.arena);
        return EXIT_USAGE;
    }
    if (serve.wants_help) {
        print_help();
        arena_done(&serve.arena);
        return EXIT_FINE;
    }
    sigset_t signals;
    block_signals(&signals);
    enum status status = open_all(&serve, &err);
    if (status == OK) {
        announce(&serve);
        wait_for_end(&serve, &signals);
    } else {
        fprintf(stderr, "kedge serve: %s\n", error_text(&err, text, sizeof text));
    }
    close_all(&serve);
    return status == OK ? EXIT_FINE : status == ERR_INVALID ? EXIT_USAGE : EXIT_FAILED;
}
