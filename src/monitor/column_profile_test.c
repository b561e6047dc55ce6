#include "monitor/column_profile.h"

#include "base/test.h"
#include "monitor/table_fixture.h"

/* Profiles the only column of `text` as `type`. */
static struct column_profile profile_of(const char *text, enum column_type type, struct arena *arena)
{
    struct error err = { 0 };
    struct column_profile profile = { 0 };
    struct workspace_pool *pool = workspace_pool_new();
    struct workspace *workspace = workspace_borrow(pool);
    struct frame *frame = table_of(text);
    struct profile_memory memory = { arena, NULL, workspace };
    CHECK_OK("profile", column_profile_build(&frame->columns[0], type, &memory, &profile, &err), &err);
    frame_free(frame);
    workspace_return(pool, workspace);
    workspace_pool_free(pool);
    return profile;
}

TEST(profile_of_numbers_agrees_with_pandas)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct column_profile profile = profile_of("x\n2.0\n-1.0\n0.0\n-0.0\n5.5\n\n7.0\n100.0\ninf\n", TYPE_NUM, &arena);
    CHECK_INT("rows", profile.rows, 9);
    CHECK_INT("missing", profile.missing, 1);
    CHECK_INT("infinite values are neither missing nor counted", profile.infinite, 1);
    CHECK_INT("present", profile.count, 7);
    CHECK_INT("the two zeros are one value", profile.unique, 6);
    CHECK_INT("zeros", profile.zeros, 2);
    CHECK_INT("negative", profile.negative, 1);
    /* pandas 2.3 on the seven finite values. */
    CHECK_NEAR("mean", profile.moments.mean, 16.214285714285715, 1e-14);
    CHECK_NEAR("std", profile.moments.std_sample, 37.06734540317252, 1e-14);
    CHECK_NEAR("skew()", profile.skewness, 2.6099046503594154, 1e-12);
    CHECK_NEAR("kurt()", profile.kurtosis, 6.853069206967923, 1e-12);
    CHECK_NEAR("1 %", profile.quantiles[0], -0.94, 1e-12);
    CHECK_NEAR("median", profile.quantiles[3], 2, 1e-12);
    CHECK_NEAR("95 %", profile.quantiles[5], 72.1, 1e-12);
    CHECK_STR("most frequent", profile.frequent[0].text, STR("0"));
    CHECK_INT("twice", profile.frequent[0].count, 2);
    CHECK_STR("ties in value order", profile.frequent[1].text, STR("-1"));
    arena_done(&arena);
}

TEST(profile_of_constants_and_nothing_has_no_shape)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct column_profile constant = profile_of("x\n2.5\n2.5\n2.5\n2.5\n2.5\n", TYPE_NUM, &arena);
    CHECK("no spread, no skewness", isnan(constant.skewness) && isnan(constant.kurtosis));
    CHECK_INT("one value", constant.unique, 1);
    struct column_profile huge = profile_of("x\n1e308\n-1e308\n1e308\n5.0\n", TYPE_NUM, &arena);
    CHECK("no overflow", isfinite(huge.moments.mean) && isfinite(huge.skewness));
    arena_done(&arena);
}

TEST(profile_of_categories_counts_and_orders_them)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct column_profile words = profile_of("x\nb\na\n\nb\nc\nb\n", TYPE_CAT, &arena);
    CHECK_INT("three", words.category_count, 3);
    CHECK_STR("byte order", words.categories[0].label, STR("a"));
    CHECK_INT("rows of b", words.categories[1].count, 3);
    CHECK_INT("missing", words.missing, 1);
    CHECK_STR("most frequent", words.frequent[0].text, STR("b"));
    struct column_profile numbers = profile_of("x\n10\n9\n10\n-1\n", TYPE_CAT, &arena);
    CHECK("numbers keep their value", numbers.is_numeric && numbers.categories[0].number == -1);
    CHECK_STR("9 before 10", numbers.categories[1].label, STR("9"));
    arena_done(&arena);
}

TEST(profile_of_times_and_texts)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct column_profile times = profile_of("x\n2026-01-03\n2026-01-01\n\n", TYPE_DATETIME, &arena);
    CHECK_INT("the earlier one", times.first_us, INT64_C(1767225600000000));
    CHECK_INT("two days later", times.last_us - times.first_us, INT64_C(172800000000));
    CHECK_STR("as text", times.frequent[0].text, STR("2026-01-01T00:00:00Z"));
    struct column_profile texts = profile_of("x\nab\nh\xc3\xa9llo\nab\n", TYPE_TEXT, &arena);
    CHECK_NEAR("lengths are of characters, not bytes", texts.mean_length, 3, 1e-15);
    CHECK_INT("longest", texts.max_length, 5);
    arena_done(&arena);
}
