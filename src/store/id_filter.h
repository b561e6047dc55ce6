/* store/id_filter.h - "surely new, or perhaps seen": which prediction ids the log may hold, in few bytes.
 *
 * A scalable Bloom filter [Almeida2007] of blocked generations [Putze2007]: a key sets 10 bits of one cache
 * line; a full generation is followed by one of four times its size, up to a bound in bytes. At 24 bits a
 * key, some 1 in 10,000 unknown ids is a false suspect, which costs an exact look; never is a known id called
 * new. Beyond the bound the last generation fills up and suspects grow, answers stay right. Not thread-safe. */
#ifndef STORE_ID_FILTER_H
#define STORE_ID_FILTER_H

#include "base/status.h"
#include "store/id_key.h"

struct id_filter;

/* An empty filter; `bytes_max` of memory for bits at most (at least one first generation of 256 KiB). */
must_use struct id_filter *id_filter_new(size_t bytes_max);

/* NULL is fine. */
void id_filter_free(struct id_filter *filter);
DEFINE_CLEANUP(struct id_filter, id_filter_free);

/* False: surely not added. 1 to 5 cache misses. */
bool id_filter_may_hold(const struct id_filter *filter, struct id_key key);

/* From now on the key is held; adding it twice costs room and nothing else. Grows by a generation until bytes_max,
 * then answers "may hold" wrongly more and more often. */
void id_filter_add(struct id_filter *filter, struct id_key key);

/* Adds so far, those of one key twice included. */
uint64_t id_filter_count(const struct id_filter *filter);

/* Memory of the bits. */
size_t id_filter_bytes(const struct id_filter *filter);

/* What a saved filter knows. */
struct id_filter_label {
    struct id_seeds seeds;
    uint64_t through; /* it holds every id up to this record */
};

/* Replaces the file, all or nothing. */
must_use enum status id_filter_save(const struct id_filter *filter, const struct id_filter_label *label,
                                    const char *path, struct error *err);

/* ERR_NOT_FOUND: no file; ERR_CORRUPT: a damaged one. Either way it can be built anew. */
must_use enum status id_filter_load(const char *path, size_t bytes_max, struct id_filter **ret_filter,
                                    struct id_filter_label *ret_label, struct error *err);

#endif
