#include "serve/split.h"

#include <math.h>

#include "base/test.h"
#include "serve/fake_runtime.h"

#define WAIT_MS 60000

/* ---- the canary's states ---- */

static const struct canary_config steps = { .steps = { 1, 25, 100 }, .step_count = 3, .every_ms = 1000, .requests_min = 10,
                                            .error_rate_max = 0.1, .latency_p99_max_ms = 50 };

TEST(a_canary_goes_its_way)
{
    static const struct {
        const char *why;
        struct canary_sample sample;
        int64_t now_ms;
        bool is_change;
        enum canary_phase phase;
        double share;
    } looks[] = {
        { "nothing is loaded", { 0 }, 0, false, CANARY_WAITING, 0 },
        { "loaded: the first step", { 7, 0, 0, NAN }, 100, true, CANARY_STEPPING, 1 },
        { "early", { 7, 50, 0, 1 }, 1099, false, CANARY_STEPPING, 1 },
        { "time and requests", { 7, 50, 0, 1 }, 1100, true, CANARY_STEPPING, 25 },
        { "time, but 9 requests of this step", { 7, 59, 0, 1 }, 9000, false, CANARY_STEPPING, 25 },
        { "a tenth of errors is not above a tenth", { 7, 60, 1, 50 }, 9000, true, CANARY_STEPPING, 100 },
        { "the last step counts as well", { 7, 100, 1, 1 }, 9500, false, CANARY_STEPPING, 100 },
        { "done", { 7, 100, 1, 1 }, 10000, true, CANARY_DONE, 100 },
        { "and watched", { 7, 100, 9, 1 }, 10001, true, CANARY_ROLLED_BACK, 0 },
        { "it stays out", { 7, 900, 9, 1 }, 99999, false, CANARY_ROLLED_BACK, 0 },
        { "another version starts anew", { 8, 0, 0, NAN }, 100000, true, CANARY_STEPPING, 1 },
        { "few requests are no reason", { 8, 9, 9, 900 }, 102000, false, CANARY_STEPPING, 1 },
        { "slow", { 8, 10, 0, 50.1 }, 102000, true, CANARY_ROLLED_BACK, 0 },
        { "gone", { 0 }, 103000, true, CANARY_WAITING, 0 },
    };
    struct canary canary = { 0 };
    for (size_t i = 0; i < COUNT(looks); i++) {
        CHECK(looks[i].why, canary_tick(&canary, &steps, &looks[i].sample, looks[i].now_ms) == looks[i].is_change);
        CHECK_INT(looks[i].why, canary.phase, looks[i].phase);
        CHECK_NEAR(looks[i].why, canary_share(&canary, &steps), looks[i].share, 0);
    }
    CHECK_INT("rollbacks are counted", canary.rollbacks, 2);
    CHECK("and have a reason", strstr(canary.reason, "latency p99 50.1 ms is above 50 ms at 1 %") != NULL);
}

TEST(a_canary_without_limits_never_goes_back)
{
    struct canary_config config = steps;
    struct canary canary = { 0 };
    config.error_rate_max = config.latency_p99_max_ms = NAN;
    (void)canary_tick(&canary, &config, &(struct canary_sample){ 1, 0, 0, NAN }, 0);
    (void)canary_tick(&canary, &config, &(struct canary_sample){ 1, 10, 10, 9999 }, 1000);
    CHECK_INT("on it goes", canary.step, 1);
}

/* ---- choosing ---- */

static const struct split_variant_config three[] = {
    { .name = { "a", 1 }, .is_own = true, .weight = 70 },
    { .name = { "b", 1 }, .pick = PICK_ALIAS, .value = { "b", 1 }, .weight = 30 },
    { .name = { "s", 1 }, .pick = PICK_ALIAS, .value = { "s", 1 }, .weight = 50, .mode = SPLIT_SHADOW },
};
static const struct split_config weights = { .variants = three, .count = 3 };

static struct split *make_split(struct metric_registry *registry, const char *model, const struct split_config *config)
{
    struct split_instruments instruments;
    split_instruments_init(&instruments, registry);
    return split_new(str_of(model), config, &instruments);
}

