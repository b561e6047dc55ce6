#include "cli/config.h"

#include "base/file.h"
#include "base/test.h"

/* Writes `text` as FOLDER/kedge.yaml and loads it. */
static enum status load(const char *text, char *const *environment, struct config **ret_config, struct buf *problems,
                        struct error *err)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/kedge.yaml", test_folder());
    struct error unwritten = { 0 };
    CHECK_OK("write the file", file_write(path, str_of(text), &unwritten), &unwritten);
    return config_load(path, environment, ret_config, problems, err);
}

TEST(config_works_with_no_file)
{
    CLEANUP(config_free_slot) struct config *config = NULL;
    struct error err = { 0 };
    CHECK_OK("defaults", config_load(NULL, NULL, &config, NULL, &err), &err);
    if (config == NULL)
        return;
    CHECK_INT("one listener", config->listen.count, 1);
    CHECK_STR("on loopback", config->listen.items[0], STR("127.0.0.1:8000"));
    CHECK_INT("30 days of rows", config->raw_retention_ms, INT64_C(30) * 86400 * 1000);
    CHECK_INT("90 days of results", config->result_retention_ms, INT64_C(90) * 86400 * 1000);
    CHECK_INT("bodies", config->http_body_bytes, 64 << 20);
    CHECK_NEAR("share", config->defaults.drift_share, 0.5, 0);
    CHECK("each method's own threshold", isnan(config->defaults.drift_threshold));
    CHECK("an unknown model gets the defaults", config_model(config, STR("any")) == &config->defaults);
}

TEST(config_reads_what_people_write)
{
    CLEANUP(config_free_slot) struct config *config = NULL;
    struct error err = { 0 };
    CHECK_OK("load",
             load("listen: [\"127.0.0.1:8001\", \"127.0.0.1:9090\"]\n"
                  "retention: {raw: 7d}\n"
                  "defaults:\n"
                  "  drift: {share: 0.3}\n"
                  "models:\n"
                  "  - name: new_model_name\n"
                  "    metrics:\n"
                  "      - accuracy\n"
                  "      - precision\n"
                  "    thresholds:\n"
                  "      accuracy: 0.80\n"
                  "    schedule: every 500 rows\n"
                  "    drift: {method: psi, threshold: calibrated}\n"
                  "    columns:\n"
                  "      age: {type: num, method: ks, threshold: 0.01}\n"
                  "      city: {type: cat}\n"
                  "  - {name: second, version: 2}\n",
                  NULL, &config, NULL, &err),
             &err);
    if (config == NULL)
        return;
    CHECK_INT("two listeners", config->listen.count, 2);
    const struct config_model *model = config_model(config, STR("new_model_name"));
    CHECK_INT("metrics", model->metrics.count, 2);
    CHECK_NEAR("threshold", model->thresholds.items[0].number, 0.8, 0);
    CHECK("rows", model->schedule.kind == SCHEDULE_ROWS && model->schedule.rows == 500);
    CHECK("calibrated", model->drift_is_calibrated);
    CHECK_STR("method", model->drift_method, STR("psi"));
    CHECK_NEAR("from the defaults", model->drift_share, 0.3, 0);
    CHECK_INT("two types", model->types.count, 2);
    CHECK_INT("one column method", model->column_methods.count, 1);
    CHECK_STR("a number is a fine version", config_model(config, STR("second"))->version, STR("2"));
}

TEST(config_environment_overrides_the_file)
{
    const char *environment[] = { "KEDGE_LISTEN=127.0.0.1:1,[::1]:2", "KEDGE_HTTP_BODY_MAX=1MiB", "KEDGE_DEFAULTS_DRIFT_SHARE=0.9",
                            "KEDGE_DATA_DIR=/srv/kedge", "KEDGE_TOKEN=hush", "OTHER=1", NULL };
    CLEANUP(config_free_slot) struct config *config = NULL;
    struct error err = { 0 };
    CHECK_OK("load", load("data_dir: here\nhttp: {body_max: 2MiB}\n", (char *const *)environment, &config, NULL, &err), &err);
    if (config == NULL)
        return;
    CHECK_INT("two listeners", config->listen.count, 2);
    CHECK_STR("brackets survive", config->listen.items[1], STR("[::1]:2"));
    CHECK_INT("body", config->http_body_bytes, 1 << 20);
    CHECK_STR("folder", config->data_dir, STR("/srv/kedge"));
    CHECK_NEAR("share", config->defaults.drift_share, 0.9, 0);
    CHECK("token", secret_equals(&config->token, STR("hush")));
}

