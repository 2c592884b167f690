/* net.c - see net.h. */
#include "net/net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_BASE 3 /* sides of the narrow end of a net */
#define MOST_BASE  8
#define LEAST_SIDE 16
#define MOST_SIDE  256
#define WIDEST     16 /* most channels at the narrow end, in multiples of `features` */

static bool base_fits(int side, int doublings, int least)
{
    int base = side >> doublings;
    return side % (1 << doublings) == 0 && base >= least && base <= MOST_BASE;
}

/* Doublings between the narrow end and the picture: the deepest net whose narrow end is at least 4x4,
 * else at least 3x3; 0 if there is none. */
static int depth_of(int height, int width)
{
    if (height < LEAST_SIDE || width < LEAST_SIDE || height > MOST_SIDE || width > MOST_SIDE)
        return 0;
    for (int least = LEAST_BASE + 1; least >= LEAST_BASE; least--)
        for (int depth = 6; depth >= 1; depth--)
            if (base_fits(height, depth, least) && base_fits(width, depth, least))
                return depth;
    return 0;
}

/* Appends the possible sizes nearest to an impossible one. */
static void name_nearest(int height, int width, char *text, size_t size)
{
    int best_h = 0, best_w = 0, next_h = 0, next_w = 0;
    long best = -1, next = -1;
    for (int h = LEAST_SIDE; h <= MOST_SIDE; h++) {
        for (int w = LEAST_SIDE; w <= MOST_SIDE; w++) {
            if (!depth_of(h, w) || ((height == width) != (h == w)))
                continue;
            long distance = labs((long)h - height) + labs((long)w - width);
            bool larger = (long)h * w > (long)height * width;
            if (larger ? next < 0 || distance < next : best < 0 || distance < best) {
                *(larger ? &next : &best) = distance;
                *(larger ? &next_h : &best_h) = h;
                *(larger ? &next_w : &best_w) = w;
            }
        }
    }
    if (best >= 0 && next >= 0)
        snprintf(text, size, "%dx%d and %dx%d", best_w, best_h, next_w, next_h);
    else
        snprintf(text, size, "%dx%d", best >= 0 ? best_w : next_w, best >= 0 ? best_h : next_h);
}

dc_status dc_net_shape_check(const dc_net_shape *shape)
{
    if (!depth_of(shape->height, shape->width)) {
        char nearest[64];
        name_nearest(shape->height, shape->width, nearest, sizeof nearest);
        return dc_fail(DCGAN_E_USAGE,
                       "Pictures of %dx%d cannot be trained: both sides must be 3 to 8 times the same power of two, "
                       "from 16 to 256. The nearest possible: %s.",
                       shape->width, shape->height, nearest);
    }
    if (shape->channels != 1 && shape->channels != 3 && shape->channels != 4)
        return dc_fail(DCGAN_E_USAGE, "Pictures have 1 (grey), 3 (RGB) or 4 (RGBA) channels, not %d.", shape->channels);
    if (shape->latent < 1 || shape->features < 1)
        return dc_fail(DCGAN_E_USAGE, "A net needs at least one latent and one feature channel.");
    return DCGAN_OK;
}

static void add_param(dc_net *net, int block, int module, const char *name, dc_param_kind kind, int rank,
                      const int shape[4])
{
    dc_param *param = &net->params[net->param_count++];
    *param = (dc_param){.kind = kind, .block = block, .rank = rank, .count = 1};
    snprintf(param->name, sizeof param->name, "main.%d.%s", module, name);
    for (int i = 0; i < rank; i++) {
        param->shape[i] = shape[i];
        param->count *= (size_t)shape[i];
    }
}

/* Appends a block and its parameters; `*module` counts the modules of PyTorch's nn.Sequential. */
static void add_block(dc_net *net, const dc_block *block, int *module)
{
    int index = net->block_count++;
    net->blocks[index] = *block;
    bool transposed = block->conv == DC_CONV_EXPAND || block->conv == DC_CONV_UP;
    int kernel_h = 4, kernel_w = 4;
    if (block->conv == DC_CONV_EXPAND) {
        kernel_h = block->out_h;
        kernel_w = block->out_w;
    } else if (block->conv == DC_CONV_REDUCE) {
        kernel_h = block->in_h;
        kernel_w = block->in_w;
    }
    int first = transposed ? block->in_c : block->out_c, second = transposed ? block->out_c : block->in_c;
    add_param(net, index, (*module)++, "weight", DC_PARAM_WEIGHT, 4, (int[4]){first, second, kernel_h, kernel_w});
    if (block->batch_norm) {
        const int shape[4] = {block->out_c};
        int norm = (*module)++;
        add_param(net, index, norm, "weight", DC_PARAM_GAMMA, 1, shape);
        add_param(net, index, norm, "bias", DC_PARAM_BETA, 1, shape);
        add_param(net, index, norm, "running_mean", DC_PARAM_RUNNING_MEAN, 1, shape);
        add_param(net, index, norm, "running_var", DC_PARAM_RUNNING_VAR, 1, shape);
    }
    (*module)++; /* the activation */
}

