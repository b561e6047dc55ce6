/* registry/logged_model_search.c - logged models by filter and order, metrics of chosen data sets included. */
#include "base/number.h"
#include "registry/filter_sql.h"
#include "registry/logged_model_rows.h"

#define STATUS_PREFIX "LOGGED_MODEL_"

static const struct {
    const char *attribute, *column;
} columns[] = {
    { "name", "m.name" },
    { "model_id", "m.model_id" },
    { "model_type", "m.model_type" },
    { "source_run_id", "m.source_run_id" },
    { "status", "CASE m.status WHEN 1 THEN 'PENDING' WHEN 2 THEN 'READY' ELSE 'UPLOAD_FAILED' END" },
    { "creation_timestamp", "m.created_ms" },
    { "last_updated_timestamp", "m.updated_ms" },
};

static const char *column_of(str attribute)
{
    for (size_t i = 0; i < COUNT(columns); i++)
        if (str_equal(attribute, str_of(columns[i].attribute)))
            return columns[i].column;
    return "m.name"; /* the filter knows no others */
}

/* ---- conditions ---- */

static str short_status(str text)
{
    return str_has_prefix(text, STR(STATUS_PREFIX)) ? str_slice(text, strlen(STATUS_PREFIX), text.size) : text;
}

/* A status may be written READY or LOGGED_MODEL_READY. */
static enum status add_attribute(struct meta_sql *sql, const struct filter_clause *clause, struct error *err)
{
    struct filter_clause own = *clause;
    if (str_equal(clause->key, STR("status"))) {
        str *list = arena_array(sql->arena, str, clause->list_count + 1);
        if (list == NULL)
            return error_set(err, ERR_LIMIT, "no memory for a list of %zu", clause->list_count);
        for (size_t i = 0; i < clause->list_count; i++)
            list[i] = short_status(clause->list[i]);
        own.text = short_status(clause->text);
        own.list = clause->list != NULL ? list : NULL;
    }
    filter_sql_compare(sql, column_of(clause->key), &own);
    return OK;
}

static void add_dataset(struct meta_sql *sql, str name, str digest)
{
    meta_sql_add(sql, "(p.dataset_name = ");
    meta_sql_value_str(sql, name);
    if (!str_is_empty(digest)) {
        meta_sql_add(sql, " AND p.dataset_digest = ");
        meta_sql_value_str(sql, digest);
    }
    meta_sql_add(sql, ")");
}

/* NaN is equal to nothing: it matches != and no other comparison. */
static void add_metric(struct meta_sql *sql, const struct logged_model_search *search,
                       const struct filter_clause *clause)
{
    meta_sql_add(sql, "EXISTS (SELECT 1 FROM model_metrics p WHERE p.model_id = m.model_id AND p.key = ");
    meta_sql_value_str(sql, clause->key);
    meta_sql_add(sql, clause->op == FILTER_NE ? " AND (p.is_nan = 1 OR " : " AND (p.is_nan = 0 AND ");
    filter_sql_compare(sql, "p.value", clause);
    meta_sql_add(sql, ")");
    for (size_t i = 0; i < search->dataset_count; i++) {
        meta_sql_add(sql, i == 0 ? " AND (" : " OR ");
        add_dataset(sql, search->datasets[i].dataset_name, search->datasets[i].dataset_digest);
    }
    meta_sql_add(sql, search->dataset_count > 0 ? "))" : ")");
}

static enum status add_clause(struct meta_sql *sql, const struct logged_model_search *search,
                              const struct filter_clause *clause, struct error *err)
{
    switch (clause->entity) {
    case FILTER_ATTRIBUTE:
        return add_attribute(sql, clause, err);
    case FILTER_METRIC:
        add_metric(sql, search, clause);
        return OK;
    case FILTER_PARAM:
        filter_sql_pair(sql, "logged_model_params", "t.owner_no = m.model_no", clause);
        return OK;
    case FILTER_TAG:
        filter_sql_pair(sql, "logged_model_tags", "t.owner_no = m.model_no", clause);
        return OK;
    case FILTER_DATASET:
    case FILTER_ENTITY_COUNT:
        break;
    }
    return error_set(err, ERR_INVALID, "Invalid entity type in a filter of logged models");
}

