#include "serve/prediction_log.h"

#include <pthread.h>

#include "base/test.h"
#include "serve/fake_runtime.h"

#define THREADS 4
#define EACH 3000

struct way {
    struct event_log *log;
    struct metric_registry *registry;
    struct serve_instruments instruments;
    struct prediction_log *predictions;
};

static void open_way(struct way *way)
{
    struct error err = { 0 };
    CHECK_OK("log", event_log_open(&(struct event_log_options){ .folder = test_folder() }, &way->log, &err), &err);
    way->registry = metric_registry_new(0);
    serve_instruments_init(&way->instruments, way->registry);
    way->predictions = prediction_log_start(&(struct prediction_log_options){ .log = way->log,
                                                                              .dropped = way->instruments.dropped });
}

static void close_way(struct way *way)
{
    prediction_log_stop(way->predictions);
    event_log_close(way->log);
    metric_registry_free(way->registry);
}

static struct runtime *load(const char *name)
{
    struct runtime *runtime = NULL;
    struct mlmodel model;
    struct error err = { 0 };
    CHECK_OK(name, fake_runtime_load(name, (str){ 0 }, NULL, NULL, &model, &runtime, &err), &err);
    return runtime;
}

static struct frame *query(struct way *way, const char *sql)
{
    struct frame *frame = NULL;
    struct error err = { 0 };
    CHECK_OK(sql, event_log_query(way->log, str_of(sql), 100, &frame, &err), &err);
    return frame;
}

static double number_of(struct way *way, const char *sql)
{
    struct frame *frame = query(way, sql);
    double number = frame != NULL && frame->rows == 1 ? frame->columns[0].f64[0] : (double)NAN;
    frame_free(frame);
    return number;
}

TEST(a_prediction_arrives_whole)
{
    struct way way;
    open_way(&way);
    struct runtime *runtime = load("mixed");
    struct prediction_ring *ring = prediction_ring_open(way.predictions, STR("m"), STR("7"), &runtime->info);
    struct prediction prediction = {
        .numbers = (const double[]){ 41, 1, NAN, 5e6 },
        .texts = (const str[]){ { 0 }, { 0 }, { "Ulm", 3 }, { 0 } },
        .value = NAN,
        .label = STR("yes"),
        .prediction_id = STR("an id that is longer than those which we make ourselves"),
        .timestamp_us = 1700000000000000,
        .latency_ms = 0.25,
        .variant = STR("b"),
        .tag_count = 1,
        .tag_names = (const str[]){ { "region", 6 } },
        .tags = (const str[]){ { "eu", 2 } },
    };
    CHECK("taken", prediction_ring_put(ring, &prediction));
    prediction_ring_close(ring);
    prediction_log_flush(way.predictions);
    CHECK_NEAR("all of it",
               number_of(&way, "SELECT count(*) FROM m WHERE n = 41 AND flag AND city = 'Ulm' AND prediction = 'yes' AND "
                               "model_version = '7' AND tag_region = 'eu' AND tag_variant = 'b' AND tag_latency_ms = '0.250' "
                               "AND prediction_id LIKE 'an id that%'"),
               1, 0);
    runtime->methods->free(runtime);
    close_way(&way);
}

struct writer {
    pthread_t thread;
    struct prediction_ring *ring;
    size_t taken, dropped;
};

static void *write_many(void *self)
{
    struct writer *writer = self;
    for (size_t i = 0; i < EACH; i++) {
        struct prediction prediction = { .numbers = (const double[]){ 1, 2, (double)i }, .value = 1,
                                         .probabilities = (const double[]){ 0.25, 0.75 }, .timestamp_us = 1700000000000000 };
        if (prediction_ring_put(writer->ring, &prediction))
            writer->taken++;
        else
            writer->dropped++;
    }
    return NULL;
}

TEST(predictions_of_many_threads_are_stored_or_counted)
{
    struct way way;
    open_way(&way);
    struct runtime *runtime = load("classes");
    struct prediction_ring *ring = prediction_ring_open(way.predictions, STR("m"), STR("1"), &runtime->info);
    struct writer writers[THREADS];
    size_t taken = 0, dropped = 0;
    for (size_t i = 0; i < THREADS; i++) {
        writers[i] = (struct writer){ .ring = ring };
        pthread_create(&writers[i].thread, NULL, write_many, &writers[i]);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(writers[i].thread, NULL);
        taken += writers[i].taken;
        dropped += writers[i].dropped;
    }
    prediction_log_flush(way.predictions);
    CHECK_INT("none is lost unseen", taken + dropped, THREADS * EACH);
    CHECK_NEAR("what was taken is stored", number_of(&way, "SELECT count(*) FROM m WHERE prediction = 'high' AND "
                                                           "probability_high = 0.75"), (double)taken, 0);
    CHECK_NEAR("what was not is counted",
               counter_value(metric_counter(way.instruments.dropped, (const str[]){ STR("m") })), (double)dropped, 0);
    prediction_ring_close(ring);
    runtime->methods->free(runtime);
    close_way(&way);
}
