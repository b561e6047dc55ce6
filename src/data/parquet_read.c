#include "data/parquet_read.h"

#include <math.h>
#include <unistd.h>

#include "base/civil.h"
#include "base/mem.h"
#include "data/column_builder.h"
#include "data/parquet_page.h"

/* "PAR1" at both ends, the footer's size in front of the last. */
#define MAGIC_BYTES 4
#define TAIL_BYTES (MAGIC_BYTES + sizeof(uint32_t))
#define FOOTER_BYTES_MAX ((size_t)64 << 20)
/* Dictionary indexes decoded at a time: they stay in the first-level cache. */
#define BATCH 1024
#define NS_PER_US 1000
#define US_PER_MS 1000
/* Columns in one block begin on a cache line of their own. */
#define PADDED_ROWS ((size_t)16)

struct layout {
    enum column_storage storage;
    enum column_source source;
    size_t value_bytes; /* in a page; 0 = it depends */
};

static const struct layout layouts[PARQUET_VALUE_COUNT] = {
    [PARQUET_BOOLEAN] = { STORAGE_CATEGORY, SOURCE_BOOLEAN, 0 },
    [PARQUET_I32] = { STORAGE_NUMBER, SOURCE_INTEGER, sizeof(int32_t) },
    [PARQUET_U32] = { STORAGE_NUMBER, SOURCE_INTEGER, sizeof(uint32_t) },
    [PARQUET_I64] = { STORAGE_NUMBER, SOURCE_INTEGER, sizeof(int64_t) },
    [PARQUET_U64] = { STORAGE_NUMBER, SOURCE_INTEGER, sizeof(uint64_t) },
    [PARQUET_F32] = { STORAGE_NUMBER, SOURCE_FLOAT, sizeof(float) },
    [PARQUET_F64] = { STORAGE_NUMBER, SOURCE_FLOAT, sizeof(double) },
    [PARQUET_DATE] = { STORAGE_TIME, SOURCE_TIME, sizeof(int32_t) },
    [PARQUET_TIME_MS] = { STORAGE_TIME, SOURCE_TIME, sizeof(int64_t) },
    [PARQUET_TIME_US] = { STORAGE_TIME, SOURCE_TIME, sizeof(int64_t) },
    [PARQUET_TIME_NS] = { STORAGE_TIME, SOURCE_TIME, sizeof(int64_t) },
    [PARQUET_TIME_NS_UTC] = { STORAGE_TIME, SOURCE_TIME, sizeof(int64_t) },
    [PARQUET_TEXT] = { STORAGE_CATEGORY, SOURCE_STRING, 0 },
};

/* A dictionary page's entries, in the form that the column keeps: they are converted once. */
struct entries {
    void *memory;
    size_t capacity_bytes;
    union {
        double *f64;
        int64_t *us;
        struct text_entry {
            str text;      /* in the pager's dictionary page */
            uint32_t code; /* FRAME_MISSING until a row has it */
        } *texts;
    };
    size_t count;
};

struct reading {
    const struct read_options *options;
    struct parquet_meta meta;
    struct parquet_pager pager;
    struct entries entries;
    uint32_t *levels; /* [level_capacity] of the page, 0 = NULL */
    size_t level_capacity;
    struct column_builder *builders; /* [meta.column_count] */
    size_t builder_count;
    struct frame *frame;
    struct arena arena; /* the footer and what is made of it */
};

static void reading_done(struct reading *reading)
{
    for (size_t i = 0; i < reading->builder_count; i++)
        column_builder_done(&reading->builders[i]);
    parquet_pager_done(&reading->pager);
    mem_free(reading->entries.memory);
    mem_free(reading->levels);
    frame_free(reading->frame);
    arena_done(&reading->arena);
}

static bool read_at(int fd, void *bytes, size_t size, uint64_t offset)
{
    for (size_t done = 0; done < size;) {
        ssize_t got = pread(fd, (char *)bytes + done, size - done, (off_t)(offset + done));
        if (got <= 0)
            return false;
        done += (size_t)got;
    }
    return true;
}

