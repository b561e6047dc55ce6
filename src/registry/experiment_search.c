/* experiments/search: the filter as SQL. */
#include "registry/experiment_rows.h"
#include "registry/filter_sql.h"
#include "registry/registry_internal.h"

static void add_condition(struct meta_sql *sql, const struct filter_clause *clause)
{
    meta_sql_add(sql, " AND ");
    if (clause->entity == FILTER_TAG)
        filter_sql_pair(sql, "experiment_tags", "t.experiment_id = e.experiment_id", clause);
    else if (str_equal(clause->key, STR("name")))
        filter_sql_compare(sql, "e.name", clause);
    else if (str_equal(clause->key, STR("creation_time")))
        filter_sql_compare(sql, "e.creation_time", clause);
    else
        filter_sql_compare(sql, "e.last_update_time", clause);
}

static void add_order(struct meta_sql *sql, const struct filter_order *orders, size_t count)
{
    static const char *const columns[] = { "name", "experiment_id", "creation_time", "last_update_time" };
    meta_sql_add(sql, " ORDER BY ");
    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < COUNT(columns); c++)
            if (str_equal(orders[i].key, str_of(columns[c]))) {
                meta_sql_add(sql, "e.");
                meta_sql_add(sql, columns[c]);
                meta_sql_add(sql, orders[i].is_descending ? " DESC, " : ", ");
            }
    meta_sql_add(sql, count > 0 ? "e.experiment_id DESC" : "e.creation_time DESC, e.experiment_id");
}

static enum status write_sql(struct meta_sql *sql, const struct registry_page *page, enum registry_view view,
                             int64_t offset, struct error *err)
{
    struct filter filter;
    struct filter_order *orders;
    TRY(filter_parse(FILTER_EXPERIMENTS, page->filter, sql->arena, &filter, err));
    TRY(filter_parse_orders(FILTER_EXPERIMENTS, page->order_by, page->order_count, sql->arena, &orders, err));
    meta_sql_add(sql, "SELECT " EXPERIMENT_COLUMNS " FROM experiments e WHERE ");
    meta_sql_add(sql, view == REGISTRY_ALL ? "1 = 1" : "e.lifecycle_stage = ");
    if (view != REGISTRY_ALL)
        meta_sql_value_str(sql, view == REGISTRY_DELETED_ONLY ? STR("deleted") : STR("active"));
    for (size_t i = 0; i < filter.count; i++)
        add_condition(sql, &filter.clauses[i]);
    add_order(sql, orders, page->order_count);
    meta_sql_add(sql, " LIMIT ");
    meta_sql_value_i64(sql, page->max_results + 1); /* one more tells whether there is a next page */
    meta_sql_add(sql, " OFFSET ");
    meta_sql_value_i64(sql, offset);
    return OK;
}

enum status experiment_search(struct registry *registry, const struct registry_page *page, enum registry_view view,
                              struct arena *arena, struct experiment **ret_experiments, size_t *ret_count,
                              str *ret_token, struct error *err)
{
    int64_t offset;
    CLEANUP(meta_sql_done) struct meta_sql sql;
    meta_sql_init(&sql, arena);
    TRY(registry_check_max_results(page->max_results, EXPERIMENT_SEARCH_MAX, err));
    TRY(registry_read_token(page->token, &offset, err));
    TRY(write_sql(&sql, page, view, offset, err));

    CLEANUP(meta_read_end_slot) struct meta *reader = NULL;
    TRY(meta_read_begin(registry->meta, &reader, err));
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(meta_sql_prepare(&sql, reader, &statement, err));
    TRY(experiment_rows(statement, arena, ret_experiments, ret_count, err));
    bool has_more = *ret_count > (size_t)page->max_results;
    if (has_more)
        *ret_count = (size_t)page->max_results;
    *ret_token = has_more ? registry_make_token(offset + page->max_results, arena) : (str){ 0 };
    return experiments_add_tags(reader, *ret_experiments, *ret_count, arena, err);
}
