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
};

const int meta_migration_count = COUNT(meta_migrations);
