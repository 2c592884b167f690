/* cpu_device.c - the fast CPU device: its life, its tensors, and the table of its entries. */
#include "device/cpu/cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Instruction sets -------------------------------------------------------------------------------- */

typedef struct instruction_set {
    const dc_cpu_kernels *kernels;
    const char *label;
    bool (*present)(void);
} instruction_set;

static bool always(void)
{
    return true;
}

#ifdef __x86_64__
static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") && has_avx2();
}
#endif

/* Best first. */
static const instruction_set instruction_sets[] = {
#ifdef __x86_64__
    {&dc_cpu_kernels_avx512, "AVX-512", has_avx512},
    {&dc_cpu_kernels_avx2, "AVX2", has_avx2},
#endif
    {&dc_cpu_kernels_baseline, "baseline", always},
};
#define SET_COUNT (sizeof instruction_sets / sizeof instruction_sets[0])

/* The best there is, or the one that DCGAN_CPU names. */
static dc_status choose_instructions(const instruction_set **ret_set)
{
    const char *forced = getenv("DCGAN_CPU");
    bool any = !forced || !*forced;
    for (size_t i = 0; i < SET_COUNT; i++) {
        const instruction_set *set = &instruction_sets[i];
        if (!any && strcmp(forced, set->kernels->name) != 0)
            continue;
        if (set->present()) {
            *ret_set = set;
            return DCGAN_OK;
        }
        if (!any)
            return dc_fail(DCGAN_E_DEVICE,
                           "DCGAN_CPU=%s asks for %s instructions, which this CPU does not have. Unset DCGAN_CPU to "
                           "use the best it has.",
                           forced, set->label);
    }
    return dc_fail(DCGAN_E_USAGE, "DCGAN_CPU=%s names no instruction set. Possible here: %sbaseline.", forced,
                   SET_COUNT > 1 ? "avx512, avx2, " : "");
}

/* ---- Life -------------------------------------------------------------------------------------------- */

static size_t cache_size(int level, size_t otherwise)
{
#ifdef _SC_LEVEL2_CACHE_SIZE
    long size = sysconf(level == 2 ? _SC_LEVEL2_CACHE_SIZE : _SC_LEVEL3_CACHE_SIZE);
    if (size > 0)
        return (size_t)size;
#endif
    (void)level;
    return otherwise;
}

static void device_close(dc_device *base)
{
    dc_cpu_device *device = (dc_cpu_device *)base;
    dc_pool_free(device->pool);
    free(device->workspace_memory);
    free(device);
}

static dc_status device_open(const dc_device_options *options, dc_device **ret_device)
{
    const instruction_set *set = &instruction_sets[SET_COUNT - 1];
    dc_cpu_device *device;
    DC_TRY(choose_instructions(&set));
    DC_TRY(dc_alloc(1, sizeof *device, (void **)&device));
    dc_device *base = &device->host.base;
    *base = (dc_device){.ops = &dc_cpu_ops, .options = *options};
    device->kernels = set->kernels;
    device->level2 = cache_size(2, (size_t)512 << 10);
    device->level3 = cache_size(3, (size_t)8 << 20);
    dc_status status = dc_pool_create(options->threads, &device->pool);
    if (status != DCGAN_OK) {
        device_close(base);
        return status;
    }
    device->threads = dc_pool_threads(device->pool);
    snprintf(base->label, sizeof base->label, "cpu (%s, %d thread%s)", set->label, device->threads,
             device->threads == 1 ? "" : "s");
    *ret_device = base;
    return DCGAN_OK;
}

/* ---- Tensors ----------------------------------------------------------------------------------------- */

static size_t item_size(const dc_tensor *t)
{
    return (size_t)t->h * (size_t)t->w * (size_t)t->c;
}

static void tensor_free(dc_tensor *tensor)
{
    free(((dc_cpu_tensor *)tensor)->values);
    free(tensor);
}

static dc_status tensor_create(dc_device *device, int n, int h, int w, int c, dc_tensor **ret_tensor)
{
    dc_cpu_tensor *tensor;
    DC_TRY(dc_alloc(1, sizeof *tensor, (void **)&tensor));
    tensor->base = (dc_tensor){device, n, h, w, c};
    dc_status status = dc_alloc((size_t)n * item_size(&tensor->base), sizeof(float), (void **)&tensor->values);
    if (status != DCGAN_OK) {
        tensor_free(&tensor->base);
        return status;
    }
    *ret_tensor = &tensor->base;
    return DCGAN_OK;
}

