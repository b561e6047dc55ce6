/* serve/class_index.h - from the labels that a library gives to indexes into a model's classes. */
#ifndef SERVE_CLASS_INDEX_H
#define SERVE_CLASS_INDEX_H

#include "base/map.h"

struct class_index {
    const str *names; /* [count] */
    size_t count;
    const double *numbers; /* [count] the names as numbers; NaN where one is none */
    struct map by_name;
};

/* Borrows `names`; what it makes lives in `arena`. Of equal names the first counts. */
void class_index_init(struct class_index *index, const str *names, size_t count, struct arena *arena);

/* `rows` labels, as numbers or (`texts` not NULL) as texts: `values` gets their indexes. Where a label is no class of
 * the index, all labels are told as text instead: then `ret_labels` is not NULL and `values` are NaN. ERR_LIMIT. */
must_use enum status class_index_labels(const struct class_index *index, const double *numbers, const str *texts,
                                        size_t rows, struct arena *arena, double *values, const str **ret_labels,
                                        struct error *err);

#endif
