/* kedge export: the figures of the last analyses as Prometheus text, straight from the stored metadata. The
 * database lets others read while a server writes, so it makes no difference whether one runs. */
#include <unistd.h>

#include "api/api.h"
#include "base/file.h"
#include "cli/command.h"
#include "cli/config.h"
#include "cli/serve_settings.h"
#include "cli/service.h"
#include "cli/service_commands.h"
#include "metrics/exposition.h"

#define TEXT_BYTES_MAX ((size_t)256 << 20)

struct export {
    struct service_place place; /* first: SERVICE_OPTIONS' functions */
    const char *which;
    bool is_openmetrics, wants_help;
};

static enum status apply_export(void *context, str value, struct error *err)
{
    static const char *const words[] = { "model", "drift", "all" };
    for (size_t i = 0; i < COUNT(words); i++)
        if (str_equal(value, str_of(words[i]))) {
            ((struct export *)context)->which = words[i];
            return OK;
        }
    return error_set(err, ERR_INVALID, "--export: expected model, drift or all, found %.*s", STR_ARG(value));
}

static enum status apply_openmetrics(void *context, str value, struct error *err)
{
    (void)value, (void)err;
    ((struct export *)context)->is_openmetrics = true;
    return OK;
}

static enum status apply_help(void *context, str value, struct error *err)
{
    (void)value, (void)err;
    ((struct export *)context)->wants_help = true;
    return OK;
}

static const struct option_entry entries[] = {
    { "export", OPTION_VALUE, "WHAT", "model (quality), drift, or all (the default).", apply_export, 0 },
    { "openmetrics", OPTION_SWITCH, NULL, "OpenMetrics 1.0 instead of Prometheus' text format 0.0.4.", apply_openmetrics, 0 },
    { "config", OPTION_VALUE, "FILE", "Configuration that names the data folder.", service_apply_config, 0 },
    { "data-dir", OPTION_VALUE, "FOLDER", "The data folder.", service_apply_data_dir, 0 },
    { "help", OPTION_SWITCH, NULL, "Show this.", apply_help, 0 },
};
static const struct option_table table = { entries, COUNT(entries) };

const struct option_table *export_option_table(void)
{
    return &table;
}

static void print_help(void)
{
    printf("usage: kedge export [OPTION]...\n\n"
           "Prints the figures of every model's last analysis as /metrics does, for a textfile collector or a job.\n\n");
    option_print_help(&table, stdout);
    printf("\nexamples:\n"
           "  kedge export --export drift > /var/lib/node_exporter/kedge.prom\n");
}

static enum status print_stored(struct meta *meta, const struct api_settings *settings, const struct export *export,
                                struct error *err)
{
    struct metric_snapshot snapshot;
    CLEANUP(buf_done) struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    metric_snapshot_init(&snapshot, 0);
    enum status status = api_collect_stored(meta, settings, export->which, &snapshot, err);
    if (status == OK)
        status = exposition_write(&snapshot, export->is_openmetrics ? EXPOSITION_OPENMETRICS_1_0 : EXPOSITION_TEXT_0_0_4,
                                  &text, err);
    metric_snapshot_done(&snapshot);
    bool is_written = text.size == 0 || fwrite(text.data, 1, text.size, stdout) == text.size; /* no models, no text */
    if (status == OK && (!is_written || fflush(stdout) != 0))
        status = error_set(err, ERR_UNAVAILABLE, "cannot write to standard output");
    return status;
}

static enum status run(const struct export *export, struct error *err)
{
    CLEANUP(api_settings_unref_slot) struct api_settings *settings = NULL;
    struct config *config = NULL;
    CLEANUP(meta_close_slot) struct meta *meta = NULL;
    char folder[4096];
    TRY(config_load(export->place.config_path, environ, &config, NULL, err));
    TRY(serve_settings_new(config, &settings, err)); /* the configuration is the settings' now */
    str data_dir = export->place.data_dir != NULL ? str_of(export->place.data_dir) : config->data_dir;
    (void)snprintf(folder, sizeof folder, "%.*s", STR_ARG(data_dir));
    if (!file_exists(folder))
        return error_set(err, ERR_NOT_FOUND, "%s: there is no data folder", folder);
    TRY(meta_open(folder, &meta, err));
    return print_stored(meta, settings, export, err);
}

int command_export(int argc, char **argv)
{
    struct export export = { .which = "all" };
    struct error err = { 0 };
    size_t count = 0;
    char text[1024];
    if (option_parse(&table, argc, argv, &export, NULL, 0, &count, &err) != OK) {
        fprintf(stderr, "kedge export: %s\n", error_text(&err, text, sizeof text));
        return EXIT_USAGE;
    }
    if (export.wants_help) {
        print_help();
        return EXIT_FINE;
    }
    enum status status = run(&export, &err);
    if (status != OK)
        fprintf(stderr, "kedge export: %s\n", error_text(&err, text, sizeof text));
    return status == OK ? EXIT_FINE : EXIT_FAILED;
}
