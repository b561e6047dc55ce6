#include "api/scheduler.h"

#include "base/log.h"
#include "base/mem.h"

#define US_PER_S ((int64_t)1000000)
#define UPKEEP_EVERY_US (3600 * US_PER_S)

struct scheduler {
    struct api *api;
    pthread_t thread;
    pthread_mutex_t lock; /* is_stopping */
    pthread_cond_t stopping;
    bool is_stopping;
};

static void run(struct api *api, const struct api_settings *settings, const struct model_settings *model, str name,
                int64_t now_us)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct analysis_request request;
    struct analysis_outcome outcome;
    struct error err = { 0 };
    analysis_request_init(&request, model, name, now_us);
    request.minimum_rows = model->minimum_rows;
    enum status status = monitor_service_analyze(api->monitor, settings, &request, &arena, &outcome, &err);
    if (status == OK)
        LOG_INFO("scheduled analysis", log_str("model", name), log_i64("analysis", outcome.id),
                 log_bool("drifted", outcome.is_drifted), log_str("report", outcome.report_name));
    else if (status == ERR_NOT_FOUND)
        LOG_INFO("scheduled analysis left out", log_str("model", name), log_error(&err));
    else
        LOG_ERROR("scheduled analysis failed", log_str("model", name), log_error(&err));
    arena_done(&arena);
}

/* Whether the model was due; it is then noted as run before it runs, so that a crash does not repeat it for ever. */
static enum status take_turn(struct api *api, const struct model_settings *model, const struct model_facts *facts,
                             int64_t started_us, int64_t now_us, bool *ret_is_due, struct error *err)
{
    struct meta_schedule stored = { 0 };
    TRY(meta_schedule_get(api->options.meta, facts->name, &stored, err));
    uint64_t last_rows = stored.last_rows > facts->events ? 0 : stored.last_rows; /* deleted events count anew */
    struct schedule_state state = {
        .started_us = started_us,
        .last_run_us = stored.last_run_us == 0 ? INT64_MIN : stored.last_run_us,
        .rows_since = facts->events - last_rows,
    };
    *ret_is_due = schedule_is_due(&model->schedule, &state, now_us);
    if (!*ret_is_due)
        return OK;
    stored.last_run_us = now_us;
    stored.last_rows = facts->events;
    return meta_schedule_put(api->options.meta, facts->name, &stored, err);
}

size_t scheduler_look(struct api *api, int64_t started_us, int64_t now_us)
{
    CLEANUP(api_settings_unref_slot) struct api_settings *settings = api_settings_now(api);
    struct arena arena;
    arena_init(&arena, 0);
    struct model_facts *models = NULL;
    size_t count = 0, runs = 0;
    struct error err = { 0 };
    if (model_table_list(api->models, &arena, &models, &count, &err) != OK)
        LOG_ERROR("schedules can't be looked at", log_error(&err));
    for (size_t i = 0; i < count; i++) {
        const struct model_settings *model = api_settings_model(settings, models[i].name);
        bool is_due = false;
        struct error failure = { 0 };
        if (model->schedule.kind == SCHEDULE_NONE)
            continue;
        if (take_turn(api, model, &models[i], started_us, now_us, &is_due, &failure) != OK)
            LOG_ERROR("a schedule can't be kept", log_str("model", models[i].name), log_error(&failure));
        else if (is_due) {
            run(api, settings, model, models[i].name, now_us);
            runs++;
        }
    }
    arena_done(&arena);
    return runs;
}

/* Whether more is to be done soon. */
static bool keep_tidy(struct api *api, int64_t now_us)
{
    CLEANUP(api_settings_unref_slot) struct api_settings *settings = api_settings_now(api);
    struct error err = { 0 };
    uint64_t dropped = 0;
    bool has_more = false;
    if (event_log_maintain(api->options.log, now_us, &has_more, &err) != OK)
        LOG_ERROR("upkeep of the event log failed", log_error(&err));
    error_clear(&err);
    if (settings->result_retention_us > 0 &&
        meta_drop_before(api->options.meta, now_us - settings->result_retention_us, &dropped, &err) != OK)
        LOG_ERROR("upkeep of the results failed", log_error(&err));
    if (dropped > 0)
        LOG_INFO("old analyses dropped", log_u64("analyses", dropped));
    return has_more;
}

/* Sleeps a second; false when it is time to stop. */
static bool wait_a_second(struct scheduler *scheduler)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += 1;
    pthread_mutex_lock(&scheduler->lock);
    while (!scheduler->is_stopping && pthread_cond_timedwait(&scheduler->stopping, &scheduler->lock, &until) == 0)
        ;
    bool goes_on = !scheduler->is_stopping;
    pthread_mutex_unlock(&scheduler->lock);
    return goes_on;
}

static void *keep_time(void *argument)
{
    struct scheduler *scheduler = argument;
    struct api *api = scheduler->api;
    int64_t tidied_us = INT64_MIN;
    while (wait_a_second(scheduler)) {
        int64_t now_us = clock_read_us(api->options.clock);
        scheduler_look(api, api->started_us, now_us);
        if (tidied_us == INT64_MIN || now_us - tidied_us >= UPKEEP_EVERY_US)
            tidied_us = keep_tidy(api, now_us) ? INT64_MIN : now_us;
    }
    return NULL;
}

struct scheduler *scheduler_start(struct api *api)
{
    struct scheduler *scheduler = mem_must(sizeof *scheduler);
    scheduler->api = api;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&scheduler->lock, NULL);
    pthread_cond_init(&scheduler->stopping, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&scheduler->thread, NULL, keep_time, scheduler) != 0)
        abort(); /* happens at start or never */
    (void)pthread_setname_np(scheduler->thread, "clock"); /* for people with a debugger */
    return scheduler;
}

void scheduler_stop(struct scheduler *scheduler)
{
    if (scheduler == NULL)
        return;
    pthread_mutex_lock(&scheduler->lock);
    scheduler->is_stopping = true;
    pthread_cond_signal(&scheduler->stopping);
    pthread_mutex_unlock(&scheduler->lock);
    pthread_join(scheduler->thread, NULL);
    pthread_cond_destroy(&scheduler->stopping);
    pthread_mutex_destroy(&scheduler->lock);
    mem_free(scheduler);
}
