#include "monitor/correlations.h"

#include <math.h>

#include "base/mem.h"
#include "stats/correlation.h"
#include "stats/distributions.h"
#include "stats/effect_size.h"
#include "stats/kendall.h"
#include "stats/sort.h"

/* Family-wise level of "changed". */
#define CHANGE_LEVEL 0.05

const char *correlation_kind_name(enum correlation_kind kind)
{
    static const char *const names[CORRELATION_COUNT] = {
        [CORRELATION_PEARSON] = "pearson",
        [CORRELATION_SPEARMAN] = "spearman",
        [CORRELATION_KENDALL] = "kendall",
        [CORRELATION_CRAMERS_V] = "cramers_v",
    };
    return names[kind];
}

static bool is_correlated(const struct schema_column *column, bool wants_numbers)
{
    if (!column->reference || !column->current || column->role == ROLE_ID || column->role == ROLE_TIMESTAMP)
        return false;
    if (wants_numbers)
        return column->type == TYPE_NUM;
    return column_type_is_categorical(column->type);
}

static size_t pick_columns(const struct schema *schema, bool wants_numbers, struct arena *arena,
                           const struct schema_column ***ret_columns)
{
    const struct schema_column **columns = arena_array(arena, const struct schema_column *, schema->count + 1);
    size_t count = 0;
    for (size_t i = 0; columns && i < schema->count; i++)
        if (is_correlated(&schema->columns[i], wants_numbers))
            columns[count++] = &schema->columns[i];
    *ret_columns = columns;
    return count;
}

/* What a method costs, in the unit of its bound. */
static double work_of(enum correlation_kind kind, double rows, double columns)
{
    switch (kind) {
    case CORRELATION_PEARSON:
        return 0;
    case CORRELATION_SPEARMAN:
        return rows * columns;
    case CORRELATION_KENDALL:
    case CORRELATION_CRAMERS_V:
        return rows * columns * (columns - 1) / 2;
    case CORRELATION_COUNT:
        break;
    }
    return 0;
}

static const double work_max[CORRELATION_COUNT] = {
    [CORRELATION_PEARSON] = 0,
    [CORRELATION_SPEARMAN] = CORRELATION_SPEARMAN_CELLS_MAX,
    [CORRELATION_KENDALL] = CORRELATION_KENDALL_WORK_MAX,
    [CORRELATION_CRAMERS_V] = CORRELATION_CRAMERS_V_WORK_MAX,
};

static void leave_out(struct correlations *correlations, enum correlation_kind kind, const char *why,
                      struct arena *arena)
{
    correlations->note = arena_printf(arena, "%.*s%s%s was left out: %s", STR_ARG(correlations->note),
                                      str_is_empty(correlations->note) ? "" : "; ", correlation_kind_name(kind), why);
}

static enum status add_matrix(struct correlations_plan *plan, enum correlation_kind kind,
                              const struct schema_column **columns, size_t count, struct arena *arena,
                              struct error *err)
{
    str *names = arena_array(arena, str, count);
    double *reference = arena_array(arena, double, count * count), *current = arena_array(arena, double, count * count);
    if (!names || !reference || !current)
        return error_set(err, ERR_LIMIT, "correlations of %zu columns do not fit in memory", count);
    for (size_t i = 0; i < count; i++)
        names[i] = arena_copy(arena, columns[i]->name);
    struct correlations *correlations = plan->correlations;
    plan->columns[correlations->matrix_count] = columns;
    correlations->matrices[correlations->matrix_count++] =
        (struct correlation_matrix){ kind, names, count, reference, current };
    return OK;
}

