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
static size_t slot_of(const struct dictionary *dictionary, str bytes, uint64_t hash)
{
    size_t mask = dictionary->slot_count - 1;
    uint32_t upper = (uint32_t)(hash >> 32);
    for (size_t i = (size_t)hash & mask;; i = (i + 1) & mask) {
        if (dictionary->slots[i] == 0)
            return i;
        const struct dictionary_entry *entry = &dictionary->entries[dictionary->slots[i] - 1];
        if (entry->hash == upper && entry->size == bytes.size &&
            (bytes.size == 0 || memcmp(entry->bytes, bytes.data, bytes.size) == 0))
            return i;
    }
}

bool dictionary_find(const struct dictionary *dictionary, str bytes, uint32_t *ret_code)
{
    if (dictionary->slot_count == 0)
        return false;
    size_t slot = slot_of(dictionary, bytes, hash_bytes(bytes, dictionary->seed));
    if (dictionary->slots[slot] == 0)
        return false;
    *ret_code = dictionary->slots[slot] - 1;
    return true;
}

static enum status no_memory(size_t values, struct error *err)
{
    return error_set(err, ERR_LIMIT, "no memory for a column of %zu distinct values", values);
}

/* Keeps the table at most half full. Only the upper half of each hash is stored, so that entries stay
 * at 16 bytes; the lower one is computed again here. */
static enum status grow_slots(struct dictionary *dictionary, struct error *err)
{
    size_t slot_count = dictionary->slot_count == 0 ? FIRST_SLOTS : dictionary->slot_count * 4;
    uint32_t *slots = mem_array(slot_count, sizeof *slots);
    if (slots == NULL)
        return no_memory(dictionary->count, err);
    size_t mask = slot_count - 1;
    for (size_t code = 0; code < dictionary->count; code++) {
        size_t i = (size_t)hash_bytes(dictionary_at(dictionary, (uint32_t)code), dictionary->seed) & mask;
        while (slots[i] != 0)
            i = (i + 1) & mask;
        slots[i] = (uint32_t)code + 1;
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

static enum status insert(struct dictionary *dictionary, str bytes, uint64_t hash, uint32_t *ret_code,
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
    dictionary->entries[code] =
        (struct dictionary_entry){ .bytes = copy, .size = (uint32_t)bytes.size, .hash = (uint32_t)(hash >> 32) };
    dictionary->slots[slot_of(dictionary, bytes, hash)] = code + 1;
    *ret_code = code;
    return OK;
}

enum status dictionary_add(struct dictionary *dictionary, str bytes, uint32_t *ret_code, struct error *err)
{
    uint64_t hash = hash_bytes(bytes, dictionary->seed);
    if (dictionary->slot_count != 0) {
        uint32_t filled = dictionary->slots[slot_of(dictionary, bytes, hash)];
        if (filled != 0) {
            *ret_code = filled - 1;
            return OK;
        }
    }
    return insert(dictionary, bytes, hash, ret_code, err);
}

/* The first eight bytes as one number settle most comparisons without touching the texts. */
struct sort_key {
    uint64_t prefix; /* big-endian, padded with zero */
    uint32_t code;
    uint32_t size;
    const char *bytes;
};

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
    for (uint32_t code = 0; code < dictionary->count; code++) {
        str bytes = dictionary_at(dictionary, code);
        keys[code] = (struct sort_key){ prefix_of(bytes), code, (uint32_t)bytes.size, bytes.data };
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
