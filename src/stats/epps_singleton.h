/* stats/epps_singleton.h - Epps-Singleton test: the characteristic functions at two points.
 *
 *     g(x) = [cos t1 x, cos t2 x, sin t1 x, sin t2 x], t = {0.4, 0.8} / (IQR of the pooled values / 2)
 *     W = N d' pinv(S) d ~ chi2_rank(S)
 *
 * Numbers of scipy.stats.epps_singleton_2samp. Source: [EppsSingleton1986], [GoergKaiser2009]. */
#ifndef STATS_EPPS_SINGLETON_H
#define STATS_EPPS_SINGLETON_H

#include "stats/sample.h"

/* NaN when a side has fewer than 5 values or the pooled interquartile range is 0. With fewer than 5 distinct values S
 * is singular: the rank falls, and the last digits are rounding. O(n1 + n2), one sine and cosine a value. */
struct stats_test stats_epps_singleton(struct stats_sample reference, struct stats_sample current);

#endif
