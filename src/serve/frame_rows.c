#include "serve/frame_rows.h"

#include <math.h>

#include "base/number.h"

static const struct column *column_of(const struct frame *frame, const struct runtime_info *info, size_t input)
{
    if (info->has_names)
        return frame_column(frame, info->inputs[input].name);
    return input < frame->column_count ? &frame->columns[input] : NULL;
}

static enum status check(const struct field *field, const struct column *column, struct error *err)
{
    if (column == NULL && field->is_required)
        return error_set(err, ERR_INVALID, "the table has no column %.*s, which the model needs", STR_ARG(field->name));
    if (column == NULL || field->type == FIELD_STRING)
        return OK;
    if (column->storage == STORAGE_CATEGORY && column->source != SOURCE_BOOLEAN && column->missing < column->rows)
        return error_set(err, ERR_INVALID, "column %.*s holds texts, the model wants numbers", STR_ARG(column->name));
    if (column->storage == STORAGE_TIME && field->type != FIELD_DATETIME)
        return error_set(err, ERR_INVALID, "column %.*s holds times, the model wants numbers", STR_ARG(column->name));
    return OK;
}

enum status frame_rows_match(const struct frame *frame, const struct runtime_info *info, struct arena *arena,
                             struct frame_rows *ret_match, struct error *err)
{
    struct frame_rows match = { .frame = frame, .info = info };
    match.columns = arena_array(arena, const struct column *, info->input_count + 1);
    if (match.columns == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu columns", info->input_count);
    for (size_t i = 0; i < info->input_count; i++) {
        match.columns[i] = column_of(frame, info, i);
        match.has_texts |= info->inputs[i].type == FIELD_STRING;
        TRY(check(&info->inputs[i], match.columns[i], err));
    }
    *ret_match = match;
    return OK;
}

static double number_at(const struct column *column, size_t row)
{
    switch (column->storage) {
    case STORAGE_NUMBER:
        return column->f64[row];
    case STORAGE_TIME:
        return column->us[row] == FRAME_TIME_MISSING ? NAN : (double)column->us[row];
    case STORAGE_CATEGORY:
    case STORAGE_COUNT:
        break;
    }
    return column->codes[row] == FRAME_MISSING ? NAN : (double)str_equal(column->categories[column->codes[row]], STR("true"));
}

static str text_at(const struct column *column, size_t row, struct arena *arena)
{
    char text[NUMBER_TEXT_MAX];
    if (column->storage == STORAGE_CATEGORY)
        return column->codes[row] == FRAME_MISSING ? (str){ 0 } : column->categories[column->codes[row]];
    double number = number_at(column, row);
    return isnan(number) ? (str){ 0 } : arena_copy(arena, (str){ text, number_print_f64(number, text) });
}

enum status frame_rows_take(const struct frame_rows *match, size_t from, size_t count, struct arena *arena,
                            struct runtime_rows *ret_rows, struct error *err)
{
    size_t width = match->info->input_count;
    double *numbers = arena_array(arena, double, count * width + 1);
    str *texts = match->has_texts ? arena_array(arena, str, count * width + 1) : NULL;
    if (numbers == NULL || (match->has_texts && texts == NULL))
        return error_set(err, ERR_LIMIT, "no memory for %zu rows of %zu inputs", count, width);
    for (size_t i = 0; i < width; i++) {
        const struct column *column = match->columns[i];
        bool is_text = match->info->inputs[i].type == FIELD_STRING;
        for (size_t r = 0; r < count; r++) {
            numbers[r * width + i] = column == NULL || is_text ? NAN : number_at(column, from + r);
            if (column != NULL && is_text)
                texts[r * width + i] = text_at(column, from + r, arena);
        }
    }
    *ret_rows = (struct runtime_rows){ .rows = count, .numbers = numbers, .texts = texts };
    return OK;
}
