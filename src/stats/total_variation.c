/* Two p-values for one question. Ours deals the pooled rows to the sides by the law of such deals; NumPy's shuffles
 * all rows with its old generator, which must be followed bit by bit to answer the same. */
#include "stats/total_variation.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "stats/hypergeometric_internal.h"
#include "stats/shares_internal.h"

/* Distances this close are ties; real ones differ by 1 / (n m) at least, rounding by some 1e-16. */
#define TIE 1e-13

double stats_total_variation(const uint64_t *reference, const uint64_t *current, size_t categories)
{
    double n = (double)counts_sum(reference, categories), m = (double)counts_sum(current, categories);
    if (n == 0 || m == 0)
        return NAN;
    double sum = 0;
    for (size_t i = 0; i < categories; i++)
        sum += fabs((double)reference[i] / n - (double)current[i] / m);
    return sum / 2;
}

/* The distance of one random split of the pooled counts into sides of n and m rows. */
static double split_distance(struct stats_random *random, const uint64_t *reference, const uint64_t *current,
                             size_t categories, const uint64_t sizes[2])
{
    uint64_t rest = sizes[0] + sizes[1], to_draw = sizes[0];
    double sum = 0;
    for (size_t i = 0; i < categories; i++) {
        uint64_t both = reference[i] + current[i];
        rest -= both;
        uint64_t drawn = stats_hypergeometric_draw(random, both, rest, to_draw);
        to_draw -= drawn;
        sum += fabs((double)drawn / (double)sizes[0] - (double)(both - drawn) / (double)sizes[1]);
    }
    return sum / 2;
}

double stats_total_variation_p(const uint64_t *reference, const uint64_t *current, size_t categories,
                               uint32_t permutations, uint64_t seed)
{
    const uint64_t sizes[2] = { counts_sum(reference, categories), counts_sum(current, categories) };
    if (sizes[0] == 0 || sizes[1] == 0 || permutations == 0)
        return NAN;
    double observed = stats_total_variation(reference, current, categories);
    struct stats_random random = stats_random_init(seed);
    uint32_t as_far = 0;
    for (uint32_t i = 0; i < permutations; i++)
        as_far += split_distance(&random, reference, current, categories, sizes) >= observed - TIE;
    return (double)as_far / permutations;
}

/* MT19937 [MatsumotoNishimura1998], seeded as NumPy's legacy generator seeds from a number. */
struct twister {
    uint32_t state[624];
    size_t next;
};

static void twister_init(struct twister *twister, uint32_t seed)
{
    twister->state[0] = seed;
    for (uint32_t i = 1; i < 624; i++) {
        uint32_t before = twister->state[i - 1];
        twister->state[i] = 1812433253u * (before ^ (before >> 30)) + i;
    }
    twister->next = 624;
}

static void twister_refill(struct twister *twister)
{
    uint32_t *state = twister->state;
    for (size_t i = 0; i < 624; i++) {
        uint32_t joined = (state[i] & 0x80000000u) | (state[(i + 1) % 624] & 0x7fffffffu);
        state[i] = state[(i + 397) % 624] ^ (joined >> 1) ^ (joined & 1 ? 0x9908b0dfu : 0);
    }
    twister->next = 0;
}

static uint32_t twister_u32(struct twister *twister)
{
    if (twister->next == 624)
        twister_refill(twister);
    uint32_t x = twister->state[twister->next++];
    x ^= x >> 11;
    x ^= (x << 7) & 0x9d2c5680u;
    x ^= (x << 15) & 0xefc60000u;
    return x ^ (x >> 18);
}

/* Uniform in [0, max]: draws cut to max's bits until one fits, as NumPy's legacy shuffle. */
static uint32_t twister_up_to(struct twister *twister, uint32_t max)
{
    uint32_t mask = max;
    for (int shift = 1; shift < 32; shift *= 2)
        mask |= mask >> shift;
    uint32_t value;
    do
        value = twister_u32(twister) & mask;
    while (value > max);
    return value;
}

static void shuffle(struct twister *twister, uint32_t *codes, size_t count)
{
    for (size_t i = count - 1; i > 0; i--) {
        uint32_t with = twister_up_to(twister, (uint32_t)i);
        uint32_t code = codes[with];
        codes[with] = codes[i];
        codes[i] = code;
    }
}

/* |r - c| of one category, rounded where NumPy rounds: ties hang on the last bit. */
static double numpy_term(const double *counts, size_t categories, const struct stats_code_pair *pair, size_t i)
{
    return fabs(counts[i] / (double)pair->reference_count - counts[categories + i] / (double)pair->current_count);
}

/* numpy.sum over categories [from, from + count): pairwise, eight running sums in a block of up to 128. */
static double numpy_sum(const double *counts, const struct stats_code_pair *pair, size_t from, size_t count)
{
    size_t categories = pair->categories;
    if (count > 128) {
        size_t half = count / 2 - count / 2 % 8;
        return numpy_sum(counts, pair, from, half) + numpy_sum(counts, pair, from + half, count - half);
    }
    double sums[8] = { 0 };
    size_t i = 0;
    for (; i + 8 <= count; i += 8)
        for (size_t j = 0; j < 8; j++)
            sums[j] += numpy_term(counts, categories, pair, from + i + j);
    double sum = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
    for (; i < count; i++)
        sum += numpy_term(counts, categories, pair, from + i);
    return sum;
}

/* The distance where the first reference_count of `codes` are the reference side. */
static double numpy_distance(const uint32_t *codes, const struct stats_code_pair *pair, double *counts)
{
    memset(counts, 0, 2 * pair->categories * sizeof(*counts));
    for (size_t i = 0; i < pair->reference_count + pair->current_count; i++)
        counts[(i < pair->reference_count ? 0 : pair->categories) + codes[i]]++;
    return 0.5 * numpy_sum(counts, pair, 0, pair->categories);
}

static void copy_codes(const struct stats_code_pair *pair, uint32_t *codes)
{
    memcpy(codes, pair->reference, pair->reference_count * sizeof(*codes));
    memcpy(codes + pair->reference_count, pair->current, pair->current_count * sizeof(*codes));
}

double stats_total_variation_p_numpy(const struct stats_code_pair *pair, uint32_t permutations, uint32_t *scratch_codes,
                                     double *scratch_counts)
{
    if (pair->reference_count == 0 || pair->current_count == 0 || permutations == 0)
        return NAN;
    copy_codes(pair, scratch_codes);
    double observed = numpy_distance(scratch_codes, pair, scratch_counts);
    struct twister twister;
    twister_init(&twister, 0);
    uint32_t as_far = 0;
    for (uint32_t i = 0; i < permutations; i++) {
        copy_codes(pair, scratch_codes);
        shuffle(&twister, scratch_codes, pair->reference_count + pair->current_count);
        as_far += observed <= numpy_distance(scratch_codes, pair, scratch_counts);
    }
    return (double)as_far / permutations;
}