static bool read_footer(struct reading *reading, const struct input *input)
{
    unsigned char tail[TAIL_BYTES];
    uint32_t size;
    if (input->bytes < MAGIC_BYTES + TAIL_BYTES || !read_at(input->fd, tail, TAIL_BYTES, input->bytes - TAIL_BYTES))
        return false;
    memcpy(&size, tail, sizeof size);
    if (size == 0 || size > FOOTER_BYTES_MAX || size > input->bytes - MAGIC_BYTES - TAIL_BYTES)
        return false;
    char *footer = arena_try_array(&reading->arena, size, 1);
    uint64_t data_bytes = input->bytes - TAIL_BYTES - size;
    return footer != NULL && read_at(input->fd, footer, size, data_bytes) &&
           parquet_meta_read((str){ footer, size }, data_bytes, &reading->arena, &reading->meta);
}

/* One block for all columns, whose parts are lent to the builders: few large pages instead of many small ones. */
static bool start_columns(struct reading *reading)
{
    const struct parquet_meta *meta = &reading->meta;
    size_t row_bytes = 0, padded = (meta->rows + PADDED_ROWS - 1) / PADDED_ROWS * PADDED_ROWS;
    for (size_t i = 0; i < meta->column_count; i++)
        row_bytes += column_value_bytes(layouts[meta->columns[i].value].storage);
    reading->builders = arena_array(&reading->arena, struct column_builder, meta->column_count);
    if (reading->builders == NULL || meta->rows == 0 || padded < meta->rows ||
        column_builder_frame(reading->options->path, meta->column_count, &reading->frame, NULL) != OK)
        return false;
    char *block = mem_block(padded, row_bytes);
    if (block == NULL)
        return false;
    reading->frame->blocks[reading->frame->block_count++] = block;
    for (size_t i = 0; i < meta->column_count; i++) {
        struct layout layout = layouts[meta->columns[i].value];
        column_builder_init(&reading->builders[i], layout.storage, layout.source, &reading->frame->arena);
        column_builder_lend(&reading->builders[i], block, padded);
        block += padded * column_value_bytes(layout.storage);
        reading->builder_count = i + 1;
    }
    return true;
}

#define CONVERT_NUMBERS(c_type)                                                                                        \
    do {                                                                                                               \
        for (size_t i = 0; i < count; i++) {                                                                           \
            c_type value;                                                                                              \
            memcpy(&value, bytes + i * sizeof value, sizeof value); /* they begin anywhere */                          \
            to[i] = (double)value;                                                                                     \
        }                                                                                                              \
    } while (0)

static void convert_numbers(enum parquet_value kind, const char *bytes, size_t count, double *to)
{
    if (kind == PARQUET_F64)
        memcpy(to, bytes, count * sizeof *to);
    else if (kind == PARQUET_F32)
        CONVERT_NUMBERS(float);
    else if (kind == PARQUET_I64)
        CONVERT_NUMBERS(int64_t);
    else if (kind == PARQUET_U64)
        CONVERT_NUMBERS(uint64_t);
    else if (kind == PARQUET_U32)
        CONVERT_NUMBERS(uint32_t);
    else
        CONVERT_NUMBERS(int32_t);
}

/* Times beyond the years that fit become missing; milliseconds that do not even fit DuckDB are its business. */
static bool convert_times(enum parquet_value kind, const char *bytes, size_t count, int64_t *to)
{
    for (size_t i = 0; i < count; i++) {
        int64_t value, us;
        int32_t days;
        if (kind == PARQUET_DATE) {
            memcpy(&days, bytes + i * sizeof days, sizeof days);
            if (__builtin_mul_overflow((int64_t)days, CIVIL_US_PER_DAY, &us))
                us = FRAME_TIME_MISSING;
        } else {
            memcpy(&value, bytes + i * sizeof value, sizeof value);
            us = value;
            if (kind == PARQUET_TIME_NS || kind == PARQUET_TIME_NS_UTC)
                us = value / NS_PER_US - (kind == PARQUET_TIME_NS && value % NS_PER_US < 0);
            else if (kind == PARQUET_TIME_MS && __builtin_mul_overflow(value, US_PER_MS, &us))
                return false;
        }
        to[i] = us >= CIVIL_MIN_US && us <= CIVIL_MAX_US ? us : FRAME_TIME_MISSING;
    }
    return true;
}

