#include "monitor/column_quality.h"

#include <math.h>

#include "base/number.h"
#include "stats/proportion_z.h"

/* More missing than before counts when chance explains it this rarely. */
#define MISSING_LEVEL 0.01

const char *finding_kind_name(enum finding_kind kind)
{
    static const char *const names[FINDING_KIND_COUNT] = {
        [FINDING_MISSING_INCREASED] = "missing_increased",
        [FINDING_NEW_CATEGORY] = "new_category",
        [FINDING_VANISHED_CATEGORY] = "vanished_category",
        [FINDING_TYPE_CHANGED] = "type_changed",
        [FINDING_OUT_OF_RANGE] = "out_of_range",
        [FINDING_CONSTANT] = "constant",
        [FINDING_ALMOST_CONSTANT] = "almost_constant",
        [FINDING_INFINITE] = "infinite",
        [FINDING_ALL_MISSING] = "all_missing",
    };
    return names[kind];
}

bool profile_is_constant(const struct column_profile *profile)
{
    return profile->unique <= 1;
}

bool profile_is_almost_constant(const struct column_profile *profile)
{
    return profile->frequent_count > 0 &&
           (double)profile->frequent[0].count >= ALMOST_CONSTANT_SHARE * (double)profile->rows;
}

static struct finding *add(struct findings *findings, enum finding_kind kind, enum severity severity, str text)
{
    struct finding *finding = &findings->items[findings->count++];
    *finding = (struct finding){ .kind = kind, .severity = severity, .text = text };
    return finding;
}

static double percent(size_t part, size_t all)
{
    return all ? 100 * (double)part / (double)all : 0;
}

static void find_gaps(const struct column_profile *reference, const struct column_profile *current,
                      struct arena *arena, struct findings *findings)
{
    if (current->rows && current->missing == current->rows) {
        add(findings, FINDING_ALL_MISSING, SEVERITY_CRITICAL, STR("every value is missing in the current data"));
        return;
    }
    if (!reference || reference->rows == 0 || current->rows == 0)
        return;
    struct stats_proportion_z test =
        stats_proportion_z_test(reference->missing, reference->rows, current->missing, current->rows);
    if (test.z < 0 && test.p < MISSING_LEVEL)
        add(findings, FINDING_MISSING_INCREASED, SEVERITY_WARNING,
            arena_printf(arena, "missing values rose from %.3g %% to %.3g %%",
                         percent(reference->missing, reference->rows), percent(current->missing, current->rows)));
}

static void find_constants(const struct column_profile *reference, const struct column_profile *current,
                           struct arena *arena, struct findings *findings)
{
    if (current->infinite)
        add(findings, FINDING_INFINITE, SEVERITY_WARNING,
            arena_printf(arena, "%zu infinite values in the current data", current->infinite));
    if (current->count == 0)
        return;
    if (profile_is_constant(current)) {
        if (current->rows > 1 && (!reference || !profile_is_constant(reference)))
            add(findings, FINDING_CONSTANT, SEVERITY_WARNING,
                arena_printf(arena, "always %.*s", STR_ARG(current->frequent[0].text)));
    } else if (profile_is_almost_constant(current) && (!reference || !profile_is_almost_constant(reference))) {
        add(findings, FINDING_ALMOST_CONSTANT, SEVERITY_WARNING,
            arena_printf(arena, "%.3g %% of the rows are %.*s", percent(current->frequent[0].count, current->rows),
                         STR_ARG(current->frequent[0].text)));
    }
}

static size_t rows_below(struct stats_sample sorted, double limit, bool or_equal)
{
    size_t low = 0, high = sorted.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sorted.values[middle] < limit || (or_equal && sorted.values[middle] == limit))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Fewer values don't know their range. */
#define RANGE_ROWS_MIN 20

/* Of m rows from the same source 2m/(n+1) lie beyond the extremes of n by chance; several times that, or a value
 * further out than the whole range is wide, is worth a word. */
static void find_out_of_range(const struct column_profile *reference, const struct column_profile *current,
                              struct arena *arena, struct findings *findings)
{
    if (!reference || reference->count < RANGE_ROWS_MIN || current->count == 0 || current->type != TYPE_NUM ||
        reference->type != TYPE_NUM)
        return;
    double low = reference->moments.min, high = reference->moments.max, width = high - low;
    size_t below = rows_below(current->sorted, low, false);
    size_t above = current->count - rows_below(current->sorted, high, true);
    double expected = 2 * (double)current->count / ((double)reference->count + 1);
    bool is_far = current->moments.min < low - width || current->moments.max > high + width;
    if (below + above == 0 || ((double)(below + above) <= 4 + 4 * expected && !is_far))
        return;
    add(findings, FINDING_OUT_OF_RANGE, SEVERITY_WARNING,
        arena_printf(arena, "%zu value%s outside the reference's range %.6g to %.6g (now %.6g to %.6g)",
                     below + above, below + above == 1 ? " lies" : "s lie", low, high, current->moments.min, current->moments.max));
}

/* Categories that only one side has: `here` has rows where `there` has none. */
static void find_one_sided(const struct category_pair *pair, const uint64_t *here, const uint64_t *there,
                           enum finding_kind kind, struct arena *arena, struct findings *findings)
{
    size_t count = 0;
    str *values = arena_array(arena, str, FINDING_VALUES_MAX);
    for (size_t i = 0; i < pair->count; i++) {
        if (here[i] == 0 || there[i] > 0)
            continue;
        if (count < FINDING_VALUES_MAX && values)
            values[count] = arena_copy(arena, pair->labels[i]);
        count++;
    }
    if (count == 0)
        return;
    bool is_new = kind == FINDING_NEW_CATEGORY;
    struct finding *finding = add(findings, kind, SEVERITY_WARNING,
                                  arena_printf(arena, "%zu %s that the %s", count,
                                               count == 1 ? "category" : "categories",
                                               is_new ? "reference lacks" : "current data lacks"));
    finding->total = count;
    finding->values = values;
    finding->value_count = values ? MIN_OF(count, (size_t)FINDING_VALUES_MAX) : 0;
}

static void find_categories(const struct column_sides *sides, struct arena *arena, struct findings *findings)
{
    const struct category_pair *pair = sides->pair;
    if (!pair || !sides->reference || sides->reference->count == 0 || sides->current->count == 0)
        return;
    find_one_sided(pair, pair->current, pair->reference, FINDING_NEW_CATEGORY, arena, findings);
    find_one_sided(pair, pair->reference, pair->current, FINDING_VANISHED_CATEGORY, arena, findings);
}

void findings_gather(const struct column_sides *sides, str type_change, struct arena *arena,
                     struct findings *ret_findings)
{
    const struct column_profile *reference = sides->reference, *current = sides->current;
    ret_findings->count = 0;
    if (!str_is_empty(type_change))
        add(ret_findings, FINDING_TYPE_CHANGED, SEVERITY_CRITICAL, arena_copy(arena, type_change));
    if (!current)
        return;
    find_gaps(reference, current, arena, ret_findings);
    find_constants(reference, current, arena, ret_findings);
    find_out_of_range(reference, current, arena, ret_findings);
    find_categories(sides, arena, ret_findings);
}
