/* history.h - a training's metrics so far, in bounded memory, for its chart.
 *
 * When the table is full, neighbours are averaged and from then on each point stands for twice as many steps. */
#ifndef DC_TRAIN_HISTORY_H
#define DC_TRAIN_HISTORY_H

#include "train/metrics.h"

typedef struct dc_history dc_history;

dc_status dc_history_create(dc_history **ret_history);
void dc_history_free(dc_history *history);
void dc_history_add(dc_history *history, const dc_metrics *metrics);
/* losses.png: the two losses over the steps. Nothing is drawn before the second point. */
dc_status dc_history_draw(const dc_history *history, const char *path);

#endif
