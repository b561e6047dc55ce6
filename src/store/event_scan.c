/* store/event_scan.c - windows of events as frames, counts, models, and what a start reads back.
 *
 * A scan first moves all that is durable into DuckDB, then reads one snapshot of it: whole batches, and
 * all that was acknowledged before (E3). */
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "data/duckdb_frame.h"
#include "store/event_log_internal.h"

/* A statement under construction and what its ? stand for. */
struct statement {
    struct buf sql;
    struct duckdb_binding bindings[8 + 64];
    size_t binding_count;
};
#define SEGMENTS_MAX 64

static void statement_init(struct statement *statement)
{
    buf_init(&statement->sql, EVENT_SQL_BYTES_MAX);
    statement->binding_count = 0;
}

static void statement_done(struct statement *statement)
{
    buf_done(&statement->sql);
}

static void bind(struct statement *statement, struct duckdb_binding binding)
{
    statement->bindings[statement->binding_count++] = binding;
}

/* One model within the transaction of a scan. */
struct source {
    duckdb_connection connection;
    int64_t id;
    bool has_labels;
    struct event_tables tables;
    struct event_table *table;
};

static void source_done(struct source *source)
{
    event_tables_done(&source->tables);
}

/* The one integer that a statement answers. */
static enum status query_number(duckdb_connection connection, const struct statement *statement, int64_t *ret_number,
                                struct error *err)
{
    if (buf_is_overfull(&statement->sql))
        return error_set(err, ERR_LIMIT, "a statement of the event log is too long");
    duckdb_result result;
    TRY(duckdb_door_query(connection, buf_str(&statement->sql), statement->bindings, statement->binding_count, &result,
                          err));
    duckdb_data_chunk chunk = NULL;
    enum status status = duckdb_door_fetch(&result, &chunk, err);
    if (status == OK) {
        *ret_number = 0;
        if (chunk != NULL && duckdb_data_chunk_get_size(chunk) > 0)
            *ret_number = *(int64_t *)duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0));
    }
    if (chunk != NULL)
        duckdb_destroy_data_chunk(&chunk);
    duckdb_destroy_result(&result);
    return status;
}

/* The catalog as this transaction sees it. ERR_NOT_FOUND for a model that it does not have. */
static enum status source_open(duckdb_connection connection, str model_name, struct source *ret_source,
                               struct error *err)
{
    struct source source = { .connection = connection };
    enum status status = event_tables_load(connection, &source.tables, err);
    if (status == OK) {
        source.table = map_get(&source.tables.by_name, model_name);
        if (source.table == NULL)
            status = error_set(err, ERR_NOT_FOUND, "there are no events of a model \"%.*s\"", STR_ARG(model_name));
    }
    if (status == OK) {
        struct statement statement;
        statement_init(&statement);
        int64_t labels = 0;
        (void)buf_printf(&statement.sql, "SELECT count(*) FROM store.l%lld", (long long)source.table->id); /* short */
        status = query_number(connection, &statement, &labels, err);
        statement_done(&statement);
        source.id = source.table->id;
        source.has_labels = labels > 0;
    }
    if (status != OK)
        source_done(&source);
    else
        *ret_source = source;
    return status;
}

/* ---- windows ---- */

static enum status put_conditions(struct statement *statement, const struct source *source,
                                  const struct event_window *window, struct error *err)
{
    struct buf *sql = &statement->sql;
    (void)buf_append(sql, STR(" WHERE true")); /* asked once, when the statement runs; so are the others */
    if (window->model_version.size != 0) {
        (void)buf_append(sql, STR(" AND model_version = ?"));
        bind(statement, (struct duckdb_binding){ DUCKDB_BIND_TEXT, .text = window->model_version });
    }
    if (window->from_us != INT64_MIN) {
        (void)buf_append(sql, STR(" AND \"timestamp\" >= ?"));
        bind(statement, (struct duckdb_binding){ DUCKDB_BIND_TIME_US, .i64 = window->from_us });
    }
    if (window->to_us != INT64_MAX) {
        (void)buf_append(sql, STR(" AND \"timestamp\" < ?"));
        bind(statement, (struct duckdb_binding){ DUCKDB_BIND_TIME_US, .i64 = window->to_us });
    }
    if (window->segment_count > SEGMENTS_MAX)
        return error_set(err, ERR_LIMIT, "%zu tags in a window; %d are allowed", window->segment_count, SEGMENTS_MAX);
    for (size_t i = 0; i < window->segment_count; i++) {
        const struct event_column *tag = event_schema_find(&source->table->schema, EVENT_ROLE_TAG,
                                                           window->segment_names[i]);
        if (tag == NULL) {
            (void)buf_append(sql, STR(" AND false"));
            continue;
        }
        (void)buf_append(sql, STR(" AND "));
        (void)duckdb_door_identifier(sql, tag->column);
        (void)buf_append(sql, STR(" = ?"));
        bind(statement, (struct duckdb_binding){ DUCKDB_BIND_TEXT, .text = window->segment_values[i] });
    }
    return OK;
}

