#include "net/http_auth.h"
#include "net/http_encoding.h"
#include "net/http_listen.h"
#include "net/http_message.h"
#include "net/http_url.h"
#include "net/http_watchdog.h"

#include <zlib.h>

#include "base/test.h"

TEST(percent_decoding)
{
    static const struct {
        const char *why, *text;
        bool is_query;
        const char *decoded; /* NULL: refused */
    } cases[] = {
        { "nothing to do", "wine-1", false, "wine-1" },
        { "an escape", "a%2Fb", false, "a/b" },
        { "lower case digits", "%c3%a9", false, "\xc3\xa9" },
        { "plus is a blank only in a query", "a+b", true, "a b" },
        { "and itself in a path", "a+b", false, "a+b" },
        { "a lone percent", "100%", false, NULL },
        { "one digit", "%4", false, NULL },
        { "no digits", "%zz", false, NULL },
        { "NUL would end C strings early", "a%00b", false, NULL },
        { "not UTF-8", "%ff", false, NULL },
        { "an escaped percent is decoded once", "%2541", false, "%41" },
    };
    struct arena arena;
    arena_init(&arena, 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        str decoded = { 0 };
        bool is_fine = http_url_decode(str_of(cases[i].text), cases[i].is_query, &arena, &decoded);
        CHECK(cases[i].why, is_fine == (cases[i].decoded != NULL));
        CHECK_STR(cases[i].why, decoded, str_of(cases[i].decoded));
    }
    arena_done(&arena);
}

TEST(query_parameters)
{
    static const struct {
        const char *why, *query, *name, *value; /* value NULL: absent */
    } cases[] = {
        { "the first of two", "a=1&b=2&a=3", "a", "1" },
        { "the last", "a=1&b=2", "b", "2" },
        { "without a value it is empty, not absent", "verbose&x=1", "verbose", "" },
        { "blanks and escapes", "q=a+b%26c", "q", "a b&c" },
        { "a name may be escaped", "%61=1", "a", "1" },
        { "an equals sign in the value", "q=a=b", "q", "a=b" },
        { "what does not decode is not there", "a=%zz&b=1", "a", NULL },
        { "and does not hide the rest", "a=%zz&b=1", "b", "1" },
        { "no query", "", "a", NULL },
        { "a pair without a name", "=1&a=2", "a", "2" },
    };
    struct arena arena;
    arena_init(&arena, 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_request request = { .query = str_of(cases[i].query), .arena = &arena };
        str value = http_request_query(&request, cases[i].name);
        CHECK(cases[i].why, (value.data != NULL) == (cases[i].value != NULL));
        CHECK_STR(cases[i].why, value, str_of(cases[i].value));
    }
    arena_done(&arena);
}

