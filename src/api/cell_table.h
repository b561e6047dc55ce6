/* api/cell_table.h - rows of named cells that come in any order, made rectangular: features, class probabilities, tags.
 *
 * A column is made when its name is first seen; rows without it hold the missing cell. Lives in an arena. */
#ifndef API_CELL_TABLE_H
#define API_CELL_TABLE_H

#include "base/map.h"

struct cell_table {
    struct arena *arena;
    size_t cell_bytes;
    const void *missing; /* one cell, borrowed */
    size_t columns_max;
    str *names;
    size_t *first_rows; /* [count] the first row that has a column */
    size_t count, name_capacity;
    struct map by_name;
    size_t next; /* the column that comes next if rows keep their order */
    char *cells; /* [row_capacity * stride] */
    size_t rows, row_capacity, stride;
};

/* Empty. A cell is `cell_bytes` long; one that nobody put holds a copy of `missing`, which is borrowed. Names and cells
 * live in `arena`. */
void cell_table_init(struct cell_table *table, size_t cell_bytes, const void *missing, size_t columns_max,
                     struct arena *arena);

/* Starts the next row, all missing. ERR_LIMIT without memory. */
must_use enum status cell_table_begin_row(struct cell_table *table, struct error *err);

/* Sets the cell of the newest row in the column of that name; the last one set wins. ERR_LIMIT above columns_max. */
must_use enum status cell_table_put(struct cell_table *table, str name, const void *cell, struct error *err);

/* Closes the gaps that growing left: cells are [rows * count] from then on, and nothing more is put. */
void cell_table_finish(struct cell_table *table);

#endif
