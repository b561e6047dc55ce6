#include "data/csv_column.h"

#include <math.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/time_text.h"

#define ODD_TEXT_MAX 40
/* Doubles hold every integer up to here. */
#define EXACT_INTEGER_MAX (INT64_C(1) << 53)

enum csv_type csv_tally_type(const struct csv_tally *tally)
{
    const size_t *counts = tally->counts;
    size_t values = 0;
    for (int type = CSV_MISSING + 1; type < CSV_TYPE_COUNT; type++)
        values += counts[type];
    if (values == 0)
        return CSV_MISSING;
    if (values == counts[CSV_INTEGER])
        return CSV_INTEGER;
    if (values == counts[CSV_INTEGER] + counts[CSV_FLOAT])
        return CSV_FLOAT;
    if (values == counts[CSV_BOOLEAN])
        return CSV_BOOLEAN;
    /* Where most are numbers (or times), the odd one out is probably a mistake in the data: csv_column_put() finds
     * it, and the note will name its line. */
    if (counts[CSV_INTEGER] + counts[CSV_FLOAT] >= values - counts[CSV_INTEGER] - counts[CSV_FLOAT])
        return CSV_FLOAT;
    return counts[CSV_TIME] >= values - counts[CSV_TIME] ? CSV_TIME : CSV_TEXT;
}

void csv_column_start(struct csv_column *column, enum csv_type type, struct arena *arena)
{
    static const enum column_storage storages[CSV_TYPE_COUNT] = {
        [CSV_MISSING] = STORAGE_NUMBER, [CSV_BOOLEAN] = STORAGE_CATEGORY, [CSV_INTEGER] = STORAGE_NUMBER,
        [CSV_FLOAT] = STORAGE_NUMBER,   [CSV_TIME] = STORAGE_TIME,        [CSV_TEXT] = STORAGE_CATEGORY,
    };
    static const enum column_source sources[CSV_TYPE_COUNT] = {
        [CSV_MISSING] = SOURCE_FLOAT, [CSV_BOOLEAN] = SOURCE_BOOLEAN, [CSV_INTEGER] = SOURCE_INTEGER,
        [CSV_FLOAT] = SOURCE_FLOAT,   [CSV_TIME] = SOURCE_TIME,       [CSV_TEXT] = SOURCE_STRING,
    };
    column->type = type;
    column->is_misjudged = false;
    column->rounded = 0;
    column_builder_init(&column->builder, storages[type], sources[type], arena);
}

void csv_column_done(struct csv_column *column)
{
    column_builder_done(&column->builder);
}

/* A column without a value so far gets the type of its first one. */
static enum status decide(struct csv_column *column, str text, struct error *err)
{
    size_t rows = column->builder.rows;
    struct arena *arena = column->builder.dictionary.arena;
    column_builder_done(&column->builder);
    csv_column_start(column, csv_cell_type(text), arena);
    TRY(column_builder_reserve(&column->builder, rows + 1, err));
    for (size_t i = 0; i < rows; i++)
        column_builder_add_missing(&column->builder);
    return OK;
}

static void add_integer(struct csv_column *column, int64_t value)
{
    column->rounded += value > EXACT_INTEGER_MAX || value < -EXACT_INTEGER_MAX;
    column_builder_add_number(&column->builder, (double)value);
}

/* Appends the text as a value of the column's type; false where it is none. */
static bool put_typed(struct csv_column *column, str text)
{
    int64_t integer;
    double number;
    bool boolean;
    if (column->type == CSV_INTEGER && number_parse_i64(text, &integer)) {
        add_integer(column, integer);
        return true;
    }
    switch (column->type) {
    case CSV_INTEGER:
    case CSV_FLOAT:
        if (text.size == 0 || !csv_cell_number(text, &number))
            return false;
        if (!isnan(number) && column->type == CSV_INTEGER) {
            column->type = CSV_FLOAT;
            column->builder.source = SOURCE_FLOAT;
        }
        column_builder_add_number(&column->builder, number);
        return true;
    case CSV_TIME:
        if (text.size == 0 || time_text_parse(text, &integer, NULL) != OK)
            return false;
        column_builder_add_time(&column->builder, integer);
        return true;
    case CSV_BOOLEAN:
        return csv_cell_boolean(text, &boolean) &&
               column_builder_add_text(&column->builder, boolean ? STR("true") : STR("false"), NULL) == OK;
    case CSV_MISSING:
    case CSV_TEXT:
    case CSV_TYPE_COUNT:
        break;
    }
    return false;
}

enum status csv_column_put(struct csv_column *column, str text, size_t line, struct error *err)
{
    struct column_builder *builder = &column->builder;
    if (builder->rows == builder->capacity)
        TRY(column_builder_reserve(builder, 1, err));
    if (column->type != CSV_TEXT && column->type != CSV_MISSING && put_typed(column, text))
        return OK;
    if (csv_cell_is_missing(text)) {
        column_builder_add_missing(builder);
        return OK;
    }
    if (column->type == CSV_TEXT)
        return column_builder_add_text(builder, text, err);
    if (column->type == CSV_MISSING) {
        TRY(decide(column, text, err));
        return csv_column_put(column, text, line, err); /* at most once: the type fits now */
    }
    column->is_misjudged = true;
    column->odd_line = line;
    column->odd_text = arena_copy(builder->dictionary.arena, str_slice(text, 0, ODD_TEXT_MAX));
    return OK;
}

const char *csv_column_note(const struct csv_column *column, const char *name_note, struct arena *arena)
{
    CLEANUP(buf_done) struct buf note, odd;
    buf_init(&note, 4096);
    buf_init(&odd, (size_t)8 * ODD_TEXT_MAX);
    if (name_note != NULL)
        (void)buf_printf(&note, "%s", name_note);
    if (column->odd_line != 0 && column_text_escape(column->odd_text, &odd))
        (void)buf_printf(&note, "%smost values are no text, but line %zu holds \"%.*s\": read as text",
                         note.size != 0 ? "; " : "", column->odd_line, STR_ARG(buf_str(&odd)));
    if (column->rounded != 0)
        (void)buf_printf(&note, "%s%zu integers are beyond 2^53 and were rounded to doubles",
                         note.size != 0 ? "; " : "", column->rounded);
    return note.size == 0 ? NULL : arena_copy(arena, buf_str(&note)).data; /* a full buffer cut it off: still of use */
}
