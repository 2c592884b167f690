/* route.h - what a request asks for and whether it may: a pure function of the request's head.
 *
 * Everything the outside can say arrives here as text and leaves as a checked decision: an action, the name
 * of a run that is one path component, a file name from a fixed list, and numbers in their ranges. Touches
 * no file and keeps no state, so that it can be fuzzed. */
#ifndef DC_SERVE_ROUTE_H
#define DC_SERVE_ROUTE_H

#include "serve/names.h"

#include <stddef.h>

#define DC_MAX_TARGET     2048 /* bytes of path and query */
#define DC_MAX_PARAMETERS 16

typedef enum dc_action {
    DC_ACTION_PAGE,     /* file: a name among the embedded files */
    DC_ACTION_ENTER,    /* the link with the token: set the cookie, go to the page */
    DC_ACTION_RUNS,     /* all runs */
    DC_ACTION_STREAM,   /* news as Server-Sent Events */
    DC_ACTION_EVENTS,   /* run: notes, warnings, pictures, checkpoints */
    DC_ACTION_METRICS,  /* run: columns over a range */
    DC_ACTION_GENERATE, /* run: pictures from latents */
    DC_ACTION_FILE,     /* run, file: one of the served files of a run directory */
} dc_action;

/* What the gate at the door knows. */
typedef struct dc_gate {
    const char *token; /* what the link and the cookie must carry */
    const char *bound; /* --host as given: "127.0.0.1", "192.168.1.5", "0.0.0.0", "::1" */
} dc_gate;

typedef struct dc_head {
    const char *method;
    const char *target;    /* path and query as sent */
    const char *host;      /* the Host header, or NULL */
    int host_count;        /* how often it was there */
    const char *presented; /* the token's cookie, or NULL */
    bool has_body;
} dc_head;

typedef struct dc_query {
    int count;
    const char *keys[DC_MAX_PARAMETERS], *values[DC_MAX_PARAMETERS]; /* into text, decoded */
    char text[DC_MAX_TARGET];
} dc_query;

typedef struct dc_decision {
    int status;         /* 200: do the action; else the HTTP status of the refusal */
    const char *reason; /* of the refusal, a sentence; NULL if there is none */
    dc_action action;
    char run[DC_NAME_SIZE];
    char file[DC_NAME_SIZE];
    dc_query query;
} dc_decision;

void dc_route(const dc_gate *gate, const dc_head *head, dc_decision *ret_decision);

/* A parameter's text, or NULL. */
const char *dc_query_text(const dc_query *query, const char *key);
/* A finite number within the range; `fallback` if it is missing, false if it is anything else. */
bool dc_query_real(const dc_query *query, const char *key, double minimum, double maximum, double fallback,
                   double *ret_value);
bool dc_query_integer(const dc_query *query, const char *key, uint64_t fallback, uint64_t *ret_value);
/* Up to `limit` numbers separated by commas; their count, 0 if the parameter is missing, -1 if malformed. */
int dc_query_reals(const dc_query *query, const char *key, double minimum, double maximum, int limit,
                   double *ret_values);

#endif
