/* progress.c - see progress.h. */
#include "train/progress.h"

#include <stddef.h>
#include <time.h>

#define WINDOW_SECONDS 10.0

double dc_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void dc_pace_start(dc_pace *pace, double now)
{
    *pace = (dc_pace){.ends = {now}, .count = 1};
}

static size_t slot(uint64_t number)
{
    return number % DC_PROGRESS_WINDOW;
}

void dc_pace_note(dc_pace *pace, double now, int images)
{
    uint64_t done = pace->images[slot(pace->count - 1)] + (uint64_t)images;
    pace->ends[slot(pace->count)] = now;
    pace->images[slot(pace->count)] = done;
    pace->count++;
}

/* The oldest moment that is still within the window. */
static uint64_t oldest(const dc_pace *pace)
{
    uint64_t last = pace->count - 1, first = pace->count > DC_PROGRESS_WINDOW ? pace->count - DC_PROGRESS_WINDOW : 0;
    while (first + 1 < last && pace->ends[slot(last)] - pace->ends[slot(first)] > WINDOW_SECONDS)
        first++;
    return first;
}

double dc_pace_images_per_second(const dc_pace *pace)
{
    uint64_t last = pace->count - 1, first = oldest(pace);
    double seconds = pace->ends[slot(last)] - pace->ends[slot(first)];
    return seconds > 0 ? (double)(pace->images[slot(last)] - pace->images[slot(first)]) / seconds : 0;
}

double dc_pace_seconds_for(const dc_pace *pace, uint64_t steps)
{
    uint64_t last = pace->count - 1, first = oldest(pace);
    double seconds = pace->ends[slot(last)] - pace->ends[slot(first)];
    return last > first ? seconds / (double)(last - first) * (double)steps : -1;
}
