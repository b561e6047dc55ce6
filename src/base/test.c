#include "base/test.h"

#include <ftw.h>
#include <stdarg.h>
#include <unistd.h>

static struct test *tests;
static int failures_of_this_test;
static const char *skip_reason;
static char folder[64];

void test_register(struct test *test)
{
    test->next = tests;
    tests = test;
}

void test_fail(const char *file, int line, const char *format, ...)
{
    failures_of_this_test++;
    printf("%s:%d: ", file, line);
    va_list args;
    va_start(args, format);
    (void)vprintf(format, args);
    va_end(args);
    putchar('\n');
}

void test_skip(const char *why)
{
    skip_reason = why;
}

const char *test_folder(void)
{
    if (folder[0] == '\0') {
        const char *parent = getenv("TMPDIR");
        (void)snprintf(folder, sizeof folder, "%.40s/kedge-XXXXXX", parent != NULL ? parent : "/tmp");
        if (mkdtemp(folder) == NULL) {
            perror(folder);
            abort();
        }
    }
    return folder;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info, (void)kind, (void)walk;
    return remove(path);
}

static void remove_folder(void)
{
    if (folder[0] != '\0')
        (void)nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS); /* a leftover in /tmp fails no test */
    folder[0] = '\0';
}

bool test_is_near(double got, double want, double relative)
{
    if (isnan(got) || isnan(want))
        return isnan(got) && isnan(want);
    if (got == want)
        return true;
    return fabs(got - want) <= relative * fmax(fabs(got), fabs(want));
}

static bool is_wanted(const struct test *test, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strstr(test->name, argv[i]) != NULL)
            return true;
    return argc <= 1;
}

int main(int argc, char **argv)
{
    bool is_listing = argc == 2 && strcmp(argv[1], "--list") == 0;
    int passed = 0, failed = 0, skipped = 0;
    for (struct test *test = tests; test != NULL; test = test->next) {
        if (is_listing) {
            printf("%s (%s)\n", test->name, test->file);
            continue;
        }
        if (!is_wanted(test, argc, argv))
            continue;
        failures_of_this_test = 0;
        skip_reason = NULL;
        test->run();
        remove_folder();
        if (failures_of_this_test > 0) {
            failed++;
            printf("FAIL %s\n", test->name);
        } else if (skip_reason != NULL) {
            skipped++;
            printf("skip %s: %s\n", test->name, skip_reason);
        } else {
            passed++;
        }
    }
    if (!is_listing)
        printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
    return failed > 0;
}
