/* The oracle is DuckDB: it writes the files, and what this reader makes of them must be what DuckDB reads back. */
#include "data/parquet_read.h"

#include "base/test.h"
#include "data/duckdb_frame.h"
#include "data/parquet_page.h"
#include "data/snappy_decode.h"
#include "data/thrift_reader.h"

static duckdb_connection connect_or_fail(void)
{
    duckdb_database database = NULL;
    duckdb_connection connection = NULL;
    struct error err = { 0 };
    CHECK_OK("open", duckdb_door_shared(&database, &err), &err);
    CHECK_OK("connect", duckdb_door_connect(database, &connection, &err), &err);
    return connection;
}

/* Writes what `query` yields to a file in the test's folder. */
static str copy_to_file(const char *query, const char *options, struct arena *arena)
{
    CLEANUP(duckdb_door_connection_slot) duckdb_connection connection = connect_or_fail();
    struct error err = { 0 };
    str path = arena_printf(arena, "%s/a.parquet", test_folder());
    str sql = arena_printf(arena, "COPY (%s) TO '%s' (FORMAT parquet%s)", query, path.data, options);
    CHECK_OK(query, duckdb_door_run(connection, sql, NULL, 0, &err), &err);
    return path;
}

static struct frame *read_by_duckdb(str path, struct arena *arena)
{
    CLEANUP(duckdb_door_connection_slot) duckdb_connection connection = connect_or_fail();
    struct frame *frame = NULL;
    struct error err = { 0 };
    struct duckdb_frame_options options = { .origin = path };
    str source = arena_printf(arena, "read_parquet('%s')", path.data);
    CHECK_OK("DuckDB reads it", duckdb_frame_read(connection, source, &options, &frame, &err), &err);
    return frame;
}

static bool read_by_us(str path, struct frame **ret_frame)
{
    struct arena arena;
    arena_init(&arena, 0);
    CLEANUP(input_close_slot) struct input *input = NULL;
    struct error err = { 0 };
    CHECK_OK("open", input_open(path, READ_BYTES_MAX, &arena, &input, &err), &err);
    bool is_read = input != NULL && parquet_read(&(struct read_options){ .path = path }, input, ret_frame);
    arena_done(&arena);
    return is_read;
}

static bool cells_are_equal(const struct column *a, const struct column *b, size_t row)
{
    if (a->storage == STORAGE_TIME)
        return a->us[row] == b->us[row];
    if (a->storage == STORAGE_CATEGORY)
        return a->codes[row] == b->codes[row];
    return a->f64[row] == b->f64[row] || (isnan(a->f64[row]) && isnan(b->f64[row]));
}

static void check_same_column(const char *why, const struct column *got, const struct column *want)
{
    CHECK_STR(why, got->name, want->name);
    CHECK_INT(why, got->storage, want->storage);
    CHECK_INT(why, got->source, want->source);
    CHECK_INT(why, got->rows, want->rows);
    CHECK_INT(why, got->missing, want->missing);
    CHECK_STR(why, str_of(got->note), str_of(want->note));
    CHECK_INT(why, got->category_count, want->category_count);
    if (got->storage != want->storage || got->rows != want->rows || got->category_count != want->category_count)
        return;
    for (size_t i = 0; i < got->category_count; i++)
        CHECK_STR(why, got->categories[i], want->categories[i]);
    size_t differing = 0;
    for (size_t row = 0; row < got->rows; row++)
        differing += !cells_are_equal(got, want, row);
    CHECK_INT(why, differing, 0);
}

