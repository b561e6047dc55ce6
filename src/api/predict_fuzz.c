/* Bodies of POST /predict, /invocations (JSON and CSV): the first byte picks the form and the model.
 *
 * What is accepted has rows within bounds, cells that their columns can hold, ids that fit; what is refused has a
 * reason. */
#include <assert.h>
#include <stdlib.h>

#include "api/predict_routes.h"
#include "serve/fake_runtime.h"
#include "serve/scoring_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_cells(const struct row_reader *reader)
{
    const struct row_schema *schema = reader->schema;
    if (reader->rows > ROWS_MAX)
        abort();
    for (size_t i = 0; i < reader->rows * schema->count; i++) {
        const struct field *field = &schema->inputs[i % schema->count];
        double number = reader->numbers[i];
        bool is_whole = field->type == FIELD_LONG || field->type == FIELD_INTEGER;
        if (is_whole && number == number && number != (double)(__int128)number)
            abort(); /* a fraction in a column of whole numbers */
        if (field->type == FIELD_BOOLEAN && number == number && number != 0 && number != 1)
            abort();
        if (__builtin_isinf(number))
            abort(); /* no body can spell an infinity */
    }
}

static enum status read_form(struct predict_call *call, unsigned form, struct error *err)
{
    call->rows.is_lenient = form != 0;
    if (form == 0)
        return predict_body_read(call, err);
    return form == 1 ? scoring_input_json(&call->rows, call->request->body) : scoring_input_csv(&call->rows, call->request->body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct runtime *models[2];
    struct mlmodel described;
    struct error err = { 0 };
    struct arena arena;
    struct row_schema schema;
    struct http_request request = { 0 };
    struct predict_call call = { .request = &request };
    if (size == 0)
        return 0;
    for (size_t i = 0; i < COUNT(models) && models[i] == NULL; i++)
        if (fake_runtime_load(i == 0 ? "sum" : "mixed", (str){ 0 }, NULL, NULL, &described, &models[i], &err) != OK)
            abort();
    arena_init(&arena, (size_t)256 << 20);
    request.arena = &arena;
    request.body = (str){ (const char *)data + 1, size - 1 };
    if (row_schema_init(&schema, &models[data[0] >> 4 & 1]->info, &arena, &err) != OK ||
        row_reader_init(&call.rows, &schema, &arena, &err) != OK)
        abort();
    enum status status = read_form(&call, data[0] % 3, &err);
    if (status == OK)
        check_cells(&call.rows);
    else if (err.cause[0] == '\0')
        abort(); /* refused without a reason */
    arena_done(&arena);
    return 0;
}
