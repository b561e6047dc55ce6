#include "store/event_codec.h"

#include <string.h>

#include "base/mem.h"
#include "base/test.h"

static struct event_record sample_batch(void)
{
    static const str features[] = { STR("a"), STR("b") }, classes[] = { STR("no") }, tag_names[] = { STR("region") };
    static const struct event_value cells[] = {
        { EVENT_NUMBER, .number = -0.5 }, { EVENT_TEXT, .text = STR("x\0y") },
        { EVENT_MISSING, .integer = 0 },  { EVENT_BOOLEAN, .boolean = true },
        { EVENT_INTEGER, .integer = INT64_MIN }, { EVENT_TIME, .integer = 7 },
    };
    static const str ids[] = { STR("p"), STR("q"), STR("r") }, tags[] = { STR("eu"), { NULL, 0 }, STR("") };
    static const int64_t times_us[] = { 1, 2, 3 };
    static const struct event_value predictions[] = { { EVENT_NUMBER, .number = 1 }, { EVENT_MISSING, .integer = 0 },
                                                      { EVENT_TEXT, .text = STR("") } };
    static const double probabilities[] = { 0.5, NAN, 1 };
    return (struct event_record){
        .kind = EVENT_RECORD_BATCH, .arrival_us = 99,
        .batch = { .model_name = STR("m"), .model_version = STR("1"), .rows = 3, .feature_count = 2,
                   .feature_names = features, .features = cells, .prediction_ids = ids, .timestamps_us = times_us,
                   .predictions = predictions, .class_count = 1, .class_names = classes,
                   .probabilities = probabilities, .targets = predictions, .tag_count = 1, .tag_names = tag_names,
                   .tags = tags },
    };
}

static void encode(const struct event_record *record, const bool *is_skipped, struct buf *out)
{
    struct error err = { 0 };
    CHECK_OK("encodes", event_record_encode(record, is_skipped, out, &err), &err);
}

TEST(event_codec_reads_back_what_it_wrote)
{
    struct event_label labels[] = { { STR("p"), { EVENT_INTEGER, .integer = 1 }, 5 },
                                    { STR("q"), { EVENT_TEXT, .text = STR("cat") }, 6 } };
    struct event_record records[] = {
        sample_batch(),
        { .kind = EVENT_RECORD_LABELS, .arrival_us = 4, .batch.model_name = STR("m"), .labels = labels,
            .label_count = 2 },
    };
    for (size_t i = 0; i < COUNT(records); i++) {
        CLEANUP(buf_done) struct buf bytes, again;
        buf_init(&bytes, 1 << 16);
        buf_init(&again, 1 << 16);
        struct arena arena;
        arena_init(&arena, 0);
        struct event_record back;
        struct error err = { 0 };
        encode(&records[i], NULL, &bytes);
        CHECK_OK("decodes", event_record_decode(buf_str(&bytes), &arena, &back, &err), &err);
        encode(&back, NULL, &again);
        CHECK_STR("to the same bytes", buf_str(&again), buf_str(&bytes));
        for (size_t cut = 0; cut < bytes.size; cut++) {
            error_clear(&err);
            CHECK_FAILS("cut anywhere", event_record_decode((str){ bytes.data, cut }, &arena, &back, &err),
                        ERR_CORRUPT, &err);
        }
        arena_done(&arena);
    }
}

TEST(event_codec_keeps_each_value_and_leaves_skipped_rows_out)
{
    CLEANUP(buf_done) struct buf bytes;
    buf_init(&bytes, 1 << 16);
    struct arena arena;
    arena_init(&arena, 0);
    struct error err = { 0 };
    struct event_record record = sample_batch(), back;
    encode(&record, (bool[]){ false, true, false }, &bytes);
    CHECK_OK("decodes", event_record_decode(buf_str(&bytes), &arena, &back, &err), &err);
    CHECK_INT("two rows", back.batch.rows, 2);
    CHECK_INT("arrival", back.arrival_us, 99);
    CHECK_STR("id of the third", back.batch.prediction_ids[1], STR("r"));
    CHECK_NEAR("number", back.batch.features[0].number, -0.5, 0);
    CHECK_STR("text with NUL", back.batch.features[1].text, STR("x\0y"));
    CHECK_INT("the smallest integer", back.batch.features[2].integer, INT64_MIN);
    CHECK_INT("a time", back.batch.features[3].kind, EVENT_TIME);
    CHECK_NEAR("probability", back.batch.probabilities[1], 1, 0);
    CHECK("an empty tag is not a missing one", back.batch.tags[1].data != NULL && back.batch.tags[1].size == 0);
    CHECK_INT("a target", back.batch.targets[0].kind, EVENT_NUMBER);
    arena_done(&arena);
}

TEST(event_codec_bounds_memory_by_the_bytes_it_reads)
{
    /* A batch that claims 2^32 - 1 rows in 40 bytes. */
    CLEANUP(buf_done) struct buf bytes;
    buf_init(&bytes, 1 << 16);
    struct event_record record = sample_batch(), back;
    encode(&record, NULL, &bytes);
    memset(bytes.data + 1 + 8 + 5 + 5, 0xff, 4);
    struct arena arena;
    arena_init(&arena, 0);
    struct error err = { 0 };
    CHECK_FAILS("too many rows", event_record_decode(buf_str(&bytes), &arena, &back, &err), ERR_CORRUPT, &err);
    CHECK("without asking for them", arena.used_bytes < 4096);
    arena_done(&arena);
}

TEST(event_codec_fails_cleanly_without_memory)
{
    CLEANUP(buf_done) struct buf bytes;
    buf_init(&bytes, 1 << 16);
    struct event_record record = sample_batch();
    encode(&record, NULL, &bytes);
    for (size_t n = 1;; n++) {
        struct arena arena;
        struct error err = { 0 };
        struct event_record back;
        arena_init(&arena, 0);
        mem_fail_nth(n);
        enum status status = event_record_decode(buf_str(&bytes), &arena, &back, &err);
        bool has_failed = mem_has_failed();
        mem_fail_nth(0);
        arena_done(&arena);
        CHECK("an error exactly when memory failed", (status != OK) == has_failed);
        if (!has_failed)
            return;
    }
}
