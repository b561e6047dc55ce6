#include "stats/mmd.h"

#include <math.h>
#include <string.h>

#include "stats/random.h"

/* Column 0 of the labels is the data's own, the others are permutations of it. */
enum { DEALS = STATS_MMD_PERMUTATIONS + 1 };

/* A permuted value equal to the observed one up to rounding is a tie, hence a hit. */
#define TIE_TOLERANCE 1e-12

static size_t thinned_count(size_t count)
{
    return count < STATS_MMD_SAMPLE_MAX ? count : STATS_MMD_SAMPLE_MAX;
}

/* Evenly spaced order statistics; all of them when the sample is small. */
static void thin(struct stats_sample sample, double *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        out[i] = sample.values[(size_t)(((double)i + 0.5) * (double)sample.count / (double)count)];
}

static size_t pairs_within(const double *sorted, size_t count, double distance)
{
    size_t pairs = 0;
    for (size_t i = 0, j = 0; j < count; j++) {
        while (sorted[j] - sorted[i] > distance)
            i++;
        pairs += j - i;
    }
    return pairs;
}

/* Median, "nearest" as numpy rounds it, of the n x n matrix of distances of a sorted sample: n zeros on the diagonal
 * and each pair twice. Bisects the bits of the answer, so that no list of pairs is needed. */
static double median_distance(const double *sorted, size_t count)
{
    size_t cells = count * count, rank = (cells - 1) / 2;
    if (cells % 2 == 0)
        rank += rank % 2; /* halfway goes to the even rank */
    if (rank < count)
        return 0;
    size_t wanted = (rank - count) / 2 + 1;
    double top = sorted[count - 1] - sorted[0];
    uint64_t low = 0, high;
    memcpy(&high, &top, sizeof(high));
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        double distance;
        memcpy(&distance, &middle, sizeof(distance));
        if (pairs_within(sorted, count, distance) >= wanted)
            high = middle;
        else
            low = middle + 1;
    }
    double distance;
    memcpy(&distance, &low, sizeof(distance));
    return distance;
}

/* labels[i * DEALS + deal] is 1 where value i counts as reference. */
static void deal_labels(double *labels, size_t n1, size_t n, struct stats_random *random)
{
    for (size_t i = 0; i < n; i++)
        labels[i * DEALS] = i < n1;
    for (int deal = 1; deal < DEALS; deal++) {
        size_t left = n1;
        for (size_t i = 0; i < n; i++) { /* each label with its exact chance among those left */
            int is_reference = stats_random_below(random, n - i) < left;
            labels[i * DEALS + (size_t)deal] = is_reference;
            left -= (size_t)is_reference;
        }
    }
}

/* Kernel sums over pairs: all, by row, and both ends labelled reference (for every deal). */
struct kernel_sums {
    double all;
    double row_labelled[DEALS]; /* sum over i labelled of row i */
    double both_labelled[DEALS];
};

static void sum_kernel(const double *values, const double *labels, double *rows, size_t n, double gamma,
                       struct kernel_sums *sums)
{
    for (size_t i = 0; i < n; i++) {
        double along[DEALS] = { 0 };
        for (size_t j = i + 1; j < n; j++) {
            double distance = values[i] - values[j];
            double kernel = exp(-gamma * distance * distance);
            rows[i] += kernel;
            rows[j] += kernel;
            const double *label = labels + j * DEALS;
            for (int deal = 0; deal < DEALS; deal++)
                along[deal] += kernel * label[deal];
        }
        const double *label = labels + i * DEALS;
        sums->all += rows[i] / 2; /* complete by now: j < i were added as their own rows went by */
        for (int deal = 0; deal < DEALS; deal++) {
            sums->both_labelled[deal] += label[deal] * along[deal];
            sums->row_labelled[deal] += label[deal] * rows[i];
        }
    }
}

static double unbiased_mmd(const struct kernel_sums *sums, int deal, double n1, double n2)
{
    double within_r = sums->both_labelled[deal];
    double across = sums->row_labelled[deal] - 2 * within_r;
    double within_c = sums->all - within_r - across;
    return 2 * within_r / (n1 * (n1 - 1)) + 2 * within_c / (n2 * (n2 - 1)) - 2 * across / (n1 * n2);
}

struct stats_mmd stats_mmd(struct stats_sample reference, struct stats_sample current, uint64_t seed, double *scratch)
{
    size_t n1 = thinned_count(reference.count), n2 = thinned_count(current.count), n = n1 + n2;
    if (n1 < 2 || n2 < 2)
        return (struct stats_mmd){ NAN, NAN, NAN, false };
    double *values = scratch, *rows = values + n, *labels = rows + n;
    thin(reference, values, n1);
    thin(current, values + n1, n2);
    memset(rows, 0, n * sizeof(*rows));
    struct stats_random random = stats_random_init(seed);
    deal_labels(labels, n1, n, &random);

    double median = median_distance(values, n1);
    struct kernel_sums sums = { 0 };
    sum_kernel(values, labels, rows, n, median * median > 0 ? 1 / (median * median) : 1, &sums);

    double observed = unbiased_mmd(&sums, 0, (double)n1, (double)n2);
    int hits = 0;
    for (int deal = 1; deal < DEALS; deal++)
        hits += unbiased_mmd(&sums, deal, (double)n1, (double)n2) >= observed - TIE_TOLERANCE;
    return (struct stats_mmd){
        .statistic = observed,
        .p = (double)hits / STATS_MMD_PERMUTATIONS,
        .p_valid = (1.0 + hits) / DEALS,
        .is_thinned = n1 < reference.count || n2 < current.count,
    };
}
