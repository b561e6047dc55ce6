/* serve/trees/shap_kernel.h - TreeSHAP of one tree for eight rows; tree_shap.h has the idea. Compiled twice, for every
 * processor and for AVX2. */
#ifndef SERVE_SHAP_KERNEL_H
#define SERVE_SHAP_KERNEL_H

#include <stdint.h>

#define SHAP_LANES 8
#define SHAP_LEAF UINT32_MAX
#define SHAP_ALWAYS 0 /* the way that every row takes: the path has no such feature yet */

typedef float shap_lanes __attribute__((vector_size(SHAP_LANES * sizeof(float))));
typedef int32_t shap_mask __attribute__((vector_size(SHAP_LANES * sizeof(int32_t))));

/* A split. Children are splits behind their parent, by index, or leaves. */
struct shap_node {
    uint32_t slot;
    int32_t rank;          /* the highest that goes left */
    uint32_t left, right;  /* SHAP_LEAF: a leaf */
    uint32_t came_by;      /* 1 + 2 * split + side (0 left, 1 right) of the nearest split above with the same feature */
    uint32_t sum;          /* which of the sums the feature adds to */
    uint32_t point_from;   /* [2][point_count] of tree->points: the split's t, and what its feature counts there */
    float left_value, right_value; /* of leaves */
    float left_share, right_share; /* of the training rows */
};

struct shap_tree {
    const struct shap_node *nodes; /* parents first; [node_count], none for a single leaf */
    uint32_t node_count, point_count;
    const float *points;  /* the first for all splits whose feature is new on their path */
    const float *weights; /* [point_count] of the quadrature */
};

struct shap_scratch {
    shap_mask *ways;         /* [1 + 2 * nodes], by came_by: rows that went there */
    shap_lanes *coefficient; /* [nodes] */
    shap_lanes *above;       /* [nodes + 1][points], the last one for children that are leaves */
    shap_lanes *factor, *below; /* [nodes][points] */
};

/* Adds to sums[node.sum], for ranks[slot * SHAP_LANES]. */
typedef void shap_kernel(const struct shap_tree *tree, const int32_t *ranks, const struct shap_scratch *scratch,
                         shap_lanes *sums);
shap_kernel shap_kernel_plain, shap_kernel_avx2;

#endif
