#include "store/event_log.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/civil.h"
#include "base/file.h"
#include "base/test.h"
#include "store/journal.h"

#define DAY_US CIVIL_US_PER_DAY
#define NOON_US (INT64_C(20000) * DAY_US + DAY_US / 2) /* 2024-10-04T12:00:00Z */

/* What is closed depends on when events arrived: here all do in the last microsecond of a day, which is the moment that
 * tells a wrong bound. */
#define ARRIVAL_US (INT64_C(20500) * DAY_US - 1)

static int64_t arrival_us(void *self)
{
    (void)self;
    return ARRIVAL_US;
}
static const struct clock arrival_clock = { .now_us = arrival_us };

static struct event_log *open_log(const char *folder, int64_t retention_days)
{
    struct error err = { 0 };
    struct event_log *log = NULL;
    struct event_log_options options = { .folder = folder, .raw_retention_days = retention_days,
                                         .clock = &arrival_clock };
    CHECK_OK("opens", event_log_open(&options, &log, &err), &err);
    return log;
}

/* A batch of one feature "x" and one prediction for a model. */
struct small_batch {
    struct event_batch batch;
    str feature_name;
    struct event_value values[64], predictions[64];
    str ids[64];
    int64_t times_us[64];
    char texts[64][32];
};

static struct event_batch *small_batch(struct small_batch *small, const char *model, const char *id_prefix, size_t rows,
                                       int64_t time_us)
{
    *small = (struct small_batch){ .feature_name = STR("x") };
    for (size_t row = 0; row < rows; row++) {
        (void)snprintf(small->texts[row], sizeof small->texts[row], "%s%zu", id_prefix, row);
        small->ids[row] = str_of(small->texts[row]);
        small->values[row] = (struct event_value){ EVENT_NUMBER, .number = (double)row };
        small->predictions[row] = (struct event_value){ EVENT_INTEGER, .integer = (int64_t)row % 2 };
        small->times_us[row] = time_us + (int64_t)row;
    }
    small->batch = (struct event_batch){
        .model_name = str_of(model), .model_version = STR("1"), .rows = rows, .feature_count = 1,
        .feature_names = &small->feature_name, .features = small->values, .prediction_ids = small->ids,
        .timestamps_us = small->times_us, .predictions = small->predictions,
    };
    return &small->batch;
}

static struct event_append_result append(struct event_log *log, const struct event_batch *batch, struct arena *arena)
{
    struct error err = { 0 };
    struct event_append_result result = { 0 };
    CHECK_OK("appends", event_log_append(log, batch, arena, &result, &err), &err);
    return result;
}

static struct event_window all_of(const char *model)
{
    return (struct event_window){ .model_name = str_of(model), .from_us = INT64_MIN, .to_us = INT64_MAX };
}

/* The upkeep of the day after the last arrival. */
static enum status roll(struct event_log *log, struct error *err)
{
    bool has_more = false;
    return event_log_maintain(log, ARRIVAL_US + DAY_US, &has_more, err);
}

static uint64_t count(struct event_log *log, const char *model)
{
    struct error err = { 0 };
    uint64_t rows = UINT64_MAX;
    struct event_window window = all_of(model);
    CHECK_OK("counts", event_log_count(log, &window, &rows, &err), &err);
    return rows;
}

static struct frame *scan(struct event_log *log, const struct event_window *window)
{
    struct error err = { 0 };
    struct frame *frame = NULL;
    CHECK_OK("scans", event_log_scan(log, window, 0, &frame, &err), &err);
    return frame;
}

