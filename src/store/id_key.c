#include "store/id_key.h"

#include "base/mem.h"

#define SLOTS_MIN ((size_t)1024)

void id_set_done(struct id_set *set)
{
    mem_free(set->slots);
    *set = (struct id_set){ 0 };
}

static bool is_free(struct id_key key)
{
    return (key.high | key.low) == 0;
}

/* Where the key is, or the free slot where it would go. */
static size_t find(const struct id_set *set, struct id_key key)
{
    size_t at = key.high & (set->slot_count - 1);
    while (!is_free(set->slots[at]) && (set->slots[at].high != key.high || set->slots[at].low != key.low))
        at = (at + 1) & (set->slot_count - 1);
    return at;
}

bool id_set_holds(const struct id_set *set, struct id_key key)
{
    return set->count > 0 && !is_free(set->slots[find(set, key)]);
}

static bool grow(struct id_set *set)
{
    struct id_set grown = { .slot_count = set->slot_count == 0 ? SLOTS_MIN : set->slot_count * 2, .count = set->count };
    grown.slots = mem_array(grown.slot_count, sizeof *grown.slots);
    if (grown.slots == NULL)
        return false;
    for (size_t i = 0; i < set->slot_count; i++)
        if (!is_free(set->slots[i]))
            grown.slots[find(&grown, set->slots[i])] = set->slots[i];
    mem_free(set->slots);
    *set = grown;
    return true;
}

bool id_set_add(struct id_set *set, struct id_key key)
{
    if (2 * (set->count + 1) > set->slot_count && !grow(set))
        return false;
    size_t at = find(set, key);
    set->count += is_free(set->slots[at]);
    set->slots[at] = key;
    return true;
}

void id_set_remove(struct id_set *set, struct id_key key)
{
    if (!id_set_holds(set, key))
        return;
    size_t mask = set->slot_count - 1, hole = find(set, key);
    set->slots[hole] = (struct id_key){ 0, 0 };
    set->count--;
    /* Keys behind the hole that probed past it move up, so that no probe ends too early. */
    for (size_t at = (hole + 1) & mask; !is_free(set->slots[at]); at = (at + 1) & mask) {
        size_t home = set->slots[at].high & mask;
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        set->slots[hole] = set->slots[at];
        set->slots[at] = (struct id_key){ 0, 0 };
        hole = at;
    }
}
