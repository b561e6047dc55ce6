#include "data/duckdb_frame.h"

#include <math.h>
#include <pthread.h>

#include "base/test.h"
#include "data/read.h"

static duckdb_connection connect_or_fail(void)
{
    duckdb_database database = NULL;
    duckdb_connection connection = NULL;
    struct error err = { 0 };
    CHECK_OK("open", duckdb_door_shared(&database, &err), &err);
    CHECK_OK("connect", duckdb_door_connect(database, &connection, &err), &err);
    return connection;
}

static struct frame *select_or_fail(const char *why, const char *source)
{
    CLEANUP(duckdb_door_connection_slot) duckdb_connection connection = connect_or_fail();
    struct frame *frame = NULL;
    struct error err = { 0 };
    struct duckdb_frame_options options = { .origin = STR("test") };
    CHECK_OK(why, duckdb_frame_read(connection, str_of(source), &options, &frame, &err), &err);
    return frame;
}

TEST(duckdb_frame_of_every_numeric_type)
{
    static const struct {
        const char *sql;
        double value;
        enum column_source source;
    } cases[] = {
        { "(SELECT -7::TINYINT x)", -7, SOURCE_INTEGER },
        { "(SELECT 300::SMALLINT x)", 300, SOURCE_INTEGER },
        { "(SELECT -70000::INTEGER x)", -70000, SOURCE_INTEGER },
        { "(SELECT 4611686018427387904::BIGINT x)", 0x1p62, SOURCE_INTEGER },
        { "(SELECT 255::UTINYINT x)", 255, SOURCE_INTEGER },
        { "(SELECT 65535::USMALLINT x)", 65535, SOURCE_INTEGER },
        { "(SELECT 4294967295::UINTEGER x)", 4294967295.0, SOURCE_INTEGER },
        { "(SELECT 18446744073709551615::UBIGINT x)", 0x1p64, SOURCE_INTEGER },
        { "(SELECT (-170141183460469231731687303715884105727)::HUGEINT x)", -0x1p127, SOURCE_INTEGER },
        { "(SELECT 0.1::FLOAT x)", (double)0.1f, SOURCE_FLOAT },
        { "(SELECT 0.1::DOUBLE x)", 0.1, SOURCE_FLOAT },
        { "(SELECT 123.45::DECIMAL(10, 2) x)", 123.45, SOURCE_FLOAT },
        { "(SELECT 'nan'::DOUBLE x)", NAN, SOURCE_FLOAT },
        { "(SELECT '-inf'::DOUBLE x)", -INFINITY, SOURCE_FLOAT },
        { "(SELECT NULL::INTEGER x)", NAN, SOURCE_INTEGER },
        { "(SELECT NULL::DECIMAL(38, 3) x)", NAN, SOURCE_FLOAT },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(frame_free_slot) struct frame *frame = select_or_fail(cases[i].sql, cases[i].sql);
        const struct column *column = &frame->columns[0];
        CHECK_INT(cases[i].sql, column->storage, STORAGE_NUMBER);
        CHECK_INT(cases[i].sql, column->source, cases[i].source);
        CHECK_NEAR(cases[i].sql, column->f64[0], cases[i].value, 0);
        CHECK_INT(cases[i].sql, column->missing, isnan(cases[i].value) != 0);
    }
}

TEST(duckdb_frame_of_times)
{
    static const struct {
        const char *sql;
        int64_t us;
    } cases[] = {
        { "(SELECT '1970-01-02'::DATE x)", 86400000000 },
        { "(SELECT '1969-12-31 23:59:59.999999'::TIMESTAMP x)", -1 },
        { "(SELECT '1970-01-01 00:00:02'::TIMESTAMP_S x)", 2000000 },
        { "(SELECT '1970-01-01 00:00:00.002'::TIMESTAMP_MS x)", 2000 },
        { "(SELECT '1970-01-01 00:00:00.000002999'::TIMESTAMP_NS x)", 2 },
        { "(SELECT '1970-01-01 01:00:00+01'::TIMESTAMPTZ x)", 0 },
        { "(SELECT 'infinity'::TIMESTAMP x)", FRAME_TIME_MISSING },
        { "(SELECT '294000-01-01'::DATE x)", FRAME_TIME_MISSING },
        { "(SELECT NULL::DATE x)", FRAME_TIME_MISSING },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(frame_free_slot) struct frame *frame = select_or_fail(cases[i].sql, cases[i].sql);
        CHECK_INT(cases[i].sql, frame->columns[0].storage, STORAGE_TIME);
        CHECK_INT(cases[i].sql, frame->columns[0].us[0], cases[i].us);
    }
}

