/* Two shapes of column meet here: numbers (and times) are sorted, dictionary codes are counted. Both end as runs of
 * equal values with counts, from which distinct and most frequent values follow. */
#include "monitor/column_profile.h"

#include <math.h>
#include <string.h>

#include "base/number.h"
#include "base/time_text.h"
#include "stats/binning.h"
#include "stats/sort.h"

const double profile_quantile_levels[PROFILE_QUANTILES] = { 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99 };

/* The most frequent runs so far, best first; `at` is a position in the sorted values or a category. */
struct frequent_runs {
    size_t at[PROFILE_FREQUENT_MAX];
    uint64_t count[PROFILE_FREQUENT_MAX];
    size_t used;
};

/* Ties keep the earlier value in front, so a later one must be strictly more frequent to overtake. */
static void runs_offer(struct frequent_runs *runs, size_t at, uint64_t count)
{
    if (runs->used == PROFILE_FREQUENT_MAX && count <= runs->count[PROFILE_FREQUENT_MAX - 1])
        return;
    size_t place = runs->used < PROFILE_FREQUENT_MAX ? runs->used++ : PROFILE_FREQUENT_MAX - 1;
    for (; place > 0 && runs->count[place - 1] < count; place--) {
        runs->at[place] = runs->at[place - 1];
        runs->count[place] = runs->count[place - 1];
    }
    runs->at[place] = at;
    runs->count[place] = count;
}

static str number_text(double value, struct arena *arena)
{
    char text[NUMBER_TEXT_MAX];
    /* -0 and 0 are one value here. */
    size_t size = number_print_f64(value == 0 ? 0.0 : value, text);
    return arena_copy(arena, (str){ text, size });
}

static str time_text(double value, struct arena *arena)
{
    char text[TIME_TEXT_MAX];
    size_t size = time_text_print((int64_t)value, text);
    return arena_copy(arena, (str){ text, size });
}

/* Distinct values, and the most frequent of them: a pass without branches, and one along the runs where there are any. */
static void count_runs(const struct stats_sample *sorted, struct column_profile *profile, struct frequent_runs *runs)
{
    const double *values = sorted->values;
    size_t steps = 0;
    for (size_t i = 1; i < sorted->count; i++)
        steps += values[i] != values[i - 1];
    profile->unique = sorted->count ? steps + 1 : 0;
    /* Without ties, as measurements come, the first values are as frequent as any. */
    bool has_ties = profile->unique < sorted->count;
    size_t limit = has_ties ? sorted->count : MIN_OF(sorted->count, (size_t)PROFILE_FREQUENT_MAX);
    for (size_t start = 0; start < limit;) {
        size_t end = start + 1;
        while (end < sorted->count && values[end] == values[start])
            end++;
        runs_offer(runs, start, end - start);
        start = end;
    }
}

static void keep_frequent_values(const struct frequent_runs *runs, struct arena *arena, struct column_profile *profile)
{
    for (size_t i = 0; i < runs->used; i++) {
        double value = profile->sorted.values[runs->at[i]];
        profile->frequent[i] = (struct value_count){
            profile->type == TYPE_DATETIME ? time_text(value, arena) : number_text(value, arena), runs->count[i]
        };
    }
    profile->frequent_count = runs->used;
}

/* First position whose value is at least (or, with `above`, more than) `limit`. */
static size_t position_of(const struct stats_sample *sorted, double limit, bool above)
{
    size_t low = 0, high = sorted->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        double value = sorted->values[middle];
        if (value < limit || (above && value == limit))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Third and fourth moments of standardised values, which can't overflow, then pandas' small-sample corrections
 * (G1 and G2 of [JoanesGill1998]). */
static void profile_shape(struct column_profile *profile)
{
    const struct stats_sample *sorted = &profile->sorted;
    double mean = profile->moments.mean, std = profile->moments.std, n = (double)sorted->count;
    profile->skewness = profile->kurtosis = NAN;
    if (sorted->count < 3 || !(std > 0) || !isfinite(std))
        return;
    double cubes = 0, fourths = 0, scale = 1 / std;
    if (!isfinite(scale))
        return;
    for (size_t i = 0; i < sorted->count; i++) {
        double z = (sorted->values[i] - mean) * scale, square = z * z;
        cubes += square * z;
        fourths += square * square;
    }
    profile->skewness = sqrt(n * (n - 1)) / (n - 2) * (cubes / n);
    if (sorted->count > 3)
        profile->kurtosis = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * (fourths / n) - 3 * (n - 1));
}

