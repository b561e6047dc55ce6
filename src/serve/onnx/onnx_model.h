/* serve/onnx/onnx_model.h - a session and what is known of its inputs and outputs; shared by this folder's files. */
#ifndef SERVE_ONNX_MODEL_H
#define SERVE_ONNX_MODEL_H

#include "serve/class_index.h"
#include "serve/onnx/ort_library.h"
#include "serve/runtime.h"

#define ONNX_DIMENSIONS_MAX 8
#define ONNX_COLUMNS_MAX ((size_t)1 << 16)
#define ONNX_NONE SIZE_MAX

/* An input of the graph: rows times a fixed block of columns. */
struct onnx_input {
    const char *name;
    enum ort_element element;
    int64_t shape[ONNX_DIMENSIONS_MAX]; /* [0] is set to the rows of a call */
    size_t dimensions;
    size_t width;         /* the product of shape[1..]; 0 = the graph leaves it open */
    const size_t *columns; /* [width] which of info.inputs goes where; NULL: the same order, all of them */
};

struct onnx_output {
    const char *name;
    bool is_maps; /* ZipMap's sequence of maps from class to probability */
    enum ort_element element; /* of the tensor, or the maps' keys; ORT_UNDEFINED: it is neither, and not read */
};

/* What one output gave: [rows * columns] of numbers, or of texts. columns 0: it has no shape of rows. */
struct onnx_block {
    size_t rows, columns;
    const double *numbers;
    const str *texts;
};

struct onnx_model {
    struct runtime runtime; /* first: the handle that others hold */
    const struct ort_library *library;
    struct ort_session *session;
    size_t input_count, output_count;
    struct onnx_input *inputs;
    struct onnx_output *outputs;
    const char **output_names; /* [output_count], as run wants them */
    const char **input_names;
    size_t batch_rows; /* the graph takes exactly so many; 0 = any */
    /* Which output is what; ONNX_NONE: none is. A label and probabilities, or a value. */
    size_t label, probabilities, value;
    struct class_index classes;
    struct arena arena; /* what this struct points to */
};

/* Fills inputs and outputs from the session. ERR_INVALID for what is no table of numbers and texts. */
must_use enum status onnx_graph_read(struct onnx_model *model, struct error *err);

/* One call of the library: blocks[output_count] of `rows` in `arena`. ERR_INVALID: a cell does not fit the graph's
 * type, or the library refused. */
must_use enum status onnx_run(const struct onnx_model *model, const struct runtime_rows *rows, struct arena *arena,
                              struct onnx_block *blocks, struct error *err);

/* The keys of the first map of a ZipMap output for one row, as texts: what the classes are called. */
must_use enum status onnx_map_keys(const struct onnx_model *model, const struct runtime_rows *row, size_t output,
                                   struct arena *arena, const str **ret_names, size_t *ret_count, struct error *err);

/* The `predict` of the runtime. */
enum status onnx_predict(struct runtime *runtime, const struct runtime_rows *rows, struct arena *arena,
                         struct runtime_answer *ret_answer, struct error *err);

#endif
