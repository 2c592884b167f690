/* norm.c - batch normalisation (Ioffe & Szegedy, 2015): from sums over the batch to one multiplication and
 * one addition per number, which the next convolution does as it reads. */
#include "device/cpu/cpu.h"

#include <math.h>
#include <string.h>

/* scale and shift from mean and variance. */
static void set_norm(const dc_cpu_plan *plan, int block, int group, int c, double mean, double variance)
{
    const dc_cpu_norm *norm = &plan->layers[block].norms[group];
    double inverse = 1 / sqrt(variance + (double)DC_BN_EPSILON);
    double scale = (double)dc_cpu_param(plan, DC_ROLE_VALUE, block, DC_PARAM_GAMMA)[c] * inverse;
    norm->mean[c] = (float)mean;
    norm->inverse[c] = (float)inverse;
    norm->scale[c] = (float)scale;
    norm->shift[c] = (float)((double)dc_cpu_param(plan, DC_ROLE_VALUE, block, DC_PARAM_BETA)[c] - mean * scale);
}

static void update_running(float *mean, float *variance, double batch_mean, double batch_variance, double count)
{
    /* PyTorch keeps the unbiased variance while normalising with the biased one. */
    double unbiased = count > 1 ? batch_variance * count / (count - 1) : batch_variance;
    *mean = (float)((1 - DC_BN_MOMENTUM) * (double)*mean + DC_BN_MOMENTUM * batch_mean);
    *variance = (float)((1 - DC_BN_MOMENTUM) * (double)*variance + DC_BN_MOMENTUM * unbiased);
}

static double group_pixels(const dc_cpu_partials *partials, int group)
{
    double count = 0;
    for (int i = group * partials->per_group; i < (group + 1) * partials->per_group; i++)
        count += partials->pixels[i];
    return count;
}

/* Means and sums of squared deviations of chunks to those of their group (Chan et al., 1979). */
static void combine_moments(const dc_cpu_partials *partials, int group, double *ret_mean, double *ret_squares)
{
    int channels = partials->channels, first = group * partials->per_group;
    double count = group_pixels(partials, group);
    memset(ret_mean, 0, (size_t)channels * sizeof(double));
    memset(ret_squares, 0, (size_t)channels * sizeof(double));
    for (int i = first; i < first + partials->per_group; i++) {
        const float *mean = partials->sums + (size_t)i * 2 * (size_t)channels;
        double share = partials->pixels[i] / count;
        for (int c = 0; c < channels; c++)
            ret_mean[c] += (double)mean[c] * share;
    }
    for (int i = first; i < first + partials->per_group; i++) {
        const float *mean = partials->sums + (size_t)i * 2 * (size_t)channels, *squares = mean + channels;
        double pixels = partials->pixels[i];
        for (int c = 0; c < channels; c++) {
            double off = (double)mean[c] - ret_mean[c];
            ret_squares[c] += (double)squares[c] + pixels * off * off;
        }
    }
}

void dc_cpu_norm_merge(const dc_cpu_plan *plan, const dc_cpu_partials *partials, int index,
                       dc_cpu_partials *ret_partials)
{
    int channels = partials->channels;
    double *mean = plan->sums, *squares = plan->sums + channels;
    float *ret_sums = ret_partials->sums + (size_t)(index * 2 * channels);
    combine_moments(partials, 0, mean, squares);
    for (int c = 0; c < channels; c++) {
        ret_sums[c] = (float)mean[c];
        ret_sums[channels + c] = (float)squares[c];
    }
    ret_partials->pixels[index] = (int)group_pixels(partials, 0);
}

void dc_cpu_norm_train(dc_cpu_plan *plan, int block, const dc_cpu_partials *partials)
{
    int channels = partials->channels;
    float *running_mean = dc_cpu_param(plan, DC_ROLE_VALUE, block, DC_PARAM_RUNNING_MEAN);
    float *running_var = dc_cpu_param(plan, DC_ROLE_VALUE, block, DC_PARAM_RUNNING_VAR);
    double *mean = plan->sums, *squares = plan->sums + channels;
    for (int group = 0; group < plan->groups; group++) {
        double count = group_pixels(partials, group);
        combine_moments(partials, group, mean, squares);
        for (int c = 0; c < channels; c++) {
            set_norm(plan, block, group, c, mean[c], squares[c] / count);
            update_running(&running_mean[c], &running_var[c], mean[c], squares[c] / count, count);
        }
    }
}

void dc_cpu_norm_eval(dc_cpu_plan *plan, int block)
{
    const float *mean = dc_cpu_param(plan, DC_ROLE_VALUE, block, DC_PARAM_RUNNING_MEAN);
    const float *variance = dc_cpu_param(plan, DC_ROLE_VALUE, block, DC_PARAM_RUNNING_VAR);
    for (int group = 0; group < DC_CPU_MAX_GROUPS; group++)
        for (int c = 0; c < plan->layers[block].channels; c++)
            set_norm(plan, block, group, c, (double)mean[c], (double)variance[c]);
}

static void add_sums(const dc_cpu_partials *partials, int group, double *ret_sum, double *ret_product)
{
    int channels = partials->channels, first = group * partials->per_group;
    memset(ret_sum, 0, (size_t)channels * sizeof(double));
    memset(ret_product, 0, (size_t)channels * sizeof(double));
    for (int i = first; i < first + partials->per_group; i++) {
        const float *sum = partials->sums + (size_t)i * 2 * (size_t)channels, *product = sum + channels;
        for (int c = 0; c < channels; c++) {
            ret_sum[c] += (double)sum[c];
            ret_product[c] += (double)product[c];
        }
    }
}

void dc_cpu_norm_backward(dc_cpu_plan *plan, int block, const dc_cpu_partials *partials, unsigned flags)
{
    int channels = partials->channels;
    float *gamma = dc_cpu_param(plan, DC_ROLE_GRADIENT, block, DC_PARAM_GAMMA);
    float *beta = dc_cpu_param(plan, DC_ROLE_GRADIENT, block, DC_PARAM_BETA);
    double *sum = plan->sums, *product = plan->sums + channels;
    for (int group = 0; group < plan->groups; group++) {
        const dc_cpu_norm *norm = &plan->layers[block].norms[group];
        double count = group_pixels(partials, group);
        bool add = flags & DC_GRAD_ACCUMULATE || group > 0;
        add_sums(partials, group, sum, product);
        for (int c = 0; c < channels; c++) {
            double scale = (double)norm->scale[c], inverse = (double)norm->inverse[c];
            /* dy = scale * (dz - mean(dz) - (y - mean) * inverse^2 * mean(dz * (y - mean))) */
            double tilt = -scale * inverse * inverse * product[c] / count;
            norm->tilt[c] = (float)tilt;
            norm->lift[c] = (float)(-scale * sum[c] / count - tilt * (double)norm->mean[c]);
            if (flags & DC_GRAD_PARAMS) {
                gamma[c] = (float)(product[c] * inverse + (add ? (double)gamma[c] : 0));
                beta[c] = (float)(sum[c] + (add ? (double)beta[c] : 0));
            }
        }
    }
}
