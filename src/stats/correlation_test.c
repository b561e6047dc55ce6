#include "stats/correlation.h"

#include "base/attributes.h"
#include "base/test.h"
#include "stats/golden_binned.h"
#include "stats/random.h"
#include "stats/sort.h"

#define COLUMNS 7 /* two full tiles and a part */
#define ROWS 700 /* two full blocks and a part */

static double matrix_scratch[COLUMNS * COLUMNS * 6 + COLUMNS * (8 + 2 * 256) + 3 * 256];

TEST(pearson_of_known_columns)
{
    static const struct {
        const char *why;
        double x[4], y[4], correlation;
    } cases[] = {
        { "a line", { 1, 2, 3, 4 }, { 2, 4, 6, 8 }, 1 },
        { "a falling line", { 1, 2, 3, 4 }, { 8, 6, 4, 2 }, -1 },
        { "by hand: 4 / sqrt(5 * 5)", { 1, 2, 3, 4 }, { 1, 3, 2, 4 }, 0.8 },
        { "symmetric: 0", { -1, 0, 0, 1 }, { 1, 0, 0, 1 }, 0 },
        { "a constant", { 1, 2, 3, 4 }, { 0.1, 0.1, 0.1, 0.1 }, NAN },
        { "rows with a gap do not count", { 1, 2, NAN, 3 }, { 2, 4, 9, 6 }, 1 },
        { "one common row", { 1, NAN, NAN, 3 }, { 2, 4, 9, NAN }, NAN },
        { "constant on the common rows", { 1, 2, 5, 5 }, { NAN, NAN, 1, 2 }, NAN },
        { "common rows far from the column's mean: 1 / sqrt(14/3 * 2)",
          { 1e12, 1, 2, 4 },
          { NAN, 1, 3, 2 },
          0.3273268353539886 },
        { "infinity", { 1, 2, 3, INFINITY }, { 1, 2, 3, 4 }, NAN },
        { "1e300", { 1e300, 2e300, -3e300, 0 }, { 2, 4, -6, 0 }, 1 },
        { "denormals", { 5e-324, 1e-323, 1.5e-323, 0 }, { 1, 2, 3, 0 }, 1 },
        { "a large offset", { 1e9 + 1, 1e9 + 2, 1e9 + 3, 1e9 + 4 }, { 1, 3, 2, 4 }, 0.8 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CHECK_NEAR(cases[i].why, stats_pearson(cases[i].x, cases[i].y, 4), cases[i].correlation, 1e-12);
        const double *columns[] = { cases[i].x, cases[i].y };
        double matrix[4];
        stats_pearson_matrix(columns, 2, 4, matrix_scratch, matrix);
        CHECK_NEAR(cases[i].why, matrix[1], cases[i].correlation, 1e-12);
        CHECK_NEAR("symmetric", matrix[2], matrix[1], 0);
    }
    CHECK_NEAR("SciPy pearsonr", stats_pearson(golden_truth, golden_guess, 40), golden_quality.pearson, 1e-12);
}

TEST(pearson_matrix_agrees_with_pairs_across_blocks_and_gaps)
{
    static double values[COLUMNS][ROWS];
    const double *columns[COLUMNS];
    struct stats_random random = stats_random_init(8);
    for (size_t c = 0; c < COLUMNS; c++) {
        columns[c] = values[c];
        for (size_t row = 0; row < ROWS; row++)
            values[c][row] = stats_random_normal(&random) + (c > 0 ? values[c - 1][row] : 0);
    }
    for (size_t row = 0; row < ROWS; row += 3) /* after the other columns were built on them */
        values[1][row] = NAN;
    for (size_t row = 0; row + 50 < ROWS; row++)
        values[3][row] = NAN;
    CHECK("the test's scratch is enough", stats_pearson_matrix_scratch(COLUMNS) <= COUNT(matrix_scratch));
    double matrix[COLUMNS * COLUMNS];
    stats_pearson_matrix(columns, COLUMNS, ROWS, matrix_scratch, matrix);
    for (size_t i = 0; i < COLUMNS; i++)
        for (size_t j = 0; j < COLUMNS; j++)
            CHECK_NEAR("two algorithms", matrix[i * COLUMNS + j], stats_pearson(columns[i], columns[j], ROWS), 1e-11);
}

TEST(spearman_ranks_common_rows_anew)
{
    uint32_t order_truth[40], order_guess[40];
    uint64_t words[80];
    double scratch[80];
    stats_argsort(golden_truth, 40, order_truth, words);
    stats_argsort(golden_guess, 40, order_guess, words);
    CHECK_NEAR("SciPy spearmanr", stats_spearman(golden_truth, order_truth, golden_guess, order_guess, 40, scratch),
               golden_quality.spearman, 1e-12);

    /* Without the gaps x = 1 2 2 4 and y = 10 30 20 20: ranks 1 2.5 2.5 4 and 1 4 2.5 2.5; 2.25 / 4.5. */
    const double x[] = { 1, 2, NAN, 2, 4, 3 }, y[] = { 10, 30, 5, 20, 20, NAN };
    const uint32_t order_x[] = { 0, 1, 3, 5, 4, 2 }, order_y[] = { 2, 0, 3, 4, 1, 5 };
    CHECK_NEAR("by hand", stats_spearman(x, order_x, y, order_y, 6, scratch), 0.5, 1e-12);
}
