/* init.c - initial parameter values: weights N(0, 0.02), gamma N(1, 0.02), beta 0 (Radford et al., 2016). */
#include "base/philox.h"
#include "net/net.h"

#define DEVIATION 0.02f

void dc_net_init(const dc_net *net, int param, uint64_t seed, float *ret_values)
{
    const dc_param *p = &net->params[param];
    bool random = p->kind == DC_PARAM_WEIGHT || p->kind == DC_PARAM_GAMMA;
    float mean = p->kind == DC_PARAM_GAMMA || p->kind == DC_PARAM_RUNNING_VAR ? 1 : 0;
    if (random) {
        uint64_t number = (uint64_t)param + (net->role == DC_NET_DISCRIMINATOR ? 1000 : 0);
        dc_stream stream = {.seed = seed, .purpose = DC_PURPOSE_INIT, .step = number};
        dc_stream_normal(&stream, 0, p->count, ret_values);
    }
    for (size_t i = 0; i < p->count; i++)
        ret_values[i] = random ? mean + DEVIATION * ret_values[i] : mean;
}
