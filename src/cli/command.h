/* cli/command.h - the subcommands: one function and one file each, listed in main.c. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

/* What the process ends with. */
enum exit_code {
    EXIT_FINE = 0,
    EXIT_FINDINGS = 1, /* it worked, and found something: drift, a failed test */
    EXIT_USAGE = 2,
    EXIT_FAILED = 3,
};

/* A subcommand: argv[0] is its own name. Returns an exit code. */
typedef int command_function(int argc, char **argv);

command_function command_check, command_config;

#endif
