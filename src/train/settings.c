/* settings.c - see settings.h. */
#include "train/settings.h"

#include "device/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_EPOCHS 1000000000 /* times the steps of an epoch still fits 64 bits */
#define MOST_STEPS  1000000000000

/* Reads "64" or "128x64" (width x height). */
static bool read_size(const char *text, int *ret_width, int *ret_height)
{
    char *end;
    long width = strtol(text, &end, 10), height = width;
    if (end == text || (*end != '\0' && *end != 'x'))
        return false;
    if (*end == 'x') {
        const char *second = end + 1;
        height = strtol(second, &end, 10);
        if (end == second || *end != '\0')
            return false;
    }
    if (width < 1 || height < 1 || width > 65536 || height > 65536)
        return false;
    *ret_width = (int)width;
    *ret_height = (int)height;
    return true;
}

static dc_status check_size(const char *text)
{
    dc_net_shape shape = {.channels = 3, .latent = 1, .features = 1};
    if (!read_size(text, &shape.width, &shape.height))
        return dc_fail(DCGAN_E_USAGE, "A size is a number, or width x height such as 128x64, not \"%s\".", text);
    return dc_net_shape_check(&shape);
}

static bool read_color(const char *text, uint8_t ret_rgb[3])
{
    if (strlen(text) != 7 || text[0] != '#' || strspn(text + 1, "0123456789abcdefABCDEF") != 6)
        return false;
    unsigned long color = strtoul(text + 1, NULL, 16);
    ret_rgb[0] = (uint8_t)(color >> 16);
    ret_rgb[1] = (uint8_t)(color >> 8);
    ret_rgb[2] = (uint8_t)color;
    return true;
}

static dc_status check_color(const char *text)
{
    uint8_t rgb[3];
    if (!read_color(text, rgb))
        return dc_fail(DCGAN_E_USAGE, "A background is a colour such as #ffffff, not \"%s\".", text);
    return DCGAN_OK;
}

static bool read_interval(const char *text, uint64_t *ret_epochs, uint64_t *ret_steps)
{
    char *end;
    long long count = strtoll(text, &end, 10);
    bool steps = strcmp(end, "steps") == 0;
    if (end == text || count < 1 || count > (steps ? MOST_STEPS : MOST_EPOCHS) || (*end != '\0' && !steps))
        return false;
    *ret_epochs = steps ? 0 : (uint64_t)count;
    *ret_steps = steps ? (uint64_t)count : 0;
    return true;
}

static dc_status check_interval(const char *text)
{
    uint64_t epochs, steps;
    if (!read_interval(text, &epochs, &steps))
        return dc_fail(DCGAN_E_USAGE,
                       "An interval is a number of epochs such as 5, or of steps such as 500steps, not \"%s\".", text);
    return DCGAN_OK;
}

static dc_status check_device(const char *text)
{
    if (strcmp(text, "auto") == 0)
        return DCGAN_OK;
    for (size_t i = 0; dc_device_name_at(i); i++)
        if (strcmp(text, dc_device_name_at(i)) == 0)
            return DCGAN_OK;
    return dc_fail(DCGAN_E_USAGE, "There is no device \"%s\". Devices: auto, cpu, ref.", text);
}

static dc_status check_preset(const char *text)
{
    for (size_t i = 0; dc_preset_at(i); i++)
        if (strcmp(text, dc_preset_at(i)->name) == 0)
            return DCGAN_OK;
    return dc_fail(DCGAN_E_USAGE, "There is no preset \"%s\". Presets: faces, scenes, demo.", text);
}

