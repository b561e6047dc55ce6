#include "base/mem.h"
#include "serve/trees/forest_block.h"

#include <math.h>

/* Fewer rows than this are walked one by one: a block costs the same whether it is full or not. */
#define BLOCK_WORTH_ROWS 12
#define STACK_SLOTS 4096
/* So that the width of nodes and the depth are constants where the loops are. */
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define CACHE_LINE_BYTES 64
#define FETCH_BYTES_MAX 4096

/* The nodes of a group's heaps: one of the two. */
struct heaps {
    const uint16_t *narrow;
    const split_code *wide;
};

/* Down `depth` levels of eight heaps; `at` are positions in them. */
ALWAYS_INLINE void descend_heaps(const struct heaps *heaps, unsigned depth, const uint8_t *ranks, size_t stride,
                                 size_t at[GROUP_TREES])
{
    size_t size = (size_t)1 << depth;
    for (size_t i = 0; i < GROUP_TREES; i++)
        at[i] = 1;
    for (unsigned level = 0; level < depth; level++)
        for (size_t i = 0; i < GROUP_TREES; i++) {
            split_code node = heaps->narrow != NULL ? heaps->narrow[i * size + at[i]] : heaps->wide[i * size + at[i]];
            at[i] += at[i] + ((uint8_t)node < ranks[(node >> 8) * stride]); /* an add with carry */
        }
    for (size_t i = 0; i < GROUP_TREES; i++)
        at[i] += (i - 1) * size; /* the leaves of the i-th heap begin at i * size */
}

ALWAYS_INLINE void walk_heaps(const struct heaps *nodes, unsigned depth, const uint8_t *ranks, size_t stride,
                              size_t at[GROUP_TREES])
{
    switch (depth) {
    case 4:
        descend_heaps(nodes, 4, ranks, stride, at);
        return;
    case 5:
        descend_heaps(nodes, 5, ranks, stride, at);
        return;
    case 6:
        descend_heaps(nodes, 6, ranks, stride, at);
        return;
    default:
        descend_heaps(nodes, depth, ranks, stride, at);
    }
}

static inline void walk_linked(const struct linked_node *nodes, const struct tree_group *group, const uint8_t *ranks,
                               size_t stride, size_t at[GROUP_TREES])
{
    for (size_t i = 0; i < GROUP_TREES; i++)
        at[i] = group->roots[i];
    for (uint32_t level = 0; level < group->depth; level++)
        for (size_t i = 0; i < GROUP_TREES; i++) {
            struct linked_node node = nodes[at[i]];
            at[i] = node.left + ((uint8_t)node.split < ranks[(node.split >> 8) * stride]);
        }
}

/* Asks for the nodes of the heaps behind this group's: between two requests other work drives them out of the cache. */
static inline void fetch_ahead(const struct forest *forest, const struct tree_group *group)
{
    if (forest->narrow_nodes == NULL || !group->is_heap)
        return;
    size_t bytes = (sizeof(uint16_t) * GROUP_TREES) << group->depth;
    const char *next = (const char *)(forest->narrow_nodes + group->node_from) + bytes;
    for (size_t i = 0; i < MIN_OF(bytes, FETCH_BYTES_MAX); i += CACHE_LINE_BYTES)
        __builtin_prefetch(next + i);
}

/* Leaves of a group, as indices into the values that fit its layout. */
ALWAYS_INLINE const struct leaf_values *walk_group(const struct forest *forest, const struct tree_group *group,
                                                   const uint8_t *ranks, size_t stride, size_t at[GROUP_TREES])
{
    if (!group->is_heap) {
        walk_linked(forest->nodes, group, ranks, stride, at);
        return &forest->node_values;
    }
    if (forest->narrow_nodes != NULL)
        walk_heaps(&(struct heaps){ forest->narrow_nodes + group->node_from, NULL }, group->depth, ranks, stride, at);
    else
        walk_heaps(&(struct heaps){ NULL, forest->wide_nodes + group->node_from }, group->depth, ranks, stride, at);
    for (size_t i = 0; i < GROUP_TREES; i++)
        at[i] += group->leaf_from;
    return &forest->heap_leaves;
}

