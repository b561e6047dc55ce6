#include "registry/run.h"

#include <math.h>

#include "registry/experiment_rows.h"
#include "registry/run_rows.h"
#include "registry/run_tags.h"

static struct meta_sql_value time_value(int64_t time_ms)
{
    return time_ms == RUN_NO_TIME ? meta_of_f64(NAN) : meta_of_i64(time_ms);
}

/* ---- a new one ---- */

struct creation {
    const struct run_source *from;
    str run_id, run_name;
    struct arena *arena;
    struct run *ret_run;
};

static enum status insert_run(struct meta *meta, const struct creation *new_run, struct error *err)
{
    const struct run_source *from = new_run->from;
    struct experiment experiment;
    TRY(experiment_find_active(meta, from->experiment_id, new_run->arena, &experiment, err));
    str location = experiment.artifact_location;
    while (str_has_suffix(location, STR("/")) && !str_has_suffix(location, STR(":/")))
        location.size--;
    str uri = arena_printf(new_run->arena, "%.*s%s%.*s/artifacts", STR_ARG(location),
                           str_has_suffix(location, STR("/")) ? "" : "/", STR_ARG(new_run->run_id));
    return META_RUN(meta, err,
                    "INSERT INTO runs (run_id, experiment_id, run_name, user_id, status, start_time, end_time, "
                    "artifact_uri, lifecycle_stage) VALUES (?, ?, ?, ?, 'RUNNING', ?, NULL, ?, 'active')",
                    meta_of_str(new_run->run_id), meta_of_i64(from->experiment_id), meta_of_str(new_run->run_name),
                    meta_of_str(from->user_id), time_value(from->start_ms), meta_of_str(uri));
}

static enum status create(struct meta *meta, void *self, struct error *err)
{
    const struct creation *new_run = self;
    const struct run_source *from = new_run->from;
    TRY(insert_run(meta, new_run, err));
    int64_t run_no = meta_last_id(meta);
    for (size_t i = 0; i < from->tag_count; i++) {
        TRY(registry_check_key("key", from->tags[i].key, err));
        TRY(run_put_tag(meta, run_no, from->tags[i].key, registry_cut(from->tags[i].value, REGISTRY_RUN_TAG_VALUE_MAX),
                        err));
    }
    TRY(run_put_tag(meta, run_no, STR(RUN_NAME_TAG), new_run->run_name, err));
    TRY(run_find(meta, new_run->run_id, new_run->arena, new_run->ret_run, err));
    return runs_complete(meta, new_run->ret_run, 1, new_run->arena, err);
}

static enum status choose_name(const struct run_source *from, struct arena *arena, str *ret_name, struct error *err)
{
    str tagged = { 0 };
    for (size_t i = 0; i < from->tag_count; i++)
        if (str_equal(from->tags[i].key, STR(RUN_NAME_TAG)))
            tagged = from->tags[i].value;
    if (!str_is_empty(tagged) && !str_is_empty(from->run_name) && !str_equal(tagged, from->run_name))
        return error_set(err, ERR_INVALID, "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with "
                         "different values (run_name='%.*s', mlflow.runName='%.*s').",
                         (int)MIN_OF(from->run_name.size, (size_t)100), from->run_name.data,
                         (int)MIN_OF(tagged.size, (size_t)100), tagged.data);
    *ret_name = !str_is_empty(from->run_name) ? from->run_name : tagged;
    if (str_is_empty(*ret_name))
        *ret_name = registry_make_name(arena);
    return OK;
}

enum status run_create(struct registry *registry, const struct run_source *from, struct arena *arena,
                       struct run *ret_run, struct error *err)
{
    struct creation new_run = {
        .from = from, .run_id = registry_make_id("", arena), .arena = arena, .ret_run = ret_run
    };
    TRY(choose_name(from, arena, &new_run.run_name, err));
    return registry_change(registry, create, &new_run, err);
}

enum status run_get(struct registry *registry, str run_id, struct arena *arena, struct run *ret_run, struct error *err)
{
    CLEANUP(meta_read_end_slot) struct meta *reader = NULL;
    TRY(meta_read_begin(registry->meta, &reader, err));
    TRY(run_find(reader, run_id, arena, ret_run, err));
    return runs_complete(reader, ret_run, 1, arena, err);
}

/* ---- changes ---- */

struct change {
    str run_id;
    const struct run_update *update;
    struct arena *arena;
    struct run *ret_run;
    bool to_deleted;
};

static enum status update(struct meta *meta, void *self, struct error *err)
{
    const struct change *change = self;
    const struct run_update *new_values = change->update;
    struct run_key run;
    TRY(run_find_active(meta, change->run_id, &run, err));
    if (new_values->status >= 0)
        TRY(META_RUN(meta, err, "UPDATE runs SET status = ? WHERE run_no = ?",
                     meta_of_str(str_of(run_status_names[new_values->status])), meta_of_i64(run.run_no)));
    if (new_values->end_ms != RUN_NO_TIME)
        TRY(META_RUN(meta, err, "UPDATE runs SET end_time = ? WHERE run_no = ?", meta_of_i64(new_values->end_ms),
                     meta_of_i64(run.run_no)));
    if (!str_is_empty(new_values->run_name))
        TRY(run_put_tag(meta, run.run_no, STR(RUN_NAME_TAG), new_values->run_name, err));
    return run_find(meta, change->run_id, change->arena, change->ret_run, err);
}

enum status run_update(struct registry *registry, str run_id, const struct run_update *new_values, struct arena *arena,
                       struct run *ret_run, struct error *err)
{
    struct change change = { .run_id = run_id, .update = new_values, .arena = arena, .ret_run = ret_run };
    return registry_change(registry, update, &change, err);
}

static enum status set_lifecycle(struct meta *meta, void *self, struct error *err)
{
    const struct change *change = self;
    TRY(META_RUN(meta, err, "UPDATE runs SET lifecycle_stage = ? WHERE run_id = ?",
                 meta_of_str(change->to_deleted ? STR("deleted") : STR("active")), meta_of_str(change->run_id)));
    if (meta_changes(meta) == 0)
        return error_set(err, ERR_NOT_FOUND, "Run with id=%.*s not found",
                         (int)MIN_OF(change->run_id.size, (size_t)256), change->run_id.data);
    return OK;
}

enum status run_delete(struct registry *registry, str run_id, struct error *err)
{
    struct change change = { .run_id = run_id, .to_deleted = true };
    return registry_change(registry, set_lifecycle, &change, err);
}

enum status run_restore(struct registry *registry, str run_id, struct error *err)
{
    struct change change = { .run_id = run_id };
    return registry_change(registry, set_lifecycle, &change, err);
}
