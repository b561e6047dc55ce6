/* Registered models, their versions and logged models, in a database in a temporary folder. */
#include <pthread.h>
#include <string.h>

#include "base/test.h"
#include "registry/experiment.h"
#include "registry/logged_model.h"
#include "registry/registered_model.h"

struct place {
    struct meta *meta;
    struct registry *registry;
    struct arena arena;
    int64_t now_us;
    struct clock clock;
};

static void open_place(struct place *place)
{
    struct error err = { 0 };
    *place = (struct place){ .now_us = 1700000000000000 };
    place->clock = clock_fake(&place->now_us);
    arena_init(&place->arena, 0);
    CHECK_OK("meta", meta_open(test_folder(), &place->meta, &err), &err);
    CHECK_OK("registry", registry_open(place->meta, &place->clock, &place->registry, &err), &err);
}

static void close_place(struct place *place)
{
    registry_close(place->registry);
    meta_close(place->meta);
    arena_done(&place->arena);
}

static void add_model(struct place *place, const char *name)
{
    struct error err = { 0 };
    CHECK_OK(name, registered_model_create(place->registry, str_of(name), STR(""), NULL, 0, &err), &err);
}

static int64_t add_version(struct place *place, const char *name, const char *source)
{
    struct error err = { 0 };
    struct model_version_source from = { .model_name = str_of(name), .source = str_of(source) };
    int64_t version = 0;
    CHECK_OK(source, model_version_create(place->registry, &from, &version, &err), &err);
    return version;
}

/* "1:Archived 2:Production=champion,best": versions with stages and aliases. */
static str state(struct place *place, const char *name)
{
    struct error err = { 0 };
    str order = STR("version_number ASC"), token, all = STR("");
    struct registry_page page = { .filter = arena_printf(&place->arena, "name = '%s'", name), .order_by = &order,
                                  .order_count = 1, .max_results = 100 };
    struct model_version *versions;
    size_t count = 0;
    CHECK_OK(name, model_version_search(place->registry, &page, &place->arena, &versions, &count, &token, &err), &err);
    for (size_t i = 0; i < count; i++) {
        all = arena_printf(&place->arena, "%.*s %lld:%s", STR_ARG(all), (long long)versions[i].version,
                           model_stage_name(versions[i].stage));
        for (size_t a = 0; a < versions[i].alias_count; a++)
            all = arena_printf(&place->arena, "%.*s%s%.*s", STR_ARG(all), a == 0 ? "=" : ",",
                               STR_ARG(versions[i].aliases[a]));
    }
    return str_trim(all);
}

static void move(struct place *place, int64_t version, enum model_stage stage, bool archives_others)
{
    struct error err = { 0 };
    CHECK_OK("move", model_version_transition(place->registry, STR("m"), version, stage, archives_others, &err), &err);
}

TEST(names_of_registered_models)
{
    static const struct {
        const char *why, *name;
        enum status status;
    } cases[] = {
        { "a plain one", "wine", OK },
        { "other letters", "\xc3\xbc", OK },
        { "the same again", "wine", ERR_CONFLICT },
        { "nothing", "", ERR_INVALID },
        { "a blank", "  ", ERR_INVALID },
        { "a slash would be a path", "a/b", ERR_INVALID },
        { "a colon would be a scheme", "a:b", ERR_INVALID },
        { "no text", "\xff", ERR_INVALID },
    };
    struct place place;
    open_place(&place);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error err = { 0 };
        enum status status = registered_model_create(place.registry, str_of(cases[i].name), STR(""), NULL, 0, &err);
        CHECK_INT(cases[i].why, status, cases[i].status);
    }
    close_place(&place);
}

TEST(version_numbers_are_given_once)
{
    struct place place;
    struct error err = { 0 };
    open_place(&place);
    add_model(&place, "m");
    CHECK_INT("the first", add_version(&place, "m", "s3://b/1"), 1);
    CHECK_INT("the second", add_version(&place, "m", "s3://b/2"), 2);
    CHECK_OK("delete", model_version_delete(place.registry, STR("m"), 2, &err), &err);
    CHECK_INT("not 2 again", add_version(&place, "m", "s3://b/3"), 3);
    CHECK_OK("delete all", model_version_delete(place.registry, STR("m"), 1, &err), &err);
    CHECK_OK("delete all", model_version_delete(place.registry, STR("m"), 3, &err), &err);
    CHECK_INT("nor after all are gone", add_version(&place, "m", "s3://b/4"), 4);
    CHECK_FAILS("a version that is gone", model_version_delete(place.registry, STR("m"), 3, &err), ERR_NOT_FOUND, &err);
    error_clear(&err);
    CHECK_OK("the model goes", registered_model_delete(place.registry, STR("m"), &err), &err);
    add_model(&place, "m");
    CHECK_STR("a new one has none", state(&place, "m"), STR(""));
    CHECK_INT("and counts from 1", add_version(&place, "m", "s3://b/1"), 1);
    close_place(&place);
}