TEST(parquet_read_gives_what_duckdb_gives)
{
    static const struct {
        const char *why, *query, *options;
    } cases[] = {
        { "one row", "SELECT 1 a, 'x' b", "" },
        { "integers of every width",
          "SELECT (i-50)::TINYINT a, (i*300)::SMALLINT b, (i*70000)::INTEGER c, i*5000000000 d, (i+100)::UTINYINT e, "
          "(i+65000)::USMALLINT f, (4294967295-i)::UINTEGER g, (18446744073709551615-i)::UBIGINT h "
          "FROM range(100) r(i)", "" },
        { "floats, with all that is not finite",
          "SELECT i/3 a, (i/3)::FLOAT b, CASE i%4 WHEN 0 THEN 'nan'::DOUBLE WHEN 1 THEN '-inf' WHEN 2 THEN NULL "
          "ELSE 5e-324 END c FROM range(1000) r(i)", "" },
        { "gaps in every type",
          "SELECT CASE WHEN i%3=0 THEN i END a, CASE WHEN i%5=0 THEN i::DOUBLE END b, "
          "CASE WHEN i%7<2 THEN 'v'||i%4 END c, "
          "CASE WHEN i%2=0 THEN i%4=0 END d, "
          "CASE WHEN i<500 THEN DATE '2020-01-01'+i::INTEGER END e, "
          "CASE WHEN i>=500 THEN 'only late' END f, NULL::DOUBLE g, NULL::VARCHAR h FROM range(5000) r(i)", "" },
        { "booleans", "SELECT i%3=0 a, true b FROM range(1001) r(i)", "" },
        { "times of every unit",
          "SELECT DATE '1969-01-01'+i::INTEGER a, TIMESTAMP '1969-12-31 23:59:59.999'+INTERVAL (i) MICROSECOND b, "
          "(TIMESTAMP '1969-12-31'+INTERVAL (i) HOUR)::TIMESTAMP_MS c, make_timestamp_ns(i*7-1000) d, "
          "(TIMESTAMP '2001-01-01'+INTERVAL (i) DAY)::TIMESTAMPTZ e FROM range(3000) r(i)", "" },
        { "years that do not fit", "SELECT DATE '290000-01-01'+(i*100000)::INTEGER a FROM range(20) r(i)", "" },
        { "texts of every length, some of them often",
          "SELECT repeat('ä', (i%40)::INTEGER) a, '' b, 'user-'||i c, chr((65+i%26)::INTEGER) d "
          "FROM range(4000) r(i)", "" },
        { "row groups, whose dictionaries differ",
          "SELECT 'g'||i//1000 a, i%10 b, i c, CASE WHEN i<4000 THEN 'x' ELSE 'y'||i END d, i/2 e "
          "FROM range(20000) r(i)",
          ", ROW_GROUP_SIZE 2048" },
        { "runs and packed indexes of many widths",
          "SELECT i%2 a, i%5 b, i%17 c, i%300 d, i%5000 e, (i//100)%3 f, "
          "CASE WHEN i%1000<900 THEN 1 ELSE i END g, ('w'||i%70000) h FROM range(200000) r(i)",
          ", DICTIONARY_SIZE_LIMIT 100000" },
        { "without dictionaries",
          "SELECT i%2 a, 'x'||i%5 b, i/7 c FROM range(3000) r(i)", ", DICTIONARY_SIZE_LIMIT 1" },
        { "not compressed",
          "SELECT i%9 a, 'x'||i%5 b, i/7 c, CASE WHEN i%5=0 THEN i END d FROM range(3000) r(i)",
          ", CODEC uncompressed" },
        { "zstd",
          "SELECT i%9 a, 'x'||i%5 b, i/7 c, CASE WHEN i%5=0 THEN i END d FROM range(3000) r(i)", ", CODEC zstd" },
        { "Snappy, well compressible", "SELECT 0 a, 'a long text that is the same'||i//50 b, (i//500)::DOUBLE c "
          "FROM range(30000) r(i)", ", DICTIONARY_SIZE_LIMIT 1" },
        { "enums, which are written as texts", "SELECT 'y'::ENUM('x', 'y') a", "" },
        { "names that need quotes", "SELECT 1 \"a b\", 2 \"q\"\"\", 3 \"größe\", 4 \"select\"", "" },
    };
    struct arena arena;
    arena_init(&arena, 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        str path = copy_to_file(cases[i].query, cases[i].options, &arena);
        CLEANUP(frame_free_slot) struct frame *want = read_by_duckdb(path, &arena), *got = NULL;
        CHECK(cases[i].why, read_by_us(path, &got));
        if (got == NULL || want == NULL)
            continue;
        CHECK_INT(cases[i].why, got->rows, want->rows);
        CHECK_INT(cases[i].why, got->column_count, want->column_count);
        for (size_t c = 0; c < MIN_OF(got->column_count, want->column_count); c++)
            check_same_column(cases[i].why, &got->columns[c], &want->columns[c]);
        frame_free(got);
        got = NULL;
    }
    arena_done(&arena);
}

