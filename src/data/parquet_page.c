#include "data/parquet_page.h"

#include <unistd.h>

#include "base/mem.h"
#include "data/snappy_decode.h"
#include "data/thrift_reader.h"

/* Read at a time, unless a page is longer: a writer's usual page, which fits a second-level cache. */
#define WINDOW_BYTES ((size_t)1 << 20)
/* Page headers may hold the page's least and greatest text. */
#define HEADER_BYTES_MAX ((size_t)64 << 10)

enum page_type { PAGE_DATA = 0, PAGE_DICTIONARY = 2, PAGE_DATA_V2 = 3 };

struct page_header {
    int64_t type, plain_bytes, packed_bytes, count, encoding;
    int64_t level_bytes;   /* V2: definition levels stand uncompressed before the values */
    int64_t repeat_bytes;  /* V2: so do repetition levels, which flat columns have none of */
    bool is_packed;        /* V2: values may be left as they are */
    int64_t level_encoding;
};

void parquet_pager_init(struct parquet_pager *pager, int fd)
{
    *pager = (struct parquet_pager){ .fd = fd };
}

void parquet_pager_done(struct parquet_pager *pager)
{
    mem_free(pager->window.bytes);
    mem_free(pager->page.bytes);
    mem_free(pager->dictionary.bytes);
    (void)ZSTD_freeDCtx(pager->zstd); /* NULL is fine */
    *pager = (struct parquet_pager){ 0 };
}

void parquet_pager_start(struct parquet_pager *pager, const struct parquet_chunk *chunk, bool is_optional)
{
    pager->from = pager->to = 0;
    pager->offset = chunk->offset;
    pager->left = chunk->bytes;
    pager->codec = chunk->codec;
    pager->is_optional = is_optional;
}

/* Room for `bytes`; the first `kept` bytes stay. */
static bool grow(struct parquet_buffer *buffer, size_t bytes, size_t kept)
{
    if (bytes <= buffer->capacity && buffer->bytes != NULL)
        return true;
    size_t capacity = MAX_OF(bytes, WINDOW_BYTES);
    unsigned char *larger = mem_block(capacity + PARQUET_PADDING, 1);
    if (larger == NULL)
        return false;
    memset(larger + capacity, 0, PARQUET_PADDING);
    if (kept != 0)
        memcpy(larger, buffer->bytes, kept);
    mem_free(buffer->bytes);
    *buffer = (struct parquet_buffer){ larger, capacity };
    return true;
}

static bool read_more(struct parquet_pager *pager, size_t bytes)
{
    while (bytes != 0) {
        ssize_t got = pread(pager->fd, pager->window.bytes + pager->to, bytes, (off_t)pager->offset);
        if (got <= 0)
            return false;
        pager->to += (size_t)got;
        pager->offset += (uint64_t)got;
        pager->left -= (uint64_t)got;
        bytes -= (size_t)got;
    }
    return true;
}

/* Makes the window hold the chunk's next `bytes` bytes, or all that are left; `ret_available` tells how many. */
static bool fill(struct parquet_pager *pager, size_t bytes, size_t *ret_available)
{
    size_t held = pager->to - pager->from;
    if (held < bytes && pager->left != 0) {
        if (!grow(&pager->window, bytes, pager->to))
            return false;
        if (held != 0)
            memmove(pager->window.bytes, pager->window.bytes + pager->from, held);
        pager->from = 0;
        pager->to = held;
        if (!read_more(pager, (size_t)MIN_OF(pager->left, (uint64_t)(pager->window.capacity - held))))
            return false;
    }
    *ret_available = pager->to - pager->from;
    return true;
}

/* DataPageHeader, DictionaryPageHeader and DataPageHeaderV2 share the first field, and the second but for V2. */
static void take_kind_header(struct thrift_reader *reader, const struct thrift_field *at, struct page_header *header)
{
    bool is_v2 = at->id == 8;
    struct thrift_field field = { 0 };
    thrift_struct(reader, at);
    while (thrift_next(reader, &field)) {
        if (field.id == 1)
            header->count = thrift_int(reader, &field);
        else if (field.id == (is_v2 ? 4 : 2))
            header->encoding = thrift_int(reader, &field);
        else if (at->id == 5 && field.id == 3)
            header->level_encoding = thrift_int(reader, &field);
        else if (is_v2 && field.id == 5)
            header->level_bytes = thrift_int(reader, &field);
        else if (is_v2 && field.id == 6)
            header->repeat_bytes = thrift_int(reader, &field);
        else if (is_v2 && field.id == 7)
            header->is_packed = thrift_bool(reader, &field);
        else
            thrift_skip(reader, &field);
    }
}

