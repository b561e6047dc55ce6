/* kedge sql: a SELECT over the stored events, through the running server or straight on the folder. */
#include "base/number.h"
#include "cli/command.h"
#include "cli/service.h"
#include "cli/service_commands.h"
#include "cli/sheet.h"
#include "format/json.h"

#define STATEMENT_BYTES_MAX ((size_t)1 << 20)

enum output { OUTPUT_TABLE, OUTPUT_CSV, OUTPUT_JSON };

struct sql {
    struct service_place place; /* first: SERVICE_OPTIONS */
    enum output output;
    str limit;
    bool wants_help;
};

static enum status apply_json(void *context, str value, struct error *err)
{
    (void)value, (void)err;
    ((struct sql *)context)->output = OUTPUT_JSON;
    return OK;
}

static enum status apply_csv(void *context, str value, struct error *err)
{
    (void)value, (void)err;
    ((struct sql *)context)->output = OUTPUT_CSV;
    return OK;
}

static enum status apply_limit(void *context, str value, struct error *err)
{
    uint64_t rows;
    if (!number_parse_u64(value, &rows))
        return error_set(err, ERR_INVALID, "--limit: expected a whole number, found %.*s", STR_ARG(value));
    ((struct sql *)context)->limit = value;
    return OK;
}

static enum status apply_help(void *context, str value, struct error *err)
{
    (void)value, (void)err;
    ((struct sql *)context)->wants_help = true;
    return OK;
}

static const struct option_entry entries[] = {
    SERVICE_OPTIONS,
    { "csv", OPTION_SWITCH, NULL, "Print comma-separated values.", apply_csv, 0 },
    { "json", OPTION_SWITCH, NULL, "Print the server's JSON.", apply_json, 0 },
    { "limit", OPTION_VALUE, "N", "At most so many rows (10000).", apply_limit, 0 },
    { "help", OPTION_SWITCH, NULL, "Show this.", apply_help, 0 },
};
static const struct option_table table = { entries, COUNT(entries) };

const struct option_table *sql_option_table(void)
{
    return &table;
}

static void print_help(void)
{
    printf("usage: kedge sql [OPTION]... STATEMENT\n\n"
           "Runs one SELECT over the stored events: a view for each model, and `events` over all. Read-only.\n"
           "STATEMENT - reads it from standard input.\n\n");
    option_print_help(&table, stdout);
    printf("\nexamples:\n"
           "  kedge sql \"SELECT model_name, count(*) FROM events GROUP BY 1\"\n"
           "  kedge sql --csv \"SELECT * FROM wine WHERE target IS NULL\" > unlabelled.csv\n");
}

static enum status take_cell(struct json_reader *json, str *ret_text)
{
    if (json_peek(json) == JSON_STRING)
        return json_take_str(json, ret_text);
    if (json_peek(json) == JSON_NULL)
        return json_take_null(json);
    return json_take_raw(json, ret_text);
}

static enum status read_sheet(str body, struct sheet *sheet, struct error *err)
{
    struct json_reader json;
    str member;
    json_reader_init(&json, body, sheet->arena, err);
    json_enter_object(&json);
    while (json_next_member(&json, &member)) {
        bool is_names = str_equal(member, STR("columns"));
        if (!is_names && !str_equal(member, STR("rows")))
            continue;
        for (json_enter_array(&json); json_next_element(&json);) {
            str *slot;
            if (is_names) {
                slot = sheet_add_name(sheet);
                if (slot == NULL || take_cell(&json, slot) != OK)
                    return error_set(err, ERR_LIMIT, "the answer does not fit in memory");
                continue;
            }
            for (json_enter_array(&json); json_next_element(&json);) {
                slot = sheet_add_cell(sheet);
                if (slot == NULL)
                    return error_set(err, ERR_LIMIT, "the answer does not fit in memory");
                TRY(take_cell(&json, slot));
            }
        }
    }
    return json_finish(&json);
}

static enum status read_statement(const char *operand, struct arena *arena, str *ret_statement, struct error *err)
{
    *ret_statement = str_of(operand);
    if (strcmp(operand, "-") != 0)
        return OK;
    char *text = arena_alloc(arena, STATEMENT_BYTES_MAX);
    size_t size = fread(text, 1, STATEMENT_BYTES_MAX, stdin);
    if (size == STATEMENT_BYTES_MAX)
        return error_set(err, ERR_LIMIT, "the statement is longer than %zu bytes", STATEMENT_BYTES_MAX);
    *ret_statement = (str){ text, size };
    return OK;
}

static enum status run(const struct sql *sql, const char *operand, struct arena *arena, struct error *err)
{
    CLEANUP(service_close_slot) struct service *service = NULL;
    struct buf body;
    str statement, answer;
    TRY(read_statement(operand, arena, &statement, err));
    buf_init(&body, STATEMENT_BYTES_MAX * 8);
    struct json_writer json;
    json_writer_init(&json, &body, JSON_COMPACT);
    json_begin_object(&json);
    json_str(&json, "sql", statement);
    if (!str_is_empty(sql->limit))
        json_raw(&json, "limit", sql->limit);
    json_end_object(&json);
    enum status status = json_writer_end(&json) ? service_open(&sql->place, &service, err)
                                                : error_set(err, ERR_LIMIT, "the statement is too long");
    if (status == OK)
        status = service_ask(service, "POST", "/api/kedge/sql", buf_str(&body), arena, &answer, err);
    buf_done(&body);
    TRY(status);
    struct sheet sheet = { .arena = arena };
    if (sql->output == OUTPUT_JSON) {
        printf("%.*s\n", STR_ARG(answer));
        return OK;
    }
    TRY(read_sheet(answer, &sheet, err));
    if (sheet.column_count > 0)
        (sql->output == OUTPUT_CSV ? sheet_print_csv : sheet_print_table)(&sheet);
    return OK;
}

int command_sql(int argc, char **argv)
{
    struct sql sql = { 0 };
    struct error err = { 0 };
    const char *operand = NULL;
    size_t count = 0;
    char text[1024];
    enum status status = option_parse(&table, argc, argv, &sql, &operand, 1, &count, &err);
    if (status == OK && sql.wants_help) {
        print_help();
        return EXIT_FINE;
    }
    if (status == OK && count == 0)
        status = error_set(&err, ERR_INVALID, "which statement? `kedge sql --help` shows examples");
    if (status != OK) {
        fprintf(stderr, "kedge sql: %s\n", error_text(&err, text, sizeof text));
        return EXIT_USAGE;
    }
    struct arena arena;
    arena_init(&arena, 0);
    status = run(&sql, operand, &arena, &err);
    if (status != OK)
        fprintf(stderr, "kedge sql: %s\n", error_text(&err, text, sizeof text));
    arena_done(&arena);
    return status == OK ? EXIT_FINE : EXIT_FAILED;
}
