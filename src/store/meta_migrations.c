#include "base/attributes.h"
#include "store/meta_db.h"

const char *const meta_migrations[] = {
    /* 0 to 1: models, references, analyses with their results and reports, named reports, schedules. */
    "CREATE TABLE models (name TEXT PRIMARY KEY, schema_json TEXT NOT NULL, created_us BIGINT NOT NULL);"

    "CREATE TABLE model_references (model_name TEXT NOT NULL, version BIGINT NOT NULL, created_us BIGINT NOT NULL,"
    " row_count BIGINT NOT NULL, column_count BIGINT NOT NULL, file_name TEXT NOT NULL, content_hash TEXT NOT NULL,"
    " origin TEXT NOT NULL, PRIMARY KEY (model_name, version));"

    "CREATE TABLE analyses (id INTEGER PRIMARY KEY AUTOINCREMENT, model_name TEXT NOT NULL,"
    " model_version TEXT NOT NULL, created_us BIGINT NOT NULL, from_us BIGINT NOT NULL,"
    " to_us BIGINT NOT NULL, window_json TEXT NOT NULL,"
    " reference_version BIGINT NOT NULL, reference_rows BIGINT NOT NULL, current_rows BIGINT NOT NULL,"
    " is_drifted BIGINT NOT NULL, drift_share DOUBLE PRECISION, drifted_columns BIGINT NOT NULL,"
    " evaluated_columns BIGINT NOT NULL, verdict TEXT NOT NULL);"
    "CREATE INDEX analyses_by_model ON analyses (model_name, id);"
    "CREATE INDEX analyses_by_time ON analyses (created_us);"

    "CREATE TABLE analysis_reports (analysis_id BIGINT PRIMARY KEY, bytes BIGINT NOT NULL, zstd BLOB NOT NULL);"

    "CREATE TABLE analysis_results (analysis_id BIGINT NOT NULL, place BIGINT NOT NULL, column_name TEXT NOT NULL,"
    " name TEXT NOT NULL, method TEXT NOT NULL, value DOUBLE PRECISION, threshold DOUBLE PRECISION,"
    " is_drifted BIGINT NOT NULL, PRIMARY KEY (analysis_id, place));"
    "CREATE INDEX analysis_results_by_name ON analysis_results (column_name, name, analysis_id);"

    "CREATE TABLE reports (name TEXT PRIMARY KEY, model_name TEXT NOT NULL, analysis_id BIGINT NOT NULL,"
    " created_us BIGINT NOT NULL, media_type TEXT NOT NULL, bytes BIGINT NOT NULL, zstd BLOB NOT NULL);"
    "CREATE INDEX reports_by_time ON reports (created_us);"

    "CREATE TABLE schedules (name TEXT PRIMARY KEY, last_run_us BIGINT NOT NULL, last_rows BIGINT NOT NULL);",

    /* MLflow's tracking: experiments, runs and what is logged to them. Metrics' NaN is 0 with is_nan. */
    "CREATE TABLE experiments (experiment_id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,"
    " artifact_location TEXT NOT NULL, lifecycle_stage TEXT NOT NULL, creation_time BIGINT NOT NULL,"
    " last_update_time BIGINT NOT NULL);"
    "CREATE TABLE experiment_tags (experiment_id BIGINT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,"
    " PRIMARY KEY (experiment_id, key)) WITHOUT ROWID;"

    "CREATE TABLE runs (run_no INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL UNIQUE,"
    " experiment_id BIGINT NOT NULL, run_name TEXT NOT NULL, user_id TEXT NOT NULL, status TEXT NOT NULL,"
    " start_time BIGINT, end_time BIGINT, artifact_uri TEXT NOT NULL, lifecycle_stage TEXT NOT NULL);"
    "CREATE INDEX runs_by_time ON runs (experiment_id, lifecycle_stage, start_time DESC, run_id);"
    "CREATE TABLE run_params (run_no BIGINT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,"
    " PRIMARY KEY (run_no, key)) WITHOUT ROWID;"
    "CREATE TABLE run_tags (run_no BIGINT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,"
    " PRIMARY KEY (run_no, key)) WITHOUT ROWID;"

    /* The whole history, in the order that it is read in, and beside it the latest point of each (run, key). */
    "CREATE TABLE metric_points (run_no BIGINT NOT NULL, key TEXT NOT NULL, timestamp BIGINT NOT NULL,"
    " step BIGINT NOT NULL, value DOUBLE PRECISION NOT NULL, is_nan BIGINT NOT NULL, model_id TEXT NOT NULL,"
    " dataset_name TEXT NOT NULL, dataset_digest TEXT NOT NULL,"
    " PRIMARY KEY (run_no, key, timestamp, step, value, is_nan)) WITHOUT ROWID;"
    "CREATE TABLE run_metrics (run_no BIGINT NOT NULL, key TEXT NOT NULL, value DOUBLE PRECISION NOT NULL,"
    " is_nan BIGINT NOT NULL, timestamp BIGINT NOT NULL, step BIGINT NOT NULL, model_id TEXT NOT NULL,"
    " dataset_name TEXT NOT NULL, dataset_digest TEXT NOT NULL, PRIMARY KEY (run_no, key)) WITHOUT ROWID;"

    /* Points that name a logged model: all of them, once each, and the latest of each (model, key, data set). */
    "CREATE TABLE model_metric_points (model_id TEXT NOT NULL, key TEXT NOT NULL, dataset_name TEXT NOT NULL,"
    " dataset_digest TEXT NOT NULL, step BIGINT NOT NULL, timestamp BIGINT NOT NULL, value DOUBLE PRECISION NOT NULL,"
    " is_nan BIGINT NOT NULL, run_id TEXT NOT NULL, PRIMARY KEY (model_id, key, dataset_name, dataset_digest, step,"
    " timestamp, value, is_nan, run_id)) WITHOUT ROWID;"
    "CREATE TABLE model_metrics (model_id TEXT NOT NULL, key TEXT NOT NULL, dataset_name TEXT NOT NULL,"
    " dataset_digest TEXT NOT NULL, step BIGINT NOT NULL, timestamp BIGINT NOT NULL, value DOUBLE PRECISION NOT NULL,"
    " is_nan BIGINT NOT NULL, run_id TEXT NOT NULL, PRIMARY KEY (model_id, key, dataset_name, dataset_digest))"
    " WITHOUT ROWID;"

    "CREATE TABLE datasets (dataset_no INTEGER PRIMARY KEY AUTOINCREMENT, experiment_id BIGINT NOT NULL,"
    " name TEXT NOT NULL, digest TEXT NOT NULL, source_type TEXT NOT NULL, source TEXT NOT NULL,"
    " schema_json TEXT NOT NULL, profile_json TEXT NOT NULL, UNIQUE (experiment_id, name, digest));"
    "CREATE TABLE run_datasets (run_no BIGINT NOT NULL, dataset_no BIGINT NOT NULL,"
    " PRIMARY KEY (run_no, dataset_no)) WITHOUT ROWID;"
    "CREATE INDEX run_datasets_by_dataset ON run_datasets (dataset_no);"
    "CREATE TABLE run_dataset_tags (run_no BIGINT NOT NULL, dataset_no BIGINT NOT NULL, key TEXT NOT NULL,"
    " value TEXT NOT NULL, PRIMARY KEY (run_no, dataset_no, key)) WITHOUT ROWID;"
    "CREATE TABLE run_models (run_no BIGINT NOT NULL, is_output BIGINT NOT NULL, model_id TEXT NOT NULL,"
    " step BIGINT NOT NULL, PRIMARY KEY (run_no, is_output, model_id)) WITHOUT ROWID;",

    /* Registered models with their versions, and logged models. Tags and parameters hang on a row's own number, so that
     * a rename touches one row. A model keeps the last version number that it gave: none is given twice. */
    "CREATE TABLE registered_models (model_no INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,"
    " description TEXT NOT NULL, created_ms BIGINT NOT NULL, updated_ms BIGINT NOT NULL, last_version BIGINT NOT NULL);"
    "CREATE INDEX registered_models_by_update ON registered_models (updated_ms);"
    "CREATE TABLE registered_model_tags (owner_no BIGINT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,"
    " PRIMARY KEY (owner_no, key));"
    "CREATE INDEX registered_model_tags_by_key ON registered_model_tags (key, value);"

    "CREATE TABLE model_versions (version_no INTEGER PRIMARY KEY AUTOINCREMENT, model_no BIGINT NOT NULL,"
    " version BIGINT NOT NULL, created_ms BIGINT NOT NULL, updated_ms BIGINT NOT NULL, stage BIGINT NOT NULL,"
    " description TEXT NOT NULL, source TEXT NOT NULL, location TEXT NOT NULL, run_id TEXT NOT NULL,"
    " run_link TEXT NOT NULL, model_id TEXT NOT NULL, UNIQUE (model_no, version));"
    "CREATE INDEX model_versions_by_stage ON model_versions (model_no, stage, version);"
    "CREATE INDEX model_versions_by_run ON model_versions (run_id);"
    "CREATE INDEX model_versions_by_update ON model_versions (updated_ms);"
    "CREATE TABLE model_version_tags (owner_no BIGINT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,"
    " PRIMARY KEY (owner_no, key));"
    "CREATE INDEX model_version_tags_by_key ON model_version_tags (key, value);"
    "CREATE TABLE model_aliases (model_no BIGINT NOT NULL, alias TEXT NOT NULL, version_no BIGINT NOT NULL,"
    " PRIMARY KEY (model_no, alias));"
    "CREATE INDEX model_aliases_by_version ON model_aliases (version_no);"

    "CREATE TABLE logged_models (model_no INTEGER PRIMARY KEY AUTOINCREMENT, model_id TEXT NOT NULL UNIQUE,"
    " experiment_id BIGINT NOT NULL, name TEXT NOT NULL, model_type TEXT NOT NULL, source_run_id TEXT NOT NULL,"
    " artifact_uri TEXT NOT NULL, status BIGINT NOT NULL, status_message TEXT NOT NULL, created_ms BIGINT NOT NULL,"
    " updated_ms BIGINT NOT NULL, is_deleted BIGINT NOT NULL);"
    "CREATE INDEX logged_models_by_experiment ON logged_models (experiment_id, created_ms);"
    "CREATE INDEX logged_models_by_run ON logged_models (source_run_id);"
    "CREATE TABLE logged_model_tags (owner_no BIGINT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,"
    " PRIMARY KEY (owner_no, key));"
    "CREATE TABLE logged_model_params (owner_no BIGINT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,"
    " PRIMARY KEY (owner_no, key));",
};

const int meta_migration_count = COUNT(meta_migrations);
