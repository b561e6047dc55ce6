#include <math.h>

#include "base/mem.h"
#include "monitor/report_render.h"

/* Rows of the column table; the rest is summed up. */
#define TABLE_ROWS_MAX 60
#define NAME_WIDTH_MIN 12
#define NAME_WIDTH_MAX 32

/* Width of a table row without the name. */
#define FIXED_WIDTH 60

struct painter {
    const struct report *report;
    const struct report_text_style *style;
    struct buf *out;
    int name_width;
};

enum ink { INK_PLAIN, INK_RED, INK_YELLOW, INK_GREEN, INK_BOLD, INK_FAINT, INK_COUNT };

static const char *ink_on(const struct painter *painter, enum ink ink)
{
    static const char *const codes[INK_COUNT] = {
        [INK_PLAIN] = "",           [INK_RED] = "\033[31m", [INK_YELLOW] = "\033[33m",
        [INK_GREEN] = "\033[32m", [INK_BOLD] = "\033[1m", [INK_FAINT] = "\033[2m",
    };
    return painter->style->use_colour ? codes[ink] : "";
}

static const char *ink_off(const struct painter *painter)
{
    return painter->style->use_colour ? "\033[0m" : "";
}

/* Bytes of the first `width` code points. */
static size_t bytes_of(str text, size_t width)
{
    size_t at = 0;
    while (at < text.size) {
        if (((unsigned char)text.data[at] & 0xc0u) != 0x80u && width-- == 0)
            return at;
        at++;
    }
    return at;
}

static size_t width_of(str text)
{
    size_t width = 0;
    for (size_t i = 0; i < text.size; i++)
        width += ((unsigned char)text.data[i] & 0xc0u) != 0x80u;
    return width;
}

/* Text from outside, cut or padded to `width`; control bytes would move the cursor and become '?'. */
static void put_padded(struct painter *painter, str text, size_t width)
{
    size_t have = width_of(text);
    bool is_cut = have > width;
    str shown = str_slice(text, 0, bytes_of(text, is_cut ? width - 1 : width));
    for (size_t i = 0; i < shown.size; i++)
        buf_append_byte(painter->out, (unsigned char)shown.data[i] < 0x20 || shown.data[i] == 0x7f ? '?' : shown.data[i]);
    if (is_cut)
        buf_printf(painter->out, "…");
    for (size_t i = have; i < width; i++)
        buf_append_byte(painter->out, ' ');
}

static void put_text(struct painter *painter, str text)
{
    put_padded(painter, text, width_of(text));
}

/* A sentence over as many lines as it takes, broken at blanks, indented by two. */
static void put_wrapped(struct painter *painter, str text)
{
    str rest = text, word;
    size_t at = 0;
    while (str_split(&rest, ' ', &word)) {
        size_t width = width_of(word);
        if (at > 0 && at + 1 + width > painter->style->width) {
            buf_printf(painter->out, "\n");
            at = 0;
        }
        buf_printf(painter->out, at > 0 ? " " : "  ");
        put_text(painter, word);
        at += width + (at > 0 ? 1 : 2);
    }
    buf_printf(painter->out, "\n");
}

static void put_head(struct painter *painter)
{
    const struct report *report = painter->report;
    static const struct {
        const char *word;
        enum ink ink;
    } verdicts[VERDICT_COUNT] = {
        [VERDICT_OK] = { "OK", INK_GREEN },
        [VERDICT_DRIFT] = { "DRIFT", INK_RED },
        [VERDICT_FAILED_TESTS] = { "TESTS FAILED", INK_RED },
        [VERDICT_DRIFT_AND_FAILED_TESTS] = { "DRIFT, TESTS FAILED", INK_RED },
    };
    if (!str_is_empty(report->labels.title)) {
        put_text(painter, report->labels.title);
        buf_printf(painter->out, "\n");
    }
    buf_printf(painter->out, "%s%s%s\n", ink_on(painter, verdicts[report->verdict].ink),
               verdicts[report->verdict].word, ink_off(painter));
    for (size_t i = 0; i < report->summary_count; i++) {
        put_wrapped(painter, report->summary[i]);
    }
}

static void put_tables(struct painter *painter)
{
    const struct report *report = painter->report;
    size_t width = painter->style->width > 50 ? painter->style->width - 40 : 10;
    buf_printf(painter->out, "\n  reference  ");
    put_padded(painter, report->reference_table.origin, width);
    buf_printf(painter->out, " %zu x %zu\n  current    ", report->reference_table.rows, report->reference_table.columns);
    put_padded(painter, report->current_table.origin, width);
    buf_printf(painter->out, " %zu x %zu\n", report->current_table.rows, report->current_table.columns);
}

