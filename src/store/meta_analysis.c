/* store/meta_analysis.c - analyses, their results over time, and what retention drops. */
#include "store/meta_db.h"
#include "store/meta_zstd.h"

#define ANALYSIS_COLUMNS                                                                                               \
    "id, model_name, model_version, created_us, from_us, to_us, window_json, reference_version, reference_rows, "      \
    "current_rows, is_drifted, drift_share, drifted_columns, evaluated_columns, verdict"

/* ---- adding ---- */

static enum status insert_analysis(struct meta *meta, const struct meta_analysis *analysis, int64_t *ret_id,
                                   struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(meta_prepare(meta, "INSERT INTO analyses (model_name, model_version, created_us, from_us, to_us, window_json, "
                     "reference_version, reference_rows, current_rows, is_drifted, drift_share, drifted_columns, "
                     "evaluated_columns, verdict) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", &statement, err));
    meta_bind_str(statement, 0, analysis->model_name);
    meta_bind_str(statement, 1, analysis->model_version);
    meta_bind_i64(statement, 2, analysis->created_us);
    meta_bind_i64(statement, 3, analysis->from_us);
    meta_bind_i64(statement, 4, analysis->to_us);
    meta_bind_str(statement, 5, analysis->window_json);
    meta_bind_i64(statement, 6, analysis->reference_version);
    meta_bind_i64(statement, 7, (int64_t)analysis->reference_rows);
    meta_bind_i64(statement, 8, (int64_t)analysis->current_rows);
    meta_bind_i64(statement, 9, analysis->is_drifted);
    meta_bind_f64(statement, 10, analysis->drift_share);
    meta_bind_i64(statement, 11, analysis->drifted_columns);
    meta_bind_i64(statement, 12, analysis->evaluated_columns);
    meta_bind_str(statement, 13, analysis->verdict);
    TRY(meta_step(statement, NULL, err));
    *ret_id = meta_last_id(meta);
    return OK;
}

static enum status insert_results(struct meta *meta, int64_t id, const struct meta_result *results, size_t count,
                                  struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(meta_prepare(meta,
                     "INSERT INTO analysis_results (analysis_id, place, column_name, name, method, value, threshold, "
                     "is_drifted) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", &statement, err));
    for (size_t i = 0; i < count; i++) {
        meta_bind_i64(statement, 0, id);
        meta_bind_i64(statement, 1, (int64_t)i);
        meta_bind_str(statement, 2, results[i].column);
        meta_bind_str(statement, 3, results[i].name);
        meta_bind_str(statement, 4, results[i].method);
        meta_bind_f64(statement, 5, results[i].value);
        meta_bind_f64(statement, 6, results[i].threshold);
        meta_bind_i64(statement, 7, results[i].is_drifted);
        TRY(meta_step(statement, NULL, err));
        meta_reset(statement);
    }
    return OK;
}

static enum status insert_report(struct meta *meta, int64_t id, size_t bytes, str compressed, struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(meta_prepare(meta, "INSERT INTO analysis_reports (analysis_id, bytes, zstd) VALUES (?, ?, ?)", &statement,
                     err));
    meta_bind_i64(statement, 0, id);
    meta_bind_i64(statement, 1, (int64_t)bytes);
    meta_bind_bytes(statement, 2, compressed);
    return meta_step(statement, NULL, err);
}

/* What meta_analysis_add stores. */
struct addition {
    const struct meta_analysis *analysis;
    const struct meta_result *results;
    size_t result_count, report_bytes;
    str compressed;
};

static enum status add_rows(struct meta *meta, const struct addition *addition, int64_t *ret_id, struct error *err)
{
    int64_t id;
    TRY(insert_analysis(meta, addition->analysis, &id, err));
    TRY(insert_results(meta, id, addition->results, addition->result_count, err));
    TRY(insert_report(meta, id, addition->report_bytes, addition->compressed, err));
    *ret_id = id;
    return OK;
}

