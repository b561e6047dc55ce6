/* "tree", then lines "key=value" up to the first "Tree=0"; trees, each up to an empty line; "end of trees"; importances
 * and parameters for people; the last line may be "pandas_categorical:" and JSON. */
#include "serve/trees/lightgbm_read.h"

#include <math.h>

#include "base/number.h"
#include "format/json.h"
#include "serve/trees/lightgbm_tree.h"

static const struct objective {
    str name;
    enum tree_kind kind;
    enum tree_link link;
} objectives[] = {
    { STR("regression"), TREE_REGRESSION, LINK_IDENTITY },    { STR("regression_l1"), TREE_REGRESSION, LINK_IDENTITY },
    { STR("regression_l2"), TREE_REGRESSION, LINK_IDENTITY }, { STR("huber"), TREE_REGRESSION, LINK_IDENTITY },
    { STR("fair"), TREE_REGRESSION, LINK_IDENTITY },          { STR("quantile"), TREE_REGRESSION, LINK_IDENTITY },
    { STR("mape"), TREE_REGRESSION, LINK_IDENTITY },          { STR("poisson"), TREE_REGRESSION, LINK_EXP },
    { STR("gamma"), TREE_REGRESSION, LINK_EXP },              { STR("tweedie"), TREE_REGRESSION, LINK_EXP },
    { STR("binary"), TREE_BINARY, LINK_LOGISTIC },            { STR("multiclass"), TREE_MULTICLASS, LINK_SOFTMAX },
    { STR("multiclassova"), TREE_MULTICLASS, LINK_LOGISTIC }, { STR("cross_entropy"), TREE_REGRESSION, LINK_LOGISTIC },
    { STR("cross_entropy_lambda"), TREE_REGRESSION, LINK_LOG1P_EXP },
    { STR("lambdarank"), TREE_REGRESSION, LINK_IDENTITY },    { STR("rank_xendcg"), TREE_REGRESSION, LINK_IDENTITY },
    { STR("none"), TREE_REGRESSION, LINK_IDENTITY },          { STR("custom"), TREE_REGRESSION, LINK_IDENTITY },
};

struct lightgbm_file {
    struct model_lines lines;
    size_t class_count;
    str feature_infos;          /* "[0:1] none 3:1:2": a range, unused, or categories */
    str categorical_parameter;  /* "1,2", as the parameters at the end list them */
    struct tree *trees;
    size_t tree_count, tree_capacity;
    struct lightgbm_sets sets;
};

static enum status parse_count(const struct lightgbm_file *file, str text, uint64_t most, size_t *ret_count)
{
    uint64_t count;
    if (!number_parse_u64(text, &count) || count > most)
        return model_lines_fail(&file->lines, "\"%.*s\" is not a number from 0 to %llu", (int)MIN_OF(text.size, 64),
                                text.data, (unsigned long long)most);
    *ret_count = (size_t)count;
    return OK;
}

/* "binary sigmoid:1", "regression sqrt", "multiclass num_class:3". */
static enum status parse_objective(const struct lightgbm_file *file, str text, struct tree_model *model)
{
    str part;
    if (!str_split(&text, ' ', &part))
        return model_lines_fail(&file->lines, "the objective is empty");
    const struct objective *found = NULL;
    for (size_t i = 0; i < COUNT(objectives); i++)
        if (str_equal(part, objectives[i].name))
            found = &objectives[i];
    if (found == NULL)
        return model_lines_fail(&file->lines, "the objective \"%.*s\" is not known", (int)MIN_OF(part.size, 64),
                                part.data);
    model->objective = found->name;
    model->kind = found->kind;
    model->link = found->link;
    while (str_split(&text, ' ', &part)) {
        if (str_equal(part, STR("sqrt")))
            model->link = LINK_SIGNED_SQUARE;
        if (str_has_prefix(part, STR("sigmoid:")) &&
            !number_parse_f64(str_slice(part, strlen("sigmoid:"), part.size), &model->sigmoid))
            return model_lines_fail(&file->lines, "the sigmoid of the objective is not a number");
    }
    return OK;
}

static enum status parse_names(const struct lightgbm_file *file, str text, struct tree_model *model)
{
    size_t count = 0;
    str *names = arena_array(file->lines.arena, str, model->feature_count + 1);
    if (names == NULL)
        return error_set(file->lines.err, ERR_LIMIT, "the feature names do not fit in memory");
    while (count <= model->feature_count && str_split(&text, ' ', &names[count]))
        count++;
    if (count != model->feature_count)
        return model_lines_fail(&file->lines, "feature_names has not as many names as there are features, %zu",
                                model->feature_count);
    model->feature_names = names;
    return OK;
}

