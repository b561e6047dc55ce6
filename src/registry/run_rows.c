#include "registry/run_rows.h"

#include <math.h>

const char *const run_status_names[RUN_STATUS_COUNT] = {
    [RUN_RUNNING] = "RUNNING", [RUN_SCHEDULED] = "SCHEDULED", [RUN_FINISHED] = "FINISHED",
    [RUN_FAILED] = "FAILED",   [RUN_KILLED] = "KILLED",
};

static enum run_status status_of(str name)
{
    for (enum run_status status = 0; status < RUN_STATUS_COUNT; status++)
        if (str_equal(name, str_of(run_status_names[status])))
            return status;
    return RUN_RUNNING;
}

/* NULL reads as NaN. Times are far below 2^53, so that a double holds them. */
static int64_t read_time(struct meta_statement *statement, int index)
{
    return isnan(meta_f64(statement, index)) ? RUN_NO_TIME : meta_i64(statement, index);
}

static struct run read_row(struct meta_statement *statement, struct arena *arena)
{
    return (struct run){
        .run_no = meta_i64(statement, 0),
        .run_id = meta_str(statement, 1, arena),
        .run_name = meta_str(statement, 2, arena),
        .user_id = meta_str(statement, 3, arena),
        .artifact_uri = meta_str(statement, 4, arena),
        .experiment_id = meta_i64(statement, 5),
        .status = status_of(meta_str(statement, 6, arena)),
        .is_deleted = str_equal(meta_str(statement, 7, arena), STR("deleted")),
        .start_ms = read_time(statement, 8),
        .end_ms = read_time(statement, 9),
    };
}

enum status run_rows(struct meta_statement *statement, struct arena *arena, struct run **ret_runs, size_t *ret_count,
                     struct error *err)
{
    CLEANUP(meta_rows_done) struct meta_rows rows = { .row_bytes = sizeof(struct run) };
    for (bool has_row = true;;) {
        TRY(meta_step(statement, &has_row, err));
        if (!has_row)
            return meta_rows_move(&rows, arena, ret_runs, ret_count, err);
        struct run *run = meta_rows_add(&rows);
        if (run == NULL)
            return error_set(err, ERR_LIMIT, "no memory for a list of runs");
        *run = read_row(statement, arena);
    }
}

static enum status no_such_run(str run_id, struct error *err)
{
    return error_set(err, ERR_NOT_FOUND, "Run with id=%.*s not found", (int)MIN_OF(run_id.size, (size_t)256),
                     run_id.data);
}

enum status run_find(struct meta *meta, str run_id, struct arena *arena, struct run *ret_run, struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(META_QUERY(meta, &statement, err, "SELECT " RUN_COLUMNS " FROM runs r WHERE r.run_id = ?",
                   meta_of_str(run_id)));
    bool has_row;
    TRY(meta_step(statement, &has_row, err));
    if (!has_row)
        return no_such_run(run_id, err);
    *ret_run = read_row(statement, arena);
    return OK;
}

enum status run_find_active(struct meta *meta, str run_id, struct run_key *ret_key, struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(META_QUERY(meta, &statement, err,
                   "SELECT run_no, experiment_id, lifecycle_stage = 'active' FROM runs WHERE run_id = ?",
                   meta_of_str(run_id)));
    bool has_row;
    TRY(meta_step(statement, &has_row, err));
    if (!has_row)
        return no_such_run(run_id, err);
    if (meta_i64(statement, 2) == 0)
        return error_set(err, ERR_INVALID, "The run %.*s must be in the 'active' state. Current state is deleted.",
                         STR_ARG(run_id));
    *ret_key = (struct run_key){ meta_i64(statement, 0), meta_i64(statement, 1) };
    return OK;
}

/* ---- what belongs to runs ---- */

/* Rows of several runs, gathered: they come by run, so that those of runs[i] are rows[first[i] .. first[i] + counts[i])
 * in a row. */
struct gathered {
    struct meta_rows rows;
    size_t *first, *counts;
};

typedef void read_member_fn(struct meta_statement *statement, struct arena *arena, void *ret_row);

