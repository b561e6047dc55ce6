#include "data/csv_read.h"

#include "base/mem.h"
#include "data/csv_column.h"
#include "data/csv_dialect.h"
#include "data/csv_names.h"
#include "data/duckdb_dialect.h"

/* Types are guessed from so many rows; a wrong guess costs a second pass for that column, not a wrong value. */
#define SAMPLE_ROWS 1000
#define PROGRESS_ROWS ((size_t)1 << 15)
/* Of a field that the caller's list of columns leaves out. */
#define NOT_WANTED SIZE_MAX
#define ROWS_GUESS_FACTOR 1.05
#define FIELD_TEXT_MAX ((size_t)1 << 32)

/* Everything about one call of csv_read(). `places` and `fields` belong to the file being read. */
struct table {
    const struct read_options *options;
    const str *files;
    size_t file_count;
    struct input *input; /* the file that is open */
    size_t open_index;   /* which one that is */
    struct csv_dialect dialect;
    bool has_header;
    struct csv_name *names; /* of the first file, [field_count] */
    struct csv_tally *tallies;
    size_t field_count;
    struct csv_field *fields; /* [field_count] */
    size_t *places;           /* [field_count], index into columns or NOT_WANTED */
    struct csv_column *columns;
    size_t column_count, rows, guessed_rows;
    const char **name_notes; /* [column_count] */
    struct buf text;         /* of one cell with quotes inside */
    struct arena scratch;
    struct frame *frame;
};

static void table_done(struct table *table)
{
    for (size_t i = 0; i < table->column_count; i++)
        csv_column_done(&table->columns[i]);
    input_close(table->input);
    frame_free(table->frame);
    buf_done(&table->text);
    arena_done(&table->scratch);
}

/* What messages call a file. */
static str name_of(str path)
{
    return str_equal(path, STR("-")) ? STR("standard input") : path;
}

static enum status no_memory(size_t columns, struct error *err)
{
    return error_set(err, ERR_LIMIT, "no memory for %zu columns", columns);
}

/* Which bytes tell that this is no CSV at all, before they end up in column names. */
static enum status refuse_other_content(str content, struct error *err)
{
    if (str_has_prefix(content, STR("\xFF\xFE")) || str_has_prefix(content, STR("\xFE\xFF")))
        return error_set(err, ERR_INVALID, "the text is UTF-16; save it as UTF-8");
    if (str_has_prefix(content, STR("PAR1")))
        return error_set(err, ERR_INVALID, "this is Parquet, not CSV");
    if (str_is_empty(str_trim(content)))
        return error_set(err, ERR_INVALID, "the file is empty");
    return OK;
}

static enum status open_file(struct table *table, size_t index, struct error *err)
{
    if (table->input == NULL || index != table->open_index) {
        input_close(table->input);
        table->input = NULL;
        table->open_index = index;
    }
    if (table->input != NULL)
        return input_load(table->input, err);
    size_t bytes_max = table->options->bytes_max != 0 ? table->options->bytes_max : READ_BYTES_MAX;
    TRY(input_open(table->files[index], bytes_max, &table->scratch, &table->input, err));
    return input_load(table->input, err);
}

static str content_of(const struct table *table)
{
    return (str){ table->input->content, table->input->content != NULL ? table->input->bytes : 0 };
}

static enum status find_dialect(struct table *table, struct error *err)
{
    TRY(refuse_other_content(content_of(table), err));
    if (csv_dialect_find(content_of(table), &table->dialect) || table->options->delimiter != 0) {
        if (table->options->delimiter != 0)
            table->dialect =
                (struct csv_dialect){ .delimiter = table->options->delimiter, .quote = '"', .escape = '"' };
        return OK;
    }
    struct csv_dialect sniffed;
    struct error unsure = { 0 }; /* one column of text is no mistake: the guess stands */
    if (duckdb_dialect_find(table->input->path, &sniffed, &unsure) == OK)
        table->dialect = sniffed;
    return OK;
}

