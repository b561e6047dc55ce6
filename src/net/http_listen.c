#include "net/http_listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/number.h"
#include "base/str.h"

#define BACKLOG 1024

enum status http_address_parse(const char *text, struct http_address *ret_address, struct error *err)
{
    str whole = str_of(text), host = { 0 }, port_text = whole;
    if (str_has_prefix(whole, STR("["))) {
        size_t bracket = str_find(whole, ']');
        host = str_slice(whole, 1, bracket);
        port_text = str_slice(whole, bracket + 2, whole.size);
        if (bracket + 1 >= whole.size || whole.data[bracket + 1] != ':')
            return error_set(err, ERR_INVALID, "listener \"%s\": wanted [ADDRESS]:PORT", text);
    } else if (str_find(whole, ':') < whole.size) {
        size_t colon = str_find(whole, ':');
        host = str_slice(whole, 0, colon);
        port_text = str_slice(whole, colon + 1, whole.size);
        if (str_is_empty(host))
            host = STR("0.0.0.0");
    } else {
        host = STR("127.0.0.1");
    }
    uint64_t port;
    if (!number_parse_u64(port_text, &port) || port > UINT16_MAX || str_is_empty(host) || host.size >= HTTP_HOST_MAX)
        return error_set(err, ERR_INVALID, "listener \"%s\": wanted ADDRESS:PORT with a port up to 65535", text);
    ret_address->port = (uint16_t)port;
    (void)snprintf(ret_address->host, sizeof ret_address->host, "%.*s", STR_ARG(host));
    return OK;
}

bool http_address_is_loopback(const struct http_address *address)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, address->host, &v4) == 1)
        return (ntohl(v4.s_addr) >> 24) == 127;
    if (inet_pton(AF_INET6, address->host, &v6) == 1)
        return IN6_IS_ADDR_LOOPBACK(&v6);
    return str_equal(str_of(address->host), STR("localhost"));
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage bound = { 0 };
    socklen_t size = sizeof bound;
    if (getsockname(fd, (struct sockaddr *)&bound, &size) != 0)
        return 0;
    in_port_t port = bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
                                                 : ((struct sockaddr_in *)&bound)->sin_port;
    return ntohs(port);
}

/* The listening socket, or -1 with errno. */
static int listen_on(const struct addrinfo *info)
{
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    int on = 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on); /* else a restart waits for old connections */
    if (info->ai_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on); /* 0.0.0.0 may be a listener of its own */
    if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int reason = errno;
    (void)close(fd); /* the reason is known already */
    errno = reason;
    return -1;
}

enum status http_address_listen(const struct http_address *address, int *ret_fd, uint16_t *ret_port, struct error *err)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV }, *found = NULL;
    char port[8];
    (void)snprintf(port, sizeof port, "%u", (unsigned)address->port);
    int code = getaddrinfo(address->host, port, &hints, &found);
    if (code != 0)
        return error_set(err, ERR_UNAVAILABLE, "listen on %s port %s: %s", address->host, port, gai_strerror(code));
    int fd = listen_on(found);
    int reason = errno;
    freeaddrinfo(found);
    if (fd < 0)
        return error_set(err, ERR_UNAVAILABLE, "listen on %s port %s: %s", address->host, port, strerror(reason));
    *ret_fd = fd;
    *ret_port = port_of(fd);
    return OK;
}
