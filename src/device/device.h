/* device.h - THE boundary: what can run nets, and all the trainer knows of it.
 *
 * A whole net goes in, a plan comes out. Inside, a device lays out memory and fuses as it likes; nobody
 * above can tell. Laws:
 *   - Memory and decisions are made when plans and tensors are created. The math entries allocate nothing,
 *     may be asynchronous, and read nothing the host wrote since `record` but the step number.
 *   - The same call with the same values gives the same bits, for any number of threads.
 *   - Host data is float32 in PyTorch's order (N, C, H, W), or pixels (N, H, W, C), 0..255.
 * How the techniques still to come fit is in docs/adr/0003-boundary.md. */
#ifndef DC_DEVICE_DEVICE_H
#define DC_DEVICE_DEVICE_H

#include "base/philox.h"
#include "net/net.h"

typedef struct dc_device dc_device;
typedef struct dc_plan dc_plan;
typedef struct dc_tensor dc_tensor;
typedef struct dc_record dc_record;

/* ---- Life -------------------------------------------------------------------------------------------- */

typedef struct dc_device_options {
    int threads;   /* 0: one per core */
    uint64_t seed; /* of all noise made on the device */
} dc_device_options;

/* "auto" picks the fastest that is there. */
dc_status dc_device_open(const char *name, const dc_device_options *options, dc_device **ret_device);
void dc_device_close(dc_device *device);
/* "cpu (AVX-512, 2 threads)" */
const char *dc_device_label(const dc_device *device);
/* Names of the devices built in, then NULL. */
const char *dc_device_name_at(size_t index);

/* ---- Build ------------------------------------------------------------------------------------------- */

/* n pictures, latents or logits: (n, h, w, c) in the device's own layout. Zero at first. */
dc_status dc_tensor_create(dc_device *device, int n, int h, int w, int c, dc_tensor **ret_tensor);
void dc_tensor_free(dc_tensor *tensor);

/* Items first .. first+n-1 of a tensor: what the math works on. */
typedef struct dc_view {
    dc_tensor *tensor;
    int first, n;
} dc_view;
#define DC_NO_VIEW ((dc_view){0})

typedef enum dc_usage {
    DC_USAGE_TRAIN,    /* forward, backward, update */
    DC_USAGE_GENERATE, /* forward with DC_MODE_EVAL only; needs far less memory. What is put becomes the device's: it
                        * can't be got back, and after a pass all parameters are put anew or none. */
} dc_usage;

typedef struct dc_memory {
    size_t parameters;  /* values, gradients, moments; bytes */
    size_t activations; /* what backward needs */
    size_t workspace;   /* all else */
} dc_memory;

/* A net for batches of up to max_batch, with zeroed parameters. The net is copied. */
dc_status dc_plan_create(dc_device *device, const dc_net *net, int max_batch, dc_usage usage, dc_plan **ret_plan);
void dc_plan_free(dc_plan *plan);
const dc_net *dc_plan_net(const dc_plan *plan);
/* What dc_plan_create would allocate, allocating nothing. */
dc_memory dc_plan_measure(const dc_device *device, const dc_net *net, int max_batch, dc_usage usage);

/* ---- Host speech ------------------------------------------------------------------------------------- */

typedef enum dc_role {
    DC_ROLE_VALUE,
    DC_ROLE_GRADIENT, /* these three for trained parameters of DC_USAGE_TRAIN plans only */
    DC_ROLE_MOMENT1,  /* Adam's exp_avg */
    DC_ROLE_MOMENT2,  /* Adam's exp_avg_sq */
} dc_role;

/* One parameter of the net's table, in PyTorch's order and shape. */
void dc_plan_put(dc_plan *plan, dc_role role, int param, const float *values);
void dc_plan_get(const dc_plan *plan, dc_role role, int param, float *ret_values);
/* Adam updates done so far (the t of its bias correction); 0 at first. */
void dc_plan_set_updates(dc_plan *plan, uint64_t updates);

/* Floats (n, c, h, w) in and out. */
void dc_tensor_write(dc_view view, const float *values);
void dc_tensor_read(dc_view view, float *ret_values);
/* Pixels (n, h, w, c): 0..255 -> -1..1, mirrored left to right where mirror[i] is not 0 (mirror may be NULL). */
void dc_tensor_upload(dc_view view, const uint8_t *pixels, const uint8_t *mirror);
/* -1..1 -> 0..255, rounded to nearest, values beyond clamped. */
void dc_tensor_download(dc_view view, uint8_t *ret_pixels);

/* ---- Math -------------------------------------------------------------------------------------------- */

/* Standard normal numbers of stream (device seed, purpose, current step); the first view item starts it. */
void dc_noise(dc_view z, uint32_t purpose);

typedef enum dc_mode {
    DC_MODE_TRAIN, /* batch statistics, which also update the running ones */
    DC_MODE_EVAL,  /* running statistics: each item depends on itself alone */
} dc_mode;

/* y = net(x). In DC_MODE_TRAIN the batch is `groups` equal parts, each normalised with its own statistics,
 * which reach the running ones in their order: one call is then exactly `groups` calls of PyTorch. */
