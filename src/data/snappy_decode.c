#include "data/snappy_decode.h"

#include <stdint.h>
#include <string.h>

/* Short pieces are copied so many bytes at once, where there is room to write some too many. */
#define WIDE 16

struct decoder {
    const unsigned char *in, *in_end;
    unsigned char *out, *out_begin, *out_end;
};

static bool take_size(struct decoder *decoder, uint64_t *ret_size)
{
    uint64_t size = 0;
    for (unsigned shift = 0; shift < 35 && decoder->in < decoder->in_end; shift += 7) {
        unsigned char byte = *decoder->in++;
        size |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret_size = size;
            return true;
        }
    }
    return false;
}

/* A little-endian number of 1 to 4 bytes. */
static bool take_number(struct decoder *decoder, unsigned bytes, uint32_t *ret_number)
{
    if ((size_t)(decoder->in_end - decoder->in) < bytes)
        return false;
    *ret_number = 0;
    for (unsigned i = 0; i < bytes; i++)
        *ret_number |= (uint32_t)*decoder->in++ << (8 * i);
    return true;
}

/* Bytes as they are: the tag holds their number less one, or how many bytes of number follow. */
static bool take_literal(struct decoder *decoder, unsigned tag)
{
    uint32_t less_one = tag >> 2;
    if (less_one >= 60 && !take_number(decoder, less_one - 59, &less_one))
        return false;
    size_t size = (size_t)less_one + 1, left = (size_t)(decoder->out_end - decoder->out);
    size_t available = (size_t)(decoder->in_end - decoder->in);
    if (size > available || size > left)
        return false;
    if (size <= WIDE && available >= WIDE && left >= WIDE)
        memcpy(decoder->out, decoder->in, WIDE);
    else
        memcpy(decoder->out, decoder->in, size);
    decoder->in += size;
    decoder->out += size;
    return true;
}

/* `size` bytes from `offset` back; where they overlap what is being written, they repeat. */
static bool copy_back(struct decoder *decoder, size_t offset, size_t size)
{
    size_t written = (size_t)(decoder->out - decoder->out_begin), left = (size_t)(decoder->out_end - decoder->out);
    if (offset == 0 || offset > written || size > left)
        return false;
    unsigned char *out = decoder->out;
    const unsigned char *from = out - offset;
    if (offset >= WIDE && left >= size + WIDE) {
        for (size_t i = 0; i < size; i += WIDE)
            memcpy(out + i, from + i, WIDE);
    } else {
        for (size_t i = 0; i < size; i++)
            out[i] = from[i];
    }
    decoder->out += size;
    return true;
}

static bool take_copy(struct decoder *decoder, unsigned tag)
{
    uint32_t offset;
    if ((tag & 3) == 1) {
        if (!take_number(decoder, 1, &offset))
            return false;
        return copy_back(decoder, (size_t)(tag >> 5) << 8 | offset, (tag >> 2 & 7) + 4);
    }
    return take_number(decoder, (tag & 3) == 2 ? 2 : 4, &offset) && copy_back(decoder, offset, (tag >> 2) + 1);
}

bool snappy_decode(str packed, unsigned char *out, size_t bytes)
{
    const unsigned char *in = (const unsigned char *)packed.data;
    struct decoder decoder = { in, in + packed.size, out, out, out + bytes };
    uint64_t size;
    if (!take_size(&decoder, &size) || size != bytes)
        return false;
    while (decoder.in < decoder.in_end) {
        unsigned tag = *decoder.in++;
        if (!((tag & 3) == 0 ? take_literal(&decoder, tag) : take_copy(&decoder, tag)))
            return false;
    }
    return decoder.out == decoder.out_end;
}
