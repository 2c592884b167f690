/* answer.h - carries out what the router decided. May call everything else of this room but serve. */
#ifndef DC_SERVE_ANSWER_H
#define DC_SERVE_ANSWER_H

#include "serve/explore.h"
#include "serve/feed.h"
#include "serve/route.h"

typedef struct dc_answerer {
    const char *token;
    dc_runs *runs;
    dc_explorer *explorer;
    dc_feeds *feeds;
} dc_answerer;

enum MHD_Result dc_answer(const dc_answerer *answerer, struct MHD_Connection *connection, const dc_decision *decision);

#endif
