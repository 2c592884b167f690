/* serve.h - the dashboard: a server in a process of its own, which reads run directories and writes nothing.
 *
 * One thread, one event loop. A fault here cannot touch a training: all they share is files. */
#ifndef DC_SERVE_SERVE_H
#define DC_SERVE_SERVE_H

#include "base/status.h"

#include <signal.h>

#define DC_SERVE_PORT 8787
#define DC_SERVE_HOST "127.0.0.1"

typedef struct dc_serve_options {
    const char *path;                                  /* a run directory, or a directory with run directories in it */
    const char *host;                                  /* address to listen at */
    int port;                                          /* 0: any that is free */
    void (*on_ready)(void *context, const char *link); /* listening; the link has the key in it */
    void *context;
    const volatile sig_atomic_t *stop; /* becomes non-zero: return soon */
} dc_serve_options;

/* Serves until told to stop. */
dc_status dc_serve(const dc_serve_options *options);

#endif
