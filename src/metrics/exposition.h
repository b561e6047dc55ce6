/* metrics/exposition.h - a snapshot as text: Prometheus' format 0.0.4 and OpenMetrics 1.0.
 *
 * Order is by family name and then by labels, so two scrapes of equal values are equal bytes. Numbers are
 * the shortest decimals that read back to the same double. shared/reference: prometheus.md 2 to 4. */
#ifndef METRICS_EXPOSITION_H
#define METRICS_EXPOSITION_H

#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"
#include "metrics/snapshot.h"

enum exposition_format { EXPOSITION_TEXT_0_0_4, EXPOSITION_OPENMETRICS_1_0, EXPOSITION_FORMAT_COUNT };

/* The whole Content-Type header of an answer in that format. */
const char *exposition_content_type(enum exposition_format format);

/* The format with the highest q among those that we write and the Accept header takes; of equal ones
 * the header's first, with a named type before a wildcard. 0.0.4 where the header is empty,
 * names nothing of ours or cannot be read: a scraper is better off with metrics than with a 406. */
enum exposition_format exposition_negotiate(str accept);

/* Sorts the snapshot and appends it. ERR_LIMIT when `ret_text` is full. */
must_use enum status exposition_write(struct metric_snapshot *snapshot, enum exposition_format format,
                                      struct buf *ret_text, struct error *err);

#endif
