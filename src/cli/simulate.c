/* kedge simulate: a file's rows go to a running server as predictions, at a chosen pace and with a chosen drift. */
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "cli/command.h"
#include "cli/simulate_events.h"
#include "cli/simulate_pace.h"
#include "cli/simulate_send.h"
#include "data/read.h"
#include "format/json.h"

#define BODY_BYTES_MAX ((size_t)256 << 20)
#define NS_PER_MS 1000000
#define NS_PER_S 1e9
#define PROGRESS_NS 200000000

struct simulation {
    const struct simulate_options *options;
    struct simulated_events events;
    struct simulate_sender sender;
    struct buf body;
    uint64_t sent, stored, duplicates, labels;
    double seconds;
    str analysis; /* the server's document; empty: not asked for */
    bool has_findings;
};

static volatile sig_atomic_t is_stopped;

static void stop(int signal)
{
    (void)signal;
    is_stopped = 1;
}

/* Ctrl-C ends the sending but not the summary; a second one ends the process. */
static void listen_for_stop(void)
{
    struct sigaction action = { .sa_handler = stop, .sa_flags = (int)SA_RESETHAND };
    sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);  /* fails only for signals that don't exist */
    (void)sigaction(SIGTERM, &action, NULL);
}

/* Takes the members of {"stored": 100, "duplicates": 0, "matched": 3} that are asked for. */
static void take_counts(str answer, uint64_t *ret_stored, uint64_t *ret_duplicates)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct json_reader json;
    json_reader_init(&json, answer, &arena, NULL);
    str key;
    json_enter_object(&json);
    while (json_next_member(&json, &key)) {
        if (str_equal(key, STR("stored")))
            json_take_u64(&json, ret_stored);
        else if (str_equal(key, STR("duplicates")))
            json_take_u64(&json, ret_duplicates);
    }
    arena_done(&arena);
}

static void show_progress(const struct simulation *simulation, int64_t started_ns, int64_t *shown_ns)
{
    int64_t now_ns = clock_monotonic_ns();
    if (simulation->options->is_quiet || !isatty(STDERR_FILENO) || now_ns - *shown_ns < PROGRESS_NS)
        return;
    *shown_ns = now_ns;
    fprintf(stderr, "\r\033[Ksent %llu of %zu events, %.0f/s", (unsigned long long)simulation->sent,
            simulation->events.events, (double)simulation->sent / ((double)(now_ns - started_ns) / NS_PER_S));
}

static void clear_progress(int64_t shown_ns)
{
    if (shown_ns > 0)
        fprintf(stderr, "\r\033[K");
}

static enum status send_batch(struct simulation *simulation, size_t from, size_t to, struct error *err)
{
    buf_clear(&simulation->body);
    if (!simulated_events_write(&simulation->events, from, to, &simulation->body))
        return error_set(err, ERR_LIMIT, "%zu events make more than %zu MB; a smaller --batch fits", to - from,
                         BODY_BYTES_MAX >> 20);
    uint64_t stored = 0, duplicates = 0;
    if (simulation->options->asks_model) {
        TRY(simulate_post(&simulation->sender, "/predict", buf_str(&simulation->body), NULL, err));
    } else {
        TRY(simulate_post(&simulation->sender, "/capture/batch", buf_str(&simulation->body), NULL, err));
        take_counts(buf_str(&simulation->sender.answer), &stored, &duplicates);
    }
    simulation->sent += to - from;
    simulation->stored += stored;
    simulation->duplicates += duplicates;
    return OK;
}

static enum status send_events(struct simulation *simulation, struct error *err)
{
    const struct simulate_options *options = simulation->options;
    size_t count = simulation->events.events, batch = simulate_batch_rows(options);
    int64_t started_ns = clock_monotonic_ns(), shown_ns = 0;
    enum status status = OK;
    for (size_t from = 0; from < count && !is_stopped && status == OK; from += batch) {
        if (options->rate_per_s > 0)
            simulate_wait_until(started_ns + (int64_t)(simulate_due_s(options, from, count) * NS_PER_S), &is_stopped);
        if (is_stopped)
            break;
        status = send_batch(simulation, from, MIN_OF(from + batch, count), err);
        show_progress(simulation, started_ns, &shown_ns);
    }
    clear_progress(shown_ns);
    simulation->seconds = (double)(clock_monotonic_ns() - started_ns) / NS_PER_S;
    return status;
}

