/* monitor/category_pair.h - the categories of both sides of a column in one list, with the rows of each side. */
#ifndef MONITOR_CATEGORY_PAIR_H
#define MONITOR_CATEGORY_PAIR_H

#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "monitor/column_profile.h"

struct category_pair {
    size_t count;
    const str *labels;
    const double *numbers; /* NaN where the pair is of texts */
    uint64_t *reference, *current; /* rows, [count] */
    bool is_numeric; /* both sides hold numbers: ordered by value, else by the bytes of the labels */
};

/* Merges two profiles of categories; numbers against texts meet by their printed form. A NULL profile has no rows.
 * ERR_LIMIT without memory. O(categories), plus a sort where one side changes its order. */
must_use enum status category_pair_build(const struct column_profile *reference, const struct column_profile *current,
                                         struct arena *arena, struct category_pair *ret_pair, struct error *err);

/* The pair's index of each row of `column`, FRAME_MISSING where it is missing or in no category. codes: [rows].
 * O(rows) for dictionaries, O(rows log categories) for numbers. ERR_LIMIT without memory. */
must_use enum status category_pair_codes(const struct category_pair *pair, const struct column *column,
                                         uint32_t *codes, struct error *err);

#endif
