#include "api/artifact_answer.h"
#include "base/test.h"

TEST(ranges_of_a_file)
{
    static const struct {
        const char *why, *header;
        uint64_t bytes;
        bool is_range;
        uint64_t from, count;
    } cases[] = {
        { "a middle", "bytes=2-4", 10, true, 2, 3 },
        { "one byte", "bytes=0-0", 10, true, 0, 1 },
        { "to the end", "bytes=7-", 10, true, 7, 3 },
        { "beyond the end is cut", "bytes=7-99", 10, true, 7, 3 },
        { "the last two", "bytes=-2", 10, true, 8, 2 },
        { "more than there are", "bytes=-99", 10, true, 0, 10 },
        { "behind the end", "bytes=10-", 10, true, 10, 0 },
        { "the last none", "bytes=-0", 10, true, 10, 0 },
        { "of an empty file", "bytes=0-", 0, true, 0, 0 },
        { "the end of an empty file", "bytes=-5", 0, true, 0, 0 },
        { "no range", "", 10, false, 0, 0 },
        { "another unit", "lines=1-2", 10, false, 0, 0 },
        { "backwards", "bytes=5-2", 10, false, 0, 0 },
        { "several", "bytes=0-1,4-5", 10, false, 0, 0 },
        { "a dash", "bytes=-", 10, false, 0, 0 },
        { "no dash", "bytes=5", 10, false, 0, 0 },
        { "no number", "bytes=a-b", 10, false, 0, 0 },
        { "a number that is too long", "bytes=99999999999999999999-", 10, false, 0, 0 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint64_t from = 0, count = 0;
        bool is_range = artifact_parse_range(str_of(cases[i].header), cases[i].bytes, &from, &count);
        CHECK_INT(cases[i].why, is_range, cases[i].is_range);
        if (!is_range)
            continue;
        CHECK_INT(cases[i].why, count, cases[i].count);
        if (count > 0)
            CHECK_INT(cases[i].why, from, cases[i].from);
    }
}
