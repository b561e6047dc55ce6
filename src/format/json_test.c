#include "format/json.h"

#include <math.h>

#include "base/test.h"

/* Whether the document is accepted; the cause, where it is not. */
static bool is_accepted(str text, struct error *err)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct json_reader reader;
    json_reader_init(&reader, text, &arena, err);
    (void)json_skip_value(&reader); /* json_finish says the same */
    bool is_ok = json_finish(&reader) == OK;
    arena_done(&arena);
    return is_ok;
}

/* The cases follow RFC 8259 by section; what implementations may choose is decided here: lone surrogates and
 * a byte order mark are refused. */
TEST(json_accepts_what_rfc_8259_allows)
{
    static const char *const good[] = {
        "null", "true", "false", "0", "-0", "-0.0", "1e5", "1E+5", "0e-1", "1.25", "123456789012345678901234567890",
        "\"\"", "\"a\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0000\"", "\"\\ud83d\\ude00\"", "\"\\u00e9\xc3\xa9\"",
        "\"\x7f\"", "[]", "[ ]", "{}", "{ }", " \t\r\n[1 , 2\n]\n", "[[],{}]", "{\"\":0}", "{\"a\":1,\"a\":2}",
        "{\"a\":{\"b\":[1,{\"c\":null}]}}", "[\"\xf0\x9f\x98\x80\"]", "1e-400", "1e400",
        "\"a string longer than eight bytes, with \\n in the middle and more after it\"",
    };
    for (size_t i = 0; i < COUNT(good); i++) {
        struct error err = { 0 };
        if (!is_accepted(str_of(good[i]), &err))
            test_fail(__FILE__, __LINE__, "%s: %s", good[i], err.cause);
    }
}

