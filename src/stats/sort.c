/* Three ways, from the most hopeful to the one that always works:
 *
 *   cells   values spread evenly enough are put into 2^22 cells of equal width (two counting passes), which leaves
 *           about one value a cell; an insertion pass puts neighbours right.
 *   prefix  the top 33 bits that differ are sorted as integers (three passes), then the same insertion pass: for
 *           values over many magnitudes.
 *   full    all bits that differ (up to six passes): for values that agree in their first digits only.
 *
 * Whether cells are even enough is seen in the counts before anything moves; the insertion pass works on a budget and
 * gives up within O(count), so no input makes the sort quadratic. */
#include "stats/sort.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define INSERTION_MAX 40

#define DIGIT_BITS 11
#define DIGITS (1u << DIGIT_BITS)
#define DIGIT_MASK (DIGITS - 1)

/* Moves a value that the insertion pass may cost on average; above it another counting pass is cheaper. */
#define MOVES_A_VALUE 4

struct stats_finite stats_compact_finite(const double *values, size_t count, double *out)
{
    struct stats_finite kept = { 0 };
    for (size_t i = 0; i < count; i++) {
        double value = values[i];
        bool is_nan = isnan(value), is_infinite = isinf(value) != 0;
        out[kept.count] = value; /* overwritten by the next one unless it counts */
        kept.nan += is_nan;
        kept.infinite += is_infinite;
        kept.count += !is_nan && !is_infinite;
    }
    return kept;
}

/* Insertion sort of nearly sorted values; false, with the values in some other order, when `moves` are used up. */
static bool insertion_sort(double *values, size_t count, size_t moves)
{
    for (size_t i = 1; i < count; i++) {
        double value = values[i];
        if (values[i - 1] <= value)
            continue;
        size_t at = i;
        while (at > 0 && values[at - 1] > value) {
            values[at] = values[at - 1];
            at--;
        }
        values[at] = value;
        if (i - at > moves)
            return false;
        moves -= i - at;
    }
    return true;
}

static void counts_to_offsets(uint32_t *counts)
{
    uint32_t offset = 0;
    for (unsigned i = 0; i < DIGITS; i++) {
        uint32_t count = counts[i];
        counts[i] = offset;
        offset += count;
    }
}

struct cells {
    double low, scale;
};

static uint32_t cell_of(struct cells cells, double value)
{
    return (uint32_t)(int32_t)((value - cells.low) * cells.scale);
}

/* Cells over the range of the values; false where no finite scale covers it (overflow, denormals). */
static bool cells_init(const double *values, size_t count, struct cells *ret_cells)
{
    double low[4] = { values[0], values[0], values[0], values[0] }, high[4];
    memcpy(high, low, sizeof(high));
    for (size_t i = 0; i + 4 <= count; i += 4)
        for (int lane = 0; lane < 4; lane++) {
            double value = values[i + lane];
            low[lane] = value < low[lane] ? value : low[lane];
            high[lane] = value > high[lane] ? value : high[lane];
        }
    for (size_t i = count & ~(size_t)3; i < count; i++) {
        low[0] = fmin(low[0], values[i]);
        high[0] = fmax(high[0], values[i]);
    }
    double least = fmin(fmin(low[0], low[1]), fmin(low[2], low[3]));
    double range = fmax(fmax(high[0], high[1]), fmax(high[2], high[3])) - least;
    *ret_cells = (struct cells){ least, (DIGITS * DIGITS - 1) / range };
    return isfinite(range) && isfinite(ret_cells->scale);
}

/* Expected moves of the insertion pass if values are even inside each of the coarse cells. */
static bool cells_are_even(const uint32_t *coarse_counts, size_t count)
{
    double pairs = 0;
    for (unsigned i = 0; i < DIGITS; i++)
        pairs += (double)coarse_counts[i] * coarse_counts[i];
    return pairs / (4.0 * DIGITS) <= (double)count * MOVES_A_VALUE / 4;
}

static void cells_scatter(struct cells cells, const double *from, double *to, size_t count, uint32_t *offsets, int shift)
{
    for (size_t i = 0; i < count; i++) {
        double value = from[i];
        to[offsets[(cell_of(cells, value) >> shift) & DIGIT_MASK]++] = value;
    }
}

