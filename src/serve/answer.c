/* answer.c - see answer.h. */
#include "serve/answer.h"

#include "base/memory.h"
#include "serve/describe.h"
#include "serve/page.h"
#include "serve/token.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_WIDTH 1024
#define HEADER_SIZE   512 /* bytes of the JSON before the numbers, blanks included */

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the columns are sent as they lie in memory");

static enum MHD_Result answer_page(struct MHD_Connection *connection, const char *name)
{
    for (const dc_page_file *file = dc_page_files; file->name; file++)
        if (strcmp(file->name, name) == 0)
            return dc_reply_constant(connection, dc_mime_of(name), file->data, file->size);
    return dc_reply_refusal(connection, MHD_HTTP_NOT_FOUND, "There is no such page.");
}

/* The token leaves the address bar, and with it the history and what is copied from there. */
static enum MHD_Result answer_enter(const dc_answerer *answerer, struct MHD_Connection *connection)
{
    char name[32], cookie[160];
    dc_token_cookie_name(answerer->token, name);
    snprintf(cookie, sizeof cookie, "%s=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000", name,
             answerer->token);
    struct MHD_Response *response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (response) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_SET_COOKIE, cookie);
        MHD_add_response_header(response, MHD_HTTP_HEADER_LOCATION, "/");
    }
    return dc_reply_send(connection, MHD_HTTP_SEE_OTHER, "text/plain", DC_REPLY_FRESH, response);
}

static enum MHD_Result answer_file(const dc_answerer *answerer, struct MHD_Connection *connection, dc_listed *run,
                                   const char *file)
{
    int fd;
    dc_status status = dc_listed_open(answerer->runs, run, file, &fd);
    if (status != DCGAN_OK)
        return dc_reply_failure(connection, status);
    return dc_reply_file(connection, dc_mime_of(file), fd);
}

/* ---- Metrics ----------------------------------------------------------------------------------------- */

static bool parse_range(const dc_query *query, dc_range *ret_range)
{
    const char *axis = dc_query_text(query, "axis");
    double width;
    if (!dc_query_real(query, "from", 0, 1e15, 0, &ret_range->from) ||
        !dc_query_real(query, "to", 0, 1e15, -1, &ret_range->to) ||
        !dc_query_real(query, "width", 1, DC_MAX_WIDTH, DEFAULT_WIDTH, &width) ||
        (axis && strcmp(axis, "step") != 0 && strcmp(axis, "time") != 0))
        return false;
    ret_range->axis = axis && strcmp(axis, "time") == 0 ? DC_AXIS_TIME : DC_AXIS_STEP;
    ret_range->width = (int)width;
    return true;
}

/* One line of JSON, filled with blanks, then for each column its means, minima and maxima: float32,
 * little-endian, NaN where a bin holds nothing. */
static dc_status pack_columns(const dc_bins *bins, char **ret_data, size_t *ret_size)
{
    size_t count = (size_t)bins->count;
    size_t size = HEADER_SIZE + 3 * DC_COLUMN_COUNT * count * sizeof(float);
    char *data;
    DC_TRY(dc_alloc(size, 1, (void **)&data));
    memset(data, ' ', HEADER_SIZE);
    int length = snprintf(data, HEADER_SIZE,
                          "{\"x0\":%.17g,\"dx\":%.17g,\"count\":%d,\"last\":%.17g,\"rows\":%llu,\"unreadable\":%llu,"
                          "\"columns\":[",
                          bins->x0, bins->dx, bins->count, bins->last, (unsigned long long)bins->rows,
                          (unsigned long long)bins->unreadable);
    for (int i = 0; i < DC_COLUMN_COUNT; i++)
        length += snprintf(data + length, HEADER_SIZE - (size_t)length, "%s\"%s\"", i ? "," : "", dc_column_name(i));
    length += snprintf(data + length, HEADER_SIZE - (size_t)length, "]}");
    data[length] = ' ';
    data[HEADER_SIZE - 1] = '\n';

    float *next = (float *)(data + HEADER_SIZE);
    for (int column = 0; column < DC_COLUMN_COUNT; column++) {
        float *means = next, *minima = next + count, *maxima = next + 2 * count;
        for (size_t i = 0; i < count; i++) {
            const dc_summary *summary = &bins->bins[i][column];
            bool any = summary->count > 0;
            means[i] = any ? summary->sum / (float)summary->count : NAN;
            minima[i] = any ? summary->minimum : NAN;
            maxima[i] = any ? summary->maximum : NAN;
        }
        next += 3 * count;
    }
    *ret_data = data;
    *ret_size = size;
    return DCGAN_OK;
}

