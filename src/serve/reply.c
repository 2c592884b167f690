/* reply.c - see reply.h. */
#include "serve/reply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const security_headers[][2] = {
    {"Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
                                "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
};

const char *dc_mime_of(const char *file)
{
    static const char *const types[][2] = {
        {".html", "text/html; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".json", "application/json"},
        {".png", "image/png"},
        {".svg", "image/svg+xml"},
    };
    const char *dot = strrchr(file, '.');
    for (size_t i = 0; dot && i < sizeof types / sizeof *types; i++)
        if (strcmp(dot, types[i][0]) == 0)
            return types[i][1];
    return "application/octet-stream";
}

void dc_reply_dress(struct MHD_Response *response, const char *mime, dc_reply_age age)
{
    for (size_t i = 0; i < sizeof security_headers / sizeof *security_headers; i++)
        MHD_add_response_header(response, security_headers[i][0], security_headers[i][1]);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, mime);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL,
                            age == DC_REPLY_KEPT ? "private, max-age=86400, immutable" : "no-store");
}

enum MHD_Result dc_reply_send(struct MHD_Connection *connection, unsigned status, const char *mime, dc_reply_age age,
                              struct MHD_Response *response)
{
    if (!response)
        return MHD_NO;
    dc_reply_dress(response, mime, age);
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

enum MHD_Result dc_reply_constant(struct MHD_Connection *connection, const char *mime, const void *data, size_t size)
{
    return dc_reply_send(connection, MHD_HTTP_OK, mime, DC_REPLY_FRESH,
                         MHD_create_response_from_buffer(size, (void *)data, MHD_RESPMEM_PERSISTENT));
}

enum MHD_Result dc_reply_bytes(struct MHD_Connection *connection, const char *mime, void *data, size_t size)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(size, data, MHD_RESPMEM_MUST_FREE);
    if (!response)
        free(data);
    return dc_reply_send(connection, MHD_HTTP_OK, mime, DC_REPLY_FRESH, response);
}

enum MHD_Result dc_reply_json(struct MHD_Connection *connection, json_t *value)
{
    char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;
    json_decref(value);
    if (!text)
        return dc_reply_refusal(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "Not enough memory for the answer.");
    return dc_reply_bytes(connection, "application/json", text, strlen(text));
}

enum MHD_Result dc_reply_file(struct MHD_Connection *connection, const char *mime, int fd)
{
    struct stat info;
    struct MHD_Response *response = NULL;
    if (fstat(fd, &info) == 0)
        response = MHD_create_response_from_fd((size_t)info.st_size, fd);
    if (!response)
        close(fd);
    return dc_reply_send(connection, MHD_HTTP_OK, mime, DC_REPLY_KEPT, response);
}

enum MHD_Result dc_reply_refusal(struct MHD_Connection *connection, unsigned http_status, const char *reason)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(reason), (void *)reason, MHD_RESPMEM_MUST_COPY);
    if (response && http_status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    return dc_reply_send(connection, http_status, "text/plain; charset=utf-8", DC_REPLY_FRESH, response);
}

enum MHD_Result dc_reply_failure(struct MHD_Connection *connection, dc_status status)
{
    unsigned http_status = status == DCGAN_E_USAGE    ? MHD_HTTP_BAD_REQUEST
                           : status == DCGAN_E_IO     ? MHD_HTTP_NOT_FOUND
                           : status == DCGAN_E_INPUT  ? MHD_HTTP_UNPROCESSABLE_CONTENT
                           : status == DCGAN_E_MEMORY ? MHD_HTTP_SERVICE_UNAVAILABLE
                                                      : MHD_HTTP_INTERNAL_SERVER_ERROR;
    return dc_reply_refusal(connection, http_status, dcgan_error_message());
}
