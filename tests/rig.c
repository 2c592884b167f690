/* rig.c - see rig.h. */
#include "rig.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define PURPOSE 1000 /* of test numbers; no stream of the product has it */

dc_device *open_device(const char *name, int threads)
{
    dc_device *device;
    if (dc_device_open(name, &(dc_device_options){.threads = threads, .seed = 5}, &device) != DCGAN_OK)
        fail_msg("%s: %s", name, dcgan_error_message());
    return device;
}

/* Items 1..n of a tensor of n + 2: a view need not begin where its tensor does. */
static dc_view inner_view(dc_device *device, int n, int h, int w, int c)
{
    dc_view view = {.first = 1, .n = n};
    assert_int_equal(dc_tensor_create(device, n + 2, h, w, c, &view.tensor), DCGAN_OK);
    return view;
}

rig rig_open(dc_device *device, const dc_net *net, int n)
{
    const dc_block *in = &net->blocks[0], *out = &net->blocks[net->block_count - 1];
    rig r = {.x = inner_view(device, n, in->in_h, in->in_w, in->in_c),
             .dx = inner_view(device, n, in->in_h, in->in_w, in->in_c),
             .y = inner_view(device, n, out->out_h, out->out_w, out->out_c),
             .dy = inner_view(device, n, out->out_h, out->out_w, out->out_c)};
    assert_int_equal(dc_plan_create(device, net, n + 1, DC_USAGE_TRAIN, &r.plan), DCGAN_OK);
    return r;
}

void rig_close(rig *r)
{
    dc_plan_free(r->plan);
    dc_tensor_free(r->x.tensor);
    dc_tensor_free(r->dx.tensor);
    dc_tensor_free(r->y.tensor);
    dc_tensor_free(r->dy.tensor);
}

size_t view_count(dc_view view)
{
    return (size_t)view.n * (size_t)(view.tensor->h * view.tensor->w * view.tensor->c);
}

void random_floats(uint64_t seed, uint32_t number, float deviation, size_t count, float *ret_values)
{
    dc_stream stream = {.seed = seed, .purpose = PURPOSE, .step = number};
    dc_stream_normal(&stream, 0, count, ret_values);
    for (size_t i = 0; i < count; i++)
        ret_values[i] *= deviation;
}

void random_view(dc_view view, uint64_t seed, uint32_t number)
{
    size_t count = view_count(view);
    float *values = test_malloc(count * sizeof *values);
    random_floats(seed, number, 1, count, values);
    dc_tensor_write(view, values);
    test_free(values);
}

void random_parameters(dc_plan *plan, uint64_t seed, float deviation)
{
    const dc_net *net = dc_plan_net(plan);
    for (int i = 0; i < net->param_count; i++) {
        const dc_param *param = &net->params[i];
        float *values = test_malloc(param->count * sizeof *values);
        random_floats(seed, (uint32_t)i, param->kind == DC_PARAM_WEIGHT ? deviation : 0.3f, param->count, values);
        for (size_t j = 0; j < param->count; j++) {
            if (param->kind == DC_PARAM_GAMMA)
                values[j] += 1;
            else if (param->kind == DC_PARAM_RUNNING_VAR)
                values[j] = 0.5f + fabsf(values[j]);
        }
        dc_plan_put(plan, DC_ROLE_VALUE, i, values);
        test_free(values);
    }
}
