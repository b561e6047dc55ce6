#include "serve/trees/ubjson.h"

#include <math.h>

#include "base/test.h"

#define BYTES(literal) ((str){ (literal), sizeof(literal) - 1 })

TEST(ubjson_numbers_of_all_widths)
{
    static const struct {
        const char *why;
        str bytes;
        double value;
    } cases[] = {
        { "int8 is signed", { "i\xFE", 2 }, -2 },
        { "uint8 is not", { "U\xFE", 2 }, 254 },
        { "int16, the high byte first", { "I\x01\x02", 3 }, 258 },
        { "int32 below zero", { "l\xFF\xFF\xFF\xFF", 5 }, -1 },
        { "int64", { "L\x00\x00\x00\x01\x00\x00\x00\x00", 9 }, 4294967296.0 },
        { "float32", { "d\x3F\xC0\x00\x00", 5 }, 1.5 },
        { "float64", { "D\xC0\x04\x00\x00\x00\x00\x00\x00", 9 }, -2.5 },
        { "true is 1", { "T", 1 }, 1 },
        { "padding comes before", { "NNF", 3 }, 0 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ubjson_reader reader;
        struct error err = { 0 };
        double value = NAN;
        ubjson_reader_init(&reader, cases[i].bytes, &err);
        CHECK_OK(cases[i].why, ubjson_take_number(&reader, &value), &err);
        CHECK_OK(cases[i].why, ubjson_finish(&reader), &err);
        CHECK_NEAR(cases[i].why, value, cases[i].value, 0);
    }
}

/* The sum of an array's numbers; NaN with the error in `err` where it does not read. */
static double sum_of(str bytes, struct error *err)
{
    struct ubjson_reader reader;
    double sum = 0, value = 0;
    ubjson_reader_init(&reader, bytes, err);
    for (ubjson_enter_array(&reader); ubjson_next_element(&reader);)
        if (ubjson_take_number(&reader, &value) == OK)
            sum += value;
    return ubjson_finish(&reader) == OK ? sum : (double)NAN;
}

TEST(ubjson_arrays_with_and_without_header)
{
    static const struct {
        const char *why;
        str bytes;
        double sum;
    } cases[] = {
        { "plain", { "[i\x01i\x02]", 6 }, 3 },
        { "counted", { "[#i\x02i\x01U\x05", 8 }, 6 },
        { "typed: no markers", { "[$U#i\x03\x01\x02\x03", 9 }, 6 },
        { "typed, its count eight bytes wide as XGBoost writes it", { "[$i#L\0\0\0\0\0\0\0\x01\x07", 14 }, 7 },
        { "empty", { "[]", 2 }, 0 },
        { "empty and typed", { "[$l#L\0\0\0\0\0\0\0\0", 13 }, 0 },
        { "padding between elements", { "[i\x01Ni\x02N]", 8 }, 3 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error err = { 0 };
        CHECK_NEAR(cases[i].why, sum_of(cases[i].bytes, &err), cases[i].sum, 0);
    }
}

TEST(ubjson_members_keep_their_order_and_may_be_skipped)
{
    static const char bytes[] = "{i\x01" "aSi\x03" "one"
                                "i\x01" "b[{i\x01" "xT}[$d#i\x01\x3F\x80\x00\x00]"
                                "i\x01" "cZ}";
    struct ubjson_reader reader;
    struct error err = { 0 };
    str key, text = { 0 };
    ubjson_reader_init(&reader, BYTES(bytes), &err);
    CHECK_OK("an object", ubjson_enter_object(&reader), &err);
    CHECK("first", ubjson_next_member(&reader, &key) && str_equal(key, STR("a")));
    CHECK_OK("a string", ubjson_take_str(&reader, &text), &err);
    CHECK_STR("its bytes", text, STR("one"));
    CHECK("second", ubjson_next_member(&reader, &key) && str_equal(key, STR("b")));
    CHECK("third, the second skipped with all in it", ubjson_next_member(&reader, &key) && str_equal(key, STR("c")));
    CHECK("no more", !ubjson_next_member(&reader, &key));
    CHECK_OK("the end", ubjson_finish(&reader), &err);
}

TEST(ubjson_refuses_with_the_byte)
{
    static const struct {
        const char *why;
        str bytes;
        const char *message;
    } cases[] = {
        { "cut in a number", { "[l\x01", 3 }, "byte 1" },
        { "a count beyond the file", { "[$l#L\x00\x00\x00\x01\x00\x00\x00\x00", 13 }, "longer than the file" },
        { "a count below zero", { "[#i\xFF", 4 }, "negative" },
        { "a type without a count", { "[$iXX", 5 }, "without a count" },
        { "a count that is text", { "[#S", 3 }, "not an integer" },
        { "never closed", { "[i\x01", 3 }, "ends" },
        { "no marker", { "[?]", 3 }, "byte 1" },
        { "more behind the end", { "[]]", 3 }, "after the end" },
        { "nothing at all", { "", 0 }, "ends" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error err = { 0 };
        CHECK(cases[i].why, isnan(sum_of(cases[i].bytes, &err)));
        CHECK(cases[i].why, strstr(err.cause, cases[i].message) != NULL);
    }
}

TEST(ubjson_bounds_its_depth)
{
    char bytes[200];
    memset(bytes, '[', sizeof bytes);
    struct error err = { 0 };
    struct ubjson_reader reader;
    ubjson_reader_init(&reader, (str){ bytes, sizeof bytes }, &err);
    CHECK_FAILS("200 levels", ubjson_finish(&reader), ERR_INVALID, &err);
    CHECK("it says so", strstr(err.cause, "64") != NULL);
}
