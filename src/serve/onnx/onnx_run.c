#include <math.h>

#include "serve/onnx/onnx_model.h"

static enum status check(const struct onnx_model *model, ort_result result, struct error *err)
{
    return ort_check(model->library, result, ERR_INVALID, err);
}

/* ---- rows into tensors ---- */

static size_t column_of(const struct onnx_input *input, size_t index)
{
    return input->columns != NULL ? input->columns[index] : index;
}

static size_t element_bytes(enum ort_element element)
{
    switch (element) {
    case ORT_UINT8:
    case ORT_INT8:
    case ORT_BOOL:
        return 1;
    case ORT_UINT16:
    case ORT_INT16:
    case ORT_FLOAT16:
        return 2;
    case ORT_FLOAT:
    case ORT_INT32:
    case ORT_UINT32:
        return 4;
    case ORT_INT64:
    case ORT_DOUBLE:
    case ORT_UINT64:
    case ORT_UNDEFINED:
    case ORT_STRING:
        break;
    }
    return 8;
}

/* The whole numbers that the type holds: [low, high). A double has every bound below exactly. */
static void integer_range(enum ort_element element, double *ret_low, double *ret_high)
{
    bool is_signed = element == ORT_INT8 || element == ORT_INT16 || element == ORT_INT32 || element == ORT_INT64;
    int bits = (int)element_bytes(element) * 8;
    *ret_low = is_signed ? -ldexp(1, bits - 1) : 0;
    *ret_high = ldexp(1, is_signed ? bits - 1 : bits);
}

static enum status refuse_cell(const struct onnx_model *model, size_t row, size_t column, double value,
                               struct error *err)
{
    str name = model->runtime.info.inputs[column].name;
    if (isnan(value))
        return error_set(err, ERR_INVALID, "row %zu: \"%.*s\" is missing, and the model takes whole numbers there", row,
                         STR_ARG(name));
    return error_set(err, ERR_INVALID,
                     "row %zu: \"%.*s\" is %.17g, and the model takes whole numbers of its range there", row,
                     STR_ARG(name), value);
}

static void put_integer(void *to, enum ort_element element, size_t at, double value)
{
    if (element == ORT_UINT64) {
        ((uint64_t *)to)[at] = (uint64_t)value;
        return;
    }
    int64_t whole = (int64_t)value;
    memcpy((char *)to + at * element_bytes(element), &whole, element_bytes(element)); /* the low bytes come first */
}

static enum status fill_integers(const struct onnx_model *model, const struct onnx_input *input,
                                 const struct runtime_rows *rows, void *to, struct error *err)
{
    double low, high;
    size_t stride = model->runtime.info.input_count;
    integer_range(input->element, &low, &high);
    for (size_t row = 0, at = 0; row < rows->rows; row++) {
        for (size_t i = 0; i < input->width; i++, at++) {
            double value = rows->numbers[row * stride + column_of(input, i)];
            if (!(value >= low && value < high) || value != trunc(value))
                return refuse_cell(model, row, column_of(input, i), value, err);
            put_integer(to, input->element, at, value);
        }
    }
    return OK;
}

static enum status fill_bools(const struct onnx_model *model, const struct onnx_input *input,
                              const struct runtime_rows *rows, bool *to, struct error *err)
{
    size_t stride = model->runtime.info.input_count;
    for (size_t row = 0, at = 0; row < rows->rows; row++) {
        for (size_t i = 0; i < input->width; i++, at++) {
            double value = rows->numbers[row * stride + column_of(input, i)];
            if (isnan(value))
                return refuse_cell(model, row, column_of(input, i), value, err);
            to[at] = value != 0;
        }
    }
    return OK;
}

/* One matrix of all columns is the usual case and one loop without a branch. */
static void fill_floats(const struct onnx_model *model, const struct onnx_input *input, const struct runtime_rows *rows,
                        float *to)
{
    size_t stride = model->runtime.info.input_count;
    if (input->columns == NULL) {
        for (size_t i = 0; i < rows->rows * stride; i++)
            to[i] = (float)rows->numbers[i];
        return;
    }
    for (size_t row = 0; row < rows->rows; row++)
        for (size_t i = 0; i < input->width; i++)
            *to++ = (float)rows->numbers[row * stride + input->columns[i]];
}

