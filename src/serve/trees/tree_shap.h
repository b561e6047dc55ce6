/* serve/trees/tree_shap.h - exact path-dependent TreeSHAP [Lundberg2020], in time linear in the size of the trees.
 *
 * The Shapley value of feature j in a leaf is an integral over t in [0, 1] of the product of all other features'
 * factors z (1 - t) + o t, where z is the share of training rows that goes the leaf's way and o whether this row does
 * (the multilinear extension of [Owen1972]). The product is a polynomial of a degree below the number m of features on
 * the path, so that Gauss-Legendre quadrature with m / 2 points is exact. At one point t a tree is linear in the values
 * of each split's two sides: one pass down for the factors above, one up for the expectations below (compare [Yu2022]).
 * A feature met again on a path, with share z above it, sees the point t / (z (1 - t) + t) instead of t, and counts by
 * that expression's derivative; below a split where the row went the other way it counts nothing.
 *
 * Eight rows at a time, in float32 within a few trees and in float64 across them. */
#ifndef SERVE_TREE_SHAP_H
#define SERVE_TREE_SHAP_H

#include "serve/trees/forest.h"

struct tree_shap;

/* Of the model's first `tree_count` trees or its linear weights, over the slots of `forest`, which must outlive it.
 * Lives in `arena`. ERR_INVALID: linear trees, which LightGBM does not explain either; ERR_LIMIT: no memory. */
must_use enum status tree_shap_new(const struct tree_model *model, size_t tree_count, const struct forest *forest,
                                   struct arena *arena, struct tree_shap **ret_shap, struct error *err);

/* Contributions of [rows * feature_count] values into [rows][output_count][feature_count + 1], the bias last; each
 * output's add up to its margin. Scratch comes from `arena`; ERR_LIMIT: no memory. */
must_use enum status tree_shap_explain(const struct tree_shap *shap, const double *values, size_t rows,
                                       struct arena *arena, double *ret_contributions, struct error *err);

#endif
