/* stats/fisher_exact.h - Fisher's exact test of independence in small tables [Fisher1935].
 *
 * The two-sided p is the probability, with all margins fixed, of the tables that are no more likely than
 * the observed one. */
#ifndef STATS_FISHER_EXACT_H
#define STATS_FISHER_EXACT_H

#include <stddef.h>
#include <stdint.h>

/* Two-sided p of the table {{a, b}, {c, d}} for any sizes, as scipy.stats.fisher_exact: tables within a
 * relative 1e-14 of the observed one count as ties. 1 where a margin is 0 (only one table exists). O(sqrt n):
 * walks out from the most likely table until the terms vanish; below 1e-300 the answer is 0. */
double stats_fisher_exact_2x2(uint64_t a, uint64_t b, uint64_t c, uint64_t d);

/* Largest tables stats_fisher_exact() takes. */
#define STATS_FISHER_ROWS_MAX 8
#define STATS_FISHER_COLUMNS_MAX 8
#define STATS_FISHER_TOTAL_MAX 1000

/* p of a rows x columns table, row after row, by walking all tables with the same margins; ties within a relative
 * 1e-7 as R's fisher.test. A branch of the walk whose tables are all less likely than the observed one is taken at
 * once. NaN when the table is beyond the bounds above or needs more than `steps_max` steps of some 5 ns: use
 * stats_chi_square_table() there, it is good for such tables. */
double stats_fisher_exact(const uint64_t *table, size_t rows, size_t columns, uint64_t steps_max);

#endif
