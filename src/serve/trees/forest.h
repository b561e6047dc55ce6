/* serve/trees/forest.h - trees made fast: rows in, sums of leaves out.
 *
 * Splits compare the bytes of slots.h. One row walks eight trees at a time: shallow trees lie as heaps padded to the
 * same depth, walked without branches; deep ones as linked nodes whose leaves lead back to themselves. Many rows run in
 * blocks through forest_block.h where the processor has AVX2. Sums are taken in the order of the trees, in float32 for
 * XGBoost, so that they equal the library's to the last bit. */
#ifndef SERVE_FOREST_H
#define SERVE_FOREST_H

#include "serve/trees/tree_model.h"

struct forest;

/* Of the model's first `tree_count` trees, or of its linear weights. Lives in `arena` and needs nothing of the model
 * any more. ERR_LIMIT: no memory. */
must_use enum status forest_new(const struct tree_model *model, size_t tree_count, struct arena *arena,
                                struct forest **ret_forest, struct error *err);

/* Margins of [rows * feature_count] values (NaN = missing) into [rows * output_count], base margins included, averaged
 * where the model averages. Scratch comes from `arena` beyond a few kB. O(rows * trees * depth).
 * ERR_LIMIT: no memory. */
must_use enum status forest_margins(const struct forest *forest, const double *values, size_t rows, struct arena *arena,
                                    double *ret_margins, struct error *err);

#endif
