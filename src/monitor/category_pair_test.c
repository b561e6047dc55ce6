#include "monitor/category_pair.h"

#include "base/test.h"
#include "monitor/table_fixture.h"

static struct column_profile profile_of(const struct frame *frame, struct arena *arena, struct workspace *workspace)
{
    struct error err = { 0 };
    struct column_profile profile = { 0 };
    struct profile_memory memory = { arena, NULL, workspace };
    CHECK_OK("profile", column_profile_build(&frame->columns[0], TYPE_CAT, &memory, &profile, &err), &err);
    return profile;
}

TEST(category_pair_merges_sides_in_one_order)
{
    static const struct {
        const char *why, *reference, *current;
        const char *labels[4];
        uint64_t counts[4][2];
        uint32_t last_code; /* of the current data's last row */
    } cases[] = {
        { "words", "x\nb\na\nb\n", "x\nc\nb\n", { "a", "b", "c" }, { { 1, 0 }, { 2, 1 }, { 0, 1 } }, 1 },
        { "numbers by value", "x\n10\n9\n", "x\n10\n2\n", { "2", "9", "10" }, { { 0, 1 }, { 1, 0 }, { 1, 1 } }, 0 },
        { "fractions", "x\n0.5\n2.5\n", "x\n2.5\n7.25\n", { "0.5", "2.5", "7.25" }, { { 1, 0 }, { 1, 1 }, { 0, 1 } }, 2 },
        { "numbers meet texts by how they print", "x\n10\n9\n", "x\na\n9.0\n", { "10", "9", "a" },
          { { 1, 0 }, { 1, 1 }, { 0, 1 } }, 1 },
        { "a gap has no code", "x\na\nb\n", "x\na\n\n", { "a", "b" }, { { 1, 1 }, { 1, 0 } }, FRAME_MISSING },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error err = { 0 };
        struct arena arena;
        struct workspace_pool *pool = workspace_pool_new();
        struct workspace *workspace = workspace_borrow(pool);
        arena_init(&arena, 0);
        CLEANUP(frame_free_slot) struct frame *reference = table_of(cases[i].reference);
        CLEANUP(frame_free_slot) struct frame *current = table_of(cases[i].current);
        struct column_profile left = profile_of(reference, &arena, workspace);
        struct column_profile right = profile_of(current, &arena, workspace);
        struct category_pair pair = { 0 };
        CHECK_OK(cases[i].why, category_pair_build(&left, &right, &arena, &pair, &err), &err);
        for (size_t k = 0; k < pair.count; k++) {
            CHECK_STR(cases[i].why, pair.labels[k], str_of(cases[i].labels[k]));
            CHECK_INT(cases[i].why, pair.reference[k], cases[i].counts[k][0]);
            CHECK_INT(cases[i].why, pair.current[k], cases[i].counts[k][1]);
        }
        uint32_t codes[4] = { 0 };
        CHECK_OK(cases[i].why, category_pair_codes(&pair, &current->columns[0], codes, &err), &err);
        CHECK_INT(cases[i].why, codes[current->rows - 1], cases[i].last_code);
        workspace_return(pool, workspace);
        workspace_pool_free(pool);
        arena_done(&arena);
    }
}