static void fill_doubles(const struct onnx_model *model, const struct onnx_input *input,
                         const struct runtime_rows *rows,
                         double *to)
{
    size_t stride = model->runtime.info.input_count;
    for (size_t row = 0; row < rows->rows; row++)
        for (size_t i = 0; i < input->width; i++)
            *to++ = rows->numbers[row * stride + column_of(input, i)];
}

static enum status fill_numbers(const struct onnx_model *model, const struct onnx_input *input,
                                const struct runtime_rows *rows, void *to, struct error *err)
{
    if (input->element == ORT_BOOL)
        return fill_bools(model, input, rows, to, err);
    if (input->element != ORT_FLOAT && input->element != ORT_DOUBLE)
        return fill_integers(model, input, rows, to, err);
    if (input->element == ORT_FLOAT)
        fill_floats(model, input, rows, to);
    else
        fill_doubles(model, input, rows, to);
    return OK;
}

/* ONNX has no missing text; skl2onnx's imputers take the empty one for it. */
static enum status make_texts(const struct onnx_model *model, const struct onnx_input *input,
                              const struct runtime_rows *rows, struct arena *arena, struct ort_value **ret_value,
                              struct error *err)
{
    const struct ort_api *api = model->library->api;
    size_t stride = model->runtime.info.input_count, count = rows->rows * input->width;
    const char **texts = arena_array(arena, const char *, count);
    if (texts == NULL)
        return error_set(err, ERR_LIMIT, "%zu texts do not fit in memory", count);
    for (size_t row = 0, at = 0; row < rows->rows; row++) {
        for (size_t i = 0; i < input->width; i++, at++) {
            str text = rows->texts == NULL ? (str){ 0 } : rows->texts[row * stride + column_of(input, i)];
            texts[at] = text.data == NULL ? "" : arena_copy(arena, text).data;
        }
    }
    int64_t shape[ONNX_DIMENSIONS_MAX];
    memcpy(shape, input->shape, sizeof shape);
    shape[0] = (int64_t)rows->rows;
    TRY(check(model, api->create_tensor(model->library->allocator, shape, input->dimensions, ORT_STRING, ret_value),
              err));
    return check(model, api->fill_string_tensor(*ret_value, texts, count), err);
}

static enum status make_input(const struct onnx_model *model, const struct onnx_input *input,
                              const struct runtime_rows *rows, struct arena *arena, struct ort_value **ret_value,
                              struct error *err)
{
    if (input->element == ORT_STRING)
        return make_texts(model, input, rows, arena, ret_value, err);
    size_t bytes = rows->rows * input->width * element_bytes(input->element);
    void *data = NULL;
    if (input->element == ORT_DOUBLE && input->columns == NULL) {
        data = (void *)(uintptr_t)rows->numbers; /* as they are: the library only reads its inputs */
    } else {
        data = arena_try_array(arena, bytes, 1);
        if (data == NULL)
            return error_set(err, ERR_LIMIT, "a matrix of %zu rows does not fit in memory", rows->rows);
        TRY(fill_numbers(model, input, rows, data, err));
    }
    const struct ort_library *library = model->library;
    int64_t shape[ONNX_DIMENSIONS_MAX];
    memcpy(shape, input->shape, sizeof shape);
    shape[0] = (int64_t)rows->rows;
    return check(model, library->api->create_tensor_over(library->memory, data, bytes, shape, input->dimensions,
                                                         (int)input->element, ret_value), err);
}

/* ---- tensors into blocks ---- */

#define WIDEN(type)                                                                                                    \
    for (size_t i = 0; i < count; i++)                                                                                 \
        to[i] = (double)((const type *)from)[i];                                                                       \
    return

/* Whole numbers beyond 2^53 lose their last digits. */
static void widen(const void *from, enum ort_element element, size_t count, double *to)
{
    switch (element) {
    case ORT_FLOAT: WIDEN(float);
    case ORT_DOUBLE: WIDEN(double);
    case ORT_INT64: WIDEN(int64_t);
    case ORT_INT32: WIDEN(int32_t);
    case ORT_INT16: WIDEN(int16_t);
    case ORT_INT8: WIDEN(int8_t);
    case ORT_UINT64: WIDEN(uint64_t);
    case ORT_UINT32: WIDEN(uint32_t);
    case ORT_UINT16: WIDEN(uint16_t);
    case ORT_UINT8: WIDEN(uint8_t);
    case ORT_BOOL: WIDEN(bool);
    case ORT_UNDEFINED:
    case ORT_STRING:
    case ORT_FLOAT16:
        return;
    }
}

