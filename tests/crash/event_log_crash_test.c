/* tests/crash/event_log_crash_test.c - kill -9 under load, again and again, in one folder.
 *
 *     event_log_crash_test [FOLDER|- [ROUNDS [SEED]]]
 *
 * Without a folder it takes a temporary one, removed when all went well.
 *
 * Each round a child opens the log and appends from several threads, singly and in batches, labels what it appended
 * and rolls days over meanwhile. It tells every acknowledgement through a pipe; after a random number of them the
 * parent kills it. Another child then opens the log and checks: each acknowledged id is there exactly once with its
 * value and its label, and no id is there twice. The next round sends the ids again whose fate was open. */
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/civil.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/number.h"
#include "base/random.h"
#include "store/event_log.h"

#define APPENDERS 6
#define BATCH_ROWS 40
#define IDS_MAX ((uint64_t)1 << 22)

/* What the parent knows to be acknowledged; it survives the children. */
struct truth {
    uint64_t appended[APPENDERS]; /* ids 0 .. n - 1 of each appender */
    uint64_t labelled[APPENDERS];
};
static struct truth *truth;

/* One message through the pipe; below PIPE_BUF, so never torn by threads. */
struct acknowledgement {
    uint32_t appender, is_label;
    uint64_t through;
};

static void die(const char *what, const struct error *err)
{
    char text[800];
    (void)fprintf(stderr, "event_log_crash_test: %s: %s\n", what, error_text(err, text, sizeof text));
    _exit(3);
}

/* ---- the child that is killed ---- */

struct appender {
    struct event_log *log;
    uint32_t number;
    int pipe;
};

static void tell(const struct appender *appender, bool is_label, uint64_t through)
{
    struct acknowledgement message = { appender->number, is_label, through };
    if (write(appender->pipe, &message, sizeof message) != (ssize_t)sizeof message)
        _exit(3);
}

static void append_ids(const struct appender *appender, uint64_t from, size_t rows)
{
    static const str feature = STR("x");
    char texts[BATCH_ROWS][32];
    str ids[BATCH_ROWS];
    struct event_value values[BATCH_ROWS];
    int64_t times_us[BATCH_ROWS];
    for (size_t row = 0; row < rows; row++) {
        uint64_t n = from + row;
        (void)snprintf(texts[row], sizeof texts[row], "%u-%llu", appender->number, (unsigned long long)n);
        ids[row] = str_of(texts[row]);
        values[row] = (struct event_value){ EVENT_INTEGER, .integer = (int64_t)n };
        times_us[row] = (INT64_C(20000) + (int64_t)(n / 500)) * CIVIL_US_PER_DAY; /* days go by, and close */
    }
    struct event_batch batch = {
        .model_name = STR("crash"), .model_version = STR("1"), .rows = rows, .feature_count = 1,
        .feature_names = &feature, .features = values, .prediction_ids = ids, .timestamps_us = times_us,
        .predictions = values,
    };
    struct arena arena;
    arena_init(&arena, 0);
    struct error err = { 0 };
    struct event_append_result result;
    if (event_log_append(appender->log, &batch, &arena, &result, &err) != OK)
        die("append", &err);
    arena_done(&arena);
}

static void label_ids(const struct appender *appender, uint64_t from, size_t rows)
{
    char texts[BATCH_ROWS][32];
    struct event_label labels[BATCH_ROWS];
    for (size_t row = 0; row < rows; row++) {
        (void)snprintf(texts[row], sizeof texts[row], "%u-%llu", appender->number, (unsigned long long)(from + row));
        labels[row] = (struct event_label){ str_of(texts[row]), { EVENT_INTEGER, .integer = (int64_t)(from + row) },
            0 };
    }
    struct error err = { 0 };
    size_t matched;
    if (event_log_label(appender->log, STR("crash"), labels, rows, &matched, &err) != OK)
        die("label", &err);
}

