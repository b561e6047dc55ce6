#include "data/read.h"

#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>
#include <zstd.h>

#include "base/file.h"
#include "base/test.h"

/* A file of that name and content in the test's folder; the path lives in `arena`. */
static str make_file(struct arena *arena, const char *name, str content)
{
    str path = arena_printf(arena, "%s/%s", test_folder(), name);
    FILE *file = fopen(path.data, "wb");
    CHECK("the file is written", file != NULL && fwrite(content.data, 1, content.size, file) == content.size);
    if (file != NULL)
        fclose(file);
    return path;
}

static struct frame *read_or_fail(const char *why, str path)
{
    struct frame *frame = NULL;
    struct error err = { 0 };
    CHECK_OK(why, read_table(&(struct read_options){ .path = path }, &frame, &err), &err);
    return frame;
}

/* The cell as text: "-" where it is missing, numbers with all their digits. */
static str cell_text(const struct frame *frame, size_t column_index, size_t row, struct arena *arena)
{
    const struct column *column = &frame->columns[column_index];
    if (column->storage == STORAGE_CATEGORY)
        return column->codes[row] == FRAME_MISSING ? STR("-") : column->categories[column->codes[row]];
    if (column->storage == STORAGE_TIME)
        return column->us[row] == FRAME_TIME_MISSING ? STR("-")
                                                     : arena_printf(arena, "%lld us", (long long)column->us[row]);
    return isnan(column->f64[row]) ? STR("-") : arena_printf(arena, "%.17g", column->f64[row]);
}

/* "name:source=cell,cell,...; ..." of the whole frame, so that a case is one line. */
static str frame_text(const struct frame *frame, struct arena *arena)
{
    str text = STR("");
    for (size_t i = 0; frame != NULL && i < frame->column_count; i++) {
        const struct column *column = &frame->columns[i];
        text = arena_printf(arena, "%.*s%s%.*s:%s=", STR_ARG(text), i == 0 ? "" : "; ", STR_ARG(column->name),
                            column_source_name(column->source));
        for (size_t row = 0; row < frame->rows; row++)
            text = arena_printf(arena, "%.*s%s%.*s", STR_ARG(text), row == 0 ? "" : ",",
                                STR_ARG(cell_text(frame, i, row, arena)));
    }
    return text;
}

