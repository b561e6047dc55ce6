/* serve/pyfunc/pyfunc_frame_fuzz.c - any bytes as a worker's frame. What is accepted has all its cells, and is the same
 * when it is read again; what is refused has a reason. The first byte says how many rows were asked for. */
#include <stdint.h>

#include "serve/pyfunc/pyfunc_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ARENA_BYTES_MAX ((size_t)64 << 20)

static void must(bool condition)
{
    if (!condition)
        abort();
}

static void check_outputs(const struct pyfunc_answer *answer, size_t rows, double *sum)
{
    must(answer->output_count > 0 && (answer->shares != NULL) == (answer->class_count > 0));
    for (size_t i = 0; i < answer->output_count; i++) {
        const struct runtime_output *output = &answer->outputs[i];
        must(output->columns > 0 && (output->numbers != NULL) != (output->texts != NULL));
        for (size_t cell = 0; cell < rows * output->columns; cell++) {
            if (output->texts != NULL)
                must(str_is_utf8(output->texts[cell], NULL));
            else
                *sum += output->numbers[cell] > 0;
        }
    }
    for (size_t cell = 0; cell < rows * answer->class_count; cell++)
        *sum += answer->shares[cell] > 0;
}

static void check_ready(str frame, struct arena *arena)
{
    struct error err = { 0 };
    struct pyfunc_facts facts;
    if (pyfunc_frame_ready(frame, arena, &facts, &err) != OK) {
        must(err.cause[0] != '\0');
        return;
    }
    for (size_t i = 0; i < facts.class_count; i++)
        must(str_is_utf8(facts.classes[i], NULL));
    must(!facts.has_names || facts.features != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    size_t rows = data[0];
    str frame = { (const char *)data + 1, size - 1 };
    struct arena arena;
    arena_init(&arena, ARENA_BYTES_MAX);
    check_ready(frame, &arena);
    double sum = 0, again_sum = 0;
    struct error err = { 0 };
    struct pyfunc_answer answer, again;
    enum status status = pyfunc_frame_answer(frame, rows, &arena, &answer, &err);
    must((status == OK) == (err.cause[0] == '\0'));
    if (status == OK) {
        check_outputs(&answer, rows, &sum);
        must(pyfunc_frame_answer(frame, rows, &arena, &again, &err) == OK);
        check_outputs(&again, rows, &again_sum);
        must(sum == again_sum);
    }
    arena_done(&arena);
    return 0;
}
