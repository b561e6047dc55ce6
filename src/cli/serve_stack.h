/* cli/serve_stack.h - the stores and the API over a data folder, opened bottom up and closed in reverse.
 *
 * `kedge serve` puts a server on top; commands that find no server running use the API in-process. */
#ifndef CLI_SERVE_STACK_H
#define CLI_SERVE_STACK_H

#include "api/api.h"
#include "cli/config.h"
#include "registry/registry.h"

struct serve_stack {
    char *data_dir;
    struct secret token;
    struct event_log *log;
    struct meta *meta;
    struct reference_store *references;
    struct registry *registry;
    struct artifact_store *artifacts;
    uint64_t artifact_bytes_max;
    struct pyfunc_pool *python;
    struct api *api;
};

struct serve_stack_options {
    bool has_scheduler;
    enum status (*reload)(void *self, struct error *err); /* or NULL */
    void *self;
};

/* Takes `config` over in any case. `stack` is closed by the caller, also after a failure. ERR_CONFLICT or
 * ERR_UNAVAILABLE where another process has the folder. */
must_use enum status serve_stack_open(struct config *config, const struct serve_stack_options *options,
                                      struct serve_stack *stack, struct error *err);
void serve_stack_close(struct serve_stack *stack);

#endif
