/* history.c - see history.h. */
#include "train/history.h"

#include "base/memory.h"
#include "image/chart.h"

#include <stdlib.h>

enum { STEP, LOSS_D, LOSS_G, COLUMNS };
#define POINTS 16384

struct dc_history {
    size_t count;
    uint64_t stride;         /* steps in a point */
    double pending[COLUMNS]; /* sums of a point that is not full yet */
    uint64_t pending_steps;
    double columns[COLUMNS][POINTS];
};

dc_status dc_history_create(dc_history **ret_history)
{
    DC_TRY(dc_alloc(1, sizeof **ret_history, (void **)ret_history));
    (*ret_history)->stride = 1;
    return DCGAN_OK;
}

void dc_history_free(dc_history *history)
{
    free(history);
}

static void halve(dc_history *history)
{
    for (int c = 0; c < COLUMNS; c++)
        for (size_t i = 0; i < POINTS / 2; i++)
            history->columns[c][i] = (history->columns[c][2 * i] + history->columns[c][2 * i + 1]) / 2;
    history->count = POINTS / 2;
    history->stride *= 2;
}

void dc_history_add(dc_history *history, const dc_metrics *metrics)
{
    const double row[COLUMNS] = {(double)metrics->step, metrics->loss_d, metrics->loss_g};
    for (int c = 0; c < COLUMNS; c++)
        history->pending[c] += row[c];
    if (++history->pending_steps < history->stride)
        return;
    for (int c = 0; c < COLUMNS; c++) {
        history->columns[c][history->count] = history->pending[c] / (double)history->pending_steps;
        history->pending[c] = 0;
    }
    history->pending_steps = 0;
    if (++history->count == POINTS)
        halve(history);
}

dc_status dc_history_draw(const dc_history *history, const char *path)
{
    if (history->count < 2)
        return DCGAN_OK;
    const dc_series series[] = {
        {"generator loss", 0xd95f02, history->columns[LOSS_G]},
        {"discriminator loss", 0x1f78b4, history->columns[LOSS_D]},
    };
    return dc_chart_write(path, "Losses during training", "step", history->columns[STEP], history->count, series, 2);
}