/* Drifted first, and among them the largest effect: how far it moved matters more than how sure we are. */
static double rank_of(const struct column_report *column)
{
    if (column->drift_count == 0 || !column->drift[0].is_evaluated)
        return -1;
    const struct drift_effect *effect = &column->drift[0].effect;
    double size = effect->name && isfinite(effect->value) ? fmin(fabs(effect->value), 1e6) : 0;
    return column->drift[0].is_drifted ? 1e9 + size : size;
}

struct ranked {
    double rank;
    size_t index;
};

static int compare_ranks(const void *a, const void *b)
{
    const struct ranked *left = a, *right = b;
    if (left->rank != right->rank)
        return left->rank < right->rank ? 1 : -1;
    return (left->index > right->index) - (left->index < right->index);
}

static void put_number(struct painter *painter, double value, int width)
{
    if (isnan(value))
        buf_printf(painter->out, "%*s", width, "-");
    else
        buf_printf(painter->out, "%*.3g", width, value);
}

static void put_row(struct painter *painter, const struct column_report *column)
{
    struct buf *out = painter->out;
    buf_printf(out, "  ");
    put_padded(painter, column->name, (size_t)painter->name_width);
    buf_printf(out, " %-4.4s", column_type_name(column->type));
    if (column->drift_count == 0 || !column->drift[0].is_evaluated) {
        str note = column->drift_count ? column->drift[0].note : column->note;
        buf_printf(out, " %s", ink_on(painter, INK_FAINT));
        put_padded(painter, note, 50);
        buf_printf(out, "%s\n", ink_off(painter));
        return;
    }
    const struct drift_result *drift = &column->drift[0];
    buf_printf(out, " %-16s", drift_method_of(drift->method)->id);
    put_number(painter, drift->score, 9);
    put_number(painter, drift->threshold, 8);
    put_number(painter, drift->p_value, 10);
    buf_printf(out, " %s%s%s\n", ink_on(painter, drift->is_drifted ? INK_RED : INK_FAINT),
               drift->is_drifted ? "DRIFT" : "", ink_off(painter));
}

static void put_columns(struct painter *painter)
{
    const struct report *report = painter->report;
    CLEANUP(mem_free_slot) struct ranked *order = mem_array(report->column_count + 1, sizeof *order);
    if (!order || report->column_count == 0)
        return;
    size_t widest = NAME_WIDTH_MIN;
    for (size_t i = 0; i < report->column_count; i++) {
        order[i] = (struct ranked){ rank_of(&report->columns[i]), i };
        widest = MAX_OF(widest, width_of(report->columns[i].name));
    }
    qsort(order, report->column_count, sizeof *order, compare_ranks);
    size_t room = painter->style->width > FIXED_WIDTH + NAME_WIDTH_MIN ? painter->style->width - FIXED_WIDTH
                                                                       : (size_t)NAME_WIDTH_MIN;
    painter->name_width = (int)MIN_OF(MIN_OF(widest, (size_t)NAME_WIDTH_MAX), room);
    buf_printf(painter->out, "\n%s  %-*s type %-16s%9s%8s%10s%s\n", ink_on(painter, INK_BOLD), painter->name_width,
               "column", "method", "score", "limit", "p", ink_off(painter));
    size_t shown = MIN_OF(report->column_count, (size_t)TABLE_ROWS_MAX);
    for (size_t i = 0; i < shown; i++)
        put_row(painter, &report->columns[order[i].index]);
    if (shown < report->column_count)
        buf_printf(painter->out, "  and %zu more columns, in --json and --html\n", report->column_count - shown);
}

static void put_findings(struct painter *painter)
{
    const struct report *report = painter->report;
    bool has_title = false;
    for (size_t i = 0; i < report->column_count; i++) {
        const struct column_report *column = &report->columns[i];
        for (size_t k = 0; k < column->findings.count; k++) {
            const struct finding *finding = &column->findings.items[k];
            if (!has_title)
                buf_printf(painter->out, "\n%sData quality%s\n", ink_on(painter, INK_BOLD), ink_off(painter));
            has_title = true;
            buf_printf(painter->out, "  %s", ink_on(painter, finding->severity == SEVERITY_CRITICAL ? INK_RED : INK_YELLOW));
            put_text(painter, column->name);
            buf_printf(painter->out, "%s: ", ink_off(painter));
            put_text(painter, finding->text);
            for (size_t v = 0; v < MIN_OF(finding->value_count, (size_t)3); v++) {
                buf_printf(painter->out, v ? ", " : ": ");
                put_text(painter, finding->values[v]);
            }
            buf_printf(painter->out, finding->total > 3 ? ", …\n" : "\n");
        }
    }
}

