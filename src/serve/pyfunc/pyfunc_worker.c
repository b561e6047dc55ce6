#include "serve/pyfunc/pyfunc_worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "serve/pyfunc/pyfunc_frame.h"

#define WORKER_SOCKET 3 /* in the worker; worker.py knows it */

extern char **environ;

static const char script[] = {
#include "worker.inc"
};

void pyfunc_worker_init(struct pyfunc_worker *worker)
{
    *worker = (struct pyfunc_worker){ .state = WORKER_DOWN, .socket = -1, .log = -1, .process = -1 };
    buf_init(&worker->ready, PYFUNC_FRAME_MAX);
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd); /* sockets and pipes hold nothing back */
    *fd = -1;
}

/* ---- start and end ---- */

/* Its ends of the two channels; ours are in the worker. */
struct far_ends {
    int socket, log;
};

static void far_ends_done(struct far_ends *ends)
{
    close_fd(&ends->socket);
    close_fd(&ends->log);
}

static enum status open_channels(struct pyfunc_worker *worker, struct far_ends *ends, struct error *err)
{
    int sockets[2], pipes[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
        return error_set(err, ERR_UNAVAILABLE, "make a socket: %s", strerror(errno));
    worker->socket = sockets[0];
    ends->socket = sockets[1];
    if (pipe2(pipes, O_CLOEXEC | O_NONBLOCK) != 0)
        return error_set(err, ERR_UNAVAILABLE, "make a pipe: %s", strerror(errno));
    worker->log = pipes[0];
    ends->log = pipes[1];
    (void)fcntl(ends->log, F_SETFL, 0); /* it waits when we are slow; only our end does not */
    return OK;
}

/* Only 0 to 3 stay open, whatever the server and its libraries have; its own session keeps a terminal's ^C away, so
 * that a server that is told to stop can still finish what it answers. */
static int prepare(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, const struct far_ends *ends)
{
    sigset_t none, all;
    (void)sigemptyset(&none); /* the four cannot fail with these arguments */
    (void)sigfillset(&all);
    (void)posix_spawnattr_setsigmask(attributes, &none);
    (void)posix_spawnattr_setsigdefault(attributes, &all);
    int failed = posix_spawnattr_setflags(attributes,
                                          POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    failed = failed != 0 ? failed : posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    failed = failed != 0 ? failed : posix_spawn_file_actions_adddup2(actions, ends->log, 1);
    failed = failed != 0 ? failed : posix_spawn_file_actions_adddup2(actions, ends->log, 2);
    failed = failed != 0 ? failed : posix_spawn_file_actions_adddup2(actions, ends->socket, WORKER_SOCKET);
    return failed != 0 ? failed : posix_spawn_file_actions_addclosefrom_np(actions, WORKER_SOCKET + 1);
}

static int spawn(pid_t *ret_pid, const char *python, const char *setup, const struct far_ends *ends)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed != 0)
        return failed;
    failed = posix_spawnattr_init(&attributes);
    if (failed == 0) {
        failed = prepare(&actions, &attributes, ends);
        const char *arguments[] = { python, "-u", "-c", script, setup, NULL };
        if (failed == 0)
            failed = posix_spawnp(ret_pid, python, &actions, &attributes,
                                  (char *const *)(uintptr_t)arguments, environ); /* exec copies, it never writes */
        (void)posix_spawnattr_destroy(&attributes); /* frees nothing that could fail */
    }
    (void)posix_spawn_file_actions_destroy(&actions); /* as above */
    return failed;
}

enum status pyfunc_worker_start(struct pyfunc_worker *worker, const char *python, const char *setup, struct error *err)
{
    CLEANUP(far_ends_done) struct far_ends ends = { -1, -1 };
    enum status status = open_channels(worker, &ends, err);
    int failed = 0;
    if (status == OK && (failed = spawn(&worker->pid, python, setup, &ends)) != 0)
        status = error_set(err, ERR_UNAVAILABLE, "the Python interpreter \"%s\" does not start: %s", python,
                           strerror(failed));
    if (status != OK) {
        worker->pid = 0;
        pyfunc_worker_end(worker);
        return status;
    }
    worker->process = pidfd_open(worker->pid, 0); /* -1 on old kernels: the closed socket tells as well, only later */
    worker->has_columns = false;
    worker->state = WORKER_STARTING;
    return OK;
}

