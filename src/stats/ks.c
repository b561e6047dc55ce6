#include "stats/ks.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "stats/sort.h"

/* exp(-750) is below the least positive double. */
#define EXPONENT_MAX 750

/* The gap is kept as i n2 - j n1 for i values of R and j of C: whole, so that equal gaps are equal. */
struct widest {
    int64_t gap;
    double at;
};

static void widest_update(struct widest *widest, int64_t gap, double at)
{
    if (llabs(gap) > llabs(widest->gap))
        *widest = (struct widest){ gap, at };
}

static struct stats_ks result_of(struct widest widest, size_t n1, size_t n2)
{
    if (n1 == 0 || n2 == 0)
        return (struct stats_ks){ NAN, NAN, 0 };
    double statistic = (double)llabs(widest.gap) / ((double)n1 * (double)n2);
    return (struct stats_ks){ statistic, widest.at, (widest.gap > 0) - (widest.gap < 0) };
}

struct stats_ks stats_ks(struct stats_sample reference, struct stats_sample current)
{
    size_t n1 = reference.count, n2 = current.count, i = 0, j = 0;
    int64_t step_r = (int64_t)n2, step_c = (int64_t)n1, gap = 0;
    struct widest widest = { 0, n1 && n2 ? fmin(reference.values[0], current.values[0]) : NAN };
    double at = -INFINITY;
    while (i < n1 && j < n2) {
        double r = reference.values[i], c = current.values[j];
        double next = r < c ? r : c;
        if (next > at) /* within a tie the gap means nothing */
            widest_update(&widest, gap, at);
        at = next;
        /* Which side moves is a coin toss; added as numbers it costs no mispredicted branch. */
        gap += (r <= c) * step_r - (c <= r) * step_c;
        i += r <= c;
        j += c <= r;
    }
    /* One side has ended: after the rest of this tie the gap only closes. */
    for (; i < n1 && reference.values[i] == at; i++)
        gap += step_r;
    for (; j < n2 && current.values[j] == at; j++)
        gap -= step_c;
    widest_update(&widest, gap, at);
    return result_of(widest, n1, n2);
}

/* Cells of equal width that raw samples are counted in, and how many of both counts stay in the second-level cache. */
#define CELLS 8192

/* Below this the cells' own cost is not worth it. */
#define UNSORTED_MIN 4096

struct cells {
    double low, scale;
    uint32_t of_r[CELLS], of_c[CELLS];
    unsigned char is_open[CELLS]; /* the widest gap may lie inside */
};

static unsigned cell_of(const struct cells *cells, double value)
{
    return (unsigned)(int)((value - cells->low) * cells->scale);
}

static void widen(const double *values, size_t count, double *low, double *high)
{
    double lows[4] = { *low, *low, *low, *low }, highs[4] = { *high, *high, *high, *high };
    for (size_t i = 0; i + 4 <= count; i += 4)
        for (int lane = 0; lane < 4; lane++) {
            double value = values[i + lane];
            lows[lane] = value < lows[lane] ? value : lows[lane];
            highs[lane] = value > highs[lane] ? value : highs[lane];
        }
    for (size_t i = count & ~(size_t)3; i < count; i++) {
        lows[0] = fmin(lows[0], values[i]);
        highs[0] = fmax(highs[0], values[i]);
    }
    *low = fmin(fmin(lows[0], lows[1]), fmin(lows[2], lows[3]));
    *high = fmax(fmax(highs[0], highs[1]), fmax(highs[2], highs[3]));
}

/* Moves the values of open cells to the front, in no order; the array keeps all its values. Returns how many. */
static size_t gather_open(const struct cells *cells, double *values, size_t count)
{
    size_t open = 0;
    for (size_t i = 0; i < count; i++) {
        double value = values[i];
        values[i] = values[open];
        values[open] = value;
        open += cells->is_open[cell_of(cells, value)];
    }
    return open;
}