TEST(json_refuses_what_rfc_8259_does_not_allow)
{
    static const struct { const char *text, *cause; } bad[] = {
        { "", "expected a value, found the end of the text at line 1 column 1 (byte 0)" },
        { "  ", "expected a value, found the end of the text at line 1 column 3 (byte 2)" },
        { "[1,]", "[1]: expected a value, found ']' at line 1 column 4 (byte 3)" },
        { "[,1]", "[0]: expected a value, found ',' at line 1 column 2 (byte 1)" },
        { "[1 2]", "[0]: expected ',' or ']', found a number at line 1 column 4 (byte 3)" },
        { "[1", "[0]: expected ',' or ']', found the end of the text at line 1 column 3 (byte 2)" },
        { "[", "[0]: expected a value, found the end of the text at line 1 column 2 (byte 1)" },
        { "[1}", "[0]: expected ',' or ']', found '}' at line 1 column 3 (byte 2)" },
        { "1 2", "expected nothing after the value, found a number at line 1 column 3 (byte 2)" },
        { "[]]", "expected nothing after the value, found ']' at line 1 column 3 (byte 2)" },
        { "{\"a\"}", "a: expected ':', found '}' at line 1 column 5 (byte 4)" },
        { "{\"a\":}", "a: expected a value, found '}' at line 1 column 6 (byte 5)" },
        { "{\"a\":1,}", "expected a member's name in quotes, found '}' at line 1 column 8 (byte 7)" },
        { "{a:1}", "expected a member's name in quotes, found 'a' at line 1 column 2 (byte 1)" },
        { "{1:1}", "expected a member's name in quotes, found a number at line 1 column 2 (byte 1)" },
        { "{\"a\" 1}", "a: expected ':', found a number at line 1 column 6 (byte 5)" },
        { "{\"a\":1 \"b\":2}", "a: expected ',' or '}', found a string at line 1 column 8 (byte 7)" },
        { "01", "expected nothing after the value, found a number at line 1 column 2 (byte 1)" },
        { "-", "a number lacks digits at line 1 column 1 (byte 0)" },
        { "1.", "a number lacks digits at line 1 column 1 (byte 0)" },
        { "1e", "a number lacks digits at line 1 column 1 (byte 0)" },
        { "-a", "a number lacks digits at line 1 column 1 (byte 0)" },
        { "+1", "expected a value, found '+' at line 1 column 1 (byte 0)" },
        { ".5", "expected a value, found '.' at line 1 column 1 (byte 0)" },
        { "0x10", "expected nothing after the value, found 'x' at line 1 column 2 (byte 1)" },
        { "NaN", "expected a value, found 'N' at line 1 column 1 (byte 0)" },
        { "tru", "expected true or false, found another word at line 1 column 1 (byte 0)" },
        { "nulL", "expected null, found another word at line 1 column 1 (byte 0)" },
        { "truex", "expected nothing after the value, found 'x' at line 1 column 5 (byte 4)" },
        { "'a'", "expected a value, found ''' at line 1 column 1 (byte 0)" },
        { "\"abc", "the string that starts here does not end at line 1 column 1 (byte 0)" },
        { "\"abc\\", "the string that starts here does not end at line 1 column 1 (byte 0)" },
        { "\"abc\\\"", "the string that starts here does not end at line 1 column 1 (byte 0)" },
        { "\"a\tb\"", "the control character 0x09 in a string must be escaped at line 1 column 3 (byte 2)" },
        { "\"12345678\x1f\"", "the control character 0x1f in a string must be escaped at line 1 column 10 (byte 9)" },
        { "\"\\x41\"", "no such escape at line 1 column 2 (byte 1)" },
        { "\"\\u12g4\"", "\\u needs four hex digits at line 1 column 2 (byte 1)" },
        { "\"\\u123\"", "\\u needs four hex digits at line 1 column 2 (byte 1)" },
        { "\"\\ud800\"", "half a surrogate pair is no character at line 1 column 2 (byte 1)" },
        { "\"\\ude00\\ud83d\"", "half a surrogate pair is no character at line 1 column 2 (byte 1)" },
        { "\"\\ud83d\\u0041\"", "half a surrogate pair is no character at line 1 column 2 (byte 1)" },
        { "\"caf\xe9\"", "the string is not UTF-8 at line 1 column 5 (byte 4)" },
        { "\"overlong \xc0\xaf\"", "the string is not UTF-8 at line 1 column 11 (byte 10)" },
        { "\xef\xbb\xbf[]", "expected a value, found the byte 0xef at line 1 column 1 (byte 0)" },
        { "[1]//", "expected nothing after the value, found '/' at line 1 column 4 (byte 3)" },
        { "{\"\xc3\xa9\":\n [1,\n  x]}", "\xc3\xa9[1]: expected a value, found 'x' at line 3 column 3 (byte 14)" },
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct error err = { 0 };
        CHECK(bad[i].text, !is_accepted(str_of(bad[i].text), &err));
        CHECK_STR(bad[i].text, str_of(err.cause), str_of(bad[i].cause));
        CHECK(bad[i].text, err.status == ERR_INVALID);
    }
    struct error err = { 0 };
    CHECK("a NUL ends nothing", !is_accepted((str){ "[1\0]", 4 }, &err));
}

TEST(json_bounds_its_depth)
{
    char text[2 * JSON_READ_DEPTH_MAX + 2];
    for (size_t depth = JSON_READ_DEPTH_MAX; depth <= JSON_READ_DEPTH_MAX + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        struct error err = { 0 };
        CHECK("64 are fine, 65 are not", is_accepted((str){ text, 2 * depth }, &err) == (depth == JSON_READ_DEPTH_MAX));
    }
}

struct row {
    double alcohol;
    str name;
    int64_t id;
    bool is_red;
    size_t tags;
};

static enum status read_row(str text, struct arena *arena, struct row *row, struct error *err)
{
    struct json_reader json;
    json_reader_init(&json, text, arena, err);
    str key, tag;
    json_enter_object(&json);
    while (json_next_member(&json, &key)) {
        if (str_equal(key, STR("alcohol")))
            json_take_f64(&json, &row->alcohol);
        else if (str_equal(key, STR("name")))
            json_take_str(&json, &row->name);
        else if (str_equal(key, STR("id")))
            json_take_i64(&json, &row->id);
        else if (str_equal(key, STR("is_red")))
            json_take_bool(&json, &row->is_red);
        else if (str_equal(key, STR("tags")))
            for (json_enter_array(&json); json_next_element(&json); row->tags++)
                json_take_str(&json, &tag);
    }
    return json_finish(&json);
}

