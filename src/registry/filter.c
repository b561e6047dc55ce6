/* registry/filter.c - the grammar. Tokens: filter_lexer.c; which names and operators there are: filter_rules.c. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/number.h"
#include "registry/filter_internal.h"

/* How much of a client's text stands in a message. */
#define SHOWN_MAX 200
#define SHOWN(text) (int)MIN_OF((text).size, SHOWN_MAX), (text).data

#define LIST_MAX 4000
#define PATTERN_BYTES_MAX 8000 /* engines refuse long ones in words of their own */

struct parser {
    struct filter_lexer lexer;
    struct filter_token token; /* the one to be looked at */
    enum filter_search search;
    str text;
    struct arena *arena;
    struct error *err;
};

static void advance(struct parser *parser)
{
    parser->token = filter_next_token(&parser->lexer);
}

static void start(struct parser *parser, str text)
{
    if (text.data == NULL)
        text = STR(""); /* no filter at all: a place to stand at all the same */
    parser->text = text;
    parser->lexer = (struct filter_lexer){ text.data, text.data + text.size };
    advance(parser);
}

static enum status invalid_clause(struct parser *parser)
{
    return error_set(parser->err, ERR_INVALID, "Invalid clause(s) in filter string: '%.*s'", SHOWN(parser->text));
}

static bool is_number(str raw)
{
    double number;
    return number_parse_f64(raw, &number);
}

/* ---- identifiers ---- */

struct identifier {
    enum filter_entity entity;
    str key; /* unquoted */
};

static enum status split_identifier(struct parser *parser, str raw, struct identifier *ret)
{
    bool is_quoted = raw.data[0] == '`' || raw.data[0] == '"';
    size_t dot = is_quoted ? raw.size : str_find(raw, '.');
    bool has_entity = dot < raw.size;
    TRY(filter_find_entity(parser->search, str_slice(raw, 0, has_entity ? dot : 0), &ret->entity, parser->err));
    ret->key = filter_unquote(has_entity ? str_slice(raw, dot + 1, raw.size) : raw, parser->arena);
    return str_is_empty(ret->key) ? invalid_clause(parser) : OK;
}

static enum status take_identifier(struct parser *parser, struct identifier *ret)
{
    struct filter_token token = parser->token;
    bool is_value = token.kind == FILTER_TOKEN_QUOTED || (token.kind == FILTER_TOKEN_WORD && is_number(token.raw));
    if (is_value)
        return error_set(parser->err, ERR_INVALID, "Invalid comparison clause. Expected 'Identifier' found '%.*s'",
                         SHOWN(token.raw));
    bool is_word = token.kind == FILTER_TOKEN_WORD || token.kind == FILTER_TOKEN_DOUBLE;
    if (!is_word || filter_is_keyword(token, "AND") || filter_is_keyword(token, "OR") ||
        filter_is_keyword(token, "NOT"))
        return invalid_clause(parser);
    advance(parser);
    return split_identifier(parser, token.raw, ret);
}

/* ---- operators ---- */

/* The operator as one text: "NOT IN" of two words. Empty where none stands here. */
static str take_op(struct parser *parser)
{
    struct filter_token token = parser->token;
    if (token.kind == FILTER_TOKEN_OP || filter_is_keyword(token, "LIKE") || filter_is_keyword(token, "ILIKE") ||
        filter_is_keyword(token, "IN")) {
        advance(parser);
        return token.raw;
    }
    bool is_not = filter_is_keyword(token, "NOT"), is_is = filter_is_keyword(token, "IS");
    if (!is_not && !is_is)
        return (str){ 0 };
    advance(parser);
    if (is_not) {
        bool is_in = filter_is_keyword(parser->token, "IN");
        if (is_in)
            advance(parser);
        return is_in ? STR("NOT IN") : (str){ 0 };
    }
    bool is_negated = filter_is_keyword(parser->token, "NOT");
    if (is_negated)
        advance(parser);
    if (!filter_is_keyword(parser->token, "NULL"))
        return (str){ 0 };
    advance(parser);
    return is_negated ? STR("IS NOT NULL") : STR("IS NULL");
}

/* ---- values ---- */

