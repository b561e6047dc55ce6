#include "stats/product_tile_internal.h"

#include <string.h>

#include "base/test.h"
#include "stats/random.h"

TEST(tile_sums_equal_a_plain_loop_and_each_other)
{
    enum { SIZE = PRODUCT_TILE * PRODUCT_ROWS, SUMS = PRODUCT_TILE * PRODUCT_TILE };
    static double x[SIZE], y[SIZE];
    struct stats_random random = stats_random_init(21);
    for (int i = 0; i < SIZE; i++) {
        x[i] = stats_random_normal(&random);
        y[i] = stats_random_normal(&random);
    }
    double anywhere[SUMS], chosen[SUMS];
    product_tile_sum_anywhere(x, y, anywhere);
    product_tile_choose()(x, y, chosen);
    CHECK("the same bits whatever the CPU has", memcmp(anywhere, chosen, sizeof(anywhere)) == 0);
    for (int i = 0; i < PRODUCT_TILE; i++)
        for (int j = 0; j < PRODUCT_TILE; j++) {
            double sum = 0;
            for (int row = 0; row < PRODUCT_ROWS; row++)
                sum += x[i * PRODUCT_ROWS + row] * y[j * PRODUCT_ROWS + row];
            CHECK_NEAR("row by row", chosen[i * PRODUCT_TILE + j], sum, 1e-12);
        }
}
