#include "stats/correlation.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Rows that are centred at a time: 13 columns of them stay in the first-level cache. */
#define BLOCK_ROWS 256

/* Below this part of the raw square sum, a variance got by subtraction has lost half of its digits. */
#define VARIANCE_SUSPICIOUS 1e-6

/* What turns a value into a number around 0 of the order of 1: x * scale - mean. */
struct centring {
    double scale; /* a power of two: exact */
    double mean;  /* of x * scale */
    double residue; /* sum of the centred values, which rounding of the mean leaves */
    bool has_gaps;
    bool is_hopeless; /* constant, infinite or empty: every correlation is NaN */
};

struct pair_sums {
    double n, x, y, xx, yy, xy;
};

/* The power of two that brings `magnitude` near 1, kept a normal number. */
static double scale_for(double magnitude)
{
    int exponent = 0;
    (void)frexp(magnitude, &exponent); /* only the exponent is of use */
    return ldexp(1, exponent > 1022 ? -1022 : exponent < -1021 ? 1021 : -exponent);
}

static struct centring centring_of(const double *values, size_t rows)
{
    double low = INFINITY, high = -INFINITY;
    size_t count = 0;
    for (size_t i = 0; i < rows; i++) {
        low = values[i] < low ? values[i] : low; /* false for NaN */
        high = values[i] > high ? values[i] : high;
        count += values[i] == values[i];
    }
    struct centring centring = { .has_gaps = count < rows };
    centring.is_hopeless = !(low < high) || isinf(low) || isinf(high);
    if (centring.is_hopeless)
        return centring;

    centring.scale = scale_for(fmax(fabs(low), fabs(high)));
    double sums[4] = { 0 };
    for (size_t i = 0; i < rows; i++)
        sums[i % 4] += values[i] == values[i] ? values[i] * centring.scale : 0;
    centring.mean = (sums[0] + sums[1] + sums[2] + sums[3]) / (double)count;
    return centring;
}

static double correlation_of(const struct pair_sums *sums)
{
    double xx = sums->xx - sums->x * sums->x / sums->n, yy = sums->yy - sums->y * sums->y / sums->n;
    double xy = sums->xy - sums->x * sums->y / sums->n;
    if (!(xx > 0 && yy > 0))
        return NAN;
    return fmin(fmax(xy / sqrt(xx) / sqrt(yy), -1), 1);
}

/* Ranges and means of both columns over their common rows. */
struct common_rows {
    size_t count;
    double x_low, x_high, y_low, y_high;
};

static bool is_common(double x, double y)
{
    return x == x && y == y;
}

static struct common_rows common_rows_of(const double *x, const double *y, size_t rows)
{
    struct common_rows common = { 0, INFINITY, -INFINITY, INFINITY, -INFINITY };
    for (size_t i = 0; i < rows; i++) {
        if (!is_common(x[i], y[i]))
            continue;
        common.count++;
        common.x_low = x[i] < common.x_low ? x[i] : common.x_low;
        common.x_high = x[i] > common.x_high ? x[i] : common.x_high;
        common.y_low = y[i] < common.y_low ? y[i] : common.y_low;
        common.y_high = y[i] > common.y_high ? y[i] : common.y_high;
    }
    return common;
}

double stats_pearson(const double *x, const double *y, size_t rows)
{
    struct common_rows common = common_rows_of(x, y, rows);
    double magnitude_x = fmax(fabs(common.x_low), fabs(common.x_high));
    double magnitude_y = fmax(fabs(common.y_low), fabs(common.y_high));
    if (common.count < 2 || !(common.x_low < common.x_high) || !(common.y_low < common.y_high) ||
        isinf(magnitude_x) || isinf(magnitude_y))
        return NAN;
    double x_scale = scale_for(magnitude_x), y_scale = scale_for(magnitude_y);
    double x_mean = 0, y_mean = 0, n = (double)common.count;
    for (size_t i = 0; i < rows; i++) {
        if (!is_common(x[i], y[i]))
            continue;
        x_mean += x[i] * x_scale;
        y_mean += y[i] * y_scale;
    }
    x_mean /= n;
    y_mean /= n;

    struct pair_sums sums = { .n = n };
    for (size_t i = 0; i < rows; i++) {
        if (!is_common(x[i], y[i]))
            continue;
        double dx = x[i] * x_scale - x_mean, dy = y[i] * y_scale - y_mean;
        sums.x += dx;
        sums.y += dy;
        sums.xx += dx * dx;
        sums.yy += dy * dy;
        sums.xy += dx * dy;
    }
    return correlation_of(&sums);
}

