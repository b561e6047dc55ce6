#include "registry/run_input.h"

#include "registry/run_rows.h"

struct links {
    str run_id;
    const struct run_inputs *inputs;
    bool is_output;
};

static enum status check_dataset(const struct run_dataset *dataset, struct error *err)
{
    TRY(registry_check_length("name", dataset->name, DATASET_NAME_MAX, err));
    TRY(registry_check_length("digest", dataset->digest, DATASET_DIGEST_MAX, err));
    TRY(registry_check_length("source", dataset->source, DATASET_SOURCE_MAX, err));
    TRY(registry_check_length("schema", dataset->schema, DATASET_SCHEMA_MAX, err));
    TRY(registry_check_length("profile", dataset->profile, DATASET_PROFILE_MAX, err));
    for (size_t i = 0; i < dataset->tag_count; i++) {
        TRY(registry_check_length("key", dataset->tags[i].key, DATASET_TAG_KEY_MAX, err));
        TRY(registry_check_length("value", dataset->tags[i].value, DATASET_TAG_VALUE_MAX, err));
    }
    return OK;
}

/* The experiment's data set of that name and digest, added where it is new. */
static enum status put_dataset(struct meta *meta, int64_t experiment_id, const struct run_dataset *dataset,
                               int64_t *ret_dataset_no, struct error *err)
{
    TRY(META_RUN(meta, err,
                 "INSERT INTO datasets (experiment_id, name, digest, source_type, source, schema_json, profile_json) "
                 "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (experiment_id, name, digest) DO NOTHING",
                 meta_of_i64(experiment_id), meta_of_str(dataset->name), meta_of_str(dataset->digest),
                 meta_of_str(dataset->source_type), meta_of_str(dataset->source), meta_of_str(dataset->schema),
                 meta_of_str(dataset->profile)));
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(META_QUERY(meta, &statement, err,
                   "SELECT dataset_no FROM datasets WHERE experiment_id = ? AND name = ? AND digest = ?",
                   meta_of_i64(experiment_id), meta_of_str(dataset->name), meta_of_str(dataset->digest)));
    TRY(meta_step(statement, NULL, err));
    *ret_dataset_no = meta_i64(statement, 0);
    return OK;
}

static enum status link_dataset(struct meta *meta, const struct run_key *run, const struct run_dataset *dataset,
                                struct error *err)
{
    int64_t dataset_no;
    TRY(put_dataset(meta, run->experiment_id, dataset, &dataset_no, err));
    TRY(META_RUN(meta, err, "INSERT INTO run_datasets (run_no, dataset_no) VALUES (?, ?) ON CONFLICT DO NOTHING",
                 meta_of_i64(run->run_no), meta_of_i64(dataset_no)));
    if (meta_changes(meta) == 0)
        return OK;
    for (size_t i = 0; i < dataset->tag_count; i++)
        TRY(META_RUN(meta, err,
                     "INSERT INTO run_dataset_tags (run_no, dataset_no, key, value) VALUES (?, ?, ?, ?) "
                     "ON CONFLICT (run_no, dataset_no, key) DO UPDATE SET value = excluded.value",
                     meta_of_i64(run->run_no), meta_of_i64(dataset_no), meta_of_str(dataset->tags[i].key),
                     meta_of_str(dataset->tags[i].value)));
    return OK;
}

static enum status write_links(struct meta *meta, void *self, struct error *err)
{
    const struct links *links = self;
    struct run_key run;
    TRY(run_find_active(meta, links->run_id, &run, err));
    for (size_t i = 0; i < links->inputs->dataset_count; i++)
        TRY(link_dataset(meta, &run, &links->inputs->datasets[i], err));
    for (size_t i = 0; i < links->inputs->model_count; i++)
        TRY(META_RUN(meta, err,
                     "INSERT INTO run_models (run_no, is_output, model_id, step) VALUES (?, ?, ?, ?) "
                     "ON CONFLICT DO NOTHING",
                     meta_of_i64(run.run_no), meta_of_i64(links->is_output),
                     meta_of_str(links->inputs->models[i].model_id), meta_of_i64(links->inputs->models[i].step)));
    return OK;
}

enum status run_add_inputs(struct registry *registry, str run_id, const struct run_inputs *inputs, struct error *err)
{
    struct links links = { .run_id = run_id, .inputs = inputs };
    for (size_t i = 0; i < inputs->dataset_count; i++)
        TRY(check_dataset(&inputs->datasets[i], err));
    return registry_change(registry, write_links, &links, err);
}

enum status run_add_outputs(struct registry *registry, str run_id, const struct run_model *models, size_t count,
                            struct error *err)
{
    struct run_inputs outputs = { .models = models, .model_count = count };
    struct links links = { .run_id = run_id, .inputs = &outputs, .is_output = true };
    return registry_change(registry, write_links, &links, err);
}

/* ---- search ---- */

enum status dataset_search(struct registry *registry, const int64_t *experiment_ids, size_t experiment_count,
                           struct arena *arena, struct dataset_summary **ret_summaries, size_t *ret_count,
                           struct error *err)
{
    CLEANUP(meta_read_end_slot) struct meta *reader = NULL;
    TRY(meta_read_begin(registry->meta, &reader, err));
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    CLEANUP(meta_rows_done) struct meta_rows rows = { .row_bytes = sizeof(struct dataset_summary) };
    CLEANUP(meta_sql_done) struct meta_sql sql;
    meta_sql_init(&sql, arena);
    meta_sql_add(&sql, "SELECT DISTINCT s.experiment_id, s.name, s.digest, t.value FROM datasets s "
                       "JOIN run_datasets d ON d.dataset_no = s.dataset_no "
                       "JOIN runs r ON r.run_no = d.run_no AND r.lifecycle_stage = 'active' "
                       "LEFT JOIN run_dataset_tags t ON t.run_no = d.run_no AND t.dataset_no = d.dataset_no "
                       "AND t.key = 'mlflow.data.context' WHERE s.experiment_id IN ");
    meta_sql_list_i64(&sql, experiment_ids, experiment_count);
    meta_sql_add(&sql, " ORDER BY 2, 3, 4 LIMIT ");
    meta_sql_value_i64(&sql, DATASET_SEARCH_MAX);
    TRY(meta_sql_prepare(&sql, reader, &statement, err));
    for (bool has_row = true;;) {
        TRY(meta_step(statement, &has_row, err));
        if (!has_row)
            return meta_rows_move(&rows, arena, ret_summaries, ret_count, err);
        struct dataset_summary *summary = meta_rows_add(&rows);
        if (summary == NULL)
            return error_set(err, ERR_LIMIT, "no memory for a list of data sets");
        *summary = (struct dataset_summary){ meta_i64(statement, 0), meta_str(statement, 1, arena),
                                             meta_str(statement, 2, arena), meta_str(statement, 3, arena) };
    }
}