static enum status count_elements(const struct onnx_model *model, const struct ort_value *value, size_t *ret_count,
                                  struct error *err)
{
    const struct ort_api *api = model->library->api;
    struct ort_tensor_info *info;
    TRY(check(model, api->get_tensor_info(value, &info), err));
    enum status status = check(model, api->get_element_count(info, ret_count), err);
    api->release_tensor_info(info);
    return status;
}

/* The texts of a tensor, in the arena. */
static enum status read_texts(const struct onnx_model *model, const struct ort_value *value, size_t count,
                              struct arena *arena, const str **ret_texts, struct error *err)
{
    const struct ort_api *api = model->library->api;
    size_t bytes = 0;
    TRY(check(model, api->get_string_tensor_bytes(value, &bytes), err));
    char *data = arena_try_array(arena, bytes + 1, 1);
    size_t *offsets = arena_array(arena, size_t, count + 1);
    str *texts = arena_array(arena, str, count + 1);
    if (data == NULL || offsets == NULL || texts == NULL)
        return error_set(err, ERR_LIMIT, "%zu texts do not fit in memory", count);
    TRY(check(model, api->get_string_tensor(value, data, bytes, offsets, count), err));
    offsets[count] = bytes;
    for (size_t i = 0; i < count; i++)
        texts[i] = (str){ data + offsets[i], offsets[i + 1] - offsets[i] };
    *ret_texts = texts;
    return OK;
}

/* `block` comes with what is known before: the rows. */
static enum status read_tensor(const struct onnx_model *model, enum ort_element element, struct ort_value *value,
                               struct arena *arena, struct onnx_block *block, struct error *err)
{
    size_t count = 0;
    TRY(count_elements(model, value, &count, err));
    if (count == 0 || count % block->rows != 0)
        return OK; /* something about the model, not about the rows */
    if (element == ORT_STRING) {
        TRY(read_texts(model, value, count, arena, &block->texts, err));
        block->columns = count / block->rows;
        return OK;
    }
    void *data = NULL;
    double *numbers = arena_array(arena, double, count);
    if (numbers == NULL)
        return error_set(err, ERR_LIMIT, "%zu outputs do not fit in memory", count);
    TRY(check(model, model->library->api->get_tensor_data(value, &data), err));
    widen(data, element, count, numbers);
    block->numbers = numbers;
    block->columns = count / block->rows;
    return OK;
}

/* Part `index` of a sequence or map: 0 = a map's keys, 1 = its values. */
static enum status get_part(const struct onnx_model *model, const struct ort_value *whole, size_t index,
                            struct ort_value **ret_part, struct error *err)
{
    return check(model, model->library->api->get_value(whole, (int)index, model->library->allocator, ret_part), err);
}

/* Maps into a matrix; the first row's map tells its width. */
struct map_matrix {
    size_t rows, columns;
    double *numbers; /* [rows * columns], NULL before the first row */
    struct arena *arena;
};

static enum status widen_matrix(struct map_matrix *matrix, size_t row, size_t count, struct error *err)
{
    if (matrix->numbers == NULL) {
        matrix->columns = count;
        matrix->numbers = arena_array(matrix->arena, double, matrix->rows * count);
    }
    if (matrix->numbers == NULL)
        return error_set(err, ERR_LIMIT, "%zu x %zu probabilities do not fit in memory", matrix->rows, count);
    if (count != matrix->columns)
        return error_set(err, ERR_INVALID, "the model gave %zu classes for row %zu and %zu before", count, row,
                         matrix->columns);
    return OK;
}

/* The probabilities of one row: floats, in the order of the maps' keys, which are the same in every row. */
static enum status read_map(const struct onnx_model *model, const struct ort_value *map, size_t row,
                            struct map_matrix *matrix, struct error *err)
{
    const struct ort_api *api = model->library->api;
    struct ort_value *values;
    TRY(get_part(model, map, 1, &values, err));
    size_t count = 0;
    void *data = NULL;
    enum status status = count_elements(model, values, &count, err);
    if (status == OK)
        status = widen_matrix(matrix, row, count, err);
    if (status == OK)
        status = check(model, api->get_tensor_data(values, &data), err);
    if (status == OK)
        widen(data, ORT_FLOAT, count, matrix->numbers + row * count);
    api->release_value(values);
    return status;
}