static bool is_text(struct filter_token token)
{
    return token.kind == FILTER_TOKEN_QUOTED || token.kind == FILTER_TOKEN_DOUBLE;
}

static enum status take_number(struct parser *parser, const char *what, bool may_quote, struct filter_clause *clause)
{
    struct filter_token token = parser->token;
    bool is_unquoted = token.kind == FILTER_TOKEN_WORD;
    str digits = may_quote ? filter_unquote(token.raw, parser->arena) : token.raw;
    if (!(is_unquoted || (may_quote && is_text(token))) || !number_parse_f64(digits, &clause->number))
        return error_set(parser->err, ERR_INVALID, "Expected numeric value type for %s. Found %.*s", what,
                         SHOWN(token.raw));
    clause->is_number = true;
    advance(parser);
    return OK;
}

static enum status take_text(struct parser *parser, const char *what, struct filter_clause *clause)
{
    if (!is_text(parser->token))
        return error_set(parser->err, ERR_INVALID,
                         "Expected a quoted string value for %s (e.g. 'my-value'). Got value %.*s", what,
                         SHOWN(parser->token.raw));
    clause->text = filter_unquote(parser->token.raw, parser->arena);
    bool is_pattern = clause->op == FILTER_LIKE || clause->op == FILTER_ILIKE;
    if (is_pattern && clause->text.size > PATTERN_BYTES_MAX)
        return error_set(parser->err, ERR_INVALID, "A pattern has at most %d bytes", PATTERN_BYTES_MAX);
    advance(parser);
    return OK;
}

static enum status invalid_list(struct parser *parser)
{
    return error_set(parser->err, ERR_INVALID,
                     "While parsing a list in the query, expected a non-empty list of string values, but got %s",
                     parser->token.kind == FILTER_TOKEN_CLOSE ? "an empty list" : "something else");
}

static enum status take_list(struct parser *parser, struct filter_clause *clause)
{
    str *list = arena_array(parser->arena, str, LIST_MAX);
    size_t count = 0;
    if (list == NULL)
        return error_set(parser->err, ERR_LIMIT, "no memory for a list of the filter");
    if (parser->token.kind != FILTER_TOKEN_OPEN)
        return invalid_list(parser);
    do {
        advance(parser);
        if (!is_text(parser->token))
            return invalid_list(parser);
        if (count == LIST_MAX)
            return error_set(parser->err, ERR_INVALID, "a list of the filter has more than %d values", LIST_MAX);
        list[count++] = filter_unquote(parser->token.raw, parser->arena);
        advance(parser);
    } while (parser->token.kind == FILTER_TOKEN_COMMA);
    if (parser->token.kind != FILTER_TOKEN_CLOSE)
        return invalid_list(parser);
    advance(parser);
    clause->list = list;
    clause->list_count = count;
    return OK;
}

static enum status take_value(struct parser *parser, const char *what, struct filter_clause *clause)
{
    switch (clause->op) {
    case FILTER_IN:
    case FILTER_NOT_IN:
        return take_list(parser, clause);
    case FILTER_IS_NULL:
    case FILTER_IS_NOT_NULL:
        return OK;
    case FILTER_EQ:
    case FILTER_NE:
    case FILTER_GT:
    case FILTER_GE:
    case FILTER_LT:
    case FILTER_LE:
    case FILTER_LIKE:
    case FILTER_ILIKE:
    case FILTER_OP_COUNT:
        break;
    }
    return take_text(parser, what, clause);
}

/* ---- clauses ---- */

static bool is_null_op(str op)
{
    return str_has_prefix(op, STR("IS "));
}

static bool is_list_op(str op)
{
    return str_equal_ignoring_case(op, STR("IN")) || str_equal(op, STR("NOT IN"));
}