static enum status send_labels(struct simulation *simulation, struct error *err)
{
    simulate_wait_until(clock_monotonic_ns() + simulation->options->late_labels_ms * NS_PER_MS, &is_stopped);
    size_t batch = simulation->options->batch_rows;
    for (size_t from = 0; from < simulation->sent && !is_stopped; from += batch) {
        size_t labels;
        buf_clear(&simulation->body);
        if (!simulated_events_write_labels(&simulation->events, from, MIN_OF(from + batch, simulation->sent),
                                           &simulation->body, &labels))
            return error_set(err, ERR_LIMIT, "the labels are too long; a smaller --batch fits");
        if (labels > 0)
            TRY(simulate_post(&simulation->sender, "/labels", buf_str(&simulation->body), NULL, err));
        simulation->labels += labels;
    }
    return OK;
}

static enum status send_reference(struct simulation *simulation, struct error *err)
{
    const char *path = simulation->options->reference;
    buf_clear(&simulation->body);
    TRY(file_read(path, &simulation->body, err));
    /* Of other kinds the server looks at the bytes, as read_table does. */
    const char *type = str_has_suffix(str_of(path), STR(".csv")) ? "text/csv" : "application/octet-stream";
    return simulate_post(&simulation->sender, "/reference", buf_str(&simulation->body), type, err);
}

/* The document comes back whole; here only its verdict decides. */
static enum status analyse(struct simulation *simulation, struct arena *arena, struct error *err)
{
    struct buf *body = &simulation->body;
    buf_clear(body);
    buf_printf(body, "{\"window_size\":%llu}", (unsigned long long)simulation->sent);
    TRY(simulate_post(&simulation->sender, "/analyze", buf_str(body), NULL, err));
    simulation->analysis = arena_copy(arena, buf_str(&simulation->sender.answer));
    struct json_reader json;
    json_reader_init(&json, simulation->analysis, arena, err);
    str key, verdict = STR("ok");
    json_enter_object(&json);
    while (json_next_member(&json, &key))
        if (str_equal(key, STR("verdict")))
            json_take_str(&json, &verdict);
    simulation->has_findings = !str_equal(verdict, STR("ok"));
    if (json_finish(&json) != OK)
        return error_while(err, "the answer of %s/analyze", simulation->sender.base_url);
    return OK;
}

static void print_summary_lines(struct json_reader *json)
{
    str line;
    for (json_enter_array(json); json_next_element(json);)
        if (json_take_str(json, &line) == OK)
            printf("  %.*s\n", STR_ARG(line));
}

/* The verdict as people read it, from the same document that --json passes on. */
static void print_analysis(const struct simulation *simulation, struct arena *arena)
{
    struct json_reader json;
    json_reader_init(&json, simulation->analysis, arena, NULL);
    str key, text, report = { 0 };
    json_enter_object(&json);
    while (json_next_member(&json, &key)) {
        if (str_equal(key, STR("report")))
            json_take_str(&json, &report);
        else if (str_equal(key, STR("verdict")) && json_take_str(&json, &text) == OK)
            printf("verdict: %.*s\n", STR_ARG(text));
        else if (str_equal(key, STR("summary")))
            print_summary_lines(&json);
    }
    if (report.size > 0)
        printf("report:  %.*s%.*s\n", STR_ARG(simulation->options->url), STR_ARG(report));
}

static double events_per_s(const struct simulation *simulation)
{
    return simulation->seconds > 0 ? (double)simulation->sent / simulation->seconds : NAN;
}

static void print_text(const struct simulation *simulation, struct arena *arena)
{
    if (simulation->options->asks_model)
        printf("%llu predictions in %.2f s (%.0f/s)", (unsigned long long)simulation->sent, simulation->seconds,
               events_per_s(simulation));
    else
        printf("sent %llu events in %.2f s (%.0f/s): %llu stored, %llu there already", (unsigned long long)simulation->sent,
               simulation->seconds, events_per_s(simulation), (unsigned long long)simulation->stored,
               (unsigned long long)simulation->duplicates);
    if (simulation->labels > 0)
        printf("; %llu labels", (unsigned long long)simulation->labels);
    if (simulation->sender.waits > 0)
        printf("; waited %zu times for the server", simulation->sender.waits);
    printf("\n");
    if (simulation->analysis.size > 0)
        print_analysis(simulation, arena);
}

