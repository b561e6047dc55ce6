#include "serve/row_reader.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/closest_name.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/time_text.h"

#define ROWS_FIRST 1
#define NAMES_COMPARED_MAX 4096 /* a slip of the pen is looked for among so many names */

/* ---- columns ---- */

enum status row_schema_init(struct row_schema *schema, const struct runtime_info *info, struct arena *arena,
                            struct error *err)
{
    *schema = (struct row_schema){ .inputs = info->inputs, .count = info->input_count, .has_names = info->has_names };
    if (info->input_count == 0 || info->input_count > ROW_INPUTS_MAX)
        return error_set(err, ERR_INVALID, "the model has %zu inputs; between 1 and %zu can be served", info->input_count,
                         ROW_INPUTS_MAX);
    map_init(&schema->index, arena, ROW_INPUTS_MAX);
    for (size_t i = 0; i < info->input_count; i++) {
        struct map_entry *entry;
        size_t before = schema->index.count;
        TRY(map_insert(&schema->index, info->inputs[i].name, &entry, err));
        if (schema->index.count == before)
            return error_set(err, ERR_INVALID, "the model has two inputs named \"%.*s\"", STR_ARG(info->inputs[i].name));
        entry->index = i;
        schema->has_texts |= info->inputs[i].type == FIELD_STRING;
    }
    return OK;
}

size_t row_schema_find(const struct row_schema *schema, str name)
{
    const struct map_entry *entry = map_find(&schema->index, name);
    return entry != NULL ? entry->index : SIZE_MAX;
}

enum status row_schema_unknown(const struct row_schema *schema, str name, struct error *err)
{
    struct arena arena;
    arena_init(&arena, 0);
    size_t count = MIN_OF(schema->count, (size_t)NAMES_COMPARED_MAX);
    str *known = arena_array(&arena, str, count);
    for (size_t i = 0; known != NULL && i < count; i++)
        known[i] = schema->inputs[i].name;
    str meant = known != NULL ? closest_name(name, known, count) : (str){ 0 };
    enum status status =
        error_set(err, ERR_INVALID, "\"%.*s\" is not a feature of the model%s%.*s%s", (int)MIN_OF(name.size, 100), name.data,
                  meant.size > 0 ? "; did you mean \"" : "", STR_ARG(meant), meant.size > 0 ? "\"?" : "");
    arena_done(&arena);
    return status;
}

/* ---- rows ---- */

enum status row_reader_init(struct row_reader *reader, const struct row_schema *schema, struct arena *arena,
                            struct error *err)
{
    *reader = (struct row_reader){ .schema = schema, .arena = arena, .err = err };
    reader->seen = arena_array(arena, size_t, schema->count);
    return reader->seen != NULL ? OK : error_set(err, ERR_LIMIT, "no memory for the request");
}

static enum status too_large(struct row_reader *reader)
{
    return error_set(reader->err, ERR_LIMIT, "more than %zu rows, or more cells than fit in memory", ROWS_MAX);
}

static enum status grow(struct row_reader *reader, size_t rows)
{
    size_t wanted = reader->capacity == 0 ? ROWS_FIRST : reader->capacity * 4, cells, columns = reader->schema->count;
    wanted = MAX_OF(wanted, rows);
    if (rows > ROWS_MAX || size_mul_overflows(wanted, columns, &cells))
        return too_large(reader);
    double *numbers = arena_array(reader->arena, double, cells);
    str *texts = reader->schema->has_texts ? arena_array(reader->arena, str, cells) : NULL;
    if (numbers == NULL || (texts == NULL && reader->schema->has_texts))
        return too_large(reader);
    if (reader->rows > 0) {
        memcpy(numbers, reader->numbers, reader->rows * columns * sizeof *numbers);
        if (texts != NULL)
            memcpy(texts, reader->texts, reader->rows * columns * sizeof *texts);
    }
    reader->numbers = numbers;
    reader->texts = texts;
    reader->capacity = wanted;
    return OK;
}

enum status row_reader_add_rows(struct row_reader *reader, size_t count)
{
    if (count > ROWS_MAX || reader->rows + count > ROWS_MAX)
        return too_large(reader);
    if (reader->rows + count > reader->capacity)
        TRY(grow(reader, reader->rows + count));
    size_t columns = reader->schema->count;
    for (size_t i = reader->rows * columns; i < (reader->rows + count) * columns; i++)
        reader->numbers[i] = NAN;
    reader->rows += count;
    return OK;
}