static enum status take_attribute(struct parser *parser, str op, struct filter_clause *clause)
{
    const struct filter_attribute *attribute;
    TRY(filter_find_attribute(parser->search, clause->key, false, &attribute, parser->err));
    clause->key = str_of(attribute->meaning);
    if (is_list_op(op) && attribute->kind != FILTER_KIND_LISTABLE &&
        (parser->search == FILTER_RUNS || parser->search == FILTER_MODEL_VERSIONS))
        return error_set(parser->err, ERR_INVALID,
                         "Only the 'run_id' attribute supports comparison with a list of quoted string values.");
    if (attribute->kind == FILTER_KIND_NUMBER) {
        char what[64];
        (void)snprintf(what, sizeof what, "numeric attribute: %s", attribute->meaning);
        TRY(filter_check_op(FILTER_OPS_NUMBER, op, &clause->op, parser->err));
        return take_number(parser, what, parser->search == FILTER_MODEL_VERSIONS, clause);
    }
    unsigned ops = FILTER_OPS_TEXT | (attribute->kind == FILTER_KIND_LISTABLE ? FILTER_OPS_LIST : 0);
    TRY(filter_check_op(ops, op, &clause->op, parser->err));
    return take_value(parser, "attribute", clause);
}

static enum status take_pair(struct parser *parser, str op, const char *what, struct filter_clause *clause)
{
    bool knows_null = parser->search != FILTER_REGISTERED_MODELS && parser->search != FILTER_MODEL_VERSIONS;
    TRY(filter_check_op(FILTER_OPS_TEXT | (knows_null ? FILTER_OPS_NULL : 0), op, &clause->op, parser->err));
    return take_value(parser, what, clause);
}

static enum status take_dataset(struct parser *parser, str op, struct filter_clause *clause)
{
    bool is_known = str_equal(clause->key, STR("name")) || str_equal(clause->key, STR("digest")) ||
                    str_equal(clause->key, STR("context"));
    if (!is_known)
        return error_set(parser->err, ERR_INVALID,
                         "Invalid dataset key '%.*s' specified. Valid keys are '{'name', 'digest', 'context'}'",
                         SHOWN(clause->key));
    TRY(filter_check_op(FILTER_OPS_TEXT | FILTER_OPS_LIST, op, &clause->op, parser->err));
    return take_value(parser, "dataset", clause);
}

static const char *const entity_names[FILTER_ENTITY_COUNT] = {
    [FILTER_ATTRIBUTE] = "attribute", [FILTER_METRIC] = "metric",   [FILTER_PARAM] = "param",
    [FILTER_TAG] = "tag",             [FILTER_DATASET] = "dataset",
};

static enum status take_clause(struct parser *parser, struct filter_clause *clause)
{
    struct identifier identifier;
    TRY(take_identifier(parser, &identifier));
    *clause = (struct filter_clause){ .entity = identifier.entity, .key = identifier.key };
    str op = take_op(parser);
    if (str_is_empty(op))
        return invalid_clause(parser);
    if (is_null_op(op) && clause->entity != FILTER_PARAM && clause->entity != FILTER_TAG)
        return error_set(parser->err, ERR_INVALID,
                         "IS NULL / IS NOT NULL is only supported for tags and params, not for '%s' '%.*s'",
                         entity_names[clause->entity], SHOWN(clause->key));
    if (!is_null_op(op) && parser->token.kind == FILTER_TOKEN_END)
        return invalid_clause(parser);
    switch (clause->entity) {
    case FILTER_ATTRIBUTE:
        return take_attribute(parser, op, clause);
    case FILTER_METRIC:
        TRY(filter_check_op(FILTER_OPS_NUMBER, op, &clause->op, parser->err));
        return take_number(parser, "metric", false, clause);
    case FILTER_PARAM:
        return take_pair(parser, op, "parameter", clause);
    case FILTER_TAG:
        return take_pair(parser, op, "tag", clause);
    case FILTER_DATASET:
        return take_dataset(parser, op, clause);
    case FILTER_ENTITY_COUNT:
        break;
    }
    return invalid_clause(parser);
}

