#include "api/monitor_service.h"

#include <ctype.h>
#include <math.h>

#include "api/reference_cache.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/time_text.h"
#include "monitor/analysis.h"
#include "monitor/report_render.h"
#include "monitor/report_results.h"

#define REPORT_BYTES_MAX META_REPORT_BYTES_MAX
#define US_PER_DAY ((int64_t)86400 * 1000000)
#define BACKFILL_DAYS_MAX 20000

struct monitor_service {
    struct monitor_service_options options;
    struct reference_cache *cache;
};

struct monitor_service *monitor_service_new(const struct monitor_service_options *options)
{
    struct monitor_service *service = mem_must(sizeof *service);
    service->options = *options;
    service->cache = reference_cache_new(options->references, options->meta, REFERENCE_CACHE_ENTRIES,
                                         REFERENCE_CACHE_BYTES_MAX);
    return service;
}

void monitor_service_free(struct monitor_service *service)
{
    if (service == NULL)
        return;
    reference_cache_free(service->cache);
    mem_free(service);
}

void monitor_service_forget_reference(struct monitor_service *service, str model_name)
{
    reference_cache_forget(service->cache, model_name);
}

void analysis_request_init(struct analysis_request *request, const struct model_settings *model, str model_name,
                           int64_t now_us)
{
    *request = (struct analysis_request){
        .model_name = model_name,
        .last_rows = model->window_rows,
        .from_us = model->window_span_us > 0 ? now_us - model->window_span_us : INT64_MIN,
        .to_us = INT64_MAX,
        .drift_share = NAN,
        .drift_threshold = NAN,
        .minimum_rows = 1,
    };
}

/* ---- the window's rows as the reference knows them ---- */

/* Columns that say which event it was, not what was in it; they are of interest only where the reference has them. */
#define ID_COLUMN STR("prediction_id")
#define VERSION_COLUMN STR("model_version")

static enum status scan_window(struct monitor_service *service, const struct api_settings *settings,
                               const struct analysis_request *request, const struct frame *reference,
                               struct frame **ret_frame, struct error *err)
{
    struct event_window window = {
        .model_name = request->model_name,
        .model_version = request->model_version,
        .from_us = request->from_us,
        .to_us = request->to_us,
        .last_rows = request->last_rows,
        .segment_count = request->segment_count,
        .segment_names = request->segment_names,
        .segment_values = request->segment_values,
        .leaves_out_id = frame_column(reference, ID_COLUMN) == NULL,
        .leaves_out_version = frame_column(reference, VERSION_COLUMN) == NULL,
    };
    if (service->options.settle != NULL)
        service->options.settle(service->options.self);
    TRY(event_log_scan(service->options.log, &window, settings->analysis_rows_max, ret_frame, err));
    if ((*ret_frame)->rows < request->minimum_rows) {
        size_t rows = (*ret_frame)->rows;
        frame_free(*ret_frame);
        *ret_frame = NULL;
        return error_set(err, ERR_NOT_FOUND, "the window of model \"%.*s\" has %zu events, %llu are needed",
                         STR_ARG(request->model_name), rows, (unsigned long long)request->minimum_rows);
    }
    return OK;
}

/* What the event log calls a column, and what the configuration does. */
static str configured_name(const struct analysis_options *options, const struct frame *reference, str name,
                           struct arena *arena)
{
    if (str_equal(name, STR("target")) && !str_is_empty(options->target))
        return options->target;
    if (str_equal(name, STR("prediction")) && !str_is_empty(options->prediction))
        return options->prediction;
    bool may_be_class = frame_column(reference, name) == NULL;
    for (size_t i = 0; may_be_class && i < options->probabilities.count; i++) /* class "yes" is "probability_yes" there */
        if (str_has_suffix(options->probabilities.items[i], arena_printf(arena, "_%.*s", STR_ARG(name))))
            return options->probabilities.items[i];
    return name;
}