static enum status add(struct meta *meta, const struct addition *addition, int64_t *ret_id, struct error *err)
{
    TRY(meta_begin(meta, err));
    return meta_end(meta, add_rows(meta, addition, ret_id, err), err);
}

enum status meta_analysis_add(struct meta *meta, const struct meta_analysis *analysis,
                              const struct meta_result *results,
                              size_t result_count, str report_json, int64_t *ret_id, struct error *err)
{
    TRY(meta_check_name("model", analysis->model_name, err));
    if (report_json.size > META_REPORT_BYTES_MAX)
        return error_set(err, ERR_LIMIT, "a report of %zu bytes; %zu are allowed", report_json.size,
                         META_REPORT_BYTES_MAX);
    CLEANUP(buf_done) struct buf compressed;
    buf_init(&compressed, 2 * META_REPORT_BYTES_MAX);
    TRY(meta_compress(report_json, &compressed, err));
    struct addition addition = { analysis, results, result_count, report_json.size, buf_str(&compressed) };
    META_LOCKED(meta, add(meta, &addition, ret_id, err));
}

/* ---- reading ---- */

static struct meta_analysis read_analysis(struct meta_statement *statement, struct arena *arena)
{
    return (struct meta_analysis){
        .id = meta_i64(statement, 0),
        .model_name = meta_str(statement, 1, arena),
        .model_version = meta_str(statement, 2, arena),
        .created_us = meta_i64(statement, 3),
        .from_us = meta_i64(statement, 4),
        .to_us = meta_i64(statement, 5),
        .window_json = meta_str(statement, 6, arena),
        .reference_version = meta_i64(statement, 7),
        .reference_rows = (uint64_t)meta_i64(statement, 8),
        .current_rows = (uint64_t)meta_i64(statement, 9),
        .is_drifted = meta_i64(statement, 10) != 0,
        .drift_share = meta_f64(statement, 11),
        .drifted_columns = (uint32_t)meta_i64(statement, 12),
        .evaluated_columns = (uint32_t)meta_i64(statement, 13),
        .verdict = meta_str(statement, 14, arena),
    };
}

static enum status get(struct meta *meta, int64_t id, struct arena *arena, struct meta_analysis *ret_analysis,
                       struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(meta_prepare(meta, "SELECT " ANALYSIS_COLUMNS " FROM analyses WHERE id = ?", &statement, err));
    meta_bind_i64(statement, 0, id);
    bool has_row;
    TRY(meta_step(statement, &has_row, err));
    if (!has_row)
        return error_set(err, ERR_NOT_FOUND, "there is no analysis %lld", (long long)id);
    *ret_analysis = read_analysis(statement, arena);
    return OK;
}

enum status meta_analysis_get(struct meta *meta, int64_t id, struct arena *arena, struct meta_analysis *ret_analysis,
                              struct error *err)
{
    META_LOCKED(meta, get(meta, id, arena, ret_analysis, err));
}

enum status meta_analysis_latest(struct meta *meta, str model_name, struct arena *arena,
                                 struct meta_analysis *ret_analysis, struct error *err)
{
    struct meta_analysis_filter filter = { .model_name = model_name, .limit = 1 };
    struct meta_analysis *analyses;
    size_t count;
    TRY(meta_analysis_list(meta, &filter, arena, &analyses, &count, err));
    if (count == 0)
        return error_set(err, ERR_NOT_FOUND, "the model \"%.*s\" has not been analysed", STR_ARG(model_name));
    *ret_analysis = analyses[0];
    return OK;
}

static enum status report(struct meta *meta, int64_t id, struct arena *arena, str *ret_report_json, struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(meta_prepare(meta, "SELECT bytes, zstd FROM analysis_reports WHERE analysis_id = ?", &statement, err));
    meta_bind_i64(statement, 0, id);
    bool has_row;
    TRY(meta_step(statement, &has_row, err));
    if (!has_row)
        return error_set(err, ERR_NOT_FOUND, "there is no analysis %lld", (long long)id);
    str compressed = meta_str(statement, 1, arena);
    return meta_decompress(compressed, (uint64_t)meta_i64(statement, 0), arena, ret_report_json, err);
}

