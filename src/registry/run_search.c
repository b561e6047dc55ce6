/* runs/search: filter and order as one statement over runs; what the runs of the page logged is loaded after it. */
#include <stdio.h>

#include "registry/filter_sql.h"
#include "registry/run_rows.h"

/* ---- conditions ---- */

static void add_attribute(struct meta_sql *sql, const struct filter_clause *clause)
{
    static const char *const columns[][2] = {
        { "run_id", "r.run_id" },   { "run_name", "r.run_name" },     { "status", "r.status" },
        { "user_id", "r.user_id" }, { "start_time", "r.start_time" }, { "end_time", "r.end_time" },
    };
    for (size_t i = 0; i < COUNT(columns); i++)
        if (str_equal(clause->key, str_of(columns[i][0]))) {
            filter_sql_compare(sql, columns[i][1], clause);
            return;
        }
    filter_sql_compare(sql, "r.artifact_uri", clause);
}

/* NaN is only unequal. */
static void add_metric(struct meta_sql *sql, const struct filter_clause *clause)
{
    meta_sql_add(sql, "EXISTS (SELECT 1 FROM run_metrics t WHERE t.run_no = r.run_no AND t.key = ");
    meta_sql_value_str(sql, clause->key);
    meta_sql_add(sql, clause->op == FILTER_NE ? " AND (t.is_nan = 1 OR " : " AND (t.is_nan = 0 AND ");
    filter_sql_compare(sql, "t.value", clause);
    meta_sql_add(sql, "))");
}

static void add_dataset(struct meta_sql *sql, const struct filter_clause *clause)
{
    if (str_equal(clause->key, STR("context"))) {
        meta_sql_add(sql, "EXISTS (SELECT 1 FROM run_dataset_tags t WHERE t.run_no = r.run_no AND "
                          "t.key = 'mlflow.data.context' AND ");
        filter_sql_compare(sql, "t.value", clause);
    } else {
        meta_sql_add(sql, "EXISTS (SELECT 1 FROM run_datasets d JOIN datasets s ON s.dataset_no = d.dataset_no WHERE "
                          "d.run_no = r.run_no AND ");
        filter_sql_compare(sql, str_equal(clause->key, STR("name")) ? "s.name" : "s.digest", clause);
    }
    meta_sql_add(sql, ")");
}

static void add_condition(struct meta_sql *sql, const struct filter_clause *clause)
{
    meta_sql_add(sql, " AND ");
    switch (clause->entity) {
    case FILTER_ATTRIBUTE:
        add_attribute(sql, clause);
        break;
    case FILTER_METRIC:
        add_metric(sql, clause);
        break;
    case FILTER_PARAM:
        filter_sql_pair(sql, "run_params", "t.run_no = r.run_no", clause);
        break;
    case FILTER_TAG:
        filter_sql_pair(sql, "run_tags", "t.run_no = r.run_no", clause);
        break;
    case FILTER_DATASET:
        add_dataset(sql, clause);
        break;
    case FILTER_ENTITY_COUNT:
        break;
    }
}

/* ---- order ---- */

static const char *table_of(enum filter_entity entity)
{
    return entity == FILTER_METRIC ? "run_metrics" : entity == FILTER_PARAM ? "run_params" : "run_tags";
}

/* The value that entry i orders by is o<i>.value. */
static void add_joins(struct meta_sql *sql, const struct filter_order *orders, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char join[128];
        if (orders[i].entity == FILTER_ATTRIBUTE)
            continue;
        (void)snprintf(join, sizeof join, " LEFT JOIN %s o%zu ON o%zu.run_no = r.run_no AND o%zu.key = ",
                       table_of(orders[i].entity), i, i, i);
        meta_sql_add(sql, join);
        meta_sql_value_str(sql, orders[i].key);
    }
}

/* Missing values come last in both directions, NaN before them. */
static void add_order(struct meta_sql *sql, const struct filter_order *orders, size_t count)
{
    meta_sql_add(sql, " ORDER BY ");
    for (size_t i = 0; i < count; i++) {
        char entry[256];
        const char *direction = orders[i].is_descending ? " DESC" : "";
        if (orders[i].entity == FILTER_ATTRIBUTE)
            (void)snprintf(entry, sizeof entry, "r.%.*s IS NULL, r.%.*s%s, ", STR_ARG(orders[i].key),
                           STR_ARG(orders[i].key), direction); /* a key of filter_rules.c, which is a column's name */
        else if (orders[i].entity == FILTER_METRIC)
            (void)snprintf(entry, sizeof entry,
                           "CASE WHEN o%zu.run_no IS NULL THEN 2 ELSE o%zu.is_nan END, o%zu.value%s, ", i, i, i,
                           direction);
        else
            (void)snprintf(entry, sizeof entry, "o%zu.value IS NULL, o%zu.value%s, ", i, i, direction);
        meta_sql_add(sql, entry);
    }
    meta_sql_add(sql, "r.start_time DESC, r.run_id");
}

