/* Expectations are the margins' products; nothing is stored but running sums, so tables of any size need no scratch.
 * Counts become doubles before they are multiplied: exact up to 2^53, and products cannot overflow. */
#include "stats/chi_square.h"

#include <math.h>

#include "stats/distributions.h"
#include "stats/shares_internal.h"

/* Categories that occur on a side at least. */
static size_t used_categories(const uint64_t *reference, const uint64_t *current, size_t categories)
{
    size_t used = 0;
    for (size_t i = 0; i < categories; i++)
        used += reference[i] > 0 || current[i] > 0;
    return used;
}

static const struct stats_chi_square untestable = { NAN, NAN, NAN };

static struct stats_chi_square with_tail(double statistic, double df)
{
    return (struct stats_chi_square){ statistic, df, df > 0 ? stats_chi2_sf(statistic, df) : NAN };
}

struct stats_chi_square stats_chi_square_fit(const uint64_t *reference, const uint64_t *current, size_t categories)
{
    double n = (double)counts_sum(reference, categories), m = (double)counts_sum(current, categories);
    if (n == 0 || m == 0)
        return untestable;
    double scale = m / n, statistic = 0;
    for (size_t i = 0; i < categories; i++) {
        if (reference[i] == 0 && current[i] == 0)
            continue;
        double expected = (double)reference[i] * scale, difference = (double)current[i] - expected;
        statistic += difference * difference / expected;
    }
    return with_tail(statistic, (double)used_categories(reference, current, categories) - 1);
}

struct stats_chi_square stats_chi_square_homogeneity(const uint64_t *reference, const uint64_t *current,
                                                     size_t categories)
{
    double n = (double)counts_sum(reference, categories), m = (double)counts_sum(current, categories);
    if (n == 0 || m == 0)
        return untestable;
    /* In a table of two rows both cells of a column miss their expectation by the same number of rows. */
    double statistic = 0;
    for (size_t i = 0; i < categories; i++) {
        double both = (double)reference[i] + (double)current[i];
        if (both == 0)
            continue;
        double difference = (double)reference[i] * m - (double)current[i] * n;
        statistic += difference / n * (difference / m) / both;
    }
    return with_tail(statistic, (double)used_categories(reference, current, categories) - 1);
}

static double row_sum(const uint64_t *table, size_t columns, size_t row)
{
    return (double)counts_sum(table + row * columns, columns);
}

static double column_sum(const uint64_t *table, size_t rows, size_t columns, size_t column)
{
    uint64_t sum = 0;
    for (size_t row = 0; row < rows; row++)
        sum += table[row * columns + column];
    return (double)sum;
}

struct stats_chi_square stats_chi_square_table(const uint64_t *table, size_t rows, size_t columns)
{
    double total = (double)counts_sum(table, rows * columns);
    if (total == 0)
        return untestable;
    size_t used_rows = 0, used_columns = 0;
    for (size_t row = 0; row < rows; row++)
        used_rows += row_sum(table, columns, row) > 0;

    double statistic = 0;
    for (size_t column = 0; column < columns; column++) {
        double in_column = column_sum(table, rows, columns, column);
        if (in_column == 0)
            continue;
        used_columns++;
        for (size_t row = 0; row < rows; row++) {
            double expected = row_sum(table, columns, row) * in_column / total;
            double difference = (double)table[row * columns + column] - expected;
            statistic += expected > 0 ? difference * difference / expected : 0;
        }
    }
    return with_tail(statistic, ((double)used_rows - 1) * ((double)used_columns - 1));
}
