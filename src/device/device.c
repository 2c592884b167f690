/* device.c - the boundary's front: finds a device by name, checks arguments, and hands each call over.
 *
 * A failing assert here is a mistake in the caller's program, never something a user or a file can cause. */
#include "device/device.h"

#include <assert.h>
#include <string.h>

/* Fastest first: the order in which "auto" tries them. */
static const dc_device_ops *const devices[] = {&dc_cpu_ops, &dc_ref_ops};
#define DEVICE_COUNT (sizeof devices / sizeof devices[0])

const char *dc_device_name_at(size_t index)
{
    return index < DEVICE_COUNT ? devices[index]->name : NULL;
}

dc_status dc_device_open(const char *name, const dc_device_options *options, dc_device **ret_device)
{
    bool any = strcmp(name, "auto") == 0;
    dc_status status = DCGAN_E_DEVICE;
    for (size_t i = 0; i < DEVICE_COUNT; i++) {
        if (!any && strcmp(name, devices[i]->name) != 0)
            continue;
        status = devices[i]->open(options, ret_device);
        if (status == DCGAN_OK || !any)
            return status;
    }
    if (!any)
        return dc_fail(DCGAN_E_USAGE, "There is no device \"%s\". Devices: auto, cpu, ref.", name);
    return status;
}

void dc_device_close(dc_device *device)
{
    if (device)
        device->ops->close(device);
}

const char *dc_device_label(const dc_device *device)
{
    return device->label;
}

dc_status dc_tensor_create(dc_device *device, int n, int h, int w, int c, dc_tensor **ret_tensor)
{
    assert(n > 0 && h > 0 && w > 0 && c > 0);
    return device->ops->tensor_create(device, n, h, w, c, ret_tensor);
}

void dc_tensor_free(dc_tensor *tensor)
{
    if (tensor)
        tensor->device->ops->tensor_free(tensor);
}

dc_status dc_plan_create(dc_device *device, const dc_net *net, int max_batch, dc_usage usage, dc_plan **ret_plan)
{
    assert(max_batch > 0 && net->block_count > 0);
    return device->ops->plan_create(device, net, max_batch, usage, ret_plan);
}

void dc_plan_free(dc_plan *plan)
{
    if (plan)
        plan->device->ops->plan_free(plan);
}

const dc_net *dc_plan_net(const dc_plan *plan)
{
    return &plan->net;
}

dc_memory dc_plan_measure(const dc_device *device, const dc_net *net, int max_batch, dc_usage usage)
{
    return device->ops->plan_measure(device, net, max_batch, usage);
}

static void check_param(const dc_plan *plan, dc_role role, int param)
{
    assert(param >= 0 && param < plan->net.param_count);
    assert(role == DC_ROLE_VALUE || (plan->usage == DC_USAGE_TRAIN && dc_param_is_trained(&plan->net.params[param])));
    (void)plan, (void)role, (void)param;
}

void dc_plan_put(dc_plan *plan, dc_role role, int param, const float *values)
{
    check_param(plan, role, param);
    plan->device->ops->put(plan, role, param, values);
}

void dc_plan_get(const dc_plan *plan, dc_role role, int param, float *ret_values)
{
    check_param(plan, role, param);
    assert(plan->usage == DC_USAGE_TRAIN);
    plan->device->ops->get(plan, role, param, ret_values);
}

void dc_plan_set_updates(dc_plan *plan, uint64_t updates)
{
    plan->updates = updates;
}

static void check_view(dc_view view)
{
    assert(view.tensor && view.first >= 0 && view.n > 0 && view.first + view.n <= view.tensor->n);
    (void)view;
}

static void check_shape(dc_view view, int h, int w, int c)
{
    check_view(view);
    assert(view.tensor->h == h && view.tensor->w == w && view.tensor->c == c);
    (void)view, (void)h, (void)w, (void)c;
}

static void check_input(const dc_net *net, dc_view view)
{
    check_shape(view, net->blocks[0].in_h, net->blocks[0].in_w, net->blocks[0].in_c);
}

static void check_output(const dc_net *net, dc_view view)
{
    const dc_block *last = &net->blocks[net->block_count - 1];
    check_shape(view, last->out_h, last->out_w, last->out_c);
}

void dc_tensor_write(dc_view view, const float *values)
{
    check_view(view);
    view.tensor->device->ops->write(view, values);
}

void dc_tensor_read(dc_view view, float *ret_values)
{
    check_view(view);
    view.tensor->device->ops->read(view, ret_values);
}

void dc_tensor_upload(dc_view view, const uint8_t *pixels, const uint8_t *mirror)
{
    check_view(view);
    view.tensor->device->ops->upload(view, pixels, mirror);
}

void dc_tensor_download(dc_view view, uint8_t *ret_pixels)
{
    check_view(view);
    view.tensor->device->ops->download(view, ret_pixels);
}

void dc_noise(dc_view z, uint32_t purpose)
{
    check_view(z);
    z.tensor->device->ops->noise(z, purpose);
}

void dc_forward(dc_plan *plan, dc_view x, dc_view y, dc_mode mode, int groups)
{
    check_input(&plan->net, x);
    check_output(&plan->net, y);
    assert(x.n == y.n && x.n <= plan->max_batch && groups > 0 && x.n % groups == 0);
    assert(mode == DC_MODE_EVAL || plan->usage == DC_USAGE_TRAIN);
    plan->device->ops->forward(plan, x, y, mode, groups);
}

void dc_backward(dc_plan *plan, dc_view dy, dc_view dx, unsigned flags)
{
    check_output(&plan->net, dy);
    if (flags & DC_GRAD_INPUT)
        check_input(&plan->net, dx);
    assert(plan->usage == DC_USAGE_TRAIN);
    plan->device->ops->backward(plan, dy, dx, flags);
}

void dc_loss(dc_view logits, float target, dc_view dlogits, dc_slot slot)
{
    check_shape(logits, 1, 1, 1);
    check_shape(dlogits, 1, 1, 1);
    assert(logits.n == dlogits.n && slot < DC_SLOT_COUNT);
    logits.tensor->device->ops->loss(logits, target, dlogits, slot);
}

void dc_update(dc_plan *plan, const dc_adam *adam)
{
    assert(plan->usage == DC_USAGE_TRAIN);
    plan->device->ops->update(plan, adam);
}

dc_status dc_record_create(dc_device *device, dc_step_fn fn, void *context, dc_record **ret_record)
{
    return device->ops->record_create(device, fn, context, ret_record);
}

void dc_record_free(dc_record *record)
{
    if (record)
        record->device->ops->record_free(record);
}

void dc_record_replay(dc_record *record, uint64_t step)
{
    record->device->ops->record_replay(record, step);
}

dc_status dc_device_scores(dc_device *device, dc_score ret_scores[DC_SLOT_COUNT])
{
    return device->ops->scores(device, ret_scores);
}
