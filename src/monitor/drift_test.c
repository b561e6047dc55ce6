#include "monitor/drift.h"

#include "base/test.h"
#include "monitor/table_fixture.h"

/* Smoothness of paper in laboratories 1 and 4 [ScholzStephens1987]. */
static const char *const laboratory_1 = "x\n38.7\n41.5\n43.8\n44.5\n45.5\n46.0\n47.7\n58.0\n";
static const char *const laboratory_4 = "x\n34.0\n35.0\n39.0\n40.0\n43.0\n43.0\n44.0\n45.0\n";
static const char *const words_before = "x\na\na\na\na\na\nb\nb\nb\nc\nc\n";
static const char *const words_after = "x\na\na\nb\nb\nb\nb\nc\nc\nc\nc\n";

struct bench {
    struct frame *frames[2];
    struct column_profile profiles[2];
    struct category_pair pair;
    struct workspace_pool *pool;
    struct workspace *workspace;
    struct arena arena;
    struct drift_input input;
};

static void bench_init(struct bench *bench, const char *reference, const char *current, enum column_type type)
{
    struct error err = { 0 };
    arena_init(&bench->arena, 0);
    bench->pool = workspace_pool_new();
    bench->workspace = workspace_borrow(bench->pool);
    bench->frames[0] = table_of(reference);
    bench->frames[1] = table_of(current);
    struct profile_memory memory = { &bench->arena, NULL, bench->workspace };
    for (size_t i = 0; i < 2; i++)
        CHECK_OK("profile",
                 column_profile_build(&bench->frames[i]->columns[0], type, &memory, &bench->profiles[i], &err), &err);
    bench->input = (struct drift_input){
        .type = type,
        .reference = &bench->profiles[0],
        .current = &bench->profiles[1],
        .reference_rows = &bench->frames[0]->columns[0],
        .current_rows = &bench->frames[1]->columns[0],
        .workspace = bench->workspace,
        .scratch = &bench->arena,
        .arena = &bench->arena,
    };
    if (column_type_is_categorical(type)) {
        CHECK_OK("pair", category_pair_build(&bench->profiles[0], &bench->profiles[1], &bench->arena, &bench->pair, &err),
                 &err);
        bench->input.pair = &bench->pair;
    }
}

static void bench_done(struct bench *bench)
{
    workspace_return(bench->pool, bench->workspace);
    workspace_pool_free(bench->pool);
    frame_free(bench->frames[0]);
    frame_free(bench->frames[1]);
    arena_done(&bench->arena);
}

/* The result of one method among all; the plan's choice where `method` is METHOD_COUNT. */
static struct drift_result run(struct bench *bench, enum drift_method_id method, struct method_choice choice)
{
    struct error err = { 0 };
    struct drift_plan plan = { choice, true };
    struct drift_result *results = NULL;
    size_t count = 0;
    CHECK_OK("run", drift_run(&bench->input, &plan, &results, &count, &err), &err);
    for (size_t i = 0; i < count; i++)
        if (results[i].method == method || method == METHOD_COUNT)
            return results[i];
    return (struct drift_result){ .method = METHOD_COUNT };
}

static const struct method_choice no_choice = { METHOD_COUNT, NAN, false };

TEST(drift_of_numbers_is_evidentlys)
{
    /* Evidently 0.7.23 on the same values; z and chisquare are not for numbers. */
    static const struct {
        enum drift_method_id method;
        double score;
    } cases[] = {
        { METHOD_KS, 0.2826728826728826 },
        { METHOD_WASSERSTEIN, 1.0017652167329092 },
        { METHOD_JENSEN_SHANNON, 0.8325546111576977 },
        { METHOD_KL, 7.120953214151009 },
        { METHOD_PSI, 14.424318792769176 },
        { METHOD_HELLINGER, 0.42182768660000924 },
        { METHOD_ENERGY, 1.7347550259330566 },
        { METHOD_ANDERSON, 0.04914617357955415 },
        { METHOD_CRAMER_VON_MISES, 732.0 / 12870 }, /* orders as extreme of C(16, 8); SciPy 1.17 rounds it to a half */
        { METHOD_T_TEST, 0.05004908935941426 },
        { METHOD_EPPS_SINGLETON, 0.38476100671271035 },
    };
    struct bench bench = { 0 };
    bench_init(&bench, laboratory_1, laboratory_4, TYPE_NUM);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct drift_result result = run(&bench, cases[i].method, no_choice);
        CHECK_NEAR(drift_method_of(cases[i].method)->id, result.score, cases[i].score, 1e-9);
        CHECK("an effect beside each", result.effect.name && isfinite(result.effect.value));
        CHECK("a p-value beside each", result.p_value >= 0 && result.p_value <= 1);
    }
    bench_done(&bench);
}

