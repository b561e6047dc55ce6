/* cli/simulate_options.h - the words of `kedge simulate`. */
#ifndef CLI_SIMULATE_OPTIONS_H
#define CLI_SIMULATE_OPTIONS_H

#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"
#include "cli/option.h"

/* How the traffic spreads over time; all have the same mean rate. */
enum traffic_pattern { TRAFFIC_STEADY, TRAFFIC_BURST, TRAFFIC_GRADUAL, TRAFFIC_PATTERN_COUNT };

#define SIMULATE_NAMES_MAX 256

/* Column names that an option gathered, one a use. */
struct simulate_names {
    str items[SIMULATE_NAMES_MAX];
    size_t count;
};

struct simulate_options {
    const char *file;      /* rows to send: any file that read_table takes */
    const char *reference; /* file to load as the reference first; NULL = none */
    str url;               /* of the server, no '/' at its end */
    const char *ca_file;   /* PEM: whom to trust at an https URL; NULL = whom the system trusts */
    str model, version;    /* empty version: the server's default */
    size_t rows;           /* events to send; 0 = each row of the file once */
    size_t batch_rows;
    double rate_per_s;     /* 0 = as fast as the server takes them */
    enum traffic_pattern pattern;
    double drift_sigma;    /* added to the drifting columns, in standard deviations of the file's values */
    bool drift_grows;      /* from 0 at the first event to drift_sigma at the last */
    struct simulate_names drift_columns; /* none named = all numeric features */
    str prediction, target, timestamp, id; /* columns; empty = found by their usual name or left out */
    struct simulate_names probabilities;
    bool has_late_labels;  /* targets are kept back and sent through /labels */
    int64_t late_labels_ms;
    int64_t wait_ms;       /* for a server that does not listen yet */
    bool has_seed, is_shuffled;
    uint64_t seed;
    bool asks_model;       /* features go to the model that the server serves, which answers and captures */
    bool wants_analysis, wants_json, is_quiet, wants_help;
};

/* Fills `options` from the command line. ERR_INVALID names the word that is wrong. */
must_use enum status simulate_options_parse(int argc, char **argv, struct simulate_options *options, struct error *err);

/* The table behind --help. */
const struct option_table *simulate_option_table(void);

void simulate_print_help(FILE *out);

#endif