TEST(json_reads_an_object_by_its_members)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct row row = { 0 };
    struct error err = { 0 };
    str text = STR("{\"alcohol\":12.5,\"unknown\":{\"deep\":[1,{}]},\"name\":\"Ch\\u00e2teau\",\"id\":-7,"
                   "\"tags\":[\"a\",\"b\"],\"is_red\":true}");
    CHECK_OK("row", read_row(text, &arena, &row, &err), &err);
    CHECK_NEAR("number", row.alcohol, 12.5, 0);
    CHECK_STR("decoded", row.name, STR("Ch\xc3\xa2teau"));
    CHECK_INT("integer", row.id, -7);
    CHECK("boolean", row.is_red);
    CHECK_INT("elements", row.tags, 2);
    arena_done(&arena);
}

TEST(json_borrows_plain_strings)
{
    struct json_reader json;
    str text = STR("\"plain\""), value;
    json_reader_init(&json, text, NULL, NULL); /* an arena is not even needed */
    CHECK_INT("taken", json_take_str(&json, &value), OK);
    CHECK("points into the text", value.data == text.data + 1 && value.size == 5);
    CHECK_INT("done", json_finish(&json), OK);
}

TEST(json_names_the_place_of_a_wrong_value)
{
    static const struct { const char *text, *cause; } cases[] = {
        { "{\"alcohol\":\"high\"}", "alcohol: expected a number, found a string at line 1 column 12 (byte 11)" },
        { "{\"alcohol\":1e999}", "alcohol: the number is beyond the largest double at line 1 column 12 (byte 11)" },
        { "{\"id\":1.5}", "id: expected a whole number of 64 bits, found 1.5 at line 1 column 7 (byte 6)" },
        { "{\"id\":9223372036854775808}",
          "id: expected a whole number of 64 bits, found 9223372036854775808 at line 1 column 7 (byte 6)" },
        { "{\"tags\":[\"a\",3]}", "tags[1]: expected a string, found a number at line 1 column 14 (byte 13)" },
        { "{\"is_red\":1}", "is_red: expected true or false, found a number at line 1 column 11 (byte 10)" },
        { "[]", "expected an object, found an array at line 1 column 1 (byte 0)" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena;
        arena_init(&arena, 0);
        struct row row = { 0 };
        struct error err = { 0 };
        CHECK_FAILS(cases[i].text, read_row(str_of(cases[i].text), &arena, &row, &err), ERR_INVALID, &err);
        CHECK_STR(cases[i].text, str_of(err.cause), str_of(cases[i].cause));
        arena_done(&arena);
    }
}

TEST(json_takes_a_callers_complaint)
{
    struct error err = { 0 };
    struct json_reader json;
    json_reader_init(&json, STR("{\"rows\":[{\"x\":-1}]}"), NULL, &err);
    str key;
    double x = 0;
    json_enter_object(&json);
    (void)json_next_member(&json, &key); /* the text is fixed */
    json_enter_array(&json);
    (void)json_next_element(&json); /* as above */
    json_enter_object(&json);
    (void)json_next_member(&json, &key); /* as above */
    json_take_f64(&json, &x);
    CHECK_INT("refused", json_fail(&json, "%g is below zero", x), ERR_INVALID);
    CHECK_STR("place", str_of(err.cause), STR("rows[0].x: -1 is below zero at line 1 column 15 (byte 14)"));
    CHECK("loops end", !json_next_member(&json, &key) && !json_next_element(&json));
    CHECK_INT("and it sticks", json_finish(&json), ERR_INVALID);
}

TEST(json_takes_numbers_null_and_raw)
{
    struct json_reader json;
    json_reader_init(&json, STR(" [ null, 2.5, 18446744073709551615, { \"a\" : [ 1 ] } , 1e400, 42 ]"), NULL, NULL);
    double missing = 0, number = 0;
    uint64_t large = 0;
    str raw = { 0 }, text = { 0 };
    struct number huge = { 0 };
    json_enter_array(&json);
    CHECK("null", json_next_element(&json) && json_take_f64_or_null(&json, &missing) == OK && isnan(missing));
    CHECK("number", json_next_element(&json) && json_take_f64_or_null(&json, &number) == OK && number == 2.5);
    CHECK("u64", json_next_element(&json) && json_take_u64(&json, &large) == OK && large == UINT64_MAX);
    CHECK("raw", json_next_element(&json) && json_take_raw(&json, &raw) == OK);
    CHECK_STR("as written", raw, STR("{ \"a\" : [ 1 ] }"));
    CHECK("huge", json_next_element(&json) && json_take_number(&json, &huge, &text) == OK && !huge.is_finite);
    CHECK_STR("spelling", text, STR("1e400"));
    CHECK("integer", json_next_element(&json) && json_take_number(&json, &huge, NULL) == OK && huge.i64 == 42);
    CHECK("end", !json_next_element(&json));
    CHECK_INT("whole", json_finish(&json), OK);
}

static str written(struct buf *out, enum json_style style)
{
    struct json_writer json;
    json_writer_init(&json, out, style);
    json_begin_object(&json);
    json_str(&json, "text", STR("a\"b\\c\n\x01\x7f/\xc3\xa9 \xff!"));
    json_f64(&json, "pi", 3.25);
    json_f64(&json, "nan", (double)NAN);
    json_i64(&json, "i", -1);
    json_u64(&json, "u", UINT64_MAX);
    json_bool(&json, "yes", true);
    json_text(&json, "none", NULL);
    json_array(&json, "list");
    json_write_f64(&json, 1);
    json_begin_array(&json);
    json_end_array(&json);
    json_write_raw(&json, STR("{\"raw\":1}"));
    json_end_array(&json);
    json_object(&json, "empty");
    json_end_object(&json);
    json_end_object(&json);
    CHECK("fits", json_writer_end(&json));
    return buf_str(out);
}

TEST(json_writes_compact_and_pretty)
{
    struct buf out;
    buf_init(&out, 4096);
    CHECK_STR("compact", written(&out, JSON_COMPACT),
              STR("{\"text\":\"a\\\"b\\\\c\\n\\u0001\\u007f/\xc3\xa9 \xef\xbf\xbd!\",\"pi\":3.25,\"nan\":null,\"i\":-1,"
                  "\"u\":18446744073709551615,\"yes\":true,\"none\":null,\"list\":[1,[],{\"raw\":1}],\"empty\":{}}"));
    buf_clear(&out);
    CHECK_STR("pretty", written(&out, JSON_PRETTY),
              STR("{\n  \"text\": \"a\\\"b\\\\c\\n\\u0001\\u007f/\xc3\xa9 \xef\xbf\xbd!\",\n  \"pi\": 3.25,\n"
                  "  \"nan\": null,\n  \"i\": -1,\n  \"u\": 18446744073709551615,\n  \"yes\": true,\n  \"none\": null,\n"
                  "  \"list\": [\n    1,\n    [],\n    {\"raw\":1}\n  ],\n  \"empty\": {}\n}"));
    buf_done(&out);
}

TEST(json_writer_reports_a_full_buffer)
{
    struct buf out;
    buf_init(&out, 8);
    struct json_writer json;
    json_writer_init(&json, &out, JSON_COMPACT);
    json_begin_array(&json);
    json_write_str(&json, STR("longer than that"));
    json_end_array(&json);
    CHECK("does not fit", !json_writer_end(&json));
    buf_done(&out);
}

TEST(json_strings_of_escapes_need_memory_within_the_bound)
{
    struct arena arena;
    arena_init(&arena, 64);
    static char text[1024];
    memset(text, 'a', sizeof text);
    memcpy(text, "\"\\n", 3);
    text[sizeof text - 1] = '"';
    struct error err = { 0 };
    struct json_reader json;
    json_reader_init(&json, (str){ text, sizeof text }, &arena, &err);
    str value;
    CHECK_FAILS("bounded", json_take_str(&json, &value), ERR_LIMIT, &err);
    arena_done(&arena);
}