TEST(drift_looks_both_ways_where_evidently_looks_up_only)
{
    struct bench bench = { 0 };
    bench_init(&bench, laboratory_1, laboratory_4, TYPE_NUM);
    struct drift_result result = run(&bench, METHOD_MANN_WHITNEY, no_choice);
    CHECK_NEAR("scipy's two-sided p", result.score, 0.05185702029117142, 1e-9);
    CHECK("theirs is shown beside it", result.has_compat);
    CHECK_NEAR("one-sided: a fall looks fine", result.compat_score, 0.9797893268096919, 1e-9);
    bench.input.is_compat = true;
    CHECK_NEAR("compat switches", run(&bench, METHOD_MANN_WHITNEY, no_choice).score, 0.9797893268096919, 1e-9);
    bench_done(&bench);
}

TEST(drift_of_categories_is_evidentlys)
{
    static const struct {
        enum drift_method_id method;
        double score;
    } cases[] = {
        { METHOD_JENSEN_SHANNON, 0.23190674294098562 }, { METHOD_KL, 0.23321130808955418 },
        { METHOD_PSI, 0.4422848629194137 },             { METHOD_HELLINGER, 0.23349381146995637 },
        { METHOD_CHI_SQUARE, 0.1266071027890836 },      { METHOD_Z, 0.15959894244264872 },
        { METHOD_G_TEST, 0.12359619140625001 },
    };
    struct bench bench = { 0 };
    bench_init(&bench, words_before, words_after, TYPE_CAT);
    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_NEAR(drift_method_of(cases[i].method)->id, run(&bench, cases[i].method, no_choice).score, cases[i].score,
                   1e-9);
    struct drift_result fisher = run(&bench, METHOD_FISHER_EXACT, no_choice);
    CHECK("three words are too many for Fisher's table", isnan(fisher.score) && !fisher.is_evaluated);
    CHECK("which is said", fisher.note.size > 0);
    bench_done(&bench);
}

TEST(drift_takes_a_new_category_for_evidence_not_for_proof)
{
    struct bench bench = { 0 };
    bench_init(&bench, words_before, "x\na\na\na\na\nb\nb\nb\nc\nc\nd\n", TYPE_CAT);
    struct drift_result result = run(&bench, METHOD_CHI_SQUARE, no_choice);
    /* scipy.stats.chi2_contingency([[5,3,2,0],[4,3,2,1]], correction=False) */
    CHECK_NEAR("one new row in ten is no alarm", result.score, 0.7743925169714329, 1e-12);
    CHECK("Evidently calls it impossible", result.has_compat && result.compat_score == 0);
    bench_done(&bench);
}

