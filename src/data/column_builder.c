#include "data/column_builder.h"

#include <math.h>

#include "base/mem.h"

#define FIRST_ROWS 1024
#define CACHED_BYTES_MAX 15

void column_builder_init(struct column_builder *builder, enum column_storage storage, enum column_source source,
                         struct arena *arena)
{
    *builder = (struct column_builder){ .storage = storage, .source = source };
    dictionary_init(&builder->dictionary, arena);
    buf_init(&builder->scratch, (size_t)1 << 32);
}

void column_builder_done(struct column_builder *builder)
{
    dictionary_done(&builder->dictionary);
    buf_done(&builder->scratch);
    mem_free(builder->cache);
    if (!builder->is_lent)
        mem_free(builder->values);
    builder->values = NULL;
    builder->cache = NULL;
}

void column_builder_lend(struct column_builder *builder, void *values, size_t capacity)
{
    builder->values = values;
    builder->capacity = capacity;
    builder->is_lent = true;
}

enum status column_builder_reserve(struct column_builder *builder, size_t rows, struct error *err)
{
    size_t needed;
    if (size_add_overflows(builder->rows, rows, &needed))
        return error_set(err, ERR_LIMIT, "too many rows");
    if (needed <= builder->capacity)
        return OK;
    size_t capacity = MAX_OF(MAX_OF(builder->capacity, FIRST_ROWS / 2) * 2, needed);
    void *values = mem_block(capacity, column_value_bytes(builder->storage));
    if (values == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu rows", needed);
    if (builder->rows != 0)
        memcpy(values, builder->values, builder->rows * column_value_bytes(builder->storage));
    if (!builder->is_lent)
        mem_free(builder->values);
    builder->is_lent = false;
    builder->values = values;
    builder->capacity = capacity;
    return OK;
}

void column_builder_add_missing(struct column_builder *builder)
{
    switch (builder->storage) {
    case STORAGE_NUMBER:
        builder->f64[builder->rows] = NAN;
        break;
    case STORAGE_CATEGORY:
        builder->codes[builder->rows] = FRAME_MISSING;
        break;
    case STORAGE_TIME:
        builder->us[builder->rows] = FRAME_TIME_MISSING;
        break;
    case STORAGE_COUNT:
        break;
    }
    builder->rows++;
    builder->missing++;
}

bool column_text_escape(str text, struct buf *ret_escaped)
{
    size_t bad;
    buf_clear(ret_escaped);
    while (!str_is_utf8(text, &bad)) {
        (void)buf_append(ret_escaped, str_slice(text, 0, bad)); /* an overfull buffer remembers it */
        (void)buf_printf(ret_escaped, "\\x%02X", (unsigned char)text.data[bad]);
        text = str_slice(text, bad + 1, text.size);
    }
    return buf_append(ret_escaped, text);
}

static enum status code_of(struct column_builder *builder, str text, uint32_t *ret_code, struct error *err)
{
    uint64_t hash;
    /* What is in the dictionary is well-formed, so only new texts need a look. */
    if (dictionary_find(&builder->dictionary, text, &hash, ret_code))
        return OK;
    if (str_is_utf8(text, NULL))
        return dictionary_insert(&builder->dictionary, text, hash, ret_code, err);
    if (!column_text_escape(text, &builder->scratch))
        return error_set(err, ERR_LIMIT, "a text of %zu bytes is too long", text.size);
    if (builder->escaped++ == 0)
        builder->first_escaped_row = builder->rows + 1;
    return dictionary_add(&builder->dictionary, buf_str(&builder->scratch), ret_code, err);
}

enum status column_builder_add_text(struct column_builder *builder, str text, struct error *err)
{
    uint32_t *slot = &builder->codes[builder->rows];
    if (text.size == 0 || text.size > CACHED_BYTES_MAX) {
        TRY(code_of(builder, text, slot, err));
        builder->rows++;
        return OK;
    }
    if (builder->cache == NULL)
        builder->cache = mem_must(COLUMN_CACHE_SLOTS * sizeof *builder->cache);
    unsigned char key[16] = { (unsigned char)text.size };
    memcpy(key + 1, text.data, text.size);
    uint64_t words[2];
    memcpy(words, key, sizeof words);
    uint64_t mixed = (words[0] ^ words[1] * UINT64_C(0xbf58476d1ce4e5b9)) * UINT64_C(0x9e3779b97f4a7c15);
    struct column_cache *cached = &builder->cache[mixed >> 56];
    if (cached->key[0] != words[0] || cached->key[1] != words[1]) {
        size_t escaped = builder->escaped;
        TRY(code_of(builder, text, slot, err));
        if (builder->escaped == escaped) /* each escaped text must be counted, so none is cached */
            *cached = (struct column_cache){ { words[0], words[1] }, *slot };
    } else {
        *slot = cached->code;
    }
    builder->rows++;
    return OK;
}

/* Renumbers codes from arrival to byte order. */
static enum status sort_categories(struct column_builder *builder, struct column *column, struct error *err)
{
    str *sorted = NULL;
    CLEANUP(mem_free_slot) uint32_t *rank = NULL;
    TRY(dictionary_sort(&builder->dictionary, &sorted, &rank, err));
    for (size_t row = 0; row < builder->rows; row++)
        if (builder->codes[row] != FRAME_MISSING)
            builder->codes[row] = rank[builder->codes[row]];
    column->categories = sorted;
    column->category_count = builder->dictionary.count;
    return OK;
}

static const char *note_of(const struct column_builder *builder, const char *note, struct arena *arena)
{
    str text = str_of(note);
    if (builder->escaped != 0)
        text = arena_printf(arena, "%.*s%s%zu values are not UTF-8 and are shown with \\xNN (first in row %zu)",
                            STR_ARG(text), text.size != 0 ? "; " : "", builder->escaped, builder->first_escaped_row);
    if (builder->cut_times != 0)
        text = arena_printf(arena, "%.*s%s%zu times are beyond the years that fit and count as missing", STR_ARG(text),
                            text.size != 0 ? "; " : "", builder->cut_times);
    return text.size == 0 ? NULL : arena_copy(arena, text).data;
}

enum status column_builder_finish(struct column_builder *builder, str name, const char *note, struct frame *frame,
                                  struct column *ret_column, struct error *err)
{
    struct column column = { .storage = builder->storage, .source = builder->source, .rows = builder->rows,
                             .missing = builder->missing };
    if (builder->storage == STORAGE_CATEGORY)
        TRY(sort_categories(builder, &column, err));
    /* A column without a row needs a place too, so that no pointer of a frame is NULL. */
    TRY(column_builder_reserve(builder, builder->rows == 0, err));
    column.name = arena_copy(&frame->arena, name);
    column.note = note_of(builder, note, &frame->arena);
    column.f64 = builder->f64; /* the union's other members point to the same place */
    if (!builder->is_lent)
        frame->blocks[frame->block_count++] = builder->values;
    builder->values = NULL;
    *ret_column = column;
    return OK;
}

enum status column_builder_frame(str origin, size_t columns, struct frame **ret_frame, struct error *err)
{
    struct frame *frame = mem_must(sizeof *frame);
    arena_init(&frame->arena, 0);
    frame->origin = arena_copy(&frame->arena, origin);
    frame->columns = arena_array(&frame->arena, struct column, columns);
    frame->blocks = arena_array(&frame->arena, void *, columns + 1);
    if (frame->columns == NULL || frame->blocks == NULL) {
        frame_free(frame);
        return error_set(err, ERR_LIMIT, "no memory for %zu columns", columns);
    }
    *ret_frame = frame;
    return OK;
}
