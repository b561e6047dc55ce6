#include "data/frame_builder.h"

#include <math.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/time_text.h"
#include "data/column_builder.h"
#include "data/read.h"

#define CELLS_MAX ((size_t)1 << 32)
#define FIRST_COLUMNS 16
/* One JSON value of a request; what is longer is no feature. */
#define CELL_TEXT_MAX ((size_t)16 << 20)

/* A column that has no value yet counts its rows only; `is_started` tells whether `builder` is in use. */
struct building {
    str name;
    bool is_started;
    bool has_cell; /* of the row being filled */
    struct frame_cell cell;
    struct buf text_buf; /* the bytes of a text cell */
    size_t rows;
    size_t mixed_row; /* where it became text, 0 = it did not */
    struct column_builder builder;
};

struct frame_builder {
    struct frame *frame;
    struct arena arena;
    struct map names;
    struct building *columns; /* heap, grows */
    size_t count, capacity, rows, cells_max;
};

enum status frame_builder_new(str origin, size_t cells_max, struct frame_builder **ret_builder, struct error *err)
{
    CLEANUP(frame_builder_free_slot) struct frame_builder *builder = mem_must(sizeof *builder);
    arena_init(&builder->arena, 0);
    map_init(&builder->names, &builder->arena, READ_COLUMNS_MAX);
    builder->cells_max = cells_max != 0 ? cells_max : CELLS_MAX;
    TRY(column_builder_frame(origin, 0, &builder->frame, err));
    *ret_builder = builder;
    builder = NULL;
    return OK;
}

void frame_builder_free(struct frame_builder *builder)
{
    if (builder == NULL)
        return;
    for (size_t i = 0; i < builder->count; i++) {
        column_builder_done(&builder->columns[i].builder);
        buf_done(&builder->columns[i].text_buf);
    }
    mem_free(builder->columns);
    frame_free(builder->frame);
    arena_done(&builder->arena);
    mem_free(builder);
}

static enum status no_memory(const struct frame_builder *builder, struct error *err)
{
    return error_set(err, ERR_LIMIT, "no memory for %zu columns", builder->count + 1);
}

enum status frame_builder_column(struct frame_builder *builder, str name, size_t *ret_column, struct error *err)
{
    struct map_entry *entry;
    size_t known = builder->names.count;
    TRY(map_insert(&builder->names, name, &entry, err));
    if (builder->names.count == known) {
        *ret_column = entry->index;
        return OK;
    }
    if (builder->count == builder->capacity) {
        size_t capacity = MAX_OF(builder->capacity * 2, FIRST_COLUMNS);
        struct building *columns = mem_regrow(builder->columns, capacity, sizeof *columns);
        if (columns == NULL)
            return no_memory(builder, err);
        builder->columns = columns;
        builder->capacity = capacity;
    }
    struct building *column = &builder->columns[builder->count];
    *column = (struct building){ .name = entry->key, .rows = builder->rows };
    buf_init(&column->text_buf, CELL_TEXT_MAX);
    entry->index = builder->count++;
    *ret_column = entry->index;
    return OK;
}

enum status frame_builder_put(struct frame_builder *builder, size_t column_index, struct frame_cell cell,
                              struct error *err)
{
    struct building *column = &builder->columns[column_index];
    if (cell.kind == FRAME_CELL_NUMBER && isnan(cell.number))
        cell = frame_cell_missing();
    if (cell.kind == FRAME_CELL_TEXT) {
        buf_clear(&column->text_buf);
        if (!buf_append(&column->text_buf, cell.text))
            return error_set(err, ERR_LIMIT, "row %zu, column \"%.*s\": a text of %zu bytes", builder->rows + 1,
                             STR_ARG(column->name), cell.text.size);
        cell.text = buf_str(&column->text_buf);
    }
    column->cell = cell;
    column->has_cell = true;
    return OK;
}

struct layout {
    enum column_storage storage;
    enum column_source source;
};