TEST(event_log_stores_every_kind_of_value_and_reads_it_back)
{
    struct event_log *log = open_log(test_folder(), 0);
    struct arena arena;
    arena_init(&arena, 0);
    str names[] = { STR("n"), STR("i"), STR("b"), STR("t"), STR("when"), STR("N") };
    struct event_value cells[2][6] = {
        { { EVENT_NUMBER, .number = 1.5 }, { EVENT_INTEGER, .integer = 7 }, { EVENT_BOOLEAN, .boolean = true },
          { EVENT_TEXT, .text = STR("caf\xc3\xa9") }, { EVENT_TIME, .integer = NOON_US },
              { EVENT_INTEGER, .integer = 3 } },
        { { EVENT_MISSING, .integer = 0 }, { EVENT_INTEGER, .integer = -1 }, { EVENT_BOOLEAN, .boolean = false },
          { EVENT_TEXT, .text = STR("") }, { EVENT_MISSING, .integer = 0 }, { EVENT_NUMBER, .number = 0.5 } },
    };
    struct event_value predictions[] = { { EVENT_TEXT, .text = STR("yes") }, { EVENT_TEXT, .text = STR("no") } };
    str classes[] = { STR("no"), STR("yes") }, tag_names[] = { STR("region") }, tags[] = { STR("eu"), { NULL, 0 } };
    double probabilities[] = { 0.25, 0.75, 0.5, NAN };
    str ids[] = { STR("a"), STR("") };
    int64_t times_us[] = { NOON_US + 1, NOON_US };
    struct event_batch batch = {
        .model_name = STR("m"), .model_version = STR("v1"), .rows = 2, .feature_count = 6, .feature_names = names,
        .features = cells[0], .prediction_ids = ids, .timestamps_us = times_us, .predictions = predictions,
        .class_count = 2, .class_names = classes, .probabilities = probabilities, .tag_count = 1,
            .tag_names = tag_names,
        .tags = tags,
    };
    struct event_append_result result = append(log, &batch, &arena);
    CHECK_INT("both rows are new", result.stored, 2);
    CHECK_INT("a fresh id is a uuid", result.prediction_ids[1].size, 36);

    struct event_window window = all_of("m");
    struct frame *frame = scan(log, &window);
    static const char *const columns[] = { "n", "i", "b", "t", "when", "N", "prediction_id", "timestamp",
        "model_version",
                                           "prediction", "no", "yes", "region" };
    CHECK_INT("columns in the promised order", frame->column_count, COUNT(columns));
    for (size_t i = 0; i < COUNT(columns); i++)
        CHECK_STR("column name", frame->columns[i].name, str_of(columns[i]));
    CHECK("event-time order: the second row comes first", isnan(frame->columns[0].f64[0]) &&
          frame->columns[0].f64[1] == 1.5);
    CHECK_NEAR("an integer column took a fraction", frame->columns[5].f64[0], 0.5, 0);
    CHECK_STR("text", frame->columns[3].categories[frame->columns[3].codes[1]], STR("caf\xc3\xa9"));
    CHECK_INT("time", frame->columns[4].us[1], NOON_US);
    CHECK_INT("a missing time", frame->columns[4].missing, 1);
    CHECK("a NaN probability is missing", isnan(frame->columns[11].f64[0]));
    CHECK_INT("a missing tag", frame->columns[12].missing, 1);
    frame_free(frame);

    window.leaves_out_id = window.leaves_out_version = true;
    frame = scan(log, &window);
    CHECK_INT("without the two", frame->column_count, COUNT(columns) - 2);
    CHECK("none of them", frame_column(frame, STR("prediction_id")) == NULL &&
          frame_column(frame, STR("model_version")) == NULL);
    CHECK_STR("the others in order", frame->columns[6].name, STR("timestamp"));
    CHECK_STR("the others in order", frame->columns[7].name, STR("prediction"));
    frame_free(frame);
    window.leaves_out_id = window.leaves_out_version = false;

    window.segment_count = 1;
    window.segment_names = tag_names;
    window.segment_values = tags;
    frame = scan(log, &window);
    CHECK_INT("one row has region eu", frame->rows, 1);
    frame_free(frame);
    arena_done(&arena);
    event_log_close(log);
}

