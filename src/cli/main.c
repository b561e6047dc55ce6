/* Finds the subcommand and hands over; everything else lives in its file. */
#include <stdio.h>

#include "base/attributes.h"
#include "base/str.h"
#include "cli/check_options.h"
#include "cli/command.h"
#include "cli/serve_options.h"
#include "cli/service_commands.h"
#include "cli/simulate_options.h"
#include "cli/train_options.h"

const struct command commands[] = {
    { "check", "compare current data with a reference: drift, quality, model performance", command_check,
      check_option_table, NULL },
    { "serve", "capture predictions over HTTP, analyse them, serve reports and metrics", command_serve, serve_option_table,
      NULL },
    { "train", "train a model on a table, judge it, log and register it", command_train, train_option_table, NULL },
    { "predict", "score the rows of a file with a model", command_predict, predict_option_table, NULL },
    { "simulate", "send the rows of a file to a server as predictions", command_simulate, simulate_option_table, NULL },
    { "sql", "run a SELECT over the stored events", command_sql, sql_option_table, NULL },
    { "backfill", "analyse the past, one day after the other", command_backfill, backfill_option_table, NULL },
    { "models", "list, show, promote, archive, download registered models", command_models, models_option_table,
      "list show promote archive download" },
    { "runs", "list and compare training runs", command_runs, runs_option_table, "list compare" },
    { "export", "print the figures of the last analyses as metrics", command_export, export_option_table, NULL },
    { "config", "check or show the configuration", command_config, NULL, "check show reference" },
    { "completions", NULL, command_completions, NULL, "bash zsh fish" },
};
const size_t command_count = COUNT(commands);

static void print_help(FILE *out)
{
    fprintf(out, "kedge " KEDGE_VERSION " - trains, serves and watches machine-learning models\n\n"
                 "usage: kedge COMMAND [OPTION]... [ARGUMENT]...\n\ncommands:\n");
    for (size_t i = 0; i < COUNT(commands); i++)
        if (commands[i].summary)
            fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
    fprintf(out, "\n`kedge COMMAND --help` tells more. Exit status: 0 fine, 1 findings, 2 usage, 3 failed.\n");
}

int main(int argc, char **argv)
{
    str word = str_of(argc > 1 ? argv[1] : NULL);
    if (str_equal(word, STR("--help")) || str_equal(word, STR("-h")) || str_equal(word, STR("help"))) {
        print_help(stdout);
        return EXIT_FINE;
    }
    if (str_equal(word, STR("--version"))) {
        printf("kedge %s\n", KEDGE_VERSION);
        return EXIT_FINE;
    }
    for (size_t i = 0; i < COUNT(commands); i++)
        if (str_equal(word, str_of(commands[i].name)))
            return commands[i].run(argc - 1, argv + 1);
    if (word.size)
        fprintf(stderr, "kedge: unknown command %s\n\n", argv[1]);
    print_help(stderr);
    return EXIT_USAGE;
}
