/* serve/pyfunc/pyfunc_worker.h - one Python process: started, heard, ended. pyfunc_pool.c says when. */
#ifndef SERVE_PYFUNC_WORKER_H
#define SERVE_PYFUNC_WORKER_H

#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"

enum worker_state {
    WORKER_DOWN,     /* no process; the next one at `restart_ns` */
    WORKER_STARTING, /* loads its model, until `deadline_ns` */
    WORKER_IDLE,
    WORKER_BUSY,   /* a request has it, and nobody else touches its socket */
    WORKER_BROKEN, /* a request gave it back in a state that nobody knows: to be ended */
    WORKER_STATE_COUNT
};

/* The supervisor owns all of it, but for the socket and `has_columns` while a request has it. */
struct pyfunc_worker {
    enum worker_state state;
    pid_t pid;
    int socket, log, process; /* -1 = none; `log` is its stdout and stderr, `process` a pidfd */
    int64_t restart_ns, deadline_ns;
    unsigned deaths; /* since the last answer */
    bool has_columns; /* was told them */
    struct buf ready; /* what has come of its first frame */
    char line[512];   /* of its log, as far as it has come */
    size_t line_bytes;
};

/* A worker without a process. */
void pyfunc_worker_init(struct pyfunc_worker *worker);

/* Starts `python` with `setup` (JSON, terminated) for the script. Call it from a thread that stays: the kernel ends the
 * process with the thread that made it. ERR_UNAVAILABLE names the interpreter. */
must_use enum status pyfunc_worker_start(struct pyfunc_worker *worker, const char *python, const char *setup,
                                         struct error *err);

/* Kills the process and those that it made, collects it, closes what is open. Safe on one without a process. */
void pyfunc_worker_end(struct pyfunc_worker *worker);

/* Hands what it printed to our log, line by line. False at the end of the pipe. */
bool pyfunc_worker_read_log(struct pyfunc_worker *worker, str folder);

/* Takes what has come of a first frame. `ret_frame` gets it (without its size) once it is whole, until then it stays
 * empty. ERR_UNAVAILABLE: the worker has ended; ERR_CORRUPT: what it says is no frame. */
must_use enum status pyfunc_worker_read_ready(struct pyfunc_worker *worker, str *ret_frame, struct error *err);

/* Sends all bytes, or receives exactly so many, until `deadline_ns` of clock_monotonic_ns. ERR_UNAVAILABLE: it has
 * ended, or time ran out. */
must_use enum status pyfunc_worker_send(const struct pyfunc_worker *worker, str bytes, int64_t deadline_ns,
                                        struct error *err);
must_use enum status pyfunc_worker_receive(const struct pyfunc_worker *worker, void *to, size_t bytes,
                                           int64_t deadline_ns,
                                           struct error *err);

#endif
