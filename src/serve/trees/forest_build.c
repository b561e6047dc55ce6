/* From tree_model.h's nodes to the three layouts of forest_internal.h. */
#include "base/mem.h"
#include "serve/trees/forest_block.h"

/* Heaps are padded: they may take this many times the room of the nodes themselves. */
#define PADDING_MAX 4

struct builder {
    const struct tree_model *model;
    size_t tree_count;
    struct arena *arena;
    struct forest *forest;
    struct error *err;
    uint32_t first_node; /* linked index of the current tree's root */
};

static enum status no_memory(struct builder *builder)
{
    return error_set(builder->err, ERR_LIMIT, "the forest of %zu trees does not fit in memory", builder->tree_count);
}

static bool values_alloc(struct builder *builder, struct leaf_values *values, size_t count)
{
    if (builder->forest->is_float)
        values->f32 = arena_array(builder->arena, float, count + 8); /* gathers of the last leaves read whole vectors */
    else
        values->f64 = arena_array(builder->arena, double, count + 8);
    return values->f32 != NULL || values->f64 != NULL;
}

static void values_set(struct leaf_values *values, size_t at, double number)
{
    if (values->f32 != NULL)
        values->f32[at] = (float)number;
    else
        values->f64[at] = number;
}

static const struct tree *tree_at(const struct builder *builder, size_t index)
{
    static struct tree_node leaf = { .set = TREE_NO_SET };
    static const struct tree nothing = { .nodes = &leaf, .node_count = 1, .leaf_count = 1 };
    return index < builder->tree_count ? &builder->model->trees[index] : &nothing;
}

static bool is_leaf(const struct tree_node *node)
{
    return node->left == 0;
}

/* Copies what `node` decides into the heap below `at`, down to the leaves' level. */
static void fill_heap(struct builder *builder, const struct tree *tree, uint32_t node_index, size_t at, unsigned level,
                      const struct tree_group *group, size_t tree_in_group)
{
    struct forest *forest = builder->forest;
    size_t size = (size_t)1 << group->depth;
    const struct tree_node *node = &tree->nodes[node_index];
    if (level == group->depth) {
        values_set(&forest->heap_leaves, group->leaf_from + tree_in_group * size + at - size, node->number);
        return;
    }
    split_code code = is_leaf(node) ? SLOT_RIGHT : slots_of_split(&forest->slots, node);
    size_t to = group->node_from + tree_in_group * size + at;
    if (forest->narrow_nodes != NULL)
        forest->narrow_nodes[to] = (uint16_t)code;
    else
        forest->wide_nodes[to] = code;
    fill_heap(builder, tree, is_leaf(node) ? node_index : node->left, 2 * at, level + 1, group, tree_in_group);
    fill_heap(builder, tree, is_leaf(node) ? node_index : node->right, 2 * at + 1, level + 1, group, tree_in_group);
}

static void fill_linked(struct builder *builder, const struct tree *tree, struct linear_leaf *linear)
{
    struct forest *forest = builder->forest;
    for (uint32_t i = 0; i < tree->node_count; i++) {
        const struct tree_node *node = &tree->nodes[i];
        uint32_t at = builder->first_node + i;
        forest->nodes[at] = is_leaf(node)
                                ? (struct linked_node){ SLOT_RIGHT, at }
                                : (struct linked_node){ slots_of_split(&forest->slots, node),
                                                        builder->first_node + node->left };
        values_set(&forest->node_values, at, is_leaf(node) ? node->number : 0);
        if (linear != NULL && is_leaf(node) && tree->linear != NULL)
            linear[at] = tree->linear[node->feature];
    }
}

/* How groups are laid out; counts what they take. */
struct layout {
    size_t heap_nodes, linked_nodes, steps, leaves;
    bool is_linear;
};

static struct layout plan_groups(struct builder *builder)
{
    struct forest *forest = builder->forest;
    struct layout layout = { 0 };
    for (size_t i = 0; i < builder->tree_count; i++)
        layout.is_linear |= builder->model->trees[i].linear != NULL;
    for (size_t g = 0; g < forest->group_count; g++) {
        struct tree_group *group = &forest->groups[g];
        size_t nodes = 0;
        uint32_t leaves_most = 0;
        for (size_t i = 0; i < GROUP_TREES; i++) {
            const struct tree *tree = tree_at(builder, g * GROUP_TREES + i);
            group->depth = MAX_OF(group->depth, tree->depth);
            group->outputs[i] = tree->output;
            leaves_most = MAX_OF(leaves_most, tree->leaf_count);
            nodes += tree->node_count;
        }
        group->is_heap = !layout.is_linear && group->depth <= HEAP_DEPTH_MAX &&
                         ((size_t)2 * GROUP_TREES << group->depth) <= PADDING_MAX * nodes + 64;
        group->has_program = !layout.is_linear && leaves_most <= BLOCK_LEAVES_MAX && forest_block_is_supported();
        group->node_from = group->leaf_from = layout.heap_nodes;
        layout.heap_nodes += group->is_heap ? (size_t)GROUP_TREES << group->depth : 0;
        layout.linked_nodes += group->is_heap ? 0 : nodes;
        layout.steps += group->has_program ? nodes : 0;
    }
    return layout;
}