void dc_forward(dc_plan *plan, dc_view x, dc_view y, dc_mode mode, int groups);

enum {
    DC_GRAD_PARAMS = 1,     /* compute parameter gradients */
    DC_GRAD_INPUT = 2,      /* compute the gradient of x, into dx */
    DC_GRAD_ACCUMULATE = 4, /* add to the parameter gradients instead of replacing them */
};
/* Back-propagates dy, the gradient of the last forward's y, whose views must still hold their values. */
void dc_backward(dc_plan *plan, dc_view dy, dc_view dx, unsigned flags);

/* Scalars that loss leaves behind. */
typedef struct dc_score {
    float loss;        /* mean over the batch, nats */
    float probability; /* mean of sigmoid(logit) */
    float sign;        /* mean of sign(logit): r_t of ADA where the batch is real */
} dc_score;

typedef enum dc_slot { DC_SLOT_D_REAL, DC_SLOT_D_FAKE, DC_SLOT_G, DC_SLOT_COUNT } dc_slot;

/* Binary cross-entropy of sigmoid(logits) with a target of 0 or 1, in the softplus form (no overflow):
 * its mean goes to the slot's score, its gradient to dlogits. */
void dc_loss(dc_view logits, float target, dc_view dlogits, dc_slot slot);

typedef struct dc_adam {
    double lr, beta1, beta2, epsilon; /* doubles, as in PyTorch: 1 - 0.999f is off by 1.3e-5 of itself */
} dc_adam;

/* One Adam update (Kingma & Ba, 2015, algorithm 1; PyTorch's placing of epsilon) from the gradients held. */
void dc_update(dc_plan *plan, const dc_adam *adam);

/* ---- Step -------------------------------------------------------------------------------------------- */

/* The math calls of one training step. Must make the same calls each time. */
typedef void (*dc_step_fn)(void *context);

/* Keeps a step for replay: a GPU captures its work once, others keep the callback. */
dc_status dc_record_create(dc_device *device, dc_step_fn fn, void *context, dc_record **ret_record);
void dc_record_free(dc_record *record);
/* Runs it as step number `step`: the number that keys the noise. */
void dc_record_replay(dc_record *record, uint64_t step);

/* ---- Read -------------------------------------------------------------------------------------------- */

/* Waits for the work so far and reads the scores; a device may fail here for what went wrong before. */
dc_status dc_device_scores(dc_device *device, dc_score ret_scores[DC_SLOT_COUNT]);

/* ---- What a device implements ------------------------------------------------------------------------ */

/* One entry per function above, same meaning. Arguments have been checked by device.c. */
typedef struct dc_device_ops {
    const char *name;
    dc_status (*open)(const dc_device_options *options, dc_device **ret_device);
    void (*close)(dc_device *device);
    dc_status (*tensor_create)(dc_device *device, int n, int h, int w, int c, dc_tensor **ret_tensor);
    void (*tensor_free)(dc_tensor *tensor);
    dc_status (*plan_create)(dc_device *device, const dc_net *net, int max_batch, dc_usage usage, dc_plan **ret_plan);
    void (*plan_free)(dc_plan *plan);
    dc_memory (*plan_measure)(const dc_device *device, const dc_net *net, int max_batch, dc_usage usage);
    void (*put)(dc_plan *plan, dc_role role, int param, const float *values);
    void (*get)(const dc_plan *plan, dc_role role, int param, float *ret_values);
    void (*write)(dc_view view, const float *values);
    void (*read)(dc_view view, float *ret_values);
    void (*upload)(dc_view view, const uint8_t *pixels, const uint8_t *mirror);
    void (*download)(dc_view view, uint8_t *ret_pixels);
    void (*noise)(dc_view z, uint32_t purpose);
    void (*forward)(dc_plan *plan, dc_view x, dc_view y, dc_mode mode, int groups);
    void (*backward)(dc_plan *plan, dc_view dy, dc_view dx, unsigned flags);
    void (*loss)(dc_view logits, float target, dc_view dlogits, dc_slot slot);
    void (*update)(dc_plan *plan, const dc_adam *adam);
    dc_status (*record_create)(dc_device *device, dc_step_fn fn, void *context, dc_record **ret_record);
    void (*record_free)(dc_record *record);
    void (*record_replay)(dc_record *record, uint64_t step);
    dc_status (*scores)(dc_device *device, dc_score ret_scores[DC_SLOT_COUNT]);
} dc_device_ops;

/* Every device's objects begin with these. */
struct dc_device {
    const dc_device_ops *ops;
    dc_device_options options;
    char label[96];
    uint64_t step; /* the number of the step at work */
};
struct dc_tensor {
    dc_device *device;
    int n, h, w, c;
};
struct dc_plan {
    dc_device *device;
    dc_net net;
    int max_batch;
    dc_usage usage;
    uint64_t updates; /* of Adam so far */
};

struct dc_record {
    dc_device *device;
};

extern const dc_device_ops dc_ref_ops;
extern const dc_device_ops dc_cpu_ops;

#endif