struct runtime_rows row_reader_rows(const struct row_reader *reader)
{
    return (struct runtime_rows){ .rows = reader->rows, .numbers = reader->numbers, .texts = reader->texts };
}

/* ---- cells ---- */

static const char *wanted_of(enum field_type type)
{
    switch (type) {
    case FIELD_DOUBLE:
    case FIELD_FLOAT:
        return "a number";
    case FIELD_INTEGER:
    case FIELD_LONG:
        return "a whole number";
    case FIELD_BOOLEAN:
        return "true or false";
    case FIELD_STRING:
        return "text";
    case FIELD_DATETIME:
        return "a time";
    }
    return "a value";
}

static enum status refuse_cell(struct json_reader *json, const struct field *field, const char *found)
{
    return json_fail(json, "feature \"%.*s\": expected %s, found %s", (int)MIN_OF(field->name.size, 80), field->name.data,
                     wanted_of(field->type), found);
}

/* Whether the number is one that the column can hold. */
static bool fits(enum field_type type, double number)
{
    switch (type) {
    case FIELD_INTEGER:
        return number == floor(number) && fabs(number) <= 0x1p31;
    case FIELD_LONG:
        return number == floor(number) && fabs(number) <= 0x1p63;
    case FIELD_BOOLEAN:
        return number == 0 || number == 1;
    case FIELD_DOUBLE:
    case FIELD_FLOAT:
    case FIELD_STRING:
    case FIELD_DATETIME:
        break;
    }
    return true;
}

static enum status take_number(struct row_reader *reader, struct json_reader *json, const struct field *field,
                               double *ret_number)
{
    struct number number = { 0 };
    if (field->type == FIELD_STRING || field->type == FIELD_DATETIME)
        return refuse_cell(json, field, "a number");
    if (json_take_number(json, &number, NULL) != OK)
        return error_while(reader->err, "feature \"%.*s\"", (int)MIN_OF(field->name.size, 80), field->name.data);
    if (!number.is_finite)
        return refuse_cell(json, field, "one beyond the largest double");
    if (!fits(field->type, number.f64))
        return refuse_cell(json, field, field->type == FIELD_BOOLEAN ? "a number" : "a fraction, or one too large");
    *ret_number = number.f64;
    return OK;
}

static bool number_of_text(const struct field *field, str text, double *ret_number)
{
    int64_t time_us;
    struct error mistake = { 0 };
    if (field->type == FIELD_DATETIME) {
        if (time_text_parse(text, &time_us, &mistake) != OK)
            return false;
        *ret_number = (double)time_us;
        return true;
    }
    if (str_equal_ignoring_case(text, STR("true")) || str_equal_ignoring_case(text, STR("false"))) {
        *ret_number = text.size == 4;
        return true;
    }
    return number_parse_f64(text, ret_number) && fits(field->type, *ret_number);
}

static enum status take_text(struct row_reader *reader, struct json_reader *json, const struct field *field,
                             double *ret_number, str *ret_text)
{
    str text;
    bool is_of_column = field->type == FIELD_STRING || field->type == FIELD_DATETIME;
    if (!is_of_column && !reader->is_lenient)
        return refuse_cell(json, field, "text");
    TRY(json_take_str(json, &text));
    if (field->type == FIELD_STRING)
        *ret_text = text.data != NULL ? text : STR(""); /* NULL would mean missing */
    else if (!number_of_text(field, text, ret_number))
        return refuse_cell(json, field, field->type == FIELD_DATETIME ? "text that is none" : "text");
    return OK;
}

static enum status take_missing(struct json_reader *json, const struct field *field)
{
    bool has_room = field->type != FIELD_INTEGER && field->type != FIELD_LONG && field->type != FIELD_BOOLEAN;
    TRY(json_take_null(json));
    return has_room || !field->is_required ? OK : refuse_cell(json, field, "null");
}

