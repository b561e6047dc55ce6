#include "monitor/label_set.h"

#include <math.h>

#include "base/number.h"

void label_set_add(struct label_set *set, str label, struct arena *arena)
{
    if (set->count == set->capacity) {
        size_t capacity = set->capacity ? 2 * set->capacity : 16;
        str *grown = arena_alloc(arena, capacity * sizeof *grown);
        if (set->count)
            memcpy(grown, set->labels, set->count * sizeof *grown);
        set->labels = grown;
        set->capacity = capacity;
    }
    set->labels[set->count++] = arena_copy(arena, label);
}

enum status label_set_add_column(struct label_set *set, const struct column *column, struct arena *arena,
                                 struct error *err)
{
    if (!column)
        return OK;
    struct column categories;
    TRY(column_to_category(column, arena, &categories, err));
    for (size_t i = 0; i < categories.category_count; i++)
        label_set_add(set, categories.categories[i], arena);
    return OK;
}

static double number_of(str label)
{
    double value = NAN;
    return number_parse_f64(str_trim(label), &value) ? value : NAN;
}

static int compare_numbers(const void *a, const void *b)
{
    double x = number_of(*(const str *)a), y = number_of(*(const str *)b);
    return (x > y) - (x < y);
}

static int compare_texts(const void *a, const void *b)
{
    return str_compare(*(const str *)a, *(const str *)b);
}

void label_set_sort(struct label_set *set)
{
    set->are_numbers = set->count > 0;
    for (size_t i = 0; i < set->count; i++)
        set->are_numbers &= !isnan(number_of(set->labels[i]));
    int (*compare)(const void *, const void *) = set->are_numbers ? compare_numbers : compare_texts;
    if (set->count)
        qsort(set->labels, set->count, sizeof *set->labels, compare);
    size_t kept = 0;
    for (size_t i = 0; i < set->count; i++)
        if (kept == 0 || compare(&set->labels[kept - 1], &set->labels[i]) != 0)
            set->labels[kept++] = set->labels[i];
    set->count = kept;
}

size_t label_set_find(const struct label_set *set, str label)
{
    for (size_t i = 0; i < set->count; i++) {
        bool is_same = str_equal(set->labels[i], label) ||
                       (set->are_numbers && number_of(set->labels[i]) == number_of(label));
        if (is_same)
            return i;
    }
    return set->count;
}

enum status label_set_codes(const struct label_set *set, const struct column *column, struct arena *arena,
                            uint32_t **ret_codes, struct error *err)
{
    struct column categories;
    TRY(column_to_category(column, arena, &categories, err));
    uint32_t *index_of = arena_array(arena, uint32_t, categories.category_count + 1);
    uint32_t *codes = arena_array(arena, uint32_t, column->rows + 1);
    if (!index_of || !codes)
        return error_set(err, ERR_LIMIT, "the labels of %zu rows do not fit in memory", column->rows);
    for (size_t i = 0; i < categories.category_count; i++) {
        size_t index = label_set_find(set, categories.categories[i]);
        index_of[i] = index < set->count ? (uint32_t)index : FRAME_MISSING;
    }
    for (size_t row = 0; row < column->rows; row++)
        codes[row] = categories.codes[row] == FRAME_MISSING ? FRAME_MISSING : index_of[categories.codes[row]];
    *ret_codes = codes;
    return OK;
}