/* Opens the cells in which |gap| can reach the widest gap at any cell's edge: inside a cell it lies between the gap
 * before it plus all its R values and the gap before it minus all its C values. Returns the values in open cells. */
static size_t open_cells(struct cells *cells, int64_t n1, int64_t n2)
{
    int64_t widest = 0, gap = 0;
    for (int k = 0; k < CELLS; k++) {
        gap += cells->of_r[k] * n2 - cells->of_c[k] * n1;
        widest = llabs(gap) > widest ? llabs(gap) : widest;
    }
    size_t open = 0;
    gap = 0;
    for (int k = 0; k < CELLS; k++) {
        int64_t most = gap + cells->of_r[k] * n2, least = gap - cells->of_c[k] * n1;
        cells->is_open[k] = most >= widest || -least >= widest;
        open += cells->is_open[k] ? cells->of_r[k] + cells->of_c[k] : 0;
        gap += cells->of_r[k] * n2 - cells->of_c[k] * n1;
    }
    return open;
}

/* Walks the sorted values of open cells; `gap` jumps over the closed ones by their counts. */
static struct widest walk_open(const struct cells *cells, struct stats_sample r, struct stats_sample c, int64_t n1,
                               int64_t n2)
{
    struct widest widest = { 0, NAN };
    int64_t gap = 0;
    size_t i = 0, j = 0;
    for (int k = 0; k < CELLS; k++) {
        int64_t after = gap + cells->of_r[k] * n2 - cells->of_c[k] * n1;
        size_t end_r = i + cells->of_r[k], end_c = j + cells->of_c[k];
        while (cells->is_open[k] && (i < end_r || j < end_c)) {
            double at = j == end_c || (i < end_r && r.values[i] < c.values[j]) ? r.values[i] : c.values[j];
            for (; i < end_r && r.values[i] == at; i++)
                gap += n2;
            for (; j < end_c && c.values[j] == at; j++)
                gap -= n1;
            widest_update(&widest, gap, at);
        }
        gap = after;
    }
    return widest;
}

static struct stats_ks sort_and_walk(struct stats_sample reference, struct stats_sample current, double *scratch)
{
    stats_sort((double *)reference.values, reference.count, scratch);
    stats_sort((double *)current.values, current.count, scratch);
    return stats_ks(reference, current);
}

struct stats_ks stats_ks_unsorted(double *reference, size_t reference_count, double *current, size_t current_count,
                                  double *scratch)
{
    struct stats_sample r = { reference, reference_count }, c = { current, current_count };
    if (reference_count < UNSORTED_MIN || current_count < UNSORTED_MIN)
        return sort_and_walk(r, c, scratch);
    struct cells cells;
    double high = reference[0];
    cells.low = high;
    widen(reference, reference_count, &cells.low, &high);
    widen(current, current_count, &cells.low, &high);
    cells.scale = (CELLS - 1) / (high - cells.low);
    if (!isfinite(high - cells.low) || !isfinite(cells.scale))
        return sort_and_walk(r, c, scratch);

    memset(cells.of_r, 0, sizeof(cells.of_r));
    memset(cells.of_c, 0, sizeof(cells.of_c));
    for (size_t i = 0; i < reference_count; i++)
        cells.of_r[cell_of(&cells, reference[i])]++;
    for (size_t i = 0; i < current_count; i++)
        cells.of_c[cell_of(&cells, current[i])]++;
    /* Uneven values leave most of them in open cells: sorting all at once is then cheaper. */
    int64_t n1 = (int64_t)reference_count, n2 = (int64_t)current_count;
    if (open_cells(&cells, n1, n2) > (reference_count + current_count) / 3)
        return sort_and_walk(r, c, scratch);
    size_t open_r = gather_open(&cells, reference, reference_count);
    size_t open_c = gather_open(&cells, current, current_count);
    stats_sort(reference, open_r, scratch);
    stats_sort(current, open_c, scratch);
    return result_of(walk_open(&cells, r, c, n1, n2), reference_count, current_count);
}