/* Copies between (n, c, h, w) and the tensor's (n, h, w, c). */
static void tensor_write(dc_view view, const float *values)
{
    size_t channels = (size_t)view.tensor->c, pixels = item_size(view.tensor) / channels;
    float *to = dc_cpu_view(view);
    for (size_t n = 0; n < (size_t)view.n; n++)
        for (size_t c = 0; c < channels; c++)
            for (size_t p = 0; p < pixels; p++)
                to[(n * pixels + p) * channels + c] = *values++;
}

static void tensor_read(dc_view view, float *ret_values)
{
    size_t channels = (size_t)view.tensor->c, pixels = item_size(view.tensor) / channels;
    const float *from = dc_cpu_view(view);
    for (size_t n = 0; n < (size_t)view.n; n++)
        for (size_t c = 0; c < channels; c++)
            for (size_t p = 0; p < pixels; p++)
                *ret_values++ = from[(n * pixels + p) * channels + c];
}

static void tensor_upload(dc_view view, const uint8_t *pixels, const uint8_t *mirror)
{
    const dc_tensor *t = view.tensor;
    float *to = dc_cpu_view(view), values[256];
    for (int level = 0; level < 256; level++)
        values[level] = dc_pixel_to_value((uint8_t)level);
    size_t row = (size_t)t->w * (size_t)t->c;
    for (int n = 0; n < view.n; n++) {
        bool mirrored = mirror && mirror[n];
        for (int y = 0; y < t->h; y++, pixels += row, to += row)
            for (int x = 0; x < t->w; x++) {
                const uint8_t *from = pixels + (mirrored ? t->w - 1 - x : x) * t->c;
                for (int c = 0; c < t->c; c++)
                    to[x * t->c + c] = values[from[c]];
            }
    }
}

static void tensor_download(dc_view view, uint8_t *ret_pixels)
{
    const dc_cpu_device *device = (dc_cpu_device *)view.tensor->device;
    device->kernels->to_pixels((size_t)view.n * item_size(view.tensor), dc_cpu_view(view), ret_pixels);
}

/* ---- Noise and loss ---------------------------------------------------------------------------------- */

typedef struct noise {
    dc_view z;
    uint32_t purpose;
} noise;

static void noise_task(void *context, int item, int worker)
{
    (void)worker;
    const noise *n = context;
    int count = (int)item_size(n->z.tensor);
    dc_host_noise(n->z.tensor->device, n->purpose, item, count, dc_cpu_view(n->z) + (size_t)item * (size_t)count);
}

static void make_noise(dc_view z, uint32_t purpose)
{
    noise n = {z, purpose};
    dc_pool_run(((dc_cpu_device *)z.tensor->device)->pool, noise_task, &n, z.n);
}

static void loss(dc_view logits, float target, dc_view dlogits, dc_slot slot)
{
    dc_host_device *device = (dc_host_device *)logits.tensor->device;
    dc_host_loss(dc_cpu_view(logits), logits.n, target, dc_cpu_view(dlogits), &device->scores[slot]);
}

const dc_device_ops dc_cpu_ops = {
    .name = "cpu",
    .open = device_open,
    .close = device_close,
    .tensor_create = tensor_create,
    .tensor_free = tensor_free,
    .plan_create = dc_cpu_plan_create,
    .plan_free = dc_cpu_plan_free,
    .plan_measure = dc_cpu_plan_measure,
    .put = dc_cpu_put,
    .get = dc_cpu_get,
    .write = tensor_write,
    .read = tensor_read,
    .upload = tensor_upload,
    .download = tensor_download,
    .noise = make_noise,
    .forward = dc_cpu_forward,
    .backward = dc_cpu_backward,
    .loss = loss,
    .update = dc_cpu_update,
    .record_create = dc_host_record_create,
    .record_free = dc_host_record_free,
    .record_replay = dc_host_record_replay,
    .scores = dc_host_scores,
};
