/* data/input.h - the bytes behind a path: opened, decompressed, and where wanted in memory.
 *
 * Inside data/ only. What is compressed or comes from a pipe is spooled to an anonymous file in memory first,
 * bounded by the caller: readers may then seek, and read twice. */
#ifndef DATA_INPUT_H
#define DATA_INPUT_H

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"

struct input {
    str name;     /* as the user wrote it, for messages */
    str path;     /* what another library can open: `name`, or "/proc/self/fd/N" */
    int fd;
    size_t bytes;        /* after decompression */
    size_t bytes_max;
    bool is_spooled;     /* an anonymous file that only we know */
    const char *content; /* [bytes]; NULL before input_load, and for an empty file */
    size_t mapped_bytes; /* behind `content`; more than `bytes` where the file became shorter meanwhile */
};

/* Opens one file, or stdin for "-". gzip and zstd are recognized by their first bytes. ERR_NOT_FOUND;
 * ERR_INVALID for a folder; ERR_LIMIT above `bytes_max` bytes spooled; ERR_CORRUPT: the compressed data is
 * damaged or cut off; ERR_UNAVAILABLE: the system said no. */
must_use enum status input_open(str name, size_t bytes_max, struct arena *arena, struct input **ret_input,
                                struct error *err);
void input_close(struct input *input); /* NULL is fine */
DEFINE_CLEANUP(struct input, input_close);

/* Makes `content` the bytes of the file, valid until input_close. It is a copy unless the file was spooled: a
 * mapped file that somebody cuts off meanwhile would end the process. ERR_LIMIT above `bytes_max`. */
must_use enum status input_load(struct input *input, struct error *err);

/* The files that `pattern` names, sorted: itself where such a file exists, else what it matches as a glob,
 * where "*" and "?" do not match "/". In the arena. ERR_NOT_FOUND when there are none. */
must_use enum status input_expand(str pattern, struct arena *arena, str **ret_names, size_t *ret_count,
                                  struct error *err);

#endif