/* The frame with configured names; borrows all of it. */
static enum status view_of(const struct analysis_options *options, const struct frame *current,
                           const struct frame *reference, struct arena *arena, struct frame *ret_view, struct error *err)
{
    struct column *columns = arena_array(arena, struct column, current->column_count);
    if (columns == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu columns", current->column_count);
    *ret_view = *current;
    ret_view->columns = columns;
    for (size_t i = 0; i < current->column_count; i++) {
        columns[i] = current->columns[i];
        columns[i].name = configured_name(options, reference, columns[i].name, arena);
    }
    return OK;
}

/* ---- options ---- */

static void drop_absent_roles(struct analysis_options *options, const struct frame *reference, const struct frame *view)
{
    str *const roles[] = { &options->target, &options->prediction, &options->timestamp, &options->id };
    for (size_t i = 0; i < COUNT(roles); i++)
        if (!str_is_empty(*roles[i]) && frame_column(view, *roles[i]) == NULL && frame_column(reference, *roles[i]) == NULL)
            *roles[i] = (str){ 0 };
}

static void keep_present(struct strs *list, const struct frame *reference, const struct frame *view, struct arena *arena)
{
    struct strs kept = { 0 };
    for (size_t i = 0; i < list->count; i++)
        if (frame_column(view, list->items[i]) != NULL || frame_column(reference, list->items[i]) != NULL)
            strs_add(&kept, arena, list->items[i]);
    *list = kept;
}

static enum status choose(const struct analysis_request *request, struct analysis_options *options, struct error *err)
{
    if (!isnan(request->drift_share))
        options->drift_share = request->drift_share;
    if (!isnan(request->drift_threshold)) {
        options->all_columns.threshold = request->drift_threshold;
        options->all_columns.is_calibrated = false;
    }
    options->use_all_methods |= request->use_all_methods;
    if (str_is_empty(request->method))
        return OK;
    enum drift_method_id method = drift_method_find(request->method);
    if (method == METHOD_COUNT)
        return error_set(err, ERR_INVALID, "method: no drift method is called \"%.*s\"", STR_ARG(request->method));
    for (int type = 0; type < TYPE_COUNT; type++) /* by type: columns that it does not suit keep theirs */
        if (drift_method_takes(method, (enum column_type)type))
            options->by_type[type].method = method;
    return OK;
}

static void label(const struct monitor_service *service, const struct analysis_request *request,
                  const struct cached_reference *reference, struct arena *arena, struct report_labels *labels)
{
    labels->title = arena_printf(arena, "%.*s: production against reference %lld", STR_ARG(request->model_name),
                                 (long long)reference->version);
    labels->model_name = request->model_name;
    labels->model_version = request->model_version;
    labels->reference_version = arena_printf(arena, "%lld", (long long)reference->version);
    labels->has_window = true;
    labels->window_from_us = request->from_us == INT64_MIN ? 0 : request->from_us;
    labels->window_to_us = request->to_us == INT64_MAX ? 0 : request->to_us;
    labels->window_last = request->last_rows;
    if (request->segment_count > 0) {
        labels->segment_column = request->segment_names[0];
        labels->segment_value = request->segment_values[0];
    }
    labels->created_us = clock_read_us(service->options.clock);
}

/* ---- storing ---- */

/* First and last event time of the rows. */
static void span_of(const struct frame *frame, int64_t *ret_from_us, int64_t *ret_to_us)
{
    const struct column *times = frame_column(frame, STR("timestamp"));
    *ret_from_us = *ret_to_us = INT64_MIN;
    if (times == NULL || times->storage != STORAGE_TIME || frame->rows == 0)
        return;
    *ret_from_us = times->us[0]; /* scans are in event-time order */
    *ret_to_us = times->us[frame->rows - 1] + 1;
}

static str window_json(const struct analysis_request *request, struct arena *arena)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    struct json_writer json;
    json_writer_init(&json, &text, JSON_COMPACT);
    json_begin_object(&json);
    if (request->last_rows > 0)
        json_u64(&json, "last", request->last_rows);
    char time[TIME_TEXT_MAX];
    if (request->from_us != INT64_MIN)
        json_str(&json, "from", (str){ time, time_text_print(request->from_us, time) });
    if (request->to_us != INT64_MAX)
        json_str(&json, "to", (str){ time, time_text_print(request->to_us, time) });
    if (request->segment_count > 0) {
        json_object(&json, "segment");
        for (size_t i = 0; i < request->segment_count; i++) {
            json_write_name(&json, request->segment_names[i]);
            json_write_str(&json, request->segment_values[i]);
        }
        json_end_object(&json);
    }
    json_end_object(&json);
    str copy = json_writer_end(&json) ? arena_copy(arena, buf_str(&text)) : STR("{}");
    buf_done(&text);
    return copy;
}

