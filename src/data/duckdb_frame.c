#include "data/duckdb_frame.h"

#include <math.h>

#include "base/civil.h"
#include "base/mem.h"
#include "data/column_builder.h"
#include "data/read.h"

#define SQL_BYTES_MAX ((size_t)64 << 20)
#define PROGRESS_ROWS ((size_t)1 << 16)
#define NS_PER_US 1000
/* Columns of a Parquet file that are read together. DuckDB holds buffers of a megabyte or two for each: of a hundred
 * columns they are 200 MB of fresh memory, which costs more than going through the file again. */
#define COLUMNS_AT_ONCE ((size_t)32)
/* Columns in one block begin on a cache line of their own. */
#define PADDED_ROWS ((size_t)16)

/* How the values of a DuckDB type reach a column: as they are, or through a cast in the query. */
enum cast { CAST_NONE, CAST_DOUBLE, CAST_TEXT, CAST_JSON };

struct type_rule {
    enum column_storage storage;
    enum column_source source;
    enum cast cast;
};

static struct type_rule rule_of(duckdb_type type)
{
    switch ((int)type) { /* most types fall under the last rule, those of later releases too */
    case DUCKDB_TYPE_BOOLEAN:
        return (struct type_rule){ STORAGE_CATEGORY, SOURCE_BOOLEAN, CAST_NONE };
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT:
        return (struct type_rule){ STORAGE_NUMBER, SOURCE_INTEGER, CAST_NONE };
    case DUCKDB_TYPE_HUGEINT:
    case DUCKDB_TYPE_UHUGEINT:
    case DUCKDB_TYPE_BIGNUM:
        return (struct type_rule){ STORAGE_NUMBER, SOURCE_INTEGER, CAST_DOUBLE };
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
        return (struct type_rule){ STORAGE_NUMBER, SOURCE_FLOAT, CAST_NONE };
    case DUCKDB_TYPE_DECIMAL:
    case DUCKDB_TYPE_SQLNULL:
        return (struct type_rule){ STORAGE_NUMBER, SOURCE_FLOAT, CAST_DOUBLE };
    case DUCKDB_TYPE_DATE:
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
    case DUCKDB_TYPE_TIMESTAMP_NS:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
        return (struct type_rule){ STORAGE_TIME, SOURCE_TIME, CAST_NONE };
    case DUCKDB_TYPE_VARCHAR:
        return (struct type_rule){ STORAGE_CATEGORY, SOURCE_STRING, CAST_NONE };
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_ARRAY:
    case DUCKDB_TYPE_STRUCT:
    case DUCKDB_TYPE_MAP:
    case DUCKDB_TYPE_UNION:
        return (struct type_rule){ STORAGE_CATEGORY, SOURCE_OTHER, CAST_TEXT };
    default: /* enums, blobs, uuids, times of day, intervals, bits */
        return (struct type_rule){ STORAGE_CATEGORY, SOURCE_STRING, CAST_TEXT };
    }
}

/* One duckdb_frame_read() at work. */
struct loading {
    const struct duckdb_frame_options *options;
    size_t column_count;
    struct column_builder *builders; /* [column_count] */
    duckdb_type *types;              /* as fetched, after casts */
    str *names;
    struct type_rule *rules;
    struct frame *frame;
    struct arena scratch;
};

/* The columns [first, end), which one statement yields. */
struct group {
    size_t first, end;
};

static void loading_done(struct loading *loading)
{
    for (size_t i = 0; loading->builders != NULL && i < loading->column_count; i++)
        column_builder_done(&loading->builders[i]);
    frame_free(loading->frame);
    arena_done(&loading->scratch);
}

/* Where `wanted` stands among the statement's columns. */
static enum status find_column(duckdb_prepared_statement statement, str wanted, idx_t count, idx_t *ret_index,
                               struct error *err)
{
    for (idx_t i = 0; i < count; i++) {
        const char *name = duckdb_prepared_statement_column_name(statement, i);
        bool is_it = str_equal(str_of(name), wanted);
        duckdb_free((void *)name);
        if (is_it) {
            *ret_index = i;
            return OK;
        }
    }
    return error_set(err, ERR_NOT_FOUND, "there is no column \"%.*s\"", STR_ARG(wanted));
}

