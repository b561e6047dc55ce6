#include "store/event_ingest.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "store/event_chunk.h"
#include "store/event_codec.h"

/* A transaction ends above this many journal bytes: large enough that its fixed cost vanishes, small enough
 * that its rows stay in DuckDB's memory limit. */
#define TRANSACTION_BYTES ((size_t)32 << 20)

#define LABEL_COLUMNS_FIXED 4

/* Rows waiting for one table's part of the transaction. */
struct target_table {
    struct event_table *table;
    struct event_chunk *events, *labels;
    struct target_table *next;
};

struct event_ingest {
    duckdb_connection connection;
    struct event_tables tables;
    uint64_t sequence; /* committed */

    struct journal_cursor *cursor; /* behind what was read; NULL after an error */
    struct arena records;          /* of the record being moved */
    bool is_in_transaction;
    uint64_t read_sequence;
    size_t transaction_bytes;
    struct target_table *targets;
};

static enum status load_sequence(struct event_ingest *ingest, struct error *err)
{
    duckdb_result result;
    TRY(duckdb_door_query(ingest->connection, STR("SELECT sequence FROM store.state"), NULL, 0, &result, err));
    duckdb_data_chunk chunk = duckdb_fetch_chunk(result);
    enum status status = OK;
    if (chunk != NULL && duckdb_data_chunk_get_size(chunk) == 1)
        ingest->sequence = *(uint64_t *)duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0));
    else
        status = error_set(err, ERR_CORRUPT, "the event log does not know which record it holds last");
    if (chunk != NULL)
        duckdb_destroy_data_chunk(&chunk);
    duckdb_destroy_result(&result);
    return status;
}

enum status event_ingest_open(duckdb_connection connection, const char *history_folder,
                              struct event_ingest **ret_ingest, struct error *err)
{
    CLEANUP(event_ingest_close_slot) struct event_ingest *ingest = mem_must(sizeof *ingest);
    ingest->connection = connection;
    arena_init(&ingest->records, 0);
    TRY(event_tables_create(connection, err));
    TRY(event_tables_load(connection, &ingest->tables, err));
    ingest->tables.history_folder = history_folder;
    TRY(load_sequence(ingest, err));
    ingest->read_sequence = ingest->sequence;
    *ret_ingest = ingest;
    ingest = NULL;
    return OK;
}

static void close_targets(struct event_ingest *ingest)
{
    for (struct target_table *target = ingest->targets, *next; target != NULL; target = next) {
        next = target->next;
        event_chunk_close(target->events);
        event_chunk_close(target->labels);
        mem_free(target);
    }
    ingest->targets = NULL;
}

void event_ingest_close(struct event_ingest *ingest)
{
    if (ingest == NULL)
        return;
    close_targets(ingest);
    journal_cursor_close(ingest->cursor);
    event_tables_done(&ingest->tables);
    arena_done(&ingest->records);
    mem_free(ingest);
}

uint64_t event_ingest_sequence(const struct event_ingest *ingest)
{
    return ingest->sequence;
}

struct event_tables *event_ingest_tables(struct event_ingest *ingest)
{
    return &ingest->tables;
}

/* ---- transactions ---- */

static enum status flush_targets(struct event_ingest *ingest, struct error *err)
{
    for (struct target_table *target = ingest->targets; target != NULL; target = target->next) {
        if (target->events != NULL)
            TRY(event_chunk_flush(target->events, err));
        if (target->labels != NULL)
            TRY(event_chunk_flush(target->labels, err));
    }
    struct duckdb_binding sequence = { DUCKDB_BIND_I64, .i64 = (int64_t)ingest->read_sequence };
    return duckdb_door_run(ingest->connection, STR("UPDATE store.state SET sequence = ?"), &sequence, 1, err);
}

/* Commits what was moved since the last commit; nothing is fine. */
static enum status commit(struct event_ingest *ingest, struct error *err)
{
    if (!ingest->is_in_transaction)
        return OK;
    enum status status = flush_targets(ingest, err);
    close_targets(ingest);
    ingest->is_in_transaction = false;
    ingest->transaction_bytes = 0;
    TRY(event_end(ingest->connection, status, err));
    ingest->sequence = ingest->read_sequence;
    return OK;
}

static void forget(struct event_ingest *ingest)
{
    close_targets(ingest);
    if (ingest->is_in_transaction)
        event_rollback(ingest->connection);
    ingest->is_in_transaction = false;
    ingest->transaction_bytes = 0;
    ingest->read_sequence = ingest->sequence;
    journal_cursor_close(ingest->cursor);
    ingest->cursor = NULL;
}

