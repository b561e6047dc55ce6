#include "api/mlflow_run_json.h"

void mlflow_write_point(struct json_writer *json, const struct metric_point *point, str run_id)
{
    json_begin_object(json);
    json_str(json, "key", point->key);
    mlflow_write_f64(json, "value", point->value);
    json_i64(json, "timestamp", point->timestamp_ms);
    json_i64(json, "step", point->step);
    mlflow_write_text(json, "model_id", point->model_id);
    mlflow_write_text(json, "dataset_name", point->dataset_name);
    mlflow_write_text(json, "dataset_digest", point->dataset_digest);
    mlflow_write_text(json, "run_id", run_id);
    json_end_object(json);
}

void mlflow_write_run_info(struct json_writer *json, const char *name, const struct run *run)
{
    char experiment_id[32];
    (void)snprintf(experiment_id, sizeof experiment_id, "%lld", (long long)run->experiment_id);
    json_object(json, name);
    json_str(json, "run_uuid", run->run_id);
    json_str(json, "run_id", run->run_id);
    json_str(json, "run_name", run->run_name);
    json_text(json, "experiment_id", experiment_id);
    json_str(json, "user_id", run->user_id);
    json_text(json, "status", run_status_names[run->status]);
    if (run->start_ms != RUN_NO_TIME)
        json_i64(json, "start_time", run->start_ms);
    if (run->end_ms != RUN_NO_TIME)
        json_i64(json, "end_time", run->end_ms);
    json_str(json, "artifact_uri", run->artifact_uri);
    json_text(json, "lifecycle_stage", run->is_deleted ? "deleted" : "active");
    json_end_object(json);
}

static void write_data(struct json_writer *json, const struct run *run)
{
    json_object(json, "data");
    if (run->metric_count > 0) {
        json_array(json, "metrics");
        for (size_t i = 0; i < run->metric_count; i++)
            mlflow_write_point(json, &run->metrics[i], (str){ 0 });
        json_end_array(json);
    }
    mlflow_write_pairs(json, "params", run->params, run->param_count);
    mlflow_write_pairs(json, "tags", run->tags, run->tag_count);
    json_end_object(json);
}

static void write_dataset(struct json_writer *json, const struct run_dataset *dataset)
{
    json_begin_object(json);
    mlflow_write_pairs(json, "tags", dataset->tags, dataset->tag_count);
    json_object(json, "dataset");
    json_str(json, "name", dataset->name);
    json_str(json, "digest", dataset->digest);
    json_str(json, "source_type", dataset->source_type);
    json_str(json, "source", dataset->source);
    mlflow_write_text(json, "schema", dataset->schema);
    mlflow_write_text(json, "profile", dataset->profile);
    json_end_object(json);
    json_end_object(json);
}

static void write_models(struct json_writer *json, const char *name, const struct run_model *models, size_t count,
                         bool has_steps)
{
    if (count == 0)
        return;
    json_array(json, name);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(json);
        json_str(json, "model_id", models[i].model_id);
        if (has_steps)
            json_i64(json, "step", models[i].step);
        json_end_object(json);
    }
    json_end_array(json);
}

void mlflow_write_run(struct json_writer *json, const struct run *run)
{
    json_begin_object(json);
    mlflow_write_run_info(json, "info", run);
    write_data(json, run);
    json_object(json, "inputs");
    if (run->dataset_count > 0) {
        json_array(json, "dataset_inputs");
        for (size_t i = 0; i < run->dataset_count; i++)
            write_dataset(json, &run->datasets[i]);
        json_end_array(json);
    }
    write_models(json, "model_inputs", run->inputs, run->input_count, false);
    json_end_object(json);
    json_object(json, "outputs");
    write_models(json, "model_outputs", run->outputs, run->output_count, true);
    json_end_object(json);
    json_end_object(json);
}
