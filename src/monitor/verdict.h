/* monitor/verdict.h - from results to a judgement: test conditions, the verdict, and sentences that explain it. */
#ifndef MONITOR_VERDICT_H
#define MONITOR_VERDICT_H

#include "base/status.h"
#include "monitor/analysis_options.h"
#include "monitor/report.h"

/* Runs the conditions over the report's results and fills tests, verdict and summary. ERR_LIMIT without memory. */
must_use enum status verdict_reach(const struct analysis_options *options, struct report *report, struct error *err);

#endif
