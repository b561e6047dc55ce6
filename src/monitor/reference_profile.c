#include "monitor/reference_profile.h"

#include <stdatomic.h>

#include "base/mem.h"
#include "monitor/analysis_options.h"
#include "monitor/schema.h"

struct profiled_column {
    str name;
    struct column_profile profile;
    struct arena arena;
    enum status status; /* looked at when all are done */
    struct error error;
};

struct reference_profile {
    struct profiled_column *columns;
    size_t count;
    struct arena arena;        /* the names and the table above */
    atomic_size_t references; /* release on unref, acquire before freeing: the last one sees all uses */
};

struct profile_job {
    const struct schema *schema;
    struct reference_profile *profile;
    struct workspace_pool *workspaces;
};

static void profile_column(size_t index, void *argument)
{
    struct profile_job *job = argument;
    const struct schema_column *column = &job->schema->columns[index];
    struct profiled_column *profiled = &job->profile->columns[index];
    arena_init(&profiled->arena, 0);
    struct workspace *workspace = workspace_borrow(job->workspaces);
    struct profile_memory memory = { &profiled->arena, NULL, workspace };
    profiled->status =
        column_profile_build(column->reference, column->type, &memory, &profiled->profile, &profiled->error);
    workspace_return(job->workspaces, workspace);
}

enum status reference_profile_new(const struct analysis_options *options, const struct frame *reference,
                                  struct pool *pool, struct reference_profile **ret_profile, struct error *err)
{
    CLEANUP(schema_free_slot) struct schema *schema = NULL;
    TRY(schema_new(options, reference, NULL, pool, &schema, err));
    struct reference_profile *profile = mem_must(sizeof *profile);
    atomic_init(&profile->references, 1);
    arena_init(&profile->arena, 0);
    profile->columns = arena_array(&profile->arena, struct profiled_column, schema->count + 1);
    if (!profile->columns) {
        reference_profile_unref(profile);
        return error_set(err, ERR_LIMIT, "a profile of %zu columns does not fit in memory", schema->count);
    }
    profile->count = schema->count;
    for (size_t i = 0; i < schema->count; i++)
        profile->columns[i].name = arena_copy(&profile->arena, schema->columns[i].name);

    struct profile_job job = { schema, profile, workspace_pool_new() };
    pool_run(pool, schema->count, profile_column, &job);
    workspace_pool_free(job.workspaces);
    for (size_t i = 0; i < profile->count; i++) {
        if (profile->columns[i].status == OK)
            continue;
        enum status status = error_set(err, profile->columns[i].status, "%s", profile->columns[i].error.cause);
        reference_profile_unref(profile);
        return status;
    }
    *ret_profile = profile;
    return OK;
}

struct reference_profile *reference_profile_ref(struct reference_profile *profile)
{
    atomic_fetch_add_explicit(&profile->references, 1, memory_order_relaxed);
    return profile;
}

void reference_profile_unref(struct reference_profile *profile)
{
    if (!profile || atomic_fetch_sub_explicit(&profile->references, 1, memory_order_acq_rel) > 1)
        return;
    for (size_t i = 0; i < profile->count; i++)
        arena_done(&profile->columns[i].arena);
    arena_done(&profile->arena);
    mem_free(profile);
}

const struct column_profile *reference_profile_column(const struct reference_profile *profile, str name,
                                                      enum column_type type)
{
    for (size_t i = 0; i < profile->count; i++)
        if (str_equal(profile->columns[i].name, name))
            return profile->columns[i].profile.type == type ? &profile->columns[i].profile : NULL;
    return NULL;
}

size_t reference_profile_bytes(const struct reference_profile *profile)
{
    size_t bytes = sizeof *profile + profile->arena.used_bytes;
    for (size_t i = 0; i < profile->count; i++)
        bytes += profile->columns[i].arena.used_bytes;
    return bytes;
}
