/* serve/onnx/onnx_classes_fuzz.c - any bytes as an ONNX file. A list of classes that is found has the length asked for,
 * and is found again. */
#include <stdint.h>

#include "serve/onnx/onnx_classes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CLASSES_MAX 5

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str model = { (const char *)data, size };
    struct arena arena;
    arena_init(&arena, (size_t)64 << 20);
    for (size_t count = 0; count <= CLASSES_MAX; count++) {
        const str *names, *again;
        onnx_classes_find(model, count, &arena, &names);
        onnx_classes_find(model, count, &arena, &again);
        if ((names == NULL) != (again == NULL) || (count == 0 && names != NULL))
            abort();
        for (size_t i = 0; names != NULL && i < count; i++)
            if (names[i].data == NULL || !str_equal(names[i], again[i]))
                abort();
    }
    arena_done(&arena);
    return 0;
}
