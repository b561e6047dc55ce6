#include "serve/model_set.h"

#include <pthread.h>

#include "base/test.h"
#include "serve/fake_runtime.h"

#define THREADS 4
#define SWAPS 400
#define WAIT_MS 60000

static struct served_version *load_version(const char *path, struct serve_instruments *instruments)
{
    struct served_version *version = NULL;
    struct error err = { 0 };
    struct model_location location = { .name = STR("m"), .version = STR("1") };
    struct served_version_options options = { .location = &location, .folder = path, .load = fake_runtime_load,
                                              .instruments = instruments };
    CHECK_OK(path, served_version_load(&options, &version, &err), &err);
    return version;
}

static double ask(struct served_version *version, double a, double b, double c)
{
    struct arena arena;
    struct error err = { 0 };
    double row[] = { a, b, c };
    struct runtime_rows rows = { .rows = 1, .numbers = row };
    struct runtime_answer answer = { 0 };
    arena_init(&arena, 0);
    enum status status = version->runtime->methods->predict(version->runtime, &rows, &arena, &answer, &err);
    double value = status == OK ? answer.values[0] : -1;
    arena_done(&arena);
    return value;
}

struct user {
    pthread_t thread;
    struct model_slot *slot;
    atomic_bool *is_over;
    size_t answers, wrong;
};

static void *use(void *self)
{
    struct user *user = self;
    while (!atomic_load(user->is_over) || user->answers == 0) {
        struct served_version *version = model_slot_acquire(user->slot);
        user->wrong += version == NULL || ask(version, 1, 2, 3) != 6;
        user->answers++;
        if (version != NULL)
            model_slot_release(user->slot, version);
    }
    return NULL;
}

TEST(a_swap_under_load_loses_no_request_and_frees_every_version)
{
    struct metric_registry *registry = metric_registry_new(0);
    struct serve_instruments instruments;
    struct model_slot slot;
    struct user users[THREADS];
    atomic_bool is_over = false;
    int alive = atomic_load(&fake_runtimes_alive);
    serve_instruments_init(&instruments, registry);
    model_slot_init(&slot);
    model_slot_swap(&slot, load_version("sum", &instruments));
    for (size_t i = 0; i < THREADS; i++) {
        users[i] = (struct user){ .slot = &slot, .is_over = &is_over };
        pthread_create(&users[i].thread, NULL, use, &users[i]);
    }
    for (size_t i = 0; i < SWAPS; i++)
        model_slot_swap(&slot, load_version("sum", &instruments));
    atomic_store(&is_over, true);
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(users[i].thread, NULL);
        CHECK_INT("every request had an answer", users[i].wrong, 0);
        CHECK("it asked", users[i].answers > 0);
    }
    CHECK_INT("one version is left", atomic_load(&fake_runtimes_alive) - alive, 1);
    struct served_version *kept = model_slot_acquire(&slot);
    model_slot_done(&slot);
    CHECK_NEAR("who holds a version may go on using it", ask(kept, 1, 1, 1), 3, 0);
    CHECK_INT("it is still there", atomic_load(&fake_runtimes_alive) - alive, 1);
    model_slot_release(&slot, kept);
    CHECK_INT("its last user freed it", atomic_load(&fake_runtimes_alive) - alive, 0);
    CHECK("nothing is left", model_slot_acquire(&slot) == NULL);
    metric_registry_free(registry);
}

TEST(a_version_that_fails_its_trial_is_not_served)
{
    static const struct {
        const char *why, *path, *cause;
    } cases[] = {
        { "no model", "broken", "no model" },
        { "refuses rows", "refuses", "takes nothing" },
    };
    struct metric_registry *registry = metric_registry_new(0);
    struct serve_instruments instruments;
    serve_instruments_init(&instruments, registry);
    int alive = atomic_load(&fake_runtimes_alive);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct served_version *version = NULL;
        struct error err = { 0 };
        struct model_location location = { .name = STR("m"), .version = STR("1") };
        struct served_version_options options = { .location = &location, .folder = cases[i].path,
                                                  .load = fake_runtime_load, .instruments = &instruments };
        CHECK_FAILS(cases[i].why, served_version_load(&options, &version, &err), ERR_INVALID, &err);
        CHECK(cases[i].why, strstr(err.cause, cases[i].cause) != NULL);
    }
    CHECK_INT("nothing stays in memory", atomic_load(&fake_runtimes_alive), alive);
    metric_registry_free(registry);
}

/* ---- the set ---- */

struct world {
    struct fake_source source;
    struct metric_registry *registry;
    struct model_set *set;
    struct arena arena;
    int alive;
};

/* Version 1 in Production; polls are an hour apart, so that only a test's own reload moves things. */
static void open_world(struct world *world, bool follows_all)
{
    *world = (struct world){ .alive = atomic_load(&fake_runtimes_alive) };
    fake_source_init(&world->source);
    world->source.paths[1] = "sum";
    world->source.paths[2] = "classes";
    world->source.paths[3] = "broken";
    atomic_store(&world->source.production, 1);
    arena_init(&world->arena, 0);
    world->registry = metric_registry_new(0);
    world->set = model_set_open(&(struct model_set_options){ .source = &world->source.base, .load = fake_runtime_load,
                                                            .metrics = world->registry, .follows_all = follows_all,
                                                            .poll_ms = 3600000, .backoff_ms = 3600000 });
}

