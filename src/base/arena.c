#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>

#include "base/mem.h"

#define CHUNK_BYTES ((size_t)32 * 1024)
#define ALIGNMENT alignof(max_align_t)

struct arena_chunk {
    struct arena_chunk *next;
    size_t size, used; /* of `bytes` */
    alignas(max_align_t) unsigned char bytes[];
};

void arena_init(struct arena *arena, size_t max_bytes)
{
    *arena = (struct arena){ .max_bytes = max_bytes };
}

void arena_done(struct arena *arena)
{
    struct arena_chunk *chunk = arena->chunks;
    while (chunk != NULL) {
        struct arena_chunk *next = chunk->next;
        mem_free(chunk);
        chunk = next;
    }
    arena->chunks = NULL;
    arena->used_bytes = 0;
}

static void *take(struct arena *arena, size_t bytes)
{
    struct arena_chunk *chunk = arena->chunks;
    if (chunk == NULL || chunk->size - chunk->used < bytes)
        return NULL;
    void *piece = chunk->bytes + chunk->used;
    chunk->used += bytes;
    arena->used_bytes += bytes;
    memset(piece, 0, bytes); /* here and not for the whole chunk: a small request uses a tenth of it */
    return piece;
}

/* A new chunk of at least `bytes`. A large piece goes behind the newest chunk, whose rest
 * stays in use. */
static void *take_from_new_chunk(struct arena *arena, size_t bytes)
{
    bool is_large = bytes > CHUNK_BYTES / 2;
    size_t size = is_large ? bytes : CHUNK_BYTES;
    struct arena_chunk *chunk = is_large ? mem_array(1, sizeof *chunk + size) : mem_regrow(NULL, 1, sizeof *chunk + size);
    if (chunk == NULL)
        return NULL;
    if (!is_large)
        memset(chunk, 0, sizeof *chunk + bytes);
    chunk->size = size;
    chunk->used = bytes;
    if (is_large && arena->chunks != NULL) {
        chunk->next = arena->chunks->next;
        arena->chunks->next = chunk;
    } else {
        chunk->next = arena->chunks;
        arena->chunks = chunk;
    }
    arena->used_bytes += bytes;
    return chunk->bytes;
}

/* Rounded up to the alignment; false when that overflows. */
static bool round_up(size_t bytes, size_t *ret_bytes)
{
    if (size_add_overflows(bytes == 0 ? 1 : bytes, ALIGNMENT - 1, ret_bytes))
        return false;
    *ret_bytes &= ~(ALIGNMENT - 1);
    return *ret_bytes <= SIZE_MAX / 2;
}

void *arena_try_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (size_mul_overflows(count, size, &bytes) || !round_up(bytes, &bytes))
        return NULL;
    if (arena->max_bytes != 0 && (bytes > arena->max_bytes || arena->used_bytes > arena->max_bytes - bytes))
        return NULL;
    void *piece = take(arena, bytes);
    return piece != NULL ? piece : take_from_new_chunk(arena, bytes);
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
    size_t rounded;
    void *piece = NULL;
    if (round_up(bytes, &rounded)) {
        piece = take(arena, rounded);
        if (piece == NULL)
            piece = take_from_new_chunk(arena, rounded);
    }
    if (piece == NULL) {
        fputs("kedge: out of memory\n", stderr);
        abort();
    }
    return piece;
}

str arena_copy(struct arena *arena, str bytes)
{
    char *copy = arena_alloc(arena, bytes.size + 1);
    if (bytes.size != 0)
        memcpy(copy, bytes.data, bytes.size);
    return (str){ copy, bytes.size };
}

str arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = arena_alloc(arena, (size_t)(size < 0 ? 0 : size) + 1);
    if (size > 0)
        (void)vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    return (str){ text, size < 0 ? 0 : (size_t)size };
}
