/* monitor/report_render.h - a report as a document: JSON, text for terminals, an HTML page, JUnit for CI systems.
 *
 * Each appends to `out`; a `false` means that the buffer's maximum was reached. */
#ifndef MONITOR_REPORT_RENDER_H
#define MONITOR_REPORT_RENDER_H

#include "base/buf.h"
#include "format/json.h"
#include "monitor/report.h"

/* The document of docs/report.md. */
must_use bool report_json(const struct report *report, enum json_style style, struct buf *out);

struct report_text_style {
    bool use_colour;
    size_t width; /* columns of the terminal; at least 60 are used */
    bool is_quiet; /* the verdict and what is wrong only */
};

/* A table for people; sentences first. */
must_use bool report_text(const struct report *report, const struct report_text_style *style, struct buf *out);

/* `prefix`, the JSON with '<' escaped for a script element, `suffix` (web/pages.h has both). */
must_use bool report_html(const struct report *report, str prefix, str suffix, struct buf *out);

/* One test case a drift-tested column and a test condition; drift and failed conditions are failures. */
must_use bool report_junit(const struct report *report, struct buf *out);

#endif
