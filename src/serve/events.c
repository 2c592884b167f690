/* events.c - see events.h. */
#include "serve/events.h"

#include <stdio.h>
#include <string.h>

void dc_events_clear(dc_events *events)
{
    json_decref(events->remarks);
    *events = (dc_events){0};
}

static uint64_t get_count(const json_t *event, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(event, key));
    return value > 0 ? (uint64_t)value : 0;
}

static void copy_text(char *target, size_t size, const json_t *text)
{
    const char *value = json_string_value(text);
    snprintf(target, size, "%s", value ? value : "");
}

static void take_started(dc_events *events, const json_t *event)
{
    events->started = true;
    events->pid = (int64_t)get_count(event, "pid");
    events->steps = get_count(event, "steps");
    events->epochs = get_count(event, "epochs");
    events->batches = get_count(event, "batches");
    events->finished[0] = '\0';
    copy_text(events->device, sizeof events->device, json_object_get(event, "device"));
}

static void take_remark(dc_events *events, const char *kind, const json_t *event)
{
    static const char *const kept[] = {"cause", "text", "step", "epoch", "clock"};
    if (!events->remarks)
        events->remarks = json_array();
    json_t *remark = json_pack("{s:s}", "kind", kind);
    if (!events->remarks || !remark) {
        json_decref(remark);
        return;
    }
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        json_t *value = json_object_get(event, kept[i]);
        if (value)
            json_object_set(remark, kept[i], value);
    }
    if (json_array_size(events->remarks) == DC_MAX_REMARKS)
        json_array_remove(events->remarks, 0);
    json_array_append_new(events->remarks, remark);
}

void dc_events_take(dc_events *events, const char *line, size_t length)
{
    json_t *event = json_loadb(line, length, 0, NULL);
    const char *kind = json_string_value(json_object_get(event, "event"));
    if (!kind) {
        events->unreadable++;
    } else if (strcmp(kind, "started") == 0) {
        take_started(events, event);
    } else if (strcmp(kind, "finished") == 0) {
        copy_text(events->finished, sizeof events->finished, json_object_get(event, "state"));
    } else if (strcmp(kind, "epoch") == 0) {
        events->epochs_done = get_count(event, "epoch");
    } else if (strcmp(kind, "note") == 0) {
        take_remark(events, kind, event);
    } else if (strcmp(kind, "warning") == 0) {
        events->warnings++;
        take_remark(events, kind, event);
    }
    json_decref(event);
}

static bool take_line(void *context, const char *line, size_t length, uint64_t offset)
{
    (void)offset;
    dc_events_take(context, line, length);
    return true;
}

dc_status dc_events_refresh(dc_events *events, int fd, const char *name)
{
    if (dc_tail_is_stale(&events->tail, fd))
        dc_events_clear(events);
    return dc_tail_read(&events->tail, fd, name, take_line, events);
}
