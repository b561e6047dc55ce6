/* api/mlflow_json.h - requests and answers in MLflow's dialect of JSON (protobuf's mapping, with exceptions).
 *
 *     struct mlflow_fields fields;
 *     str run_id, key;
 *     TRY(mlflow_read_request(request, &fields, err));
 *     TRY(mlflow_need_str(&fields, "run_id", &run_id, err));
 *     TRY(mlflow_need_str(&fields, "key", &key, err));
 *     ...
 *     return mlflow_answer_nothing(request, err);
 *
 * A GET's fields come from the query, those of other methods from the body. null is absent, unknown fields are
 * ignored, an empty or broken body has no fields (so that the answer names the first missing one). Integers come as
 * numbers or text; doubles also as "NaN", "Infinity", "-Infinity". Wrong kinds and missing values are ERR_INVALID in
 * MLflow's words. Everything read lives in the request's arena or points into its body. */
#ifndef API_MLFLOW_JSON_H
#define API_MLFLOW_JSON_H

#include "format/json.h"
#include "net/http_message.h"
#include "registry/registry.h"

/* A value of the request, in a tree. */
struct mlflow_value;

/* An object: the request itself, or one in a list of it. */
struct mlflow_fields {
    const struct mlflow_value *object;
    struct arena *arena;
    str path;         /* what stands before the names in messages: "", "dataset." */
    const char *list; /* of an object in a list: "metrics[3]." stands behind the path; NULL = in none */
    size_t index;
};

/* ERR_INVALID where a POST or PUT comes with another Content-Type than application/json. */
must_use enum status mlflow_read_request(struct http_request *request, struct mlflow_fields *ret_fields,
                                         struct error *err);

/* Whether the field is there and not null. */
bool mlflow_has(const struct mlflow_fields *fields, const char *name);

/* Optional fields: where one is absent, the output stays as it was and the status is OK. */
must_use enum status mlflow_take_str(const struct mlflow_fields *fields, const char *name, str *ret_value,
                                     struct error *err);
must_use enum status mlflow_take_i64(const struct mlflow_fields *fields, const char *name, int64_t *ret_value,
                                     struct error *err);
must_use enum status mlflow_take_f64(const struct mlflow_fields *fields, const char *name, double *ret_value,
                                     struct error *err);
must_use enum status mlflow_take_bool(const struct mlflow_fields *fields, const char *name, bool *ret_value,
                                      struct error *err);

/* The index into `names` [count] of an enum's name; numbers count from `first_number`. An unknown name counts as
 * absent. */
must_use enum status mlflow_take_enum(const struct mlflow_fields *fields, const char *name, const char *const *names,
                                      size_t count, int first_number, int *ret_index, struct error *err);

/* Required fields: ERR_INVALID "Missing value for required parameter 'NAME'. ..." where one is absent; a text that is
 * empty is missing too. */
must_use enum status mlflow_need_str(const struct mlflow_fields *fields, const char *name, str *ret_value,
                                     struct error *err);
must_use enum status mlflow_need_i64(const struct mlflow_fields *fields, const char *name, int64_t *ret_value,
                                     struct error *err);
must_use enum status mlflow_need_f64(const struct mlflow_fields *fields, const char *name, double *ret_value,
                                     struct error *err);

/* The message of mlflow_need_, for callers that look at two names. */
enum status mlflow_missing(const struct mlflow_fields *fields, const char *name, struct error *err);

/* "run_id", or its old name "run_uuid". */
must_use enum status mlflow_need_run_id(const struct mlflow_fields *fields, str *ret_run_id, struct error *err);

/* An object inside: where it is absent, *ret_fields has no fields and the status is OK. */
must_use enum status mlflow_take_object(const struct mlflow_fields *fields, const char *name,
                                        struct mlflow_fields *ret_fields, struct error *err);

/* The objects of a list, none where it is absent. The array lives in the arena. */
must_use enum status mlflow_take_objects(const struct mlflow_fields *fields, const char *name,
                                         struct mlflow_fields **ret_objects, size_t *ret_count, struct error *err);

/* The texts of a list; in a query the values of all parameters of that name. */
must_use enum status mlflow_take_strs(const struct mlflow_fields *fields, const char *name, str **ret_texts,
                                      size_t *ret_count, struct error *err);

/* A list of {"key", "value"}: tags, params. The key is required; the value may be empty. */
must_use enum status mlflow_take_pairs(const struct mlflow_fields *fields, const char *name,
                                       struct registry_pair **ret_pairs, size_t *ret_count, struct error *err);

/* The fields that all searches have: `filter`, `order_by`, `max_results`, `page_token`. `page` holds the defaults. */
must_use enum status mlflow_take_page(const struct mlflow_fields *fields, struct registry_page *page,
                                      struct error *err);

/* ---- answers: between api_answer_begin and api_answer_end ---- */

/* A number, or "NaN", "Infinity", "-Infinity". */
void mlflow_write_f64(struct json_writer *json, const char *name, double value);

/* A member, left out where the text is empty. */
void mlflow_write_text(struct json_writer *json, const char *name, str value);

/* "NAME": [{"key": ..., "value": ...}]; left out where there is none. */
void mlflow_write_pairs(struct json_writer *json, const char *name, const struct registry_pair *pairs, size_t count);

/* As api_answer_end, for answers that data makes long: one that does not fit is a 400, since the clients would ask for
 * it again and again after a 429. */
must_use enum status mlflow_answer_end(struct http_request *request, struct json_writer *json, struct error *err);

/* The answer {}. */
must_use enum status mlflow_answer_nothing(struct http_request *request, struct error *err);

#endif
