#include "store/reference_store.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/random.h"
#include "data/read.h"
#include "store/frame_parquet.h"

#define FILES_MAX 1000000

struct reference_store {
    char *folder; /* DATA/references */
    struct meta *meta;
    pthread_mutex_t put_lock; /* one put at a time: a version and its file belong together */
};

/* ---- hash ---- */

static uint64_t hash_cell(const struct column *column, size_t row)
{
    switch (column->storage) {
    case STORAGE_NUMBER: {
        double value = column->f64[row];
        if (value != value)
            return 1; /* whatever its bits, NaN is missing */
        value += 0.0; /* -0 is 0 */
        uint64_t bits;
        memcpy(&bits, &value, sizeof bits);
        return hash_mix(bits + 2);
    }
    case STORAGE_CATEGORY:
        return column->codes[row] == FRAME_MISSING ? 1 : hash_bytes(column->categories[column->codes[row]], 2);
    case STORAGE_TIME:
        return column->us[row] == FRAME_TIME_MISSING ? 1 : hash_mix((uint64_t)column->us[row] + 3);
    case STORAGE_COUNT:
        break;
    }
    return 0;
}

void reference_hash(const struct frame *frame, char text[REFERENCE_HASH_MAX])
{
    uint64_t hash = hash_mix(frame->rows);
    for (size_t i = 0; i < frame->column_count; i++) {
        const struct column *column = &frame->columns[i];
        hash = hash_bytes(column->name, hash_mix(hash + column->storage));
        for (size_t row = 0; row < column->rows; row++)
            hash = hash_mix(hash * 3 + hash_cell(column, row));
    }
    (void)snprintf(text, REFERENCE_HASH_MAX, "%016llx", (unsigned long long)hash);
}

/* ---- life ---- */

static enum status path_of(const struct reference_store *store, str file_name, char path[PATH_MAX], struct error *err)
{
    if (snprintf(path, PATH_MAX, "%s/%.*s", store->folder, STR_ARG(file_name)) >= PATH_MAX)
        return error_set(err, ERR_INVALID, "the path of a reference is too long");
    return OK;
}

/* Files that a crash left between writing and naming them. */
static enum status sweep(const struct reference_store *store, const struct map *known, struct error *err)
{
    DIR *dir = opendir(store->folder);
    if (dir == NULL)
        return error_set(err, ERR_UNAVAILABLE, "%s: %s", store->folder, strerror(errno));
    enum status status = OK;
    for (struct dirent *entry; status == OK && (entry = readdir(dir)) != NULL;) {
        str name = str_of(entry->d_name);
        char path[PATH_MAX];
        bool is_ours = str_has_suffix(name, STR(".parquet")) || str_has_suffix(name, STR(".parquet.tmp"));
        if (!is_ours || map_find(known, name) != NULL)
            continue;
        LOG_WARN("a file that no reference names is removed", log_str("file", name));
        status = path_of(store, name, path, err);
        if (status == OK)
            status = file_remove(path, err);
    }
    (void)closedir(dir); /* only read from */
    return status;
}

static enum status sweep_unnamed(const struct reference_store *store, struct error *err)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct map known;
    map_init(&known, &arena, FILES_MAX);
    struct meta_reference *references;
    size_t count = 0;
    enum status status = meta_reference_list(store->meta, STR(""), &arena, &references, &count, err);
    for (size_t i = 0; i < count && status == OK; i++)
        status = map_put(&known, references[i].file_name, &references[i], err);
    if (status == OK)
        status = sweep(store, &known, err);
    arena_done(&arena);
    return status;
}

enum status reference_store_open(const char *folder, struct meta *meta, struct reference_store **ret_store,
                                 struct error *err)
{
    CLEANUP(reference_store_close_slot) struct reference_store *store = mem_must(sizeof *store);
    pthread_mutex_init(&store->put_lock, NULL);
    store->meta = meta;
    size_t bytes = strlen(folder) + sizeof "/references";
    store->folder = mem_must(bytes);
    (void)snprintf(store->folder, bytes, "%s/references", folder);
    TRY(file_make_folders(store->folder, err));
    TRY(sweep_unnamed(store, err));
    *ret_store = store;
    store = NULL;
    return OK;
}

