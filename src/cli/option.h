/* cli/option.h - GNU long options from a table: parsing and --help come from the same lines.
 *
 * "--name=value" and "--name value"; "--" ends the options; options and operands may mix. An option whose value is
 * optional takes it after '=', or as the next word where that leaves more operands than the command has: so
 * `--json out.json REF CUR` and `--json REF CUR` both mean what they look like. */
#ifndef CLI_OPTION_H
#define CLI_OPTION_H

#include <stddef.h>
#include <stdio.h>

#include "base/status.h"
#include "base/str.h"

enum option_value { OPTION_SWITCH, OPTION_VALUE, OPTION_OPTIONAL_VALUE };

struct option_entry {
    const char *name;        /* without the dashes; NULL: a heading, in `help` */
    enum option_value takes;
    const char *value_name;  /* "FILE"; NULL for switches */
    const char *help;        /* one sentence, wrapped where it is printed */
    /* `value` is empty for switches; data == NULL: an optional one was not given. */
    enum status (*apply)(void *context, str value, struct error *err);
    bool is_first; /* applied before all others: --config, which they then override */
};

struct option_table {
    const struct option_entry *entries;
    size_t count;
};

/* Applies all options of argv[1..] in order. The operands go to `operands` (room for `operands_max`). ERR_INVALID names
 * the word that is wrong. */
must_use enum status option_parse(const struct option_table *table, int argc, char **argv, void *context,
                                  const char **operands, size_t operands_max, size_t *ret_operand_count,
                                  struct error *err);

/* One line an option, its sentence beside it, wrapped at 80 columns. */
void option_print_help(const struct option_table *table, FILE *out);

#endif
