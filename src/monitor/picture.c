#include "monitor/picture.h"

#include <math.h>

#include "stats/binning.h"

#define PICTURE_BINS_MIN 10

/* Bins of whole width for integers of a small range, so that no bin stays empty for arithmetic's sake. */
static size_t bin_count(double low, double high, size_t rows, bool is_integer)
{
    if (!(high > low))
        return 1;
    if (is_integer && high - low + 1 <= PICTURE_BINS_MAX)
        return (size_t)(high - low) + 1;
    size_t bins = 2 * (size_t)cbrt((double)rows);
    return MIN_OF(MAX_OF(bins, (size_t)PICTURE_BINS_MIN), (size_t)PICTURE_BINS_MAX);
}

static void count_bins(const struct stats_bins *bins, const struct column_profile *profile, uint64_t *counts)
{
    if (profile && profile->sorted.count)
        stats_bins_count_sorted(bins, profile->sorted, counts);
}

static void draw_histogram(const struct column_profile *reference, const struct column_profile *current, double low,
                           double high, struct picture *picture)
{
    bool is_integer = (!reference || reference->is_integer) && (!current || current->is_integer);
    size_t rows = (reference ? reference->count : 0) + (current ? current->count : 0);
    size_t bins = bin_count(low, high, rows, is_integer);
    if (is_integer && bins == (size_t)(high - low) + 1) {
        low -= 0.5;
        high += 0.5;
    } else if (low == high) {
        double half = fmax(fabs(low) * 1e-6, 0.5);
        low -= half;
        high += half;
    }
    struct stats_bins edges = { .count = bins };
    for (size_t i = 0; i <= bins; i++) {
        double share = (double)i / (double)bins;
        edges.edges[i] = low * (1 - share) + high * share; /* the range itself may overflow */
    }
    edges.edges[0] = low;
    edges.edges[bins] = high;
    picture->is_histogram = true;
    picture->count = bins;
    memcpy(picture->edges, edges.edges, (bins + 1) * sizeof *edges.edges);
    count_bins(&edges, reference, picture->reference);
    count_bins(&edges, current, picture->current);
}

static struct picture *histogram_of(const struct column_profile *reference, const struct column_profile *current,
                                    struct arena *arena)
{
    double low = INFINITY, high = -INFINITY;
    const struct column_profile *sides[2] = { reference, current };
    for (size_t i = 0; i < COUNT(sides); i++) {
        if (!sides[i] || !sides[i]->sorted.count)
            continue;
        low = fmin(low, sides[i]->sorted.values[0]);
        high = fmax(high, sides[i]->sorted.values[sides[i]->sorted.count - 1]);
    }
    if (low > high)
        return NULL;
    struct picture *picture = arena_new(arena, struct picture);
    draw_histogram(reference, current, low, high, picture);
    return picture;
}

static struct picture *categories_of(const struct category_pair *pair, struct arena *arena)
{
    if (pair->count == 0)
        return NULL;
    struct picture *picture = arena_new(arena, struct picture);
    size_t shown[PICTURE_CATEGORIES_MAX], used = 0;
    for (size_t i = 0; i < pair->count; i++) {
        uint64_t rows = pair->reference[i] + pair->current[i];
        size_t place = used;
        while (place > 0 && pair->reference[shown[place - 1]] + pair->current[shown[place - 1]] < rows)
            place--;
        if (place == PICTURE_CATEGORIES_MAX)
            continue;
        used = MIN_OF(used + 1, (size_t)PICTURE_CATEGORIES_MAX);
        memmove(shown + place + 1, shown + place, (used - place - 1) * sizeof *shown);
        shown[place] = i;
    }
    uint64_t other_reference = 0, other_current = 0;
    for (size_t i = 0; i < pair->count; i++) {
        other_reference += pair->reference[i];
        other_current += pair->current[i];
    }
    for (size_t i = 0; i < used; i++) {
        picture->categories[i] = arena_copy(arena, pair->labels[shown[i]]);
        picture->reference[i] = pair->reference[shown[i]];
        picture->current[i] = pair->current[shown[i]];
        other_reference -= picture->reference[i];
        other_current -= picture->current[i];
    }
    picture->count = used;
    if (pair->count > used) {
        picture->categories[used] = STR("(other)");
        picture->reference[used] = other_reference;
        picture->current[used] = other_current;
        picture->count++;
    }
    return picture;
}

struct picture *picture_make(const struct column_sides *sides, struct arena *arena)
{
    const struct column_profile *reference = sides->reference, *current = sides->current;
    enum column_type type = current ? current->type : reference ? reference->type : TYPE_TEXT;
    if (type == TYPE_NUM || type == TYPE_DATETIME)
        return histogram_of(reference, current, arena);
    return sides->pair ? categories_of(sides->pair, arena) : NULL;
}
