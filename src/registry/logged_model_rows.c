#include "registry/logged_model_rows.h"

#include <math.h>

#include "registry/pair_rows.h"

static struct logged_model model_of(struct meta_statement *statement, struct arena *arena)
{
    return (struct logged_model){
        .model_no = meta_i64(statement, 0),
        .model_id = meta_str(statement, 1, arena),
        .experiment_id = meta_i64(statement, 2),
        .name = meta_str(statement, 3, arena),
        .model_type = meta_str(statement, 4, arena),
        .source_run_id = meta_str(statement, 5, arena),
        .artifact_uri = meta_str(statement, 6, arena),
        .status = (enum logged_model_status)meta_i64(statement, 7),
        .status_message = meta_str(statement, 8, arena),
        .created_ms = meta_i64(statement, 9),
        .updated_ms = meta_i64(statement, 10),
    };
}

enum status logged_model_rows(struct meta_statement *statement, struct arena *arena, struct logged_model **ret_models,
                              size_t *ret_count, struct error *err)
{
    CLEANUP(meta_rows_done) struct meta_rows rows = { .row_bytes = sizeof(struct logged_model) };
    for (;;) {
        bool has_row;
        TRY(meta_step(statement, &has_row, err));
        if (!has_row)
            return meta_rows_move(&rows, arena, ret_models, ret_count, err);
        struct logged_model *model = meta_rows_add(&rows);
        if (model == NULL)
            return error_set(err, ERR_LIMIT, "no memory for a list of models");
        *model = model_of(statement, arena);
    }
}

/* ---- metrics ---- */

struct metric_row {
    int64_t model_no;
    struct logged_model_metric metric;
};

static struct metric_row metric_of(struct meta_statement *statement, struct arena *arena)
{
    bool is_nan = meta_i64(statement, 7) != 0;
    return (struct metric_row){
        .model_no = meta_i64(statement, 0),
        .metric = {
            .key = meta_str(statement, 1, arena),
            .dataset_name = meta_str(statement, 2, arena),
            .dataset_digest = meta_str(statement, 3, arena),
            .step = meta_i64(statement, 4),
            .timestamp_ms = meta_i64(statement, 5),
            .value = is_nan ? NAN : meta_f64(statement, 6),
            .run_id = meta_str(statement, 8, arena),
        },
    };
}

static enum status read_metrics(struct meta *reader, const int64_t *model_nos, size_t count, struct arena *arena,
                                struct meta_rows *rows, struct error *err)
{
    CLEANUP(meta_sql_done) struct meta_sql sql;
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    meta_sql_init(&sql, arena);
    meta_sql_add(&sql, "SELECT m.model_no, p.key, p.dataset_name, p.dataset_digest, p.step, p.timestamp, p.value, "
                       "p.is_nan, p.run_id FROM logged_models m JOIN model_metrics p ON p.model_id = m.model_id "
                       "WHERE m.model_no IN ");
    meta_sql_list_i64(&sql, model_nos, count);
    meta_sql_add(&sql, " ORDER BY m.model_no, p.key, p.dataset_name, p.dataset_digest");
    TRY(meta_sql_prepare(&sql, reader, &statement, err));
    for (;;) {
        bool has_row;
        TRY(meta_step(statement, &has_row, err));
        if (!has_row)
            return OK;
        struct metric_row *row = meta_rows_add(rows);
        if (row == NULL)
            return error_set(err, ERR_LIMIT, "no memory for a list of metrics");
        *row = metric_of(statement, arena);
    }
}

static enum status attach_metrics(struct meta *reader, struct logged_model *models, const int64_t *model_nos,
                                  size_t count, struct arena *arena, struct error *err)
{
    CLEANUP(meta_rows_done) struct meta_rows rows = { .row_bytes = sizeof(struct metric_row) };
    struct owner_place *places;
    for (size_t from = 0; from < count; from += OWNERS_A_STATEMENT)
        TRY(read_metrics(reader, model_nos + from, MIN_OF(count - from, OWNERS_A_STATEMENT), arena, &rows, err));
    TRY(owner_places(model_nos, count, arena, &places, err));
    struct logged_model_metric *metrics = arena_array(arena, struct logged_model_metric, MAX_OF(rows.count, (size_t)1));
    if (metrics == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu metrics", rows.count);
    const struct metric_row *row = rows.rows;
    for (size_t i = 0; i < rows.count; i++) {
        struct logged_model *model = &models[owner_place_find(places, count, row[i].model_no)];
        metrics[i] = row[i].metric;
        if (model->metric_count++ == 0)
            model->metrics = &metrics[i];
    }
    return OK;
}

enum status logged_models_complete(struct meta *reader, struct logged_model *models, size_t count,
                                   struct arena *arena, struct error *err)
{
    int64_t *model_nos = arena_array(arena, int64_t, MAX_OF(count, (size_t)1));
    struct registry_pairs *tags = arena_array(arena, struct registry_pairs, MAX_OF(count, (size_t)1));
    struct registry_pairs *params = arena_array(arena, struct registry_pairs, MAX_OF(count, (size_t)1));
    if (model_nos == NULL || tags == NULL || params == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu models", count);
    for (size_t i = 0; i < count; i++)
        model_nos[i] = models[i].model_no;
    TRY(pair_rows_read(reader, "logged_model_tags", model_nos, count, arena, tags, err));
    TRY(pair_rows_read(reader, "logged_model_params", model_nos, count, arena, params, err));
    for (size_t i = 0; i < count; i++) {
        models[i].tags = tags[i].pairs;
        models[i].tag_count = tags[i].count;
        models[i].params = params[i].pairs;
        models[i].param_count = params[i].count;
    }
    return attach_metrics(reader, models, model_nos, count, arena, err);
}
