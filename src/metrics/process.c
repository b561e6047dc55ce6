#include "metrics/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/number.h"

/* /proc/stat has a long line of interrupts on large machines; what is behind it is not needed. */
#define PROC_BYTES_MAX ((size_t)256 * 1024)
#define CPUS_SHOWN_MAX 1024

/* Files of /proc have no size: read until the end. False where there is none, or nothing in it. */
static bool read_proc(const char *path, struct buf *content)
{
    buf_clear(content);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    for (;;) {
        char block[4096];
        ssize_t got = read(fd, block, sizeof block);
        if (got <= 0 || !buf_append(content, (str){ block, (size_t)got }))
            break;
    }
    (void)close(fd); /* was only read */
    return content->size != 0;
}

/* The next word of a line; words are separated by blanks. */
static bool next_word(str *line, str *ret_word)
{
    *line = str_trim(*line);
    return str_split(line, ' ', ret_word);
}

/* Adds a family of one series without labels. */
static enum status add_one(struct metric_snapshot *snapshot, enum metric_kind kind, const char *name, const char *unit,
                           const char *help, double value, struct error *err)
{
    struct metric_snapshot_family *family;
    TRY(metric_snapshot_family(snapshot, kind, name, help, unit, &family, err));
    return metric_snapshot_add(family, NULL, 0, value, err);
}

/* Seconds since the epoch at which the machine started; 0 where /proc/stat does not say. */
static double boot_time(struct buf *content)
{
    if (!read_proc("/proc/stat", content))
        return 0;
    str rest = buf_str(content), line;
    while (str_split(&rest, '\n', &line)) {
        double seconds;
        if (str_has_prefix(line, STR("btime ")) && number_parse_f64(str_slice(line, 6, line.size), &seconds))
            return seconds;
    }
    return 0;
}

/* Fields of /proc/self/stat behind the command's name, counted as proc(5) does: 14 utime, 15 stime, 20 num_threads,
 * 22 starttime, 23 vsize, 24 rss. */
enum {
    STAT_FIRST = 3,
    STAT_UTIME = 14,
    STAT_STIME = 15,
    STAT_THREADS = 20,
    STAT_START = 22,
    STAT_VSIZE = 23,
    STAT_RSS = 24
};

static bool read_stat(struct buf *content, double fields[STAT_RSS + 1])
{
    if (!read_proc("/proc/self/stat", content))
        return false;
    str rest = buf_str(content);
    size_t name_end = 0; /* the name is in parentheses and may hold some itself, and blanks */
    for (size_t i = 0; i < rest.size; i++)
        name_end = rest.data[i] == ')' ? i + 1 : name_end;
    rest = str_slice(rest, name_end, rest.size);
    for (int field = STAT_FIRST; field <= STAT_RSS; field++) {
        str word;
        if (!next_word(&rest, &word))
            return false;
        if (!number_parse_f64(word, &fields[field]))
            fields[field] = 0; /* the state is a letter */
    }
    return true;
}

static enum status add_stat(struct metric_snapshot *snapshot, struct buf *content, struct error *err)
{
    double fields[STAT_RSS + 1] = { 0 };
    if (!read_stat(content, fields))
        return OK;
    double ticks = (double)sysconf(_SC_CLK_TCK), boot = boot_time(content);
    TRY(add_one(snapshot, METRIC_COUNTER, "process_cpu_seconds_total", "seconds",
                "Total user and system CPU time spent in seconds.", (fields[STAT_UTIME] + fields[STAT_STIME]) / ticks,
                err));
    TRY(add_one(snapshot, METRIC_GAUGE, "process_virtual_memory_bytes", "bytes", "Virtual memory size in bytes.",
                fields[STAT_VSIZE], err));
    TRY(add_one(snapshot, METRIC_GAUGE, "process_resident_memory_bytes", "bytes", "Resident memory size in bytes.",
                fields[STAT_RSS] * (double)sysconf(_SC_PAGESIZE), err));
    TRY(add_one(snapshot, METRIC_GAUGE, "process_threads", NULL, "Number of OS threads in the process.",
                fields[STAT_THREADS], err));
    if (boot == 0)
        return OK;
    return add_one(snapshot, METRIC_GAUGE, "process_start_time_seconds", "seconds",
                   "Start time of the process since unix epoch in seconds.", boot + fields[STAT_START] / ticks, err);
}

