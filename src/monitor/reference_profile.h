/* monitor/reference_profile.h - a reference sorted and counted once, for all the analyses that compare with it.
 *
 * Read-only after it was built, so threads share it; counted, so that a new reference version can replace it while
 * analyses still hold it. Memory: 8 bytes a numeric cell and the distinct values of the rest. */
#ifndef MONITOR_REFERENCE_PROFILE_H
#define MONITOR_REFERENCE_PROFILE_H

#include "base/pool.h"
#include "base/status.h"
#include "data/frame.h"
#include "monitor/column_profile.h"

struct analysis_options;
struct reference_profile;

/* Profiles every column of `reference` with the types that it would have by itself under `options`; a column whose
 * type turns out otherwise beside some current data is profiled anew by that analysis. `reference` may be freed
 * afterwards, but analyses still need rows for correlations and model quality. ERR_LIMIT without memory. */
must_use enum status reference_profile_new(const struct analysis_options *options, const struct frame *reference,
                                           struct pool *pool, struct reference_profile **ret_profile,
                                           struct error *err);

/* Another holder of the same profile. Any thread. */
struct reference_profile *reference_profile_ref(struct reference_profile *profile);

/* The last holder's call frees it. Any thread; NULL is fine. */
void reference_profile_unref(struct reference_profile *profile);

/* The column's profile when it was taken for this type, else NULL. */
const struct column_profile *reference_profile_column(const struct reference_profile *profile, str name,
                                                      enum column_type type);

/* Rough size, for the cache that holds it. */
size_t reference_profile_bytes(const struct reference_profile *profile);

#endif