static bool sort_by_cells(double *values, size_t count, double *scratch)
{
    struct cells cells;
    if (!cells_init(values, count, &cells))
        return false;
    uint32_t fine[DIGITS] = { 0 }, coarse[DIGITS] = { 0 };
    for (size_t i = 0; i < count; i++) {
        uint32_t cell = cell_of(cells, values[i]);
        fine[cell & DIGIT_MASK]++;
        coarse[cell >> DIGIT_BITS]++;
    }
    if (!cells_are_even(coarse, count))
        return false;
    counts_to_offsets(fine);
    counts_to_offsets(coarse);
    cells_scatter(cells, values, scratch, count, fine, 0);
    cells_scatter(cells, scratch, values, count, coarse, DIGIT_BITS);
    return insertion_sort(values, count, count * MOVES_A_VALUE);
}

/* IEEE 754 bits in an order that unsigned integers share: negative numbers reversed, below the positive ones. */
static uint64_t key_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits ^ ((uint64_t)((int64_t)bits >> 63) | UINT64_C(1) << 63);
}

static void key_pass(const double *from, double *to, size_t count, int shift)
{
    uint32_t offsets[DIGITS] = { 0 };
    for (size_t i = 0; i < count; i++)
        offsets[(key_of(from[i]) >> shift) & DIGIT_MASK]++;
    counts_to_offsets(offsets);
    for (size_t i = 0; i < count; i++)
        to[offsets[(key_of(from[i]) >> shift) & DIGIT_MASK]++] = from[i];
}

/* Sorts by the bits [shift, end) of the keys, stably. */
static void sort_by_bits(double *values, size_t count, double *scratch, int shift, int end)
{
    double *from = values, *to = scratch;
    for (; shift < end; shift += DIGIT_BITS) {
        key_pass(from, to, count, shift);
        double *swap = from;
        from = to;
        to = swap;
    }
    if (from != values)
        memcpy(values, from, count * sizeof(*values));
}

void stats_sort(double *values, size_t count, double *scratch)
{
    /* Offsets are 32-bit; no column of ours is near 2^32 rows, and halves would need a merge. */
    if (count <= INSERTION_MAX) {
        (void)insertion_sort(values, count, SIZE_MAX); /* no budget, cannot give up */
        return;
    }
    if (sort_by_cells(values, count, scratch))
        return;
    uint64_t first = key_of(values[0]), differing = 0;
    for (size_t i = 1; i < count; i++)
        differing |= key_of(values[i]) ^ first;
    if (differing == 0)
        return;
    int end = 64 - __builtin_clzll(differing);
    int prefix = end > 3 * DIGIT_BITS ? end - 3 * DIGIT_BITS : 0;
    sort_by_bits(values, count, scratch, prefix, end);
    if (!insertion_sort(values, count, count * MOVES_A_VALUE))
        sort_by_bits(values, count, scratch, 0, end);
}

void stats_argsort(const double *values, size_t count, uint32_t *order, uint64_t *scratch)
{
    /* Keys in the first half of scratch; `order` and the second half trade indices pass by pass. */
    uint64_t *keys = scratch;
    uint32_t *from = order, *to = (uint32_t *)(scratch + count);
    uint64_t differing = 0;
    for (size_t i = 0; i < count; i++) {
        keys[i] = key_of(values[i] + 0.0); /* -0.0 becomes 0.0: ties stay in their order */
        differing |= keys[i] ^ keys[0];
        from[i] = (uint32_t)i;
    }
    int end = differing == 0 ? 0 : 64 - __builtin_clzll(differing);
    for (int shift = 0; shift < end; shift += DIGIT_BITS) {
        if (((differing >> shift) & DIGIT_MASK) == 0)
            continue;
        uint32_t offsets[DIGITS] = { 0 };
        for (size_t i = 0; i < count; i++)
            offsets[(keys[i] >> shift) & DIGIT_MASK]++;
        counts_to_offsets(offsets);
        for (size_t i = 0; i < count; i++)
            to[offsets[(keys[from[i]] >> shift) & DIGIT_MASK]++] = from[i];
        uint32_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != order)
        memcpy(order, from, count * sizeof(*order));
}

double stats_midranks(const double *values, size_t count, double *ranks, uint32_t *order, uint64_t *scratch)
{
    stats_argsort(values, count, order, scratch);
    double ties = 0;
    for (size_t start = 0, end; start < count; start = end) {
        end = start + 1;
        while (end < count && values[order[end]] == values[order[start]])
            end++;
        double size = (double)(end - start);
        for (size_t i = start; i < end; i++)
            ranks[order[i]] = (double)start + (size + 1) / 2;
        ties += size * (size * size - 1);
    }
    return ties;
}
