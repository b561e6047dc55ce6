#include "serve/served_version.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "serve/scoring_input.h"

#define VERSION_ALIGNMENT ((size_t)64) /* model_slot.c keeps a count in the low bits of the address */
#define EXAMPLE_BYTES_MAX ((size_t)1 << 20)

static struct served_version *new_version(const struct model_location *location)
{
    struct served_version *version = NULL;
    size_t bytes = (sizeof *version + VERSION_ALIGNMENT - 1) / VERSION_ALIGNMENT * VERSION_ALIGNMENT;
    version = aligned_alloc(VERSION_ALIGNMENT, bytes);
    if (version == NULL)
        abort(); /* as mem_must: the size is ours */
    *version = (struct served_version){ .location.updated_us = location->updated_us };
    struct arena *arena = &version->arena;
    arena_init(arena, 0);
    version->location.name = arena_copy(arena, location->name);
    version->location.version = arena_copy(arena, location->version);
    version->location.stage = arena_copy(arena, location->stage);
    version->location.run_id = arena_copy(arena, location->run_id);
    version->location.model_id = arena_copy(arena, location->model_id);
    return version;
}

void served_version_free(struct served_version *version)
{
    if (version == NULL)
        return;
    prediction_ring_close(version->ring);
    if (version->runtime != NULL)
        version->runtime->methods->free(version->runtime);
    arena_done(&version->arena);
    free(version); /* aligned_alloc's */
}

/* ---- the trial ---- */

/* The folder's own input example; false where there is none that reads as rows of this model. */
static bool read_example(const struct served_version *version, struct row_reader *reader, struct buf *text)
{
    struct error unread = { 0 };
    if (str_is_empty(version->model.serving_input_path))
        return false;
    str path = arena_printf(reader->arena, "%.*s/%.*s", STR_ARG(version->model.folder),
                            STR_ARG(version->model.serving_input_path));
    reader->err = &unread;
    return file_read(path.data, text, &unread) == OK && scoring_input_json(reader, buf_str(text)) == OK && reader->rows > 0;
}

static enum status check_answer(const struct runtime_info *info, const struct runtime_answer *answer, size_t rows,
                                struct error *err)
{
    if (answer->rows != rows || answer->values == NULL)
        return error_set(err, ERR_INVALID, "%zu rows were asked for, %zu answered", rows, answer->rows);
    if (answer->probabilities != NULL && info->class_count > 0 && answer->class_count != info->class_count)
        return error_set(err, ERR_INVALID, "%zu probabilities for %zu classes", answer->class_count, info->class_count);
    for (size_t row = 0; row < rows && info->class_count > 0 && answer->labels == NULL; row++)
        if (!(answer->values[row] >= 0 && answer->values[row] < (double)info->class_count))
            return error_set(err, ERR_INVALID, "class %g of %zu is predicted", answer->values[row], info->class_count);
    return OK;
}

static enum status try_once(const struct served_version *version, struct arena *arena, struct error *err)
{
    struct row_reader reader;
    struct runtime *runtime = version->runtime;
    CLEANUP(buf_done) struct buf text;
    buf_init(&text, EXAMPLE_BYTES_MAX);
    TRY(row_reader_init(&reader, &version->schema, arena, err));
    reader.is_lenient = true;
    if (!read_example(version, &reader, &text)) {
        if (version->schema.has_texts || runtime->info.may_wait)
            return OK; /* which texts it knows, nobody can guess */
        TRY(row_reader_init(&reader, &version->schema, arena, err));
        TRY(row_reader_add_rows(&reader, 1));
        for (size_t i = 0; i < version->schema.count; i++)
            reader.numbers[i] = 0;
    }
    struct runtime_rows rows = row_reader_rows(&reader);
    struct runtime_answer answer = { 0 };
    if (runtime->methods->predict(runtime, &rows, arena, &answer, err) != OK)
        return error_while(err, "its trial with %zu rows", rows.rows);
    return check_answer(&runtime->info, &answer, rows.rows, err);
}

/* ---- loading ---- */

static enum status load(struct served_version *version, const struct served_version_options *options, struct error *err)
{
    TRY(options->load(options->folder, options->force, options->pool, &version->arena, &version->model, &version->runtime,
                      err));
    TRY(row_schema_init(&version->schema, &version->runtime->info, &version->arena, err));
    struct arena arena;
    arena_init(&arena, 0);
    enum status status = try_once(version, &arena, err);
    arena_done(&arena);
    return status;
}

enum status served_version_load(const struct served_version_options *options, struct served_version **ret_version,
                                struct error *err)
{
    int64_t started_ns = clock_monotonic_ns();
    const struct model_location *location = options->location;
    struct served_version *version = new_version(location);
    if (load(version, options, err) != OK) {
        served_version_free(version);
        return error_while(err, "load model %.*s version %.*s", STR_ARG(location->name), STR_ARG(location->version));
    }
    version->loaded_us = clock_now_us();
    version->load_seconds = (double)(clock_monotonic_ns() - started_ns) / 1e9;
    version_instruments_init(&version->instruments, options->instruments, version->location.name, version->location.version,
                             &version->runtime->info, &version->arena);
    if (options->log != NULL)
        version->ring = prediction_ring_open(options->log, version->location.name, version->location.version,
                                             &version->runtime->info);
    *ret_version = version;
    return OK;
}
