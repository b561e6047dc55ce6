/* A variant with a version of its own is a served model like any other, named "MODEL.VARIANT" and hidden, so that it is
 * followed, tried, swapped and drained by the same code. A split only says whose slot answers. */
#include "base/clock.h"
#include "base/log.h"
#include "serve/model_set_internal.h"

#define NS_PER_MS 1000000

/* ---- from the configuration ---- */

static bool is_name_of(str name, str model, str variant)
{
    return name.size == model.size + 1 + variant.size && str_equal(str_slice(name, 0, model.size), model) &&
           name.data[model.size] == '.' && str_equal(str_slice(name, model.size + 1, name.size), variant);
}

bool model_set_wants_variant(const struct served_model_config *models, size_t count, str name)
{
    for (size_t i = 0; i < count; i++) {
        const struct split_config *split = models[i].split;
        for (size_t j = 0; split != NULL && j < split->count; j++)
            if (!split->variants[j].is_own && is_name_of(name, models[i].name, split->variants[j].name))
                return true;
    }
    return false;
}

/* The place that the variant's version is loaded into; NULL where there is none left. */
static struct model_slot *place_variant(struct model_set *set, struct served_model *model,
                                        const struct served_model_config *config, const struct split_variant_config *variant)
{
    if (variant->is_own)
        return &model->slot;
    str name = arena_printf(&set->arena, "%.*s.%.*s", STR_ARG(config->name), STR_ARG(variant->name));
    struct served_model_config own = {
        .name = name,
        .path = variant->path,
        .version = variant->value,
        .pick = variant->pick,
        .value = str_is_empty(variant->path) ? variant->value : (str){ 0 },
        .runtime = config->runtime,
        .is_captured = config->is_captured,
        .variant_of = config->name,
        .is_shadow = variant->mode == SPLIT_SHADOW,
    };
    struct served_model *placed = model_set_add(set, &own);
    if (placed != NULL)
        return &placed->slot;
    LOG_ERROR("a variant has no place: too many models, or one of its name", log_str("model", name));
    return NULL;
}

static bool place_variants(struct model_set *set, struct served_model *model, const struct served_model_config *config,
                           struct split *split)
{
    for (size_t i = 0; i < split->count; i++) {
        struct model_slot *slot = place_variant(set, model, config, &config->split->variants[i]);
        if (slot == NULL)
            return false;
        if (split->variants[i].slot != slot) /* of a split in use it never differs: requests read it without a lock */
            split->variants[i].slot = slot;
    }
    return true;
}

/* The split is replaced as a whole, and only where it says something else: counters and canaries survive a reload. */
void model_set_split(struct model_set *set, struct served_model *model, const struct served_model_config *config)
{
    struct split *now = atomic_load_explicit(&model->split, memory_order_relaxed); /* only we store, under the lock */
    const struct split_config *wanted = config->split;
    if (wanted == NULL || wanted->count == 0) {
        atomic_store_explicit(&model->split, NULL, memory_order_release);
        return;
    }
    if (now != NULL && split_config_equal(&now->config, wanted)) {
        (void)place_variants(set, model, config, now); /* the same places; what else changed of the model reaches them */
        return;
    }
    struct split *split = split_new(config->name, wanted, &set->split_instruments);
    split->older = model->splits;
    model->splits = split;
    bool is_placed = place_variants(set, model, config, split);
    if (split->shadow_count > 0 && set->shadows == NULL)
        set->shadows = shadow_pool_new();
    atomic_store_explicit(&model->split, is_placed ? split : NULL, memory_order_release);
}

/* ---- which one answers ---- */

static struct split *split_of(struct served_model *model)
{
    return atomic_load_explicit(&model->split, memory_order_acquire); /* pairs with model_set_split's release */
}

struct model_choice model_set_choose_own(struct served_model *model)
{
    return (struct model_choice){ .version = model_slot_acquire(&model->slot), .slot = &model->slot };
}

static struct model_choice choose_variant(struct split *split, struct split_variant *variant)
{
    struct model_slot *slot = variant->slot;
    return (struct model_choice){ model_slot_acquire(slot), slot, variant->config.name, split, variant };
}

/* The variant that stands for the model's own version; NULL where no variant does. */
static struct split_variant *own_variant(struct split *split)
{
    for (size_t i = 0; i < split->count; i++)
        if (split->variants[i].config.is_own)
            return &split->variants[i];
    return NULL;
}

/* A variant that is not loaded leaves its share to the model's own version. */
struct model_choice model_set_choose(struct served_model *model, str key)
{
    struct split *split = split_of(model);
    if (split == NULL)
        return model_set_choose_own(model);
    struct split_variant *variant = &split->variants[split_choose(split, key)], *own = own_variant(split);
    struct model_choice choice = choose_variant(split, variant);
    if (choice.version != NULL || variant == own)
        return choice;
    if (own != NULL)
        return choose_variant(split, own);
    choice = model_set_choose_own(model);
    choice.split = split;
    return choice;
}

str model_set_sticky_key(struct served_model *model)
{
    struct split *split = split_of(model);
    return split != NULL ? split->config.sticky_key : (str){ 0 };
}

void model_set_ask_shadows(struct model_set *set, const struct model_choice *choice, const struct shadow_question *question)
{
    if (choice->split != NULL && choice->split->shadow_count > 0)
        shadow_ask(set->shadows, choice->split, question);
}

/* ---- looking on ---- */

void model_set_tick(struct model_set *set)
{
    size_t count = atomic_load_explicit(&set->count, memory_order_acquire);
    for (size_t i = 0; i < count; i++) {
        struct split *split = split_of(set->models[i]);
        if (split != NULL)
            split_tick(split, clock_monotonic_ns() / NS_PER_MS);
    }
}

void model_set_variants(struct served_model *model, struct split_facts *ret_facts)
{
    struct split *split = split_of(model);
    *ret_facts = (struct split_facts){ .split = split, .count = split != NULL ? split->count : 0 };
    for (size_t i = 0; i < ret_facts->count; i++) {
        struct variant_facts *facts = &ret_facts->variants[i];
        facts->config = &split->variants[i].config;
        facts->share = split_share(split, i);
        facts->is_loaded = model_slot_is_full(split->variants[i].slot);
        split_tally_read(&split->variants[i].tally, &facts->tally);
    }
    if (split == NULL)
        return;
    pthread_mutex_lock(&split->lock);
    ret_facts->canary = split->canary;
    pthread_mutex_unlock(&split->lock);
}