TEST(drift_chooses_the_method_by_rows_and_values)
{
    static const struct {
        const char *why, *reference, *current;
        enum column_type type;
        enum drift_method_id method;
    } cases[] = {
        { "many values, few rows", "x\n1\n2\n3\n4\n5\n6\n", "x\n1\n2\n", TYPE_NUM, METHOD_KS },
        { "five values of both sides together are categories", "x\n1\n2\n3\n", "x\n4\n5\n", TYPE_NUM,
          METHOD_CHI_SQUARE },
        { "a sixth value makes them numbers", "x\n1\n2\n3\n", "x\n4\n5\n6\n", TYPE_NUM, METHOD_KS },
        { "two values are proportions", "x\na\nb\n", "x\na\na\n", TYPE_CAT, METHOD_Z },
        { "three are a table", "x\na\nb\n", "x\nc\na\n", TYPE_CAT, METHOD_CHI_SQUARE },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bench bench = { 0 };
        bench_init(&bench, cases[i].reference, cases[i].current, cases[i].type);
        CHECK_INT(cases[i].why, run(&bench, METHOD_COUNT, no_choice).method, cases[i].method);
        bench_done(&bench);
    }
    CHECK_INT("above a thousand rows distances take over", drift_method_default(TYPE_NUM, 1001, 50),
              METHOD_WASSERSTEIN);
    CHECK_INT("at a thousand not yet", drift_method_default(TYPE_NUM, 1000, 50), METHOD_KS);
    CHECK_INT("categories too", drift_method_default(TYPE_CAT, 1001, 2), METHOD_JENSEN_SHANNON);
    CHECK_INT("nothing for text", drift_method_default(TYPE_TEXT, 10, 10), METHOD_COUNT);
}

TEST(drift_calibrated_thresholds_know_the_sample)
{
    struct bench bench = { 0 };
    bench_init(&bench, words_before, words_after, TYPE_CAT);
    struct method_choice choice = { METHOD_JENSEN_SHANNON, NAN, true };
    struct drift_result result = run(&bench, METHOD_COUNT, choice);
    CHECK("0.23 is far above 0.1", result.score > 0.1);
    CHECK("yet ten rows a side show more by chance", result.threshold > result.score && !result.is_drifted);
    choice.is_calibrated = false;
    CHECK("the fixed limit alarms", run(&bench, METHOD_COUNT, choice).is_drifted);
    bench_done(&bench);
}

TEST(drift_without_values_says_which_side)
{
    struct bench bench = { 0 };
    bench_init(&bench, "x\n1.5\n2.5\n", "x\ninf\n\n", TYPE_NUM);
    struct drift_result result = run(&bench, METHOD_KS, no_choice);
    CHECK("no score, no verdict", isnan(result.score) && !result.is_evaluated && !result.is_drifted);
    CHECK_STR("why", result.note, STR("not applicable: the current data has no values in this column"));
    bench_done(&bench);
}

TEST(drift_choice_falls_through_column_type_and_all)
{
    struct analysis_options options;
    analysis_options_init(&options);
    options.all_columns = (struct method_choice){ METHOD_PSI, 0.3, false };
    options.by_type[TYPE_CAT].threshold = 0.2;
    struct column_choice column = { STR("x"), { METHOD_KS, NAN, false } };
    options.columns = &column;
    options.column_count = 1;
    struct method_choice choice = drift_choose(&options, STR("x"), TYPE_NUM);
    CHECK("the column's own method, the threshold of all", choice.method == METHOD_KS && choice.threshold == 0.3);
    choice = drift_choose(&options, STR("y"), TYPE_CAT);
    CHECK("the method of all, the type's threshold", choice.method == METHOD_PSI && choice.threshold == 0.2);
    options.all_columns.method = METHOD_T_TEST;
    CHECK_INT("a method for numbers does not bother categories", drift_choose(&options, STR("y"), TYPE_CAT).method,
              METHOD_COUNT);
}

TEST(drift_method_names_are_found_and_rules_differ_at_the_limit)
{
    CHECK_INT("as on the wire", drift_method_find(STR("TVD")), METHOD_TVD);
    CHECK_INT("case counts", drift_method_find(STR("tvd")), METHOD_COUNT);
    CHECK("KS: p <= t", drift_rule_says(drift_method_of(METHOD_KS)->rule, 0.05, 0.05));
    CHECK("t-test: p < t", !drift_rule_says(drift_method_of(METHOD_T_TEST)->rule, 0.05, 0.05));
    CHECK("psi: >=", drift_rule_says(drift_method_of(METHOD_PSI)->rule, 0.1, 0.1));
    CHECK("energy: >", !drift_rule_says(drift_method_of(METHOD_ENERGY)->rule, 0.1, 0.1));
    CHECK("NaN is no drift", !drift_rule_says(DRIFT_AT_LEAST, NAN, 0.1));
}
