/* 2 x 2: the probabilities relative to the most likely table follow from each other by small ratios, so no factorial
 * of a large count, with its lost digits, is ever taken. Larger tables: a walk with bounds. */
#include "stats/fisher_exact.h"

#include <math.h>
#include <stdbool.h>

#include "stats/special.h"

/* Two tables this close in probability count as equally likely: rounding must not part them. */
#define TIE_2X2 1e-14
#define TIE_TABLE 1e-7

/* Terms below this part of a sum no longer change it. */
#define TERM_NEGLIGIBLE 1e-20

/* The hypergeometric law of the upper left cell, all margins fixed. Doubles: counts below 2^53 are exact. */
struct cell_law {
    double row, column, total; /* sums of the first row, the first column, the table */
    double low, high, mode;
};

static struct cell_law cell_law_of(double a, double b, double c, double d)
{
    struct cell_law law = { .row = a + b, .column = a + c, .total = a + b + c + d };
    law.low = fmax(0, law.row + law.column - law.total);
    law.high = fmin(law.row, law.column);
    law.mode = floor((law.row + 1) * (law.column + 1) / (law.total + 2));
    law.mode = fmin(fmax(law.mode, law.low), law.high);
    return law;
}

/* P(x + 1) / P(x), P(x - 1) / P(x). Built so that mirrored tables of a symmetric law round alike, and stay ties. */
static double ratio_up(const struct cell_law *law, double x)
{
    return (law->row - x) * (law->column - x) / ((x + 1) * (law->total - law->row - law->column + x + 1));
}

static double ratio_down(const struct cell_law *law, double x)
{
    return x * (law->total - law->row - law->column + x) / ((law->row - x + 1) * (law->column - x + 1));
}

/* P(x) / P(mode); 0 where that underflows. */
static double weight_at(const struct cell_law *law, double x)
{
    double weight = 1;
    for (double at = law->mode; at < x && weight > 0; at++)
        weight *= ratio_up(law, at);
    for (double at = law->mode; at > x && weight > 0; at--)
        weight *= ratio_down(law, at);
    return weight;
}

struct two_sums {
    double all, tail;
};

/* Adds the weights on one side of the mode: those up to `limit` are the tail. */
static void add_side(const struct cell_law *law, bool is_up, double limit, struct two_sums *sums)
{
    double weight = 1;
    for (double x = law->mode; is_up ? x < law->high : x > law->low; x += is_up ? 1 : -1) {
        weight *= is_up ? ratio_up(law, x) : ratio_down(law, x);
        sums->all += weight;
        if (weight > limit)
            continue;
        sums->tail += weight;
        if (weight <= sums->tail * TERM_NEGLIGIBLE)
            return;
    }
}

double stats_fisher_exact_2x2(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    struct cell_law law = cell_law_of((double)a, (double)b, (double)c, (double)d);
    double observed = weight_at(&law, (double)a);
    if (observed == 0)
        return 0;
    double limit = observed * (1 + TIE_2X2);
    struct two_sums sums = { .all = 1, .tail = limit >= 1 ? 1 : 0 };
    add_side(&law, true, limit, &sums);
    add_side(&law, false, limit, &sums);
    return fmin(sums.tail / sums.all, 1);
}

/* A walk over all tables, column by column. With the margins fixed, ln P = constant - sum of ln(cell!), so the walk
 * carries that sum: the larger, the less likely. */
struct table_walk {
    size_t rows, columns;
    uint64_t row_left[STATS_FISHER_ROWS_MAX]; /* what the columns so far have not used */
    uint64_t column_sum[STATS_FISHER_COLUMNS_MAX];
    double log_factorial[STATS_FISHER_TOTAL_MAX + 1];
    double limit; /* tables with this sum or more count */
    double norm;  /* ln of the sum of 1 / product of cell! over all tables */
    double p;
    uint64_t steps_left;
};

/* The least that `total` split into `parts` cells adds to the sum: the even split. */
static double even_split(const struct table_walk *walk, uint64_t total, size_t parts)
{
    uint64_t each = total / parts, larger = total % parts;
    return (double)(parts - larger) * walk->log_factorial[each] +
           (larger > 0 ? (double)larger * walk->log_factorial[each + 1] : 0);
}

