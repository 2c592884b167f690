/* curves.c - see curves.h. */
#include "serve/curves.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_PER_GROUP 16
#define SMALLEST_TIME  (1.0 / 1024) /* seconds: the finest bin */

typedef struct row_group {
    double step;     /* of its first row */
    uint64_t offset; /* of its first row in the file */
    dc_summary columns[DC_COLUMN_COUNT];
} row_group;

struct dc_curves {
    row_group *groups; /* all of ROWS_PER_GROUP rows but the last */
    size_t group_count, group_capacity;
    uint64_t rows, unreadable;
    double last_step, last_time;
    dc_tail tail;
    bool out_of_memory;
};

dc_status dc_curves_create(dc_curves **ret_curves)
{
    return dc_alloc(1, sizeof **ret_curves, (void **)ret_curves);
}

void dc_curves_free(dc_curves *curves)
{
    if (!curves)
        return;
    free(curves->groups);
    free(curves);
}

size_t dc_curves_bytes(const dc_curves *curves)
{
    return sizeof *curves + curves->group_capacity * sizeof *curves->groups;
}

static void merge(dc_summary *summary, const dc_summary *other)
{
    if (other->count == 0)
        return;
    if (summary->count == 0) {
        *summary = *other;
        return;
    }
    if (other->minimum < summary->minimum)
        summary->minimum = other->minimum;
    if (other->maximum > summary->maximum)
        summary->maximum = other->maximum;
    summary->sum += other->sum;
    summary->count += other->count;
}

static void add_row(dc_summary columns[DC_COLUMN_COUNT], const dc_row *row)
{
    for (int i = 0; i < DC_COLUMN_COUNT; i++) {
        float value = (float)row->values[i];
        if (isfinite(value))
            merge(&columns[i], &(dc_summary){value, value, value, 1});
    }
}

/* ---- Reading ----------------------------------------------------------------------------------------- */

static row_group *next_group(dc_curves *curves)
{
    if (curves->group_count == curves->group_capacity) {
        size_t capacity = curves->group_capacity ? curves->group_capacity * 3 / 2 : 64;
        row_group *groups = realloc(curves->groups, capacity * sizeof *groups);
        if (!groups)
            return NULL;
        curves->groups = groups;
        curves->group_capacity = capacity;
    }
    return memset(&curves->groups[curves->group_count++], 0, sizeof(row_group));
}

static bool store_line(void *context, const char *line, size_t length, uint64_t offset)
{
    dc_curves *curves = context;
    dc_row row;
    if (!dc_row_parse(line, length, &row) || row.step <= curves->last_step) {
        curves->unreadable++;
        return true;
    }
    bool begins = curves->rows % ROWS_PER_GROUP == 0;
    row_group *group = begins ? next_group(curves) : &curves->groups[curves->group_count - 1];
    if (!group) {
        curves->out_of_memory = true;
        return false;
    }
    if (begins) {
        group->step = row.step;
        group->offset = offset;
    }
    add_row(group->columns, &row);
    curves->rows++;
    curves->last_step = row.step;
    if (row.values[DC_COLUMN_TIME] > curves->last_time)
        curves->last_time = row.values[DC_COLUMN_TIME];
    return true;
}

static void forget(dc_curves *curves)
{
    free(curves->groups);
    *curves = (dc_curves){0};
}

dc_status dc_curves_refresh(dc_curves *curves, int fd, const char *name)
{
    if (dc_tail_is_stale(&curves->tail, fd))
        forget(curves);
    dc_status status = dc_tail_read(&curves->tail, fd, name, store_line, curves);
    if (curves->out_of_memory) {
        forget(curves);
        return dc_fail(DCGAN_E_MEMORY, "Not enough memory for the metrics of %s.", name);
    }
    return status;
}

/* ---- Binning ----------------------------------------------------------------------------------------- */

typedef struct bin_set {
    dc_axis axis;
    double size;  /* of a bin, in the axis' unit */
    double first; /* number of the first bin */
    int count;
    dc_summary (*bins)[DC_COLUMN_COUNT];
} bin_set;

