#include "stats/epps_singleton.h"

#include <float.h>
#include <math.h>

#include "stats/distributions.h"
#include "stats/moments.h"
#include "stats/sum_internal.h"

enum { DIMS = 4, PAIRS = DIMS * (DIMS + 1) / 2 };

/* numpy's pinv drops singular values below this share of the largest. */
#define PINV_CUTOFF 1e-15

struct features {
    double mean[DIMS];
    double covariance[DIMS][DIMS]; /* divides by the count */
};

/* Where the features are taken. W is the same around any center (a shift turns both pairs of features, and the form is
 * invariant to turns), and near the values the angles are small and keep their digits. */
struct scale {
    double center, t1;
};

/* g(x) for t2 = 2 t1: one sine and cosine give all four. */
static void features_of(double x, struct scale scale, double *g)
{
    double angle = scale.t1 * (x - scale.center);
    double c = cos(angle), s = sin(angle);
    g[0] = c;
    g[1] = 1 - 2 * s * s;
    g[2] = s;
    g[3] = 2 * s * c;
}

/* Means and covariances in one pass around `origin`, some value's features: they are bounded by 1, so what cancels
 * is at most a rounding of the spread. */
static struct features features_init(struct stats_sample sample, struct scale scale)
{
    double origin[DIMS];
    features_of(stats_quantile(sample, 0.5), scale, origin);
    struct compensated totals[DIMS + PAIRS] = { 0 };
    for (size_t start = 0; start < sample.count; start += STATS_BLOCK) {
        size_t end = sample.count - start < STATS_BLOCK ? sample.count : start + STATS_BLOCK;
        double block[DIMS + PAIRS] = { 0 };
        for (size_t i = start; i < end; i++) {
            double g[DIMS];
            features_of(sample.values[i], scale, g);
            int pair = DIMS;
            for (int a = 0; a < DIMS; a++) {
                block[a] += g[a] - origin[a];
                for (int b = 0; b <= a; b++)
                    block[pair++] += (g[a] - origin[a]) * (g[b] - origin[b]);
            }
        }
        for (int k = 0; k < DIMS + PAIRS; k++)
            compensated_add(&totals[k], block[k]);
    }
    struct features features;
    double n = (double)sample.count, shift[DIMS];
    int pair = DIMS;
    for (int a = 0; a < DIMS; a++) {
        shift[a] = compensated_value(&totals[a]) / n;
        features.mean[a] = origin[a] + shift[a];
        for (int b = 0; b <= a; b++) {
            double covariance = compensated_value(&totals[pair++]) / n - shift[a] * shift[b];
            features.covariance[a][b] = features.covariance[b][a] = covariance;
        }
    }
    return features;
}

/* One Jacobi rotation that clears matrix[p][q], gathered in `vectors` (columns). */
static void rotate(double matrix[DIMS][DIMS], double vectors[DIMS][DIMS], int p, int q)
{
    double theta = (matrix[q][q] - matrix[p][p]) / (2 * matrix[p][q]);
    double t = copysign(1, theta) / (fabs(theta) + hypot(theta, 1));
    double c = 1 / hypot(t, 1), s = t * c;
    for (int k = 0; k < DIMS; k++) {
        double kp = matrix[k][p], kq = matrix[k][q];
        matrix[k][p] = c * kp - s * kq;
        matrix[k][q] = s * kp + c * kq;
    }
    for (int k = 0; k < DIMS; k++) {
        double pk = matrix[p][k], qk = matrix[q][k];
        matrix[p][k] = c * pk - s * qk;
        matrix[q][k] = s * pk + c * qk;
        double vp = vectors[k][p], vq = vectors[k][q];
        vectors[k][p] = c * vp - s * vq;
        vectors[k][q] = s * vp + c * vq;
    }
}

/* Eigenvalues on the diagonal of `matrix`, eigenvectors in the columns of `vectors`. Symmetric 4 x 4: a few sweeps. */
static void diagonalize(double matrix[DIMS][DIMS], double vectors[DIMS][DIMS])
{
    for (int a = 0; a < DIMS; a++)
        for (int b = 0; b < DIMS; b++)
            vectors[a][b] = a == b;
    for (int sweep = 0; sweep < 50; sweep++) {
        double off_diagonal = 0;
        for (int p = 0; p < DIMS; p++)
            for (int q = p + 1; q < DIMS; q++)
                if (matrix[p][q] != 0) {
                    off_diagonal += fabs(matrix[p][q]);
                    rotate(matrix, vectors, p, q);
                    matrix[p][q] = matrix[q][p] = 0;
                }
        if (off_diagonal < DBL_MIN)
            break;
    }
}

/* d' pinv(matrix) d, and the rank. */
static double quadratic_form(double matrix[DIMS][DIMS], const double *d, int *ret_rank)
{
    double vectors[DIMS][DIMS], largest = 0, form = 0;
    diagonalize(matrix, vectors);
    for (int k = 0; k < DIMS; k++)
        largest = fmax(largest, fabs(matrix[k][k]));
    *ret_rank = 0;
    for (int k = 0; k < DIMS; k++) {
        if (fabs(matrix[k][k]) <= PINV_CUTOFF * largest)
            continue;
        double along = 0;
        for (int a = 0; a < DIMS; a++)
            along += vectors[a][k] * d[a];
        form += along * along / matrix[k][k];
        (*ret_rank)++;
    }
    return form;
}

struct stats_test stats_epps_singleton(struct stats_sample reference, struct stats_sample current)
{
    double quartile = stats_pooled_quantile(reference, current, 0.25);
    double range = stats_pooled_quantile(reference, current, 0.75) - quartile;
    if (reference.count < 5 || current.count < 5 || !(range > 0))
        return (struct stats_test){ NAN, NAN };

    double n1 = (double)reference.count, n2 = (double)current.count, n = n1 + n2;
    struct scale scale = { stats_pooled_quantile(reference, current, 0.5), 0.4 / (range / 2) };
    struct features r = features_init(reference, scale), c = features_init(current, scale);
    double covariance[DIMS][DIMS], difference[DIMS];
    for (int a = 0; a < DIMS; a++) {
        difference[a] = r.mean[a] - c.mean[a];
        for (int b = 0; b < DIMS; b++)
            covariance[a][b] = n / n1 * r.covariance[a][b] + n / n2 * c.covariance[a][b];
    }
    int rank;
    double w = n * quadratic_form(covariance, difference, &rank);
    if (n1 < 25 && n2 < 25) /* small-sample correction, [EppsSingleton1986] */
        w /= 1 + pow(n, -0.45) + 10.1 * (pow(n1, -1.7) + pow(n2, -1.7));
    return (struct stats_test){ w, stats_chi2_sf(w, rank) };
}
