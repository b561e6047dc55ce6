/* data/read_fuzz.c - any bytes as a CSV, Parquet or JSON file. What is accepted must be a sound frame, and the same
 * one when it is read again; what is refused must have a reason. */
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "data/read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_BYTES_MAX ((size_t)1 << 16)

static void must(bool condition)
{
    if (!condition)
        abort();
}

static void check_category(const struct column *column)
{
    for (size_t i = 0; i < column->category_count; i++) {
        must(str_is_utf8(column->categories[i], NULL));
        must(i == 0 || str_compare(column->categories[i - 1], column->categories[i]) < 0);
    }
    for (size_t row = 0; row < column->rows; row++)
        must(column->codes[row] == FRAME_MISSING || column->codes[row] < column->category_count);
}

static size_t count_missing(const struct column *column)
{
    size_t missing = 0;
    for (size_t row = 0; row < column->rows; row++) {
        if (column->storage == STORAGE_NUMBER)
            missing += column->f64[row] != column->f64[row];
        else if (column->storage == STORAGE_CATEGORY)
            missing += column->codes[row] == FRAME_MISSING;
        else
            missing += column->us[row] == FRAME_TIME_MISSING;
    }
    return missing;
}

static void check_frame(const struct frame *frame)
{
    must(frame->rows > 0);
    for (size_t i = 0; i < frame->column_count; i++) {
        const struct column *column = &frame->columns[i];
        must(column->rows == frame->rows && str_is_utf8(column->name, NULL));
        if (column->storage == STORAGE_CATEGORY)
            check_category(column);
        must(count_missing(column) == column->missing);
        must(column->note == NULL || str_is_utf8(str_of(column->note), NULL));
    }
}

static bool same_cells(const struct frame *a, const struct frame *b)
{
    if (a->rows != b->rows || a->column_count != b->column_count)
        return false;
    for (size_t i = 0; i < a->column_count; i++) {
        const struct column *left = &a->columns[i], *right = &b->columns[i];
        size_t value_bytes = left->storage == STORAGE_CATEGORY ? sizeof *left->codes : sizeof *left->f64;
        if (left->storage != right->storage || left->missing != right->missing ||
            left->category_count != right->category_count)
            return false;
        if (left->missing == 0 && memcmp(left->f64, right->f64, a->rows * value_bytes) != 0)
            return false;
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* The first byte picks the format, so that one corpus serves all three. */
    static const enum read_format formats[] = { READ_FORMAT_CSV, READ_FORMAT_PARQUET, READ_FORMAT_JSON,
                                                READ_FORMAT_AUTO };
    if (size < 2 || size > INPUT_BYTES_MAX)
        return 0;
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    must(fd >= 0 && write(fd, data + 1, size - 1) == (ssize_t)(size - 1));
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct read_options options = { .path = str_of(path), .format = formats[data[0] % COUNT(formats)],
                                    .bytes_max = (size_t)1 << 24 };
    struct error err = { 0 };
    struct frame *frame = NULL, *again = NULL;
    if (read_table(&options, &frame, &err) != OK) {
        must(err.status != OK && err.cause[0] != '\0');
    } else {
        check_frame(frame);
        must(read_table(&options, &again, &err) == OK && same_cells(frame, again));
    }
    frame_free(frame);
    frame_free(again);
    close(fd);
    return 0;
}
