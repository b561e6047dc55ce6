#include "web/pages.h"

/* Laid down by tools/embed_pages.py: each blob from its name up to its end. */
#define BLOB(name) extern const char web_blob_##name[], web_blob_##name##_end[]
BLOB(report_prefix);
BLOB(report_suffix);
BLOB(docs);
BLOB(docs_gzip);
BLOB(docs_etag);
BLOB(index);
BLOB(index_gzip);
BLOB(index_etag);
extern const unsigned char web_blob_built;

static str between(const char *begin, const char *end)
{
    return (str){ begin, (size_t)(end - begin) };
}

#define BLOB_STR(name) between(web_blob_##name, web_blob_##name##_end)

struct web_report web_page_report(void)
{
    return (struct web_report){ .prefix = BLOB_STR(report_prefix), .suffix = BLOB_STR(report_suffix) };
}

struct web_page web_page_docs(void)
{
    return (struct web_page){ .html = BLOB_STR(docs), .gzip = BLOB_STR(docs_gzip), .etag = BLOB_STR(docs_etag) };
}

struct web_page web_page_index(void)
{
    return (struct web_page){ .html = BLOB_STR(index), .gzip = BLOB_STR(index_gzip), .etag = BLOB_STR(index_etag) };
}

bool web_pages_are_built(void)
{
    return web_blob_built != 0;
}
