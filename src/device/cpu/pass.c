/* pass.c - see pass.h and the last part of cpu.h. */
#include "device/cpu/pass.h"

#include <string.h>

dc_cpu_chunks dc_cpu_cut(int items, int groups, int item_rows, int chunk_rows)
{
    dc_cpu_chunks chunks = {.item_rows = item_rows, .group_rows = items / groups * item_rows};
    chunks.chunk_rows = dc_cpu_clamp(chunk_rows, 1, chunks.group_rows);
    chunks.per_group = dc_cpu_divide_up(chunks.group_rows, chunks.chunk_rows);
    chunks.count = groups * chunks.per_group;
    return chunks;
}

dc_cpu_span dc_cpu_span_of(const dc_cpu_chunks *chunks, int chunk)
{
    int group = chunk / chunks->per_group, first = chunk % chunks->per_group * chunks->chunk_rows;
    int left = chunks->group_rows - first;
    return (dc_cpu_span){group, group * chunks->group_rows + first,
                         left < chunks->chunk_rows ? left : chunks->chunk_rows};
}

dc_cpu_side dc_cpu_wide(const dc_cpu_conv *conv)
{
    return (dc_cpu_side){conv->wide_h, conv->wide_w, conv->wide_c};
}

dc_cpu_side dc_cpu_narrow(const dc_cpu_conv *conv)
{
    return (dc_cpu_side){conv->narrow_h, conv->narrow_w, conv->narrow_c};
}

void dc_cpu_read(const dc_cpu_pass *pass, const dc_cpu_source *source, int group, int channels, size_t first,
                 size_t pixels, float *ret_values)
{
    const dc_cpu_kernels *kernels = pass->device->kernels;
    size_t offset = first * (size_t)channels, count = pixels * (size_t)channels;
    const float *x = source->x + offset;
    switch (source->reading) {
    case DC_CPU_READ_PLAIN:
        memcpy(ret_values, x, count * sizeof(float));
        break;
    case DC_CPU_READ_ACTIVATE:
        kernels->activate(&source->norms[group], channels, pixels, x, ret_values);
        break;
    case DC_CPU_READ_GRADIENT:
        kernels->differentiate(&source->norms[group], channels, pixels, x, source->y + offset, ret_values);
        break;
    case DC_CPU_READ_TANH:
        for (size_t i = 0; i < count; i++)
            ret_values[i] = x[i] * (1 - source->y[offset + i] * source->y[offset + i]);
        break;
    }
}

void dc_cpu_read_bordered(const dc_cpu_pass *pass, const dc_cpu_source *source, const dc_cpu_side *side, int item,
                          int first, int rows, int width, float *ret_values)
{
    size_t c = (size_t)side->c, w = (size_t)side->w, row = (size_t)width * c;
    int group = item / (pass->items / pass->groups);
    for (int r = 0; r < rows; r++, ret_values += row) {
        int y = first + r - 1;
        if (y < 0 || y >= side->h) {
            memset(ret_values, 0, row * sizeof(float));
            continue;
        }
        memset(ret_values, 0, c * sizeof(float));
        size_t pixel = ((size_t)item * (size_t)side->h + (size_t)y) * w;
        dc_cpu_read(pass, source, group, side->c, pixel, w, ret_values + c);
        memset(ret_values + (1 + w) * c, 0, (row - (1 + w) * c) * sizeof(float));
    }
}

dc_cpu_partials dc_cpu_partials_take(dc_arena *scratch, const dc_cpu_chunks *chunks, int channels)
{
    size_t count = (size_t)chunks->count;
    return (dc_cpu_partials){.per_group = chunks->per_group,
                             .channels = channels,
                             .sums = dc_cpu_take(scratch, count * 2 * (size_t)channels),
                             .pixels = dc_arena_take(scratch, count * sizeof(int))};
}

void dc_cpu_finish_chunk(const dc_cpu_pass *pass, const dc_cpu_sink *sink, const dc_cpu_partials *partials, int chunk,
                         size_t first_pixel, size_t pixels, int first_channel, int count)
{
    const dc_cpu_kernels *kernels = pass->device->kernels;
    size_t channels = (size_t)partials->channels, offset = first_pixel * channels;
    float *sums = partials->sums + (size_t)chunk * 2 * channels + (size_t)first_channel;
    int group = chunk / partials->per_group;
    partials->pixels[chunk] = (int)pixels;
    switch (sink->finish) {
    case DC_CPU_FINISH_NONE:
        break;
    case DC_CPU_FINISH_TANH:
        kernels->tanh(pixels * channels, sink->x + offset);
        break;
    case DC_CPU_FINISH_MOMENTS:
        kernels->moments((int)channels, first_channel, count, pixels, sink->x + offset, sums, sums + channels);
        break;
    case DC_CPU_FINISH_BACKWARD:
        kernels->backward(&sink->norms[group], (int)channels, first_channel, count, pixels, sink->y + offset,
                          sink->x + offset, sums, sums + channels);
        break;
    }
}

static const dc_cpu_faces *faces_of(const dc_cpu_pass *pass)
{
    switch (pass->conv->kind) {
    case DC_CPU_WINOGRAD:
        return &dc_cpu_winograd;
    case DC_CPU_PICTURE:
        return &dc_cpu_picture;
    case DC_CPU_DENSE:
        break;
    }
    return &dc_cpu_dense;
}

dc_cpu_partials dc_cpu_down(const dc_cpu_pass *pass, const dc_cpu_source *wide, const float *weights,
                            const dc_cpu_sink *narrow)
{
    return faces_of(pass)->down(pass, wide, weights, narrow);
}

dc_cpu_partials dc_cpu_up(const dc_cpu_pass *pass, const dc_cpu_source *narrow, const float *weights,
                          const dc_cpu_sink *wide)
{
    return faces_of(pass)->up(pass, narrow, weights, wide);
}

void dc_cpu_weights(const dc_cpu_pass *pass, const dc_cpu_source *wide, const dc_cpu_source *narrow, bool add,
                    float *ret_gradient)
{
    faces_of(pass)->weights(pass, wide, narrow, add, ret_gradient);
}

size_t dc_cpu_scratch_size(const dc_cpu_device *device, const dc_cpu_conv *conv, const dc_cpu_ready *ready,
                           int max_items, bool train)
{
    size_t most = 0;
    for (int items = 1; items <= max_items; items++)
        for (int groups = 1; groups <= DC_CPU_MAX_GROUPS; groups++) {
            dc_cpu_pass pass = {.device = device, .conv = conv, .ready = ready, .items = items, .groups = groups};
            size_t size = items % groups == 0 ? faces_of(&pass)->scratch_size(&pass, train) : 0;
            most = size > most ? size : most;
        }
    return most;
}
