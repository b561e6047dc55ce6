#include "registry/experiment.h"

#include <string.h>

#include "base/number.h"
#include "registry/experiment_rows.h"
#include "registry/registry_internal.h"



enum status experiment_read_id(str text, int64_t *ret_experiment_id, struct error *err)
{
    if (number_parse_i64(text, ret_experiment_id))
        return OK;
    return error_set(err, ERR_INVALID, "Invalid experiment ID '%.*s'. Experiment ID must be a valid integer.",
                     (int)MIN_OF(text.size, (size_t)100), text.data);
}

/* ---- reading ---- */

static struct experiment read_row(struct meta_statement *statement, struct arena *arena)
{
    return (struct experiment){
        .experiment_id = meta_i64(statement, 0),
        .name = meta_str(statement, 1, arena),
        .artifact_location = meta_str(statement, 2, arena),
        .is_deleted = str_equal(meta_str(statement, 3, arena), STR("deleted")),
        .created_ms = meta_i64(statement, 4),
        .updated_ms = meta_i64(statement, 5),
    };
}

enum status experiments_add_tags(struct meta *meta, struct experiment *experiments, size_t count, struct arena *arena,
                                 struct error *err)
{
    int64_t *ids = arena_array(arena, int64_t, MAX_OF(count, 1));
    struct registry_pairs *tags = arena_array(arena, struct registry_pairs, MAX_OF(count, 1));
    if (ids == NULL || tags == NULL)
        return error_set(err, ERR_LIMIT, "no memory for a list of experiments");
    for (size_t i = 0; i < count; i++)
        ids[i] = experiments[i].experiment_id;
    TRY(registry_load_pairs(meta, "SELECT experiment_id, key, value FROM experiment_tags WHERE experiment_id IN ", ids,
                            count, arena, tags, err));
    for (size_t i = 0; i < count; i++) {
        experiments[i].tags = tags[i].pairs;
        experiments[i].tag_count = tags[i].count;
    }
    return OK;
}

enum status experiment_rows(struct meta_statement *statement, struct arena *arena, struct experiment **ret_experiments,
                            size_t *ret_count, struct error *err)
{
    CLEANUP(meta_rows_done) struct meta_rows rows = { .row_bytes = sizeof(struct experiment) };
    for (bool has_row = true;;) {
        TRY(meta_step(statement, &has_row, err));
        if (!has_row)
            return meta_rows_move(&rows, arena, ret_experiments, ret_count, err);
        struct experiment *experiment = meta_rows_add(&rows);
        if (experiment == NULL)
            return error_set(err, ERR_LIMIT, "no memory for a list of experiments");
        *experiment = read_row(statement, arena);
    }
}

static enum status no_such_experiment(int64_t experiment_id, struct error *err)
{
    return error_set(err, ERR_NOT_FOUND, "No Experiment with id=%lld exists", (long long)experiment_id);
}

enum status experiment_find(struct meta *meta, int64_t experiment_id, struct arena *arena,
                            struct experiment *ret_experiment, struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(META_QUERY(meta, &statement, err, "SELECT " EXPERIMENT_COLUMNS " FROM experiments WHERE experiment_id = ?",
                   meta_of_i64(experiment_id)));
    bool has_row;
    TRY(meta_step(statement, &has_row, err));
    if (!has_row)
        return no_such_experiment(experiment_id, err);
    *ret_experiment = read_row(statement, arena);
    return OK;
}

enum status experiment_find_active(struct meta *meta, int64_t experiment_id, struct arena *arena,
                                   struct experiment *ret_experiment, struct error *err)
{
    TRY(experiment_find(meta, experiment_id, arena, ret_experiment, err));
    if (ret_experiment->is_deleted)
        return error_set(err, ERR_INVALID,
                         "The experiment %lld must be in the 'active' state. Current state is deleted.",
                         (long long)experiment_id);
    return OK;
}

enum status experiment_get(struct registry *registry, int64_t experiment_id, struct arena *arena,
                           struct experiment *ret_experiment, struct error *err)
{
    CLEANUP(meta_read_end_slot) struct meta *reader = NULL;
    TRY(meta_read_begin(registry->meta, &reader, err));
    TRY(experiment_find(reader, experiment_id, arena, ret_experiment, err));
    return experiments_add_tags(reader, ret_experiment, 1, arena, err);
}

