#include "metrics/exposition.h"

#include <math.h>

#include "base/test.h"
#include "metrics/process.h"

/* A snapshot with one of everything, added in an order that is not the one to be written. */
static void fill(struct metric_snapshot *snapshot)
{
    struct metric_snapshot_family *family;
    struct error err = { 0 };
    metric_snapshot_init(snapshot, 0);

    CHECK_OK("gauge", metric_snapshot_family(snapshot, METRIC_GAUGE, "temperature_celsius", "Warm \\ or \"cold\"\nhere.",
                                             "celsius", &family, &err), &err);
    struct metric_label quoted = { STR("room"), STR("a\\b\"c\nd") };
    CHECK_OK("escapes", metric_snapshot_add(family, &quoted, 1, -0.5, &err), &err);
    CHECK_OK("no labels", metric_snapshot_add(family, NULL, 0, NAN, &err), &err);

    CHECK_OK("counter", metric_snapshot_family(snapshot, METRIC_COUNTER, "hits_total", "Hits.", NULL, &family, &err), &err);
    struct metric_label post[] = { { STR("method"), STR("POST") }, { STR("code"), STR("200") } };
    struct metric_label get[] = { { STR("code"), STR("200") }, { STR("method"), STR("GET") }, { STR("zone"), STR("") } };
    CHECK_OK("labels in any order", metric_snapshot_add(family, post, COUNT(post), 1234567, &err), &err);
    CHECK_OK("an empty label is none", metric_snapshot_add(family, get, COUNT(get), 3, &err), &err);
    CHECK_OK("the same again", metric_snapshot_add(family, get, COUNT(get), 99, &err), &err);

    static const double bounds[] = { 0.00005, 1, 2500000 };
    static const uint64_t counts[] = { 1, 2, 0, 1 };
    CHECK_OK("histogram", metric_snapshot_family(snapshot, METRIC_HISTOGRAM, "wait_seconds", "Wait.", "seconds", &family,
                                                 &err), &err);
    struct metric_histogram_value histogram = { COUNT(bounds), bounds, counts, 1e21 };
    CHECK_OK("buckets", metric_snapshot_add_histogram(family, NULL, 0, &histogram, &err), &err);

    CHECK_OK("empty", metric_snapshot_family(snapshot, METRIC_GAUGE, "nothing", "Nothing.", NULL, &family, &err), &err);
}

/* Written by hand from the two specifications. */
static const char text_0_0_4[] =
    "# HELP hits_total Hits.\n"
    "# TYPE hits_total counter\n"
    "hits_total{code=\"200\",method=\"GET\"} 3\n"
    "hits_total{code=\"200\",method=\"POST\"} 1.234567e+06\n"
    "# HELP temperature_celsius Warm \\\\ or \"cold\"\\nhere.\n"
    "# TYPE temperature_celsius gauge\n"
    "temperature_celsius NaN\n"
    "temperature_celsius{room=\"a\\\\b\\\"c\\nd\"} -0.5\n"
    "# HELP wait_seconds Wait.\n"
    "# TYPE wait_seconds histogram\n"
    "wait_seconds_bucket{le=\"5e-05\"} 1\n"
    "wait_seconds_bucket{le=\"1\"} 3\n"
    "wait_seconds_bucket{le=\"2.5e+06\"} 3\n"
    "wait_seconds_bucket{le=\"+Inf\"} 4\n"
    "wait_seconds_sum 1e+21\n"
    "wait_seconds_count 4\n";

static const char openmetrics_1_0[] =
    "# HELP hits Hits.\n"
    "# TYPE hits counter\n"
    "hits_total{code=\"200\",method=\"GET\"} 3\n"
    "hits_total{code=\"200\",method=\"POST\"} 1.234567e+06\n"
    "# HELP temperature_celsius Warm \\\\ or \\\"cold\\\"\\nhere.\n"
    "# TYPE temperature_celsius gauge\n"
    "# UNIT temperature_celsius celsius\n"
    "temperature_celsius NaN\n"
    "temperature_celsius{room=\"a\\\\b\\\"c\\nd\"} -0.5\n"
    "# HELP wait_seconds Wait.\n"
    "# TYPE wait_seconds histogram\n"
    "# UNIT wait_seconds seconds\n"
    "wait_seconds_bucket{le=\"5e-05\"} 1\n"
    "wait_seconds_bucket{le=\"1.0\"} 3\n"
    "wait_seconds_bucket{le=\"2.5e+06\"} 3\n"
    "wait_seconds_bucket{le=\"+Inf\"} 4\n"
    "wait_seconds_sum 1e+21\n"
    "wait_seconds_count 4\n"
    "# EOF\n";