/* Column 0 is the run. `sql` ends before the list of runs. */
static enum status gather(struct meta *meta, const char *sql_text, const char *order, const int64_t *run_nos,
                          size_t count, read_member_fn *read_member, struct arena *arena, struct gathered *gathered,
                          struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    CLEANUP(meta_sql_done) struct meta_sql sql;
    meta_sql_init(&sql, arena);
    meta_sql_add(&sql, sql_text);
    meta_sql_list_i64(&sql, run_nos, count);
    meta_sql_add(&sql, order);
    TRY(meta_sql_prepare(&sql, meta, &statement, err));
    int64_t last = INT64_MIN;
    size_t index = 0;
    for (bool has_row = true;;) {
        TRY(meta_step(statement, &has_row, err));
        if (!has_row)
            return OK;
        int64_t run_no = meta_i64(statement, 0);
        if (run_no != last) {
            index = registry_owner_index(run_nos, count, run_no);
            gathered->first[index] = gathered->rows.count;
        }
        last = run_no;
        void *row = meta_rows_add(&gathered->rows);
        if (row == NULL)
            return error_set(err, ERR_LIMIT, "no memory for what runs logged");
        read_member(statement, arena, row);
        gathered->counts[index]++;
    }
}

static void read_metric(struct meta_statement *statement, struct arena *arena, void *ret_row)
{
    struct metric_point *point = ret_row;
    *point = (struct metric_point){
        .key = meta_str(statement, 1, arena),
        .value = meta_i64(statement, 3) != 0 ? NAN : meta_f64(statement, 2),
        .timestamp_ms = meta_i64(statement, 4),
        .step = meta_i64(statement, 5),
        .model_id = meta_str(statement, 6, arena),
        .dataset_name = meta_str(statement, 7, arena),
        .dataset_digest = meta_str(statement, 8, arena),
    };
}

static void read_dataset(struct meta_statement *statement, struct arena *arena, void *ret_row)
{
    struct run_dataset *dataset = ret_row;
    *dataset = (struct run_dataset){
        .dataset_no = meta_i64(statement, 1),
        .name = meta_str(statement, 2, arena),
        .digest = meta_str(statement, 3, arena),
        .source_type = meta_str(statement, 4, arena),
        .source = meta_str(statement, 5, arena),
        .schema = meta_str(statement, 6, arena),
        .profile = meta_str(statement, 7, arena),
    };
}

struct model_row {
    struct run_model model;
    bool is_output;
};

static void read_model(struct meta_statement *statement, struct arena *arena, void *ret_row)
{
    struct model_row *row = ret_row;
    *row = (struct model_row){ { meta_str(statement, 2, arena), meta_i64(statement, 3) }, meta_i64(statement, 1) != 0 };
}

struct tag_row {
    int64_t dataset_no;
    struct registry_pair pair;
};

static void read_dataset_tag(struct meta_statement *statement, struct arena *arena, void *ret_row)
{
    struct tag_row *row = ret_row;
    *row = (struct tag_row){ meta_i64(statement, 1), { meta_str(statement, 2, arena), meta_str(statement, 3, arena) } };
}

/* One chunk of runs at work. */
struct completion {
    struct meta *meta;
    struct run *runs;
    const int64_t *run_nos;
    size_t count;
    struct arena *arena;
};

static enum status gather_members(const struct completion *work, const char *sql, const char *order, size_t row_bytes,
                                  read_member_fn *read_member, struct gathered *ret, void **ret_rows, struct error *err)
{
    *ret = (struct gathered){ .rows.row_bytes = row_bytes,
                              .first = arena_array(work->arena, size_t, work->count),
                              .counts = arena_array(work->arena, size_t, work->count) };
    if (ret->first == NULL || ret->counts == NULL)
        return error_set(err, ERR_LIMIT, "no memory for what runs logged");
    size_t row_count;
    enum status status = gather(work->meta, sql, order, work->run_nos, work->count, read_member, work->arena, ret, err);
    if (status == OK)
        status = meta_rows_move(&ret->rows, work->arena, ret_rows, &row_count, err);
    meta_rows_done(&ret->rows);
    return status;
}

static enum status add_metrics(const struct completion *work, struct error *err)
{
    struct gathered gathered;
    void *rows = NULL;
    TRY(gather_members(work,
                       "SELECT run_no, key, value, is_nan, timestamp, step, model_id, dataset_name, dataset_digest "
                       "FROM run_metrics WHERE run_no IN ",
                       " ORDER BY run_no, key", sizeof(struct metric_point), read_metric, &gathered, &rows, err));
    for (size_t i = 0; i < work->count; i++) {
        work->runs[i].metrics = (const struct metric_point *)rows + gathered.first[i];
        work->runs[i].metric_count = gathered.counts[i];
    }
    return OK;
}

/* The tags of a run's data sets, out of all its data sets' tags, which come by data set. */
static void deal_tags(struct run_dataset *dataset, const struct tag_row *rows, size_t count,
                      struct registry_pair *pairs)
{
    size_t first = 0, end;
    while (first < count && rows[first].dataset_no != dataset->dataset_no)
        first++;
    for (end = first; end < count && rows[end].dataset_no == dataset->dataset_no; end++)
        pairs[end] = rows[end].pair;
    dataset->tags = pairs + first;
    dataset->tag_count = end - first;
}

