#include "base/buf.h"

#include <stdarg.h>

#include "base/mem.h"

#define FIRST_CAPACITY 256

void buf_init(struct buf *buf, size_t max_bytes)
{
    *buf = (struct buf){ .max_bytes = max_bytes };
}

void buf_done(struct buf *buf)
{
    mem_free(buf->data);
    buf_init(buf, buf->max_bytes);
}

void buf_clear(struct buf *buf)
{
    buf->size = 0;
    buf->is_overfull = false;
}

char *buf_reserve(struct buf *buf, size_t bytes)
{
    if (buf->is_overfull)
        return NULL;
    if (bytes > buf->max_bytes - buf->size) {
        buf->is_overfull = true;
        return NULL;
    }
    size_t needed = buf->size + bytes;
    if (needed > buf->capacity) {
        size_t capacity = MAX_OF(buf->capacity, FIRST_CAPACITY / 2) * 2;
        capacity = MIN_OF(MAX_OF(capacity, needed), buf->max_bytes);
        char *grown = mem_regrow(buf->data, capacity, 1);
        if (grown == NULL) {
            buf->is_overfull = true;
            return NULL;
        }
        buf->data = grown;
        buf->capacity = capacity;
    }
    return buf->data + buf->size;
}

void buf_commit(struct buf *buf, size_t bytes)
{
    buf->size += bytes;
}

bool buf_append(struct buf *buf, str bytes)
{
    if (bytes.size == 0)
        return !buf->is_overfull;
    char *room = buf_reserve(buf, bytes.size);
    if (room == NULL)
        return false;
    memcpy(room, bytes.data, bytes.size);
    buf->size += bytes.size;
    return true;
}

bool buf_append_byte(struct buf *buf, char byte)
{
    if (buf->size < buf->capacity && !buf->is_overfull) {
        buf->data[buf->size++] = byte;
        return true;
    }
    return buf_append(buf, (str){ &byte, 1 });
}

bool buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *room = size < 0 ? NULL : buf_reserve(buf, (size_t)size + 1); /* and vsnprintf's terminator */
    if (room != NULL) {
        (void)vsnprintf(room, (size_t)size + 1, format, again);
        buf->size += (size_t)size;
    }
    va_end(again);
    return room != NULL;
}
