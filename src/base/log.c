#include "base/log.h"

#include <errno.h>
#include <math.h>
#include <unistd.h>

#include "base/number.h"
#include "base/time_text.h"

/* A line is built on the stack and cut there: a log must not need memory. */
#define LINE_BYTES_MAX 8192
#define LINE_END_BYTES 8 /* kept free for the closing brace and the newline */

#define DEFAULTS                                                                                                       \
    {                                                                                                                  \
        .level_min = LOG_LEVEL_INFO, .format = LOG_FORMAT_LOGFMT, .fd = STDERR_FILENO, .clock = &clock_system,         \
        .burst = 200, .lines_per_s = 50,                                                                               \
    }

const struct log_options log_defaults = DEFAULTS;

/* Set before threads start, read by all afterwards. */
static struct log_options options = DEFAULTS;

struct line {
    char bytes[LINE_BYTES_MAX];
    size_t size;
};

void log_configure(const struct log_options *new_options)
{
    options = *new_options;
}

static const char *const level_names[LOG_LEVEL_COUNT] = { "debug", "info", "warn", "error" };

const char *log_level_name(enum log_level level)
{
    return level < LOG_LEVEL_COUNT ? level_names[level] : "unknown";
}

bool log_level_parse(str name, enum log_level *ret_level)
{
    for (unsigned i = 0; i < LOG_LEVEL_COUNT; i++) {
        if (str_equal(name, str_of(level_names[i]))) {
            *ret_level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

bool log_is_on(enum log_level level)
{
    return level >= options.level_min;
}

/* Cuts at the line's end; put_text and put_bare look first, so that facts are whole or absent. */
static void put(struct line *line, str bytes)
{
    size_t room = LINE_BYTES_MAX - LINE_END_BYTES - line->size;
    size_t size = MIN_OF(bytes.size, room);
    if (size > 0)
        memcpy(line->bytes + line->size, bytes.data, size);
    line->size += size;
}

static void put_byte(struct line *line, char byte)
{
    put(line, (str){ &byte, 1 });
}

/* logfmt leaves a value bare unless that would be ambiguous. */
static bool needs_quotes(str value)
{
    for (size_t i = 0; i < value.size; i++) {
        unsigned char c = (unsigned char)value.data[i];
        if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7F)
            return true;
    }
    return value.size == 0 || !str_is_utf8(value, NULL);
}

/* Between quotes, by JSON's rules in both formats. What is not UTF-8 becomes U+FFFD byte by byte. */
static void put_quoted(struct line *line, str value)
{
    static const char hex[] = "0123456789abcdef";
    put_byte(line, '"');
    size_t good_until = value.size; /* the bytes before it are UTF-8 */
    (void)str_is_utf8(value, &good_until); /* sets it to the first bad byte */
    for (size_t i = 0; i < value.size; i++) {
        unsigned char c = (unsigned char)value.data[i];
        if (i == good_until) {
            put(line, STR("\xEF\xBF\xBD"));
            str rest = str_slice(value, i + 1, value.size);
            size_t bad = rest.size;
            (void)str_is_utf8(rest, &bad); /* as above */
            good_until = i + 1 + bad;
        } else if (c == '"' || c == '\\') {
            put(line, (str){ (char[]){ '\\', (char)c }, 2 });
        } else if (c == '\n') {
            put(line, STR("\\n"));
        } else if (c < ' ' || c == 0x7F) {
            put(line, (str){ (char[]){ '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] }, 6 });
        } else {
            put_byte(line, (char)c);
        }
    }
    put_byte(line, '"');
}

/* Cuts long text without leaving half a character. */
static str cut(str value)
{
    if (value.size <= LOG_TEXT_MAX)
        return value;
    size_t size = LOG_TEXT_MAX;
    while (size > LOG_TEXT_MAX - 4 && ((unsigned char)value.data[size] & 0xC0) == 0x80)
        size--;
    return str_slice(value, 0, size);
}

/* Keys are our own constants and need no escapes. */
static void put_key(struct line *line, const char *key)
{
    bool is_json = options.format == LOG_FORMAT_JSON;
    bool is_first = line->size == (is_json ? 1 : 0);
    if (!is_first)
        put_byte(line, is_json ? ',' : ' ');
    if (is_json)
        put_byte(line, '"');
    put(line, str_of(key));
    put(line, is_json ? STR("\":") : STR("="));
}

static void put_text(struct line *line, const char *key, str value)
{
    value = cut(value);
    /* A fact that doesn't fit whole is left out: half a string would not parse. Six bytes is the longest escape. */
    if (line->size + strlen(key) + value.size * 6 + 8 > LINE_BYTES_MAX - LINE_END_BYTES)
        value = (str){ "...", 3 };
    if (line->size + strlen(key) + 16 > LINE_BYTES_MAX - LINE_END_BYTES)
        return;
    put_key(line, key);
    if (options.format == LOG_FORMAT_JSON || needs_quotes(value))
        put_quoted(line, value);
    else
        put(line, value);
}

/* A value that needs no quotes in either format: digits and words of ours. */
static void put_bare(struct line *line, const char *key, str value)
{
    if (line->size + strlen(key) + value.size + 8 > LINE_BYTES_MAX - LINE_END_BYTES)
        return;
    put_key(line, key);
    put(line, value);
}

static void put_f64(struct line *line, const char *key, double value)
{
    char text[NUMBER_TEXT_MAX];
    str printed = { text, number_print_f64(value, text) };
    if (options.format == LOG_FORMAT_JSON && !isfinite(value))
        put_text(line, key, printed); /* JSON has no such numbers */
    else
        put_bare(line, key, printed);
}

static void put_field(struct line *line, const struct log_field *field)
{
    char text[sizeof(struct error)];
    switch (field->kind) {
    case LOG_FIELD_STR:
        put_text(line, field->key, field->text);
        return;
    case LOG_FIELD_U64:
        put_bare(line, field->key, (str){ text, number_print_u64(field->u64, text) });
        return;
    case LOG_FIELD_I64:
        put_bare(line, field->key, (str){ text, number_print_i64(field->i64, text) });
        return;
    case LOG_FIELD_F64:
        put_f64(line, field->key, field->f64);
        return;
    case LOG_FIELD_BOOL:
        put_bare(line, field->key, field->boolean ? STR("true") : STR("false"));
        return;
    case LOG_FIELD_ERROR:
        put_text(line, field->key, str_of(error_text(field->error, text, sizeof text)));
        put_text(line, "status", str_of(status_name(field->error->status)));
        return;
    }
}

/* Takes a token by GCRA: the bucket is a moment at which it will be full again; a line pushes it
 * `1 / rate` further, and may not push it more than `burst / rate` beyond now. One word, so that
 * threads need no lock. */
static bool take_token(struct log_site *site, int64_t now_us)
{
    if (options.burst == 0 || options.lines_per_s == 0)
        return true;
    int64_t step_us = 1000000 / (int64_t)options.lines_per_s;
    int64_t full_again_us = atomic_load_explicit(&site->full_again_us, memory_order_relaxed);
    int64_t next_us;
    do {
        int64_t from_us = MAX_OF(full_again_us, now_us);
        /* a clock that was set back must not silence the site for long */
        if (from_us - now_us > 2 * step_us * (int64_t)options.burst)
            from_us = now_us;
        next_us = from_us + step_us;
        if (next_us - now_us > step_us * (int64_t)options.burst)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&site->full_again_us, &full_again_us, next_us, memory_order_relaxed,
                                                    memory_order_relaxed));
    return true;
}

/* One write(2), so that lines of threads don't mix. A log that can't be written has nowhere to say so. */
static void write_line(const struct line *line)
{
    ssize_t written;
    do {
        written = write(options.fd, line->bytes, line->size);
    } while (written < 0 && errno == EINTR);
}

void log_write(struct log_site *site, enum log_level level, const char *message, const struct log_field *fields,
               size_t field_count)
{
    int saved_errno = errno; /* logging must not disturb the error being handled */
    int64_t now_us = clock_read_us(options.clock);
    if (!take_token(site, now_us)) {
        atomic_fetch_add_explicit(&site->suppressed, 1, memory_order_relaxed);
        return;
    }
    struct line line;
    line.size = 0;
    char time[TIME_TEXT_MAX];
    if (options.format == LOG_FORMAT_JSON)
        put_byte(&line, '{');
    put_text(&line, "time", (str){ time, time_text_print(now_us, time) });
    put_text(&line, "level", str_of(log_level_name(level)));
    put_text(&line, "msg", str_of(message));
    uint64_t suppressed = atomic_exchange_explicit(&site->suppressed, 0, memory_order_relaxed);
    if (suppressed > 0)
        put_field(&line, &(struct log_field){ .key = "suppressed", .kind = LOG_FIELD_U64, .u64 = suppressed });
    for (size_t i = 0; i < field_count; i++)
        put_field(&line, &fields[i]);
    if (options.format == LOG_FORMAT_JSON)
        line.bytes[line.size++] = '}'; /* LINE_END_BYTES is for these two */
    line.bytes[line.size++] = '\n';
    write_line(&line);
    errno = saved_errno;
}
