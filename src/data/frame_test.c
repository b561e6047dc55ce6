#include "data/frame.h"

#include <math.h>

#include "base/mem.h"
#include "base/test.h"
#include "data/dictionary.h"
#include "data/frame_builder.h"

/* A frame of one column with these cells. */
static struct frame *frame_of(const struct frame_cell *cells, size_t count)
{
    CLEANUP(frame_builder_free_slot) struct frame_builder *builder = NULL;
    struct frame *frame = NULL;
    struct error err = { 0 };
    size_t column;
    CHECK_OK("builder", frame_builder_new(STR("test"), 0, &builder, &err), &err);
    CHECK_OK("column", frame_builder_column(builder, STR("x"), &column, &err), &err);
    for (size_t i = 0; i < count; i++) {
        CHECK_OK("put", frame_builder_put(builder, column, cells[i], &err), &err);
        CHECK_OK("end", frame_builder_end_row(builder, &err), &err);
    }
    CHECK_OK("finish", frame_builder_finish(builder, &frame, &err), &err);
    return frame;
}

static str category_at(const struct column *column, size_t row)
{
    return column->codes[row] == FRAME_MISSING ? STR("(missing)") : column->categories[column->codes[row]];
}

TEST(dictionary_numbers_by_arrival_and_sorts_by_bytes)
{
    struct arena arena;
    arena_init(&arena, 0);
    CLEANUP(dictionary_done) struct dictionary dictionary;
    dictionary_init(&dictionary, &arena);
    static const str texts[] = { STR("b"), STR("prefix-2"), STR(""), STR("prefix-1"), STR("b\0c"), STR("\xC3\xA4"),
                                 STR("prefix-1x") };
    static const str sorted[] = { STR(""), STR("b"), STR("b\0c"), STR("prefix-1"), STR("prefix-1x"), STR("prefix-2"),
                                  STR("\xC3\xA4") };
    struct error err = { 0 };
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < COUNT(texts); i++) {
            uint32_t code;
            CHECK_OK("add", dictionary_add(&dictionary, texts[i], &code, &err), &err);
            CHECK_INT("the second time as the first", code, i);
        }
    }
    str *got;
    CLEANUP(mem_free_slot) uint32_t *rank = NULL;
    CHECK_OK("sort", dictionary_sort(&dictionary, &got, &rank, &err), &err);
    for (uint32_t i = 0; i < COUNT(texts); i++) {
        CHECK_STR("byte order, shorter first", got[i], sorted[i]);
        CHECK_STR("each finds its place", got[rank[i]], texts[i]);
    }
    arena_done(&arena);
}

TEST(dictionary_grows)
{
    struct arena arena;
    arena_init(&arena, 0);
    CLEANUP(dictionary_done) struct dictionary dictionary;
    dictionary_init(&dictionary, &arena);
    struct error err = { 0 };
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 5000; i++) {
            char text[16];
            uint32_t code = 0;
            size_t size = (size_t)snprintf(text, sizeof text, "v%u", i);
            CHECK_OK("add", dictionary_add(&dictionary, (str){ text, size }, &code, &err), &err);
            CHECK_INT("in order", code, i);
        }
    }
    uint32_t code;
    uint64_t hash;
    CHECK("one that is not in", !dictionary_find(&dictionary, STR("v5000"), &hash, &code));
    arena_done(&arena);
}