static enum MHD_Result answer_metrics(const dc_answerer *answerer, struct MHD_Connection *connection, dc_listed *run,
                                      const dc_query *query)
{
    dc_range range;
    if (!parse_range(query, &range))
        return dc_reply_refusal(connection, MHD_HTTP_BAD_REQUEST, "from, to, width or axis is not as it should be.");
    const dc_curves *curves;
    int fd;
    dc_bins bins = {0};
    char *data = NULL;
    size_t size = 0;
    dc_status status = dc_listed_curves(answerer->runs, run, &curves, &fd);
    if (status != DCGAN_OK)
        return dc_reply_failure(connection, status);
    status = dc_curves_bin(curves, fd, run->name, &range, &bins);
    close(fd);
    if (status == DCGAN_OK)
        status = pack_columns(&bins, &data, &size);
    free(bins.bins);
    if (status != DCGAN_OK)
        return dc_reply_failure(connection, status);
    return dc_reply_bytes(connection, "application/octet-stream", data, size);
}

/* ---- Pictures from latents --------------------------------------------------------------------------- */

static bool parse_walk(const dc_query *query, dc_walk *ret_walk)
{
    double count;
    *ret_walk = (dc_walk){0};
    ret_walk->direction_count = dc_query_reals(query, "d", -10, 10, DC_MAX_DIRECTIONS, ret_walk->directions);
    if (ret_walk->direction_count < 0 || !dc_query_integer(query, "a", 0, &ret_walk->seed_a) ||
        !dc_query_integer(query, "b", ret_walk->seed_a, &ret_walk->seed_b) ||
        !dc_query_integer(query, "checkpoint", 0, &ret_walk->checkpoint) ||
        !dc_query_real(query, "t", 0, 1, 0, &ret_walk->t) || !dc_query_real(query, "count", 1, DC_MAX_WALK, 1, &count))
        return false;
    ret_walk->count = (int)count;
    return true;
}

static enum MHD_Result answer_generate(const dc_answerer *answerer, struct MHD_Connection *connection, dc_listed *run,
                                       const dc_query *query)
{
    dc_walk walk;
    if (!parse_walk(query, &walk))
        return dc_reply_refusal(connection, MHD_HTTP_BAD_REQUEST, "a, b, t, d, count or checkpoint is malformed.");
    uint8_t *png;
    size_t size;
    dc_status status = dc_explorer_generate(answerer->explorer, answerer->runs, run, &walk, &png, &size);
    if (status != DCGAN_OK)
        return dc_reply_failure(connection, status);
    return dc_reply_bytes(connection, "image/png", png, size);
}

/* ---- The table --------------------------------------------------------------------------------------- */

static enum MHD_Result answer_about_run(const dc_answerer *answerer, struct MHD_Connection *connection,
                                        const dc_decision *decision)
{
    dc_listed *run = dc_runs_find(answerer->runs, decision->run);
    if (!run)
        return dc_reply_refusal(connection, MHD_HTTP_NOT_FOUND, "There is no run of that name, or it has gone.");
    switch (decision->action) {
    case DC_ACTION_EVENTS:
        return dc_reply_json(connection, dc_describe_events(answerer->runs, run));
    case DC_ACTION_METRICS:
        return answer_metrics(answerer, connection, run, &decision->query);
    case DC_ACTION_GENERATE:
        return answer_generate(answerer, connection, run, &decision->query);
    default:
        return answer_file(answerer, connection, run, decision->file);
    }
}

enum MHD_Result dc_answer(const dc_answerer *answerer, struct MHD_Connection *connection, const dc_decision *decision)
{
    if (decision->status != 200)
        return dc_reply_refusal(connection, (unsigned)decision->status, decision->reason);
    switch (decision->action) {
    case DC_ACTION_PAGE:
        return answer_page(connection, decision->file);
    case DC_ACTION_ENTER:
        return answer_enter(answerer, connection);
    case DC_ACTION_RUNS:
        return dc_reply_json(connection, dc_describe_runs(answerer->runs));
    case DC_ACTION_STREAM:
        return dc_feeds_add(answerer->feeds, connection);
    default:
        return answer_about_run(answerer, connection, decision);
    }
}
