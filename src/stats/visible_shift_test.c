#include "stats/visible_shift.h"

#include "base/attributes.h"
#include "base/test.h"
#include "stats/distributions.h"

static double uniform[1000];

static struct stats_sample uniform_sample(void)
{
    for (size_t i = 0; i < COUNT(uniform); i++)
        uniform[i] = ((double)i + 0.5) / COUNT(uniform);
    return (struct stats_sample){ uniform, COUNT(uniform) };
}

TEST(visible_shifts_of_a_uniform_reference)
{
    double std = sqrt(1.0 / 12), noise = sqrt(2.0 / 1000), power = stats_normal_quantile(0.8);
    struct stats_sample reference = uniform_sample();
    CHECK_NEAR("W1 of a shift is the shift", stats_visible_shift_wasserstein(0.02, std, 1000, 1000, 0.8),
               0.02 / std + power * noise, 1e-12);
    /* D of a shift s is s on [0, 1]; 1.3581 is the 5 % point of Kolmogorov's law. */
    CHECK_NEAR("KS", stats_visible_shift_ks(reference, 1000, 1000, 0.05, 0.8), (1.3581 + power / 2) * noise / std, 0.06);
    /* F_R - F_C rises to s, stays, falls: 2 (s^2 (1 - s) + 2 s^3 / 3). */
    double s = 0.1, energy = sqrt(2 * (s * s * (1 - s) + 2 * s * s * s / 3));
    CHECK_NEAR("energy", stats_visible_shift_energy(reference, energy, 1000, 1000, 0.5), s / std, 0.03);
}

TEST(visible_shifts_that_cannot_be_named)
{
    static const double constant[] = { 3, 3, 3 };
    struct stats_sample flat = { constant, COUNT(constant) };
    CHECK("no unit", isnan(stats_visible_shift_wasserstein(1, 0, 5, 5, 0.8)));
    CHECK("a constant reference", isnan(stats_visible_shift_energy(flat, 1, 5, 5, 0.8)));
    CHECK("no rows", isnan(stats_visible_shift_ks(uniform_sample(), 5, 0, 0.05, 0.8)));
    CHECK("three rows cannot show anything", isnan(stats_visible_shift_ks(uniform_sample(), 3, 3, 0.05, 0.8)));
}
