/* fuzz_events.c - any bytes as the lines of events.jsonl for the dashboard. */
#include "serve/events.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dc_events events = {0};
    while (size > 0) {
        const uint8_t *newline = memchr(data, '\n', size);
        size_t length = newline ? (size_t)(newline - data) : size;
        dc_events_take(&events, (const char *)data, length);
        data += length + (newline != NULL);
        size -= length + (newline != NULL);
    }
    dc_events_clear(&events);
    return 0;
}
