#include "base/file.h"
#include "base/test.h"
#include "cli/simulate_events.h"
#include "cli/simulate_pace.h"
#include "data/read.h"

#define BODY_BYTES_MAX 65536

static const char table[] = "dose,count,group,on,when,prediction,target,p\n"
                            "1.5,3,a,true,2026-11-21,7,8,0.25\n"
                            "3.5,,b,false,2026-11-22,6,,0.5\n"
                            "nan,5,,true,2026-11-23T10:00:00,5,9,\n";

static struct frame *read_rows(void)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/rows.csv", test_folder());
    struct error err = { 0 };
    struct frame *frame = NULL;
    CHECK_OK("write", file_write(path, STR(table), &err), &err);
    CHECK_OK("read", read_table(&(struct read_options){ .path = str_of(path) }, &frame, &err), &err);
    return frame;
}

static enum status parse(const char *const *words, size_t count, struct simulate_options *options, struct error *err)
{
    return simulate_options_parse((int)count, (char **)words, options, err);
}

/* The body of events [0, events) sent with these words behind "simulate FILE --model m". */
static enum status body_of(const char *const *words, size_t count, struct buf *body, struct error *err)
{
    const char *all[16] = { "simulate", "rows.csv", "--model", "m" };
    for (size_t i = 0; i < count; i++)
        all[4 + i] = words[i];
    CLEANUP(arena_done) struct arena arena;
    arena_init(&arena, 0);
    CLEANUP(frame_free_slot) struct frame *frame = read_rows();
    struct simulate_options options;
    struct simulated_events events;
    TRY(parse(all, 4 + count, &options, err));
    TRY(simulated_events_init(&events, &options, frame, &arena, err));
    CHECK("it fits", simulated_events_write(&events, 0, events.events, body));
    return OK;
}

#define WORDS(...) (const char *const[]){ __VA_ARGS__ }, COUNT(((const char *const[]){ __VA_ARGS__ }))

