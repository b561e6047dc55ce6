#include "monitor/column_analysis.h"

#include "monitor/reference_profile.h"

/* What lives only while the column is worked on: sorted values in the workspace, the rest in an arena of its own. */
struct working_column {
    const struct column_analysis *analysis;
    struct column_report *report;
    struct column_sides sides;
    struct column_profile reference, current;
    struct category_pair pair;
    struct arena arena;
};

static enum status profile_side(struct working_column *work, const struct column *column, enum workspace_slot slot,
                                struct column_profile *profile, struct error *err)
{
    double *values = workspace_array(work->analysis->workspace, slot, column->rows);
    if (!values)
        return error_set(err, ERR_LIMIT, "column %.*s: %zu rows do not fit in memory", STR_ARG(column->name),
                         column->rows);
    struct profile_memory memory = { &work->arena, values, work->analysis->workspace };
    return column_profile_build(column, work->analysis->column->type, &memory, profile, err);
}

static enum status profile_sides(struct working_column *work, struct error *err)
{
    const struct schema_column *column = work->analysis->column;
    if (column->reference) {
        const struct reference_profile *cache = work->analysis->options->reference_profile;
        work->sides.reference = cache ? reference_profile_column(cache, column->name, column->type) : NULL;
        if (!work->sides.reference) {
            TRY(profile_side(work, column->reference, WORK_REFERENCE, &work->reference, err));
            work->sides.reference = &work->reference;
        }
    }
    if (column->current) {
        TRY(profile_side(work, column->current, WORK_CURRENT, &work->current, err));
        work->sides.current = &work->current;
    }
    if (!column_type_is_categorical(column->type))
        return OK;
    TRY(category_pair_build(work->sides.reference, work->sides.current, &work->arena, &work->pair, err));
    work->sides.pair = &work->pair;
    return OK;
}

static str note_of(const struct working_column *work, struct arena *arena)
{
    const struct schema_column *column = work->analysis->column;
    if (!column->current)
        return STR("only in the reference");
    if (!column->reference)
        return STR("only in the current data");
    const struct column_profile *reference = work->sides.reference, *current = work->sides.current;
    if (reference->missing == reference->rows || current->missing == current->rows)
        return reference->missing < reference->rows ? STR("all values are missing in the current data")
               : current->missing < current->rows   ? STR("all values are missing in the reference")
                                                    : STR("all values are missing on both sides");
    if (!str_is_empty(column->note))
        return arena_copy(arena, column->note);
    const char *read_note = column->current_raw->note ? column->current_raw->note : column->reference_raw->note;
    return read_note ? arena_copy(arena, str_of(read_note)) : (str){ 0 };
}

static bool is_drift_wanted(const struct column_analysis *analysis)
{
    const struct schema_column *column = analysis->column;
    if (!column->reference || !column->current || !str_is_empty(column->note))
        return false;
    bool is_of_model = column->role == ROLE_TARGET || column->role == ROLE_PREDICTION ||
                       column->role == ROLE_PROBABILITY;
    return is_of_model || analysis->options->check_data;
}

static enum status find_drift(struct working_column *work, struct error *err)
{
    const struct column_analysis *analysis = work->analysis;
    const struct schema_column *column = analysis->column;
    if (!is_drift_wanted(analysis))
        return OK;
    struct drift_input input = {
        .type = column->type,
        .reference = work->sides.reference,
        .current = work->sides.current,
        .reference_rows = column->reference,
        .current_rows = column->current,
        .is_compat = analysis->options->is_compat,
        .pair = work->sides.pair,
        .workspace = analysis->workspace,
        .scratch = &work->arena,
        .arena = &work->report->arena,
    };
    struct drift_plan plan = { drift_choose(analysis->options, column->name, column->type),
                               analysis->options->use_all_methods };
    return drift_run(&input, &plan, &work->report->drift, &work->report->drift_count, err);
}

static enum status find_over_time(struct working_column *work, struct error *err)
{
    const struct column_analysis *analysis = work->analysis;
    if (!analysis->options->with_over_time || !work->sides.reference || !work->sides.current)
        return OK;
    struct over_time_input input = { analysis->slices, analysis->column->current, work->sides, &work->report->arena };
    return over_time_make(&input, &work->report->over_time, err);
}

/* Keeps the numbers of a profile and lets go of what dies with the work. */
static struct column_profile profile_summary(const struct column_profile *profile, struct arena *arena)
{
    struct column_profile summary = *profile;
    summary.sorted.values = NULL;
    summary.categories = NULL;
    for (size_t i = 0; i < summary.frequent_count; i++)
        summary.frequent[i].text = arena_copy(arena, profile->frequent[i].text);
    return summary;
}

static void keep_quality(struct working_column *work)
{
    struct column_report *report = work->report;
    report->has_reference_quality = work->sides.reference != NULL;
    report->has_current_quality = work->sides.current != NULL;
    if (work->sides.reference)
        report->reference = profile_summary(work->sides.reference, &report->arena);
    if (work->sides.current)
        report->current = profile_summary(work->sides.current, &report->arena);
}

static enum status analyse(struct working_column *work, struct error *err)
{
    const struct column_analysis *analysis = work->analysis;
    struct column_report *report = work->report;
    TRY(profile_sides(work, err));
    report->note = note_of(work, &report->arena);
    TRY(find_drift(work, err));
    /* Times and ids differ from the reference's by nature: their range and novelty are no findings. */
    bool is_bookkeeping = report->role == ROLE_TIMESTAMP || report->role == ROLE_ID;
    if (analysis->options->check_data && !is_bookkeeping)
        findings_gather(&work->sides, analysis->column->type_change, &report->arena, &report->findings);
    if (analysis->options->with_distribution)
        report->picture = picture_make(&work->sides, &report->arena);
    TRY(find_over_time(work, err));
    keep_quality(work);
    return OK;
}

enum status column_analyse(const struct column_analysis *analysis, struct column_report *report, struct error *err)
{
    const struct schema_column *column = analysis->column;
    report->name = arena_copy(&report->arena, column->name);
    report->type = column->type;
    report->role = column->role;
    report->is_inferred = column->is_inferred;
    report->in_reference = column->reference != NULL;
    report->in_current = column->current != NULL;
    struct working_column work = { .analysis = analysis, .report = report };
    arena_init(&work.arena, 0);
    enum status status = analyse(&work, err);
    arena_done(&work.arena);
    return status == OK ? OK : error_while(err, "column %.*s", STR_ARG(column->name));
}