TEST(read_csv_finds_dialect_header_and_types)
{
    static const struct {
        const char *why, *name;
        str content;
        const char *frame;
    } cases[] = {
        { "plain", "a.csv", STR("a,b\n1,x\n2.5,y\n"), "a:float=1,2.5; b:string=x,y" },
        { "semicolons, no line end at the end", "a.csv", STR("a;b\n1;x\n2;y"), "a:integer=1,2; b:string=x,y" },
        { "tabs", "a.tsv", STR("a\tb\n1\tx\n2\ty\n"), "a:integer=1,2; b:string=x,y" },
        { "bars", "a.txt", STR("a|b\n1|x\n2|y\n"), "a:integer=1,2; b:string=x,y" },
        { "byte order mark and CRLF", "a.csv", STR("\xEF\xBB\xBF" "a,b\r\n1,x\r\n2,y\r\n"), "a:integer=1,2; b:string=x,y" },
        { "old line ends", "a.csv", STR("a,b\r1,x\r2,y\r"), "a:integer=1,2; b:string=x,y" },
        { "quotes, line ends and delimiters inside", "a.csv", STR("a,b\n1,\"x,\"\"y\"\"\"\n2,\"p\nq\"\n"),
          "a:integer=1,2; b:string=x,\"y\",p\nq" },
        { "text behind a closing quote", "a.csv", STR("a,b\n1,\"x\"y\n2,z\n"), "a:integer=1,2; b:string=xy,z" },
        { "one column", "a.csv", STR("a\n1\n2\n"), "a:integer=1,2" },
        { "no header", "a.csv", STR("1,x\n2,y\n"), "column0:integer=1,2; column1:string=x,y" },
        { "all text: the first row is the header", "a.csv", STR("p,q\nx,y\n"), "p:string=x; q:string=y" },
        { "blank lines", "a.csv", STR("\na,b\n\n1,x\n\n\n2,y\n\n"), "a:integer=1,2; b:string=x,y" },
        { "a preamble, which DuckDB knows", "a.csv", STR("# one\n# two\na,b\n1,2\n3,4\n5,6\n"),
          "a:integer=1,3,5; b:integer=2,4,6" },
        { "a name that says nothing", "data", STR("a,b\n1,x\n"), "a:integer=1; b:string=x" },
        { "pandas' missing values", "a.csv", STR("a,b\n1,x\nNA,n/a\n<NA>,None\n#N/A,null\nnan,\"\"\n-1.#IND,y\n"),
          "a:integer=1,-,-,-,-,-; b:string=x,-,-,-,-,y" },
        { "no value at all", "a.csv", STR("a,b\n,1\n,2\n"), "a:float=-,-; b:integer=1,2" },
        { "extreme numbers", "a.csv", STR("a\n1e300\n5e-324\n-inf\nInfinity\n1e999\n -0.5 \n"),
          "a:float=1.0000000000000001e+300,4.9406564584124654e-324,-inf,inf,inf,-0.5" },
        { "booleans", "a.csv", STR("a\nTrue\nfalse\n\"\"\n"), "a:boolean=true,false,-" },
        { "0 and 1 are numbers", "a.csv", STR("a\n0\n1\n"), "a:integer=0,1" },
        { "times", "a.csv", STR("a\n1970-01-02\n\"\"\n1970-01-01 00:00:01.5\n1970-01-01T01:00:00+01:00\n"),
          "a:time=86400000000 us,-,1500000 us,0 us" },
        { "names", "a.csv", STR("a,a,,\"q\"\"\n\",a\n1,2,3,4,5\n"),
          "a:integer=1; a_1:integer=2; column2:integer=3; q\":integer=4; a_2:integer=5" },
        { "not UTF-8", "a.csv", STR("a,b\ncaf\xE9,1\nok,2\n"), "a:string=caf\\xE9,ok; b:integer=1,2" },
    };
    struct arena arena;
    arena_init(&arena, 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(frame_free_slot) struct frame *frame =
            read_or_fail(cases[i].why, make_file(&arena, cases[i].name, cases[i].content));
        CHECK_STR(cases[i].why, frame_text(frame, &arena), str_of(cases[i].frame));
    }
    arena_done(&arena);
}