/* JSON is VARCHAR under another name; its texts are quoted, as `"x"`. */
static bool is_json(duckdb_prepared_statement statement, idx_t index)
{
    duckdb_logical_type type = duckdb_prepared_statement_column_logical_type(statement, index);
    char *alias = duckdb_logical_type_get_alias(type);
    bool is_alias = alias != NULL && str_equal(str_of(alias), STR("JSON"));
    duckdb_free(alias);
    duckdb_destroy_logical_type(&type);
    return is_alias;
}

/* Notes the name and how the values will come. */
static void learn_column(struct loading *loading, size_t column, duckdb_prepared_statement statement, idx_t index)
{
    const char *name = duckdb_prepared_statement_column_name(statement, index);
    loading->names[column] = arena_copy(&loading->scratch, str_of(name));
    duckdb_free((void *)name);
    duckdb_type type = duckdb_prepared_statement_column_type(statement, index);
    struct type_rule rule = rule_of(type);
    if (rule.cast == CAST_NONE && is_json(statement, index))
        rule.cast = CAST_JSON;
    loading->rules[column] = rule;
    loading->types[column] = rule.cast == CAST_NONE ? type
                             : rule.cast == CAST_DOUBLE ? DUCKDB_TYPE_DOUBLE : DUCKDB_TYPE_VARCHAR;
}

static enum status learn_columns(struct loading *loading, duckdb_prepared_statement statement, struct error *err)
{
    const struct duckdb_frame_options *options = loading->options;
    idx_t available = duckdb_prepared_statement_column_count(statement);
    size_t count = options->columns != NULL ? options->column_count : (size_t)available;
    if (count > READ_COLUMNS_MAX)
        return error_set(err, ERR_LIMIT, "%zu columns; at most %zu are read", count, READ_COLUMNS_MAX);
    loading->names = arena_array(&loading->scratch, str, count);
    loading->types = arena_array(&loading->scratch, duckdb_type, count);
    loading->rules = arena_array(&loading->scratch, struct type_rule, count);
    loading->builders = arena_array(&loading->scratch, struct column_builder, count);
    if (loading->names == NULL || loading->types == NULL || loading->rules == NULL || loading->builders == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu columns", count);
    TRY(column_builder_frame(options->origin, count, &loading->frame, err));
    for (size_t i = 0; i < count; i++) {
        idx_t index = i;
        if (options->columns != NULL)
            TRY(find_column(statement, options->columns[i], available, &index, err));
        learn_column(loading, i, statement, index);
        column_builder_init(&loading->builders[i], loading->rules[i].storage, loading->rules[i].source,
                            &loading->frame->arena);
        loading->column_count = i + 1;
    }
    return OK;
}

static void append_projection(const struct loading *loading, struct group group, struct buf *sql)
{
    for (size_t i = group.first; i < group.end; i++) {
        static const char *const before[] = { "", "TRY_CAST(", "CAST(", "json_extract_string(" };
        static const char *const after[] = { "", " AS DOUBLE)", " AS VARCHAR)", ", '$')" };
        enum cast cast = loading->rules[i].cast;
        (void)buf_printf(sql, "%s%s", i == group.first ? "" : ", ", before[cast]);
        (void)duckdb_door_identifier(sql, loading->names[i]);
        (void)buf_printf(sql, "%s", after[cast]);
    }
}

/* Learns the columns from a statement that yields them all, as they are. */
static enum status prepare_all(struct loading *loading, duckdb_connection connection, str source,
                               duckdb_prepared_statement *ret_statement, struct error *err)
{
    const struct duckdb_frame_options *options = loading->options;
    CLEANUP(buf_done) struct buf sql;
    buf_init(&sql, SQL_BYTES_MAX);
    buf_printf(&sql, "SELECT * FROM %.*s", STR_ARG(source));
    TRY(duckdb_door_prepare(connection, buf_str(&sql), options->bindings, options->binding_count, ret_statement, err));
    return learn_columns(loading, *ret_statement, err);
}

/* Whether the statement that yields all columns yields what take_column() knows, and is not too wide. */
static bool is_plain(const struct loading *loading, size_t columns_at_once)
{
    const struct duckdb_frame_options *options = loading->options;
    bool is_plain = options->columns == NULL && options->rows_max == 0 && loading->column_count <= columns_at_once;
    for (size_t i = 0; i < loading->column_count; i++)
        is_plain = is_plain && loading->rules[i].cast == CAST_NONE;
    return is_plain;
}

/* A statement that yields just the group's columns, in types that take_column() knows. */
static enum status prepare_group(const struct loading *loading, struct group group, duckdb_connection connection,
                                 str source, duckdb_prepared_statement *ret_statement, struct error *err)
{
    const struct duckdb_frame_options *options = loading->options;
    CLEANUP(buf_done) struct buf sql;
    buf_init(&sql, SQL_BYTES_MAX);
    buf_printf(&sql, "SELECT ");
    append_projection(loading, group, &sql);
    buf_printf(&sql, " FROM %.*s", STR_ARG(source));
    if (options->rows_max != 0)
        buf_printf(&sql, " LIMIT %zu", options->rows_max);
    if (buf_is_overfull(&sql))
        return error_set(err, ERR_LIMIT, "the column names are too long");
    return duckdb_door_prepare(connection, buf_str(&sql), options->bindings, options->binding_count, ret_statement,
                               err);
}

/* The number of rows, asked for before they are read; 0 where that fails: the query itself will say why. */
static size_t count_rows(duckdb_connection connection, str source, const struct duckdb_frame_options *options)
{
    CLEANUP(buf_done) struct buf sql;
    buf_init(&sql, SQL_BYTES_MAX);
    buf_printf(&sql, "SELECT count(*) FROM %.*s", STR_ARG(source));
    CLEANUP(duckdb_door_result_slot) duckdb_result result = { 0 };
    CLEANUP(duckdb_door_chunk_slot) duckdb_data_chunk chunk = NULL;
    if (duckdb_door_query(connection, buf_str(&sql), options->bindings, options->binding_count, &result, NULL) != OK ||
        duckdb_door_fetch(&result, &chunk, NULL) != OK || chunk == NULL)
        return 0;
    int64_t rows = *(const int64_t *)duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0));
    return options->rows_max != 0 ? MIN_OF((size_t)rows, options->rows_max) : (size_t)rows;
}

