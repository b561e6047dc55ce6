/* store/meta_zstd.h - documents in the metadata are kept compressed. Inside store/ only. */
#ifndef STORE_META_ZSTD_H
#define STORE_META_ZSTD_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"

/* Appends the document as one zstd frame (RFC 8878). ERR_LIMIT without memory. */
must_use enum status meta_compress(str document, struct buf *out, struct error *err);

/* `bytes`: the document's size as it was noted beside it. ERR_CORRUPT where it is another. */
must_use enum status meta_decompress(str frame, uint64_t bytes, struct arena *arena, str *ret_document,
                                     struct error *err);

#endif