/* The first row decides how many fields there are; its texts are kept for the names. */
static enum status first_row(struct table *table, struct csv_scanner *scanner, str **ret_texts, struct error *err)
{
    bool has_row;
    struct csv_scanner again = *scanner;
    TRY(csv_scanner_row(&again, NULL, 0, &table->field_count, &has_row, err));
    if (!has_row)
        return error_set(err, ERR_INVALID, "the file has no rows");
    if (table->field_count > READ_COLUMNS_MAX)
        return error_set(err, ERR_LIMIT, "line %zu has %zu columns; at most %zu are read", again.line,
                         table->field_count, READ_COLUMNS_MAX);
    table->fields = arena_array(&table->scratch, struct csv_field, table->field_count);
    table->tallies = arena_array(&table->scratch, struct csv_tally, table->field_count);
    table->places = arena_array(&table->scratch, size_t, table->field_count);
    str *texts = arena_array(&table->scratch, str, table->field_count);
    if (table->fields == NULL || table->tallies == NULL || table->places == NULL || texts == NULL)
        return no_memory(table->field_count, err);
    size_t count;
    TRY(csv_scanner_row(scanner, table->fields, table->field_count, &count, &has_row, err));
    for (size_t i = 0; i < count; i++)
        texts[i] = arena_copy(&table->scratch, csv_field_text(&table->fields[i], &table->dialect, &table->text));
    *ret_texts = texts;
    return OK;
}

/* Guesses the rows of the only file from the size of its first ones, a little high: memory that stays unwritten
 * costs nothing. 0 = no guess. */
static size_t guess_rows(const struct table *table, const struct csv_scanner *scanner, size_t sampled)
{
    size_t sampled_bytes = (size_t)(scanner->at - table->input->content);
    if (table->file_count > 1 || sampled == 0 || sampled_bytes == 0)
        return 0;
    double rows = (double)sampled / (double)sampled_bytes * (double)table->input->bytes * ROWS_GUESS_FACTOR;
    size_t rows_max = table->options->rows_max != 0 ? table->options->rows_max : SIZE_MAX;
    return MIN_OF((size_t)rows, rows_max);
}

/* Counts the types in the rows behind the first; lines that are ragged or broken are met again, and reported, when
 * they are read. */
static void tally_sample(struct table *table, struct csv_scanner *scanner)
{
    size_t row;
    for (row = 0; row < SAMPLE_ROWS; row++) {
        size_t count;
        bool has_row;
        if (csv_scanner_row(scanner, table->fields, table->field_count, &count, &has_row, NULL) != OK || !has_row ||
            count != table->field_count)
            break;
        for (size_t i = 0; i < count; i++)
            table->tallies[i].counts[csv_cell_type(
                csv_field_text(&table->fields[i], &table->dialect, &table->text))]++;
    }
    table->guessed_rows = guess_rows(table, scanner, row);
}

/* A header is text above values that are none; where all is text, the first row is taken for one as well. */
static bool looks_like_header(const struct table *table, const str *texts)
{
    bool has_other_than_text = false, is_all_text = true;
    for (size_t i = 0; i < table->field_count; i++) {
        enum csv_type first = csv_cell_type(texts[i]), rest = csv_tally_type(&table->tallies[i]);
        bool is_rest_typed = rest != CSV_TEXT && rest != CSV_MISSING;
        if (first == CSV_TEXT && is_rest_typed)
            return true;
        has_other_than_text = has_other_than_text || (first != CSV_TEXT && first != CSV_MISSING);
        is_all_text = is_all_text && !is_rest_typed;
    }
    return is_all_text && !has_other_than_text;
}

static enum status add_column(struct table *table, size_t field, struct error *err)
{
    size_t index = table->column_count;
    if (table->places[field] != NOT_WANTED)
        return error_set(err, ERR_INVALID, "column \"%.*s\" is asked for twice", STR_ARG(table->names[field].name));
    table->places[field] = index;
    table->columns[index].name = table->names[field].name;
    table->name_notes[index] = table->has_header ? table->names[field].note : NULL;
    csv_column_start(&table->columns[index], csv_tally_type(&table->tallies[field]), &table->frame->arena);
    table->column_count = index + 1;
    return column_builder_reserve(&table->columns[index].builder, table->guessed_rows, err);
}

