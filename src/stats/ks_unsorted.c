/* Both samples are counted in many narrow cells. The counts alone give the gap at every edge between cells, and bound
 * it inside of them: between the gap before a cell plus all its R values, and that gap minus all its C values. Only cells
 * whose bound reaches the widest gap seen at an edge are open: their values are gathered, sorted and walked. Without
 * drift the widest gap is about sqrt(n) values and a cell holds a few dozen, so that one value in ten or fewer is
 * gathered.
 *
 * The cells need not be right to be safe: any map that never decreases will do. So their range comes from a glance at
 * both samples, and all values beyond it fall in the first or last cell. */
#include <stdbool.h>
#include <string.h>

#include "stats/ks_internal.h"
#include "stats/sort.h"

/* Below this the cells' own cost is not worth it. */
#define UNSORTED_MIN 4096

/* Counters of one sample in so many cells still fit in a second-level cache. */
#define CELLS_MAX 65536

/* Values of each side that set the range, and how many of them both lie outside at either end. */
#define GLANCE 1024
#define GLANCE_OUTSIDE 8

struct raw {
    const double *values;
    size_t count;
};

struct cells {
    double low, scale, last; /* last: the last cell's number */
    size_t count;
    uint32_t *of_r, *of_c; /* [count] */
    uint64_t *is_open;     /* [count] bits: the widest gap may lie inside */
};

static double glance_scale(struct raw r, struct raw c, size_t cells, double *scratch, double *ret_low)
{
    for (size_t i = 0; i < GLANCE; i++) {
        scratch[i] = r.values[i * r.count / GLANCE];
        scratch[GLANCE + i] = c.values[i * c.count / GLANCE];
    }
    stats_sort(scratch, 2 * GLANCE, scratch + 2 * GLANCE);
    *ret_low = scratch[GLANCE_OUTSIDE];
    return (double)cells / (scratch[2 * GLANCE - 1 - GLANCE_OUTSIDE] - *ret_low);
}

/* Places counters and bits at the front of scratch and returns what is left of it: most. */
static double *cells_init(struct cells *cells, struct raw r, struct raw c, double *scratch)
{
    size_t larger = r.count > c.count ? r.count : c.count;
    cells->count = UNSORTED_MIN / 16;
    while (cells->count < CELLS_MAX && cells->count * 16 <= larger)
        cells->count *= 2;
    cells->last = (double)(cells->count - 1);
    cells->scale = glance_scale(r, c, cells->count, scratch, &cells->low);
    cells->of_r = (uint32_t *)(void *)scratch;
    cells->of_c = cells->of_r + cells->count;
    cells->is_open = (uint64_t *)(void *)(cells->of_c + cells->count);
    size_t bytes = cells->count * 2 * sizeof(uint32_t) + cells->count / 8;
    memset(scratch, 0, bytes);
    return scratch + bytes / sizeof(*scratch);
}

static inline bool is_open(const struct cells *cells, size_t cell)
{
    return (cells->is_open[cell >> 6] >> (cell & 63)) & 1;
}

/* Clamped before it becomes whole. A NaN, which is a mistake of the caller, falls in cell 0. */
static inline unsigned cell_of(const struct cells *cells, double value)
{
    double place = (value - cells->low) * cells->scale;
    place = place > 0 ? place : 0;
    return (unsigned)(int32_t)(place < cells->last ? place : cells->last);
}

static void count_in_cells(struct cells map, struct raw raw, uint32_t *counts)
{
    for (size_t i = 0; i < raw.count; i++)
        counts[cell_of(&map, raw.values[i])]++;
}

/* Copies the values of open cells to `out`, in their order, and one more where there is none left to overwrite. */
static void gather_open(struct cells map, struct raw raw, double *out)
{
    size_t open = 0;
    for (size_t i = 0; i < raw.count; i++) {
        double value = raw.values[i];
        out[open] = value;
        open += is_open(&map, cell_of(&map, value));
    }
}