static struct meta_result *stored_results(const struct report *report, struct arena *arena, size_t *ret_count)
{
    struct results results = report_results(report, arena);
    struct meta_result *stored = arena_array(arena, struct meta_result, results.count);
    *ret_count = stored == NULL ? 0 : results.count;
    for (size_t i = 0; i < *ret_count; i++) {
        const struct result *result = &results.items[i];
        bool is_of_segment = !str_is_empty(result->segment);
        stored[i] = (struct meta_result){
            .column = is_of_segment ? result->segment : result->column,
            .name = str_of(result->name),
            .method = str_of(result->method),
            .value = result->value,
            .threshold = result->threshold,
            .is_drifted = result->verdict == RESULT_DRIFTED,
        };
    }
    return stored;
}

static enum status store(struct monitor_service *service, const struct analysis_request *request,
                         const struct report *report, const struct frame *current, struct meta_analysis *analysis,
                         struct arena *arena, struct analysis_outcome *ret_outcome, struct error *err)
{
    struct buf json;
    buf_init(&json, REPORT_BYTES_MAX);
    bool fits = report_json(report, JSON_COMPACT, &json);
    ret_outcome->report_json = fits ? arena_copy(arena, buf_str(&json)) : (str){ 0 };
    buf_done(&json);
    if (!fits)
        return error_set(err, ERR_LIMIT, "the report is longer than %zu bytes", REPORT_BYTES_MAX);

    size_t count = 0;
    struct meta_result *results = stored_results(report, arena, &count);
    analysis->model_name = request->model_name;
    analysis->model_version = request->model_version;
    analysis->created_us = report->labels.created_us;
    analysis->window_json = window_json(request, arena);
    analysis->reference_rows = report->reference_table.rows;
    analysis->current_rows = report->current_table.rows;
    analysis->verdict = str_of(report_verdict_name(report->verdict));
    analysis->is_drifted = report->dataset_drift.is_drifted;
    analysis->verdict = str_of(report_verdict_name(report->verdict));
    analysis->drift_share = report->dataset_drift.share;
    analysis->drifted_columns = (uint32_t)report->dataset_drift.drifted;
    analysis->evaluated_columns = (uint32_t)report->dataset_drift.evaluated;
    span_of(current, &analysis->from_us, &analysis->to_us);
    TRY(meta_analysis_add(service->options.meta, analysis, results, count, ret_outcome->report_json, &analysis->id, err));
    ret_outcome->id = analysis->id;
    ret_outcome->is_drifted = analysis->is_drifted;
    ret_outcome->report_name = report_name_print(analysis, arena);
    return OK;
}

/* ---- the run ---- */

static enum status compare(struct monitor_service *service, const struct api_settings *settings,
                           const struct analysis_request *request, struct cached_reference *reference,
                           struct arena *arena, struct analysis_outcome *ret_outcome, struct error *err)
{
    CLEANUP(frame_free_slot) struct frame *current = NULL;
    CLEANUP(report_free_slot) struct report *report = NULL;
    int64_t started_ns = clock_monotonic_ns();
    TRY(scan_window(service, settings, request, reference->frame, &current, err));

    struct analysis_options options = api_settings_model(settings, request->model_name)->options;
    struct frame view;
    TRY(choose(request, &options, err));
    TRY(view_of(&options, current, reference->frame, arena, &view, err));
    drop_absent_roles(&options, reference->frame, &view);
    keep_present(&options.probabilities, reference->frame, &view, arena);
    keep_present(&options.segments, reference->frame, &view, arena);
    label(service, request, reference, arena, &options.labels);
    options.labels.read_ms = (double)(clock_monotonic_ns() - started_ns) / 1e6;
    options.reference_profile = reference->profile;
    TRY(analysis_run(&options, reference->frame, &view, service->options.pool, &report, err));

    struct meta_analysis analysis = { .reference_version = reference->version };
    return store(service, request, report, current, &analysis, arena, ret_outcome, err);
}

enum status monitor_service_analyze(struct monitor_service *service, const struct api_settings *settings,
                                    const struct analysis_request *request, struct arena *arena,
                                    struct analysis_outcome *ret_outcome, struct error *err)
{
    int64_t started_ns = clock_monotonic_ns();
    struct cached_reference *reference = NULL;
    const struct model_settings *model = api_settings_model(settings, request->model_name);
    enum status status = reference_cache_get(service->cache, &model->options, request->model_name,
                                             request->reference_version, service->options.pool, &reference, err);
    if (status == OK)
        status = compare(service, settings, request, reference, arena, ret_outcome, err);
    reference_cache_release(service->cache, reference);
    mem_trim(); /* a window may be hundreds of megabytes, and the next one an hour away */
    if (service->options.on_run != NULL)
        service->options.on_run(service->options.self, request->model_name, status,
                                (double)(clock_monotonic_ns() - started_ns) / 1e9);
    return status;
}

