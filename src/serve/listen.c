/* listen.c - see listen.h. */
#include "serve/listen.h"

#include "base/file.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 64

static int open_listener(const struct addrinfo *address)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int yes = 1;
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
        bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int error = errno;
    if (fd >= 0)
        close(fd);
    errno = error;
    return -1;
}

static dc_status find_port(int fd, int *ret_port)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {0};
    socklen_t size = sizeof address;
    if (getsockname(fd, &address.any, &size) != 0)
        return dc_fail_errno("The port cannot be found out");
    *ret_port = ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
    return DCGAN_OK;
}

dc_status dc_listen(const char *host, int port, int *ret_socket, int *ret_port)
{
    char service[16];
    snprintf(service, sizeof service, "%d", port);
    const struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses;
    int error = getaddrinfo(host, service, &hints, &addresses);
    if (error != 0)
        return dc_fail(DCGAN_E_USAGE, "%s is no address to listen at: %s. --host takes one of this machine.", host,
                       gai_strerror(error));
    int fd = open_listener(addresses);
    freeaddrinfo(addresses);
    if (fd < 0 && errno == EADDRINUSE)
        return dc_fail(DCGAN_E_IO, "Port %d of %s is in use. Take another with --port, or --port 0 for any.", port,
                       host);
    if (fd < 0)
        return dc_fail_errno("Listening at %s, port %d, is not possible", host, port);
    dc_status status = find_port(fd, ret_port);
    if (status != DCGAN_OK) {
        close(fd);
        return status;
    }
    *ret_socket = fd;
    return DCGAN_OK;
}

/* Where one listens everywhere, the link leads to where one is. */
static const char *name_to_visit(const char *host)
{
    if (strcmp(host, "0.0.0.0") == 0)
        return "127.0.0.1";
    return strcmp(host, "::") == 0 ? "::1" : host;
}

dc_status dc_listen_link(const char *host, int port, const char *token, char **ret_link)
{
    const char *name = name_to_visit(host);
    const char *form = strchr(name, ':') ? "http://[%s]:%d/?token=%s" : "http://%s:%d/?token=%s";
    return dc_path(ret_link, form, name, port, token);
}