/* A linear leaf's value; the plain one where a feature is missing. */
static double linear_value(const struct linear_leaf *leaf, double plain, const double *row)
{
    double value = leaf->constant;
    for (size_t i = 0; i < leaf->count; i++) {
        if (isnan(row[leaf->features[i]]))
            return plain;
        value += leaf->coefficients[i] * row[leaf->features[i]];
    }
    return value;
}

/* Sums start at the base margins and are written back as doubles. */
static void sum_row_f32(const struct forest *forest, const uint8_t *ranks, double *margins)
{
    size_t at[GROUP_TREES];
    float single = (float)margins[0];
    if (forest->output_count == 1) {
        for (size_t g = 0; g < forest->group_count; g++) {
            fetch_ahead(forest, &forest->groups[g]);
            const float *leaves = walk_group(forest, &forest->groups[g], ranks, 1, at)->f32;
            for (size_t i = 0; i < GROUP_TREES; i++)
                single += leaves[at[i]];
        }
        margins[0] = (double)single;
        return;
    }
    for (size_t g = 0; g < forest->group_count; g++) {
        const struct tree_group *group = &forest->groups[g];
        const float *leaves = walk_group(forest, group, ranks, 1, at)->f32;
        for (size_t i = 0; i < GROUP_TREES; i++)
            margins[group->outputs[i]] = (double)((float)margins[group->outputs[i]] + leaves[at[i]]);
    }
}

static void sum_row_f64(const struct forest *forest, const uint8_t *ranks, const double *row, double *margins)
{
    size_t at[GROUP_TREES];
    for (size_t g = 0; g < forest->group_count; g++) {
        const struct tree_group *group = &forest->groups[g];
        const double *leaves = walk_group(forest, group, ranks, 1, at)->f64;
        for (size_t i = 0; i < GROUP_TREES; i++)
            margins[group->outputs[i]] +=
                forest->linear == NULL ? leaves[at[i]] : linear_value(&forest->linear[at[i]], leaves[at[i]], row);
    }
}

static void finish_row(const struct forest *forest, double *margins)
{
    if (forest->scale != 1)
        for (size_t k = 0; k < forest->output_count; k++)
            margins[k] *= forest->scale;
}

static enum status margins_by_row(const struct forest *forest, const double *values, size_t rows, struct arena *arena,
                                  double *margins, struct error *err)
{
    uint8_t on_stack[STACK_SLOTS], *ranks = on_stack;
    if (forest->slots.slot_count > STACK_SLOTS)
        ranks = arena_array(arena, uint8_t, forest->slots.slot_count);
    if (ranks == NULL)
        return error_set(err, ERR_LIMIT, "%u splits of a row do not fit in memory", forest->slots.slot_count);
    for (size_t r = 0; r < rows; r++, values += forest->feature_count, margins += forest->output_count) {
        slots_fill(&forest->slots, values, ranks, 1);
        memcpy(margins, forest->base_margins, forest->output_count * sizeof *margins);
        if (forest->is_float)
            sum_row_f32(forest, ranks, margins);
        else
            sum_row_f64(forest, ranks, values, margins);
        finish_row(forest, margins);
    }
    return OK;
}

/* A group without a program, row by row; ranks[slot][BLOCK_ROWS]. */
static void add_group_by_row(const struct forest *forest, const struct tree_group *group, const uint8_t *ranks,
                             size_t rows, const struct block_sums *sums)
{
    size_t at[GROUP_TREES];
    for (size_t r = 0; r < rows; r++) {
        const struct leaf_values *leaves = walk_group(forest, group, ranks + r, BLOCK_ROWS, at);
        for (size_t i = 0; i < GROUP_TREES; i++) {
            size_t to = group->outputs[i] * (size_t)BLOCK_ROWS + r;
            if (forest->is_float)
                sums->f32[to] += leaves->f32[at[i]];
            else
                sums->f64[to] += leaves->f64[at[i]];
        }
    }
}