TEST(stages_and_who_else_is_archived)
{
    struct place place;
    struct error err = { 0 };
    open_place(&place);
    add_model(&place, "m");
    for (int i = 0; i < 4; i++)
        (void)add_version(&place, "m", "s3://b/x");
    move(&place, 1, MODEL_STAGE_PRODUCTION, false);
    move(&place, 2, MODEL_STAGE_PRODUCTION, false);
    CHECK_STR("two may share a stage", state(&place, "m"), STR("1:Production 2:Production 3:None 4:None"));
    move(&place, 3, MODEL_STAGE_STAGING, true);
    CHECK_STR("only the target stage is cleared", state(&place, "m"),
              STR("1:Production 2:Production 3:Staging 4:None"));
    move(&place, 3, MODEL_STAGE_PRODUCTION, true);
    CHECK_STR("both others", state(&place, "m"), STR("1:Archived 2:Archived 3:Production 4:None"));
    move(&place, 3, MODEL_STAGE_PRODUCTION, true);
    CHECK_STR("not itself", state(&place, "m"), STR("1:Archived 2:Archived 3:Production 4:None"));
    CHECK_FAILS("archiving for an archive",
                model_version_transition(place.registry, STR("m"), 4, MODEL_STAGE_ARCHIVED, true,
                                         &err), ERR_INVALID, &err);
    error_clear(&err);

    struct model_version *latest;
    size_t count;
    CHECK_OK("latest", model_version_latest(place.registry, STR("m"), NULL, 0, &place.arena, &latest, &count, &err),
             &err);
    CHECK_INT("one a stage", count, 3);
    CHECK_INT("None", latest[0].version, 4);
    CHECK_INT("Production", latest[1].version, 3);
    CHECK_INT("the higher archived", latest[2].version, 2);
    enum model_stage wanted = MODEL_STAGE_ARCHIVED;
    CHECK_OK("of one", model_version_latest(place.registry, STR("m"), &wanted, 1, &place.arena, &latest, &count, &err),
             &err);
    CHECK_INT("of one", count, 1);
    enum model_stage stage;
    CHECK_OK("in any case", model_stage_parse(STR("pRODUCTION"), &stage, &err), &err);
    CHECK_INT("in any case", stage, MODEL_STAGE_PRODUCTION);
    CHECK_FAILS("no stage", model_stage_parse(STR("Bogus"), &stage, &err), ERR_INVALID, &err);
    close_place(&place);
}

TEST(aliases_move_and_go_with_their_version)
{
    static const char *const reserved[] = { "latest", "LATEST", "v1", "V12", "a b", "a/b", "" };
    struct place place;
    struct error err = { 0 };
    open_place(&place);
    add_model(&place, "m");
    (void)add_version(&place, "m", "s3://b/1");
    (void)add_version(&place, "m", "s3://b/2");
    CHECK_OK("set", registered_model_set_alias(place.registry, STR("m"), STR("champion"), 1, &err), &err);
    CHECK_OK("another", registered_model_set_alias(place.registry, STR("m"), STR("best"), 1, &err), &err);
    CHECK_STR("by name", state(&place, "m"), STR("1:None=best,champion 2:None"));
    CHECK_OK("moved", registered_model_set_alias(place.registry, STR("m"), STR("champion"), 2, &err), &err);
    CHECK_STR("only one version has it", state(&place, "m"), STR("1:None=best 2:None=champion"));
    CHECK_FAILS("of no version", registered_model_set_alias(place.registry, STR("m"), STR("x"), 9, &err),
                ERR_NOT_FOUND, &err);
    for (size_t i = 0; i < COUNT(reserved) - 1; i++) {
        error_clear(&err);
        CHECK_FAILS(reserved[i], registered_model_set_alias(place.registry, STR("m"), str_of(reserved[i]), 1, &err),
                    ERR_INVALID, &err);
    }
    error_clear(&err);
    CHECK_OK("a version goes", model_version_delete(place.registry, STR("m"), 2, &err), &err);
    struct model_version version;
    CHECK_FAILS("its alias too", registry_resolve_alias(place.registry, STR("m"), STR("champion"), &place.arena,
                                                        &version, &err),
                ERR_NOT_FOUND, &err);
    error_clear(&err);
    CHECK_OK("an absent one", registered_model_delete_alias(place.registry, STR("m"), STR("none"), &err), &err);
    CHECK_OK("a present one", registered_model_delete_alias(place.registry, STR("m"), STR("best"), &err), &err);
    CHECK_STR("gone", state(&place, "m"), STR("1:None"));
    close_place(&place);
}