static enum status target_of(struct event_ingest *ingest, struct event_table *table, struct target_table **ret_target,
                             struct error *err)
{
    if (!ingest->is_in_transaction) {
        TRY(event_begin(ingest->connection, err));
        ingest->is_in_transaction = true;
    }
    for (struct target_table *target = ingest->targets; target != NULL; target = target->next) {
        if (target->table == table) {
            *ret_target = target;
            return OK;
        }
    }
    struct target_table *target = mem_must(sizeof *target);
    *target = (struct target_table){ .table = table, .next = ingest->targets };
    ingest->targets = *ret_target = target;
    return OK;
}

static enum status open_events(struct event_ingest *ingest, struct target_table *target, struct error *err)
{
    const struct event_schema *schema = &target->table->schema;
    size_t count = EVENT_FIXED_COLUMNS + schema->count;
    CLEANUP(mem_free_slot) enum event_value_kind *kinds = mem_array(count, sizeof *kinds);
    if (kinds == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu columns", count);
    static const enum event_value_kind fixed[EVENT_FIXED_COLUMNS] = { EVENT_INTEGER, EVENT_TIME, EVENT_TEXT, EVENT_TIME,
                                                                      EVENT_TEXT };
    memcpy(kinds, fixed, sizeof fixed);
    for (size_t i = 0; i < schema->count; i++)
        kinds[EVENT_FIXED_COLUMNS + i] = schema->columns[i].type;
    char name[32];
    (void)snprintf(name, sizeof name, "e%lld", (long long)target->table->id);
    return event_chunk_open(ingest->connection, name, kinds, count, &target->events, err);
}

static enum status open_labels(struct event_ingest *ingest, struct target_table *target, struct error *err)
{
    const struct event_column *column = event_schema_find(&target->table->schema, EVENT_ROLE_TARGET, STR("target"));
    enum event_value_kind kinds[] = { EVENT_INTEGER, EVENT_TIME, EVENT_TEXT, EVENT_TIME,
                                      column != NULL ? column->type : EVENT_MISSING };
    char name[32];
    (void)snprintf(name, sizeof name, "l%lld", (long long)target->table->id);
    return event_chunk_open(ingest->connection, name, kinds, LABEL_COLUMNS_FIXED + (column != NULL), &target->labels,
                            err);
}

/* ---- records ---- */

/* Columns of a record's cells in its table; SIZE_MAX where the table has none. */
struct places {
    size_t prediction, target;
    size_t *features, *classes, *tags;
};

static size_t place_of(const struct event_schema *schema, enum event_role role, str name)
{
    const struct event_column *column = event_schema_find(schema, role, name);
    return column == NULL ? SIZE_MAX : EVENT_FIXED_COLUMNS + (size_t)(column - schema->columns);
}

static size_t *places_of(struct arena *arena, const struct event_schema *schema, enum event_role role, const str *names,
                         size_t count)
{
    size_t *places = arena_array(arena, size_t, MAX_OF(count, 1));
    for (size_t i = 0; places != NULL && i < count; i++)
        places[i] = place_of(schema, role, names[i]);
    return places;
}

static void put(struct event_chunk *chunk, size_t place, const struct event_value *value)
{
    if (place != SIZE_MAX)
        event_chunk_put(chunk, place, value);
}

static void put_fixed(struct event_chunk *chunk, int64_t arrival_index, int64_t arrived_us, str id, int64_t time_us)
{
    event_chunk_put(chunk, 0, &(struct event_value){ EVENT_INTEGER, .integer = arrival_index });
    event_chunk_put(chunk, 1, &(struct event_value){ EVENT_TIME, .integer = arrived_us });
    event_chunk_put(chunk, 2, &(struct event_value){ EVENT_TEXT, .text = id });
    event_chunk_put(chunk, 3, &(struct event_value){ EVENT_TIME, .integer = time_us });
}

static void put_row(struct event_chunk *chunk, const struct event_batch *batch, const struct places *places, size_t row)
{
    put(chunk, places->prediction, &batch->predictions[row]);
    if (batch->targets != NULL)
        put(chunk, places->target, &batch->targets[row]);
    for (size_t i = 0; i < batch->feature_count; i++)
        put(chunk, places->features[i], &batch->features[row * batch->feature_count + i]);
    for (size_t i = 0; i < batch->class_count; i++)
        put(chunk, places->classes[i],
            &(struct event_value){ EVENT_NUMBER, .number = batch->probabilities[row * batch->class_count + i] });
    for (size_t i = 0; i < batch->tag_count; i++) {
        str tag = batch->tags[row * batch->tag_count + i];
        put(chunk, places->tags[i], &(struct event_value){ tag.data == NULL ? EVENT_MISSING : EVENT_TEXT,
            .text = tag });
    }
}

static enum status move_batch(struct event_ingest *ingest, struct target_table *target,
                              const struct event_record *record,
                              int64_t arrival_index, struct error *err)
{
    const struct event_batch *batch = &record->batch;
    const struct event_schema *schema = &target->table->schema;
    struct arena *arena = &ingest->records;
    struct places places = {
        .prediction = place_of(schema, EVENT_ROLE_PREDICTION, STR("prediction")),
        .target = place_of(schema, EVENT_ROLE_TARGET, STR("target")),
        .features = places_of(arena, schema, EVENT_ROLE_FEATURE, batch->feature_names, batch->feature_count),
        .classes = places_of(arena, schema, EVENT_ROLE_PROBABILITY, batch->class_names, batch->class_count),
        .tags = places_of(arena, schema, EVENT_ROLE_TAG, batch->tag_names, batch->tag_count),
    };
    if (places.features == NULL || places.classes == NULL || places.tags == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu columns", batch->feature_count);
    if (target->events == NULL)
        TRY(open_events(ingest, target, err));
    for (size_t row = 0; row < batch->rows; row++) {
        put_fixed(target->events, arrival_index + (int64_t)row, record->arrival_us, batch->prediction_ids[row],
                  batch->timestamps_us[row]);
        event_chunk_put(target->events, 4, &(struct event_value){ EVENT_TEXT, .text = batch->model_version });
        put_row(target->events, batch, &places, row);
        TRY(event_chunk_end_row(target->events, err));
    }
    return OK;
}

static enum status move_labels(struct event_ingest *ingest, struct target_table *target,
                               const struct event_record *record,
                               int64_t arrival_index, struct error *err)
{
    if (target->labels == NULL)
        TRY(open_labels(ingest, target, err));
    bool has_target = event_schema_find(&target->table->schema, EVENT_ROLE_TARGET, STR("target")) != NULL;
    for (size_t row = 0; row < record->label_count; row++) {
        const struct event_label *label = &record->labels[row];
        put_fixed(target->labels, arrival_index + (int64_t)row, record->arrival_us, label->prediction_id,
                  label->timestamp_us);
        if (has_target)
            event_chunk_put(target->labels, LABEL_COLUMNS_FIXED, &label->target);
        TRY(event_chunk_end_row(target->labels, err));
    }
    return OK;
}

/* Learns the record's columns. A change of layout commits the rows before it and then itself. */
static enum status admit(struct event_ingest *ingest, struct event_table *table, const struct event_record *record,
                         struct error *err)
{
    struct event_sight one, *sights = &one;
    size_t count = 1;
    if (record->kind == EVENT_RECORD_BATCH)
        TRY(event_batch_look(&record->batch, &ingest->records, &sights, &count, err));
    else
        TRY(event_labels_look(record->labels, record->label_count, &one, err));
    bool is_changed = false;
    struct error clash = { 0 };
    if (event_schema_admit(&table->schema, sights, count, &is_changed, &clash) != OK)
        /* Appends are checked before they are journaled, so only a rule that changed between two releases comes
         * here. The cells that do not fit are dropped rather than all that follows them. */
        LOG_ERROR("stored events do not fit their columns", log_str("model", table->name), log_error(&clash));
    table->is_behind |= is_changed || !table->is_stored;
    if (!table->is_behind)
        return OK;
    TRY(commit(ingest, err));
    return event_table_store(ingest->connection, &ingest->tables, table, err);
}

static enum status move_record(struct event_ingest *ingest, str payload, uint64_t sequence, struct error *err)
{
    struct event_record record;
    TRY(event_record_decode(payload, &ingest->records, &record, err));
    struct event_table *table;
    TRY(event_tables_of(&ingest->tables, record.batch.model_name, &table, err));
    TRY(admit(ingest, table, &record, err));
    struct target_table *target;
    TRY(target_of(ingest, table, &target, err));
    int64_t arrival_index = (int64_t)(sequence << EVENT_ARRIVAL_ROW_BITS);
    ingest->read_sequence = sequence;
    ingest->transaction_bytes += payload.size;
    return record.kind == EVENT_RECORD_BATCH ? move_batch(ingest, target, &record, arrival_index, err)
                                             : move_labels(ingest, target, &record, arrival_index, err);
}

static enum status move_all(struct event_ingest *ingest, struct journal *journal, uint64_t through, struct error *err)
{
    if (ingest->cursor == NULL)
        TRY(journal_cursor_open(journal, ingest->sequence, &ingest->cursor, err));
    for (;;) {
        str payload;
        uint64_t sequence;
        TRY(journal_next(ingest->cursor, through, &payload, &sequence, err));
        if (sequence == 0)
            return commit(ingest, err);
        enum status status = move_record(ingest, payload, sequence, err);
        arena_done(&ingest->records);
        TRY(status);
        if (ingest->transaction_bytes >= TRANSACTION_BYTES)
            TRY(commit(ingest, err));
    }
}

enum status event_ingest_run(struct event_ingest *ingest, struct journal *journal, uint64_t through, struct error *err)
{
    enum status status = move_all(ingest, journal, through, err);
    if (status != OK)
        forget(ingest);
    return status;
}