TEST(exposition_of_a_hand_made_snapshot)
{
    static const struct {
        enum exposition_format format;
        const char *text;
    } cases[] = { { EXPOSITION_TEXT_0_0_4, text_0_0_4 }, { EXPOSITION_OPENMETRICS_1_0, openmetrics_1_0 } };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct metric_snapshot snapshot;
        fill(&snapshot);
        CLEANUP(buf_done) struct buf text;
        buf_init(&text, 100000);
        struct error err = { 0 };
        CHECK_OK("writes", exposition_write(&snapshot, cases[i].format, &text, &err), &err);
        CHECK_STR(exposition_content_type(cases[i].format), buf_str(&text), str_of(cases[i].text));
        metric_snapshot_done(&snapshot);
    }
}

TEST(exposition_numbers_look_like_those_of_prometheus)
{
    /* From Go's strconv.FormatFloat(x, 'g', -1, 64). */
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        { 0, "0" },           { -0.0, "-0" },          { 1, "1" },                { 123456, "123456" },
        { 1e6, "1e+06" },     { 0.0001, "0.0001" },    { 0.00001234, "1.234e-05" }, { 100, "100" },
        { 0.1 + 0.2, "0.30000000000000004" },          { 1e300, "1e+300" },       { 5e-324, "5e-324" },
        { 93784.5, "93784.5" }, { INFINITY, "+Inf" },  { -INFINITY, "-Inf" },     { 999999.5, "999999.5" },
        { 12345678, "1.2345678e+07" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct metric_snapshot snapshot;
        struct metric_snapshot_family *family;
        struct error err = { 0 };
        metric_snapshot_init(&snapshot, 0);
        CHECK_OK("family", metric_snapshot_family(&snapshot, METRIC_GAUGE, "x", NULL, NULL, &family, &err), &err);
        CHECK_OK("value", metric_snapshot_add(family, NULL, 0, cases[i].value, &err), &err);
        CLEANUP(buf_done) struct buf text, wanted;
        buf_init(&text, 1000);
        buf_init(&wanted, 1000);
        buf_printf(&wanted, "# TYPE x gauge\nx %s\n", cases[i].text);
        CHECK_OK("writes", exposition_write(&snapshot, EXPOSITION_TEXT_0_0_4, &text, &err), &err);
        CHECK_STR(cases[i].text, buf_str(&text), buf_str(&wanted));
        metric_snapshot_done(&snapshot);
    }
}