/* Closed days become files while the others append. */
static void roll_over(const struct appender *appender)
{
    struct error err = { 0 };
    bool has_more = false; /* what arrives today is closed tomorrow */
    if (event_log_maintain(appender->log, clock_now_us() + CIVIL_US_PER_DAY, &has_more, &err) != OK)
        die("maintain", &err);
}

static void *run_appender(void *argument)
{
    const struct appender *appender = argument;
    uint64_t next = truth->appended[appender->number], labelled = truth->labelled[appender->number];
    for (uint64_t call = 0; next + BATCH_ROWS < IDS_MAX; call++) {
        size_t rows = appender->number % 2 == 0 ? BATCH_ROWS : 1;
        append_ids(appender, next, rows);
        next += rows;
        tell(appender, false, next);
        if (appender->number == 0 && call % 64 == 63)
            roll_over(appender);
        if (call % 8 != 7)
            continue;
        size_t labels = next - labelled < BATCH_ROWS ? next - labelled : BATCH_ROWS;
        label_ids(appender, labelled, labels);
        labelled += labels;
        tell(appender, true, labelled);
    }
    return NULL;
}

static void run_child(const char *folder, int pipe)
{
    struct error err = { 0 };
    struct event_log *log;
    struct event_log_options options = { .folder = folder };
    if (event_log_open(&options, &log, &err) != OK)
        die("open", &err);
    pthread_t threads[APPENDERS];
    struct appender appenders[APPENDERS];
    for (uint32_t i = 0; i < APPENDERS; i++) {
        appenders[i] = (struct appender){ log, i, pipe };
        if (pthread_create(&threads[i], NULL, run_appender, &appenders[i]) != 0)
            _exit(3);
    }
    for (;;)
        (void)pause(); /* until the kill */
}

/* ---- the child that looks ---- */

static void check(bool condition, const char *what, str id)
{
    if (condition)
        return;
    (void)fprintf(stderr, "event_log_crash_test: %s: %.*s\n", what, STR_ARG(id));
    _exit(1);
}

/* Marks the id's row in `is_there`; says so where it was marked before. */
static void check_row(const struct frame *frame, size_t row, uint8_t *is_there)
{
    const struct column *ids = frame_column(frame, STR("prediction_id")), *x = frame_column(frame, STR("x"));
    const struct column *target = frame_column(frame, STR("target"));
    str id = ids->categories[ids->codes[row]], rest = id, head;
    uint64_t appender = APPENDERS, n = IDS_MAX;
    check(str_split(&rest, '-', &head) && number_parse_u64(head, &appender) && number_parse_u64(rest, &n) &&
          appender < APPENDERS && n < IDS_MAX, "an id that nobody sent", id);
    check(is_there[appender * IDS_MAX + n]++ == 0, "an id is there twice", id);
    check(x->f64[row] == (double)n, "an event has another value", id);
    if (n < truth->labelled[appender])
        check(target != NULL && target->f64[row] == (double)n, "an acknowledged label is lost", id);
}

static void run_check(const char *folder, uint64_t *ret_rows)
{
    struct error err = { 0 };
    struct event_log *log;
    struct event_log_options options = { .folder = folder };
    if (event_log_open(&options, &log, &err) != OK)
        die("open after a crash", &err);
    struct event_window window = { .model_name = STR("crash"), .from_us = INT64_MIN, .to_us = INT64_MAX };
    struct frame *frame = NULL;
    enum status status = event_log_scan(log, &window, 0, &frame, &err);
    if (status != OK && status != ERR_NOT_FOUND)
        die("scan", &err);
    uint8_t *is_there = calloc(APPENDERS, IDS_MAX);
    for (size_t row = 0; frame != NULL && row < frame->rows; row++)
        check_row(frame, row, is_there);
    for (size_t i = 0; i < APPENDERS; i++)
        for (uint64_t n = 0; n < truth->appended[i]; n++) {
            char id[32];
            (void)snprintf(id, sizeof id, "%zu-%llu", i, (unsigned long long)n);
            check(is_there[i * IDS_MAX + n] == 1, "an acknowledged event is lost", str_of(id));
        }
    *ret_rows = frame != NULL ? frame->rows : 0;
    free(is_there);
    frame_free(frame);
    event_log_close(log);
}

