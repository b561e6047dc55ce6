#include "data/csv_cell.h"

#include "base/attributes.h"
#include "base/number.h"
#include "base/time_text.h"

/* Of "#N/A N/A" and its like: longer texts need no comparison. */
#define MISSING_BYTES_MAX 8
/* "2026-11-21" is the shortest time, so shorter texts need no parser. */
#define TIME_BYTES_MIN 10

bool csv_cell_is_missing(str text)
{
    static const str spellings[] = {
        STR("NA"),   STR("NaN"),  STR("nan"),  STR("null"),    STR("NULL"),     STR("None"),
        STR("N/A"),  STR("n/a"),  STR("<NA>"), STR("#N/A"),    STR("#NA"),      STR("#N/A N/A"),
        STR("-NaN"), STR("-nan"), STR("1.#IND"), STR("1.#QNAN"), STR("-1.#IND"), STR("-1.#QNAN"),
    };
    if (text.size == 0)
        return true;
    if (text.size > MISSING_BYTES_MAX || text.size < 2)
        return false;
    for (size_t i = 0; i < COUNT(spellings); i++)
        if (str_equal(text, spellings[i]))
            return true;
    return false;
}

bool csv_cell_boolean(str text, bool *ret_value)
{
    *ret_value = str_equal(text, STR("true")) || str_equal(text, STR("True")) || str_equal(text, STR("TRUE"));
    return *ret_value || str_equal(text, STR("false")) || str_equal(text, STR("False")) ||
           str_equal(text, STR("FALSE"));
}

bool csv_cell_number(str text, double *ret_value)
{
    if (number_parse_f64_or_special(text, ret_value))
        return true;
    str trimmed = str_trim(text);
    if (trimmed.size == 0)
        return false;
    if (trimmed.size != text.size && number_parse_f64_or_special(trimmed, ret_value))
        return true;
    /* number_parse_f64 refuses what is beyond the largest double; pandas and C read an infinity there. */
    struct number number;
    if (!number_scan(trimmed, &number) || number.size != trimmed.size || number.is_finite)
        return false;
    *ret_value = number.f64;
    return true;
}

enum csv_type csv_cell_type(str text)
{
    int64_t integer, time_us;
    double number;
    bool boolean;
    if (csv_cell_is_missing(text))
        return CSV_MISSING;
    if (number_parse_i64(text, &integer))
        return CSV_INTEGER;
    if (csv_cell_number(text, &number))
        return CSV_FLOAT;
    if (csv_cell_boolean(text, &boolean))
        return CSV_BOOLEAN;
    return text.size >= TIME_BYTES_MIN && time_text_parse(text, &time_us, NULL) == OK ? CSV_TIME : CSV_TEXT;
}
