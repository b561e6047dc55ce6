/* Three ways, from the most hopeful to the one that always works:
 *
 *   buckets  one pass deals the values into buckets of equal width, small enough for the cache; there each bucket is
 *            cut into twice as many cells as it has values, or more, and neighbours are put right. A bucket that came
 *            out too large is sorted as a sample of its own.
 *   prefix   the top 33 bits that differ are sorted as integers (three passes), then the same insertion pass: for
 *            values over many magnitudes.
 *   full     all bits that differ (up to six passes): for values that agree in their first digits only.
 *
 * Whether buckets are even enough is seen in the counts before anything moves: none may hold more than half of the
 * values. The insertion pass works on a budget and gives up within O(count). So no input makes the sort quadratic. */
#include "stats/sort.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "stats/lanes_internal.h"

#define INSERTION_MAX 40

#define DIGIT_BITS 11
#define DIGITS (1u << DIGIT_BITS)
#define DIGIT_MASK (DIGITS - 1)

/* Moves a value that the insertion pass may cost on average; above it another counting pass is cheaper. */
#define MOVES_A_VALUE 4

/* A bucket with its cells fits in the first-level cache on average, in the second at most. */
#define BUCKET_MEAN 512
#define BUCKET_MAX 4096
#define BUCKETS_MAX 4096

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

struct range {
    double low, high;
    bool is_finite; /* all values are */
};

static struct range range_of(const double *values, size_t count)
{
    double low[4] = { values[0], values[0], values[0], values[0] }, high[4], nought[4] = { 0 };
    memcpy(high, low, sizeof(high));
    size_t i = 0;
    for (; i + 4 <= count; i += 4)
        for (int lane = 0; lane < 4; lane++) {
            double value = values[i + lane];
            low[lane] = value < low[lane] ? value : low[lane];
            high[lane] = value > high[lane] ? value : high[lane];
            nought[lane] += value * 0; /* NaN from the first value on that is not finite */
        }
    for (; i < count; i++) {
        low[0] = fmin(low[0], values[i]);
        high[0] = fmax(high[0], values[i]);
        nought[0] += values[i] * 0;
    }
    return (struct range){ fmin(fmin(low[0], low[1]), fmin(low[2], low[3])),
                           fmax(fmax(high[0], high[1]), fmax(high[2], high[3])),
                           nought[0] + nought[1] + nought[2] + nought[3] == 0 };
}

/* Buckets of equal width over a range: a value at place t is in bucket floor(t). */
struct buckets {
    double low, scale;
    size_t count;
};

static double place_of(const struct buckets *buckets, double value)
{
    return (value - buckets->low) * buckets->scale;
}

static size_t bucket_of(const struct buckets *buckets, double value)
{
    return (size_t)(int32_t)place_of(buckets, value);
}

/* False where no finite scale covers the range (overflow, denormals). */
static bool buckets_init(struct range range, size_t count, struct buckets *ret_buckets)
{
    size_t buckets = 1;
    while (buckets < BUCKETS_MAX && buckets * BUCKET_MEAN < count)
        buckets *= 2;
    /* A little less than all, so that rounding does not put the highest value behind the last bucket. */
    double width = range.high - range.low, scale = (double)buckets * (1 - 0x1p-40) / width;
    *ret_buckets = (struct buckets){ range.low, scale, buckets };
    return isfinite(width) && isfinite(scale);
}

/* Counts of cells become the cells' starts, four at a time: a product with `each` adds to every 16-bit field all those
 * before it, and no sum exceeds BUCKET_MAX. */
static void counts_to_starts(uint16_t *counts, size_t cells)
{
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first cell is the lowest field");
    const uint64_t each = 0x0001000100010001u;
    uint64_t before = 0;
    for (size_t i = 0; i < cells; i += 4) {
        uint64_t four;
        memcpy(&four, counts + i, sizeof(four));
        uint64_t sums = four * each, starts = (sums << 16) + before * each;
        memcpy(counts + i, &starts, sizeof(starts));
        before += sums >> 48;
    }
}

/* Sorts values that are at most two places off, without a branch on any: the two highest so far travel along, and what
 * falls out below them is in its place. Others come nearer to theirs. count >= 2. As lanes, of which one is used,
 * because compilers make branches of the same with doubles. */
static void put_near_ones_right(double *values, size_t count)
{
    (void)insertion_sort(values, 2, SIZE_MAX); /* no budget, cannot give up */
    lanes low = { values[0] }, high = { values[1] };
    for (size_t i = 2; i < count; i++) {
        lanes value = { values[i] }, below_high = lanes_lower(value, high);
        values[i - 2] = lanes_lower(below_high, low)[0];
        low = lanes_higher(low, below_high);
        high = lanes_higher(high, value);
    }
    values[count - 2] = low[0];
    values[count - 1] = high[0];
}