/* The columns of a scan, in order: their SQL and what the frame calls them. Two names may differ in case only,
 * or belong to a feature and a class; SQL has the unique column names then. */
struct selection {
    struct buf *sql;
    str *names;
    size_t count;
};

static void select_column(struct selection *selection, const char *expression, str column, str name)
{
    (void)buf_printf(selection->sql, "%s%s", selection->count > 0 ? ", " : "", expression); /* asked at the end */
    (void)duckdb_door_identifier(selection->sql, column);
    selection->names[selection->count++] = name;
}

static void select_role(struct selection *selection, const struct source *source, enum event_role role)
{
    const struct event_schema *schema = &source->table->schema;
    for (size_t i = 0; i < schema->count; i++)
        if (schema->columns[i].role == role)
            select_column(selection,
                          role == EVENT_ROLE_TARGET && source->has_labels ? "coalesce(l.target, e.target) AS " : "e.",
                          schema->columns[i].column, schema->columns[i].name);
}

/* Features first, then what every event has, as the header promises. */
static void select_columns(struct selection *selection, const struct source *source, const struct event_window *window)
{
    select_role(selection, source, EVENT_ROLE_FEATURE);
    if (!window->leaves_out_id)
        select_column(selection, "e.", STR("prediction_id"), STR("prediction_id"));
    select_column(selection, "e.", STR("timestamp"), STR("timestamp"));
    if (!window->leaves_out_version)
        select_column(selection, "e.", STR("model_version"), STR("model_version"));
    select_role(selection, source, EVENT_ROLE_PREDICTION);
    select_role(selection, source, EVENT_ROLE_TARGET);
    select_role(selection, source, EVENT_ROLE_PROBABILITY);
    select_role(selection, source, EVENT_ROLE_TAG);
}

/* `names` has room for all columns and gets what the frame calls them. */
static enum status put_scan(struct statement *statement, const struct source *source, const struct event_window *window,
                            str *names, struct error *err)
{
    struct buf *sql = &statement->sql;
    (void)buf_append(sql, STR("(SELECT "));
    select_columns(&(struct selection){ .sql = sql, .names = names }, source, window);
    (void)buf_printf(sql, " FROM (FROM store.v%lld", (long long)source->id);
    TRY(put_conditions(statement, source, window, err));
    if (window->last_rows != 0)
        (void)buf_printf(sql, " ORDER BY \"timestamp\" DESC, arrival_index DESC LIMIT %zu", window->last_rows);
    (void)buf_append(sql, STR(") e"));
    if (source->has_labels)
        (void)buf_printf(sql,
                         " LEFT JOIN (SELECT prediction_id, arg_max(target, arrival_index) AS target FROM store.l%lld "
                         "GROUP BY prediction_id) l ON l.prediction_id = e.prediction_id", (long long)source->id);
    (void)buf_append(sql, STR(" ORDER BY e.\"timestamp\", e.arrival_index)"));
    return OK;
}

static enum status count_rows(const struct source *source, const struct event_window *window, uint64_t *ret_rows,
                              struct error *err)
{
    CLEANUP(statement_done) struct statement statement;
    statement_init(&statement);
    (void)buf_printf(&statement.sql, "SELECT count(*) FROM store.v%lld", (long long)source->id);
    TRY(put_conditions(&statement, source, window, err));
    int64_t rows;
    TRY(query_number(source->connection, &statement, &rows, err));
    *ret_rows = window->last_rows != 0 ? MIN_OF((uint64_t)rows, window->last_rows) : (uint64_t)rows;
    return OK;
}