TEST(read_says_what_is_wrong_and_where)
{
    static const struct {
        const char *why, *name;
        str content;
        enum status status;
        const char *words; /* in the message */
    } cases[] = {
        { "a short row", "a.csv", STR("a,b\n1,2\n3\n4,5\n"), ERR_INVALID, "a.csv: line 3 has 1 field where the header has 2" },
        { "a long row behind line ends in quotes", "a.csv", STR("a,b\n1,\"x\n\"\n4,5,6\n"), ERR_INVALID, "line 4 has 3 fields" },
        { "as many rows fit as don't", "a.csv", STR("a,b\n1,2\n3\n4,5,6\n"), ERR_INVALID, "line 3 has 1 field where the header" },
        { "a quote never closed", "a.csv", STR("a,b\n1,2\n3,\"x\n4,5\n"), ERR_INVALID, "line 3: a quote" },
        { "nothing in it", "a.csv", STR(""), ERR_INVALID, "a.csv: the file is empty" },
        { "blank lines only", "a.csv", STR("\n\n"), ERR_INVALID, "a.csv: the file is empty" },
        { "only a header", "a.csv", STR("a,b\n"), ERR_INVALID, "no rows" },
        { "UTF-16", "a.csv", STR("\xFF\xFE" "a\0,\0b\0\n\0"), ERR_INVALID, "UTF-16" },
        { "Parquet called CSV", "a.csv", STR("PAR1....PAR1"), ERR_INVALID, "Parquet" },
        { "CSV called Parquet", "a.parquet", STR("a,b\n1,2\n"), ERR_INVALID, "a.parquet: this is no Parquet file" },
        { "Parquet cut off", "a.parquet", STR("PAR1 and so on"), ERR_CORRUPT, "cut off" },
        { "Parquet without content", "a.parquet", STR("PAR1\0\0\0\0PAR1"), ERR_INVALID, "a.parquet" },
        { "Parquet with a footer beyond its size", "a.parquet", STR("PAR1abcdefgh\xFF\xFF\x00\x00PAR1"), ERR_INVALID, "a.parquet" },
        { "empty Parquet", "a.parquet", STR(""), ERR_INVALID, "the file is empty" },
        { "JSON cut off", "a.jsonl", STR("{\"a\":1}\n{\"a\":\n"), ERR_INVALID, "line 2: malformed JSON" },
        { "JSON not UTF-8", "a.jsonl", STR("{\"a\":1}\n{\"a\":2}\n{\"a\":\"\xFF\"}\n"), ERR_INVALID, "line 3" },
        { "JSON without rows", "a.json", STR("[]"), ERR_INVALID, "no rows" },
        { "gzip cut off", "a.csv.gz", STR("\x1F\x8B\x08\x00\x00\x00\x00\x00"), ERR_CORRUPT, "gzip" },
        { "zstd damaged", "a.csv.zst", STR("\x28\xB5\x2F\xFD\xFF\xFF\xFF\xFF"), ERR_CORRUPT, "zstd" },
    };
    struct arena arena;
    arena_init(&arena, 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct frame *frame = NULL;
        struct error err = { 0 };
        str path = make_file(&arena, cases[i].name, cases[i].content);
        CHECK_FAILS(cases[i].why, read_table(&(struct read_options){ .path = path }, &frame, &err), cases[i].status, &err);
        char text[1024];
        error_text(&err, text, sizeof text);
        CHECK(cases[i].why, strstr(text, cases[i].words) != NULL && strstr(text, cases[i].name) != NULL);
        CHECK("no SQL in it", strstr(text, "SELECT") == NULL && strstr(text, "LINE 1") == NULL && strchr(text, '\n') == NULL);
        frame_free(frame);
    }
    arena_done(&arena);
}

TEST(read_of_paths_that_are_no_file)
{
    struct arena arena;
    arena_init(&arena, 0);
    const struct {
        const char *why;
        str path;
        enum status status;
    } cases[] = {
        { "not there", arena_printf(&arena, "%s/none.csv", test_folder()), ERR_NOT_FOUND },
        { "not there either", arena_printf(&arena, "%s/none.parquet", test_folder()), ERR_NOT_FOUND },
        { "a glob without a match", arena_printf(&arena, "%s/*.csv", test_folder()), ERR_NOT_FOUND },
        { "a folder", str_of(test_folder()), ERR_INVALID },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct frame *frame = NULL;
        struct error err = { 0 };
        CHECK_FAILS(cases[i].why, read_table(&(struct read_options){ .path = cases[i].path }, &frame, &err),
                    cases[i].status, &err);
    }
    arena_done(&arena);
}

/* `rows` lines "i,x" behind the header, and `odd` in place of row `odd_row`. */
static str numbers_with_one_odd(struct arena *arena, size_t rows, size_t odd_row, const char *odd)
{
    CLEANUP(buf_done) struct buf text;
    buf_init(&text, (size_t)1 << 24);
    buf_printf(&text, "a,b\n");
    for (size_t i = 1; i <= rows; i++) {
        if (i == odd_row)
            buf_printf(&text, "%s,x\n", odd);
        else
            buf_printf(&text, "%zu.5,x\n", i);
    }
    return arena_copy(arena, buf_str(&text));
}

