/* host.h - what devices whose memory is the host's have in common: loss, noise, Adam, pixels, records.
 *
 * Plain functions on plain arrays; every one gives the same bits on every call. Used by ref.c and cpu/. */
#ifndef DC_DEVICE_HOST_H
#define DC_DEVICE_HOST_H

#include "device/device.h"

/* First member of a host device. */
typedef struct dc_host_device {
    dc_device base;
    dc_score scores[DC_SLOT_COUNT];
} dc_host_device;

/* Mean binary cross-entropy over n logits and its gradient: see dc_loss. */
void dc_host_loss(const float *logits, int n, float target, float *ret_dlogits, dc_score *ret_score);

/* One item's latent, values [item * count, (item + 1) * count) of the current step's stream. */

void dc_host_noise(const dc_device *device, uint32_t purpose, int item, int count, float *ret_values);

/* Adam on `count` numbers of flat arrays. `t` counts this update, from 1. */
void dc_host_adam(const dc_adam *adam, uint64_t t, size_t count, const float *gradients, float *values, float *moment1,
                  float *moment2);

/* The value PyTorch's ToTensor + Normalize(0.5, 0.5) gives a pixel level. */
float dc_pixel_to_value(uint8_t level);

/* The boundary's step entries for a device that computes when called. */
dc_status dc_host_record_create(dc_device *device, dc_step_fn fn, void *context, dc_record **ret_record);
void dc_host_record_free(dc_record *record);
void dc_host_record_replay(dc_record *record, uint64_t step);
dc_status dc_host_scores(dc_device *device, dc_score ret_scores[DC_SLOT_COUNT]);

#endif
