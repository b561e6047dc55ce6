#include "serve/onnx/onnx_model.h"

static enum status check(const struct onnx_model *model, ort_result result, struct error *err)
{
    return ort_check(model->library, result, ERR_INVALID, err);
}

static enum status take_name(struct onnx_model *model, ort_result result, char *name, const char **ret_name,
                             struct error *err)
{
    TRY(check(model, result, err));
    const struct ort_library *library = model->library;
    *ret_name = arena_copy(&model->arena, str_of(name)).data;
    return check(model, library->api->allocator_free(library->allocator, name), err);
}

static bool is_supported(enum ort_element element)
{
    switch (element) {
    case ORT_FLOAT:
    case ORT_DOUBLE:
    case ORT_UINT8:
    case ORT_INT8:
    case ORT_UINT16:
    case ORT_INT16:
    case ORT_INT32:
    case ORT_INT64:
    case ORT_UINT32:
    case ORT_UINT64:
    case ORT_STRING:
    case ORT_BOOL:
        return true;
    case ORT_UNDEFINED:
    case ORT_FLOAT16:
        return false;
    }
    return false; /* the narrow floats behind them */
}

/* Element type and shape of a tensor's type. */
static enum status read_tensor_type(const struct onnx_model *model, const struct ort_type_info *type,
                                    struct onnx_input *input, struct error *err)
{
    const struct ort_api *api = model->library->api;
    const struct ort_tensor_info *tensor = NULL;
    int element = ORT_UNDEFINED;
    TRY(check(model, api->get_tensor_type(type, &tensor), err));
    if (tensor == NULL)
        return error_set(err, ERR_INVALID, "input \"%s\" is no tensor", input->name);
    TRY(check(model, api->get_element(tensor, &element), err));
    TRY(check(model, api->get_dimension_count(tensor, &input->dimensions), err));
    input->element = (enum ort_element)element;
    if (!is_supported(input->element))
        return error_set(err, ERR_INVALID, "input \"%s\" has elements of ONNX type %d, which rows cannot carry",
                         input->name,
                         element);
    if (input->dimensions == 0 || input->dimensions > ONNX_DIMENSIONS_MAX)
        return error_set(err, ERR_INVALID, "input \"%s\" has %zu dimensions; 1 (rows) to %d are taken", input->name,
                         input->dimensions, ONNX_DIMENSIONS_MAX);
    return check(model, api->get_dimensions(tensor, input->shape, input->dimensions), err);
}

/* Columns are what lies behind the first dimension; one of them may be open, and then the whole is. */
static enum status measure_width(struct onnx_input *input, struct error *err)
{
    size_t width = 1;
    for (size_t i = 1; i < input->dimensions; i++) {
        if (input->shape[i] <= 0 && input->dimensions > 2)
            return error_set(err, ERR_INVALID, "input \"%s\" leaves more than its rows and columns open", input->name);
        if (input->shape[i] > (int64_t)ONNX_COLUMNS_MAX || (width *= (size_t)MAX_OF(input->shape[i],
                                                                                    0)) > ONNX_COLUMNS_MAX)
            return error_set(err, ERR_INVALID, "input \"%s\" is wider than %zu columns", input->name, ONNX_COLUMNS_MAX);
    }
    input->width = width;
    return OK;
}

static enum status read_input(struct onnx_model *model, size_t index, struct error *err)
{
    const struct ort_api *api = model->library->api;
    struct onnx_input *input = &model->inputs[index];
    char *name = NULL;
    ort_result named = api->get_input_name(model->session, index, model->library->allocator, &name);
    TRY(take_name(model, named, name, &input->name, err));
    struct ort_type_info *type;
    TRY(check(model, api->get_input_type(model->session, index, &type), err));
    enum status status = read_tensor_type(model, type, input, err);
    api->release_type_info(type);
    TRY(status);
    TRY(measure_width(input, err));
    if (input->shape[0] > 0) {
        size_t rows = (size_t)input->shape[0];
        if (model->batch_rows != 0 && model->batch_rows != rows)
            return error_set(err, ERR_INVALID, "inputs of %zu and of %zu rows", model->batch_rows, rows);
        model->batch_rows = rows;
    }
    model->input_names[index] = input->name;
    return OK;
}

