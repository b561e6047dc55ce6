/* serve/row_reader.h - rows of features from JSON or text to what a runtime takes, each cell checked by its column.
 *
 * A row is a list in the model's order (or the caller's, given by names) or a map by name. Cells go straight from the
 * body into the runtime's arrays. Every refusal names the row, the field and what was found. */
#ifndef SERVE_ROW_READER_H
#define SERVE_ROW_READER_H

#include "base/map.h"
#include "format/json.h"
#include "serve/runtime.h"

#define ROWS_MAX ((size_t)1 << 20)       /* of one request */
#define ROW_INPUTS_MAX ((size_t)1 << 16) /* columns of a model */

/* A model's columns and how to find them by name. */
struct row_schema {
    const struct field *inputs; /* [count], borrowed */
    size_t count;
    bool has_names, has_texts;
    struct map index; /* name -> index; in the arena of init */
};

/* ERR_INVALID for two inputs of one name. */
must_use enum status row_schema_init(struct row_schema *schema, const struct runtime_info *info, struct arena *arena,
                                     struct error *err);

/* The input of that name; SIZE_MAX where there is none. */
size_t row_schema_find(const struct row_schema *schema, str name);

/* "the model has no feature "alcool"; did you mean "alcohol"?" as ERR_INVALID. */
enum status row_schema_unknown(const struct row_schema *schema, str name, struct error *err);

struct row_reader {
    const struct row_schema *schema;
    struct arena *arena;
    struct error *err;
    /* Text becomes a number where the column wants one, names nobody knows are passed over: MLflow's scoring server
     * does so. Otherwise both are refused. */
    bool is_lenient;
    const size_t *order; /* [order_count] position in a list -> input, SIZE_MAX = passed over; NULL = the model's order */
    size_t order_count;

    double *numbers; /* [rows * count], grows */
    str *texts;      /* the same, NULL where the model has no text column */
    size_t rows, capacity;
    size_t *seen; /* [count] 1 + the last row that had the column */
};

must_use enum status row_reader_init(struct row_reader *reader, const struct row_schema *schema, struct arena *arena,
                                     struct error *err);

/* The order that a list of names gives. ERR_INVALID: unknown, twice, or a required one missing. A model without names
 * takes any, in its own order, as long as there are enough. */
must_use enum status row_reader_names(struct row_reader *reader, const str *names, size_t count);
must_use enum status row_reader_take_names(struct row_reader *reader, struct json_reader *json);

/* The row that is due: a list or a map; appends it. */
must_use enum status row_reader_take_row(struct row_reader *reader, struct json_reader *json);

/* A list of rows; or, where its elements are no lists and maps, one row (`ret_is_single`); scalars are rows of their
 * own where the model has one input and `is_lenient`. */
must_use enum status row_reader_take_rows(struct row_reader *reader, struct json_reader *json, bool *ret_is_single);

/* `count` rows more, all missing, for who fills them by column. */
must_use enum status row_reader_add_rows(struct row_reader *reader, size_t count);

/* The cell that is due, of a row that is there. */
must_use enum status row_reader_take_cell(struct row_reader *reader, struct json_reader *json, size_t row, size_t input);

/* A cell from text (CSV); empty = missing. */
must_use enum status row_reader_text_cell(struct row_reader *reader, str text, size_t row, size_t input);

/* ERR_INVALID names the first required column that a row filled by column does not have. */
must_use enum status row_reader_check_columns(struct row_reader *reader);

struct runtime_rows row_reader_rows(const struct row_reader *reader);

#endif
