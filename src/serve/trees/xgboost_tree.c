/* A tree is an object of parallel arrays, one entry a node. A leaf has left child -1 and its value where a split has
 * its threshold. Categories of a split are a run of `categories`, and a row goes right where its category is in it. */
#include "serve/trees/xgboost_tree.h"

#include <math.h>

struct tree_arrays {
    struct number_array left, right, feature, condition, default_left, cover, split_type;
    struct number_array categories, set_nodes, set_from, set_sizes;
    struct number_array base_weights, leaf_weights;
    size_t vector_size;
};

static enum status take_param(struct model_document *document, struct tree_arrays *arrays)
{
    str key;
    TRY(document_enter_object(document));
    while (document_next_member(document, &key))
        if (str_equal(key, STR("size_leaf_vector")))
            document_take_count(document, TREE_OUTPUTS_MAX, &arrays->vector_size);
    return document_status(document);
}

static enum status take_arrays(struct model_document *document, struct tree_arrays *arrays)
{
    const struct {
        str key;
        struct number_array *array;
    } members[] = {
        { STR("left_children"), &arrays->left },         { STR("right_children"), &arrays->right },
        { STR("split_indices"), &arrays->feature },      { STR("split_conditions"), &arrays->condition },
        { STR("default_left"), &arrays->default_left },  { STR("sum_hessian"), &arrays->cover },
        { STR("split_type"), &arrays->split_type },      { STR("categories"), &arrays->categories },
        { STR("categories_nodes"), &arrays->set_nodes }, { STR("categories_segments"), &arrays->set_from },
        { STR("categories_sizes"), &arrays->set_sizes }, { STR("base_weights"), &arrays->base_weights },
        { STR("leaf_weights"), &arrays->leaf_weights },
    };
    str key;
    TRY(document_enter_object(document));
    while (document_next_member(document, &key)) {
        if (str_equal(key, STR("tree_param")))
            TRY(take_param(document, arrays));
        for (size_t i = 0; i < COUNT(members); i++)
            if (str_equal(key, members[i].key))
                TRY(document_take_numbers(document, members[i].array));
    }
    return document_status(document);
}

/* A whole number of [0, below), for indices of all kinds. */
static bool is_index(double value, double below)
{
    return value >= 0 && value < below && value == floor(value);
}

static enum status check_sizes(struct model_document *document, const struct tree_arrays *arrays)
{
    size_t count = arrays->left.count;
    const struct {
        const char *name;
        size_t count;
        bool may_miss;
    } sizes[] = {
        { "right_children", arrays->right.count, false },    { "split_indices", arrays->feature.count, false },
        { "split_conditions", arrays->condition.count, false }, { "default_left", arrays->default_left.count, false },
        { "sum_hessian", arrays->cover.count, false },       { "split_type", arrays->split_type.count, true },
    };
    if (count == 0)
        return document_fail(document, "a tree without left_children");
    for (size_t i = 0; i < COUNT(sizes); i++)
        if (sizes[i].count != count && !(sizes[i].may_miss && sizes[i].count == 0))
            return document_fail(document, "%zu %s of %zu nodes", sizes[i].count, sizes[i].name, count);
    size_t sets = arrays->set_nodes.count;
    if (arrays->set_from.count != sets || arrays->set_sizes.count != sets)
        return document_fail(document, "%zu categories_nodes, %zu categories_segments, %zu categories_sizes", sets,
                             arrays->set_from.count, arrays->set_sizes.count);
    return OK;
}

/* The set of categories[from, from + count), appended to `sets`. */
static enum status add_set(struct model_document *document, const double *categories, size_t count,
                           struct xgboost_sets *sets)
{
    double most = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_index(categories[i], TREE_CATEGORIES_MAX))
            return document_fail(document, "%g is not a category", categories[i]);
        most = fmax(most, categories[i]);
    }
    size_t word_count = (size_t)most / 32 + 1;
    uint32_t *words = arena_array(document->arena, uint32_t, word_count);
    if (words == NULL)
        return error_set(document->err, ERR_LIMIT, "the categories do not fit in memory");
    for (size_t i = 0; i < count; i++)
        words[(size_t)categories[i] / 32] |= 1u << ((size_t)categories[i] % 32);
    if (sets->count == sets->capacity) {
        size_t larger = MAX_OF(16, 2 * sets->capacity);
        struct category_set *grown = arena_array(document->arena, struct category_set, larger);
        if (grown == NULL)
            return error_set(document->err, ERR_LIMIT, "the categories do not fit in memory");
        if (sets->count > 0)
            memcpy(grown, sets->sets, sets->count * sizeof *grown);
        sets->sets = grown;
        sets->capacity = larger;
    }
    sets->sets[sets->count++] = (struct category_set){ words, (uint32_t)word_count, false };
    return OK;
}