static enum status read_rows(const struct source *source, const struct event_window *window, size_t rows_max,
                             struct frame **ret_frame, struct error *err)
{
    uint64_t rows;
    TRY(count_rows(source, window, &rows, err));
    if (rows_max != 0 && rows > rows_max)
        return error_set(err, ERR_LIMIT, "the window has %llu events; %zu are allowed at once",
                         (unsigned long long)rows,
                         rows_max);
    CLEANUP(statement_done) struct statement statement;
    statement_init(&statement);
    CLEANUP(mem_free_slot) str *names = mem_array(source->table->schema.count + EVENT_FIXED_COLUMNS, sizeof *names);
    if (names == NULL)
        return error_set(err, ERR_LIMIT, "no memory for a scan");
    TRY(put_scan(&statement, source, window, names, err));
    if (buf_is_overfull(&statement.sql))
        return error_set(err, ERR_LIMIT, "a statement of the event log is too long");
    struct duckdb_frame_options options = {
        .origin = window->model_name,
        .rows_expected = rows,
        .bindings = statement.bindings,
        .binding_count = statement.binding_count,
    };
    struct frame *frame;
    TRY(duckdb_frame_read(source->connection, buf_str(&statement.sql), &options, &frame, err));
    for (size_t i = 0; i < frame->column_count; i++)
        frame->columns[i].name = arena_copy(&frame->arena, names[i]);
    *ret_frame = frame;
    return OK;
}

/* Reads a frame (`ret_frame` not NULL) or counts, in one snapshot. */
static enum status read_window(struct event_log *log, const struct event_window *window, size_t rows_max,
                               struct frame **ret_frame, uint64_t *ret_rows, struct error *err)
{
    TRY(event_log_ingest(log, err));
    duckdb_connection connection;
    TRY(event_log_connect(log, &connection, err));
    enum status status = event_begin(connection, err);
    struct source source;
    if (status == OK)
        status = source_open(connection, window->model_name, &source, err);
    if (status == OK) {
        status = ret_frame != NULL ? read_rows(&source, window, rows_max, ret_frame, err)
                                   : count_rows(&source, window, ret_rows, err);
        source_done(&source);
    }
    event_log_disconnect(log, connection); /* ends the transaction, which only read */
    return status;
}

enum status event_log_scan(struct event_log *log, const struct event_window *window, size_t rows_max,
                           struct frame **ret_frame, struct error *err)
{
    return read_window(log, window, rows_max, ret_frame, NULL, err);
}

enum status event_log_count(struct event_log *log, const struct event_window *window, uint64_t *ret_rows,
                            struct error *err)
{
    return read_window(log, window, 0, NULL, ret_rows, err);
}

/* ---- models ---- */

enum status event_log_model(struct event_log *log, str name, struct event_model_state **ret_model, struct error *err)
{
    struct event_model_state *model = map_get(&log->models, name);
    if (model == NULL) {
        if (name.size == 0 || name.size > EVENT_NAME_BYTES_MAX || !str_is_utf8(name, NULL) ||
            str_find(name, '\0') < name.size)
            return error_set(err, ERR_INVALID, "a model's name is 1 to %zu bytes of UTF-8", EVENT_NAME_BYTES_MAX);
        model = arena_new(&log->arena, struct event_model_state);
        model->name = arena_copy(&log->arena, name);
        model->first_us = model->last_us = INT64_MIN;
        event_schema_init(&model->schema);
        TRY(map_put(&log->models, name, model, err));
    }
    *ret_model = model;
    return OK;
}

enum status event_log_models(struct event_log *log, struct arena *arena, struct event_model **ret_models,
                             size_t *ret_count, struct error *err)
{
    pthread_mutex_lock(&log->lock);
    size_t count = 0;
    struct event_model *models = arena_array(arena, struct event_model, MAX_OF(log->models.count, 1));
    enum status status = models != NULL ? OK : error_set(err, ERR_LIMIT, "no memory for the list of models");
    for (size_t i = 0; i < log->models.count && status == OK; i++) {
        const struct event_model_state *state = log->models.entries[i].pointer;
        if (state->rows == 0 && state->labels == 0)
            continue;
        str *names = arena_array(arena, str, MAX_OF(state->schema.count, 1));
        if (names == NULL) {
            status = error_set(err, ERR_LIMIT, "no memory for the list of models");
            break;
        }
        size_t features = 0;
        for (size_t j = 0; j < state->schema.count; j++)
            if (state->schema.columns[j].role == EVENT_ROLE_FEATURE)
                names[features++] = arena_copy(arena, state->schema.columns[j].name);
        models[count++] = (struct event_model){ arena_copy(arena, state->name), state->rows, state->labels,
                                                state->first_us, state->last_us, features, names };
    }
    pthread_mutex_unlock(&log->lock);
    if (status == OK) {
        *ret_models = models;
        *ret_count = count;
    }
    return status;
}