enum status experiment_get_by_name(struct registry *registry, str name, struct arena *arena,
                                   struct experiment *ret_experiment, struct error *err)
{
    CLEANUP(meta_read_end_slot) struct meta *reader = NULL;
    TRY(meta_read_begin(registry->meta, &reader, err));
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(META_QUERY(reader, &statement, err, "SELECT " EXPERIMENT_COLUMNS " FROM experiments WHERE name = ?",
                   meta_of_str(name)));
    bool has_row;
    TRY(meta_step(statement, &has_row, err));
    if (!has_row)
        return error_set(err, ERR_NOT_FOUND, "Could not find experiment with name '%.*s'",
                         (int)MIN_OF(name.size, (size_t)300), name.data);
    *ret_experiment = read_row(statement, arena);
    return experiments_add_tags(reader, ret_experiment, 1, arena, err);
}

/* ---- changing ---- */

struct change {
    struct registry *registry;
    const struct experiment_source *from;
    int64_t experiment_id;
    str key, value; /* or the new name */
    bool to_deleted;
};

static enum status check_name(str name, struct error *err)
{
    if (str_is_empty(name))
        return error_set(err, ERR_INVALID, "Invalid experiment name: ''");
    return registry_check_length("name", name, REGISTRY_EXPERIMENT_NAME_MAX, err);
}

static enum status check_location(str location, struct error *err)
{
    if (str_find(location, '#') < location.size || str_find(location, '?') < location.size ||
        str_find(location, ';') < location.size)
        return error_set(err, ERR_INVALID, "'artifact_location' URL can't include fragments or params.");
    return OK;
}

static enum status set_tag(struct meta *meta, int64_t experiment_id, str key, str value, struct error *err)
{
    TRY(registry_check_key("key", key, err));
    TRY(registry_check_length("value", value, REGISTRY_EXPERIMENT_TAG_VALUE_MAX, err));
    return META_RUN(meta, err,
                    "INSERT INTO experiment_tags (experiment_id, key, value) VALUES (?, ?, ?) "
                    "ON CONFLICT (experiment_id, key) DO UPDATE SET value = excluded.value",
                    meta_of_i64(experiment_id), meta_of_str(key), meta_of_str(value));
}

static enum status touch(struct meta *meta, const struct change *change, struct error *err)
{
    return META_RUN(meta, err, "UPDATE experiments SET last_update_time = ? WHERE experiment_id = ?",
                    meta_of_i64(registry_now_ms(change->registry)), meta_of_i64(change->experiment_id));
}

static enum status name_is_taken(str name, struct error *err)
{
    return error_set(err, ERR_CONFLICT, "Experiment(name=%.*s) already exists.", (int)MIN_OF(name.size, (size_t)300),
                     name.data);
}

/* By a living or a deleted one. */
static enum status check_is_free(struct meta *meta, str name, struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(META_QUERY(meta, &statement, err, "SELECT 1 FROM experiments WHERE name = ?", meta_of_str(name)));
    bool has_row;
    TRY(meta_step(statement, &has_row, err));
    return has_row ? name_is_taken(name, err) : OK;
}

static enum status create(struct meta *meta, void *self, struct error *err)
{
    struct change *change = self;
    const struct experiment_source *from = change->from;
    int64_t now_ms = registry_now_ms(change->registry);
    TRY(check_is_free(meta, from->name, err));
    TRY(META_RUN(meta, err,
                 "INSERT INTO experiments (name, artifact_location, lifecycle_stage, creation_time, last_update_time) "
                 "VALUES (?, ?, 'active', ?, ?)",
                 meta_of_str(from->name), meta_of_str(from->artifact_location), meta_of_i64(now_ms),
                 meta_of_i64(now_ms)));
    change->experiment_id = meta_last_id(meta);
    if (str_is_empty(from->artifact_location))
        TRY(META_RUN(meta, err,
                     "UPDATE experiments SET artifact_location = 'mlflow-artifacts:/' || experiment_id "
                     "WHERE experiment_id = ?", meta_of_i64(change->experiment_id)));
    for (size_t i = 0; i < from->tag_count; i++)
        TRY(set_tag(meta, change->experiment_id, from->tags[i].key, from->tags[i].value, err));
    return OK;
}

enum status experiment_create(struct registry *registry, const struct experiment_source *from,
                              int64_t *ret_experiment_id, struct error *err)
{
    struct change change = { .registry = registry, .from = from };
    TRY(check_name(from->name, err));
    TRY(check_location(from->artifact_location, err));
    TRY(registry_change(registry, create, &change, err));
    *ret_experiment_id = change.experiment_id;
    return OK;
}