static struct layout layout_of(enum frame_cell_kind kind)
{
    switch (kind) {
    case FRAME_CELL_NUMBER:
        return (struct layout){ STORAGE_NUMBER, SOURCE_FLOAT };
    case FRAME_CELL_INTEGER:
        return (struct layout){ STORAGE_NUMBER, SOURCE_INTEGER };
    case FRAME_CELL_BOOLEAN:
        return (struct layout){ STORAGE_CATEGORY, SOURCE_BOOLEAN };
    case FRAME_CELL_TIME:
        return (struct layout){ STORAGE_TIME, SOURCE_TIME };
    case FRAME_CELL_TEXT:
    case FRAME_CELL_MISSING:
    case FRAME_CELL_KIND_COUNT:
        break;
    }
    return (struct layout){ STORAGE_CATEGORY, SOURCE_STRING };
}

/* The column's first value decides its storage; the rows before it are missing. */
static enum status start(struct frame_builder *builder, struct building *column, struct layout layout,
                         struct error *err)
{
    column_builder_init(&column->builder, layout.storage, layout.source, &builder->frame->arena);
    column->is_started = true;
    TRY(column_builder_reserve(&column->builder, column->rows + 1, err));
    for (size_t i = 0; i < column->rows; i++)
        column_builder_add_missing(&column->builder);
    return OK;
}

static size_t print_cell(const struct frame_cell *cell, char text[TIME_TEXT_MAX])
{
    switch (cell->kind) {
    case FRAME_CELL_NUMBER:
        return number_print_f64(cell->number, text);
    case FRAME_CELL_INTEGER:
        return number_print_i64(cell->integer, text);
    case FRAME_CELL_TIME:
        return time_text_print(cell->time_us, text);
    case FRAME_CELL_BOOLEAN:
        return (size_t)snprintf(text, TIME_TEXT_MAX, "%s", cell->boolean ? "true" : "false");
    case FRAME_CELL_TEXT:
    case FRAME_CELL_MISSING:
    case FRAME_CELL_KIND_COUNT:
        break;
    }
    return 0;
}

/* The cell that the column's row holds, as it was put (integers of a float column come back as floats). */
static struct frame_cell cell_at(const struct column_builder *from, size_t row)
{
    if (from->storage == STORAGE_NUMBER)
        return isnan(from->f64[row]) ? frame_cell_missing() : frame_cell_number(from->f64[row]);
    if (from->storage == STORAGE_TIME)
        return from->us[row] == FRAME_TIME_MISSING ? frame_cell_missing() : frame_cell_time(from->us[row]);
    return from->codes[row] == FRAME_MISSING ? frame_cell_missing()
                                             : frame_cell_text(dictionary_at(&from->dictionary, from->codes[row]));
}

static enum status append_as_text(struct column_builder *to, const struct frame_cell *cell, struct error *err)
{
    char text[MAX_OF(NUMBER_TEXT_MAX, TIME_TEXT_MAX)];
    if (cell->kind == FRAME_CELL_MISSING) {
        column_builder_add_missing(to);
        return OK;
    }
    str printed = cell->kind == FRAME_CELL_TEXT ? cell->text : (str){ text, print_cell(cell, text) };
    return column_builder_add_text(to, printed, err);
}

/* The values so far as text: a number or time is spelled as column_to_category() would. */
static enum status turn_into_text(struct frame_builder *builder, struct building *column, struct error *err)
{
    CLEANUP(column_builder_done) struct column_builder old = column->builder;
    struct column_builder *text = &column->builder;
    column_builder_init(text, STORAGE_CATEGORY, SOURCE_STRING, &builder->frame->arena);
    column->mixed_row = builder->rows + 1;
    TRY(column_builder_reserve(text, old.rows + 1, err));
    for (size_t row = 0; row < old.rows; row++) {
        struct frame_cell cell = cell_at(&old, row);
        TRY(append_as_text(text, &cell, err));
    }
    return OK;
}

