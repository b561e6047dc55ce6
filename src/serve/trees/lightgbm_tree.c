/* A tree is lines "key=numbers". Splits are 0 .. leaves - 2; a child below 0 is the leaf ~child. A split's
 * decision_type is bits: 1 categorical, 2 missing goes left, 4 and 8 what is missing (0 nothing, 4 zero, 8 NaN). A
 * categorical split's threshold is an index into cat_boundaries, which hold runs of the bit set cat_threshold. */
#include "serve/trees/lightgbm_tree.h"

#include <math.h>
#include <stdarg.h>

#include "base/number.h"

#define IS_CATEGORICAL 1u
#define IS_DEFAULT_LEFT 2u

bool model_lines_next(struct model_lines *lines)
{
    if (!str_split(&lines->rest, '\n', &lines->line))
        return false;
    lines->number++;
    if (str_has_suffix(lines->line, STR("\r")))
        lines->line.size--;
    return true;
}

enum status model_lines_fail(const struct model_lines *lines, const char *format, ...)
{
    char message[224];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args); /* cut off is fine: it is for people */
    va_end(args);
    return error_set(lines->err, ERR_INVALID, "%s at line %zu", message, lines->number);
}

enum status model_lines_numbers(const struct model_lines *lines, str text, const double **ret_numbers,
                                size_t *ret_count)
{
    size_t most = 1, count = 0;
    for (size_t i = 0; i < text.size; i++)
        most += text.data[i] == ' ';
    double *numbers = arena_array(lines->arena, double, most);
    if (numbers == NULL)
        return error_set(lines->err, ERR_LIMIT, "%zu numbers at line %zu do not fit in memory", most, lines->number);
    str part;
    while (str_split(&text, ' ', &part))
        if (part.size > 0 && !number_parse_f64_or_special(part, &numbers[count++]))
            return model_lines_fail(lines, "\"%.*s\" is not a number", (int)MIN_OF(part.size, 64), part.data);
    *ret_numbers = numbers;
    *ret_count = count;
    return OK;
}

enum tree_key {
    KEY_SPLIT_FEATURE,
    KEY_THRESHOLD,
    KEY_DECISION_TYPE,
    KEY_LEFT_CHILD,
    KEY_RIGHT_CHILD,
    KEY_INTERNAL_COUNT,
    KEY_LEAF_VALUE,
    KEY_LEAF_COUNT,
    KEY_CAT_BOUNDARIES,
    KEY_CAT_THRESHOLD,
    KEY_LEAF_CONST,
    KEY_NUM_FEATURES,
    KEY_LEAF_FEATURES,
    KEY_LEAF_COEFF,
    KEY_NUM_LEAVES,
    KEY_IS_LINEAR,
    KEY_COUNT
};

static const char *const key_names[KEY_COUNT] = {
    "split_feature",  "threshold",      "decision_type", "left_child",   "right_child",   "internal_count",
    "leaf_value",     "leaf_count",     "cat_boundaries", "cat_threshold", "leaf_const",   "num_features",
    "leaf_features",  "leaf_coeff",     "num_leaves",    "is_linear",
};

struct tree_lines {
    struct {
        const double *numbers;
        size_t count;
    } of[KEY_COUNT];
};

static enum status take_lines(struct model_lines *lines, struct tree_lines *tree)
{
    while (model_lines_next(lines) && lines->line.size > 0) {
        str value = lines->line, key;
        if (!str_split(&value, '=', &key))
            continue;
        for (size_t i = 0; i < KEY_COUNT; i++)
            if (str_equal(key, str_of(key_names[i])))
                TRY(model_lines_numbers(lines, value, &tree->of[i].numbers, &tree->of[i].count));
    }
    return OK;
}

static bool is_index(double value, double below)
{
    return value >= 0 && value < below && value == floor(value);
}

static enum status want_count(const struct model_lines *lines, const struct tree_lines *tree, enum tree_key key,
                              size_t wanted)
{
    if (tree->of[key].count != wanted)
        return model_lines_fail(lines, "the tree that ends here has %zu numbers in %s, not %zu", tree->of[key].count,
                                key_names[key], wanted);
    return OK;
}

