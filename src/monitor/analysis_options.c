#include "monitor/analysis_options.h"

#include <math.h>

void analysis_options_init(struct analysis_options *options)
{
    const struct method_choice nothing = { METHOD_COUNT, NAN, false };
    *options = (struct analysis_options){
        .task = TASK_AUTO,
        .all_columns = nothing,
        .drift_share = 0.5,
        .check_data = true,
        .check_model = true,
        .correlations = CORRELATIONS_AUTO,
        .with_distribution = true,
        .with_over_time = true,
        .model_threshold = NAN,
    };
    for (size_t i = 0; i < TYPE_COUNT; i++)
        options->by_type[i] = nothing;
}

/* A copy of the list with room for one more. Options are few and written by people, so copying each time is fine. */
static void *one_longer(struct arena *arena, const void *items, size_t count, size_t item_bytes)
{
    char *longer = arena_alloc(arena, (count + 1) * item_bytes);
    if (count)
        memcpy(longer, items, count * item_bytes);
    return longer;
}

void analysis_options_add_type(struct analysis_options *options, struct arena *arena, struct type_choice choice)
{
    struct type_choice *types = one_longer(arena, options->types, options->type_count, sizeof choice);
    types[options->type_count++] = choice;
    options->types = types;
}

void analysis_options_add_column(struct analysis_options *options, struct arena *arena, struct column_choice choice)
{
    struct column_choice *columns = one_longer(arena, options->columns, options->column_count, sizeof choice);
    columns[options->column_count++] = choice;
    options->columns = columns;
}

void analysis_options_add_condition(struct analysis_options *options, struct arena *arena,
                                    const struct condition *condition)
{
    struct condition *conditions =
        one_longer(arena, options->conditions, options->condition_count, sizeof *condition);
    conditions[options->condition_count++] = *condition;
    options->conditions = conditions;
}

void strs_add(struct strs *list, struct arena *arena, str item)
{
    str *items = one_longer(arena, list->items, list->count, sizeof item);
    items[list->count++] = item;
    list->items = items;
}