TEST(what_is_meant_now)
{
    struct place place;
    struct error err = { 0 };
    struct model_version version;
    open_place(&place);
    uint64_t before = registry_revision(place.registry);
    CHECK("never 0", before > 0);
    add_model(&place, "m");
    CHECK_FAILS("no version yet", registry_resolve_newest(place.registry, STR("m"), &place.arena, &version, &err),
                ERR_NOT_FOUND, &err);
    for (int i = 0; i < 3; i++)
        (void)add_version(&place, "m", "s3://b/x");
    move(&place, 1, MODEL_STAGE_PRODUCTION, false);
    move(&place, 2, MODEL_STAGE_PRODUCTION, false);
    error_clear(&err);
    CHECK_OK("a stage", registry_resolve_stage(place.registry, STR("m"), MODEL_STAGE_PRODUCTION, &place.arena,
                                               &version, &err),
             &err);
    CHECK_INT("its highest", version.version, 2);
    CHECK_OK("the newest", registry_resolve_newest(place.registry, STR("m"), &place.arena, &version, &err), &err);
    CHECK_INT("by number", version.version, 3);
    CHECK_OK("latest", registry_resolve_alias(place.registry, STR("m"), STR("latest"), &place.arena, &version, &err),
             &err);
    CHECK_INT("is the newest", version.version, 3);
    CHECK_OK("a number", registry_resolve_version(place.registry, STR("m"), 1, &place.arena, &version, &err), &err);
    CHECK_STR("its model", version.model_name, STR("m"));
    CHECK_STR("its location", version.location, STR("s3://b/x"));
    CHECK_FAILS("no model", registry_resolve_version(place.registry, STR("n"), 1, &place.arena, &version, &err),
                ERR_NOT_FOUND,
                &err);
    CHECK("and says so", strstr(err.cause, "Registered Model with name=n not found") != NULL);

    uint64_t now = registry_revision(place.registry);
    CHECK("each change raised it", now >= before + 6);
    error_clear(&err);
    CHECK_OK("read", registry_resolve_newest(place.registry, STR("m"), &place.arena, &version, &err), &err);
    CHECK_INT("reads do not", registry_revision(place.registry), now);
    CHECK_OK("renamed", registered_model_rename(place.registry, STR("m"), STR("n"), &err), &err);
    CHECK_OK("versions follow", registry_resolve_version(place.registry, STR("n"), 2, &place.arena, &version, &err),
             &err);
    CHECK("a rename too", registry_revision(place.registry) > now);
    close_place(&place);
}