TEST(event_log_counts_ids_once_also_in_a_batch_after_ingest_restart_and_rollover)
{
    const char *folder = test_folder();
    struct event_log *log = open_log(folder, 0);
    struct arena arena;
    arena_init(&arena, 0);
    struct small_batch small;
    struct error err = { 0 };
    struct event_batch *batch = small_batch(&small, "m", "id", 10, NOON_US);
    small.ids[9] = small.ids[0];
    struct event_append_result result = append(log, batch, &arena);
    CHECK_INT("an id twice in one batch", result.duplicates, 1);
    CHECK_INT("again, still in the journal", append(log, batch, &arena).duplicates, 10);
    CHECK_INT("the scan sees nine", count(log, "m"), 9);
    CHECK_INT("again, now in DuckDB", append(log, batch, &arena).duplicates, 10);
    CHECK_INT("the same ids of another model", append(log, small_batch(&small, "other", "id", 10, NOON_US),
                                                      &arena).stored, 10);
    event_log_close(log);

    log = open_log(folder, 0);
    CHECK_INT("after a restart", append(log, small_batch(&small, "m", "id", 9, NOON_US), &arena).duplicates, 9);
    CHECK_OK("rolls over", roll(log, &err), &err);
    CHECK_INT("after the rollover", append(log, small_batch(&small, "m", "id", 9, NOON_US), &arena).duplicates, 9);
    CHECK_INT("nine are left", count(log, "m"), 9);
    event_log_close(log);

    char path[512];
    (void)snprintf(path, sizeof path, "%s/ids.filter", folder);
    CHECK_INT("the saved filter goes", unlink(path), 0);
    log = open_log(folder, 0);
    CHECK_INT("a filter made from table and files", append(log, small_batch(&small, "m", "id", 10, NOON_US),
                                                           &arena).stored, 1);
    arena_done(&arena);
    event_log_close(log);
}

TEST(event_log_refuses_types_that_change_and_says_where)
{
    struct event_log *log = open_log(test_folder(), 0);
    struct arena arena;
    arena_init(&arena, 0);
    struct small_batch small;
    struct error err = { 0 };
    (void)append(log, small_batch(&small, "m", "a", 3, NOON_US), &arena);
    struct event_batch *batch = small_batch(&small, "m", "b", 3, NOON_US);
    small.values[2] = (struct event_value){ EVENT_TEXT, .text = STR("high") };
    struct event_append_result result;
    CHECK_FAILS("text in a number column", event_log_append(log, batch, &arena, &result, &err), ERR_INVALID, &err);
    CHECK("names row, feature and both types",
          strstr(err.cause, "row 2: feature \"x\" is text, but it was number") != NULL);
    CHECK_INT("nothing of the batch is stored", count(log, "m"), 3);

    static const struct {
        const char *why;
        str model, feature;
        enum status status;
    } cases[] = {
        { "no model", STR(""), STR("x"), ERR_INVALID },
        { "a model that is no UTF-8", STR("\xff"), STR("x"), ERR_INVALID },
        { "a feature named like a field", STR("m"), STR("Timestamp"), ERR_INVALID },
        { "a feature without a name", STR("m"), STR(""), ERR_INVALID },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        error_clear(&err);
        batch = small_batch(&small, "m", "c", 1, NOON_US);
        batch->model_name = cases[i].model;
        small.feature_name = cases[i].feature;
        CHECK_FAILS(cases[i].why, event_log_append(log, batch, &arena, &result, &err), cases[i].status, &err);
    }
    error_clear(&err);
    batch = small_batch(&small, "m", "d", 0, NOON_US);
    CHECK_FAILS("no rows", event_log_append(log, batch, &arena, &result, &err), ERR_LIMIT, &err);
    arena_done(&arena);
    event_log_close(log);
}

static double target_of(struct event_log *log, size_t row)
{
    struct event_window window = all_of("m");
    struct frame *frame = scan(log, &window);
    const struct column *target = frame_column(frame, STR("target"));
    double value = target != NULL ? target->f64[row] : NAN;
    frame_free(frame);
    return value;
}

static size_t label(struct event_log *log, const char *id, double target)
{
    struct error err = { 0 };
    size_t matched = 0;
    struct event_label one = { str_of(id), { EVENT_NUMBER, .number = target }, INT64_MIN };
    CHECK_OK("labels", event_log_label(log, STR("m"), &one, 1, &matched, &err), &err);
    return matched;
}

TEST(event_log_joins_labels_before_and_after_their_event_and_the_last_wins)
{
    const char *folder = test_folder();
    struct event_log *log = open_log(folder, 0);
    struct arena arena;
    arena_init(&arena, 0);
    struct small_batch small;
    struct error err = { 0 };
    CHECK_INT("a label before its event", label(log, "a0", 10), 0);
    (void)append(log, small_batch(&small, "m", "a", 2, NOON_US), &arena);
    CHECK_NEAR("is joined", target_of(log, 0), 10, 0);
    CHECK("the other has none", isnan(target_of(log, 1)));
    CHECK_INT("a label after its event", label(log, "a1", 20), 1);
    CHECK_INT("and a correction", label(log, "a1", 21), 1);
    CHECK_NEAR("the last wins", target_of(log, 1), 21, 0);
    CHECK_OK("rolls over", roll(log, &err), &err);
    CHECK_NEAR("also in files", target_of(log, 0), 10, 0);
    event_log_close(log);
    log = open_log(folder, 0);
    CHECK_INT("a label for an event in a file", label(log, "a0", 11), 1);
    CHECK_NEAR("is joined", target_of(log, 0), 11, 0);
    struct event_label none = { STR("a0"), { EVENT_MISSING, .integer = 0 }, 0 };
    size_t matched;
    CHECK_FAILS("a label without a target", event_log_label(log, STR("m"), &none, 1, &matched, &err), ERR_INVALID,
                &err);
    arena_done(&arena);
    event_log_close(log);
}

