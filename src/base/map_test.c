#include "base/map.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/test.h"

#define KEYS 500

static str key_of(size_t i, char text[24])
{
    return (str){ text, (size_t)snprintf(text, 24, "key%zu", i % KEYS) };
}

/* Random insertions and removals against a plain array of flags. */
TEST(map_agrees_with_an_array)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct map map;
    map_init(&map, &arena, KEYS);
    static size_t value_of[KEYS]; /* 0 = not in the map */
    memset(value_of, 0, sizeof value_of);
    struct random random;
    random_init(&random, 3);
    for (size_t step = 1; step < 20000; step++) {
        size_t i = (size_t)random_below(&random, KEYS);
        char text[24];
        str key = key_of(i, text);
        if (random_below(&random, 3) == 0) {
            CHECK("removed if there", map_remove(&map, key) == (value_of[i] != 0));
            value_of[i] = 0;
            continue;
        }
        struct map_entry *entry = map_find(&map, key);
        CHECK_INT("found as stored", entry == NULL ? 0 : entry->index, value_of[i]);
        struct error err = { 0 };
        CHECK_OK("room for all", map_insert(&map, key, &entry, &err), &err);
        entry->index = value_of[i] = step;
    }
    size_t present = 0;
    for (size_t i = 0; i < KEYS; i++) {
        char text[24];
        struct map_entry *entry = map_find(&map, key_of(i, text));
        CHECK_INT("in the end", entry == NULL ? 0 : entry->index, value_of[i]);
        present += value_of[i] != 0;
    }
    CHECK_INT("count", map.count, present);
    arena_done(&arena);
}

TEST(map_keeps_order_and_copies_keys)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct map map;
    map_init(&map, &arena, 100);
    struct error err = { 0 };
    CHECK("empty finds nothing", map_find(&map, STR("x")) == NULL && !map_remove(&map, STR("x")));
    for (size_t i = 0; i < 50; i++) {
        char text[24];
        CHECK_OK("put", map_put(&map, key_of(i, text), &map, &err), &err);
    }
    CHECK_STR("first in, first in order", map.entries[0].key, STR("key0"));
    CHECK_STR("last", map.entries[49].key, STR("key49"));
    CHECK("pointer", map_get(&map, STR("key7")) == &map && map_get(&map, STR("key77")) == NULL);
    CHECK_OK("the empty key is a key", map_put(&map, STR(""), &err, &err), &err);
    CHECK("found", map_get(&map, STR("")) == &err);
    arena_done(&arena);
}

TEST(map_stops_at_its_maximum_and_without_memory)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct map map;
    map_init(&map, &arena, 2);
    struct error err = { 0 };
    CHECK_OK("one", map_put(&map, STR("a"), NULL, &err), &err);
    CHECK_OK("two", map_put(&map, STR("b"), NULL, &err), &err);
    CHECK_OK("an old key is no third", map_put(&map, STR("a"), NULL, &err), &err);
    CHECK_FAILS("three", map_put(&map, STR("c"), NULL, &err), ERR_LIMIT, &err);
    arena_done(&arena);

    struct arena small;
    arena_init(&small, 64);
    map_init(&map, &small, 100);
    error_clear(&err);
    CHECK_FAILS("the arena is bounded", map_put(&map, STR("a"), NULL, &err), ERR_LIMIT, &err);
    CHECK("nothing half done", map.count == 0 && map_find(&map, STR("a")) == NULL);
    arena_done(&small);
}

TEST(hash_spreads_over_all_bits)
{
    size_t ones[64] = { 0 };
    enum { COUNT_OF_KEYS = 20000 };
    for (size_t i = 0; i < COUNT_OF_KEYS; i++) {
        char text[32];
        int size = snprintf(text, sizeof text, "feature_%zu", i);
        uint64_t hash = hash_bytes((str){ text, (size_t)size }, 1);
        for (size_t bit = 0; bit < 64; bit++)
            ones[bit] += hash >> bit & 1;
    }
    for (size_t bit = 0; bit < 64; bit++) /* 5 standard deviations of a fair coin: sqrt(n) / 2 each */
        CHECK("half of the keys set it", fabs((double)ones[bit] - COUNT_OF_KEYS / 2.0) < 5 * sqrt(COUNT_OF_KEYS) / 2);
}

TEST(hash_depends_on_every_bit_size_and_seed)
{
    char bytes[64] = { 0 };
    for (size_t size = 0; size < sizeof bytes; size++) {
        uint64_t plain = hash_bytes((str){ bytes, size }, 1);
        CHECK("zeros of another size", plain != hash_bytes((str){ bytes, size + 1 }, 1));
        CHECK("seed", plain != hash_bytes((str){ bytes, size }, 2));
        for (size_t bit = 0; bit < size * 8; bit++) {
            bytes[bit / 8] = (char)(1 << bit % 8);
            int changed = __builtin_popcountll(plain ^ hash_bytes((str){ bytes, size }, 1));
            CHECK("one bit changes about half", changed > 8 && changed < 56);
            bytes[bit / 8] = 0;
        }
    }
}