enum status correlations_plan(const struct schema *schema, const size_t rows[2], enum correlations_mode mode,
                              struct arena *arena, struct correlations_plan *ret_plan, struct error *err)
{
    struct correlations_plan plan = { .rows = { rows[0], rows[1] } };
    plan.correlations = arena_new(arena, struct correlations);
    for (size_t kind = 0; mode != CORRELATIONS_NONE && kind < CORRELATION_COUNT; kind++) {
        const struct schema_column **columns;
        size_t count = pick_columns(schema, kind != CORRELATION_CRAMERS_V, arena, &columns);
        double work = work_of((enum correlation_kind)kind, (double)(rows[0] + rows[1]), (double)count);
        if (count < 2)
            continue;
        if (mode == CORRELATIONS_AUTO && count > CORRELATION_COLUMNS_MAX)
            leave_out(plan.correlations, (enum correlation_kind)kind, "too many columns for the report", arena);
        else if (mode == CORRELATIONS_AUTO && work > work_max[kind])
            leave_out(plan.correlations, (enum correlation_kind)kind, "too many rows; ask with --correlations all", arena);
        else
            TRY(add_matrix(&plan, (enum correlation_kind)kind, columns, count, arena, err));
    }
    plan.part_count = 2 * plan.correlations->matrix_count;
    if (plan.part_count == 0 && str_is_empty(plan.correlations->note))
        plan.correlations = NULL;
    *ret_plan = plan;
    return OK;
}

/* One side of one matrix on its way. */
struct filling {
    const struct schema_column **columns;
    size_t count, rows;
    size_t side;
    double *matrix;
    struct error *err;
};

static const struct column *column_at(const struct filling *filling, size_t i)
{
    return filling->side == 0 ? filling->columns[i]->reference : filling->columns[i]->current;
}

static enum status no_memory(const struct filling *filling)
{
    return error_set(filling->err, ERR_LIMIT, "correlations of %zu rows do not fit in memory", filling->rows);
}

static enum status pearson_of(const struct filling *filling, const double *const *values)
{
    CLEANUP(mem_free_slot) double *scratch =
        mem_array(stats_pearson_matrix_scratch(filling->count) + 1, sizeof *scratch);
    if (!scratch)
        return no_memory(filling);
    stats_pearson_matrix(values, filling->count, filling->rows, scratch, filling->matrix);
    return OK;
}

static enum status fill_pearson(const struct filling *filling)
{
    CLEANUP(mem_free_slot) const double **values = mem_array(filling->count, sizeof *values);
    if (!values)
        return no_memory(filling);
    for (size_t i = 0; i < filling->count; i++)
        values[i] = column_at(filling, i)->f64;
    return pearson_of(filling, values);
}

/* Scratch of the rank methods, sized for the rows of a side. */
struct ranking {
    double *values;    /* [rows] */
    uint64_t *scratch; /* [4 * rows] */
    uint32_t *rows;    /* [rows] */
};

static void ranking_done(struct ranking *ranking)
{
    mem_free(ranking->values);
    mem_free(ranking->scratch);
    mem_free(ranking->rows);
}

static enum status ranking_init(struct ranking *ranking, const struct filling *filling)
{
    ranking->values = mem_array(filling->rows + 1, sizeof *ranking->values);
    ranking->scratch = mem_array(filling->rows + 1, 4 * sizeof *ranking->scratch);
    ranking->rows = mem_array(filling->rows + 1, sizeof *ranking->rows);
    return ranking->values && ranking->scratch && ranking->rows ? OK : no_memory(filling);
}

/* All rows in ascending order of the column, those without a value at the end. */
static void order_rows(const struct ranking *ranking, const double *column, size_t rows, uint32_t *order)
{
    size_t kept = 0, missing = 0;
    for (size_t row = 0; row < rows; row++) {
        if (isnan(column[row]))
            continue;
        ranking->values[kept] = column[row];
        ranking->rows[kept++] = (uint32_t)row;
    }
    stats_argsort(ranking->values, kept, order, ranking->scratch);
    for (size_t i = 0; i < kept; i++)
        order[i] = ranking->rows[order[i]];
    for (size_t row = 0; row < rows; row++)
        if (isnan(column[row]))
            order[kept + missing++] = (uint32_t)row;
}

