/* describe.c - nets, parameters, memory and work of a training or a generator, as text for people. */
#include "base/file.h"
#include "device/device.h"
#include "train/checkpoint.h"
#include "train/config.h"
#include "train/generator_file.h"
#include "train/run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Nets -------------------------------------------------------------------------------------------- */

static const char *const conv_names[] = {
    [DC_CONV_EXPAND] = "ConvTranspose2d, stride 1",
    [DC_CONV_UP] = "ConvTranspose2d 4x4, stride 2",
    [DC_CONV_DOWN] = "Conv2d 4x4, stride 2",
    [DC_CONV_REDUCE] = "Conv2d, stride 1",
};
static const char *const act_names[] = {
    [DC_ACT_NONE] = "Sigmoid",
    [DC_ACT_RELU] = "ReLU",
    [DC_ACT_LEAKY_RELU] = "LeakyReLU(0.2)",
    [DC_ACT_TANH] = "Tanh",
};

static size_t weights_of_block(const dc_net *net, int block)
{
    size_t count = 0;
    for (int i = 0; i < net->param_count; i++)
        if (net->params[i].block == block && dc_param_is_trained(&net->params[i]))
            count += net->params[i].count;
    return count;
}

static void print_net(FILE *out, const dc_net *net)
{
    fprintf(out, "%s, %zu parameters\n", net->role == DC_NET_GENERATOR ? "Generator" : "Discriminator",
            dc_net_weights(net));
    for (int i = 0; i < net->block_count; i++) {
        const dc_block *block = &net->blocks[i];
        const dc_param *weight = &net->params[dc_net_find(net, i, DC_PARAM_WEIGHT)];
        char in[40], shape[40], name[40];
        snprintf(in, sizeof in, "%dx%dx%d", block->in_c, block->in_h, block->in_w);
        snprintf(shape, sizeof shape, "%dx%dx%d", block->out_c, block->out_h, block->out_w);
        snprintf(name, sizeof name, "%.*s", (int)(strrchr(weight->name, '.') - weight->name), weight->name);
        fprintf(out, "  %-8s %-30s %-12s %-14s %12s -> %-12s %10zu\n", name, conv_names[block->conv],
                block->batch_norm ? "BatchNorm2d" : "", act_names[block->act], in, shape, weights_of_block(net, i));
    }
}

/* ---- Work and memory of training --------------------------------------------------------------------- */

static uint64_t work_of_first_block(const dc_net *net)
{
    dc_net first = *net;
    first.block_count = 1;
    return dc_net_work(&first);
}

/* Floating-point operations per real picture and step: a multiply-add is two. Forward, weight gradients and
 * input gradients cost the same; the first block needs no input gradient unless it is asked for. */
static double step_flop(const dc_net *generator, const dc_net *discriminator, double d_steps)
{
    double g = (double)dc_net_work(generator), d = (double)dc_net_work(discriminator);
    double g_first = (double)work_of_first_block(generator), d_first = (double)work_of_first_block(discriminator);
    double d_update = g + 2 * (3 * d - d_first);
    double g_update = 2 * d + 2 * g - g_first;
    return 2 * (d_steps * d_update + g_update);
}

static dc_status print_training(FILE *out, const dc_config *config)
{
    dc_net_shape shape;
    dc_net generator, discriminator;
    dc_device *device;
    DC_TRY(dc_config_shape(config, &shape));
    dc_net_generator(&shape, &generator);
    dc_net_discriminator(&shape, &discriminator);
    DC_TRY(dc_device_open(config->device, &(dc_device_options){.threads = 1}, &device));
    dc_memory g = dc_plan_measure(device, &generator, (int)config->batch, DC_USAGE_TRAIN);
    dc_memory d = dc_plan_measure(device, &discriminator, 2 * (int)config->batch, DC_USAGE_TRAIN);
    dc_device_close(device);
    double flop = step_flop(&generator, &discriminator, (double)config->d_steps);
    const double mb = 1e6;

    fprintf(out, "Preset %s: %dx%d pictures, %d channels, latent %d, features %d\n\n", config->preset, shape.width,
            shape.height, shape.channels, shape.latent, shape.features);
    print_net(out, &generator);
    fputc('\n', out);
    print_net(out, &discriminator);
    fprintf(out,
            "\nTraining, batch %d, %d D step%s per G step, Adam %g (%g, %g)\n"
            "  work    %.1f GFLOP per step (%.3f per picture)\n"
            "  memory  %.0f MB: parameters with gradients and moments %.0f, activations %.0f, workspace %.0f\n",
            (int)config->batch, (int)config->d_steps, config->d_steps == 1 ? "" : "s", config->lr, config->beta1,
            config->beta2, flop * (double)config->batch / 1e9, flop / 1e9,
            (double)(g.parameters + g.activations + g.workspace + d.parameters + d.activations + d.workspace) / mb,
            (double)(g.parameters + d.parameters) / mb, (double)(g.activations + d.activations) / mb,
            (double)(g.workspace + d.workspace) / mb);
    return DCGAN_OK;
}

