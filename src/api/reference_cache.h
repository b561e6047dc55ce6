/* api/reference_cache.h - the references that analyses compare with, read and profiled once a version.
 *
 * Entries are counted: an analysis holds its own while a newer version takes the place. Any thread. */
#ifndef API_REFERENCE_CACHE_H
#define API_REFERENCE_CACHE_H

#include "base/pool.h"
#include "monitor/analysis_options.h"
#include "store/reference_store.h"

struct cached_reference {
    struct frame *frame;
    struct reference_profile *profile; /* NULL where it could not be taken: analyses do without */
    int64_t version;
    size_t references; /* under the cache's lock */
    size_t bytes;
    uint64_t used; /* by a counter that rises; the smallest goes first */
    char *model_name;
};

struct reference_cache;

/* Keeps at most so many entries and bytes, borrowed ones apart. Store and metadata are borrowed. */
struct reference_cache *reference_cache_new(struct reference_store *store, struct meta *meta, size_t entries_max,
                                            size_t bytes_max);

/* Every entry must have been released. NULL is fine. */
void reference_cache_free(struct reference_cache *cache);

/* The reference of that version (0 = the newest), read and profiled where it is not there yet. Release it. */
must_use enum status reference_cache_get(struct reference_cache *cache, const struct analysis_options *options,
                                         str model_name, int64_t version, struct pool *pool,
                                         struct cached_reference **ret_reference, struct error *err);

/* Gives the reference back; it stays cached until others need the room. */
void reference_cache_release(struct reference_cache *cache, struct cached_reference *reference);

/* Drops the model's entries. */
void reference_cache_forget(struct reference_cache *cache, str model_name);

#endif