static enum status add_files(struct metric_snapshot *snapshot, struct error *err)
{
    DIR *folder = opendir("/proc/self/fd");
    if (folder != NULL) {
        double open_fds = -1; /* the folder itself is open while we count */
        for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
            open_fds += entry->d_name[0] != '.';
        (void)closedir(folder); /* was only read */
        TRY(add_one(snapshot, METRIC_GAUGE, "process_open_fds", NULL, "Number of open file descriptors.", open_fds,
                    err));
    }
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return OK;
    return add_one(snapshot, METRIC_GAUGE, "process_max_fds", NULL, "Maximum number of open file descriptors.",
                   limit.rlim_cur == RLIM_INFINITY ? INFINITY : (double)limit.rlim_cur, err);
}

enum status process_collect(void *context, struct metric_snapshot *snapshot, struct error *err)
{
    (void)context;
    CLEANUP(buf_done) struct buf content;
    buf_init(&content, PROC_BYTES_MAX);
    TRY(add_stat(snapshot, &content, err));
    return add_files(snapshot, err);
}

/* One "cpuN ..." line of /proc/stat, in ticks. */
static enum status add_cpu(struct metric_snapshot_family *family, str line, struct error *err)
{
    static const char *const modes[] = { "user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal" };
    double ticks = (double)sysconf(_SC_CLK_TCK);
    str cpu, word;
    (void)next_word(&line, &cpu); /* the caller saw "cpu" in front */
    for (size_t i = 0; i < COUNT(modes) && next_word(&line, &word); i++) {
        double value;
        if (!number_parse_f64(word, &value))
            break;
        struct metric_label labels[] = { { STR("cpu"), str_slice(cpu, 3, cpu.size) },
                                         { STR("mode"), str_of(modes[i]) } };
        TRY(metric_snapshot_add(family, labels, COUNT(labels), value / ticks, err));
    }
    return OK;
}

static enum status add_cpus(struct metric_snapshot *snapshot, struct buf *content, struct error *err)
{
    if (!read_proc("/proc/stat", content))
        return OK;
    struct metric_snapshot_family *family;
    TRY(metric_snapshot_family(snapshot, METRIC_COUNTER, "node_cpu_seconds_total",
                               "Seconds the CPUs spent in each mode.", "seconds", &family, err));
    str rest = buf_str(content), line;
    for (int cpus = 0; cpus < CPUS_SHOWN_MAX && str_split(&rest, '\n', &line);) {
        if (!str_has_prefix(line, STR("cpu")) || str_has_prefix(line, STR("cpu ")))
            continue;
        TRY(add_cpu(family, line, err));
        cpus++;
    }
    return OK;
}

static enum status add_memory(struct metric_snapshot *snapshot, struct buf *content, struct error *err)
{
    static const struct {
        str key;
        const char *name, *help;
    } wanted[] = {
        { STR("MemTotal"), "kedge_host_memory_total_bytes", "Memory of the machine." },
        { STR("MemFree"), "kedge_host_memory_free_bytes", "Memory of the machine that nothing uses." },
        { STR("MemAvailable"), "kedge_host_memory_available_bytes",
          "Memory of the machine that programs can have without swapping." },
    };
    if (!read_proc("/proc/meminfo", content))
        return OK;
    str rest = buf_str(content), line;
    while (str_split(&rest, '\n', &line)) {
        str key, word;
        double kibibytes;
        if (!str_split(&line, ':', &key) || !next_word(&line, &word) || !number_parse_f64(word, &kibibytes))
            continue;
        for (size_t i = 0; i < COUNT(wanted); i++)
            if (str_equal(key, wanted[i].key))
                TRY(add_one(snapshot, METRIC_GAUGE, wanted[i].name, "bytes", wanted[i].help, kibibytes * 1024, err));
    }
    return OK;
}

