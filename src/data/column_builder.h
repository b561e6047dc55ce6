/* data/column_builder.h - one column that grows: values on the heap, distinct texts in the frame's arena.
 *
 * Inside data/ only. A builder has one storage from its first value to the end; frame_builder.c and
 * read_csv.c decide which, and start again with another where a value does not fit.
 *
 * Value arrays double as they grow. Where the number of rows is known or guessed before, the reader reserves or
 * lends them at once: pages never written take no memory. */
#ifndef DATA_COLUMN_BUILDER_H
#define DATA_COLUMN_BUILDER_H

#include "base/buf.h"
#include "base/status.h"
#include "data/dictionary.h"
#include "data/frame.h"

/* Short texts are looked up by their bytes in a small direct-mapped cache before the dictionary is asked. */
#define COLUMN_CACHE_SLOTS 256

struct column_cache {
    uint64_t key[2]; /* size and up to 15 bytes; size 0 = free: the empty text is not cached */
    uint32_t code;
};

struct column_builder {
    enum column_storage storage;
    enum column_source source;
    size_t rows, capacity, missing;
    bool is_lent; /* `values` is not ours */
    union {
        void *values;
        double *f64;
        uint32_t *codes; /* by arrival, until column_builder_finish */
        int64_t *us;
    };
    struct dictionary dictionary; /* CATEGORY only */
    struct column_cache *cache;
    size_t escaped, first_escaped_row; /* texts that were no UTF-8; the row counts from 1 */
    size_t cut_times;                  /* times outside what an int64 of microseconds holds */
    struct buf scratch;
};

void column_builder_init(struct column_builder *builder, enum column_storage storage, enum column_source source,
                         struct arena *arena);
void column_builder_done(struct column_builder *builder);

/* Gives an empty builder `capacity` values of somebody else's memory to begin with; above them it moves to the heap. */
void column_builder_lend(struct column_builder *builder, void *values, size_t capacity);

static inline size_t column_value_bytes(enum column_storage storage)
{
    return storage == STORAGE_CATEGORY ? sizeof(uint32_t) : sizeof(double);
}

/* Makes room for `rows` more values. ERR_LIMIT without memory. */
must_use enum status column_builder_reserve(struct column_builder *builder, size_t rows, struct error *err);

/* Appends one value, in room reserved before. NaN and FRAME_TIME_MISSING count as missing. */
static inline void column_builder_add_number(struct column_builder *builder, double value)
{
    builder->missing += value != value;
    builder->f64[builder->rows++] = value;
}
static inline void column_builder_add_time(struct column_builder *builder, int64_t us)
{
    builder->missing += us == FRAME_TIME_MISSING;
    builder->us[builder->rows++] = us;
}
void column_builder_add_missing(struct column_builder *builder);

/* Appends a text, in room reserved before; bytes that are no UTF-8 become \xNN and are counted. */
must_use enum status column_builder_add_text(struct column_builder *builder, str text, struct error *err);

/* Replaces `ret_escaped` by the text, in which each byte that is part of no UTF-8 sequence is \xNN. False when
 * it is full. */
bool column_text_escape(str text, struct buf *ret_escaped);

/* The finished column: categories in byte order, values of our own handed over to `frame->blocks`, which has room.
 * `note` may be NULL; what the builder itself noticed is put behind it. The builder is only good for _done then. */
must_use enum status column_builder_finish(struct column_builder *builder, str name, const char *note,
                                           struct frame *frame, struct column *ret_column, struct error *err);

/* An empty frame with room for `columns` columns and one block more; its arena is where builders keep their texts. */
must_use enum status column_builder_frame(str origin, size_t columns, struct frame **ret_frame, struct error *err);

#endif
