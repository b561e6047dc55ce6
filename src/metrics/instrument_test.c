#include "metrics/instrument.h"

#include <math.h>
#include <pthread.h>

#include "base/test.h"

static double value_of(struct metric_registry *registry, const char *name, size_t *ret_series)
{
    struct metric_snapshot snapshot;
    struct error err = { 0 };
    double sum = 0;
    metric_snapshot_init(&snapshot, 0);
    CHECK_OK("collects", metric_registry_collect(registry, &snapshot, &err), &err);
    metric_snapshot_sort(&snapshot);
    *ret_series = 0;
    for (size_t i = 0; i < metric_snapshot_family_count(&snapshot); i++) {
        const struct metric_snapshot_family *family = metric_snapshot_family_at(&snapshot, i);
        if (!str_equal(family->name, str_of(name)))
            continue;
        *ret_series = family->series_count;
        for (size_t j = 0; j < family->series_count; j++)
            sum += family->series[j].value;
    }
    metric_snapshot_done(&snapshot);
    return sum;
}

TEST(metric_family_refuses_what_no_scraper_would_take)
{
    static const double falling[] = { 1, 0.5 }, infinite[] = { 1, INFINITY };
    static const struct {
        const char *why;
        struct metric_description description;
    } cases[] = {
        { "a blank in the name", { .kind = METRIC_GAUGE, .name = "a b" } },
        { "a digit in front", { .kind = METRIC_GAUGE, .name = "1a" } },
        { "a counter without _total", { .kind = METRIC_COUNTER, .name = "requests" } },
        { "a gauge with it", { .kind = METRIC_GAUGE, .name = "requests_total" } },
        { "the unit is not in the name", { .kind = METRIC_GAUGE, .name = "age", .unit = "seconds" } },
        { "the unit is all of the name", { .kind = METRIC_GAUGE, .name = "seconds", .unit = "seconds" } },
        { "a reserved label", { .kind = METRIC_GAUGE, .name = "a", .label_count = 1, .labels = { "__name__" } } },
        { "a histogram's own label", { .kind = METRIC_HISTOGRAM, .name = "a", .label_count = 1, .labels = { "le" } } },
        { "buckets that fall", { .kind = METRIC_HISTOGRAM, .name = "a", .buckets = falling, .bucket_count = 2 } },
        { "the infinite bucket is ours", { .kind = METRIC_HISTOGRAM, .name = "a", .buckets = infinite, .bucket_count = 2 } },
    };
    CLEANUP(metric_registry_free_slot) struct metric_registry *registry = metric_registry_new(0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct metric_family *family;
        struct error err = { 0 };
        CHECK_FAILS(cases[i].why, metric_family_new(registry, &cases[i].description, &family, &err), ERR_INVALID, &err);
    }
}

TEST(metric_family_of_one_name_is_one_family)
{
    CLEANUP(metric_registry_free_slot) struct metric_registry *registry = metric_registry_new(0);
    struct metric_family *first, *second;
    struct error err = { 0 };
    struct metric_description gauge = { .kind = METRIC_GAUGE, .name = "x", .label_count = 1, .labels = { "a" } };
    CHECK_OK("made", metric_family_new(registry, &gauge, &first, &err), &err);
    CHECK_OK("again", metric_family_new(registry, &gauge, &second, &err), &err);
    CHECK("the same", first == second);
    gauge.labels[0] = "b";
    CHECK_FAILS("other labels", metric_family_new(registry, &gauge, &second, &err), ERR_CONFLICT, &err);
}

TEST(counter_adds_and_never_falls)
{
    CLEANUP(metric_registry_free_slot) struct metric_registry *registry = metric_registry_new(0);
    struct metric_family *family;
    struct error err = { 0 };
    CHECK_OK("made", metric_family_new(registry, &(struct metric_description){ .kind = METRIC_COUNTER, .name = "x_total" },
                                       &family, &err), &err);
    struct counter *counter = metric_counter(family, NULL);
    counter_increment(counter);
    counter_add(counter, 2);
    counter_add(counter, 0.25);
    CHECK_NEAR("whole and fraction", counter_value(counter), 3.25, 0);
    counter_add(counter, -1);
    counter_add(counter, NAN);
    CHECK_NEAR("not back, not poisoned", counter_value(counter), 3.25, 0);
    counter_add(counter, 0x1p60);
    CHECK_NEAR("more than an exact integer", counter_value(counter), 0x1p60 + 3.25, 1e-15);
}

