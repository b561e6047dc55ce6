#include "serve/canary.h"

#include <stdio.h>

const char *canary_phase_name(enum canary_phase phase)
{
    switch (phase) {
    case CANARY_WAITING:
        return "waiting";
    case CANARY_STEPPING:
        return "stepping";
    case CANARY_DONE:
        return "done";
    case CANARY_ROLLED_BACK:
    case CANARY_PHASE_COUNT:
        break;
    }
    return "rolled_back";
}

static void begin_step(struct canary *canary, size_t step, const struct canary_sample *sample, int64_t now_ms)
{
    canary->step = step;
    canary->step_started_ms = now_ms;
    canary->requests_before = sample->requests;
    canary->errors_before = sample->errors;
}

static bool is_too_bad(struct canary *canary, const struct canary_config *config, const struct canary_sample *sample)
{
    double requests = (double)(sample->requests - canary->requests_before);
    double rate = (double)(sample->errors - canary->errors_before) / requests;
    if (rate > config->error_rate_max) { /* false where there is no limit: it is NaN then */
        (void)snprintf(canary->reason, sizeof canary->reason, "error rate %.4g is above %.4g at %.4g %%", rate,
                       config->error_rate_max, config->steps[canary->step]);
        return true;
    }
    if (sample->latency_p99_ms > config->latency_p99_max_ms) {
        (void)snprintf(canary->reason, sizeof canary->reason, "latency p99 %.4g ms is above %.4g ms at %.4g %%",
                       sample->latency_p99_ms, config->latency_p99_max_ms, config->steps[canary->step]);
        return true;
    }
    return false;
}

static bool step_on(struct canary *canary, const struct canary_config *config, const struct canary_sample *sample,
                    int64_t now_ms)
{
    if (sample->requests - canary->requests_before < (uint64_t)config->requests_min)
        return false; /* too few to judge: neither on nor back */
    if (is_too_bad(canary, config, sample)) {
        canary->phase = CANARY_ROLLED_BACK;
        canary->rollbacks++;
        return true;
    }
    if (canary->phase == CANARY_DONE || now_ms - canary->step_started_ms < config->every_ms)
        return false;
    if (canary->step + 1 == config->step_count)
        canary->phase = CANARY_DONE;
    else
        begin_step(canary, canary->step + 1, sample, now_ms);
    return true;
}

bool canary_tick(struct canary *canary, const struct canary_config *config, const struct canary_sample *sample,
                 int64_t now_ms)
{
    if (sample->loaded_us == 0) { /* its requests go to the model's own version until it is there again */
        bool is_change = canary->phase != CANARY_WAITING;
        canary->phase = CANARY_WAITING;
        canary->version_loaded_us = 0;
        return is_change;
    }
    if (canary->version_loaded_us != sample->loaded_us) {
        canary->version_loaded_us = sample->loaded_us;
        canary->phase = CANARY_STEPPING;
        begin_step(canary, 0, sample, now_ms);
        return true;
    }
    return canary->phase != CANARY_ROLLED_BACK && step_on(canary, config, sample, now_ms);
}

double canary_share(const struct canary *canary, const struct canary_config *config)
{
    bool gets_requests = canary->phase == CANARY_STEPPING || canary->phase == CANARY_DONE;
    return gets_requests ? config->steps[canary->step] : 0;
}
