#include "cli/sheet.h"

#include <stdio.h>

#include "base/attributes.h"

#define CELL_COLUMNS_SHOWN 60 /* longer texts are cut in the table, never in CSV and JSON */

static str *push(struct arena *arena, str **list, size_t *capacity, size_t *count)
{
    if (*count == *capacity) {
        size_t wanted = *capacity == 0 ? 64 : *capacity * 2;
        str *grown = arena_array(arena, str, wanted);
        if (grown == NULL)
            return NULL;
        if (*count > 0)
            memcpy(grown, *list, *count * sizeof *grown);
        *list = grown;
        *capacity = wanted;
    }
    (*list)[*count] = (str){ 0 };
    return &(*list)[(*count)++];
}

str *sheet_add_name(struct sheet *sheet)
{
    return push(sheet->arena, &sheet->names, &sheet->name_capacity, &sheet->column_count);
}

str *sheet_add_cell(struct sheet *sheet)
{
    return push(sheet->arena, &sheet->cells, &sheet->cell_capacity, &sheet->cell_count);
}

enum status sheet_names(struct sheet *sheet, const char *const *names, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        str *name = sheet_add_name(sheet);
        if (name == NULL)
            return error_set(err, ERR_LIMIT, "no memory for %zu columns", count);
        *name = str_of(names[i]);
    }
    return OK;
}

enum status sheet_row(struct sheet *sheet, const str *cells, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        str *cell = sheet_add_cell(sheet);
        if (cell == NULL)
            return error_set(err, ERR_LIMIT, "no memory for the table");
        *cell = cells[i];
    }
    return OK;
}

static void print_csv_cell(str text)
{
    bool needs_quotes = str_find(text, ',') < text.size || str_find(text, '"') < text.size ||
                        str_find(text, '\n') < text.size || str_find(text, '\r') < text.size;
    if (!needs_quotes) {
        printf("%.*s", STR_ARG(text));
        return;
    }
    putchar('"');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"')
            putchar('"');
        putchar(text.data[i]);
    }
    putchar('"');
}

void sheet_print_csv(const struct sheet *sheet)
{
    for (size_t i = 0; i < sheet->column_count + sheet->cell_count; i++) {
        bool is_name = i < sheet->column_count;
        print_csv_cell(is_name ? sheet->names[i] : sheet->cells[i - sheet->column_count]);
        putchar((i + 1) % sheet->column_count == 0 ? '\n' : ',');
    }
}

/* Characters, not bytes: continuation bytes take no place on the screen. */
static size_t width_of(str text)
{
    size_t width = 0;
    for (size_t i = 0; i < text.size; i++)
        width += ((unsigned char)text.data[i] & 0xC0) != 0x80;
    return width;
}

static str shown(str text)
{
    if (text.data == NULL)
        return STR("NULL");
    size_t end = 0, width = 0;
    while (end < text.size && (width < CELL_COLUMNS_SHOWN || ((unsigned char)text.data[end] & 0xC0) == 0x80)) {
        width += ((unsigned char)text.data[end] & 0xC0) != 0x80;
        end++;
    }
    return str_slice(text, 0, end);
}

void sheet_print_table(const struct sheet *sheet)
{
    size_t columns = sheet->column_count;
    size_t *widths = arena_array(sheet->arena, size_t, columns);
    for (size_t i = 0; widths != NULL && i < columns + sheet->cell_count; i++) {
        str text = i < columns ? sheet->names[i] : shown(sheet->cells[i - columns]);
        widths[i % columns] = MAX_OF(widths[i % columns], width_of(text));
    }
    for (size_t i = 0; widths != NULL && i < columns + sheet->cell_count; i++) {
        str text = i < columns ? sheet->names[i] : shown(sheet->cells[i - columns]);
        bool is_last = (i + 1) % columns == 0;
        printf("%.*s%*s", STR_ARG(text), is_last ? 0 : (int)(widths[i % columns] - width_of(text) + 2), "");
        if (is_last)
            putchar('\n');
    }
}
