/* serve/trees/xgboost_tree.h - one tree of XGBoost's model file; only xgboost_read.c uses it. */
#ifndef SERVE_XGBOOST_TREE_H
#define SERVE_XGBOOST_TREE_H

#include "serve/trees/model_document.h"
#include "serve/trees/tree_model.h"

/* The category sets of all trees, in the order they were met. */
struct xgboost_sets {
    struct category_set *sets;
    size_t count, capacity;
};

/* Trees with the same splits, one for each number of the leaves' vectors; usually one. */
struct xgboost_tree {
    struct tree *trees; /* [vector_size] */
    size_t vector_size;
};

/* Takes the object that is due. Arrays of the tree live in the document's arena. */
must_use enum status xgboost_tree_take(struct model_document *document, struct xgboost_sets *sets,
                                       struct xgboost_tree *ret_tree);

#endif