TEST(duckdb_frame_of_texts)
{
    static const struct {
        const char *sql, *text;
        enum column_source source;
    } cases[] = {
        { "(SELECT 'short' x)", "short", SOURCE_STRING },
        { "(SELECT 'longer than what DuckDB keeps inline' x)", "longer than what DuckDB keeps inline", SOURCE_STRING },
        { "(SELECT '' x)", "", SOURCE_STRING },
        { "(SELECT 'b'::ENUM ('a', 'b') x)", "b", SOURCE_STRING },
        { "(SELECT true x)", "true", SOURCE_BOOLEAN },
        { "(SELECT '12:30:00'::TIME x)", "12:30:00", SOURCE_STRING },
        { "(SELECT '01234567-89ab-cdef-0123-456789abcdef'::UUID x)", "01234567-89ab-cdef-0123-456789abcdef", SOURCE_STRING },
        { "(SELECT '\\xFFa'::BLOB x)", "\\xFFa", SOURCE_STRING },
        { "(SELECT INTERVAL 3 DAY x)", "3 days", SOURCE_STRING },
        { "(SELECT [1, 2] x)", "[1, 2]", SOURCE_OTHER },
        { "(SELECT {'k': 1} x)", "{'k': 1}", SOURCE_OTHER },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(frame_free_slot) struct frame *frame = select_or_fail(cases[i].sql, cases[i].sql);
        const struct column *column = &frame->columns[0];
        CHECK_INT(cases[i].sql, column->storage, STORAGE_CATEGORY);
        CHECK_INT(cases[i].sql, column->source, cases[i].source);
        CHECK_STR(cases[i].sql, column->categories[column->codes[0]], str_of(cases[i].text));
    }
}

TEST(duckdb_frame_keeps_order_over_many_chunks)
{
    CLEANUP(frame_free_slot) struct frame *frame =
        select_or_fail("reads", "(SELECT i::INTEGER a, CASE WHEN i % 3 = 0 THEN NULL ELSE 'v' || (i % 5) END b FROM range(10000) t(i))");
    CHECK_INT("rows", frame->rows, 10000);
    CHECK_INT("every third is missing", frame->columns[1].missing, 3334);
    CHECK_INT("five texts", frame->columns[1].category_count, 5);
    for (size_t row = 0; row < frame->rows; row++) {
        CHECK_INT("in order", frame->columns[0].f64[row], row);
        CHECK_INT("codes in byte order", frame->columns[1].codes[row], row % 3 == 0 ? FRAME_MISSING : row % 5);
    }
}

TEST(duckdb_frame_takes_fewer_and_more_rows_than_expected)
{
    static const size_t expected[] = { 1, 9999, 10000, 10001, 1000000 };
    CLEANUP(duckdb_door_connection_slot) duckdb_connection connection = connect_or_fail();
    for (size_t i = 0; i < COUNT(expected); i++) {
        CLEANUP(frame_free_slot) struct frame *frame = NULL;
        struct error err = { 0 };
        struct duckdb_frame_options options = { .origin = STR("test"), .rows_expected = expected[i] };
        str source = STR("(SELECT i x, 'v' || i % 3 y FROM range(10000) r(i))");
        CHECK_OK("read", duckdb_frame_read(connection, source, &options, &frame, &err), &err);
        if (frame == NULL)
            continue;
        CHECK_INT("all rows", frame->rows, 10000);
        CHECK_NEAR("the last number", frame->columns[0].f64[9999], 9999, 0);
        CHECK_INT("the last text", frame->columns[1].codes[9999], 0);
    }
}

TEST(duckdb_frame_binds_values)
{
    CLEANUP(duckdb_door_connection_slot) duckdb_connection connection = connect_or_fail();
    const struct duckdb_binding bindings[] = {
        { .kind = DUCKDB_BIND_TEXT, .text = STR("it's") }, { .kind = DUCKDB_BIND_I64, .i64 = 42 },
        { .kind = DUCKDB_BIND_F64, .f64 = 0.5 },           { .kind = DUCKDB_BIND_TIME_US, .i64 = 1000001 },
        { .kind = DUCKDB_BIND_NULL },
    };
    struct duckdb_frame_options options = { .origin = STR("test"), .bindings = bindings, .binding_count = COUNT(bindings) };
    CLEANUP(frame_free_slot) struct frame *frame = NULL;
    struct error err = { 0 };
    CHECK_OK("reads", duckdb_frame_read(connection, STR("(SELECT ?::VARCHAR a, ?::BIGINT b, ?::DOUBLE c, ?::TIMESTAMP d, "
                                                        "?::DOUBLE e)"), &options, &frame, &err), &err);
    CHECK_STR("text", frame->columns[0].categories[0], STR("it's"));
    CHECK_NEAR("integer", frame->columns[1].f64[0], 42, 0);
    CHECK_NEAR("double", frame->columns[2].f64[0], 0.5, 0);
    CHECK_INT("time", frame->columns[3].us[0], 1000001);
    CHECK("null", isnan(frame->columns[4].f64[0]));
}