TEST(event_log_windows_by_time_version_and_count)
{
    struct event_log *log = open_log(test_folder(), 0);
    struct arena arena;
    arena_init(&arena, 0);
    struct small_batch small;
    struct error err = { 0 };
    (void)append(log, small_batch(&small, "m", "a", 10, NOON_US), &arena);
    CHECK_OK("the first day becomes a file", roll(log, &err), &err);
    struct event_batch *batch = small_batch(&small, "m", "b", 5, NOON_US + 2 * DAY_US);
    batch->model_version = STR("2");
    (void)append(log, batch, &arena);
    static const struct {
        const char *why;
        str version;
        int64_t from_us, to_us;
        size_t last_rows, rows;
        double first;
    } cases[] = {
        { "everything, file and table", STR(""), INT64_MIN, INT64_MAX, 0, 15, 0 },
        { "the file's version", STR("1"), INT64_MIN, INT64_MAX, 0, 10, 0 },
        { "from is in", STR(""), NOON_US + 3, INT64_MAX, 0, 12, 3 },
        { "to is out", STR(""), INT64_MIN, NOON_US + 3, 0, 3, 0 },
        { "the newest seven, oldest first", STR(""), INT64_MIN, INT64_MAX, 7, 7, 8 },
        { "more than there are", STR("2"), INT64_MIN, INT64_MAX, 100, 5, 0 },
        { "none", STR("3"), INT64_MIN, INT64_MAX, 0, 0, NAN },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct event_window window = { .model_name = STR("m"), .model_version = cases[i].version,
                                       .from_us = cases[i].from_us, .to_us = cases[i].to_us,
                                       .last_rows = cases[i].last_rows };
        uint64_t rows = 0;
        CHECK_OK(cases[i].why, event_log_count(log, &window, &rows, &err), &err);
        CHECK_INT(cases[i].why, rows, cases[i].rows);
        struct frame *frame = scan(log, &window);
        CHECK_INT(cases[i].why, frame->rows, cases[i].rows);
        if (frame->rows > 0)
            CHECK_NEAR(cases[i].why, frame_column(frame, STR("x"))->f64[0], cases[i].first, 0);
        frame_free(frame);
    }
    struct event_window window = all_of("m");
    struct frame *frame = NULL;
    CHECK_FAILS("more rows than allowed", event_log_scan(log, &window, 14, &frame, &err), ERR_LIMIT, &err);
    error_clear(&err);
    window = all_of("nobody");
    CHECK_FAILS("an unknown model", event_log_scan(log, &window, 0, &frame, &err), ERR_NOT_FOUND, &err);
    arena_done(&arena);
    event_log_close(log);
}

