/* kedge backfill: an analysis for every day of the past, as if the schedule had always been there. */
#include "base/time_text.h"
#include "cli/command.h"
#include "cli/service.h"
#include "cli/service_commands.h"
#include "format/json.h"

struct backfill {
    struct service_place place; /* first: SERVICE_OPTIONS */
    str model, from, to;
    bool is_json, wants_help;
};

static enum status apply_by(void *context, str value, struct error *err)
{
    (void)context;
    if (str_equal(value, STR("day")))
        return OK;
    return error_set(err, ERR_INVALID, "--by: expected day, found %.*s", STR_ARG(value));
}

static enum status apply_model(void *context, str value, struct error *err)
{
    (void)err;
    ((struct backfill *)context)->model = value;
    return OK;
}

static enum status check_time(str value, str *ret_value, struct error *err)
{
    int64_t time_us;
    *ret_value = value;
    return time_text_parse(value, &time_us, err);
}

static enum status apply_from(void *context, str value, struct error *err)
{
    return check_time(value, &((struct backfill *)context)->from, err);
}

static enum status apply_to(void *context, str value, struct error *err)
{
    return check_time(value, &((struct backfill *)context)->to, err);
}

static enum status apply_json(void *context, str value, struct error *err)
{
    (void)value, (void)err;
    ((struct backfill *)context)->is_json = true;
    return OK;
}

static enum status apply_help(void *context, str value, struct error *err)
{
    (void)value, (void)err;
    ((struct backfill *)context)->wants_help = true;
    return OK;
}

static const struct option_entry entries[] = {
    { "by", OPTION_VALUE, "day", "One analysis for each UTC day (the only choice).", apply_by, 0 },
    { "model", OPTION_VALUE, "NAME", "The model; left out, the only one configured.", apply_model, 0 },
    { "from", OPTION_VALUE, "TIME", "Begin at the day of that time; left out, at the first event.", apply_from, 0 },
    { "to", OPTION_VALUE, "TIME", "End before that time; left out, after the last event.", apply_to, 0 },
    { "json", OPTION_SWITCH, NULL, "Print the server's JSON.", apply_json, 0 },
    SERVICE_OPTIONS,
    { "help", OPTION_SWITCH, NULL, "Show this.", apply_help, 0 },
};
static const struct option_table table = { entries, COUNT(entries) };

const struct option_table *backfill_option_table(void)
{
    return &table;
}

static void print_help(void)
{
    printf("usage: kedge backfill --by day [OPTION]...\n\n"
           "Analyses the stored events of a model day by day; days with fewer events than window.minimum are left out.\n\n");
    option_print_help(&table, stdout);
    printf("\nexamples:\n"
           "  kedge backfill --by day --model wine\n"
           "  kedge backfill --by day --model bikes --from 2012-01-01 --to 2012-04-01\n");
}

static void add_parameter(struct buf *target, const char *name, str value, struct arena *arena)
{
    if (!str_is_empty(value))
        buf_printf(target, "&%s=%.*s", name, STR_ARG(service_quote(value, arena)));
}

static void print_answer(str body, struct arena *arena)
{
    struct json_reader json;
    str name, model = { 0 };
    uint64_t analyses = 0, days = 0, events = 0, minimum = 0;
    const struct {
        const char *name;
        uint64_t *value;
    } counts[] = { { "analyses", &analyses }, { "days_left_out", &days }, { "events_left_out", &events },
                   { "minimum", &minimum } };
    json_reader_init(&json, body, arena, NULL);
    json_enter_object(&json);
    while (json_next_member(&json, &name)) {
        if (str_equal(name, STR("model_name")))
            json_take_str(&json, &model);
        for (size_t i = 0; i < COUNT(counts); i++)
            if (str_equal(name, str_of(counts[i].name)))
                json_take_u64(&json, counts[i].value);
    }
    printf("%.*s: %llu analys%s\n", STR_ARG(model), (unsigned long long)analyses, analyses == 1 ? "is" : "es");
    if (days > 0)
        printf("left out: %llu day%s with %llu events in all, fewer than %llu a day (window.minimum)\n",
               (unsigned long long)days, days == 1 ? "" : "s", (unsigned long long)events, (unsigned long long)minimum);
    else if (analyses == 0)
        printf("there are no events in that time\n");
}

static enum status run(const struct backfill *backfill, struct arena *arena, struct error *err)
{
    CLEANUP(service_close_slot) struct service *service = NULL;
    CLEANUP(buf_done) struct buf target;
    str answer;
    buf_init(&target, 1 << 16);
    buf_append(&target, STR("/api/kedge/backfill?by=day"));
    add_parameter(&target, "model_name", backfill->model, arena);
    add_parameter(&target, "from", backfill->from, arena);
    add_parameter(&target, "to", backfill->to, arena);
    TRY(service_open(&backfill->place, &service, err));
    TRY(service_ask(service, "POST", arena_copy(arena, buf_str(&target)).data, (str){ 0 }, arena, &answer, err));
    if (backfill->is_json)
        printf("%.*s\n", STR_ARG(answer));
    else
        print_answer(answer, arena);
    return OK;
}

int command_backfill(int argc, char **argv)
{
    struct backfill backfill = { 0 };
    struct error err = { 0 };
    size_t count = 0;
    char text[1024];
    if (option_parse(&table, argc, argv, &backfill, NULL, 0, &count, &err) != OK) {
        fprintf(stderr, "kedge backfill: %s\n", error_text(&err, text, sizeof text));
        return EXIT_USAGE;
    }
    if (backfill.wants_help) {
        print_help();
        return EXIT_FINE;
    }
    struct arena arena;
    arena_init(&arena, 0);
    enum status status = run(&backfill, &arena, &err);
    if (status != OK)
        fprintf(stderr, "kedge backfill: %s\n", error_text(&err, text, sizeof text));
    arena_done(&arena);
    return status == OK ? EXIT_FINE : EXIT_FAILED;
}
