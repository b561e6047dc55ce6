#include <string.h>

#include "registry/filter_internal.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

static bool is_op(char c)
{
    return c == '=' || c == '!' || c == '<' || c == '>';
}

static bool is_quote(char c)
{
    return c == '\'' || c == '"' || c == '`';
}

static bool ends_word(char c)
{
    return is_blank(c) || is_op(c) || is_quote(c) || c == '(' || c == ')' || c == ',' || c == ';';
}

/* Past the quoted text that starts here; NULL where nothing closes it. A doubled quote is one of the text. */
static const char *skip_quoted(const char *at, const char *end)
{
    char quote = *at++;
    while (at < end) {
        if (*at++ != quote)
            continue;
        if (at == end || *at != quote)
            return at;
        at++;
    }
    return NULL;
}

/* Past a word: bare bytes, and what is quoted right behind a dot or at its start. */
static const char *skip_word(const char *at, const char *end)
{
    const char *start = at;
    while (at < end) {
        bool may_quote = at == start || at[-1] == '.';
        if (may_quote && (*at == '`' || *at == '"')) {
            at = skip_quoted(at, end);
            return at; /* a quoted part is a word's last */
        }
        if (ends_word(*at))
            return at;
        at++;
    }
    return at;
}

struct filter_token filter_next_token(struct filter_lexer *lexer)
{
    while (lexer->at < lexer->end && is_blank(*lexer->at))
        lexer->at++;
    const char *start = lexer->at, *end = lexer->end;
    if (start == end)
        return (struct filter_token){ FILTER_TOKEN_END, { start, 0 } };
    enum filter_token_kind kind = FILTER_TOKEN_WORD;
    const char *at = start + 1;
    if (*start == '(')
        kind = FILTER_TOKEN_OPEN;
    else if (*start == ')')
        kind = FILTER_TOKEN_CLOSE;
    else if (*start == ',')
        kind = FILTER_TOKEN_COMMA;
    else if (*start == ';')
        kind = FILTER_TOKEN_SEMICOLON;
    else if (is_op(*start)) {
        kind = FILTER_TOKEN_OP;
        while (at < end && is_op(*at))
            at++;
    } else if (*start == '\'' || *start == '"') {
        kind = *start == '"' ? FILTER_TOKEN_DOUBLE : FILTER_TOKEN_QUOTED;
        at = skip_quoted(start, end);
    } else {
        at = skip_word(start, end);
    }
    if (at == NULL) {
        lexer->at = end;
        return (struct filter_token){ FILTER_TOKEN_BROKEN, { start, (size_t)(end - start) } };
    }
    lexer->at = at;
    return (struct filter_token){ kind, { start, (size_t)(at - start) } };
}

bool filter_is_keyword(struct filter_token token, const char *word)
{
    return token.kind == FILTER_TOKEN_WORD && str_equal_ignoring_case(token.raw, str_of(word));
}

str filter_unquote(str raw, struct arena *arena)
{
    if (raw.size < 2 || !is_quote(raw.data[0]) || raw.data[raw.size - 1] != raw.data[0])
        return raw;
    char quote = raw.data[0];
    str inner = str_slice(raw, 1, raw.size - 1);
    if (str_find(inner, quote) == inner.size)
        return inner;
    char *text = arena_alloc(arena, inner.size); /* a filter's bytes are bounded */
    size_t size = 0;
    for (size_t i = 0; i < inner.size; i++) {
        text[size++] = inner.data[i];
        if (inner.data[i] == quote)
            i++; /* its double */
    }
    return (str){ text, size };
}
