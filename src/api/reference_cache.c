#include "api/reference_cache.h"

#include <pthread.h>

#include "base/mem.h"
#include "monitor/reference_profile.h"

struct reference_cache {
    struct reference_store *store;
    struct meta *meta;
    size_t entries_max, bytes_max;
    pthread_mutex_t lock; /* the list and the counts of its entries; never held while a file is read */
    struct cached_reference **entries;
    size_t count;
    uint64_t uses;
};

struct reference_cache *reference_cache_new(struct reference_store *store, struct meta *meta, size_t entries_max,
                                            size_t bytes_max)
{
    struct reference_cache *cache = mem_must(sizeof *cache);
    cache->store = store;
    cache->meta = meta;
    cache->entries_max = entries_max;
    cache->bytes_max = bytes_max;
    cache->entries = mem_must(entries_max * sizeof *cache->entries);
    pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

/* Gives one count back; the lock is held, or nobody else knows the entry. */
static void unref(struct cached_reference *reference)
{
    if (--reference->references > 0)
        return;
    frame_free(reference->frame);
    reference_profile_unref(reference->profile);
    mem_free(reference->model_name);
    mem_free(reference);
}

static void drop(struct reference_cache *cache, size_t index)
{
    struct cached_reference *dropped = cache->entries[index];
    cache->entries[index] = cache->entries[--cache->count];
    unref(dropped);
}

void reference_cache_free(struct reference_cache *cache)
{
    if (cache == NULL)
        return;
    while (cache->count > 0)
        drop(cache, 0);
    pthread_mutex_destroy(&cache->lock);
    mem_free(cache->entries);
    mem_free(cache);
}

static struct cached_reference *find(struct reference_cache *cache, str model_name, int64_t version)
{
    for (size_t i = 0; i < cache->count; i++) {
        struct cached_reference *entry = cache->entries[i];
        if (entry->version == version && str_equal(str_of(entry->model_name), model_name)) {
            entry->references++;
            entry->used = ++cache->uses;
            return entry;
        }
    }
    return NULL;
}

/* Makes room by dropping what was not used for longest, then adds. */
static void add(struct reference_cache *cache, struct cached_reference *reference)
{
    size_t bytes = reference->bytes;
    for (size_t i = 0; i < cache->count; i++)
        bytes += cache->entries[i]->bytes;
    while (cache->count > 0 && (cache->count == cache->entries_max || bytes > cache->bytes_max)) {
        size_t oldest = 0;
        for (size_t i = 1; i < cache->count; i++)
            if (cache->entries[i]->used < cache->entries[oldest]->used)
                oldest = i;
        bytes -= cache->entries[oldest]->bytes;
        drop(cache, oldest);
    }
    if (reference->bytes > cache->bytes_max)
        return;
    reference->references++;
    reference->used = ++cache->uses;
    cache->entries[cache->count++] = reference;
}

static size_t frame_bytes(const struct frame *frame)
{
    size_t bytes = frame->arena.used_bytes;
    for (size_t i = 0; i < frame->column_count; i++)
        bytes += frame->rows * (frame->columns[i].storage == STORAGE_CATEGORY ? sizeof(uint32_t) : sizeof(double));
    return bytes;
}

static enum status load(struct reference_cache *cache, const struct analysis_options *options, str model_name,
                        int64_t version, struct pool *pool, struct cached_reference **ret_reference, struct error *err)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct frame *frame = NULL;
    struct meta_reference facts;
    enum status status = reference_get(cache->store, model_name, version, &arena, &facts, &frame, err);
    if (status == OK) {
        frame->origin = arena_copy(&frame->arena, facts.origin); /* not the path of our own file */
        struct cached_reference *reference = mem_must(sizeof *reference);
        reference->frame = frame;
        reference->version = version;
        reference->references = 1;
        reference->model_name = mem_copy_text(arena_copy(&arena, model_name).data);
        reference->bytes = frame_bytes(frame);
        if (reference_profile_new(options, frame, pool, &reference->profile, NULL) == OK)
            reference->bytes += reference_profile_bytes(reference->profile);
        *ret_reference = reference;
    }
    arena_done(&arena);
    return status;
}

/* The number of the newest version. */
static enum status newest_version(struct reference_cache *cache, str model_name, int64_t *ret_version, struct error *err)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct meta_reference newest;
    enum status status = meta_reference_get(cache->meta, model_name, 0, &arena, &newest, err);
    if (status == OK)
        *ret_version = newest.version;
    arena_done(&arena);
    return status;
}

enum status reference_cache_get(struct reference_cache *cache, const struct analysis_options *options, str model_name,
                                int64_t version, struct pool *pool, struct cached_reference **ret_reference,
                                struct error *err)
{
    if (version == 0)
        TRY(newest_version(cache, model_name, &version, err));
    pthread_mutex_lock(&cache->lock);
    *ret_reference = find(cache, model_name, version);
    pthread_mutex_unlock(&cache->lock);
    if (*ret_reference != NULL)
        return OK;
    TRY(load(cache, options, model_name, version, pool, ret_reference, err));
    pthread_mutex_lock(&cache->lock);
    add(cache, *ret_reference); /* two analyses at once may both have read it: one copy ages out */
    pthread_mutex_unlock(&cache->lock);
    return OK;
}

void reference_cache_release(struct reference_cache *cache, struct cached_reference *reference)
{
    if (reference == NULL)
        return;
    pthread_mutex_lock(&cache->lock);
    unref(reference);
    pthread_mutex_unlock(&cache->lock);
}

void reference_cache_forget(struct reference_cache *cache, str model_name)
{
    pthread_mutex_lock(&cache->lock);
    for (size_t i = cache->count; i-- > 0;)
        if (str_equal(str_of(cache->entries[i]->model_name), model_name))
            drop(cache, i);
    pthread_mutex_unlock(&cache->lock);
}
