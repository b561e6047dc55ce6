#include "store/meta_sql.h"

void meta_sql_init(struct meta_sql *sql, struct arena *arena)
{
    *sql = (struct meta_sql){ .arena = arena };
    buf_init(&sql->text, META_SQL_BYTES_MAX);
}

void meta_sql_done(struct meta_sql *sql)
{
    buf_done(&sql->text);
}

void meta_sql_add(struct meta_sql *sql, const char *piece)
{
    buf_append(&sql->text, str_of(piece));
}

static void add_value(struct meta_sql *sql, struct meta_sql_value value)
{
    if (sql->count == sql->capacity) {
        size_t capacity = sql->capacity == 0 ? 16 : sql->capacity * 2;
        struct meta_sql_value *grown = capacity <= 2 * META_SQL_VALUES_MAX
                                           ? arena_array(sql->arena, struct meta_sql_value, capacity)
                                           : NULL;
        if (grown == NULL) {
            sql->is_overfull = true;
            return;
        }
        if (sql->count > 0)
            memcpy(grown, sql->values, sql->count * sizeof *grown);
        sql->values = grown;
        sql->capacity = capacity;
    }
    sql->values[sql->count++] = value;
    buf_append_byte(&sql->text, '?');
}

void meta_sql_value_str(struct meta_sql *sql, str value)
{
    add_value(sql, (struct meta_sql_value){ .kind = 's', .text = value });
}

void meta_sql_value_i64(struct meta_sql *sql, int64_t value)
{
    add_value(sql, (struct meta_sql_value){ .kind = 'i', .integer = value });
}

void meta_sql_value_f64(struct meta_sql *sql, double value)
{
    add_value(sql, (struct meta_sql_value){ .kind = 'f', .number = value });
}

void meta_sql_list_str(struct meta_sql *sql, const str *values, size_t count)
{
    meta_sql_add(sql, count == 0 ? "(NULL" : "(");
    for (size_t i = 0; i < count && !sql->is_overfull; i++) {
        if (i > 0)
            buf_append_byte(&sql->text, ',');
        meta_sql_value_str(sql, values[i]);
    }
    buf_append_byte(&sql->text, ')');
}

void meta_sql_list_i64(struct meta_sql *sql, const int64_t *values, size_t count)
{
    size_t places = count == 0 ? 0 : 1;
    while (places < count)
        places *= 2;
    meta_sql_add(sql, count == 0 ? "(NULL" : "(");
    for (size_t i = 0; i < places && !sql->is_overfull; i++) {
        if (i > 0)
            buf_append_byte(&sql->text, ',');
        meta_sql_value_i64(sql, values[MIN_OF(i, count - 1)]);
    }
    buf_append_byte(&sql->text, ')');
}

static void bind(struct meta_statement *statement, int index, const struct meta_sql_value *value)
{
    if (value->kind == 's')
        meta_bind_str(statement, index, value->text);
    else if (value->kind == 'i')
        meta_bind_i64(statement, index, value->integer);
    else
        meta_bind_f64(statement, index, value->number);
}

enum status meta_query_values(struct meta *meta, const char *sql, const struct meta_sql_value *values, size_t count,
                              struct meta_statement **ret_statement, struct error *err)
{
    TRY(meta_prepare(meta, sql, ret_statement, err));
    for (size_t i = 0; i < count; i++)
        bind(*ret_statement, (int)i, &values[i]);
    return OK;
}

enum status meta_run_values(struct meta *meta, const char *sql, const struct meta_sql_value *values, size_t count,
                            struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(meta_query_values(meta, sql, values, count, &statement, err));
    return meta_step(statement, NULL, err);
}

enum status meta_sql_prepare(struct meta_sql *sql, struct meta *meta, struct meta_statement **ret_statement,
                             struct error *err)
{
    if (!buf_append_byte(&sql->text, '\0') || sql->is_overfull || sql->count > META_SQL_VALUES_MAX)
        return error_set(err, ERR_INVALID, "the search has too many conditions or values");
    return meta_query_values(meta, sql->text.data, sql->values, sql->count, ret_statement, err);
}
