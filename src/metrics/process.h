/* metrics/process.h - what the process and its machine use: collectors over /proc and statvfs(2).
 *
 * Names, types and units are prometheus_client's (process_*) and node_exporter's (node_*), so existing
 * dashboards work. What the kernel does not tell (no /proc, a container that hides it) is left out. */
#ifndef METRICS_PROCESS_H
#define METRICS_PROCESS_H

#include "base/status.h"
#include "metrics/snapshot.h"

/* A collector (metrics/instrument.h); `context` is unused. Adds
 *     process_cpu_seconds_total            user and system time
 *     process_resident_memory_bytes, process_virtual_memory_bytes
 *     process_open_fds, process_max_fds, process_threads
 *     process_start_time_seconds           since the Unix epoch */
must_use enum status process_collect(void *context, struct metric_snapshot *snapshot, struct error *err);

/* A collector; `context` is the data folder's path (terminated; NULL leaves the disk out). Adds
 *     node_cpu_seconds_total{cpu,mode}
 *     kedge_host_memory_total_bytes, _available_bytes, _free_bytes
 *                                          (node_exporter's node_memory_MemTotal_bytes fails promtool's linter)
 *     node_load1, node_load5, node_load15
 *     node_filesystem_size_bytes, _free_bytes, _avail_bytes{mountpoint}
 *     node_network_receive_bytes_total, node_network_transmit_bytes_total{device} */
must_use enum status host_collect(void *context, struct metric_snapshot *snapshot, struct error *err);

#endif