/* Integers and floats share a column; texts and booleans do not, though both are categories. */
static bool fits(const struct column_builder *builder, const struct frame_cell *cell)
{
    struct layout layout = layout_of(cell->kind);
    return cell->kind == FRAME_CELL_MISSING ||
           (layout.storage == builder->storage &&
            (builder->storage != STORAGE_CATEGORY || builder->source == layout.source));
}

static enum status append_cell(struct frame_builder *frame_builder, struct building *column, struct error *err)
{
    const struct frame_cell *cell = &column->cell;
    struct column_builder *builder = &column->builder;
    if (!column->is_started) {
        if (cell->kind == FRAME_CELL_MISSING)
            return OK;
        TRY(start(frame_builder, column, layout_of(cell->kind), err));
    }
    if (!fits(builder, cell) && column->mixed_row == 0)
        TRY(turn_into_text(frame_builder, column, err));
    TRY(column_builder_reserve(builder, 1, err));
    if (cell->kind == FRAME_CELL_MISSING || builder->storage == STORAGE_CATEGORY)
        return append_as_text(builder, cell, err);
    if (builder->storage == STORAGE_TIME) {
        column_builder_add_time(builder, cell->time_us);
        return OK;
    }
    bool is_integer = cell->kind == FRAME_CELL_INTEGER;
    if (!is_integer)
        builder->source = SOURCE_FLOAT;
    column_builder_add_number(builder, is_integer ? (double)cell->integer : cell->number);
    return OK;
}

enum status frame_builder_end_row(struct frame_builder *builder, struct error *err)
{
    if (builder->count != 0 && builder->rows >= builder->cells_max / builder->count)
        return error_set(err, ERR_LIMIT, "more than %zu cells", builder->cells_max);
    for (size_t i = 0; i < builder->count; i++) {
        struct building *column = &builder->columns[i];
        if (!column->has_cell)
            column->cell = frame_cell_missing();
        if (append_cell(builder, column, err) != OK)
            return error_while(err, "row %zu, column \"%.*s\"", builder->rows + 1, STR_ARG(column->name));
        column->has_cell = false;
        column->rows++;
    }
    builder->rows++;
    return OK;
}

enum status frame_builder_finish(struct frame_builder *builder, struct frame **ret_frame, struct error *err)
{
    struct frame *frame = builder->frame;
    frame->columns = arena_array(&frame->arena, struct column, builder->count);
    frame->blocks = arena_array(&frame->arena, void *, builder->count);
    if (frame->columns == NULL || frame->blocks == NULL)
        return no_memory(builder, err);
    for (size_t i = 0; i < builder->count; i++) {
        struct building *column = &builder->columns[i];
        if (!column->is_started)
            TRY(start(builder, column, (struct layout){ STORAGE_NUMBER, SOURCE_FLOAT }, err));
        const char *note = NULL;
        if (column->mixed_row != 0)
            note = arena_printf(&builder->arena, "values of several types are read as text; row %zu is the first odd one",
                                column->mixed_row).data;
        TRY(column_builder_finish(&column->builder, column->name, note, frame, &frame->columns[i], err));
        frame->column_count = i + 1;
    }
    frame->rows = builder->rows;
    builder->frame = NULL;
    *ret_frame = frame;
    return OK;
}

struct frame_cell frame_cell_of(const struct column *column, size_t row)
{
    switch (column->storage) {
    case STORAGE_NUMBER:
        return column->source == SOURCE_INTEGER && isfinite(column->f64[row]) ? frame_cell_integer((int64_t)column->f64[row])
                                                                              : frame_cell_number(column->f64[row]);
    case STORAGE_TIME:
        return column->us[row] == FRAME_TIME_MISSING ? frame_cell_missing() : frame_cell_time(column->us[row]);
    case STORAGE_CATEGORY:
    case STORAGE_COUNT:
        break;
    }
    if (column->codes[row] == FRAME_MISSING)
        return frame_cell_missing();
    str text = column->categories[column->codes[row]];
    return column->source == SOURCE_BOOLEAN ? frame_cell_boolean(str_equal(text, STR("true"))) : frame_cell_text(text);
}
