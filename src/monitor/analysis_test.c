#include "monitor/analysis.h"

#include "base/pool.h"
#include "base/test.h"
#include "format/json.h"
#include "monitor/options_yaml.h"
#include "monitor/reference_profile.h"
#include "monitor/report_render.h"
#include "monitor/report_results.h"
#include "monitor/table_fixture.h"

static struct report *analyse(const struct analysis_options *options, const struct frame *reference,
                              const struct frame *current, struct pool *pool)
{
    struct error err = { 0 };
    struct report *report = NULL;
    CHECK_OK("analysis", analysis_run(options, reference, current, pool, &report, &err), &err);
    return report;
}

static struct report *analyse_texts(const struct analysis_options *options, const char *reference, const char *current)
{
    CLEANUP(frame_free_slot) struct frame *before = table_of(reference);
    CLEANUP(frame_free_slot) struct frame *after = table_of(current);
    return analyse(options, before, after, NULL);
}

static double result_of(const struct report *report, const char *name, const char *column)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct results results = report_results(report, &arena);
    const struct result *result = results_find(&results, str_of(name), str_of(column));
    double value = result ? result->value : NAN;
    arena_done(&arena);
    return value;
}

static const char *const scored = "y,p\n1,0.9\n0,0.2\n1,0.6\n1,0.4\n0,0.5\n0,0.1\n1,0.8\n0,0.3\n1,0.7\n0,0.6\n";

TEST(analysis_measures_classes_as_scikit_learn)
{
    static const struct {
        const char *name;
        double value;
    } cases[] = {
        { "accuracy", 0.7 },
        { "precision", 0.6666666666666666 },
        { "recall", 0.8 },
        { "f1", 0.7272727272727273 },
        { "roc_auc", 0.9 },
        { "log_loss", 0.4406912289895783 },
        { "brier", 0.141 },
        { "average_precision", 0.9028571428571428 },
    };
    struct analysis_options options;
    analysis_options_init(&options);
    options.target = STR("y");
    options.prediction = STR("p");
    CLEANUP(report_free_slot) struct report *report = analyse_texts(&options, scored, scored);
    CHECK("two labels and probabilities: binary", report->classification && report->classification->task == TASK_BINARY);
    CHECK_STR("1 is the positive label", report->classification->labels[report->classification->positive], STR("1"));
    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_NEAR(cases[i].name, result_of(report, cases[i].name, ""), cases[i].value, 1e-9);
}