/* Lends each column its part of one block. Without memory for it nothing is lent, and the columns grow by
 * themselves until that fails. */
static void lend_block(struct loading *loading, size_t rows)
{
    size_t row_bytes = 0;
    for (size_t i = 0; i < loading->column_count; i++)
        row_bytes += column_value_bytes(loading->rules[i].storage);
    size_t padded = (rows + PADDED_ROWS - 1) / PADDED_ROWS * PADDED_ROWS;
    char *block = padded < rows ? NULL : mem_block(padded, row_bytes);
    if (block == NULL)
        return;
    loading->frame->blocks[loading->frame->block_count++] = block;
    for (size_t i = 0; i < loading->column_count; i++) {
        column_builder_lend(&loading->builders[i], block, padded);
        block += padded * column_value_bytes(loading->rules[i].storage);
    }
}

static bool is_valid(const uint64_t *validity, idx_t row)
{
    return validity == NULL || (validity[row / 64] >> (row % 64) & 1) != 0;
}

#define TAKE_NUMBERS(c_type)                                                                                           \
    do {                                                                                                               \
        const c_type *values = data;                                                                                   \
        double *to = builder->f64 + builder->rows;                                                                     \
        for (idx_t i = 0; i < rows; i++)                                                                               \
            to[i] = (double)values[i];                                                                                 \
    } while (0)

/* Numbers are copied as a whole, then those that are NULL are overwritten: both loops stay simple enough
 * for the compiler's vector instructions. */
