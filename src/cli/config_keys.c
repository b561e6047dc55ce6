#include "cli/config_keys.h"

#include <stddef.h>

#define SERVER(member) offsetof(struct config, member)
#define MODEL(member) offsetof(struct config_model, member)

#define KIB 1024.0
#define GIB (KIB * KIB * KIB)

const struct config_key config_server_keys[] = {
    { "listen", CONFIG_TEXTS, SERVER(listen), "[\"127.0.0.1:8000\"]", 0, 0, NULL,
      "Addresses to listen on; every listener serves everything. Port 0 takes any free one." },
    { "insecure", CONFIG_BOOL, SERVER(insecure), "false", 0, 0, NULL,
      "Allow listeners beyond loopback without a token." },
    { "token", CONFIG_SECRET, SERVER(token), "\"\"", 0, 0, NULL,
      "Bearer token that every request must carry; empty asks for none." },
    { "tls.certificate", CONFIG_TEXT, SERVER(tls_certificate), "\"\"", 0, 0, NULL,
      "PEM file with the certificate and its chain; with it every listener speaks HTTPS. A new one needs a restart." },
    { "tls.key", CONFIG_TEXT, SERVER(tls_key), "\"\"", 0, 0, NULL, "PEM file with the private key of tls.certificate." },
    { "data_dir", CONFIG_TEXT, SERVER(data_dir), "kedge-data", 0, 0, NULL,
      "Folder of the event log, references, results and reports; made when missing." },
    { "log.level", CONFIG_CHOICE, SERVER(log_level), "info", 0, 0, "debug info warn error",
      "The least important lines that are still written." },
    { "log.format", CONFIG_CHOICE, SERVER(log_format), "logfmt", 0, 0, "logfmt json", "How log lines are written." },
    { "http.threads", CONFIG_INTEGER, SERVER(http_threads), "0", 0, 1024, NULL,
      "Threads that answer requests; 0 takes as many as suit the machine." },
    { "http.connections_max", CONFIG_INTEGER, SERVER(http_connections), "1024", 1, 1e6, NULL,
      "Open connections; more are refused." },
    { "http.body_max", CONFIG_BYTES, SERVER(http_body_bytes), "64MiB", KIB, 64 * GIB, NULL,
      "The longest request body; longer ones get 413." },
    { "http.idle_timeout", CONFIG_DURATION, SERVER(http_idle_timeout_ms), "60s", 1000, 86400e3, NULL,
      "A connection that is silent for so long is closed." },
    { "http.drain", CONFIG_DURATION, SERVER(http_drain_ms), "10s", 0, 3600e3, NULL,
      "How long requests that have begun may come in and finish at shutdown; then they are cut off." },
    { "store.memory_max", CONFIG_BYTES, SERVER(store_memory_bytes), "256MiB", 32 * KIB * KIB, 1024 * GIB, NULL,
      "What the columnar engine may use." },
    { "store.queue_max", CONFIG_BYTES, SERVER(store_queue_bytes), "64MiB", KIB * KIB, 64 * GIB, NULL,
      "Events that may wait for the disk; beyond it callers get 429." },
    { "artifacts.file_max", CONFIG_BYTES, SERVER(artifact_bytes), "64GiB", KIB, 1024 * GIB, NULL,
      "The longest file that may be uploaded as an artifact; longer ones get 413. They go to the disk, not through memory." },
    { "retention.raw", CONFIG_DURATION, SERVER(raw_retention_ms), "30d", 0, 100 * 365 * 86400e3, NULL,
      "How long events are kept; 0 keeps them for ever." },
    { "retention.results", CONFIG_DURATION, SERVER(result_retention_ms), "90d", 0, 100 * 365 * 86400e3, NULL,
      "How long analyses and reports are kept; 0 keeps them for ever." },
    { "analysis.threads", CONFIG_INTEGER, SERVER(analysis_threads), "0", 0, 1024, NULL,
      "Threads that analyse columns; 0 takes one a processor." },
    { "analysis.rows_max", CONFIG_INTEGER, SERVER(analysis_rows_max), "10000000", 100, 1e10, NULL,
      "The most events one analysis reads." },
    { "registry", CONFIG_TEXT, SERVER(registry), "\"\"", 0, 0, NULL,
      "URL of an MLflow server to load served models from (http://host:5000); empty takes the registry in here." },
    { "registry_token", CONFIG_SECRET, SERVER(registry_token), "\"\"", 0, 0, NULL, "Bearer token of that server." },
    { "python", CONFIG_TEXT, SERVER(python), "python3", 0, 0, NULL,
      "Interpreter for models that only Python can run; it needs mlflow and the model's libraries." },
    { "serve.all", CONFIG_BOOL, SERVER(serve_all), "true", 0, 0, NULL,
      "Serve registered models with a version in Production also where models: does not name them." },
    { "serve.load_wait", CONFIG_DURATION, SERVER(serve_load_wait_ms), "60s", 0, 3600e3, NULL,
      "How long the start waits for the first load of the served models." },
};
const size_t config_server_key_count = COUNT(config_server_keys);