static size_t greatest_common_divisor(size_t a, size_t b)
{
    while (b != 0) {
        size_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* n1 == n2 == n, paths that touch +-h: [Hodges1958] section 4, by reflection, as a nested alternating product. */
static double p_equal_sizes(double n, double h)
{
    double p = 0;
    for (double k = floor(n / h); k >= 0; k--) {
        double ratio = 1;
        for (double j = 0; j < h; j++)
            ratio = (n - k * h - j) * ratio / (n + k * h + j + 1);
        p = ratio * (1 - p);
    }
    return 2 * p;
}

static int64_t floor_ratio(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

/* [Viehmann2021]: share of lattice paths to (i, j) that left the corridor |i ng - j mg| < h, built row by row from
 * positive terms only, so the smallest p keeps its digits. `row` holds the columns of the corridor, 1 outside it. */
static double p_other_sizes(int64_t m, int64_t n, int64_t divisor, int64_t h, double *row)
{
    int64_t mg = m / divisor, ng = n / divisor;
    int64_t low = 0, high = clamp(floor_ratio(h + mg - 1, mg), 0, n + 1);
    for (int64_t j = 0; j <= n + 1; j++)
        row[j] = j < high ? 0 : 1;
    for (int64_t i = 1; i <= m; i++) {
        int64_t low_before = low, size_before = high - low;
        low = clamp(floor_ratio(ng * i - h, mg) + 1, 0, n);
        high = clamp(floor_ratio(ng * i + h + mg - 1, mg), 0, n + 1);
        if (high <= low)
            return 1;
        double left = low == 0 ? 0 : 1;
        for (int64_t j = low; j < high; j++) {
            double share = 1 / (double)(i + j); /* off the chain of `left`, so divisions overlap */
            left = row[j - low_before] * ((double)i * share) + left * ((double)j * share);
            row[j - low] = left;
        }
        for (int64_t j = high - low; j < size_before; j++)
            row[j] = 1;
    }
    return row[high - low - 1];
}

double stats_ks_p_exact(double statistic, size_t n1, size_t n2, double *scratch)
{
    if (isnan(statistic) || n1 == 0 || n2 == 0)
        return NAN;
    size_t larger = n1 > n2 ? n1 : n2, smaller = n1 > n2 ? n2 : n1;
    size_t divisor = greatest_common_divisor(larger, smaller);
    double h = rint(statistic * ((double)(larger / divisor) * (double)smaller));
    if (h == 0)
        return 1;
    /* p <= 2e exp(-2 D^2 n1 n2 / N), the Dvoretzky-Kiefer-Wolfowitz bound for two samples [WeiDudley2012]. */
    double n = (double)n1 * (double)n2 / ((double)n1 + (double)n2);
    if (2 * statistic * statistic * n > EXPONENT_MAX)
        return 0;
    double p = larger == smaller ? p_equal_sizes((double)larger, h)
                                 : p_other_sizes((int64_t)larger, (int64_t)smaller, (int64_t)divisor, (int64_t)h, scratch);
    return fmin(fmax(p, 0), 1);
}

double stats_ks_p_asymptotic(double statistic, size_t n1, size_t n2, double *scratch)
{
    if (isnan(statistic) || n1 == 0 || n2 == 0)
        return NAN;
    double n = rint((double)n1 * (double)n2 / ((double)n1 + (double)n2));
    return stats_kolmogorov_n_sf(fmax(n, 1), statistic, scratch);
}

double stats_ks_p(double statistic, size_t n1, size_t n2, double *scratch)
{
    size_t larger = n1 > n2 ? n1 : n2;
    return larger <= STATS_KS_EXACT_MAX ? stats_ks_p_exact(statistic, n1, n2, scratch)
                                        : stats_ks_p_asymptotic(statistic, n1, n2, scratch);
}
