/* kedge models: what is registered, and moving it: list, show, promote, archive, download. */
#include "base/time_text.h"
#include "cli/command.h"
#include "cli/model_fetch.h"
#include "cli/service_commands.h"
#include "cli/sheet.h"

#define OPERANDS_MAX 4
#define US_PER_MS 1000

struct models {
    struct service_place place; /* first: SERVICE_OPTIONS */
    const char *operands[OPERANDS_MAX];
    size_t operand_count;
    str folder;
    bool is_json, wants_help;
    struct mlflow_client client;
};

static enum status apply_json(void *context, str value, struct error *err)
{
    (void)value, (void)err;
    ((struct models *)context)->is_json = true;
    return OK;
}

static enum status apply_folder(void *context, str value, struct error *err)
{
    (void)err;
    ((struct models *)context)->folder = value;
    return OK;
}

static enum status apply_help(void *context, str value, struct error *err)
{
    (void)value, (void)err;
    ((struct models *)context)->wants_help = true;
    return OK;
}

static const struct option_entry entries[] = {
    SERVICE_OPTIONS,
    { "output", OPTION_VALUE, "FOLDER", "Where `download` puts the files (the model's name).", apply_folder, 0 },
    { "json", OPTION_SWITCH, NULL, "Print the server's JSON.", apply_json, 0 },
    { "help", OPTION_SWITCH, NULL, "Show this.", apply_help, 0 },
};
static const struct option_table table = { entries, COUNT(entries) };

const struct option_table *models_option_table(void)
{
    return &table;
}

static void print_help(void)
{
    printf("usage: kedge models list [OPTION]...\n"
           "       kedge models show NAME [OPTION]...\n"
           "       kedge models promote NAME VERSION [STAGE] [OPTION]...\n"
           "       kedge models archive NAME VERSION [OPTION]...\n"
           "       kedge models download NAME [VERSION] [OPTION]...\n\n"
           "The registered models of the running server, of the data folder, or of an MLflow server (--url). `promote` moves a\n"
           "version to Production, or to STAGE, and archives what was there.\n\n");
    option_print_help(&table, stdout);
    printf("\nexamples:\n"
           "  kedge models list\n"
           "  kedge models promote wine 3\n"
           "  kedge models download wine 2 --output wine-2\n");
}

/* ---- reading ---- */

struct version {
    str version, stage, run_id, source, aliases;
    int64_t created_ms;
};

static void append_word(const struct models *models, str *words, str word)
{
    *words = words->size == 0 ? word : arena_printf(models->client.arena, "%.*s, %.*s", STR_ARG(*words), STR_ARG(word));
}

static void take_words(const struct models *models, struct json_reader *json, str *ret_words)
{
    for (json_enter_array(json); json_next_element(json);) {
        str word = { 0 };
        if (json_take_str(json, &word) == OK)
            append_word(models, ret_words, word);
    }
}

static void take_version(const struct models *models, struct json_reader *json, struct version *ret_version)
{
    str key;
    json_enter_object(json);
    while (json_next_member(json, &key)) {
        if (str_equal(key, STR("version")))
            json_take_str(json, &ret_version->version);
        else if (str_equal(key, STR("current_stage")))
            json_take_str(json, &ret_version->stage);
        else if (str_equal(key, STR("run_id")))
            json_take_str(json, &ret_version->run_id);
        else if (str_equal(key, STR("source")))
            json_take_str(json, &ret_version->source);
        else if (str_equal(key, STR("creation_timestamp")))
            json_take_i64(json, &ret_version->created_ms);
        else if (str_equal(key, STR("aliases")))
            take_words(models, json, &ret_version->aliases);
    }
}

static str time_of(const struct models *models, int64_t ms)
{
    char text[TIME_TEXT_MAX];
    size_t size = time_text_print(ms / US_PER_MS * US_PER_MS * US_PER_MS, text);
    return ms == 0 ? (str){ "", 0 } : arena_copy(models->client.arena, (str){ text, size });
}

/* ---- list ---- */

struct listed {
    str name, stages;
    uint64_t newest;
    int64_t updated_ms;
};

