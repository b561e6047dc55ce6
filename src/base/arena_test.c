#include "base/arena.h"

#include "base/mem.h"
#include "base/test.h"

TEST(arena_pieces_are_zeroed_aligned_and_apart)
{
    struct arena arena;
    arena_init(&arena, 0);
    unsigned char *first = arena_alloc(&arena, 3);
    double *second = arena_array(&arena, double, 5);
    CHECK("aligned for a double", ((uintptr_t)second % _Alignof(double)) == 0);
    memset(first, 0xFF, 3);
    for (int i = 0; i < 5; i++)
        CHECK("zeroed", second[i] == 0);
    arena_done(&arena);
}

TEST(arena_bound_holds_for_data)
{
    struct arena arena;
    arena_init(&arena, 1000);
    CHECK("fits", arena_array(&arena, char, 900) != NULL);
    CHECK("does not fit any more", arena_array(&arena, char, 200) == NULL);
    CHECK("an overflowing product", arena_array(&arena, double, SIZE_MAX / 4) == NULL);
    arena_done(&arena);
}

TEST(arena_large_piece_leaves_the_chunk_in_use)
{
    struct arena arena;
    arena_init(&arena, 0);
    char *small = arena_alloc(&arena, 16);
    char *large = arena_alloc(&arena, 1 << 20);
    char *next = arena_alloc(&arena, 16);
    memset(large, 1, 1 << 20);
    CHECK("the chunk goes on after the large piece", next == small + 16);
    CHECK("and was not overwritten", next[0] == 0);
    arena_done(&arena);
}

TEST(arena_fails_cleanly_when_the_heap_does)
{
    struct arena arena;
    arena_init(&arena, 0);
    mem_fail_nth(1);
    CHECK("no memory", arena_array(&arena, char, 10) == NULL);
    mem_fail_nth(0);
    CHECK("usable again", arena_array(&arena, char, 10) != NULL);
    arena_done(&arena);
}

TEST(arena_printf_formats)
{
    struct arena arena;
    arena_init(&arena, 0);
    CHECK_STR("text", arena_printf(&arena, "%d of %s", 3, "ten"), STR("3 of ten"));
    CHECK_STR("copy", arena_copy(&arena, STR("a\0b")), STR("a\0b"));
    arena_done(&arena);
}