enum status meta_analysis_report(struct meta *meta, int64_t id, struct arena *arena, str *ret_report_json,
                                 struct error *err)
{
    META_LOCKED(meta, report(meta, id, arena, ret_report_json, err));
}

static enum status results_of(struct meta *meta, int64_t id, struct arena *arena, struct meta_result **ret_results,
                              size_t *ret_count, struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    CLEANUP(meta_rows_done) struct meta_rows rows = { .row_bytes = sizeof(struct meta_result) };
    TRY(meta_prepare(meta, "SELECT column_name, name, method, value, threshold, is_drifted FROM analysis_results "
                     "WHERE analysis_id = ? ORDER BY place", &statement, err));
    meta_bind_i64(statement, 0, id);
    for (;;) {
        bool has_row;
        TRY(meta_step(statement, &has_row, err));
        if (!has_row)
            return meta_rows_move(&rows, arena, ret_results, ret_count, err);
        struct meta_result *result = meta_rows_add(&rows);
        if (result == NULL)
            return error_set(err, ERR_LIMIT, "no memory for the results of an analysis");
        *result = (struct meta_result){
            .column = meta_str(statement, 0, arena), .name = meta_str(statement, 1, arena),
            .method = meta_str(statement, 2, arena), .value = meta_f64(statement, 3),
            .threshold = meta_f64(statement, 4),     .is_drifted = meta_i64(statement, 5) != 0,
        };
    }
}

enum status meta_analysis_results(struct meta *meta, int64_t id, struct arena *arena, struct meta_result **ret_results,
                                  size_t *ret_count, struct error *err)
{
    META_LOCKED(meta, results_of(meta, id, arena, ret_results, ret_count, err));
}

static enum status list(struct meta *meta, const struct meta_analysis_filter *filter, struct arena *arena,
                        struct meta_analysis **ret_analyses, size_t *ret_count, struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    CLEANUP(meta_rows_done) struct meta_rows rows = { .row_bytes = sizeof(struct meta_analysis) };
    TRY(meta_prepare(meta, "SELECT " ANALYSIS_COLUMNS " FROM analyses WHERE (? = '' OR model_name = ?) AND (? = '' OR "
                     "model_version = ?) AND created_us >= ? AND created_us < ? AND id < ? ORDER BY id DESC LIMIT ?",
                     &statement, err));
    bool is_open = filter->created_from_us == 0 && filter->created_to_us == 0;
    meta_bind_str(statement, 0, filter->model_name);
    meta_bind_str(statement, 1, filter->model_name);
    meta_bind_str(statement, 2, filter->model_version);
    meta_bind_str(statement, 3, filter->model_version);
    meta_bind_i64(statement, 4, is_open ? INT64_MIN : filter->created_from_us);
    meta_bind_i64(statement, 5, is_open ? INT64_MAX : filter->created_to_us);
    meta_bind_i64(statement, 6, filter->before_id != 0 ? filter->before_id : INT64_MAX);
    meta_bind_i64(statement, 7, (int64_t)(filter->limit != 0 ? MIN_OF(filter->limit, META_LIST_MAX) : META_LIST_MAX));
    for (;;) {
        bool has_row;
        TRY(meta_step(statement, &has_row, err));
        if (!has_row)
            return meta_rows_move(&rows, arena, ret_analyses, ret_count, err);
        struct meta_analysis *analysis = meta_rows_add(&rows);
        if (analysis == NULL)
            return error_set(err, ERR_LIMIT, "no memory for the list of analyses");
        *analysis = read_analysis(statement, arena);
    }
}

enum status meta_analysis_list(struct meta *meta, const struct meta_analysis_filter *filter, struct arena *arena,
                               struct meta_analysis **ret_analyses, size_t *ret_count, struct error *err)
{
    META_LOCKED(meta, list(meta, filter, arena, ret_analyses, ret_count, err));
}

/* ---- one value over time ---- */