/* Where everything lives in the caller's scratch. */
struct workspace {
    struct pair_sums *pairs;   /* [i * columns + j], used for i <= j */
    struct centring *centring; /* [columns] */
    double *centred;           /* [columns][BLOCK_ROWS], 0 in a gap */
    double *present;           /* [columns][BLOCK_ROWS], 1, or 0 in a gap; filled for columns with gaps and their partners */
};

#define DOUBLES_OF(type) ((sizeof(type) + sizeof(double) - 1) / sizeof(double))

size_t stats_pearson_matrix_scratch(size_t columns)
{
    return columns * columns * DOUBLES_OF(struct pair_sums) +
           columns * (DOUBLES_OF(struct centring) + 2 * (size_t)BLOCK_ROWS);
}

static struct workspace workspace_in(double *scratch, size_t columns)
{
    struct workspace work = { .pairs = (struct pair_sums *)(void *)scratch };
    scratch += columns * columns * DOUBLES_OF(struct pair_sums);
    work.centring = (struct centring *)(void *)scratch;
    work.centred = scratch + columns * DOUBLES_OF(struct centring);
    work.present = work.centred + columns * BLOCK_ROWS;
    return work;
}

static void fill_block(const double *values, size_t rows, struct centring *centring, double *centred, double *present)
{
    double scale = centring->scale, mean = centring->mean, residue = 0;
    for (size_t i = 0; i < rows; i++) {
        bool is_present = values[i] == values[i];
        centred[i] = is_present ? values[i] * scale - mean : 0;
        present[i] = is_present ? 1 : 0;
        residue += centred[i];
    }
    /* Dots run over whole blocks; a short last one is filled up with absent rows. */
    memset(centred + rows, 0, (BLOCK_ROWS - rows) * sizeof(*centred));
    memset(present + rows, 0, (BLOCK_ROWS - rows) * sizeof(*present));
    centring->residue += residue;
}

