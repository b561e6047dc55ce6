/* stats/kendall.h - Kendall's rank correlation tau-b in O(n log n) [Knight1966]. */
#ifndef STATS_KENDALL_H
#define STATS_KENDALL_H

#include <stddef.h>
#include <stdint.h>

/* tau-b = (concordant - discordant) / sqrt((pairs not tied in x) (pairs not tied in y)).
 * order_x: all rows in ascending order of x, NaN rows anywhere; rows where x or y is NaN are left out. Scratch:
 * 3 * rows doubles.
 * NaN with fewer than 2 common rows or a constant side. */
double stats_kendall_tau(const double *x, const uint32_t *order_x, const double *y, size_t rows, double *scratch);

#endif
