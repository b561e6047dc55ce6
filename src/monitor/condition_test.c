#include "monitor/condition.h"

#include "base/test.h"

TEST(conditions_hold_as_evidentlys_do)
{
    static const struct {
        const char *why;
        enum condition_operator operator_;
        bool is_relative;
        double limit, relative, value, reference;
        bool holds;
    } cases[] = {
        { "at the limit", CONDITION_LTE, false, 0.5, 0, 0.5, NAN, true },
        { "lt excludes it", CONDITION_LT, false, 0.5, 0, 0.5, NAN, false },
        { "eq forgives the last digit", CONDITION_EQ, false, 0.3, 0, 0.1 + 0.2, NAN, true },
        { "within ten per cent", CONDITION_EQ, true, 0, 0.1, 109, 100, true },
        { "beyond ten per cent", CONDITION_EQ, true, 0, 0.1, 111, 100, false },
        { "ten per cent of nothing is nothing", CONDITION_EQ, true, 0, 0.1, 1, 0, false },
        { "gte gives way downwards", CONDITION_GTE, true, 0, 0.1, 91, 100, true },
        { "gt asks for more", CONDITION_GT, true, 0, 0.1, 105, 100, false },
        { "lt asks for less", CONDITION_LT, true, 0, 0.1, 95, 100, false },
        { "of a negative reference the size counts", CONDITION_EQ, true, 0, 0.1, -95, -100, true },
        { "nothing holds for NaN", CONDITION_NOT_EQ, false, 1, 0, NAN, NAN, false },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct condition condition = { .operator_ = cases[i].operator_, .is_relative = cases[i].is_relative,
                                       .limit = cases[i].limit, .relative = cases[i].relative,
                                       .absolute = CONDITION_ABSOLUTE };
        CHECK_INT(cases[i].why, condition_holds(&condition, cases[i].value, cases[i].reference), cases[i].holds);
    }
}

TEST(conditions_read_as_people_say_them)
{
    struct buf text;
    buf_init(&text, 1000);
    condition_describe(&(struct condition){ .operator_ = CONDITION_LT, .limit = 0.5 }, &text);
    CHECK_STR("fixed", buf_str(&text), STR("< 0.5"));
    buf_clear(&text);
    condition_describe(&(struct condition){ .operator_ = CONDITION_GTE, .is_relative = true, .relative = 0.1 }, &text);
    CHECK_STR("relative", buf_str(&text), STR(">= the reference - 10 %"));
    buf_done(&text);
}