TEST(requests_are_split_by_weight)
{
    struct metric_registry *registry = metric_registry_new(0);
    struct split *split = make_split(registry, "m", &weights), *other = make_split(registry, "n", &weights);
    size_t by_chance[3] = { 0 }, by_key[3] = { 0 }, moved = 0, as_other = 0;
    for (size_t i = 0; i < 10000; i++) {
        char text[24];
        str key = { text, (size_t)snprintf(text, sizeof text, "user-%zu", i) };
        size_t chosen = split_choose(split, key);
        by_chance[split_choose(split, (str){ 0 })]++;
        by_key[chosen]++;
        moved += split_choose(split, key) != chosen;
        as_other += split_choose(other, key) == chosen;
    }
    /* Five standard deviations of a binomial count are 5 sqrt(10000 0.7 0.3) = 229. */
    CHECK_NEAR("by chance", (double)by_chance[0], 7000, 229 / 7229.0);
    CHECK_NEAR("by key", (double)by_key[0], 7000, 229 / 7229.0);
    CHECK_INT("shadows answer nobody", by_chance[2] + by_key[2], 0);
    CHECK_INT("a key stays where it is", moved, 0);
    CHECK_NEAR("another model's split is another one: 0.7^2 + 0.3^2", (double)as_other, 5800, 247 / 6047.0);
    CHECK_NEAR("shares", split_share(split, 1), 0.3, 1e-12);
    CHECK_NEAR("of a shadow", split_share(split, 2), 0, 0);
    CHECK("the same configuration", split_config_equal(&weights, &split->config));
    split_free(split);
    split_free(other);
    metric_registry_free(registry);
}

/* ---- tallies ---- */

TEST(a_tally_speaks_of_one_version)
{
    static const struct runtime runtime = { 0 };
    struct served_version old = { .runtime = (struct runtime *)&runtime, .loaded_us = 5, .location.version = STR("1") };
    struct served_version new = { .runtime = (struct runtime *)&runtime, .loaded_us = 6, .location.version = STR("2") };
    double values[] = { 1, 2, 6, NAN };
    struct runtime_answer answer = { .rows = 4, .values = values };
    struct split_tally tally;
    struct tally_facts facts;
    split_tally_init(&tally);
    split_tally_read(&tally, &facts);
    CHECK("nothing yet", isnan(tally_latency_ms(&facts, 0.5)) && isnan(tally_variance(&facts)));
    split_tally_failed(&tally, &old);
    split_tally_answered(&tally, &new, &answer, 0.001);
    split_tally_answered(&tally, &new, &answer, 0.1);
    split_tally_answered(&tally, &old, &answer, 9); /* drains */
    split_tally_failed(&tally, &new);
    split_tally_read(&tally, &facts);
    CHECK_STR("the newer one", str_of(facts.version), STR("2"));
    CHECK_INT("requests", facts.requests, 3);
    CHECK_INT("errors", facts.errors, 1);
    CHECK_INT("rows", facts.predictions, 8);
    CHECK_INT("NaN is no number", facts.numbers, 6);
    CHECK_NEAR("mean", facts.mean, 3, 1e-15);
    CHECK_NEAR("variance of 1 2 6 1 2 6", tally_variance(&facts), 5.6, 1e-14);
    CHECK_NEAR("median within the bucket's 5 %", tally_latency_ms(&facts, 0.5), 1, 0.05);
    CHECK_NEAR("99 %", tally_latency_ms(&facts, 0.99), 100, 0.05);
    split_tally_done(&tally);
}

/* ---- in a set ---- */

struct world {
    struct metric_registry *registry;
    struct model_set *set;
    struct arena arena;
};

static void open_world(struct world *world)
{
    arena_init(&world->arena, 0);
    world->registry = metric_registry_new(0);
    world->set = model_set_open(&(struct model_set_options){ .load = fake_runtime_load, .metrics = world->registry,
                                                            .poll_ms = 3600000, .backoff_ms = 3600000 });
}

static void close_world(struct world *world, int alive)
{
    model_set_close(world->set);
    CHECK_INT("every version is freed", atomic_load(&fake_runtimes_alive), alive);
    metric_registry_free(world->registry);
    arena_done(&world->arena);
}

static const struct split_variant_config with_shadow[] = {
    { .name = { "other", 5 }, .path = { "classes", 7 }, .value = { "9", 1 }, .weight = 1 },
    { .name = { "own", 3 }, .is_own = true, .weight = 0 },
    { .name = { "dark", 4 }, .path = { "sum", 3 }, .value = { "d", 1 }, .mode = SPLIT_SHADOW },
    { .name = { "odd", 3 }, .path = { "mixed", 5 }, .value = { "o", 1 }, .mode = SPLIT_SHADOW },
};
static const struct split_config all_to_other = { .variants = with_shadow, .count = 4 };

