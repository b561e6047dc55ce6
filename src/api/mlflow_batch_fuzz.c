/* Bodies of log-batch: what is read has a run and stays within the request; what is refused has a reason. */
#include <assert.h>

#include "api/mlflow_run_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_batch(const struct run_batch *batch)
{
    for (size_t i = 0; i < batch->metric_count && i <= RUN_BATCH_METRICS_MAX; i++)
        assert(!str_is_empty(batch->metrics[i].key));
    for (size_t i = 0; i < batch->param_count; i++)
        assert(!str_is_empty(batch->params[i].key) &&
               str_find(batch->params[i].value, '\0') == batch->params[i].value.size);
    for (size_t i = 0; i < batch->tag_count; i++)
        assert(!str_is_empty(batch->tags[i].key));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct http_header headers[] = { { { "Content-Type", 12 },
                                                    { "application/json; charset=utf-8", 31 } } };
    struct arena arena;
    struct mlflow_fields fields;
    struct run_batch batch = { 0 };
    struct error err = { 0 };
    str run_id = { 0 };
    arena_init(&arena, (size_t)64 << 20);
    struct http_request request = { .method = STR("POST"), .body = { (const char *)data, size }, .headers = headers,
                                    .header_count = 1, .arena = &arena };
    enum status status = mlflow_read_request(&request, &fields, &err);
    assert(status == OK);
    if (mlflow_read_batch(&fields, &run_id, &batch, &err) == OK) {
        assert(!str_is_empty(run_id));
        check_batch(&batch);
    } else {
        assert(err.cause[0] != '\0');
    }
    arena_done(&arena);
    return 0;
}
