/* store/meta_report.c - reports by name. */
#include "store/meta_db.h"
#include "store/meta_zstd.h"

#define REPORT_COLUMNS "name, model_name, analysis_id, created_us, media_type, bytes"

static enum status put(struct meta *meta, const struct meta_report *report, size_t bytes, str compressed,
                       struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(meta_prepare(meta,
                     "INSERT INTO reports (" REPORT_COLUMNS ", zstd) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) "
                     "DO UPDATE SET model_name = excluded.model_name, analysis_id = excluded.analysis_id, created_us = "
                     "excluded.created_us, media_type = excluded.media_type, bytes = "
                     "excluded.bytes, zstd = excluded.zstd",
                     &statement, err));
    meta_bind_str(statement, 0, report->name);
    meta_bind_str(statement, 1, report->model_name);
    meta_bind_i64(statement, 2, report->analysis_id);
    meta_bind_i64(statement, 3, report->created_us);
    meta_bind_str(statement, 4, report->media_type);
    meta_bind_i64(statement, 5, (int64_t)bytes);
    meta_bind_bytes(statement, 6, compressed);
    return meta_step(statement, NULL, err);
}

enum status meta_report_put(struct meta *meta, const struct meta_report *report, str body, struct error *err)
{
    TRY(meta_check_name("report", report->name, err));
    if (body.size > META_REPORT_BYTES_MAX)
        return error_set(err, ERR_LIMIT, "a report of %zu bytes; %zu are allowed", body.size, META_REPORT_BYTES_MAX);
    CLEANUP(buf_done) struct buf compressed;
    buf_init(&compressed, 2 * META_REPORT_BYTES_MAX);
    TRY(meta_compress(body, &compressed, err));
    META_LOCKED(meta, put(meta, report, body.size, buf_str(&compressed), err));
}

static struct meta_report read_report(struct meta_statement *statement, struct arena *arena)
{
    return (struct meta_report){
        .name = meta_str(statement, 0, arena),         .model_name = meta_str(statement, 1, arena),
        .analysis_id = meta_i64(statement, 2),         .created_us = meta_i64(statement, 3),
        .media_type = meta_str(statement, 4, arena),   .bytes = (uint64_t)meta_i64(statement, 5),
    };
}

static enum status get(struct meta *meta, str name, struct arena *arena, struct meta_report *ret_report, str *ret_body,
                       struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(meta_prepare(meta, "SELECT " REPORT_COLUMNS ", zstd FROM reports WHERE name = ?", &statement, err));
    meta_bind_str(statement, 0, name);
    bool has_row;
    TRY(meta_step(statement, &has_row, err));
    if (!has_row)
        return error_set(err, ERR_NOT_FOUND, "there is no report \"%.*s\"", STR_ARG(name));
    struct meta_report report = read_report(statement, arena);
    if (ret_body != NULL)
        TRY(meta_decompress(meta_str(statement, 6, arena), report.bytes, arena, ret_body, err));
    *ret_report = report;
    return OK;
}

enum status meta_report_get(struct meta *meta, str name, struct arena *arena, struct meta_report *ret_report,
                            str *ret_body, struct error *err)
{
    META_LOCKED(meta, get(meta, name, arena, ret_report, ret_body, err));
}

static enum status list(struct meta *meta, str model_name, struct arena *arena, struct meta_report **ret_reports,
                        size_t *ret_count, struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    CLEANUP(meta_rows_done) struct meta_rows rows = { .row_bytes = sizeof(struct meta_report) };
    TRY(meta_prepare(meta,
                     "SELECT " REPORT_COLUMNS " FROM reports WHERE ? = '' OR model_name = ? ORDER BY created_us DESC, "
                     "name LIMIT ?", &statement, err));
    meta_bind_str(statement, 0, model_name);
    meta_bind_str(statement, 1, model_name);
    meta_bind_i64(statement, 2, META_LIST_MAX);
    for (;;) {
        bool has_row;
        TRY(meta_step(statement, &has_row, err));
        if (!has_row)
            return meta_rows_move(&rows, arena, ret_reports, ret_count, err);
        struct meta_report *report = meta_rows_add(&rows);
        if (report == NULL)
            return error_set(err, ERR_LIMIT, "no memory for the list of reports");
        *report = read_report(statement, arena);
    }
}

enum status meta_report_list(struct meta *meta, str model_name, struct arena *arena, struct meta_report **ret_reports,
                             size_t *ret_count, struct error *err)
{
    META_LOCKED(meta, list(meta, model_name, arena, ret_reports, ret_count, err));
}
