#include "metrics/exposition.h"

#include <math.h>

#include "base/number.h"

#define ACCEPT_PARTS_MAX 64
#define TOTAL_SUFFIX STR("_total")

const char *exposition_content_type(enum exposition_format format)
{
    static const char *const types[EXPOSITION_FORMAT_COUNT] = {
        "text/plain; version=0.0.4; charset=utf-8",
        "application/openmetrics-text; version=1.0.0; charset=utf-8",
    };
    return types[format];
}

/* One media range of an Accept header (RFC 9110 section 12.5.1). */
struct media_range {
    str type;
    str version; /* empty = any */
    double q;    /* 0 to 1; 0 = not acceptable */
};

static struct media_range parse_range(str part)
{
    struct media_range range = { .q = 1 };
    str parameter;
    (void)str_split(&part, ';', &range.type); /* an empty part has an empty type, which nothing matches */
    range.type = str_trim(range.type);
    while (str_split(&part, ';', &parameter)) {
        str name, value = parameter;
        if (!str_split(&value, '=', &name))
            continue;
        name = str_trim(name);
        value = str_trim(value);
        if (value.size >= 2 && value.data[0] == '"')
            value = str_slice(value, 1, value.size - 1);
        if (str_equal_ignoring_case(name, STR("version")))
            range.version = value;
        else if (str_equal_ignoring_case(name, STR("q")) &&
                 (!number_parse_f64(value, &range.q) || !(range.q >= 0 && range.q <= 1)))
            range.q = 0;
    }
    return range;
}

/* How exactly the range names the format: 0 not at all, 1 any type, 2 any of its kind, 3 the type. */
static int specificity(const struct media_range *range, enum exposition_format format)
{
    bool is_text = format == EXPOSITION_TEXT_0_0_4;
    str type = is_text ? STR("text/plain") : STR("application/openmetrics-text");
    if (str_equal_ignoring_case(range->type, type)) {
        /* OpenMetrics 0.0.1 is what old scrapers call the draft that 1.0.0 became. */
        str version = range->version;
        bool is_ours = is_text ? str_equal(version, STR("0.0.4"))
                               : str_equal(version, STR("1.0.0")) || str_equal(version, STR("0.0.1"));
        return str_is_empty(version) || is_ours ? 3 : 0;
    }
    /* A wildcard stands for what everybody can read: OpenMetrics must be asked for by name. */
    if (!is_text)
        return 0;
    if (str_equal(range->type, STR("text/*")))
        return 2;
    return str_equal(range->type, STR("*/*")) ? 1 : 0;
}

enum exposition_format exposition_negotiate(str accept)
{
    enum exposition_format best = EXPOSITION_TEXT_0_0_4;
    double best_q = 0;
    int best_specificity = 0;
    str part;
    for (size_t parts = 0; parts < ACCEPT_PARTS_MAX && str_split(&accept, ',', &part); parts++) {
        struct media_range range = parse_range(part);
        for (int format = 0; format < EXPOSITION_FORMAT_COUNT; format++) {
            int named = specificity(&range, (enum exposition_format)format);
            if (named == 0 || range.q <= 0)
                continue;
            bool is_named = named == 3, is_best_named = best_specificity == 3;
            if (range.q > best_q || (range.q == best_q && is_named && !is_best_named)) {
                best = (enum exposition_format)format;
                best_q = range.q;
                best_specificity = named;
            }
        }
    }
    return best;
}

/* Where the bytes go, and in which format; an overfull buffer remembers it until the end. */
struct output {
    struct buf *text;
    enum exposition_format format;
};

static void put(const struct output *output, str bytes)
{
    (void)buf_append(output->text, bytes);
}

static void put_escaped(const struct output *output, str text, bool is_quoted)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '\\')
            put(output, STR("\\\\"));
        else if (text.data[i] == '\n')
            put(output, STR("\\n"));
        else if (text.data[i] == '"' && is_quoted)
            put(output, STR("\\\""));
        else
            (void)buf_append_byte(output->text, text.data[i]);
    }
}

/* A finite number taken apart: 0.d1d2d3... * 10^point. */
struct digits {
    bool is_negative;
    char digits[NUMBER_TEXT_MAX];
    size_t count;
    int64_t point;
};

static struct digits take_apart(str text)
{
    struct digits parts = { 0 };
    str mantissa, exponent = text;
    (void)str_split(&exponent, 'e', &mantissa); /* the text of a number is never empty */
    if (!number_parse_i64(exponent, &parts.point))
        parts.point = 0;
    bool is_behind_point = false;
    for (size_t i = 0; i < mantissa.size; i++) {
        char byte = mantissa.data[i];
        if (byte == '-') {
            parts.is_negative = true;
        } else if (byte == '.') {
            is_behind_point = true;
        } else if (byte == '0' && parts.count == 0) {
            parts.point -= is_behind_point;
        } else {
            parts.digits[parts.count++] = byte;
            parts.point += !is_behind_point;
        }
    }
    while (parts.count > 1 && parts.digits[parts.count - 1] == '0')
        parts.count--;
    return parts;
}

static void put_zeros(const struct output *output, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        put(output, STR("0"));
}

/* The digits of number_print_f64() laid out as Prometheus and its client libraries do (Go's 'g'): with an exponent
 * of two digits or more where it is below -4 or above 5. `needs_point` appends ".0" to what would have neither. */
