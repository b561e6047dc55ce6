#include "serve/class_index.h"

#include <math.h>

#include "base/number.h"

#define CLASSES_MAX ((size_t)1 << 24)

void class_index_init(struct class_index *index, const str *names, size_t count, struct arena *arena)
{
    double *numbers = arena_alloc(arena, (count + 1) * sizeof *numbers);
    *index = (struct class_index){ .names = names, .count = count, .numbers = numbers };
    map_init(&index->by_name, arena, CLASSES_MAX);
    for (size_t i = 0; i < count; i++) {
        size_t known = index->by_name.count;
        struct map_entry *entry;
        if (map_insert(&index->by_name, names[i], &entry, NULL) == OK && index->by_name.count > known)
            entry->index = i;
        if (!number_parse_f64(names[i], &numbers[i]))
            numbers[i] = NAN;
    }
}

/* `count` where the label is no class. */
static size_t find_number(const struct class_index *index, double label)
{
    if (label >= 0 && label < (double)index->count && index->numbers[(size_t)label] == label)
        return (size_t)label; /* classes are 0, 1, 2, ... nearly always */
    size_t at = 0;
    while (at < index->count && index->numbers[at] != label)
        at++;
    return at;
}

static size_t find_text(const struct class_index *index, str label)
{
    const struct map_entry *entry = map_find(&index->by_name, label);
    return entry != NULL ? entry->index : index->count;
}

static enum status tell_labels(const double *numbers, const str *texts, size_t rows, struct arena *arena,
                               double *values,
                               const str **ret_labels, struct error *err)
{
    str *labels = arena_array(arena, str, rows);
    if (labels == NULL)
        return error_set(err, ERR_LIMIT, "%zu labels do not fit in memory", rows);
    for (size_t row = 0; row < rows; row++) {
        char text[NUMBER_TEXT_MAX];
        labels[row] = texts != NULL ? texts[row] : arena_copy(arena, (str){ text, number_print_f64(numbers[row],
                                                                                                   text) });
        values[row] = NAN;
    }
    *ret_labels = labels;
    return OK;
}

enum status class_index_labels(const struct class_index *index, const double *numbers, const str *texts, size_t rows,
                               struct arena *arena, double *values, const str **ret_labels, struct error *err)
{
    *ret_labels = NULL;
    for (size_t row = 0; row < rows; row++) {
        size_t at = texts != NULL ? find_text(index, texts[row]) : find_number(index, numbers[row]);
        if (at == index->count)
            return tell_labels(numbers, texts, rows, arena, values, ret_labels, err);
        values[row] = (double)at;
    }
    return OK;
}
