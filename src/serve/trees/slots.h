/* serve/trees/slots.h - a row as bytes: for each split of the forest, where its value lies among the thresholds.
 *
 * A feature's thresholds are sorted; the rank of a value is how many of them are not above it, and a split at the i-th
 * goes left where rank <= i. So a split compares bytes whatever the library compared, float32 or double. A missing
 * value's rank is below or above all, which sends it where the split wants: features whose splits disagree about that
 * have a slot for each opinion. More than 255 thresholds take several slots, a categorical split's set takes one whose
 * rank is lowest (left) or highest. */
#ifndef SERVE_SLOTS_H
#define SERVE_SLOTS_H

#include "serve/trees/tree_model.h"

#define SLOT_THRESHOLDS 255 /* of one slot: ranks 0 .. 255 */
#define SLOTS_MAX (1u << 24)
#define SLOT_LEFT 0
#define SLOT_RIGHT UINT8_MAX

/* Slots of the splits of one feature that agree about missing values. */
struct threshold_group {
    uint32_t feature;
    enum missing_rule missing;
    uint32_t first_slot, slot_count;
    size_t count;
    const double *thresholds; /* [count], rising */
};

struct set_slot {
    uint32_t feature;
    enum missing_rule missing;
    struct category_set set;
};

struct slots {
    bool is_float; /* values are cast to float32 first */
    struct threshold_group *groups; /* sorted by feature and rule */
    size_t group_count;
    struct set_slot *sets; /* behind the slots of the groups */
    size_t set_count;
    uint32_t first_set_slot, slot_count;
    const uint32_t *slot_of_set; /* the model's set index to the slot, TREE_NO_SET where no tree uses it */
};

/* Of the first `tree_count` trees. Memory is the arena's. ERR_LIMIT: more than SLOTS_MAX, or no memory. */
must_use enum status slots_build(const struct tree_model *model, size_t tree_count, struct arena *arena,
                                 struct slots *ret_slots, struct error *err);

/* The slot and the highest rank that goes left there, as slot << 8 | rank. */
uint32_t slots_of_split(const struct slots *slots, const struct tree_node *node);

/* Fills ranks[slot * stride] of one row of values. */
void slots_fill(const struct slots *slots, const double *row, uint8_t *ranks, size_t stride);

/* Fills ranks[slot * stride + i] of rows i in [0, rows), `feature_count` values each. */
void slots_fill_block(const struct slots *slots, const double *values, size_t feature_count, size_t rows,
                      uint8_t *ranks, size_t stride);

#endif
