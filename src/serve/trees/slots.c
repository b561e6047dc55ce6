#include "serve/trees/slots.h"

#include <math.h>

/* LightGBM's kZeroThreshold, a float32: numbers within it are zero. */
#define ZERO_BOUND ((double)1e-35f)

struct split_key {
    uint32_t feature;
    uint32_t missing;
    double threshold;
};

static int compare_keys(const void *left, const void *right)
{
    const struct split_key *a = left, *b = right;
    if (a->feature != b->feature)
        return a->feature < b->feature ? -1 : 1;
    if (a->missing != b->missing)
        return a->missing < b->missing ? -1 : 1;
    return (a->threshold > b->threshold) - (a->threshold < b->threshold);
}

static bool is_numerical(const struct tree_node *node)
{
    return node->left != 0 && node->set == TREE_NO_SET;
}

static size_t collect_keys(const struct tree_model *model, size_t tree_count, struct split_key *keys)
{
    size_t count = 0;
    for (size_t i = 0; i < tree_count; i++)
        for (uint32_t k = 0; k < model->trees[i].node_count; k++) {
            const struct tree_node *node = &model->trees[i].nodes[k];
            if (!is_numerical(node))
                continue;
            if (keys != NULL)
                keys[count] = (struct split_key){ node->feature, node->missing, node->number };
            count++;
        }
    return count;
}

/* Sorted keys become groups; equal thresholds become one. */
static enum status make_groups(const struct split_key *keys, size_t count, struct arena *arena, struct slots *slots,
                               struct error *err)
{
    size_t group_count = 0;
    for (size_t i = 0; i < count; i++)
        group_count += i == 0 || keys[i].feature != keys[i - 1].feature || keys[i].missing != keys[i - 1].missing;
    double *thresholds = arena_array(arena, double, count + 1);
    slots->groups = arena_array(arena, struct threshold_group, group_count + 1);
    if (thresholds == NULL || slots->groups == NULL)
        return error_set(err, ERR_LIMIT, "the thresholds do not fit in memory");
    size_t used = 0;
    struct threshold_group *group = slots->groups - 1;
    for (size_t i = 0; i < count; i++) {
        bool is_new = i == 0 || keys[i].feature != keys[i - 1].feature || keys[i].missing != keys[i - 1].missing;
        if (is_new)
            *++group = (struct threshold_group){ .feature = keys[i].feature,
                                                 .missing = (enum missing_rule)keys[i].missing,
                                                 .thresholds = thresholds + used };
        if (is_new || keys[i].threshold != keys[i - 1].threshold) {
            thresholds[used++] = keys[i].threshold;
            group->count++;
        }
    }
    slots->group_count = group_count;
    return OK;
}

static enum status number_slots(struct slots *slots, struct error *err)
{
    size_t next = 0;
    for (size_t i = 0; i < slots->group_count; i++) {
        struct threshold_group *group = &slots->groups[i];
        group->slot_count = (uint32_t)((group->count + SLOT_THRESHOLDS - 1) / SLOT_THRESHOLDS);
        group->first_slot = (uint32_t)next;
        next += group->slot_count;
        if (next > SLOTS_MAX)
            return error_set(err, ERR_LIMIT, "more than %u slots of thresholds", SLOTS_MAX);
    }
    slots->first_set_slot = (uint32_t)next;
    if (next + slots->set_count > SLOTS_MAX)
        return error_set(err, ERR_LIMIT, "more than %u slots of thresholds and categories", SLOTS_MAX);
    slots->slot_count = (uint32_t)(next + slots->set_count);
    return OK;
}

struct set_key {
    struct set_slot slot;
    uint32_t set; /* the model's */
};

static int compare_sets(const void *left, const void *right)
{
    const struct set_slot *a = &((const struct set_key *)left)->slot, *b = &((const struct set_key *)right)->slot;
    if (a->feature != b->feature)
        return a->feature < b->feature ? -1 : 1;
    if (a->missing != b->missing)
        return a->missing < b->missing ? -1 : 1;
    if (a->set.word_count != b->set.word_count)
        return a->set.word_count < b->set.word_count ? -1 : 1;
    return memcmp(a->set.words, b->set.words, a->set.word_count * sizeof *a->set.words);
}

/* A set belongs to one node, so that its feature and rule are that node's; equal ones share a slot. */
static size_t collect_sets(const struct tree_model *model, size_t tree_count, struct set_key *keys)
{
    size_t count = 0;
    for (size_t i = 0; i < tree_count; i++)
        for (uint32_t k = 0; k < model->trees[i].node_count; k++) {
            const struct tree_node *node = &model->trees[i].nodes[k];
            if (node->left != 0 && node->set != TREE_NO_SET)
                keys[count++] =
                    (struct set_key){ { node->feature, node->missing, model->sets[node->set] }, node->set };
        }
    return count;
}

static enum status make_sets(const struct tree_model *model, size_t tree_count, struct arena *arena,
                             struct slots *slots, struct error *err)
{
    struct set_key *keys = arena_array(arena, struct set_key, model->set_count + 1);
    uint32_t *slot_of_set = arena_array(arena, uint32_t, model->set_count + 1);
    slots->sets = arena_array(arena, struct set_slot, model->set_count + 1);
    if (keys == NULL || slot_of_set == NULL || slots->sets == NULL)
        return error_set(err, ERR_LIMIT, "the categories do not fit in memory");
    size_t count = collect_sets(model, tree_count, keys);
    qsort(keys, count, sizeof *keys, compare_sets);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || compare_sets(&keys[i - 1], &keys[i]) != 0) {
            struct set_slot *slot = &slots->sets[slots->set_count++];
            *slot = keys[i].slot;
            uint32_t *words = arena_array(arena, uint32_t, slot->set.word_count + 1);
            if (words == NULL)
                return error_set(err, ERR_LIMIT, "the categories do not fit in memory");
            memcpy(words, slot->set.words, slot->set.word_count * sizeof *words);
            slot->set.words = words;
        }
        slot_of_set[keys[i].set] = (uint32_t)slots->set_count - 1;
    }
    slots->slot_of_set = slot_of_set;
    return OK;
}

