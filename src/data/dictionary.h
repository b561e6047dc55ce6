/* data/dictionary.h - distinct byte strings, numbered in order of arrival: what a category column
 * is built with. Not thread-safe. */
#ifndef DATA_DICTIONARY_H
#define DATA_DICTIONARY_H

#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"

struct dictionary_entry {
    const char *bytes;
    size_t size;
};

/* A slot keeps half of the hash, so that neither a miss nor growing touches the entries' memory. */
struct dictionary_slot {
    uint32_t hash;
    uint32_t filled; /* 1 + code, 0 = free */
};

struct dictionary {
    struct arena *arena; /* the bytes; the tables are on the heap and go with dictionary_done */
    struct dictionary_entry *entries;
    struct dictionary_slot *slots; /* linear probing */
    size_t count, entry_capacity, slot_count;
    uint64_t seed;
};

/* Empty; the bytes of entries go to `arena`. Allocates nothing. */
void dictionary_init(struct dictionary *dictionary, struct arena *arena);
void dictionary_done(struct dictionary *dictionary);

/* The code of `bytes`; false where they are not in. `ret_hash` is for dictionary_insert. */
bool dictionary_find(const struct dictionary *dictionary, str bytes, uint64_t *ret_hash, uint32_t *ret_code);

/* Copies in `bytes`, which dictionary_find has just not found. ERR_LIMIT above FRAME_CATEGORIES_MAX entries, and
 * without memory. */
must_use enum status dictionary_insert(struct dictionary *dictionary, str bytes, uint64_t hash, uint32_t *ret_code,
                                       struct error *err);

/* Finds or inserts. */
must_use enum status dictionary_add(struct dictionary *dictionary, str bytes, uint32_t *ret_code, struct error *err);

static inline str dictionary_at(const struct dictionary *dictionary, uint32_t code)
{
    return (str){ dictionary->entries[code].bytes, dictionary->entries[code].size };
}

/* Sorts by bytes: `ret_sorted` (arena, [count]) gets the texts in order, `ret_rank` (heap, [count], for
 * mem_free) the place of each code in it. O(n log n), eight bytes a comparison. */
must_use enum status dictionary_sort(const struct dictionary *dictionary, str **ret_sorted, uint32_t **ret_rank,
                                     struct error *err);

#endif
