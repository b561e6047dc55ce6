#include "data/read.h"

#include <unistd.h>

#include "base/number.h"
#include "data/csv_read.h"
#include "data/duckdb_frame.h"
#include "data/input.h"
#include "data/parquet_read.h"

#define SOURCE_BYTES_MAX ((size_t)64 << 20)
/* DuckDB refuses larger JSON objects unless told; one row of ours may be that long. */
#define JSON_OBJECT_BYTES_MAX "268435456"

static const struct {
    str name;
    enum read_format format;
} format_names[] = {
    { STR("auto"), READ_FORMAT_AUTO },       { STR("csv"), READ_FORMAT_CSV },   { STR("parquet"), READ_FORMAT_PARQUET },
    { STR("json"), READ_FORMAT_JSON },       { STR("tsv"), READ_FORMAT_CSV },   { STR("txt"), READ_FORMAT_CSV },
    { STR("pq"), READ_FORMAT_PARQUET },      { STR("jsonl"), READ_FORMAT_JSON }, { STR("ndjson"), READ_FORMAT_JSON },
};

const char *read_format_name(enum read_format format)
{
    return format < READ_FORMAT_COUNT ? format_names[format].name.data : "unknown";
}

bool read_format_of(str name, enum read_format *ret_format)
{
    for (size_t i = 0; i < COUNT(format_names); i++) {
        if (str_equal_ignoring_case(name, format_names[i].name)) {
            *ret_format = format_names[i].format;
            return true;
        }
    }
    return false;
}

/* The part behind the last dot of the last path segment, without ".gz" or ".zst" there. */
static str ending_of(str path)
{
    if (str_has_suffix(path, STR(".gz")))
        path.size -= 3;
    else if (str_has_suffix(path, STR(".zst")))
        path.size -= 4;
    for (size_t i = path.size; i > 0 && path.data[i - 1] != '/'; i--)
        if (path.data[i - 1] == '.')
            return str_slice(path, i, path.size);
    return STR("");
}

/* What the first bytes look like; anything unknown is taken for CSV. */
static enum read_format format_of_content(const struct input *input)
{
    char head[256];
    ssize_t got = pread(input->fd, head, sizeof head, 0);
    str content = { head, got > 0 ? (size_t)got : 0 }, text = str_trim(content);
    if (str_has_prefix(content, STR("PAR1")))
        return READ_FORMAT_PARQUET;
    bool is_json = str_has_prefix(text, STR("{")) || str_has_prefix(text, STR("["));
    return is_json ? READ_FORMAT_JSON : READ_FORMAT_CSV;
}

struct source {
    const struct read_options *options;
    str *files;
    size_t file_count;
    enum read_format format;
    struct input **inputs; /* [file_count], open: DuckDB reads through them */
    struct arena arena;
};

static void source_done(struct source *source)
{
    for (size_t i = 0; source->inputs != NULL && i < source->file_count; i++)
        input_close(source->inputs[i]);
    arena_done(&source->arena);
}

static size_t bytes_max_of(const struct read_options *options)
{
    return options->bytes_max != 0 ? options->bytes_max : READ_BYTES_MAX;
}

/* A Parquet file begins and ends with "PAR1" (parquet-format, README "File format"); one whose writer was
 * interrupted does not end so. */
static enum status check_parquet(const struct input *input, struct error *err)
{
    char head[4] = { 0 }, tail[4] = { 0 };
    off_t last = input->bytes >= sizeof tail ? (off_t)(input->bytes - sizeof tail) : 0;
    bool has_head = pread(input->fd, head, sizeof head, 0) == sizeof head && memcmp(head, "PAR1", sizeof head) == 0;
    bool has_tail = pread(input->fd, tail, sizeof tail, last) == sizeof tail && memcmp(tail, "PAR1", sizeof tail) == 0;
    if (has_head && has_tail)
        return OK;
    if (has_head)
        return error_set(err, ERR_CORRUPT, "the Parquet file is cut off: its last bytes are missing");
    return error_set(err, ERR_INVALID, "this is no Parquet file");
}

static enum status open_inputs(struct source *source, struct error *err)
{
    for (size_t i = 0; i < source->file_count; i++) {
        if (source->inputs[i] == NULL)
            TRY(input_open(source->files[i], bytes_max_of(source->options), &source->arena, &source->inputs[i], err));
        const struct input *input = source->inputs[i];
        enum status status = input->bytes == 0 ? error_set(err, ERR_INVALID, "the file is empty") : OK;
        if (status == OK && source->format == READ_FORMAT_PARQUET)
            status = check_parquet(input, err);
        if (status != OK)
            return error_while(err, "%.*s", STR_ARG(input->name));
    }
    return OK;
}

/* Puts 'Malformed JSON in file "F", at byte B in line L: reason' in the words that CSV errors have. Up to 1.4.4, DuckDB
 * counts lines from 2 there; read_test.c fails on the day it does not. */
