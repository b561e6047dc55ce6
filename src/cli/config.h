/* cli/config.h - what the user configured: one YAML file, KEDGE_ variables over it, defaults below.
 *
 * Everything comes from one table (config_keys.c: key, type, default, bounds, one sentence), from
 * which parsing, `kedge config show`, `kedge config check`, --help and docs/configuration.md are
 * made. A configuration never changes after it was loaded; a reload loads another one. */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/secret.h"
#include "base/status.h"
#include "base/str.h"
#include "flow/schedule.h"
#include "serve/split_config.h"

/* A list of texts; items live in the configuration's arena. */
struct config_texts {
    const str *items;
    size_t count;
};

/* name -> number or text, as in `thresholds: {accuracy: 0.8}`; one of the two values is set. */
struct config_setting {
    str name;
    double number;
    str text;
};

struct config_settings {
    const struct config_setting *items;
    size_t count;
};

/* One entry of `models:`. Members that the entry leaves out come from the section `defaults:`. */
struct config_model {
    str name, version;
    str path;                       /* folder or file of the served model; empty = the registry */
    str serve_stage, serve_alias, serve_version; /* which version of the registry; one of them */
    str serve_runtime;              /* "trees", "onnx", "pyfunc"; empty = choose */
    bool serve_capture;             /* predictions go into the event log */
    struct split_config variants;   /* without canary; texts in the arena */
    struct split_config canary;     /* two variants, "canary" and "stable" */
    str sticky_key;                 /* feature or tag */
    str reference;                  /* file to load as the first reference; empty = none */
    str schema;                     /* "open" or "closed" */
    str task, target, prediction, positive; /* empty = inferred */
    struct config_texts probabilities, segments;
    struct config_settings types;   /* column -> num cat bool datetime text id */
    struct config_texts metrics;    /* model quality figures to export: accuracy, precision, ... */
    struct config_settings thresholds; /* figure -> limit; a test condition each */
    str drift_method;               /* empty = the default selection */
    double drift_threshold;         /* NaN = the method's own */
    bool drift_is_calibrated;       /* drift_threshold: calibrated */
    double drift_share;             /* dataset drift from this share of drifted columns */
    struct config_settings column_methods, column_thresholds;
    str compat;                     /* "none" or "evidently" */
    int64_t window_rows;            /* newest N events; 0 = by time only */
    int64_t window_span_ms;         /* newest span; 0 = by rows only */
    int64_t minimum_rows;           /* fewer events than that: no analysis */
    struct schedule schedule;
    str schedule_text;
};

struct config {
    struct config_texts listen;
    bool insecure;                  /* listeners beyond loopback without a token */
    struct secret token;            /* bearer token that every request must carry; empty = none */
    str tls_certificate, tls_key;   /* PEM files; empty = plain HTTP */
    str data_dir;
    str log_level, log_format;
    int64_t http_threads, http_connections, http_body_bytes, http_idle_timeout_ms, http_drain_ms;
    int64_t store_memory_bytes, store_queue_bytes;
    int64_t artifact_bytes;         /* the longest artifact */
    int64_t raw_retention_ms, result_retention_ms;
    int64_t analysis_threads, analysis_rows_max;
    str python;                     /* interpreter for models that need one; empty = python3 */
    str registry;                   /* URL of an MLflow server to load models from; empty = our own registry */
    struct secret registry_token;   /* its bearer token */
    bool serve_all;                 /* also models in Production that `models:` does not name */
    int64_t serve_load_wait_ms;
    struct config_model defaults;   /* for models that `models:` does not name */
    struct config_model *models;
    size_t model_count;
    str file_name;                  /* where it came from; empty = no file */
    struct arena arena;
};

/* Loads the file (`path` NULL = no file), then the environment, then fills defaults. All mistakes
 * are gathered into `problems` (one "file:line:column: ..." a line; may be NULL), the first is the
 * error. ERR_NOT_FOUND for a file that is not there. */
must_use enum status config_load(const char *path, char *const *environment, struct config **ret_config,
                                 struct buf *problems, struct error *err);

/* NULL is fine. */
void config_free(struct config *config);
DEFINE_CLEANUP(struct config, config_free);

/* The entry of that model, or the defaults with no name. Never NULL. */
const struct config_model *config_model(const struct config *config, str name);

/* The whole configuration with every default, as YAML that loads back; secrets are not shown. */
void config_print(const struct config *config, struct buf *out);

/* The table of keys as Markdown (docs/configuration.md). */
void config_print_reference(struct buf *out);

#endif
