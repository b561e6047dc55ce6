/* registry/model_search.c - reading registered models and versions: by name, by what they stand for, by filter. */
#include "registry/filter_sql.h"
#include "registry/model_rows.h"
#include "registry/pair_rows.h"

#define MODEL_ROWS "SELECT m.model_no, m.name, m.description, m.created_ms, m.updated_ms FROM registered_models m "

/* ---- rows of models ---- */

static struct registered_model model_of(struct meta_statement *statement, struct arena *arena)
{
    return (struct registered_model){
        .model_no = meta_i64(statement, 0),
        .name = meta_str(statement, 1, arena),
        .description = meta_str(statement, 2, arena),
        .created_ms = meta_i64(statement, 3),
        .updated_ms = meta_i64(statement, 4),
    };
}

static enum status model_rows(struct meta_statement *statement, struct arena *arena,
                              struct registered_model **ret_models, size_t *ret_count, struct error *err)
{
    CLEANUP(meta_rows_done) struct meta_rows rows = { .row_bytes = sizeof(struct registered_model) };
    for (;;) {
        bool has_row;
        TRY(meta_step(statement, &has_row, err));
        if (!has_row)
            return meta_rows_move(&rows, arena, ret_models, ret_count, err);
        struct registered_model *model = meta_rows_add(&rows);
        if (model == NULL)
            return error_set(err, ERR_LIMIT, "no memory for a list of models");
        *model = model_of(statement, arena);
    }
}

/* ---- what belongs to models ---- */

struct model_list {
    struct registered_model *models;
    size_t count;
    int64_t *model_nos;
    struct owner_place *places;
    struct arena *arena;
};

static struct registered_model *owner_of(const struct model_list *list, int64_t model_no)
{
    return &list->models[owner_place_find(list->places, list->count, model_no)];
}