/* Rows have steps from 1: bin b of steps holds b * size + 1 .. (b + 1) * size. */
static double bin_number(dc_axis axis, double size, double x)
{
    return floor((axis == DC_AXIS_STEP ? x - 1 : x) / size);
}

static dc_summary *find_bin(const bin_set *set, double x)
{
    double index = bin_number(set->axis, set->size, x) - set->first;
    return index >= 0 && index < set->count ? set->bins[(int)index] : NULL;
}

static double group_x(const row_group *group, dc_axis axis)
{
    return axis == DC_AXIS_STEP ? group->step : group->columns[DC_COLUMN_TIME].minimum;
}

static bool bin_line(void *context, const char *line, size_t length, uint64_t offset)
{
    (void)offset;
    const bin_set *set = context;
    dc_row row;
    if (!dc_row_parse(line, length, &row))
        return true;
    double x = set->axis == DC_AXIS_STEP ? row.step : row.values[DC_COLUMN_TIME];
    if (bin_number(set->axis, set->size, x) >= set->first + set->count)
        return false;
    dc_summary *bin = find_bin(set, x);
    if (bin)
        add_row(bin, &row);
    return true;
}

/* Index of the last group that begins at or before x, or 0. */
static size_t find_group(const dc_curves *curves, dc_axis axis, double x)
{
    size_t low = 0, high = curves->group_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (group_x(&curves->groups[middle], axis) <= x)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void fit_bins(const dc_range *range, double from, double to, bin_set *ret_set)
{
    double finest = range->axis == DC_AXIS_STEP ? 1 : SMALLEST_TIME;
    double size = finest;
    while ((to - from) / size >= range->width)
        size *= 2;
    ret_set->axis = range->axis;
    ret_set->size = size;
    ret_set->first = bin_number(range->axis, size, from);
    ret_set->count = (int)(bin_number(range->axis, size, to) - ret_set->first) + 1;
}

static dc_status fill_bins(const dc_curves *curves, int fd, const char *name, bin_set *set, double from, double to)
{
    if (curves->group_count == 0)
        return DCGAN_OK;
    size_t first = find_group(curves, set->axis, from), last = find_group(curves, set->axis, to);
    if (last - first < (size_t)set->count) { /* some bins are narrower than a group */
        uint64_t end;
        return dc_lines_read(fd, name, curves->groups[first].offset, bin_line, set, &end);
    }
    for (size_t i = first; i <= last; i++) {
        dc_summary *bin = find_bin(set, group_x(&curves->groups[i], set->axis));
        for (int column = 0; bin && column < DC_COLUMN_COUNT; column++)
            merge(&bin[column], &curves->groups[i].columns[column]);
    }
    return DCGAN_OK;
}

dc_status dc_curves_bin(const dc_curves *curves, int fd, const char *name, const dc_range *range, dc_bins *ret_bins)
{
    double last = range->axis == DC_AXIS_STEP ? curves->last_step : curves->last_time;
    double first = range->axis == DC_AXIS_STEP ? 1 : 0;
    double from = fmax(range->from, first);
    double to = range->to < range->from ? last : range->to;
    to = fmax(to, from);
    bin_set set;
    fit_bins(range, from, to, &set);
    DC_TRY(dc_alloc((size_t)set.count, sizeof *set.bins, (void **)&set.bins));
    dc_status status = fill_bins(curves, fd, name, &set, from, to);
    if (status != DCGAN_OK) {
        free(set.bins);
        return status;
    }
    double centre = range->axis == DC_AXIS_STEP ? (set.size + 1) / 2 : set.size / 2;
    *ret_bins = (dc_bins){.x0 = set.first * set.size + centre,
                          .dx = set.size,
                          .count = set.count,
                          .last = last,
                          .rows = curves->rows,
                          .unreadable = curves->unreadable,
                          .bins = set.bins};
    return DCGAN_OK;
}
