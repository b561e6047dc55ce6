/* api/predict_call.h - one request for predictions, whatever protocol it speaks: from its body to its answer.
 *
 *     choose the model -> read the rows -> runtime -> count -> hand to the event log -> write the answer
 *
 * A protocol is how the rows are read and the answer is written. Models in this process answer on the thread that read
 * the request; those that wait for another process, and versions that have to be loaded first, on a pool. */
#ifndef API_PREDICT_CALL_H
#define API_PREDICT_CALL_H

#include "api/api_internal.h"
#include "serve/model_set.h"
#include "serve/row_reader.h"

struct predict_call;

struct predict_protocol {
    /* The model's name where the body says it; may be NULL. */
    enum status (*look)(struct predict_call *call, struct error *err);
    /* Fills rows and, where the caller has them, ids, times and tags. */
    enum status (*read)(struct predict_call *call, struct error *err);
    /* Writes the answer's body. */
    enum status (*write)(struct predict_call *call, struct error *err);
    /* Says what went wrong in the protocol's own way; NULL: as every route does. */
    void (*refuse)(struct http_request *request, enum status status, const struct error *err);
};

struct predict_call {
    struct api *api;
    struct http_request *request;
    const struct predict_protocol *protocol;
    struct model_selector selector; /* of the path; value empty: the version that is followed */
    bool has_selector;
    str model_name; /* path, query or body; empty = the default model */
    str feature_names_json;
    struct model_choice choice;

    struct row_reader rows;
    bool is_single, wants_explanation;
    str *ids; /* [rows]; a fresh one in each place left empty; NULL = all fresh */
    size_t id_count; /* of a list of ids; 0: none, or one for one row */
    int64_t time_us; /* of all rows; 0 = not said */
    int64_t *times_us; /* [rows] or NULL */
    size_t time_count;
    size_t tag_count;
    const str *tag_names, *tags; /* the same for all rows */
    str request_id;  /* the protocol's own */
    const void *more; /* the protocol's own */

    int64_t now_us;
    double inference_seconds, seconds;
    struct runtime_answer answer;
    struct runtime_explanation explanation;
};

/* Handler of a DEFERS route. */
enum status predict_call_run(struct api *api, struct http_request *request, const struct predict_protocol *protocol,
                             struct error *err);

/* The prediction of a row as JSON: a class by its name (a number where the name is one), else the number. */
void predict_call_write_value(struct json_writer *json, const struct predict_call *call, size_t row);

/* {"class": probability, ...} of a row. */
void predict_call_write_probabilities(struct json_writer *json, const struct predict_call *call, size_t row);

/* The model a path, a query or the configuration means, for other routes; ERR_NOT_FOUND where none is served. */
must_use enum status predict_call_find(struct api *api, str name, struct served_model **ret_model, struct error *err);

#endif
