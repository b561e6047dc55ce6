#include "monitor/condition.h"

#include <math.h>

#include "base/attributes.h"
#include "base/number.h"

static const char *const operator_names[CONDITION_OPERATOR_COUNT] = {
    [CONDITION_EQ] = "eq",   [CONDITION_NOT_EQ] = "not_eq", [CONDITION_GT] = "gt",
    [CONDITION_GTE] = "gte", [CONDITION_LT] = "lt",         [CONDITION_LTE] = "lte",
};

const char *condition_operator_name(enum condition_operator operator_)
{
    return operator_names[operator_];
}

bool condition_operator_parse(str name, enum condition_operator *ret_operator)
{
    for (size_t i = 0; i < CONDITION_OPERATOR_COUNT; i++) {
        if (str_equal(name, str_of(operator_names[i]))) {
            *ret_operator = (enum condition_operator)i;
            return true;
        }
    }
    return false;
}

const char *test_status_name(enum test_status status)
{
    static const char *const names[TEST_STATUS_COUNT] = {
        [TEST_PASS] = "pass",
        [TEST_FAIL] = "fail",
        [TEST_WARN] = "warn",
        [TEST_SKIP] = "skip",
    };
    return names[status];
}

bool condition_holds(const struct condition *condition, double value, double reference)
{
    double limit = condition->is_relative ? reference : condition->limit;
    /* Fixed limits compare exactly but for eq, where the last digit of a sum must not decide. */
    double tolerance = condition->is_relative ? fmax(fabs(limit) * condition->relative, condition->absolute) : 0;
    double nearly = condition->is_relative ? tolerance : fmax(fabs(limit) * CONDITION_RELATIVE, CONDITION_ABSOLUTE);
    if (isnan(value) || isnan(limit))
        return false;
    switch (condition->operator_) {
    case CONDITION_EQ:
        return fabs(value - limit) <= nearly;
    case CONDITION_NOT_EQ:
        return fabs(value - limit) > nearly;
    case CONDITION_GT:
        return value > limit + tolerance;
    case CONDITION_GTE:
        return value >= limit - tolerance;
    case CONDITION_LT:
        return value < limit - tolerance;
    case CONDITION_LTE:
        return value <= limit + tolerance;
    case CONDITION_OPERATOR_COUNT:
        break;
    }
    return false;
}

void condition_describe(const struct condition *condition, struct buf *text)
{
    static const char *const signs[CONDITION_OPERATOR_COUNT] = {
        [CONDITION_EQ] = "=",   [CONDITION_NOT_EQ] = "!=", [CONDITION_GT] = ">",
        [CONDITION_GTE] = ">=", [CONDITION_LT] = "<",      [CONDITION_LTE] = "<=",
    };
    buf_printf(text, "%s ", signs[condition->operator_]);
    char number[NUMBER_TEXT_MAX];
    if (!condition->is_relative) {
        number_print_f64(condition->limit, number);
        buf_printf(text, "%s", number);
        return;
    }
    buf_printf(text, "the reference");
    bool gives_way = condition->operator_ == CONDITION_GTE || condition->operator_ == CONDITION_LT;
    const char *sign = condition->operator_ <= CONDITION_NOT_EQ ? "+-" : gives_way ? "-" : "+";
    if (condition->relative > CONDITION_RELATIVE) {
        number_print_f64(100 * condition->relative, number);
        buf_printf(text, " %s %s %%", sign, number);
    }
    if (condition->absolute > CONDITION_ABSOLUTE) {
        number_print_f64(condition->absolute, number);
        buf_printf(text, " %s %s", sign, number);
    }
}
