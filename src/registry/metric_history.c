#include "registry/metric_history.h"

#include <math.h>

#include "registry/registry_internal.h"

#define POINT_COLUMNS "p.timestamp, p.step, p.value, p.is_nan, p.model_id, p.dataset_name, p.dataset_digest"

static enum status point_rows(struct meta_statement *statement, str key, struct arena *arena,
                              struct metric_point **ret_points, size_t *ret_count, struct error *err)
{
    CLEANUP(meta_rows_done) struct meta_rows rows = { .row_bytes = sizeof(struct metric_point) };
    for (bool has_row = true;;) {
        TRY(meta_step(statement, &has_row, err));
        if (!has_row)
            return meta_rows_move(&rows, arena, ret_points, ret_count, err);
        struct metric_point *point = meta_rows_add(&rows);
        if (point == NULL)
            return error_set(err, ERR_LIMIT, "no memory for a metric's history");
        *point = (struct metric_point){
            .key = key,
            .value = meta_i64(statement, 3) != 0 ? NAN : meta_f64(statement, 2),
            .timestamp_ms = meta_i64(statement, 0),
            .step = meta_i64(statement, 1),
            .model_id = meta_str(statement, 4, arena),
            .dataset_name = meta_str(statement, 5, arena),
            .dataset_digest = meta_str(statement, 6, arena),
        };
    }
}

enum status metric_history(struct registry *registry, str run_id, str key, int64_t max_results, str token,
                           struct arena *arena, struct metric_point **ret_points, size_t *ret_count, str *ret_token,
                           struct error *err)
{
    int64_t offset, limit = max_results == 0 ? INT64_MAX - 1 : MIN_OF(max_results, (int64_t)METRIC_HISTORY_PAGE_MAX);
    TRY(registry_read_token(token, &offset, err));
    if (max_results < 0)
        TRY(registry_check_max_results(max_results, METRIC_HISTORY_PAGE_MAX, err));
    CLEANUP(meta_read_end_slot) struct meta *reader = NULL;
    TRY(meta_read_begin(registry->meta, &reader, err));
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(META_QUERY(reader, &statement, err,
                   "SELECT " POINT_COLUMNS " FROM metric_points p WHERE p.run_no = (SELECT run_no FROM runs WHERE "
                   "run_id = ?) AND p.key = ? ORDER BY p.timestamp, p.step, p.value LIMIT ? OFFSET ?",
                   meta_of_str(run_id), meta_of_str(key), meta_of_i64(limit + 1), meta_of_i64(offset)));
    TRY(point_rows(statement, key, arena, ret_points, ret_count, err));
    bool has_more = *ret_count > (size_t)limit;
    if (has_more)
        *ret_count = (size_t)limit;
    *ret_token = has_more ? registry_make_token(offset + limit, arena) : (str){ 0 };
    return OK;
}

/* ---- intervals ---- */

/* Steps, rising and each once. */
struct steps {
    int64_t *steps;
    size_t count;
};

static enum status read_steps(struct meta *reader, const struct metric_interval *interval, struct arena *arena,
                              struct steps *ret_steps, struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    CLEANUP(meta_rows_done) struct meta_rows rows = { .row_bytes = sizeof(int64_t) };
    CLEANUP(meta_sql_done) struct meta_sql sql;
    meta_sql_init(&sql, arena);
    meta_sql_add(&sql,
                 "SELECT DISTINCT p.step FROM runs r JOIN metric_points p ON p.run_no = r.run_no WHERE r.run_id IN ");
    meta_sql_list_str(&sql, interval->run_ids, interval->run_count);
    meta_sql_add(&sql, " AND p.key = ");
    meta_sql_value_str(&sql, interval->key);
    meta_sql_add(&sql, " AND p.step >= ");
    meta_sql_value_i64(&sql, interval->from_step);
    meta_sql_add(&sql, " AND p.step <= ");
    meta_sql_value_i64(&sql, interval->to_step);
    meta_sql_add(&sql, " ORDER BY 1");
    TRY(meta_sql_prepare(&sql, reader, &statement, err));
    for (bool has_row = true;;) {
        TRY(meta_step(statement, &has_row, err));
        if (!has_row)
            return meta_rows_move(&rows, arena, &ret_steps->steps, &ret_steps->count, err);
        int64_t *step = meta_rows_add(&rows);
        if (step == NULL)
            return error_set(err, ERR_LIMIT, "no memory for a metric's steps");
        *step = meta_i64(statement, 0);
    }
}

/* Evenly spread ones in the place of all, the first and last among them. */
static void thin_out(struct steps *steps, size_t most)
{
    if (steps->count <= most)
        return;
    for (size_t i = 0; i < most; i++)
        steps->steps[i] = steps->steps[most > 1 ? i * (steps->count - 1) / (most - 1) : 0];
    steps->count = most;
}

static bool has_step(const struct steps *steps, int64_t step)
{
    size_t low = 0, high = steps->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (steps->steps[middle] < step)
            low = middle + 1;
        else
            high = middle;
    }
    return low < steps->count && steps->steps[low] == step;
}

static enum status read_series(struct meta *reader, const struct metric_interval *interval, const struct steps *steps,
                               struct arena *arena, struct metric_run *series, struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(META_QUERY(reader, &statement, err,
                   "SELECT " POINT_COLUMNS
                   " FROM runs r JOIN metric_points p ON p.run_no = r.run_no WHERE r.run_id = ? "
                   "AND p.key = ? AND p.step >= ? AND p.step <= ? ORDER BY p.step, p.timestamp",
                   meta_of_str(series->run_id), meta_of_str(interval->key), meta_of_i64(interval->from_step),
                   meta_of_i64(interval->to_step)));
    struct metric_point *all;
    size_t count;
    TRY(point_rows(statement, interval->key, arena, &all, &count, err));
    series->points = all;
    for (size_t i = 0; i < count; i++)
        if (all[i].step == all[0].step || all[i].step == all[count - 1].step || has_step(steps, all[i].step))
            all[series->count++] = all[i]; /* never ahead of i; both ends stay what they are */
    return OK;
}

enum status metric_history_interval(struct registry *registry, const struct metric_interval *interval,
                                    struct arena *arena, struct metric_run **ret_series, struct error *err)
{
    struct steps steps;
    struct metric_run *series = arena_array(arena, struct metric_run, MAX_OF(interval->run_count, (size_t)1));
    if (series == NULL)
        return error_set(err, ERR_LIMIT, "no memory for the histories of %zu runs", interval->run_count);
    CLEANUP(meta_read_end_slot) struct meta *reader = NULL;
    TRY(meta_read_begin(registry->meta, &reader, err));
    TRY(read_steps(reader, interval, arena, &steps, err));
    thin_out(&steps, (size_t)interval->steps_max);
    for (size_t i = 0; i < interval->run_count; i++) {
        series[i].run_id = interval->run_ids[i];
        TRY(read_series(reader, interval, &steps, arena, &series[i], err));
    }
    *ret_series = series;
    return OK;
}
