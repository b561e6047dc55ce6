#include "registry/filter_sql.h"

#include <assert.h>

static const char *const comparisons[FILTER_OP_COUNT] = {
    [FILTER_EQ] = " = ",      [FILTER_NE] = " <> ",     [FILTER_GT] = " > ",   [FILTER_GE] = " >= ",
    [FILTER_LT] = " < ",      [FILTER_LE] = " <= ",     [FILTER_LIKE] = " LIKE ", [FILTER_ILIKE] = " LIKE ",
    [FILTER_IN] = " IN ",     [FILTER_NOT_IN] = " NOT IN ",
};

void filter_sql_compare(struct meta_sql *sql, const char *column, const struct filter_clause *clause)
{
    assert(comparisons[clause->op] != NULL);
    bool ignores_case = clause->op == FILTER_ILIKE;
    meta_sql_add(sql, ignores_case ? "lower(" : "");
    meta_sql_add(sql, column);
    meta_sql_add(sql, ignores_case ? ")" : "");
    meta_sql_add(sql, comparisons[clause->op]);
    meta_sql_add(sql, ignores_case ? "lower(" : "");
    if (clause->list != NULL)
        meta_sql_list_str(sql, clause->list, clause->list_count);
    else if (clause->is_number)
        meta_sql_value_f64(sql, clause->number);
    else
        meta_sql_value_str(sql, clause->text);
    meta_sql_add(sql, ignores_case ? ")" : "");
}

void filter_sql_pair(struct meta_sql *sql, const char *table, const char *owner, const struct filter_clause *clause)
{
    meta_sql_add(sql, clause->op == FILTER_IS_NULL ? "NOT EXISTS (SELECT 1 FROM " : "EXISTS (SELECT 1 FROM ");
    meta_sql_add(sql, table);
    meta_sql_add(sql, " t WHERE ");
    meta_sql_add(sql, owner);
    meta_sql_add(sql, " AND t.key = ");
    meta_sql_value_str(sql, clause->key);
    if (clause->op != FILTER_IS_NULL && clause->op != FILTER_IS_NOT_NULL) {
        meta_sql_add(sql, " AND ");
        filter_sql_compare(sql, "t.value", clause);
    }
    meta_sql_add(sql, ")");
}
