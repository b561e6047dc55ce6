/* data/parquet_read_fuzz.c - any bytes as a Parquet file, without DuckDB behind. What is accepted must be a sound
 * frame, and the same one when it is read again. */
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "data/parquet_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_BYTES_MAX ((size_t)1 << 16)
/* A run of a few bytes may stand for billions of rows, which are no error but take their time. */
#define ROWS_MAX ((size_t)1 << 20)

static void must(bool condition)
{
    if (!condition)
        abort();
}

static void check_column(const struct column *column, const struct column *again)
{
    size_t missing = 0;
    must(column->rows == again->rows && column->missing == again->missing && str_is_utf8(column->name, NULL));
    must(column->storage == again->storage && column->category_count == again->category_count);
    for (size_t row = 0; row < column->rows; row++) {
        if (column->storage == STORAGE_CATEGORY) {
            must(column->codes[row] == again->codes[row]);
            must(column->codes[row] == FRAME_MISSING || column->codes[row] < column->category_count);
            missing += column->codes[row] == FRAME_MISSING;
        } else if (column->storage == STORAGE_TIME) {
            must(column->us[row] == again->us[row]);
            missing += column->us[row] == FRAME_TIME_MISSING;
        } else {
            missing += column->f64[row] != column->f64[row];
        }
    }
    must(missing == column->missing);
    for (size_t i = 0; i < column->category_count; i++)
        must(str_is_utf8(column->categories[i], NULL) && str_equal(column->categories[i], again->categories[i]));
}

static void check_file(const struct input *input)
{
    struct read_options options = { .path = STR("fuzz") };
    CLEANUP(frame_free_slot) struct frame *frame = NULL;
    CLEANUP(frame_free_slot) struct frame *again = NULL;
    if (!parquet_read(&options, input, &frame))
        return;
    must(frame->rows > 0 && frame->column_count > 0 && parquet_read(&options, input, &again));
    must(frame->rows == again->rows && frame->column_count == again->column_count);
    for (size_t i = 0; frame->rows <= ROWS_MAX && i < frame->column_count; i++)
        check_column(&frame->columns[i], &again->columns[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* The corpus is read_fuzz's: the first byte says which format the rest is. */
    if (size < 2 || size > INPUT_BYTES_MAX)
        return 0;
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    must(fd >= 0 && write(fd, data + 1, size - 1) == (ssize_t)(size - 1));
    check_file(&(struct input){ .name = STR("fuzz"), .path = STR("fuzz"), .fd = fd, .bytes = size - 1 });
    close(fd);
    return 0;
}
