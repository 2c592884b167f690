/* rig.h - for tests of devices: one net on one device, with the tensors around it, and random numbers for it. */
#ifndef DC_TESTS_RIG_H
#define DC_TESTS_RIG_H

#include "device/device.h"

typedef struct rig {
    dc_plan *plan;
    dc_view x, y, dy, dx; /* n items each, inside tensors that are longer */
} rig;

/* A plan for training and its tensors; fails the test if there is no memory. */
rig rig_open(dc_device *device, const dc_net *net, int n);
void rig_close(rig *r);

size_t view_count(dc_view view);
dc_device *open_device(const char *name, int threads);

/* Normal numbers of the given deviation, the same for the same seed and number. */
void random_floats(uint64_t seed, uint32_t number, float deviation, size_t count, float *ret_values);
void random_view(dc_view view, uint64_t seed, uint32_t number);

/* Random parameters and running statistics, weights of the given deviation. */
void random_parameters(dc_plan *plan, uint64_t seed, float deviation);

#endif