static enum status check_counts(const struct model_lines *lines, const struct tree_lines *tree, size_t leaves)
{
    static const enum tree_key of_splits[] = { KEY_SPLIT_FEATURE, KEY_THRESHOLD, KEY_DECISION_TYPE, KEY_LEFT_CHILD,
                                               KEY_RIGHT_CHILD };
    for (size_t i = 0; i < COUNT(of_splits); i++)
        TRY(want_count(lines, tree, of_splits[i], leaves - 1));
    TRY(want_count(lines, tree, KEY_LEAF_VALUE, leaves));
    if (tree->of[KEY_INTERNAL_COUNT].count > 0)
        TRY(want_count(lines, tree, KEY_INTERNAL_COUNT, leaves - 1));
    if (tree->of[KEY_LEAF_COUNT].count > 0)
        TRY(want_count(lines, tree, KEY_LEAF_COUNT, leaves));
    return OK;
}

/* The node of a child as the file numbers it: splits first, then leaves. */
static enum status child_node(const struct model_lines *lines, double child, size_t leaves, uint32_t *ret_node)
{
    double node = child >= 0 ? child : (double)leaves - 1 - child - 1;
    bool is_inside = child >= 0 ? child > 0 && child < (double)leaves - 1 : child >= -(double)leaves;
    if (!is_inside || child != floor(child))
        return model_lines_fail(lines, "the tree that ends here has a child %g of %zu leaves", child, leaves);
    *ret_node = (uint32_t)node;
    return OK;
}

static enum status add_set(struct model_lines *lines, const struct tree_lines *tree, double index,
                           struct lightgbm_sets *sets)
{
    const double *boundaries = tree->of[KEY_CAT_BOUNDARIES].numbers, *words = tree->of[KEY_CAT_THRESHOLD].numbers;
    size_t boundary_count = tree->of[KEY_CAT_BOUNDARIES].count, word_total = tree->of[KEY_CAT_THRESHOLD].count;
    if (boundary_count == 0 || !is_index(index, (double)boundary_count - 1))
        return model_lines_fail(lines, "the tree that ends here has no category set %g", index);
    double from = boundaries[(size_t)index], to = boundaries[(size_t)index + 1];
    if (!is_index(from, (double)word_total + 1) || !is_index(to, (double)word_total + 1) || from > to)
        return model_lines_fail(lines, "the tree that ends here has cat_boundaries %g and %g of %zu words", from, to,
                                word_total);
    size_t word_count = (size_t)(to - from);
    uint32_t *copy = arena_array(lines->arena, uint32_t, word_count + 1);
    if (sets->count == sets->capacity) {
        size_t larger = MAX_OF(16, 2 * sets->capacity);
        struct category_set *grown = arena_array(lines->arena, struct category_set, larger);
        if (grown != NULL && sets->count > 0)
            memcpy(grown, sets->sets, sets->count * sizeof *grown);
        sets->sets = grown;
        sets->capacity = larger;
    }
    if (copy == NULL || sets->sets == NULL || word_count > TREE_CATEGORIES_MAX / 32)
        return error_set(lines->err, ERR_LIMIT, "the categories at line %zu do not fit in memory", lines->number);
    for (size_t i = 0; i < word_count; i++) {
        double word = words[(size_t)from + i];
        if (!is_index(word, 0x1p32))
            return model_lines_fail(lines, "the tree that ends here has %g in cat_threshold", word);
        copy[i] = (uint32_t)word;
    }
    sets->sets[sets->count++] = (struct category_set){ copy, (uint32_t)word_count, true };
    return OK;
}

static enum missing_rule rule_of(unsigned decision)
{
    bool is_left = (decision & IS_DEFAULT_LEFT) != 0;
    switch (decision >> 2 & 3) {
    case 0:
        return NAN_IS_ZERO;
    case 1:
        return is_left ? ZERO_LEFT : ZERO_RIGHT;
    default:
        return is_left ? NAN_LEFT : NAN_RIGHT;
    }
}

static enum status fill_split(struct model_lines *lines, const struct tree_lines *tree, size_t leaves, size_t i,
                              struct lightgbm_sets *sets, struct tree_node *node)
{
    double feature = tree->of[KEY_SPLIT_FEATURE].numbers[i], decision = tree->of[KEY_DECISION_TYPE].numbers[i];
    double threshold = tree->of[KEY_THRESHOLD].numbers[i];
    if (!is_index(feature, TREE_FEATURES_MAX) || !is_index(decision, 16) || ((unsigned)decision >> 2) == 3)
        return model_lines_fail(lines, "the tree that ends here has split_feature %g, decision_type %g", feature,
                                decision);
    TRY(child_node(lines, tree->of[KEY_LEFT_CHILD].numbers[i], leaves, &node->left));
    TRY(child_node(lines, tree->of[KEY_RIGHT_CHILD].numbers[i], leaves, &node->right));
    node->feature = (uint32_t)feature;
    node->cover = tree->of[KEY_INTERNAL_COUNT].count > 0 ? tree->of[KEY_INTERNAL_COUNT].numbers[i] : 0;
    if (((unsigned)decision & IS_CATEGORICAL) != 0) {
        TRY(add_set(lines, tree, threshold, sets));
        node->set = (uint32_t)sets->count - 1;
        node->missing = NAN_RIGHT; /* LightGBM sends a missing category right, whatever the bits say */
        return OK;
    }
    node->set = TREE_NO_SET;
    node->missing = rule_of((unsigned)decision);
    node->number = nextafter(threshold, INFINITY); /* x <= t is x < the next double */
    return OK;
}

