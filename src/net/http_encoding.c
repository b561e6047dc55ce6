#include "net/http_encoding.h"

#include <zlib.h>

#define GZIP_WINDOW_BITS (15 + 16) /* zlib's way to ask for the gzip format */
#define GZIP_MEMORY_LEVEL 8
#define GZIP_LEVEL 3 /* JSON and HTML shrink eight times already at this level; 9 takes ten times as long */

bool http_request_takes_gzip(const struct http_request *request)
{
    str accept = http_request_header(request, "Accept-Encoding");
    return accept.data != NULL && http_accept_quality(accept, STR("gzip")) > 0;
}

static bool is_text(const char *content_type)
{
    str type = str_of(content_type);
    return str_has_prefix(type, STR("text/")) || str_has_prefix(type, STR("application/json")) ||
           str_has_prefix(type, STR("application/openmetrics-text"));
}

static bool has_header(const struct http_response *response, str name)
{
    for (size_t i = 0; i < response->header_count; i++)
        if (str_equal_ignoring_case(response->headers[i].name, name))
            return true;
    return false;
}

/* Appends the compressed bytes; false leaves `out` undefined. */
static bool gzip(str text, struct buf *out)
{
    z_stream stream = { 0 };
    if (text.size > UINT32_MAX || deflateInit2(&stream, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW_BITS, GZIP_MEMORY_LEVEL,
                                               Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    size_t bound = deflateBound(&stream, text.size);
    stream.next_in = (Bytef *)(uintptr_t)text.data; /* zlib's pointer is not const but only read */
    stream.avail_in = (uInt)text.size;
    stream.next_out = (Bytef *)buf_reserve(out, bound);
    stream.avail_out = (uInt)bound;
    bool is_done = stream.next_out != NULL && deflate(&stream, Z_FINISH) == Z_STREAM_END;
    if (is_done)
        buf_commit(out, stream.total_out);
    (void)deflateEnd(&stream); /* frees; its verdict is deflate's */
    return is_done;
}

void http_encode_response(const struct http_request *request)
{
    struct http_response *response = request->response;
    bool has_own_bytes = response->static_body.size == 0 && response->file_path == NULL;
    if (!has_own_bytes || response->body.size < HTTP_GZIP_BYTES_MIN || !is_text(response->content_type) ||
        has_header(response, STR("Content-Encoding")) || !http_request_takes_gzip(request))
        return;
    struct buf packed;
    buf_init(&packed, response->body.max_bytes);
    if (gzip(buf_str(&response->body), &packed)) {
        buf_done(&response->body);
        response->body = packed;
        http_response_header(response, "Content-Encoding", STR("gzip"));
        http_response_header(response, "Vary", STR("Accept-Encoding"));
    } else {
        buf_done(&packed);
    }
}