struct open_counts {
    size_t r, c;
};

/* Opens the cells in which |gap| can reach the widest gap at any cell's edge. */
static struct open_counts open_cells(struct cells *cells, int64_t n1, int64_t n2)
{
    int64_t widest = 0, gap = 0;
    for (size_t k = 0; k < cells->count; k++) {
        gap += cells->of_r[k] * n2 - cells->of_c[k] * n1;
        widest = llabs(gap) > widest ? llabs(gap) : widest;
    }
    struct open_counts open = { 0, 0 };
    gap = 0;
    for (size_t k = 0; k < cells->count; k++) {
        int64_t most = gap + cells->of_r[k] * n2, least = gap - cells->of_c[k] * n1;
        bool opens = most >= widest || -least >= widest;
        cells->is_open[k >> 6] |= (uint64_t)opens << (k & 63);
        open.r += opens ? cells->of_r[k] : 0;
        open.c += opens ? cells->of_c[k] : 0;
        gap = most - cells->of_c[k] * n1;
    }
    return open;
}

/* Walks the sorted values of open cells; `gap` jumps over the closed ones by their counts. */
static struct ks_widest walk_open(const struct cells *cells, const double *r, const double *c, int64_t n1, int64_t n2)
{
    struct ks_widest widest = { 0, NAN };
    int64_t gap = 0;
    size_t i = 0, j = 0;
    for (size_t k = 0; k < cells->count; k++) {
        int64_t after = gap + cells->of_r[k] * n2 - cells->of_c[k] * n1;
        size_t end_r = i + cells->of_r[k], end_c = j + cells->of_c[k];
        while (is_open(cells, k) && (i < end_r || j < end_c)) {
            double at = j == end_c || (i < end_r && r[i] < c[j]) ? r[i] : c[j];
            for (; i < end_r && r[i] == at; i++)
                gap += n2;
            for (; j < end_c && c[j] == at; j++)
                gap -= n1;
            ks_widest_update(&widest, gap, at);
        }
        gap = after;
    }
    return widest;
}

static struct stats_ks sort_and_walk(struct raw r, struct raw c, double *scratch)
{
    double *sorted_r = scratch, *sorted_c = sorted_r + r.count, *rest = sorted_c + c.count;
    (void)stats_sort_finite(r.values, r.count, sorted_r, rest); /* nothing is dropped: all are finite */
    (void)stats_sort_finite(c.values, c.count, sorted_c, rest);
    return stats_ks((struct stats_sample){ sorted_r, r.count }, (struct stats_sample){ sorted_c, c.count });
}

struct stats_ks stats_ks_unsorted(const double *reference, size_t reference_count, const double *current,
                                  size_t current_count, double *scratch)
{
    struct raw r = { reference, reference_count }, c = { current, current_count };
    if (reference_count < UNSORTED_MIN || current_count < UNSORTED_MIN)
        return sort_and_walk(r, c, scratch);
    struct cells cells;
    double *gathered = cells_init(&cells, r, c, scratch);
    if (!isnormal(cells.scale)) /* nearly all are equal, or further apart than a double can say */
        return sort_and_walk(r, c, scratch);

    count_in_cells(cells, r, cells.of_r);
    count_in_cells(cells, c, cells.of_c);
    int64_t n1 = (int64_t)reference_count, n2 = (int64_t)current_count;
    struct open_counts open = open_cells(&cells, n1, n2);
    /* Where the values crowd in few cells, sorting all at once is cheaper. */
    if (open.r + open.c > (reference_count + current_count) / 3)
        return sort_and_walk(r, c, scratch);
    double *open_r = gathered, *open_c = open_r + open.r, *rest = open_c + open.c;
    gather_open(cells, r, open_r);
    gather_open(cells, c, open_c);
    stats_sort(open_r, open.r, rest);
    stats_sort(open_c, open.c, rest);
    return ks_widest_result(walk_open(&cells, open_r, open_c, n1, n2), reference_count, current_count);
}