enum status filter_parse(enum filter_search search, str text, struct arena *arena, struct filter *ret_filter,
                         struct error *err)
{
    struct parser parser = { .search = search, .arena = arena, .err = err };
    if (text.size > FILTER_BYTES_MAX || !str_is_utf8(text, NULL) || str_find(text, '\0') < text.size)
        return error_set(err, ERR_INVALID, "A filter is at most %zu bytes of text", FILTER_BYTES_MAX);
    struct filter_clause *clauses = arena_array(arena, struct filter_clause, FILTER_CLAUSES_MAX);
    if (clauses == NULL)
        return error_set(err, ERR_LIMIT, "no memory for a filter");
    size_t count = 0;
    start(&parser, text);
    while (parser.token.kind != FILTER_TOKEN_END) {
        if (count == FILTER_CLAUSES_MAX)
            return error_set(err, ERR_INVALID, "A filter has at most %d clauses", FILTER_CLAUSES_MAX);
        TRY(take_clause(&parser, &clauses[count++]));
        if (parser.token.kind == FILTER_TOKEN_SEMICOLON)
            return error_set(err, ERR_INVALID,
                             "Search filter contained multiple expression \"%.*s\". Provide AND-ed expression list.",
                             SHOWN(text));
        if (filter_is_keyword(parser.token, "AND"))
            advance(&parser);
        else if (parser.token.kind != FILTER_TOKEN_END)
            return invalid_clause(&parser);
    }
    *ret_filter = (struct filter){ clauses, count };
    return OK;
}

/* ---- order_by ---- */

static enum status invalid_order(struct parser *parser)
{
    return error_set(parser->err, ERR_INVALID, "Invalid ordering key in order_by clause '%.*s'.", SHOWN(parser->text));
}

enum status filter_parse_order(enum filter_search search, str text, struct arena *arena, struct filter_order *ret_order,
                               struct error *err)
{
    struct parser parser = { .search = search, .arena = arena, .err = err };
    if (text.size > FILTER_BYTES_MAX || !str_is_utf8(text, NULL) || str_find(text, '\0') < text.size)
        return error_set(err, ERR_INVALID, "An order_by clause is at most %zu bytes of text", FILTER_BYTES_MAX);
    start(&parser, text);
    struct filter_token token = parser.token;
    if (token.kind != FILTER_TOKEN_WORD && token.kind != FILTER_TOKEN_DOUBLE)
        return invalid_order(&parser);
    advance(&parser);
    struct filter_order order = { 0 };
    order.is_descending = filter_is_keyword(parser.token, "DESC");
    if (order.is_descending || filter_is_keyword(parser.token, "ASC"))
        advance(&parser);
    if (parser.token.kind != FILTER_TOKEN_END)
        return invalid_order(&parser);
    struct identifier identifier;
    TRY(split_identifier(&parser, token.raw, &identifier));
    order.entity = identifier.entity;
    order.key = identifier.key;
    bool orders_pairs = search == FILTER_RUNS || (search == FILTER_LOGGED_MODELS && order.entity == FILTER_METRIC);
    if (order.entity == FILTER_DATASET || (order.entity != FILTER_ATTRIBUTE && !orders_pairs))
        return error_set(err, ERR_INVALID, "Invalid identifier type '%s'", entity_names[order.entity]);
    if (order.entity == FILTER_ATTRIBUTE) {
        const struct filter_attribute *attribute;
        TRY(filter_find_attribute(search, order.key, true, &attribute, err));
        order.key = str_of(attribute->meaning);
    }
    *ret_order = order;
    return OK;
}

enum status filter_parse_orders(enum filter_search search, const str *texts, size_t count, struct arena *arena,
                                struct filter_order **ret_orders, struct error *err)
{
    if (count > FILTER_CLAUSES_MAX)
        return error_set(err, ERR_INVALID, "order_by has at most %d clauses", FILTER_CLAUSES_MAX);
    struct filter_order *orders = arena_array(arena, struct filter_order, MAX_OF(count, 1));
    if (orders == NULL)
        return error_set(err, ERR_LIMIT, "no memory for order_by");
    for (size_t i = 0; i < count; i++) {
        TRY(filter_parse_order(search, texts[i], arena, &orders[i], err));
        for (size_t j = 0; j < i; j++)
            if (orders[j].entity == orders[i].entity && str_equal(orders[j].key, orders[i].key))
                return error_set(err, ERR_INVALID, "`order_by` contains duplicate fields: '%.*s'",
                                 SHOWN(texts[i]));
    }
    *ret_orders = orders;
    return OK;
}