static enum status add_load(struct metric_snapshot *snapshot, struct error *err)
{
    double loads[3];
    if (getloadavg(loads, 3) != 3)
        return OK;
    TRY(add_one(snapshot, METRIC_GAUGE, "node_load1", NULL, "1m load average.", loads[0], err));
    TRY(add_one(snapshot, METRIC_GAUGE, "node_load5", NULL, "5m load average.", loads[1], err));
    return add_one(snapshot, METRIC_GAUGE, "node_load15", NULL, "15m load average.", loads[2], err);
}

static enum status add_disk(struct metric_snapshot *snapshot, const char *folder, struct error *err)
{
    struct statvfs info;
    if (folder == NULL || statvfs(folder, &info) != 0)
        return OK;
    const struct {
        const char *name, *help;
        double blocks;
    } sizes[] = {
        { "node_filesystem_size_bytes", "Filesystem size in bytes.", (double)info.f_blocks },
        { "node_filesystem_free_bytes", "Filesystem free space in bytes.", (double)info.f_bfree },
        { "node_filesystem_avail_bytes", "Filesystem space available to non-root users in bytes.",
          (double)info.f_bavail },
    };
    struct metric_label label = { STR("mountpoint"), str_of(folder) };
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct metric_snapshot_family *family;
        TRY(metric_snapshot_family(snapshot, METRIC_GAUGE, sizes[i].name, sizes[i].help, "bytes", &family, err));
        TRY(metric_snapshot_add(family, &label, 1, sizes[i].blocks * (double)info.f_frsize, err));
    }
    return OK;
}

/* "  eth0: 1234 8 0 0 0 0 0 0 5678 ...": bytes received are the first number, bytes sent the ninth. */
static enum status add_device(struct metric_snapshot_family *received, struct metric_snapshot_family *sent, str line,
                              struct error *err)
{
    str name, word;
    if (str_find(line, ':') == line.size || !str_split(&line, ':', &name))
        return OK; /* a heading */
    struct metric_label label = { STR("device"), str_trim(name) };
    for (int field = 1; field <= 9 && next_word(&line, &word); field++) {
        double bytes;
        if ((field != 1 && field != 9) || !number_parse_f64(word, &bytes))
            continue;
        TRY(metric_snapshot_add(field == 1 ? received : sent, &label, 1, bytes, err));
    }
    return OK;
}

static enum status add_network(struct metric_snapshot *snapshot, struct buf *content, struct error *err)
{
    if (!read_proc("/proc/net/dev", content))
        return OK;
    struct metric_snapshot_family *received, *sent;
    TRY(metric_snapshot_family(snapshot, METRIC_COUNTER, "node_network_receive_bytes_total",
                               "Network device statistic receive_bytes.", "bytes", &received, err));
    TRY(metric_snapshot_family(snapshot, METRIC_COUNTER, "node_network_transmit_bytes_total",
                               "Network device statistic transmit_bytes.", "bytes", &sent, err));
    str rest = buf_str(content), line;
    while (str_split(&rest, '\n', &line))
        TRY(add_device(received, sent, line, err));
    return OK;
}

enum status host_collect(void *context, struct metric_snapshot *snapshot, struct error *err)
{
    CLEANUP(buf_done) struct buf content;
    buf_init(&content, PROC_BYTES_MAX);
    TRY(add_cpus(snapshot, &content, err));
    TRY(add_memory(snapshot, &content, err));
    TRY(add_load(snapshot, err));
    TRY(add_disk(snapshot, context, err));
    return add_network(snapshot, &content, err);
}
