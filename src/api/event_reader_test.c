#include "api/cell_table.h"
#include "base/closest_name.h"
#include "api/event_reader.h"

#include <math.h>

#include "base/buf.h"
#include "base/test.h"

/* A reading as text: "model/version: a=1 b=x | p=1 id=.. t=.. y=.. [class=p] {tag=v}; ..." */
static void print_value(struct buf *out, const struct event_value *value)
{
    switch (value->kind) {
    case EVENT_NUMBER:
        buf_printf(out, "%g", value->number);
        return;
    case EVENT_INTEGER:
    case EVENT_TIME:
        buf_printf(out, "%lldi", (long long)value->integer);
        return;
    case EVENT_BOOLEAN:
        buf_printf(out, value->boolean ? "true" : "false");
        return;
    case EVENT_TEXT:
        buf_printf(out, "'%.*s'", STR_ARG(value->text));
        return;
    case EVENT_MISSING:
        break;
    }
    buf_printf(out, "-");
}

static void print_row(struct buf *out, const struct event_batch *batch, size_t row)
{
    for (size_t i = 0; i < batch->feature_count; i++) {
        buf_printf(out, "%s%.*s=", i > 0 ? " " : "", STR_ARG(batch->feature_names[i]));
        print_value(out, &batch->features[row * batch->feature_count + i]);
    }
    buf_printf(out, " p=");
    print_value(out, &batch->predictions[row]);
    if (!str_is_empty(batch->prediction_ids[row]))
        buf_printf(out, " id=%.*s", STR_ARG(batch->prediction_ids[row]));
    if (batch->timestamps_us[row] != INT64_MIN)
        buf_printf(out, " t=%lld", (long long)batch->timestamps_us[row]);
    if (batch->targets != NULL) {
        buf_printf(out, " y=");
        print_value(out, &batch->targets[row]);
    }
    for (size_t i = 0; i < batch->class_count; i++)
        buf_printf(out, " [%.*s=%g]", STR_ARG(batch->class_names[i]), batch->probabilities[row * batch->class_count + i]);
    for (size_t i = 0; i < batch->tag_count; i++)
        buf_printf(out, " {%.*s=%.*s}", STR_ARG(batch->tag_names[i]), STR_ARG(batch->tags[row * batch->tag_count + i]));
}

static void print_reading(struct buf *out, const struct event_reading *reading)
{
    for (size_t g = 0; g < reading->group_count; g++) {
        const struct event_batch *batch = &reading->groups[g].batch;
        buf_printf(out, "%s%.*s/%.*s: ", g > 0 ? " || " : "", STR_ARG(batch->model_name), STR_ARG(batch->model_version));
        for (size_t row = 0; row < batch->rows; row++) {
            buf_printf(out, "%s", row > 0 ? "; " : "");
            print_row(out, batch, row);
        }
    }
}

