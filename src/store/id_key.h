/* store/id_key.h - a prediction id of a model as 128 bits, and a set of them.
 *
 * Two seeded 64-bit hashes: 2^40 ids have two alike with probability 2^-49, so a set of keys stands for
 * the set of ids. Seeds are random a log, so nobody outside can make two ids alike. */
#ifndef STORE_ID_KEY_H
#define STORE_ID_KEY_H

#include <stdint.h>

#include "base/hash.h"
#include "base/str.h"

struct id_key {
    uint64_t high, low; /* never both 0 */
};

struct id_seeds {
    uint64_t high, low;
};

/* `model` keeps the ids of models apart: hash_bytes() of the name, say. */
static inline struct id_key id_key_of(const struct id_seeds *seeds, uint64_t model, str id)
{
    struct id_key key = { hash_bytes(id, seeds->high ^ model), hash_bytes(id, seeds->low ^ hash_mix(model)) };
    key.low |= (key.high | key.low) == 0;
    return key;
}

/* Keys in memory, exact: linear probing at most half full, 32 to 64 bytes a key. Not thread-safe. */
struct id_set {
    struct id_key *slots;
    size_t slot_count, count;
};

/* Frees the keys; empty and usable again. Zeroed memory is an empty set. */
void id_set_done(struct id_set *set);

/* Whether the key was added and not removed since. Exact. */
bool id_set_holds(const struct id_set *set, struct id_key key);

/* False without memory. A key that is there already is fine. */
bool id_set_add(struct id_set *set, struct id_key key);

/* One that is not there is fine. */
void id_set_remove(struct id_set *set, struct id_key key);

#endif
