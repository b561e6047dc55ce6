#include "net/http_multipart.h"

#include "base/buf.h"
#include "base/test.h"

TEST(boundaries)
{
    static const struct {
        const char *why, *content_type, *boundary; /* NULL: not multipart */
    } cases[] = {
        { "curl", "multipart/form-data; boundary=------------------------d74496d66958873e",
          "------------------------d74496d66958873e" },
        { "quoted", "multipart/form-data; charset=utf-8; boundary=\"a b\"", "a b" },
        { "case and blanks", "Multipart/Form-Data;  BOUNDARY=x ", "x" },
        { "another multipart", "multipart/mixed; boundary=x", NULL },
        { "no boundary", "multipart/form-data", NULL },
        { "an empty one", "multipart/form-data; boundary=", NULL },
        { "longer than RFC 2046 lets it be",
          "multipart/form-data; boundary=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        str boundary = { 0 };
        CHECK(cases[i].why, http_multipart_boundary(str_of(cases[i].content_type), &boundary) == (cases[i].boundary != NULL));
        CHECK_STR(cases[i].why, boundary, str_of(cases[i].boundary));
    }
}

TEST(parts_of_a_form)
{
    static const char body[] = "a preamble nobody reads\r\n"
                               "--B\r\n"
                               "Content-Disposition: form-data; name=\"model_name\"\r\n\r\n"
                               "wine\r\n"
                               "--B  \r\n"
                               "content-disposition: form-data; name=\"file\"; filename=\"a;b.csv\"\r\n"
                               "Content-Type: text/csv\r\n\r\n"
                               "x,y\r\n1,2\r\n--C\r\n"
                               "\r\n--B--\r\nan epilogue";
    struct http_part parts[HTTP_PARTS_MAX];
    size_t count = 0;
    struct error err = { 0 };
    CHECK_OK("a form of two parts", http_multipart_parse(STR(body), STR("B"), parts, &count, &err), &err);
    CHECK_INT("two parts", count, 2);
    const struct http_part *model = http_multipart_find(parts, count, "model_name");
    const struct http_part *file = http_multipart_find(parts, count, "file");
    CHECK("both are found", model != NULL && file != NULL);
    CHECK("a field is no file", model->file_name.data == NULL);
    CHECK_STR("the field's text", model->content, STR("wine"));
    CHECK_STR("a semicolon in a quoted name", file->file_name, STR("a;b.csv"));
    CHECK_STR("its type", file->content_type, STR("text/csv"));
    CHECK_STR("lines that only look like a boundary are content", file->content, STR("x,y\r\n1,2\r\n--C\r\n"));
    CHECK("no such part", http_multipart_find(parts, count, "other") == NULL);
}

TEST(broken_forms)
{
    static const struct {
        const char *why, *body;
    } cases[] = {
        { "empty", "" },
        { "no boundary", "hello" },
        { "another boundary", "--X\r\n\r\nhello\r\n--X--" },
        { "cut off in the headers", "--B\r\nContent-Disposition: form-data" },
        { "cut off in the content", "--B\r\nContent-Disposition: form-data; name=a\r\n\r\nhello" },
        { "no blank line after the headers", "--B\r\nContent-Disposition: form-data; name=a\r\n--B--" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_part parts[HTTP_PARTS_MAX];
        size_t count;
        struct error err = { 0 };
        CHECK_FAILS(cases[i].why, http_multipart_parse(str_of(cases[i].body), STR("B"), parts, &count, &err),
                    ERR_INVALID, &err);
    }
}

TEST(a_form_has_a_bounded_number_of_parts)
{
    struct buf body;
    buf_init(&body, 1 << 20);
    for (size_t i = 0; i <= HTTP_PARTS_MAX; i++)
        CHECK("it fits", buf_append(&body, STR("--B\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n")));
    CHECK("it fits", buf_append(&body, STR("--B--")));
    struct http_part parts[HTTP_PARTS_MAX];
    size_t count;
    struct error err = { 0 };
    CHECK_FAILS("65 parts", http_multipart_parse(buf_str(&body), STR("B"), parts, &count, &err), ERR_LIMIT, &err);
    buf_done(&body);
}
