/* serve/onnx/onnx_classes.h - the names of a classifier's classes, out of the model file.
 *
 * ONNX Runtime tells types and shapes but not which class a column of probabilities means. The file does: as an
 * attribute of the classifying node (classlabels_int64s, classlabels_strings, classlabels_ints), or as the constant
 * from which an ArrayFeatureExtractor takes the label. Only these few fields of the Protocol Buffer are read. */
#ifndef SERVE_ONNX_CLASSES_H
#define SERVE_ONNX_CLASSES_H

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"

/* `ret_names` gets [count] texts in `arena`, NULL where the file tells no such list of `count` classes; bytes that are
 * no ONNX model tell none either. */
void onnx_classes_find(str model, size_t count, struct arena *arena, const str **ret_names);

/* The same of a file; ERR_NOT_FOUND or ERR_UNAVAILABLE where it cannot be read. */
must_use enum status onnx_classes_find_in_file(const char *path, size_t count, struct arena *arena,
                                               const str **ret_names, struct error *err);

#endif
