/* What is read as a time or a duration prints to text that reads back to the same value; what is refused
 * says why. */
#include "base/time_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str text = { (const char *)data, size };
    int64_t value = 0, again = 0;
    char printed[DURATION_TEXT_MAX > TIME_TEXT_MAX ? DURATION_TEXT_MAX : TIME_TEXT_MAX];
    struct error err = { 0 };
    if (time_text_parse(text, &value, &err) != OK) {
        if (err.cause[0] == '\0')
            abort();
    } else if (time_text_parse((str){ printed, time_text_print(value, printed) }, &again, NULL) != OK || again != value) {
        abort();
    }
    error_clear(&err);
    if (duration_parse(text, &value, &err) != OK) {
        if (err.cause[0] == '\0')
            abort();
    } else if (duration_parse((str){ printed, duration_print(value, printed) }, &again, NULL) != OK || again != value) {
        abort();
    }
    return 0;
}