static enum status no_memory(const struct column *column, struct error *err)
{
    return error_set(err, ERR_LIMIT, "column %.*s: %zu rows do not fit in memory", STR_ARG(column->name), column->rows);
}

/* Sorts `count` values in place, given scratch. */
static enum status sort_values(const struct column *column, double *values, size_t count, struct workspace *workspace,
                               struct error *err)
{
    double *scratch = workspace_array(workspace, WORK_SCRATCH, count);
    if (!scratch)
        return no_memory(column, err);
    stats_sort(values, count, scratch);
    return OK;
}

static enum status take_sorted(const struct column *column, const struct profile_memory *memory,
                               struct column_profile *profile, struct error *err)
{
    double *values = memory->values ? memory->values : arena_array(memory->arena, double, column->rows);
    if (!values)
        return no_memory(column, err);
    double *scratch = workspace_array(memory->workspace, WORK_SCRATCH, column->rows);
    if (!scratch)
        return no_memory(column, err);
    struct stats_finite finite = stats_sort_finite(column->f64, column->rows, values, scratch);
    profile->missing = finite.nan;
    profile->infinite = finite.infinite;
    profile->count = finite.count;
    profile->sorted = (struct stats_sample){ values, finite.count };
    return OK;
}

static void describe_numbers(struct column_profile *profile)
{
    profile->moments = stats_moments(profile->sorted.values, profile->sorted.count);
    profile_shape(profile);
    profile->negative = position_of(&profile->sorted, 0, false);
    profile->zeros = position_of(&profile->sorted, 0, true) - profile->negative;
    for (size_t i = 0; i < PROFILE_QUANTILES; i++)
        profile->quantiles[i] = stats_quantile(profile->sorted, profile_quantile_levels[i]);
}

static enum status profile_numbers(const struct column *column, const struct profile_memory *memory,
                                   struct column_profile *profile, struct error *err)
{
    TRY(take_sorted(column, memory, profile, err));
    struct frequent_runs runs = { 0 };
    count_runs(&profile->sorted, profile, &runs);
    keep_frequent_values(&runs, memory->arena, profile);
    describe_numbers(profile);
    return OK;
}

/* Microseconds of today need 51 bits, so doubles hold them exactly up to the year 2255. */
static enum status profile_times(const struct column *column, const struct profile_memory *memory,
                                 struct column_profile *profile, struct error *err)
{
    double *values = memory->values ? memory->values : arena_array(memory->arena, double, column->rows);
    if (!values)
        return no_memory(column, err);
    size_t count = 0;
    for (size_t i = 0; i < column->rows; i++)
        if (column->us[i] != FRAME_TIME_MISSING)
            values[count++] = (double)column->us[i];
    TRY(sort_values(column, values, count, memory->workspace, err));
    profile->missing = column->rows - count;
    profile->count = count;
    profile->sorted = (struct stats_sample){ values, count };
    profile->first_us = count ? (int64_t)values[0] : 0;
    profile->last_us = count ? (int64_t)values[count - 1] : 0;
    struct frequent_runs runs = { 0 };
    count_runs(&profile->sorted, profile, &runs);
    keep_frequent_values(&runs, memory->arena, profile);
    return OK;
}

