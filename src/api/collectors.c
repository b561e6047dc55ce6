/* Figures that live elsewhere and are read at each scrape: the last analysis of every model, the models that are
 * there, the event log's counters, the process and its machine.
 *
 * Reading the stored analyses anew costs one indexed query a model, and makes the figures of /metrics, of
 * `kedge export` and after a restart the same by construction. */
#include <math.h>

#include "api/api_internal.h"
#include "metrics/process.h"
#include "monitor/report_results.h"

/* ---- the last analysis of each model ---- */

enum stored_kind { OF_DRIFT = 1, OF_MODEL = 2 };

struct families {
    struct metric_snapshot_family *detected, *share, *drifted_count, *evaluated_count, *score, *feature_drift,
        *missing, *accuracy, *quality, *threshold, *rows, *time;
};

/* One walk over the models. */
struct walk {
    struct meta *meta;
    const struct api_settings *settings;
    struct families families;
    struct arena *arena;
};

static enum status make_families(struct metric_snapshot *snapshot, unsigned kinds, struct families *families,
                                 struct error *err)
{
    const struct {
        unsigned kind;
        const char *name, *help, *unit;
        struct metric_snapshot_family **family;
    } table[] = {
        { OF_DRIFT, "evidently_data_drift_detected", "1 where the last analysis found the data set drifted.", NULL,
          &families->detected },
        { OF_DRIFT, "evidently_drift_score", "Share of drifted columns in the last analysis.", NULL, &families->share },
        { OF_DRIFT, "evidently_drifted_features_count", "Drifted columns in the last analysis.", NULL,
          &families->drifted_count },
        { OF_DRIFT, "kedge_evaluated_features", "Columns that the last analysis could test for drift.", NULL,
          &families->evaluated_count },
        { OF_DRIFT, "drift_score", "Drift score of a column in the last analysis, by its method.", NULL, &families->score },
        { OF_DRIFT, "kedge_drift_threshold", "Threshold of a column's drift score.", NULL, &families->threshold },
        { OF_DRIFT, "evidently_feature_drift", "1 where a column drifted in the last analysis.", NULL,
          &families->feature_drift },
        { OF_DRIFT, "evidently_missing_values_ratio", "Share of missing values of a column in the last window.", NULL,
          &families->missing },
        { OF_DRIFT, "kedge_analysis_rows", "Events in the last analysis.", NULL, &families->rows },
        { OF_DRIFT, "kedge_analysis_timestamp_seconds", "When the last analysis was made.", "seconds", &families->time },
        { OF_MODEL, "model_accuracy", "Accuracy of the model in the last analysis.", NULL, &families->accuracy },
        { OF_MODEL, "kedge_model_quality", "A figure of model quality in the last analysis.", NULL, &families->quality },
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        *table[i].family = NULL;
        if ((table[i].kind & kinds) != 0)
            TRY(metric_snapshot_family(snapshot, METRIC_GAUGE, table[i].name, table[i].help, table[i].unit,
                                       table[i].family, err));
    }
    return OK;
}

/* Adds where the family is wanted; NaN stands for "could not be computed" and is left out. */
static enum status add(struct metric_snapshot_family *family, str model_name, const char *label, str value_of_label,
                       str method, double value, struct error *err)
{
    if (family == NULL || isnan(value))
        return OK;
    struct metric_label labels[] = { { STR("model_name"), model_name },
                                     { str_of(label), value_of_label },
                                     { STR("method"), method } };
    size_t count = label == NULL ? 1 : str_is_empty(method) ? 2 : 3;
    return metric_snapshot_add(family, labels, count, value, err);
}

static bool is_wanted(const struct strs *figures, str name)
{
    for (size_t i = 0; i < figures->count; i++)
        if (str_equal(figures->items[i], name))
            return true;
    return figures->count == 0;
}