TEST(simulated_events_are_what_capture_reads)
{
    static const struct {
        const char *why, *words[8];
        const char *body;
    } cases[] = {
        { "cells keep their kinds, gaps are null",
          { "--seed", "7" },
          "{\"feature_names\":[\"dose\",\"count\",\"group\",\"on\",\"when\",\"p\"],"
          "\"rows\":[[1.5,3,\"a\",true,\"2026-11-21T00:00:00Z\",0.25],"
          "[3.5,null,\"b\",false,\"2026-11-22T00:00:00Z\",0.5],"
          "[null,5,null,true,\"2026-11-23T10:00:00Z\",null]],"
          "\"predictions\":[7,6,5],\"targets\":[8,null,9],"
          "\"prediction_ids\":[\"simulated-7-0\",\"simulated-7-1\",\"simulated-7-2\"]}" },
        { "times, ids and probabilities leave the features",
          { "--timestamp", "when", "--id", "group", "--probability", "p", "--rows", "1" },
          "{\"feature_names\":[\"dose\",\"count\",\"on\"],\"rows\":[[1.5,3,true]],\"predictions\":[7],\"targets\":[8],"
          "\"timestamps\":[\"2026-11-21T00:00:00Z\"],\"class_names\":[\"p\"],\"probabilities\":[[0.25]],"
          "\"prediction_ids\":[\"a\"]}" },
        { "the standard deviation of 1.5 and 3.5 is 1, and only that column moves",
          { "--seed", "7", "--drift", "2", "--drift-column", "dose", "--rows", "1" },
          "{\"feature_names\":[\"dose\",\"count\",\"group\",\"on\",\"when\",\"p\"],"
          "\"rows\":[[3.5,3,\"a\",true,\"2026-11-21T00:00:00Z\",0.25]],"
          "\"predictions\":[7],\"targets\":[8],\"prediction_ids\":[\"simulated-7-0\"]}" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t count = 0;
        while (count < COUNT(cases[i].words) && cases[i].words[count])
            count++;
        CLEANUP(buf_done) struct buf body;
        buf_init(&body, BODY_BYTES_MAX);
        struct error err = { 0 };
        CHECK_OK(cases[i].why, body_of(cases[i].words, count, &body, &err), &err);
        CHECK_STR(cases[i].why, buf_str(&body), str_of(cases[i].body));
    }
}

TEST(simulated_drift_can_grow_over_the_run_and_starts_again_after_the_last_row)
{
    CLEANUP(buf_done) struct buf body;
    buf_init(&body, BODY_BYTES_MAX);
    struct error err = { 0 };
    CHECK_OK("five events of three rows",
             body_of(WORDS("--rows", "5", "--drift", "4", "--drift-column", "dose", "--drift-grows"), &body, &err),
             &err);
    /* Shifts 0, 1, 2, 3, 4 standard deviations of 1: 1.5, 3.5 + 1, a gap, 1.5 + 3, 3.5 + 4. */
    static const char *const rows[] = { "[[1.5,", "[4.5,", "[null,", "[4.5,", "[7.5," };
    buf_append_byte(&body, '\0');
    const char *at = strstr(body.data, "\"rows\":");
    for (size_t i = 0; at && i < COUNT(rows); i++) {
        at = strstr(at, rows[i]);
        CHECK(rows[i], at != NULL);
        at = at ? at + 1 : NULL;
    }
}

TEST(late_labels_leave_out_what_nobody_knows)
{
    CLEANUP(frame_free_slot) struct frame *frame = read_rows();
    CLEANUP(arena_done) struct arena arena;
    arena_init(&arena, 0);
    CLEANUP(buf_done) struct buf body;
    buf_init(&body, BODY_BYTES_MAX);
    struct error err = { 0 };
    struct simulate_options options;
    struct simulated_events events;
    CHECK_OK("parse", parse(WORDS("simulate", "f", "--model", "m", "--seed", "1", "--late-labels", "2s"), &options, &err),
             &err);
    CHECK_INT("two seconds", options.late_labels_ms, 2000);
    CHECK_OK("init", simulated_events_init(&events, &options, frame, &arena, &err), &err);
    CHECK("no targets with the events", simulated_events_write(&events, 0, 1, &body));
    buf_append_byte(&body, '\0');
    CHECK("no targets with the events", strstr(body.data, "targets") == NULL);
    size_t labels = 0;
    buf_clear(&body);
    CHECK("it fits", simulated_events_write_labels(&events, 0, 3, &body, &labels));
    CHECK_INT("the second row has none", labels, 2);
    CHECK_STR("labels", buf_str(&body),
              STR("{\"labels\":[{\"prediction_id\":\"simulated-1-0\",\"target\":8},"
                  "{\"prediction_id\":\"simulated-1-2\",\"target\":9}]}"));
}

TEST(simulate_says_what_is_wrong)
{
    static const struct {
        const char *words[8];
        enum status status;
        const char *cause; /* a part of it */
    } cases[] = {
        { { "--drift", "1", "--drift-column", "nope" }, ERR_NOT_FOUND, "no feature is called nope" },
        { { "--drift", "1", "--drift-column", "group" }, ERR_INVALID, "group holds no numbers" },
        { { "--drift-column", "dose" }, ERR_INVALID, "--drift SIGMA" },
        { { "--target", "nope" }, ERR_NOT_FOUND, "has no column nope" },
        { { "--probability", "group" }, ERR_INVALID, "holds no numbers" },
        { { "--pattern", "burst" }, ERR_INVALID, "needs a --rate" },
        { { "--pattern", "wild" }, ERR_INVALID, "steady, burst or gradual" },
        { { "--rate", "0" }, ERR_INVALID, "more than 0" },
        { { "--rows", "-3" }, ERR_INVALID, "whole number" },
        { { "--url", "localhost:8000" }, ERR_INVALID, "http://HOST:PORT" },
        { { "--late-labels", "soon" }, ERR_INVALID, "soon" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t count = 0;
        while (count < COUNT(cases[i].words) && cases[i].words[count])
            count++;
        CLEANUP(buf_done) struct buf body;
        buf_init(&body, BODY_BYTES_MAX);
        struct error err = { 0 };
        CHECK_INT(cases[i].cause, body_of(cases[i].words, count, &body, &err), cases[i].status);
        CHECK(cases[i].cause, strstr(err.cause, cases[i].cause) != NULL);
    }
}

TEST(simulated_events_are_due_by_their_pattern)
{
    static const struct {
        const char *why;
        enum traffic_pattern pattern;
        size_t index;
        double due_s;
    } cases[] = {
        { "ten a second", TRAFFIC_STEADY, 45, 4.5 },
        { "all of the first five seconds at once", TRAFFIC_BURST, 49, 0 },
        { "the next burst", TRAFFIC_BURST, 50, 5 },
        { "a quarter of the events takes half of the ten seconds", TRAFFIC_GRADUAL, 25, 5 },
        { "the last of a hundred is nearly on time", TRAFFIC_GRADUAL, 81, 9 },
    };
    struct simulate_options options = { .rate_per_s = 10, .batch_rows = 100 };
    for (size_t i = 0; i < COUNT(cases); i++) {
        options.pattern = cases[i].pattern;
        CHECK_NEAR(cases[i].why, simulate_due_s(&options, cases[i].index, 100), cases[i].due_s, 1e-12);
    }
    options.pattern = TRAFFIC_STEADY;
    CHECK_INT("a tenth of a second brings one", simulate_batch_rows(&options), 1);
    options.rate_per_s = 250;
    CHECK_INT("or twenty-five", simulate_batch_rows(&options), 25);
    options.rate_per_s = 0;
    CHECK_INT("without a rate the whole batch", simulate_batch_rows(&options), 100);
}