TEST(histogram_buckets_hold_their_upper_bound)
{
    static const double bounds[] = { 1, 2.5, 5 };
    CLEANUP(metric_registry_free_slot) struct metric_registry *registry = metric_registry_new(0);
    struct metric_family *family;
    struct error err = { 0 };
    struct metric_description description = { .kind = METRIC_HISTOGRAM, .name = "h", .buckets = bounds, .bucket_count = 3 };
    CHECK_OK("made", metric_family_new(registry, &description, &family, &err), &err);
    struct histogram *histogram = metric_histogram(family, NULL);
    static const double values[] = { -1, 1, 1.0000001, 2.5, 5, 5.1, INFINITY, NAN };
    for (size_t i = 0; i < COUNT(values); i++)
        histogram_observe(histogram, values[i]);
    CHECK_INT("NaN belongs nowhere", histogram_count(histogram), 7);
    struct metric_snapshot snapshot;
    metric_snapshot_init(&snapshot, 0);
    CHECK_OK("collects", metric_registry_collect(registry, &snapshot, &err), &err);
    metric_snapshot_sort(&snapshot);
    const uint64_t *counts = metric_snapshot_family_at(&snapshot, 0)->series[0].histogram.counts;
    static const uint64_t wanted[] = { 2, 2, 1, 2 };
    for (size_t i = 0; i < COUNT(wanted); i++)
        CHECK_INT("a bound is in the bucket that it closes", counts[i], wanted[i]);
    metric_snapshot_done(&snapshot);
}

TEST(metric_series_above_the_bound_are_counted_and_hidden)
{
    CLEANUP(metric_registry_free_slot) struct metric_registry *registry = metric_registry_new(2);
    struct metric_family *family;
    struct error err = { 0 };
    struct metric_description description = { .kind = METRIC_GAUGE, .name = "g", .label_count = 1, .labels = { "user" } };
    CHECK_OK("made", metric_family_new(registry, &description, &family, &err), &err);
    static const char *const users[] = { "ann", "bob", "cleo", "dan", "ann" };
    for (size_t i = 0; i < COUNT(users); i++)
        gauge_set(metric_gauge(family, (str[]){ str_of(users[i]) }), 1);
    size_t series;
    CHECK_NEAR("two are shown", value_of(registry, "g", &series), 2, 0);
    CHECK_NEAR("two were refused", value_of(registry, "kedge_metric_series_dropped_total", &series), 2, 0);
    metric_family_forget(family, (str[]){ STR("ann") });
    CHECK_NEAR("a forgotten one is gone", value_of(registry, "g", &series), 1, 0);
    (void)metric_gauge(family, (str[]){ STR("ann") });
    CHECK_NEAR("and comes back when it is asked for", value_of(registry, "g", &series), 2, 0);
}

TEST(metric_label_values_do_not_run_together)
{
    CLEANUP(metric_registry_free_slot) struct metric_registry *registry = metric_registry_new(0);
    struct metric_family *family;
    struct error err = { 0 };
    struct metric_description description = { .kind = METRIC_GAUGE, .name = "g", .label_count = 2, .labels = { "a", "b" } };
    CHECK_OK("made", metric_family_new(registry, &description, &family, &err), &err);
    CHECK("ab|c is not a|bc", metric_gauge(family, (str[]){ STR("ab"), STR("c") }) !=
                                  metric_gauge(family, (str[]){ STR("a"), STR("bc") }));
}

#define THREADS 4
#define UPDATES 20000

struct shared {
    struct metric_registry *registry;
    struct metric_family *counters, *histograms;
};

static void *update(void *argument)
{
    struct shared *shared = argument;
    for (int i = 0; i < UPDATES; i++) {
        str label = i % 2 == 0 ? STR("even") : STR("odd");
        counter_increment(metric_counter(shared->counters, &label));
        counter_add(metric_counter(shared->counters, &label), 0.5);
        histogram_observe(metric_histogram(shared->histograms, NULL), (double)(i % 3));
    }
    return NULL;
}

TEST(metric_updates_from_many_threads_are_all_counted)
{
    CLEANUP(metric_registry_free_slot) struct metric_registry *registry = metric_registry_new(0);
    struct shared shared = { .registry = registry };
    struct error err = { 0 };
    struct metric_description counters = { .kind = METRIC_COUNTER, .name = "c_total", .label_count = 1, .labels = { "a" } };
    struct metric_description histograms = { .kind = METRIC_HISTOGRAM, .name = "h" };
    CHECK_OK("counters", metric_family_new(registry, &counters, &shared.counters, &err), &err);
    CHECK_OK("histograms", metric_family_new(registry, &histograms, &shared.histograms, &err), &err);
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        CHECK_INT("started", pthread_create(&threads[i], NULL, update, &shared), 0);
    size_t series;
    for (int i = 0; i < 20; i++)
        CHECK("a scrape meanwhile", value_of(registry, "c_total", &series) >= 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    CHECK_NEAR("all of them", value_of(registry, "c_total", &series), THREADS * UPDATES * 1.5, 0);
    CHECK_INT("in two series", series, 2);
    CHECK_INT("and all observations", histogram_count(metric_histogram(shared.histograms, NULL)), THREADS * UPDATES);
}
