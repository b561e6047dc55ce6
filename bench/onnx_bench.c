/* bench/onnx_bench.c - what our side of a prediction costs beside ONNX Runtime's bare Run of the same row.
 *
 *     onnx_bench [MODEL_FOLDER [CALLS]]
 *
 * Bare: the input tensor is made once, outputs are released and not looked at. Ours: runtime->predict, from a row of
 * doubles to labels and probabilities in an arena. The two take turns in blocks, so that both see the same machine. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/number.h"
#include "serve/onnx/onnx_model.h"
#include "serve/onnx/onnx_runtime.h"

#define BLOCK 64

static void must(enum status status, const struct error *err)
{
    if (status == OK)
        return;
    fprintf(stderr, "onnx_bench: %s: %s\n", err->context, err->cause);
    exit(1);
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double quantile(double *values, size_t count, double share)
{
    qsort(values, count, sizeof *values, by_value);
    return values[(size_t)(share * (double)(count - 1))];
}

/* One bare call with inputs that are there already. */
static void run_bare(const struct onnx_model *model, struct ort_value **inputs, struct ort_value **outputs)
{
    const struct ort_api *api = model->library->api;
    struct error err = { 0 };
    for (size_t i = 0; i < model->output_count; i++)
        outputs[i] = NULL;
    ort_result ran = api->run(model->session, NULL, model->input_names, (const struct ort_value *const *)inputs,
                              model->input_count, model->output_names, model->output_count, outputs);
    must(ort_check(model->library, ran, ERR_INVALID, &err), &err);
    for (size_t i = 0; i < model->output_count; i++)
        api->release_value(outputs[i]);
}

static struct ort_value **make_inputs(const struct onnx_model *model, struct arena *arena)
{
    struct error err = { 0 };
    struct ort_value **inputs = arena_alloc(arena, model->input_count * sizeof *inputs);
    for (size_t i = 0; i < model->input_count; i++) {
        const struct onnx_input *input = &model->inputs[i];
        int64_t shape[ONNX_DIMENSIONS_MAX];
        memcpy(shape, input->shape, sizeof shape);
        shape[0] = 1;
        void *zeros = arena_alloc(arena, input->width * sizeof(double));
        size_t bytes = input->width * (input->element == ORT_FLOAT ? sizeof(float) : sizeof(double));
        const struct ort_library *library = model->library;
        ort_result made = library->api->create_tensor_over(library->memory, zeros, bytes, shape, input->dimensions,
                                                           (int)input->element, &inputs[i]);
        must(ort_check(library, made, ERR_INVALID, &err), &err);
    }
    return inputs;
}

static void time_bare(const struct onnx_model *model, struct ort_value **inputs, struct ort_value **outputs, double *ns)
{
    for (size_t i = 0; i < BLOCK; i++) {
        int64_t start = clock_monotonic_ns();
        run_bare(model, inputs, outputs);
        ns[i] = (double)(clock_monotonic_ns() - start);
    }
}

/* The arena is one that is in use already, as a request's is. */
static void time_ours(struct runtime *runtime, const double *row, double *ns)
{
    struct arena arena;
    struct error err = { 0 };
    arena_init(&arena, 0);
    for (size_t i = 0; i < BLOCK; i++) {
        struct runtime_answer answer;
        struct runtime_rows rows = { 1, row, NULL };
        int64_t start = clock_monotonic_ns();
        must(runtime->methods->predict(runtime, &rows, &arena, &answer, &err), &err);
        ns[i] = (double)(clock_monotonic_ns() - start);
    }
    arena_done(&arena);
}

int main(int argc, char **argv)
{
    struct arena arena;
    struct error err = { 0 };
    struct mlmodel description;
    struct runtime *runtime;
    int64_t calls = 20000;
    arena_init(&arena, 0);
    if (argc > 2)
        (void)number_parse_i64(str_of(argv[2]), &calls); /* what is no number leaves the default */
    must(mlmodel_read(argc > 1 ? argv[1] : "tests/models/onnx_forest_text", &arena, &description, &err), &err);
    must(runtime_onnx_load(&description, &runtime, &err), &err);
    const struct onnx_model *model = (const struct onnx_model *)runtime;
    struct ort_value **inputs = make_inputs(model, &arena);
    struct ort_value **outputs = arena_alloc(&arena, model->output_count * sizeof *outputs);
    double *row = arena_array(&arena, double, runtime->info.input_count);
    double *bare_ns = arena_array(&arena, double, (size_t)calls), *ours_ns = arena_array(&arena, double, (size_t)calls);
    if (row == NULL || bare_ns == NULL || ours_ns == NULL)
        return 1;
    for (int64_t block = 0; block + BLOCK <= calls; block += BLOCK) {
        time_bare(model, inputs, outputs, bare_ns + block);
        time_ours(runtime, row, ours_ns + block);
    }
    calls -= calls % BLOCK;
    double bare = quantile(bare_ns, (size_t)calls, 0.5), ours = quantile(ours_ns, (size_t)calls, 0.5);
    printf("ONNX Runtime %s, %s\n", model->library->version, description.folder.data);
    printf("bare Run p50 %.2f us, p99 %.2f us; predict p50 %.2f us, p99 %.2f us; ours on top %.2f us\n", bare / 1000,
           quantile(bare_ns, (size_t)calls, 0.99) / 1000, ours / 1000, quantile(ours_ns, (size_t)calls, 0.99) / 1000,
           (ours - bare) / 1000);
    return 0;
}
