#include "serve/model_slot.h"

#include <assert.h>

/* Versions are aligned to a cache line, so six low bits of an address are zero and 42 of its 48 are left; the count has
 * the other 22: four million users at a time, and there are never more than requests. */
#define ADDRESS_SHIFT 6
#define COUNT_BITS 22
#define COUNT_MASK (((uint64_t)1 << COUNT_BITS) - 1)

static uint64_t word_of(const struct served_version *version)
{
    uint64_t address = (uint64_t)(uintptr_t)version;
    assert((address & (((uint64_t)1 << ADDRESS_SHIFT) - 1)) == 0 && address >> 48 == 0);
    return address >> ADDRESS_SHIFT << COUNT_BITS;
}

static struct served_version *version_of(uint64_t word)
{
    return (struct served_version *)(uintptr_t)(word >> COUNT_BITS << ADDRESS_SHIFT); // NOLINT
}

void model_slot_init(struct model_slot *slot)
{
    atomic_init(&slot->word, 0);
}

void model_slot_done(struct model_slot *slot)
{
    model_slot_swap(slot, NULL);
}

/* acquire: pairs with the release of the swap that published the version. */
struct served_version *model_slot_acquire(struct model_slot *slot)
{
    uint64_t word = atomic_fetch_add_explicit(&slot->word, 1, memory_order_acquire);
    struct served_version *version = version_of(word);
    if (version == NULL)
        model_slot_release(slot, NULL);
    return version;
}

bool model_slot_is_full(struct model_slot *slot)
{
    return version_of(atomic_load_explicit(&slot->word, memory_order_relaxed)) != NULL;
}

/* Changes the version's own count; whoever brings it to zero is the last. It is below zero while users come back whom
 * the swap has not added yet, and meets zero only once all are counted. */
static void count_own(struct served_version *version, int64_t change)
{
    int64_t before = atomic_fetch_add_explicit(&version->references, change, memory_order_acq_rel);
    if (before + change == 0)
        served_version_free(version);
}

void model_slot_release(struct model_slot *slot, struct served_version *version)
{
    uint64_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);
    while (version_of(word) == version && (word & COUNT_MASK) > 0)
        if (atomic_compare_exchange_weak_explicit(&slot->word, &word, word - 1, memory_order_release,
                                                  memory_order_relaxed))
            return;
    if (version != NULL)
        count_own(version, -1);
}

/* acq_rel: users who came back through the word are done with the version before it is freed. */
void model_slot_swap(struct model_slot *slot, struct served_version *version)
{
    uint64_t old = atomic_exchange_explicit(&slot->word, version == NULL ? 0 : word_of(version), memory_order_acq_rel);
    struct served_version *drained = version_of(old);
    if (drained != NULL)
        count_own(drained, (int64_t)(old & COUNT_MASK));
}