/* By hand: the true class's probability is 0.7, 0.5, 0.4 and 0.25, so log loss is -ln(0.7 * 0.5 * 0.4 * 0.25) / 4. */
TEST(analysis_matches_probability_columns_with_labels)
{
    static const struct {
        const char *why, *a, *b, *c;
    } cases[] = {
        { "named like the labels", "a", "b", "c" },
        { "behind a usual prefix", "probability_a", "probability_b", "probability_c" },
        { "each in its way", "prob_a", "b", "proba_c" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char table[512];
        (void)snprintf(table, sizeof table, "y,p,%s,%s,%s\na,a,0.7,0.2,0.1\nb,b,0.3,0.5,0.2\nc,c,0.3,0.3,0.4\nc,a,0.5,0.25,0.25\n",
                       cases[i].a, cases[i].b, cases[i].c);
        const str names[] = { str_of(cases[i].a), str_of(cases[i].b), str_of(cases[i].c) };
        struct analysis_options options;
        analysis_options_init(&options);
        options.target = STR("y");
        options.prediction = STR("p");
        options.probabilities = (struct strs){ names, COUNT(names) };
        CLEANUP(report_free_slot) struct report *report = analyse_texts(&options, table, table);
        CHECK_INT(cases[i].why, report->classification->label_count, 3);
        CHECK_NEAR(cases[i].why, result_of(report, "log_loss", ""), -log(0.7 * 0.5 * 0.4 * 0.25) / 4, 1e-12);
    }
}

TEST(analysis_measures_numbers_as_scikit_learn)
{
    static const char *const table = "y,p\n3.0,2.5\n-0.5,0.0\n2.0,2.0\n7.0,8.0\n4.5,5.0\n,1.0\n1.0,\n";
    struct analysis_options options;
    analysis_options_init(&options);
    options.target = STR("y");
    options.prediction = STR("p");
    options.task = TASK_REGRESSION;
    CLEANUP(report_free_slot) struct report *report = analyse_texts(&options, table, table);
    CHECK_NEAR("mae", result_of(report, "mae", ""), 0.5, 1e-12);
    CHECK_NEAR("rmse", result_of(report, "rmse", ""), 0.5916079783099616, 1e-12);
    CHECK_NEAR("r2", result_of(report, "r2", ""), 0.9440894568690096, 1e-12);
    CHECK_NEAR("me", result_of(report, "me", ""), 0.3, 1e-12);
    CHECK_INT("rows with both", report->regression->current->overall.rows, 5);
}

TEST(analysis_judges_segments_and_fairness)
{
    static const char *const table = "y,p,g\nyes,yes,EU\nno,no,EU\nyes,no,EU\nno,no,EU\nyes,yes,US\nno,yes,US\n";
    const str segment = STR("g");
    struct analysis_options options;
    analysis_options_init(&options);
    options.target = STR("y");
    options.prediction = STR("p");
    options.segments = (struct strs){ &segment, 1 };
    CLEANUP(report_free_slot) struct report *report = analyse_texts(&options, table, table);
    CHECK_INT("both regions", report->classification->segment_count, 2);
    CHECK_NEAR("EU: three of four right", report->classification->segments[0].metrics.overall.accuracy, 0.75, 1e-12);
    CHECK_NEAR("US: one of two", report->classification->segments[1].metrics.overall.accuracy, 0.5, 1e-12);
    CHECK_STR("the largest group leads", report->fairness->groups[report->fairness->reference_group].value, STR("EU"));
    CHECK_NEAR("called positive: 1/4 against 2/2", report->fairness->measures.demographic_parity_difference, 0.75, 1e-12);
}

TEST(analysis_correlates_as_pandas)
{
    static const char *const table = "x,y,z\n1.0,2.0,1.0\n2.0,1.0,1.0\n3.0,4.0,2.0\n4.0,3.0,2.0\n5.0,6.0,9.0\n6.0,5.0,3.0\n";
    static const double wanted[CORRELATION_CRAMERS_V][2] = { { 0.8285714285714286, 0.5991712703227051 },
                                                             { 0.8285714285714286, 0.9121593238215745 },
                                                             { 0.6, 0.7877263614433762 } };
    struct analysis_options options;
    analysis_options_init(&options);
    CLEANUP(report_free_slot) struct report *report = analyse_texts(&options, table, table);
    CHECK_INT("pearson, spearman, kendall", report->correlations->matrix_count, 3);
    for (size_t i = 0; i < report->correlations->matrix_count; i++) {
        const struct correlation_matrix *matrix = &report->correlations->matrices[i];
        CHECK_NEAR("x with y", matrix->current[1], wanted[matrix->kind][0], 1e-12);
        CHECK_NEAR("x with z", matrix->reference[2], wanted[matrix->kind][1], 1e-12);
    }
    CHECK_INT("nothing changed", report->correlations->changed_count, 0);
}

TEST(analysis_gives_a_bad_column_its_own_note)
{
    struct analysis_options options;
    analysis_options_init(&options);
    CLEANUP(report_free_slot) struct report *report =
        analyse_texts(&options, "good,gone,empty\n1.5,1,\n2.5,2,\n3.5,3,\n", "good,new,empty\n1.5,1,\n2.5,2,\n9.5,3,\n");
    CHECK_INT("all four are there", report->column_count, 4);
    CHECK_INT("one could be tested", report->dataset_drift.evaluated, 1);
    CHECK_INT("three could not", report->dataset_drift.skipped, 3);
    CHECK_STR("one side", report_column(report, STR("gone"))->note, STR("only in the reference"));
    CHECK_STR("other side", report_column(report, STR("new"))->note, STR("only in the current data"));
    CHECK_STR("no values", report_column(report, STR("empty"))->note, STR("all values are missing on both sides"));
}

TEST(analysis_fails_when_a_feature_is_gone_or_became_text)
{
    static const struct {
        const char *why, *reference, *current, *note;
        double broken;
    } cases[] = {
        { "nothing wrong", "x,y\n1.5,a\n2.5,b\n", "x,y\n1.5,a\n2.5,b\n", "", 0 },
        { "a new column is no failure", "x\n1.5\n2.5\n", "x,y\n1.5,a\n2.5,b\n", "", 0 },
        { "one is gone", "x,y\n1.5,a\n2.5,b\n", "x\n1.5\n2.5\n", "y (missing)", 1 },
        { "one is text now", "x,y\n1.5,a\n2.5,b\n", "x,y\n1.5,a\noops,b\n", "x (another type)", 1 },
        { "the label is late", "x,label\n1.5,1\n2.5,0\n", "x\n1.5\n2.5\n", "", 0 },
    };
    struct analysis_options options;
    analysis_options_init(&options);
    for (size_t i = 0; i < COUNT(cases); i++) {
        options.target = strstr(cases[i].reference, "label") != NULL ? STR("label") : STR("");
        CLEANUP(report_free_slot) struct report *report = analyse_texts(&options, cases[i].reference, cases[i].current);
        const struct test_outcome *test = &report->tests[1];
        CHECK_NEAR(cases[i].why, test->value, cases[i].broken, 0);
        CHECK_STR(cases[i].why, test->note, str_of(cases[i].note));
        CHECK_INT(cases[i].why, test->status, cases[i].broken > 0 ? TEST_FAIL : TEST_PASS);
    }
}

TEST(analysis_counts_repeated_rows_whatever_the_columns_know)
{
    static const struct {
        const char *why, *table;
        size_t repeated;
    } cases[] = {
        { "every column repeats, and so do two rows", "x,y\n1.5,a\n1.5,a\n2.5,b\n1.5,a\n", 2 },
        { "every column repeats, but no row does", "x,y\n1.5,a\n1.5,b\n2.5,a\n2.5,b\n", 0 },
        { "one column never repeats", "x,y\n1.5,a\n2.5,a\n3.5,a\n", 0 },
        { "its values differ, but its gaps are equal", "x,y\n1.5,a\n2.5,a\n,a\n,a\n", 1 },
    };
    struct analysis_options options;
    analysis_options_init(&options);
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(report_free_slot) struct report *report = analyse_texts(&options, cases[i].table, cases[i].table);
        CHECK_INT(cases[i].why, report->reference_quality.duplicated_rows, cases[i].repeated);
        CHECK_INT(cases[i].why, report->current_quality.duplicated_rows, cases[i].repeated);
    }
}

