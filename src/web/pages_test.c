#include "web/pages.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/test.h"

static bool contains(str text, str word)
{
    return memmem(text.data, text.size, word.data, word.size) != NULL;
}

TEST(the_report_opens_a_data_block_and_closes_it)
{
    struct web_report report = web_page_report();
    CHECK("starts as HTML", str_has_prefix(report.prefix, STR("<!doctype html>")));
    CHECK("the document goes into a block that is not run",
          str_has_suffix(report.prefix, STR("<script type=\"application/json\" id=\"report\">")));
    CHECK("which ends right after it", str_has_prefix(report.suffix, STR("</script>")));
    CHECK("the placeholder is gone", !contains(report.prefix, STR("@KEDGE_REPORT@")));
    CHECK("ends as HTML", str_has_suffix(str_trim(report.suffix), STR("</html>")));
}

TEST(a_report_of_13_columns_stays_under_a_megabyte)
{
    /* The document of 13 columns takes about 100 kB (ui/sample/wine.json). */
    struct web_report report = web_page_report();
    CHECK("leaves room for the document", report.prefix.size + report.suffix.size < 850 * 1000);
}

TEST(pages_hold_themselves_to_their_own_bytes)
{
    if (!web_pages_are_built()) {
        test_skip("configured with -Dweb=false");
        return;
    }
    const struct {
        const char *why;
        str html;
    } pages[] = {
        { "report", web_page_report().prefix },
        { "docs", web_page_docs().html },
        { "index", web_page_index().html },
    };
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        CHECK(pages[i].why, contains(pages[i].html, STR("http-equiv=\"Content-Security-Policy\"")));
        CHECK(pages[i].why, contains(pages[i].html, STR("default-src 'none'; script-src 'sha256-")));
        CHECK(pages[i].why, !contains(pages[i].html, STR("<script src=")));
    }
}

TEST(gzip_forms_hold_the_same_bytes)
{
    const struct {
        const char *why;
        struct web_page page;
    } pages[] = {
        { "docs", web_page_docs() },
        { "index", web_page_index() },
    };
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        struct web_page page = pages[i].page;
        char *plain = malloc(page.html.size + 1);
        /* 16 asks zlib for the gzip wrapper instead of its own. */
        z_stream stream = { .next_in = (Bytef *)page.gzip.data, .avail_in = (uInt)page.gzip.size,
                            .next_out = (Bytef *)plain, .avail_out = (uInt)(page.html.size + 1) };
        CHECK_INT(pages[i].why, inflateInit2(&stream, MAX_WBITS + 16), Z_OK);
        CHECK_INT(pages[i].why, inflate(&stream, Z_FINISH), Z_STREAM_END);
        CHECK_STR(pages[i].why, ((str){ plain, stream.total_out }), page.html);
        (void)inflateEnd(&stream); /* only frees */
        free(plain);
        CHECK("an entity tag in its quotes", page.etag.size > 2 && page.etag.data[0] == '"' &&
                                                 page.etag.data[page.etag.size - 1] == '"');
    }
}