/* Cuts the next text off the front of `rest`. */
static bool take_text(str *rest, str *ret_text)
{
    uint32_t size;
    if (rest->size < sizeof size)
        return false;
    memcpy(&size, rest->data, sizeof size);
    if (size > rest->size - sizeof size)
        return false;
    *ret_text = (str){ rest->data + sizeof size, size };
    rest->data += sizeof size + size;
    rest->size -= sizeof size + size;
    return true;
}

/* Room for `count` entries of `bytes` each. */
static bool reserve_entries(struct entries *entries, size_t count, size_t bytes)
{
    size_t needed = (count + 1) * bytes; /* a page has at most 2^28 */
    if (needed > entries->capacity_bytes) {
        mem_free(entries->memory);
        entries->capacity_bytes = 0;
        entries->memory = mem_block(needed, 1);
        if (entries->memory == NULL)
            return false;
        entries->capacity_bytes = needed;
    }
    entries->count = count;
    return true;
}

static bool take_dictionary(struct reading *reading, enum parquet_value kind, const struct parquet_page *page)
{
    struct entries *entries = &reading->entries;
    struct layout layout = layouts[kind];
    str rest = page->values;
    size_t smallest = layout.value_bytes != 0 ? layout.value_bytes : sizeof(uint32_t);
    bool is_plain = page->encoding == PARQUET_PLAIN || page->encoding == PARQUET_PLAIN_DICTIONARY;
    if (!is_plain || kind == PARQUET_BOOLEAN || page->count > rest.size / smallest)
        return false;
    size_t entry_bytes = kind == PARQUET_TEXT ? sizeof *entries->texts : sizeof(double);
    if (!reserve_entries(entries, page->count, entry_bytes))
        return false;
    entries->f64 = entries->memory; /* the union's other members point to the same place */
    if (layout.storage == STORAGE_NUMBER)
        convert_numbers(kind, rest.data, page->count, entries->f64);
    if (layout.storage == STORAGE_TIME && !convert_times(kind, rest.data, page->count, entries->us))
        return false;
    for (size_t i = 0; kind == PARQUET_TEXT && i < page->count; i++) {
        entries->texts[i].code = FRAME_MISSING;
        if (!take_text(&rest, &entries->texts[i].text))
            return false;
    }
    return true;
}

/* Gives the rows that have a text its code; a text is looked up at its first row. */
static bool add_entries_of_text(struct column_builder *builder, struct text_entry *texts, const uint32_t *ids,
                                size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct text_entry *entry = &texts[ids[i]];
        if (entry->code != FRAME_MISSING) {
            builder->codes[builder->rows++] = entry->code;
            continue;
        }
        if (column_builder_add_text(builder, entry->text, NULL) != OK)
            return false;
        entry->code = builder->codes[builder->rows - 1];
    }
    return true;
}

static bool take_indexes(struct reading *reading, enum parquet_value kind, str values, size_t count,
                         struct column_builder *builder)
{
    const struct entries *entries = &reading->entries;
    enum column_storage storage = layouts[kind].storage;
    unsigned width = values.size != 0 ? (unsigned char)values.data[0] : 0;
    if (width > 32 || entries->count == 0)
        return count == 0;
    struct parquet_runs runs = parquet_runs_of(str_slice(values, 1, values.size), width);
    uint32_t ids[BATCH];
    while (count != 0) {
        size_t taken = MIN_OF(count, (size_t)BATCH);
        uint32_t largest = 0;
        if (!parquet_runs_take(&runs, ids, taken))
            return false;
        for (size_t i = 0; i < taken; i++)
            largest = MAX_OF(largest, ids[i]);
        if (largest >= entries->count)
            return false;
        count -= taken;
        if (storage == STORAGE_CATEGORY) {
            if (!add_entries_of_text(builder, entries->texts, ids, taken))
                return false;
            continue;
        }
        /* Times and numbers are eight bytes both, and move alike. */
        double *to = builder->f64 + builder->rows;
        for (size_t i = 0; i < taken; i++)
            to[i] = entries->f64[ids[i]];
        builder->rows += taken;
    }
    return true;
}