TEST(frame_builder_follows_its_cells)
{
    const struct frame_cell mixed[] = { frame_cell_integer(3), frame_cell_missing(), frame_cell_number(0.5),
                                        frame_cell_text(STR("abc")), frame_cell_boolean(true) };
    const struct frame_cell integers[] = { frame_cell_missing(), frame_cell_integer(3), frame_cell_number(NAN) };
    const struct frame_cell floats[] = { frame_cell_integer(3), frame_cell_number(0.5) };
    const struct frame_cell booleans[] = { frame_cell_boolean(true), frame_cell_boolean(false) };
    const struct frame_cell times[] = { frame_cell_time(0), frame_cell_missing() };
    const struct frame_cell nothing[] = { frame_cell_missing(), frame_cell_missing() };
    const struct {
        const char *why;
        const struct frame_cell *cells;
        size_t count;
        enum column_storage storage;
        enum column_source source;
        size_t missing;
    } cases[] = {
        { "what does not fit makes it text", mixed, COUNT(mixed), STORAGE_CATEGORY, SOURCE_STRING, 1 },
        { "NaN is missing, also among integers", integers, COUNT(integers), STORAGE_NUMBER, SOURCE_INTEGER, 2 },
        { "one fraction makes it float", floats, COUNT(floats), STORAGE_NUMBER, SOURCE_FLOAT, 0 },
        { "booleans", booleans, COUNT(booleans), STORAGE_CATEGORY, SOURCE_BOOLEAN, 0 },
        { "times", times, COUNT(times), STORAGE_TIME, SOURCE_TIME, 1 },
        { "no value at all", nothing, COUNT(nothing), STORAGE_NUMBER, SOURCE_FLOAT, 2 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(frame_free_slot) struct frame *frame = frame_of(cases[i].cells, cases[i].count);
        const struct column *column = &frame->columns[0];
        CHECK_INT(cases[i].why, column->storage, cases[i].storage);
        CHECK_INT(cases[i].why, column->source, cases[i].source);
        CHECK_INT(cases[i].why, column->missing, cases[i].missing);
        CHECK_INT(cases[i].why, column->rows, cases[i].count);
    }
    CLEANUP(frame_free_slot) struct frame *frame = frame_of(mixed, COUNT(mixed));
    static const char *const texts[] = { "3", "(missing)", "0.5", "abc", "true" };
    for (size_t row = 0; row < COUNT(texts); row++)
        CHECK_STR("numbers before the text keep their spelling", category_at(&frame->columns[0], row), str_of(texts[row]));
    CHECK("the note names the row", strstr(frame->columns[0].note, "row 4") != NULL);
}

TEST(frame_builder_fills_gaps_and_escapes)
{
    CLEANUP(frame_builder_free_slot) struct frame_builder *builder = NULL;
    struct error err = { 0 };
    size_t a, b, again;
    CHECK_OK("builder", frame_builder_new(STR("test"), 6, &builder, &err), &err);
    CHECK_OK("a", frame_builder_column(builder, STR("a"), &a, &err), &err);
    CHECK_OK("put", frame_builder_put(builder, a, frame_cell_integer(1), &err), &err);
    CHECK_OK("row 1", frame_builder_end_row(builder, &err), &err);
    CHECK_OK("b appears in row 2", frame_builder_column(builder, STR("b"), &b, &err), &err);
    CHECK_OK("by name", frame_builder_column(builder, STR("b"), &again, &err), &err);
    CHECK_INT("the same column", b, again);
    CHECK_OK("put", frame_builder_put(builder, b, frame_cell_text(STR("caf\xE9")), &err), &err);
    CHECK_OK("row 2", frame_builder_end_row(builder, &err), &err);
    CHECK_OK("row 3", frame_builder_end_row(builder, &err), &err);
    CHECK_FAILS("6 cells are all", frame_builder_end_row(builder, &err), ERR_LIMIT, &err);
    error_clear(&err);
    CLEANUP(frame_free_slot) struct frame *frame = NULL;
    CHECK_OK("finish", frame_builder_finish(builder, &frame, &err), &err);
    CHECK_INT("rows", frame->rows, 3);
    CHECK_INT("a is missing twice", frame_column(frame, STR("a"))->missing, 2);
    CHECK_INT("b too", frame_column(frame, STR("b"))->missing, 2);
    CHECK_STR("not UTF-8", category_at(frame_column(frame, STR("b")), 1), STR("caf\\xE9"));
    CHECK("the note names the row", strstr(frame_column(frame, STR("b"))->note, "row 2") != NULL);
    CHECK("no such column", frame_column(frame, STR("c")) == NULL);
}

TEST(column_to_number_parses_texts)
{
    const struct frame_cell cells[] = { frame_cell_text(STR("1.5")), frame_cell_text(STR("x")), frame_cell_missing(),
                                        frame_cell_text(STR(" -inf ")), frame_cell_text(STR("1.5")) };
    static const double wanted[] = { 1.5, NAN, NAN, -INFINITY, 1.5 };
    CLEANUP(frame_free_slot) struct frame *frame = frame_of(cells, COUNT(cells));
    struct column number;
    size_t failed;
    struct error err = { 0 };
    CHECK_OK("converts", column_to_number(&frame->columns[0], &frame->arena, &number, &failed, &err), &err);
    CHECK_INT("one text is none", failed, 1);
    CHECK_INT("and missing, as the one before", number.missing, 2);
    for (size_t row = 0; row < COUNT(wanted); row++)
        CHECK_NEAR("values", number.f64[row], wanted[row], 0);
}

TEST(column_to_number_of_booleans_and_times)
{
    const struct frame_cell booleans[] = { frame_cell_boolean(true), frame_cell_boolean(false) };
    const struct frame_cell times[] = { frame_cell_time(1500000), frame_cell_missing() };
    CLEANUP(frame_free_slot) struct frame *boolean = frame_of(booleans, 2);
    CLEANUP(frame_free_slot) struct frame *time = frame_of(times, 2);
    struct column number;
    size_t failed;
    struct error err = { 0 };
    CHECK_OK("converts", column_to_number(&boolean->columns[0], &boolean->arena, &number, &failed, &err), &err);
    CHECK_NEAR("true is 1", number.f64[0], 1, 0);
    CHECK_NEAR("false is 0", number.f64[1], 0, 0);
    CHECK_OK("converts", column_to_number(&time->columns[0], &time->arena, &number, &failed, &err), &err);
    CHECK_NEAR("seconds", number.f64[0], 1.5, 0);
    CHECK("missing stays", isnan(number.f64[1]));
    CHECK_INT("which is no failure", failed, 0);
}

TEST(column_to_category_sorts_by_value)
{
    const struct frame_cell cells[] = { frame_cell_number(10), frame_cell_number(-0.0), frame_cell_missing(),
                                        frame_cell_number(0), frame_cell_number(-2.5), frame_cell_number(1e300),
                                        frame_cell_number(INFINITY), frame_cell_number(9) };
    static const char *const categories[] = { "-2.5", "0", "9", "10", "1e+300", "+Inf" };
    CLEANUP(frame_free_slot) struct frame *frame = frame_of(cells, COUNT(cells));
    struct column category;
    struct error err = { 0 };
    CHECK_OK("converts", column_to_category(&frame->columns[0], &frame->arena, &category, &err), &err);
    CHECK_INT("-0 is 0", category.category_count, COUNT(categories));
    for (size_t i = 0; i < COUNT(categories); i++)
        CHECK_STR("value order: 9 before 10", category.categories[i], str_of(categories[i]));
    CHECK_STR("codes follow", category_at(&category, 4), STR("-2.5"));
    CHECK_INT("missing stays", category.codes[2], FRAME_MISSING);

    const struct frame_cell times[] = { frame_cell_time(86400000000), frame_cell_time(-1) };
    CLEANUP(frame_free_slot) struct frame *time = frame_of(times, 2);
    CHECK_OK("converts", column_to_category(&time->columns[0], &time->arena, &category, &err), &err);
    CHECK_STR("before the epoch", category.categories[0], STR("1969-12-31T23:59:59.999999Z"));
    CHECK_STR("after it", category.categories[1], STR("1970-01-02T00:00:00Z"));
}
