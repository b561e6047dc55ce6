/* serve/trees/forest_block.h - 128 rows at once through trees of at most 256 leaves, on processors with AVX2.
 *
 * A tree is evaluated from its leaves up: leaves are numbered from left to right, and each split chooses between the
 * leaf numbers of its two sides, 32 rows in one comparison and one blend of bytes. That looks at all splits instead of
 * those on a path, but a step costs 2 cycles for 32 rows and loads nothing from where it can't be foreseen. */
#ifndef SERVE_FOREST_BLOCK_H
#define SERVE_FOREST_BLOCK_H

#include "serve/trees/forest_internal.h"

#define BLOCK_LEAVES_MAX 256
#define BLOCK_STACK_MAX 12 /* the deeper side comes first, so that 256 leaves need at most 9 */

/* Whether this processor can run forest_block_add. */
bool forest_block_is_supported(void);

/* Sums of one block: one of the two is set, [output_count][BLOCK_ROWS]. */
struct block_sums {
    float *f32;
    double *f64;
};

/* Adds one tree's leaves, for ranks[slot][BLOCK_ROWS] less 128. */
void forest_block_add(const struct forest *forest, const struct block_tree *tree, const int8_t *ranks,
                      const struct block_sums *sums);

#endif
