/* cli/sheet.h - rows of texts for people: a table on the terminal, or comma-separated values. */
#ifndef CLI_SHEET_H
#define CLI_SHEET_H

#include "base/arena.h"
#include "base/status.h"

/* Column names, then cells row by row; a cell without data prints as NULL in a table and as nothing in CSV. */
struct sheet {
    struct arena *arena;
    str *names, *cells;
    size_t column_count, cell_count, name_capacity, cell_capacity;
};

/* The place of the next name or cell, cleared; NULL without memory. */
str *sheet_add_name(struct sheet *sheet);
str *sheet_add_cell(struct sheet *sheet);

/* Names and cells of constants and texts that live as long as the sheet. ERR_LIMIT without memory. */
must_use enum status sheet_names(struct sheet *sheet, const char *const *names, size_t count, struct error *err);
must_use enum status sheet_row(struct sheet *sheet, const str *cells, size_t count, struct error *err);

/* Aligned columns, two blanks between them; texts over 60 characters are cut. */
void sheet_print_table(const struct sheet *sheet);

/* RFC 4180. */
void sheet_print_csv(const struct sheet *sheet);

#endif