static enum status add_datasets(const struct completion *work, struct error *err)
{
    struct gathered datasets, tags;
    void *dataset_rows = NULL, *tag_rows = NULL;
    TRY(gather_members(work, "SELECT d.run_no, s.dataset_no, s.name, s.digest, s.source_type, s.source, s.schema_json, "
                             "s.profile_json FROM run_datasets d JOIN datasets s ON s.dataset_no = d.dataset_no "
                             "WHERE d.run_no IN ", " ORDER BY d.run_no, s.dataset_no", sizeof(struct run_dataset),
                       read_dataset, &datasets, &dataset_rows, err));
    TRY(gather_members(work, "SELECT run_no, dataset_no, key, value FROM run_dataset_tags WHERE run_no IN ",
                       " ORDER BY run_no, dataset_no, key", sizeof(struct tag_row), read_dataset_tag, &tags, &tag_rows,
                       err));
    for (size_t i = 0; i < work->count; i++) {
        struct run_dataset *own = (struct run_dataset *)dataset_rows + datasets.first[i];
        struct registry_pair *pairs = arena_array(work->arena, struct registry_pair, MAX_OF(tags.counts[i], (size_t)1));
        if (pairs == NULL)
            return error_set(err, ERR_LIMIT, "no memory for the tags of data sets");
        for (size_t d = 0; d < datasets.counts[i]; d++)
            deal_tags(&own[d], (const struct tag_row *)tag_rows + tags.first[i], tags.counts[i], pairs);
        work->runs[i].datasets = own;
        work->runs[i].dataset_count = datasets.counts[i];
    }
    return OK;
}

static enum status add_models(const struct completion *work, struct error *err)
{
    struct gathered gathered;
    void *rows = NULL;
    TRY(gather_members(work, "SELECT run_no, is_output, model_id, step FROM run_models WHERE run_no IN ",
                       " ORDER BY run_no, is_output, model_id", sizeof(struct model_row), read_model, &gathered, &rows,
                       err));
    for (size_t i = 0; i < work->count; i++) {
        const struct model_row *own = (const struct model_row *)rows + gathered.first[i];
        struct run *run = &work->runs[i];
        struct run_model *models = arena_array(work->arena, struct run_model, MAX_OF(gathered.counts[i], (size_t)1));
        if (models == NULL)
            return error_set(err, ERR_LIMIT, "no memory for the models of runs");
        for (size_t m = 0; m < gathered.counts[i]; m++) {
            models[m] = own[m].model;
            run->input_count += !own[m].is_output;
        }
        run->inputs = models; /* inputs come first */
        run->outputs = models + run->input_count;
        run->output_count = gathered.counts[i] - run->input_count;
    }
    return OK;
}

static enum status add_pairs(const struct completion *work, struct error *err)
{
    struct registry_pairs *params = arena_array(work->arena, struct registry_pairs, work->count);
    struct registry_pairs *tags = arena_array(work->arena, struct registry_pairs, work->count);
    if (params == NULL || tags == NULL)
        return error_set(err, ERR_LIMIT, "no memory for what runs logged");
    TRY(registry_load_pairs(work->meta, "SELECT run_no, key, value FROM run_params WHERE run_no IN ", work->run_nos,
                            work->count, work->arena, params, err));
    TRY(registry_load_pairs(work->meta, "SELECT run_no, key, value FROM run_tags WHERE run_no IN ", work->run_nos,
                            work->count, work->arena, tags, err));
    for (size_t i = 0; i < work->count; i++) {
        work->runs[i].params = params[i].pairs;
        work->runs[i].param_count = params[i].count;
        work->runs[i].tags = tags[i].pairs;
        work->runs[i].tag_count = tags[i].count;
    }
    return OK;
}

enum status runs_complete(struct meta *meta, struct run *runs, size_t count, struct arena *arena, struct error *err)
{
    int64_t run_nos[REGISTRY_CHUNK];
    for (size_t from = 0; from < count; from += REGISTRY_CHUNK) {
        struct completion work = { meta, runs + from, run_nos, MIN_OF(count - from, (size_t)REGISTRY_CHUNK), arena };
        for (size_t i = 0; i < work.count; i++)
            run_nos[i] = work.runs[i].run_no;
        TRY(add_metrics(&work, err));
        TRY(add_pairs(&work, err));
        TRY(add_datasets(&work, err));
        TRY(add_models(&work, err));
    }
    return OK;
}