static enum status add_figure(const struct walk *walk, str model_name, const struct meta_result *result,
                              struct error *err)
{
    const str none = { 0 };
    if (!is_wanted(&api_settings_model(walk->settings, model_name)->figures, result->name))
        return OK;
    if (str_equal(result->name, STR("accuracy")))
        TRY(add(walk->families.accuracy, model_name, NULL, none, none, result->value, err));
    return add(walk->families.quality, model_name, "metric", result->name, none, result->value, err);
}

static enum status add_result(const struct walk *walk, str model_name, const struct meta_result *result,
                              struct error *err)
{
    const struct families *families = &walk->families;
    const str none = { 0 };
    if (str_equal(result->name, STR("drift_score"))) {
        TRY(add(families->score, model_name, "feature_name", result->column, result->method, result->value, err));
        TRY(add(families->threshold, model_name, "feature_name", result->column, result->method, result->threshold, err));
        double flag = isnan(result->value) ? NAN : result->is_drifted;
        return add(families->feature_drift, model_name, "feature_name", result->column, none, flag, err);
    }
    if (str_equal(result->name, STR("missing_share")) && !str_is_empty(result->column))
        return add(families->missing, model_name, "feature_name", result->column, none, result->value, err);
    bool is_of_all = str_is_empty(result->column); /* else of a segment */
    return is_of_all && result_is_figure(result->name) ? add_figure(walk, model_name, result, err) : OK;
}

static enum status collect_model(const struct walk *walk, str model_name, struct error *err)
{
    const struct families *families = &walk->families;
    const str none = { 0 };
    struct meta_analysis analysis;
    struct error absent = { 0 };
    enum status status = meta_analysis_latest(walk->meta, model_name, walk->arena, &analysis, &absent);
    if (status == ERR_NOT_FOUND)
        return OK; /* never analysed */
    if (status != OK)
        return error_set(err, status, "%s", absent.cause);
    TRY(add(families->detected, model_name, NULL, none, none, analysis.is_drifted, err));
    TRY(add(families->share, model_name, NULL, none, none, analysis.drift_share, err));
    TRY(add(families->drifted_count, model_name, NULL, none, none, analysis.drifted_columns, err));
    TRY(add(families->evaluated_count, model_name, NULL, none, none, analysis.evaluated_columns, err));
    TRY(add(families->rows, model_name, NULL, none, none, (double)analysis.current_rows, err));
    TRY(add(families->time, model_name, NULL, none, none, (double)analysis.created_us / 1e6, err));
    struct meta_result *results = NULL;
    size_t count = 0;
    TRY(meta_analysis_results(walk->meta, analysis.id, walk->arena, &results, &count, err));
    for (size_t i = 0; i < count; i++)
        TRY(add_result(walk, model_name, &results[i], err));
    return OK;
}

/* Only a model with a reference can have been analysed. */
static enum status collect_analyses(struct walk *walk, unsigned kinds, struct metric_snapshot *snapshot,
                                    struct error *err)
{
    struct meta_reference *references = NULL;
    size_t count = 0;
    TRY(make_families(snapshot, kinds, &walk->families, err));
    TRY(meta_reference_list(walk->meta, (str){ 0 }, walk->arena, &references, &count, err));
    for (size_t i = 0; i < count; i++)
        if (i == 0 || !str_equal(references[i].model_name, references[i - 1].model_name))
            TRY(collect_model(walk, references[i].model_name, err));
    return OK;
}

enum status api_collect_stored(struct meta *meta, const struct api_settings *settings, const char *which,
                               struct metric_snapshot *snapshot, struct error *err)
{
    unsigned kinds = strcmp(which, "drift") == 0 ? OF_DRIFT : strcmp(which, "model") == 0 ? OF_MODEL : OF_DRIFT | OF_MODEL;
    struct arena arena;
    arena_init(&arena, 0);
    struct walk walk = { .meta = meta, .settings = settings, .arena = &arena };
    enum status status = collect_analyses(&walk, kinds, snapshot, err);
    arena_done(&arena);
    return status;
}

static enum status collect_stored(void *context, struct metric_snapshot *snapshot, struct error *err)
{
    struct api *api = context;
    CLEANUP(api_settings_unref_slot) struct api_settings *settings = api_settings_now(api);
    return api_collect_stored(api->options.meta, settings, "all", snapshot, err);
}