/* Numbers that stand for categories: each run of the sorted values is one. */
static enum status profile_number_categories(const struct column *column, const struct profile_memory *memory,
                                             struct column_profile *profile, struct error *err)
{
    TRY(take_sorted(column, memory, profile, err));
    struct frequent_runs runs = { 0 };
    count_runs(&profile->sorted, profile, &runs);
    keep_frequent_values(&runs, memory->arena, profile);
    profile->is_numeric = true;
    if (!column_type_is_categorical(profile->type))
        return OK;
    struct category *categories = arena_array(memory->arena, struct category, profile->unique);
    if (!categories && profile->unique)
        return no_memory(column, err);
    const double *values = profile->sorted.values;
    size_t used = 0;
    for (size_t start = 0; start < profile->count;) {
        size_t end = start + 1;
        while (end < profile->count && values[end] == values[start])
            end++;
        categories[used++] = (struct category){ number_text(values[start], memory->arena), values[start], end - start };
        start = end;
    }
    profile->categories = categories;
    profile->category_count = used;
    return OK;
}

static size_t code_points(str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++)
        count += ((unsigned char)text.data[i] & 0xc0u) != 0x80u;
    return count;
}

static void profile_lengths(const struct column *column, const uint64_t *counts, struct column_profile *profile)
{
    double total = 0;
    profile->min_length = profile->count ? SIZE_MAX : 0;
    for (size_t i = 0; i < column->category_count; i++) {
        if (!counts[i])
            continue;
        size_t length = code_points(column->categories[i]);
        total += (double)length * (double)counts[i];
        profile->min_length = MIN_OF(profile->min_length, length);
        profile->max_length = MAX_OF(profile->max_length, length);
    }
    profile->mean_length = profile->count ? total / (double)profile->count : NAN;
}

static enum status keep_categories(const struct column *column, const uint64_t *counts, struct arena *arena,
                                   struct column_profile *profile, struct error *err)
{
    struct category *categories = arena_array(arena, struct category, profile->unique);
    if (!categories && profile->unique)
        return no_memory(column, err);
    size_t used = 0;
    for (size_t i = 0; i < column->category_count; i++)
        if (counts[i])
            categories[used++] = (struct category){ arena_copy(arena, column->categories[i]), NAN, counts[i] };
    profile->categories = categories;
    profile->category_count = used;
    return OK;
}

static enum status profile_codes(const struct column *column, const struct profile_memory *memory,
                                 struct column_profile *profile, struct error *err)
{
    uint64_t *counts = (uint64_t *)workspace_array(memory->workspace, WORK_SCRATCH, column->category_count);
    if (!counts)
        return no_memory(column, err);
    stats_category_counts(column->codes, column->rows, column->category_count, counts);
    struct frequent_runs runs = { 0 };
    for (size_t i = 0; i < column->category_count; i++) {
        if (!counts[i])
            continue;
        profile->unique++;
        profile->count += counts[i];
        runs_offer(&runs, i, counts[i]);
    }
    profile->missing = column->rows - profile->count;
    for (size_t i = 0; i < runs.used; i++)
        profile->frequent[i] =
            (struct value_count){ arena_copy(memory->arena, column->categories[runs.at[i]]), runs.count[i] };
    profile->frequent_count = runs.used;
    if (!column_type_is_categorical(profile->type)) {
        profile_lengths(column, counts, profile);
        return OK;
    }
    return keep_categories(column, counts, memory->arena, profile, err);
}

enum status column_profile_build(const struct column *column, enum column_type type,
                                 const struct profile_memory *memory, struct column_profile *ret_profile,
                                 struct error *err)
{
    struct column_profile profile = { .type = type, .rows = column->rows };
    profile.is_integer = column->source == SOURCE_INTEGER;
    enum status status;
    if (column->storage == STORAGE_CATEGORY)
        status = profile_codes(column, memory, &profile, err);
    else if (column->storage == STORAGE_TIME)
        status = profile_times(column, memory, &profile, err);
    else if (type == TYPE_NUM)
        status = profile_numbers(column, memory, &profile, err);
    else
        status = profile_number_categories(column, memory, &profile, err);
    if (status == OK)
        *ret_profile = profile;
    return status;
}
