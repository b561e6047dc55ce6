/* stats/special.h - the special functions under every distribution here.
 *
 * Thread-safe (no signgam), no allocation. Relative accuracy about 1e-13 for parameters up to 1e6, also deep in the
 * tails: both tails are computed directly, neither as one minus the other. NaN in, or a parameter outside the
 * domain, gives NaN. Sources: docs/references.md [Loader2000], [DLMF]. */
#ifndef STATS_SPECIAL_H
#define STATS_SPECIAL_H

/* ln |Gamma(x)|; +inf at 0, -1, -2, ... */
double stats_lgamma(double x);

/* ln(1 + x) - x without cancellation near 0; NaN for x < -1. The exponent of every saddle-point formula. */
double stats_log1p_minus(double x);

/* ln(n!) - [ln sqrt(2 pi n) + n ln n - n], the error of Stirling's formula, for real n >= 0 (+inf at 0). */
double stats_stirling_error(double n);

/* Regularized lower and upper incomplete gamma functions P(a, x) and Q(a, x) = 1 - P(a, x); a > 0, x >= 0.
 * O(sqrt(a)) when x is near a, else a few dozen steps. */
double stats_gamma_p(double a, double x);
double stats_gamma_q(double a, double x);

/* Regularized incomplete beta function I_x(a, b), and its complement I_{1-x}(b, a); a, b > 0, 0 <= x <= 1.
 * O(sqrt(max(a, b))) when x is near a / (a + b). */
double stats_beta_inc(double a, double b, double x);
double stats_beta_inc_upper(double a, double b, double x);

/* a ln((a + b) x / a) + b ln((a + b) y / b) for y = 1 - x: the exponent of a binomial or beta density relative to its
 * peak, without cancellation near it; 0 * ln 0 counts as 0. */
double stats_binomial_exponent(double a, double b, double x, double y);

/* The same I_x(a, b) from x and y = 1 - x, both given: x that is within rounding of 1 keeps its digits in y. */
double stats_beta_inc_xy(double a, double b, double x, double y);

/* exp(x) K_{1/4}(x), the scaled modified Bessel function of the second kind; x > 0. */
double stats_bessel_k_quarter_scaled(double x);

/* Harmonic numbers: sum of 1/k and of 1/k^2 for k = 1..n. O(1). */
double stats_harmonic(double n);
double stats_harmonic_squares(double n);

#endif
