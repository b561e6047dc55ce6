/* bench/event_log_bench.c - durable events a second through event_log_append, in the two shapes that callers have,
 * and the memory that it takes.
 *
 *     event_log_bench [FOLDER [BATCH_EVENTS [SINGLE_EVENTS]]]
 *
 * The folder must be on a real disk: a tmpfs makes every sync free. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/random.h"
#include "store/event_log.h"

#define FEATURES 13
#define BATCH_ROWS 1000
#define BATCH_CALLERS 4
#define SINGLE_CALLERS 64

struct load {
    struct event_log *log;
    size_t rows, calls; /* a call, and calls of this thread */
    uint64_t seed;
};

static atomic_uint_fast64_t stored, failed; /* relaxed: read after the threads have ended */

static void fail(const char *what, const struct error *err)
{
    (void)fprintf(stderr, "event_log_bench: %s: %s\n", what, err->cause);
    exit(3);
}

static size_t resident_bytes(void)
{
    size_t pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%zu %zu", &pages, &resident) != 2)
        resident = 0;
    if (file != NULL)
        (void)fclose(file); /* only read from */
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

static void fill(struct event_value *cells, size_t count, struct random *random)
{
    for (size_t i = 0; i < count; i++)
        cells[i] = (struct event_value){ EVENT_NUMBER, .number = random_normal(random) };
}

static void *run_load(void *argument)
{
    const struct load *load = argument;
    struct random random;
    random_init(&random, load->seed);
    static const str names[FEATURES] = { STR("alcohol"), STR("malic_acid"), STR("ash"), STR("alcalinity"),
        STR("magnesium"),
                                         STR("phenols"), STR("flavanoids"), STR("nonflavanoids"),
                                             STR("proanthocyanins"),
                                         STR("color"), STR("hue"), STR("od280"), STR("proline") };
    struct event_value *cells = calloc(load->rows * FEATURES, sizeof *cells),
        *predictions = calloc(load->rows, sizeof *predictions);
    str *ids = calloc(load->rows, sizeof *ids);
    int64_t *times_us = calloc(load->rows, sizeof *times_us);
    fill(cells, load->rows * FEATURES, &random);
    for (size_t row = 0; row < load->rows; row++) {
        predictions[row] = (struct event_value){ EVENT_INTEGER, .integer = (int64_t)random_below(&random, 3) };
        times_us[row] = INT64_MIN;
    }
    struct event_batch batch = {
        .model_name = STR("wine"), .model_version = STR("1"), .rows = load->rows, .feature_count = FEATURES,
        .feature_names = names, .features = cells, .prediction_ids = ids, .timestamps_us = times_us,
        .predictions = predictions,
    };
    for (size_t call = 0; call < load->calls; call++) {
        struct arena arena;
        arena_init(&arena, 0);
        struct error err = { 0 };
        struct event_append_result result;
        enum status status;
        while ((status = event_log_append(load->log, &batch, &arena, &result, &err)) == ERR_LIMIT) {
            atomic_fetch_add_explicit(&failed, 1, memory_order_relaxed);
            error_clear(&err);
            usleep(10000);
        }
        if (status != OK)
            fail("append", &err);
        atomic_fetch_add_explicit(&stored, result.stored, memory_order_relaxed);
        arena_done(&arena);
    }
    free(cells);
    free(predictions);
    free(ids);
    free(times_us);
    return NULL;
}

static void measure(struct event_log *log, const char *shape, size_t callers, size_t rows, size_t events)
{
    pthread_t threads[SINGLE_CALLERS];
    struct load loads[SINGLE_CALLERS];
    atomic_store(&stored, 0);
    atomic_store(&failed, 0);
    struct event_log_stats before, after;
    event_log_stats_now(log, &before);
    int64_t start_ns = clock_monotonic_ns();
    for (size_t i = 0; i < callers; i++) {
        loads[i] = (struct load){ log, rows, events / rows / callers, i + 1 };
        if (pthread_create(&threads[i], NULL, run_load, &loads[i]) != 0)
            exit(3);
    }
    for (size_t i = 0; i < callers; i++)
        (void)pthread_join(threads[i], NULL); /* the threads are ours */
    double seconds = (double)(clock_monotonic_ns() - start_ns) * 1e-9;
    event_log_stats_now(log, &after);
    uint64_t count = atomic_load(&stored);
    printf("%-28s %9llu events  %7.2f s  %9.0f durable events/s  %6llu syncs  %llu retries  RSS %zu MiB\n", shape,
           (unsigned long long)count, seconds, (double)count / seconds,
           (unsigned long long)(after.commits_total - before.commits_total), (unsigned long long)atomic_load(&failed),
           resident_bytes() >> 20);
    (void)fflush(stdout);
}

static size_t argument_or(int argc, char **argv, int index, size_t usual)
{
    uint64_t value;
    return argc > index && number_parse_u64(str_of(argv[index]), &value) ? value : usual;
}

int main(int argc, char **argv)
{
    char folder[] = "event_log_bench.XXXXXX";
    struct error err = { 0 };
    const char *path = argc > 1 ? argv[1] : mkdtemp(folder);
    struct event_log *log;
    struct event_log_options options = { .folder = path };
    if (event_log_open(&options, &log, &err) != OK)
        fail("open", &err);
    printf("at rest: RSS %zu MiB\n", resident_bytes() >> 20);
    measure(log, "4 callers x 1000 x 13", BATCH_CALLERS, BATCH_ROWS, argument_or(argc, argv, 2, 1000000));
    measure(log, "64 callers x 1 x 13", SINGLE_CALLERS, 1, argument_or(argc, argv, 3, 200000));

    int64_t start_ns = clock_monotonic_ns();
    struct event_window window = { .model_name = STR("wine"), .from_us = INT64_MIN, .to_us = INT64_MAX };
    uint64_t rows = 0;
    if (event_log_count(log, &window, &rows, &err) != OK)
        fail("count", &err);
    printf("ingested: %llu events, count after %.2f s, RSS %zu MiB\n", (unsigned long long)rows,
           (double)(clock_monotonic_ns() - start_ns) * 1e-9, resident_bytes() >> 20);
    start_ns = clock_monotonic_ns();
    struct frame *frame;
    if (event_log_scan(log, &window, 0, &frame, &err) != OK)
        fail("scan", &err);
    printf("scan of all: %.2f s, RSS %zu MiB", (double)(clock_monotonic_ns() - start_ns) * 1e-9,
           resident_bytes() >> 20);
    frame_free(frame);
    printf(", afterwards %zu MiB\n", resident_bytes() >> 20);
    event_log_close(log);
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage); /* can't fail for ourselves */
    printf("CPU %.1f s user, %.1f s system; peak RSS %ld MiB\nleft in %s\n", (double)usage.ru_utime.tv_sec,
           (double)usage.ru_stime.tv_sec, usage.ru_maxrss >> 10, path);
    return 0;
}
