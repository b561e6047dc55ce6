/* cli/serve_options.h - the words of `kedge serve`. */
#ifndef CLI_SERVE_OPTIONS_H
#define CLI_SERVE_OPTIONS_H

#include "cli/option.h"

const struct option_table *serve_option_table(void);

#endif