static void close_world(struct world *world)
{
    model_set_close(world->set);
    CHECK_INT("every version is freed", atomic_load(&fake_runtimes_alive), world->alive);
    metric_registry_free(world->registry);
    arena_done(&world->arena);
}

static str served_now(struct world *world, const char *name)
{
    struct served_model *model = model_set_find(world->set, str_of(name));
    if (model == NULL)
        return STR("(unknown)");
    struct model_choice choice = model_set_choose(model, (str){ 0 });
    str version = choice.version != NULL ? arena_copy(&world->arena, choice.version->location.version) : STR("(none)");
    model_set_release(&choice);
    return version;
}

static const struct served_model_config follows_production = { .name = { "m", 1 }, .pick = PICK_STAGE,
                                                               .value = { "Production", 10 } };

TEST(a_model_follows_its_stage)
{
    struct world world;
    struct error err = { 0 };
    open_world(&world, false);
    model_set_configure(world.set, &follows_production, 1, WAIT_MS);
    CHECK_STR("configured: loaded", served_now(&world, "m"), STR("1"));
    atomic_store(&world.source.production, 2);
    CHECK_OK("promoted", model_set_reload(world.set, STR("m"), &err), &err);
    CHECK_STR("the new version answers", served_now(&world, "m"), STR("2"));
    CHECK_STR("nobody else is served", served_now(&world, "n"), STR("(unknown)"));
    CHECK_FAILS("nor reloaded", model_set_reload(world.set, STR("n"), &err), ERR_NOT_FOUND, &err);
    close_world(&world);
}

TEST(a_version_that_does_not_load_leaves_the_old_one)
{
    struct world world;
    struct error err = { 0 };
    struct served_model_facts *facts = NULL;
    size_t count = 0;
    open_world(&world, false);
    model_set_configure(world.set, &follows_production, 1, WAIT_MS);
    atomic_store(&world.source.production, 3);
    CHECK_FAILS("version 3 is broken", model_set_reload(world.set, STR("m"), &err), ERR_INVALID, &err);
    CHECK_STR("version 1 goes on", served_now(&world, "m"), STR("1"));
    error_clear(&err);
    CHECK_OK("facts", model_set_list(world.set, &world.arena, &facts, &count, &err), &err);
    CHECK("the failure is told", count == 1 && strstr(facts[0].error.data, "no model") != NULL);
    struct counter *failures =
        metric_counter(model_set_instruments(world.set)->load_failures, (const str[]){ STR("m"), STR("3") });
    CHECK_NEAR("and counted", counter_value(failures), 1, 0);
    atomic_store(&world.source.production, 2);
    CHECK_OK("another version", model_set_reload(world.set, STR("m"), &err), &err);
    CHECK_OK("facts", model_set_list(world.set, &world.arena, &facts, &count, &err), &err);
    CHECK("the failure is forgotten", str_is_empty(facts[0].error));
    close_world(&world);
}

TEST(models_of_the_registry_are_found)
{
    struct world world;
    open_world(&world, true);
    model_set_configure(world.set, NULL, 0, WAIT_MS);
    CHECK_STR("without configuration", served_now(&world, "m"), STR("1"));
    CHECK("it is what /predict means", model_set_default(world.set) == model_set_find(world.set, STR("m")));
    close_world(&world);
}

TEST(a_configuration_without_the_model_takes_it_out)
{
    struct world world;
    open_world(&world, false);
    model_set_configure(world.set, &follows_production, 1, WAIT_MS);
    struct served_model_config path = { .name = STR("p"), .path = STR("classes"), .version = STR("7") };
    model_set_configure(world.set, &path, 1, WAIT_MS);
    CHECK_STR("gone", served_now(&world, "m"), STR("(unknown)"));
    CHECK_STR("from a path", served_now(&world, "p"), STR("7"));
    model_set_configure(world.set, &follows_production, 1, WAIT_MS);
    CHECK_STR("and back", served_now(&world, "m"), STR("1"));
    close_world(&world);
}

TEST(versions_on_demand)
{
    struct world world;
    struct error err = { 0 };
    struct model_choice choice;
    open_world(&world, false);
    model_set_configure(world.set, &follows_production, 1, WAIT_MS);
    struct model_selector followed = { STR("m"), PICK_VERSION, STR("1") }, other = { STR("m"), PICK_VERSION, STR("2") };
    CHECK("the followed version needs no waiting", model_set_try(world.set, &followed, &choice));
    model_set_release(&choice);
    CHECK("another one does", !model_set_try(world.set, &other, &choice));
    for (int i = 0; i < 2; i++) {
        CHECK_OK("loaded on demand", model_set_acquire(world.set, &other, &choice, &err), &err);
        CHECK_STR("that version", choice.version->location.version, STR("2"));
        model_set_release(&choice);
    }
    CHECK_INT("and kept: 1 and 2 were fetched once each", atomic_load(&world.source.fetches), 2);
    other.value = STR("9");
    CHECK_FAILS("one that is not there", model_set_acquire(world.set, &other, &choice, &err), ERR_NOT_FOUND, &err);
    other.value = STR("3");
    error_clear(&err);
    CHECK_FAILS("one that does not load", model_set_acquire(world.set, &other, &choice, &err), ERR_INVALID, &err);
    close_world(&world);
}
