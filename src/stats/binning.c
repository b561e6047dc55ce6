/* Equality with NumPy is in the order of operations: span / count, times i, plus low, each rounded once, and values
 * compared with the finished edges. A formula that is the same on paper moves a value over an edge now and then. */
#include "stats/binning.h"

#include <math.h>
#include <string.h>

/* The bounds as halves, so that their difference does not overflow; then `factor` gives the whole back. */
struct range {
    double low, span, factor;
};

static struct range range_of(double low, double high)
{
    if (low == high)
        return (struct range){ low - 0.5, (high + 0.5) - (low - 0.5), 1 };
    if (isfinite(high - low))
        return (struct range){ low, high - low, 1 };
    return (struct range){ low / 2, high / 2 - low / 2, 2 };
}

static size_t sturges_count(double span, size_t pooled_count, bool is_integer)
{
    /* Literally NumPy's two divisions: at powers of two the quotient may land on either side of a whole number. */
    double width = span / (log2((double)pooled_count) + 1);
    if (width == 0)
        return 1;
    if (is_integer && width < 1)
        width = 1;
    double count = ceil(span / width);
    return count < STATS_BINS_MAX ? (size_t)count : STATS_BINS_MAX;
}

struct stats_bins stats_bins_sturges(double low, double high, size_t pooled_count, bool is_integer)
{
    struct stats_bins bins = { .count = 0 };
    if (pooled_count == 0 || !isfinite(low) || !isfinite(high) || low > high)
        return bins;

    struct range range = range_of(low, high);
    bins.count = low == high ? 1 : sturges_count(range.span, pooled_count, is_integer);
    double count = (double)bins.count, step = range.span / count;
    for (size_t i = 0; i < bins.count; i++) {
        double offset = step > 0 ? (double)i * step : (double)i / count * range.span;
        bins.edges[i] = (offset + range.low) * range.factor;
    }
    bins.edges[bins.count] = low == high ? high + 0.5 : high;
    return bins;
}

struct stats_bins stats_bins_sturges_sorted(struct stats_sample reference, struct stats_sample current, bool is_integer)
{
    double low = INFINITY, high = -INFINITY;
    if (reference.count > 0) {
        low = reference.values[0];
        high = reference.values[reference.count - 1];
    }
    if (current.count > 0) {
        low = fmin(low, current.values[0]);
        high = fmax(high, current.values[current.count - 1]);
    }
    return stats_bins_sturges(low, high, reference.count + current.count, is_integer);
}

/* How many values are below `edge`, or not above it. */
static size_t count_below(const double *sorted, size_t count, double edge, bool or_equal)
{
    size_t from = 0;
    while (count > 0) {
        size_t half = count / 2;
        double middle = sorted[from + half];
        bool is_below = or_equal ? middle <= edge : middle < edge;
        from += is_below ? half + 1 : 0;
        count = is_below ? count - half - 1 : half;
    }
    return from;
}

void stats_bins_count_sorted(const struct stats_bins *bins, struct stats_sample sample, uint64_t *ret_counts)
{
    if (bins->count == 0)
        return;
    size_t from = count_below(sample.values, sample.count, bins->edges[0], false);
    for (size_t i = 0; i < bins->count; i++) {
        bool is_last = i + 1 == bins->count;
        size_t to = from + count_below(sample.values + from, sample.count - from, bins->edges[i + 1], is_last);
        ret_counts[i] = to - from;
        from = to;
    }
}

/* Bin of a value inside the edges, starting from a guess that rounding may have put beside the right one. */
static inline size_t bin_from(const struct stats_bins *bins, size_t guess, double value)
{
    size_t bin = guess < bins->count ? guess : bins->count - 1;
    while (bin > 0 && value < bins->edges[bin])
        bin--;
    while (bin + 1 < bins->count && value >= bins->edges[bin + 1])
        bin++;
    return bin;
}

/* For edges that rounding may have put anywhere: the guess is only a start. */
static void count_by_walking(const struct stats_bins *bins, double scale, const double *values, size_t count,
                             uint64_t *ret_counts)
{
    double low = bins->edges[0], high = bins->edges[bins->count];
    memset(ret_counts, 0, bins->count * sizeof(*ret_counts));
    for (size_t i = 0; i < count; i++) {
        double value = values[i];
        if (!(value >= low && value <= high))
            continue;
        double guess = scale > 0 ? (value - low) * scale : 0;
        ret_counts[bin_from(bins, (size_t)guess, value)]++;
    }
}

/* For edges that are nearly where they should be: a value's number of edges at or below it is the guess or one more,
 * which one comparison tells, with no branch. What is outside goes to counters of its own. */
