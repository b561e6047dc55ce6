/* cli/command.h - the subcommands: one function and one file each, listed in main.c. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stddef.h>

struct option_table;

/* What the process ends with. */
enum exit_code {
    EXIT_FINE = 0,
    EXIT_FINDINGS = 1, /* it worked, and found something: drift, a failed test */
    EXIT_USAGE = 2,
    EXIT_FAILED = 3,
};

/* A subcommand: argv[0] is its own name. Returns an exit code. */
typedef int command_function(int argc, char **argv);

command_function command_check, command_config, command_completions, command_simulate, command_serve, command_sql,
    command_backfill, command_export, command_train, command_models, command_runs, command_predict;

struct command {
    const char *name;
    const char *summary; /* NULL: not shown in --help */
    command_function *run;
    const struct option_table *(*options)(void); /* for shell completions; NULL: none */
    const char *words;                           /* its own subcommands, separated by blanks; NULL: none */
};

/* All of them, in the order of --help. */
extern const struct command commands[];
extern const size_t command_count;

#endif
