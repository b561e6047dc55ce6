/* net/http_listen.h - listener addresses, and the sockets behind them. */
#ifndef NET_HTTP_LISTEN_H
#define NET_HTTP_LISTEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

#define HTTP_HOST_MAX 256

struct http_address {
    char host[HTTP_HOST_MAX]; /* without brackets */
    uint16_t port;
};

/* Reads "127.0.0.1:8000", "[::1]:8000", "localhost:0", ":8000" (all addresses), "8000" (loopback). */
must_use enum status http_address_parse(const char *text, struct http_address *ret_address, struct error *err);

/* Whether only programs on this machine can connect: 127.0.0.0/8, ::1, localhost. */
bool http_address_is_loopback(const struct http_address *address);

/* A listening, non-blocking socket; `ret_port` is its real port. ERR_UNAVAILABLE says why not. */
must_use enum status http_address_listen(const struct http_address *address, int *ret_fd, uint16_t *ret_port,
                                         struct error *err);

#endif
