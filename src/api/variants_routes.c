/* GET /api/kedge/models/{name}/variants - a traffic split: who gets which share, what each did, how they differ. */
#include <math.h>

#include "api/predict_call.h"
#include "serve/split_compare.h"

static void write_number(struct json_writer *json, const char *name, double value)
{
    if (isfinite(value))
        json_f64(json, name, value);
    else
        json_null(json, name);
}

static void write_follows(struct json_writer *json, const struct split_variant_config *config)
{
    static const char *const names[] = { [PICK_VERSION] = "version", [PICK_STAGE] = "stage", [PICK_ALIAS] = "alias",
                                         [PICK_NEWEST] = "newest" };
    json_object(json, "follows");
    if (!str_is_empty(config->path))
        json_str(json, "path", config->path);
    else if (!config->is_own)
        json_str(json, names[config->pick], config->value);
    json_end_object(json);
}

static void write_tally(struct json_writer *json, const struct tally_facts *tally)
{
    static const struct {
        const char *name;
        double share;
    } quantiles[] = { { "p50", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 } };
    json_u64(json, "requests", tally->requests);
    json_u64(json, "errors", tally->errors);
    write_number(json, "error_rate", tally->requests > 0 ? (double)tally->errors / (double)tally->requests : (double)NAN);
    json_u64(json, "predictions", tally->predictions);
    write_number(json, "mean_prediction", tally->numbers > 0 ? tally->mean : (double)NAN);
    json_object(json, "latency_ms");
    for (size_t i = 0; i < COUNT(quantiles); i++)
        write_number(json, quantiles[i].name, tally_latency_ms(tally, quantiles[i].share));
    json_end_object(json);
}

static void write_evidence(struct json_writer *json, const char *name, const struct stats_sequential *evidence)
{
    json_object(json, name);
    write_number(json, "difference", evidence->difference);
    write_number(json, "low", evidence->low);
    write_number(json, "high", evidence->high);
    write_number(json, "p_value", evidence->p);
    json_end_object(json);
}

static void write_variant(struct json_writer *json, const struct variant_facts *facts, const struct variant_facts *baseline)
{
    json_begin_object(json);
    json_str(json, "name", facts->config->name);
    json_text(json, "mode", facts->config->mode == SPLIT_SHADOW ? "shadow" : "answer");
    json_f64(json, "share", facts->share);
    write_follows(json, facts->config);
    json_bool(json, "loaded", facts->is_loaded);
    if (facts->tally.loaded_us != 0)
        json_str(json, "model_version", str_of(facts->tally.version));
    else
        json_null(json, "model_version"); /* has not answered yet */
    write_tally(json, &facts->tally);
    if (facts != baseline) {
        struct split_comparison comparison;
        split_compare(&baseline->tally, &facts->tally, &comparison);
        json_object(json, "comparison");
        json_str(json, "baseline", baseline->config->name);
        if (comparison.has_errors)
            write_evidence(json, "error_rate", &comparison.errors);
        if (comparison.has_predictions)
            write_evidence(json, "mean_prediction", &comparison.predictions);
        json_end_object(json);
    }
    json_end_object(json);
}

static void write_canary(struct json_writer *json, const struct split_facts *facts)
{
    const struct canary_config *config = &facts->split->config.canary;
    if (config->step_count == 0) {
        json_null(json, "canary");
        return;
    }
    json_object(json, "canary");
    json_text(json, "phase", canary_phase_name(facts->canary.phase));
    json_f64(json, "share", canary_share(&facts->canary, config) / 100);
    json_array(json, "steps");
    for (size_t i = 0; i < config->step_count; i++)
        json_write_f64(json, config->steps[i]);
    json_end_array(json);
    json_u64(json, "rollbacks", facts->canary.rollbacks);
    json_text(json, "reason", facts->canary.rollbacks > 0 ? facts->canary.reason : NULL);
    json_end_object(json);
}

/* What the others are compared with: the model's own version, else the first that answers. */
static const struct variant_facts *baseline_of(const struct split_facts *facts)
{
    for (size_t i = 0; i < facts->count; i++)
        if (facts->variants[i].config->is_own)
            return &facts->variants[i];
    for (size_t i = 0; i < facts->count; i++)
        if (facts->variants[i].config->mode == SPLIT_ANSWERS)
            return &facts->variants[i];
    return &facts->variants[0];
}

static enum status get_variants(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct served_model *model = NULL;
    struct split_facts *facts = arena_new(request->arena, struct split_facts);
    TRY(predict_call_find(api, api_path_model(request), &model, err));
    model_set_variants(model, facts);
    struct json_writer json;
    api_answer_begin(request, &json);
    json_str(&json, "model_name", model_set_name(model));
    json_array(&json, "variants");
    for (size_t i = 0; i < facts->count; i++)
        write_variant(&json, &facts->variants[i], baseline_of(facts));
    json_end_array(&json);
    if (facts->split != NULL) {
        json_str(&json, "sticky_key", facts->split->config.sticky_key);
        write_canary(&json, facts);
    }
    return api_answer_end(&json, err);
}

static const struct api_about about = {
    .tag = "Predict",
    .answer = "{\"type\":\"object\",\"properties\":{\"model_name\":{\"type\":\"string\"},"
              "\"variants\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},"
              "\"mode\":{\"type\":\"string\",\"enum\":[\"answer\",\"shadow\"]},\"share\":{\"type\":\"number\"},"
              "\"follows\":{\"type\":\"object\"},\"loaded\":{\"type\":\"boolean\"},"
              "\"model_version\":{\"type\":[\"string\",\"null\"]},\"requests\":{\"type\":\"integer\"},"
              "\"errors\":{\"type\":\"integer\"},\"error_rate\":{\"type\":[\"number\",\"null\"]},"
              "\"predictions\":{\"type\":\"integer\"},\"mean_prediction\":{\"type\":[\"number\",\"null\"]},"
              "\"latency_ms\":{\"type\":\"object\"},\"comparison\":{\"type\":\"object\",\"description\":"
              "\"Against the baseline: differences, intervals and p-values that may be looked at at any time.\"}}}},"
              "\"sticky_key\":{\"type\":\"string\"},\"canary\":{\"type\":[\"object\",\"null\"]}}}",
};

const struct http_route variants_routes[] = {
    { "GET", "/api/kedge/models/{name}/variants", get_variants, HTTP_ROUTE_QUICK,
      "The variants of a served model's traffic split: shares, counts, and how they differ.", &about },
    { 0 },
};
