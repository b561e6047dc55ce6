#include "monitor/report.h"

#include <math.h>

#include "base/mem.h"

const char *report_verdict_name(enum report_verdict verdict)
{
    static const char *const names[VERDICT_COUNT] = {
        [VERDICT_OK] = "ok",
        [VERDICT_DRIFT] = "drift",
        [VERDICT_FAILED_TESTS] = "failed_tests",
        [VERDICT_DRIFT_AND_FAILED_TESTS] = "drift_and_failed_tests",
    };
    return names[verdict];
}

void report_free(struct report *report)
{
    if (!report)
        return;
    for (size_t i = 0; i < report->column_count; i++)
        arena_done(&report->columns[i].arena);
    arena_done(&report->quality_arena);
    arena_done(&report->model_arena);
    arena_done(&report->arena);
    mem_free(report);
}

const struct column_report *report_column(const struct report *report, str name)
{
    for (size_t i = 0; i < report->column_count; i++)
        if (str_equal(report->columns[i].name, name))
            return &report->columns[i];
    return NULL;
}