static void take_numbers(struct column_builder *builder, duckdb_type type, const void *data, const uint64_t *validity,
                         idx_t rows)
{
    switch ((int)type) {
    case DUCKDB_TYPE_TINYINT:
        TAKE_NUMBERS(int8_t);
        break;
    case DUCKDB_TYPE_SMALLINT:
        TAKE_NUMBERS(int16_t);
        break;
    case DUCKDB_TYPE_INTEGER:
        TAKE_NUMBERS(int32_t);
        break;
    case DUCKDB_TYPE_BIGINT:
        TAKE_NUMBERS(int64_t);
        break;
    case DUCKDB_TYPE_UTINYINT:
        TAKE_NUMBERS(uint8_t);
        break;
    case DUCKDB_TYPE_USMALLINT:
        TAKE_NUMBERS(uint16_t);
        break;
    case DUCKDB_TYPE_UINTEGER:
        TAKE_NUMBERS(uint32_t);
        break;
    case DUCKDB_TYPE_UBIGINT:
        TAKE_NUMBERS(uint64_t);
        break;
    case DUCKDB_TYPE_FLOAT:
        TAKE_NUMBERS(float);
        break;
    default:
        memcpy(builder->f64 + builder->rows, data, rows * sizeof(double));
        break;
    }
    double *to = builder->f64 + builder->rows;
    for (idx_t i = 0; validity != NULL && i < rows; i++)
        to[i] = is_valid(validity, i) ? to[i] : NAN;
    size_t missing = 0;
    for (idx_t i = 0; i < rows; i++)
        missing += to[i] != to[i];
    builder->missing += missing;
    builder->rows += rows;
}

/* A time in `type` as microseconds; false where it does not fit or is infinite. */
static bool time_us(duckdb_type type, const void *data, idx_t row, int64_t *ret_us)
{
    int64_t value = type == DUCKDB_TYPE_DATE ? ((const int32_t *)data)[row] : ((const int64_t *)data)[row];
    int64_t scale = 1;
    if (type == DUCKDB_TYPE_DATE)
        scale = CIVIL_US_PER_DAY;
    else if (type == DUCKDB_TYPE_TIMESTAMP_S)
        scale = CIVIL_US_PER_SECOND;
    else if (type == DUCKDB_TYPE_TIMESTAMP_MS)
        scale = CIVIL_US_PER_SECOND / 1000;
    else if (type == DUCKDB_TYPE_TIMESTAMP_NS)
        value = value / NS_PER_US - (value % NS_PER_US < 0); /* towards the past, as the other units do */
    return !__builtin_mul_overflow(value, scale, ret_us) && *ret_us >= CIVIL_MIN_US && *ret_us <= CIVIL_MAX_US;
}

static void take_times(struct column_builder *builder, duckdb_type type, const void *data, const uint64_t *validity,
                       idx_t rows)
{
    for (idx_t i = 0; i < rows; i++) {
        int64_t us = FRAME_TIME_MISSING;
        if (is_valid(validity, i) && !time_us(type, data, i, &us)) {
            us = FRAME_TIME_MISSING;
            builder->cut_times++;
        }
        column_builder_add_time(builder, us);
    }
}

/* duckdb_string_t_data() and _length() without two calls a value; the layout is public in duckdb.h. */
static str text_of(const duckdb_string_t *text)
{
    size_t size = text->value.inlined.length;
    bool is_inlined = size <= sizeof text->value.inlined.inlined;
    return (str){ is_inlined ? text->value.inlined.inlined : text->value.pointer.ptr, size };
}

static enum status take_texts(struct column_builder *builder, const void *data, const uint64_t *validity, idx_t rows,
                              struct error *err)
{
    const duckdb_string_t *texts = data;
    for (idx_t i = 0; i < rows; i++) {
        if (is_valid(validity, i))
            TRY(column_builder_add_text(builder, text_of(&texts[i]), err));
        else
            column_builder_add_missing(builder);
    }
    return OK;
}

static enum status take_booleans(struct column_builder *builder, const void *data, const uint64_t *validity, idx_t rows,
                                 struct error *err)
{
    const bool *booleans = data;
    for (idx_t i = 0; i < rows; i++) {
        if (is_valid(validity, i))
            TRY(column_builder_add_text(builder, booleans[i] ? STR("true") : STR("false"), err));
        else
            column_builder_add_missing(builder);
    }
    return OK;
}

static enum status take_column(struct column_builder *builder, duckdb_type type, duckdb_vector vector, idx_t rows,
                               struct error *err)
{
    TRY(column_builder_reserve(builder, rows, err));
    void *data = duckdb_vector_get_data(vector);
    const uint64_t *validity = duckdb_vector_get_validity(vector);
    switch (builder->storage) {
    case STORAGE_NUMBER:
        take_numbers(builder, type, data, validity, rows);
        return OK;
    case STORAGE_TIME:
        take_times(builder, type, data, validity, rows);
        return OK;
    case STORAGE_CATEGORY:
    case STORAGE_COUNT:
        break;
    }
    return type == DUCKDB_TYPE_BOOLEAN ? take_booleans(builder, data, validity, rows, err)
                                       : take_texts(builder, data, validity, rows, err);
}

