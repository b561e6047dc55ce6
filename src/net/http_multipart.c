#include "net/http_multipart.h"

#define BOUNDARY_BYTES_MAX 70 /* RFC 2046 5.1.1 */

/* The value of `name` in parameters like `; name="a"; filename=b`; data NULL where there is none. A quoted
 * value ends at the next quote: browsers write a quote inside as %22. */
static str parameter(str header, const char *wanted)
{
    str rest = str_slice(header, str_find(header, ';') + 1, header.size);
    while (!str_is_empty(rest)) {
        size_t equals = str_find(rest, '=');
        str name = str_trim(str_slice(rest, 0, equals));
        rest = str_slice(rest, equals + 1, rest.size);
        bool is_quoted = str_has_prefix(rest, STR("\""));
        if (is_quoted)
            rest = str_slice(rest, 1, rest.size);
        size_t end = str_find(rest, is_quoted ? '"' : ';');
        str value = str_slice(rest, 0, end);
        rest = str_slice(rest, end, rest.size);
        rest = str_slice(rest, str_find(rest, ';') + 1, rest.size);
        if (str_equal_ignoring_case(name, str_of(wanted)))
            return is_quoted ? value : str_trim(value);
    }
    return (str){ 0 };
}

bool http_multipart_boundary(str content_type, str *ret_boundary)
{
    str type = str_trim(str_slice(content_type, 0, str_find(content_type, ';')));
    str boundary = parameter(content_type, "boundary");
    if (!str_equal_ignoring_case(type, STR("multipart/form-data")) || str_is_empty(boundary) ||
        boundary.size > BOUNDARY_BYTES_MAX)
        return false;
    *ret_boundary = boundary;
    return true;
}

/* Where `needle` begins at or after `from`, or SIZE_MAX. */
static size_t find(str text, size_t from, str needle)
{
    const char *at = from >= text.size ? NULL : memmem(text.data + from, text.size - from, needle.data, needle.size);
    return at == NULL ? (size_t)-1 : (size_t)(at - text.data);
}

static void read_header(str line, struct http_part *part)
{
    size_t colon = str_find(line, ':');
    str name = str_trim(str_slice(line, 0, colon)), value = str_trim(str_slice(line, colon + 1, line.size));
    if (str_equal_ignoring_case(name, STR("Content-Type"))) {
        part->content_type = value;
    } else if (str_equal_ignoring_case(name, STR("Content-Disposition"))) {
        part->name = parameter(value, "name");
        part->file_name = parameter(value, "filename");
    }
}

/* Reads "header CRLF ... CRLF CRLF content" between two boundaries. */
static enum status read_part(str text, size_t offset, struct http_part *part, struct error *err)
{
    *part = (struct http_part){ 0 };
    size_t head = str_has_prefix(text, STR("\r\n")) ? 0 : find(text, 0, STR("\r\n\r\n"));
    if (head == (size_t)-1)
        return error_set(err, ERR_INVALID, "multipart body: no blank line after the headers of the part at byte %zu", offset);
    str lines = str_slice(text, 0, head), line;
    while (!str_is_empty(lines) && str_split(&lines, '\n', &line))
        read_header(str_trim(line), part);
    part->content = str_slice(text, head == 0 ? 2 : head + 4, text.size);
    return OK;
}

/* "CRLF--boundary"; the first delimiter of a body has no CRLF before it. */
struct delimiter {
    char text[BOUNDARY_BYTES_MAX + 5];
    str whole, first;
};

static void make_delimiter(struct delimiter *delimiter, str boundary)
{
    int size = snprintf(delimiter->text, sizeof delimiter->text, "\r\n--%.*s", STR_ARG(boundary));
    delimiter->whole = (str){ delimiter->text, (size_t)size };
    delimiter->first = str_slice(delimiter->whole, 2, delimiter->whole.size);
}

enum status http_multipart_parse(str body, str boundary, struct http_part parts[HTTP_PARTS_MAX], size_t *ret_count,
                                 struct error *err)
{
    struct delimiter delimiter;
    make_delimiter(&delimiter, boundary);
    size_t count = 0;
    bool is_at_start = str_has_prefix(body, delimiter.first);
    size_t at = is_at_start ? 0 : find(body, 0, delimiter.whole);
    if (at == (size_t)-1)
        return error_set(err, ERR_INVALID, "multipart body: the boundary of its Content-Type does not occur");
    at += is_at_start ? delimiter.first.size : delimiter.whole.size;

    while (!str_has_prefix(str_slice(body, at, body.size), STR("--"))) {
        size_t line_end = find(body, at, STR("\r\n")); /* after the boundary there may be blanks */
        size_t end = line_end == (size_t)-1 ? line_end : find(body, line_end, delimiter.whole);
        if (end == (size_t)-1)
            return error_set(err, ERR_INVALID, "multipart body: the part at byte %zu has no end", at);
        if (count == HTTP_PARTS_MAX)
            return error_set(err, ERR_LIMIT, "multipart body: more than %d parts", HTTP_PARTS_MAX);
        TRY(read_part(str_slice(body, line_end + 2, end), line_end + 2, &parts[count++], err));
        at = end + delimiter.whole.size;
    }
    *ret_count = count;
    return OK;
}

const struct http_part *http_multipart_find(const struct http_part *parts, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(parts[i].name, str_of(name)))
            return &parts[i];
    return NULL;
}
