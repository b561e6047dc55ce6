/* serve/trees/forest_internal.h - how a forest lies in memory; shared by forest*.c only. */
#ifndef SERVE_FOREST_INTERNAL_H
#define SERVE_FOREST_INTERNAL_H

#include "serve/trees/forest.h"
#include "serve/trees/slots.h"

#define GROUP_TREES 8      /* walked side by side: enough to hide the latency of loads */
#define HEAP_DEPTH_MAX 10  /* a group of heaps is at most 8 * 2^10 nodes */
#define NARROW_SLOTS 256
#define BLOCK_ROWS 128     /* slots of a block stay in the first cache up to 200 of them */

/* slot << 8 | rank; a row goes right where its rank is higher. */
typedef uint32_t split_code;

/* Goes to `left` or left + 1. A leaf: rank SLOT_RIGHT, which nothing exceeds, and left = itself. */
struct linked_node {
    split_code split;
    uint32_t left;
};

/* One step of the program that finds a tree's leaf for a vector of rows; forest_block.h. */
enum step_kind { STEP_LEAF, STEP_LEAVES, STEP_LEFT_LEAF, STEP_RIGHT_LEAF, STEP_LEFT_ON_TOP, STEP_RIGHT_ON_TOP };
struct block_step {
    uint8_t kind; /* enum step_kind */
    int8_t rank;  /* less 128, because AVX2 compares signed bytes */
    uint8_t leaf; /* the leaf, or the left one of two */
    uint32_t slot;
};

struct block_tree {
    uint32_t step_from, step_count;
    uint32_t leaf_from; /* of its leaves, left to right */
    uint32_t output;
};

/* Eight trees that follow each other; the last group is filled up with trees of nothing. */
struct tree_group {
    bool is_heap, has_program;
    uint32_t depth;             /* of the deepest */
    size_t node_from;           /* heap: of the first tree, 2^depth nodes each, root at 1 */
    size_t leaf_from;           /* heap: 2^depth each */
    uint32_t roots[GROUP_TREES]; /* linked */
    uint32_t outputs[GROUP_TREES];
};

/* Leaf values as they are summed: one of the two is NULL. */
struct leaf_values {
    float *f32;
    double *f64;
};

struct forest {
    struct slots slots;
    size_t feature_count, output_count;
    const double *base_margins;
    double scale; /* of the sums: 1 / iterations where they are averaged */
    bool is_float;
    struct tree_group *groups;
    size_t group_count;
    /* One of the two: half the bytes are half the misses where other work shares the cache. */
    split_code *wide_nodes;
    uint16_t *narrow_nodes; /* split codes of at most NARROW_SLOTS slots */
    struct leaf_values heap_leaves;
    struct linked_node *nodes;
    struct leaf_values node_values; /* by linked node */
    const struct linear_leaf *linear; /* by linked node; NULL = plain leaves */
    struct block_tree *block_trees;   /* [group_count * GROUP_TREES]; NULL without AVX2 */
    struct block_step *steps;
    struct leaf_values block_leaves;
    const double *weights; /* gblinear */
};

#endif
