/* kedge check: read both tables, analyse, write what was asked for. */
#include <stdatomic.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/pool.h"
#include "cli/check_options.h"
#include "cli/command.h"
#include "data/read.h"
#include "monitor/analysis.h"
#include "monitor/report_render.h"
#include "web/pages.h"

#define REPORT_BYTES_MAX ((size_t)2 << 30)

/* One table to read; both at once, each in its thread. */
struct side {
    const char *path;
    struct frame *frame;
    enum status status;
    struct error error;
    atomic_size_t *rows; /* read so far by both; relaxed: it is only shown */
    size_t seen;
    bool shows_progress;
};

static void show_progress(void *context, size_t rows)
{
    struct side *side = context;
    size_t new_rows = rows - side->seen;
    side->seen = rows;
    size_t total = atomic_fetch_add_explicit(side->rows, new_rows, memory_order_relaxed) + new_rows;
    fprintf(stderr, "\rreading: %zu rows", total);
}

static void read_side(size_t index, void *argument)
{
    struct side *side = &((struct side *)argument)[index];
    struct read_options options = { .path = str_of(side->path) };
    if (side->shows_progress) {
        options.on_progress = show_progress;
        options.progress_context = side;
    }
    side->status = read_table(&options, &side->frame, &side->error);
}

static enum status read_sides(struct pool *pool, struct side sides[2], struct error *err)
{
    atomic_size_t rows = 0;
    for (size_t i = 0; i < 2; i++) {
        sides[i].rows = &rows;
        sides[i].shows_progress = isatty(STDERR_FILENO);
    }
    pool_run(pool, 2, read_side, sides);
    if (sides[0].shows_progress && atomic_load_explicit(&rows, memory_order_relaxed) > 0)
        fprintf(stderr, "\r\033[K");
    for (size_t i = 0; i < 2; i++) {
        if (sides[i].status == OK)
            continue;
        char text[sizeof(struct error)];
        return error_set(err, sides[i].status, "%s", error_text(&sides[i].error, text, sizeof text));
    }
    return OK;
}

static enum status write_all(str bytes, struct error *err)
{
    if (fwrite(bytes.data, 1, bytes.size, stdout) == bytes.size && fflush(stdout) == 0)
        return OK;
    return error_set(err, ERR_UNAVAILABLE, "standard output can't be written");
}

static enum status too_large(struct error *err)
{
    return error_set(err, ERR_LIMIT, "the report is larger than %zu MB", REPORT_BYTES_MAX >> 20);
}

static enum status write_json(const struct check_request *request, const struct report *report, struct buf *text,
                              struct error *err)
{
    buf_clear(text);
    if (!report_json(report, JSON_COMPACT, text) || !buf_append_byte(text, '\n'))
        return too_large(err);
    if (request->json_path)
        TRY(file_write(request->json_path, buf_str(text), err));
    return request->to_json_stdout ? write_all(buf_str(text), err) : OK;
}

static enum status write_html(const struct check_request *request, const struct report *report, struct buf *text,
                              struct error *err)
{
    struct web_report page = web_page_report();
    buf_clear(text);
    if (!report_html(report, page.prefix, page.suffix, text))
        return too_large(err);
    return file_write(request->html_path, buf_str(text), err);
}

static enum status write_junit(const struct check_request *request, const struct report *report, struct buf *text,
                               struct error *err)
{
    buf_clear(text);
    if (!report_junit(report, text))
        return too_large(err);
    return file_write(request->junit_path, buf_str(text), err);
}

static enum status write_text(const struct check_request *request, const struct report *report, struct buf *text,
                              struct error *err)
{
    struct winsize size;
    bool is_terminal = isatty(STDOUT_FILENO);
    const char *no_colour = getenv("NO_COLOR");
    struct report_text_style style = {
        .use_colour = is_terminal && !request->no_colour && !(no_colour && no_colour[0]),
        .width = is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80,
        .is_quiet = request->is_quiet,
    };
    buf_clear(text);
    if (!report_text(report, &style, text))
        return too_large(err);
    return write_all(buf_str(text), err);
}

static enum status write_report(const struct check_request *request, const struct report *report, struct error *err)
{
    struct buf text;
    buf_init(&text, REPORT_BYTES_MAX);
    enum status status = OK;
    if (request->json_path || request->to_json_stdout)
        status = write_json(request, report, &text, err);
    if (status == OK && request->html_path)
        status = write_html(request, report, &text, err);
    if (status == OK && request->junit_path)
        status = write_junit(request, report, &text, err);
    if (status == OK && !request->to_json_stdout)
        status = write_text(request, report, &text, err);
    buf_done(&text);
    return status;
}

/* `ret_is_usage`: what failed is an option that does not fit the data. */
static enum status check(struct check_request *request, struct pool *pool, enum report_verdict *ret_verdict,
                         bool *ret_is_usage, struct error *err)
{
    struct side sides[2] = { { .path = request->reference }, { .path = request->current } };
    int64_t started_ns = clock_monotonic_ns();
    enum status status = read_sides(pool, sides, err);
    CLEANUP(frame_free_slot) struct frame *reference = sides[0].frame;
    CLEANUP(frame_free_slot) struct frame *current = sides[1].frame;
    if (status != OK)
        return status;
    struct report_labels *labels = &request->options.labels;
    labels->read_ms = (double)(clock_monotonic_ns() - started_ns) / 1e6;
    labels->created_us = clock_now_us();
    if (str_is_empty(labels->title))
        labels->title = arena_printf(&request->arena, "%s against %s", request->current, request->reference);
    CLEANUP(report_free_slot) struct report *report = NULL;
    status = analysis_run(&request->options, reference, current, pool, &report, err);
    *ret_is_usage = status == ERR_INVALID;
    TRY(status);
    *ret_verdict = report->verdict;
    return write_report(request, report, err);
}

/* A pool's threads come on top of the calling one. */
static struct pool *make_pool(size_t threads)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    if (threads == 0)
        threads = cpus > 0 ? (size_t)cpus : 1;
    return threads > 1 ? pool_new("check", threads - 1, 1) : NULL;
}

static int fail(const struct error *err, int code)
{
    char text[sizeof *err];
    fprintf(stderr, "kedge check: %s\n", error_text(err, text, sizeof text));
    if (code == EXIT_USAGE)
        fprintf(stderr, "`kedge check --help` lists the options.\n");
    return code;
}

int command_check(int argc, char **argv)
{
    struct error err = { 0 };
    struct check_request request = { 0 };
    enum status status = check_request_parse(argc, argv, &request, &err);
    int code = EXIT_FINE;
    if (status != OK) {
        code = fail(&err, EXIT_USAGE);
    } else if (request.wants_help) {
        check_print_help(stdout);
    } else {
        struct pool *pool = make_pool(request.threads);
        enum report_verdict verdict = VERDICT_OK;
        bool is_usage = false;
        if (check(&request, pool, &verdict, &is_usage, &err) != OK)
            code = fail(&err, is_usage ? EXIT_USAGE : EXIT_FAILED);
        else if (verdict != VERDICT_OK)
            code = EXIT_FINDINGS;
        pool_free(pool);
    }
    check_request_done(&request);
    return code;
}
