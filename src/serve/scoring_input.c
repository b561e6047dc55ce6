#include "serve/scoring_input.h"

#include <string.h>

#define CSV_NAMES_FIRST 64

/* ---- JSON ---- */

static enum status take_split(struct row_reader *reader, struct json_reader *json)
{
    struct json_reader ahead = *json; /* "data" may come before "columns" */
    ahead.err = reader->err;
    str key, data = { 0 };
    bool has_data = false;
    TRY(json_enter_object(&ahead));
    while (json_next_member(&ahead, &key))
        if (str_equal(key, STR("columns")))
            TRY(row_reader_take_names(reader, &ahead));
        else if (str_equal(key, STR("data")))
            TRY(json_take_raw(&ahead, &data));
    TRY(json_status(&ahead));
    TRY(json_enter_object(json));
    while (json_next_member(json, &key)) {
        if (!str_equal(key, STR("data")))
            continue;
        has_data = true;
        for (json_enter_array(json); json_next_element(json);)
            TRY(row_reader_take_row(reader, json));
    }
    TRY(json_status(json));
    return has_data ? OK : error_set(reader->err, ERR_INVALID, "dataframe_split: \"data\" is missing");
}

static enum status take_column(struct row_reader *reader, struct json_reader *json, str name)
{
    size_t input = row_schema_find(reader->schema, name), row = 0;
    if (input == SIZE_MAX)
        return json_skip_value(json); /* extra columns are dropped */
    reader->seen[input] = 1;
    if (json_peek(json) != JSON_ARRAY) { /* a scalar is a column of one */
        if (reader->rows == 0)
            TRY(row_reader_add_rows(reader, 1));
        return row_reader_take_cell(reader, json, 0, input);
    }
    bool is_first = reader->rows == 0;
    TRY(json_enter_array(json));
    for (; json_next_element(json); row++) {
        if (is_first)
            TRY(row_reader_add_rows(reader, 1));
        if (row >= reader->rows)
            return json_fail(json, "column \"%.*s\" is longer than the first one (%zu)", STR_ARG(name), reader->rows);
        if (json_peek(json) != JSON_ARRAY) {
            TRY(row_reader_take_cell(reader, json, row, input));
            continue;
        }
        TRY(json_enter_array(json)); /* a tensor of shape [rows, 1] */
        bool has_value = json_next_element(json);
        if (has_value)
            TRY(row_reader_take_cell(reader, json, row, input));
        if (!has_value || json_next_element(json))
            return json_fail(json, "column \"%.*s\": expected one value a row", STR_ARG(name));
    }
    TRY(json_status(json));
    return row == reader->rows ? OK : json_fail(json, "column \"%.*s\" has %zu values, the first one %zu", STR_ARG(name), row,
                                                reader->rows);
}

/* A nested list of rows, or an object of columns. */
static enum status take_inputs(struct row_reader *reader, struct json_reader *json)
{
    bool is_single;
    str name;
    if (json_peek(json) != JSON_OBJECT)
        return row_reader_take_rows(reader, json, &is_single);
    TRY(json_enter_object(json));
    while (json_next_member(json, &name))
        TRY(take_column(reader, json, name));
    TRY(json_status(json));
    return row_reader_check_columns(reader);
}

static enum status take_instances(struct row_reader *reader, struct json_reader *json)
{
    bool is_single;
    if (json_peek(json) != JSON_ARRAY)
        return json_fail(json, "expected a list of rows, found %s", json_kind_name(json_peek(json)));
    return row_reader_take_rows(reader, json, &is_single);
}