/* `shifted` has the same ranks less 128. */
static void sum_block(const struct forest *forest, const uint8_t *ranks, const int8_t *shifted, size_t rows,
                      const struct block_sums *sums)
{
    for (size_t g = 0; g < forest->group_count; g++) {
        if (!forest->groups[g].has_program) {
            add_group_by_row(forest, &forest->groups[g], ranks, rows, sums);
            continue;
        }
        for (size_t i = 0; i < GROUP_TREES; i++)
            forest_block_add(forest, &forest->block_trees[g * GROUP_TREES + i], shifted, sums);
    }
}

static enum status margins_by_block(const struct forest *forest, const double *values, size_t rows,
                                    struct arena *arena, double *margins, struct error *err)
{
    size_t outputs = forest->output_count;
    size_t rank_count = (size_t)forest->slots.slot_count * BLOCK_ROWS;
    uint8_t *ranks = arena_array(arena, uint8_t, rank_count + 1);
    int8_t *shifted = arena_array(arena, int8_t, rank_count + 1);
    struct block_sums sums = { 0 };
    if (forest->is_float)
        sums.f32 = arena_try_array(arena, outputs, BLOCK_ROWS * sizeof(float));
    else
        sums.f64 = arena_try_array(arena, outputs, BLOCK_ROWS * sizeof(double));
    if (ranks == NULL || shifted == NULL || (sums.f32 == NULL && sums.f64 == NULL))
        return error_set(err, ERR_LIMIT, "%u splits of a block of rows do not fit in memory", forest->slots.slot_count);
    for (size_t from = 0; from < rows; from += BLOCK_ROWS) {
        size_t count = MIN_OF(rows - from, BLOCK_ROWS);
        slots_fill_block(&forest->slots, values + from * forest->feature_count, forest->feature_count, count, ranks,
                         BLOCK_ROWS);
        for (size_t i = 0; i < rank_count; i++)
            shifted[i] = (int8_t)((int)ranks[i] + INT8_MIN);
        for (size_t i = 0; i < outputs * BLOCK_ROWS; i++) {
            if (forest->is_float)
                sums.f32[i] = (float)forest->base_margins[i / BLOCK_ROWS];
            else
                sums.f64[i] = forest->base_margins[i / BLOCK_ROWS];
        }
        sum_block(forest, ranks, shifted, count, &sums);
        for (size_t r = 0; r < count; r++) {
            double *row = margins + (from + r) * outputs;
            for (size_t k = 0; k < outputs; k++)
                row[k] = forest->is_float ? (double)sums.f32[k * BLOCK_ROWS + r] : sums.f64[k * BLOCK_ROWS + r];
            finish_row(forest, row);
        }
    }
    return OK;
}

/* gblinear: bias, base margin and then the features in order, in float32. Missing values add nothing. */
static void margins_of_weights(const struct forest *forest, const double *values, size_t rows, double *margins)
{
    size_t features = forest->feature_count, outputs = forest->output_count;
    for (size_t r = 0; r < rows; r++)
        for (size_t k = 0; k < outputs; k++) {
            float sum = (float)forest->weights[features * outputs + k] + (float)forest->base_margins[k];
            for (size_t f = 0; f < features; f++)
                if (!isnan(values[r * features + f]))
                    sum += (float)values[r * features + f] * (float)forest->weights[f * outputs + k];
            margins[r * outputs + k] = (double)sum;
        }
}

enum status forest_margins(const struct forest *forest, const double *values, size_t rows, struct arena *arena,
                           double *ret_margins, struct error *err)
{
    if (forest->weights != NULL) {
        margins_of_weights(forest, values, rows, ret_margins);
        return OK;
    }
    bool is_by_row = rows < BLOCK_WORTH_ROWS || !forest_block_is_supported() || forest->linear != NULL;
    return is_by_row ? margins_by_row(forest, values, rows, arena, ret_margins, err)
                     : margins_by_block(forest, values, rows, arena, ret_margins, err);
}