TEST(exposition_negotiates_as_scrapers_expect)
{
    enum { TEXT = EXPOSITION_TEXT_0_0_4, OPEN = EXPOSITION_OPENMETRICS_1_0 };
    static const struct {
        const char *why, *accept;
        int format;
    } cases[] = {
        { "nothing asked", "", TEXT },
        { "a browser", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", TEXT },
        { "Prometheus 2.42", "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                             "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", OPEN },
        { "Prometheus 3 prefers OpenMetrics", "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
                                              "application/openmetrics-text;version=0.0.1;q=0.5,"
                                              "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
                                              "text/plain;version=0.0.4;q=0.3,*/*;q=0.2", OPEN },
        { "text weighs more", "application/openmetrics-text;q=0.3, text/plain;q=0.7", TEXT },
        { "q is 0: not that one", "application/openmetrics-text;q=0", TEXT },
        { "equal weights: the first", "text/plain, application/openmetrics-text", TEXT },
        { "equal weights: the first", "application/openmetrics-text, text/plain", OPEN },
        { "a name before a wildcard", "*/*, application/openmetrics-text", OPEN },
        { "a version that we do not write", "application/openmetrics-text;version=2.0.0", TEXT },
        { "quoted version, any case, blanks", " Application/OpenMetrics-Text ; Version=\"1.0.0\" ; Q=1.0 ", OPEN },
        { "a wildcard is for what all can read", "*/*", TEXT },
        { "rubbish", ";;;,q=,=;q=nan,\xFF", TEXT },
        { "a q that is none counts as 0", "application/openmetrics-text;q=high, text/plain;q=0.1", TEXT },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_INT(cases[i].why, exposition_negotiate(str_of(cases[i].accept)), cases[i].format);
}

TEST(snapshot_refuses_and_repairs)
{
    struct metric_snapshot snapshot;
    struct metric_snapshot_family *family, *other;
    struct error err = { 0 };
    metric_snapshot_init(&snapshot, 2);
    CHECK_OK("family", metric_snapshot_family(&snapshot, METRIC_GAUGE, "x", NULL, NULL, &family, &err), &err);
    CHECK_FAILS("another kind", metric_snapshot_family(&snapshot, METRIC_HISTOGRAM, "x", NULL, NULL, &other, &err),
                ERR_CONFLICT, &err);
    static const struct metric_label bad = { STR("a-b"), STR("1") }, twice[] = { { STR("a"), STR("1") }, { STR("a"), STR("2") } };
    error_clear(&err);
    CHECK_FAILS("no label name", metric_snapshot_add(family, &bad, 1, 0, &err), ERR_INVALID, &err);
    error_clear(&err);
    CHECK_FAILS("a label twice", metric_snapshot_add(family, twice, 2, 0, &err), ERR_INVALID, &err);
    error_clear(&err);
    struct metric_label broken = { STR("a"), STR("\xFFok\xC3") };
    CHECK_OK("bytes that are no UTF-8", metric_snapshot_add(family, &broken, 1, 0, &err), &err);
    CHECK_STR("are marked", family->series[0].labels[0].value, STR("?ok?"));
    CHECK_OK("the second", metric_snapshot_add(family, NULL, 0, 0, &err), &err);
    CHECK_FAILS("the third of two", metric_snapshot_add(family, NULL, 0, 0, &err), ERR_LIMIT, &err);
    metric_snapshot_done(&snapshot);
}

TEST(exposition_that_does_not_fit_is_refused)
{
    struct metric_snapshot snapshot;
    fill(&snapshot);
    CLEANUP(buf_done) struct buf text;
    buf_init(&text, 100);
    struct error err = { 0 };
    CHECK_FAILS("100 bytes", exposition_write(&snapshot, EXPOSITION_TEXT_0_0_4, &text, &err), ERR_LIMIT, &err);
    metric_snapshot_done(&snapshot);
}

static double one_value(const struct metric_snapshot *snapshot, const char *name)
{
    for (size_t i = 0; i < metric_snapshot_family_count(snapshot); i++) {
        const struct metric_snapshot_family *family = metric_snapshot_family_at(snapshot, i);
        if (str_equal(family->name, str_of(name)) && family->series_count > 0)
            return family->series[0].value;
    }
    return NAN;
}

TEST(process_and_host_show_what_the_kernel_tells)
{
    struct metric_snapshot snapshot;
    struct error err = { 0 };
    char folder[] = "/";
    metric_snapshot_init(&snapshot, 0);
    CHECK_OK("process", process_collect(NULL, &snapshot, &err), &err);
    CHECK_OK("host", host_collect(folder, &snapshot, &err), &err);
    metric_snapshot_sort(&snapshot);
    double resident = one_value(&snapshot, "process_resident_memory_bytes");
    CHECK("a running program needs some memory", resident > 100e3);
    CHECK("and less than it maps", resident < one_value(&snapshot, "process_virtual_memory_bytes"));
    CHECK("standard input, output and error", one_value(&snapshot, "process_open_fds") >= 3);
    CHECK("fewer than allowed", one_value(&snapshot, "process_open_fds") < one_value(&snapshot, "process_max_fds"));
    CHECK("this test's thread, and perhaps a sanitizer's", one_value(&snapshot, "process_threads") >= 1);
    CHECK("after 2020", one_value(&snapshot, "process_start_time_seconds") > 1577836800);
    CHECK("some memory is free", one_value(&snapshot, "kedge_host_memory_available_bytes") <
                                     one_value(&snapshot, "kedge_host_memory_total_bytes"));
    CHECK("a disk", one_value(&snapshot, "node_filesystem_size_bytes") >= one_value(&snapshot, "node_filesystem_free_bytes"));
    CHECK("a processor", one_value(&snapshot, "node_cpu_seconds_total") >= 0);
    CHECK("a load", one_value(&snapshot, "node_load1") >= 0);
    metric_snapshot_done(&snapshot);
}
