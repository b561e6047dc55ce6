#include "data/read.h"

#include "data/csv_read.h"
#include "data/duckdb_frame.h"
#include "data/input.h"

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
static enum status format_of_content(struct input *input, enum read_format *ret_format, struct error *err)
{
    TRY(input_load(input, err));
    str content = str_slice((str){ input->content, input->content != NULL ? input->bytes : 0 }, 0, 4096);
    str text = str_trim(content);
    *ret_format = READ_FORMAT_CSV;
    if (str_has_prefix(content, STR("PAR1")))
        *ret_format = READ_FORMAT_PARQUET;
    else if (str_has_prefix(text, STR("{")) || str_has_prefix(text, STR("[")))
        *ret_format = READ_FORMAT_JSON;
    return OK;
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

static enum status open_inputs(struct source *source, struct error *err)
{
    for (size_t i = 0; i < source->file_count; i++) {
        if (source->inputs[i] == NULL)
            TRY(input_open(source->files[i], bytes_max_of(source->options), &source->arena, &source->inputs[i], err));
        if (source->inputs[i]->bytes == 0)
            return error_set(err, ERR_INVALID, "%.*s: the file is empty", STR_ARG(source->inputs[i]->name));
    }
    return OK;
}

/* Decided by the first file; stdin and files without a telling name are looked into. */
static enum status find_format(struct source *source, struct error *err)
{
    source->format = source->options->format;
    if (source->format != READ_FORMAT_AUTO ||
        (read_format_of(ending_of(source->files[0]), &source->format) && source->format != READ_FORMAT_AUTO))
        return OK;
    TRY(input_open(source->files[0], bytes_max_of(source->options), &source->arena, &source->inputs[0], err));
    return format_of_content(source->inputs[0], &source->format, err);
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
    (void)buf_printf(sql, "]%s%s)", source->file_count > 1 ? ", union_by_name=true" : "",
                     is_parquet ? "" : ", format='auto', compression='none', maximum_object_size=" JSON_OBJECT_BYTES_MAX);
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
        .rows_max = options->rows_max, .is_countable = source->format == READ_FORMAT_PARQUET, .on_progress = options->on_progress, .progress_context = options->progress_context,
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
        if (read_by_duckdb(&source, &frame, err) != OK)
            return error_while(err, "%.*s", STR_ARG(options->path));
    }
    if (frame->rows == 0) {
        frame_free(frame);
        return error_set(err, ERR_INVALID, "%.*s: the file has columns, but no rows", STR_ARG(options->path));
    }
    *ret_frame = frame;
    return OK;
}
