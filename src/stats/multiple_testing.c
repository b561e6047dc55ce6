/* Step-up methods as adjusted p-values: comparing those with any level gives that level's decisions. */
#include "stats/multiple_testing.h"

#include <math.h>

const char *stats_correction_name(enum stats_correction correction)
{
    static const char *const names[STATS_CORRECTION_COUNT] = { "none", "bonferroni", "benjamini_hochberg",
                                                               "benjamini_yekutieli" };
    return correction < STATS_CORRECTION_COUNT ? names[correction] : "unknown";
}

/* Heap order by p: the parent is the largest. */
static void sift_down(const double *p, uint32_t *order, size_t count, size_t parent)
{
    for (;;) {
        size_t largest = 2 * parent + 1;
        if (largest >= count)
            return;
        if (largest + 1 < count && p[order[largest + 1]] > p[order[largest]])
            largest++;
        if (p[order[parent]] >= p[order[largest]])
            return;
        uint32_t index = order[parent];
        order[parent] = order[largest];
        order[largest] = index;
        parent = largest;
    }
}

/* Heapsort: in place, no worst case, and the number of columns is small. */
static void sort_ascending(const double *p, uint32_t *order, size_t count)
{
    for (size_t i = count / 2; i-- > 0;)
        sift_down(p, order, count, i);
    for (size_t end = count; end-- > 1;) {
        uint32_t largest = order[0];
        order[0] = order[end];
        order[end] = largest;
        sift_down(p, order, end, 0);
    }
}

/* adjusted(i) = min over j >= i of p(j) * tests * penalty / j, going down from the largest p. */
static void step_up(const double *p, const uint32_t *order, size_t tests, double penalty, double *ret_adjusted)
{
    double smallest = 1;
    for (size_t rank = tests; rank > 0; rank--) {
        uint32_t index = order[rank - 1];
        smallest = fmin(smallest, p[index] * ((double)tests * penalty / (double)rank));
        ret_adjusted[index] = smallest;
    }
}

static double harmonic(size_t n)
{
    double sum = 0;
    for (size_t i = 1; i <= n; i++)
        sum += 1 / (double)i;
    return sum;
}

void stats_adjust_p(enum stats_correction correction, const double *p, size_t count, uint32_t *order,
                    double *ret_adjusted)
{
    size_t tests = 0;
    for (size_t i = 0; i < count; i++)
        if (!isnan(p[i]))
            order[tests++] = (uint32_t)i;
    for (size_t i = 0; i < count; i++)
        if (isnan(p[i]) || correction == STATS_CORRECTION_NONE)
            ret_adjusted[i] = p[i];
        else if (correction == STATS_CORRECTION_BONFERRONI)
            ret_adjusted[i] = fmin(p[i] * (double)tests, 1);
    if (correction != STATS_CORRECTION_BENJAMINI_HOCHBERG && correction != STATS_CORRECTION_BENJAMINI_YEKUTIELI)
        return;
    sort_ascending(p, order, tests);
    step_up(p, order, tests, correction == STATS_CORRECTION_BENJAMINI_YEKUTIELI ? harmonic(tests) : 1, ret_adjusted);
}
