/* base/log.h - what happened, as data: a constant message and named facts, one line each.
 *
 *     LOG_INFO("event batch stored", log_str("model", model), log_u64("rows", rows));
 *     LOG_ERROR("scrape failed", log_str("target", url), log_error(&err));
 *
 * logfmt:  time=2026-11-21T10:46:28.123456Z level=info msg="event batch stored" model=wine rows=512
 * JSON:    {"time":"...","level":"info","msg":"event batch stored","model":"wine","rows":512}
 *
 * error: someone should act; warn: it healed, watch it; info: events in the life of the process;
 * debug: free. A line goes out in one write(2), so lines of threads never mix. Each call site has
 * a token bucket; what it holds back is counted in the next line's suppressed=N. Any thread. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/status.h"
#include "base/str.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR, LOG_LEVEL_COUNT };
enum log_format { LOG_FORMAT_LOGFMT, LOG_FORMAT_JSON };

struct log_options {
    enum log_level level_min;
    enum log_format format;
    int fd;                    /* where lines go */
    const struct clock *clock; /* stamps lines and fills the buckets */
    unsigned burst;            /* lines that a call site may write at once; 0 = no limit */
    unsigned lines_per_s;      /* and how fast it may go on */
};

/* Before log_configure: info, logfmt, stderr, the system's clock, 200 lines at once, 50 a second. */
extern const struct log_options log_defaults;

/* Call before threads start (tests: whenever no other thread logs). */
void log_configure(const struct log_options *options);

/* "debug", "info", "warn", "error", and back; false for other words. */
const char *log_level_name(enum log_level level);
bool log_level_parse(str name, enum log_level *ret_level);

/* One fact. Keys are our own constants: [a-z0-9_]+. */
struct log_field {
    const char *key;
    enum { LOG_FIELD_STR, LOG_FIELD_U64, LOG_FIELD_I64, LOG_FIELD_F64, LOG_FIELD_BOOL, LOG_FIELD_ERROR } kind;
    union {
        str text;
        uint64_t u64;
        int64_t i64;
        double f64;
        bool boolean;
        const struct error *error;
    };
};

/* Values are borrowed for the one call; text is escaped and cut to LOG_TEXT_MAX bytes. */
#define LOG_TEXT_MAX 1024
static inline struct log_field log_str(const char *key, str value)
{
    return (struct log_field){ .key = key, .kind = LOG_FIELD_STR, .text = value };
}

/* A terminated string; NULL reads as empty. */
static inline struct log_field log_text(const char *key, const char *value)
{
    return log_str(key, str_of(value));
}

static inline struct log_field log_u64(const char *key, uint64_t value)
{
    return (struct log_field){ .key = key, .kind = LOG_FIELD_U64, .u64 = value };
}

static inline struct log_field log_i64(const char *key, int64_t value)
{
    return (struct log_field){ .key = key, .kind = LOG_FIELD_I64, .i64 = value };
}

static inline struct log_field log_f64(const char *key, double value)
{
    return (struct log_field){ .key = key, .kind = LOG_FIELD_F64, .f64 = value };
}

static inline struct log_field log_bool(const char *key, bool value)
{
    return (struct log_field){ .key = key, .kind = LOG_FIELD_BOOL, .boolean = value };
}

/* error="context: cause" status=unavailable */
static inline struct log_field log_error(const struct error *err)
{
    return (struct log_field){ .key = "error", .kind = LOG_FIELD_ERROR, .error = err };
}

/* That there is a secret, not which. */
static inline struct log_field log_secret(const char *key, const struct secret *value)
{
    return log_text(key, secret_is_empty(value) ? "" : SECRET_SHOWN);
}

/* A call site: its bucket. relaxed atomics: they pace lines and order nothing. */
struct log_site {
    atomic_int_fast64_t full_again_us; /* when the bucket will be full; GCRA's theoretical arrival time */
    atomic_uint_fast64_t suppressed;
};

/* Whether lines of this level are written; guards facts that are dear to compute. */
bool log_is_on(enum log_level level);

/* The LOG_ macros call this. */
void log_write(struct log_site *site, enum log_level level, const char *message, const struct log_field *fields,
               size_t field_count);

#define LOG_LINE(level, message, ...)                                                                                  \
    do {                                                                                                               \
        static struct log_site log_site_;                                                                              \
        if (log_is_on(level)) {                                                                                        \
            const struct log_field log_fields_[] = { { 0 }, ##__VA_ARGS__ };                                           \
            log_write(&log_site_, (level), "" message, log_fields_ + 1, COUNT(log_fields_) - 1);                       \
        }                                                                                                              \
    } while (0)

#define LOG_DEBUG(message, ...) LOG_LINE(LOG_LEVEL_DEBUG, message, ##__VA_ARGS__)
#define LOG_INFO(message, ...) LOG_LINE(LOG_LEVEL_INFO, message, ##__VA_ARGS__)
#define LOG_WARN(message, ...) LOG_LINE(LOG_LEVEL_WARN, message, ##__VA_ARGS__)
#define LOG_ERROR(message, ...) LOG_LINE(LOG_LEVEL_ERROR, message, ##__VA_ARGS__)

#endif