TEST(analysis_finds_what_is_odd)
{
    static const struct {
        const char *why, *reference, *current;
        enum finding_kind kind;
    } cases[] = {
        { "a word never seen", "x\na\nb\na\n", "x\na\nb\nz\n", FINDING_NEW_CATEGORY },
        { "a word that went", "x\na\nb\nz\n", "x\na\nb\na\n", FINDING_VANISHED_CATEGORY },
        { "no value left", "x\n1.5\n2.5\n", "x\n\n\n", FINDING_ALL_MISSING },
        { "an infinity", "x\n1.5\n2.5\n", "x\ninf\n2.5\n", FINDING_INFINITE },
        { "one value only", "x\n1.5\n2.5\n", "x\n2.5\n2.5\n", FINDING_CONSTANT },
        { "another kind of value", "x\ntrue\nfalse\n", "x\na\nb\n", FINDING_TYPE_CHANGED },
    };
    struct analysis_options options;
    analysis_options_init(&options);
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(report_free_slot) struct report *report = analyse_texts(&options, cases[i].reference, cases[i].current);
        bool is_found = false;
        for (size_t k = 0; k < report->columns[0].findings.count; k++)
            is_found |= report->columns[0].findings.items[k].kind == cases[i].kind;
        CHECK(cases[i].why, is_found);
    }
}

