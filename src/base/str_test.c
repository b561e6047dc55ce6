#include "base/test.h"

TEST(str_splits_and_trims)
{
    str rest = STR("a, b,,c"), part;
    static const char *const want[] = { "a", "b", "", "c" };
    size_t parts = 0;
    for (; str_split(&rest, ',', &part); parts++)
        CHECK_STR("part", str_trim(part), str_of(want[parts]));
    CHECK_INT("four parts", parts, 4);
}

TEST(str_compares_as_bytes)
{
    CHECK("prefix first", str_compare(STR("ab"), STR("abc")) < 0);
    CHECK("equal", str_compare(STR("ab"), STR("ab")) == 0);
    CHECK("bytes are unsigned", str_compare(STR("\xff"), STR("a")) > 0);
    CHECK("no case", str_equal_ignoring_case(STR("Content-Type"), STR("content-type")));
    CHECK("prefix", str_has_prefix(STR("kedge"), STR("ke")) && !str_has_prefix(STR("k"), STR("ke")));
}

TEST(str_knows_utf8)
{
    static const struct { const char *why; str bytes; bool is_good; size_t bad; } cases[] = {
        { "ascii", { "plain text, longer than eight", 30 }, true, 0 },
        { "two, three and four bytes", { "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9 }, true, 0 },
        { "overlong slash", { "a\xc0\xaf", 3 }, false, 1 },
        { "surrogate", { "\xed\xa0\x80", 3 }, false, 0 },
        { "beyond U+10FFFF", { "\xf4\x90\x80\x80", 4 }, false, 0 },
        { "cut short", { "ok\xe2\x82", 4 }, false, 2 },
        { "latin-1", { "caf\xe9", 4 }, false, 3 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t bad = 0;
        CHECK(cases[i].why, str_is_utf8(cases[i].bytes, &bad) == cases[i].is_good);
        CHECK_INT(cases[i].why, bad, cases[i].bad);
    }
}
