#include "api/cell_table.h"

#define FIRST_ROWS 4
#define FIRST_COLUMNS 16

void cell_table_init(struct cell_table *table, size_t cell_bytes, const void *missing, size_t columns_max,
                     struct arena *arena)
{
    *table = (struct cell_table){ .arena = arena, .cell_bytes = cell_bytes, .missing = missing,
                                  .columns_max = columns_max };
    map_init(&table->by_name, arena, columns_max);
}

static char *cell_at(const struct cell_table *table, size_t row, size_t column)
{
    return table->cells + (row * table->stride + column) * table->cell_bytes;
}

/* Moves the rows into a larger rectangle; new cells are missing. */
static enum status grow(struct cell_table *table, size_t row_capacity, size_t stride, struct error *err)
{
    size_t cells;
    if (__builtin_mul_overflow(row_capacity, stride, &cells))
        return error_set(err, ERR_LIMIT, "the rows of the request do not fit in memory");
    struct cell_table old = *table;
    char *grown = arena_try_array(table->arena, cells, table->cell_bytes);
    if (grown == NULL)
        return error_set(err, ERR_LIMIT, "the rows of the request do not fit in memory");
    table->cells = grown;
    table->row_capacity = row_capacity;
    table->stride = stride;
    for (size_t row = 0; row < table->rows; row++) {
        memcpy(cell_at(table, row, 0), cell_at(&old, row, 0), old.stride * table->cell_bytes);
        for (size_t column = old.stride; column < stride; column++)
            memcpy(cell_at(table, row, column), table->missing, table->cell_bytes);
    }
    return OK;
}

enum status cell_table_begin_row(struct cell_table *table, struct error *err)
{
    if (table->rows == table->row_capacity) {
        size_t rows = table->row_capacity == 0 ? FIRST_ROWS : table->row_capacity * 2;
        TRY(grow(table, rows, table->stride == 0 ? FIRST_COLUMNS : table->stride, err));
    }
    for (size_t column = 0; column < table->stride; column++)
        memcpy(cell_at(table, table->rows, column), table->missing, table->cell_bytes);
    table->rows++;
    table->next = 0;
    return OK;
}

static enum status add_column(struct cell_table *table, str name, size_t *ret_column, struct error *err)
{
    struct map_entry *entry;
    if (map_insert(&table->by_name, name, &entry, NULL) != OK)
        return error_set(err, ERR_LIMIT, "more than %zu different columns", table->columns_max);
    entry->index = table->count;
    if (table->count == table->name_capacity) {
        size_t capacity = table->name_capacity == 0 ? FIRST_COLUMNS : table->name_capacity * 2;
        str *names = arena_array(table->arena, str, capacity);
        size_t *first_rows = arena_array(table->arena, size_t, capacity);
        if (names == NULL || first_rows == NULL)
            return error_set(err, ERR_LIMIT, "the columns of the request do not fit in memory");
        if (table->count > 0) {
            memcpy(names, table->names, table->count * sizeof *names);
            memcpy(first_rows, table->first_rows, table->count * sizeof *first_rows);
        }
        table->names = names;
        table->first_rows = first_rows;
        table->name_capacity = capacity;
    }
    if (table->count == table->stride)
        TRY(grow(table, table->row_capacity, table->stride * 2, err));
    table->names[table->count] = entry->key;
    table->first_rows[table->count] = table->rows - 1;
    *ret_column = table->count++;
    return OK;
}

enum status cell_table_put(struct cell_table *table, str name, const void *cell, struct error *err)
{
    size_t column = table->next;
    bool is_expected = column < table->count && str_equal(table->names[column], name);
    if (!is_expected) {
        struct map_entry *entry = map_find(&table->by_name, name);
        if (entry != NULL)
            column = entry->index;
        else
            TRY(add_column(table, name, &column, err));
    }
    table->next = column + 1;
    memcpy(cell_at(table, table->rows - 1, column), cell, table->cell_bytes);
    return OK;
}

void cell_table_finish(struct cell_table *table)
{
    size_t stride = table->stride;
    if (stride == table->count)
        return;
    for (size_t row = 1; row < table->rows; row++)
        memmove(table->cells + row * table->count * table->cell_bytes, table->cells + row * stride * table->cell_bytes,
                table->count * table->cell_bytes);
    table->stride = table->count;
}
