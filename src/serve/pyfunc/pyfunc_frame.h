/* serve/pyfunc/pyfunc_frame.h - what the server and a Python worker say to each other.
 *
 * A frame is its size (u32, of what follows), a letter, and a body; all numbers little-endian, a text is its size (u32)
 * and its bytes in UTF-8:
 *
 *     to the worker    C  JSON {"columns": [...], "has_names": ..,
                                  "tensors": [...]}: the columns, once they are settled
 *                      P  rows u32, columns u32, then a column: 0 and rows doubles, or 1 and rows texts (size
 *                         0xFFFFFFFF: missing)
 *     from the worker  R  ready: flags u8 (1 gives probabilities, 2 is a regressor), classes u32 and as many texts,
 *                         features u32, named u8, if so as many texts, then a text: how the model was loaded
 *                      A  rows u32, outputs u32, then an output: name text, columns u32, 0 and doubles or 1 and texts;
 *                         then classes u32 and rows * classes doubles (0: no probabilities)
 *                      E  1 where what was given is to blame (the rows, the model's files), 0 where something is
 *                         missing or broken; and a text
 *
 * The worker runs foreign code: nothing that it sends is trusted. */
#ifndef SERVE_PYFUNC_FRAME_H
#define SERVE_PYFUNC_FRAME_H

#include "base/buf.h"
#include "serve/mlmodel.h"

#define PYFUNC_FRAME_MAX ((size_t)256 << 20)
#define PYFUNC_NAMES_MAX ((size_t)1 << 16) /* classes, features, outputs */
#define PYFUNC_HEADER_BYTES 4

/* What a ready worker tells of its model; texts in the arena. */
struct pyfunc_facts {
    bool gives_shares, is_regressor, has_names;
    const str *classes, *features; /* features NULL: only their count is known */
    size_t class_count, feature_count;
    str how; /* "mlflow 3.17.2" */
};

/* Appends a P frame. ERR_LIMIT: more than `frame` may hold. */
must_use enum status pyfunc_frame_rows(const struct runtime_rows *rows, const struct runtime_info *info,
                                       struct buf *frame, struct error *err);

/* Appends a C frame. */
must_use enum status pyfunc_frame_columns(const struct runtime_info *info, const struct tensor_spec *tensors,
                                          size_t tensor_count, struct buf *frame, struct error *err);

/* Reads the frame after its size. ERR_CORRUPT: it is none, or not of that kind; an E frame gives its text as
 * ERR_INVALID where what was given is to blame, else ERR_UNAVAILABLE. */
must_use enum status pyfunc_frame_ready(str frame, struct arena *arena, struct pyfunc_facts *ret_facts,
                                        struct error *err);

/* The answer's outputs, and the shares (NULL: none) of `class_count` classes. `rows` is what was asked. */
struct pyfunc_answer {
    const struct runtime_output *outputs; /* at least one */
    size_t output_count;
    const double *shares;
    size_t class_count;
};
must_use enum status pyfunc_frame_answer(str frame, size_t rows, struct arena *arena, struct pyfunc_answer *ret_answer,
                                         struct error *err);

#endif
