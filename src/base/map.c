#include "base/map.h"

#include <assert.h>

#include "base/hash.h"
#include "base/random.h"

#define FIRST_ENTRIES 8

void map_init(struct map *map, struct arena *arena, size_t entries_max)
{
    assert(entries_max < INT32_MAX); /* slots hold 32 bits */
    *map = (struct map){ .arena = arena, .entries_max = entries_max, .seed = random_seed() };
}

/* The slot that holds `key`, or the free one where it would go. */
static size_t find_slot(const struct map *map, str key, uint64_t hash)
{
    size_t slot = hash & (map->slot_count - 1);
    for (; map->slots[slot] != 0; slot = (slot + 1) & (map->slot_count - 1)) {
        const struct map_entry *entry = &map->entries[map->slots[slot] - 1];
        if (entry->hash == hash && str_equal(entry->key, key))
            break;
    }
    return slot;
}

struct map_entry *map_find(const struct map *map, str key)
{
    if (map->count == 0)
        return NULL;
    uint32_t at = map->slots[find_slot(map, key, hash_bytes(key, map->seed))];
    return at == 0 ? NULL : &map->entries[at - 1];
}

void *map_get(const struct map *map, str key)
{
    struct map_entry *entry = map_find(map, key);
    return entry == NULL ? NULL : entry->pointer;
}

/* Room for twice the entries. Slots are twice as many again: at most half full, so that probes stay
 * short. The old arrays stay in the arena; all of them together are no larger than the new ones. */
static bool grow(struct map *map)
{
    size_t room = map->slot_count == 0 ? FIRST_ENTRIES : map->slot_count;
    struct map_entry *entries = arena_array(map->arena, struct map_entry, room);
    uint32_t *slots = arena_array(map->arena, uint32_t, room * 2);
    if (entries == NULL || slots == NULL)
        return false;
    if (map->count > 0)
        memcpy(entries, map->entries, map->count * sizeof *entries);
    map->entries = entries;
    map->slots = slots;
    map->slot_count = room * 2;
    for (size_t i = 0; i < map->count; i++)
        slots[find_slot(map, entries[i].key, entries[i].hash)] = (uint32_t)(i + 1);
    return true;
}

static bool copy_key(struct arena *arena, str key, str *ret_copy)
{
    char *copy = arena_array(arena, char, key.size + 1);
    if (copy == NULL)
        return false;
    if (key.size > 0)
        memcpy(copy, key.data, key.size);
    *ret_copy = (str){ copy, key.size };
    return true;
}

enum status map_insert(struct map *map, str key, struct map_entry **ret_entry, struct error *err)
{
    struct map_entry *found = map_find(map, key);
    if (found != NULL) {
        *ret_entry = found;
        return OK;
    }
    if (map->count >= map->entries_max)
        return error_set(err, ERR_LIMIT, "more than %zu different names", map->entries_max);
    str copy;
    if ((map->count == map->slot_count / 2 && !grow(map)) || !copy_key(map->arena, key, &copy))
        return error_set(err, ERR_LIMIT, "no memory for more than %zu names", map->count);
    uint64_t hash = hash_bytes(key, map->seed);
    map->entries[map->count] = (struct map_entry){ .key = copy, .hash = hash };
    size_t slot = find_slot(map, key, hash);
    *ret_entry = &map->entries[map->count++];
    map->slots[slot] = (uint32_t)map->count;
    return OK;
}

enum status map_put(struct map *map, str key, void *pointer, struct error *err)
{
    struct map_entry *entry;
    TRY(map_insert(map, key, &entry, err));
    entry->pointer = pointer;
    return OK;
}

/* Frees a slot and moves later ones of its run forward, so that probes never meet a gap before
 * their key (Knuth 6.4, algorithm R). */
static void free_slot(struct map *map, size_t hole)
{
    size_t mask = map->slot_count - 1;
    for (size_t next = (hole + 1) & mask; map->slots[next] != 0; next = (next + 1) & mask) {
        size_t home = map->entries[map->slots[next] - 1].hash & mask;
        if (((next - home) & mask) < ((next - hole) & mask))
            continue; /* its home lies behind the hole: it stays reachable */
        map->slots[hole] = map->slots[next];
        hole = next;
    }
    map->slots[hole] = 0;
}

bool map_remove(struct map *map, str key)
{
    struct map_entry *entry = map_find(map, key);
    if (entry == NULL)
        return false;
    free_slot(map, find_slot(map, entry->key, entry->hash));
    struct map_entry *last = &map->entries[map->count - 1];
    if (last != entry) {
        map->slots[find_slot(map, last->key, last->hash)] = (uint32_t)(entry - map->entries + 1);
        *entry = *last;
    }
    map->count--;
    return true;
}