static enum status alloc_layout(struct builder *builder, const struct layout *layout)
{
    struct forest *forest = builder->forest;
    struct arena *arena = builder->arena;
    if (forest->slots.slot_count <= NARROW_SLOTS)
        forest->narrow_nodes = arena_array(arena, uint16_t, layout->heap_nodes + 1);
    else
        forest->wide_nodes = arena_array(arena, split_code, layout->heap_nodes + 1);
    forest->nodes = arena_array(arena, struct linked_node, layout->linked_nodes + 1);
    forest->block_trees = arena_array(arena, struct block_tree, forest->group_count * GROUP_TREES + 1);
    forest->steps = arena_array(arena, struct block_step, layout->steps + 1);
    bool has_heaps = forest->narrow_nodes != NULL || forest->wide_nodes != NULL;
    bool has_all = has_heaps && forest->nodes != NULL && forest->block_trees != NULL &&
                   forest->steps != NULL && values_alloc(builder, &forest->heap_leaves, layout->heap_nodes) &&
                   values_alloc(builder, &forest->node_values, layout->linked_nodes) &&
                   values_alloc(builder, &forest->block_leaves, layout->steps);
    return has_all && layout->linked_nodes < UINT32_MAX && layout->steps < UINT32_MAX ? OK : no_memory(builder);
}

/* The steps of one tree in postfix order; explicit recursion over at most BLOCK_LEAVES_MAX leaves. */
struct program {
    struct builder *builder;
    const struct tree *tree;
    const uint16_t *stack_need; /* by node: vectors that its evaluation holds at most */
    uint32_t step_count, leaf_count, step_from, leaf_from;
};

static void emit(struct program *program, enum step_kind kind, const struct tree_node *node, uint8_t leaf)
{
    struct forest *forest = program->builder->forest;
    split_code code = node == NULL ? 0 : slots_of_split(&forest->slots, node);
    forest->steps[program->step_from + program->step_count++] = (struct block_step){
        .kind = (uint8_t)kind,
        .rank = (int8_t)((int)(code & 0xFF) + INT8_MIN),
        .leaf = leaf,
        .slot = code >> 8,
    };
}

/* Leaves get their numbers from left to right although the deeper side is evaluated first: `first` is the number of
 * the subtree's leftmost leaf, leaves_below[] how many there are. */
static void emit_node(struct program *program, const uint16_t *leaves_below, uint32_t index, uint32_t first)
{
    const struct tree_node *node = &program->tree->nodes[index], *nodes = program->tree->nodes;
    if (is_leaf(node)) {
        emit(program, STEP_LEAF, NULL, (uint8_t)first);
        return;
    }
    uint32_t middle = first + leaves_below[node->left];
    bool is_left_leaf = is_leaf(&nodes[node->left]), is_right_leaf = is_leaf(&nodes[node->right]);
    if (is_left_leaf && is_right_leaf) {
        emit(program, STEP_LEAVES, node, (uint8_t)first);
    } else if (is_left_leaf) {
        emit_node(program, leaves_below, node->right, middle);
        emit(program, STEP_LEFT_LEAF, node, (uint8_t)first);
    } else if (is_right_leaf) {
        emit_node(program, leaves_below, node->left, first);
        emit(program, STEP_RIGHT_LEAF, node, (uint8_t)middle);
    } else if (program->stack_need[node->left] >= program->stack_need[node->right]) {
        emit_node(program, leaves_below, node->left, first);
        emit_node(program, leaves_below, node->right, middle);
        emit(program, STEP_RIGHT_ON_TOP, node, 0);
    } else {
        emit_node(program, leaves_below, node->right, middle);
        emit_node(program, leaves_below, node->left, first);
        emit(program, STEP_LEFT_ON_TOP, node, 0);
    }
}

static void set_leaves(struct program *program, uint32_t index)
{
    const struct tree_node *node = &program->tree->nodes[index];
    if (is_leaf(node)) {
        values_set(&program->builder->forest->block_leaves, program->leaf_from + program->leaf_count++, node->number);
        return;
    }
    set_leaves(program, node->left);
    set_leaves(program, node->right);
}

