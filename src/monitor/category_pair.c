#include "monitor/category_pair.h"

#include <math.h>

#include "base/mem.h"
#include "base/number.h"

static int compare_labels(const void *a, const void *b)
{
    return str_compare(((const struct category *)a)->label, ((const struct category *)b)->label);
}

/* The profile's categories in the order of the pair. */
static enum status ordered(const struct column_profile *profile, bool by_number, struct arena *arena,
                           const struct category **ret_categories, size_t *ret_count, struct error *err)
{
    *ret_categories = NULL;
    *ret_count = profile ? profile->category_count : 0;
    if (*ret_count == 0)
        return OK;
    if (by_number || !profile->is_numeric) {
        *ret_categories = profile->categories;
        return OK;
    }
    struct category *copy = arena_array(arena, struct category, *ret_count);
    if (!copy)
        return error_set(err, ERR_LIMIT, "%zu categories do not fit in memory", *ret_count);
    memcpy(copy, profile->categories, *ret_count * sizeof *copy);
    qsort(copy, *ret_count, sizeof *copy, compare_labels);
    *ret_categories = copy;
    return OK;
}

static int compare_categories(const struct category *a, const struct category *b, bool by_number)
{
    if (by_number)
        return (a->number > b->number) - (a->number < b->number);
    return str_compare(a->label, b->label);
}

enum status category_pair_build(const struct column_profile *reference, const struct column_profile *current,
                                struct arena *arena, struct category_pair *ret_pair, struct error *err)
{
    bool by_number = (!reference || reference->is_numeric || reference->category_count == 0) &&
                     (!current || current->is_numeric || current->category_count == 0);
    const struct category *left, *right;
    size_t left_count, right_count;
    TRY(ordered(reference, by_number, arena, &left, &left_count, err));
    TRY(ordered(current, by_number, arena, &right, &right_count, err));

    size_t capacity = left_count + right_count;
    str *labels = arena_array(arena, str, capacity);
    double *numbers = arena_array(arena, double, capacity);
    uint64_t *left_rows = arena_array(arena, uint64_t, capacity), *right_rows = arena_array(arena, uint64_t, capacity);
    if (capacity && (!labels || !numbers || !left_rows || !right_rows))
        return error_set(err, ERR_LIMIT, "%zu categories do not fit in memory", capacity);

    size_t i = 0, j = 0, count = 0;
    for (; i < left_count || j < right_count; count++) {
        int order = i == left_count ? 1 : j == right_count ? -1 : compare_categories(&left[i], &right[j], by_number);
        const struct category *category = order <= 0 ? &left[i] : &right[j];
        labels[count] = category->label;
        numbers[count] = by_number ? category->number : NAN;
        if (order <= 0)
            left_rows[count] = left[i++].count;
        if (order >= 0)
            right_rows[count] = right[j++].count;
    }
    *ret_pair = (struct category_pair){ count, labels, numbers, left_rows, right_rows, by_number };
    return OK;
}

static uint32_t find_number(const struct category_pair *pair, double value)
{
    size_t low = 0, high = pair->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (pair->numbers[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low < pair->count && pair->numbers[low] == value ? (uint32_t)low : FRAME_MISSING;
}

static uint32_t find_label(const struct category_pair *pair, str label)
{
    size_t low = 0, high = pair->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_compare(pair->labels[middle], label) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < pair->count && str_equal(pair->labels[low], label) ? (uint32_t)low : FRAME_MISSING;
}

static uint32_t find_value(const struct category_pair *pair, double value)
{
    if (!isfinite(value))
        return FRAME_MISSING;
    if (pair->is_numeric)
        return find_number(pair, value);
    char text[NUMBER_TEXT_MAX];
    size_t size = number_print_f64(value == 0 ? 0.0 : value, text);
    return find_label(pair, (str){ text, size });
}

/* Widest range of whole numbers that gets a table of its own. */
#define SPAN_MAX 4096

/* Whole numbers close together, as codes are: looked up, not searched. False where they are not. */
static bool codes_of_whole_numbers(const struct category_pair *pair, const struct column *column, uint32_t *codes)
{
    if (!pair->is_numeric || pair->count == 0)
        return false;
    double low = pair->numbers[0], high = pair->numbers[pair->count - 1];
    if (!(high - low < SPAN_MAX))
        return false;
    uint32_t table[SPAN_MAX];
    memset(table, 0xff, sizeof table); /* FRAME_MISSING */
    for (size_t i = 0; i < pair->count; i++) {
        double place = pair->numbers[i] - low;
        if (place != floor(place))
            return false;
        table[(size_t)place] = (uint32_t)i;
    }
    for (size_t row = 0; row < column->rows; row++) {
        double place = column->f64[row] - low;
        bool is_inside = place >= 0 && place <= high - low && place == floor(place);
        codes[row] = is_inside ? table[(size_t)place] : FRAME_MISSING;
    }
    return true;
}

enum status category_pair_codes(const struct category_pair *pair, const struct column *column, uint32_t *codes,
                                struct error *err)
{
    if (column->storage == STORAGE_NUMBER) {
        if (codes_of_whole_numbers(pair, column, codes))
            return OK;
        for (size_t row = 0; row < column->rows; row++)
            codes[row] = find_value(pair, column->f64[row]);
        return OK;
    }
    CLEANUP(mem_free_slot) uint32_t *of_category = mem_array(column->category_count + 1, sizeof *of_category);
    if (!of_category)
        return error_set(err, ERR_LIMIT, "%zu categories do not fit in memory", column->category_count);
    for (size_t i = 0; i < column->category_count; i++)
        of_category[i] = find_label(pair, column->categories[i]);
    for (size_t row = 0; row < column->rows; row++)
        codes[row] = column->codes[row] == FRAME_MISSING ? FRAME_MISSING : of_category[column->codes[row]];
    return OK;
}