const struct config_key config_model_keys[] = {
    { "version", CONFIG_TEXT, MODEL(version), "\"1\"", 0, 0, NULL,
      "Version of events that do not name one, and of a model served from a path." },
    { "path", CONFIG_TEXT, MODEL(path), "\"\"", 0, 0, NULL,
      "Serve the model in this folder (MLflow's) or file (.onnx, .json, .ubj, .xgb, .txt) instead of one of the registry." },
    { "serve.stage", CONFIG_TEXT, MODEL(serve_stage), "Production", 0, 0, NULL,
      "Serve the newest version in this stage of the registry, and follow it." },
    { "serve.alias", CONFIG_TEXT, MODEL(serve_alias), "\"\"", 0, 0, NULL,
      "Serve the version behind this alias instead, and follow it." },
    { "serve.version", CONFIG_TEXT, MODEL(serve_version), "\"\"", 0, 0, NULL, "Serve exactly this version instead." },
    { "serve.runtime", CONFIG_CHOICE, MODEL(serve_runtime), "auto", 0, 0, "auto trees onnx pyfunc",
      "What runs the model; auto takes the fastest that fits its files." },
    { "serve.capture", CONFIG_BOOL, MODEL(serve_capture), "true", 0, 0, NULL,
      "Put every prediction into the event log." },
    { "serve.variants", CONFIG_VARIANTS, MODEL(variants), "[]", 0, 0, NULL,
      "Versions that share the requests: name, one of stage, alias, version or path (none: the model's own), weight, and mode: shadow for one that is only recorded." },
    { "serve.sticky_key", CONFIG_TEXT, MODEL(sticky_key), "\"\"", 0, 0, NULL,
      "Feature or tag whose value decides which variant answers; the header X-Kedge-Key decides before it. Without either, chance does." },
    { "serve.canary", CONFIG_CANARY, MODEL(canary), "{}", 0, 0, NULL,
      "A version on a growing share of the requests: one of stage, alias, version or path; steps (percent), every, minimum (requests a step), rollback: {error_rate, latency_p99}." },
    { "reference", CONFIG_TEXT, MODEL(reference), "\"\"", 0, 0, NULL,
      "File to load as the reference when the model has none yet (CSV, Parquet, JSON lines)." },
    { "schema", CONFIG_CHOICE, MODEL(schema), "closed", 0, 0, "open closed",
      "closed: a feature that the reference (or the first event) does not have is refused; open: it becomes a new column." },
    { "task", CONFIG_CHOICE, MODEL(task), "auto", 0, 0, "auto regression binary multiclass",
      "What the model predicts; auto looks at target and prediction." },
    { "target", CONFIG_TEXT, MODEL(target), "target", 0, 0, NULL, "Column with the true value." },
    { "prediction", CONFIG_TEXT, MODEL(prediction), "prediction", 0, 0, NULL, "Column with the predicted value." },
    { "positive", CONFIG_TEXT, MODEL(positive), "\"\"", 0, 0, NULL, "The positive label of a binary model." },
    { "probabilities", CONFIG_TEXTS, MODEL(probabilities), "[]", 0, 0, NULL, "Columns with class probabilities." },
    { "segments", CONFIG_TEXTS, MODEL(segments), "[]", 0, 0, NULL, "Columns or tags that split model quality and fairness." },
    { "columns", CONFIG_COLUMNS, 0, "{}", 0, 0, NULL,
      "By column: type (num cat bool datetime text id), method, threshold." },
    { "metrics", CONFIG_TEXTS, MODEL(metrics), "[]", 0, 0, NULL,
      "Model quality figures that the metrics export shows (accuracy precision recall f1 roc_auc mae rmse ...); none named = all. Reports have all." },
    { "thresholds", CONFIG_NUMBERS, MODEL(thresholds), "{}", -1e300, 1e300, NULL,
      "By figure: the limit that makes a test of it (accuracy: 0.80; errors are upper limits)." },
    { "drift.method", CONFIG_TEXT, MODEL(drift_method), "auto", 0, 0, NULL,
      "Drift method of every column; auto chooses by type and size." },
    { "drift.threshold", CONFIG_LIMIT, MODEL(drift_threshold), "auto", 0, 1e300, NULL,
      "Drift threshold of every column: a number, auto (the method's own) or calibrated." },
    { "drift.share", CONFIG_NUMBER, MODEL(drift_share), "0.5", 0, 1, NULL,
      "The data set drifts when this share of its columns does." },
    { "compat", CONFIG_CHOICE, MODEL(compat), "none", 0, 0, "none evidently",
      "evidently: their numbers also where they are known to be wrong." },
    { "window.rows", CONFIG_INTEGER, MODEL(window_rows), "1000", 0, 1e10, NULL,
      "An analysis reads the newest so many events; 0 = no such limit." },
    { "window.span", CONFIG_DURATION, MODEL(window_span_ms), "0", 0, 100 * 365 * 86400e3, NULL,
      "An analysis reads events of the last so long; 0 = no such limit." },
    { "window.minimum", CONFIG_INTEGER, MODEL(minimum_rows), "30", 1, 1e10, NULL,
      "With fewer events than that no scheduled analysis runs, and a backfill leaves the day out." },
    { "schedule", CONFIG_SCHEDULE, MODEL(schedule), "off", 0, 0, NULL,
      "When to analyse: a cron expression in UTC, \"every 15m\", \"every 500 rows\", or off." },
};
const size_t config_model_key_count = COUNT(config_model_keys);

const char *config_kind_name(enum config_kind kind)
{
    switch (kind) {
    case CONFIG_TEXT:
        return "text";
    case CONFIG_CHOICE:
        return "one of";
    case CONFIG_BOOL:
        return "true or false";
    case CONFIG_INTEGER:
        return "whole number";
    case CONFIG_NUMBER:
        return "number";
    case CONFIG_BYTES:
        return "size";
    case CONFIG_DURATION:
        return "duration";
    case CONFIG_TEXTS:
        return "list of texts";
    case CONFIG_NUMBERS:
        return "map of numbers";
    case CONFIG_LIMIT:
        return "number, auto or calibrated";
    case CONFIG_COLUMNS:
        return "map of columns";
    case CONFIG_SCHEDULE:
        return "schedule";
    case CONFIG_SECRET:
        return "secret";
    case CONFIG_VARIANTS:
        return "list of variants";
    case CONFIG_CANARY:
        return "map";
    }
    return "";
}