TEST(parquet_read_leaves_the_rest_to_duckdb)
{
    static const struct {
        const char *why, *query, *options;
    } cases[] = {
        { "lists", "SELECT [1, 2] a", "" },
        { "structs", "SELECT {'x': 1} a", "" },
        { "decimals", "SELECT 1.5::DECIMAL(10, 2) a", "" },
        { "bytes", "SELECT 'x'::BLOB a", "" },
        { "uuids", "SELECT uuid() a", "" },
        { "times of day", "SELECT TIME '10:00:00' a", "" },
        { "no rows", "SELECT 1 a WHERE false", "" },
        { "gzip", "SELECT 1 a", ", CODEC gzip" },
        { "encodings of version 2", "SELECT i a FROM range(3000) r(i)",
          ", PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 1" },
    };
    struct arena arena;
    arena_init(&arena, 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(frame_free_slot) struct frame *frame = NULL;
        CHECK(cases[i].why, !read_by_us(copy_to_file(cases[i].query, cases[i].options, &arena), &frame));
        CHECK(cases[i].why, frame == NULL);
    }
    arena_done(&arena);
}

/* Any byte of a file may be wrong: it is then read or declined, and under the sanitizers nothing beyond it is. */
TEST(parquet_read_survives_a_wrong_byte_anywhere)
{
    static const unsigned char wrongs[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
    struct arena arena;
    arena_init(&arena, 0);
    str path = copy_to_file("SELECT i%3 a, 'x'||i%4 b, CASE WHEN i%2=0 THEN i/2 END c, i%2=0 d FROM range(50) r(i)", "",
                            &arena);
    FILE *file = fopen(path.data, "r+b");
    CHECK("opened", file != NULL);
    int byte = 0;
    for (long at = 4; file != NULL && fseek(file, at, SEEK_SET) == 0 && (byte = fgetc(file)) != EOF; at++) {
        for (size_t i = 0; i < COUNT(wrongs); i++) {
            (void)fseek(file, at, SEEK_SET); /* it was there a moment ago */
            (void)fputc(wrongs[i], file);
            (void)fflush(file);
            CLEANUP(frame_free_slot) struct frame *frame = NULL;
            bool is_read = read_by_us(path, &frame);
            CHECK("a frame with all rows, or none", is_read == (frame != NULL) && (!is_read || frame->rows == 50));
        }
        (void)fseek(file, at, SEEK_SET);
        (void)fputc(byte, file);
        (void)fflush(file);
    }
    if (file != NULL)
        (void)fclose(file);
    arena_done(&arena);
}

TEST(snappy_decodes_literals_and_copies)
{
    static const struct {
        const char *why;
        str packed, plain;
        bool is_sound;
    } cases[] = {
        { "nothing", STR("\x00"), STR(""), true },
        { "a literal", STR("\x03\x08" "abc"), STR("abc"), true },
        { "a literal whose size takes a byte of its own", STR("\x03\xF0\x02" "abc"), STR("abc"), true },
        { "a copy of 4 with an offset of 11 bits", STR("\x08\x0C" "abcd\x01\x04"), STR("abcdabcd"), true },
        { "a copy that overlaps itself repeats", STR("\x0A\x04" "ab\x11\x02"), STR("ababababab"), true },
        { "an offset of two bytes", STR("\x06\x08" "abc\x0A\x03\x00"), STR("abcabc"), true },
        { "an offset of four bytes", STR("\x06\x08" "abc\x0B\x03\x00\x00\x00"), STR("abcabc"), true },
        { "an offset before the begin", STR("\x06\x08" "abc\x0A\x04\x00"), STR("abcabc"), false },
        { "an offset of zero", STR("\x06\x08" "abc\x0A\x00\x00"), STR("abcabc"), false },
        { "a literal cut off", STR("\x03\x08" "ab"), STR("abc"), false },
        { "more than was announced", STR("\x02\x08" "abc"), STR("ab"), false },
        { "less than was announced", STR("\x04\x08" "abc"), STR("abcd"), false },
        { "another size than asked for", STR("\x03\x08" "abc"), STR("abcd"), false },
        { "no size at all", STR(""), STR(""), false },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        unsigned char out[16] = { 0 };
        bool is_sound = snappy_decode(cases[i].packed, out, cases[i].plain.size);
        CHECK_INT(cases[i].why, is_sound, cases[i].is_sound);
        if (is_sound)
            CHECK_STR(cases[i].why, ((str){ (char *)out, cases[i].plain.size }), cases[i].plain);
    }
}

/* The example of Encodings.md: 0 to 7 in three bits are 0x88 0xC6 0xFA. */
TEST(parquet_runs_take_runs_and_groups)
{
    static const char bytes[] = "\x03\x88\xC6\xFA" "\x0A\x05" "\0\0\0\0\0\0\0\0";
    struct parquet_runs runs = parquet_runs_of((str){ bytes, 6 }, 3);
    uint32_t out[13];
    CHECK("eight packed, five times 5", parquet_runs_take(&runs, out, 3) && parquet_runs_take(&runs, out + 3, 10));
    for (uint32_t i = 0; i < 13; i++)
        CHECK_INT("in order", out[i], i < 8 ? i : 5);
    CHECK("no more", !parquet_runs_take(&runs, out, 1));
    CHECK("a run of ones", parquet_runs_are(STR("\xC8\x01\x01"), 1, 100, 1));
    CHECK("too short a run", !parquet_runs_are(STR("\xC8\x01\x01"), 1, 101, 1));
}

TEST(thrift_reader_takes_and_skips)
{
    /* Field 1: i32 -3; field 2: a struct with a list of two booleans; field 3: "hi"; field 20 (long form): true. */
    static const str bytes = STR("\x15\x05" "\x1C\x19\x21\x01\x02\x00" "\x18\x02hi" "\x01\x28" "\x00");
    struct thrift_reader reader = thrift_reader_of(bytes);
    struct thrift_field field = { 0 };
    CHECK("first", thrift_next(&reader, &field) && field.id == 1);
    CHECK_INT("zigzag", thrift_int(&reader, &field), -3);
    CHECK("second", thrift_next(&reader, &field) && field.id == 2);
    thrift_skip(&reader, &field);
    CHECK("third", thrift_next(&reader, &field) && field.id == 3);
    CHECK_STR("text", thrift_text(&reader, &field), STR("hi"));
    CHECK("twentieth", thrift_next(&reader, &field) && field.id == 20 && thrift_bool(&reader, &field));
    CHECK("the end", !thrift_next(&reader, &field) && !reader.is_bad);
    static const str bad[] = { STR("\x15"), STR("\x18\x05hi"), STR("\x19\xFC\xFF\xFF\x03"), STR("\x1E"),
        STR("\x1C\x1C\x1C\x1C\x1C\x1C\x1C\x1C\x1C\x1C\x1C\x1C\x1C\x1C\x1C\x1C\x1C\x1C\x1C\x1C") };
    for (size_t i = 0; i < COUNT(bad); i++) {
        reader = thrift_reader_of(bad[i]);
        field = (struct thrift_field){ 0 };
        while (thrift_next(&reader, &field))
            thrift_skip(&reader, &field);
        CHECK("cut off, of no type, or too deep", reader.is_bad);
    }
}