/* Writes a Parquet file of `select` and returns its path. */
static str make_parquet(struct arena *arena, const char *name, const char *select)
{
    CLEANUP(duckdb_door_connection_slot) duckdb_connection connection = connect_or_fail();
    str path = arena_printf(arena, "%s/%s", test_folder(), name);
    CLEANUP(buf_done) struct buf sql;
    buf_init(&sql, 10000);
    buf_printf(&sql, "COPY (%s) TO ", select);
    duckdb_door_literal(&sql, path);
    buf_printf(&sql, " (FORMAT parquet)");
    struct error err = { 0 };
    CHECK_OK("writes", duckdb_door_run(connection, buf_str(&sql), NULL, 0, &err), &err);
    return path;
}

TEST(read_parquet_with_odd_names)
{
    struct arena arena;
    arena_init(&arena, 0);
    str path = make_parquet(&arena, "it's.parquet", "SELECT 1 AS \"a\"\"b\", 2 AS \"new\nline\", 3 AS \"select\"");
    static const str wanted[] = { STR("select"), STR("new\nline"), STR("a\"b") };
    struct read_options options = { .path = path, .columns = wanted, .column_count = COUNT(wanted), .rows_max = 1 };
    CLEANUP(frame_free_slot) struct frame *frame = NULL;
    struct error err = { 0 };
    CHECK_OK("reads", read_table(&options, &frame, &err), &err);
    for (size_t i = 0; i < COUNT(wanted); i++) {
        CHECK_STR("name", frame->columns[i].name, wanted[i]);
        CHECK_NEAR("value", frame->columns[i].f64[0], 3 - (double)i, 0);
    }
    arena_done(&arena);
}

struct job {
    str path;
    double sum;
    struct error err;
};

static void *read_in_thread(void *argument)
{
    struct job *job = argument;
    CLEANUP(frame_free_slot) struct frame *frame = NULL;
    if (read_table(&(struct read_options){ .path = job->path }, &frame, &job->err) != OK)
        return NULL;
    for (size_t row = 0; row < frame->rows; row++)
        job->sum += frame->columns[0].f64[row];
    return NULL;
}

TEST(read_parquet_from_several_threads)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct job jobs[4] = { 0 };
    pthread_t threads[COUNT(jobs)];
    for (size_t i = 0; i < COUNT(jobs); i++) {
        str select = arena_printf(&arena, "SELECT i + %zu AS a, 't' || i AS b FROM range(50000) t(i)", i);
        jobs[i].path = make_parquet(&arena, arena_printf(&arena, "%zu.parquet", i).data, select.data);
    }
    for (size_t i = 0; i < COUNT(jobs); i++)
        CHECK_INT("started", pthread_create(&threads[i], NULL, read_in_thread, &jobs[i]), 0);
    for (size_t i = 0; i < COUNT(jobs); i++) {
        pthread_join(threads[i], NULL);
        CHECK_INT("read", jobs[i].err.status, OK);
        CHECK_NEAR("0 + 1 + ... + 49999, and i each", jobs[i].sum, 49999.0 * 25000 + 50000.0 * (double)i, 0);
    }
    arena_done(&arena);
}

