/* reply.h - answers over libmicrohttpd, all with the headers that keep a browser from doing more than show
 * this page. May call base only. */
#ifndef DC_SERVE_REPLY_H
#define DC_SERVE_REPLY_H

#include "base/status.h"

#include <jansson.h>
#include <microhttpd.h>

typedef enum dc_reply_age {
    DC_REPLY_FRESH, /* ask again each time */
    DC_REPLY_KEPT,  /* its address names its version: never ask again */
} dc_reply_age;

/* The security headers, and how long to keep it. */
void dc_reply_dress(struct MHD_Response *response, const char *mime, dc_reply_age age);
/* Dresses, sends and lets go of a response; NULL ends the connection. */
enum MHD_Result dc_reply_send(struct MHD_Connection *connection, unsigned status, const char *mime, dc_reply_age age,
                              struct MHD_Response *response);

/* Bytes that outlive the server. */
enum MHD_Result dc_reply_constant(struct MHD_Connection *connection, const char *mime, const void *data, size_t size);
/* Takes the bytes over, to free() them. */
enum MHD_Result dc_reply_bytes(struct MHD_Connection *connection, const char *mime, void *data, size_t size);
/* Consumes the value; NULL is answered as a lack of memory. */
enum MHD_Result dc_reply_json(struct MHD_Connection *connection, json_t *value);
/* Takes the open file over. */
enum MHD_Result dc_reply_file(struct MHD_Connection *connection, const char *mime, int fd);

/* A sentence for people. */
enum MHD_Result dc_reply_refusal(struct MHD_Connection *connection, unsigned http_status, const char *reason);
/* The same with this thread's error message, and the HTTP status that fits. */
enum MHD_Result dc_reply_failure(struct MHD_Connection *connection, dc_status status);

/* By the end of the name. */
const char *dc_mime_of(const char *file);

#endif
