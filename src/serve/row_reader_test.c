#include "serve/row_reader.h"

#include "base/test.h"
#include "serve/fake_runtime.h"
#include "serve/scoring_input.h"

static struct runtime *load(const char *name)
{
    struct runtime *runtime = NULL;
    struct mlmodel model;
    struct error err = { 0 };
    CHECK_OK(name, fake_runtime_load(name, (str){ 0 }, NULL, NULL, &model, &runtime, &err), &err);
    return runtime;
}

/* Reads `text` with `read`; the cells as "1,2,-;" (a "-" is missing, text in quotes), or the refusal. */
static str read_with(const char *model, const char *text, bool is_lenient, enum status (*read)(struct row_reader *, str),
                     struct arena *arena)
{
    struct runtime *runtime = load(model);
    struct row_schema schema;
    struct row_reader reader;
    struct error err = { 0 };
    struct buf out;
    buf_init(&out, 1 << 16);
    CHECK_OK(text, row_schema_init(&schema, &runtime->info, arena, &err), &err);
    CHECK_OK(text, row_reader_init(&reader, &schema, arena, &err), &err);
    reader.is_lenient = is_lenient;
    char refusal[sizeof err.cause + sizeof err.context];
    if (read(&reader, str_of(text)) != OK)
        buf_printf(&out, "%s", error_text(&err, refusal, sizeof refusal));
    for (size_t i = 0; err.status == OK && i < reader.rows * schema.count; i++) {
        if (schema.inputs[i % schema.count].type == FIELD_STRING && reader.texts[i].data != NULL)
            buf_printf(&out, "'%.*s'", STR_ARG(reader.texts[i]));
        else if (schema.inputs[i % schema.count].type == FIELD_STRING || reader.numbers[i] != reader.numbers[i])
            buf_printf(&out, "-");
        else
            buf_printf(&out, "%g", reader.numbers[i]);
        buf_printf(&out, (i + 1) % schema.count == 0 ? ";" : ",");
    }
    str copy = arena_copy(arena, buf_str(&out));
    buf_done(&out);
    runtime->methods->free(runtime);
    return copy;
}

static enum status read_rows(struct row_reader *reader, str text)
{
    struct json_reader json;
    bool is_single;
    json_reader_init(&json, text, reader->arena, reader->err);
    TRY(row_reader_take_rows(reader, &json, &is_single));
    return json_finish(&json);
}

struct reading {
    const char *why, *model, *text, *result; /* a refusal holds the words */
};

static void check(const struct reading *cases, size_t count, bool is_lenient, enum status (*read)(struct row_reader *, str))
{
    struct arena arena;
    arena_init(&arena, 0);
    for (size_t i = 0; i < count; i++) {
        str got = read_with(cases[i].model, cases[i].text, is_lenient, read, &arena);
        if (strstr(got.data, cases[i].result) == NULL)
            test_fail(__FILE__, __LINE__, "%s: got \"%s\", wanted \"%s\"", cases[i].why, got.data, cases[i].result);
    }
    arena_done(&arena);
}

TEST(rows_of_every_form_and_what_is_refused)
{
    static const struct reading cases[] = {
        { "one row by place", "sum", "[1, 2.5, 3]", "1,2.5,3;" },
        { "one row by name, in another order", "sum", "{\"c\":3,\"a\":1,\"b\":2}", "1,2,3;" },
        { "rows by place", "sum", "[[1,2,3],[4,5,6]]", "1,2,3;4,5,6;" },
        { "rows by name and by place", "sum", "[{\"a\":1,\"b\":2,\"c\":3},[4,5,6]]", "1,2,3;4,5,6;" },
        { "null is a missing number", "sum", "[1,null,3]", "1,-,3;" },
        { "true is 1", "sum", "[true,false,3]", "1,0,3;" },
        { "no rows", "sum", "[]", "" },
        { "texts and times", "mixed", "{\"n\":7,\"flag\":true,\"city\":\"Ulm\",\"at\":\"1970-01-01T00:00:01Z\"}",
          "7,1,'Ulm',1e+06;" },
        { "what may be left out", "mixed", "{\"n\":7,\"flag\":0}", "7,0,-,-;" },
        { "an empty text is there", "mixed", "{\"n\":7,\"flag\":0,\"city\":\"\"}", "7,0,'',-;" },
        { "too few", "sum", "[1,2]", "2 values, but the model has 3" },
        { "too many", "sum", "[1,2,3,4]", "4 values, but the model has 3" },
        { "too few in the second row", "sum", "[[1,2,3],[1,2]]", "[1]: 2 values" },
        { "a missing name", "sum", "{\"a\":1,\"b\":2}", "feature \"c\" is missing" },
        { "a missing name in a row", "sum", "[{\"a\":1,\"b\":2,\"c\":3},{\"a\":1}]", "[1]: feature \"b\" is missing" },
        { "an unknown name", "sum", "{\"a\":1,\"b\":2,\"cc\":3}", "\"cc\" is not a feature of the model; did you mean \"c\"?" },
        { "a name twice", "sum", "{\"a\":1,\"a\":2,\"b\":2,\"c\":3}", "\"a\" is there twice" },
        { "text for a number", "sum", "[1,\"2\",3]", "[1]: feature \"b\": expected a number, found text" },
        { "a token that is no JSON", "sum", "[1,NaN,3]", "feature \"b\": expected a number, found what is no JSON" },
        { "infinity", "sum", "[1,2,-Infinity]", "feature \"c\": [2]: a number lacks digits" },
        { "beyond the largest double", "sum", "[1,1e999,3]", "feature \"b\"" },
        { "a list in a cell", "sum", "[1,[2],3]", "feature \"b\": expected a number, found a list" },
        { "an object in a cell", "sum", "[1,{\"x\":2},3]", "feature \"b\": expected a number, found an object" },
        { "a row that is none", "sum", "[[1,2,3],4]", "expected a row like the first one, found a number" },
        { "a fraction for a whole number", "mixed", "{\"n\":7.5,\"flag\":0}", "feature \"n\": expected a whole number" },
        { "null for a whole number", "mixed", "{\"n\":null,\"flag\":0}", "feature \"n\": expected a whole number, found null" },
        { "a number for text", "mixed", "{\"n\":7,\"flag\":0,\"city\":5}", "feature \"city\": expected text, found a number" },
        { "a number for a flag", "mixed", "{\"n\":7,\"flag\":2}", "feature \"flag\": expected true or false" },
        { "text that is no time", "mixed", "{\"n\":7,\"flag\":0,\"at\":\"soon\"}", "feature \"at\": expected a time" },
        { "cut off", "sum", "[1,2", "line 1" },
    };
    check(cases, COUNT(cases), false, read_rows);
}