TEST(event_log_rolls_over_late_events_and_drops_whole_days_past_their_retention)
{
    const char *folder = test_folder();
    struct event_log *log = open_log(folder, 30);
    struct arena arena;
    arena_init(&arena, 0);
    struct small_batch small;
    struct error err = { 0 };
    (void)append(log, small_batch(&small, "a/b c", "a", 4, NOON_US), &arena);
    CHECK_OK("rolls", roll(log, &err), &err);
    struct event_batch *late = small_batch(&small, "a/b c", "late", 2, NOON_US);
    (void)append(log, late, &arena);
    CHECK_INT("file and table as one", count(log, "a/b c"), 6);
    CHECK_OK("rolls the late ones", roll(log, &err), &err);
    CHECK_INT("two files", count(log, "a/b c"), 6);
    char path[512];
    (void)snprintf(path, sizeof path, "%s/history/model=a%%2Fb%%20c/date=2024-10-04", folder);
    CHECK("partitioned by model and date", file_exists(path));
    event_log_close(log);
    log = open_log(folder, 30);
    CHECK_INT("both files after a restart", count(log, "a/b c"), 6);

    /* What happened long ago but arrived just now stays: the events above arrived at the time of this test. */
    int64_t far_us = INT64_C(4000000000) * 1000000; /* 2096 */
    bool has_more = false;
    CHECK_OK("not old enough to drop", event_log_maintain(log, NOON_US + 29 * DAY_US, &has_more, &err), &err);
    CHECK_INT("all stay", count(log, "a/b c"), 6);
    CHECK_OK("decades later", event_log_maintain(log, far_us, &has_more, &err), &err);
    CHECK_INT("none stays", count(log, "a/b c"), 0);
    struct event_model *models;
    size_t model_count = 0;
    CHECK_OK("lists", event_log_models(log, &arena, &models, &model_count, &err), &err);
    CHECK_INT("a model without events is none", model_count, 0);
    arena_done(&arena);
    event_log_close(log);
}

/* Between two steps of a roll-over: in the same thread, so it would hang if the log were held. */
struct between {
    struct event_log *log;
    size_t steps, steps_max; /* the process ends at the last one, 0 = never */
};

static void look_between(void *context)
{
    struct between *between = context;
    if (++between->steps == between->steps_max)
        _exit(0);
    struct small_batch small;
    struct arena arena;
    arena_init(&arena, 0);
    char prefix[32];
    (void)snprintf(prefix, sizeof prefix, "between%zu-", between->steps);
    uint64_t before = count(between->log, "m");
    CHECK_INT("each row is there once, in a file or the table", before, 99 + between->steps);
    (void)append(between->log, small_batch(&small, "m", prefix, 1, NOON_US + 1000 * DAY_US), &arena);
    CHECK_INT("an append gets in, and its row is seen", count(between->log, "m"), before + 1);
    arena_done(&arena);
}

/* A log with one event on each of 100 days, all captured just now. */
static struct event_log *open_hundred_days(const char *folder, struct between *between)
{
    struct error err = { 0 };
    struct event_log_options options = { .folder = folder, .clock = &arrival_clock, .on_rollover_step = look_between,
                                         .rollover_context = between };
    CHECK_OK("opens", event_log_open(&options, &between->log, &err), &err);
    struct small_batch small;
    struct arena arena;
    arena_init(&arena, 0);
    for (int part = 0; part < 2; part++) {
        struct event_batch *batch = small_batch(&small, "m", part == 0 ? "a" : "b", 50, NOON_US);
        for (int row = 0; row < 50; row++)
            small.times_us[row] = NOON_US + (part * 50 + row) * DAY_US;
        (void)append(between->log, batch, &arena);
    }
    arena_done(&arena);
    return between->log;
}

TEST(event_log_lets_others_in_between_the_days_of_a_roll_over)
{
    struct error err = { 0 };
    struct between between = { 0 };
    struct event_log *log = open_hundred_days(test_folder(), &between);
    int64_t tomorrow_us = ARRIVAL_US + DAY_US;
    bool has_more = false;
    CHECK_OK("a first part", event_log_maintain(log, tomorrow_us, &has_more, &err), &err);
    CHECK("more is left: 64 days a call", has_more);
    CHECK("in groups that others wait for", between.steps >= 8);
    size_t steps = between.steps;
    CHECK_OK("the rest", event_log_maintain(log, tomorrow_us, &has_more, &err), &err);
    CHECK("nothing is left", !has_more);
    CHECK("36 days more", between.steps - steps >= 5);
    event_log_close(log);
}

TEST(event_log_keeps_old_events_captured_today_in_the_table_until_tomorrow)
{
    const char *folder = test_folder();
    struct error err = { 0 };
    struct between between = { 0 };
    struct event_log *log = open_hundred_days(folder, &between);
    bool has_more = true;
    char path[512];
    (void)snprintf(path, sizeof path, "%s/history/model=m", folder);
    CHECK_OK("today", event_log_maintain(log, ARRIVAL_US, &has_more, &err), &err);
    CHECK("nothing is due", !has_more && !file_exists(path));
    CHECK_OK("tomorrow", event_log_maintain(log, ARRIVAL_US + 1, &has_more, &err), &err);
    CHECK("due", has_more && file_exists(path));
    event_log_close(log);
}

