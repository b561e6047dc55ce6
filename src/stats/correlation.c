/* The matrix goes through the rows in blocks: a block of every column is centred and scaled into scratch, where all
 * pairs find it in the cache, and the products of pairs are summed. Sums are around each column's own mean, so
 * correlation_of() has little left to subtract; columns with gaps carry a second column of ones and zeros, which
 * turns "rows where both are there" into products too. */
#include "stats/correlation.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "stats/lanes_internal.h"
#include "stats/product_tile_internal.h"

/* Below this part of the raw square sum, a variance got by subtraction has lost half of its digits. */
#define VARIANCE_SUSPICIOUS 1e-6

/* What turns a value into a number around 0 of the order of 1: x * scale - mean. */
struct centring {
    double scale;   /* a power of two: exact */
    double mean;    /* of x * scale */
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

/* One pass over a column; the sum may overflow where the mean does not. */
struct column_range {
    double low, high, sum;
    size_t count;
};

static struct column_range range_with_gaps(const double *values, size_t rows)
{
    struct column_range range = { INFINITY, -INFINITY, 0, 0 };
    for (size_t i = 0; i < rows; i++) {
        double value = values[i];
        range.low = value < range.low ? value : range.low; /* all comparisons are false for NaN */
        range.high = value > range.high ? value : range.high;
        range.sum += value == value ? value : 0;
        range.count += value == value;
    }
    return range;
}

static struct column_range column_range_of(const double *values, size_t rows)
{
    enum { SUMS = 4, STEP = SUMS * LANES };
    const lanes none = { 0 };
    lanes low = none + INFINITY, high = none - INFINITY, sum[SUMS] = { none };
    size_t i = 0;
    for (; i + STEP <= rows; i += STEP)
        for (size_t k = 0; k < SUMS; k++) {
            lanes value = lanes_load(values + i + k * LANES);
            low = lanes_lower(value, low);
            high = lanes_higher(value, high);
            sum[k] += value;
        }
    struct column_range rest = range_with_gaps(values + i, rows - i);
    double whole = lanes_sum((sum[0] + sum[1]) + (sum[2] + sum[3]));
    if (rest.count < rows - i || whole != whole) /* a gap, or infinities of both signs */
        return range_with_gaps(values, rows);
    return (struct column_range){ fmin(fmin(low[0], low[1]), rest.low), fmax(fmax(high[0], high[1]), rest.high),
                                  whole + rest.sum, rows };
}

static double scaled_sum(const double *values, size_t rows, double scale)
{
    double sum = 0;
    for (size_t i = 0; i < rows; i++)
        sum += values[i] == values[i] ? values[i] * scale : 0;
    return sum;
}

static struct centring centring_of(const double *values, size_t rows)
{
    struct column_range range = column_range_of(values, rows);
    struct centring centring = { .has_gaps = range.count < rows };
    centring.is_hopeless = !(range.low < range.high) || isinf(range.low) || isinf(range.high);
    if (centring.is_hopeless)
        return centring;
    centring.scale = scale_for(fmax(fabs(range.low), fabs(range.high)));
    double sum = isfinite(range.sum) ? range.sum * centring.scale : scaled_sum(values, rows, centring.scale);
    centring.mean = sum / (double)range.count;
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
    if (common.count < 2 || !(common.x_low < common.x_high) || !(common.y_low < common.y_high) || isinf(magnitude_x) ||
        isinf(magnitude_y))
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
    double *centred;           /* [columns + PRODUCT_TILE][PRODUCT_ROWS], 0 in a gap and behind the last column */
    double *present;           /* [columns][PRODUCT_ROWS], 1, or 0 in a gap */
};

#define DOUBLES_OF(type) ((sizeof(type) + sizeof(double) - 1) / sizeof(double))

size_t stats_pearson_matrix_scratch(size_t columns)
{
    return columns * columns * DOUBLES_OF(struct pair_sums) +
           columns * (DOUBLES_OF(struct centring) + 2 * (size_t)PRODUCT_ROWS) + PRODUCT_TILE * (size_t)PRODUCT_ROWS;
}

static struct workspace workspace_in(double *scratch, size_t columns)
{
    struct workspace work = { .pairs = (struct pair_sums *)(void *)scratch };
    scratch += columns * columns * DOUBLES_OF(struct pair_sums);
    work.centring = (struct centring *)(void *)scratch;
    work.centred = scratch + columns * DOUBLES_OF(struct centring);
    work.present = work.centred + (columns + PRODUCT_TILE) * PRODUCT_ROWS;
    return work;
}

/* A whole block with gaps: 0 in both where no value is. */
static void fill_with_gaps(const double *values, struct centring *centring, double *centred, double *present)
{
    const lanes none = { 0 }, one = none + 1;
    lanes residue = none;
    for (size_t i = 0; i < PRODUCT_ROWS; i += LANES) {
        lanes value = lanes_load(values + i);
        lane_mask is_there = value == value;
        lanes off = lanes_where(is_there, value * centring->scale - centring->mean, none);
        *(lanes *)(centred + i) = off;
        *(lanes *)(present + i) = lanes_where(is_there, one, none);
        residue += off;
    }
    centring->residue += lanes_sum(residue);
}

/* A whole block without gaps; `present` stays as it was. The block after it is asked for in time: a column is read in
 * pieces too short for the CPU to foresee. Asking beyond the end of a column does no harm. */
static void fill_without_gaps(const double *values, struct centring *centring, double *centred)
{
    lanes residue = { 0 };
    for (size_t i = 0; i < PRODUCT_ROWS; i += LANES) {
        lanes off = lanes_load(values + i) * centring->scale - centring->mean;
        *(lanes *)(centred + i) = off;
        residue += off;
        if (i % 8 == 0)
            __builtin_prefetch(values + i + PRODUCT_ROWS);
    }
    centring->residue += lanes_sum(residue);
}

static void fill_column(struct workspace *work, size_t column, const double *values, size_t rows)
{
    double *centred = work->centred + column * PRODUCT_ROWS, *present = work->present + column * PRODUCT_ROWS;
    struct centring *centring = &work->centring[column];
    if (centring->is_hopeless) {
        memset(centred, 0, PRODUCT_ROWS * sizeof(*centred));
        memset(present, 0, PRODUCT_ROWS * sizeof(*present));
        return;
    }
    if (rows < PRODUCT_ROWS) { /* filled up with absent rows, so that sums always run over whole blocks */
        double last_block[PRODUCT_ROWS];
        memcpy(last_block, values, rows * sizeof(*values));
        for (size_t i = rows; i < PRODUCT_ROWS; i++)
            last_block[i] = NAN;
        fill_with_gaps(last_block, centring, centred, present);
    } else if (centring->has_gaps) {
        fill_with_gaps(values, centring, centred, present);
    } else {
        fill_without_gaps(values, centring, centred);
    }
}

/* All sums of a pair over its common rows. */
static void add_pair(struct workspace *work, size_t i, size_t j, struct pair_sums *sums)
{
    const double *x = work->centred + i * PRODUCT_ROWS, *y = work->centred + j * PRODUCT_ROWS;
    const double *x_present = work->present + i * PRODUCT_ROWS, *y_present = work->present + j * PRODUCT_ROWS;
    lanes n = { 0 }, sum_x = { 0 }, sum_y = { 0 }, xx = { 0 }, yy = { 0 }, xy = { 0 };
    for (size_t row = 0; row < PRODUCT_ROWS; row += LANES) {
        lanes in_x = lanes_load(x_present + row), in_y = lanes_load(y_present + row);
        lanes xs = lanes_load(x + row) * in_y, ys = lanes_load(y + row) * in_x;
        n += in_x * in_y;
        sum_x += xs;
        sum_y += ys;
        xx += xs * xs;
        yy += ys * ys;
        xy += xs * ys;
    }
    sums->n += lanes_sum(n);
    sums->x += lanes_sum(sum_x);
    sums->y += lanes_sum(sum_y);
    sums->xx += lanes_sum(xx);
    sums->yy += lanes_sum(yy);
    sums->xy += lanes_sum(xy);
}

/* Adds the filled block to the pairs of a tile of columns from i on with one from j on, i <= j. Tiles may reach beyond
 * the last column, where scratch holds zeros. */
static void add_tile(struct workspace *work, size_t columns, size_t i, size_t j, product_tile_sum *sum_products)
{
    double sums[PRODUCT_TILE * PRODUCT_TILE];
    sum_products(work->centred + i * PRODUCT_ROWS, work->centred + j * PRODUCT_ROWS, sums);
    for (size_t a = i; a < i + PRODUCT_TILE && a < columns; a++)
        for (size_t b = a > j ? a : j; b < j + PRODUCT_TILE && b < columns; b++) {
            struct pair_sums *pair = work->pairs + a * columns + b;
            if (work->centring[a].has_gaps || work->centring[b].has_gaps)
                add_pair(work, a, b, pair);
            else
                pair->xy += sums[(a - i) * PRODUCT_TILE + (b - j)];
        }
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
        return sums.n < 2             ? NAN
               : is_suspicious(&sums) ? stats_pearson(columns[i], columns[j], rows)
                                      : correlation_of(&sums);
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
    memset(work.centred + column_count * PRODUCT_ROWS, 0, PRODUCT_TILE * PRODUCT_ROWS * sizeof(*work.centred));
    for (size_t i = 0; i < column_count * PRODUCT_ROWS; i++)
        work.present[i] = 1; /* where a column has no gaps, until its last rows */
    product_tile_sum *sum_products = product_tile_choose();
    for (size_t i = 0; i < column_count; i++)
        work.centring[i] = centring_of(columns[i], rows);

    for (size_t from = 0; from < rows; from += PRODUCT_ROWS) {
        for (size_t i = 0; i < column_count; i++)
            fill_column(&work, i, columns[i] + from, rows - from);
        for (size_t i = 0; i < column_count; i += PRODUCT_TILE)
            for (size_t j = i; j < column_count; j += PRODUCT_TILE)
                add_tile(&work, column_count, i, j, sum_products);
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
