/* feed.c - see feed.h. */
#include "serve/feed.h"

#include "base/memory.h"
#include "serve/describe.h"

#include <stdlib.h>
#include <string.h>

#define TICKS_OF_SILENCE 10 /* then a comment is sent: it finds out whether the browser is still there */
#define BLOCK            16384

typedef struct feed {
    dc_feeds *feeds;
    struct MHD_Connection *connection;
    char *text; /* being sent, or NULL */
    size_t length, sent;
    uint64_t version, membership; /* told so far */
    int silence;                  /* ticks */
    bool suspended;
} feed;

struct dc_feeds {
    const dc_runs *runs;
    feed *active[DC_MAX_FEEDS];
    bool ending;
};

dc_status dc_feeds_create(const dc_runs *runs, dc_feeds **ret_feeds)
{
    DC_TRY(dc_alloc(1, sizeof **ret_feeds, (void **)ret_feeds));
    (*ret_feeds)->runs = runs;
    return DCGAN_OK;
}

void dc_feeds_free(dc_feeds *feeds)
{
    free(feeds);
}

/* ---- What to tell ------------------------------------------------------------------------------------ */

/* Appends one event to the feed's text; what cannot be told for lack of memory is told next time. */
static bool tell(feed *to, const char *name, json_t *value)
{
    char *data = value ? json_dumps(value, JSON_COMPACT) : NULL;
    json_decref(value);
    char *text = NULL;
    int length = -1;
    if (data)
        length = asprintf(&text, "%sevent: %s\ndata: %s\n\n", to->text ? to->text : "", name, data);
    free(data);
    if (length < 0)
        return false;
    free(to->text);
    to->text = text;
    to->length = (size_t)length;
    return true;
}

static void compose(feed *to)
{
    const dc_runs *runs = to->feeds->runs;
    bool told = true;
    if (to->membership != dc_runs_membership(runs)) {
        told = tell(to, "runs", dc_describe_runs(runs));
    } else {
        for (size_t i = 0; i < dc_runs_count(runs) && told; i++)
            if (dc_runs_at(runs, i)->version > to->version)
                told = tell(to, "run", dc_describe_run(dc_runs_at(runs, i)));
    }
    if (told) {
        to->membership = dc_runs_membership(runs);
        to->version = dc_runs_version(runs);
    }
    if (!to->text && to->silence >= TICKS_OF_SILENCE && (to->text = strdup(":\n\n")))
        to->length = strlen(to->text);
}

/* ---- The connection ---------------------------------------------------------------------------------- */

static ssize_t read_feed(void *context, uint64_t position, char *buffer, size_t size)
{
    (void)position;
    feed *from = context;
    if (from->feeds->ending)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (!from->text)
        compose(from);
    if (!from->text) {
        from->suspended = true;
        MHD_suspend_connection(from->connection);
        return 0;
    }
    size_t rest = from->length - from->sent;
    size_t count = rest < size ? rest : size;
    memcpy(buffer, from->text + from->sent, count);
    from->sent += count;
    from->silence = 0;
    if (from->sent == from->length) {
        free(from->text);
        from->text = NULL;
        from->sent = from->length = 0;
    }
    return (ssize_t)count;
}

static void close_feed(void *context)
{
    feed *closed = context;
    for (int i = 0; i < DC_MAX_FEEDS; i++)
        if (closed->feeds->active[i] == closed)
            closed->feeds->active[i] = NULL;
    free(closed->text);
    free(closed);
}

enum MHD_Result dc_feeds_add(dc_feeds *feeds, struct MHD_Connection *connection)
{
    int slot = 0;
    while (slot < DC_MAX_FEEDS && feeds->active[slot])
        slot++;
    if (slot == DC_MAX_FEEDS)
        return dc_reply_refusal(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "Too many pages are open; close some.");
    feed *added;
    if (dc_alloc(1, sizeof *added, (void **)&added) != DCGAN_OK)
        return MHD_NO;
    *added = (feed){.feeds = feeds, .connection = connection, .membership = UINT64_MAX};
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_feed, added, close_feed);
    if (!response) {
        free(added);
        return MHD_NO;
    }
    feeds->active[slot] = added;
    return dc_reply_send(connection, MHD_HTTP_OK, "text/event-stream", DC_REPLY_FRESH, response);
}

static void wake(feed *sleeper)
{
    if (!sleeper || !sleeper->suspended)
        return;
    sleeper->suspended = false;
    MHD_resume_connection(sleeper->connection);
}

void dc_feeds_tick(dc_feeds *feeds)
{
    for (int i = 0; i < DC_MAX_FEEDS; i++) {
        feed *waiting = feeds->active[i];
        if (waiting && (++waiting->silence >= TICKS_OF_SILENCE || waiting->version != dc_runs_version(feeds->runs)))
            wake(waiting);
    }
}

void dc_feeds_end(dc_feeds *feeds)
{
    feeds->ending = true;
    for (int i = 0; i < DC_MAX_FEEDS; i++)
        wake(feeds->active[i]);
}

bool dc_feeds_any(const dc_feeds *feeds)
{
    for (int i = 0; i < DC_MAX_FEEDS; i++)
        if (feeds->active[i])
            return true;
    return false;
}
