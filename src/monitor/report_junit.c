#include <math.h>

#include "monitor/report_render.h"

/* XML 1.0 text: control characters other than tab and line ends have no spelling there, escaped or not. */
static void put_xml(struct buf *out, str text)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte == '<')
            buf_append(out, STR("&lt;"));
        else if (byte == '>')
            buf_append(out, STR("&gt;"));
        else if (byte == '&')
            buf_append(out, STR("&amp;"));
        else if (byte == '"')
            buf_append(out, STR("&quot;"));
        else if (byte == '\n' || byte == '\t' || byte == '\r')
            buf_printf(out, "&#%d;", byte);
        else if (byte < 0x20)
            buf_append_byte(out, '?');
        else
            buf_append_byte(out, (char)byte);
    }
}

static void open_case(struct buf *out, const char *group, str name)
{
    buf_printf(out, "    <testcase classname=\"kedge.%s\" name=\"", group);
    put_xml(out, name);
    buf_printf(out, "\"");
}

static void put_column(struct buf *out, const struct column_report *column)
{
    open_case(out, "drift", column->name);
    const struct drift_result *drift = column->drift_count ? &column->drift[0] : NULL;
    if (!drift || !drift->is_evaluated) {
        buf_printf(out, "><skipped message=\"");
        put_xml(out, drift ? drift->note : column->note);
        buf_printf(out, "\"/></testcase>\n");
    } else if (drift->is_drifted) {
        buf_printf(out, "><failure type=\"drift\" message=\"%s = %.6g, limit %.6g\"/></testcase>\n",
                   drift_method_of(drift->method)->id, drift->score, drift->threshold);
    } else {
        buf_printf(out, "/>\n");
    }
}

static void put_test(struct buf *out, const struct test_outcome *test)
{
    buf_printf(out, "    <testcase classname=\"kedge.tests\" name=\"");
    put_xml(out, test->name);
    if (!str_is_empty(test->column)) {
        buf_printf(out, " of ");
        put_xml(out, test->column);
    }
    buf_printf(out, "\"");
    if (test->status == TEST_PASS) {
        buf_printf(out, "/>\n");
    } else if (test->status == TEST_FAIL) {
        buf_printf(out, "><failure type=\"test\" message=\"%.6g, wanted ", test->value);
        put_xml(out, test->condition);
        buf_printf(out, "\"/></testcase>\n");
    } else {
        /* JUnit knows no warning: it passes, and says so in its output. */
        bool is_skip = test->status == TEST_SKIP;
        buf_printf(out, is_skip ? "><skipped message=\"" : "><system-out>warning: wanted ");
        put_xml(out, is_skip ? test->note : test->condition);
        buf_printf(out, is_skip ? "\"/></testcase>\n" : "</system-out></testcase>\n");
    }
}

bool report_junit(const struct report *report, struct buf *out)
{
    size_t failures = 0, skipped = 0;
    for (size_t i = 0; i < report->column_count; i++) {
        const struct column_report *column = &report->columns[i];
        bool is_evaluated = column->drift_count && column->drift[0].is_evaluated;
        failures += is_evaluated && column->drift[0].is_drifted;
        skipped += !is_evaluated;
    }
    for (size_t i = 0; i < report->test_count; i++) {
        failures += report->tests[i].status == TEST_FAIL;
        skipped += report->tests[i].status == TEST_SKIP;
    }
    buf_printf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"");
    put_xml(out, report->labels.title);
    buf_printf(out, "\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" time=\"%.3f\">\n",
               report->column_count + report->test_count, failures, skipped, report->analysis_ms / 1000);
    for (size_t i = 0; i < report->column_count; i++)
        put_column(out, &report->columns[i]);
    for (size_t i = 0; i < report->test_count; i++)
        put_test(out, &report->tests[i]);
    buf_printf(out, "  </testsuite>\n</testsuites>\n");
    return !buf_is_overfull(out);
}