static void count_evenly(const struct stats_bins *bins, double scale, const double *values, size_t count,
                         uint64_t *ret_counts)
{
    /* Bin k is counted at k + 1, between what is below all edges and what is above; the last edge is inside. Several
     * rows of counters: equal neighbours would otherwise wait for each other's store. */
    enum { ROWS = 16, BLOCK = 256 };
    uint64_t counts[STATS_BINS_MAX + 2][ROWS] = { { 0 } };
    double edges[STATS_BINS_MAX + 1], low = bins->edges[0], last = (double)bins->count;
    memcpy(edges, bins->edges, (bins->count + 1) * sizeof(*edges));
    edges[bins->count] = nextafter(edges[bins->count], INFINITY);
    for (size_t start = 0; start < count; start += BLOCK) {
        size_t size = count - start < BLOCK ? count - start : BLOCK;
        int32_t guesses[BLOCK];
        for (size_t i = 0; i < size; i++) {
            double place = (values[start + i] - low) * scale + 0.75;
            place = place > 0 ? place : 0; /* 0 for NaN too, which then is at or above no edge */
            guesses[i] = (int32_t)(place < last ? place : last);
        }
        for (size_t i = 0; i < size; i++)
            counts[guesses[i] + (values[start + i] >= edges[guesses[i]])][i % ROWS]++;
    }
    for (size_t k = 0; k < bins->count; k++) {
        ret_counts[k] = 0;
        for (size_t row = 0; row < ROWS; row++)
            ret_counts[k] += counts[k + 1][row];
    }
}

/* Whether every edge is within a quarter of a bin of its place. As places never decrease with the value, those
 * in bin k then lie between k - 1/4 and k + 5/4, and 3/4 more has the whole part k or k + 1. */
static bool are_edges_even(const struct stats_bins *bins, double scale)
{
    bool is_even = isnormal(scale);
    for (size_t i = 0; i <= bins->count; i++)
        is_even &= fabs((bins->edges[i] - bins->edges[0]) * scale - (double)i) < 0.25;
    return is_even;
}

void stats_bins_count(const struct stats_bins *bins, const double *values, size_t count, uint64_t *ret_counts)
{
    if (bins->count == 0)
        return;
    double low = bins->edges[0], high = bins->edges[bins->count];
    double scale = (double)bins->count / (high - low); /* 0 or +inf at the ends of the range of doubles */
    if (!isfinite(scale))
        scale = 0; /* every guess is then bin 0, and the walk finds the bin */
    if (are_edges_even(bins, scale))
        count_evenly(bins, scale, values, count, ret_counts);
    else
        count_by_walking(bins, scale, values, count, ret_counts);
}

size_t stats_distinct_up_to(struct stats_sample sample, size_t limit)
{
    if (sample.count == 0 || limit == 0)
        return 0;
    size_t distinct = 1;
    for (size_t i = 1; i < sample.count && distinct < limit; i++)
        distinct += sample.values[i] != sample.values[i - 1];
    return distinct;
}

size_t stats_distinct_union(struct stats_sample reference, struct stats_sample current)
{
    size_t i = 0, j = 0, distinct = 0;
    double last = NAN; /* differs from every first value */
    /* Which side is next is a coin toss to the CPU, so nothing here branches on it. */
    while (i < reference.count && j < current.count) {
        double r = reference.values[i], c = current.values[j], next = r < c ? r : c;
        distinct += next != last;
        last = next;
        i += r <= c;
        j += c <= r;
    }
    for (; i < reference.count; last = reference.values[i++])
        distinct += reference.values[i] != last;
    for (; j < current.count; last = current.values[j++])
        distinct += current.values[j] != last;
    return distinct;
}

/* Takes the run of values equal to `value` off the front and returns its length. */
static size_t take_run(struct stats_sample *rest, double value)
{
    size_t length = 0;
    while (length < rest->count && rest->values[length] == value)
        length++;
    rest->values += length;
    rest->count -= length;
    return length;
}

size_t stats_bins_distinct(struct stats_sample reference, struct stats_sample current, size_t capacity,
                           double *ret_values, uint64_t *ret_reference_counts, uint64_t *ret_current_counts)
{
    size_t bins = 0;
    for (; reference.count > 0 || current.count > 0; bins++) {
        bool is_in_reference = current.count == 0 || (reference.count > 0 && reference.values[0] <= current.values[0]);
        double value = is_in_reference ? reference.values[0] : current.values[0];
        size_t in_reference = take_run(&reference, value), in_current = take_run(&current, value);
        if (bins >= capacity)
            continue;
        if (ret_values)
            ret_values[bins] = value;
        ret_reference_counts[bins] = in_reference;
        ret_current_counts[bins] = in_current;
    }
    return bins;
}

void stats_category_counts(const uint32_t *codes, size_t count, size_t categories, uint64_t *ret_counts)
{
    memset(ret_counts, 0, categories * sizeof(*ret_counts));
    for (size_t i = 0; i < count; i++)
        if (codes[i] < categories)
            ret_counts[codes[i]]++;
}

size_t stats_bins_merge_sparse(uint64_t *reference, uint64_t *current, size_t bins, double expected_min)
{
    uint64_t n = 0, m = 0;
    for (size_t i = 0; i < bins; i++) {
        n += reference[i];
        m += current[i];
    }
    if (n == 0 || m == 0)
        return 0;
    /* A bin with `pooled` rows of both expects pooled * n / (n + m) and pooled * m / (n + m) of them on the sides. */
    double smaller_share = (double)(n < m ? n : m) / ((double)n + (double)m);

    size_t merged = 0;
    uint64_t r = 0, c = 0;
    for (size_t i = 0; i < bins; i++) {
        r += reference[i];
        c += current[i];
        if (((double)r + (double)c) * smaller_share < expected_min)
            continue;
        reference[merged] = r;
        current[merged++] = c;
        r = c = 0;
    }
    if (merged == 0) {
        reference[0] = n;
        current[0] = m;
        return 1;
    }
    reference[merged - 1] += r;
    current[merged - 1] += c;
    return merged;
}
