/* data/snappy_decode.h - decodes Snappy's raw format (google/snappy, format_description.txt). Inside data/ only. */
#ifndef DATA_SNAPPY_DECODE_H
#define DATA_SNAPPY_DECODE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* Decodes `packed` into exactly `bytes` bytes. False where it is damaged, or holds more or less. Reads and writes
 * nothing beyond either. */
bool snappy_decode(str packed, unsigned char *out, size_t bytes);

#endif