static void take_latest(const struct models *models, struct json_reader *json, struct listed *listed)
{
    for (json_enter_array(json); json_next_element(json);) {
        struct version version = { 0 };
        take_version(models, json, &version);
        uint64_t number = 0;
        (void)number_parse_u64(version.version, &number);
        listed->newest = MAX_OF(listed->newest, number);
        if (!str_equal(version.stage, STR("None")))
            append_word(models, &listed->stages, arena_printf(models->client.arena, "%.*s %.*s", STR_ARG(version.stage),
                                                              STR_ARG(version.version)));
    }
}

static enum status add_model(const struct models *models, struct json_reader *json, struct sheet *sheet, struct error *err)
{
    struct listed listed = { 0 };
    str key;
    json_enter_object(json);
    while (json_next_member(json, &key)) {
        if (str_equal(key, STR("name")))
            json_take_str(json, &listed.name);
        else if (str_equal(key, STR("last_updated_timestamp")))
            json_take_i64(json, &listed.updated_ms);
        else if (str_equal(key, STR("latest_versions")))
            take_latest(models, json, &listed);
    }
    str cells[] = {
        listed.name,
        arena_printf(models->client.arena, "%llu", (unsigned long long)listed.newest),
        listed.stages.data != NULL ? listed.stages : STR(""),
        time_of(models, listed.updated_ms),
    };
    return sheet_row(sheet, cells, COUNT(cells), err);
}

/* Adds the rows of one page; `ret_token` names the next, empty at the end. */
static enum status add_page(const struct models *models, str answer, struct sheet *sheet, str *ret_token, struct error *err)
{
    struct json_reader json;
    str key;
    *ret_token = (str){ 0 };
    json_reader_init(&json, answer, models->client.arena, err);
    json_enter_object(&json);
    while (json_next_member(&json, &key)) {
        if (str_equal(key, STR("next_page_token")) && json_peek(&json) == JSON_STRING)
            json_take_str(&json, ret_token);
        if (!str_equal(key, STR("registered_models")))
            continue;
        for (json_enter_array(&json); json_next_element(&json);)
            TRY(add_model(models, &json, sheet, err));
    }
    return json_finish(&json);
}

static enum status list(struct models *models, struct error *err)
{
    static const char *const names[] = { "name", "newest", "stages", "updated" };
    struct sheet sheet = { .arena = models->client.arena };
    str answer, token = { 0 };
    TRY(sheet_names(&sheet, names, COUNT(names), err));
    do {
        str query = arena_printf(models->client.arena, "max_results=500&page_token=%.*s",
                                 STR_ARG(service_quote(token, models->client.arena)));
        if (token.size == 0)
            query = STR("max_results=500");
        TRY(mlflow_get(&models->client, "registered-models/search", query, &answer, err));
        if (models->is_json)
            printf("%.*s\n", STR_ARG(answer));
        TRY(add_page(models, answer, &sheet, &token, err));
    } while (token.size > 0);
    if (!models->is_json && sheet.cell_count == 0)
        printf("no models are registered: `kedge train --register NAME` or mlflow's log_model make one\n");
    else if (!models->is_json)
        sheet_print_table(&sheet);
    return OK;
}

/* ---- show ---- */

static enum status show(struct models *models, struct error *err)
{
    static const char *const names[] = { "version", "stage", "aliases", "run", "created" };
    struct sheet sheet = { .arena = models->client.arena };
    struct json_reader json;
    str answer, key, name = str_of(models->operands[1]);
    str filter = arena_printf(models->client.arena, "name='%.*s'", STR_ARG(name));
    str query = arena_printf(models->client.arena, "filter=%.*s&order_by=version_number%%20DESC&max_results=1000",
                             STR_ARG(service_quote(filter, models->client.arena)));
    TRY(mlflow_get(&models->client, "registered-models/get",
                   arena_printf(models->client.arena, "name=%.*s", STR_ARG(service_quote(name, models->client.arena))), &answer, err));
    TRY(mlflow_get(&models->client, "model-versions/search", query, &answer, err));
    if (models->is_json) {
        printf("%.*s\n", STR_ARG(answer));
        return OK;
    }
    TRY(sheet_names(&sheet, names, COUNT(names), err));
    json_reader_init(&json, answer, models->client.arena, err);
    json_enter_object(&json);
    while (json_next_member(&json, &key)) {
        if (!str_equal(key, STR("model_versions")))
            continue;
        for (json_enter_array(&json); json_next_element(&json);) {
            struct version version = { .aliases = STR(""), .run_id = STR("") };
            take_version(models, &json, &version);
            str cells[] = { version.version, version.stage, version.aliases, version.run_id, time_of(models, version.created_ms) };
            TRY(sheet_row(&sheet, cells, COUNT(cells), err));
        }
    }
    TRY(json_finish(&json));
    sheet_print_table(&sheet);
    return OK;
}

