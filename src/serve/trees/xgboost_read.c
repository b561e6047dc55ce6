/* {"learner": {"gradient_booster": {"name", "model": {"trees": [...], ...}}, "learner_model_param", "objective",
 * "feature_names", "attributes"}, "version"}. Members come in any order, so everything is taken first and made into a
 * model at the end. */
#include "serve/trees/xgboost_read.h"

#include <math.h>

#include "serve/trees/xgboost_tree.h"

enum base_space { BASE_IS_MARGIN, BASE_IS_PROBABILITY, BASE_IS_MEAN };

static const struct objective {
    str name;
    enum tree_kind kind;
    enum tree_link link;
    enum base_space base;
    bool gives_labels;
} objectives[] = {
    { STR("reg:squarederror"), TREE_REGRESSION, LINK_IDENTITY, BASE_IS_MARGIN, false },
    { STR("reg:linear"), TREE_REGRESSION, LINK_IDENTITY, BASE_IS_MARGIN, false },
    { STR("reg:squaredlogerror"), TREE_REGRESSION, LINK_IDENTITY, BASE_IS_MARGIN, false },
    { STR("reg:absoluteerror"), TREE_REGRESSION, LINK_IDENTITY, BASE_IS_MARGIN, false },
    { STR("reg:pseudohubererror"), TREE_REGRESSION, LINK_IDENTITY, BASE_IS_MARGIN, false },
    { STR("reg:quantileerror"), TREE_REGRESSION, LINK_IDENTITY, BASE_IS_MARGIN, false },
    { STR("reg:expectileerror"), TREE_REGRESSION, LINK_IDENTITY, BASE_IS_MARGIN, false },
    { STR("reg:logistic"), TREE_REGRESSION, LINK_LOGISTIC, BASE_IS_PROBABILITY, false },
    { STR("reg:gamma"), TREE_REGRESSION, LINK_EXP, BASE_IS_MEAN, false },
    { STR("reg:tweedie"), TREE_REGRESSION, LINK_EXP, BASE_IS_MEAN, false },
    { STR("count:poisson"), TREE_REGRESSION, LINK_EXP, BASE_IS_MEAN, false },
    { STR("survival:cox"), TREE_REGRESSION, LINK_EXP, BASE_IS_MEAN, false },
    { STR("survival:aft"), TREE_REGRESSION, LINK_EXP, BASE_IS_MEAN, false },
    { STR("binary:logistic"), TREE_BINARY, LINK_LOGISTIC, BASE_IS_PROBABILITY, false },
    { STR("binary:logitraw"), TREE_REGRESSION, LINK_IDENTITY, BASE_IS_MARGIN, false },
    { STR("binary:hinge"), TREE_BINARY, LINK_SIGN, BASE_IS_MARGIN, true },
    { STR("multi:softmax"), TREE_MULTICLASS, LINK_SOFTMAX, BASE_IS_MARGIN, true },
    { STR("multi:softprob"), TREE_MULTICLASS, LINK_SOFTMAX, BASE_IS_MARGIN, false },
    { STR("rank:pairwise"), TREE_REGRESSION, LINK_IDENTITY, BASE_IS_MARGIN, false },
    { STR("rank:ndcg"), TREE_REGRESSION, LINK_IDENTITY, BASE_IS_MARGIN, false },
    { STR("rank:map"), TREE_REGRESSION, LINK_IDENTITY, BASE_IS_MARGIN, false },
};

/* What the file said, before it is put together. */
struct xgboost_file {
    struct model_document document;
    str booster;
    struct tree *trees;
    size_t tree_count, tree_capacity;
    size_t file_trees; /* before leaf vectors became trees of their own */
    size_t vector_size;
    struct xgboost_sets sets;
    struct number_array tree_groups, iteration_ends, dart_weights, linear_weights;
    size_t class_count, target_count, feature_count, parallel_trees;
    str base_score;
    size_t best_iteration; /* SIZE_MAX = not said */
    const str *names;
    size_t name_count;
    struct feature_categories *categories;
    size_t category_features;
    const struct objective *objective;
};

