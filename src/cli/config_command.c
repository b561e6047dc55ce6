/* kedge config check|show|reference: what is configured, and what is wrong with it. */
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/config.h"
#include "cli/serve_settings.h"

#define OUTPUT_BYTES_MAX ((size_t)16 << 20)

static void print_help(FILE *out)
{
    fputs("usage: kedge config check [FILE]   name every mistake with its line and column\n"
          "       kedge config show [FILE]    print what is in force, every default included\n"
          "       kedge config reference      print docs/configuration.md\n\n"
          "FILE is a kedge.yaml; without one the defaults and the KEDGE_... variables count.\n"
          "Secrets are never printed.\n\n"
          "examples:\n"
          "  kedge config check /etc/kedge/kedge.yaml && systemctl reload kedge\n"
          "  KEDGE_LISTEN=127.0.0.1:9000 kedge config show\n",
          out);
}

static int write_out(const struct buf *out)
{
    bool is_written = fwrite(out->data, 1, out->size, stdout) == out->size && fflush(stdout) == 0;
    if (!is_written)
        fputs("kedge config: cannot write to standard output\n", stderr);
    return is_written ? EXIT_FINE : EXIT_FAILED;
}

/* Loads and reports every mistake on standard error. */
static int load(const char *path, struct config **ret_config)
{
    CLEANUP(buf_done) struct buf problems;
    buf_init(&problems, OUTPUT_BYTES_MAX);
    struct error err = { 0 };
    enum status status = config_load(path, environ, ret_config, &problems, &err);
    if (status == OK)
        return EXIT_FINE;
    fprintf(stderr, "%.*s", STR_ARG(buf_str(&problems)));
    return status == ERR_INVALID ? EXIT_FINDINGS : EXIT_FAILED;
}

/* Also what the parts of the server would say: names of methods, types and figures. */
static int check(const char *path)
{
    struct config *config = NULL;
    CLEANUP(api_settings_unref_slot) struct api_settings *settings = NULL;
    const char *name = path != NULL ? path : "defaults and environment";
    struct error err = { 0 };
    int exit_code = load(path, &config);
    if (exit_code != EXIT_FINE)
        return exit_code;
    if (serve_settings_new(config, &settings, &err) != OK) { /* has the configuration in any case */
        fprintf(stderr, "%s: %s\n", name, err.cause);
        return EXIT_FINDINGS;
    }
    printf("%s: fine, %zu model%s\n", name, settings->model_count, settings->model_count == 1 ? "" : "s");
    return EXIT_FINE;
}

static int show(const char *path)
{
    CLEANUP(config_free_slot) struct config *config = NULL;
    int exit_code = load(path, &config);
    if (exit_code != EXIT_FINE)
        return exit_code;
    CLEANUP(buf_done) struct buf out;
    buf_init(&out, OUTPUT_BYTES_MAX);
    config_print(config, &out);
    return write_out(&out);
}

static int reference(void)
{
    CLEANUP(buf_done) struct buf out;
    buf_init(&out, OUTPUT_BYTES_MAX);
    config_print_reference(&out);
    return write_out(&out);
}

int command_config(int argc, char **argv)
{
    str word = str_of(argc > 1 ? argv[1] : NULL);
    const char *path = argc > 2 ? argv[2] : NULL;
    if (str_equal(word, STR("--help")) || str_equal(word, STR("-h"))) {
        print_help(stdout);
        return EXIT_FINE;
    }
    if (argc <= 3 && str_equal(word, STR("check")))
        return check(path);
    if (argc <= 3 && str_equal(word, STR("show")))
        return show(path);
    if (argc == 2 && str_equal(word, STR("reference")))
        return reference();
    print_help(stderr);
    return EXIT_USAGE;
}
