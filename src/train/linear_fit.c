#include "train/linear_fit.h"

#include <math.h>

#include "format/json.h"
#include "train/lapack_door.h"

#define ITERATIONS_MAX 100
#define STEP_MIN 1e-10

/* ---- design ---- */

static double cell(const struct training_table *table, const struct linear_column *column, size_t row)
{
    double value = (double)table->matrix[row * table->feature_count + column->feature];
    if (column->category != SIZE_MAX)
        return isnan(value) ? 0 : (size_t)value == column->category ? 1 : 0;
    return isnan(value) ? column->mean : value;
}

static void measure(const struct training_table *table, struct linear_column *column)
{
    double sum = 0, squares = 0;
    size_t count = 0;
    column->mean = NAN; /* cell() passes missing numbers on until it is known */
    for (size_t i = 0; i < table->train_rows; i++) {
        double value = cell(table, column, i);
        if (!isnan(value))
            sum += value, count++;
    }
    column->mean = count > 0 ? sum / (double)count : 0;
    for (size_t i = 0; i < table->train_rows; i++) {
        double distance = cell(table, column, i) - column->mean;
        squares += distance * distance;
    }
    column->std = sqrt(squares / (double)table->train_rows);
    if (!(column->std > 0))
        column->std = 1;
}

static enum status make_columns(const struct training_table *table, struct arena *arena, struct linear_model *model,
                                struct error *err)
{
    size_t count = 0;
    for (size_t f = 0; f < table->feature_count; f++)
        count += table->features[f].category_count > 0 ? table->features[f].category_count : 1;
    model->columns = arena_array(arena, struct linear_column, count);
    if (model->columns == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu columns", count);
    for (size_t f = 0; f < table->feature_count; f++) {
        const struct training_feature *feature = &table->features[f];
        size_t values = feature->category_count > 0 ? feature->category_count : 1;
        for (size_t c = 0; c < values; c++) {
            struct linear_column *column = &model->columns[model->column_count++];
            *column = (struct linear_column){ .name = feature->name, .feature = f, .category = SIZE_MAX };
            if (feature->category_count > 0) {
                column->name = arena_printf(arena, "%.*s=%.*s", STR_ARG(feature->name), STR_ARG(feature->categories[c]));
                column->category = c;
            }
            measure(table, column);
        }
    }
    return OK;
}

/* Standardised, with a last column of ones: [train_rows x (columns + 1)]. */
static double *make_design(const struct training_table *table, const struct linear_model *model, struct arena *arena)
{
    size_t width = model->column_count + 1;
    double *design = arena_array(arena, double, table->train_rows * width);
    for (size_t i = 0; design != NULL && i < table->train_rows; i++) {
        for (size_t c = 0; c < model->column_count; c++) {
            const struct linear_column *column = &model->columns[c];
            design[i * width + c] = (cell(table, column, i) - column->mean) / column->std;
        }
        design[i * width + width - 1] = 1;
    }
    return design;
}

/* From weights of standardised columns [outputs][columns + 1] to those of raw ones. */
static enum status unscale(const double *solution, struct arena *arena, struct linear_model *model, struct error *err)
{
    size_t columns = model->column_count, outputs = model->outputs;
    double *weights = arena_array(arena, double, columns * outputs), *biases = arena_array(arena, double, outputs);
    if (weights == NULL || biases == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu weights", columns * outputs);
    for (size_t k = 0; k < outputs; k++) {
        const double *row = solution + k * (columns + 1);
        biases[k] = row[columns];
        for (size_t c = 0; c < columns; c++) {
            weights[c * outputs + k] = row[c] / model->columns[c].std;
            biases[k] -= weights[c * outputs + k] * model->columns[c].mean;
        }
    }
    model->weights = weights;
    model->biases = biases;
    return OK;
}

/* ---- least squares ---- */

static enum status fit_least_squares(const struct training_table *table, double *design, struct arena *arena,
                                     struct linear_model *model, struct error *err)
{
    size_t width = model->column_count + 1, rows = table->train_rows;
    double *target = arena_array(arena, double, rows > width ? rows : width);
    if (target == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu rows", rows);
    memcpy(target, table->target, rows * sizeof *target);
    TRY(lapack_least_squares(design, rows, width, target, err));
    model->iterations = 1;
    return unscale(target, arena, model, err);
}

/* ---- logistic regression ---- */

struct newton {
    const double *design, *target;
    size_t rows, width, outputs; /* outputs: 1 for two classes */
    double *weights;             /* [outputs * width] */
    double *gradient;            /* of the penalised loss */
    double *hessian;             /* [unknowns x unknowns] */
    double *shares;              /* [outputs] of one row */
};

static void predict_shares(const struct newton *newton, const double *row)
{
    double largest = newton->outputs == 1 ? 0 : -INFINITY, sum = newton->outputs == 1 ? 1 : 0;
    for (size_t k = 0; k < newton->outputs; k++) {
        double margin = 0;
        for (size_t c = 0; c < newton->width; c++)
            margin += newton->weights[k * newton->width + c] * row[c];
        newton->shares[k] = margin;
        largest = fmax(largest, margin);
    }
    if (newton->outputs == 1)
        sum = exp(-largest); /* the other class has margin 0 */
    for (size_t k = 0; k < newton->outputs; k++)
        sum += newton->shares[k] = exp(newton->shares[k] - largest);
    for (size_t k = 0; k < newton->outputs; k++)
        newton->shares[k] /= sum;
}

static void add_row(struct newton *newton, size_t i)
{
    const double *row = newton->design + i * newton->width;
    size_t width = newton->width, unknowns = newton->outputs * width;
    predict_shares(newton, row);
    for (size_t k = 0; k < newton->outputs; k++) {
        double is_class = newton->outputs == 1 ? newton->target[i] : newton->target[i] == (double)k;
        double error = newton->shares[k] - is_class;
        for (size_t c = 0; c < width; c++)
            newton->gradient[k * width + c] += error * row[c];
        for (size_t l = k; l < newton->outputs; l++) {
            double curvature = newton->shares[k] * ((k == l) - newton->shares[l]);
            for (size_t c = 0; c < width; c++) {
                double scaled = curvature * row[c];
                double *out = newton->hessian + (k * width + c) * unknowns + l * width;
                for (size_t d = 0; d < width; d++)
                    out[d] += scaled * row[d];
            }
        }
    }
}

/* The bias is free; for more than two classes a whisker of penalty keeps the sum of the biases in place. */
static void add_penalty(struct newton *newton)
{
    size_t width = newton->width, unknowns = newton->outputs * width;
    for (size_t u = 0; u < unknowns; u++) {
        bool is_bias = u % width == width - 1;
        double penalty = !is_bias ? 1 / LINEAR_C : newton->outputs > 1 ? 1e-6 : 0;
        newton->gradient[u] += penalty * newton->weights[u];
        newton->hessian[u * unknowns + u] += penalty;
    }
}

static enum status newton_step(struct newton *newton, double *ret_size, struct error *err)
{
    size_t unknowns = newton->outputs * newton->width;
    memset(newton->gradient, 0, unknowns * sizeof *newton->gradient);
    memset(newton->hessian, 0, unknowns * unknowns * sizeof *newton->hessian);
    for (size_t i = 0; i < newton->rows; i++)
        add_row(newton, i);
    add_penalty(newton);
    TRY(lapack_solve_positive(newton->hessian, unknowns, newton->gradient, err));
    double largest = 0;
    for (size_t u = 0; u < unknowns; u++)
        largest = fmax(largest, fabs(newton->gradient[u]));
    double shorter = largest > 5 ? 5 / largest : 1; /* a far first step may overshoot */
    for (size_t u = 0; u < unknowns; u++)
        newton->weights[u] -= shorter * newton->gradient[u];
    *ret_size = largest;
    return OK;
}

static enum status fit_logistic(const struct training_table *table, const double *design, struct arena *arena,
                                struct linear_model *model, struct error *err)
{
    size_t width = model->column_count + 1, unknowns = model->outputs * width;
    struct newton newton = {
        .design = design,
        .target = table->target,
        .rows = table->train_rows,
        .width = width,
        .outputs = model->outputs,
        .weights = arena_array(arena, double, unknowns),
        .gradient = arena_array(arena, double, unknowns),
        .hessian = arena_array(arena, double, unknowns * unknowns),
        .shares = arena_array(arena, double, model->outputs),
    };
    if (newton.weights == NULL || newton.gradient == NULL || newton.hessian == NULL || newton.shares == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu weights", unknowns);
    for (double step = INFINITY; step > STEP_MIN; model->iterations++) {
        if (model->iterations == ITERATIONS_MAX)
            return error_set(err, ERR_INVALID, "logistic regression did not settle in %d steps", ITERATIONS_MAX);
        TRY(newton_step(&newton, &step, err));
    }
    return unscale(newton.weights, arena, model, err);
}

enum status linear_fit(const struct training_table *table, struct arena *arena, struct linear_model *ret_model,
                       struct error *err)
{
    struct linear_model model = { .outputs = table->class_count > 2 ? table->class_count : 1 };
    TRY(make_columns(table, arena, &model, err));
    if ((model.column_count + 1) * model.outputs > LINEAR_UNKNOWNS_MAX)
        return error_set(err, ERR_LIMIT, "%zu columns for %zu outputs are too many for a linear model: try --model xgboost",
                         model.column_count, model.outputs);
    double *design = make_design(table, &model, arena);
    if (design == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu x %zu values", table->train_rows, model.column_count + 1);
    if (table->class_count == 0)
        TRY(fit_least_squares(table, design, arena, &model, err));
    else
        TRY(fit_logistic(table, design, arena, &model, err));
    *ret_model = model;
    return OK;
}

/* ---- as an XGBoost model ---- */

static void write_number_text(struct json_writer *json, const char *name, size_t value)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%zu", value);
    json_text(json, name, text);
}

static void write_objective(struct json_writer *json, const struct training_table *table)
{
    json_object(json, "objective");
    if (table->class_count > 2) {
        json_text(json, "name", "multi:softprob");
        json_object(json, "softmax_multiclass_param");
        write_number_text(json, "num_class", table->class_count);
    } else {
        json_text(json, "name", table->class_count == 2 ? "binary:logistic" : "reg:squarederror");
        json_object(json, "reg_loss_param");
        json_text(json, "scale_pos_weight", "1");
    }
    json_end_object(json);
    json_end_object(json);
}

static void write_weights(struct json_writer *json, const struct linear_model *model)
{
    json_object(json, "gradient_booster");
    json_object(json, "model");
    json_array(json, "weights");
    for (size_t i = 0; i < model->column_count * model->outputs; i++)
        json_write_f64(json, (double)(float)model->weights[i]);
    for (size_t k = 0; k < model->outputs; k++)
        json_write_f64(json, (double)(float)model->biases[k]);
    json_end_array(json);
    json_end_object(json);
    json_text(json, "name", "gblinear");
    json_end_object(json);
}

static void write_names(struct json_writer *json, const struct linear_model *model)
{
    json_array(json, "feature_names");
    for (size_t c = 0; c < model->column_count; c++)
        json_write_str(json, model->columns[c].name);
    json_end_array(json);
    json_array(json, "feature_types");
    for (size_t c = 0; c < model->column_count; c++)
        json_write_str(json, STR("float"));
    json_end_array(json);
}

enum status linear_write_xgboost(const struct training_table *table, const struct linear_model *model, struct buf *ret_json,
                                 struct error *err)
{
    struct json_writer json;
    json_writer_init(&json, ret_json, JSON_COMPACT);
    json_begin_object(&json);
    json_object(&json, "learner");
    json_object(&json, "attributes");
    json_end_object(&json);
    write_names(&json, model);
    write_weights(&json, model);
    json_object(&json, "learner_model_param");
    json_text(&json, "base_score", table->class_count > 0 ? "5E-1" : "0E0"); /* a margin of 0 either way */
    json_text(&json, "boost_from_average", "1");
    write_number_text(&json, "num_class", table->class_count > 2 ? table->class_count : 0);
    write_number_text(&json, "num_feature", model->column_count);
    json_text(&json, "num_target", "1");
    json_end_object(&json);
    write_objective(&json, table);
    json_end_object(&json);
    json_raw(&json, "version", STR("[1,7,4]"));
    json_end_object(&json);
    return json_writer_end(&json) ? OK : error_set(err, ERR_LIMIT, "the model does not fit in %zu bytes", ret_json->max_bytes);
}
