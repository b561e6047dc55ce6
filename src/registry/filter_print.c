#include "base/buf.h"
#include "base/number.h"
#include "registry/filter.h"

static const char *const prefixes[FILTER_ENTITY_COUNT] = {
    [FILTER_ATTRIBUTE] = "attributes.", [FILTER_METRIC] = "metrics.",   [FILTER_PARAM] = "params.",
    [FILTER_TAG] = "tags.",             [FILTER_DATASET] = "datasets.",
};

/* Between quotes, with those inside doubled. */
static void add_quoted(struct buf *out, char quote, str text)
{
    buf_append_byte(out, quote);
    for (size_t i = 0; i < text.size; i++) {
        buf_append_byte(out, text.data[i]);
        if (text.data[i] == quote)
            buf_append_byte(out, quote);
    }
    buf_append_byte(out, quote);
}

static void add_value(struct buf *out, const struct filter_clause *clause)
{
    if (clause->op == FILTER_IS_NULL || clause->op == FILTER_IS_NOT_NULL)
        return;
    buf_append_byte(out, ' ');
    if (clause->is_number) {
        char number[NUMBER_TEXT_MAX];
        buf_append(out, (str){ number, number_print_f64(clause->number, number) });
    } else if (clause->list != NULL) {
        for (size_t i = 0; i < clause->list_count; i++) {
            buf_append(out, i == 0 ? STR("(") : STR(", "));
            add_quoted(out, '\'', clause->list[i]);
        }
        buf_append_byte(out, ')');
    } else {
        add_quoted(out, '\'', clause->text);
    }
}

str filter_print(const struct filter *filter, struct arena *arena)
{
    struct buf out;
    buf_init(&out, 8 * FILTER_BYTES_MAX);
    for (size_t i = 0; i < filter->count; i++) {
        const struct filter_clause *clause = &filter->clauses[i];
        buf_printf(&out, "%s%s", i > 0 ? " AND " : "", prefixes[clause->entity]);
        add_quoted(&out, '`', clause->key);
        buf_printf(&out, " %s", filter_op_name(clause->op));
        add_value(&out, clause);
    }
    str text = arena_copy(arena, buf_str(&out));
    buf_done(&out);
    return text;
}