/* Tells how many rows have come, a group of the columns counting as its part of them. */
static void tell_progress(const struct loading *loading, struct group group, size_t group_rows)
{
    const struct duckdb_frame_options *options = loading->options;
    size_t cells = group.first * loading->frame->rows + (group.end - group.first) * group_rows;
    if (options->on_progress != NULL && loading->column_count != 0)
        options->on_progress(options->progress_context, cells / loading->column_count);
}

static enum status take_chunks(struct loading *loading, struct group group, duckdb_result *result, struct error *err)
{
    size_t rows = 0, reported = 0;
    for (;;) {
        CLEANUP(duckdb_door_chunk_slot) duckdb_data_chunk chunk = NULL;
        TRY(duckdb_door_fetch(result, &chunk, err));
        if (chunk == NULL)
            break;
        idx_t chunk_rows = duckdb_data_chunk_get_size(chunk);
        for (size_t i = group.first; i < group.end; i++) {
            duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, i - group.first);
            if (take_column(&loading->builders[i], loading->types[i], vector, chunk_rows, err) != OK)
                return error_while(err, "column \"%.*s\"", STR_ARG(loading->names[i]));
        }
        rows += chunk_rows;
        if (rows - reported >= PROGRESS_ROWS) {
            tell_progress(loading, group, rows);
            reported = rows;
        }
    }
    if (group.first != 0 && rows != loading->frame->rows)
        return error_set(err, ERR_CONFLICT, "the file changed while it was read");
    loading->frame->rows = rows;
    return OK;
}

static enum status read_group(struct loading *loading, struct group group, duckdb_prepared_statement statement,
                              struct error *err)
{
    CLEANUP(duckdb_door_result_slot) duckdb_result result = { 0 };
    TRY(duckdb_door_stream(statement, &result, err));
    return take_chunks(loading, group, &result, err);
}

static enum status read_groups(struct loading *loading, duckdb_connection connection, str source,
                               duckdb_prepared_statement all, struct error *err)
{
    size_t count = loading->column_count;
    size_t at_once = loading->options->is_countable ? MIN_OF(COLUMNS_AT_ONCE, count) : count;
    if (is_plain(loading, at_once))
        return read_group(loading, (struct group){ 0, count }, all, err);
    struct group group = { 0, at_once };
    do {
        CLEANUP(duckdb_door_statement_slot) duckdb_prepared_statement statement = NULL;
        TRY(prepare_group(loading, group, connection, source, &statement, err));
        TRY(read_group(loading, group, statement, err));
        group = (struct group){ group.end, MIN_OF(group.end + at_once, count) };
    } while (group.first < count);
    return OK;
}

static enum status finish_columns(struct loading *loading, struct error *err)
{
    struct frame *frame = loading->frame;
    for (size_t i = 0; i < loading->column_count; i++) {
        const char *note = NULL;
        if (loading->rules[i].source == SOURCE_OTHER)
            note = "nested values are read as their text";
        else if (loading->rules[i].cast == CAST_JSON && loading->builders[i].missing < frame->rows)
            note = "values of several types are read as their text";
        TRY(column_builder_finish(&loading->builders[i], loading->names[i], note, frame, &frame->columns[i], err));
        frame->column_count = i + 1;
    }
    return OK;
}

enum status duckdb_frame_read(duckdb_connection connection, str source, const struct duckdb_frame_options *options,
                              struct frame **ret_frame, struct error *err)
{
    CLEANUP(loading_done) struct loading loading = { .options = options };
    CLEANUP(duckdb_door_statement_slot) duckdb_prepared_statement all = NULL;
    TRY(prepare_all(&loading, connection, source, &all, err));
    size_t rows = options->is_countable ? count_rows(connection, source, options) : options->rows_expected;
    if (rows != 0)
        lend_block(&loading, rows);
    TRY(read_groups(&loading, connection, source, all, err));
    TRY(finish_columns(&loading, err));
    *ret_frame = loading.frame;
    loading.frame = NULL;
    return OK;
}
