/* serve/trees/lightgbm_tree.h - one tree of LightGBM's model file; only lightgbm_read.c uses it. */
#ifndef SERVE_LIGHTGBM_TREE_H
#define SERVE_LIGHTGBM_TREE_H

#include "serve/trees/tree_model.h"

/* The text, line by line. */
struct model_lines {
    str rest, line;
    size_t number; /* of `line`, from 1 */
    struct arena *arena;
    struct error *err;
};

/* Goes to the next line, without its line end. False at the end of the text. */
bool model_lines_next(struct model_lines *lines);

/* ERR_INVALID with the number of the line. */
enum status model_lines_fail(const struct model_lines *lines, const char *format, ...) printf_like(2, 3);

/* Numbers with blanks between them, in the arena. `inf` and `nan` are numbers here. */
must_use enum status model_lines_numbers(const struct model_lines *lines, str text, const double **ret_numbers,
                                         size_t *ret_count);

/* The category sets of all trees. */
struct lightgbm_sets {
    struct category_set *sets;
    size_t count, capacity;
};

/* Takes the lines after "Tree=N" up to the empty one. */
must_use enum status lightgbm_tree_take(struct model_lines *lines, struct lightgbm_sets *sets, struct tree *ret_tree);

#endif