TEST(accept_headers)
{
    static const struct {
        const char *why, *header, *item;
        double quality;
    } cases[] = {
        { "no header takes all", "", "text/html", 1 },
        { "named", "text/html, application/json", "text/html", 1 },
        { "not named", "text/html", "application/json", 0 },
        { "a quality", "text/html;q=0.5", "text/html", 0.5 },
        { "a subtype range", "text/*;q=0.3", "text/html", 0.3 },
        { "anything", "*/*;q=0.1", "text/html", 0.1 },
        { "the closest range counts, not the best", "*/*, text/html;q=0.2", "text/html", 0.2 },
        { "refused", "gzip;q=0, *", "gzip", 0 },
        { "a star among codings", "*", "gzip", 1 },
        { "parameters before q", "text/html;level=1;q=0.4", "text/html", 0.4 },
        { "a quality that is none counts as 0", "text/html;q=x", "text/html", 0 },
        { "upper case", "TEXT/HTML", "text/html", 1 },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_NEAR(cases[i].why, http_accept_quality(str_of(cases[i].header), str_of(cases[i].item)), cases[i].quality,
                   0);
}

TEST(browsers_get_pages_and_programs_get_json)
{
    static const struct {
        const char *why, *accept;
        bool wants_html;
    } cases[] = {
        { "Chromium", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true },
        { "curl", "*/*", false },
        { "a JSON client", "application/json", false },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_header headers[] = { { STR("accept"), str_of(cases[i].accept) } };
        struct http_request request = { .headers = headers, .header_count = 1 };
        CHECK(cases[i].why, http_request_wants_html(&request) == cases[i].wants_html);
    }
}

TEST(tokens_and_origins)
{
    static const struct {
        const char *why, *authorization;
        bool is_granted;
    } tokens[] = {
        { "the token", "Bearer s3cret", true },
        { "schemes have no case", "bearer s3cret", true },
        { "another token", "Bearer s3cres", false },
        { "a longer token", "Bearer s3cretx", false },
        { "a browser's form: base64 of kedge:s3cret", "Basic a2VkZ2U6czNjcmV0", true },
        { "another password: kedge:wrong", "Basic a2VkZ2U6d3Jvbmc=", false },
        { "no base64", "Basic !!!!", false },
        { "no scheme", "s3cret", false },
        { "nothing", "", false },
    };
    struct arena arena;
    arena_init(&arena, 0);
    struct secret token;
    secret_init(&token, STR("s3cret"));
    for (size_t i = 0; i < COUNT(tokens); i++) {
        struct http_header headers[] = { { STR("Authorization"), str_of(tokens[i].authorization) } };
        struct http_request request = { .headers = headers, .header_count = 1, .arena = &arena };
        CHECK(tokens[i].why, http_auth_is_granted(&request, &token) == tokens[i].is_granted);
    }
    secret_done(&token);

    static const struct {
        const char *why, *method, *origin;
        bool is_cross_site;
    } origins[] = {
        { "our own page", "POST", "http://127.0.0.1:8000", false },
        { "another site", "POST", "https://evil.example", true },
        { "another port is another origin", "DELETE", "http://127.0.0.1:9000", true },
        { "a file or a sandbox", "POST", "null", true },
        { "reading is free", "GET", "https://evil.example", false },
    };
    for (size_t i = 0; i < COUNT(origins); i++) {
        struct http_header headers[] = { { STR("Host"), STR("127.0.0.1:8000") },
                                         { STR("Origin"), str_of(origins[i].origin) } };
        struct http_request request = { .method = str_of(origins[i].method), .headers = headers, .header_count = 2 };
        CHECK(origins[i].why, http_auth_is_cross_site(&request) == origins[i].is_cross_site);
    }
    struct http_request program = { .method = STR("POST") };
    CHECK("programs send no Origin", !http_auth_is_cross_site(&program));
    arena_done(&arena);
}

TEST(listener_addresses)
{
    static const struct {
        const char *why, *text, *host; /* host NULL: refused */
        int port;
        bool is_loopback;
    } cases[] = {
        { "IPv4", "127.0.0.1:8000", "127.0.0.1", 8000, true },
        { "all of 127/8 is loopback", "127.9.8.7:1", "127.9.8.7", 1, true },
        { "IPv6", "[::1]:8000", "::1", 8000, true },
        { "all addresses", ":80", "0.0.0.0", 80, false },
        { "a port alone stays on the machine", "8000", "127.0.0.1", 8000, true },
        { "a name", "localhost:0", "localhost", 0, true },
        { "another machine can reach it", "192.168.1.5:80", "192.168.1.5", 80, false },
        { "any IPv6", "[::]:80", "::", 80, false },
        { "IPv4 in IPv6 clothes is not counted as loopback", "[::ffff:127.0.0.1]:80", "::ffff:127.0.0.1", 80, false },
        { "port too large", "127.0.0.1:65536", NULL, 0, false },
        { "no port", "127.0.0.1:", NULL, 0, false },
        { "bracket left open", "[::1", NULL, 0, false },
        { "bracket without port", "[::1]", NULL, 0, false },
        { "empty", "", NULL, 0, false },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error err = { 0 };
        struct http_address address = { 0 };
        if (cases[i].host == NULL) {
            CHECK_FAILS(cases[i].why, http_address_parse(cases[i].text, &address, &err), ERR_INVALID, &err);
            continue;
        }
        CHECK_OK(cases[i].why, http_address_parse(cases[i].text, &address, &err), &err);
        CHECK_STR(cases[i].why, str_of(address.host), str_of(cases[i].host));
        CHECK_INT(cases[i].why, address.port, cases[i].port);
        CHECK(cases[i].why, http_address_is_loopback(&address) == cases[i].is_loopback);
    }
}

TEST(trickling_connections_are_late)
{
    static const struct {
        const char *why;
        enum http_phase phase;
        int64_t took_s;
        size_t body_bytes;
        bool is_late;
    } cases[] = {
        { "silent for less than the idle time", HTTP_PHASE_HEAD, 50, 0, false },
        { "idle time and head time together", HTTP_PHASE_HEAD, 70, 0, false },
        { "one header byte a minute", HTTP_PHASE_HEAD, 71, 0, true },
        { "a body that has not begun has the grace time", HTTP_PHASE_BODY, 10, 0, false },
        { "and no more", HTTP_PHASE_BODY, 11, 0, true },
        { "100 KiB buy 100 seconds", HTTP_PHASE_BODY, 110, 100 * 1024, false },
        { "and no more", HTTP_PHASE_BODY, 111, 100 * 1024, true },
        { "our own slowness is not the client's fault", HTTP_PHASE_ANSWER, 10000, 0, false },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_watched watched = { 0 };
        http_watched_enter(&watched, cases[i].phase, 0);
        atomic_store(&watched.body_bytes, cases[i].body_bytes);
        CHECK(cases[i].why, http_watched_is_late(&watched, cases[i].took_s * 1000000000, 60, 10) == cases[i].is_late);
    }
}

static void inflate_all(str packed, char *text, size_t text_bytes, size_t *ret_size)
{
    z_stream stream = { .next_in = (Bytef *)(uintptr_t)packed.data, .avail_in = (uInt)packed.size,
                        .next_out = (Bytef *)text, .avail_out = (uInt)text_bytes };
    CHECK_INT("gzip's header", inflateInit2(&stream, 15 + 16), Z_OK);
    CHECK_INT("one whole stream", inflate(&stream, Z_FINISH), Z_STREAM_END);
    *ret_size = stream.total_out;
    (void)inflateEnd(&stream); /* frees */
}

TEST(long_text_is_compressed_for_those_who_take_it)
{
    static const struct {
        const char *why, *accept, *content_type;
        size_t bytes;
        bool is_packed;
    } cases[] = {
        { "long JSON", "gzip, deflate", "application/json", 5000, true },
        { "short JSON", "gzip", "application/json", HTTP_GZIP_BYTES_MIN - 1, false },
        { "a client that does not say", NULL, "application/json", 5000, false },
        { "a client that refuses", "gzip;q=0", "application/json", 5000, false },
        { "Parquet is packed already", "gzip", "application/vnd.apache.parquet", 5000, false },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_header headers[] = { { STR("Accept-Encoding"), str_of(cases[i].accept) } };
        struct http_response response;
        http_response_init(&response);
        response.content_type = cases[i].content_type;
        for (size_t b = 0; b < cases[i].bytes; b++)
            CHECK("it fits", buf_append_byte(&response.body, (char)('a' + b % 7)));
        struct http_request request = { .headers = headers, .header_count = cases[i].accept != NULL,
                                        .response = &response };
        http_encode_response(&request);
        CHECK(cases[i].why, (response.header_count > 0) == cases[i].is_packed);
        if (cases[i].is_packed) {
            char text[8192];
            size_t size = 0;
            inflate_all(buf_str(&response.body), text, sizeof text, &size);
            CHECK_INT(cases[i].why, size, cases[i].bytes);
            CHECK(cases[i].why, text[4999] == 'a' + 4999 % 7);
        }
        http_response_done(&response);
    }
}
