/* stats/product_tile_internal.h - products of a few columns with a few others, summed: the heart of a matrix. */
#ifndef STATS_PRODUCT_TILE_INTERNAL_H
#define STATS_PRODUCT_TILE_INTERNAL_H

/* Columns on either side: nine sums, and what they are made of, fit in the registers, and a value that is loaded serves
 * three of them. */
#define PRODUCT_TILE 3

/* Rows of a column that are summed at a time: six columns of them stay in the first-level cache, a hundred in the
 * second. */
#define PRODUCT_ROWS 256

/* ret_sums[i * PRODUCT_TILE + j] becomes the sum over rows of x[i * PRODUCT_ROWS + row] * y[j * PRODUCT_ROWS + row]. */
typedef void product_tile_sum(const double *x, const double *y, double *ret_sums);

/* For every CPU. */
product_tile_sum product_tile_sum_anywhere;

/* The quickest on this CPU, with the same sums to the last bit. */
product_tile_sum *product_tile_choose(void);

#endif