static enum status take_sets(struct model_document *document, const struct tree_arrays *arrays,
                             struct tree_node *nodes, struct xgboost_sets *sets)
{
    for (size_t i = 0; i < arrays->set_nodes.count; i++) {
        double node = arrays->set_nodes.values[i], total = (double)arrays->categories.count;
        double from = arrays->set_from.values[i], size = arrays->set_sizes.values[i];
        bool is_inside = is_index(from, total + 1) && is_index(size, total - from + 1);
        if (!is_inside || !is_index(node, (double)arrays->left.count))
            return document_fail(document, "categories_nodes[%zu]: node %g, categories %g + %g of %g", i, node, from,
                                 size, total);
        TRY(add_set(document, arrays->categories.values + (size_t)from, (size_t)size, sets));
        nodes[(size_t)node].set = (uint32_t)sets->count - 1;
    }
    return OK;
}

static enum status fill_node(struct model_document *document, const struct tree_arrays *arrays, size_t i,
                             struct tree_node *node)
{
    double count = (double)arrays->left.count, left = arrays->left.values[i], right = arrays->right.values[i];
    node->cover = arrays->cover.values[i];
    node->set = TREE_NO_SET;
    node->missing = arrays->default_left.values[i] != 0 ? NAN_LEFT : NAN_RIGHT;
    node->number = (double)(float)arrays->condition.values[i];
    if (left == -1)
        return OK;
    if (!is_index(left, count) || !is_index(right, count) || left == 0 || right == 0)
        return document_fail(document, "node %zu: children %g and %g of %g nodes", i, left, right, count);
    if (!is_index(arrays->feature.values[i], TREE_FEATURES_MAX))
        return document_fail(document, "node %zu: split_indices %g", i, arrays->feature.values[i]);
    node->left = (uint32_t)left;
    node->right = (uint32_t)right;
    node->feature = (uint32_t)arrays->feature.values[i];
    return OK;
}

/* Leaf vectors: since 3.1 in leaf_weights at the index that right_children holds, before in base_weights. */
static enum status leaf_number(struct model_document *document, const struct tree_arrays *arrays, size_t node,
                               size_t output, double *ret_number)
{
    bool is_indexed = arrays->leaf_weights.count > 0;
    const struct number_array *weights = is_indexed ? &arrays->leaf_weights : &arrays->base_weights;
    double row = is_indexed ? arrays->right.values[node] : (double)node;
    if (!is_index(row, (double)(weights->count / arrays->vector_size)))
        return document_fail(document, "node %zu: no leaf vector %g of %zu numbers", node, row, weights->count);
    *ret_number = (double)(float)weights->values[(size_t)row * arrays->vector_size + output];
    return OK;
}

static enum status fill_tree(struct model_document *document, const struct tree_arrays *arrays, size_t output,
                             struct xgboost_sets *sets, struct tree *ret_tree)
{
    size_t count = arrays->left.count;
    struct tree_node *nodes = count > UINT32_MAX ? NULL : arena_array(document->arena, struct tree_node, count);
    if (nodes == NULL)
        return error_set(document->err, ERR_LIMIT, "a tree of %zu nodes does not fit in memory", count);
    for (size_t i = 0; i < count; i++) {
        TRY(fill_node(document, arrays, i, &nodes[i]));
        if (nodes[i].left == 0 && arrays->vector_size > 1)
            TRY(leaf_number(document, arrays, i, output, &nodes[i].number));
    }
    TRY(take_sets(document, arrays, nodes, sets));
    for (size_t i = 0; i < count; i++) {
        bool is_categorical = arrays->split_type.count > 0 && arrays->split_type.values[i] == 1 && nodes[i].left != 0;
        if (is_categorical && nodes[i].set == TREE_NO_SET)
            return document_fail(document, "node %zu splits by category and has none", i);
        if (is_categorical)
            nodes[i].number = 0;
        else
            nodes[i].set = TREE_NO_SET;
    }
    *ret_tree = (struct tree){ .nodes = nodes, .node_count = (uint32_t)count };
    return OK;
}

enum status xgboost_tree_take(struct model_document *document, struct xgboost_sets *sets,
                              struct xgboost_tree *ret_tree)
{
    struct tree_arrays arrays = { .vector_size = 1 };
    TRY(take_arrays(document, &arrays));
    TRY(check_sizes(document, &arrays));
    if (arrays.vector_size == 0)
        arrays.vector_size = 1;
    struct tree *trees = arena_array(document->arena, struct tree, arrays.vector_size);
    if (trees == NULL)
        return error_set(document->err, ERR_LIMIT, "the trees do not fit in memory");
    for (size_t i = 0; i < arrays.vector_size; i++) {
        TRY(fill_tree(document, &arrays, i, sets, &trees[i]));
        trees[i].output = (uint32_t)i;
    }
    *ret_tree = (struct xgboost_tree){ trees, arrays.vector_size };
    return OK;
}