TEST(bodies_of_capture)
{
    static const struct {
        const char *why, *body, *reading;
    } cases[] = {
        { "a map of features", "{\"features\":{\"a\":1,\"b\":2.5,\"c\":\"x\",\"d\":null,\"e\":true},\"prediction\":1}",
          "m/: a=1i b=2.5 c='x' d=- e=true p=1i" },
        { "a list with names behind it", "{\"features\":[1,2],\"prediction\":0.5,\"feature_names\":[\"a\",\"b\"]}",
          "m/: a=1i b=2i p=0.5" },
        { "a list without names", "{\"features\":[1,2]}", "m/: 0=1i 1=2i p=-" },
        { "everything", "{\"model_name\":\"w\",\"model_version\":2,\"prediction_id\":\"x\",\"timestamp\":1.5,\"features\":{\"a\":1},"
                        "\"prediction\":[3],\"target\":\"y\",\"probabilities\":{\"no\":0.25,\"yes\":0.75},\"tags\":{\"r\":\"eu\"}}",
          "w/2: a=1i p=3i id=x t=1500000 y='y' [no=0.25] [yes=0.75] {r=eu}" },
        { "an RFC 3339 time", "{\"features\":{\"a\":1},\"timestamp\":\"1970-01-01T00:00:02Z\"}", "m/: a=1i p=- t=2000000" },
        { "probabilities as a list", "{\"features\":{\"a\":1},\"probabilities\":[0.5,0.5]}", "m/: a=1i p=- [0=0.5] [1=0.5]" },
        { "rows of different features are made rectangular", "[{\"features\":{\"a\":1}},{\"features\":{\"b\":2,\"a\":3}}]",
          "m/: a=1i b=- p=-; a=3i b=2i p=-" },
        { "model versions are separate batches", "[{\"features\":{\"a\":1}},{\"features\":{\"a\":2},\"model_name\":\"w\"},"
                                                 "{\"features\":{\"a\":3}}]",
          "m/: a=1i p=-; a=3i p=- || w/: a=2i p=-" },
        { "events with their model behind them", "{\"events\":[{\"features\":{\"a\":1}}],\"model_name\":\"w\",\"model_version\":\"9\"}",
          "w/9: a=1i p=-" },
        { "predictions as a list of events", "{\"predictions\":[{\"features\":{\"a\":1},\"prediction\":2}]}", "m/: a=1i p=2i" },
        { "columns", "{\"rows\":[[1,\"x\"],[2,null]],\"feature_names\":[\"a\",\"b\"],\"predictions\":[0,1],"
                     "\"prediction_ids\":[\"i\",\"j\"],\"targets\":[1,null],\"timestamps\":[1,null],\"probabilities\":[[0.1],[0.9]]}",
          "m/: a=1i b='x' p=0i id=i t=1000000 y=1i [0=0.1]; a=2i b=- p=1i id=j y=- [0=0.9]" },
        { "features as a list of rows", "{\"features\":[[1,2],[3,4]],\"feature_names\":[\"a\",\"b\"],\"predictions\":[0,1]}",
          "m/: a=1i b=2i p=0i; a=3i b=4i p=1i" },
        { "escapes in names", "{\"features\":{\"\\u00e9\":1}}", "m/: \xc3\xa9=1i p=-" },
        { "no events", "[]", "" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena;
        struct buf text;
        struct error err = { 0 };
        struct event_reading reading = { 0 };
        struct event_defaults defaults = { .fallback_name = STR("m") };
        arena_init(&arena, 0);
        buf_init(&text, 1 << 16);
        CHECK_OK(cases[i].why, event_reading_parse(str_of(cases[i].body), &defaults, &arena, &reading, &err), &err);
        print_reading(&text, &reading);
        CHECK_STR(cases[i].why, buf_str(&text), str_of(cases[i].reading));
        buf_done(&text);
        arena_done(&arena);
    }
}

TEST(bodies_that_are_refused)
{
    static const struct {
        const char *why, *body, *says;
    } cases[] = {
        { "not JSON", "{\"features\":", "" },
        { "no features", "{\"prediction\":1}", "features are missing" },
        { "names and values differ in number", "{\"features\":[1,2],\"feature_names\":[\"a\"]}", "1 feature_names for 2" },
        { "a nested feature", "{\"features\":{\"a\":{\"b\":1}}}", "features.a" },
        { "a list of several as one value", "{\"features\":{\"a\":[1,2]}}", "features.a" },
        { "a number beyond double", "{\"features\":{\"a\":1e999}}", "features.a" },
        { "a time that is none", "[{\"features\":{\"a\":1},\"timestamp\":\"yesterday\"}]", "timestamp" },
        { "rows of different width", "{\"rows\":[[1,2],[3]],\"feature_names\":[\"a\",\"b\"]}", "row 1 has 1 values" },
        { "fewer predictions than rows", "{\"rows\":[[1],[2]],\"feature_names\":[\"a\"],\"predictions\":[1]}",
          "predictions: 1 values for 2 rows" },
        { "rows and events", "{\"rows\":[[1]],\"events\":[{\"features\":{\"a\":1}}]}", "both" },
        { "something unknown beside a list", "{\"events\":[],\"evnts\":1}", "evnts" },
        { "two lists", "{\"events\":[],\"predictions\":[{\"features\":{\"a\":1}}]}", "already" },
        { "text behind the end", "{\"features\":{\"a\":1}} x", "" },
        { "a text for a list", "\"hello\"", "" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena;
        struct error err = { 0 };
        struct event_reading reading;
        struct event_defaults defaults = { .fallback_name = STR("m") };
        arena_init(&arena, 0);
        CHECK_FAILS(cases[i].why, event_reading_parse(str_of(cases[i].body), &defaults, &arena, &reading, &err),
                    ERR_INVALID, &err);
        CHECK(cases[i].why, strstr(err.cause, cases[i].says) != NULL);
        arena_done(&arena);
    }
}

TEST(a_model_in_the_path_must_be_that_of_the_body)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct event_defaults defaults = { .model_name = STR("w"), .fallback_name = STR("m") };
    struct event_reading reading;
    struct error err = { 0 };
    CHECK_OK("the path's", event_reading_parse(STR("{\"features\":{\"a\":1}}"), &defaults, &arena, &reading, &err), &err);
    CHECK_STR("the path's", reading.groups[0].batch.model_name, STR("w"));
    CHECK_FAILS("another", event_reading_parse(STR("{\"features\":{\"a\":1},\"model_name\":\"x\"}"), &defaults, &arena, &reading, &err),
                ERR_INVALID, &err);
    arena_done(&arena);
}

TEST(paths_name_the_event)
{
    static const struct {
        const char *why, *body, *path;
    } cases[] = {
        { "one event", "{\"features\":{\"a\":1}}", "features.a" },
        { "a list", "[{\"features\":{\"a\":1}}]", "[3].features.a" },
        { "a list in an object", "{\"events\":[{\"features\":{\"a\":1}}]}", "events[3].features.a" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena;
        struct event_reading reading;
        struct event_defaults defaults = { .fallback_name = STR("m") };
        struct error err = { 0 };
        arena_init(&arena, 0);
        CHECK_OK(cases[i].why, event_reading_parse(str_of(cases[i].body), &defaults, &arena, &reading, &err), &err);
        CHECK_STR(cases[i].why, event_reading_path(&reading, 3, "features", STR("a"), &arena), str_of(cases[i].path));
        arena_done(&arena);
    }
}

TEST(bodies_of_labels)
{
    static const struct {
        const char *why, *body;
        size_t groups, labels; /* 0 groups: refused */
    } cases[] = {
        { "one", "{\"prediction_id\":\"a\",\"target\":1}", 1, 1 },
        { "a list", "[{\"prediction_id\":\"a\",\"target\":1},{\"prediction_id\":\"b\",\"target\":\"x\",\"timestamp\":5}]", 1, 2 },
        { "a list in an object with its model", "{\"labels\":[{\"prediction_id\":\"a\",\"target\":1}],\"model_name\":\"w\"}", 1, 1 },
        { "two models", "[{\"prediction_id\":\"a\",\"target\":1},{\"prediction_id\":\"a\",\"target\":1,\"model_name\":\"w\"}]", 2, 1 },
        { "no id", "{\"target\":1}", 0, 0 },
        { "no target", "{\"prediction_id\":\"a\"}", 0, 0 },
        { "unknown member", "{\"prediction_id\":\"a\",\"target\":1,\"targt\":2}", 0, 0 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena;
        struct label_group *groups = NULL;
        size_t count = 0;
        struct event_defaults defaults = { .fallback_name = STR("m") };
        struct error err = { 0 };
        arena_init(&arena, 0);
        enum status status = label_reading_parse(str_of(cases[i].body), &defaults, &arena, &groups, &count, &err);
        CHECK_INT(cases[i].why, status, cases[i].groups > 0 ? OK : ERR_INVALID);
        CHECK_INT(cases[i].why, count, cases[i].groups);
        if (count > 0)
            CHECK_INT(cases[i].why, groups[0].count, cases[i].labels);
        arena_done(&arena);
    }
}

TEST(closest_names)
{
    static const struct {
        const char *why, *name, *closest;
    } cases[] = {
        { "a letter left out", "alchol", "alcohol" },
        { "two letters swapped", "ahs", "ash" },
        { "too far away", "temperature", "" },
        { "one letter more", "ashh", "ash" },
    };
    static const char *const known[] = { "alcohol", "ash", "malic_acid" };
    str names[COUNT(known)];
    for (size_t i = 0; i < COUNT(known); i++)
        names[i] = str_of(known[i]);
    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_STR(cases[i].why, closest_name(str_of(cases[i].name), names, COUNT(names)), str_of(cases[i].closest));
}

TEST(a_cell_table_grows_both_ways)
{
    struct arena arena;
    struct error err = { 0 };
    arena_init(&arena, 0);
    const double missing = NAN;
    struct cell_table table;
    cell_table_init(&table, sizeof missing, &missing, 1000, &arena);
    for (size_t row = 0; row < 100; row++) {
        CHECK_OK("a row", cell_table_begin_row(&table, &err), &err);
        for (size_t column = 0; column <= row; column++) { /* each row has one column more than the one before */
            double value = (double)(row * 1000 + column);
            CHECK_OK("a cell", cell_table_put(&table, arena_printf(&arena, "c%zu", column), &value, &err), &err);
        }
    }
    cell_table_finish(&table);
    CHECK_INT("columns", table.count, 100);
    const double *cells = (const double *)(const void *)table.cells;
    for (size_t row = 0; row < 100; row++)
        for (size_t column = 0; column < 100; column++)
            CHECK_NEAR("cell", cells[row * 100 + column], column <= row ? (double)(row * 1000 + column) : NAN, 0);
    CHECK_INT("a column knows its first row", table.first_rows[42], 42);
    arena_done(&arena);
}
