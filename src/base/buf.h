/* base/buf.h - bytes that grow up to a maximum given at birth.
 *
 * A failed append (the maximum, or no memory) marks the buffer; later appends do nothing, so
 * that a writer may check once at the end with buf_is_overfull(). */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "base/str.h"

struct buf {
    char *data;
    size_t size, capacity;
    size_t max_bytes;
    bool is_overfull;
};

/* Empty, allocates nothing. `max_bytes` is the most it will ever hold. */
void buf_init(struct buf *buf, size_t max_bytes);

/* Frees the bytes; the buffer is empty and usable again with the same maximum. */
void buf_done(struct buf *buf);

/* Forgets the content and the overfull mark, keeps the memory. */
void buf_clear(struct buf *buf);

/* Appends; false (and marked) when it does not fit. */
bool buf_append(struct buf *buf, str bytes);
bool buf_append_byte(struct buf *buf, char byte);
bool buf_printf(struct buf *buf, const char *format, ...) printf_like(2, 3);

/* Makes room for `bytes` more and returns where they go, NULL when they do not fit; what was
 * written there counts after buf_commit. */
char *buf_reserve(struct buf *buf, size_t bytes);
void buf_commit(struct buf *buf, size_t bytes);

/* The content; valid until the next append. */
static inline str buf_str(const struct buf *buf)
{
    return (str){ buf->data, buf->size };
}

static inline bool buf_is_overfull(const struct buf *buf)
{
    return buf->is_overfull;
}

#endif
