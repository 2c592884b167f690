/* feed.h - the browsers that wait for news: Server-Sent Events.
 *
 * A feed remembers which version of the runs it has told. There is no queue: a slow browser is told the
 * newest state when it can take it. Between news its connection is suspended. One thread. May call describe,
 * runs, reply. */
#ifndef DC_SERVE_FEED_H
#define DC_SERVE_FEED_H

#include "serve/reply.h"
#include "serve/runs.h"

#define DC_MAX_FEEDS 32

typedef struct dc_feeds dc_feeds;

dc_status dc_feeds_create(const dc_runs *runs, dc_feeds **ret_feeds);
/* After the daemon has stopped. */
void dc_feeds_free(dc_feeds *feeds);

/* Answers with a stream: `runs` (the whole list) whenever one came or went, `run` for each that changed. */
enum MHD_Result dc_feeds_add(dc_feeds *feeds, struct MHD_Connection *connection);

/* To be called every second, after a scan: wakes the feeds there is news for. */
void dc_feeds_tick(dc_feeds *feeds);
/* Ends all streams properly, as soon as the daemon runs once more. */
void dc_feeds_end(dc_feeds *feeds);
bool dc_feeds_any(const dc_feeds *feeds);

#endif
