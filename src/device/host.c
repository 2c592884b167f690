/* host.c - see host.h. */
#include "device/host.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ln(1 + e^x) without overflow. */
static double softplus(double x)
{
    return (x > 0 ? x : 0) + log1p(exp(-fabs(x)));
}

void dc_host_loss(const float *logits, int n, float target, float *ret_dlogits, dc_score *ret_score)
{
    double loss = 0, probability = 0, sign = 0;
    for (int i = 0; i < n; i++) {
        double logit = logits[i], p = 1 / (1 + exp(-logit));
        /* -t ln s(x) - (1 - t) ln(1 - s(x)), with ln s(x) = -softplus(-x) */
        loss += target * softplus(-logit) + (1 - target) * softplus(logit);
        probability += p;
        sign += (logit > 0) - (logit < 0);
        ret_dlogits[i] = (float)((p - target) / n);
    }
    *ret_score = (dc_score){(float)(loss / n), (float)(probability / n), (float)(sign / n)};
}

void dc_host_noise(const dc_device *device, uint32_t purpose, int item, int count, float *ret_values)
{
    dc_stream stream = {.seed = device->options.seed, .step = device->step, .purpose = purpose};
    dc_stream_normal(&stream, (uint64_t)item * (uint64_t)count, (uint64_t)count, ret_values);
}

void dc_host_adam(const dc_adam *adam, uint64_t t, size_t count, const float *gradients, float *values, float *moment1,
                  float *moment2)
{
    const float beta1 = (float)adam->beta1, beta2 = (float)adam->beta2, epsilon = (float)adam->epsilon;
    const float rest1 = (float)(1 - adam->beta1), rest2 = (float)(1 - adam->beta2);
    const float rate = (float)(adam->lr / (1 - pow(adam->beta1, (double)t)));
    const float correction = (float)(1 / sqrt(1 - pow(adam->beta2, (double)t)));
    for (size_t i = 0; i < count; i++) {
        float g = gradients[i];
        float m = moment1[i] * beta1 + g * rest1;
        float v = moment2[i] * beta2 + g * g * rest2;
        moment1[i] = m;
        moment2[i] = v;
        values[i] -= rate * m / (sqrtf(v) * correction + epsilon);
    }
}

float dc_pixel_to_value(uint8_t level)
{
    return ((float)level / 255.0f - 0.5f) / 0.5f;
}

typedef struct host_record {
    dc_record base;
    dc_step_fn fn;
    void *context;
} host_record;

dc_status dc_host_record_create(dc_device *device, dc_step_fn fn, void *context, dc_record **ret_record)
{
    host_record *record;
    DC_TRY(dc_alloc(1, sizeof *record, (void **)&record));
    *record = (host_record){{device}, fn, context};
    *ret_record = &record->base;
    return DCGAN_OK;
}

void dc_host_record_free(dc_record *record)
{
    free(record);
}

void dc_host_record_replay(dc_record *record, uint64_t step)
{
    const host_record *held = (const host_record *)record;
    record->device->step = step;
    held->fn(held->context);
}

dc_status dc_host_scores(dc_device *device, dc_score ret_scores[DC_SLOT_COUNT])
{
    memcpy(ret_scores, ((dc_host_device *)device)->scores, sizeof(dc_score[DC_SLOT_COUNT]));
    return DCGAN_OK;
}