TEST(bodies_of_mlflows_scoring_server)
{
    static const struct reading cases[] = {
        { "split, columns in another order", "sum",
          "{\"dataframe_split\":{\"columns\":[\"c\",\"a\",\"b\"],\"data\":[[3,1,2],[6,4,5]]}}", "1,2,3;4,5,6;" },
        { "split, data before columns, with an index", "sum",
          "{\"dataframe_split\":{\"data\":[[3,1,2]],\"index\":[0],\"columns\":[\"c\",\"a\",\"b\"]}}", "1,2,3;" },
        { "extra columns are dropped", "sum",
          "{\"dataframe_split\":{\"columns\":[\"a\",\"x\",\"b\",\"c\"],\"data\":[[1,\"?\",2,3]]}}", "1,2,3;" },
        { "records", "sum", "{\"dataframe_records\":[{\"b\":2,\"a\":1,\"c\":3,\"x\":null}]}", "1,2,3;" },
        { "text becomes a number", "sum", "{\"dataframe_records\":[{\"b\":\"2.5\",\"a\":1,\"c\":3}]}", "1,2.5,3;" },
        { "instances", "sum", "{\"instances\":[[1,2,3]]}", "1,2,3;" },
        { "inputs as a matrix", "sum", "{\"inputs\":[[1,2,3],[4,5,6]]}", "1,2,3;4,5,6;" },
        { "inputs by column", "sum", "{\"inputs\":{\"c\":[3,6],\"a\":[1,4],\"b\":[[2],[5]]}}", "1,2,3;4,5,6;" },
        { "params are passed over", "sum", "{\"inputs\":[[1,2,3]],\"params\":{\"t\":1}}", "1,2,3;" },
        { "two forms", "sum", "{\"inputs\":[[1,2,3]],\"instances\":[]}", "exactly one" },
        { "none of the forms", "sum", "{\"features\":[1,2,3]}", "unknown member" },
        { "nothing", "sum", "{}", "is missing" },
        { "a list at the top", "sum", "[[1,2,3]]", "expected an object" },
        { "a missing column", "sum", "{\"inputs\":{\"c\":[3],\"a\":[1]}}", "feature \"b\" is missing" },
        { "an empty row of a column", "sum", "{\"inputs\":{\"c\":[[] ]}}", "expected one value a row" },
        { "columns of different length", "sum", "{\"inputs\":{\"c\":[3],\"a\":[1,2],\"b\":[1]}}", "longer than the first" },
        { "a missing column in split", "sum", "{\"dataframe_split\":{\"columns\":[\"a\",\"b\"],\"data\":[[1,2]]}}",
          "feature \"c\" is missing" },
    };
    check(cases, COUNT(cases), true, scoring_input_json);
}

TEST(csv_of_mlflows_scoring_server)
{
    static const struct reading cases[] = {
        { "in another order", "sum", "c,a,b\n3,1,2\n6,4,5\n", "1,2,3;4,5,6;" },
        { "quotes, carriage returns, an extra column", "sum", "\"c\",a,x,b\r\n3,1,\"a,\"\"b\"\"\n\",2\r\n", "1,2,3;" },
        { "an empty cell is missing", "sum", "a,b,c\n1,,3\n", "1,-,3;" },
        { "texts", "mixed", "n,flag,city,at\n7,true,\"New, York\",1970-01-01T00:00:01Z\n", "7,1,'New, York',1e+06;" },
        { "a missing column", "sum", "a,b\n1,2\n", "feature \"c\" is missing" },
        { "a short row", "sum", "a,b,c\n1,2\n", "row 0 has 2 values, the header 3" },
        { "text for a number", "sum", "a,b,c\n1,x,3\n", "row 0, feature \"b\": expected a number, found \"x\"" },
        { "empty", "sum", " \n", "the CSV is empty" },
    };
    check(cases, COUNT(cases), true, scoring_input_csv);
}