void pyfunc_worker_end(struct pyfunc_worker *worker)
{
    if (worker->pid > 0) {
        (void)kill(-worker->pid, SIGKILL); /* the session that it leads; it may be gone already */
        (void)kill(worker->pid, SIGKILL);  /* as above, before its session was made */
        while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    worker->pid = 0;
    close_fd(&worker->socket);
    close_fd(&worker->log);
    close_fd(&worker->process);
    buf_done(&worker->ready);
    worker->line_bytes = 0;
    worker->state = WORKER_DOWN;
}

/* ---- its words ---- */

static void log_line(struct pyfunc_worker *worker, str folder)
{
    str line = str_trim((str){ worker->line, worker->line_bytes });
    if (!str_is_empty(line))
        LOG_INFO("a Python worker says", log_str("model", folder), log_i64("pid", worker->pid), log_str("line", line));
    worker->line_bytes = 0;
}

bool pyfunc_worker_read_log(struct pyfunc_worker *worker, str folder)
{
    char block[4096];
    ssize_t got = read(worker->log, block, sizeof block);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    for (ssize_t i = 0; i < got; i++) {
        worker->line[worker->line_bytes++] = block[i];
        if (block[i] == '\n' || worker->line_bytes == sizeof worker->line) /* an endless line is cut, not kept */
            log_line(worker, folder);
    }
    if (got == 0) {
        log_line(worker, folder);
        close_fd(&worker->log);
    }
    return got > 0;
}

/* ---- frames ---- */

enum status pyfunc_worker_read_ready(struct pyfunc_worker *worker, str *ret_frame, struct error *err)
{
    char block[4096];
    ssize_t got = recv(worker->socket, block, sizeof block, MSG_DONTWAIT);
    *ret_frame = (str){ 0 };
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return OK;
    if (got <= 0)
        return error_set(err, ERR_UNAVAILABLE,
                         "the Python worker ended while it started; its last words are in the log");
    if (!buf_append(&worker->ready, (str){ block, (size_t)got }))
        return error_set(err, ERR_CORRUPT, "the Python worker sent bytes that are no answer");
    str all = buf_str(&worker->ready);
    uint32_t size = 0;
    if (all.size < PYFUNC_HEADER_BYTES)
        return OK;
    memcpy(&size, all.data, sizeof size);
    if (size == 0 || size > PYFUNC_FRAME_MAX || all.size > size + PYFUNC_HEADER_BYTES)
        return error_set(err, ERR_CORRUPT, "the Python worker sent bytes that are no answer");
    if (all.size == size + PYFUNC_HEADER_BYTES)
        *ret_frame = str_slice(all, PYFUNC_HEADER_BYTES, all.size);
    return OK;
}

/* Waits until the socket can be written or read. */
static enum status wait_for(const struct pyfunc_worker *worker, short events, int64_t deadline_ns, struct error *err)
{
    for (;;) {
        int64_t left_ms = (deadline_ns - clock_monotonic_ns() + 999999) / 1000000;
        struct pollfd waited = { .fd = worker->socket, .events = events };
        int ready = left_ms <= 0 ? 0 : poll(&waited, 1, (int)MIN_OF(left_ms, 3600 * 1000));
        if (ready > 0)
            return OK;
        if (left_ms <= 0)
            return error_set(err, ERR_UNAVAILABLE, "the Python worker did not answer in time and is started again");
    }
}

static enum status has_died(struct error *err)
{
    return error_set(err, ERR_UNAVAILABLE, "the Python worker died in the middle of this request and is started again");
}

enum status pyfunc_worker_send(const struct pyfunc_worker *worker, str bytes, int64_t deadline_ns, struct error *err)
{
    while (bytes.size > 0) {
        ssize_t sent = send(worker->socket, bytes.data, bytes.size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent >= 0)
            bytes = str_slice(bytes, (size_t)sent, bytes.size);
        else if (errno == EAGAIN)
            TRY(wait_for(worker, POLLOUT, deadline_ns, err));
        else if (errno != EINTR)
            return has_died(err);
    }
    return OK;
}

enum status pyfunc_worker_receive(const struct pyfunc_worker *worker, void *to, size_t bytes, int64_t deadline_ns,
                                  struct error *err)
{
    for (size_t at = 0; at < bytes;) {
        ssize_t got = recv(worker->socket, (char *)to + at, bytes - at, MSG_DONTWAIT);
        if (got > 0)
            at += (size_t)got;
        else if (got < 0 && errno == EAGAIN)
            TRY(wait_for(worker, POLLIN, deadline_ns, err));
        else if (got == 0 || errno != EINTR)
            return has_died(err);
    }
    return OK;
}
