/* stats/correlation.h - Pearson's correlation of many columns, and Spearman's through ranks.
 *
 * NaN in a cell means missing. Each pair uses the rows where both are there ("pairwise complete", as
 * pandas.DataFrame.corr), so the matrix of columns with gaps need not be positive definite. */
#ifndef STATS_CORRELATION_H
#define STATS_CORRELATION_H

#include <stddef.h>
#include <stdint.h>

/* Correlation of two columns. NaN when fewer than 2 common rows, a constant side, or infinite values. O(n), two
 * passes, safe at 1e300. */
double stats_pearson(const double *x, const double *y, size_t rows);

/* Scratch that stats_pearson_matrix() needs, in doubles. */
size_t stats_pearson_matrix_scratch(size_t columns);

/* All pairs: columns[c] has `rows` values; ret_matrix is columns x columns, symmetric, 1 on the diagonal (NaN
 * where a column is constant or has infinite values). Blocked, so that each value comes from memory twice however many
 * columns there are; O(rows * columns^2 / 2). Scratch: stats_pearson_matrix_scratch(columns) doubles. */
void stats_pearson_matrix(const double *const *columns, size_t column_count, size_t rows, double *scratch,
                          double *ret_matrix);

/* Spearman's rho of two columns with gaps: ranks are taken anew among the common rows, ties get their mean.
 * order_x, order_y: all rows in ascending order of x and of y, NaN rows anywhere (an argsort of a copy with NaN set
 * to infinity does). Scratch: 2 * rows doubles. O(rows). Without gaps, stats_pearson_matrix() over ranked columns
 * gives all pairs faster. */
double stats_spearman(const double *x, const uint32_t *order_x, const double *y, const uint32_t *order_y, size_t rows,
                      double *scratch);

#endif
