#include "api/mlflow_model_json.h"

/* Versions are text on the wire. */
static void write_number_text(struct json_writer *json, const char *name, int64_t number)
{
    char text[NUMBER_TEXT_MAX];
    json_str(json, name, (str){ text, number_print_i64(number, text) });
}

void mlflow_write_model_version(struct json_writer *json, const struct model_version *version)
{
    json_begin_object(json);
    json_str(json, "name", version->model_name);
    write_number_text(json, "version", version->version);
    json_i64(json, "creation_timestamp", version->created_ms);
    json_i64(json, "last_updated_timestamp", version->updated_ms);
    json_text(json, "current_stage", model_stage_name(version->stage));
    json_str(json, "description", version->description);
    json_str(json, "source", version->source);
    json_str(json, "run_id", version->run_id);
    json_text(json, "status", "READY");
    json_str(json, "run_link", version->run_link);
    mlflow_write_text(json, "model_id", version->model_id);
    mlflow_write_pairs(json, "tags", version->tags, version->tag_count);
    if (version->alias_count > 0) {
        json_array(json, "aliases");
        for (size_t i = 0; i < version->alias_count; i++)
            json_write_str(json, version->aliases[i]);
        json_end_array(json);
    }
    json_end_object(json);
}

void mlflow_write_model_versions(struct json_writer *json, const char *name, const struct model_version *versions,
                                 size_t count)
{
    if (count == 0)
        return;
    json_array(json, name);
    for (size_t i = 0; i < count; i++)
        mlflow_write_model_version(json, &versions[i]);
    json_end_array(json);
}

void mlflow_write_registered_model(struct json_writer *json, const struct registered_model *model)
{
    json_begin_object(json);
    json_str(json, "name", model->name);
    json_i64(json, "creation_timestamp", model->created_ms);
    json_i64(json, "last_updated_timestamp", model->updated_ms);
    mlflow_write_text(json, "description", model->description);
    mlflow_write_model_versions(json, "latest_versions", model->latest_versions, model->latest_count);
    mlflow_write_pairs(json, "tags", model->tags, model->tag_count);
    if (model->alias_count > 0) {
        json_array(json, "aliases");
        for (size_t i = 0; i < model->alias_count; i++) {
            json_begin_object(json);
            json_str(json, "alias", model->aliases[i].alias);
            write_number_text(json, "version", model->aliases[i].version);
            json_end_object(json);
        }
        json_end_array(json);
    }
    json_end_object(json);
}

/* ---- logged models ---- */

static void write_info(struct json_writer *json, const struct logged_model *model)
{
    json_object(json, "info");
    json_str(json, "model_id", model->model_id);
    write_number_text(json, "experiment_id", model->experiment_id);
    json_str(json, "name", model->name);
    json_i64(json, "creation_timestamp_ms", model->created_ms);
    json_i64(json, "last_updated_timestamp_ms", model->updated_ms);
    json_str(json, "artifact_uri", model->artifact_uri);
    json_text(json, "status", logged_model_status_name(model->status));
    json_str(json, "model_type", model->model_type);
    json_str(json, "source_run_id", model->source_run_id);
    mlflow_write_text(json, "status_message", model->status_message);
    mlflow_write_pairs(json, "tags", model->tags, model->tag_count);
    json_end_object(json);
}

static void write_metric(struct json_writer *json, const struct logged_model *model,
                         const struct logged_model_metric *metric)
{
    json_begin_object(json);
    json_str(json, "key", metric->key);
    mlflow_write_f64(json, "value", metric->value);
    json_i64(json, "timestamp", metric->timestamp_ms);
    json_i64(json, "step", metric->step);
    json_str(json, "model_id", model->model_id);
    mlflow_write_text(json, "run_id", metric->run_id);
    mlflow_write_text(json, "dataset_name", metric->dataset_name);
    mlflow_write_text(json, "dataset_digest", metric->dataset_digest);
    json_end_object(json);
}

void mlflow_write_logged_model(struct json_writer *json, const struct logged_model *model)
{
    json_begin_object(json);
    write_info(json, model);
    json_object(json, "data");
    mlflow_write_pairs(json, "params", model->params, model->param_count);
    if (model->metric_count > 0) {
        json_array(json, "metrics");
        for (size_t i = 0; i < model->metric_count; i++)
            write_metric(json, model, &model->metrics[i]);
        json_end_array(json);
    }
    json_end_object(json);
    json_end_object(json);
}