static enum status add_column_named(struct table *table, str name, struct error *err)
{
    for (size_t field = 0; field < table->field_count; field++)
        if (str_equal(table->names[field].name, name))
            return add_column(table, field, err);
    return error_set(err, ERR_NOT_FOUND, "there is no column \"%.*s\"", STR_ARG(name));
}

static enum status add_columns(struct table *table, struct error *err)
{
    const struct read_options *options = table->options;
    size_t count = options->columns != NULL ? options->column_count : table->field_count;
    table->columns = arena_array(&table->scratch, struct csv_column, count);
    table->name_notes = arena_array(&table->scratch, const char *, count);
    if (table->columns == NULL || table->name_notes == NULL)
        return no_memory(count, err);
    TRY(column_builder_frame(options->path, count, &table->frame, err));
    for (size_t field = 0; field < table->field_count; field++)
        table->places[field] = NOT_WANTED;
    for (size_t i = 0; i < count; i++)
        TRY(options->columns != NULL ? add_column_named(table, options->columns[i], err) : add_column(table, i, err));
    return OK;
}

/* Reads the beginning of the first file: dialect, names, types. */
static enum status learn(struct table *table, struct error *err)
{
    TRY(find_dialect(table, err));
    struct csv_scanner scanner;
    csv_scanner_init(&scanner, &table->dialect, content_of(table));
    str *texts = NULL;
    TRY(first_row(table, &scanner, &texts, err));
    tally_sample(table, &scanner);
    table->has_header = table->options->header == READ_HEADER_YES ||
                        (table->options->header == READ_HEADER_AUTO && looks_like_header(table, texts));
    for (size_t i = 0; !table->has_header && i < table->field_count; i++)
        table->tallies[i].counts[csv_cell_type(texts[i])]++;
    TRY(csv_names_make(table->has_header ? texts : NULL, table->field_count, &table->scratch, &table->names, err));
    return add_columns(table, err);
}

/* Where the columns stand in another file than the first. */
static enum status match_columns(struct table *table, size_t count, struct error *err)
{
    str *texts = arena_array(&table->scratch, str, count);
    size_t *places = arena_array(&table->scratch, size_t, count);
    if (texts == NULL || places == NULL)
        return no_memory(count, err);
    for (size_t i = 0; i < count; i++)
        texts[i] = arena_copy(&table->scratch, csv_field_text(&table->fields[i], &table->dialect, &table->text));
    struct csv_name *names;
    TRY(csv_names_make(texts, count, &table->scratch, &names, err));
    size_t found = 0;
    for (size_t field = 0; field < count; field++) {
        places[field] = NOT_WANTED;
        for (size_t i = 0; i < table->column_count; i++)
            if (str_equal(names[field].name, table->columns[i].name))
                places[field] = i;
        found += places[field] != NOT_WANTED;
    }
    if (found != table->column_count || count != table->field_count)
        return error_set(err, ERR_INVALID, "its columns differ from those of %.*s", STR_ARG(table->files[0]));
    table->places = places;
    return OK;
}

static enum status skip_header(struct table *table, struct csv_scanner *scanner, bool is_first, struct error *err)
{
    if (!table->has_header)
        return OK;
    size_t count;
    bool has_row;
    TRY(csv_scanner_row(scanner, table->fields, table->field_count, &count, &has_row, err));
    return is_first || !has_row ? OK : match_columns(table, count, err);
}

static enum status put_row(struct table *table, const struct csv_scanner *scanner, struct error *err)
{
    for (size_t i = 0; i < table->field_count; i++) {
        if (table->places[i] == NOT_WANTED || table->columns[table->places[i]].is_misjudged)
            continue;
        struct csv_column *column = &table->columns[table->places[i]];
        const struct csv_field *field = &table->fields[i];
        str text = field->has_escape ? csv_field_text(field, &table->dialect, &table->text) : field->raw;
        if (csv_column_put(column, text, scanner->line, err) != OK)
            return error_while(err, "line %zu, column \"%.*s\"", scanner->line, STR_ARG(column->name));
    }
    table->rows++;
    return OK;
}

