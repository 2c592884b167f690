/* config.h - everything a training can be told. Settings are reached by their keys: one table (settings.c)
 * serves flags, help, configuration files and checkpoints. */
#ifndef DC_TRAIN_CONFIG_H
#define DC_TRAIN_CONFIG_H

#include "image/image.h"
#include "net/net.h"

struct dcgan_config {
    char *preset;
    char *size; /* "64" or "WxH" */
    int64_t channels;
    char *background; /* "#rrggbb" */
    bool flip;
    int64_t latent, features;
    int64_t batch, epochs, steps, d_steps;
    double lr, beta1, beta2;
    int64_t seed;
    char *device;
    int64_t threads;
    char *out;
    char *checkpoint_every; /* "N" epochs or "Nsteps" */
    int64_t keep;
    int64_t samples, sample_every;
    bool sample_pair;
    bool tensorboard;
    int64_t log_every;
    char **pictures;
    size_t picture_count;
};
typedef struct dcgan_config dc_config;

/* From the text of a JSON object; `name` is for messages. All or nothing. */
dc_status dc_config_parse(dc_config *config, const char *name, const char *text, size_t size);
/* The text of config.json. Free with free(). */
dc_status dc_config_print(const dc_config *config, char **ret_text);
dc_status dc_config_copy(const dc_config *config, dc_config **ret_copy);

/* The nets' shape, checked for being possible. */
dc_status dc_config_shape(const dc_config *config, dc_net_shape *ret_shape);
dc_status dc_config_fit(const dc_config *config, dc_image_fit *ret_fit);
/* How often to save: one of the two is 0. */
void dc_config_checkpoint_every(const dc_config *config, uint64_t *ret_epochs, uint64_t *ret_steps);

/* Default values of all settings, as "key", "value" pairs up to a NULL key: those of "faces". */
typedef struct dc_preset {
    const char *name;
    const char *help;
    const char *const (*values)[2];
} dc_preset;
const dc_preset *dc_preset_at(size_t index); /* in their order, then NULL */

#endif
