#include "base/test.h"

static enum status read_config(struct error *err)
{
    return error_set(err, ERR_NOT_FOUND, "open %s: no such file", "kedge.yaml");
}

TEST(error_keeps_its_first_cause_and_gathers_context)
{
    struct error err = { 0 };
    CHECK_INT("the status comes back", read_config(&err), ERR_NOT_FOUND);
    CHECK_INT("a later cause does not replace it", error_set(&err, ERR_INVALID, "other"), ERR_INVALID);
    CHECK_INT("context keeps the status", error_while(&err, "load the configuration"), ERR_NOT_FOUND);
    CHECK_INT("outermost first", error_while(&err, "start"), ERR_NOT_FOUND);
    char text[256];
    CHECK_STR("as people read it", str_of(error_text(&err, text, sizeof text)),
              STR("start: load the configuration: open kedge.yaml: no such file"));
}

TEST(error_may_be_null)
{
    CHECK_INT("status still comes back", error_set(NULL, ERR_LIMIT, "no one listens"), ERR_LIMIT);
}

TEST(error_text_is_cut_not_overrun)
{
    struct error err = { 0 };
    (void)error_set(&err, ERR_INVALID, "%0600d", 7); /* longer than the cause can hold */
    CHECK_INT("terminated in place", strlen(err.cause), sizeof err.cause - 1);
}