static void put_number(const struct output *output, double value, bool needs_point)
{
    char text[NUMBER_TEXT_MAX];
    str printed = { text, number_print_f64(value, text) };
    if (!isfinite(value)) {
        put(output, printed);
        return;
    }
    struct digits parts = take_apart(printed);
    str digits = { parts.digits, parts.count };
    int64_t exponent = parts.point - 1;
    put(output, parts.is_negative ? STR("-") : STR(""));
    if (parts.count == 0) {
        put(output, needs_point ? STR("0.0") : STR("0"));
    } else if (exponent < -4 || exponent > 5) {
        put(output, str_slice(digits, 0, 1));
        put(output, digits.size > 1 ? STR(".") : STR(""));
        put(output, str_slice(digits, 1, digits.size));
        (void)buf_printf(output->text, "e%c%02lld", exponent < 0 ? '-' : '+',
                         (long long)(exponent < 0 ? -exponent : exponent));
    } else if (parts.point <= 0) {
        put(output, STR("0."));
        put_zeros(output, -parts.point);
        put(output, digits);
    } else {
        bool is_whole = (int64_t)digits.size <= parts.point;
        put(output, str_slice(digits, 0, (size_t)parts.point));
        put_zeros(output, is_whole ? parts.point - (int64_t)digits.size : 0);
        put(output, !is_whole ? STR(".") : needs_point ? STR(".0") : STR(""));
        put(output, str_slice(digits, (size_t)parts.point, digits.size));
    }
}

static void put_labels(const struct output *output, const struct metric_series *series, const double *le)
{
    if (series->label_count == 0 && le == NULL)
        return;
    char separator = '{';
    for (size_t i = 0; i < series->label_count; i++) {
        (void)buf_append_byte(output->text, separator);
        put(output, series->labels[i].name);
        put(output, STR("=\""));
        put_escaped(output, series->labels[i].value, true);
        put(output, STR("\""));
        separator = ',';
    }
    if (le != NULL) {
        (void)buf_append_byte(output->text, separator);
        put(output, STR("le=\""));
        put_number(output, *le, output->format == EXPOSITION_OPENMETRICS_1_0);
        put(output, STR("\""));
    }
    put(output, STR("}"));
}

static void put_sample(const struct output *output, str name, str suffix, const struct metric_series *series,
                       const double *le, double value)
{
    put(output, name);
    put(output, suffix);
    put_labels(output, series, le);
    put(output, STR(" "));
    put_number(output, value, false);
    put(output, STR("\n"));
}

static bool has_negative_bound(const struct metric_histogram_value *histogram)
{
    return histogram->bucket_count > 0 && histogram->bounds[0] < 0;
}

static void put_histogram(const struct output *output, str name, const struct metric_series *series)
{
    const struct metric_histogram_value *histogram = &series->histogram;
    uint64_t count = 0;
    for (size_t i = 0; i <= histogram->bucket_count; i++) {
        double bound = i < histogram->bucket_count ? histogram->bounds[i] : INFINITY;
        count += histogram->counts[i];
        put_sample(output, name, STR("_bucket"), series, &bound, (double)count);
    }
    /* A sum that can fall is no counter: OpenMetrics 1.0 leaves _sum, and with it _count, out then. */
    if (output->format == EXPOSITION_OPENMETRICS_1_0 && has_negative_bound(histogram))
        return;
    put_sample(output, name, STR("_sum"), series, NULL, histogram->sum);
    put_sample(output, name, STR("_count"), series, NULL, (double)count);
}

static void put_header(const struct output *output, const struct metric_snapshot_family *family, str name)
{
    bool is_openmetrics = output->format == EXPOSITION_OPENMETRICS_1_0;
    if (!str_is_empty(family->help)) {
        put(output, STR("# HELP "));
        put(output, name);
        put(output, STR(" "));
        put_escaped(output, family->help, is_openmetrics);
        put(output, STR("\n"));
    }
    put(output, STR("# TYPE "));
    put(output, name);
    (void)buf_printf(output->text, " %s\n", metric_kind_name(family->kind));
    if (is_openmetrics && !str_is_empty(family->unit)) {
        put(output, STR("# UNIT "));
        put(output, name);
        put(output, STR(" "));
        put(output, family->unit);
        put(output, STR("\n"));
    }
}

static void put_family(const struct output *output, const struct metric_snapshot_family *family)
{
    /* An OpenMetrics family is called without the suffix that its samples have. */
    str name = family->name;
    bool is_split = family->kind == METRIC_COUNTER && output->format == EXPOSITION_OPENMETRICS_1_0;
    if (is_split)
        name.size -= TOTAL_SUFFIX.size;
    put_header(output, family, name);
    for (size_t i = 0; i < family->series_count; i++) {
        const struct metric_series *series = &family->series[i];
        if (family->kind == METRIC_HISTOGRAM)
            put_histogram(output, name, series);
        else
            put_sample(output, name, is_split ? TOTAL_SUFFIX : STR(""), series, NULL, series->value);
    }
}

enum status exposition_write(struct metric_snapshot *snapshot, enum exposition_format format, struct buf *ret_text,
                             struct error *err)
{
    struct output output = { ret_text, format };
    metric_snapshot_sort(snapshot);
    for (size_t i = 0; i < metric_snapshot_family_count(snapshot); i++) {
        const struct metric_snapshot_family *family = metric_snapshot_family_at(snapshot, i);
        if (family->series_count != 0)
            put_family(&output, family);
    }
    if (format == EXPOSITION_OPENMETRICS_1_0)
        put(&output, STR("# EOF\n"));
    if (buf_is_overfull(ret_text))
        return error_set(err, ERR_LIMIT, "the metrics take more than %zu bytes", ret_text->max_bytes);
    return OK;
}