TEST(sources_and_where_they_lead)
{
    struct place place;
    struct error err = { 0 };
    open_place(&place);
    add_model(&place, "m");
    struct logged_model_source logged = { .experiment_id = 0, .name = STR("clf"), .source_run_id = STR("run7") };
    str model_id;
    CHECK_OK("a logged model", logged_model_create(place.registry, &logged, &place.arena, &model_id, &err), &err);
    const char *by_id = arena_printf(&place.arena, "models:/%.*s", STR_ARG(model_id)).data;
    const char *its_files = arena_printf(&place.arena, "mlflow-artifacts:/0/models/%.*s/artifacts",
                                         STR_ARG(model_id)).data;
    const struct {
        const char *why, *source, *location; /* NULL: refused with `status` */
        enum status status;
    } cases[] = {
        { "a run's artifacts", "mlflow-artifacts:/1/r/artifacts/model", "mlflow-artifacts:/1/r/artifacts/model", OK },
        { "another store", "s3://bucket/key", "s3://bucket/key", OK },
        { "a logged model", by_id, its_files, OK },
        { "a version of it", "models:/m/3", its_files, OK },
        { "a version of that", "models:/m/4", its_files, OK },
        { "no such version", "models:/m/99", NULL, ERR_NOT_FOUND },
        { "no such logged model", "models:/m-0", NULL, ERR_NOT_FOUND },
        { "no such run", "runs:/nobody/model", NULL, ERR_NOT_FOUND },
        { "a stage is no version", "models:/m/Production", NULL, ERR_INVALID },
        { "nothing of a kind", "models:/m", NULL, ERR_INVALID },
        { "a local path", "/etc/passwd", NULL, ERR_INVALID },
        { "a relative one", "model/x", NULL, ERR_INVALID },
        { "a drive", "C:/x", NULL, ERR_INVALID },
        { "a local URI", "file:///etc", NULL, ERR_INVALID },
        { "in capitals", "FILE:/etc", NULL, ERR_INVALID },
        { "climbing", "mlflow-artifacts:/1/../../etc", NULL, ERR_INVALID },
        { "climbing in disguise", "mlflow-artifacts:/%2e%2E/x", NULL, ERR_INVALID },
        { "in two", "mlflow-artifacts:/%252e%252e/x", NULL, ERR_INVALID },
        { "dots in a name are no climbing", "s3://b/..x/a..b", "s3://b/..x/a..b", OK },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct model_version_source from = { .model_name = STR("m"), .source = str_of(cases[i].source) };
        struct model_version version;
        int64_t number = 0;
        error_clear(&err);
        enum status status = model_version_create(place.registry, &from, &number, &err);
        CHECK_INT(cases[i].why, status, cases[i].status);
        if (status != OK || cases[i].location == NULL)
            continue;
        CHECK_OK(cases[i].why, model_version_get(place.registry, STR("m"), number, &place.arena, &version, &err), &err);
        CHECK_STR(cases[i].why, version.source, str_of(cases[i].source));
        CHECK_STR(cases[i].why, version.location, str_of(cases[i].location));
        CHECK_STR(cases[i].why, version.run_id, strcmp(cases[i].location, its_files) == 0 ? STR("run7") : STR(""));
    }
    close_place(&place);
}

TEST(paths_in_the_store)
{
    static const struct {
        const char *why, *location, *path; /* NULL: elsewhere */
    } cases[] = {
        { "a run's", "mlflow-artifacts:/1/r/artifacts", "1/r/artifacts" },
        { "a slash too many", "mlflow-artifacts:/1/r/", "1/r" },
        { "without a host", "mlflow-artifacts:///1/r", "1/r" },
        { "of another server", "mlflow-artifacts://host:5000/1/r", NULL },
        { "another store", "s3://1/r", NULL },
        { "nothing", "mlflow-artifacts:/", NULL },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        str path = STR("");
        bool is_ours = registry_store_path(str_of(cases[i].location), &path);
        CHECK_INT(cases[i].why, is_ours, cases[i].path != NULL);
        if (is_ours && cases[i].path != NULL)
            CHECK_STR(cases[i].why, path, str_of(cases[i].path));
    }
}

