/* describe.c - see describe.h. */
#include "serve/describe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static json_t *describe_row(const dc_row *row)
{
    json_t *object = json_object();
    for (int i = 0; i < DC_COLUMN_COUNT; i++)
        if (isfinite(row->values[i]))
            json_object_set_new(object, dc_column_name(i), json_real(row->values[i]));
    return object;
}

/* A stamp as text: a double has too few digits for nanoseconds. */
static json_t *describe_time(int64_t nanoseconds)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)nanoseconds);
    return json_string(text);
}

static json_int_t as_integer(uint64_t value)
{
    return (json_int_t)value;
}

json_t *dc_describe_run(const dc_listed *run)
{
    const dc_events *events = &run->events;
    return json_pack(
        "{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:s, s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "name", run->name, "state",
        run->stamp.state, "step", (json_int_t)run->last.step, "steps", as_integer(events->steps), "epochs_done",
        as_integer(events->epochs_done), "epochs", as_integer(events->epochs), "batches", as_integer(events->batches),
        "device", events->device, "warnings", as_integer(events->warnings), "unreadable_events",
        as_integer(events->unreadable), "last", describe_row(&run->last), "metrics_version",
        describe_time(run->stamp.metrics_time + run->stamp.metrics_size), "events_version",
        describe_time(run->stamp.events_time + run->stamp.samples_time + run->stamp.events_size), "generator_version",
        describe_time(run->stamp.generator_time), "config_version", describe_time(run->stamp.config_time));
}

json_t *dc_describe_runs(const dc_runs *runs)
{
    json_t *list = json_array();
    for (size_t i = 0; i < dc_runs_count(runs); i++) {
        json_t *run = dc_describe_run(dc_runs_at(runs, i));
        if (run)
            json_array_append_new(list, run);
    }
    return list;
}

static json_t *describe_numbers(const dc_runs *runs, const dc_listed *run, const char *folder, const char *prefix,
                                const char *suffix)
{
    uint64_t *numbers;
    size_t count;
    json_t *list = json_array();
    if (dc_listed_numbered(runs, run, folder, prefix, suffix, &numbers, &count) != DCGAN_OK)
        return list;
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_integer(as_integer(numbers[i])));
    free(numbers);
    return list;
}

json_t *dc_describe_events(const dc_runs *runs, const dc_listed *run)
{
    json_t *remarks = run->events.remarks ? json_incref(run->events.remarks) : json_array();
    return json_pack("{s:o, s:o, s:o, s:o}", "remarks", remarks, "epochs",
                     describe_numbers(runs, run, "samples", "epoch_", ".png"), "pairs",
                     describe_numbers(runs, run, "samples", "two_generated_epoch_", ".png"), "checkpoints",
                     describe_numbers(runs, run, "checkpoints", "step_", ".safetensors"));
}
