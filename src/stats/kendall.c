/* Knight's idea: put the rows in order of x; then a pair is discordant when its y stand in the wrong order, and merge
 * sort counts those while it sorts. Pairs tied in x, in y and in both are taken off by formula. */
#include "stats/kendall.h"

#include <math.h>
#include <string.h>

/* Shorter runs are sorted by insertion. */
#define INSERTION_MAX 12

static uint64_t insertion_sort(double *values, size_t count)
{
    uint64_t exchanges = 0;
    for (size_t i = 1; i < count; i++) {
        double value = values[i];
        size_t j = i;
        for (; j > 0 && values[j - 1] > value; j--)
            values[j] = values[j - 1];
        values[j] = value;
        exchanges += i - j;
    }
    return exchanges;
}

/* Sorts ascending and returns how many pairs stood in the wrong order: Knight's exchanges of neighbours. */
static uint64_t merge_sort(double *values, size_t count, double *scratch)
{
    if (count <= INSERTION_MAX)
        return insertion_sort(values, count);
    size_t half = count / 2;
    uint64_t exchanges = merge_sort(values, half, scratch) + merge_sort(values + half, count - half, scratch);
    memcpy(scratch, values, half * sizeof(*values));
    size_t left = 0, right = half, to = 0;
    while (left < half && right < count) {
        if (values[right] < scratch[left]) {
            exchanges += half - left;
            values[to++] = values[right++];
        } else {
            values[to++] = scratch[left++];
        }
    }
    memcpy(values + to, scratch + left, (half - left) * sizeof(*values));
    return exchanges;
}

static double pairs_of(size_t count)
{
    return (double)count * ((double)count - 1) / 2; /* 0 for 0 and 1 */
}

/* Pairs of equal neighbours' runs in a sorted column. */
static double tied_pairs(const double *sorted, size_t count)
{
    double pairs = 0;
    for (size_t from = 0, to; from < count; from = to) {
        for (to = from + 1; to < count && sorted[to] == sorted[from]; to++)
            ;
        pairs += pairs_of(to - from);
    }
    return pairs;
}

double stats_kendall_tau(const double *x, const uint32_t *order_x, const double *y, size_t rows, double *scratch)
{
    double *xs = scratch, *ys = scratch + rows, *merged = scratch + 2 * rows;
    size_t count = 0;
    for (size_t i = 0; i < rows; i++) {
        uint32_t row = order_x[i];
        if (isnan(x[row]) || isnan(y[row]))
            continue;
        xs[count] = x[row];
        ys[count++] = y[row];
    }

    /* Within equal x the y are put in order first: such pairs are neither concordant nor discordant. */
    double tied_x = 0, tied_both = 0;
    for (size_t from = 0, to; from < count; from = to) {
        for (to = from + 1; to < count && xs[to] == xs[from]; to++)
            ;
        (void)merge_sort(ys + from, to - from, merged); /* these exchanges do not count */
        tied_x += pairs_of(to - from);
        tied_both += tied_pairs(ys + from, to - from);
    }
    double discordant = (double)merge_sort(ys, count, merged);
    double tied_y = tied_pairs(ys, count), all = pairs_of(count);
    if (!(all - tied_x > 0 && all - tied_y > 0))
        return NAN;
    double excess = all - tied_x - tied_y + tied_both - 2 * discordant;
    return fmin(fmax(excess / sqrt(all - tied_x) / sqrt(all - tied_y), -1), 1);
}