void reference_store_close(struct reference_store *store)
{
    if (store == NULL)
        return;
    pthread_mutex_destroy(&store->put_lock);
    mem_free(store->folder);
    mem_free(store);
}

/* ---- putting and getting ---- */

/* The newest version, where it has the same rows. */
static bool is_same_as_newest(struct reference_store *store, str model_name, str hash, struct arena *arena,
                              struct meta_reference *ret_reference)
{
    struct error none = { 0 };
    return meta_reference_get(store->meta, model_name, 0, arena, ret_reference, &none) == OK &&
           str_equal(ret_reference->content_hash, hash);
}

static enum status put_new(struct reference_store *store, struct meta_reference *reference, const struct frame *frame,
                           struct arena *arena, struct error *err)
{
    char uuid[RANDOM_UUID_MAX], path[PATH_MAX];
    random_uuid_v7(reference->created_us, uuid);
    reference->file_name = arena_printf(arena, "%s.parquet", uuid);
    TRY(path_of(store, reference->file_name, path, err));
    TRY(frame_write_parquet(frame, path, err));
    enum status status = meta_reference_add(store->meta, reference, &reference->version, err);
    struct error known = { 0 };
    if (status != OK && file_remove(path, &known) != OK)
        LOG_WARN("an unnamed reference file stays until the next start", log_error(&known));
    return status;
}

enum status reference_put(struct reference_store *store, str model_name, str origin, const struct frame *frame,
                          int64_t now_us, struct arena *arena, struct meta_reference *ret_reference, struct error *err)
{
    if (frame->rows == 0 || frame->column_count == 0)
        return error_set(err, ERR_INVALID, "a reference needs rows and columns; this has %zu and %zu", frame->rows,
                         frame->column_count);
    char hash[REFERENCE_HASH_MAX];
    reference_hash(frame, hash);
    struct meta_reference reference = {
        .model_name = arena_copy(arena, model_name),
        .created_us = now_us,
        .rows = frame->rows,
        .column_count = frame->column_count,
        .content_hash = arena_copy(arena, str_of(hash)),
        .origin = arena_copy(arena, origin),
    };
    pthread_mutex_lock(&store->put_lock);
    enum status status = OK;
    if (!is_same_as_newest(store, model_name, reference.content_hash, arena, ret_reference)) {
        status = put_new(store, &reference, frame, arena, err);
        if (status == OK)
            *ret_reference = reference;
    }
    pthread_mutex_unlock(&store->put_lock);
    return status;
}

enum status reference_get(struct reference_store *store, str model_name, int64_t version, struct arena *arena,
                          struct meta_reference *ret_reference, struct frame **ret_frame, struct error *err)
{
    struct meta_reference reference;
    char path[PATH_MAX], hash[REFERENCE_HASH_MAX];
    TRY(meta_reference_get(store->meta, model_name, version, arena, &reference, err));
    TRY(path_of(store, reference.file_name, path, err));
    CLEANUP(frame_free_slot) struct frame *frame = NULL;
    struct read_options options = { .path = str_of(path), .format = READ_FORMAT_PARQUET };
    TRY(read_table(&options, &frame, err));
    reference_hash(frame, hash);
    if (!str_equal(str_of(hash), reference.content_hash))
        return error_set(err, ERR_CORRUPT, "%s holds other rows than reference %lld of \"%.*s\" had", path,
                         (long long)reference.version, STR_ARG(model_name));
    if (ret_reference != NULL)
        *ret_reference = reference;
    *ret_frame = frame;
    frame = NULL;
    return OK;
}

enum status reference_path(struct reference_store *store, str model_name, int64_t version, struct arena *arena,
                           str *ret_path, struct error *err)
{
    struct meta_reference reference;
    TRY(meta_reference_get(store->meta, model_name, version, arena, &reference, err));
    *ret_path = arena_printf(arena, "%s/%.*s", store->folder, STR_ARG(reference.file_name));
    return OK;
}