TEST(config_names_the_place_of_each_mistake)
{
    static const struct { const char *why, *text, *in_message; } cases[] = {
        { "unknown key", "lisen: []\n", "kedge.yaml:1:1" },
        { "unknown key in a section", "http:\n  body: 1\n", "kedge.yaml:2:3" },
        { "wrong kind", "http: {threads: many}\n", "kedge.yaml:1:17: http.threads" },
        { "out of bounds", "defaults:\n  drift:\n    share: 1.5\n", "kedge.yaml:3:12" },
        { "no choice", "log: {level: loud}\n", "debug info warn error" },
        { "no size", "http: {body_max: big}\n", "64MiB" },
        { "no duration", "retention: {raw: soon}\n", "retention.raw" },
        { "no name", "models:\n  - version: 1\n", "name" },
        { "twice", "models: [{name: a}, {name: a}]\n", "twice" },
        { "cron", "models: [{name: a, schedule: 61 * * * *}]\n", "minute" },
        { "column type", "models: [{name: a, columns: {x: {type: float}}}]\n", "num cat bool" },
        { "not a map", "- 1\n", "kedge.yaml:1:1" },
        { "a section that is none", "http: 3\n", "kedge.yaml:1:7" },
        { "broken YAML", "http: [\n", "kedge.yaml:" },
        { "a variant without a name", "models: [{name: m, serve: {variants: [{weight: 1}]}}]\n", "name" },
        { "a name that makes no label", "models: [{name: m, serve: {variants: [{name: \"a b\"}]}}]\n", "letters, digits" },
        { "two selectors", "models: [{name: m, serve: {variants: [{name: a, stage: S, alias: b}]}}]\n", "one of stage" },
        { "a variant twice", "models: [{name: m, serve: {variants: [{name: a}, {name: a, alias: b}]}}]\n", "twice" },
        { "only shadows", "models: [{name: m, serve: {variants: [{name: a, alias: b, mode: shadow}]}}]\n", "no variant" },
        { "no such mode", "models: [{name: m, serve: {variants: [{name: a, mode: dark}]}}]\n", "answer shadow" },
        { "a canary of nothing", "models: [{name: m, serve: {canary: {every: 5m}}}]\n", "which version" },
        { "steps that fall", "models: [{name: m, serve: {canary: {alias: b, steps: [5, 1]}}}]\n", "steps rise" },
        { "a rate above one", "models: [{name: m, serve: {canary: {alias: b, rollback: {error_rate: 2}}}}]\n", "0 to 1" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(config_free_slot) struct config *config = NULL;
        struct error err = { 0 };
        CHECK_FAILS(cases[i].why, load(cases[i].text, NULL, &config, NULL, &err), ERR_INVALID, &err);
        if (strstr(err.cause, cases[i].in_message) == NULL)
            test_fail(__FILE__, __LINE__, "%s: \"%s\" is not in \"%s\"", cases[i].why, cases[i].in_message, err.cause);
    }
}

TEST(config_gathers_all_mistakes)
{
    CLEANUP(config_free_slot) struct config *config = NULL;
    CLEANUP(buf_done) struct buf problems;
    buf_init(&problems, 4096);
    struct error err = { 0 };
    CHECK_FAILS("three", load("http: {threads: x, connections_max: 0}\nlog: {level: loud}\n", NULL, &config, &problems, &err),
                ERR_INVALID, &err);
    size_t lines = 0;
    str rest = buf_str(&problems), line;
    while (str_split(&rest, '\n', &line))
        lines += !str_is_empty(line);
    CHECK_INT("three lines", lines, 3);
}

TEST(config_prints_what_loads_back_equal)
{
    CLEANUP(config_free_slot) struct config *config = NULL, *again = NULL;
    CLEANUP(buf_done) struct buf first, second;
    buf_init(&first, 1 << 16);
    buf_init(&second, 1 << 16);
    struct error err = { 0 };
    CHECK_OK("load",
             load("defaults: {window: {span: 1d, rows: 0}, drift: {threshold: 0.25}}\n"
                  "models:\n"
                  "  - {name: \"we\\\"ird\", segments: [a, \"b c\"], thresholds: {f1: 0.1},\n"
                  "     columns: {x: {type: cat, method: psi}, y: {threshold: 0.5}}, schedule: \"@daily\",\n"
                  "     serve: {sticky_key: user, variants: [{name: a, weight: 9}, {name: b, alias: next, weight: 0.5},\n"
                  "       {name: c, path: x.json, mode: shadow}]}}\n"
                  "  - {name: k, serve: {canary: {stage: Staging, steps: [2.5, 100], every: 90s, rollback: {latency_p99: 50ms}}}}\n",
                  NULL, &config, NULL, &err),
             &err);
    if (config == NULL)
        return;
    config_print(config, &first);
    buf_append_byte(&first, '\0');
    CHECK_OK("load what was printed", load(first.data, NULL, &again, NULL, &err), &err);
    if (again == NULL)
        return;
    config_print(again, &second);
    buf_append_byte(&second, '\0');
    CHECK_STR("equal", str_of(second.data), str_of(first.data));
}

TEST(config_missing_file_is_named)
{
    CLEANUP(config_free_slot) struct config *config = NULL;
    struct error err = { 0 };
    CHECK_FAILS("missing", config_load("no/such.yaml", NULL, &config, NULL, &err), ERR_NOT_FOUND, &err);
    CHECK("named", strstr(err.cause, "no/such.yaml") != NULL);
}
