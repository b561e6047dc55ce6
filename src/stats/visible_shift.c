#include "stats/visible_shift.h"

#include <math.h>

#include "stats/distributions.h"
#include "stats/energy.h"
#include "stats/kolmogorov.h"
#include "stats/ks.h"
#include "stats/moments.h"

enum { QUANTILES = 256 };

/* The reference as at most 256 of its mid-quantiles, and a shifted copy. */
struct shifted {
    double values[QUANTILES], moved[QUANTILES];
    struct stats_sample sample, copy;
};

static void shifted_init(struct shifted *shifted, struct stats_sample reference)
{
    size_t count = reference.count < QUANTILES ? reference.count : QUANTILES;
    for (size_t i = 0; i < count; i++)
        shifted->values[i] = reference.values[(size_t)(((double)i + 0.5) * (double)reference.count / (double)count)];
    shifted->sample = (struct stats_sample){ shifted->values, count };
    shifted->copy = (struct stats_sample){ shifted->moved, count };
}

typedef double distance_of(struct stats_sample a, struct stats_sample b);

static double ks_distance(struct stats_sample a, struct stats_sample b)
{
    return stats_ks(a, b).statistic;
}

static double distance_at(struct shifted *shifted, distance_of *distance, double shift)
{
    for (size_t k = 0; k < shifted->copy.count; k++)
        shifted->moved[k] = shifted->values[k] + shift;
    return distance(shifted->sample, shifted->copy);
}

/* The least shift at which distance(R, R + shift), which grows with the shift, reaches `wanted`: doubles until it is
 * enough, then halves the bracket. `unit` is positive. */
static double shift_reaching(struct shifted *shifted, distance_of *distance, double wanted, double unit)
{
    double low = 0, high = unit;
    for (int i = 0; i < 64 && distance_at(shifted, distance, high) < wanted; i++) {
        low = high;
        high *= 2;
    }
    for (int i = 0; i < 40; i++) {
        double middle = low + (high - low) / 2;
        if (distance_at(shifted, distance, middle) < wanted)
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* Standard error of a difference of means, in standard deviations: the noise of a shift. */
static double shift_noise(size_t n1, size_t n2)
{
    return sqrt(1 / (double)n1 + 1 / (double)n2);
}

double stats_visible_shift_wasserstein(double critical, double reference_std, size_t n1, size_t n2, double power)
{
    if (n1 == 0 || n2 == 0 || !(reference_std > 0))
        return NAN;
    return critical / reference_std + stats_normal_quantile(power) * shift_noise(n1, n2);
}

double stats_visible_shift_energy(struct stats_sample reference, double critical, size_t n1, size_t n2, double power)
{
    double std = stats_moments(reference.values, reference.count).std;
    if (n1 == 0 || n2 == 0 || !(std > 0) || isnan(critical))
        return NAN;
    struct shifted shifted;
    shifted_init(&shifted, reference);
    return shift_reaching(&shifted, stats_energy, critical, std) / std + stats_normal_quantile(power) * shift_noise(n1, n2);
}

/* The x with stats_kolmogorov_sf(x) = alpha. */
static double kolmogorov_isf(double alpha)
{
    double low = 0, high = 30;
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (stats_kolmogorov_sf(middle) > alpha)
            low = middle;
        else
            high = middle;
    }
    return high;
}

double stats_visible_shift_ks(struct stats_sample reference, size_t n1, size_t n2, double alpha, double power)
{
    double std = stats_moments(reference.values, reference.count).std;
    if (n1 == 0 || n2 == 0 || !(std > 0))
        return NAN;
    /* At the widest point both shares have a variance of at most 1/4. */
    double wanted = (kolmogorov_isf(alpha) + stats_normal_quantile(power) / 2) * shift_noise(n1, n2);
    if (!(wanted < 1))
        return NAN;
    struct shifted shifted;
    shifted_init(&shifted, reference);
    return shift_reaching(&shifted, ks_distance, wanted, std) / std;
}