/* num_features says how many of leaf_features and leaf_coeff, which run on, are each leaf's. */
static enum status fill_linear(struct model_lines *lines, const struct tree_lines *tree, size_t leaves,
                               struct tree *ret_tree)
{
    TRY(want_count(lines, tree, KEY_LEAF_CONST, leaves));
    TRY(want_count(lines, tree, KEY_NUM_FEATURES, leaves));
    size_t total = tree->of[KEY_LEAF_FEATURES].count, at = 0;
    TRY(want_count(lines, tree, KEY_LEAF_COEFF, total));
    struct linear_leaf *linear = arena_array(lines->arena, struct linear_leaf, leaves);
    uint32_t *features = arena_array(lines->arena, uint32_t, total + 1);
    if (linear == NULL || features == NULL)
        return error_set(lines->err, ERR_LIMIT, "the linear leaves at line %zu do not fit in memory", lines->number);
    for (size_t i = 0; i < total; i++) {
        if (!is_index(tree->of[KEY_LEAF_FEATURES].numbers[i], TREE_FEATURES_MAX))
            return model_lines_fail(lines, "the tree that ends here has %g in leaf_features",
                                    tree->of[KEY_LEAF_FEATURES].numbers[i]);
        features[i] = (uint32_t)tree->of[KEY_LEAF_FEATURES].numbers[i];
    }
    for (size_t i = 0; i < leaves; i++) {
        double count = tree->of[KEY_NUM_FEATURES].numbers[i];
        if (!is_index(count, (double)(total - at) + 1))
            return model_lines_fail(lines, "the tree that ends here has num_features %g of %zu", count, total - at);
        linear[i] = (struct linear_leaf){ .constant = tree->of[KEY_LEAF_CONST].numbers[i], .count = (size_t)count };
        if (count > 0) {
            linear[i].features = features + at;
            linear[i].coefficients = tree->of[KEY_LEAF_COEFF].numbers + at;
        }
        at += (size_t)count;
    }
    ret_tree->linear = linear;
    ret_tree->linear_count = (uint32_t)leaves;
    return OK;
}

enum status lightgbm_tree_take(struct model_lines *lines, struct lightgbm_sets *sets, struct tree *ret_tree)
{
    struct tree_lines tree = { 0 };
    TRY(take_lines(lines, &tree));
    TRY(want_count(lines, &tree, KEY_NUM_LEAVES, 1));
    double leaf_number = tree.of[KEY_NUM_LEAVES].numbers[0];
    if (leaf_number < 1 || !is_index(leaf_number, UINT32_MAX / 2))
        return model_lines_fail(lines, "the tree that ends here has %g leaves", leaf_number);
    size_t leaves = (size_t)leaf_number;
    TRY(check_counts(lines, &tree, leaves));
    struct tree_node *nodes = arena_array(lines->arena, struct tree_node, 2 * leaves - 1);
    if (nodes == NULL)
        return error_set(lines->err, ERR_LIMIT, "the tree at line %zu does not fit in memory", lines->number);
    for (size_t i = 0; i + 1 < leaves; i++)
        TRY(fill_split(lines, &tree, leaves, i, sets, &nodes[i]));
    for (size_t i = 0; i < leaves; i++)
        nodes[leaves - 1 + i] = (struct tree_node){
            .number = tree.of[KEY_LEAF_VALUE].numbers[i],
            .cover = tree.of[KEY_LEAF_COUNT].count > 0 ? tree.of[KEY_LEAF_COUNT].numbers[i] : 0,
            .feature = (uint32_t)i,
            .set = TREE_NO_SET,
        };
    *ret_tree = (struct tree){ .nodes = nodes, .node_count = (uint32_t)(2 * leaves - 1) };
    bool is_linear = tree.of[KEY_IS_LINEAR].count == 1 && tree.of[KEY_IS_LINEAR].numbers[0] == 1;
    return is_linear ? fill_linear(lines, &tree, leaves, ret_tree) : OK;
}
