/* api/settings.h - what the service needs to know of the configuration, as values of its own floor.
 *
 * A snapshot: it never changes after it was built, and a reload puts another one in its place; requests and
 * analyses hold a reference to the one they began with. cli/serve_settings.c fills it from the YAML file. */
#ifndef API_SETTINGS_H
#define API_SETTINGS_H

#include <stdatomic.h>

#include "flow/schedule.h"
#include "monitor/analysis_options.h"
#include "serve/model_set.h"

struct model_settings {
    str name;                        /* empty in the defaults */
    str version;                     /* of events that do not say */
    bool is_closed;                  /* unknown features are refused */
    struct analysis_options options; /* how its analyses are made; labels and profile are filled in per run */
    struct strs figures;             /* of model quality, that /metrics shows; none = all */
    uint64_t window_rows;            /* newest N events; 0 = no such limit */
    int64_t window_span_us;          /* newest span; 0 = no such limit */
    uint64_t minimum_rows;           /* of scheduled analyses */
    struct schedule schedule;
};

struct api_settings {
    atomic_size_t references; /* relaxed up, acq_rel down: the last one frees */
    struct arena arena;       /* of all texts and lists */
    struct model_settings defaults;
    struct model_settings *models;
    size_t model_count;
    struct served_model_config *served;
    size_t served_count;
    int64_t result_retention_us; /* 0 = for ever */
    size_t analysis_rows_max;
    str config_yaml; /* the whole configuration as it is in force, secrets hidden */
    void *owner;     /* of texts that are not in `arena`; released with the settings */
    void (*free_owner)(void *owner);
};

/* With one reference, all else zero. */
struct api_settings *api_settings_new(void);
struct api_settings *api_settings_ref(struct api_settings *settings);
void api_settings_unref(struct api_settings *settings); /* NULL is fine */
DEFINE_CLEANUP(struct api_settings, api_settings_unref);

/* The model's own settings, or the defaults. Never NULL. */
const struct model_settings *api_settings_model(const struct api_settings *settings, str name);

/* What an event without a model name belongs to: the only configured model, or "default". */
str api_settings_fallback_name(const struct api_settings *settings);

#endif
