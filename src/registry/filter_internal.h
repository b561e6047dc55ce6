/* registry/filter_internal.h - words of the filter language, and what each search knows. */
#ifndef REGISTRY_FILTER_INTERNAL_H
#define REGISTRY_FILTER_INTERNAL_H

#include "registry/filter.h"

enum filter_token_kind {
    FILTER_TOKEN_END,
    FILTER_TOKEN_WORD,   /* bare, with quoted parts after its dots: metrics.`my loss` */
    FILTER_TOKEN_QUOTED, /* 'text' */
    FILTER_TOKEN_DOUBLE, /* "text": a value or a key */
    FILTER_TOKEN_OP,     /* a run of = ! < > */
    FILTER_TOKEN_OPEN,
    FILTER_TOKEN_CLOSE,
    FILTER_TOKEN_COMMA,
    FILTER_TOKEN_SEMICOLON,
    FILTER_TOKEN_BROKEN, /* a quote that nothing closes */
    FILTER_TOKEN_KIND_COUNT
};

struct filter_token {
    enum filter_token_kind kind;
    str raw; /* as written, quotes included */
};

struct filter_lexer {
    const char *at, *end;
};

struct filter_token filter_next_token(struct filter_lexer *lexer);

/* Whether the token is that word, in any case. */
bool filter_is_keyword(struct filter_token token, const char *word);

/* The text between quotes, doubled ones single; other text as it is. */
str filter_unquote(str raw, struct arena *arena);

/* ---- what the searches know (filter_rules.c) ---- */

enum filter_kind { FILTER_KIND_NUMBER, FILTER_KIND_TEXT, FILTER_KIND_LISTABLE /* text that IN takes */ };

struct filter_attribute {
    const char *name, *meaning; /* `meaning`: the one spelling that clauses get */
    enum filter_kind kind;
    bool is_filtered, is_ordered; /* may stand in a filter, in order_by */
};

/* ERR_INVALID for an entity that the search does not have. `word` empty: an attribute. */
must_use enum status filter_find_entity(enum filter_search search, str word, enum filter_entity *ret_entity,
                                        struct error *err);

/* ERR_INVALID lists the valid keys. */
must_use enum status filter_find_attribute(enum filter_search search, str key, bool is_order,
                                           const struct filter_attribute **ret_attribute, struct error *err);

/* ERR_INVALID unless the operator is one of the set. */
#define FILTER_OPS_NUMBER                                                                                              \
    (1u << FILTER_EQ | 1u << FILTER_NE | 1u << FILTER_GT | 1u << FILTER_GE | 1u << FILTER_LT | 1u << FILTER_LE)
#define FILTER_OPS_TEXT (1u << FILTER_EQ | 1u << FILTER_NE | 1u << FILTER_LIKE | 1u << FILTER_ILIKE)
#define FILTER_OPS_LIST (1u << FILTER_IN | 1u << FILTER_NOT_IN)
#define FILTER_OPS_NULL (1u << FILTER_IS_NULL | 1u << FILTER_IS_NOT_NULL)
must_use enum status filter_check_op(unsigned ops, str op, enum filter_op *ret_op, struct error *err);

#endif