/* Booleans are bits, or a run-length code of them behind its size. */
static bool take_booleans(bool is_plain, str values, size_t count, struct column_builder *builder)
{
    uint32_t bits[BATCH], size = 0;
    if (!is_plain && values.size < sizeof size)
        return false;
    struct parquet_runs runs = parquet_runs_of(is_plain ? values : str_slice(values, sizeof size, values.size), 1);
    if (is_plain && !parquet_runs_start_packed(&runs, count))
        return false;
    while (count != 0) {
        size_t taken = MIN_OF(count, (size_t)BATCH);
        if (!parquet_runs_take(&runs, bits, taken))
            return false;
        for (size_t i = 0; i < taken; i++)
            if (column_builder_add_text(builder, (bits[i] & 1) != 0 ? STR("true") : STR("false"), NULL) != OK)
                return false;
        count -= taken;
    }
    return true;
}

static bool take_plain(enum parquet_value kind, str values, size_t count, struct column_builder *builder)
{
    struct layout layout = layouts[kind];
    if (kind == PARQUET_TEXT) {
        str text;
        for (size_t i = 0; i < count; i++)
            if (!take_text(&values, &text) || column_builder_add_text(builder, text, NULL) != OK)
                return false;
        return true;
    }
    if (count > values.size / layout.value_bytes)
        return false;
    if (layout.storage == STORAGE_NUMBER)
        convert_numbers(kind, values.data, count, builder->f64 + builder->rows);
    else if (!convert_times(kind, values.data, count, builder->us + builder->rows))
        return false;
    builder->rows += count;
    return true;
}

/* Moves the values behind `first` to the rows that have one, from the last to the first: none is overwritten before
 * it has moved. */
static void spread(struct column_builder *builder, size_t first, const uint32_t *levels, size_t count)
{
    size_t from = builder->rows;
    for (size_t i = count; i > 0; i--) {
        size_t to = first + i - 1;
        bool is_there = levels[i - 1] != 0;
        from -= is_there;
        if (builder->storage == STORAGE_NUMBER)
            builder->f64[to] = is_there ? builder->f64[from] : NAN;
        else if (builder->storage == STORAGE_TIME)
            builder->us[to] = is_there ? builder->us[from] : FRAME_TIME_MISSING;
        else
            builder->codes[to] = is_there ? builder->codes[from] : FRAME_MISSING;
    }
    builder->rows = first + count;
}

/* How many values of the page are there; `ret_levels` is NULL where all are. */
static bool take_levels(struct reading *reading, const struct parquet_page *page, bool is_optional,
                        const uint32_t **ret_levels, size_t *ret_present)
{
    *ret_levels = NULL;
    *ret_present = page->count;
    if (!is_optional || parquet_runs_are(page->levels, 1, page->count, 1))
        return true;
    if (page->count > reading->level_capacity) {
        mem_free(reading->levels);
        reading->level_capacity = 0;
        reading->levels = mem_block(page->count, sizeof *reading->levels);
        if (reading->levels == NULL)
            return false;
        reading->level_capacity = page->count;
    }
    struct parquet_runs runs = parquet_runs_of(page->levels, 1);
    if (!parquet_runs_take(&runs, reading->levels, page->count))
        return false;
    size_t present = 0;
    for (size_t i = 0; i < page->count; i++) {
        if (reading->levels[i] > 1)
            return false;
        present += reading->levels[i];
    }
    *ret_levels = reading->levels;
    *ret_present = present;
    return true;
}

