/* cli/check_options.h - the words of `kedge check`. */
#ifndef CLI_CHECK_OPTIONS_H
#define CLI_CHECK_OPTIONS_H

#include <stdio.h>

#include "base/arena.h"
#include "base/status.h"
#include "cli/option.h"
#include "monitor/analysis_options.h"

struct check_request {
    struct arena arena; /* of the texts and lists below */
    struct analysis_options options;
    const char *reference, *current;
    bool to_json_stdout;
    const char *json_path, *html_path, *junit_path; /* NULL: not asked for */
    size_t threads;                                 /* 0: one a CPU */
    bool is_quiet, no_colour, wants_help;
};

/* Fills `request` (zeroed before) from the command line. ERR_INVALID for usage. check_request_done in any case. */
must_use enum status check_request_parse(int argc, char **argv, struct check_request *request, struct error *err);
void check_request_done(struct check_request *request);

/* The table behind --help. */
const struct option_table *check_option_table(void);

void check_print_help(FILE *out);

#endif