/* ---- models ---- */

static bool is_loaded(const struct served_model_facts *served, size_t count, str name)
{
    for (size_t i = 0; i < count; i++)
        if (served[i].is_loaded && str_equal(served[i].name, name))
            return true;
    return false;
}

static enum status add_model(struct metric_snapshot_family *loaded, struct metric_snapshot_family *version, str name,
                             str version_name, bool is_there, struct error *err)
{
    struct metric_label labels[] = { { STR("model_name"), name }, { STR("version"), version_name } };
    TRY(metric_snapshot_add(loaded, labels, 1, is_there, err));
    return str_is_empty(version_name) ? OK : metric_snapshot_add(version, labels, 2, 1, err);
}

static enum status collect_models(void *context, struct metric_snapshot *snapshot, struct error *err)
{
    struct api *api = context;
    struct metric_snapshot_family *loaded, *version;
    TRY(metric_snapshot_family(snapshot, METRIC_GAUGE, "model_loaded",
                               "1 where the model answers here; of models that are only monitored, where they have a reference.",
                               NULL, &loaded, err));
    TRY(metric_snapshot_family(snapshot, METRIC_GAUGE, "model_version_info",
                               "Version that answers here, else that of the model's newest events.", NULL, &version, err));
    struct model_facts *models = NULL;
    struct served_model_facts *served = NULL;
    size_t count = 0, served_count = 0;
    TRY(model_table_list(api->models, &snapshot->arena, &models, &count, err));
    TRY(model_set_list(api->serving, &snapshot->arena, &served, &served_count, err));
    for (size_t i = 0; i < served_count; i++)
        if (served[i].is_loaded)
            TRY(add_model(loaded, version, served[i].name, served[i].location.version, true, err));
    for (size_t i = 0; i < count; i++)
        if (!is_loaded(served, served_count, models[i].name))
            TRY(add_model(loaded, version, models[i].name, models[i].version, models[i].has_reference, err));
    return OK;
}

/* ---- the event log ---- */

static enum status collect_log(void *context, struct metric_snapshot *snapshot, struct error *err)
{
    struct api *api = context;
    struct event_log_stats stats;
    event_log_stats_now(api->options.log, &stats);
    const struct {
        enum metric_kind kind;
        const char *name, *help, *unit;
        uint64_t value;
    } table[] = {
        { METRIC_COUNTER, "kedge_events_stored_total", "Events stored since the start.", NULL, stats.events_total },
        { METRIC_COUNTER, "kedge_events_rejected_total", "Events refused because the queue was full.", NULL,
          stats.rejected_total },
        { METRIC_COUNTER, "kedge_events_dropped_total", "Events dropped by retention.", NULL, stats.dropped_total },
        { METRIC_COUNTER, "kedge_store_commits_total", "Group commits; each is one fsync.", NULL, stats.commits_total },
        { METRIC_GAUGE, "kedge_store_journal_bytes", "Journal that is not ingested yet.", "bytes", stats.journal_bytes },
        { METRIC_GAUGE, "kedge_store_queue_bytes", "Events that wait for the disk.", "bytes", stats.queue_bytes },
        { METRIC_GAUGE, "kedge_store_disk_bytes", "The event log on disk.", "bytes", stats.disk_bytes },
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        struct metric_snapshot_family *family;
        TRY(metric_snapshot_family(snapshot, table[i].kind, table[i].name, table[i].help, table[i].unit, &family, err));
        TRY(metric_snapshot_add(family, NULL, 0, (double)table[i].value, err));
    }
    return OK;
}

void api_add_collectors(struct api *api)
{
    struct metric_registry *registry = api->instruments.registry;
    metric_registry_add_collector(registry, collect_stored, api);
    metric_registry_add_collector(registry, collect_models, api);
    metric_registry_add_collector(registry, collect_log, api);
    metric_registry_add_collector(registry, process_collect, NULL);
    metric_registry_add_collector(registry, host_collect, (void *)(uintptr_t)api->options.data_folder);
}