static enum status append_trees(struct xgboost_file *file, const struct xgboost_tree *added)
{
    size_t wanted = file->tree_count + added->vector_size;
    if (file->file_trees > 0 && added->vector_size != file->vector_size)
        return document_fail(&file->document, "leaf vectors of %zu and of %zu numbers", file->vector_size,
                             added->vector_size);
    if (wanted > file->tree_capacity) {
        size_t capacity = MAX_OF(wanted, 2 * file->tree_capacity);
        struct tree *grown = arena_array(file->document.arena, struct tree, capacity);
        if (grown == NULL)
            return error_set(file->document.err, ERR_LIMIT, "%zu trees do not fit in memory", wanted);
        if (file->tree_count > 0)
            memcpy(grown, file->trees, file->tree_count * sizeof *grown);
        file->trees = grown;
        file->tree_capacity = capacity;
    }
    memcpy(file->trees + file->tree_count, added->trees, added->vector_size * sizeof *added->trees);
    file->tree_count = wanted;
    file->vector_size = added->vector_size;
    file->file_trees++;
    return OK;
}

static enum status take_trees(struct xgboost_file *file)
{
    TRY(document_enter_array(&file->document));
    while (document_next_element(&file->document)) {
        struct xgboost_tree tree;
        TRY(xgboost_tree_take(&file->document, &file->sets, &tree));
        TRY(append_trees(file, &tree));
    }
    return document_status(&file->document);
}

/* Texts of a feature's categories: bytes back to back in `values`, with offsets; else numbers. */
static enum status make_categories(struct model_document *document, const struct number_array *offsets,
                                   const struct number_array *values, struct feature_categories *ret_categories)
{
    if (offsets->count == 0) {
        *ret_categories = (struct feature_categories){ .numbers = values->values, .count = values->count };
        return OK;
    }
    size_t count = offsets->count - 1;
    char *bytes = arena_array(document->arena, char, values->count + 1);
    str *texts = arena_array(document->arena, str, count + 1);
    if (bytes == NULL || texts == NULL)
        return error_set(document->err, ERR_LIMIT, "the categories do not fit in memory");
    for (size_t i = 0; i < values->count; i++) {
        bytes[i] = (char)(int)fmin(fmax(values->values[i], -128), 255); /* written signed or not */
        /* XGBoost 3.1 and 3.2 count the characters of pandas' categories and save as many bytes: the rest is lost */
        if ((bytes[i] & 0x80) != 0)
            return document_fail(document, "a category beyond ASCII: XGBoost may have saved it cut off");
    }
    for (size_t i = 0; i < count; i++) {
        double from = offsets->values[i], to = offsets->values[i + 1];
        if (!(from >= 0 && from <= to && to <= (double)values->count))
            return document_fail(document, "category %zu: bytes %g to %g of %zu", i, from, to, values->count);
        texts[i] = (str){ bytes + (size_t)from, (size_t)to - (size_t)from };
    }
    *ret_categories = (struct feature_categories){ .texts = texts, .count = count };
    return OK;
}

static enum status take_category_features(struct xgboost_file *file)
{
    struct model_document *document = &file->document;
    size_t capacity = 0, count = 0;
    TRY(document_enter_array(document));
    while (document_next_element(document)) {
        struct number_array offsets = { 0 }, values = { 0 };
        str key;
        TRY(document_enter_object(document));
        while (document_next_member(document, &key)) {
            if (str_equal(key, STR("offsets")))
                TRY(document_take_numbers(document, &offsets));
            else if (str_equal(key, STR("values")))
                TRY(document_take_numbers(document, &values));
        }
        TRY(document_status(document));
        if (count == capacity) {
            capacity = MAX_OF(16, 2 * capacity);
            struct feature_categories *grown = arena_array(document->arena, struct feature_categories, capacity);
            if (grown == NULL)
                return error_set(document->err, ERR_LIMIT, "the categories do not fit in memory");
            if (count > 0)
                memcpy(grown, file->categories, count * sizeof *grown);
            file->categories = grown;
        }
        TRY(make_categories(document, &offsets, &values, &file->categories[count++]));
    }
    file->category_features = count;
    return document_status(document);
}

