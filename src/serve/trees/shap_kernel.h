/* serve/trees/shap_kernel.h - TreeSHAP of one tree for eight rows; tree_shap.h has the idea. Compiled twice, for every
 * processor and for AVX2. */
#ifndef SERVE_SHAP_KERNEL_H
#define SERVE_SHAP_KERNEL_H

#include <stdint.h>

#define SHAP_LANES 8
#define SHAP_NONE UINT32_MAX

typedef float shap_lanes __attribute__((vector_size(SHAP_LANES * sizeof(float))));

/* A split. Children are splits behind their parent (index) or leaves (SHAP_NONE and a value). */
struct shap_node {
    uint32_t slot;
    int8_t rank;           /* the highest that goes left */
    uint8_t is_ancestor_left; /* the path from the ancestor goes through its left side */
    uint32_t left, right;
    float left_value, right_value; /* of leaves */
    float left_share;      /* of the training rows; the right side has the rest */
    uint32_t ancestor;     /* the nearest split on the path with the same feature, or SHAP_NONE */
    uint32_t sum;          /* which of the sums the feature adds to */
};

struct shap_tree {
    const struct shap_node *nodes; /* parents first; [node_count], none for a single leaf */
    uint32_t node_count, point_count;
    const float *points;  /* [node_count][2][point_count]: the node's t, and what its feature counts there */
    const float *weights; /* [point_count] of the quadrature */
};

/* Scratch: three arrays of [nodes][lanes], three of [nodes][points][lanes]. */
struct shap_scratch {
    shap_lanes *coefficient, *hot, *alive;
    shap_lanes *above, *factor, *below;
};

/* Adds to sums[node.sum], for ranks[slot * SHAP_LANES]. */
typedef void shap_kernel(const struct shap_tree *tree, const int8_t *ranks, const struct shap_scratch *scratch,
                         shap_lanes *sums);
shap_kernel shap_kernel_plain, shap_kernel_avx2;

#endif
