/* serve/trees/tree_model.h - a boosted model as its file tells it, whichever library wrote the file.
 *
 * The readers fill it, tree_model_check() makes sure that it can be walked, forest.h compiles it to be fast. All
 * memory is the arena's that the reader was given. */
#ifndef SERVE_TREE_MODEL_H
#define SERVE_TREE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"

#define TREE_FEATURES_MAX (1u << 20)
#define TREE_OUTPUTS_MAX 4096
#define TREE_DEPTH_MAX 4096
#define TREE_CATEGORIES_MAX (1u << 24) /* XGBoost's own bound: a category is an integer that a float holds */
#define TREE_NO_SET UINT32_MAX

/* Where a row goes at a numerical split when the value is missing. A number goes left where it is below the
 * threshold; LightGBM's "not above" is written as below the next double. */
enum missing_rule {
    NAN_LEFT,
    NAN_RIGHT,
    NAN_IS_ZERO, /* LightGBM's missing type "none": NaN is compared as 0 */
    ZERO_LEFT,   /* its "zero": 0 and NaN are missing */
    ZERO_RIGHT,
    MISSING_RULE_COUNT
};

/* Categories c with bit c % 32 of words[c / 32] set. */
struct category_set {
    const uint32_t *words;
    uint32_t word_count;
    bool is_left; /* members go left and all others right; false: the other way round */
};

struct tree_node {
    double number; /* the threshold; of a leaf its value */
    double cover;  /* training rows or their Hessians' sum: the weights of TreeSHAP */
    uint32_t left, right; /* both 0: a leaf (the root, 0, is nobody's child) */
    uint32_t feature;     /* of a leaf in a linear tree: its index into tree->linear */
    uint32_t set; /* index into the model's sets, TREE_NO_SET = numerical */
    enum missing_rule missing; /* categorical: NAN_LEFT or NAN_RIGHT */
};

/* LightGBM's linear trees: constant + sum of coefficients * features; the leaf's value where one of them is NaN. */
struct linear_leaf {
    double constant;
    size_t count;
    const uint32_t *features;
    const double *coefficients;
};

struct tree {
    struct tree_node *nodes; /* after tree_model_check: breadth first, a right child follows its left sibling */
    const struct linear_leaf *linear; /* NULL = plain leaves */
    uint32_t node_count, leaf_count, depth; /* the last two set by tree_model_check */
    uint32_t linear_count;
    uint32_t output;
};

/* From the sum of leaves ("margin") to what the library's predict gives. */
enum tree_link {
    LINK_IDENTITY,
    LINK_LOGISTIC, /* 1 / (1 + exp(-sigmoid * m)); multiclassova: each class for itself, not scaled to a sum of 1 */
    LINK_SOFTMAX,
    LINK_EXP,
    LINK_LOG1P_EXP,    /* log(1 + exp(m)): cross_entropy_lambda */
    LINK_SIGN,         /* 1 above 0, else 0: binary:hinge */
    LINK_SIGNED_SQUARE /* m * |m|: LightGBM's reg_sqrt */
};

enum tree_kind { TREE_REGRESSION, TREE_BINARY, TREE_MULTICLASS };

/* What the texts (or numbers) of a categorical feature are to the model: their position is their code. */
struct feature_categories {
    const str *texts;
    const double *numbers; /* one of the two where count > 0 */
    size_t count;
};

struct tree_model {
    const char *flavor; /* "xgboost" or "lightgbm" */
    str objective;
    enum tree_kind kind;
    enum tree_link link;
    double sigmoid;          /* LINK_LOGISTIC */
    bool gives_labels;       /* the Booster's own predict gives classes: multi:softmax, binary:hinge */
    bool is_wrapped;         /* the file says that a scikit-learn wrapper wrote it */
    bool is_average;         /* LightGBM's random forest: the sum is divided by the iterations */
    bool is_float;           /* XGBoost: values are cast to float32, leaves are summed in float32 in order */
    size_t feature_count;
    const str *feature_names;                    /* [feature_count] or NULL */
    const struct feature_categories *categories; /* [feature_count] or NULL */
    size_t output_count;     /* margins a row */
    double *base_margins;    /* [output_count] */
    struct tree *trees;      /* in order of summation */
    size_t tree_count;
    size_t best_tree_count;  /* what best_iteration leaves; tree_count where the model did not stop early */
    size_t iteration_count;  /* of all trees */
    struct category_set *sets;
    size_t set_count;
    const double *linear_weights; /* gblinear: [feature_count + 1][output_count], the last row is the bias; else NULL */
};

/* Every child exists and has one parent, features, sets and outputs are in range, no threshold is NaN, covers are not
 * negative. Renumbers each tree breadth first, which drops nodes that pruning left unreachable, and sets its depth and
 * leaf_count. ERR_INVALID names tree and node. */
must_use enum status tree_model_check(struct tree_model *model, struct arena *arena, struct error *err);

/* Reads and checks either library's file. `name` is for messages: "model.json: ...". The bytes outlive the model. */
must_use enum status tree_model_read(str content, const char *name, struct arena *arena, struct tree_model *ret_model,
                                     struct error *err);

/* The library's answer from the margins of one row, in place. */
void tree_link_apply(enum tree_link link, double sigmoid, double *margins, size_t count);

#endif
