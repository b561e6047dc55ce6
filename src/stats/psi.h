/* stats/psi.h - Population Stability Index of two binned samples.
 *
 *     PSI = sum over bins of (r - c) * ln(r / c)
 *
 * r, c: shares of the reference and the current rows in a bin. This is the symmetric divergence J
 * of [KullbackLeibler1951], in nats. What counts as "too much" is policy and lives above; what
 * chance alone explains is in divergence_law.h. */
#ifndef STATS_PSI_H
#define STATS_PSI_H

#include <stddef.h>
#include <stdint.h>

/* reference, current: row counts, shape [bins], over the same bins. ln has no value at an empty bin,
 * so the empty ones of a side stand for a small share (see STATS_SHARE_EMPTY in kl_divergence.h);
 * full bins keep their textbook value. NaN when a side has no rows: no data is not "no drift".
 * Never negative, 0 for equal shares. O(bins), does not allocate. */
double stats_psi(const uint64_t *reference, const uint64_t *current, size_t bins);

#endif