static size_t count_missing(const struct column_builder *builder, size_t first)
{
    size_t missing = 0;
    for (size_t row = first; row < builder->rows; row++) {
        if (builder->storage == STORAGE_NUMBER)
            missing += builder->f64[row] != builder->f64[row];
        else if (builder->storage == STORAGE_TIME)
            missing += builder->us[row] == FRAME_TIME_MISSING;
        else
            missing += builder->codes[row] == FRAME_MISSING;
    }
    return missing;
}

static bool take_values(struct reading *reading, size_t column, const struct parquet_page *page)
{
    enum parquet_value kind = reading->meta.columns[column].value;
    struct column_builder *builder = &reading->builders[column];
    const uint32_t *levels;
    size_t present, first = builder->rows;
    if (!take_levels(reading, page, reading->meta.columns[column].is_optional, &levels, &present))
        return false;
    bool is_plain = page->encoding == PARQUET_PLAIN, is_taken;
    if (kind == PARQUET_BOOLEAN)
        is_taken = (is_plain || page->encoding == PARQUET_RLE) &&
                   take_booleans(is_plain, page->values, present, builder);
    else if (is_plain)
        is_taken = take_plain(kind, page->values, present, builder);
    else
        is_taken = page->encoding != PARQUET_RLE && take_indexes(reading, kind, page->values, present, builder);
    if (!is_taken)
        return false;
    if (levels != NULL)
        spread(builder, first, levels, page->count);
    size_t missing = count_missing(builder, first);
    builder->missing += missing;
    if (builder->storage == STORAGE_TIME)
        builder->cut_times += missing - (page->count - present);
    return builder->escaped == 0; /* DuckDB refuses text that is no UTF-8 */
}

static bool read_chunk(struct reading *reading, size_t group, size_t column)
{
    const struct parquet_meta *meta = &reading->meta;
    parquet_pager_start(&reading->pager, &meta->chunks[group * meta->column_count + column],
                        meta->columns[column].is_optional);
    reading->entries.count = 0;
    for (size_t left = meta->group_rows[group]; left != 0;) {
        struct parquet_page page;
        if (!parquet_pager_next(&reading->pager, &page))
            return false;
        if (page.is_dictionary) {
            if (!take_dictionary(reading, meta->columns[column].value, &page))
                return false;
            continue;
        }
        if (page.count > left || !take_values(reading, column, &page))
            return false;
        left -= page.count;
    }
    return true;
}

static bool finish_column(struct reading *reading, size_t column)
{
    struct frame *frame = reading->frame;
    if (column_builder_finish(&reading->builders[column], reading->meta.columns[column].name, NULL, frame,
                              &frame->columns[column], NULL) != OK)
        return false;
    frame->column_count = column + 1;
    const struct read_options *options = reading->options;
    if (options->on_progress != NULL)
        options->on_progress(options->progress_context, frame->rows * (column + 1) / reading->meta.column_count);
    return true;
}

/* Words of the options that need a query, and folders like "day=3", which DuckDB reads as a column. */
static bool is_simple(const struct read_options *options, const struct input *input)
{
    return options->columns == NULL && options->rows_max == 0 && str_find(input->path, '=') == input->path.size;
}

bool parquet_read(const struct read_options *options, const struct input *input, struct frame **ret_frame)
{
    CLEANUP(reading_done) struct reading reading = { .options = options };
    arena_init(&reading.arena, 0);
    parquet_pager_init(&reading.pager, input->fd);
    if (!is_simple(options, input) || !read_footer(&reading, input) || !start_columns(&reading))
        return false;
    reading.frame->rows = reading.meta.rows;
    for (size_t column = 0; column < reading.meta.column_count; column++) {
        for (size_t group = 0; group < reading.meta.group_count; group++)
            if (!read_chunk(&reading, group, column))
                return false;
        if (!finish_column(&reading, column))
            return false;
    }
    *ret_frame = reading.frame;
    reading.frame = NULL;
    return true;
}