/* Whether no completion of the columns from `column` on is likelier than the observed table. */
static bool is_all_tail(const struct table_walk *walk, size_t column, double sum)
{
    double by_rows = 0, by_columns = 0;
    for (size_t row = 0; row < walk->rows; row++)
        by_rows += even_split(walk, walk->row_left[row], walk->columns - column);
    for (size_t i = column; i < walk->columns; i++)
        by_columns += even_split(walk, walk->column_sum[i], walk->rows);
    return sum + fmax(by_rows, by_columns) >= walk->limit;
}

/* ln of the sum, over all completions, of 1 / product of cell!: the multinomial identity. */
static double log_mass(const struct table_walk *walk, size_t column)
{
    double mass = 0;
    uint64_t total = 0;
    for (size_t row = 0; row < walk->rows; row++) {
        mass -= walk->log_factorial[walk->row_left[row]];
        total += walk->row_left[row];
    }
    for (size_t i = column; i < walk->columns; i++)
        mass -= walk->log_factorial[walk->column_sum[i]];
    return mass + walk->log_factorial[total];
}

static void walk_cell(struct table_walk *walk, size_t column, size_t row, uint64_t left, double sum);

static void walk_column(struct table_walk *walk, size_t column, double sum)
{
    if (walk->steps_left == 0)
        return;
    walk->steps_left--;
    if (is_all_tail(walk, column, sum))
        walk->p += exp(log_mass(walk, column) - sum - walk->norm);
    else if (column + 1 < walk->columns) /* the last column is what the rows have left: likelier, not counted */
        walk_cell(walk, column, 0, walk->column_sum[column], sum);
}

/* Gives row `row` each possible part of the `left` rows that its column still has. */
static void walk_cell(struct table_walk *walk, size_t column, size_t row, uint64_t left, double sum)
{
    uint64_t below = 0; /* what the rows after this one can take */
    for (size_t i = row + 1; i < walk->rows; i++)
        below += walk->row_left[i];
    uint64_t most = left < walk->row_left[row] ? left : walk->row_left[row];
    for (uint64_t cell = left > below ? left - below : 0; cell <= most; cell++) {
        walk->row_left[row] -= cell;
        double with_cell = sum + walk->log_factorial[cell];
        if (row + 1 == walk->rows)
            walk_column(walk, column + 1, with_cell);
        else
            walk_cell(walk, column, row + 1, left - cell, with_cell);
        walk->row_left[row] += cell;
    }
}

/* Small columns first: the largest one is then never walked. */
static void sort_columns(struct table_walk *walk)
{
    for (size_t i = 1; i < walk->columns; i++)
        for (size_t j = i; j > 0 && walk->column_sum[j] < walk->column_sum[j - 1]; j--) {
            uint64_t smaller = walk->column_sum[j];
            walk->column_sum[j] = walk->column_sum[j - 1];
            walk->column_sum[j - 1] = smaller;
        }
}

double stats_fisher_exact(const uint64_t *table, size_t rows, size_t columns, uint64_t steps_max)
{
    if (rows < 1 || columns < 1 || rows > STATS_FISHER_ROWS_MAX || columns > STATS_FISHER_COLUMNS_MAX)
        return NAN;
    struct table_walk walk = { .rows = rows, .columns = columns, .steps_left = steps_max };
    uint64_t total = 0;
    for (size_t i = 0; i < rows * columns; i++) {
        if (table[i] > STATS_FISHER_TOTAL_MAX - total)
            return NAN;
        total += table[i];
        walk.row_left[i / columns] += table[i];
        walk.column_sum[i % columns] += table[i];
    }
    for (uint64_t i = 2; i <= total; i++)
        walk.log_factorial[i] = stats_lgamma((double)i + 1);
    for (size_t i = 0; i < rows * columns; i++)
        walk.limit += walk.log_factorial[table[i]];
    walk.limit -= TIE_TABLE;
    sort_columns(&walk);
    walk.norm = log_mass(&walk, 0);
    walk_column(&walk, 0, 0);
    return walk.steps_left > 0 ? fmin(walk.p, 1) : NAN;
}