TEST(analysis_finds_nothing_odd_about_times_and_ids)
{
    struct analysis_options options;
    analysis_options_init(&options);
    options.timestamp = STR("at");
    options.id = STR("row");
    CLEANUP(report_free_slot) struct report *report =
        analyse_texts(&options, "at,row,x\n2026-01-01,a,1.5\n2026-01-02,b,2.5\n", "at,row,x\n2026-03-01,c,2.5\n2026-03-01,d,1.5\n");
    CHECK_INT("one moment for all rows is how batches come", report_column(report, STR("at"))->findings.count, 0);
    CHECK_INT("ids are new by nature", report_column(report, STR("row"))->findings.count, 0);
}

TEST(analysis_takes_conditions_from_yaml)
{
    static const char *const yaml = "target: y\nprediction: p\n"
                                    "columns: {p: {method: psi, threshold: 0.3}}\n"
                                    "tests:\n"
                                    "- {metric: accuracy, gte: 0.9}\n"
                                    "- {metric: accuracy, gte: 0.9, severity: warning}\n"
                                    "- {metric: missing_share, column: '*', lte: reference}\n"
                                    "- {metric: mae, lt: 1}\n";
    struct error err = { 0 };
    struct arena arena;
    struct yaml_node *root;
    struct analysis_options options;
    arena_init(&arena, 0);
    analysis_options_init(&options);
    CHECK_OK("yaml", yaml_load(str_of(yaml), "check.yaml", &arena, &root, &err), &err);
    CHECK_OK("options", options_yaml_read(root, &arena, &options, &err), &err);
    CLEANUP(report_free_slot) struct report *report = analyse_texts(&options, scored, scored);
    static const enum test_status wanted[] = { TEST_PASS, TEST_PASS, TEST_FAIL, TEST_WARN, TEST_PASS, TEST_PASS, TEST_SKIP };
    CHECK_INT("drift, types, two of accuracy, one a column, one without a result", report->test_count, COUNT(wanted));
    for (size_t i = 0; i < report->test_count && i < COUNT(wanted); i++)
        CHECK_INT("status", report->tests[i].status, wanted[i]);
    CHECK_INT("a critical test failed", report->verdict, VERDICT_FAILED_TESTS);
    const struct drift_result *drift = report_column(report, STR("p"))->drift;
    CHECK("the column's own method", drift->method == METHOD_PSI && drift->threshold == 0.3);
    arena_done(&arena);
}