TEST(searches_of_models_page_and_know_prompts)
{
    struct place place;
    struct error err = { 0 };
    open_place(&place);
    for (int i = 0; i < 7; i++) {
        struct registry_pair tags[] = { { STR("kind"), i % 2 == 0 ? STR("even") : STR("odd") },
                                        { STR("mlflow.prompt.is_prompt"), STR("true") } };
        str name = arena_printf(&place.arena, "s%d", i);
        CHECK_OK("a model", registered_model_create(place.registry, name, STR(""), tags, i < 5 ? 1 : 2, &err), &err);
    }
    static const struct {
        const char *why, *filter, *names;
    } cases[] = {
        { "all", "", "s0 s1 s2 s3 s4 s5 s6" },
        { "what clients send", "tag.`mlflow.prompt.is_prompt` != 'true'", "s0 s1 s2 s3 s4" },
        { "the same in other words", "tags.`mlflow.prompt.is_prompt` = 'false'", "s0 s1 s2 s3 s4" },
        { "prompts", "tags.`mlflow.prompt.is_prompt` = 'true'", "s5 s6" },
        { "two conditions", "tags.kind = 'odd' AND name != 's1'", "s3 s5" },
        { "a tag that is another", "tags.kind != 'odd'", "s0 s2 s4 s6" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct registry_page page = { .filter = str_of(cases[i].filter), .max_results = 2 };
        str all = STR("");
        do {
            struct registered_model *models;
            size_t count = 0;
            CHECK_OK(cases[i].why, registered_model_search(place.registry, &page, &place.arena, &models, &count,
                                                           &page.token,
                                                           &err), &err);
            CHECK("no page is longer than asked for", count <= 2);
            for (size_t m = 0; m < count; m++)
                all = arena_printf(&place.arena, "%.*s %.*s", STR_ARG(all), STR_ARG(models[m].name));
        } while (!str_is_empty(page.token));
        CHECK_STR(cases[i].why, str_trim(all), str_of(cases[i].names));
    }
    struct registry_page wrong = { .filter = STR("bogus = 'x'"), .max_results = 2 };
    struct registered_model *models;
    size_t count;
    str token;
    CHECK_FAILS("no such attribute",
                registered_model_search(place.registry, &wrong, &place.arena, &models, &count, &token,
                                        &err), ERR_INVALID, &err);
    close_place(&place);
}

/* Names of the models found, in order. */
static str found(struct place *place, struct logged_model_search *search)
{
    struct error err = { 0 };
    struct logged_model *models;
    size_t count = 0;
    str token, all = STR(""), zero = STR("0");
    search->experiment_ids = &zero;
    search->experiment_count = 1;
    search->max_results = 50;
    CHECK_OK("search", logged_model_search(place->registry, search, &place->arena, &models, &count, &token, &err),
             &err);
    for (size_t i = 0; i < count; i++)
        all = arena_printf(&place->arena, "%.*s %.*s", STR_ARG(all), STR_ARG(models[i].name));
    return str_trim(all);
}

TEST(logged_models_live_and_are_found)
{
    struct place place;
    struct error err = { 0 };
    struct registry_pair depth = { STR("depth"), STR("3") }, other = { STR("depth"), STR("4") };
    struct registry_pair tag = { STR("t"), STR("1") };
    str ids[3];
    open_place(&place);
    for (int i = 0; i < 3; i++) {
        struct logged_model_source from = { .experiment_id = 0, .name = arena_printf(&place.arena, "n%d", i),
                                            .source_run_id = STR("r"), .params = &depth, .param_count = i == 0 };
        place.now_us += 1000;
        CHECK_OK("create", logged_model_create(place.registry, &from, &place.arena, &ids[i], &err), &err);
    }
    CHECK_STR("the newest first", found(&place, &(struct logged_model_search){ 0 }), STR("n2 n1 n0"));
    struct logged_model_order by_name = { .field = STR("name") };
    CHECK_STR("by name", found(&place, &(struct logged_model_search){ .orders = &by_name, .order_count = 1 }),
              STR("n0 n1 n2"));
    CHECK_OK("ready", logged_model_set_status(place.registry, ids[1], LOGGED_MODEL_READY, &err), &err);
    CHECK_STR("by status", found(&place, &(struct logged_model_search){ .filter = STR("status = 'READY'") }),
              STR("n1"));
    CHECK_STR("in its long form", found(&place, &(struct logged_model_search){ .filter = STR("status = 'LOGGED_MODEL_READY'") }),
              STR("n1"));
    CHECK_STR("by run and parameter",
              found(&place, &(struct logged_model_search){ .filter = STR("source_run_id = 'r' AND params.depth = '3'") }), STR("n0"));

    CHECK_OK("the same parameter", logged_model_add_params(place.registry, ids[0], &depth, 1, &err), &err);
    CHECK_FAILS("another value", logged_model_add_params(place.registry, ids[0], &other, 1, &err), ERR_INVALID, &err);
    error_clear(&err);
    CHECK_OK("a tag", logged_model_set_tags(place.registry, ids[0], &tag, 1, &err), &err);
    struct logged_model model;
    CHECK_OK("get", logged_model_get(place.registry, ids[0], false, &place.arena, &model, &err), &err);
    CHECK_INT("pending", model.status, LOGGED_MODEL_PENDING);
    CHECK_STR("its parameter", model.params[0].value, STR("3"));
    CHECK_STR("its tag", model.tags[0].key, STR("t"));
    CHECK_OK("the tag goes", logged_model_delete_tag(place.registry, ids[0], STR("t"), &err), &err);
    CHECK_FAILS("twice", logged_model_delete_tag(place.registry, ids[0], STR("t"), &err), ERR_NOT_FOUND, &err);
    error_clear(&err);
    CHECK_OK("deleted", logged_model_delete(place.registry, ids[0], &err), &err);
    CHECK_FAILS("is gone", logged_model_get(place.registry, ids[0], false, &place.arena, &model, &err), ERR_NOT_FOUND,
                &err);
    error_clear(&err);
    CHECK_OK("but for who asks", logged_model_get(place.registry, ids[0], true, &place.arena, &model, &err), &err);
    CHECK_STR("not found", found(&place, &(struct logged_model_search){ 0 }), STR("n2 n1"));

    struct logged_model_source bad = { .experiment_id = 0, .name = STR("a.b") };
    CHECK_FAILS("a bad name", logged_model_create(place.registry, &bad, &place.arena, &ids[0], &err), ERR_INVALID,
                &err);
    error_clear(&err);
    bad = (struct logged_model_source){ .experiment_id = 77 };
    CHECK_FAILS("no experiment", logged_model_create(place.registry, &bad, &place.arena, &ids[0], &err), ERR_NOT_FOUND,
                &err);
    close_place(&place);
}

/* ---- many at once ---- */

#define CALLERS 8
#define VERSIONS_A_CALLER 25

/* A thread that registers versions and moves the alias to each. */
struct caller {
    struct registry *registry;
    int64_t versions[VERSIONS_A_CALLER];
    enum status status;
};

static void *register_versions(void *argument)
{
    struct caller *caller = argument;
    struct model_version_source from = { .model_name = STR("m"), .source = STR("s3://b/x") };
    for (size_t i = 0; i < VERSIONS_A_CALLER && caller->status == OK; i++) {
        struct error err = { 0 };
        caller->status = model_version_create(caller->registry, &from, &caller->versions[i], &err);
        if (caller->status == OK)
            caller->status = registered_model_set_alias(caller->registry, STR("m"), STR("last"), caller->versions[i],
                                                        &err);
        if (caller->status == OK)
            caller->status = model_version_transition(caller->registry, STR("m"), caller->versions[i],
                                                      MODEL_STAGE_PRODUCTION, true, &err);
    }
    return NULL;
}

TEST(many_callers_get_numbers_of_their_own)
{
    static struct caller callers[CALLERS];
    bool is_given[CALLERS * VERSIONS_A_CALLER + 1] = { false };
    struct place place;
    pthread_t threads[CALLERS];
    open_place(&place);
    add_model(&place, "m");
    for (size_t i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){ .registry = place.registry };
        CHECK_INT("a thread", pthread_create(&threads[i], NULL, register_versions, &callers[i]), 0);
    }
    for (size_t i = 0; i < CALLERS; i++) {
        pthread_join(threads[i], NULL);
        CHECK_INT("all worked", callers[i].status, OK);
        for (size_t v = 0; v < VERSIONS_A_CALLER; v++) {
            int64_t version = callers[i].versions[v];
            bool is_in = version >= 1 && version <= CALLERS * VERSIONS_A_CALLER;
            CHECK("counted without holes, given once", is_in && !is_given[version]);
            if (is_in)
                is_given[version] = true;
        }
    }
    struct error err = { 0 };
    struct registered_model model;
    CHECK_OK("read", registered_model_get(place.registry, STR("m"), &place.arena, &model, &err), &err);
    CHECK_INT("one alias", model.alias_count, 1);
    CHECK_INT("Production and Archived", model.latest_count, 2);
    struct registry_page page = { .filter = STR("name = 'm'"), .max_results = 1000 };
    struct model_version *versions;
    size_t count = 0, in_production = 0;
    str token;
    CHECK_OK("all", model_version_search(place.registry, &page, &place.arena, &versions, &count, &token, &err), &err);
    CHECK_INT("all", count, CALLERS * VERSIONS_A_CALLER);
    for (size_t i = 0; i < count; i++)
        in_production += versions[i].stage == MODEL_STAGE_PRODUCTION;
    CHECK_INT("each archived the others", in_production, 1);
    close_place(&place);
}
