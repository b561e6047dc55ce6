/* registry/filter_sql.h - a clause of a filter as a condition in SQL. Values are always bound. */
#ifndef REGISTRY_FILTER_SQL_H
#define REGISTRY_FILTER_SQL_H

#include "registry/filter.h"
#include "store/meta_sql.h"

/* Adds "COLUMN op ?" with the clause's value(s); LIKE minds case, ILIKE does not. `column` is an expression of ours:
 * "m.value". Not for IS [NOT] NULL. */
void filter_sql_compare(struct meta_sql *sql, const char *column, const struct filter_clause *clause);

/* The conditions on rows of a table of pairs that belong to the searched row: adds
 *     EXISTS (SELECT 1 FROM table WHERE OWNER AND key = ? AND value op ?)
 * or NOT EXISTS for IS NULL. `owner` joins the two: "t.run_no = r.run_no", with `t` the pairs' alias. */
void filter_sql_pair(struct meta_sql *sql, const char *table, const char *owner, const struct filter_clause *clause);

#endif