TEST(read_csv_turns_a_misjudged_column_into_text)
{
    struct arena arena;
    arena_init(&arena, 0);
    static const size_t odd_rows[] = { 2, 30000 }; /* inside and far behind the sample that types come from */
    for (size_t i = 0; i < COUNT(odd_rows); i++) {
        str path = make_file(&arena, "a.csv", numbers_with_one_odd(&arena, 30001, odd_rows[i], "abc"));
        CLEANUP(frame_free_slot) struct frame *frame = read_or_fail("reads", path);
        const struct column *column = &frame->columns[0];
        CHECK_INT("text", column->source, SOURCE_STRING);
        CHECK_STR("the odd value", cell_text(frame, 0, odd_rows[i] - 1, &arena), STR("abc"));
        CHECK_STR("the others as they were written", cell_text(frame, 0, 30000, &arena), STR("30001.5"));
        CHECK_INT("none lost", frame->columns[1].rows, 30001);
        str line = arena_printf(&arena, "line %zu holds \"abc\"", odd_rows[i] + 1);
        CHECK("the note names the line", column->note != NULL && strstr(column->note, line.data) != NULL);
        CHECK("the other column has none", frame->columns[1].note == NULL);
    }
    arena_done(&arena);
}

TEST(read_csv_notes_what_is_odd)
{
    struct arena arena;
    arena_init(&arena, 0);
    str content = STR("id,id,n\n9007199254740993,caf\xE9,1\n1,\xFF,2\n");
    CLEANUP(frame_free_slot) struct frame *frame = read_or_fail("reads", make_file(&arena, "a.csv", content));
    CHECK("rounded", strstr(frame->columns[0].note, "1 integers are beyond 2^53") != NULL);
    CHECK("renamed", strstr(frame->columns[1].note, "another column called \"id\"") != NULL);
    CHECK("escaped", strstr(frame->columns[1].note, "2 values are not UTF-8") != NULL);
    CHECK("where", strstr(frame->columns[1].note, "row 1)") != NULL);
    CHECK("nothing to say", frame->columns[2].note == NULL);
    arena_done(&arena);
}

TEST(read_takes_columns_and_rows)
{
    struct arena arena;
    arena_init(&arena, 0);
    static const str wanted[] = { STR("c"), STR("a") }, unknown[] = { STR("d") };
    static const struct {
        const char *name;
        str content;
    } files[] = {
        { "a.csv", STR("a,b,c\n1,2,3\n4,5,6\n7,8,9\n") },
        { "a.jsonl", STR("{\"a\":1,\"b\":2,\"c\":3}\n{\"a\":4,\"b\":5,\"c\":6}\n{\"a\":7,\"b\":8,\"c\":9}\n") },
        { "a.json", STR("[{\"a\":1,\"b\":2,\"c\":3},{\"a\":4,\"b\":5,\"c\":6},{\"a\":7,\"b\":8,\"c\":9}]") },
    };
    for (size_t i = 0; i < COUNT(files); i++) {
        struct read_options options = { .path = make_file(&arena, files[i].name, files[i].content), .columns = wanted,
                                        .column_count = 2, .rows_max = 2 };
        CLEANUP(frame_free_slot) struct frame *frame = NULL;
        struct error err = { 0 };
        CHECK_OK(files[i].name, read_table(&options, &frame, &err), &err);
        CHECK_STR(files[i].name, frame_text(frame, &arena), STR("c:integer=3,6; a:integer=1,4"));
        options.columns = unknown;
        options.column_count = 1;
        struct frame *none = NULL;
        CHECK_FAILS("no such column", read_table(&options, &none, &err), ERR_NOT_FOUND, &err);
    }
    arena_done(&arena);
}