/* ---- Files ------------------------------------------------------------------------------------------- */

static dc_status print_config_text(FILE *out, const char *name, const char *text, size_t size)
{
    dcgan_config *config;
    DC_TRY(dcgan_config_create(dc_preset_at(0)->name, &config));
    dc_status status = dc_config_parse(config, name, text, size);
    if (status == DCGAN_OK)
        status = print_training(out, config);
    dcgan_config_free(config);
    return status;
}

static dc_status print_config_file(FILE *out, const char *path)
{
    dc_mapping file;
    DC_TRY(dc_file_map(path, &file));
    dc_status status = print_config_text(out, path, (const char *)file.data, file.size);
    dc_file_unmap(&file);
    return status;
}

static dc_status print_generator_file(FILE *out, const char *path)
{
    dc_generator_file file;
    DC_TRY(dc_generator_file_open(path, &file));
    const char *config = dc_safetensors_metadata(file.file, "config"),
               *step = dc_safetensors_metadata(file.file, "step");
    const dc_block *last = &file.net.blocks[file.net.block_count - 1];
    dc_status status = DCGAN_OK;
    fprintf(out, "%s: a generator of %dx%d pictures, %d channels%s%s\n\n", path, last->out_w, last->out_h, last->out_c,
            step ? ", trained for steps: " : "", step ? step : "");
    if (config) {
        status = print_config_text(out, path, config, strlen(config));
    } else {
        print_net(out, &file.net);
        fprintf(out, "\nGenerating  %.2f GFLOP per picture\n", 2 * (double)dc_net_work(&file.net) / 1e9);
    }
    dc_generator_file_close(&file);
    return status;
}

static dc_status print_run(FILE *out, const char *directory)
{
    char *path;
    uint64_t *steps;
    size_t count;
    DC_TRY(dc_path(&path, "%s/config.json", directory));
    dc_status status = dc_path_exists(path)
                           ? print_config_file(out, path)
                           : dc_fail(DCGAN_E_INPUT, "%s is not a run directory: it has no config.json.", directory);
    free(path);
    DC_TRY(status);
    DC_TRY(dc_run_checkpoints(directory, &steps, &count));
    if (count > 0)
        fprintf(out, "\nRun %s: %zu checkpoint%s, the newest of step %" PRIu64 "\n", directory, count,
                count == 1 ? "" : "s", steps[0]);
    else
        fprintf(out, "\nRun %s: no checkpoint yet\n", directory);
    free(steps);
    return DCGAN_OK;
}

static dc_status print_path(FILE *out, const char *path)
{
    if (dc_path_is_directory(path))
        return print_run(out, path);
    const char *dot = strrchr(path, '.');
    return dot && strcmp(dot, ".json") == 0 ? print_config_file(out, path) : print_generator_file(out, path);
}

/* ---- Public ------------------------------------------------------------------------------------------ */

static dc_status finish(FILE *out, dc_status status, char **text, char **ret_text)
{
    if (fclose(out) != 0 && status == DCGAN_OK)
        status = dc_fail(DCGAN_E_MEMORY, "Not enough memory for a text.");
    if (status == DCGAN_OK)
        *ret_text = *text;
    else
        free(*text);
    return status;
}

dcgan_status dcgan_describe_config(const dcgan_config *config, char **ret_text)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return dc_fail(DCGAN_E_MEMORY, "Not enough memory for a text.");
    return finish(out, print_training(out, config), &text, ret_text);
}

dcgan_status dcgan_describe_path(const char *path, char **ret_text)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return dc_fail(DCGAN_E_MEMORY, "Not enough memory for a text.");
    return finish(out, print_path(out, path), &text, ret_text);
}
