/* No branch depends on the shape of a path, only on where the leaves are: splits of 500 trees in a row are more than a
 * branch predictor remembers. */
#include "serve/trees/shap_kernel.h"

#include <stdbool.h>
#include <stddef.h>

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define LANES_OF(x) ((shap_lanes){ (x), (x), (x), (x), (x), (x), (x), (x) })

/* What a row's way at the split is worth: +share of the other side where it went left, -share of the left where it went
 * right, 0 where it left the path at an earlier split of the feature. */
ALWAYS_INLINE void note_ways(const struct shap_node *node, uint32_t index, const int32_t *ranks,
                             const struct shap_scratch *scratch, shap_lanes *ret_worth)
{
    const shap_mask rank = *(const shap_mask *)(const void *)(ranks + (size_t)node->slot * SHAP_LANES);
    shap_mask alive = scratch->ways[node->came_by], is_left = rank <= node->rank;
    shap_mask left = alive & is_left, right = alive & ~is_left;
    scratch->ways[1 + 2 * index] = left;
    scratch->ways[2 + 2 * index] = right;
    *ret_worth = (shap_lanes)((left & (shap_mask)LANES_OF(node->right_share)) |
                              (right & (shap_mask)LANES_OF(-node->left_share)));
}

/* Down: at each point the product of the factors above a split (`above`) and the left side's factor. The right side's
 * factor is the rest to 1. */
ALWAYS_INLINE void go_down(const struct shap_tree *tree, uint32_t points, const int32_t *ranks,
                           const struct shap_scratch *scratch)
{
    scratch->ways[SHAP_ALWAYS] = ~(shap_mask){ 0 };
    for (uint32_t q = 0; q < points; q++)
        scratch->above[q] = LANES_OF(tree->weights[q]);
    for (uint32_t n = 0; n < tree->node_count; n++) {
        const struct shap_node *node = &tree->nodes[n];
        const float *at = tree->points + node->point_from;
        shap_lanes *factor = scratch->factor + (size_t)n * points;
        shap_lanes coefficient;
        note_ways(node, n, ranks, scratch, &coefficient);
        scratch->coefficient[n] = coefficient;
        for (uint32_t q = 0; q < points; q++)
            factor[q] = LANES_OF(node->left_share) + LANES_OF(at[q]) * coefficient;
        if (node->left == SHAP_LEAF && node->right == SHAP_LEAF)
            continue;
        size_t left = node->left == SHAP_LEAF ? tree->node_count : node->left;
        size_t right = node->right == SHAP_LEAF ? tree->node_count : node->right;
        const shap_lanes *above = scratch->above + (size_t)n * points;
        for (uint32_t q = 0; q < points; q++) {
            shap_lanes of_left = above[q] * factor[q];
            scratch->above[right * points + q] = above[q] - of_left;
            scratch->above[left * points + q] = of_left;
        }
    }
}

/* Up: the expectation of what lies below at each point, and the sum over points of what the split's feature adds. */
ALWAYS_INLINE void go_up(const struct shap_tree *tree, uint32_t points, const struct shap_scratch *scratch,
                         shap_lanes *sums)
{
    for (uint32_t n = tree->node_count; n-- > 0;) {
        const struct shap_node *node = &tree->nodes[n];
        const float *counts = tree->points + node->point_from + points;
        const shap_lanes *factor = scratch->factor + (size_t)n * points, *above = scratch->above + (size_t)n * points;
        const shap_lanes left_leaf = LANES_OF(node->left_value), right_leaf = LANES_OF(node->right_value);
        bool is_left_leaf = node->left == SHAP_LEAF, is_right_leaf = node->right == SHAP_LEAF;
        const shap_lanes *left = is_left_leaf ? &left_leaf : scratch->below + (size_t)node->left * points;
        const shap_lanes *right = is_right_leaf ? &right_leaf : scratch->below + (size_t)node->right * points;
        shap_lanes sum = { 0 };
        for (uint32_t q = 0; q < points; q++) {
            shap_lanes of_right = right[is_right_leaf ? 0 : q], difference = left[is_left_leaf ? 0 : q] - of_right;
            scratch->below[(size_t)n * points + q] = of_right + difference * factor[q];
            sum += above[q] * LANES_OF(counts[q]) * difference;
        }
        sums[node->sum] += scratch->coefficient[n] * sum;
    }
}

ALWAYS_INLINE void run(const struct shap_tree *tree, uint32_t points, const int32_t *ranks,
                       const struct shap_scratch *scratch, shap_lanes *sums)
{
    if (tree->node_count == 0)
        return;
    go_down(tree, points, ranks, scratch);
    go_up(tree, points, scratch, sums);
}

/* The usual numbers of points are constants, so that their loops unroll: 3 is a depth of 6. */
void SHAP_KERNEL(const struct shap_tree *tree, const int32_t *ranks, const struct shap_scratch *scratch,
                 shap_lanes *sums)
{
    switch (tree->point_count) {
    case 1:
        run(tree, 1, ranks, scratch, sums);
        return;
    case 2:
        run(tree, 2, ranks, scratch, sums);
        return;
    case 3:
        run(tree, 3, ranks, scratch, sums);
        return;
    case 4:
        run(tree, 4, ranks, scratch, sums);
        return;
    default:
        run(tree, tree->point_count, ranks, scratch, sums);
    }
}