static enum status series(struct meta *meta, const struct meta_series *wanted, struct arena *arena,
                          struct meta_point **ret_points, size_t *ret_count, struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    CLEANUP(meta_rows_done) struct meta_rows rows = { .row_bytes = sizeof(struct meta_point) };
    TRY(meta_prepare(meta,
                     "SELECT * FROM (SELECT a.id, a.created_us, a.from_us, a.to_us, r.value, r.threshold, "
                     "r.is_drifted, r.place FROM analyses a JOIN analysis_results r ON r.analysis_id = a.id WHERE "
                     "a.model_name = ? AND r.column_name = ? AND r.name = ? AND (? = '' OR r.method = ?) AND "
                     "a.created_us >= ? AND a.created_us < ? ORDER BY a.id DESC, r.place DESC LIMIT ?) AS newest ORDER BY id, place",
                         &statement, err));
    bool is_open = wanted->created_from_us == 0 && wanted->created_to_us == 0;
    meta_bind_str(statement, 0, wanted->model_name);
    meta_bind_str(statement, 1, wanted->column);
    meta_bind_str(statement, 2, wanted->name);
    meta_bind_str(statement, 3, wanted->method);
    meta_bind_str(statement, 4, wanted->method);
    meta_bind_i64(statement, 5, is_open ? INT64_MIN : wanted->created_from_us);
    meta_bind_i64(statement, 6, is_open ? INT64_MAX : wanted->created_to_us);
    meta_bind_i64(statement, 7, META_SERIES_MAX);
    for (;;) {
        bool has_row;
        TRY(meta_step(statement, &has_row, err));
        if (!has_row)
            return meta_rows_move(&rows, arena, ret_points, ret_count, err);
        struct meta_point *point = meta_rows_add(&rows);
        if (point == NULL)
            return error_set(err, ERR_LIMIT, "no memory for a series");
        *point = (struct meta_point){
            .analysis_id = meta_i64(statement, 0), .created_us = meta_i64(statement, 1),
            .from_us = meta_i64(statement, 2),     .to_us = meta_i64(statement, 3),
            .value = meta_f64(statement, 4),       .threshold = meta_f64(statement, 5),
            .is_drifted = meta_i64(statement, 6) != 0,
        };
    }
}

enum status meta_analysis_series(struct meta *meta, const struct meta_series *wanted, struct arena *arena,
                                 struct meta_point **ret_points, size_t *ret_count, struct error *err)
{
    META_LOCKED(meta, series(meta, wanted, arena, ret_points, ret_count, err));
}

/* ---- retention ---- */

static enum status drop_rows(struct meta *meta, int64_t before_us, uint64_t *ret_analyses, struct error *err)
{
    static const char *const statements[] = {
        "DELETE FROM analysis_results WHERE analysis_id IN (SELECT id FROM analyses WHERE created_us < ? AND id NOT IN "
        "(SELECT max(id) FROM analyses GROUP BY model_name))",
        "DELETE FROM analysis_reports WHERE analysis_id IN (SELECT id FROM analyses WHERE created_us < ? AND id NOT IN "
        "(SELECT max(id) FROM analyses GROUP BY model_name))",
        "DELETE FROM reports WHERE created_us < ?",
        "DELETE FROM analyses WHERE created_us < ? AND id NOT IN (SELECT max(id) FROM analyses GROUP BY model_name)",
    };
    for (size_t i = 0; i < COUNT(statements); i++) {
        CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
        TRY(meta_prepare(meta, statements[i], &statement, err));
        meta_bind_i64(statement, 0, before_us);
        TRY(meta_step(statement, NULL, err));
        *ret_analyses = (uint64_t)meta_changes(meta);
    }
    return OK;
}

static enum status drop(struct meta *meta, int64_t before_us, uint64_t *ret_analyses, struct error *err)
{
    TRY(meta_begin(meta, err));
    return meta_end(meta, drop_rows(meta, before_us, ret_analyses, err), err);
}

enum status meta_drop_before(struct meta *meta, int64_t before_us, uint64_t *ret_analyses, struct error *err)
{
    META_LOCKED(meta, drop(meta, before_us, ret_analyses, err));
}
