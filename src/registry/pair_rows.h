/* registry/pair_rows.h - tables of (owner_no, key, value): the tags and parameters of models. Inside registry/ only. */
#ifndef REGISTRY_PAIR_ROWS_H
#define REGISTRY_PAIR_ROWS_H

#include "registry/registry_internal.h"

/* Where the row of an owner is in the caller's array. Made once, sorted by owner, for lists that come that way. */
struct owner_place {
    int64_t owner_no;
    size_t place;
};
must_use enum status owner_places(const int64_t *owners, size_t count, struct arena *arena,
                                  struct owner_place **ret_places, struct error *err);
/* The place, or SIZE_MAX. */
size_t owner_place_find(const struct owner_place *places, size_t count, int64_t owner_no);

/* Owners that one statement asks for; longer lists take several. */
#define OWNERS_A_STATEMENT ((size_t)500)

/* The pairs of each owner (all different), by key. lists [count]. */
must_use enum status pair_rows_read(struct meta *reader, const char *table, const int64_t *owners, size_t count,
                                    struct arena *arena, struct registry_pairs *lists, struct error *err);

/* Within a change. */
must_use enum status pair_rows_put(struct meta *meta, const char *table, int64_t owner_no, str key, str value,
                                   struct error *err);
must_use enum status pair_rows_delete(struct meta *meta, const char *table, int64_t owner_no, str key,
                                      bool *ret_was_there, struct error *err);
must_use enum status pair_rows_clear(struct meta *meta, const char *table, int64_t owner_no, struct error *err);

#endif
