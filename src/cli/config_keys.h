/* cli/config_keys.h - the table behind the configuration: every key, once.
 *
 * Inside cli/ only; config.c reads and prints by it. */
#ifndef CLI_CONFIG_KEYS_H
#define CLI_CONFIG_KEYS_H

#include "cli/config.h"

enum config_kind {
    CONFIG_TEXT,     /* str */
    CONFIG_CHOICE,   /* str, one of `choices` */
    CONFIG_BOOL,     /* bool */
    CONFIG_INTEGER,  /* int64_t within min..max */
    CONFIG_NUMBER,   /* double within min..max */
    CONFIG_BYTES,    /* int64_t; "64MiB", "1GiB", a plain number */
    CONFIG_DURATION, /* int64_t, milliseconds; "30d" */
    CONFIG_TEXTS,    /* struct config_texts */
    CONFIG_NUMBERS,  /* struct config_settings of numbers */
    CONFIG_LIMIT,    /* double drift_threshold, or the word "calibrated", or "auto" (NaN) */
    CONFIG_COLUMNS,  /* types, column_methods, column_thresholds of a model */
    CONFIG_SCHEDULE, /* struct schedule, and its text */
    CONFIG_SECRET,   /* struct secret */
    CONFIG_VARIANTS, /* struct split_config: a list of maps */
    CONFIG_CANARY,   /* struct split_config: a map */
};

struct config_key {
    const char *path; /* "http.threads": a section and a key, or one key */
    enum config_kind kind;
    size_t offset;    /* of the member in struct config or struct config_model */
    const char *fallback; /* the default, as YAML text */
    double min, max;
    const char *choices; /* CHOICE: words separated by spaces */
    const char *sentence;
};

extern const struct config_key config_server_keys[];
extern const size_t config_server_key_count;

/* Keys of `defaults:` and of each entry of `models:`. */
extern const struct config_key config_model_keys[];
extern const size_t config_model_key_count;

/* "text", "whole number", ...: for the reference page. */
const char *config_kind_name(enum config_kind kind);

#endif