enum status slots_build(const struct tree_model *model, size_t tree_count, struct arena *arena, struct slots *ret_slots,
                        struct error *err)
{
    struct slots slots = { .is_float = model->is_float };
    CLEANUP(arena_done) struct arena scratch;
    arena_init(&scratch, 0);
    size_t count = collect_keys(model, tree_count, NULL);
    struct split_key *keys = arena_array(&scratch, struct split_key, count + 1);
    if (keys == NULL)
        return error_set(err, ERR_LIMIT, "%zu splits do not fit in memory", count);
    collect_keys(model, tree_count, keys);
    qsort(keys, count, sizeof *keys, compare_keys);
    TRY(make_groups(keys, count, arena, &slots, err));
    TRY(make_sets(model, tree_count, arena, &slots, err));
    TRY(number_slots(&slots, err));
    *ret_slots = slots;
    return OK;
}

/* How many of the rising thresholds are not above x. No branch depends on x. */
static size_t rank_of(const double *thresholds, size_t count, double x)
{
    const double *base = thresholds;
    while (count > 1) {
        size_t half = count / 2;
        base += half & -(size_t)(base[half - 1] <= x);
        count -= half;
    }
    return (size_t)(base - thresholds) + (count == 1 && base[0] <= x);
}

static const struct threshold_group *group_of(const struct slots *slots, uint32_t feature, enum missing_rule missing)
{
    size_t from = 0, to = slots->group_count;
    while (to - from > 1) {
        size_t middle = from + (to - from) / 2;
        const struct threshold_group *group = &slots->groups[middle];
        bool is_behind = group->feature > feature || (group->feature == feature && group->missing > missing);
        *(is_behind ? &to : &from) = middle;
    }
    return &slots->groups[from];
}

uint32_t slots_of_split(const struct slots *slots, const struct tree_node *node)
{
    if (node->set != TREE_NO_SET)
        return (slots->first_set_slot + slots->slot_of_set[node->set]) << 8;
    const struct threshold_group *group = group_of(slots, node->feature, node->missing);
    size_t index = rank_of(group->thresholds, group->count, node->number) - 1;
    uint32_t slot = group->first_slot + (uint32_t)(index / SLOT_THRESHOLDS);
    return slot << 8 | (uint32_t)(index % SLOT_THRESHOLDS);
}

static uint8_t set_rank(const struct set_slot *slot, double value, bool is_float)
{
    bool is_left = !slot->set.is_left; /* of those outside of the set */
    if (isnan(value))
        return slot->missing == NAN_LEFT ? SLOT_LEFT : SLOT_RIGHT;
    /* LightGBM cuts off the fraction first, so that -0.5 is category 0; XGBoost calls it invalid */
    if (value < (double)slot->set.word_count * 32 && (is_float ? value >= 0 : value > -1)) {
        uint32_t category = (uint32_t)(value > 0 ? value : 0);
        if ((slot->set.words[category / 32] >> (category % 32) & 1) != 0)
            is_left = slot->set.is_left;
    }
    return is_left ? SLOT_LEFT : SLOT_RIGHT;
}

/* The rank of all of a group's thresholds, or below or above all of them where the value is missing. */
static size_t group_rank(const struct threshold_group *group, double value)
{
    enum missing_rule rule = group->missing;
    if (isnan(value)) {
        if (rule != NAN_IS_ZERO)
            return rule == NAN_LEFT || rule == ZERO_LEFT ? 0 : SIZE_MAX;
        value = 0;
    }
    if ((rule == ZERO_LEFT || rule == ZERO_RIGHT) && fabs(value) <= ZERO_BOUND)
        return rule == ZERO_LEFT ? 0 : SIZE_MAX;
    return rank_of(group->thresholds, group->count, value);
}

static inline void write_ranks(const struct threshold_group *group, size_t rank, uint8_t *ranks, size_t stride)
{
    for (size_t i = 0, before = 0; i < group->slot_count; i++, before += SLOT_THRESHOLDS) {
        size_t inside = rank <= before ? 0 : MIN_OF(rank - before, SLOT_THRESHOLDS);
        ranks[(group->first_slot + i) * stride] = (uint8_t)inside;
    }
}

void slots_fill(const struct slots *slots, const double *row, uint8_t *ranks, size_t stride)
{
    for (size_t i = 0; i < slots->group_count; i++) {
        const struct threshold_group *group = &slots->groups[i];
        double value = slots->is_float ? (double)(float)row[group->feature] : row[group->feature];
        write_ranks(group, group_rank(group, value), ranks, stride);
    }
    for (size_t i = 0; i < slots->set_count; i++) {
        double value = row[slots->sets[i].feature];
        ranks[(slots->first_set_slot + i) * stride] = set_rank(&slots->sets[i], value, slots->is_float);
    }
}

void slots_fill_block(const struct slots *slots, const double *values, size_t feature_count, size_t rows,
                      uint8_t *ranks, size_t stride)
{
    for (size_t i = 0; i < rows; i++)
        slots_fill(slots, values + i * feature_count, ranks + i, stride);
}