static enum status add_conditions(struct meta_sql *sql, const struct logged_model_search *search, struct error *err)
{
    struct filter filter;
    int64_t *ids = arena_array(sql->arena, int64_t, search->experiment_count + 1);
    size_t count = 0;
    if (ids == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu experiments", search->experiment_count);
    TRY(filter_parse(FILTER_LOGGED_MODELS, search->filter, sql->arena, &filter, err));
    for (size_t i = 0; i < search->experiment_count; i++)
        count += number_parse_i64(search->experiment_ids[i], &ids[count]);
    meta_sql_add(sql, " FROM logged_models m WHERE m.is_deleted = 0 AND m.experiment_id IN ");
    if (count > 0)
        meta_sql_list_i64(sql, ids, count);
    else
        meta_sql_add(sql, "(NULL)");
    for (size_t i = 0; i < filter.count; i++) {
        meta_sql_add(sql, " AND ");
        TRY(add_clause(sql, search, &filter.clauses[i], err));
    }
    return OK;
}

/* ---- order ---- */

/* Parsed fields of the order; a metric becomes a column "oN" of the result, so that it is written once. */
static enum status parse_orders(const struct logged_model_search *search, struct arena *arena,
                                struct filter_order **ret_orders, struct error *err)
{
    str *fields = arena_array(arena, str, search->order_count + 1);
    if (fields == NULL)
        return error_set(err, ERR_LIMIT, "no memory for an order of %zu", search->order_count);
    for (size_t i = 0; i < search->order_count; i++)
        fields[i] = search->orders[i].field;
    TRY(filter_parse_orders(FILTER_LOGGED_MODELS, fields, search->order_count, arena, ret_orders, err));
    for (size_t i = 0; i < search->order_count; i++)
        if ((*ret_orders)[i].entity != FILTER_ATTRIBUTE && (*ret_orders)[i].entity != FILTER_METRIC)
            return error_set(err, ERR_INVALID, "Invalid order_by field '%.*s': models are ordered by attributes and "
                                               "metrics",
                             STR_ARG(str_slice(fields[i], 0, 200)));
    return OK;
}

static void add_metric_column(struct meta_sql *sql, const struct logged_model_order *order, str key, size_t index)
{
    char name[32];
    (void)snprintf(name, sizeof name, " LIMIT 1) AS o%zu", index);
    meta_sql_add(sql, ", (SELECT CASE WHEN p.is_nan = 1 THEN NULL ELSE p.value END FROM model_metrics p "
                      "WHERE p.model_id = m.model_id AND p.key = ");
    meta_sql_value_str(sql, key);
    if (!str_is_empty(order->dataset_name)) {
        meta_sql_add(sql, " AND ");
        add_dataset(sql, order->dataset_name, order->dataset_digest);
    }
    meta_sql_add(sql, " ORDER BY p.timestamp DESC, p.step DESC");
    meta_sql_add(sql, name);
}

static void add_order(struct meta_sql *sql, const struct logged_model_search *search, const struct filter_order *orders)
{
    meta_sql_add(sql, " ORDER BY ");
    for (size_t i = 0; i < search->order_count; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "o%zu", i);
        meta_sql_add(sql, orders[i].entity == FILTER_METRIC ? name : column_of(orders[i].key));
        meta_sql_add(sql, search->orders[i].is_descending || orders[i].is_descending ? " DESC NULLS LAST, "
                                                                                     : " ASC NULLS LAST, ");
    }
    meta_sql_add(sql, search->order_count == 0 ? "m.created_ms DESC, m.model_id" : "m.model_id");
}

/* A statement that finds one row more than the page shows. */
static enum status prepare(struct meta *reader, const struct logged_model_search *search, struct arena *arena,
                           struct meta_statement **ret_statement, struct error *err)
{
    CLEANUP(meta_sql_done) struct meta_sql sql;
    struct filter_order *orders;
    int64_t offset;
    meta_sql_init(&sql, arena);
    TRY(registry_check_max_results(search->max_results, LOGGED_MODEL_SEARCH_MAX, err));
    TRY(registry_read_token(search->token, &offset, err));
    TRY(parse_orders(search, arena, &orders, err));
    meta_sql_add(&sql, "SELECT " LOGGED_MODEL_COLUMNS);
    for (size_t i = 0; i < search->order_count; i++)
        if (orders[i].entity == FILTER_METRIC)
            add_metric_column(&sql, &search->orders[i], orders[i].key, i);
    TRY(add_conditions(&sql, search, err));
    add_order(&sql, search, orders);
    meta_sql_add(&sql, " LIMIT ");
    meta_sql_value_i64(&sql, search->max_results + 1);
    meta_sql_add(&sql, " OFFSET ");
    meta_sql_value_i64(&sql, offset);
    return meta_sql_prepare(&sql, reader, ret_statement, err);
}

enum status logged_model_search(struct registry *registry, const struct logged_model_search *search,
                                struct arena *arena, struct logged_model **ret_models, size_t *ret_count,
                                str *ret_token, struct error *err)
{
    CLEANUP(meta_read_end_slot) struct meta *reader = NULL;
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    int64_t offset;
    TRY(meta_read_begin(registry->meta, &reader, err));
    TRY(prepare(reader, search, arena, &statement, err));
    TRY(logged_model_rows(statement, arena, ret_models, ret_count, err));
    *ret_token = STR("");
    if ((int64_t)*ret_count > search->max_results) {
        *ret_count = (size_t)search->max_results;
        TRY(registry_read_token(search->token, &offset, err));
        *ret_token = registry_make_token(offset + search->max_results, arena);
    }
    return logged_models_complete(reader, *ret_models, *ret_count, arena, err);
}
