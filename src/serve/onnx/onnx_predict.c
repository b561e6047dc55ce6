#include "serve/onnx/onnx_model.h"

static void answer_best(const struct onnx_block *block, size_t rows, double *values)
{
    for (size_t row = 0; row < rows; row++) {
        const double *shares = &block->numbers[row * block->columns];
        size_t best = 0;
        for (size_t i = 1; i < block->columns; i++)
            if (shares[i] > shares[best])
                best = i;
        values[row] = (double)best;
    }
}

/* The output is there, of the kind and width that it had when the model was tried. */
static enum status expect(const struct onnx_model *model, const struct onnx_block *blocks, size_t output,
                          size_t columns,
                          struct error *err)
{
    if (output == ONNX_NONE)
        return OK;
    size_t got = blocks[output].columns;
    if (got == 0 || (columns != 0 && got != columns))
        return error_set(err, ERR_INVALID,
                         "output \"%s\" has %zu columns a row here, and %zu when the model was loaded",
                         model->outputs[output].name, got, columns);
    return OK;
}

static void keep_outputs(const struct onnx_model *model, const struct onnx_block *blocks, struct arena *arena,
                         struct runtime_answer *answer)
{
    struct runtime_output *outputs = arena_alloc(arena, model->output_count * sizeof *outputs);
    for (size_t i = 0; i < model->output_count; i++) {
        if (blocks[i].columns == 0)
            continue;
        outputs[answer->output_count++] = (struct runtime_output){ .name = str_of(model->outputs[i].name),
                                                                   .columns = blocks[i].columns,
                                                                   .numbers = blocks[i].numbers,
                                                                   .texts = blocks[i].texts };
    }
    answer->outputs = outputs;
}

static enum status make_answer(const struct onnx_model *model, const struct onnx_block *blocks, size_t rows,
                               struct arena *arena, struct runtime_answer *ret_answer, struct error *err)
{
    struct runtime_answer answer = { .rows = rows };
    double *values = arena_array(arena, double, rows);
    if (values == NULL)
        return error_set(err, ERR_LIMIT, "%zu predictions do not fit in memory", rows);
    answer.values = values;
    TRY(expect(model, blocks, model->label, 1, err));
    TRY(expect(model, blocks, model->probabilities, model->runtime.info.class_count, err));
    TRY(expect(model, blocks, model->value, 0, err));
    if (model->probabilities != ONNX_NONE) {
        answer.probabilities = blocks[model->probabilities].numbers;
        answer.class_count = model->runtime.info.class_count;
    }
    if (model->label != ONNX_NONE) {
        const struct onnx_block *block = &blocks[model->label];
        TRY(class_index_labels(&model->classes, block->numbers, block->texts, rows, arena, values, &answer.labels,
                               err));
    } else if (model->probabilities != ONNX_NONE) {
        answer_best(&blocks[model->probabilities], rows, values);
    } else {
        const struct onnx_block *block = &blocks[model->value];
        for (size_t row = 0; row < rows; row++)
            values[row] = block->numbers[row * block->columns];
    }
    keep_outputs(model, blocks, arena, &answer);
    *ret_answer = answer;
    return OK;
}

/* Puts the blocks of one row behind those of the rows before it. */
static enum status append_row(const struct onnx_model *model, const struct onnx_block *one, size_t row, size_t rows,
                              struct arena *arena, struct onnx_block *blocks, struct error *err)
{
    for (size_t i = 0; i < model->output_count; i++) {
        size_t columns = one[i].columns;
        if (row == 0) {
            blocks[i].columns = columns;
            blocks[i].numbers = one[i].numbers == NULL ? NULL : arena_array(arena, double, rows * columns);
            blocks[i].texts = one[i].texts == NULL ? NULL : arena_array(arena, str, rows * columns);
        }
        if (columns != blocks[i].columns || (columns > 0 && blocks[i].numbers == NULL && blocks[i].texts == NULL))
            return error_set(err, ERR_LIMIT, "output \"%s\" of %zu rows does not fit together", model->outputs[i].name,
                             rows);
        if (blocks[i].numbers != NULL)
            memcpy((double *)(uintptr_t)blocks[i].numbers + row * columns, one[i].numbers, columns * sizeof(double));
        else if (blocks[i].texts != NULL)
            memcpy((str *)(uintptr_t)blocks[i].texts + row * columns, one[i].texts, columns * sizeof(str));
    }
    return OK;
}

/* A graph for one row at a time. */
static enum status run_singly(const struct onnx_model *model, const struct runtime_rows *rows, struct arena *arena,
                              struct onnx_block *blocks, struct error *err)
{
    size_t stride = model->runtime.info.input_count;
    struct onnx_block *one = arena_alloc(arena, model->output_count * sizeof *one);
    for (size_t row = 0; row < rows->rows; row++) {
        struct runtime_rows single = { 1, rows->numbers + row * stride,
                                       rows->texts == NULL ? NULL : rows->texts + row * stride };
        TRY(onnx_run(model, &single, arena, one, err));
        TRY(append_row(model, one, row, rows->rows, arena, blocks, err));
    }
    return OK;
}

enum status onnx_predict(struct runtime *runtime, const struct runtime_rows *rows, struct arena *arena,
                         struct runtime_answer *ret_answer, struct error *err)
{
    const struct onnx_model *model = (const struct onnx_model *)runtime;
    if (rows->rows == 0) {
        *ret_answer = (struct runtime_answer){ 0 };
        return OK;
    }
    struct onnx_block *blocks = arena_alloc(arena, model->output_count * sizeof *blocks);
    if (model->batch_rows == 0 || model->batch_rows == rows->rows)
        TRY(onnx_run(model, rows, arena, blocks, err));
    else if (model->batch_rows == 1)
        TRY(run_singly(model, rows, arena, blocks, err));
    else
        return error_set(err, ERR_INVALID, "the model takes exactly %zu rows at a time, here are %zu",
                         model->batch_rows,
                         rows->rows);
    return make_answer(model, blocks, rows->rows, arena, ret_answer, err);
}