static enum status take_model(struct xgboost_file *file)
{
    struct model_document *document = &file->document;
    str key;
    TRY(document_enter_object(document));
    while (document_next_member(document, &key)) {
        if (str_equal(key, STR("trees"))) {
            TRY(take_trees(file));
        } else if (str_equal(key, STR("tree_info"))) {
            TRY(document_take_numbers(document, &file->tree_groups));
        } else if (str_equal(key, STR("iteration_indptr"))) {
            TRY(document_take_numbers(document, &file->iteration_ends));
        } else if (str_equal(key, STR("weights"))) {
            TRY(document_take_numbers(document, &file->linear_weights));
        } else if (str_equal(key, STR("gbtree_model_param"))) {
            TRY(document_enter_object(document));
            while (document_next_member(document, &key))
                if (str_equal(key, STR("num_parallel_tree")))
                    TRY(document_take_count(document, 1u << 20, &file->parallel_trees));
        } else if (str_equal(key, STR("cats"))) {
            TRY(document_enter_object(document));
            while (document_next_member(document, &key))
                if (str_equal(key, STR("enc")))
                    TRY(take_category_features(file));
        }
    }
    return document_status(document);
}

/* dart holds a gbtree in itself: the same members, one level deeper. */
static enum status take_booster(struct xgboost_file *file, bool is_inner)
{
    struct model_document *document = &file->document;
    str key, inner_name;
    TRY(document_enter_object(document));
    while (document_next_member(document, &key)) {
        if (str_equal(key, STR("name")))
            TRY(document_take_str(document, is_inner ? &inner_name : &file->booster));
        else if (str_equal(key, STR("model")))
            TRY(take_model(file));
        else if (str_equal(key, STR("weight_drop")))
            TRY(document_take_numbers(document, &file->dart_weights));
        else if (str_equal(key, STR("gbtree")) && !is_inner)
            TRY(take_booster(file, true));
    }
    return document_status(document);
}

static enum status take_learner_param(struct xgboost_file *file)
{
    struct model_document *document = &file->document;
    str key;
    TRY(document_enter_object(document));
    while (document_next_member(document, &key)) {
        if (str_equal(key, STR("base_score")))
            TRY(document_take_str(document, &file->base_score));
        else if (str_equal(key, STR("num_class")))
            TRY(document_take_count(document, TREE_OUTPUTS_MAX, &file->class_count));
        else if (str_equal(key, STR("num_target")))
            TRY(document_take_count(document, TREE_OUTPUTS_MAX, &file->target_count));
        else if (str_equal(key, STR("num_feature")))
            TRY(document_take_count(document, TREE_FEATURES_MAX, &file->feature_count));
    }
    return document_status(document);
}

static enum status take_objective(struct xgboost_file *file)
{
    struct model_document *document = &file->document;
    str key, name;
    TRY(document_enter_object(document));
    while (document_next_member(document, &key)) {
        if (!str_equal(key, STR("name")))
            continue;
        TRY(document_take_str(document, &name));
        for (size_t i = 0; i < COUNT(objectives); i++)
            if (str_equal(name, objectives[i].name))
                file->objective = &objectives[i];
        if (file->objective == NULL)
            return document_fail(document, "the objective \"%.*s\" is not known", (int)MIN_OF(name.size, 64),
                                 name.data);
    }
    return document_status(document);
}

static enum status take_attributes(struct xgboost_file *file, struct tree_model *model)
{
    struct model_document *document = &file->document;
    str key;
    TRY(document_enter_object(document));
    while (document_next_member(document, &key)) {
        if (str_equal(key, STR("best_iteration")))
            TRY(document_take_count(document, UINT32_MAX, &file->best_iteration));
        else if (str_equal(key, STR("scikit_learn")))
            model->is_wrapped = true;
    }
    return document_status(document);
}

