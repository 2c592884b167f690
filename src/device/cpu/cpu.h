/* cpu.h - what the files of the fast CPU device share.
 *
 * Words: the *wide* and the *narrow* side of a convolution, and its three *faces* down, up and weights, are
 * those of ref.c. A face reads its input through a *source*, which may apply batch normalisation and
 * activation on the way, and leaves its output in a *sink*, which may finish it while it is in the cache:
 * so between two convolutions only one tensor is stored, the raw output of the first.
 *
 * Layout: pixels (n, h, w, c). Inside a net, channels are padded with zeros to a multiple of
 * kernels->columns; tensors are not padded.
 *
 * Law: work is cut into tasks by its shape alone. A task writes what no other task writes; sums over tasks
 * are added in the order of their numbers. So the number of threads changes no bit. */
#ifndef DC_DEVICE_CPU_CPU_H
#define DC_DEVICE_CPU_CPU_H

#include "base/memory.h"
#include "base/pool.h"
#include "device/cpu/kernels/kernels.h"
#include "device/host.h"

#define DC_CPU_MAX_GROUPS 2

typedef struct dc_cpu_device {
    dc_host_device host;
    const dc_cpu_kernels *kernels;
    dc_pool *pool;
    int threads;
    size_t level2, level3; /* bytes of cache: of a core, of all */
    dc_arena workspace;    /* the largest any plan needs; shared, for plans run one after the other */
    void *workspace_memory;
} dc_cpu_device;

typedef struct dc_cpu_tensor {
    dc_tensor base;
    float *values; /* (n, h, w, c) */
} dc_cpu_tensor;

/* ---- A convolution ----------------------------------------------------------------------------------- */

typedef enum dc_cpu_conv_kind {
    DC_CPU_WINOGRAD, /* 4x4, stride 2, pad 1; channels padded on both sides; weights in panels of
                      * wide channels: [wide / columns][16 taps][narrow][columns] */
    DC_CPU_PICTURE,  /* the same at the picture, whose channels are not padded; weights [16 taps][wide][narrow] */
    DC_CPU_DENSE,    /* narrow side 1x1, its channels not padded; weights in panels of the wide
                      * side: [h * w * wide / columns][narrow][columns] */
} dc_cpu_conv_kind;

typedef struct dc_cpu_conv {
    dc_cpu_conv_kind kind;
    int wide_h, wide_w, wide_c; /* channels as stored */
    int narrow_h, narrow_w, narrow_c;
    int tile; /* DC_CPU_WINOGRAD: 2 or 4 */
} dc_cpu_conv;

typedef enum dc_cpu_reading {
    DC_CPU_READ_PLAIN,    /* x */
    DC_CPU_READ_ACTIVATE, /* act(x * scale + shift): x is a block's raw output */
    DC_CPU_READ_GRADIENT, /* x * scale + y * tilt + lift: x is dz, y the block's raw output */
    DC_CPU_READ_TANH,     /* x * (1 - y^2): x is da, y the block's output */
} dc_cpu_reading;

typedef struct dc_cpu_source {
    dc_cpu_reading reading;
    const float *x, *y;
    const dc_cpu_norm *norms; /* one per group */
} dc_cpu_source;

typedef enum dc_cpu_finish {
    DC_CPU_FINISH_NONE,
    DC_CPU_FINISH_TANH,
    DC_CPU_FINISH_MOMENTS,  /* partial sums: mean, squared deviations */
    DC_CPU_FINISH_BACKWARD, /* x is da and becomes dz; partial sums: dz, dz * (y - mean) */
} dc_cpu_finish;

typedef struct dc_cpu_sink {
    dc_cpu_finish finish;
    float *x;
    const float *y;           /* DC_CPU_FINISH_BACKWARD: the block's raw output */
    const dc_cpu_norm *norms; /* one per group */
} dc_cpu_sink;

/* A batch cut into chunks of rows (of pixels or tiles), numbered through all its items. */
typedef struct dc_cpu_chunks {
    int item_rows, group_rows, chunk_rows; /* rows of an item, a group, a chunk */
    int per_group, count;                  /* chunks */
} dc_cpu_chunks;

typedef struct dc_cpu_span {
    int group, first, rows;
} dc_cpu_span;

dc_cpu_chunks dc_cpu_cut(int items, int groups, int item_rows, int chunk_rows);
dc_cpu_span dc_cpu_span_of(const dc_cpu_chunks *chunks, int chunk);

/* What the chunks of a pass leave behind: for each, two sums per channel, over `pixels` pixels. */
typedef struct dc_cpu_partials {
    int per_group, channels;
    float *sums; /* [chunk][2][channels] */
    int *pixels; /* [chunk] */
} dc_cpu_partials;

/* Weights of a face up, transformed before any pass, for batches of a few items. */
typedef struct dc_cpu_ready {
    int tile;        /* of the transform; 0: there are none */
    dc_cpu_points u; /* [output parity][point] of panels of wide channels [narrow][columns] */
} dc_cpu_ready;

/* One pass through a convolution. `scratch` begins with the memory this pass may use. */
typedef struct dc_cpu_pass {
    const dc_cpu_device *device;
    const dc_cpu_conv *conv;
    const dc_cpu_ready *ready; /* of the same weights */
    int items, groups;
    dc_arena scratch;
} dc_cpu_pass;

