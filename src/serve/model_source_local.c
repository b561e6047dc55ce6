/* The registry of this process as a source of models. */
#include "base/mem.h"
#include "base/number.h"
#include "registry/registered_model.h"
#include "serve/model_source.h"
#include "store/artifact_store.h"

#define NAMES_MAX 1000
#define US_PER_MS 1000

struct local_source {
    struct model_source base;
    struct registry *registry;
    struct artifact_store *artifacts;
};

static enum status find(struct local_source *source, const struct model_selector *selector, struct arena *arena,
                        struct model_version *ret_version, struct error *err)
{
    int64_t number;
    enum model_stage stage;
    switch (selector->pick) {
    case PICK_VERSION:
        if (!number_parse_i64(selector->value, &number))
            return error_set(err, ERR_INVALID, "a version is a whole number, found \"%.*s\"", STR_ARG(selector->value));
        return registry_resolve_version(source->registry, selector->name, number, arena, ret_version, err);
    case PICK_STAGE:
        TRY(model_stage_parse(selector->value, &stage, err));
        return registry_resolve_stage(source->registry, selector->name, stage, arena, ret_version, err);
    case PICK_ALIAS:
        return registry_resolve_alias(source->registry, selector->name, selector->value, arena, ret_version, err);
    case PICK_NEWEST:
        break;
    }
    return registry_resolve_newest(source->registry, selector->name, arena, ret_version, err);
}

static enum status resolve(struct model_source *self, const struct model_selector *selector, struct arena *arena,
                           struct model_location *ret_location, struct error *err)
{
    struct model_version version = { 0 };
    TRY(find((struct local_source *)self, selector, arena, &version, err));
    *ret_location = (struct model_location){
        .name = version.model_name,
        .version = arena_printf(arena, "%lld", (long long)version.version),
        .stage = str_of(model_stage_name(version.stage)),
        .run_id = version.run_id,
        .model_id = version.model_id,
        .updated_us = version.updated_ms * US_PER_MS,
    };
    return OK;
}

static enum status fetch(struct model_source *self, const struct model_location *location, struct arena *arena,
                         const char **ret_folder, struct error *err)
{
    struct local_source *source = (struct local_source *)self;
    struct model_selector exact = { location->name, PICK_VERSION, location->version };
    struct model_version version = { 0 };
    str path;
    TRY(find(source, &exact, arena, &version, err));
    if (!registry_store_path(version.location, &path))
        return error_set(err, ERR_INVALID, "version %.*s of model %.*s lies at %.*s, which this server cannot read",
                         STR_ARG(location->version), STR_ARG(location->name), STR_ARG(version.location));
    return artifact_local_folder(source->artifacts, path, arena, ret_folder, err);
}

static enum status list(struct model_source *self, struct arena *arena, str **ret_names, size_t *ret_count,
                        struct error *err)
{
    struct local_source *source = (struct local_source *)self;
    struct registry_page page = { .max_results = NAMES_MAX };
    struct registered_model *models = NULL;
    size_t count = 0;
    str token = { 0 };
    TRY(registered_model_search(source->registry, &page, arena, &models, &count, &token, err));
    str *names = arena_array(arena, str, count + 1);
    if (names == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu names of models", count);
    for (size_t i = 0; i < count; i++)
        names[i] = models[i].name;
    *ret_names = names;
    *ret_count = count;
    return OK;
}

static uint64_t revision(struct model_source *self)
{
    return registry_revision(((struct local_source *)self)->registry);
}

static void free_source(struct model_source *self)
{
    mem_free(self);
}

static const struct model_source_methods methods = { resolve, fetch, list, revision, free_source };

struct model_source *model_source_local(struct registry *registry, struct artifact_store *artifacts)
{
    struct local_source *source = mem_must(sizeof *source);
    *source = (struct local_source){ .base.methods = &methods, .registry = registry, .artifacts = artifacts };
    return &source->base;
}
