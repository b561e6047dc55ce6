#include "data/dictionary.h"

#include <endian.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/random.h"
#include "data/frame.h"

#define FIRST_SLOTS 64

void dictionary_init(struct dictionary *dictionary, struct arena *arena)
{
    *dictionary = (struct dictionary){ .arena = arena, .seed = random_seed() };
}

void dictionary_done(struct dictionary *dictionary)
{
    mem_free(dictionary->entries);
    mem_free(dictionary->slots);
    *dictionary = (struct dictionary){ .arena = dictionary->arena };
}

/* The slot that holds `bytes`, or the free one where they belong. There is always a free one. */
static struct dictionary_slot *slot_of(const struct dictionary *dictionary, str bytes, uint32_t hash)
{
    size_t mask = dictionary->slot_count - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        struct dictionary_slot *slot = &dictionary->slots[i];
        if (slot->filled == 0)
            return slot;
        if (slot->hash == hash && str_equal(dictionary_at(dictionary, slot->filled - 1), bytes))
            return slot;
    }
}

bool dictionary_find(const struct dictionary *dictionary, str bytes, uint64_t *ret_hash, uint32_t *ret_code)
{
    *ret_hash = hash_bytes(bytes, dictionary->seed);
    if (dictionary->slot_count == 0)
        return false;
    uint32_t filled = slot_of(dictionary, bytes, (uint32_t)*ret_hash)->filled;
    *ret_code = filled - 1;
    return filled != 0;
}

static enum status no_memory(size_t values, struct error *err)
{
    return error_set(err, ERR_LIMIT, "no memory for a column of %zu distinct values", values);
}

/* Keeps the table at most half full. */
static enum status grow_slots(struct dictionary *dictionary, struct error *err)
{
    size_t slot_count = dictionary->slot_count == 0 ? FIRST_SLOTS : dictionary->slot_count * 2;
    struct dictionary_slot *slots = mem_array(slot_count, sizeof *slots);
    if (slots == NULL)
        return no_memory(dictionary->count, err);
    size_t mask = slot_count - 1;
    for (size_t old = 0; old < dictionary->slot_count; old++) {
        if (dictionary->slots[old].filled == 0)
            continue;
        size_t i = dictionary->slots[old].hash & mask;
        while (slots[i].filled != 0)
            i = (i + 1) & mask;
        slots[i] = dictionary->slots[old];
    }
    mem_free(dictionary->slots);
    dictionary->slots = slots;
    dictionary->slot_count = slot_count;
    return OK;
}

static enum status grow_entries(struct dictionary *dictionary, struct error *err)
{
    size_t capacity = dictionary->entry_capacity == 0 ? FIRST_SLOTS / 2 : dictionary->entry_capacity * 2;
    struct dictionary_entry *entries = mem_regrow(dictionary->entries, capacity, sizeof *entries);
    if (entries == NULL)
        return no_memory(dictionary->count, err);
    dictionary->entries = entries;
    dictionary->entry_capacity = capacity;
    return OK;
}

enum status dictionary_insert(struct dictionary *dictionary, str bytes, uint64_t hash, uint32_t *ret_code,
                              struct error *err)
{
    if (dictionary->count >= FRAME_CATEGORIES_MAX || bytes.size > UINT32_MAX)
        return error_set(err, ERR_LIMIT, "more than %zu distinct values in one column", FRAME_CATEGORIES_MAX);
    if (dictionary->count == dictionary->entry_capacity)
        TRY(grow_entries(dictionary, err));
    if (2 * (dictionary->count + 1) > dictionary->slot_count)
        TRY(grow_slots(dictionary, err));
    char *copy = arena_try_array(dictionary->arena, bytes.size + 1, 1);
    if (copy == NULL)
        return no_memory(dictionary->count, err);
    if (bytes.size != 0)
        memcpy(copy, bytes.data, bytes.size);
    uint32_t code = (uint32_t)dictionary->count++;
    dictionary->entries[code] = (struct dictionary_entry){ .bytes = copy, .size = bytes.size };
    *slot_of(dictionary, bytes, (uint32_t)hash) = (struct dictionary_slot){ (uint32_t)hash, code + 1 };
    *ret_code = code;
    return OK;
}

enum status dictionary_add(struct dictionary *dictionary, str bytes, uint32_t *ret_code, struct error *err)
{
    uint64_t hash;
    if (dictionary_find(dictionary, bytes, &hash, ret_code))
        return OK;
    return dictionary_insert(dictionary, bytes, hash, ret_code, err);
}

/* Eight bytes as one number, behind what all texts begin with, settle most comparisons without touching the texts. */
struct sort_key {
    uint64_t prefix; /* big-endian, padded with zero */
    const char *bytes;
    uint32_t size;
    uint32_t code;
};

/* How many bytes all entries begin with: "user-" in user-1, user-2, ... */
static size_t common_bytes(const struct dictionary *dictionary)
{
    str first = dictionary->count != 0 ? dictionary_at(dictionary, 0) : STR("");
    size_t common = first.size;
    for (uint32_t code = 1; code < dictionary->count && common != 0; code++) {
        str bytes = dictionary_at(dictionary, code);
        common = MIN_OF(common, bytes.size);
        while (common != 0 && memcmp(first.data, bytes.data, common) != 0)
            common--;
    }
    return common;
}

static uint64_t prefix_of(str bytes)
{
    uint64_t prefix = 0;
    if (bytes.size != 0)
        memcpy(&prefix, bytes.data, MIN_OF(bytes.size, sizeof prefix));
    return be64toh(prefix);
}

static int compare_keys(const void *left, const void *right)
{
    const struct sort_key *a = left, *b = right;
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    return str_compare((str){ a->bytes, a->size }, (str){ b->bytes, b->size });
}

enum status dictionary_sort(const struct dictionary *dictionary, str **ret_sorted, uint32_t **ret_rank,
                            struct error *err)
{
    CLEANUP(mem_free_slot) struct sort_key *keys = mem_array(dictionary->count, sizeof *keys);
    str *sorted = arena_array(dictionary->arena, str, dictionary->count);
    uint32_t *rank = mem_array(dictionary->count, sizeof *rank);
    if (keys == NULL || sorted == NULL || rank == NULL) {
        mem_free(rank);
        return no_memory(dictionary->count, err);
    }
    size_t common = common_bytes(dictionary);
    for (uint32_t code = 0; code < dictionary->count; code++) {
        str bytes = dictionary_at(dictionary, code);
        keys[code] = (struct sort_key){ .prefix = prefix_of(str_slice(bytes, common, bytes.size)), .bytes = bytes.data,
                                        .size = (uint32_t)bytes.size, .code = code };
    }
    qsort(keys, dictionary->count, sizeof *keys, compare_keys);
    for (size_t i = 0; i < dictionary->count; i++) {
        sorted[i] = (str){ keys[i].bytes, keys[i].size };
        rank[keys[i].code] = (uint32_t)i;
    }
    *ret_sorted = sorted;
    *ret_rank = rank;
    return OK;
}
