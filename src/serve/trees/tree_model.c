#include "serve/trees/tree_model.h"

#include <math.h>

#include "serve/trees/lightgbm_read.h"
#include "serve/trees/xgboost_read.h"

static enum status check_node(const struct tree_model *model, const struct tree *tree, size_t index, struct error *err)
{
    const struct tree_node *node = &tree->nodes[index];
    size_t tree_index = (size_t)(tree - model->trees);
    if (!(node->cover >= 0) || isinf(node->cover))
        return error_set(err, ERR_INVALID, "tree %zu, node %zu: cover %g", tree_index, index, node->cover);
    if (isnan(node->number))
        return error_set(err, ERR_INVALID, "tree %zu, node %zu: a threshold or leaf value is not a number", tree_index,
                         index);
    if (node->left == 0 && node->right == 0) {
        if (tree->linear != NULL && node->feature >= tree->linear_count)
            return error_set(err, ERR_INVALID, "tree %zu, node %zu: no linear model %u", tree_index, index,
                             node->feature);
        return OK;
    }
    if (node->left == 0 || node->right == 0 || node->left >= tree->node_count || node->right >= tree->node_count)
        return error_set(err, ERR_INVALID, "tree %zu, node %zu: children %u and %u of %u nodes", tree_index, index,
                         node->left, node->right, tree->node_count);
    if (node->feature >= model->feature_count)
        return error_set(err, ERR_INVALID, "tree %zu, node %zu: feature %u of %zu", tree_index, index, node->feature,
                         model->feature_count);
    if (node->set != TREE_NO_SET && node->set >= model->set_count)
        return error_set(err, ERR_INVALID, "tree %zu, node %zu: category set %u of %zu", tree_index, index, node->set,
                         model->set_count);
    return OK;
}

/* Puts the nodes into `ordered` breadth first. Children are appended where their parent is met, so that a child met
 * twice, a cycle included, makes more nodes than the tree has. */
static enum status order_nodes(const struct tree_model *model, struct tree *tree, struct tree_node *ordered,
                               struct error *err)
{
    size_t tree_index = (size_t)(tree - model->trees), count = 1, level_end = 1;
    uint32_t depth = 0, leaves = 0;
    ordered[0] = tree->nodes[0];
    TRY(check_node(model, tree, 0, err));
    for (size_t i = 0; i < count; i++) {
        if (i == level_end) {
            level_end = count;
            depth++;
        }
        struct tree_node *node = &ordered[i];
        if (node->left == 0) {
            leaves++;
            continue;
        }
        if (count + 2 > tree->node_count)
            return error_set(err, ERR_INVALID, "tree %zu: a node has two parents or is its own ancestor", tree_index);
        TRY(check_node(model, tree, node->left, err));
        TRY(check_node(model, tree, node->right, err));
        ordered[count] = tree->nodes[node->left];
        ordered[count + 1] = tree->nodes[node->right];
        node->left = (uint32_t)count;
        node->right = (uint32_t)count + 1;
        count += 2;
    }
    if (depth > TREE_DEPTH_MAX)
        return error_set(err, ERR_INVALID, "tree %zu: %u levels, at most %d are read", tree_index, depth,
                         TREE_DEPTH_MAX);
    tree->node_count = (uint32_t)count;
    tree->depth = depth;
    tree->leaf_count = leaves;
    return OK;
}

static enum status check_linear(const struct tree_model *model, const struct tree *tree, struct error *err)
{
    for (size_t i = 0; tree->linear != NULL && i < tree->linear_count; i++)
        for (size_t k = 0; k < tree->linear[i].count; k++)
            if (tree->linear[i].features[k] >= model->feature_count)
                return error_set(err, ERR_INVALID, "tree %zu, leaf %zu: feature %u of %zu",
                                 (size_t)(tree - model->trees), i, tree->linear[i].features[k], model->feature_count);
    return OK;
}

enum status tree_model_check(struct tree_model *model, struct arena *arena, struct error *err)
{
    for (size_t i = 0; i < model->tree_count; i++) {
        struct tree *tree = &model->trees[i];
        if (tree->node_count == 0)
            return error_set(err, ERR_INVALID, "tree %zu has no nodes", i);
        if (tree->output >= model->output_count)
            return error_set(err, ERR_INVALID, "tree %zu belongs to output %u of %zu", i, tree->output,
                             model->output_count);
        struct tree_node *ordered = arena_array(arena, struct tree_node, tree->node_count);
        if (ordered == NULL)
            return error_set(err, ERR_LIMIT, "tree %zu does not fit in memory", i);
        TRY(check_linear(model, tree, err));
        TRY(order_nodes(model, tree, ordered, err));
        tree->nodes = ordered;
    }
    return OK;
}

enum status tree_model_read(str content, const char *name, struct arena *arena, struct tree_model *ret_model,
                            struct error *err)
{
    struct tree_model model = { .sigmoid = 1 };
    enum status status;
    if (str_has_prefix(content, STR("tree\n")) || str_has_prefix(content, STR("tree\r\n")))
        status = lightgbm_read(content, arena, &model, err);
    else if (str_has_prefix(content, STR("{")))
        status = xgboost_read(content, arena, &model, err);
    else
        status = error_set(err, ERR_INVALID,
                           "byte 0 begins neither an XGBoost model (JSON or UBJSON) nor a LightGBM one (\"tree\"); "
                           "XGBoost's old binary format must be saved again with save_model(\"model.json\")");
    if (status == OK)
        status = tree_model_check(&model, arena, err);
    if (status != OK)
        return error_while(err, "%s", name);
    *ret_model = model;
    return OK;
}

static void apply_softmax(double *margins, size_t count)
{
    double most = margins[0], sum = 0;
    for (size_t i = 1; i < count; i++)
        most = fmax(most, margins[i]);
    for (size_t i = 0; i < count; i++)
        sum += margins[i] = exp(margins[i] - most);
    for (size_t i = 0; i < count; i++)
        margins[i] /= sum;
}

void tree_link_apply(enum tree_link link, double sigmoid, double *margins, size_t count)
{
    if (link == LINK_SOFTMAX) {
        apply_softmax(margins, count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        switch (link) {
        case LINK_IDENTITY:
        case LINK_SOFTMAX:
            break;
        case LINK_LOGISTIC:
            margins[i] = 1 / (1 + exp(-sigmoid * margins[i]));
            break;
        case LINK_EXP:
            margins[i] = exp(margins[i]);
            break;
        case LINK_LOG1P_EXP:
            margins[i] = log1p(exp(margins[i]));
            break;
        case LINK_SIGN:
            margins[i] = margins[i] > 0;
            break;
        case LINK_SIGNED_SQUARE:
            margins[i] *= fabs(margins[i]);
            break;
        }
    }
}