/* A sequence's element, if that is a map from numbers or texts. */
static enum status read_maps(const struct onnx_model *model, const struct ort_type_info *type,
                             struct onnx_output *output, struct error *err)
{
    const struct ort_api *api = model->library->api;
    const struct ort_map_info *map = NULL;
    int key = ORT_UNDEFINED;
    TRY(check(model, api->get_map_type(type, &map), err));
    if (map == NULL)
        return OK;
    TRY(check(model, api->get_map_key(map, &key), err));
    output->element = (enum ort_element)key;
    output->is_maps = key == ORT_INT64 || key == ORT_STRING;
    return OK;
}

static enum status read_sequence(const struct onnx_model *model, const struct ort_type_info *type,
                                 struct onnx_output *output, struct error *err)
{
    const struct ort_api *api = model->library->api;
    const struct ort_sequence_info *sequence = NULL;
    TRY(check(model, api->get_sequence_type(type, &sequence), err));
    if (sequence == NULL)
        return OK;
    struct ort_type_info *element;
    TRY(check(model, api->get_sequence_element(sequence, &element), err));
    enum status status = read_maps(model, element, output, err);
    api->release_type_info(element);
    return status;
}

static enum status read_output_type(const struct onnx_model *model, const struct ort_type_info *type,
                                    struct onnx_output *output, struct error *err)
{
    const struct ort_api *api = model->library->api;
    int kind = ORT_KIND_UNKNOWN, element = ORT_UNDEFINED;
    TRY(check(model, api->get_kind(type, &kind), err));
    if (kind == ORT_KIND_SEQUENCE)
        return read_sequence(model, type, output, err);
    if (kind != ORT_KIND_TENSOR)
        return OK;
    const struct ort_tensor_info *tensor = NULL;
    TRY(check(model, api->get_tensor_type(type, &tensor), err));
    if (tensor != NULL)
        TRY(check(model, api->get_element(tensor, &element), err));
    output->element = (enum ort_element)element;
    return OK;
}

static enum status read_output(struct onnx_model *model, size_t index, struct error *err)
{
    const struct ort_api *api = model->library->api;
    struct onnx_output *output = &model->outputs[index];
    char *name = NULL;
    ort_result named = api->get_output_name(model->session, index, model->library->allocator, &name);
    TRY(take_name(model, named, name, &output->name, err));
    struct ort_type_info *type;
    TRY(check(model, api->get_output_type(model->session, index, &type), err));
    enum status status = read_output_type(model, type, output, err);
    api->release_type_info(type);
    TRY(status);
    model->output_names[index] = output->name;
    return OK;
}

enum status onnx_graph_read(struct onnx_model *model, struct error *err)
{
    const struct ort_api *api = model->library->api;
    TRY(check(model, api->get_input_count(model->session, &model->input_count), err));
    TRY(check(model, api->get_output_count(model->session, &model->output_count), err));
    if (model->input_count == 0 || model->output_count == 0 || model->input_count > ONNX_COLUMNS_MAX ||
        model->output_count > ONNX_COLUMNS_MAX)
        return error_set(err, ERR_INVALID, "a graph of %zu inputs and %zu outputs", model->input_count,
                         model->output_count);
    model->inputs = arena_alloc(&model->arena, model->input_count * sizeof *model->inputs);
    model->input_names = arena_alloc(&model->arena, model->input_count * sizeof *model->input_names);
    model->outputs = arena_alloc(&model->arena, model->output_count * sizeof *model->outputs);
    model->output_names = arena_alloc(&model->arena, model->output_count * sizeof *model->output_names);
    for (size_t i = 0; i < model->input_count; i++)
        TRY(read_input(model, i, err));
    for (size_t i = 0; i < model->output_count; i++)
        TRY(read_output(model, i, err));
    return OK;
}
