/* cli/service.h - the API for commands: of the server that has the data folder, or in this process where none runs. */
#ifndef CLI_SERVICE_H
#define CLI_SERVICE_H

#include "base/arena.h"
#include "cli/option.h"

/* In the data folder while a server has it: its URL and a line feed. */
#define SERVICE_URL_FILE "server.url"

/* Beside it where the server speaks HTTPS: its certificate, so that commands know it whatever name it bears. */
#define SERVICE_CERTIFICATE_FILE "server.pem"

/* Where to find the service; filled by the options of SERVICE_OPTIONS. NULL: not said. */
struct service_place {
    const char *url, *config_path, *data_dir;
    const char *ca_file; /* PEM: whom to trust at an https URL */
};

struct service;

/* Finds the server, or opens the folder itself. ERR_NOT_FOUND: no folder; ERR_UNAVAILABLE: another process has
 * it and says not where it is. */
must_use enum status service_open(const struct service_place *place, struct service **ret_service, struct error *err);
void service_close(struct service *service); /* NULL is fine */
DEFINE_CLEANUP(struct service, service_close);

/* Asks and waits. The answer's body lives in `arena`. An HTTP code of 400 or more becomes an error with the
 * server's message: ERR_INVALID for 4xx, ERR_UNAVAILABLE for others. */
must_use enum status service_ask(struct service *service, const char *method, const char *target, str body,
                                 struct arena *arena, str *ret_body, struct error *err);

/* As service_ask, with a media type for the body (NULL = application/json). */
must_use enum status service_send(struct service *service, const char *method, const char *target, const char *content_type,
                                  str body, struct arena *arena, str *ret_body, struct error *err);

/* Options that set a place: url, ca, config, data-dir; `context` is a struct with a struct service_place first. */
enum status service_apply_url(void *context, str value, struct error *err);
enum status service_apply_ca(void *context, str value, struct error *err);
enum status service_apply_config(void *context, str value, struct error *err);
enum status service_apply_data_dir(void *context, str value, struct error *err);
#define SERVICE_OPTIONS                                                                                                \
    { "url", OPTION_VALUE, "URL", "Ask this server; without it, the one that has the data folder.", service_apply_url, 0 }, \
        { "ca", OPTION_VALUE, "FILE", "Certificates (PEM) to trust at an https URL.", service_apply_ca, 0 },              \
        { "config", OPTION_VALUE, "FILE", "Configuration that names data folder and token.", service_apply_config, 0 },    \
        { "data-dir", OPTION_VALUE, "FOLDER", "The data folder.", service_apply_data_dir, 0 }

/* `text` as a part of a URL: all but letters, digits, '-', '.', '_' and '~' become %XX. */
str service_quote(str text, struct arena *arena);

#endif