TEST(event_log_survives_a_crash_between_two_days_of_a_roll_over)
{
    const char *folder = test_folder();
    pid_t child = fork();
    if (child == 0) {
        struct error err = { 0 };
        struct between between = { .steps_max = 4 };
        struct event_log *log = open_hundred_days(folder, &between);
        bool has_more = false;
        enum status status = event_log_maintain(log, ARRIVAL_US + DAY_US, &has_more, &err);
        _exit(status == OK ? 1 : 2); /* it was to end in the middle */
    }
    int state = -1;
    CHECK_INT("waits for the child", waitpid(child, &state, 0), child);
    CHECK_INT("which ended between two days", state, 0);
    struct error err = { 0 };
    struct event_log *log = open_log(folder, 0);
    CHECK_INT("every event once: 100 and those of three looks", count(log, "m"), 103);
    bool has_more = true;
    for (int call = 0; call < 3 && has_more; call++)
        CHECK_OK("goes on", event_log_maintain(log, ARRIVAL_US + DAY_US, &has_more, &err), &err);
    CHECK("to the end", !has_more);
    CHECK_INT("every event still once", count(log, "m"), 103);
    event_log_close(log);
}

TEST(event_log_clears_a_model_for_good_and_forgets_its_types)
{
    const char *folder = test_folder();
    struct event_log *log = open_log(folder, 0);
    struct arena arena;
    arena_init(&arena, 0);
    struct small_batch small;
    struct error err = { 0 };
    (void)append(log, small_batch(&small, "m", "a", 4, NOON_US), &arena);
    (void)append(log, small_batch(&small, "keep", "a", 4, NOON_US), &arena);
    CHECK_OK("rolls", roll(log, &err), &err);
    (void)append(log, small_batch(&small, "m", "b", 4, NOON_US), &arena);
    uint64_t rows = 0;
    CHECK_OK("clears", event_log_clear(log, STR("m"), &rows, &err), &err);
    CHECK_INT("file and table", rows, 8);
    struct event_batch *batch = small_batch(&small, "m", "a", 1, NOON_US);
    small.values[0] = (struct event_value){ EVENT_TEXT, .text = STR("now text") };
    CHECK_INT("the same id is new again, of another type", append(log, batch, &arena).stored, 1);
    event_log_close(log);
    log = open_log(folder, 0);
    CHECK_INT("after a restart", count(log, "m"), 1);
    CHECK_INT("the other model stays", count(log, "keep"), 4);
    CHECK_OK("clears all", event_log_clear(log, STR(""), &rows, &err), &err);
    CHECK_INT("five in all", rows, 5);
    CHECK_INT("all ids are new", append(log, small_batch(&small, "keep", "a", 4, NOON_US), &arena).stored, 4);
    arena_done(&arena);
    event_log_close(log);
}