#define AT(member) offsetof(dc_config, member)
#define INTEGER(key, least, most, resumable, help)                                                                     \
    {                                                                                                                  \
        {#key, DCGAN_SETTING_INTEGER, least, most, NULL, help}, AT(key), resumable, NULL                               \
    }
#define REAL(key, least, most, help)                                                                                   \
    {                                                                                                                  \
        {#key, DCGAN_SETTING_REAL, least, most, NULL, help}, AT(key), false, NULL                                      \
    }
#define BOOLEAN(key, resumable, help)                                                                                  \
    {                                                                                                                  \
        {#key, DCGAN_SETTING_BOOLEAN, 0, 1, NULL, help}, AT(key), resumable, NULL                                      \
    }
#define TEXT(key, values, resumable, check, help)                                                                      \
    {                                                                                                                  \
        {#key, DCGAN_SETTING_TEXT, 0, 0, values, help}, AT(key), resumable, check                                      \
    }

static const dc_setting settings[] = {
    TEXT(preset, "faces|scenes|demo", false, check_preset, "recipe whose settings are the defaults"),
    TEXT(size, "N|WxH", false, check_size, "size of the pictures trained and generated"),
    INTEGER(channels, 1, 4, false, "1 grey, 3 RGB, 4 RGBA"),
    TEXT(background, "#RRGGBB", false, check_color, "colour under transparent pixels, unless 4 channels are trained"),
    BOOLEAN(flip, false, "mirror half of the pictures at random; not for logos or text"),
    INTEGER(latent, 1, 4096, false, "length of the noise vector z"),
    INTEGER(features, 1, 1024, false, "channels of the layer next to the picture (ngf, ndf)"),
    INTEGER(batch, 1, 16384, false, "pictures per step"),
    INTEGER(epochs, 1, MOST_EPOCHS, true, "passes over all pictures"),
    INTEGER(steps, 0, MOST_STEPS, true, "generator updates in place of epochs; 0: as many as the epochs need"),
    INTEGER(d_steps, 1, 100, false, "discriminator updates per generator update"),
    REAL(lr, 1e-9, 1000, "learning rate of Adam, both nets"),
    REAL(beta1, 0, 0.999999, "Adam's decay of the mean gradient"),
    REAL(beta2, 0, 0.999999, "Adam's decay of the mean squared gradient"),
    INTEGER(seed, 0, 9e15, false, "names the random numbers: same seed, same training"),
    TEXT(device, "auto|cpu|ref", true, check_device, "what computes; ref is the slow textbook version"),
    INTEGER(threads, 0, 256, true, "threads; 0: one per core. Does not change the result"),
    TEXT(out, NULL, false, NULL, "run directory to create"),
    TEXT(checkpoint_every, "N|Nsteps", true, check_interval, "save every N epochs, or every N steps"),
    INTEGER(keep, 1, 1000000, true, "newest checkpoints to keep"),
    INTEGER(samples, 1, 1024, false, "pictures in a grid of samples"),
    INTEGER(sample_every, 1, MOST_EPOCHS, true, "epochs between grids of samples"),
    BOOLEAN(sample_pair, false, "also save two generated pictures side by side each epoch"),
    BOOLEAN(tensorboard, true, "also write losses, scores and samples as TensorBoard event files"),
    INTEGER(log_every, 1, 1e9, true, "batches between lines of losses when the output is not a terminal"),
};
#define SETTING_COUNT (sizeof settings / sizeof settings[0])

const dc_setting *dc_setting_at(size_t index)
{
    return index < SETTING_COUNT ? &settings[index] : NULL;
}

const dcgan_setting *dcgan_setting_at(size_t index)
{
    const dc_setting *setting = dc_setting_at(index);
    return setting ? &setting->public : NULL;
}

const char *dcgan_resume_setting_at(size_t index)
{
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (settings[i].resumable && index-- == 0)
            return settings[i].public.key;
    return NULL;
}

const dc_setting *dc_setting_find(const char *key)
{
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (strcmp(settings[i].public.key, key) == 0)
            return &settings[i];
    dc_fail(DCGAN_E_USAGE, "There is no setting \"%s\". `dcgan help train` lists them all.", key);
    return NULL;
}

dc_status dc_config_shape(const dc_config *config, dc_net_shape *ret_shape)
{
    dc_net_shape shape = {
        .channels = (int)config->channels, .latent = (int)config->latent, .features = (int)config->features};
    read_size(config->size, &shape.width, &shape.height);
    DC_TRY(dc_net_shape_check(&shape));
    *ret_shape = shape;
    return DCGAN_OK;
}

dc_status dc_config_fit(const dc_config *config, dc_image_fit *ret_fit)
{
    dc_net_shape shape;
    DC_TRY(dc_config_shape(config, &shape));
    dc_image_fit fit = {.width = shape.width, .height = shape.height, .channels = shape.channels};
    read_color(config->background, fit.background);
    *ret_fit = fit;
    return DCGAN_OK;
}

void dc_config_checkpoint_every(const dc_config *config, uint64_t *ret_epochs, uint64_t *ret_steps)
{
    read_interval(config->checkpoint_every, ret_epochs, ret_steps);
}