static bool is_sound(const struct page_header *header)
{
    bool has_type = header->type == PAGE_DATA || header->type == PAGE_DICTIONARY || header->type == PAGE_DATA_V2;
    bool has_encoding = header->encoding == PARQUET_PLAIN || header->encoding == PARQUET_PLAIN_DICTIONARY ||
                        header->encoding == PARQUET_RLE || header->encoding == PARQUET_RLE_DICTIONARY;
    bool has_sizes = header->plain_bytes >= 0 && header->plain_bytes <= (int64_t)PARQUET_PAGE_BYTES_MAX &&
                     header->packed_bytes >= 0 && header->packed_bytes <= (int64_t)PARQUET_PAGE_BYTES_MAX;
    bool has_levels = header->level_encoding == PARQUET_RLE && header->repeat_bytes == 0 && header->level_bytes >= 0 &&
                      header->level_bytes <= MIN_OF(header->packed_bytes, header->plain_bytes);
    return has_type && has_encoding && has_sizes && has_levels && header->count >= 0;
}

static bool take_header(struct parquet_pager *pager, struct page_header *ret_header)
{
    size_t available;
    if (!fill(pager, HEADER_BYTES_MAX, &available) || available == 0)
        return false;
    struct thrift_reader reader =
        thrift_reader_of((str){ (const char *)pager->window.bytes + pager->from, available });
    struct page_header header = { .type = -1, .plain_bytes = -1, .packed_bytes = -1, .count = -1, .encoding = -1,
                                  .is_packed = true, .level_encoding = PARQUET_RLE };
    struct thrift_field field = { 0 };
    while (thrift_next(&reader, &field)) {
        if (field.id == 1)
            header.type = thrift_int(&reader, &field);
        else if (field.id == 2)
            header.plain_bytes = thrift_int(&reader, &field);
        else if (field.id == 3)
            header.packed_bytes = thrift_int(&reader, &field);
        else if (field.id == 5 || field.id == 7 || field.id == 8)
            take_kind_header(&reader, &field, &header);
        else
            thrift_skip(&reader, &field);
    }
    if (reader.is_bad || !is_sound(&header))
        return false;
    pager->from = (size_t)(reader.at - pager->window.bytes);
    *ret_header = header;
    return true;
}

static bool decompress(struct parquet_pager *pager, enum parquet_codec codec, str packed, unsigned char *out,
                       size_t bytes)
{
    switch (codec) {
    case PARQUET_SNAPPY:
        return snappy_decode(packed, out, bytes);
    case PARQUET_ZSTD:
        if (pager->zstd == NULL)
            pager->zstd = ZSTD_createDCtx();
        return pager->zstd != NULL &&
               ZSTD_decompressDCtx(pager->zstd, out, bytes, packed.data, packed.size) == bytes;
    case PARQUET_UNCOMPRESSED:
        break;
    }
    if (packed.size != bytes)
        return false;
    if (bytes != 0)
        memcpy(out, packed.data, bytes);
    return true;
}

/* Sets the levels of a first-version page apart: they stand in front of the values, behind their size. */
static bool split_levels(str body, struct parquet_page *page)
{
    uint32_t size;
    if (body.size < sizeof size)
        return false;
    memcpy(&size, body.data, sizeof size);
    if (size > body.size - sizeof size)
        return false;
    page->levels = str_slice(body, sizeof size, sizeof size + size);
    page->values = str_slice(body, sizeof size + size, body.size);
    return true;
}

