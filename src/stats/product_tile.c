#include "stats/product_tile_internal.h"

#include "stats/lanes_internal.h"

/* Even and odd lanes as one vector: half of the instructions where the CPU has it, the same sums in the same order
 * where the compiler makes two of it. */
typedef double wide_lanes __attribute__((vector_size(32), aligned(8), may_alias));

/* Products of PRODUCT_TILE columns from x on with PRODUCT_TILE from y on, gaps being 0. */
static inline __attribute__((always_inline)) void sum_tile(const double *x, const double *y, double *ret_sums)
{
    wide_lanes products[PRODUCT_TILE][PRODUCT_TILE] = { { { 0 } } };
    for (size_t row = 0; row < PRODUCT_ROWS; row += 2 * LANES)
        for (size_t i = 0; i < PRODUCT_TILE; i++) {
            wide_lanes x_row = *(const wide_lanes *)(x + i * PRODUCT_ROWS + row);
            for (size_t j = 0; j < PRODUCT_TILE; j++)
                products[i][j] += x_row * *(const wide_lanes *)(y + j * PRODUCT_ROWS + row);
        }
    for (size_t i = 0; i < PRODUCT_TILE; i++)
        for (size_t j = 0; j < PRODUCT_TILE; j++) {
            wide_lanes sum = products[i][j];
            ret_sums[i * PRODUCT_TILE + j] = (sum[0] + sum[2]) + (sum[1] + sum[3]);
        }
}

void product_tile_sum_anywhere(const double *x, const double *y, double *ret_sums)
{
    sum_tile(x, y, ret_sums);
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static void sum_avx2(const double *x, const double *y, double *ret_sums)
{
    sum_tile(x, y, ret_sums);
}
#endif

product_tile_sum *product_tile_choose(void)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2"))
        return sum_avx2;
#endif
    return product_tile_sum_anywhere;
}
