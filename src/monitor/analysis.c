#include "monitor/analysis.h"

#include <math.h>

#include "base/clock.h"
#include "base/mem.h"
#include "monitor/column_analysis.h"
#include "monitor/model_quality.h"
#include "monitor/schema.h"
#include "monitor/verdict.h"

struct analysis;

/* One part of the work that depends on no other. */
struct job {
    enum status (*run)(struct analysis *analysis, size_t index, struct error *err);
    size_t index;
    enum status status; /* looked at when all are done */
    struct error error;
};

/* Jobs beside the columns: each side's repeated rows and gaps, and the model. */
#define TABLE_JOBS 3

struct analysis {
    const struct analysis_options *options;
    const struct frame *frames[2]; /* reference, current */
    struct pool *pool;
    struct schema *schema;
    struct workspace_pool *workspaces;
    struct slices slices;
    struct correlations_plan correlations;
    struct report *report;
    struct job *jobs;
    size_t job_count, done_count; /* jobs added, and those that have run */
};

static enum status analyse_column(struct analysis *analysis, size_t index, struct error *err)
{
    struct workspace *workspace = workspace_borrow(analysis->workspaces);
    struct column_analysis column = {
        .options = analysis->options,
        .column = &analysis->schema->columns[index],
        .slices = &analysis->slices,
        .workspace = workspace,
    };
    enum status status = column_analyse(&column, &analysis->report->columns[index], err);
    workspace_return(analysis->workspaces, workspace);
    return status;
}

/* Ids, times, measurements: a column whose values all differ has told that no row repeats another. */
static bool has_column_without_repeats(const struct analysis *analysis, size_t side)
{
    for (size_t i = 0; i < analysis->report->column_count; i++) {
        const struct column_report *column = &analysis->report->columns[i];
        bool is_profiled = side == 0 ? column->has_reference_quality : column->has_current_quality;
        const struct column_profile *profile = side == 0 ? &column->reference : &column->current;
        if (is_profiled && profile->unique == analysis->frames[side]->rows)
            return true;
    }
    return false;
}

static enum status analyse_table(struct analysis *analysis, size_t side, struct error *err)
{
    const struct frame *frame = analysis->frames[side];
    struct dataset_quality *quality =
        side == 0 ? &analysis->report->reference_quality : &analysis->report->current_quality;
    quality->rows = frame->rows;
    quality->columns = frame->column_count;
    for (size_t i = 0; i < frame->column_count; i++) {
        quality->missing_cells += frame->columns[i].missing;
        quality->empty_columns += frame->rows > 0 && frame->columns[i].missing == frame->rows;
    }
    double cells = (double)frame->rows * (double)frame->column_count;
    quality->missing_share = cells > 0 ? (double)quality->missing_cells / cells : 0;
    if (!has_column_without_repeats(analysis, side))
        TRY(frame_count_duplicated_rows(frame, &quality->duplicated_rows, err));
    TRY(frame_count_duplicated_columns(frame, &quality->duplicated_columns, err));
    return frame_count_empty_rows(frame, &quality->empty_rows, err);
}

static enum status correlate(struct analysis *analysis, size_t part, struct error *err)
{
    return correlations_fill(&analysis->correlations, part, err);
}

static enum status judge_model(struct analysis *analysis, size_t index, struct error *err)
{
    (void)index;
    struct model_input input = { analysis->options, analysis->schema,
                                 { analysis->frames[0]->rows, analysis->frames[1]->rows } };
    return model_quality_make(&input, analysis->report, err);
}

/* What the profiles know about the whole table. */
static void sum_profiles(struct report *report)
{
    for (size_t i = 0; i < report->column_count; i++) {
        const struct column_report *column = &report->columns[i];
        if (column->has_reference_quality) {
            report->reference_quality.infinite_cells += column->reference.infinite;
            report->reference_quality.constant_columns += profile_is_constant(&column->reference);
            report->reference_quality.almost_constant_columns += profile_is_almost_constant(&column->reference);
        }
        if (column->has_current_quality) {
            report->current_quality.infinite_cells += column->current.infinite;
            report->current_quality.constant_columns += profile_is_constant(&column->current);
            report->current_quality.almost_constant_columns += profile_is_almost_constant(&column->current);
        }
    }
}

static void sum_drift(struct report *report, double drift_share)
{
    struct dataset_drift *drift = &report->dataset_drift;
    for (size_t i = 0; i < report->column_count; i++) {
        const struct column_report *column = &report->columns[i];
        if (column->drift_count > 0 && column->drift[0].is_evaluated) {
            drift->evaluated++;
            drift->drifted += column->drift[0].is_drifted;
        } else {
            drift->skipped++;
        }
    }
    drift->threshold = drift_share;
    drift->share = drift->evaluated ? (double)drift->drifted / (double)drift->evaluated : NAN;
    drift->is_drifted = drift->evaluated > 0 && drift->share >= drift_share;
}

static void copy_labels(const struct analysis_options *options, struct report *report)
{
    const struct report_labels *from = &options->labels;
    struct report_labels *to = &report->labels;
    *to = *from;
    to->title = arena_copy(&report->arena, from->title);
    to->model_name = arena_copy(&report->arena, from->model_name);
    to->model_version = arena_copy(&report->arena, from->model_version);
    to->reference_version = arena_copy(&report->arena, from->reference_version);
    to->segment_column = arena_copy(&report->arena, from->segment_column);
    to->segment_value = arena_copy(&report->arena, from->segment_value);
    report->is_compat = options->is_compat;
}

