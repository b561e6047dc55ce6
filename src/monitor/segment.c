#include "monitor/segment.h"

#include "stats/binning.h"

enum status segment_rows_make(const struct column *column, struct arena *arena, struct segment_rows *ret_segments,
                              struct error *err)
{
    struct column categories;
    TRY(column_to_category(column, arena, &categories, err));
    size_t all = categories.category_count;
    uint64_t *counts = arena_array(arena, uint64_t, all + 1);
    uint32_t *index_of = arena_array(arena, uint32_t, all + 1), *codes = arena_array(arena, uint32_t, column->rows + 1);
    str *values = arena_array(arena, str, SEGMENT_VALUES_MAX);
    if (!counts || !index_of || !codes || !values)
        return error_set(err, ERR_LIMIT, "segments of %zu rows do not fit in memory", column->rows);
    stats_category_counts(categories.codes, column->rows, all, counts);
    struct segment_rows segments = { .column = arena_copy(arena, column->name), .values = values, .codes = codes };
    for (size_t i = 0; i < all; i++)
        index_of[i] = FRAME_MISSING;
    /* Few values are shown, so picking the largest again and again is quick enough. */
    while (segments.count < SEGMENT_VALUES_MAX) {
        size_t best = all;
        for (size_t i = 0; i < all; i++)
            if (counts[i] > 0 && index_of[i] == FRAME_MISSING && (best == all || counts[i] > counts[best]))
                best = i;
        if (best == all)
            break;
        index_of[best] = (uint32_t)segments.count;
        values[segments.count++] = arena_copy(arena, categories.categories[best]);
    }
    for (size_t row = 0; row < column->rows; row++)
        codes[row] = categories.codes[row] == FRAME_MISSING ? FRAME_MISSING : index_of[categories.codes[row]];
    *ret_segments = segments;
    return OK;
}