static void report(const struct table *table, bool is_first_pass)
{
    const struct read_options *options = table->options;
    if (is_first_pass && options->on_progress != NULL && table->rows % PROGRESS_ROWS == 0)
        options->on_progress(options->progress_context, table->rows);
}

static enum status read_rows(struct table *table, struct csv_scanner *scanner, bool is_first_pass, struct error *err)
{
    size_t first_line = 0;
    while (table->options->rows_max == 0 || table->rows < table->options->rows_max) {
        size_t count;
        bool has_row;
        TRY(csv_scanner_row(scanner, table->fields, table->field_count, &count, &has_row, err));
        if (!has_row)
            break;
        if (first_line == 0)
            first_line = scanner->line;
        if (count != table->field_count)
            return error_set(err, ERR_INVALID, "line %zu has %zu field%s where %s has %zu", scanner->line, count,
                             count == 1 ? "" : "s", table->has_header ? "the header" : "the first line",
                             table->field_count);
        TRY(put_row(table, scanner, err));
        report(table, is_first_pass);
    }
    return OK;
}

/* All files from their first row on, into the columns that are not misjudged. */
static enum status read_files(struct table *table, bool is_first_pass, struct error *err)
{
    table->rows = 0;
    for (size_t i = 0; i < table->file_count; i++) {
        enum status status = open_file(table, i, err);
        struct csv_scanner scanner;
        if (status == OK) {
            csv_scanner_init(&scanner, &table->dialect, content_of(table));
            status = skip_header(table, &scanner, i == 0, err);
        }
        if (status == OK)
            status = read_rows(table, &scanner, is_first_pass, err);
        if (status != OK)
            return error_while(err, "%.*s", STR_ARG(name_of(table->files[i])));
    }
    return OK;
}

/* Reads columns again as text whose values turned out to be no numbers, booleans or times. */
static enum status read_misjudged(struct table *table, struct error *err)
{
    size_t misjudged = 0;
    for (size_t i = 0; i < table->column_count; i++)
        misjudged += table->columns[i].is_misjudged;
    if (misjudged == 0)
        return OK;
    for (size_t i = 0; i < table->column_count; i++) {
        struct csv_column *column = &table->columns[i];
        if (column->is_misjudged) {
            csv_column_done(column);
            csv_column_start(column, CSV_TEXT, &table->frame->arena);
        } else {
            column->is_misjudged = true; /* it has its values: this pass is not for it */
        }
    }
    return read_files(table, false, err);
}

static enum status finish(struct table *table, struct frame **ret_frame, struct error *err)
{
    struct frame *frame = table->frame;
    for (size_t i = 0; i < table->column_count; i++) {
        struct csv_column *column = &table->columns[i];
        const char *note = csv_column_note(column, table->name_notes[i], &table->scratch);
        TRY(column_builder_finish(&column->builder, column->name, note, frame, &frame->columns[i], err));
        frame->column_count = i + 1;
    }
    frame->rows = table->rows;
    table->frame = NULL;
    *ret_frame = frame;
    return OK;
}

enum status csv_read(const struct read_options *options, const str *files, size_t file_count, struct input *first,
                     struct frame **ret_frame, struct error *err)
{
    CLEANUP(table_done) struct table table = {
        .options = options, .files = files, .file_count = file_count, .input = first,
    };
    buf_init(&table.text, FIELD_TEXT_MAX);
    TRY(open_file(&table, 0, err));
    if (learn(&table, err) != OK)
        return error_while(err, "%.*s", STR_ARG(name_of(files[0])));
    TRY(read_files(&table, true, err));
    TRY(read_misjudged(&table, err));
    return finish(&table, ret_frame, err);
}
