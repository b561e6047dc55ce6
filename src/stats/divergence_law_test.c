#include "stats/divergence_law.h"

#include "base/attributes.h"
#include "base/test.h"
#include "stats/binning.h"
#include "stats/psi.h"
#include "stats/random.h"

TEST(divergence_p_follows_the_law)
{
    /* SciPy: chi2.sf(2.5, 4) = 0.6446357929354278; s = 1/100 + 1/400 = 0.0125. */
    static const struct {
        const char *why;
        enum stats_divergence kind;
        double score;
    } cases[] = {
        { "PSI = s X", STATS_DIVERGENCE_PSI, 0.03125 },
        { "KL = s X / 2", STATS_DIVERGENCE_KL, 0.015625 },
        { "JS^2 = s X / 8", STATS_DIVERGENCE_JENSEN_SHANNON, 0.0625 },
        { "Hellinger^2 = s X / 8", STATS_DIVERGENCE_HELLINGER, 0.0625 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CHECK_NEAR(cases[i].why, stats_divergence_p(cases[i].kind, cases[i].score, 100, 400, 5), 0.6446357929354278,
                   1e-12);
        double threshold = stats_divergence_threshold(cases[i].kind, 0.05, 100, 400, 5);
        CHECK_NEAR("the threshold has the p of its level", stats_divergence_p(cases[i].kind, threshold, 100, 400, 5),
                   0.05, 1e-11);
    }
    CHECK("one bin cannot differ", isnan(stats_divergence_p(STATS_DIVERGENCE_PSI, 0, 10, 10, 1)));
    CHECK("no rows", isnan(stats_divergence_threshold(STATS_DIVERGENCE_PSI, 0.05, 0, 10, 5)));
    CHECK("no score", isnan(stats_divergence_p(STATS_DIVERGENCE_PSI, NAN, 10, 10, 5)));
}

TEST(divergence_detectable_is_the_noncentral_law)
{
    /* 15.649797895188211: root of SciPy's ncx2.sf(chi2.isf(.05, 9), 9, x) = .8. */
    CHECK_NEAR("PSI", stats_divergence_detectable(STATS_DIVERGENCE_PSI, 0.05, 0.8, 500, 500, 10),
               15.649797895188211 / 250, 1e-9);
    CHECK_NEAR("JS", stats_divergence_detectable(STATS_DIVERGENCE_JENSEN_SHANNON, 0.05, 0.8, 500, 500, 10),
               sqrt(15.649797895188211 / 250 / 8), 1e-9);
    CHECK("fewer bins than two", isnan(stats_divergence_detectable(STATS_DIVERGENCE_KL, 0.05, 0.8, 500, 500, 1)));
}

/* What a simulation draws: normal columns cut into equal widths, or rows of even categories. */
struct design {
    const char *why;
    size_t reference_rows, current_rows;
    size_t categories; /* 0: normal columns */
    double shift;      /* of the current normals */
};

#define ROWS_MAX 10000

static void draw_normals(struct stats_random *random, double shift, double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = stats_random_normal(random) + shift;
}

static size_t draw_counts(const struct design *design, struct stats_random *random, uint64_t *reference,
                          uint64_t *current)
{
    static double columns[2][ROWS_MAX];
    if (design->categories > 0) {
        for (size_t i = 0; i < design->categories; i++)
            reference[i] = current[i] = 0;
        for (size_t i = 0; i < design->reference_rows; i++)
            reference[stats_random_below(random, design->categories)]++;
        for (size_t i = 0; i < design->current_rows; i++)
            current[stats_random_below(random, design->categories)]++;
        return design->categories;
    }
    draw_normals(random, 0, columns[0], design->reference_rows);
    draw_normals(random, design->shift, columns[1], design->current_rows);
    struct stats_bins bins = stats_bins_sturges(-4, 4, design->reference_rows, false);
    stats_bins_count(&bins, columns[0], design->reference_rows, reference);
    stats_bins_count(&bins, columns[1], design->current_rows, current);
    return bins.count;
}

/* Share of `rounds` simulations whose calibrated p is at most 5 %. */
static double alarm_rate(const struct design *design, enum stats_divergence kind, int rounds)
{
    struct stats_random random = stats_random_init(2026);
    int alarms = 0;
    for (int i = 0; i < rounds; i++) {
        uint64_t reference[STATS_BINS_MAX], current[STATS_BINS_MAX];
        size_t bins = draw_counts(design, &random, reference, current);
        alarms += stats_divergence_p_of_counts(kind, reference, current, bins) <= 0.05;
    }
    return (double)alarms / rounds;
}

TEST(divergence_p_of_counts_alarms_at_its_level)
{
    static const struct design designs[] = {
        { "200 against 200 normals", 200, 200, 0, 0 },     { "1000 against 200 normals", 1000, 200, 0, 0 },
        { "1000 against 1000 normals", 1000, 1000, 0, 0 }, { "200 against 200 rows of 10 categories", 200, 200, 10, 0 },
        { "500 against 500 rows of 30", 500, 500, 30, 0 }, { "1000 against 200 rows of 30", 1000, 200, 30, 0 },
    };
    for (size_t i = 0; i < COUNT(designs); i++)
        for (enum stats_divergence kind = 0; kind < STATS_DIVERGENCE_COUNT; kind++) {
            double rate = alarm_rate(&designs[i], kind, 2000);
            /* 4 to 6.5 %, and two deviations of a rate out of 2000. */
            CHECK(designs[i].why, rate >= 0.04 - 0.009 && rate <= 0.065 + 0.011);
        }
}

TEST(divergence_p_of_counts_finds_a_fifth_of_a_deviation)
{
    const struct design design = { "10000 against 1000, shifted", ROWS_MAX, 1000, 0, 0.2 };
    for (enum stats_divergence kind = 0; kind < STATS_DIVERGENCE_COUNT; kind++)
        CHECK(design.why, alarm_rate(&design, kind, 100) >= 0.97);
}

TEST(divergence_p_of_counts_edges)
{
    uint64_t reference[] = { 5, 5 }, current[] = { 4, 6 }, none[] = { 0, 0 };
    CHECK_NEAR("too few rows to differ", stats_divergence_p_of_counts(STATS_DIVERGENCE_PSI, reference, current, 2), 1,
               0);
    CHECK("no rows", isnan(stats_divergence_p_of_counts(STATS_DIVERGENCE_PSI, reference, none, 2)));
}