static void fill_program(struct builder *builder, const struct tree *tree, uint32_t *steps, uint32_t *leaves,
                         struct block_tree *ret_tree)
{
    uint16_t leaves_below[2 * BLOCK_LEAVES_MAX], stack_need[2 * BLOCK_LEAVES_MAX];
    for (uint32_t i = tree->node_count; i-- > 0;) { /* children come behind their parent */
        const struct tree_node *node = &tree->nodes[i];
        if (is_leaf(node)) {
            leaves_below[i] = stack_need[i] = 1;
            continue;
        }
        uint16_t left = stack_need[node->left], right = stack_need[node->right];
        leaves_below[i] = (uint16_t)(leaves_below[node->left] + leaves_below[node->right]);
        stack_need[i] = left == right ? (uint16_t)(left + 1) : MAX_OF(left, right);
    }
    struct program program = { builder, tree, stack_need, 0, 0, *steps, *leaves };
    emit_node(&program, leaves_below, 0, 0);
    set_leaves(&program, 0);
    *ret_tree = (struct block_tree){ *steps, program.step_count, *leaves, tree->output };
    *steps += program.step_count;
    *leaves += program.leaf_count;
}

static enum status copy_linear(struct builder *builder, const struct layout *layout)
{
    struct linear_leaf *linear = arena_array(builder->arena, struct linear_leaf, layout->linked_nodes + 1);
    if (linear == NULL)
        return no_memory(builder);
    builder->forest->linear = linear;
    builder->first_node = 0;
    for (size_t i = 0; i < builder->forest->group_count * GROUP_TREES; i++) {
        const struct tree *tree = tree_at(builder, i);
        fill_linked(builder, tree, linear);
        builder->first_node += tree->node_count;
    }
    for (size_t i = 0; i < layout->linked_nodes; i++) {
        size_t count = linear[i].count;
        uint32_t *features = arena_array(builder->arena, uint32_t, count + 1);
        double *coefficients = arena_array(builder->arena, double, count + 1);
        if (features == NULL || coefficients == NULL)
            return no_memory(builder);
        for (size_t k = 0; k < count; k++) {
            features[k] = linear[i].features[k];
            coefficients[k] = linear[i].coefficients[k];
        }
        linear[i].features = features;
        linear[i].coefficients = coefficients;
    }
    return OK;
}

static enum status fill_groups(struct builder *builder, const struct layout *layout)
{
    struct forest *forest = builder->forest;
    uint32_t steps = 0, leaves = 0;
    builder->first_node = 0;
    for (size_t i = 0; i < forest->group_count * GROUP_TREES; i++) {
        struct tree_group *group = &forest->groups[i / GROUP_TREES];
        const struct tree *tree = tree_at(builder, i);
        if (group->is_heap) {
            fill_heap(builder, tree, 0, 1, 0, group, i % GROUP_TREES);
        } else {
            group->roots[i % GROUP_TREES] = builder->first_node;
            fill_linked(builder, tree, NULL);
            builder->first_node += tree->node_count;
        }
        if (group->has_program)
            fill_program(builder, tree, &steps, &leaves, &forest->block_trees[i]);
    }
    return layout->is_linear ? copy_linear(builder, layout) : OK;
}

static enum status copy_numbers(struct builder *builder, const double *numbers, size_t count, const double **ret_copy)
{
    double *copy = arena_array(builder->arena, double, count + 1);
    if (copy == NULL)
        return no_memory(builder);
    memcpy(copy, numbers, count * sizeof *copy);
    *ret_copy = copy;
    return OK;
}

enum status forest_new(const struct tree_model *model, size_t tree_count, struct arena *arena,
                       struct forest **ret_forest, struct error *err)
{
    struct forest *forest = arena_new(arena, struct forest);
    struct builder builder = { model, tree_count, arena, forest, err, 0 };
    forest->feature_count = model->feature_count;
    forest->output_count = model->output_count;
    forest->is_float = model->is_float;
    size_t iterations = tree_count / model->output_count;
    forest->scale = model->is_average && iterations > 0 ? 1 / (double)iterations : 1;
    TRY(copy_numbers(&builder, model->base_margins, model->output_count, &forest->base_margins));
    *ret_forest = forest;
    if (model->linear_weights != NULL)
        return copy_numbers(&builder, model->linear_weights, (model->feature_count + 1) * model->output_count,
                            &forest->weights);
    TRY(slots_build(model, tree_count, arena, &forest->slots, err));
    forest->group_count = (tree_count + GROUP_TREES - 1) / GROUP_TREES;
    forest->groups = arena_array(arena, struct tree_group, forest->group_count + 1);
    if (forest->groups == NULL)
        return no_memory(&builder);
    struct layout layout = plan_groups(&builder);
    TRY(alloc_layout(&builder, &layout));
    return fill_groups(&builder, &layout);
}