TEST(read_json_types)
{
    struct arena arena;
    arena_init(&arena, 0);
    str content = STR("{\"n\":1,\"x\":0.5,\"s\":\"a\",\"b\":true,\"m\":1,\"l\":[1,2]}\n"
                      "{\"n\":null,\"x\":2,\"s\":null,\"b\":false,\"m\":\"q\",\"l\":null}\n");
    CLEANUP(frame_free_slot) struct frame *frame = read_or_fail("reads", make_file(&arena, "a.jsonl", content));
    CHECK_STR("types", frame_text(frame, &arena),
              STR("n:integer=1,-; x:float=0.5,2; s:string=a,-; b:boolean=true,false; m:string=1,q; l:other=[1, 2],-"));
    CHECK("mixed", strstr(frame->columns[4].note, "several types") != NULL);
    CHECK("nested", strstr(frame->columns[5].note, "nested") != NULL);
    arena_done(&arena);
}

static str gzip_of(struct arena *arena, str content)
{
    z_stream stream = { 0 };
    size_t bytes_max = content.size + 1000;
    char *packed = arena_alloc(arena, bytes_max);
    CHECK_INT("zlib", deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (Bytef *)content.data;
    stream.avail_in = (uInt)content.size;
    stream.next_out = (Bytef *)packed;
    stream.avail_out = (uInt)bytes_max;
    CHECK_INT("all of it", deflate(&stream, Z_FINISH), Z_STREAM_END);
    (void)deflateEnd(&stream); /* frees */
    return (str){ packed, stream.total_out };
}

static str zstd_of(struct arena *arena, str content)
{
    size_t bytes_max = ZSTD_compressBound(content.size);
    char *packed = arena_alloc(arena, bytes_max);
    size_t size = ZSTD_compress(packed, bytes_max, content.data, content.size, 1);
    CHECK("zstd", !ZSTD_isError(size));
    return (str){ packed, size };
}

TEST(read_unpacks_gzip_and_zstd)
{
    struct arena arena;
    arena_init(&arena, 0);
    str csv = STR("a,b\n1,x\n2,y\n"), json = STR("{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"y\"}\n");
    str member = gzip_of(&arena, STR("a,b\n1,x\n")), second = gzip_of(&arena, STR("2,y\n"));
    const struct {
        const char *name;
        str content;
    } files[] = {
        { "a.csv.gz", gzip_of(&arena, csv) },
        { "a.csv.zst", zstd_of(&arena, csv) },
        { "a.jsonl.gz", gzip_of(&arena, json) },
        { "a.ndjson.zst", zstd_of(&arena, json) },
        { "two-members.csv.gz", arena_printf(&arena, "%s", "") },
    };
    for (size_t i = 0; i < COUNT(files); i++) {
        str content = files[i].content;
        if (content.size == 0) {
            char *both = arena_alloc(&arena, member.size + second.size);
            memcpy(both, member.data, member.size);
            memcpy(both + member.size, second.data, second.size);
            content = (str){ both, member.size + second.size };
        }
        CLEANUP(frame_free_slot) struct frame *frame =
            read_or_fail(files[i].name, make_file(&arena, files[i].name, content));
        CHECK_STR(files[i].name, frame_text(frame, &arena), STR("a:integer=1,2; b:string=x,y"));
    }
    struct frame *frame = NULL;
    struct error err = { 0 };
    struct read_options options = { .path = make_file(&arena, "bomb.csv.gz", gzip_of(&arena, csv)), .bytes_max = 5 };
    CHECK_FAILS("more content than allowed", read_table(&options, &frame, &err), ERR_LIMIT, &err);
    arena_done(&arena);
}

TEST(read_of_a_glob_is_one_table)
{
    struct arena arena;
    arena_init(&arena, 0);
    (void)make_file(&arena, "part-1.csv", STR("a,b\n1,x\n2,y\n"));
    (void)make_file(&arena, "part-2.csv", STR("b,a\nz,3.5\n"));
    str pattern = arena_printf(&arena, "%s/part-*.csv", test_folder());
    CLEANUP(frame_free_slot) struct frame *frame = read_or_fail("columns by name", pattern);
    CHECK_STR("in the files' order", frame_text(frame, &arena), STR("a:float=1,2,3.5; b:string=x,y,z"));
    (void)make_file(&arena, "part-3.csv", STR("a,b\nabc,w\n"));
    CLEANUP(frame_free_slot) struct frame *text = read_or_fail("a second pass over all of them", pattern);
    CHECK_STR("as text", frame_text(text, &arena), STR("a:string=1,2,3.5,abc; b:string=x,y,z,w"));
    (void)make_file(&arena, "part-4.csv", STR("a,c\n1,2\n"));
    struct frame *none = NULL;
    struct error err = { 0 };
    CHECK_FAILS("other columns", read_table(&(struct read_options){ .path = pattern }, &none, &err), ERR_INVALID, &err);
    CHECK("names the file", strstr(err.context, "part-4.csv") != NULL);
    (void)make_file(&arena, "odd[1].csv", STR("a,b\n1,x\n"));
    CLEANUP(frame_free_slot) struct frame *odd =
        read_or_fail("a name that looks like a glob", arena_printf(&arena, "%s/odd[1].csv", test_folder()));
    CHECK_INT("is a file", odd->rows, 1);
    arena_done(&arena);
}

TEST(read_of_stdin_finds_the_format)
{
    struct arena arena;
    arena_init(&arena, 0);
    static const char *const contents[] = { "a,b\n1,x\n2,y\n", "[{\"a\":1,\"b\":\"x\"},{\"a\":2,\"b\":\"y\"}]" };
    int kept = dup(STDIN_FILENO);
    for (size_t i = 0; i < COUNT(contents); i++) {
        int ends[2];
        CHECK_INT("a pipe", pipe(ends), 0);
        CHECK("filled", write(ends[1], contents[i], strlen(contents[i])) > 0);
        close(ends[1]);
        dup2(ends[0], STDIN_FILENO);
        close(ends[0]);
        CLEANUP(frame_free_slot) struct frame *frame = read_or_fail(contents[i], STR("-"));
        CHECK_STR(contents[i], frame_text(frame, &arena), STR("a:integer=1,2; b:string=x,y"));
    }
    dup2(kept, STDIN_FILENO);
    close(kept);
    arena_done(&arena);
}

static void count_calls(void *context, size_t rows)
{
    size_t *calls = context;
    calls[0]++;
    calls[1] = rows;
}

TEST(read_reports_progress)
{
    struct arena arena;
    arena_init(&arena, 0);
    size_t calls[2] = { 0 };
    struct read_options options = { .path = make_file(&arena, "a.csv", numbers_with_one_odd(&arena, 70000, 0, "")),
                                    .on_progress = count_calls, .progress_context = calls };
    CLEANUP(frame_free_slot) struct frame *frame = NULL;
    struct error err = { 0 };
    CHECK_OK("reads", read_table(&options, &frame, &err), &err);
    CHECK("more than once", calls[0] >= 2);
    CHECK("up to some row", calls[1] > 30000 && calls[1] <= 70000);
    arena_done(&arena);
}

TEST(read_format_names)
{
    static const struct {
        const char *name;
        enum read_format format;
    } cases[] = { { "CSV", READ_FORMAT_CSV }, { "tsv", READ_FORMAT_CSV }, { "parquet", READ_FORMAT_PARQUET },
                  { "jsonl", READ_FORMAT_JSON }, { "ndjson", READ_FORMAT_JSON }, { "auto", READ_FORMAT_AUTO } };
    enum read_format format;
    for (size_t i = 0; i < COUNT(cases); i++) {
        CHECK("known", read_format_of(str_of(cases[i].name), &format));
        CHECK_INT(cases[i].name, format, cases[i].format);
    }
    CHECK("unknown", !read_format_of(STR("xlsx"), &format));
    CHECK_STR("back", str_of(read_format_name(READ_FORMAT_PARQUET)), STR("parquet"));
}