static enum status start_report(struct analysis *analysis, struct report *report, struct error *err)
{
    arena_init(&report->arena, 0);
    arena_init(&report->quality_arena, 0);
    arena_init(&report->model_arena, 0);
    copy_labels(analysis->options, report);
    const struct frame *reference = analysis->frames[0], *current = analysis->frames[1];
    report->reference_table.rows = reference->rows;
    report->reference_table.columns = reference->column_count;
    report->reference_table.origin = arena_copy(&report->arena, reference->origin);
    report->current_table.rows = current->rows;
    report->current_table.columns = current->column_count;
    report->current_table.origin = arena_copy(&report->arena, current->origin);
    report->has_data_quality = analysis->options->check_data;
    report->threads = analysis->pool ? pool_threads(analysis->pool) + 1 : 1;
    report->columns = arena_array(&report->arena, struct column_report, analysis->schema->count + 1);
    if (!report->columns)
        return error_set(err, ERR_LIMIT, "%zu columns do not fit in memory", analysis->schema->count);
    report->column_count = analysis->schema->count;
    for (size_t i = 0; i < report->column_count; i++)
        arena_init(&report->columns[i].arena, 0);
    return OK;
}

static void run_job(size_t index, void *argument)
{
    struct analysis *analysis = argument;
    struct job *job = &analysis->jobs[analysis->done_count + index];
    job->status = job->run(analysis, job->index, &job->error);
}

static void add_job(struct analysis *analysis, enum status (*run)(struct analysis *, size_t, struct error *),
                     size_t index)
{
    analysis->jobs[analysis->job_count++] = (struct job){ .run = run, .index = index };
}

/* Runs the jobs added since the last call, on all threads. */
static void run_added(struct analysis *analysis)
{
    pool_run(analysis->pool, analysis->job_count - analysis->done_count, run_job, analysis);
    analysis->done_count = analysis->job_count;
}

/* The long ones first, so that no thread waits for one at the end; the tables when their columns are known. */
static enum status run_jobs(struct analysis *analysis, struct error *err)
{
    size_t columns = analysis->schema->count;
    size_t parts = analysis->correlations.part_count;
    CLEANUP(mem_free_slot) struct job *jobs = mem_array(columns + TABLE_JOBS + parts, sizeof *jobs);
    if (!jobs)
        return error_set(err, ERR_LIMIT, "%zu columns do not fit in memory", columns);
    analysis->jobs = jobs;
    if (analysis->options->check_model)
        add_job(analysis, judge_model, 0);
    for (size_t part = 0; part < parts; part++)
        add_job(analysis, correlate, part);
    for (size_t i = 0; i < columns; i++)
        add_job(analysis, analyse_column, i);
    run_added(analysis);
    if (analysis->options->check_data)
        for (size_t side = 0; side < 2; side++)
            add_job(analysis, analyse_table, side);
    run_added(analysis);
    for (size_t i = 0; i < analysis->job_count; i++) {
        const struct error *error = &jobs[i].error;
        if (jobs[i].status == OK)
            continue;
        error_set(err, jobs[i].status, "%s", error->cause);
        return error->context[0] ? error_while(err, "%s", error->context) : jobs[i].status;
    }
    return OK;
}

static const struct column *timestamp_of(const struct schema *schema)
{
    for (size_t i = 0; i < schema->count; i++)
        if (schema->columns[i].role == ROLE_TIMESTAMP)
            return schema->columns[i].current;
    return NULL;
}

static enum status run(struct analysis *analysis, struct error *err)
{
    struct report *report = analysis->report;
    TRY(start_report(analysis, report, err));
    TRY(slices_make(analysis->frames[1]->rows, timestamp_of(analysis->schema), &analysis->schema->arena,
                    &analysis->slices, err));
    const size_t rows[2] = { analysis->frames[0]->rows, analysis->frames[1]->rows };
    if (analysis->options->check_data)
        TRY(correlations_plan(analysis->schema, rows, analysis->options->correlations, &report->quality_arena,
                              &analysis->correlations, err));
    TRY(run_jobs(analysis, err));
    report->correlations = analysis->correlations.correlations;
    if (report->correlations)
        TRY(correlations_finish(&analysis->correlations, &report->quality_arena, err));
    sum_profiles(report);
    sum_drift(report, analysis->options->drift_share);
    return verdict_reach(analysis->options, report, err);
}

enum status analysis_run(const struct analysis_options *options, const struct frame *reference,
                         const struct frame *current, struct pool *pool, struct report **ret_report,
                         struct error *err)
{
    int64_t started_ns = clock_monotonic_ns();
    CLEANUP(schema_free_slot) struct schema *schema = NULL;
    TRY(schema_new(options, reference, current, pool, &schema, err));
    CLEANUP(report_free_slot) struct report *report = mem_must(sizeof *report);
    struct analysis analysis = { .options = options,
                                 .frames = { reference, current },
                                 .pool = pool,
                                 .schema = schema,
                                 .workspaces = workspace_pool_new(),
                                 .report = report };
    enum status status = run(&analysis, err);
    workspace_pool_free(analysis.workspaces);
    if (status != OK)
        return status;
    report->analysis_ms = (double)(clock_monotonic_ns() - started_ns) / 1e6;
    *ret_report = report;
    report = NULL;
    return OK;
}