static enum status set_lifecycle(struct meta *meta, void *self, struct error *err)
{
    struct change *change = self;
    str stage = change->to_deleted ? STR("deleted") : STR("active");
    TRY(META_RUN(meta, err,
                 "UPDATE experiments SET lifecycle_stage = ?, last_update_time = ? "
                 "WHERE experiment_id = ? AND lifecycle_stage <> ?",
                 meta_of_str(stage), meta_of_i64(registry_now_ms(change->registry)), meta_of_i64(change->experiment_id),
                 meta_of_str(stage)));
    if (meta_changes(meta) == 0)
        return no_such_experiment(change->experiment_id, err);
    return META_RUN(meta, err, "UPDATE runs SET lifecycle_stage = ? WHERE experiment_id = ?", meta_of_str(stage),
                    meta_of_i64(change->experiment_id));
}

enum status experiment_delete(struct registry *registry, int64_t experiment_id, struct error *err)
{
    struct change change = { .registry = registry, .experiment_id = experiment_id, .to_deleted = true };
    return registry_change(registry, set_lifecycle, &change, err);
}

enum status experiment_restore(struct registry *registry, int64_t experiment_id, struct error *err)
{
    struct change change = { .registry = registry, .experiment_id = experiment_id };
    return registry_change(registry, set_lifecycle, &change, err);
}

/* Runs `body` when the experiment is there and active, and notes the time. */
static enum status on_active(struct meta *meta, struct change *change, struct error *err)
{
    struct arena arena;
    struct experiment experiment;
    arena_init(&arena, 0);
    enum status status = experiment_find_active(meta, change->experiment_id, &arena, &experiment, err);
    arena_done(&arena);
    return status == OK ? touch(meta, change, err) : status;
}

static enum status rename_to(struct meta *meta, void *self, struct error *err)
{
    struct change *change = self;
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(META_QUERY(meta, &statement, err, "SELECT lifecycle_stage = 'deleted' FROM experiments WHERE experiment_id = ?",
                   meta_of_i64(change->experiment_id)));
    bool has_row;
    TRY(meta_step(statement, &has_row, err));
    if (has_row && meta_i64(statement, 0) != 0)
        return error_set(err, ERR_INVALID, "Cannot rename a non-active experiment.");
    TRY(on_active(meta, change, err));
    enum status status = META_RUN(meta, NULL, "UPDATE experiments SET name = ? WHERE experiment_id = ?",
                                  meta_of_str(change->value), meta_of_i64(change->experiment_id));
    if (status == ERR_CONFLICT)
        return name_is_taken(change->value, err);
    return status == OK ? OK : error_set(err, status, "the experiment could not be renamed");
}

enum status experiment_rename(struct registry *registry, int64_t experiment_id, str new_name, struct error *err)
{
    struct change change = { .registry = registry, .experiment_id = experiment_id, .value = new_name };
    TRY(check_name(new_name, err));
    return registry_change(registry, rename_to, &change, err);
}

static enum status put_tag(struct meta *meta, void *self, struct error *err)
{
    struct change *change = self;
    TRY(on_active(meta, change, err));
    return set_tag(meta, change->experiment_id, change->key, change->value, err);
}

enum status experiment_set_tag(struct registry *registry, int64_t experiment_id, str key, str value, struct error *err)
{
    struct change change = { .registry = registry, .experiment_id = experiment_id, .key = key, .value = value };
    return registry_change(registry, put_tag, &change, err);
}

static enum status drop_tag(struct meta *meta, void *self, struct error *err)
{
    struct change *change = self;
    TRY(on_active(meta, change, err));
    TRY(META_RUN(meta, err, "DELETE FROM experiment_tags WHERE experiment_id = ? AND key = ?",
                 meta_of_i64(change->experiment_id), meta_of_str(change->key)));
    if (meta_changes(meta) == 0)
        return error_set(err, ERR_NOT_FOUND, "No tag with name: %.*s in experiment with id %lld",
                         (int)MIN_OF(change->key.size, (size_t)250), change->key.data,
                         (long long)change->experiment_id);
    return OK;
}

enum status experiment_delete_tag(struct registry *registry, int64_t experiment_id, str key, struct error *err)
{
    struct change change = { .registry = registry, .experiment_id = experiment_id, .key = key };
    return registry_change(registry, drop_tag, &change, err);
}
