/* base/status.h - how a call says that it failed: a status for code, an error for people.
 *
 * Callers branch on the status; api/ maps it to an HTTP code. The first writer of an error
 * records the cause, callers up the stack say what they were doing, and nothing overwrites
 * the cause. Fixed size, so that it works when memory ran out. */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include "base/attributes.h"

enum status {
    OK = 0,
    ERR_INVALID,     /* the caller's input is wrong; the text names the place */
    ERR_NOT_FOUND,   /* the thing asked for does not exist */
    ERR_CONFLICT,    /* it exists already, or changed meanwhile */
    ERR_LIMIT,       /* a bound was reached: try less, or later */
    ERR_UNAVAILABLE, /* the disk, the network or a library said no */
    ERR_CORRUPT,     /* bytes that we or others wrote do not read back */
    STATUS_COUNT
};

/* "invalid", "not_found", ...: stable, for JSON bodies and logs. */
const char *status_name(enum status status);

struct error {
    enum status status;
    char cause[512];
    char context[256]; /* outermost first: "POST /analyze: run analysis churn" */
};

/* Records the cause and returns `status`. A cause already there stays. `err` may be NULL. */
enum status error_set(struct error *err, enum status status, const char *format, ...) printf_like(3, 4);

/* Puts what the caller was doing in front of the context; returns the error's status, or
 * ERR_UNAVAILABLE where `err` is NULL. */
enum status error_while(struct error *err, const char *format, ...) printf_like(2, 3);

/* Forgets cause and context, so that `err` can be used again. */
void error_clear(struct error *err);

/* "context: cause", cut to fit `text` and always terminated; returns `text`. */
const char *error_text(const struct error *err, char *text, unsigned long text_bytes);

/* Returns from the calling function with the status of a call that failed. */
#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        enum status try_status_ = (call);                                                                              \
        if (try_status_ != OK)                                                                                         \
            return try_status_;                                                                                        \
    } while (0)

#endif
