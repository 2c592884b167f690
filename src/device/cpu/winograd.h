/* winograd.h - the inner layers: the faces that have files of their own, and weights made ready. */
#ifndef DC_DEVICE_CPU_WINOGRAD_H
#define DC_DEVICE_CPU_WINOGRAD_H

#include "device/cpu/cpu.h"

/* The third face, and the scratch memory it needs: winograd_weights.c. */
void dc_cpu_winograd_weights(const dc_cpu_pass *pass, const dc_cpu_source *wide, const dc_cpu_source *narrow, bool add,
                             float *ret_gradient);
size_t dc_cpu_winograd_weights_scratch(const dc_cpu_pass *pass);

/* Weights made ready for batches of a few items: room for them, with the tile that suits the layer, 0 where none
 * does; and they. */
dc_cpu_ready dc_cpu_winograd_ready_take(const dc_cpu_device *device, const dc_cpu_conv *conv, dc_arena *arena);
void dc_cpu_winograd_ready(const dc_cpu_device *device, const dc_cpu_conv *conv, const float *weights,
                           const dc_cpu_ready *ready);

/* Up without any transform, for batches so small that transforming the weights costs more than it saves:
 * direct.c. */
bool dc_cpu_direct_pays(const dc_cpu_pass *pass);
dc_cpu_partials dc_cpu_direct_up(const dc_cpu_pass *pass, const dc_cpu_source *narrow, const float *weights,
                                 const dc_cpu_sink *wide);
size_t dc_cpu_direct_up_scratch(const dc_cpu_pass *pass);

#endif
