/* presets.c - recipes as data. A preset is a list of settings; what it does not name has the default of
 * the table's first preset.
 *
 * faces:  the DCGAN of Radford et al. (2016) with the constants of PyTorch's DCGAN tutorial.
 * scenes: the 32x32 variant with two discriminator updates per generator update.
 * demo:   a narrow, small-batch `faces`: early on it is the number of updates that counts, so recognisable
 *         faces come within minutes on two cores. */
#include "train/config.h"

static const char *const faces[][2] = {
    {"size", "64"},
    {"channels", "3"},
    {"background", "#ffffff"},
    {"flip", "false"},
    {"latent", "100"},
    {"features", "64"},
    {"batch", "128"},
    {"epochs", "30"},
    {"steps", "0"},
    {"d_steps", "1"},
    {"lr", "0.0002"},
    {"beta1", "0.5"},
    {"beta2", "0.999"},
    {"seed", "1"},
    {"device", "auto"},
    {"threads", "0"},
    {"out", ""},
    {"checkpoint_every", "1"},
    {"keep", "3"},
    {"samples", "64"},
    {"sample_every", "1"},
    {"sample_pair", "false"},
    {"tensorboard", "false"},
    {"log_every", "50"},
    {NULL, NULL},
};

static const char *const scenes[][2] = {
    {"size", "32"},   {"batch", "64"},  {"epochs", "500"}, {"d_steps", "2"},           {"lr", "0.0001"},
    {"beta1", "0.5"}, {"beta2", "0.9"}, {"flip", "true"},  {"checkpoint_every", "10"}, {"sample_pair", "true"},
    {NULL, NULL},
};

static const char *const demo[][2] = {
    {"features", "32"}, {"batch", "16"}, {"epochs", "50"}, {"checkpoint_every", "5"}, {NULL, NULL},
};

static const dc_preset presets[] = {
    {"faces", "64x64 pictures: five-layer nets, batch 128, 30 epochs, Adam 2e-4 (0.5, 0.999)", faces},
    {"scenes", "32x32 pictures: four-layer nets, two D steps per G step, batch 64, 500 epochs, Adam 1e-4 (0.5, 0.9)",
     scenes},
    {"demo", "64x64 pictures in minutes: narrow five-layer nets, batch 16, 50 epochs", demo},
};

const dc_preset *dc_preset_at(size_t index)
{
    return index < sizeof presets / sizeof presets[0] ? &presets[index] : NULL;
}

const char *dcgan_preset_at(size_t index, const char **ret_help)
{
    const dc_preset *preset = dc_preset_at(index);
    if (preset && ret_help)
        *ret_help = preset->help;
    return preset ? preset->name : NULL;
}
