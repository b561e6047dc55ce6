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

enum status pair_rows_read(struct meta *reader, const char *table, const int64_t *owners, size_t count,
                           struct arena *arena, struct registry_pairs *lists, struct error *err)
{
    char sql[SQL_BYTES];
    (void)snprintf(sql, sizeof sql, "SELECT owner_no, key, value FROM %s WHERE owner_no IN ", table);
    memset(lists, 0, count * sizeof *lists);
    return registry_load_pairs(reader, sql, owners, count, arena, lists, err);
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
