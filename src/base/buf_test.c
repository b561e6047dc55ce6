#include "base/buf.h"

#include "base/test.h"

TEST(buf_grows_up_to_its_maximum)
{
    CLEANUP(buf_done) struct buf buf;
    buf_init(&buf, 1000);
    for (int i = 0; i < 1000; i++)
        CHECK("fits", buf_append_byte(&buf, 'x'));
    CHECK("the 1001st does not", !buf_append_byte(&buf, 'x'));
    CHECK("marked", buf_is_overfull(&buf));
    CHECK_INT("nothing was lost", buf.size, 1000);
    buf_clear(&buf);
    CHECK("usable again", buf_append(&buf, STR("abc")) && !buf_is_overfull(&buf));
}

TEST(buf_printf_appends)
{
    CLEANUP(buf_done) struct buf buf;
    buf_init(&buf, 64);
    CHECK("first", buf_printf(&buf, "%d-", 42));
    CHECK("second", buf_printf(&buf, "%s", "end"));
    CHECK_STR("together", buf_str(&buf), STR("42-end"));
}
