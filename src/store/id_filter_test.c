#include "store/id_filter.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/random.h"
#include "base/test.h"

static struct id_key key_of(uint64_t n)
{
    static const struct id_seeds seeds = { 11, 22 };
    char text[32];
    (void)snprintf(text, sizeof text, "id-%llu", (unsigned long long)n);
    return id_key_of(&seeds, 5, str_of(text));
}

TEST(id_filter_forgets_nothing_and_suspects_few)
{
    struct id_filter *filter = id_filter_new(64 << 20);
    const uint64_t count = 300000;
    for (uint64_t n = 0; n < count; n++)
        id_filter_add(filter, key_of(n));
    size_t forgotten = 0, suspects = 0;
    for (uint64_t n = 0; n < count; n++)
        forgotten += !id_filter_may_hold(filter, key_of(n));
    for (uint64_t n = count; n < 2 * count; n++)
        suspects += id_filter_may_hold(filter, key_of(n));
    CHECK_INT("every id is known", forgotten, 0);
    CHECK("at most 1 in 5,000 unknown ones is suspected", suspects < count / 5000);
    CHECK("in few bytes", id_filter_bytes(filter) <= 6 * count);
    CHECK_INT("count", id_filter_count(filter), count);
    id_filter_free(filter);
}

TEST(id_filter_stays_in_its_bound_and_right_beyond_it)
{
    struct id_filter *filter = id_filter_new(256 << 10);
    for (uint64_t n = 0; n < 300000; n++)
        id_filter_add(filter, key_of(n));
    size_t forgotten = 0;
    for (uint64_t n = 0; n < 300000; n++)
        forgotten += !id_filter_may_hold(filter, key_of(n));
    CHECK_INT("overfull, it still knows all", forgotten, 0);
    CHECK_INT("and has not grown", id_filter_bytes(filter), 256 << 10);
    id_filter_free(filter);
}

TEST(id_filter_saves_and_loads_and_notices_damage)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/ids.filter", test_folder());
    struct error err = { 0 };
    struct id_filter *filter = id_filter_new(1 << 20), *loaded = NULL;
    for (uint64_t n = 0; n < 100000; n++)
        id_filter_add(filter, key_of(n));
    struct id_filter_label label = { { 11, 22 }, 77 }, back = { 0 };
    CHECK_OK("saves", id_filter_save(filter, &label, path, &err), &err);
    CHECK_OK("loads", id_filter_load(path, 1 << 20, &loaded, &back, &err), &err);
    CHECK("with its label", back.through == 77 && back.seeds.high == 11 && back.seeds.low == 22);
    size_t differ = 0;
    for (uint64_t n = 0; n < 200000; n++)
        differ += id_filter_may_hold(filter, key_of(n)) != id_filter_may_hold(loaded, key_of(n));
    CHECK_INT("the same answers", differ, 0);
    id_filter_free(loaded);
    int fd = open(path, O_RDWR);
    static const off_t offsets[] = { 0, 30, 5000 };
    for (size_t i = 0; i < COUNT(offsets); i++) {
        char byte;
        CHECK("reads", pread(fd, &byte, 1, offsets[i]) == 1);
        byte = (char)(byte ^ 1);
        CHECK("damages", pwrite(fd, &byte, 1, offsets[i]) == 1);
        error_clear(&err);
        CHECK_FAILS("a flipped bit", id_filter_load(path, 1 << 20, &loaded, &back, &err), ERR_CORRUPT, &err);
        byte = (char)(byte ^ 1);
        CHECK("mends", pwrite(fd, &byte, 1, offsets[i]) == 1);
    }
    CHECK_INT("close", close(fd), 0);
    id_filter_free(filter);
}

TEST(id_set_adds_and_removes_like_a_plain_table)
{
    enum { KEYS = 3000 };
    static bool is_in[KEYS];
    struct id_set set = { 0 };
    struct random random;
    random_init(&random, 42);
    size_t count = 0;
    for (int step = 0; step < 40000; step++) {
        uint64_t n = random_below(&random, KEYS);
        bool is_adding = random_below(&random, 3) > 0;
        if (is_adding)
            CHECK("adds", id_set_add(&set, key_of(n)));
        else
            id_set_remove(&set, key_of(n));
        count += (size_t)is_adding - (size_t)is_in[n];
        is_in[n] = is_adding;
    }
    CHECK_INT("as many", set.count, count);
    for (uint64_t n = 0; n < KEYS; n++)
        CHECK_INT("the same ones", id_set_holds(&set, key_of(n)), is_in[n]);
    id_set_done(&set);
    mem_fail_nth(1);
    CHECK("no memory is an answer", !id_set_add(&set, key_of(1)));
    mem_fail_nth(0);
}
