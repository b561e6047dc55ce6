#include "cli/serve_stack.h"

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/serve_settings.h"
#include "data/read.h"
#include "serve/model_loader.h"
#include "serve/pyfunc/pyfunc_pool.h"
#include "web/pages.h"

#define MS_PER_DAY 86400000

static enum status load_reference(struct serve_stack *stack, const struct config_model *model, struct error *err)
{
    struct arena arena;
    struct meta_reference stored;
    struct error absent = { 0 };
    arena_init(&arena, 0);
    enum status status = meta_reference_get(stack->meta, model->name, 0, &arena, &stored, &absent);
    if (status == ERR_NOT_FOUND) {
        CLEANUP(frame_free_slot) struct frame *frame = NULL;
        struct read_options read = { .path = model->reference };
        status = read_table(&read, &frame, err);
        if (status == OK)
            status = reference_put(stack->references, model->name, model->reference, frame, clock_now_us(), &arena, &stored,
                                   err);
        if (status == OK)
            LOG_INFO("reference loaded", log_str("model", model->name), log_str("file", model->reference),
                     log_u64("rows", stored.rows));
    }
    arena_done(&arena);
    return status == OK ? OK : error_while(err, "reference of model %.*s", STR_ARG(model->name));
}

static enum status open_stores(struct serve_stack *stack, const struct config *config, struct error *err)
{
    const char *folder = stack->data_dir;
    stack->artifact_bytes_max = (uint64_t)config->artifact_bytes;
    struct event_log_options log = {
        .folder = folder,
        .queue_bytes_max = (size_t)config->store_queue_bytes,
        .memory_bytes_max = (size_t)config->store_memory_bytes,
        .raw_retention_days = config->raw_retention_ms / MS_PER_DAY,
    };
    TRY(file_make_folders(folder, err));
    TRY(event_log_open(&log, &stack->log, err));
    TRY(meta_open(folder, &stack->meta, err));
    TRY(reference_store_open(folder, stack->meta, &stack->references, err));
    TRY(registry_open(stack->meta, &clock_system, &stack->registry, err));
    TRY(artifact_store_open_files(folder, &stack->artifacts, err));
    for (size_t i = 0; i < config->model_count; i++)
        if (!str_is_empty(config->models[i].reference))
            TRY(load_reference(stack, &config->models[i], err));
    return OK;
}

static struct api_page page_of(struct web_page page)
{
    return (struct api_page){ .html = page.html, .gzip = page.gzip, .etag = page.etag };
}

static enum status open_models(struct serve_stack *stack, const struct config *config, struct api_options *api,
                               struct error *err)
{
    stack->python = pyfunc_pool_open(&(struct pyfunc_options){ .python = config->python });
    api->python = stack->python;
    api->load = model_loader_load;
    if (str_is_empty(config->registry)) {
        api->models = model_source_local(stack->registry, stack->artifacts);
        return OK;
    }
    struct arena arena;
    arena_init(&arena, 0);
    const char *cache = arena_printf(&arena, "%s/model-cache", stack->data_dir).data;
    enum status status =
        model_source_mlflow(config->registry, secret_reveal(&config->registry_token), cache, &api->models, err);
    arena_done(&arena);
    return status;
}

/* What api_open wants to know of the configuration, which belongs to the settings by then. */
static void read_limits(const struct config *config, const struct serve_stack_options *options, struct api_options *api)
{
    api->analysis_threads = (size_t)config->analysis_threads;
    api->serves_models = options->has_scheduler;
    api->follows_all = config->serve_all;
    api->load_wait_ms = config->serve_load_wait_ms;
}

static enum status open_api(struct serve_stack *stack, const struct serve_stack_options *options,
                            const struct api_options *limits, struct api_settings *settings, struct error *err)
{
    struct web_report report = web_page_report();
    struct api_options api = {
        .log = stack->log,
        .meta = stack->meta,
        .references = stack->references,
        .registry = stack->registry,
        .artifacts = stack->artifacts,
        .artifact_bytes_max = stack->artifact_bytes_max,
        .data_folder = stack->data_dir,
        .version = KEDGE_VERSION,
        .pages = { .report_prefix = report.prefix, .report_suffix = report.suffix, .docs = page_of(web_page_docs()),
                   .index = page_of(web_page_index()) },
        .token = &stack->token,
        .clock = &clock_system,
        .analysis_threads = limits->analysis_threads,
        .serves_models = limits->serves_models,
        .models = limits->models,
        .load = limits->load,
        .python = limits->python,
        .follows_all = limits->follows_all,
        .load_wait_ms = limits->load_wait_ms,
        .has_scheduler = options->has_scheduler,
        .reload = options->reload,
        .self = options->self,
    };
    return api_open(&api, settings, &stack->api, err);
}

enum status serve_stack_open(struct config *config, const struct serve_stack_options *options, struct serve_stack *stack,
                             struct error *err)
{
    struct arena arena;
    arena_init(&arena, 0);
    *stack = (struct serve_stack){ .data_dir = mem_copy_text(arena_copy(&arena, config->data_dir).data) };
    arena_done(&arena);
    secret_init(&stack->token, secret_reveal(&config->token));
    struct api_options limits = { 0 };
    read_limits(config, options, &limits);
    enum status status = open_stores(stack, config, err);
    if (status == OK)
        status = open_models(stack, config, &limits, err);
    if (status != OK) {
        config_free(config);
        return status;
    }
    struct api_settings *settings = NULL;
    status = serve_settings_new(config, &settings, err);
    if (status != OK) {
        limits.models->methods->free(limits.models);
        return status;
    }
    return open_api(stack, options, &limits, settings, err);
}

void serve_stack_close(struct serve_stack *stack)
{
    api_close(stack->api);
    pyfunc_pool_close(stack->python);
    artifact_store_close(stack->artifacts);
    registry_close(stack->registry);
    reference_store_close(stack->references);
    meta_close(stack->meta);
    event_log_close(stack->log);
    secret_done(&stack->token);
    mem_free(stack->data_dir);
}