TEST(event_log_query_answers_selects_and_nothing_else)
{
    const char *folder = test_folder();
    struct event_log *log = open_log(folder, 0);
    struct arena arena;
    arena_init(&arena, 0);
    struct small_batch small;
    struct error err = { 0 };
    (void)append(log, small_batch(&small, "Wine", "a", 4, NOON_US), &arena);
    (void)append(log, small_batch(&small, "events", "e", 2, NOON_US), &arena);
    CHECK_OK("rolls", roll(log, &err), &err);
    (void)append(log, small_batch(&small, "Wine", "b", 4, NOON_US), &arena);
    (void)label(log, "a0", 1);
    static const struct {
        const char *why, *sql;
        double answer;
    } selects[] = {
        { "a model's view over file and table", "SELECT count(*) FROM \"Wine\"", 8 },
        { "features by name, any case", "SELECT sum(x) FROM wine", 12 },
        { "all models", "SELECT count(DISTINCT model_name) FROM events WHERE prediction IS NOT NULL", 2 },
        { "a model called like a view", "SELECT count(*) FROM events_model2", 2 },
        { "labels", "SELECT count(*) FROM labels", 1 },
        { "with", "WITH w AS (FROM wine) SELECT count(*) FROM w;", 8 },
        { "with, recursive", "WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r WHERE i < 4) "
          "SELECT sum(i) FROM r", 10 },
        { "schema and database by name", "SELECT count(*) FROM main.wine, events.main.labels", 8 },
        { "what views there are", "SELECT count(*) FROM information_schema.tables WHERE table_name = 'Wine'", 1 },
        { "and their columns", "SELECT count(*) FROM information_schema.columns "
          "WHERE table_name = 'Wine' AND column_name = 'x'", 1 },
        { "a description", "SELECT count(*) FROM (DESCRIBE wine) WHERE column_name = 'x'", 1 },
        { "the views' names", "SELECT count(*) FROM (SHOW TABLES) WHERE name = 'events'", 1 },
        { "a window function, a lambda, a series and a list",
          "SELECT sum(s) FROM (SELECT list_sum(list_transform([1], v -> v + g)) + row_number() OVER () * 0 AS s "
          "FROM generate_series(1, 2) t(g), unnest([1, 2]))", 10 },
        { "regular functions of time", "SELECT count(*) FROM wine "
          "WHERE arrived <= now() AND current_date > DATE '2020-01-01'", 8 },
    };
    for (size_t i = 0; i < COUNT(selects); i++) {
        struct frame *frame = NULL;
        CHECK_OK(selects[i].why, event_log_query(log, str_of(selects[i].sql), 10, &frame, &err), &err);
        if (frame != NULL)
            CHECK_NEAR(selects[i].why, frame->columns[0].f64[0], selects[i].answer, 0);
        frame_free(frame);
        error_clear(&err);
    }
    static const struct {
        const char *why, *sql;
        enum status status;
    } refused[] = {
        { "no SQL", "hello", ERR_INVALID },
        { "nothing", ";", ERR_INVALID },
        { "an unknown view", "SELECT * FROM nobody", ERR_INVALID },
        { "a change", "DELETE FROM store.e1", ERR_INVALID },
        { "two statements", "SELECT 1; DROP TABLE store.e1", ERR_INVALID },
        { "a file of the system", "SELECT * FROM read_text('/etc/passwd')", ERR_INVALID },
        { "a file by name", "SELECT * FROM '/etc/passwd'", ERR_INVALID },
        { "a listing", "SELECT * FROM glob('/etc/*')", ERR_INVALID },
        { "writing a file", "COPY (SELECT 1) TO 'x.csv'", ERR_INVALID },
        { "another database", "ATTACH 'x.duckdb'", ERR_INVALID },
        { "a setting", "SET memory_limit = '10GB'", ERR_INVALID },
        { "a pragma", "PRAGMA enable_profiling", ERR_INVALID },
        { "an extension", "INSTALL httpfs", ERR_INVALID },
        { "a sequence's next value", "SELECT nextval('s')", ERR_INVALID },
        { "a parameter", "SELECT ?", ERR_INVALID },
        { "too many rows", "SELECT * FROM range(11)", ERR_LIMIT },
        { "settings", "SELECT value FROM duckdb_settings()", ERR_INVALID },
        { "settings within", "SELECT 1 WHERE EXISTS (SELECT 1 FROM wine "
          "WHERE x < (SELECT count(*) FROM duckdb_settings()))", ERR_INVALID },
        { "settings behind a name", "WITH w AS (SELECT * FROM duckdb_settings()) SELECT * FROM w", ERR_INVALID },
        { "settings in other spelling", "SELECT * FROM \"DuckDB_Settings\"( /* () */ )", ERR_INVALID },
        { "settings by query()", "SELECT * FROM query('SELECT * FROM duckdb_' || 'settings()')", ERR_INVALID },
        { "settings by a parsed query", "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
          ERR_INVALID },
        { "settings by table_name", "SELECT * FROM query_table('duckdb_databases')", ERR_INVALID },
        { "one setting", "SELECT current_setting('temp_directory')", ERR_INVALID },
        { "one setting as Postgres calls it", "SELECT setting FROM pg_catalog.pg_settings", ERR_INVALID },
        { "one setting, no schema", "SELECT * FROM pg_settings", ERR_INVALID },
        { "secrets", "FROM duckdb_secrets()", ERR_INVALID },
        { "extensions", "FROM duckdb_extensions()", ERR_INVALID },
        { "databases and their files", "FROM duckdb_databases", ERR_INVALID },
        { "and with schema", "FROM main.duckdb_databases", ERR_INVALID },
        { "and from its own database", "FROM system.main.duckdb_databases", ERR_INVALID },
        { "and under cover of a name", "WITH a AS (WITH duckdb_databases AS (SELECT 1) FROM duckdb_databases) "
          "SELECT * FROM duckdb_databases, a", ERR_INVALID },
        { "and described", "DESCRIBE duckdb_databases", ERR_INVALID },
        { "SQL of views, which names files", "SELECT sql FROM duckdb_views()", ERR_INVALID },
        { "the same by SQLite's name", "SELECT sql FROM sqlite_master", ERR_INVALID },
        { "the same by the standard's name", "SELECT view_definition FROM information_schema.views", ERR_INVALID },
        { "the same by Postgres's function", "SELECT pg_get_viewdef(1)", ERR_INVALID },
        { "a plan, which names files", "SELECT json_serialize_plan('FROM events')", ERR_INVALID },
        { "a pragma as a table", "FROM pragma_database_list", ERR_INVALID },
        { "a pragma as a function", "FROM pragma_version()", ERR_INVALID },
        { "the environment", "SELECT getenv('HOME')", ERR_INVALID },
        { "the platform", "FROM pragma_platform()", ERR_INVALID },
        { "the library's version", "SELECT version()", ERR_INVALID },
        { "files of temporary data", "FROM duckdb_temporary_files()", ERR_INVALID },
        { "the log", "SELECT write_log('x')", ERR_INVALID },
        { "an internal table", "FROM store.files", ERR_INVALID },
        { "a file by name in a WITH", "WITH w AS (FROM '/etc/hostname') FROM w", ERR_INVALID },
        { "another showing", "SHOW DATABASES", ERR_INVALID },
        { "an explanation, which names files", "EXPLAIN FROM wine", ERR_INVALID },
    };
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct frame *frame = NULL;
        error_clear(&err);
        CHECK_FAILS(refused[i].why, event_log_query(log, str_of(refused[i].sql), 10, &frame, &err), refused[i].status,
                    &err);
    }
    CHECK_INT("nothing was changed", count(log, "Wine"), 8);
    arena_done(&arena);
    event_log_close(log);
}

