/* serve.c - see serve.h. Connections, their limits, and the loop; what is answered is in answer.c. */
#include "serve/serve.h"

#include "base/file.h"
#include "base/memory.h"
#include "serve/answer.h"
#include "serve/listen.h"
#include "serve/token.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_CONNECTIONS 128
#define MAX_PER_ADDRESS 96
#define MAX_HEADERS     16384 /* bytes a connection may make us keep */
#define PATIENCE        20    /* seconds a connection may take from one answer to the next */
#define TICK            1     /* seconds between looks at the runs */

typedef struct visit {
    int fd;
    int64_t since; /* seconds: begun, or answered last */
    bool waits_for_news;
    struct visit *next, **link;
} visit;

typedef struct dashboard {
    char token[DC_TOKEN_LENGTH + 1];
    char cookie_name[32];
    dc_gate gate;
    dc_answerer answerer;
    struct MHD_Daemon *daemon;
    visit *visits;
    int64_t scanned; /* seconds: the last look at the runs */
} dashboard;

/* One request; its address is kept as it was sent, for libmicrohttpd decodes what the router must judge. */
typedef struct request {
    char *target;
    bool begun;
} request;

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec;
}

static void scan_if_due(dashboard *server)
{
    if (now() - server->scanned < TICK)
        return;
    dc_runs_scan(server->answerer.runs);
    server->scanned = now();
}

/* ---- Connections ------------------------------------------------------------------------------------- */

static void on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    dashboard *server = context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        visit *begun;
        if (dc_alloc(1, sizeof *begun, (void **)&begun) != DCGAN_OK)
            return;
        *begun = (visit){.fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd,
                         .since = now(),
                         .next = server->visits,
                         .link = &server->visits};
        if (begun->next)
            begun->next->link = &begun->next;
        server->visits = begun;
        *socket_context = begun;
    } else if (*socket_context) {
        visit *ended = *socket_context;
        *ended->link = ended->next;
        if (ended->next)
            ended->next->link = ended->link;
        free(ended);
        *socket_context = NULL;
    }
}

static visit *visit_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/* libmicrohttpd's own timeout begins again with every byte; a request that trickles in must end, too. */
static void end_slow_visits(dashboard *server)
{
    int64_t time = now();
    for (visit *each = server->visits; each; each = each->next)
        if (!each->waits_for_news && time - each->since > PATIENCE)
            shutdown(each->fd, SHUT_RDWR);
}

/* ---- Requests ---------------------------------------------------------------------------------------- */

static void *on_address(void *context, const char *address, struct MHD_Connection *connection)
{
    (void)context;
    (void)connection;
    request *begun;
    if (dc_alloc(1, sizeof *begun, (void **)&begun) != DCGAN_OK)
        return NULL;
    if (dc_strdup(address, &begun->target) != DCGAN_OK) {
        free(begun);
        return NULL;
    }
    return begun;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **request_context,
                         enum MHD_RequestTerminationCode code)
{
    (void)context;
    (void)code;
    request *completed = *request_context;
    if (completed) {
        free(completed->target);
        free(completed);
        *request_context = NULL;
    }
    visit *of = visit_of(connection);
    if (of) {
        of->since = now();
        of->waits_for_news = false;
    }
}