/* ---- pages ---- */

/* Where a page starts: after `offset` of the runs up to `last_run_no`, the newest when the first page was shown. Runs
 * that were added since do not move what the next pages show. */
struct place {
    int64_t offset, last_run_no;
};

static enum status read_place(str token, struct place *ret_place, struct error *err)
{
    size_t dash = str_find(token, '-');
    *ret_place = (struct place){ 0, INT64_MAX };
    if (str_is_empty(token))
        return OK;
    TRY(registry_read_token(str_slice(token, dash + 1, token.size), &ret_place->last_run_no, err));
    return registry_read_token(str_slice(token, 0, dash), &ret_place->offset, err);
}

static enum status newest_run(struct meta *meta, int64_t *ret_run_no, struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(meta_prepare(meta, "SELECT coalesce(max(run_no), 0) FROM runs", &statement, err));
    TRY(meta_step(statement, NULL, err));
    *ret_run_no = meta_i64(statement, 0);
    return OK;
}

static enum status write_sql(struct meta_sql *sql, const struct run_search *search, const struct place *place,
                             struct error *err)
{
    struct filter filter;
    struct filter_order *orders;
    const struct registry_page *page = &search->page;
    TRY(filter_parse(FILTER_RUNS, page->filter, sql->arena, &filter, err));
    TRY(filter_parse_orders(FILTER_RUNS, page->order_by, page->order_count, sql->arena, &orders, err));
    meta_sql_add(sql, "SELECT " RUN_COLUMNS " FROM runs r");
    add_joins(sql, orders, page->order_count);
    meta_sql_add(sql, " WHERE r.experiment_id IN ");
    meta_sql_list_i64(sql, search->experiment_ids, search->experiment_count);
    meta_sql_add(sql, " AND r.run_no <= ");
    meta_sql_value_i64(sql, place->last_run_no);
    if (search->view != REGISTRY_ALL) {
        meta_sql_add(sql, " AND r.lifecycle_stage = ");
        meta_sql_value_str(sql, search->view == REGISTRY_DELETED_ONLY ? STR("deleted") : STR("active"));
    }
    for (size_t i = 0; i < filter.count; i++)
        add_condition(sql, &filter.clauses[i]);
    add_order(sql, orders, page->order_count);
    meta_sql_add(sql, " LIMIT ");
    meta_sql_value_i64(sql, page->max_results + 1); /* one more tells whether there is a next page */
    meta_sql_add(sql, " OFFSET ");
    meta_sql_value_i64(sql, place->offset);
    return OK;
}

enum status run_search(struct registry *registry, const struct run_search *search, struct arena *arena,
                       struct run **ret_runs, size_t *ret_count, str *ret_token, struct error *err)
{
    struct place place;
    TRY(registry_check_max_results(search->page.max_results, RUN_SEARCH_MAX, err));
    TRY(read_place(search->page.token, &place, err));

    CLEANUP(meta_read_end_slot) struct meta *reader = NULL;
    TRY(meta_read_begin(registry->meta, &reader, err));
    if (place.last_run_no == INT64_MAX)
        TRY(newest_run(reader, &place.last_run_no, err));
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    CLEANUP(meta_sql_done) struct meta_sql sql;
    meta_sql_init(&sql, arena);
    TRY(write_sql(&sql, search, &place, err));
    TRY(meta_sql_prepare(&sql, reader, &statement, err));
    TRY(run_rows(statement, arena, ret_runs, ret_count, err));
    bool has_more = *ret_count > (size_t)search->page.max_results;
    if (has_more)
        *ret_count = (size_t)search->page.max_results;
    *ret_token = !has_more ? (str){ 0 }
                           : arena_printf(arena, "%lld-%lld", (long long)(place.offset + search->page.max_results),
                                          (long long)place.last_run_no);
    return runs_complete(reader, *ret_runs, *ret_count, arena, err);
}