static enum status take_header_line(struct lightgbm_file *file, struct tree_model *model)
{
    str value = file->lines.line, key;
    if (!str_split(&value, '=', &key))
        return OK;
    if (str_equal(key, STR("average_output")))
        model->is_average = true;
    else if (str_equal(key, STR("num_class")))
        return parse_count(file, value, TREE_OUTPUTS_MAX, &file->class_count);
    else if (str_equal(key, STR("num_tree_per_iteration")))
        return parse_count(file, value, TREE_OUTPUTS_MAX, &model->output_count);
    else if (str_equal(key, STR("objective")))
        return parse_objective(file, value, model);
    else if (str_equal(key, STR("feature_infos")))
        file->feature_infos = value;
    else if (str_equal(key, STR("feature_names")))
        return parse_names(file, value, model);
    else if (str_equal(key, STR("max_feature_idx"))) {
        TRY(parse_count(file, value, TREE_FEATURES_MAX - 1, &model->feature_count));
        model->feature_count++;
    }
    return OK;
}

static enum status append_tree(struct lightgbm_file *file)
{
    if (file->tree_count == file->tree_capacity) {
        size_t capacity = MAX_OF(64, 2 * file->tree_capacity);
        struct tree *grown = arena_array(file->lines.arena, struct tree, capacity);
        if (grown == NULL)
            return error_set(file->lines.err, ERR_LIMIT, "%zu trees do not fit in memory", capacity);
        if (file->tree_count > 0)
            memcpy(grown, file->trees, file->tree_count * sizeof *grown);
        file->trees = grown;
        file->tree_capacity = capacity;
    }
    TRY(lightgbm_tree_take(&file->lines, &file->sets, &file->trees[file->tree_count]));
    file->tree_count++;
    return OK;
}

/* One column's categories: texts, or numbers (truth values are 0 and 1). */
static enum status take_column_categories(struct json_reader *json, struct arena *arena, str raw,
                                          struct feature_categories *ret_categories)
{
    size_t most = 1, count = 0;
    for (size_t i = 0; i < raw.size; i++)
        most += raw.data[i] == ',';
    str *texts = arena_array(arena, str, most);
    double *numbers = arena_array(arena, double, most);
    if (texts == NULL || numbers == NULL)
        return error_set(json->err, ERR_LIMIT, "the categories do not fit in memory");
    bool is_text = false, boolean = false;
    struct json_reader inner;
    json_reader_init(&inner, raw, arena, json->err);
    for (json_enter_array(&inner); json_next_element(&inner) && count < most; count++) {
        if (json_peek(&inner) == JSON_STRING) {
            is_text = true;
            json_take_str(&inner, &texts[count]);
        } else if (json_peek(&inner) == JSON_BOOL) {
            json_take_bool(&inner, &boolean);
            numbers[count] = boolean;
        } else {
            json_take_f64_or_null(&inner, &numbers[count]);
        }
    }
    *ret_categories = is_text ? (struct feature_categories){ .texts = texts, .count = count }
                              : (struct feature_categories){ .numbers = numbers, .count = count };
    return json_finish(&inner);
}

/* Whether feature `index` is among the categorical ones, by the parameters where they tell, else by its info. */
static bool is_categorical(const struct lightgbm_file *file, size_t index, bool by_parameter, str info)
{
    str rest = file->categorical_parameter, part;
    uint64_t listed;
    while (by_parameter && str_split(&rest, ',', &part))
        if (number_parse_u64(part, &listed) && listed == index)
            return true;
    return !by_parameter && info.size > 0 && info.data[0] != '[' && !str_equal(info, STR("none"));
}

/* Gives the lists of pandas_categorical, in order, to the categorical features. Where their numbers differ (some
 * columns were declared categorical by hand) nothing says which is whose: false. */
static bool assign_categories(const struct lightgbm_file *file, bool by_parameter,
                              const struct feature_categories *lists, size_t list_count, struct tree_model *model,
                              struct feature_categories *of_features)
{
    str infos = file->feature_infos, info = { 0 };
    size_t found = 0;
    for (size_t i = 0; i < model->feature_count; i++) {
        if (!str_split(&infos, ' ', &info))
            info = (str){ 0 };
        if (!is_categorical(file, i, by_parameter, info))
            continue;
        if (found < list_count)
            of_features[i] = lists[found];
        found++;
    }
    return found == list_count;
}