/* Channels of the picture's neighbour after `doublings` more halvings. */
static int channels_at(int features, int doublings)
{
    int factor = 1 << doublings;
    return features * (factor < WIDEST ? factor : WIDEST);
}

void dc_net_generator_with(int latent, int h, int w, int doublings, const int *channels, dc_net *ret_net)
{
    int module = 0;
    dc_net net = {.role = DC_NET_GENERATOR};
    dc_block block = {.out_h = 1, .out_w = 1, .out_c = latent};
    for (int i = 0; i <= doublings; i++) {
        bool last = i == doublings;
        block = (dc_block){.conv = i == 0 ? DC_CONV_EXPAND : DC_CONV_UP,
                           .in_h = block.out_h,
                           .in_w = block.out_w,
                           .in_c = block.out_c,
                           .out_h = i == 0 ? h : block.out_h * 2,
                           .out_w = i == 0 ? w : block.out_w * 2,
                           .out_c = channels[i],
                           .batch_norm = !last,
                           .act = last ? DC_ACT_TANH : DC_ACT_RELU};
        add_block(&net, &block, &module);
    }
    *ret_net = net;
}

void dc_net_generator(const dc_net_shape *shape, dc_net *ret_net)
{
    int depth = depth_of(shape->height, shape->width), channels[DC_MAX_BLOCKS];
    for (int i = 0; i < depth; i++)
        channels[i] = channels_at(shape->features, depth - 1 - i);
    channels[depth] = shape->channels;
    dc_net_generator_with(shape->latent, shape->height >> depth, shape->width >> depth, depth, channels, ret_net);
}

void dc_net_discriminator(const dc_net_shape *shape, dc_net *ret_net)
{
    int depth = depth_of(shape->height, shape->width), module = 0;
    dc_net net = {.role = DC_NET_DISCRIMINATOR};
    dc_block block = {.out_h = shape->height, .out_w = shape->width, .out_c = shape->channels};
    for (int level = 0; level < depth; level++) {
        block = (dc_block){.conv = DC_CONV_DOWN,
                           .in_h = block.out_h,
                           .in_w = block.out_w,
                           .in_c = block.out_c,
                           .out_h = block.out_h / 2,
                           .out_w = block.out_w / 2,
                           .out_c = channels_at(shape->features, level),
                           .batch_norm = level > 0,
                           .act = DC_ACT_LEAKY_RELU,
                           .slope = 0.2f};
        add_block(&net, &block, &module);
    }
    block = (dc_block){.conv = DC_CONV_REDUCE,
                       .in_h = block.out_h,
                       .in_w = block.out_w,
                       .in_c = block.out_c,
                       .out_h = 1,
                       .out_w = 1,
                       .out_c = 1,
                       .act = DC_ACT_NONE};
    add_block(&net, &block, &module);
    *ret_net = net;
}

bool dc_param_is_trained(const dc_param *param)
{
    return param->kind != DC_PARAM_RUNNING_MEAN && param->kind != DC_PARAM_RUNNING_VAR;
}

int dc_net_find(const dc_net *net, int block, dc_param_kind kind)
{
    for (int i = 0; i < net->param_count; i++)
        if (net->params[i].block == block && net->params[i].kind == kind)
            return i;
    return -1;
}

size_t dc_net_weights(const dc_net *net)
{
    size_t count = 0;
    for (int i = 0; i < net->param_count; i++)
        if (dc_param_is_trained(&net->params[i]))
            count += net->params[i].count;
    return count;
}

uint64_t dc_net_work(const dc_net *net)
{
    uint64_t work = 0;
    for (int i = 0; i < net->block_count; i++) {
        const dc_block *block = &net->blocks[i];
        uint64_t weights = net->params[dc_net_find(net, i, DC_PARAM_WEIGHT)].count;
        /* Each weight meets each position of the convolution's narrow side once. */
        bool wide_input = block->conv == DC_CONV_DOWN;
        bool dense = block->conv == DC_CONV_EXPAND || block->conv == DC_CONV_REDUCE;
        uint64_t positions = dense        ? 1
                             : wide_input ? (uint64_t)block->out_h * (uint64_t)block->out_w
                                          : (uint64_t)block->in_h * (uint64_t)block->in_w;
        work += weights * positions;
    }
    return work;
}