/* Eight running sums, so that additions need not wait for each other and fit vector registers. */
static double dot_block(const double *x, const double *y)
{
    double sums[8] = { 0 };
    for (size_t i = 0; i < BLOCK_ROWS; i += 8)
        for (size_t j = 0; j < 8; j++)
            sums[j] += x[i + j] * y[i + j];
    return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

static void add_block(struct workspace *work, size_t i, size_t j, struct pair_sums *sums)
{
    const double *x = work->centred + i * BLOCK_ROWS, *y = work->centred + j * BLOCK_ROWS;
    sums->xy += dot_block(x, y);
    if (!work->centring[i].has_gaps && !work->centring[j].has_gaps)
        return; /* the rest follows from the diagonal */

    const double *x_present = work->present + i * BLOCK_ROWS, *y_present = work->present + j * BLOCK_ROWS;
    sums->n += dot_block(x_present, y_present);
    sums->x += dot_block(x, y_present);
    sums->y += dot_block(x_present, y);
    double xx[4] = { 0 }, yy[4] = { 0 };
    for (size_t row = 0; row < BLOCK_ROWS; row += 4)
        for (size_t k = 0; k < 4; k++) {
            xx[k] += x[row + k] * x[row + k] * y_present[row + k];
            yy[k] += y[row + k] * y[row + k] * x_present[row + k];
        }
    sums->xx += (xx[0] + xx[1]) + (xx[2] + xx[3]);
    sums->yy += (yy[0] + yy[1]) + (yy[2] + yy[3]);
}

static bool is_suspicious(const struct pair_sums *sums)
{
    return sums->xx - sums->x * sums->x / sums->n < VARIANCE_SUSPICIOUS * sums->xx ||
           sums->yy - sums->y * sums->y / sums->n < VARIANCE_SUSPICIOUS * sums->yy;
}

static double pair_correlation(const struct workspace *work, const double *const *columns, size_t column_count,
                               size_t rows, size_t i, size_t j)
{
    const struct centring *x = &work->centring[i], *y = &work->centring[j];
    if (x->is_hopeless || y->is_hopeless)
        return NAN;
    struct pair_sums sums = work->pairs[i * column_count + j];
    if (x->has_gaps || y->has_gaps) {
        /* The common rows may be constant, or lie far from the column's mean: then count them out by themselves. */
        return sums.n < 2 ? NAN : is_suspicious(&sums) ? stats_pearson(columns[i], columns[j], rows) : correlation_of(&sums);
    }
    sums.n = (double)rows;
    sums.x = x->residue;
    sums.y = y->residue;
    sums.xx = work->pairs[i * column_count + i].xy;
    sums.yy = work->pairs[j * column_count + j].xy;
    return correlation_of(&sums);
}

void stats_pearson_matrix(const double *const *columns, size_t column_count, size_t rows, double *scratch,
                          double *ret_matrix)
{
    struct workspace work = workspace_in(scratch, column_count);
    memset(work.pairs, 0, column_count * column_count * sizeof(*work.pairs));
    for (size_t i = 0; i < column_count; i++)
        work.centring[i] = centring_of(columns[i], rows);

    for (size_t from = 0; from < rows; from += BLOCK_ROWS) {
        size_t block_rows = rows - from < BLOCK_ROWS ? rows - from : BLOCK_ROWS;
        for (size_t i = 0; i < column_count; i++)
            fill_block(columns[i] + from, block_rows, &work.centring[i], work.centred + i * BLOCK_ROWS,
                       work.present + i * BLOCK_ROWS);
        for (size_t i = 0; i < column_count; i++)
            for (size_t j = i; j < column_count; j++)
                if (!work.centring[i].is_hopeless && !work.centring[j].is_hopeless)
                    add_block(&work, i, j, &work.pairs[i * column_count + j]);
    }

    for (size_t i = 0; i < column_count; i++) {
        ret_matrix[i * column_count + i] = work.centring[i].is_hopeless ? NAN : 1;
        for (size_t j = i + 1; j < column_count; j++) {
            double correlation = pair_correlation(&work, columns, column_count, rows, i, j);
            ret_matrix[i * column_count + j] = ret_matrix[j * column_count + i] = correlation;
        }
    }
}

/* Ranks of `values` among the rows where `other` is there too, NaN elsewhere. Ties get their mean rank. */
static void rank_common(const double *values, const uint32_t *order, const double *other, size_t rows, double *ranks)
{
    size_t ranked = 0;
    for (size_t from = 0; from < rows;) {
        size_t to = from, tied = 0;
        double value = values[order[from]];
        for (; to < rows && (to == from || values[order[to]] == value); to++)
            tied += is_common(values[order[to]], other[order[to]]);
        double rank = (double)ranked + ((double)tied + 1) / 2;
        for (; from < to; from++) {
            uint32_t row = order[from];
            ranks[row] = is_common(values[row], other[row]) ? rank : NAN;
        }
        ranked += tied;
    }
}

double stats_spearman(const double *x, const uint32_t *order_x, const double *y, const uint32_t *order_y, size_t rows,
                      double *scratch)
{
    rank_common(x, order_x, y, rows, scratch);
    rank_common(y, order_y, x, rows, scratch + rows);
    return stats_pearson(scratch, scratch + rows, rows);
}