bool parquet_pager_next(struct parquet_pager *pager, struct parquet_page *ret_page)
{
    struct page_header header;
    size_t available;
    if (!take_header(pager, &header) || !fill(pager, (size_t)header.packed_bytes, &available) ||
        available < (size_t)header.packed_bytes)
        return false;
    struct parquet_page page = { .is_dictionary = header.type == PAGE_DICTIONARY, .count = (size_t)header.count,
                                 .encoding = (enum parquet_encoding)header.encoding };
    str packed = { (const char *)pager->window.bytes + pager->from, (size_t)header.packed_bytes };
    pager->from += packed.size;
    if (header.type == PAGE_DATA_V2) {
        page.levels = str_slice(packed, 0, (size_t)header.level_bytes);
        packed = str_slice(packed, (size_t)header.level_bytes, packed.size);
    }
    struct parquet_buffer *buffer = page.is_dictionary ? &pager->dictionary : &pager->page;
    size_t bytes = (size_t)(header.plain_bytes - header.level_bytes);
    enum parquet_codec codec = header.is_packed ? pager->codec : PARQUET_UNCOMPRESSED;
    /* Values left as they are need no copy, unless they must outlive the window. */
    if (codec != PARQUET_UNCOMPRESSED || page.is_dictionary) {
        if (!grow(buffer, bytes, 0) || !decompress(pager, codec, packed, buffer->bytes, bytes))
            return false;
        packed = (str){ (const char *)buffer->bytes, bytes };
    }
    page.values = packed;
    *ret_page = page;
    return header.type != PAGE_DATA || !pager->is_optional || split_levels(packed, ret_page);
}

struct parquet_runs parquet_runs_of(str bytes, unsigned width)
{
    const unsigned char *begin = (const unsigned char *)bytes.data;
    return (struct parquet_runs){ .at = begin, .end = begin + bytes.size, .width = width };
}

bool parquet_runs_start_packed(struct parquet_runs *runs, size_t count)
{
    size_t available = runs->width != 0 ? (size_t)(runs->end - runs->at) * 8 / runs->width : 0;
    runs->packed = MIN_OF(count, available);
    runs->packed_at = runs->at;
    runs->packed_bit = 0;
    runs->at = runs->end;
    return available >= count;
}

static bool take_run_header(struct parquet_runs *runs, uint64_t *ret_header)
{
    uint64_t header = 0;
    for (unsigned shift = 0; shift < 35 && runs->at < runs->end; shift += 7) {
        unsigned char byte = *runs->at++;
        header |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret_header = header;
            return true;
        }
    }
    return false;
}

/* A run is a count and a value; a group is a count of eights and as many bits. */
static bool begin_run(struct parquet_runs *runs)
{
    uint64_t header;
    if (!take_run_header(runs, &header))
        return false;
    size_t left = (size_t)(runs->end - runs->at), value_bytes = (runs->width + 7) / 8;
    if ((header & 1) != 0) {
        size_t bytes = (size_t)(header >> 1) * runs->width;
        runs->packed = (size_t)(header >> 1) * 8;
        runs->packed_at = runs->at;
        runs->packed_bit = 0;
        /* The last group of a page may be cut off behind the last value; callers know how many there are. */
        if (bytes > left && runs->width != 0)
            runs->packed = left * 8 / runs->width;
        runs->at += MIN_OF(bytes, left);
        return true;
    }
    if (value_bytes > left)
        return false;
    runs->repeated = (size_t)(header >> 1);
    runs->value = 0;
    memcpy(&runs->value, runs->at, value_bytes);
    runs->at += value_bytes;
    return true;
}

static void unpack(struct parquet_runs *runs, uint32_t *out, size_t count)
{
    const unsigned char *bytes = runs->packed_at;
    size_t bit = runs->packed_bit, width = runs->width;
    uint64_t mask = (UINT64_C(1) << width) - 1;
    for (size_t i = 0; i < count; i++, bit += width) {
        uint64_t word;
        memcpy(&word, bytes + bit / 8, sizeof word); /* up to 7 bytes of the padding */
        out[i] = (uint32_t)(word >> bit % 8 & mask);
    }
    runs->packed_bit = bit;
    runs->packed -= count;
}

bool parquet_runs_take(struct parquet_runs *runs, uint32_t *out, size_t count)
{
    while (count != 0) {
        while (runs->repeated == 0 && runs->packed == 0)
            if (!begin_run(runs))
                return false;
        size_t taken = MIN_OF(count, runs->repeated != 0 ? runs->repeated : runs->packed);
        if (runs->repeated != 0) {
            for (size_t i = 0; i < taken; i++)
                out[i] = runs->value;
            runs->repeated -= taken;
        } else {
            unpack(runs, out, taken);
        }
        out += taken;
        count -= taken;
    }
    return true;
}

bool parquet_runs_are(str bytes, unsigned width, size_t count, uint32_t value)
{
    struct parquet_runs runs = parquet_runs_of(bytes, width);
    return begin_run(&runs) && runs.repeated >= count && runs.value == value;
}