static bool is_sorted(const double *values, size_t count)
{
    lane_mask falls = { 0 };
    size_t i = 0;
    for (; i + LANES < count; i += LANES)
        falls |= lanes_load(values + i) > lanes_load(values + i + 1);
    bool rises = !(falls[0] | falls[1]);
    for (; i + 1 < count; i++)
        rises &= values[i] <= values[i + 1];
    return rises;
}

/* Sorts the values of one bucket into `out`; false, with `out` in some other order, when they crowd together.
 * On a frame of its own, as its callers recurse. */
__attribute__((noinline)) static bool sort_bucket(const struct buckets *buckets, size_t bucket, const double *values,
                                                  size_t count, double *out)
{
    uint16_t cell_of[BUCKET_MAX], starts[2 * BUCKET_MAX];
    size_t cells = 4;
    while (cells < 2 * count) /* so that few cells hold more than three values, which are then two places off */
        cells *= 2;
    memset(starts, 0, cells * sizeof(*starts));
    double scale = (double)cells * (1 - 0x1p-40);
    for (size_t i = 0; i < count; i++)
        cell_of[i] = (uint16_t)(int32_t)((place_of(buckets, values[i]) - (double)bucket) * scale);
    for (size_t i = 0; i < count; i++)
        starts[cell_of[i]]++;
    counts_to_starts(starts, cells);
    for (size_t i = 0; i < count; i += 8)
        __builtin_prefetch(out + i, 1); /* values arrive there in no order that the CPU could foresee */
    for (size_t i = 0; i < count; i++)
        out[starts[cell_of[i]]++] = values[i];
    put_near_ones_right(out, count);
    return is_sorted(out, count) || insertion_sort(out, count, count * MOVES_A_VALUE);
}

/* Deals `values` into `dealt`, bucket by bucket; ends[b] becomes the end of bucket b. False, with nothing done, where
 * one bucket would hold most of the values. */
static bool deal(const struct buckets *buckets, const double *values, size_t count, double *dealt, uint32_t *ends)
{
    memset(ends, 0, buckets->count * sizeof(*ends));
    for (size_t i = 0; i < count; i++)
        ends[bucket_of(buckets, values[i])]++;
    uint32_t before = 0, largest = 0;
    for (size_t b = 0; b < buckets->count; b++) {
        uint32_t inside = ends[b];
        largest = inside > largest ? inside : largest;
        ends[b] = before; /* its end once all its values have come */
        before += inside;
    }
    if (largest > count / 2 && largest > BUCKET_MEAN)
        return false;
    for (size_t i = 0; i < count; i++)
        dealt[ends[bucket_of(buckets, values[i])]++] = values[i];
    return true;
}

static bool are_equal(const double *values, size_t count)
{
    size_t i = 1;
    while (i < count && values[i] == values[0])
        i++;
    return i >= count;
}

static void sort_by_prefix(double *values, size_t count, double *scratch);

/* From `values` to `out`, which may be the same. */
static bool sort_by_buckets(const double *values, size_t count, double *out, double *scratch, struct range range)
{
    struct buckets buckets;
    uint32_t ends[BUCKETS_MAX];
    if (!buckets_init(range, count, &buckets) || !deal(&buckets, values, count, scratch, ends))
        return false;
    for (size_t b = 0, start = 0; b < buckets.count; start = ends[b++]) {
        double *dealt = scratch + start, *sorted = out + start;
        size_t inside = ends[b] - start;
        if (inside > BUCKET_MAX || inside <= INSERTION_MAX || are_equal(dealt, inside)) {
            memcpy(sorted, dealt, inside * sizeof(*sorted));
            stats_sort(sorted, inside, dealt);
        } else if (!sort_bucket(&buckets, b, dealt, inside, sorted)) {
            sort_by_prefix(sorted, inside, dealt);
        }
    }
    return true;
}

/* IEEE 754 bits in an order that unsigned integers share: negative numbers reversed, below the positive ones. */
static uint64_t key_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits ^ ((uint64_t)((int64_t)bits >> 63) | UINT64_C(1) << 63);
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

static void sort_by_prefix(double *values, size_t count, double *scratch)
{
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

void stats_sort(double *values, size_t count, double *scratch)
{
    /* Offsets are 32-bit; no column of ours is near 2^32 rows, and halves would need a merge. */
    if (count <= INSERTION_MAX) {
        (void)insertion_sort(values, count, SIZE_MAX); /* no budget, cannot give up */
        return;
    }
    struct range range = range_of(values, count);
    if (range.low < range.high && !sort_by_buckets(values, count, values, scratch, range))
        sort_by_prefix(values, count, scratch);
}

struct stats_finite stats_sort_finite(const double *values, size_t count, double *out, double *scratch)
{
    struct range range = { 0 };
    if (count > BUCKET_MEAN)
        range = range_of(values, count);
    if (range.is_finite && range.low < range.high && sort_by_buckets(values, count, out, scratch, range))
        return (struct stats_finite){ .count = count };
    struct stats_finite kept = stats_compact_finite(values, count, out);
    stats_sort(out, kept.count, scratch);
    return kept;
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
