/* stats/multiple_testing.h - p-values of many columns at once, so that 1 in 20 is not called drift by chance. */
#ifndef STATS_MULTIPLE_TESTING_H
#define STATS_MULTIPLE_TESTING_H

#include <stddef.h>
#include <stdint.h>

enum stats_correction {
    STATS_CORRECTION_NONE,
    STATS_CORRECTION_BONFERRONI,          /* any false alarm at all below the level */
    STATS_CORRECTION_BENJAMINI_HOCHBERG,  /* share of false alarms below it [BenjaminiHochberg1995] */
    STATS_CORRECTION_BENJAMINI_YEKUTIELI, /* the same under any dependence [BenjaminiYekutieli2001] */
    STATS_CORRECTION_COUNT
};

/* "none", "bonferroni", "benjamini_hochberg", "benjamini_yekutieli": stable, for configuration. */
const char *stats_correction_name(enum stats_correction correction);

/* Adjusted p-values: reject where adjusted <= level. NaN (not tested) stays NaN and does not count. p and
 * ret_adjusted may be the same array. order: scratch, [count]. O(n log n). */
void stats_adjust_p(enum stats_correction correction, const double *p, size_t count, uint32_t *order,
                    double *ret_adjusted);

#endif