enum status scoring_input_json(struct row_reader *reader, str body)
{
    static const struct {
        const char *name;
        enum status (*take)(struct row_reader *reader, struct json_reader *json);
    } forms[] = {
        { "dataframe_split", take_split },
        { "dataframe_records", take_instances },
        { "instances", take_instances },
        { "inputs", take_inputs },
    };
    struct json_reader json;
    json_reader_init(&json, body, reader->arena, reader->err);
    str key;
    size_t found = 0;
    if (json_peek(&json) != JSON_OBJECT)
        return json_fail(&json, "expected an object with dataframe_split, dataframe_records, instances or inputs, found %s",
                         json_kind_name(json_peek(&json)));
    TRY(json_enter_object(&json));
    while (json_next_member(&json, &key)) {
        size_t form = 0;
        while (form < COUNT(forms) && !str_equal(key, str_of(forms[form].name)))
            form++;
        if (form == COUNT(forms) && str_equal(key, STR("params")))
            continue; /* parameters are for Python models that declare some */
        if (form == COUNT(forms))
            return json_fail(&json, "unknown member; one of dataframe_split, dataframe_records, instances, inputs is wanted");
        if (found++ > 0)
            return json_fail(&json, "exactly one of dataframe_split, dataframe_records, instances, inputs may be there");
        TRY(forms[form].take(reader, &json));
    }
    TRY(json_finish(&json));
    return found == 1 ? OK
                      : error_set(reader->err, ERR_INVALID,
                                  "one of dataframe_split, dataframe_records, instances, inputs is missing");
}

/* ---- CSV (RFC 4180) ---- */

struct csv {
    str rest;
    bool ends_line; /* the field last taken was the last of its line */
};

/* A field in quotes, of which two mean one; `at` is behind the first and comes to stand behind the last. A quote that
 * nobody closes ends with the text. */
static str take_quoted(const char **at, const char *end, struct arena *arena)
{
    const char *start = *at, *stop = start;
    while (stop < end && !(*stop == '"' && (stop + 1 == end || stop[1] != '"')))
        stop += *stop == '"' ? 2 : 1;
    char *copy = arena_array(arena, char, (size_t)(stop - start) + 1), *to = copy;
    for (const char *from = start; copy != NULL && from < stop; from++) {
        *to++ = *from;
        from += *from == '"';
    }
    *at = stop < end ? stop + 1 : stop;
    return (str){ copy != NULL ? copy : "", (size_t)(to - copy) };
}

static str take_field(struct csv *csv, struct arena *arena)
{
    const char *at = csv->rest.data, *end = at + csv->rest.size, *start = at;
    str field;
    if (at < end && *at == '"') {
        at++;
        field = take_quoted(&at, end, arena);
    } else {
        while (at < end && *at != ',' && *at != '\n')
            at++;
        field = str_trim((str){ start, (size_t)(at - start) });
    }
    while (at < end && *at != ',' && *at != '\n')
        at++; /* a carriage return, or what follows a closing quote */
    csv->ends_line = at == end || *at == '\n';
    at += at < end;
    csv->rest = (str){ at, (size_t)(end - at) };
    return field;
}

static enum status read_header(struct row_reader *reader, struct csv *csv)
{
    size_t count = 0, capacity = CSV_NAMES_FIRST;
    str *names = arena_array(reader->arena, str, capacity);
    do {
        if (count == ROW_INPUTS_MAX)
            return error_set(reader->err, ERR_LIMIT, "more than %zu columns", ROW_INPUTS_MAX);
        if (count == capacity) {
            str *more = arena_array(reader->arena, str, capacity * 2);
            if (more != NULL)
                memcpy(more, names, count * sizeof *names);
            names = more;
            capacity *= 2;
        }
        if (names == NULL)
            return error_set(reader->err, ERR_LIMIT, "no memory for the columns");
        names[count++] = take_field(csv, reader->arena);
    } while (!csv->ends_line);
    return row_reader_names(reader, names, count);
}

enum status scoring_input_csv(struct row_reader *reader, str body)
{
    struct csv csv = { .rest = body };
    if (str_is_empty(str_trim(body)))
        return error_set(reader->err, ERR_INVALID, "the CSV is empty; a header and rows are wanted");
    TRY(read_header(reader, &csv));
    while (!str_is_empty(csv.rest)) {
        if (csv.rest.data[0] == '\n' || csv.rest.data[0] == '\r') {
            csv.rest = str_slice(csv.rest, 1, csv.rest.size);
            continue;
        }
        size_t row = reader->rows, place = 0;
        TRY(row_reader_add_rows(reader, 1));
        do {
            str field = take_field(&csv, reader->arena);
            if (place < reader->order_count && reader->order[place] != SIZE_MAX)
                TRY(row_reader_text_cell(reader, field, row, reader->order[place]));
            place++;
        } while (!csv.ends_line);
        if (place != reader->order_count)
            return error_set(reader->err, ERR_INVALID, "row %zu has %zu values, the header %zu", row, place,
                             reader->order_count);
    }
    return OK;
}