static enum status attach_tags(struct meta *reader, const struct model_list *list, struct error *err)
{
    struct registry_pairs *tags = arena_array(list->arena, struct registry_pairs, list->count);
    if (tags == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu models", list->count);
    TRY(pair_rows_read(reader, "registered_model_tags", list->model_nos, list->count, list->arena, tags, err));
    for (size_t i = 0; i < list->count; i++) {
        list->models[i].tags = tags[i].pairs;
        list->models[i].tag_count = tags[i].count;
    }
    return OK;
}

struct alias_row {
    int64_t model_no;
    struct model_alias alias;
};

static enum status attach_aliases(struct meta *reader, const struct model_list *list, struct error *err)
{
    CLEANUP(meta_sql_done) struct meta_sql sql;
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    CLEANUP(meta_rows_done) struct meta_rows rows = { .row_bytes = sizeof(struct alias_row) };
    meta_sql_init(&sql, list->arena);
    meta_sql_add(&sql, "SELECT a.model_no, a.alias, v.version FROM model_aliases a JOIN model_versions v "
                       "ON v.version_no = a.version_no WHERE a.model_no IN ");
    meta_sql_list_i64(&sql, list->model_nos, list->count);
    meta_sql_add(&sql, " ORDER BY a.model_no, a.alias");
    TRY(meta_sql_prepare(&sql, reader, &statement, err));
    for (bool has_row = true; has_row;) {
        TRY(meta_step(statement, &has_row, err));
        struct alias_row *row = has_row ? meta_rows_add(&rows) : NULL;
        if (has_row && row == NULL)
            return error_set(err, ERR_LIMIT, "no memory for a list of aliases");
        if (has_row)
            *row = (struct alias_row){ meta_i64(statement, 0), { meta_str(statement, 1, list->arena), meta_i64(statement, 2) } };
    }
    struct model_alias *aliases = arena_array(list->arena, struct model_alias, MAX_OF(rows.count, (size_t)1));
    if (aliases == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu aliases", rows.count);
    const struct alias_row *row = rows.rows;
    for (size_t i = 0; i < rows.count; i++) {
        struct registered_model *model = owner_of(list, row[i].model_no);
        aliases[i] = row[i].alias;
        if (model->alias_count++ == 0)
            model->aliases = &aliases[i];
    }
    return OK;
}

/* The highest version of each stage of each model: the index (model_no, stage, version) alone answers the inner one. */
static enum status attach_latest(struct meta *reader, const struct model_list *list, struct error *err)
{
    CLEANUP(meta_sql_done) struct meta_sql sql;
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    struct model_version *versions;
    size_t count;
    meta_sql_init(&sql, list->arena);
    meta_sql_add(&sql, VERSION_ROWS "JOIN (SELECT model_no, stage, MAX(version) AS version FROM model_versions WHERE "
                                    "model_no IN ");
    meta_sql_list_i64(&sql, list->model_nos, list->count);
    meta_sql_add(&sql, " GROUP BY model_no, stage) latest ON latest.model_no = v.model_no AND latest.version = "
                       "v.version "
                       "ORDER BY v.model_no, v.stage");
    TRY(meta_sql_prepare(&sql, reader, &statement, err));
    TRY(model_version_rows(statement, list->arena, &versions, &count, err));
    TRY(model_versions_complete(reader, versions, count, list->arena, err));
    for (size_t i = 0; i < count; i++) {
        struct registered_model *model = owner_of(list, versions[i].model_no);
        if (model->latest_count++ == 0)
            model->latest_versions = &versions[i];
    }
    return OK;
}

static enum status complete(struct meta *reader, struct registered_model *models, size_t count, struct arena *arena,
                            struct error *err)
{
    if (count == 0)
        return OK;
    struct model_list list = { .models = models, .count = count, .arena = arena };
    list.model_nos = arena_array(arena, int64_t, count);
    if (list.model_nos == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu models", count);
    for (size_t i = 0; i < count; i++)
        list.model_nos[i] = models[i].model_no;
    TRY(owner_places(list.model_nos, count, arena, &list.places, err));
    TRY(attach_tags(reader, &list, err));
    TRY(attach_aliases(reader, &list, err));
    return attach_latest(reader, &list, err);
}

enum status registered_model_get(struct registry *registry, str name, struct arena *arena,
                                 struct registered_model *ret_model, struct error *err)
{
    CLEANUP(meta_read_end_slot) struct meta *reader = NULL;
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    bool has_row;
    TRY(meta_read_begin(registry->meta, &reader, err));
    TRY(meta_prepare(reader, MODEL_ROWS "WHERE m.name = ?", &statement, err));
    meta_bind_str(statement, 0, name);
    TRY(meta_step(statement, &has_row, err));
    if (!has_row)
        return error_set(err, ERR_NOT_FOUND, "Registered Model with name=%.*s not found", STR_ARG(name));
    struct registered_model model = model_of(statement, arena);
    TRY(complete(reader, &model, 1, arena, err));
    *ret_model = model;
    return OK;
}

/* ---- conditions ---- */

/* Clients ask with every search for what is no prompt, and mean models without the tag too. */
static bool is_prompt_refusal(const struct filter_clause *clause)
{
    if (clause->entity != FILTER_TAG || !str_equal(clause->key, STR(REGISTRY_PROMPT_TAG)))
        return false;
    return (clause->op == FILTER_NE && str_equal(clause->text, STR("true"))) ||
           (clause->op == FILTER_EQ && str_equal(clause->text, STR("false")));
}

static void add_tag_clause(struct meta_sql *sql, const char *table, const char *owner,
                           const struct filter_clause *clause)
{
    if (!is_prompt_refusal(clause)) {
        filter_sql_pair(sql, table, owner, clause);
        return;
    }
    struct filter_clause is_prompt = *clause;
    is_prompt.op = FILTER_EQ;
    is_prompt.text = STR("true");
    meta_sql_add(sql, "NOT ");
    filter_sql_pair(sql, table, owner, &is_prompt);
}

/* What an attribute is called in SQL. */
struct column_name {
    const char *attribute, *column;
};

static const char *column_of(const struct column_name *names, str attribute)
{
    while (names->attribute != NULL && !str_equal(attribute, str_of(names->attribute)))
        names++;
    return names->column;
}

static const struct column_name model_columns[] = {
    { "name", "m.name" }, { "last_updated_timestamp", "m.updated_ms" }, { NULL, "m.name" }
};

static const struct column_name version_columns[] = {
    { "name", "m.name" },
    { "run_id", "v.run_id" },
    { "source_path", "v.source" },
    { "version_number", "v.version" },
    { "creation_timestamp", "v.created_ms" },
    { "last_updated_timestamp", "v.updated_ms" },
    { NULL, "m.name" },
};

/* How a search differs from the other. */
struct search_kind {
    enum filter_search search;
    const char *rows, *tags, *owner, *default_order, *tiebreak;
    const struct column_name *columns;
    int64_t results_max;
};

static const struct search_kind model_search = {
    FILTER_REGISTERED_MODELS, MODEL_ROWS, "registered_model_tags", "t.owner_no = m.model_no", "", "m.name", model_columns,
    REGISTERED_MODEL_SEARCH_MAX,
};

static const struct search_kind version_search = {
    FILTER_MODEL_VERSIONS, VERSION_ROWS, "model_version_tags", "t.owner_no = v.version_no", "v.updated_ms DESC, ",
    "m.name, v.version DESC", version_columns, MODEL_VERSION_SEARCH_MAX,
};

static enum status add_conditions(struct meta_sql *sql, const struct search_kind *kind, str text, struct error *err)
{
    struct filter filter;
    TRY(filter_parse(kind->search, text, sql->arena, &filter, err));
    for (size_t i = 0; i < filter.count; i++) {
        meta_sql_add(sql, i == 0 ? "WHERE " : " AND ");
        if (filter.clauses[i].entity == FILTER_TAG)
            add_tag_clause(sql, kind->tags, kind->owner, &filter.clauses[i]);
        else
            filter_sql_compare(sql, column_of(kind->columns, filter.clauses[i].key), &filter.clauses[i]);
    }
    return OK;
}

/* A statement that finds one row more than the page shows, so that it is known whether there is another page. */
static enum status prepare_search(struct meta *reader, const struct search_kind *kind, const struct registry_page *page,
                                  struct arena *arena, struct meta_statement **ret_statement, struct error *err)
{
    CLEANUP(meta_sql_done) struct meta_sql sql;
    struct filter_order *orders;
    int64_t offset;
    meta_sql_init(&sql, arena);
    TRY(registry_check_max_results(page->max_results, kind->results_max, err));
    TRY(registry_read_token(page->token, &offset, err));
    TRY(filter_parse_orders(kind->search, page->order_by, page->order_count, arena, &orders, err));
    meta_sql_add(&sql, kind->rows);
    TRY(add_conditions(&sql, kind, page->filter, err));
    meta_sql_add(&sql, " ORDER BY ");
    for (size_t i = 0; i < page->order_count; i++) {
        meta_sql_add(&sql, column_of(kind->columns, orders[i].key));
        meta_sql_add(&sql, orders[i].is_descending ? " DESC, " : ", ");
    }
    meta_sql_add(&sql, page->order_count == 0 ? kind->default_order : "");
    meta_sql_add(&sql, kind->tiebreak);
    meta_sql_add(&sql, " LIMIT ");
    meta_sql_value_i64(&sql, page->max_results + 1);
    meta_sql_add(&sql, " OFFSET ");
    meta_sql_value_i64(&sql, offset);
    return meta_sql_prepare(&sql, reader, ret_statement, err);
}

/* Cuts the row that is one too many, and names the next page. */
static str next_token(const struct registry_page *page, size_t *count, struct arena *arena)
{
    int64_t offset = 0;
    struct error known = { 0 };
    if ((int64_t)*count <= page->max_results || registry_read_token(page->token, &offset, &known) != OK)
        return STR("");
    *count = (size_t)page->max_results;
    return registry_make_token(offset + page->max_results, arena);
}

enum status registered_model_search(struct registry *registry, const struct registry_page *page, struct arena *arena,
                                    struct registered_model **ret_models, size_t *ret_count, str *ret_token,
                                    struct error *err)
{
    CLEANUP(meta_read_end_slot) struct meta *reader = NULL;
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(meta_read_begin(registry->meta, &reader, err));
    TRY(prepare_search(reader, &model_search, page, arena, &statement, err));
    TRY(model_rows(statement, arena, ret_models, ret_count, err));
    *ret_token = next_token(page, ret_count, arena);
    return complete(reader, *ret_models, *ret_count, arena, err);
}

enum status model_version_search(struct registry *registry, const struct registry_page *page, struct arena *arena,
                                 struct model_version **ret_versions, size_t *ret_count, str *ret_token,
                                 struct error *err)
{
    CLEANUP(meta_read_end_slot) struct meta *reader = NULL;
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(meta_read_begin(registry->meta, &reader, err));
    TRY(prepare_search(reader, &version_search, page, arena, &statement, err));
    TRY(model_version_rows(statement, arena, ret_versions, ret_count, err));
    *ret_token = next_token(page, ret_count, arena);
    return model_versions_complete(reader, *ret_versions, *ret_count, arena, err);
}

enum status model_version_latest(struct registry *registry, str name, const enum model_stage *stages,
                                 size_t stage_count, struct arena *arena, struct model_version **ret_versions,
                                 size_t *ret_count, struct error *err)
{
    struct registered_model model;
    TRY(registered_model_get(registry, name, arena, &model, err));
    size_t kept = 0;
    for (size_t i = 0; i < model.latest_count; i++) {
        bool is_wanted = stage_count == 0;
        for (size_t s = 0; s < stage_count; s++)
            is_wanted |= stages[s] == model.latest_versions[i].stage;
        if (is_wanted)
            model.latest_versions[kept++] = model.latest_versions[i];
    }
    *ret_versions = model.latest_versions;
    *ret_count = kept;
    return OK;
}
