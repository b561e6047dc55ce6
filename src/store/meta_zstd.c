#include "store/meta_zstd.h"

#include <zstd.h>

#include "store/meta.h"

/* zstd's own default: reports shrink some tenfold in a millisecond. */
#define LEVEL 3

enum status meta_compress(str document, struct buf *out, struct error *err)
{
    size_t room_bytes = ZSTD_compressBound(document.size);
    char *room = buf_reserve(out, room_bytes);
    if (room == NULL)
        return error_set(err, ERR_LIMIT, "no memory to compress %zu bytes", document.size);
    size_t size = ZSTD_compress(room, room_bytes, document.data, document.size, LEVEL);
    if (ZSTD_isError(size))
        return error_set(err, ERR_LIMIT, "compressing %zu bytes: %s", document.size, ZSTD_getErrorName(size));
    buf_commit(out, size);
    return OK;
}

enum status meta_decompress(str frame, uint64_t bytes, struct arena *arena, str *ret_document, struct error *err)
{
    if (bytes > META_REPORT_BYTES_MAX)
        return error_set(err, ERR_CORRUPT, "a stored document says that it has %llu bytes", (unsigned long long)bytes);
    char *room = arena_array(arena, char, bytes + 1);
    if (room == NULL)
        return error_set(err, ERR_LIMIT, "no memory for a document of %llu bytes", (unsigned long long)bytes);
    size_t size = ZSTD_decompress(room, bytes, frame.data, frame.size);
    if (ZSTD_isError(size) || size != bytes)
        return error_set(err, ERR_CORRUPT, "a stored document does not decompress to its %llu bytes",
                         (unsigned long long)bytes);
    *ret_document = (str){ room, size };
    return OK;
}
