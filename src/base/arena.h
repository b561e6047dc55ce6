/* base/arena.h - memory that ends all at once: one arena a request, a query, a report.
 *
 * Not thread-safe: one thread fills it. Small pieces come from chunks; pieces over half a
 * chunk get a block of their own. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/attributes.h"
#include "base/str.h"

struct arena {
    struct arena_chunk *chunks; /* newest first */
    size_t used_bytes;          /* handed out, all chunks together */
    size_t max_bytes;           /* arena_try_alloc's bound; 0 = none */
};

/* An empty arena; `max_bytes` bounds what data may take (0 = no bound). Allocates nothing. */
void arena_init(struct arena *arena, size_t max_bytes);

/* Frees everything; the arena is empty and usable again. */
void arena_done(struct arena *arena);

/* Zeroed, aligned for any type; for sizes that our code chose. Ends the process without memory. */
must_use void *arena_alloc(struct arena *arena, size_t bytes);

/* Zeroed count * size bytes for sizes that data chose; NULL on overflow, bound or no memory. */
must_use void *arena_try_array(struct arena *arena, size_t count, size_t size);

/* Typed forms of the two above. */
#define arena_new(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define arena_array(arena, type, count) ((type *)arena_try_array((arena), (count), sizeof(type)))

/* A terminated copy of the bytes; its `data` is usable as a C string when it holds no NUL. */
str arena_copy(struct arena *arena, str bytes);

/* printf into the arena, terminated. */
str arena_printf(struct arena *arena, const char *format, ...) printf_like(2, 3);

#endif
