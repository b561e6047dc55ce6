/* registry/registry.h - experiments, runs and registered models, as MLflow's clients know them.
 *
 * Opened once per process over the metadata. Every function of registry/ may be called from any thread; what changes
 * something is durable (synced) when it returns, all of it or nothing, and several callers share one sync
 * (store/meta_group.h). Reads see all that was acknowledged before they began and wait for no writer. Results live in
 * the caller's arena.
 *
 * Messages of errors are for MLflow's clients, whose tests know their key phrases: ERR_INVALID is their
 * INVALID_PARAMETER_VALUE, ERR_NOT_FOUND RESOURCE_DOES_NOT_EXIST, ERR_CONFLICT RESOURCE_ALREADY_EXISTS. */
#ifndef REGISTRY_REGISTRY_H
#define REGISTRY_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/status.h"
#include "base/str.h"
#include "store/meta.h"

struct registry;

/* `meta` and `clock` are borrowed and must outlive the registry. Makes the experiment "0", named "Default", where it
 * is missing. */
must_use enum status registry_open(struct meta *meta, const struct clock *clock, struct registry **ret_registry,
                                   struct error *err);
void registry_close(struct registry *registry); /* NULL is fine; no call is running */
DEFINE_CLEANUP(struct registry, registry_close);

/* A tag or a parameter. */
struct registry_pair {
    str key, value;
};

/* Which of the living and the deleted a search shows. */
enum registry_view { REGISTRY_ACTIVE_ONLY, REGISTRY_DELETED_ONLY, REGISTRY_ALL, REGISTRY_VIEW_COUNT };

/* What every search takes and gives back. */
struct registry_page {
    str filter;            /* empty = all */
    const str *order_by;   /* [order_count] */
    size_t order_count;
    int64_t max_results;   /* checked by the search against its own maximum */
    str token;             /* of the page before; empty = the first page */
};

#define REGISTRY_KEY_MAX 250
#define REGISTRY_PARAM_VALUE_MAX 6000
#define REGISTRY_RUN_TAG_VALUE_MAX 8000
#define REGISTRY_EXPERIMENT_NAME_MAX 500
#define REGISTRY_EXPERIMENT_TAG_VALUE_MAX 20000

/* The id that a client may choose for itself: 32 hex digits, unguessable. */
#define REGISTRY_ID_TEXT_MAX 40
str registry_make_id(const char *prefix, struct arena *arena);

#endif