TEST(event_log_query_ends_when_its_time_is_up)
{
    struct error err = { 0 };
    struct event_log *log = NULL;
    struct event_log_options options = { .folder = test_folder(), .query_ms_max = 1 };
    CHECK_OK("opens", event_log_open(&options, &log, &err), &err);
    struct frame *frame = NULL;
    CHECK_FAILS("a query of hours", event_log_query(log, STR("SELECT sum(a.range * b.range) FROM range(10000000) a, "
                "range(10000000) b"), 10, &frame, &err), ERR_UNAVAILABLE, &err);
    event_log_close(log);
}

TEST(event_log_belongs_to_one_process)
{
    struct error err = { 0 };
    struct event_log *log = open_log(test_folder(), 0), *second = NULL;
    struct event_log_options options = { .folder = test_folder() };
    CHECK_FAILS("a second opening", event_log_open(&options, &second, &err), ERR_CONFLICT, &err);
    char pid[32];
    (void)snprintf(pid, sizeof pid, "%d", (int)getpid());
    CHECK("names the owner", strstr(err.cause, pid) != NULL);
    event_log_close(log);
}

TEST(event_log_knows_its_models)
{
    const char *folder = test_folder();
    struct event_log *log = open_log(folder, 0);
    struct arena arena;
    arena_init(&arena, 0);
    struct small_batch small;
    struct error err = { 0 };
    (void)append(log, small_batch(&small, "m", "a", 4, NOON_US), &arena);
    (void)label(log, "a1", 1);
    for (int round = 0; round < 2; round++) {
        struct event_model *models = NULL;
        size_t model_count = 0;
        const char *why = round == 0 ? "as counted" : "as read back";
        CHECK_OK(why, event_log_models(log, &arena, &models, &model_count, &err), &err);
        CHECK_INT(why, model_count, 1);
        CHECK_INT(why, models[0].rows, 4);
        CHECK_INT(why, models[0].labels, 1);
        CHECK_INT(why, models[0].first_us, NOON_US);
        CHECK_INT(why, models[0].last_us, NOON_US + 3);
        CHECK_INT(why, models[0].feature_count, 1);
        CHECK_STR(why, models[0].feature_names[0], STR("x"));
        event_log_close(log);
        log = open_log(folder, 0);
    }
    arena_done(&arena);
    event_log_close(log);
}
