/* describe.h - runs as JSON, for /api/runs, the stream, and /api/run/NAME/events. May call runs. */
#ifndef DC_SERVE_DESCRIBE_H
#define DC_SERVE_DESCRIBE_H

#include "serve/runs.h"

/* Where a run stands, in a few numbers; NULL for a name that is not UTF-8. docs/dashboard.md has the fields. */
json_t *dc_describe_run(const dc_listed *run);
/* A list of all of them. */
json_t *dc_describe_runs(const dc_runs *runs);
/* What a run had to say, and the numbers of its pictures and checkpoints. */
json_t *dc_describe_events(const dc_runs *runs, const dc_listed *run);

#endif
