#include "cli/option.h"

#include <assert.h>

#define HELP_INDENT 30
#define HELP_WIDTH 80
#define OPERANDS_MAX 40

/* An optional value that might be the word after its option; decided when the operands are counted. */
struct open_value {
    const struct option_entry *entry;
    size_t operand; /* index of the word among the operands */
};

struct parsing {
    const struct option_table *table;
    void *context;
    const char **operands;
    size_t operand_count, operands_max;
    struct open_value open; /* the last one; entry == NULL: none */
    bool is_first_pass;
    struct error *err;
};

static const struct option_entry *find(const struct option_table *table, str name)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->entries[i].name && str_equal(name, str_of(table->entries[i].name)))
            return &table->entries[i];
    return NULL;
}

static enum status apply(struct parsing *parsing, const struct option_entry *entry, str value)
{
    if (entry->is_first != parsing->is_first_pass)
        return OK;
    if (entry->apply(parsing->context, value, parsing->err) != OK)
        return error_while(parsing->err, "--%s", entry->name);
    return OK;
}

static enum status parse_option(struct parsing *parsing, str word, const char *next, bool *ret_took_next)
{
    size_t equals = str_find(word, '=');
    str name = str_slice(word, 2, equals);
    bool has_value = equals < word.size;
    str value = str_slice(word, equals + 1, word.size);
    *ret_took_next = false;
    const struct option_entry *entry = find(parsing->table, name);
    if (!entry)
        return error_set(parsing->err, ERR_INVALID, "unknown option %.*s", STR_ARG(word));
    if (entry->takes == OPTION_SWITCH) {
        if (has_value)
            return error_set(parsing->err, ERR_INVALID, "--%s takes no value", entry->name);
        return apply(parsing, entry, (str){ 0 });
    }
    if (entry->takes == OPTION_VALUE && !has_value) {
        if (!next)
            return error_set(parsing->err, ERR_INVALID, "--%s needs a value: %s", entry->name, entry->value_name);
        *ret_took_next = true;
        value = str_of(next);
    }
    if (entry->takes == OPTION_OPTIONAL_VALUE && !has_value) {
        bool next_is_word = next && (next[0] != '-' || next[1] == '\0');
        if (next_is_word)
            parsing->open = (struct open_value){ entry, parsing->operand_count };
        return apply(parsing, entry, (str){ 0 });
    }
    return apply(parsing, entry, value);
}

static enum status add_operand(struct parsing *parsing, const char *word)
{
    /* One more than there may be: it can turn out to be an option's value. */
    if (parsing->operand_count > parsing->operands_max)
        return error_set(parsing->err, ERR_INVALID, "unexpected argument %s", word);
    parsing->operands[parsing->operand_count++] = word;
    return OK;
}

/* Too many operands: the word after the optional option was its value. */
static enum status close_open_value(struct parsing *parsing)
{
    if (parsing->operand_count <= parsing->operands_max)
        return OK;
    size_t at = parsing->open.operand;
    if (!parsing->open.entry)
        return error_set(parsing->err, ERR_INVALID, "unexpected argument %s", parsing->operands[parsing->operands_max]);
    str value = str_of(parsing->operands[at]);
    for (size_t i = at; i + 1 < parsing->operand_count; i++)
        parsing->operands[i] = parsing->operands[i + 1];
    parsing->operand_count--;
    return apply(parsing, parsing->open.entry, value);
}

static enum status parse_words(struct parsing *parsing, int argc, char **argv)
{
    bool are_options_over = false;
    parsing->operand_count = 0;
    parsing->open.entry = NULL;
    for (int i = 1; i < argc; i++) {
        str word = str_of(argv[i]);
        if (!are_options_over && str_equal(word, STR("--"))) {
            are_options_over = true;
        } else if (!are_options_over && str_has_prefix(word, STR("--"))) {
            bool took_next;
            TRY(parse_option(parsing, word, i + 1 < argc ? argv[i + 1] : NULL, &took_next));
            i += took_next;
        } else if (!are_options_over && word.size > 1 && word.data[0] == '-') {
            return error_set(parsing->err, ERR_INVALID, "unknown option %s (options have two dashes)", argv[i]);
        } else {
            TRY(add_operand(parsing, argv[i]));
        }
    }
    return close_open_value(parsing);
}

enum status option_parse(const struct option_table *table, int argc, char **argv, void *context,
                         const char **operands, size_t operands_max, size_t *ret_operand_count, struct error *err)
{
    const char *words[OPERANDS_MAX];
    assert(operands_max + 1 < COUNT(words));
    struct parsing parsing = { .table = table, .context = context, .operands = words, .operands_max = operands_max,
                               .err = err };
    for (int pass = 0; pass < 2; pass++) {
        parsing.is_first_pass = pass == 0;
        TRY(parse_words(&parsing, argc, argv));
    }
    for (size_t i = 0; i < parsing.operand_count; i++)
        operands[i] = words[i];
    *ret_operand_count = parsing.operand_count;
    return OK;
}

static void print_wrapped(const char *text, FILE *out)
{
    str rest = str_of(text), word;
    size_t at = HELP_INDENT;
    bool is_first = true;
    while (str_split(&rest, ' ', &word)) {
        if (!is_first && at + 1 + word.size > HELP_WIDTH) {
            fprintf(out, "\n%*s", HELP_INDENT, "");
            at = HELP_INDENT;
            is_first = true;
        }
        fprintf(out, "%s%.*s", is_first ? "" : " ", STR_ARG(word));
        at += word.size + !is_first;
        is_first = false;
    }
    fprintf(out, "\n");
}

void option_print_help(const struct option_table *table, FILE *out)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct option_entry *entry = &table->entries[i];
        if (!entry->name) {
            fprintf(out, "\n%s\n", entry->help);
            continue;
        }
        char left[128];
        int width = entry->takes == OPTION_SWITCH
                        ? snprintf(left, sizeof left, "  --%s", entry->name)
                    : entry->takes == OPTION_OPTIONAL_VALUE
                        ? snprintf(left, sizeof left, "  --%s [%s]", entry->name, entry->value_name)
                        : snprintf(left, sizeof left, "  --%s %s", entry->name, entry->value_name);
        fprintf(out, "%s", left);
        if (width >= HELP_INDENT - 1)
            fprintf(out, "\n%*s", HELP_INDENT, "");
        else
            fprintf(out, "%*s", HELP_INDENT - width, "");
        print_wrapped(entry->help, out);
    }
}
