/* cli/train_options.h - what `kedge train` is told. */
#ifndef CLI_TRAIN_OPTIONS_H
#define CLI_TRAIN_OPTIONS_H

#include "cli/option.h"
#include "cli/service.h"
#include "train/trainer.h"

#define TRAIN_DROPS_MAX 256

struct train_options {
    struct service_place place; /* first: SERVICE_OPTIONS */
    struct training_options table;
    struct trainer_options trainer;
    str drops[TRAIN_DROPS_MAX];
    const char *data;
    str experiment, run_name, name, stage;
    bool has_model, is_json, is_quiet, wants_help;
    struct arena *arena;
};

extern const struct option_table train_options_table;
const struct option_table *train_option_table(void);
void train_print_help(void);

#endif