/* ---- the parent, which never opens the log ---- */

static void note(const struct acknowledgement *message)
{
    uint64_t *place = message->is_label ? &truth->labelled[message->appender] : &truth->appended[message->appender];
    *place = message->through;
}

/* Reads acknowledgements until `count` came or the child is gone; returns how many. */
static uint64_t read_acknowledgements(int pipe, uint64_t count)
{
    struct acknowledgement message;
    uint64_t got = 0;
    while (got < count && read(pipe, &message, sizeof message) == (ssize_t)sizeof message) {
        note(&message);
        got++;
    }
    return got;
}

static void crash_once(const char *folder, uint64_t acknowledgements)
{
    int ends[2];
    if (pipe(ends) != 0)
        exit(3);
    pid_t child = fork();
    if (child == 0) {
        (void)close(ends[0]); /* the parent's */
        run_child(folder, ends[1]);
    }
    (void)close(ends[1]); /* the child's */
    uint64_t got = read_acknowledgements(ends[0], acknowledgements);
    (void)kill(child, SIGKILL); /* it may have failed by itself: then got is short */
    (void)read_acknowledgements(ends[0], UINT64_MAX); /* what it had said before it died */
    (void)close(ends[0]);                             /* only read from */
    int how;
    if (waitpid(child, &how, 0) != child || got < acknowledgements || !WIFSIGNALED(how)) {
        (void)fprintf(stderr, "event_log_crash_test: the child ended by itself\n");
        exit(1);
    }
}

/* Returns how many events are there. */
static uint64_t check_once(const char *folder)
{
    uint64_t *rows = mmap(NULL, sizeof *rows, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child = fork();
    if (child == 0) {
        run_check(folder, rows);
        _exit(0);
    }
    int how;
    if (waitpid(child, &how, 0) != child || !WIFEXITED(how) || WEXITSTATUS(how) != 0)
        exit(1);
    uint64_t count = *rows;
    (void)munmap(rows, sizeof *rows); /* ours */
    return count;
}

static uint64_t number_or(int argc, char **argv, int index, uint64_t usual)
{
    uint64_t value;
    return argc > index && number_parse_u64(str_of(argv[index]), &value) ? value : usual;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info, (void)kind, (void)walk;
    return remove(path);
}

int main(int argc, char **argv)
{
    char made[] = "event_log_crash.XXXXXX"; /* in the working folder: /tmp may be no disk */
    bool is_made = argc < 2 || strcmp(argv[1], "-") == 0;
    const char *folder = is_made ? mkdtemp(made) : argv[1];
    uint64_t rounds = number_or(argc, argv, 2, 50), seed = number_or(argc, argv, 3, random_seed());
    struct log_options quiet = log_defaults;
    quiet.level_min = LOG_LEVEL_ERROR; /* a cut end is what we are after here */
    log_configure(&quiet);
    printf("folder %s, %llu rounds, seed %llu\n", folder, (unsigned long long)rounds, (unsigned long long)seed);
    (void)fflush(stdout); /* before the forks copy it */
    truth = mmap(NULL, sizeof *truth, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct random random;
    random_init(&random, seed);
    uint64_t rows = 0;
    for (uint64_t round = 0; round < rounds; round++) {
        /* Few acknowledgements hit the recovery's end and the first ingest, many hit rollovers and segments. */
        uint64_t limit = round % 3 == 0 ? 20 : 600;
        crash_once(folder, 1 + random_below(&random, limit));
        rows = check_once(folder);
    }
    uint64_t acknowledged = 0;
    for (size_t i = 0; i < APPENDERS; i++)
        acknowledged += truth->appended[i];
    printf("%llu kills, %llu events acknowledged, %llu there, each once\n", (unsigned long long)rounds,
           (unsigned long long)acknowledged, (unsigned long long)rows);
    if (is_made)
        (void)nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS); /* a leftover fails no test */
    return 0;
}