static void reword_json_error(struct error *err)
{
    str rest = str_of(err->cause), part;
    const char *at = strstr(err->cause, ", at byte ");
    if (!str_has_prefix(rest, STR("Malformed JSON in file")) || at == NULL)
        return;
    rest = str_of(at + strlen(", at byte "));
    uint64_t byte, line;
    if (!str_split(&rest, ' ', &part) || !number_parse_u64(part, &byte) || !str_has_prefix(rest, STR("in line ")))
        return;
    rest = str_slice(rest, strlen("in line "), rest.size);
    if (!str_split(&rest, ':', &part) || !number_parse_u64(part, &line) || line < 2)
        return;
    struct error reworded = { 0 };
    (void)error_set(&reworded, err->status, "line %llu: malformed JSON at byte %llu:%.*s", (unsigned long long)line - 1,
                     (unsigned long long)byte, STR_ARG(rest));
    memcpy(err->cause, reworded.cause, sizeof err->cause);
}

/* DuckDB's messages quote the paths that it was given; users know files by other names. */
static enum status rename_in_error(const struct source *source, struct error *err)
{
    bool is_named = false;
    if (err != NULL)
        reword_json_error(err);
    for (size_t i = 0; err != NULL && i < source->file_count; i++) {
        const struct input *input = source->inputs[i];
        const char *found = strstr(err->cause, input->path.data);
        is_named = is_named || found != NULL;
        if (found == NULL || str_equal(input->path, input->name))
            continue;
        char renamed[sizeof err->cause];
        int before = (int)(found - err->cause);
        (void)snprintf(renamed, sizeof renamed, "%.*s%.*s%s", before, err->cause, STR_ARG(input->name),
                       found + input->path.size); /* cut off is fine */
        memcpy(err->cause, renamed, sizeof renamed);
    }
    return is_named ? err->status : error_while(err, "%.*s", STR_ARG(source->inputs[0]->name));
}

/* Decided by the first file; stdin and files without a telling name are looked into. */
static enum status find_format(struct source *source, struct error *err)
{
    source->format = source->options->format;
    if (source->format != READ_FORMAT_AUTO ||
        (read_format_of(ending_of(source->files[0]), &source->format) && source->format != READ_FORMAT_AUTO))
        return OK;
    TRY(input_open(source->files[0], bytes_max_of(source->options), &source->arena, &source->inputs[0], err));
    source->format = format_of_content(source->inputs[0]);
    return OK;
}

static enum status append_source(const struct source *source, struct buf *sql, struct error *err)
{
    bool is_parquet = source->format == READ_FORMAT_PARQUET;
    (void)buf_printf(sql, "%s([", is_parquet ? "read_parquet" : "read_json");
    for (size_t i = 0; i < source->file_count; i++) {
        if (i != 0)
            (void)buf_append_byte(sql, ',');
        (void)duckdb_door_literal(sql, source->inputs[i]->path);
    }
    /* input_open() has unpacked the file, whatever its name still says. */
    static const char json_options[] =
        ", format='auto', compression='uncompressed', maximum_object_size=" JSON_OBJECT_BYTES_MAX;
    (void)buf_printf(sql, "]%s%s)", source->file_count > 1 ? ", union_by_name=true" : "", is_parquet ? "" : json_options);
    return buf_is_overfull(sql) ? error_set(err, ERR_LIMIT, "too many files") : OK;
}

static enum status read_by_duckdb(struct source *source, struct frame **ret_frame, struct error *err)
{
    const struct read_options *options = source->options;
    CLEANUP(buf_done) struct buf sql;
    buf_init(&sql, SOURCE_BYTES_MAX);
    TRY(append_source(source, &sql, err));
    duckdb_database database;
    TRY(duckdb_door_shared(&database, err));
    CLEANUP(duckdb_door_connection_slot) duckdb_connection connection = NULL;
    TRY(duckdb_door_connect(database, &connection, err));
    struct duckdb_frame_options frame_options = {
        .origin = options->path, .columns = options->columns, .column_count = options->column_count,
        .rows_max = options->rows_max, .is_countable = source->format == READ_FORMAT_PARQUET,
        .on_progress = options->on_progress, .progress_context = options->progress_context,
    };
    return duckdb_frame_read(connection, buf_str(&sql), &frame_options, ret_frame, err);
}

enum status read_table(const struct read_options *options, struct frame **ret_frame, struct error *err)
{
    CLEANUP(source_done) struct source source = { .options = options };
    arena_init(&source.arena, 0);
    TRY(input_expand(options->path, &source.arena, &source.files, &source.file_count, err));
    source.inputs = arena_array(&source.arena, struct input *, source.file_count);
    if (source.inputs == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu files", source.file_count);
    TRY(find_format(&source, err));
    struct frame *frame = NULL;
    if (source.format == READ_FORMAT_CSV) {
        struct input *first = source.inputs[0];
        source.inputs[0] = NULL;
        TRY(csv_read(options, source.files, source.file_count, first, &frame, err));
    } else {
        TRY(open_inputs(&source, err));
        bool is_read = source.format == READ_FORMAT_PARQUET && source.file_count == 1 &&
                       parquet_read(options, source.inputs[0], &frame);
        if (!is_read && read_by_duckdb(&source, &frame, err) != OK)
            return rename_in_error(&source, err);
    }
    if (frame->rows == 0) {
        frame_free(frame);
        return error_set(err, ERR_INVALID, "%.*s: there are columns, but no rows", STR_ARG(source.files[0]));
    }
    *ret_frame = frame;
    return OK;
}
