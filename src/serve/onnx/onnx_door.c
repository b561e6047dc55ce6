/* serve/onnx/onnx_door.c - what tests/differential/test_onnx.py loads: a model folder, rows of numbers, answers. */
#include <math.h>

#include "base/mem.h"
#include "serve/onnx/onnx_runtime.h"

struct onnx_door {
    struct arena arena;
    struct mlmodel model;
    struct runtime *runtime;
};

void *onnx_door_open(const char *folder, char *text, size_t text_bytes);
void onnx_door_close(void *handle);
size_t onnx_door_classes(void *handle);
const char *onnx_door_class(void *handle, size_t index);
int onnx_door_predict(void *handle, size_t rows, const double *numbers, double *values, double *probabilities,
                      char *text,
                      size_t text_bytes);

void onnx_door_close(void *handle)
{
    struct onnx_door *door = handle;
    if (door->runtime != NULL)
        door->runtime->methods->free(door->runtime);
    arena_done(&door->arena);
    mem_free(door);
}

void *onnx_door_open(const char *folder, char *text, size_t text_bytes)
{
    struct onnx_door *door = mem_must(sizeof *door);
    struct error err = { 0 };
    arena_init(&door->arena, 0);
    if (mlmodel_read(folder, &door->arena, &door->model, &err) == OK &&
        runtime_onnx_load(&door->model, &door->runtime, &err) == OK)
        return door;
    (void)error_text(&err, text, text_bytes); /* returns the same text */
    onnx_door_close(door);
    return NULL;
}

size_t onnx_door_classes(void *handle)
{
    return ((struct onnx_door *)handle)->runtime->info.class_count;
}

const char *onnx_door_class(void *handle, size_t index)
{
    struct onnx_door *door = handle;
    return arena_copy(&door->arena, door->runtime->info.class_names[index]).data; /* terminated */
}

/* values[rows]; probabilities[rows * classes], NaN where the model gives none. 0, or 1 and a text. */
int onnx_door_predict(void *handle, size_t rows, const double *numbers, double *values, double *probabilities,
                      char *text,
                      size_t text_bytes)
{
    struct onnx_door *door = handle;
    struct runtime_rows given = { rows, numbers, NULL };
    struct runtime_answer answer;
    struct error err = { 0 };
    struct arena arena;
    arena_init(&arena, 0);
    enum status status = door->runtime->methods->predict(door->runtime, &given, &arena, &answer, &err);
    for (size_t i = 0; status == OK && i < rows; i++)
        values[i] = answer.values[i];
    for (size_t i = 0; status == OK && i < rows * door->runtime->info.class_count; i++)
        probabilities[i] = answer.probabilities == NULL ? NAN : answer.probabilities[i];
    if (status != OK)
        (void)error_text(&err, text, text_bytes); /* returns the same text */
    arena_done(&arena);
    return status != OK;
}