static enum status take_pandas_categorical(struct lightgbm_file *file, str text, struct tree_model *model)
{
    struct arena *arena = file->lines.arena;
    struct json_reader json;
    json_reader_init(&json, text, arena, file->lines.err);
    if (json_peek(&json) == JSON_NULL)
        return OK;
    struct feature_categories *lists = arena_array(arena, struct feature_categories, model->feature_count + 1);
    struct feature_categories *of_features = arena_array(arena, struct feature_categories, model->feature_count);
    if (lists == NULL || of_features == NULL)
        return error_set(file->lines.err, ERR_LIMIT, "the categories do not fit in memory");
    size_t count = 0;
    str raw = { 0 };
    for (json_enter_array(&json); json_next_element(&json); count++) {
        if (count == model->feature_count)
            return model_lines_fail(&file->lines, "pandas_categorical has more lists than there are features");
        json_take_raw(&json, &raw);
        TRY(take_column_categories(&json, arena, raw, &lists[count]));
    }
    if (json_finish(&json) != OK)
        return error_while(file->lines.err, "pandas_categorical at line %zu", file->lines.number);
    bool is_assigned = assign_categories(file, true, lists, count, model, of_features);
    if (!is_assigned) {
        memset(of_features, 0, model->feature_count * sizeof *of_features);
        is_assigned = assign_categories(file, false, lists, count, model, of_features);
    }
    model->categories = count > 0 && is_assigned ? of_features : NULL;
    return OK;
}

static enum status take_trailer(struct lightgbm_file *file, struct tree_model *model)
{
    static const char *const parameter = "[categorical_feature: ", *const pandas = "pandas_categorical:";
    while (model_lines_next(&file->lines)) {
        str line = file->lines.line;
        if (str_has_prefix(line, str_of(parameter)))
            file->categorical_parameter = str_slice(line, strlen(parameter), line.size - 1);
        else if (str_has_prefix(line, str_of(pandas)))
            TRY(take_pandas_categorical(file, str_slice(line, strlen(pandas), line.size), model));
    }
    return OK;
}

static enum status fill_model(struct lightgbm_file *file, struct tree_model *model)
{
    size_t outputs = model->output_count;
    model->base_margins = arena_array(file->lines.arena, double, outputs);
    if (model->base_margins == NULL)
        return error_set(file->lines.err, ERR_LIMIT, "the model does not fit in memory");
    for (size_t i = 0; i < file->tree_count; i++)
        file->trees[i].output = (uint32_t)(i % outputs);
    model->trees = file->trees;
    model->tree_count = model->best_tree_count = file->tree_count;
    model->iteration_count = file->tree_count / outputs;
    model->sets = file->sets.sets;
    model->set_count = file->sets.count;
    return OK;
}

enum status lightgbm_read(str content, struct arena *arena, struct tree_model *model, struct error *err)
{
    struct lightgbm_file *file = arena_new(arena, struct lightgbm_file);
    file->lines = (struct model_lines){ .rest = content, .arena = arena, .err = err };
    file->class_count = 1;
    model->flavor = "lightgbm";
    model->objective = STR("none");
    model->output_count = 1;
    bool is_in_header = true, is_ended = false;
    while (!is_ended && model_lines_next(&file->lines)) {
        if (str_has_prefix(file->lines.line, STR("Tree="))) {
            is_in_header = false;
            TRY(append_tree(file));
        } else if (is_in_header) {
            TRY(take_header_line(file, model));
        }
        is_ended = str_equal(file->lines.line, STR("end of trees"));
    }
    if (!is_ended)
        return model_lines_fail(&file->lines, "the file ends before \"end of trees\"");
    if (model->feature_count == 0 || model->output_count == 0)
        return model_lines_fail(&file->lines, "max_feature_idx or num_tree_per_iteration is missing or 0");
    if (model->link == LINK_SOFTMAX && model->output_count != file->class_count)
        return model_lines_fail(&file->lines, "%zu trees an iteration for %zu classes", model->output_count,
                                file->class_count);
    TRY(take_trailer(file, model));
    return fill_model(file, model);
}
