/* data/parquet_page.h - the pages of one column chunk, one after the other, decompressed; and the two codes that are
 * in them: levels and dictionary indexes (apache/parquet-format, README "Data Pages", Encodings.md "RLE").
 *
 * Inside data/ only. Memory is a window over the file and a page, used again for all chunks. */
#ifndef DATA_PARQUET_PAGE_H
#define DATA_PARQUET_PAGE_H

#include <zstd.h>

#include "data/parquet_meta.h"

/* Larger pages are left to DuckDB. */
#define PARQUET_PAGE_BYTES_MAX ((size_t)256 << 20)

/* Bytes behind every page that may be read, though not used. */
#define PARQUET_PADDING 8

struct parquet_buffer {
    unsigned char *bytes; /* capacity + PARQUET_PADDING */
    size_t capacity;
};

struct parquet_pager {
    int fd;
    struct parquet_buffer window, page, dictionary;
    size_t from, to;       /* what of the window is read and not yet used */
    uint64_t offset, left; /* of the chunk, behind the window */
    enum parquet_codec codec;
    bool is_optional;
    ZSTD_DCtx *zstd;
};

enum parquet_encoding { PARQUET_PLAIN = 0, PARQUET_PLAIN_DICTIONARY = 2, PARQUET_RLE = 3, PARQUET_RLE_DICTIONARY = 8 };

struct parquet_page {
    bool is_dictionary; /* stays until the next dictionary; a data page until the next page */
    enum parquet_encoding encoding;
    size_t count;  /* values, with those that are NULL */
    str levels;    /* 1 bit of definition a value, run-length encoded; empty where the column has no NULL */
    str values;    /* PARQUET_PADDING bytes more may be read */
};

void parquet_pager_init(struct parquet_pager *pager, int fd);
void parquet_pager_done(struct parquet_pager *pager);

/* Begins with a column's chunk. */
void parquet_pager_start(struct parquet_pager *pager, const struct parquet_chunk *chunk, bool is_optional);

/* The chunk's next page. False at its end, and where the page is damaged or of a kind not known here. */
bool parquet_pager_next(struct parquet_pager *pager, struct parquet_page *ret_page);

/* Numbers of `width` bits in runs and groups of eight. */
struct parquet_runs {
    const unsigned char *at, *end;
    unsigned width;       /* at most 32 */
    size_t repeated;      /* left of a run of `value` */
    uint32_t value;
    size_t packed;        /* left of a group, whose bits begin at `packed_at` */
    const unsigned char *packed_at;
    size_t packed_bit;
};

struct parquet_runs parquet_runs_of(str bytes, unsigned width);

/* Begins with `count` numbers packed without a head, as plain booleans are; false where there are fewer. */
bool parquet_runs_start_packed(struct parquet_runs *runs, size_t count);

/* The next `count` numbers; false where there are fewer. Behind the bytes are PARQUET_PADDING more. */
bool parquet_runs_take(struct parquet_runs *runs, uint32_t *out, size_t count);

/* Whether the next `count` numbers are one run of `value`: a page without NULL, which most are. */
bool parquet_runs_are(str bytes, unsigned width, size_t count, uint32_t value);

#endif
