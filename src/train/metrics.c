/* metrics.c - see metrics.h. */
#include "train/metrics.h"

#include <jansson.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>

static const struct field {
    const char *name;
    size_t offset;
    bool count; /* uint64_t, else double */
} fields[] = {
    {"step", offsetof(dc_metrics, step), true},
    {"epoch", offsetof(dc_metrics, epoch), true},
    {"batch", offsetof(dc_metrics, batch), true},
    {"time", offsetof(dc_metrics, time), false},
    {"loss_d", offsetof(dc_metrics, loss_d), false},
    {"loss_g", offsetof(dc_metrics, loss_g), false},
    {"d_real", offsetof(dc_metrics, d_real), false},
    {"d_fake", offsetof(dc_metrics, d_fake), false},
    {"d_fake_after", offsetof(dc_metrics, d_fake_after), false},
    {"sign_real", offsetof(dc_metrics, sign_real), false},
    {"images_per_second", offsetof(dc_metrics, images_per_second), false},
};
#define FIELD_COUNT (sizeof fields / sizeof fields[0])

size_t dc_metrics_print(const dc_metrics *metrics, char ret_line[DC_METRICS_LINE])
{
    int length = 0;
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const void *place = (const char *)metrics + fields[i].offset;
        char *next = ret_line + length;
        size_t room = DC_METRICS_LINE - (size_t)length;
        const char *comma = i == 0 ? "{" : ",";
        if (fields[i].count)
            length += snprintf(next, room, "%s\"%s\":%llu", comma, fields[i].name,
                               (unsigned long long)*(const uint64_t *)place);
        else if (isfinite(*(const double *)place))
            length += snprintf(next, room, "%s\"%s\":%.6g", comma, fields[i].name, *(const double *)place);
        else
            length += snprintf(next, room, "%s\"%s\":null", comma, fields[i].name);
    }
    length += snprintf(ret_line + length, DC_METRICS_LINE - (size_t)length, "}\n");
    return (size_t)length;
}

static bool read_field(const json_t *root, const struct field *field, dc_metrics *metrics)
{
    const json_t *value = json_object_get(root, field->name);
    void *place = (char *)metrics + field->offset;
    if (field->count) {
        if (!json_is_integer(value) || json_integer_value(value) < 0)
            return false;
        *(uint64_t *)place = (uint64_t)json_integer_value(value);
        return true;
    }
    if (!json_is_number(value) && !json_is_null(value))
        return false;
    *(double *)place = json_is_null(value) ? NAN : json_number_value(value);
    return true;
}

bool dc_metrics_parse(const char *line, size_t length, dc_metrics *ret_metrics)
{
    json_t *root = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
    dc_metrics metrics = {0};
    bool whole = json_is_object(root);
    for (size_t i = 0; whole && i < FIELD_COUNT; i++)
        whole = read_field(root, &fields[i], &metrics);
    json_decref(root);
    if (whole)
        *ret_metrics = metrics;
    return whole;
}
