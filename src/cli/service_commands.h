/* cli/service_commands.h - the words of the commands that ask the service: sql, backfill, export, models, runs, predict. */
#ifndef CLI_SERVICE_COMMANDS_H
#define CLI_SERVICE_COMMANDS_H

#include "cli/option.h"

const struct option_table *sql_option_table(void);
const struct option_table *backfill_option_table(void);
const struct option_table *export_option_table(void);
const struct option_table *models_option_table(void);
const struct option_table *runs_option_table(void);
const struct option_table *predict_option_table(void);

#endif