/* Counts and times of one stored model. */
static enum status load_counts(duckdb_connection connection, int64_t id, struct event_model_state *model,
                               struct error *err)
{
    static const char *const forms[] = { "SELECT count(*) FROM store.v", "SELECT count(*) FROM store.l",
                                         "SELECT epoch_us(min(\"timestamp\")) FROM store.v",
                                         "SELECT epoch_us(max(\"timestamp\")) FROM store.v" };
    int64_t numbers[COUNT(forms)];
    for (size_t i = 0; i < COUNT(forms); i++) {
        CLEANUP(statement_done) struct statement statement;
        statement_init(&statement);
        (void)buf_printf(&statement.sql, "%s%lld", forms[i], (long long)id); /* short */
        TRY(query_number(connection, &statement, &numbers[i], err));
    }
    model->rows = (uint64_t)numbers[0];
    model->labels = (uint64_t)numbers[1];
    model->first_us = model->rows > 0 ? numbers[2] : INT64_MIN;
    model->last_us = model->rows > 0 ? numbers[3] : INT64_MIN;
    return OK;
}

enum status event_log_load_models(struct event_log *log, struct error *err)
{
    const struct event_tables *tables = event_ingest_tables(log->ingest);
    for (size_t i = 0; i < tables->by_name.count; i++) {
        const struct event_table *table = tables->by_name.entries[i].pointer;
        struct event_model_state *model;
        TRY(event_log_model(log, table->name, &model, err));
        if (!table->is_stored) {
            model->rows = model->labels = 0;
            model->first_us = model->last_us = INT64_MIN;
            continue;
        }
        TRY(load_counts(log->ingest_connection, table->id, model, err));
        for (size_t j = model->schema.count; j < table->schema.count; j++)
            TRY(event_schema_restore(&model->schema, &table->schema.columns[j], err));
    }
    return OK;
}

static enum status load_model_ids(struct event_log *log, const struct event_table *table, uint64_t after,
                                  struct error *err)
{
    char sql[160];
    (void)snprintf(sql, sizeof sql, "SELECT prediction_id FROM store.v%lld WHERE arrival_index >= %lld",
                   (long long)table->id,
                   (long long)((after + 1) << EVENT_ARRIVAL_ROW_BITS));
    duckdb_result result;
    TRY(duckdb_door_query(log->ingest_connection, str_of(sql), NULL, 0, &result, err));
    uint64_t model = event_log_model_hash(log, table->name);
    enum status status;
    duckdb_data_chunk chunk = NULL;
    while ((status = duckdb_door_fetch(&result, &chunk, err)) == OK && chunk != NULL) {
        duckdb_string_t *ids = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0));
        for (size_t i = 0; i < duckdb_data_chunk_get_size(chunk); i++) {
            str id = { duckdb_string_t_data(&ids[i]), duckdb_string_t_length(ids[i]) };
            id_filter_add(log->filter, id_key_of(&log->seeds, model, id));
        }
        duckdb_destroy_data_chunk(&chunk);
    }
    duckdb_destroy_result(&result);
    return status;
}

enum status event_log_load_ids(struct event_log *log, uint64_t after, struct error *err)
{
    const struct event_tables *tables = event_ingest_tables(log->ingest);
    for (size_t i = 0; i < tables->by_name.count; i++) {
        const struct event_table *table = tables->by_name.entries[i].pointer;
        if (table->is_stored)
            TRY(load_model_ids(log, table, after, err));
    }
    return OK;
}

void event_log_stats_now(struct event_log *log, struct event_log_stats *ret_stats)
{
    struct journal_stats journal;
    journal_stats_now(log->journal, &journal);
    pthread_mutex_lock(&log->lock);
    *ret_stats = log->stats;
    ret_stats->disk_bytes = atomic_load_explicit(&log->history_bytes, memory_order_relaxed) + journal.bytes;
    pthread_mutex_unlock(&log->lock);
    struct stat info;
    if (stat(log->database_path, &info) == 0)
        ret_stats->disk_bytes += (uint64_t)info.st_size;
    ret_stats->commits_total = journal.commits_total;
    ret_stats->journal_bytes = journal.bytes;
    ret_stats->queue_bytes = journal.queue_bytes;
}