static size_t keep_encoded(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

static enum MHD_Result count_hosts(void *context, enum MHD_ValueKind kind, const char *key, const char *value)
{
    (void)kind;
    dc_head *head = context;
    if (strcasecmp(key, MHD_HTTP_HEADER_HOST) == 0) {
        head->host_count++;
        head->host = value ? value : "";
    } else if (strcasecmp(key, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0 ||
               (strcasecmp(key, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0 && value && strcmp(value, "0") != 0)) {
        head->has_body = true;
    }
    return MHD_YES;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **request_context)
{
    (void)url;
    (void)version;
    (void)upload;
    (void)upload_size;
    dashboard *server = context;
    request *asked = *request_context;
    if (!asked)
        return MHD_NO;
    dc_head head = {.method = method, .target = asked->target};
    MHD_get_connection_values(connection, MHD_HEADER_KIND, count_hosts, &head);
    head.presented = MHD_lookup_connection_value(connection, MHD_COOKIE_KIND, server->cookie_name);
    dc_decision decision;
    dc_route(&server->gate, &head, &decision);
    /* An answer at the first call closes the connection: right only for what is refused. */
    if (!asked->begun && decision.status == 200) {
        asked->begun = true;
        return MHD_YES;
    }
    if (decision.status == 200) {
        scan_if_due(server);
        visit *of = visit_of(connection);
        if (of)
            of->waits_for_news = decision.action == DC_ACTION_STREAM;
    }
    return dc_answer(&server->answerer, connection, &decision);
}

/* ---- The loop ---------------------------------------------------------------------------------------- */

static dc_status start_daemon(dashboard *server, int listener)
{
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET, listener,
        MHD_OPTION_CONNECTION_LIMIT, MAX_CONNECTIONS, MHD_OPTION_PER_IP_CONNECTION_LIMIT, MAX_PER_ADDRESS,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MAX_HEADERS, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_URI_LOG_CALLBACK, on_address, server,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_encoded, NULL, MHD_OPTION_END);
    if (!server->daemon)
        return dc_fail_errno("The web server cannot be started");
    return DCGAN_OK;
}

static int milliseconds_to_wait(struct MHD_Daemon *daemon)
{
    MHD_UNSIGNED_LONG_LONG timeout;
    if (MHD_get_timeout(daemon, &timeout) == MHD_YES && timeout < TICK * 1000)
        return (int)timeout;
    return TICK * 1000;
}

static void run_loop(dashboard *server, const volatile sig_atomic_t *stop)
{
    struct pollfd events = {.fd = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
                            .events = POLLIN};
    int64_t ticked = now();
    while (!*stop) {
        poll(&events, 1, milliseconds_to_wait(server->daemon));
        MHD_run(server->daemon);
        if (now() - ticked < TICK)
            continue;
        ticked = now();
        end_slow_visits(server);
        if (dc_feeds_any(server->answerer.feeds)) {
            scan_if_due(server);
            dc_feeds_tick(server->answerer.feeds);
        }
    }
}

static dc_status prepare(dashboard *server, const dc_serve_options *options)
{
    DC_TRY(dc_token_load(server->token));
    dc_token_cookie_name(server->token, server->cookie_name);
    server->gate = (dc_gate){.token = server->token, .bound = options->host};
    server->answerer.token = server->token;
    DC_TRY(dc_runs_open(options->path, &server->answerer.runs));
    DC_TRY(dc_explorer_create(&server->answerer.explorer));
    return dc_feeds_create(server->answerer.runs, &server->answerer.feeds);
}

static dc_status listen_and_serve(dashboard *server, const dc_serve_options *options)
{
    int listener, port;
    DC_TRY(dc_listen(options->host, options->port, &listener, &port));
    dc_status status = start_daemon(server, listener);
    if (status != DCGAN_OK) {
        close(listener);
        return status;
    }
    char *link;
    status = dc_listen_link(options->host, port, server->token, &link);
    if (status == DCGAN_OK) {
        options->on_ready(options->context, link);
        free(link);
        run_loop(server, options->stop);
    }
    dc_feeds_end(server->answerer.feeds);
    MHD_run(server->daemon);
    MHD_stop_daemon(server->daemon);
    return status;
}

dc_status dc_serve(const dc_serve_options *options)
{
    dashboard server = {0};
    signal(SIGPIPE, SIG_IGN); /* sendfile() to a browser that has gone raises it */
    dc_status status = prepare(&server, options);
    if (status == DCGAN_OK)
        status = listen_and_serve(&server, options);
    dc_feeds_free(server.answerer.feeds);
    dc_explorer_free(server.answerer.explorer);
    dc_runs_close(server.answerer.runs);
    return status;
}
