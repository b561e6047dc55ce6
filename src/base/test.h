/* base/test.h - a test is a function; a failed check says where, what and why, and goes on.
 *
 *     TEST(psi_of_equal_counts_is_zero) { CHECK_NEAR("same", stats_psi(a, a, 2), 0, 1e-12); }
 *
 * Each folder's *_test.c files make one program; base/test.c holds its main. Options of that
 * program: none runs all, NAME... those whose name contains one of the words, --list lists. */
#ifndef BASE_TEST_H
#define BASE_TEST_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

struct test {
    const char *name;
    const char *file;
    void (*run)(void);
    struct test *next;
};

/* Puts a test on the program's list; TEST calls it before main. */
void test_register(struct test *test);

/* One failed check of the running test; the CHECK macros call it. */
void test_fail(const char *file, int line, const char *format, ...) printf_like(3, 4);

/* Ends the running test as skipped; the closing line counts it. Return after it. */
void test_skip(const char *why);

/* A fresh empty folder, removed with all it holds when the test ends. */
const char *test_folder(void);

/* Equal within `relative` of the larger magnitude or exactly equal; two NaN are equal. */
bool test_is_near(double got, double want, double relative);

#define TEST(test_name)                                                                                                \
    static void test_name(void);                                                                                       \
    __attribute__((constructor)) static void test_name##_register(void)                                                \
    {                                                                                                                  \
        static struct test entry = { #test_name, __FILE__, test_name, 0 };                                             \
        test_register(&entry);                                                                                         \
    }                                                                                                                  \
    static void test_name(void)

#define CHECK(why, condition)                                                                                          \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            test_fail(__FILE__, __LINE__, "%s: %s is false", (why), #condition);                                       \
    } while (0)

#define CHECK_NEAR(why, got, want, relative)                                                                           \
    do {                                                                                                               \
        double got_ = (got), want_ = (want);                                                                           \
        if (!test_is_near(got_, want_, (relative)))                                                                    \
            test_fail(__FILE__, __LINE__, "%s: %s is %.17g, wanted %.17g", (why), #got, got_, want_);                  \
    } while (0)

#define CHECK_INT(why, got, want)                                                                                      \
    do {                                                                                                               \
        int64_t got_ = (int64_t)(got), want_ = (int64_t)(want);                                                        \
        if (got_ != want_)                                                                                             \
            test_fail(__FILE__, __LINE__, "%s: %s is %lld, wanted %lld", (why), #got, (long long)got_,                 \
                      (long long)want_);                                                                               \
    } while (0)

#define CHECK_STR(why, got, want)                                                                                      \
    do {                                                                                                               \
        str got_ = (got), want_ = (want);                                                                              \
        if (!str_equal(got_, want_))                                                                                   \
            test_fail(__FILE__, __LINE__, "%s: %s is \"%.*s\", wanted \"%.*s\"", (why), #got, STR_ARG(got_),           \
                      STR_ARG(want_));                                                                                 \
    } while (0)

/* The call returns OK; prints the error where it does not. */
#define CHECK_OK(why, call, err)                                                                                       \
    do {                                                                                                               \
        enum status status_ = (call);                                                                                  \
        if (status_ != OK)                                                                                             \
            test_fail(__FILE__, __LINE__, "%s: %s: %s (%s: %s)", (why), #call, status_name(status_), (err)->context,   \
                      (err)->cause);                                                                                   \
    } while (0)

/* The call fails with `want`, and the error has a cause. */
#define CHECK_FAILS(why, call, want, err)                                                                              \
    do {                                                                                                               \
        enum status status_ = (call);                                                                                  \
        if (status_ != (want) || (err)->cause[0] == '\0')                                                              \
            test_fail(__FILE__, __LINE__, "%s: %s: %s, wanted %s with a cause", (why), #call, status_name(status_),    \
                      status_name(want));                                                                              \
    } while (0)

#endif
