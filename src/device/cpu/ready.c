/* ready.c - what a plan of DC_USAGE_GENERATE does with its parameters before its first pass. Batch normalisation
 * is then the same for every batch: its scale goes into the weights, its shift stays with the activation. And
 * the weights of some inner layers are transformed, once, for batches of a few items. */
#include "device/cpu/winograd.h"

static void fold_norm(dc_cpu_plan *plan, int block)
{
    dc_cpu_layer *layer = &plan->layers[block];
    dc_cpu_norm_eval(plan, block);
    dc_cpu_scale_weights(plan, block, layer->norms[0].scale);
    for (int group = 0; group < DC_CPU_MAX_GROUPS; group++)
        for (int c = 0; c < layer->channels; c++)
            layer->norms[group].scale[c] = 1;
}

void dc_cpu_make_ready(dc_cpu_plan *plan)
{
    for (int i = 0; i < plan->base.net.block_count; i++) {
        const dc_cpu_layer *layer = &plan->layers[i];
        if (plan->base.net.blocks[i].batch_norm)
            fold_norm(plan, i);
        if (layer->ready.tile)
            dc_cpu_winograd_ready((const dc_cpu_device *)plan->base.device, &layer->conv,
                                  dc_cpu_param(plan, DC_ROLE_VALUE, i, DC_PARAM_WEIGHT), &layer->ready);
    }
    plan->ready = true;
}
