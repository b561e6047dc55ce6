/* data/frame_builder.h - a frame from cells: JSON rows of a request, rows of a scan, lines of a CSV.
 *
 *     TRY(frame_builder_new(STR("POST /reference"), rows_max, &builder, err));
 *     TRY(frame_builder_column(builder, STR("age"), &age, err));
 *     TRY(frame_builder_put(builder, age, frame_cell_integer(42), err));
 *     TRY(frame_builder_end_row(builder, err));
 *     TRY(frame_builder_finish(builder, &frame, err));
 *
 * A column's storage follows its cells: the first cell that is not missing decides, and one that does
 * not fit later turns the column into text, with a note naming the row. One thread fills a builder. */
#ifndef DATA_FRAME_BUILDER_H
#define DATA_FRAME_BUILDER_H

#include "base/status.h"
#include "data/frame.h"

struct frame_builder;

enum frame_cell_kind { FRAME_CELL_MISSING, FRAME_CELL_NUMBER, FRAME_CELL_INTEGER, FRAME_CELL_BOOLEAN, FRAME_CELL_TEXT,
                       FRAME_CELL_TIME, FRAME_CELL_KIND_COUNT };

/* One cell. Text is copied; bytes that are no UTF-8 become \xNN. */
struct frame_cell {
    enum frame_cell_kind kind;
    union {
        double number; /* NUMBER; NaN is missing */
        int64_t integer;
        int64_t time_us;
        bool boolean;
        str text;
    };
};

static inline struct frame_cell frame_cell_missing(void)
{
    return (struct frame_cell){ .kind = FRAME_CELL_MISSING };
}
static inline struct frame_cell frame_cell_number(double number)
{
    return (struct frame_cell){ .kind = FRAME_CELL_NUMBER, .number = number };
}
static inline struct frame_cell frame_cell_integer(int64_t integer)
{
    return (struct frame_cell){ .kind = FRAME_CELL_INTEGER, .integer = integer };
}
static inline struct frame_cell frame_cell_boolean(bool boolean)
{
    return (struct frame_cell){ .kind = FRAME_CELL_BOOLEAN, .boolean = boolean };
}
static inline struct frame_cell frame_cell_text(str text)
{
    return (struct frame_cell){ .kind = FRAME_CELL_TEXT, .text = text };
}
static inline struct frame_cell frame_cell_time(int64_t time_us)
{
    return (struct frame_cell){ .kind = FRAME_CELL_TIME, .time_us = time_us };
}

/* A cell of another frame's column, as it would be put again: whole numbers of an integer column stay integers, texts
 * borrow from the frame. */
struct frame_cell frame_cell_of(const struct column *column, size_t row);

/* `origin` is what messages call the frame. `cells_max` bounds rows x columns (0 = 2^32). */
must_use enum status frame_builder_new(str origin, size_t cells_max, struct frame_builder **ret_builder,
                                       struct error *err);
void frame_builder_free(struct frame_builder *builder); /* NULL is fine */
DEFINE_CLEANUP(struct frame_builder, frame_builder_free);

/* The index of the column of that name, made where there is none; rows before it are missing.
 * ERR_LIMIT above READ_COLUMNS_MAX columns. */
must_use enum status frame_builder_column(struct frame_builder *builder, str name, size_t *ret_column,
                                          struct error *err);

/* Sets a cell of the row being filled; the last one put wins. */
must_use enum status frame_builder_put(struct frame_builder *builder, size_t column, struct frame_cell cell,
                                       struct error *err);

/* Ends the row; columns without a cell are missing in it. */
must_use enum status frame_builder_end_row(struct frame_builder *builder, struct error *err);

/* The rows so far as a frame; the builder is empty afterwards and only good for _free. Columns with
 * no value at all are numbers, all missing. ERR_LIMIT without memory. */
must_use enum status frame_builder_finish(struct frame_builder *builder, struct frame **ret_frame, struct error *err);

#endif
