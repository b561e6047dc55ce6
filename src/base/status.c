#include "base/status.h"

#include <stdarg.h>

const char *status_name(enum status status)
{
    switch (status) {
    case OK:
        return "ok";
    case ERR_INVALID:
        return "invalid";
    case ERR_NOT_FOUND:
        return "not_found";
    case ERR_CONFLICT:
        return "conflict";
    case ERR_LIMIT:
        return "limit";
    case ERR_UNAVAILABLE:
        return "unavailable";
    case ERR_CORRUPT:
        return "corrupt";
    case STATUS_COUNT:
        break;
    }
    return "unknown";
}

enum status error_set(struct error *err, enum status status, const char *format, ...)
{
    if (err == NULL || err->status != OK)
        return status;
    err->status = status;
    err->context[0] = '\0';
    va_list args;
    va_start(args, format);
    (void)vsnprintf(err->cause, sizeof err->cause, format, args); /* cut off is fine: it is for people */
    va_end(args);
    return status;
}

enum status error_while(struct error *err, const char *format, ...)
{
    if (err == NULL)
        return ERR_UNAVAILABLE;
    char doing[sizeof err->context];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(doing, sizeof doing, format, args);
    va_end(args);

    size_t used = strlen(doing);
    if (err->context[0] != '\0' && used + 2 < sizeof doing)
        (void)snprintf(doing + used, sizeof doing - used, ": %s", err->context);
    memcpy(err->context, doing, sizeof doing);
    return err->status;
}

void error_clear(struct error *err)
{
    if (err != NULL)
        *err = (struct error){ 0 };
}

const char *error_text(const struct error *err, char *text, unsigned long text_bytes)
{
    const char *separator = err->context[0] != '\0' ? ": " : "";
    (void)snprintf(text, text_bytes, "%s%s%s", err->context, separator, err->cause);
    return text;
}
