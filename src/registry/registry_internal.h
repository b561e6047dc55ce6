/* registry/registry_internal.h - what the files of registry/ share. Nobody outside the folder includes it. */
#ifndef REGISTRY_REGISTRY_INTERNAL_H
#define REGISTRY_REGISTRY_INTERNAL_H

#include <stdatomic.h>

#include "registry/registry.h"
#include "store/meta_db.h"
#include "store/meta_group.h"
#include "store/meta_sql.h"

struct registry {
    struct meta *meta;
    const struct clock *clock;
    atomic_uint_fast64_t revision; /* of registered models; release after a change, acquire by who looks again */
};

/* Milliseconds since the epoch, by the registry's clock. */
int64_t registry_now_ms(const struct registry *registry);

/* Runs a change of meta_group.h: how everything here writes. */
must_use enum status registry_change(struct registry *registry, meta_change_fn *change, void *self, struct error *err);

/* "gifted-finch-412": names for what clients leave nameless. Lives in `arena`. */
str registry_make_name(struct arena *arena);

/* ERR_INVALID unless the key of a metric, parameter or tag has 1 to REGISTRY_KEY_MAX characters that MLflow takes and
 * reads as a relative path ("a/b", not "../a"). `what` is the parameter's name for the message: "key",
 * "metrics[3].key". */
must_use enum status registry_check_key(const char *what, str key, struct error *err);

/* ERR_INVALID "'key' exceeds the maximum length of 250 characters" where the text has more characters. */
must_use enum status registry_check_length(const char *what, str text, size_t chars_max, struct error *err);

/* The text's first `chars_max` characters. */
str registry_cut(str text, size_t chars_max);

/* The number of characters (not bytes) of UTF-8 text. */
size_t registry_chars(str text);

/* Tags or parameters of many owners: `sql` selects (owner, key, value) by owner, then key, and ends before its list of
 * owners: "... WHERE run_no IN ". The pairs of owners[i] go to places[i]. */
struct registry_pairs {
    struct registry_pair *pairs;
    size_t count;
};
must_use enum status registry_load_pairs(struct meta *meta, const char *sql, const int64_t *owners, size_t count,
                                         struct arena *arena, struct registry_pairs *places, struct error *err);

/* The index of `owner` among owners [count]. */
size_t registry_owner_index(const int64_t *owners, size_t count, int64_t owner);

/* Owners are loaded so many at a time. */
#define REGISTRY_CHUNK 512

/* Page tokens: how many rows the pages before have shown. Opaque to clients. ERR_INVALID for what is none. */
must_use enum status registry_read_token(str token, int64_t *ret_offset, struct error *err);
str registry_make_token(int64_t offset, struct arena *arena);

/* ERR_INVALID unless 1 <= max_results <= `most`. */
must_use enum status registry_check_max_results(int64_t max_results, int64_t most, struct error *err);

#endif