static enum status read_maps(const struct onnx_model *model, const struct ort_value *sequence, struct arena *arena,
                             struct onnx_block *block, struct error *err)
{
    const struct ort_api *api = model->library->api;
    struct map_matrix matrix = { .rows = block->rows, .arena = arena };
    size_t count = 0;
    TRY(check(model, api->get_value_count(sequence, &count), err));
    if (count != block->rows)
        return OK;
    for (size_t row = 0; row < block->rows; row++) {
        struct ort_value *map;
        TRY(get_part(model, sequence, row, &map, err));
        enum status status = read_map(model, map, row, &matrix, err);
        api->release_value(map);
        TRY(status);
    }
    block->columns = matrix.columns;
    block->numbers = matrix.numbers;
    return OK;
}

/* ---- the call ---- */

struct call {
    const struct onnx_model *model;
    struct ort_value **inputs, **outputs;
};

static void call_done(struct call *call)
{
    const struct ort_api *api = call->model->library->api;
    for (size_t i = 0; i < call->model->input_count; i++)
        if (call->inputs[i] != NULL)
            api->release_value(call->inputs[i]);
    for (size_t i = 0; i < call->model->output_count; i++)
        if (call->outputs[i] != NULL)
            api->release_value(call->outputs[i]);
}

/* Inputs made and the library run; on return, `call` holds what must be released. */
static enum status run_call(struct call *call, const struct runtime_rows *rows, struct arena *arena, struct error *err)
{
    const struct onnx_model *model = call->model;
    for (size_t i = 0; i < model->input_count; i++)
        TRY(make_input(model, &model->inputs[i], rows, arena, &call->inputs[i], err));
    return check(model, model->library->api->run(model->session, NULL, model->input_names,
                                                 (const struct ort_value *const *)call->inputs, model->input_count,
                                                 model->output_names, model->output_count, call->outputs), err);
}

static void call_init(struct call *call, const struct onnx_model *model, struct arena *arena)
{
    *call = (struct call){
        .model = model,
        .inputs = arena_alloc(arena, model->input_count * sizeof *call->inputs),
        .outputs = arena_alloc(arena, model->output_count * sizeof *call->outputs),
    };
}

enum status onnx_run(const struct onnx_model *model, const struct runtime_rows *rows, struct arena *arena,
                     struct onnx_block *blocks, struct error *err)
{
    CLEANUP(call_done) struct call call;
    call_init(&call, model, arena);
    TRY(run_call(&call, rows, arena, err));
    for (size_t i = 0; i < model->output_count; i++) {
        const struct onnx_output *output = &model->outputs[i];
        blocks[i] = (struct onnx_block){ .rows = rows->rows };
        if (output->is_maps)
            TRY(read_maps(model, call.outputs[i], arena, &blocks[i], err));
        else if (output->element != ORT_UNDEFINED)
            TRY(read_tensor(model, output->element, call.outputs[i], arena, &blocks[i], err));
    }
    return OK;
}

/* A tensor of keys as texts. */
static enum status read_keys(const struct onnx_model *model, enum ort_element element, struct ort_value *keys,
                             struct arena *arena, const str **ret_names, size_t *ret_count, struct error *err)
{
    TRY(count_elements(model, keys, ret_count, err));
    if (element == ORT_STRING)
        return read_texts(model, keys, *ret_count, arena, ret_names, err);
    void *data = NULL;
    TRY(check(model, model->library->api->get_tensor_data(keys, &data), err));
    str *names = arena_array(arena, str, *ret_count + 1);
    if (names == NULL)
        return error_set(err, ERR_LIMIT, "%zu classes do not fit in memory", *ret_count);
    for (size_t i = 0; i < *ret_count; i++)
        names[i] = arena_printf(arena, "%lld", (long long)((const int64_t *)data)[i]);
    *ret_names = names;
    return OK;
}

enum status onnx_map_keys(const struct onnx_model *model, const struct runtime_rows *row, size_t output,
                          struct arena *arena, const str **ret_names, size_t *ret_count, struct error *err)
{
    CLEANUP(call_done) struct call call;
    call_init(&call, model, arena);
    TRY(run_call(&call, row, arena, err));
    struct ort_value *map, *keys;
    TRY(get_part(model, call.outputs[output], 0, &map, err));
    enum status status = get_part(model, map, 0, &keys, err);
    if (status == OK) {
        status = read_keys(model, model->outputs[output].element, keys, arena, ret_names, ret_count, err);
        model->library->api->release_value(keys);
    }
    model->library->api->release_value(map);
    return status;
}