static enum status take_learner(struct xgboost_file *file, struct tree_model *model)
{
    struct model_document *document = &file->document;
    str key;
    TRY(document_enter_object(document));
    while (document_next_member(document, &key)) {
        if (str_equal(key, STR("gradient_booster")))
            TRY(take_booster(file, false));
        else if (str_equal(key, STR("learner_model_param")))
            TRY(take_learner_param(file));
        else if (str_equal(key, STR("objective")))
            TRY(take_objective(file));
        else if (str_equal(key, STR("attributes")))
            TRY(take_attributes(file, model));
        else if (str_equal(key, STR("feature_names")))
            TRY(document_take_strings(document, TREE_FEATURES_MAX, &file->names, &file->name_count));
    }
    return document_status(document);
}

/* XGBoost's own float32 arithmetic, so that the first summand is the same to the last bit. */
static enum status base_margin(enum base_space space, float score, double *ret_margin, struct error *err)
{
    bool is_inside = space == BASE_IS_MARGIN || (space == BASE_IS_MEAN ? score > 0 : score > 0 && score < 1);
    if (!is_inside)
        return error_set(err, ERR_INVALID, "learner.learner_model_param.base_score: %g is out of range",
                         (double)score);
    *ret_margin = space == BASE_IS_MARGIN        ? (double)score
                  : space == BASE_IS_PROBABILITY ? (double)-logf(1.0f / score - 1.0f)
                                                 : (double)logf(score);
    return OK;
}

/* "5E-1", and since 3.1 "[5E-1,2E-1]", a score an output. One score stands for all. */
static enum status fill_base_margins(const struct xgboost_file *file, struct tree_model *model, struct error *err)
{
    str rest = file->base_score, part;
    if (str_has_prefix(rest, STR("[")) && str_has_suffix(rest, STR("]")))
        rest = str_slice(rest, 1, rest.size - 1);
    size_t count = 0;
    double score = 0.5;
    while (str_split(&rest, ',', &part)) {
        if (count == model->output_count || !number_parse_f64(str_trim(part), &score))
            return error_set(err, ERR_INVALID, "learner.learner_model_param.base_score: \"%.*s\" for %zu outputs",
                             (int)MIN_OF(file->base_score.size, 64), file->base_score.data, model->output_count);
        TRY(base_margin(file->objective->base, (float)score, &model->base_margins[count++], err));
    }
    if (count == 0)
        TRY(base_margin(file->objective->base, (float)score, &model->base_margins[count++], err));
    if (count != 1 && count != model->output_count)
        return error_set(err, ERR_INVALID, "learner.learner_model_param.base_score: %zu scores for %zu outputs", count,
                         model->output_count);
    for (size_t i = count; i < model->output_count; i++)
        model->base_margins[i] = model->base_margins[0];
    return OK;
}

/* The output that each tree adds to, and what dart multiplies its leaves by. */
static enum status assign_trees(struct xgboost_file *file, struct error *err)
{
    if (file->tree_groups.count != file->file_trees)
        return error_set(err, ERR_INVALID, "learner.gradient_booster.model: %zu tree_info of %zu trees",
                         file->tree_groups.count, file->file_trees);
    bool is_dart = file->dart_weights.count > 0;
    if (is_dart && file->dart_weights.count != file->file_trees)
        return error_set(err, ERR_INVALID, "learner.gradient_booster.weight_drop: %zu weights of %zu trees",
                         file->dart_weights.count, file->file_trees);
    for (size_t i = 0; i < file->tree_count; i++) {
        struct tree *tree = &file->trees[i];
        size_t at = i / file->vector_size;
        double group = file->tree_groups.values[at];
        if (!(group >= 0 && group < TREE_OUTPUTS_MAX))
            return error_set(err, ERR_INVALID, "learner.gradient_booster.model.tree_info[%zu]: %g", at, group);
        if (file->vector_size == 1)
            tree->output = (uint32_t)group;
        for (uint32_t k = 0; is_dart && k < tree->node_count; k++)
            if (tree->nodes[k].left == 0)
                tree->nodes[k].number = (double)((float)tree->nodes[k].number * (float)file->dart_weights.values[at]);
    }
    return OK;
}

