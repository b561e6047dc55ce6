#include "serve/trees/shap_kernel.h"

#include <string.h>

typedef int8_t rank_lanes __attribute__((vector_size(SHAP_LANES)));
typedef int32_t mask_lanes __attribute__((vector_size(SHAP_LANES * sizeof(int32_t))));

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* Down: at each split which rows go left (`hot`), whether they could have come this way with the same feature before
 * (`alive`), and at each point the product of the factors above (`above`) and the left side's factor. The right side's
 * factor is the rest to 1. */
ALWAYS_INLINE void go_down(const struct shap_tree *tree, uint32_t points, const int8_t *ranks,
                           const struct shap_scratch *scratch)
{
    for (uint32_t q = 0; q < points; q++)
        scratch->above[q] = (shap_lanes){ 0 } + tree->weights[q];
    for (uint32_t n = 0; n < tree->node_count; n++) {
        const struct shap_node *node = &tree->nodes[n];
        rank_lanes bytes;
        memcpy(&bytes, ranks + (size_t)node->slot * SHAP_LANES, sizeof bytes);
        mask_lanes is_left = __builtin_convertvector(bytes, mask_lanes) <= node->rank;
        shap_lanes alive = (shap_lanes){ 0 } + 1.0f, left = (shap_lanes)(is_left & (mask_lanes)alive);
        if (node->ancestor != SHAP_NONE) {
            shap_lanes hot = scratch->hot[node->ancestor];
            alive = node->is_ancestor_left != 0 ? hot : scratch->alive[node->ancestor] - hot;
            left *= alive;
        }
        scratch->hot[n] = left;
        scratch->alive[n] = alive;
        shap_lanes coefficient = left - node->left_share * alive;
        scratch->coefficient[n] = coefficient;
        const float *at = tree->points + (size_t)n * 2 * points;
        for (uint32_t q = 0; q < points; q++) {
            shap_lanes factor = node->left_share + at[q] * coefficient;
            scratch->factor[n * points + q] = factor;
            shap_lanes above = scratch->above[n * points + q], of_left = above * factor;
            if (node->left != SHAP_NONE)
                scratch->above[node->left * points + q] = of_left;
            if (node->right != SHAP_NONE)
                scratch->above[node->right * points + q] = above - of_left;
        }
    }
}

/* Up: the expectation of what lies below at each point, and the sum over points of what the split's feature adds. */
ALWAYS_INLINE void go_up(const struct shap_tree *tree, uint32_t points, const struct shap_scratch *scratch,
                         shap_lanes *sums)
{
    for (uint32_t n = tree->node_count; n-- > 0;) {
        const struct shap_node *node = &tree->nodes[n];
        const float *counts = tree->points + ((size_t)n * 2 + 1) * points;
        shap_lanes sum = { 0 };
        for (uint32_t q = 0; q < points; q++) {
            shap_lanes left = (shap_lanes){ 0 } + node->left_value, right = (shap_lanes){ 0 } + node->right_value;
            if (node->left != SHAP_NONE)
                left = scratch->below[node->left * points + q];
            if (node->right != SHAP_NONE)
                right = scratch->below[node->right * points + q];
            shap_lanes difference = left - right;
            scratch->below[n * points + q] = right + difference * scratch->factor[n * points + q];
            shap_lanes above = scratch->above[n * points + q];
            if (node->ancestor != SHAP_NONE)
                above *= counts[q];
            sum += above * difference;
        }
        sums[node->sum] += scratch->coefficient[n] * sum;
    }
}

ALWAYS_INLINE void run(const struct shap_tree *tree, uint32_t points, const int8_t *ranks,
                       const struct shap_scratch *scratch, shap_lanes *sums)
{
    if (tree->node_count == 0)
        return;
    go_down(tree, points, ranks, scratch);
    go_up(tree, points, scratch, sums);
}

/* The usual numbers of points are constants, so that their loops unroll: 3 is a depth of 6. */
void SHAP_KERNEL(const struct shap_tree *tree, const int8_t *ranks, const struct shap_scratch *scratch,
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