enum status row_reader_take_cell(struct row_reader *reader, struct json_reader *json, size_t row, size_t input)
{
    const struct field *field = &reader->schema->inputs[input];
    double *number = &reader->numbers[row * reader->schema->count + input];
    bool flag;
    switch (json_peek(json)) {
    case JSON_NUMBER:
        return take_number(reader, json, field, number);
    case JSON_STRING:
        return take_text(reader, json, field, number,
                         reader->texts == NULL ? NULL : &reader->texts[row * reader->schema->count + input]);
    case JSON_BOOL:
        if (field->type == FIELD_STRING || field->type == FIELD_DATETIME)
            return refuse_cell(json, field, "true or false");
        TRY(json_take_bool(json, &flag));
        *number = flag;
        return OK;
    case JSON_NULL:
        return take_missing(json, field);
    case JSON_ARRAY:
        return refuse_cell(json, field, "a list");
    case JSON_OBJECT:
        return refuse_cell(json, field, "an object");
    case JSON_NONE:
    case JSON_KIND_COUNT:
        break;
    }
    return refuse_cell(json, field, "what is no JSON (NaN and Infinity are none; null is a missing value)");
}

enum status row_reader_text_cell(struct row_reader *reader, str text, size_t row, size_t input)
{
    const struct field *field = &reader->schema->inputs[input];
    size_t cell = row * reader->schema->count + input;
    bool has_room = field->type != FIELD_INTEGER && field->type != FIELD_LONG && field->type != FIELD_BOOLEAN;
    bool is_fine = true;
    if (str_is_empty(text))
        is_fine = has_room || !field->is_required;
    else if (field->type == FIELD_STRING)
        reader->texts[cell] = text;
    else
        is_fine = number_of_text(field, text, &reader->numbers[cell]);
    if (is_fine)
        return OK;
    return error_set(reader->err, ERR_INVALID, "row %zu, feature \"%.*s\": expected %s, found %s%.*s%s", row,
                     STR_ARG(field->name), wanted_of(field->type), str_is_empty(text) ? "nothing" : "\"",
                     (int)MIN_OF(text.size, 60), text.data, str_is_empty(text) ? "" : "\"");
}

/* ---- names ---- */

enum status row_reader_names(struct row_reader *reader, const str *names, size_t count)
{
    const struct row_schema *schema = reader->schema;
    size_t *order = arena_array(reader->arena, size_t, count + 1);
    bool *is_there = arena_array(reader->arena, bool, schema->count);
    if (order == NULL || is_there == NULL)
        return error_set(reader->err, ERR_LIMIT, "no memory for %zu names", count);
    bool is_by_place = !schema->has_names && count == schema->count;
    for (size_t i = 0; i < count; i++) {
        order[i] = is_by_place ? i : row_schema_find(schema, names[i]);
        if (order[i] == SIZE_MAX && !reader->is_lenient)
            return row_schema_unknown(schema, names[i], reader->err);
        if (order[i] == SIZE_MAX)
            continue;
        if (is_there[order[i]])
            return error_set(reader->err, ERR_INVALID, "the name \"%.*s\" is there twice", STR_ARG(names[i]));
        is_there[order[i]] = true;
    }
    for (size_t i = 0; i < schema->count; i++)
        if (!is_there[i] && schema->inputs[i].is_required)
            return error_set(reader->err, ERR_INVALID, "feature \"%.*s\" is missing among the %zu names",
                             STR_ARG(schema->inputs[i].name), count);
    reader->order = order;
    reader->order_count = count;
    return OK;
}

enum status row_reader_take_names(struct row_reader *reader, struct json_reader *json)
{
    str *names = arena_array(reader->arena, str, ROWS_FIRST * 64);
    size_t count = 0, capacity = 64;
    TRY(json_enter_array(json));
    while (names != NULL && json_next_element(json)) {
        if (count == ROW_INPUTS_MAX)
            return json_fail(json, "more than %zu names", ROW_INPUTS_MAX);
        if (count == capacity) {
            str *more = arena_array(reader->arena, str, capacity * 2);
            if (more == NULL)
                break;
            memcpy(more, names, count * sizeof *names);
            names = more;
            capacity *= 2;
        }
        if (json_peek(json) == JSON_NUMBER) { /* pandas names columns 0, 1, 2 where nobody does */
            struct number number;
            TRY(json_take_number(json, &number, &names[count++]));
        } else {
            TRY(json_take_str(json, &names[count++]));
        }
    }
    TRY(json_status(json));
    if (names == NULL)
        return error_set(reader->err, ERR_LIMIT, "no memory for the names");
    return row_reader_names(reader, names, count);
}

/* ---- rows of cells ---- */