static const struct row_schema *ask_shadows(struct world *world, const struct model_choice *choice)
{
    static const double row[] = { 1, 2, 3 };
    const struct row_schema *schema = &choice->version->schema;
    const str id = STR("p1");
    model_set_ask_shadows(world->set, choice, &(struct shadow_question){ .schema = schema, .rows = { 1, row, NULL },
                                                                         .ids = &id, .now_us = 1 });
    return schema;
}

TEST(a_configured_split_answers_with_its_variants)
{
    struct world world;
    int alive = atomic_load(&fake_runtimes_alive);
    open_world(&world);
    struct served_model_config config = { .name = STR("m"), .path = STR("sum"), .version = STR("1"), .split = &all_to_other };
    model_set_configure(world.set, &config, 1, WAIT_MS);
    struct served_model *model = model_set_find(world.set, STR("m"));
    struct model_choice choice = model_set_choose(model, STR("key"));
    CHECK_STR("its version answers", choice.version->location.version, STR("9"));
    CHECK_STR("as the model's", choice.version->location.name, STR("m"));
    CHECK_STR("and is named", choice.variant, STR("other"));
    (void)ask_shadows(&world, &choice);
    struct split *split = choice.split;
    model_set_release(&choice);
    choice = model_set_choose_own(model);
    CHECK_STR("the model's own version is there", choice.version->location.version, STR("1"));
    model_set_release(&choice);
    CHECK("variants are not found by name", model_set_find(world.set, STR("m.other")) == NULL);

    model_set_configure(world.set, &config, 1, WAIT_MS);
    choice = model_set_choose(model, (str){ 0 });
    CHECK("the same configuration leaves the split alone", choice.split == split);
    model_set_release(&choice);
    config.split = NULL;
    model_set_configure(world.set, &config, 1, WAIT_MS);
    choice = model_set_choose(model, (str){ 0 });
    CHECK("without a split", str_is_empty(choice.variant) && choice.counted == NULL);
    CHECK_STR("the model answers itself", choice.version->location.version, STR("1"));
    model_set_release(&choice);
    close_world(&world, alive);
}

/* Closing the set waits for what the shadows were asked, so that a count after it is the end of the story. */
TEST(shadows_are_asked_in_the_background)
{
    struct world world;
    int alive = atomic_load(&fake_runtimes_alive);
    open_world(&world);
    struct served_model_config config = { .name = STR("m"), .path = STR("sum"), .version = STR("1"), .split = &all_to_other };
    model_set_configure(world.set, &config, 1, WAIT_MS);
    struct model_choice choice = model_set_choose(model_set_find(world.set, STR("m")), (str){ 0 });
    for (int i = 0; i < 10; i++)
        (void)ask_shadows(&world, &choice);
    struct split_variant *dark = &choice.split->variants[2], *odd = &choice.split->variants[3];
    struct counter *asked = dark->requests, *odd_asked = odd->requests, *odd_failed = odd->errors;
    struct counter *dropped = choice.split->shadow_dropped;
    model_set_release(&choice);
    model_set_close(world.set);
    CHECK_NEAR("each question has an answer", counter_value(asked) + counter_value(dropped), 10, 0);
    CHECK_NEAR("nothing was dropped", counter_value(dropped), 0, 0);
    CHECK_NEAR("a shadow with columns that the rows have not fails", counter_value(odd_failed), 10, 0);
    CHECK_NEAR("of as many", counter_value(odd_asked), 10, 0);
    CHECK_INT("every version is freed", atomic_load(&fake_runtimes_alive), alive);
    metric_registry_free(world.registry);
    arena_done(&world.arena);
}

TEST(a_variant_that_does_not_load_leaves_its_share_to_the_model)
{
    static const struct split_variant_config broken[] = {
        { .name = { "new", 3 }, .path = { "broken", 6 }, .value = { "2", 1 }, .weight = 1 },
        { .name = { "old", 3 }, .is_own = true, .weight = 0 },
    };
    static const struct split_config config = { .variants = broken, .count = 2 };
    struct world world;
    int alive = atomic_load(&fake_runtimes_alive);
    open_world(&world);
    model_set_configure(world.set,
                        &(struct served_model_config){ .name = STR("m"), .path = STR("sum"), .version = STR("1"),
                                                       .split = &config }, 1, WAIT_MS);
    struct model_choice choice = model_set_choose(model_set_find(world.set, STR("m")), (str){ 0 });
    CHECK_STR("the model's own version", choice.version->location.version, STR("1"));
    CHECK_STR("under its name", choice.variant, STR("old"));
    model_set_release(&choice);
    close_world(&world, alive);
}
