/* stats/distributions.h - tail probabilities and quantiles of the usual laws.
 *
 * sf is the survival function P(X > x) (P(X >= k) for the binomial, where it says so), cdf is P(X <= x). Each is
 * computed in its own tail, so 1e-300 is as accurate as 0.5. NaN in, or a parameter outside the domain, gives NaN.
 * Parameters need not be whole. Relative accuracy about 1e-12 against SciPy (tests/differential). */
#ifndef STATS_DISTRIBUTIONS_H
#define STATS_DISTRIBUTIONS_H

/* Standard normal. */
double stats_normal_cdf(double z);
double stats_normal_sf(double z);
double stats_normal_two_sided(double z); /* P(|Z| >= |z|) */
double stats_normal_quantile(double p);  /* the z with cdf(z) = p: -inf at 0, +inf at 1 */

/* Chi-squared with df > 0 degrees of freedom. isf(p) is the x with sf(x) = p. */
double stats_chi2_cdf(double x, double df);
double stats_chi2_sf(double x, double df);
double stats_chi2_isf(double p, double df);

/* Student's t with df > 0; df = +inf is the normal. */
double stats_t_sf(double t, double df);
double stats_t_two_sided(double t, double df); /* P(|T| >= |t|) */

/* Fisher-Snedecor F with df1, df2 > 0. */
double stats_f_sf(double x, double df1, double df2);

/* Binomial with n trials of probability p: mass at k, P(X <= k), and P(X >= k) (note: at least k). */
double stats_binomial_pmf(double k, double n, double p);
double stats_binomial_cdf(double k, double n, double p);
double stats_binomial_at_least(double k, double n, double p);

#endif