static enum status take_list(struct row_reader *reader, struct json_reader *json, size_t row)
{
    size_t wanted = reader->order != NULL ? reader->order_count : reader->schema->count, count = 0;
    TRY(json_enter_array(json));
    while (json_next_element(json)) {
        size_t input = count >= wanted ? SIZE_MAX : reader->order != NULL ? reader->order[count] : count;
        count++;
        if (input == SIZE_MAX)
            TRY(json_skip_value(json)); /* passed over by name, or too many: said below */
        else
            TRY(row_reader_take_cell(reader, json, row, input));
    }
    TRY(json_status(json));
    if (count != wanted)
        return json_fail(json, "%zu values, but %s %zu (the first is \"%.*s\")", count,
                         reader->order != NULL ? "the names are" : "the model has", wanted,
                         (int)MIN_OF(reader->schema->inputs[0].name.size, 60), reader->schema->inputs[0].name.data);
    return OK;
}

static enum status take_map(struct row_reader *reader, struct json_reader *json, size_t row)
{
    const struct row_schema *schema = reader->schema;
    size_t next = 0, required = 0; /* callers mostly keep the model's order: then no name is hashed */
    str name;
    TRY(json_enter_object(json));
    while (json_next_member(json, &name)) {
        size_t input = next < schema->count && str_equal(schema->inputs[next].name, name) ? next : row_schema_find(schema, name);
        if (input == SIZE_MAX && reader->is_lenient)
            continue;
        if (input == SIZE_MAX) {
            struct error unknown = { 0 };
            (void)row_schema_unknown(schema, name, &unknown); /* for its text */
            return json_fail(json, "%s", unknown.cause);
        }
        if (reader->seen[input] == row + 1)
            return json_fail(json, "feature \"%.*s\" is there twice", (int)MIN_OF(name.size, 80), name.data);
        reader->seen[input] = row + 1;
        TRY(row_reader_take_cell(reader, json, row, input));
        next = input + 1;
        required++;
    }
    TRY(json_status(json));
    for (size_t i = 0; required < schema->count && i < schema->count; i++)
        if (schema->inputs[i].is_required && reader->seen[i] != row + 1)
            return json_fail(json, "feature \"%.*s\" is missing", (int)MIN_OF(schema->inputs[i].name.size, 80),
                             schema->inputs[i].name.data);
    return OK;
}

enum status row_reader_take_row(struct row_reader *reader, struct json_reader *json)
{
    size_t row = reader->rows;
    TRY(row_reader_add_rows(reader, 1));
    if (json_peek(json) == JSON_OBJECT)
        return take_map(reader, json, row);
    return take_list(reader, json, row);
}

static bool is_row(enum json_kind kind)
{
    return kind == JSON_ARRAY || kind == JSON_OBJECT;
}

/* A list of scalars: one row of all inputs, or rows of the only one. */
static enum status take_scalars(struct row_reader *reader, struct json_reader *json)
{
    TRY(json_enter_array(json));
    while (json_next_element(json)) {
        TRY(row_reader_add_rows(reader, 1));
        TRY(row_reader_take_cell(reader, json, reader->rows - 1, 0));
    }
    return json_status(json);
}

enum status row_reader_take_rows(struct row_reader *reader, struct json_reader *json, bool *ret_is_single)
{
    struct json_reader ahead = *json; /* a copy to look into the list with */
    ahead.err = NULL;
    bool is_list = json_enter_array(&ahead) == OK, has_first = is_list && json_next_element(&ahead);
    bool holds_rows = has_first && is_row(json_peek(&ahead));
    *ret_is_single = !is_list || (has_first && !holds_rows);
    if (*ret_is_single && is_list && reader->is_lenient && reader->schema->count == 1)
        return take_scalars(reader, json);
    if (*ret_is_single)
        return row_reader_take_row(reader, json);
    TRY(json_enter_array(json));
    while (json_next_element(json)) {
        if (!is_row(json_peek(json)))
            return json_fail(json, "expected a row like the first one, found %s", json_kind_name(json_peek(json)));
        TRY(row_reader_take_row(reader, json));
    }
    return json_status(json);
}

enum status row_reader_check_columns(struct row_reader *reader)
{
    const struct row_schema *schema = reader->schema;
    for (size_t i = 0; i < schema->count; i++)
        if (schema->inputs[i].is_required && reader->seen[i] == 0)
            return error_set(reader->err, ERR_INVALID, "feature \"%.*s\" is missing", STR_ARG(schema->inputs[i].name));
    return OK;
}
