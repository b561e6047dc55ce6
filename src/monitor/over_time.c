#include "monitor/over_time.h"

#include <math.h>

#include "base/mem.h"
#include "stats/binning.h"
#include "stats/jensen_shannon.h"
#include "stats/sort.h"

/* Categories beyond this many say little about a slice and would cost much. */
#define OVER_TIME_CATEGORIES_MAX 1000

static void set_bounds(struct slices *slices, size_t rows)
{
    slices->count = MIN_OF(rows / OVER_TIME_SLICE_ROWS_MIN, (size_t)OVER_TIME_SLICES_MAX);
    if (slices->count < 2)
        slices->count = 0;
    for (size_t i = 0; slices->count && i <= slices->count; i++)
        slices->bounds[i] = rows * i / slices->count;
}

/* Logs come in order, mostly: then nothing has to be sorted. */
static bool is_ascending(const struct column *timestamp)
{
    for (size_t row = 0; row < timestamp->rows; row++)
        if (timestamp->us[row] == FRAME_TIME_MISSING || (row && timestamp->us[row] < timestamp->us[row - 1]))
            return false;
    return true;
}

static enum status order_by_time(const struct column *timestamp, struct arena *arena, struct slices *slices,
                                 size_t *ret_rows, struct error *err)
{
    size_t rows = timestamp->rows, kept = 0;
    CLEANUP(mem_free_slot) double *times = mem_array(rows + 1, sizeof *times);
    CLEANUP(mem_free_slot) uint64_t *scratch = mem_array(2 * rows + 1, sizeof *scratch);
    uint32_t *order = arena_array(arena, uint32_t, rows + 1), *row_of = arena_array(arena, uint32_t, rows + 1);
    if (!times || !scratch || !order || !row_of || rows > UINT32_MAX)
        return error_set(err, ERR_LIMIT, "%zu rows are too many to order by time", rows);
    for (size_t row = 0; row < rows; row++) {
        if (timestamp->us[row] == FRAME_TIME_MISSING)
            continue;
        times[kept] = (double)timestamp->us[row];
        row_of[kept++] = (uint32_t)row;
    }
    stats_argsort(times, kept, order, scratch);
    for (size_t i = 0; i < kept; i++)
        order[i] = row_of[order[i]];
    slices->order = order;
    *ret_rows = kept;
    return OK;
}

enum status slices_make(size_t rows, const struct column *timestamp, struct arena *arena, struct slices *ret_slices,
                        struct error *err)
{
    struct slices slices = { 0 };
    slices.is_by_time = timestamp && timestamp->storage == STORAGE_TIME && timestamp->missing < timestamp->rows;
    if (slices.is_by_time && !is_ascending(timestamp))
        TRY(order_by_time(timestamp, arena, &slices, &rows, err));
    set_bounds(&slices, rows);
    for (size_t i = 0; i < slices.count; i++) {
        size_t first = slices.bounds[i], last = slices.bounds[i + 1];
        if (slices.is_by_time) {
            slices.from[i] = timestamp->us[slices.order ? slices.order[first] : first];
            slices.to[i] = timestamp->us[slices.order ? slices.order[last - 1] : last - 1];
        } else {
            slices.from[i] = (int64_t)first;
            slices.to[i] = (int64_t)last;
        }
    }
    *ret_slices = slices;
    return OK;
}

/* The slice's numbers in one run of memory, gaps and infinities dropped; returns how many. */
static size_t gather_numbers(const struct over_time_input *input, size_t slice, double *out, double *ret_mean)
{
    const struct slices *slices = input->slices;
    size_t count = 0;
    double sum = 0;
    for (size_t i = slices->bounds[slice]; i < slices->bounds[slice + 1]; i++) {
        double value = input->rows->f64[slices->order ? slices->order[i] : i];
        out[count] = value;
        bool is_there = isfinite(value);
        count += is_there;
        sum += is_there ? value : 0;
    }
    *ret_mean = count ? sum / (double)count : NAN;
    return count;
}

/* The bins are those of the two whole sides, so that all slices are measured alike. */
static enum status numbers_over_time(const struct over_time_input *input, struct over_time *result, struct error *err)
{
    const struct slices *slices = input->slices;
    const struct column_profile *whole = input->sides.reference, *window = input->sides.current;
    struct stats_bins bins =
        stats_bins_sturges_sorted(whole->sorted, window->sorted, whole->is_integer && window->is_integer);
    uint64_t reference[STATS_BINS_MAX], current[STATS_BINS_MAX];
    stats_bins_count_sorted(&bins, whole->sorted, reference);
    size_t rows_max = slices->bounds[slices->count] / slices->count + 1;
    CLEANUP(mem_free_slot) double *values = mem_array(rows_max + 1, sizeof *values);
    if (!values)
        return error_set(err, ERR_LIMIT, "%zu rows do not fit in memory", rows_max);
    for (size_t i = 0; i < slices->count; i++) {
        size_t rows = slices->bounds[i + 1] - slices->bounds[i];
        size_t count = gather_numbers(input, i, values, &result->mean[i]);
        stats_bins_count(&bins, values, count, current);
        result->score[i] = stats_jensen_shannon(reference, current, bins.count);
        result->missing_share[i] = 1 - (double)count / (double)rows;
    }
    return OK;
}

static enum status categories_over_time(const struct over_time_input *input, struct over_time *result,
                                        struct error *err)
{
    const struct slices *slices = input->slices;
    const struct category_pair *pair = input->sides.pair;
    CLEANUP(mem_free_slot) uint32_t *codes = mem_array(input->rows->rows + 1, sizeof *codes);
    CLEANUP(mem_free_slot) uint64_t *counts = mem_array(pair->count + 1, sizeof *counts);
    if (!codes || !counts)
        return error_set(err, ERR_LIMIT, "%zu rows do not fit in memory", input->rows->rows);
    TRY(category_pair_codes(pair, input->rows, codes, err));
    for (size_t i = 0; i < slices->count; i++) {
        size_t rows = slices->bounds[i + 1] - slices->bounds[i], missing = 0;
        memset(counts, 0, pair->count * sizeof *counts);
        for (size_t at = slices->bounds[i]; at < slices->bounds[i + 1]; at++) {
            uint32_t code = codes[slices->order ? slices->order[at] : at];
            if (code == FRAME_MISSING)
                missing++;
            else
                counts[code]++;
        }
        result->score[i] = stats_jensen_shannon(pair->reference, counts, pair->count);
        result->mean[i] = NAN;
        result->missing_share[i] = (double)missing / (double)rows;
    }
    return OK;
}

enum status over_time_make(const struct over_time_input *input, struct over_time **ret_over_time, struct error *err)
{
    *ret_over_time = NULL;
    const struct slices *slices = input->slices;
    const struct column_profile *reference = input->sides.reference, *current = input->sides.current;
    enum column_type type = current->type;
    bool is_number = type == TYPE_NUM;
    if (slices->count == 0 || reference->count == 0 || current->count == 0)
        return OK;
    if (!is_number && !input->sides.pair)
        return OK;
    if (!is_number && reference->unique + current->unique > OVER_TIME_CATEGORIES_MAX)
        return OK;
    struct over_time *result = arena_new(input->arena, struct over_time);
    result->is_by_time = slices->is_by_time;
    result->count = slices->count;
    memcpy(result->from, slices->from, sizeof result->from);
    memcpy(result->to, slices->to, sizeof result->to);
    if (is_number)
        TRY(numbers_over_time(input, result, err));
    else
        TRY(categories_over_time(input, result, err));
    *ret_over_time = result;
    return OK;
}