/* narrow = conv(wide), and what `finish` has summed (valid until the scratch memory is used again). */
dc_cpu_partials dc_cpu_down(const dc_cpu_pass *pass, const dc_cpu_source *wide, const float *weights,
                            const dc_cpu_sink *narrow);
/* wide = adjoint of conv(narrow). */
dc_cpu_partials dc_cpu_up(const dc_cpu_pass *pass, const dc_cpu_source *narrow, const float *weights,
                          const dc_cpu_sink *wide);
/* The weight gradient; add: to what `ret_gradient` holds. */
void dc_cpu_weights(const dc_cpu_pass *pass, const dc_cpu_source *wide, const dc_cpu_source *narrow, bool add,
                    float *ret_gradient);
/* Bytes of scratch memory that any of the faces needs for any batch of up to max_items. Small batches are
 * cut differently from large ones, and may need more of something. */
size_t dc_cpu_scratch_size(const dc_cpu_device *device, const dc_cpu_conv *conv, const dc_cpu_ready *ready,
                           int max_items, bool train);

/* ---- A plan ------------------------------------------------------------------------------------------ */

/* One block. */
typedef struct dc_cpu_layer {
    dc_cpu_conv conv;
    bool widens;     /* forward is up, else down */
    int channels;    /* of the output, as stored */
    size_t out_size; /* floats per item of the output, as stored */
    float *raw;      /* (n, h, w, channels): output of the convolution; NULL: in the workspace, or the caller's */
    dc_cpu_ready ready;
    dc_cpu_norm norms[DC_CPU_MAX_GROUPS];
} dc_cpu_layer;

/* `sliced` plans train a discriminator whose block 0, with the largest of all outputs, is not normalised, so that
 * nothing of it needs sums over the whole batch: its output and gradient are made for a slice of items at a time,
 * the output anew for the backward pass, and are never kept. */
typedef struct dc_cpu_plan {
    dc_plan base;
    bool sliced;
    int slice; /* items, at most; all of one group */
    dc_arena parameters, activations, transformed;
    bool ready;                        /* DC_USAGE_GENERATE: parameters are as ready.c leaves them */
    size_t workspace;                  /* bytes */
    size_t offsets[DC_MAX_BLOCKS * 5]; /* of each parameter in the arrays of its roles; trained ones first */
    size_t trained;                    /* floats in each role */
    float *roles[DC_ROLE_MOMENT2 + 1]; /* [dc_role] */
    dc_cpu_layer layers[DC_MAX_BLOCKS];
    double *sums;            /* (2, most channels): scratch of the normalisation */
    dc_cpu_partials moments; /* sliced: of block 1, one for each slice */
    dc_view x, y;            /* of the last forward pass */
    int groups;
} dc_cpu_plan;

/* The workspace as a plan carves it. */
typedef struct dc_cpu_workspace {
    float *buffers[2]; /* TRAIN: gradients of raw outputs; GENERATE: raw outputs; block i uses i % 2 */
    float *slice;      /* sliced: raw output of block 0 */
    dc_arena scratch;  /* the rest */
} dc_cpu_workspace;
dc_cpu_workspace dc_cpu_workspace_of(const dc_cpu_plan *plan);

/* A parameter of a block, or NULL if it has none. */
float *dc_cpu_param(const dc_cpu_plan *plan, dc_role role, int block, dc_param_kind kind);

dc_status dc_cpu_plan_create(dc_device *device, const dc_net *net, int max_batch, dc_usage usage, dc_plan **ret_plan);
void dc_cpu_plan_free(dc_plan *base);
dc_memory dc_cpu_plan_measure(const dc_device *device, const dc_net *net, int max_batch, dc_usage usage);
void dc_cpu_put(dc_plan *base, dc_role role, int index, const float *values);
void dc_cpu_get(const dc_plan *base, dc_role role, int index, float *ret_values);

/* Multiplies a block's weights by `scale`, one number for each output channel. */
void dc_cpu_scale_weights(dc_cpu_plan *plan, int block, const float *scale);
/* After parameters of a DC_USAGE_GENERATE plan were put, and before it is run. */
void dc_cpu_make_ready(dc_cpu_plan *plan);

float *dc_cpu_view(dc_view view);
void dc_cpu_forward(dc_plan *base, dc_view x, dc_view y, dc_mode mode, int groups);
void dc_cpu_backward(dc_plan *base, dc_view dy, dc_view dx, unsigned flags);
void dc_cpu_update(dc_plan *base, const dc_adam *adam);

/* ---- Batch normalisation ----------------------------------------------------------------------------- */

/* From moments of the batch, which also move the running statistics. */
void dc_cpu_norm_train(dc_cpu_plan *plan, int block, const dc_cpu_partials *partials);
/* The moments of all chunks as those of one: chunk `index` of ret_partials. */
void dc_cpu_norm_merge(const dc_cpu_plan *plan, const dc_cpu_partials *partials, int index,
                       dc_cpu_partials *ret_partials);
/* From the running statistics, for every group. */
void dc_cpu_norm_eval(dc_cpu_plan *plan, int block);
/* From the sums of the backward pass; the gradients of gamma and beta too. */
void dc_cpu_norm_backward(dc_cpu_plan *plan, int block, const dc_cpu_partials *partials, unsigned flags);

#endif