static void put_model(struct painter *painter)
{
    const struct report *report = painter->report;
    const struct classification_report *classes = report->classification;
    const struct regression_report *numbers = report->regression;
    struct {
        const char *name;
        double current, reference;
    } rows[6] = { { 0 } };
    size_t count = 0;
    if (classes && classes->current) {
        const struct classification_metrics *c = classes->current, *r = classes->reference;
        rows[count++] = (typeof(rows[0])){ "accuracy", c->overall.accuracy, r ? r->overall.accuracy : NAN };
        rows[count++] = (typeof(rows[0])){ "precision", c->precision, r ? r->precision : NAN };
        rows[count++] = (typeof(rows[0])){ "recall", c->recall, r ? r->recall : NAN };
        rows[count++] = (typeof(rows[0])){ "F1", c->f1, r ? r->f1 : NAN };
        if (c->has_probabilities) {
            rows[count++] = (typeof(rows[0])){ "ROC AUC", c->roc_auc, r ? r->roc_auc : NAN };
            rows[count++] = (typeof(rows[0])){ "log loss", c->log_loss, r ? r->log_loss : NAN };
        }
    } else if (numbers && numbers->current) {
        const struct stats_regression *c = &numbers->current->overall;
        const struct stats_regression *r = numbers->reference ? &numbers->reference->overall : NULL;
        rows[count++] = (typeof(rows[0])){ "MAE", c->mean_abs_error, r ? r->mean_abs_error : NAN };
        rows[count++] = (typeof(rows[0])){ "RMSE", c->rmse, r ? r->rmse : NAN };
        rows[count++] = (typeof(rows[0])){ "R2", c->r2, r ? r->r2 : NAN };
        rows[count++] = (typeof(rows[0])){ "mean error", c->mean_error, r ? r->mean_error : NAN };
        rows[count++] = (typeof(rows[0])){ "MAPE %", c->mape_percent, r ? r->mape_percent : NAN };
    }
    if (count == 0)
        return;
    buf_printf(painter->out, "\n%s  %-14s %12s %12s%s\n", ink_on(painter, INK_BOLD), "model", "reference", "current",
               ink_off(painter));
    for (size_t i = 0; i < count; i++) {
        buf_printf(painter->out, "  %-14s ", rows[i].name);
        put_number(painter, rows[i].reference, 12);
        put_number(painter, rows[i].current, 13);
        buf_printf(painter->out, "\n");
    }
}

static void put_tests(struct painter *painter)
{
    const struct report *report = painter->report;
    bool has_title = false;
    for (size_t i = 1; i < report->test_count; i++) {
        const struct test_outcome *test = &report->tests[i];
        if (test->status == TEST_PASS)
            continue;
        if (!has_title)
            buf_printf(painter->out, "\n%sTests that did not pass%s\n", ink_on(painter, INK_BOLD), ink_off(painter));
        has_title = true;
        enum ink ink = test->status == TEST_FAIL ? INK_RED : INK_YELLOW;
        buf_printf(painter->out, "  %s%-4s%s ", ink_on(painter, ink), test_status_name(test->status), ink_off(painter));
        put_text(painter, test->name);
        if (!str_is_empty(test->column)) {
            buf_printf(painter->out, " of ");
            put_text(painter, test->column);
        }
        if (test->status == TEST_SKIP) {
            buf_printf(painter->out, ": %.*s\n", STR_ARG(test->note));
            continue;
        }
        buf_printf(painter->out, ": %.6g, wanted %.*s", test->value, STR_ARG(test->condition));
        if (!isnan(test->reference_value))
            buf_printf(painter->out, " (%.6g)", test->reference_value);
        buf_printf(painter->out, "\n");
    }
}

bool report_text(const struct report *report, const struct report_text_style *style, struct buf *out)
{
    struct painter painter = { report, style, out, NAME_WIDTH_MIN };
    put_head(&painter);
    if (!style->is_quiet) {
        put_tables(&painter);
        put_columns(&painter);
        put_findings(&painter);
        put_model(&painter);
    }
    put_tests(&painter);
    return !buf_is_overfull(out);
}
