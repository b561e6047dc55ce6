/* base/map.h - a table from str to a pointer or an index, with a maximum, in an arena.
 *
 *     struct map columns;
 *     map_init(&columns, arena, COLUMNS_MAX);
 *     TRY(map_insert(&columns, name, &entry, err));
 *     entry->index = i;
 *
 * Keys are copied into the arena, where the table lives and dies as well. Entries stay in order
 * of insertion: entries[0 .. count), until map_remove moves the last one. Not thread-safe. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"

struct map_entry {
    str key;
    uint64_t hash;
    union { /* zero in a new entry; the map never looks at it */
        void *pointer;
        size_t index;
    };
};

struct map {
    struct map_entry *entries; /* moves when the map grows */
    size_t count, entries_max;
    struct arena *arena;
    uint32_t *slots; /* 1 + index into entries, 0 = free; linear probing */
    size_t slot_count; /* a power of two, or 0 before the first insertion */
    uint64_t seed;
};

/* An empty map that never holds more than `entries_max` (below 2^31) entries. Allocates nothing. */
void map_init(struct map *map, struct arena *arena, size_t entries_max);

/* The entry of `key`, NULL where there is none; valid until the next insertion or removal. */
struct map_entry *map_find(const struct map *map, str key);

/* The pointer of `key`, NULL where there is none. */
void *map_get(const struct map *map, str key);

/* The entry of `key`, made with a zero value where there was none (then map->count has grown).
 * ERR_LIMIT when the map or its arena is full. */
must_use enum status map_insert(struct map *map, str key, struct map_entry **ret_entry, struct error *err);

/* Inserts or replaces the pointer of `key`. */
must_use enum status map_put(struct map *map, str key, void *pointer, struct error *err);

/* Forgets `key`; its bytes stay in the arena. False where it was not there. */
bool map_remove(struct map *map, str key);

#endif