static enum status print_json(struct simulation *simulation, struct error *err)
{
    buf_clear(&simulation->body);
    struct json_writer json;
    json_writer_init(&json, &simulation->body, JSON_COMPACT);
    json_begin_object(&json);
    json_u64(&json, "sent", simulation->sent);
    json_u64(&json, "stored", simulation->stored);
    json_u64(&json, "duplicates", simulation->duplicates);
    json_u64(&json, "labels", simulation->labels);
    json_u64(&json, "waits", simulation->sender.waits);
    json_f64(&json, "seconds", simulation->seconds);
    json_f64(&json, "events_per_second", events_per_s(simulation));
    if (simulation->analysis.size > 0)
        json_raw(&json, "analysis", simulation->analysis);
    else
        json_null(&json, "analysis");
    json_end_object(&json);
    if (!json_writer_end(&json))
        return error_set(err, ERR_LIMIT, "the analysis is longer than %zu MB", BODY_BYTES_MAX >> 20);
    str text = buf_str(&simulation->body);
    if (fwrite(text.data, 1, text.size, stdout) == text.size && putchar('\n') == '\n')
        return OK;
    return error_set(err, ERR_UNAVAILABLE, "standard output can't be written");
}

static enum status run_steps(struct simulation *simulation, struct arena *arena, struct error *err)
{
    const struct simulate_options *options = simulation->options;
    if (options->reference)
        TRY(send_reference(simulation, err));
    enum status status = send_events(simulation, err);
    bool owes_labels = options->has_late_labels || (options->asks_model && simulation->events.target != NULL);
    if (status == OK && owes_labels && !is_stopped)
        status = send_labels(simulation, err);
    if (status == OK && options->wants_analysis && !is_stopped && simulation->sent > 0)
        status = analyse(simulation, arena, err);
    if (options->wants_json && status == OK)
        return print_json(simulation, err);
    /* What was stored before a failure is stored: it is told in any case. */
    if (!options->is_quiet && !options->wants_json && (status == OK || simulation->sent > 0))
        print_text(simulation, arena);
    return status;
}

static enum status simulate(const struct simulate_options *options, bool *ret_has_findings, struct error *err)
{
    CLEANUP(frame_free_slot) struct frame *frame = NULL;
    TRY(read_table(&(struct read_options){ .path = str_of(options->file) }, &frame, err));
    struct simulation simulation = { .options = options };
    CLEANUP(arena_done) struct arena arena;
    arena_init(&arena, 0);
    TRY(simulated_events_init(&simulation.events, options, frame, &arena, err));
    if (!simulation.events.prediction && !options->is_quiet)
        fprintf(stderr, "kedge simulate: %s has no column \"prediction\" and --prediction names none; sending events "
                        "without predictions\n", options->file);
    simulate_sender_init(&simulation.sender, options, &arena, &is_stopped);
    buf_init(&simulation.body, BODY_BYTES_MAX);
    enum status status = run_steps(&simulation, &arena, err);
    *ret_has_findings = simulation.has_findings;
    buf_done(&simulation.body);
    simulate_sender_done(&simulation.sender);
    return status;
}

int command_simulate(int argc, char **argv)
{
    struct error err = { 0 };
    struct simulate_options options;
    char text[sizeof err];
    if (simulate_options_parse(argc, argv, &options, &err) != OK) {
        fprintf(stderr, "kedge simulate: %s\n`kedge simulate --help` lists the options.\n",
                error_text(&err, text, sizeof text));
        return EXIT_USAGE;
    }
    if (options.wants_help) {
        simulate_print_help(stdout);
        return EXIT_FINE;
    }
    listen_for_stop();
    bool has_findings = false;
    if (simulate(&options, &has_findings, &err) != OK) {
        fprintf(stderr, "kedge simulate: %s\n", error_text(&err, text, sizeof text));
        return EXIT_FAILED;
    }
    return has_findings ? EXIT_FINDINGS : EXIT_FINE;
}
