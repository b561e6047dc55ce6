/* api/api.h - the HTTP face of Kedge: every route, the analyses behind them, and the clock that starts some.
 *
 * Opened once per process over open stores. The only place with routes, HTTP codes and JSON shapes. */
#ifndef API_API_H
#define API_API_H

#include "api/settings.h"
#include "base/clock.h"
#include "base/secret.h"
#include "metrics/instrument.h"
#include "net/http_message.h"
#include "serve/served_version.h"
#include "store/artifact_store.h"
#include "store/event_log.h"
#include "store/reference_store.h"

struct api;

/* A page as web/ holds it, which is a floor above; cli/serve.c hands them down. */
struct api_page {
    str html, gzip, etag;
};

struct api_pages {
    str report_prefix, report_suffix;
    struct api_page docs, index;
};

struct api_options {
    struct event_log *log;
    struct meta *meta;
    struct reference_store *references;
    struct registry *registry; /* NULL: the routes of MLflow must not be called */
    struct artifact_store *artifacts; /* likewise */
    uint64_t artifact_bytes_max;      /* of one artifact */
    const char *data_folder;
    const char *version; /* of the program */
    struct api_pages pages;
    const struct secret *token; /* NULL or empty = none */
    const struct clock *clock;
    size_t analysis_threads; /* 0 = one a CPU */
    bool serves_models;          /* false: nothing is loaded */
    struct model_source *models; /* of served models; NULL: only paths. Taken over */
    model_loader *load;          /* of models' files */
    struct pyfunc_pool *python;  /* workers for models that need them; NULL = none */
    bool follows_all;            /* models in Production are served also where the configuration does not name them */
    int64_t load_wait_ms;        /* api_open waits so long for the first load of served models */
    bool has_scheduler;      /* false: nothing happens unless it is asked for */
    /* Loads the configuration anew and calls api_replace_settings(); for POST /-/reload. */
    enum status (*reload)(void *self, struct error *err);
    void *self;
};

/* Takes `settings` over in any case. Loads what models there are. */
must_use enum status api_open(const struct api_options *options, struct api_settings *settings, struct api **ret_api,
                              struct error *err);

/* Waits for running analyses. No request may be running. NULL is fine. */
void api_close(struct api *api);

/* An http_handler; `self` is the api. */
enum http_outcome api_handle(void *self, struct http_request *request);

/* An http_head_handler; `self` is the api. */
bool api_head(void *self, struct http_request *request);

/* Puts new settings in the place of the old ones, which it releases when their last user is done. */
void api_replace_settings(struct api *api, struct api_settings *settings);

/* From now on GET /-/ready says no: a balancer takes us out before the listener closes. */
void api_begin_shutdown(struct api *api);

/* The figures of /metrics that come from stored analyses, for `kedge export` without a server. `which` is
 * "model", "drift" or "all"; of model quality, those that the model's settings name. */
must_use enum status api_collect_stored(struct meta *meta, const struct api_settings *settings, const char *which,
                                        struct metric_snapshot *snapshot, struct error *err);

#endif
