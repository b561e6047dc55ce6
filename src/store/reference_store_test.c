#include "store/reference_store.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/test.h"
#include "data/frame_builder.h"

static struct frame *sample_frame(double last)
{
    struct error err = { 0 };
    CLEANUP(frame_builder_free_slot) struct frame_builder *builder = NULL;
    struct frame *frame = NULL;
    size_t columns[5];
    static const char *const names[] = { "x", "n", "b", "t", "when" };
    CHECK_OK("builder", frame_builder_new(STR("test"), 0, &builder, &err), &err);
    for (size_t i = 0; i < COUNT(names); i++)
        CHECK_OK("column", frame_builder_column(builder, str_of(names[i]), &columns[i], &err), &err);
    for (size_t row = 0; row < 3; row++) {
        struct frame_cell cells[] = {
            frame_cell_number(row == 2 ? last : 0.5 * (double)row),
            frame_cell_integer((int64_t)row - 1),
            frame_cell_boolean(row == 1),
            row == 1 ? frame_cell_missing() : frame_cell_text(row == 0 ? STR("a") : STR("caf\xc3\xa9")),
            frame_cell_time(INT64_C(1700000000000001) + (int64_t)row),
        };
        for (size_t i = 0; i < COUNT(cells); i++)
            CHECK_OK("put", frame_builder_put(builder, columns[i], cells[i], &err), &err);
        CHECK_OK("row", frame_builder_end_row(builder, &err), &err);
    }
    CHECK_OK("finish", frame_builder_finish(builder, &frame, &err), &err);
    return frame;
}

TEST(references_are_versioned_and_read_back_equal)
{
    const char *folder = test_folder();
    struct error err = { 0 };
    struct arena arena;
    arena_init(&arena, 0);
    struct meta *meta = NULL;
    struct reference_store *store = NULL;
    CHECK_OK("meta", meta_open(folder, &meta, &err), &err);
    CHECK_OK("store", reference_store_open(folder, meta, &store, &err), &err);
    struct frame *first = sample_frame(1), *second = sample_frame(2), *back = NULL;
    struct meta_reference reference;
    CHECK_OK("puts", reference_put(store, STR("m"), STR("test"), first, 1000, &arena, &reference, &err), &err);
    CHECK_INT("version 1", reference.version, 1);
    CHECK_OK("the same again", reference_put(store, STR("m"), STR("test"), first, 2000, &arena, &reference, &err),
             &err);
    CHECK_INT("is version 1 still", reference.version, 1);
    CHECK_OK("another", reference_put(store, STR("m"), STR("test"), second, 3000, &arena, &reference, &err), &err);
    CHECK_INT("version 2", reference.version, 2);
    reference_store_close(store);
    meta_close(meta);

    CHECK_OK("meta", meta_open(folder, &meta, &err), &err);
    CHECK_OK("store", reference_store_open(folder, meta, &store, &err), &err);
    CHECK_OK("the old version", reference_get(store, STR("m"), 1, &arena, &reference, &back, &err), &err);
    CHECK_INT("rows", back->rows, 3);
    static const enum column_source sources[] = { SOURCE_FLOAT, SOURCE_INTEGER, SOURCE_BOOLEAN, SOURCE_STRING,
        SOURCE_TIME };
    for (size_t i = 0; i < COUNT(sources); i++)
        CHECK_INT("the type of each column", back->columns[i].source, sources[i]);
    CHECK_NEAR("number", back->columns[0].f64[2], 1, 0);
    CHECK_INT("a missing text", back->columns[3].missing, 1);
    CHECK_INT("microseconds", back->columns[4].us[0], INT64_C(1700000000000001));
    frame_free(back);
    CHECK_FAILS("no such version", reference_get(store, STR("m"), 3, &arena, NULL, &back, &err), ERR_NOT_FOUND, &err);
    error_clear(&err);

    str path;
    CHECK_OK("path", reference_path(store, STR("m"), 2, &arena, &path, &err), &err);
    int fd = open(path.data, O_WRONLY);
    CHECK("damages the file", fd >= 0 && ftruncate(fd, 40) == 0 && close(fd) == 0);
    CHECK_FAILS("a cut file", reference_get(store, STR("m"), 0, &arena, NULL, &back, &err), ERR_CORRUPT, &err);
    frame_free(first);
    frame_free(second);
    reference_store_close(store);
    meta_close(meta);
    arena_done(&arena);
}

TEST(references_that_a_crash_left_unnamed_are_swept)
{
    const char *folder = test_folder();
    struct error err = { 0 };
    struct meta *meta = NULL;
    struct reference_store *store = NULL;
    char path[512];
    CHECK_OK("meta", meta_open(folder, &meta, &err), &err);
    CHECK_OK("store", reference_store_open(folder, meta, &store, &err), &err);
    reference_store_close(store);
    (void)snprintf(path, sizeof path, "%s/references/left.parquet.tmp", folder);
    CHECK_OK("a leftover", file_write(path, STR("PAR1"), &err), &err);
    CHECK_OK("opens again", reference_store_open(folder, meta, &store, &err), &err);
    CHECK("it is gone", !file_exists(path));
    reference_store_close(store);
    meta_close(meta);
}