/* ---- the past ---- */

/* Open bounds become those of the model's events. */
static enum status bound_by_events(struct monitor_service *service, str model_name, int64_t *from_us, int64_t *to_us,
                                   struct error *err)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct event_model *models = NULL;
    size_t count = 0, i = 0;
    enum status status = event_log_models(service->options.log, &arena, &models, &count, err);
    while (status == OK && i < count && !str_equal(models[i].name, model_name))
        i++;
    if (status == OK && (i == count || models[i].first_us == INT64_MIN))
        status = error_set(err, ERR_NOT_FOUND, "model \"%.*s\" has no events", STR_ARG(model_name));
    if (status == OK) {
        *from_us = MAX_OF(*from_us, models[i].first_us);
        *to_us = MIN_OF(*to_us, models[i].last_us + 1);
    }
    arena_done(&arena);
    return status;
}

static int64_t day_of(int64_t time_us)
{
    return time_us >= 0 ? time_us / US_PER_DAY : -((-time_us + US_PER_DAY - 1) / US_PER_DAY);
}

/* Adds the day to `outcome`. */
static enum status analyze_day(struct monitor_service *service, const struct api_settings *settings, str model_name,
                               int64_t day, struct backfill_outcome *outcome, struct error *err)
{
    const struct model_settings *model = api_settings_model(settings, model_name);
    struct event_window window = { .model_name = model_name, .from_us = day * US_PER_DAY,
                                   .to_us = (day + 1) * US_PER_DAY };
    uint64_t rows = 0;
    TRY(event_log_count(service->options.log, &window, &rows, err));
    if (rows < model->minimum_rows) {
        outcome->days_left_out += rows > 0;
        outcome->rows_left_out += rows;
        return OK;
    }
    struct arena arena;
    arena_init(&arena, 0);
    struct analysis_request request;
    struct analysis_outcome analysis;
    analysis_request_init(&request, model, model_name, 0);
    request.last_rows = 0;
    request.from_us = window.from_us;
    request.to_us = window.to_us;
    enum status status = monitor_service_analyze(service, settings, &request, &arena, &analysis, err);
    arena_done(&arena);
    outcome->analyses += status == OK;
    return status;
}

enum status monitor_service_backfill(struct monitor_service *service, const struct api_settings *settings,
                                     str model_name, int64_t from_us, int64_t to_us,
                                     struct backfill_outcome *ret_outcome, struct error *err)
{
    struct backfill_outcome outcome = { .minimum_rows = api_settings_model(settings, model_name)->minimum_rows };
    TRY(bound_by_events(service, model_name, &from_us, &to_us, err));
    int64_t first = day_of(from_us), end = day_of(to_us - 1) + 1;
    if (end - first > BACKFILL_DAYS_MAX)
        return error_set(err, ERR_LIMIT, "%lld days at once; give from and to", (long long)(end - first));
    for (int64_t day = first; day < end; day++)
        TRY(analyze_day(service, settings, model_name, day, &outcome, err));
    *ret_outcome = outcome;
    return OK;
}

/* ---- names of reports ---- */

str report_name_print(const struct meta_analysis *analysis, struct arena *arena)
{
    char *slug = (char *)(uintptr_t)arena_copy(arena, analysis->model_name).data; /* our own copy */
    for (size_t i = 0; i < analysis->model_name.size; i++)
        if (!isalnum((unsigned char)slug[i]) && slug[i] != '.' && slug[i] != '_')
            slug[i] = '-'; /* the name stands in URLs and file names */
    char time[TIME_TEXT_MAX], compact[TIME_TEXT_MAX];
    size_t size = time_text_print(analysis->created_us - analysis->created_us % 1000000, time), kept = 0;
    for (size_t i = 0; i < size; i++)
        if (time[i] != '-' && time[i] != ':')
            compact[kept++] = time[i];
    return arena_printf(arena, "%s-%.*s-%lld", slug, (int)kept, compact, (long long)analysis->id);
}

bool report_name_parse(str name, int64_t *ret_id)
{
    size_t dash = name.size;
    while (dash > 0 && name.data[dash - 1] != '-')
        dash--;
    str digits = str_slice(name, dash, name.size);
    return !str_is_empty(digits) && digits.data[0] != '+' && number_parse_i64(digits, ret_id) && *ret_id > 0;
}
