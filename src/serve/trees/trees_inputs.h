/* serve/trees/trees_inputs.h - the columns that a trees runtime asks for, and from them the numbers of its features. */
#ifndef SERVE_TREES_INPUTS_H
#define SERVE_TREES_INPUTS_H

#include "base/map.h"
#include "serve/mlmodel.h"
#include "serve/trees/tree_model.h"

/* Codes of one feature's categories. */
struct category_codes {
    bool is_text;
    struct map texts;      /* to the code */
    const double *numbers; /* [count], their positions are the codes */
    size_t count;
};

struct trees_inputs {
    const struct field *fields; /* [count], in the order that callers send */
    size_t count;
    bool has_names;
    const uint32_t *feature_of;          /* the feature that a column feeds */
    const struct category_codes **codes; /* by column; NULL = the number as it is */
    bool is_identity; /* columns are the features, in order, as they are */
};

/* Names and types: trees_runtime.h says which win. All is copied into `arena`. ERR_INVALID: the signature calls a
 * feature a text whose categories the file does not hold. */
must_use enum status trees_inputs_make(const struct tree_model *trees, const struct mlmodel *model, struct arena *arena,
                                       struct trees_inputs *ret_inputs, struct error *err);

/* The features' values, [rows * count], in `arena` or the rows' own where nothing changes. A category that the model
 * has not seen is missing. ERR_LIMIT: no memory. */
must_use enum status trees_inputs_values(const struct trees_inputs *inputs, const struct runtime_rows *rows,
                                         struct arena *arena, const double **ret_values, struct error *err);

#endif