static enum status spearman_without_gaps(const struct filling *filling, const struct ranking *ranking)
{
    CLEANUP(mem_free_slot) double *ranks = mem_array(filling->count * filling->rows + 1, sizeof *ranks);
    CLEANUP(mem_free_slot) const double **columns = mem_array(filling->count, sizeof *columns);
    if (!ranks || !columns)
        return no_memory(filling);
    for (size_t i = 0; i < filling->count; i++) {
        columns[i] = ranks + i * filling->rows;
        stats_midranks(column_at(filling, i)->f64, filling->rows, ranks + i * filling->rows, ranking->rows,
                       ranking->scratch);
    }
    return pearson_of(filling, columns);
}

/* Each pair by itself: gaps differ from pair to pair, and so do the ranks. */
static enum status fill_by_pairs(const struct filling *filling, const struct ranking *ranking, bool is_kendall)
{
    size_t n = filling->count, rows = filling->rows;
    CLEANUP(mem_free_slot) uint32_t *orders = mem_array(n * rows + 1, sizeof *orders);
    if (!orders)
        return no_memory(filling);
    for (size_t i = 0; i < n; i++)
        order_rows(ranking, column_at(filling, i)->f64, rows, orders + i * rows);
    double *scratch = (double *)ranking->scratch;
    for (size_t i = 0; i < n; i++) {
        const double *x = column_at(filling, i)->f64;
        for (size_t j = 0; j <= i; j++) {
            const double *y = column_at(filling, j)->f64;
            double value = is_kendall ? stats_kendall_tau(x, orders + i * rows, y, rows, scratch)
                                      : stats_spearman(x, orders + i * rows, y, orders + j * rows, rows, scratch);
            filling->matrix[i * n + j] = filling->matrix[j * n + i] = value;
        }
    }
    return OK;
}

static enum status fill_ranks(const struct filling *filling, bool is_kendall)
{
    CLEANUP(ranking_done) struct ranking ranking = { 0 };
    TRY(ranking_init(&ranking, filling));
    bool has_gaps = false;
    for (size_t i = 0; i < filling->count; i++)
        has_gaps |= column_at(filling, i)->missing > 0;
    if (is_kendall || has_gaps)
        return fill_by_pairs(filling, &ranking, is_kendall);
    return spearman_without_gaps(filling, &ranking);
}

static void count_table(const struct column *x, const struct column *y, uint64_t *table)
{
    for (size_t row = 0; row < x->rows; row++)
        if (x->codes[row] != FRAME_MISSING && y->codes[row] != FRAME_MISSING)
            table[x->codes[row] * y->category_count + y->codes[row]]++;
}

static enum status fill_cramers_v(const struct filling *filling, struct arena *arena)
{
    size_t n = filling->count;
    CLEANUP(mem_free_slot) struct column *coded = mem_array(n, sizeof *coded);
    CLEANUP(mem_free_slot) uint64_t *table =
        mem_array((size_t)CORRELATION_CATEGORIES_MAX * CORRELATION_CATEGORIES_MAX, sizeof *table);
    if (!coded || !table)
        return no_memory(filling);
    for (size_t i = 0; i < n; i++)
        TRY(column_to_category(column_at(filling, i), arena, &coded[i], filling->err));
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++) {
            size_t cells = coded[i].category_count * coded[j].category_count;
            bool is_small = coded[i].category_count <= CORRELATION_CATEGORIES_MAX &&
                            coded[j].category_count <= CORRELATION_CATEGORIES_MAX;
            double value = NAN;
            if (is_small) {
                memset(table, 0, cells * sizeof *table);
                count_table(&coded[i], &coded[j], table);
                value = stats_cramers_v(table, coded[i].category_count, coded[j].category_count);
            }
            filling->matrix[i * n + j] = filling->matrix[j * n + i] = value;
        }
    }
    return OK;
}

