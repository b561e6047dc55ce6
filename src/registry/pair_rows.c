#include "registry/pair_rows.h"

#include <stdlib.h>
#include <string.h>

#define SQL_BYTES 256

/* ---- owners ---- */

static int by_owner(const void *left, const void *right)
{
    const struct owner_place *a = left, *b = right;
    return a->owner_no < b->owner_no ? -1 : a->owner_no > b->owner_no;
}

enum status owner_places(const int64_t *owners, size_t count, struct arena *arena, struct owner_place **ret_places,
                         struct error *err)
{
    struct owner_place *places = arena_array(arena, struct owner_place, MAX_OF(count, (size_t)1));
    if (places == NULL)
        return error_set(err, ERR_LIMIT, "no memory for a list of %zu", count);
    for (size_t i = 0; i < count; i++)
        places[i] = (struct owner_place){ owners[i], i };
    qsort(places, count, sizeof *places, by_owner);
    *ret_places = places;
    return OK;
}

size_t owner_place_find(const struct owner_place *places, size_t count, int64_t owner_no)
{
    struct owner_place wanted = { .owner_no = owner_no };
    const struct owner_place *found = bsearch(&wanted, places, count, sizeof *places, by_owner);
    return found != NULL ? found->place : SIZE_MAX;
}

/* ---- reading ---- */

struct pair_row {
    int64_t owner_no;
    struct registry_pair pair;
};

static enum status collect(struct meta_statement *statement, struct arena *arena, struct meta_rows *rows,
                           struct error *err)
{
    for (;;) {
        bool has_row;
        TRY(meta_step(statement, &has_row, err));
        if (!has_row)
            return OK;
        struct pair_row *row = meta_rows_add(rows);
        if (row == NULL)
            return error_set(err, ERR_LIMIT, "no memory for a list of tags");
        *row = (struct pair_row){ meta_i64(statement, 0),
                                  { meta_str(statement, 1, arena), meta_str(statement, 2, arena) } };
    }
}

/* Rows come by owner, so that each owner's pairs are one piece of the array. */
static enum status hand_out(const struct meta_rows *rows, const struct owner_place *places, size_t owner_count,
                            struct arena *arena, struct pair_list *lists, struct error *err)
{
    const struct pair_row *row = rows->rows;
    struct registry_pair *pairs = arena_array(arena, struct registry_pair, MAX_OF(rows->count, (size_t)1));
    if (pairs == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu tags", rows->count);
    for (size_t i = 0; i < rows->count; i++) {
        pairs[i] = row[i].pair;
        size_t place = owner_place_find(places, owner_count, row[i].owner_no);
        if (place == SIZE_MAX)
            continue; /* the statement asked for none but these */
        if (lists[place].count++ == 0)
            lists[place].pairs = &pairs[i];
    }
    return OK;
}

/* `owners` is one statement's worth. */
static enum status read_some(struct meta *reader, const char *table, const int64_t *owners, size_t count,
                             struct arena *arena, struct pair_list *lists, struct error *err)
{
    CLEANUP(meta_sql_done) struct meta_sql sql;
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    CLEANUP(meta_rows_done) struct meta_rows rows = { .row_bytes = sizeof(struct pair_row) };
    struct owner_place *places;
    meta_sql_init(&sql, arena);
    meta_sql_add(&sql, "SELECT owner_no, key, value FROM ");
    meta_sql_add(&sql, table);
    meta_sql_add(&sql, " WHERE owner_no IN ");
    meta_sql_list_i64(&sql, owners, count);
    meta_sql_add(&sql, " ORDER BY owner_no, key");
    TRY(meta_sql_prepare(&sql, reader, &statement, err));
    TRY(collect(statement, arena, &rows, err));
    TRY(owner_places(owners, count, arena, &places, err));
    return hand_out(&rows, places, count, arena, lists, err);
}

enum status pair_rows_read(struct meta *reader, const char *table, const int64_t *owners, size_t count,
                           struct arena *arena, struct pair_list *lists, struct error *err)
{
    memset(lists, 0, count * sizeof *lists);
    for (size_t from = 0; from < count; from += OWNERS_A_STATEMENT)
        TRY(read_some(reader, table, owners + from, MIN_OF(count - from, OWNERS_A_STATEMENT), arena, lists + from,
                      err));
    return OK;
}

/* ---- changing ---- */

enum status pair_rows_put(struct meta *meta, const char *table, int64_t owner_no, str key, str value,
                          struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    char sql[SQL_BYTES];
    (void)snprintf(sql, sizeof sql, "INSERT INTO %s (owner_no, key, value) VALUES (?, ?, ?) "
                   "ON CONFLICT (owner_no, key) DO UPDATE SET value = excluded.value", table);
    TRY(meta_prepare(meta, sql, &statement, err));
    meta_bind_i64(statement, 0, owner_no);
    meta_bind_str(statement, 1, key);
    meta_bind_str(statement, 2, value);
    return meta_step(statement, NULL, err);
}

enum status pair_rows_delete(struct meta *meta, const char *table, int64_t owner_no, str key, bool *ret_was_there,
                             struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    char sql[SQL_BYTES];
    (void)snprintf(sql, sizeof sql, "DELETE FROM %s WHERE owner_no = ? AND key = ?", table);
    TRY(meta_prepare(meta, sql, &statement, err));
    meta_bind_i64(statement, 0, owner_no);
    meta_bind_str(statement, 1, key);
    TRY(meta_step(statement, NULL, err));
    *ret_was_there = meta_changes(meta) > 0;
    return OK;
}

enum status pair_rows_clear(struct meta *meta, const char *table, int64_t owner_no, struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    char sql[SQL_BYTES];
    (void)snprintf(sql, sizeof sql, "DELETE FROM %s WHERE owner_no = ?", table);
    TRY(meta_prepare(meta, sql, &statement, err));
    meta_bind_i64(statement, 0, owner_no);
    return meta_step(statement, NULL, err);
}
