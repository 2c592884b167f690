/* net.h - plain-data description of a generator or discriminator: a table of blocks, and the table of
 * parameters that follows from it, under PyTorch's names. What is trained, with no word on how. */
#ifndef DC_NET_NET_H
#define DC_NET_NET_H

#include "base/status.h"

#include <stdbool.h>

/* The four convolutions of a DCGAN (Radford et al., 2016, section 3). Weights in PyTorch's order. */
typedef enum dc_conv {
    DC_CONV_EXPAND, /* ConvTranspose2d, 1x1 -> h x w: kernel (h, w), stride 1, pad 0; weight (in, out, h, w) */
    DC_CONV_UP,     /* ConvTranspose2d, kernel 4, stride 2, pad 1: h x w -> 2h x 2w; weight (in, out, 4, 4) */
    DC_CONV_DOWN,   /* Conv2d, kernel 4, stride 2, pad 1: 2h x 2w -> h x w; weight (out, in, 4, 4) */
    DC_CONV_REDUCE, /* Conv2d, h x w -> 1x1: kernel (h, w), stride 1, pad 0; weight (out, in, h, w) */
} dc_conv;

typedef enum dc_act {
    DC_ACT_NONE, /* the discriminator ends in logits: its sigmoid is part of the loss */
    DC_ACT_RELU,
    DC_ACT_LEAKY_RELU,
    DC_ACT_TANH,
} dc_act;

/* y = act(batch_norm(conv(x))). No block has a bias. */
typedef struct dc_block {
    dc_conv conv;
    int in_h, in_w, in_c;
    int out_h, out_w, out_c;
    bool batch_norm;
    dc_act act;
    float slope; /* of LeakyReLU below zero; 0 else */
} dc_block;

typedef enum dc_param_kind {
    DC_PARAM_WEIGHT,
    DC_PARAM_GAMMA,        /* BatchNorm weight */
    DC_PARAM_BETA,         /* BatchNorm bias */
    DC_PARAM_RUNNING_MEAN, /* these two are not trained */
    DC_PARAM_RUNNING_VAR,
} dc_param_kind;

typedef struct dc_param {
    char name[32]; /* PyTorch's: "main.3.weight" */
    dc_param_kind kind;
    int block;
    int rank;
    int shape[4];
    size_t count; /* product of the shape */
} dc_param;

typedef enum dc_net_role { DC_NET_GENERATOR, DC_NET_DISCRIMINATOR } dc_net_role;

#define DC_MAX_BLOCKS  8
#define DC_BN_EPSILON  1e-5f /* PyTorch's BatchNorm2d */
#define DC_BN_MOMENTUM 0.1f

typedef struct dc_net {
    dc_net_role role;
    int block_count;
    dc_block blocks[DC_MAX_BLOCKS];
    int param_count;
    dc_param params[DC_MAX_BLOCKS * 5]; /* per block: weight, gamma, beta, running mean, running variance */
} dc_net;

/* Both nets follow from this. */
typedef struct dc_net_shape {
    int height, width; /* of a picture: 3..8 times the same power of two, 16..256 */
    int channels;      /* 1, 3 or 4 */
    int latent;        /* length of z */
    int features;      /* channels of the widest layer's neighbour to the picture: PyTorch's ngf and ndf */
} dc_net_shape;

/* Refuses an impossible size and names the nearest possible ones. */
dc_status dc_net_shape_check(const dc_net_shape *shape);

/* `shape` has passed the check. */
void dc_net_generator(const dc_net_shape *shape, dc_net *ret_net);
void dc_net_discriminator(const dc_net_shape *shape, dc_net *ret_net);

/* A generator that doubles h x w `doublings` times, with these channels after each block (doublings + 1
 * numbers, the last those of the picture): what a file made elsewhere may hold. */
void dc_net_generator_with(int latent, int h, int w, int doublings, const int *channels, dc_net *ret_net);

/* A trained parameter, in contrast to a running statistic. */
bool dc_param_is_trained(const dc_param *param);
/* Index of a parameter in net->params, or -1 if the block has none of that kind. */
int dc_net_find(const dc_net *net, int block, dc_param_kind kind);
/* Trained numbers in the whole net. */
size_t dc_net_weights(const dc_net *net);
/* Multiply-adds of one forward pass of one picture, counting each kernel tap. */
uint64_t dc_net_work(const dc_net *net);

/* Initial values, PyTorch's order: weights N(0, 0.02), gamma N(1, 0.02), beta 0 (Radford et al., section 4). */
void dc_net_init(const dc_net *net, int param, uint64_t seed, float *ret_values);

#endif