enum status correlations_fill(const struct correlations_plan *plan, size_t part, struct error *err)
{
    const struct correlation_matrix *matrix = &plan->correlations->matrices[part / 2];
    size_t side = part % 2;
    /* The plan made the matrices; until all parts are filled nobody else reads them. */
    double *values = (double *)(side == 0 ? matrix->reference : matrix->current);
    struct filling filling = { plan->columns[part / 2], matrix->count, plan->rows[side], side, values, err };
    switch (matrix->kind) {
    case CORRELATION_PEARSON:
        return fill_pearson(&filling);
    case CORRELATION_SPEARMAN:
    case CORRELATION_KENDALL:
        return fill_ranks(&filling, matrix->kind == CORRELATION_KENDALL);
    case CORRELATION_CRAMERS_V: {
        struct arena arena;
        arena_init(&arena, 0);
        enum status status = fill_cramers_v(&filling, &arena);
        arena_done(&arena);
        return status;
    }
    case CORRELATION_COUNT:
        break;
    }
    return OK;
}

/* P of a difference this large by chance. Fisher's z for Pearson; Spearman's and Kendall's variances after
 * [FiellerPearson1961]; Cramer's V, which has no such law, by its order of magnitude. */
static double change_p(enum correlation_kind kind, double a, double b, const size_t rows[2])
{
    static const struct {
        double variance, lost;
    } laws[CORRELATION_COUNT] = {
        [CORRELATION_PEARSON] = { 1, 3 },
        [CORRELATION_SPEARMAN] = { 1.06, 3 },
        [CORRELATION_KENDALL] = { 0.437, 4 },
        [CORRELATION_CRAMERS_V] = { 1, 3 },
    };
    double n = (double)rows[0] - laws[kind].lost, m = (double)rows[1] - laws[kind].lost;
    if (n < 1 || m < 1)
        return 1;
    /* Kept off +-1, where atanh ends. */
    double limit = 1 - 1e-12;
    double za = atanh(fmax(fmin(a, limit), -limit)), zb = atanh(fmax(fmin(b, limit), -limit));
    return stats_normal_two_sided((za - zb) / sqrt(laws[kind].variance * (1 / n + 1 / m)));
}

static int compare_changes(const void *a, const void *b)
{
    const struct correlation_change *left = a, *right = b;
    double x = fabs(left->current - left->reference), y = fabs(right->current - right->reference);
    return (x < y) - (x > y);
}

enum status correlations_finish(const struct correlations_plan *plan, struct arena *arena, struct error *err)
{
    struct correlations *correlations = plan->correlations;
    size_t pairs = 0;
    for (size_t i = 0; i < correlations->matrix_count; i++)
        pairs += correlations->matrices[i].count * (correlations->matrices[i].count - 1) / 2;
    struct correlation_change *changes = arena_array(arena, struct correlation_change, pairs + 1);
    if (!changes)
        return error_set(err, ERR_LIMIT, "%zu correlations do not fit in memory", pairs);
    size_t count = 0;
    for (size_t k = 0; k < correlations->matrix_count; k++) {
        const struct correlation_matrix *matrix = &correlations->matrices[k];
        for (size_t i = 0; i < matrix->count; i++) {
            for (size_t j = 0; j < i; j++) {
                double a = matrix->reference[i * matrix->count + j], b = matrix->current[i * matrix->count + j];
                bool is_large = fabs(a - b) >= CORRELATION_CHANGE_MIN;
                if (!is_large || change_p(matrix->kind, a, b, plan->rows) * (double)pairs > CHANGE_LEVEL)
                    continue;
                changes[count++] =
                    (struct correlation_change){ matrix->kind, matrix->names[j], matrix->names[i], a, b };
            }
        }
    }
    qsort(changes, count, sizeof *changes, compare_changes);
    correlations->changed = changes;
    correlations->changed_count = MIN_OF(count, (size_t)CORRELATION_CHANGED_MAX);
    return OK;
}