TEST(duckdb_door_errors_are_for_people)
{
    static const struct {
        const char *why, *message;
        enum status status;
        const char *cause;
    } cases[] = {
        { "SQL is cut off", "Binder Error: column \"x\" not found\n\nLINE 1: SELECT x", ERR_INVALID, "column \"x\" not found" },
        { "a missing file", "IO Error: No files found that match the pattern \"x\"", ERR_NOT_FOUND,
          "No files found that match the pattern \"x\"" },
        { "the disk", "IO Error: Could not write file \"x\": No space left on device", ERR_UNAVAILABLE,
          "Could not write file \"x\": No space left on device" },
        { "memory", "Out of Memory Error: failed to allocate", ERR_LIMIT, "failed to allocate" },
        { "a lock", "IO Error: Could not set lock on file \"x\": Conflicting lock", ERR_CONFLICT,
          "Could not set lock on file \"x\": Conflicting lock" },
        { "control characters", "Invalid Input Error: a\tb\x01" "c.\n", ERR_INVALID, "a b c" },
        { "no reason", NULL, ERR_INVALID, "the database gave no reason" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error err = { 0 };
        CHECK_INT(cases[i].why, duckdb_door_error(&err, cases[i].message), cases[i].status);
        CHECK_STR(cases[i].why, str_of(err.cause), str_of(cases[i].cause));
    }
}

TEST(duckdb_door_loads_nothing_and_refuses_rubbish)
{
    CLEANUP(duckdb_door_connection_slot) duckdb_connection connection = connect_or_fail();
    struct error err = { 0 };
    CHECK_FAILS("syntax", duckdb_door_run(connection, STR("SELEC 1"), NULL, 0, &err), ERR_INVALID, &err);
    error_clear(&err);
    CHECK("the network is out of reach",
          duckdb_door_run(connection, STR("SELECT * FROM read_csv('http://127.0.0.1:1/x.csv')"), NULL, 0, &err) != OK);
    struct frame *frame = NULL;
    struct duckdb_frame_options options = { .origin = STR("test") };
    error_clear(&err);
    CHECK_FAILS("an error in the middle of the rows",
                duckdb_frame_read(connection, STR("(SELECT CASE WHEN i < 5000 THEN 1 ELSE error('stop') END x FROM range(9999) t(i))"),
                                  &options, &frame, &err), ERR_INVALID, &err);
    CHECK_STR("its reason", str_of(err.cause), STR("stop"));
}

#define WIDE_COLUMNS 70 /* three groups, the last one not full */
#define WIDE_ROWS 5000  /* more than one chunk of DuckDB's */

/* "(SELECT i + 0 AS c0, i + 1 AS c1 ... FROM range(rows) t(i) WHERE condition)"; every seventh column needs a cast. */
static str wide_source(struct arena *arena, size_t rows, const char *condition)
{
    str sql = STR("(SELECT ");
    for (size_t i = 0; i < WIDE_COLUMNS; i++)
        sql = arena_printf(arena, "%.*s%s(i + %zu)::%s AS c%zu", STR_ARG(sql), i ? ", " : "", i,
                           i % 7 == 0 ? "HUGEINT" : "DOUBLE", i);
    return arena_printf(arena, "%.*s FROM range(%zu) t(i) WHERE %s)", STR_ARG(sql), rows, condition);
}

TEST(duckdb_frame_reads_many_columns_in_groups)
{
    CLEANUP(arena_done) struct arena arena;
    arena_init(&arena, 0);
    static const struct {
        const char *why;
        size_t rows_max, rows;
    } cases[] = { { "all rows", 0, WIDE_ROWS }, { "the first rows of each group", 3000, 3000 } };
    for (size_t k = 0; k < COUNT(cases); k++) {
        CLEANUP(duckdb_door_connection_slot) duckdb_connection connection = connect_or_fail();
        CLEANUP(frame_free_slot) struct frame *frame = NULL;
        struct error err = { 0 };
        struct duckdb_frame_options options = { .origin = STR("test"), .is_countable = true,
                                                .rows_max = cases[k].rows_max };
        CHECK_OK(cases[k].why,
                 duckdb_frame_read(connection, wide_source(&arena, WIDE_ROWS, "true"), &options, &frame, &err), &err);
        CHECK_INT(cases[k].why, frame->rows, cases[k].rows);
        CHECK_INT(cases[k].why, frame->column_count, WIDE_COLUMNS);
        for (size_t i = 0; i < WIDE_COLUMNS; i++)
            for (size_t row = 0; row < frame->rows; row += 999)
                CHECK_NEAR(cases[k].why, frame->columns[i].f64[row], (double)(row + i), 0);
    }
}

TEST(duckdb_frame_refuses_a_source_that_changes_between_groups)
{
    CLEANUP(arena_done) struct arena arena;
    arena_init(&arena, 0);
    CLEANUP(duckdb_door_connection_slot) duckdb_connection connection = connect_or_fail();
    struct error err = { 0 };
    CHECK_OK("a sequence", duckdb_door_run(connection, STR("CREATE TEMP SEQUENCE s"), NULL, 0, &err), &err);
    /* Counting takes the numbers up to 10, the first group up to 20, and of the second group's half are too high. */
    struct duckdb_frame_options options = { .origin = STR("test"), .is_countable = true };
    struct frame *frame = NULL;
    enum status status =
        duckdb_frame_read(connection, wide_source(&arena, 10, "nextval('s') <= 25"), &options, &frame, &err);
    CHECK_INT("columns of different lengths make no frame", status, ERR_CONFLICT);
}