/* Trees that the iterations up to best_iteration hold; all where the model did not stop early. */
static void count_best_trees(const struct xgboost_file *file, struct tree_model *model)
{
    size_t groups = file->vector_size > 1 ? 1 : model->output_count;
    size_t each = MAX_OF(file->parallel_trees, 1) * groups;
    size_t best = file->best_iteration, trees = file->file_trees;
    model->iteration_count = trees / each;
    if (best < SIZE_MAX && best + 1 < file->iteration_ends.count) {
        double end = file->iteration_ends.values[best + 1];
        trees = end >= 0 && end < (double)trees ? (size_t)end : trees;
    } else if (best < SIZE_MAX && file->iteration_ends.count == 0) {
        trees = MIN_OF(trees, (best + 1) * each);
    }
    model->best_tree_count = trees * MAX_OF(file->vector_size, 1);
}

static enum status fill_names(const struct xgboost_file *file, struct tree_model *model, struct error *err)
{
    if (file->name_count != 0 && file->name_count != model->feature_count)
        return error_set(err, ERR_INVALID, "learner.feature_names: %zu names of %zu features", file->name_count,
                         model->feature_count);
    if (file->category_features != 0 && file->category_features != model->feature_count)
        return error_set(err, ERR_INVALID, "learner.gradient_booster.model.cats.enc: %zu entries of %zu features",
                         file->category_features, model->feature_count);
    model->feature_names = file->name_count > 0 ? file->names : NULL;
    model->categories = file->category_features > 0 ? file->categories : NULL;
    return OK;
}

static enum status fill_model(struct xgboost_file *file, struct tree_model *model, struct error *err)
{
    if (file->objective == NULL)
        return error_set(err, ERR_INVALID, "learner.objective.name is missing");
    bool is_linear = str_equal(file->booster, STR("gblinear"));
    if (!is_linear && !str_equal(file->booster, STR("gbtree")) && !str_equal(file->booster, STR("dart")))
        return error_set(err, ERR_INVALID, "learner.gradient_booster.name: \"%.*s\" is not known",
                         (int)MIN_OF(file->booster.size, 64), file->booster.data);
    model->flavor = "xgboost";
    model->is_float = true;
    model->objective = file->objective->name;
    model->kind = file->objective->kind;
    model->link = file->objective->link;
    model->gives_labels = file->objective->gives_labels;
    model->feature_count = file->feature_count;
    model->output_count = MAX_OF(file->class_count, 1) * MAX_OF(file->target_count, 1);
    if (model->output_count > TREE_OUTPUTS_MAX)
        return error_set(err, ERR_INVALID, "%zu outputs, at most %d are read", model->output_count, TREE_OUTPUTS_MAX);
    model->base_margins = arena_array(file->document.arena, double, model->output_count);
    if (model->base_margins == NULL)
        return error_set(err, ERR_LIMIT, "the model does not fit in memory");
    TRY(fill_base_margins(file, model, err));
    TRY(fill_names(file, model, err));
    if (is_linear) {
        if (file->linear_weights.count != (model->feature_count + 1) * model->output_count)
            return error_set(err, ERR_INVALID, "learner.gradient_booster.model.weights: %zu weights of %zu features",
                             file->linear_weights.count, model->feature_count);
        model->linear_weights = file->linear_weights.values;
        for (size_t i = 1; i < model->output_count; i++)
            model->base_margins[i] = model->base_margins[0]; /* gblinear itself takes the first one for all */
        return OK;
    }
    TRY(assign_trees(file, err));
    count_best_trees(file, model);
    model->trees = file->trees;
    model->tree_count = file->tree_count;
    model->sets = file->sets.sets;
    model->set_count = file->sets.count;
    return OK;
}

enum status xgboost_read(str content, struct arena *arena, struct tree_model *model, struct error *err)
{
    struct xgboost_file *file = arena_new(arena, struct xgboost_file);
    file->best_iteration = SIZE_MAX;
    document_init(&file->document, content, arena, err);
    str key;
    TRY(document_enter_object(&file->document));
    while (document_next_member(&file->document, &key))
        if (str_equal(key, STR("learner")))
            TRY(take_learner(file, model));
    TRY(document_finish(&file->document));
    return fill_model(file, model, err);
}
