#include "monitor/report_render.h"

/* The most a report may take as JSON before it is put into the page. */
#define JSON_BYTES_MAX ((size_t)1 << 30)

/* '<' appears in JSON only within texts, where \u003c means the same and no script element can end or begin. */
static bool append_escaped(struct buf *out, str json)
{
    str rest = json;
    while (rest.size) {
        size_t at = str_find(rest, '<');
        buf_append(out, str_slice(rest, 0, at));
        if (at == rest.size)
            break;
        buf_append(out, STR("\\u003c"));
        rest = str_slice(rest, at + 1, rest.size);
    }
    return !buf_is_overfull(out);
}

bool report_html(const struct report *report, str prefix, str suffix, struct buf *out)
{
    struct buf json;
    buf_init(&json, JSON_BYTES_MAX);
    bool is_written = report_json(report, JSON_COMPACT, &json);
    is_written = is_written && buf_append(out, prefix) && append_escaped(out, buf_str(&json)) && buf_append(out, suffix);
    buf_done(&json);
    return is_written;
}