/* ---- promote, archive ---- */

static enum status move(struct models *models, str stage, struct error *err)
{
    str name = str_of(models->operands[1]), version = str_of(models->operands[2]);
    TRY(mlflow_promote(&models->client, name, version, stage, err));
    printf("model %.*s version %.*s is in %.*s\n", STR_ARG(name), STR_ARG(version), STR_ARG(stage));
    return OK;
}

/* ---- download ---- */

static enum status download(struct models *models, struct error *err)
{
    str version, name = str_of(models->operands[1]), wanted = { 0 };
    if (models->operand_count > 2)
        wanted = str_of(models->operands[2]);
    str folder = !str_is_empty(models->folder) ? models->folder : name;
    TRY(model_fetch(&models->client, name, wanted, folder, &version, err));
    printf("model %.*s version %.*s is in %.*s/\n", STR_ARG(name), STR_ARG(version), STR_ARG(folder));
    return OK;
}

/* ---- the command ---- */

static const struct {
    const char *word;
    size_t operands_min, operands_max; /* with the word */
} words[] = {
    { "list", 1, 1 }, { "show", 2, 2 }, { "promote", 3, 4 }, { "archive", 3, 3 }, { "download", 2, 3 },
};

static enum status check_operands(const struct models *models, struct error *err)
{
    if (models->operand_count == 0)
        return error_set(err, ERR_INVALID, "list, show, promote, archive or download? `kedge models --help` tells more");
    for (size_t i = 0; i < COUNT(words); i++) {
        if (strcmp(words[i].word, models->operands[0]) != 0)
            continue;
        if (models->operand_count < words[i].operands_min || models->operand_count > words[i].operands_max)
            return error_set(err, ERR_INVALID, "%s: %s", words[i].word,
                             models->operand_count < words[i].operands_min ? "a name or version is missing" : "too many words");
        return OK;
    }
    return error_set(err, ERR_INVALID, "unknown word %s: list, show, promote, archive or download", models->operands[0]);
}

static enum status run(struct models *models, struct error *err)
{
    CLEANUP(service_close_slot) struct service *service = NULL;
    const char *word = models->operands[0];
    TRY(service_open(&models->place, &service, err));
    models->client.service = service;
    if (strcmp(word, "list") == 0)
        return list(models, err);
    if (strcmp(word, "show") == 0)
        return show(models, err);
    if (strcmp(word, "promote") == 0)
        return move(models, models->operand_count > 3 ? str_of(models->operands[3]) : STR("Production"), err);
    if (strcmp(word, "archive") == 0)
        return move(models, STR("Archived"), err);
    return download(models, err);
}

int command_models(int argc, char **argv)
{
    struct models models = { 0 };
    struct arena arena;
    struct error err = { 0 };
    char text[1024];
    arena_init(&arena, 0);
    models.client.arena = &arena;
    enum status status = option_parse(&table, argc, argv, &models, models.operands, OPERANDS_MAX, &models.operand_count, &err);
    if (status == OK && models.wants_help) {
        print_help();
        arena_done(&arena);
        return EXIT_FINE;
    }
    if (status == OK)
        status = check_operands(&models, &err);
    int code = status == OK ? EXIT_FINE : EXIT_USAGE;
    if (status == OK && (status = run(&models, &err)) != OK)
        code = EXIT_FAILED;
    if (status != OK)
        fprintf(stderr, "kedge models: %s\n", error_text(&err, text, sizeof text));
    arena_done(&arena);
    return code;
}
