/* serve/model_slot.h - a served name: the version that answers now, exchanged under load without a lock.
 *
 * One 64-bit word holds the version's address and the number of users who took it from here and have not brought it
 * back. Taking is one atomic addition; bringing back one compare-and-swap, or, when the word shows another version by
 * then, one subtraction from the version's own count, whose last user frees it.
 *
 * (S1) Who has acquired a version may use it until release, whatever is swapped meanwhile.
 * (S2) A version leaves memory when it is not in the slot and nobody uses it. */
#ifndef SERVE_MODEL_SLOT_H
#define SERVE_MODEL_SLOT_H

#include "serve/served_version.h"

struct model_slot {
    atomic_uint_fast64_t word; /* (address / 64) << SLOT_COUNT_BITS | users */
};

void model_slot_init(struct model_slot *slot);

/* Takes the version out and waits for nobody: its users free it. */
void model_slot_done(struct model_slot *slot);

/* NULL where nothing is loaded (yet). */
struct served_version *model_slot_acquire(struct model_slot *slot);
void model_slot_release(struct model_slot *slot, struct served_version *version);

/* Whether a version is there at the moment. */
bool model_slot_is_full(struct model_slot *slot);

/* Puts a version in the place of the present one, which drains; takes `version` over, NULL empties the slot. */
void model_slot_swap(struct model_slot *slot, struct served_version *version);

#endif
