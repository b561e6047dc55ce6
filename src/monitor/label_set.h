/* monitor/label_set.h - the classes of a model, and columns as indexes into them. */
#ifndef MONITOR_LABEL_SET_H
#define MONITOR_LABEL_SET_H

#include "base/arena.h"
#include "base/status.h"
#include "data/frame.h"

struct label_set {
    str *labels; /* in value order where all are numbers, else in byte order */
    size_t count, capacity;
    bool are_numbers;
};

/* Adds the distinct values of a column, of whatever storage; NULL columns are fine. */
must_use enum status label_set_add_column(struct label_set *set, const struct column *column, struct arena *arena,
                                          struct error *err);

/* Adds one label, copied; a repetition goes when the set is sorted. */
void label_set_add(struct label_set *set, str label, struct arena *arena);

/* Puts the labels in order, once all were added. "1" and "1.0" are one label where all are numbers. */
void label_set_sort(struct label_set *set);

/* Index of the label, or `count` where there is none. */
size_t label_set_find(const struct label_set *set, str label);

/* The label index of each row of `column`, FRAME_MISSING where it is missing. The array lives in `arena`. */
must_use enum status label_set_codes(const struct label_set *set, const struct column *column, struct arena *arena,
                                     uint32_t **ret_codes, struct error *err);

#endif
