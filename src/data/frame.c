#include "data/frame.h"

#include <math.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/time_text.h"
#include "data/dictionary.h"

#define US_PER_SECOND 1e6

const char *column_storage_name(enum column_storage storage)
{
    static const char *const names[STORAGE_COUNT] = { "number", "category", "time" };
    return storage < STORAGE_COUNT ? names[storage] : "unknown";
}

const char *column_source_name(enum column_source source)
{
    static const char *const names[SOURCE_COUNT] = { "float", "integer", "boolean", "string", "time", "other" };
    return source < SOURCE_COUNT ? names[source] : "unknown";
}

void frame_free(struct frame *frame)
{
    if (frame == NULL)
        return;
    for (size_t i = 0; i < frame->block_count; i++)
        mem_free(frame->blocks[i]);
    arena_done(&frame->arena);
    mem_free(frame);
}

const struct column *frame_column(const struct frame *frame, str name)
{
    for (size_t i = 0; i < frame->column_count; i++)
        if (str_equal(frame->columns[i].name, name))
            return &frame->columns[i];
    return NULL;
}

static enum status no_memory(const struct column *column, struct error *err)
{
    return error_set(err, ERR_LIMIT, "column \"%.*s\": no memory for %zu rows", STR_ARG(column->name), column->rows);
}

/* What each category is as a number; NaN where its text is none. */
static enum status category_numbers(const struct column *column, struct arena *arena, double **ret_numbers,
                                    struct error *err)
{
    double *numbers = arena_array(arena, double, column->category_count);
    if (numbers == NULL)
        return no_memory(column, err);
    for (size_t i = 0; i < column->category_count; i++) {
        str text = str_trim(column->categories[i]);
        if (column->source == SOURCE_BOOLEAN)
            numbers[i] = str_equal(text, STR("true"));
        else if (!number_parse_f64_or_special(text, &numbers[i]))
            numbers[i] = NAN;
    }
    *ret_numbers = numbers;
    return OK;
}

enum status column_to_number(const struct column *column, struct arena *arena, struct column *ret_column,
                             size_t *ret_failed, struct error *err)
{
    struct column number = *column;
    size_t failed = 0;
    if (column->storage != STORAGE_NUMBER) {
        double *numbers = NULL, *values = arena_array(arena, double, column->rows);
        if (values == NULL)
            return no_memory(column, err);
        if (column->storage == STORAGE_CATEGORY)
            TRY(category_numbers(column, arena, &numbers, err));
        for (size_t row = 0; row < column->rows; row++) {
            if (column->storage == STORAGE_TIME)
                values[row] = column->us[row] == FRAME_TIME_MISSING ? NAN : (double)column->us[row] / US_PER_SECOND;
            else
                values[row] = column->codes[row] == FRAME_MISSING ? NAN : numbers[column->codes[row]];
            failed += isnan(values[row]) != 0;
        }
        failed -= column->missing;
        number.storage = STORAGE_NUMBER;
        number.f64 = values;
        number.missing = column->missing + failed;
        number.categories = NULL;
        number.category_count = 0;
    }
    *ret_column = number;
    *ret_failed = failed;
    return OK;
}

/* A cell of a NUMBER or TIME column as eight bytes that sort as the value does, so that one dictionary of
 * bytes serves both; false where it is missing. -0 counts as 0. */
static bool cell_key(const struct column *column, size_t row, unsigned char key[8])
{
    uint64_t bits;
    if (column->storage == STORAGE_TIME) {
        if (column->us[row] == FRAME_TIME_MISSING)
            return false;
        bits = (uint64_t)column->us[row] ^ (UINT64_C(1) << 63);
    } else {
        double value = column->f64[row] == 0 ? 0 : column->f64[row];
        if (isnan(value))
            return false;
        memcpy(&bits, &value, sizeof bits);
        /* IEEE 754 doubles order as their bits do, once negative ones are turned around. */
        bits = (bits >> 63) != 0 ? ~bits : bits | (UINT64_C(1) << 63);
    }
    for (int i = 7; i >= 0; i--, bits >>= 8)
        key[i] = (unsigned char)bits;
    return true;
}

/* The text of the value behind cell_key. */
static str key_text(enum column_storage storage, str key, struct arena *arena)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < 8; i++)
        bits = bits << 8 | (unsigned char)key.data[i];
    char text[MAX_OF(NUMBER_TEXT_MAX, TIME_TEXT_MAX)];
    if (storage == STORAGE_TIME)
        return arena_copy(arena, (str){ text, time_text_print((int64_t)(bits ^ (UINT64_C(1) << 63)), text) });
    bits = (bits >> 63) != 0 ? bits & ~(UINT64_C(1) << 63) : ~bits;
    double value;
    memcpy(&value, &bits, sizeof value);
    return arena_copy(arena, (str){ text, number_print_f64(value, text) });
}

static enum status codes_of_values(const struct column *column, struct dictionary *values, uint32_t *codes,
                                   struct error *err)
{
    for (size_t row = 0; row < column->rows; row++) {
        unsigned char key[8];
        codes[row] = FRAME_MISSING;
        if (cell_key(column, row, key))
            TRY(dictionary_add(values, (str){ (const char *)key, sizeof key }, &codes[row], err));
    }
    return OK;
}

enum status column_to_category(const struct column *column, struct arena *arena, struct column *ret_column,
                               struct error *err)
{
    if (column->storage == STORAGE_CATEGORY) {
        *ret_column = *column;
        return OK;
    }
    CLEANUP(dictionary_done) struct dictionary values;
    dictionary_init(&values, arena);
    uint32_t *codes = arena_array(arena, uint32_t, column->rows);
    if (codes == NULL)
        return no_memory(column, err);
    TRY(codes_of_values(column, &values, codes, err));
    CLEANUP(mem_free_slot) uint32_t *rank = NULL;
    str *sorted = NULL;
    TRY(dictionary_sort(&values, &sorted, &rank, err));
    for (size_t row = 0; row < column->rows; row++)
        if (codes[row] != FRAME_MISSING)
            codes[row] = rank[codes[row]];
    for (size_t i = 0; i < values.count; i++)
        sorted[i] = key_text(column->storage, sorted[i], arena);
    struct column category = *column;
    category.storage = STORAGE_CATEGORY;
    category.codes = codes;
    category.categories = sorted;
    category.category_count = values.count;
    *ret_column = category;
    return OK;
}
