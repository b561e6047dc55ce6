/* POST /invocations, GET /ping - what `mlflow models serve` answers, in its words. */
#include <math.h>

#include "api/predict_call.h"
#include "serve/scoring_input.h"

static enum status read_body(struct predict_call *call, struct error *err)
{
    str type = http_request_media_type(call->request), body = call->request->body;
    call->rows.is_lenient = true;
    if (str_is_empty(type) || str_equal_ignoring_case(type, STR("application/json")))
        TRY(scoring_input_json(&call->rows, body));
    else if (str_equal_ignoring_case(type, STR("text/csv")))
        TRY(scoring_input_csv(&call->rows, body));
    else {
        call->request->response->status_code = 415;
        return error_set(err, ERR_INVALID, "This predictor only supports the following content types: application/json, "
                                           "text/csv. Got '%.*s'.", STR_ARG(type));
    }
    return call->rows.rows > 0 ? OK : error_set(err, ERR_INVALID, "there are no rows");
}

/* A Booster's own predict gives probabilities: of the positive class for two, a list for more. */
static void write_scores(struct json_writer *json, const struct predict_call *call, size_t row)
{
    const struct runtime_answer *answer = &call->answer;
    const double *shares = answer->probabilities + row * answer->class_count;
    if (answer->class_count == 2) {
        json_write_f64(json, shares[1]);
        return;
    }
    json_begin_array(json);
    for (size_t i = 0; i < answer->class_count; i++)
        json_write_f64(json, shares[i]);
    json_end_array(json);
}

static enum status write_answer(struct predict_call *call, struct error *err)
{
    bool has_scores = call->choice.version->runtime->info.gives_scores && call->answer.probabilities != NULL;
    struct json_writer json;
    api_answer_begin(call->request, &json);
    json_array(&json, "predictions");
    for (size_t row = 0; row < call->rows.rows; row++)
        if (has_scores)
            write_scores(&json, call, row);
        else
            predict_call_write_value(&json, call, row);
    json_end_array(&json);
    return api_answer_end(&json, err);
}

/* {"error_code": ..., "message": ...}, and 400 where others say 422. */
static void refuse(struct http_request *request, enum status status, const struct error *err)
{
    char text[sizeof err->cause + sizeof err->context + 3];
    struct http_response *response = request->response;
    struct json_writer json;
    int code = response->status_code >= 400 ? response->status_code : http_code_of(status);
    buf_clear(&response->body);
    response->status_code = code == 422 ? 400 : code;
    api_answer_begin(request, &json);
    json_text(&json, "error_code", status == ERR_INVALID ? "BAD_REQUEST" : status == ERR_NOT_FOUND ? "RESOURCE_DOES_NOT_EXIST"
                                   : status == ERR_UNAVAILABLE ? "TEMPORARILY_UNAVAILABLE" : "INTERNAL_ERROR");
    json_text(&json, "message", error_text(err, text, sizeof text));
    json_end_object(&json);
    if (!json_writer_end(&json))
        buf_clear(&response->body); /* no memory left: the code alone has to do */
}

static const struct predict_protocol protocol = { .read = read_body, .write = write_answer, .refuse = refuse };

static enum status post_invocations(void *self, struct http_request *request, struct error *err)
{
    return predict_call_run(self, request, &protocol, err);
}

static enum status get_ping(void *self, struct http_request *request, struct error *err)
{
    (void)err;
    struct api *api = self;
    struct served_model *model = model_set_default(api->serving);
    struct model_choice choice = { 0 };
    if (model != NULL)
        choice = model_set_choose_own(model);
    request->response->status_code = choice.version != NULL ? 200 : 404;
    model_set_release(&choice);
    request->response->content_type = "text/plain";
    buf_append(&request->response->body, STR("\n"));
    return OK;
}

static const struct api_about about = {
    .tag = "MLflow scoring",
    .body = "{\"type\":\"object\",\"description\":\"Exactly one of the four.\",\"properties\":{"
            "\"dataframe_split\":{\"type\":\"object\"},\"dataframe_records\":{\"type\":\"array\"},"
            "\"instances\":{\"type\":\"array\"},\"inputs\":{}}}",
    .example = "{\"dataframe_split\":{\"columns\":[\"alcohol\",\"malic_acid\"],\"data\":[[13.64,3.1]]}}",
    .answer = "{\"type\":\"object\",\"properties\":{\"predictions\":{\"type\":\"array\"}}}",
};
static const struct api_about about_ping = { .tag = "MLflow scoring", .answer_type = "text/plain" };

const struct http_route invocations_routes[] = {
    { "POST", "/invocations", post_invocations, HTTP_ROUTE_DEFERS, "Ask the served model as MLflow's scoring server is asked.",
      &about },
    { "POST", "/models/{name}/invocations", post_invocations, HTTP_ROUTE_DEFERS, "The same of this model.", &about },
    { "POST", "/models/{name}/versions/{version}/invocations", post_invocations, HTTP_ROUTE_DEFERS,
      "The same of a certain version.", &about },
    { "GET", "/ping", get_ping, HTTP_ROUTE_QUICK, "200 when a model is served, else 404.", &about_ping },
    { 0 },
};
