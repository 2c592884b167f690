/* listen.h - the socket to listen at, and the link to give to people. May call base only. */
#ifndef DC_SERVE_LISTEN_H
#define DC_SERVE_LISTEN_H

#include "base/status.h"

/* Port 0 takes any that is free; ret_port says which it is. */
dc_status dc_listen(const char *host, int port, int *ret_socket, int *ret_port);
/* "http://127.0.0.1:8787/?token=..."; free() */
dc_status dc_listen_link(const char *host, int port, const char *token, char **ret_link);

#endif