TEST(analysis_options_point_at_mistakes)
{
    static const struct {
        const char *why, *yaml, *place;
    } cases[] = {
        { "unknown key", "targets: y\n", "check.yaml:1:1" },
        { "unknown method", "method: kss\n", "check.yaml:1:9" },
        { "a test without a limit", "tests:\n- metric: rmse\n", "check.yaml:2:3" },
        { "a share above one", "drift_share: 3\n", "check.yaml:1:14" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error err = { 0 };
        struct arena arena;
        struct yaml_node *root;
        struct analysis_options options;
        arena_init(&arena, 0);
        analysis_options_init(&options);
        CHECK_OK("yaml", yaml_load(str_of(cases[i].yaml), "check.yaml", &arena, &root, &err), &err);
        CHECK_FAILS(cases[i].why, options_yaml_read(root, &arena, &options, &err), ERR_INVALID, &err);
        CHECK(cases[i].why, str_has_prefix(str_of(err.cause), str_of(cases[i].place)));
        arena_done(&arena);
    }
}

/* A table large enough for slices, with a shift in its second half. */
static struct frame *shifting_table(double shift)
{
    enum { ROWS = 600 };
    static double values[ROWS];
    for (size_t i = 0; i < ROWS; i++)
        values[i] = (double)(i * 7919 % 1009) / 1009 + (i >= ROWS / 2 ? shift : 0);
    return table_of_numbers("x", values, ROWS);
}

/* The document without what differs from run to run. */
static str document_of(struct report *report, struct buf *text)
{
    report->analysis_ms = 0;
    report->threads = 1;
    buf_clear(text);
    CHECK("fits", report_json(report, JSON_COMPACT, text));
    return buf_str(text);
}

TEST(analysis_is_the_same_on_threads_and_with_a_cached_reference)
{
    struct error err = { 0 };
    struct analysis_options options;
    analysis_options_init(&options);
    options.use_all_methods = true;
    CLEANUP(frame_free_slot) struct frame *reference = shifting_table(0);
    CLEANUP(frame_free_slot) struct frame *current = shifting_table(0.5);
    struct pool *pool = pool_new("test", 3, 1);
    struct reference_profile *profile = NULL;
    CHECK_OK("profile", reference_profile_new(&options, reference, pool, &profile, &err), &err);
    CHECK("8 bytes a value at least", reference_profile_bytes(profile) >= 600 * 8);
    CLEANUP(report_free_slot) struct report *alone = analyse(&options, reference, current, NULL);
    CLEANUP(report_free_slot) struct report *threaded = analyse(&options, reference, current, pool);
    options.reference_profile = profile;
    CLEANUP(report_free_slot) struct report *cached = analyse(&options, reference, current, pool);
    reference_profile_unref(profile);
    struct buf first, other;
    buf_init(&first, 1 << 20);
    buf_init(&other, 1 << 20);
    str document = document_of(alone, &first);
    CHECK_STR("threads", document_of(threaded, &other), document);
    CHECK_STR("cache", document_of(cached, &other), document);
    buf_done(&first);
    buf_done(&other);
    pool_free(pool);
}

TEST(analysis_shows_where_in_the_window_it_drifted)
{
    struct analysis_options options;
    analysis_options_init(&options);
    CLEANUP(frame_free_slot) struct frame *reference = shifting_table(0);
    CLEANUP(frame_free_slot) struct frame *current = shifting_table(0.5);
    CLEANUP(report_free_slot) struct report *report = analyse(&options, reference, current, NULL);
    const struct over_time *over = report->columns[0].over_time;
    CHECK("sliced by rows", over && !over->is_by_time && over->count == 12);
    CHECK("the first slice is like the reference", over->score[0] < 0.25);
    CHECK("the last is not", over->score[over->count - 1] > 0.4);
    CHECK_NEAR("means follow", over->mean[over->count - 1] - over->mean[0], 0.5, 0.3);
}

TEST(report_documents_survive_hostile_names)
{
    struct analysis_options options;
    analysis_options_init(&options);
    CLEANUP(report_free_slot) struct report *report =
        analyse_texts(&options, "<!--<script>\"&\x01\n1.5\n2.5\n", "<!--<script>\"&\x01\n1.5\n3.5\n");
    struct buf text;
    buf_init(&text, 1 << 20);
    CHECK("page", report_html(report, STR("<body>"), STR("</body>"), &text));
    str inside = str_slice(buf_str(&text), 6, text.size - 7);
    CHECK_INT("no '<' between prefix and suffix", str_find(inside, '<'), inside.size);
    struct arena arena;
    struct error err = { 0 };
    struct json_reader json;
    arena_init(&arena, 0);
    json_reader_init(&json, inside, &arena, &err);
    CHECK_OK("it is JSON still", json_skip_value(&json), &err);
    arena_done(&arena);
    buf_clear(&text);
    CHECK("junit", report_junit(report, &text));
    CHECK("escaped", memmem(text.data, text.size, "&lt;!--&lt;script&gt;&quot;&amp;?", 32) != NULL);
    buf_clear(&text);
    CHECK("text", report_text(report, &(struct report_text_style){ .width = 80 }, &text));
    CHECK_INT("no control byte reaches the terminal", str_find(buf_str(&text), '\x01'), text.size);
    buf_done(&text);
}
