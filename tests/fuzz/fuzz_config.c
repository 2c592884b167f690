/* fuzz_config.c - any bytes as a configuration file: taken whole and printed back the same, or refused
 * without leaving a trace. */
#include "device/device.h"
#include "train/config.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In place of src/device: of it, settings need no more than the names. */
const char *dc_device_name_at(size_t index)
{
    static const char *const names[] = {"cpu", "ref"};
    return index < sizeof names / sizeof *names ? names[index] : NULL;
}

static char *print(const dc_config *config)
{
    char *text;
    if (dc_config_print(config, &text) != DCGAN_OK)
        abort();
    return text;
}

/* What was accepted is usable, and its own file says the same again. */
static void check_accepted(dc_config *config)
{
    dc_net_shape shape;
    dc_image_fit fit;
    uint64_t epochs, steps;
    if (dc_config_shape(config, &shape) == DCGAN_OK && dc_net_shape_check(&shape) != DCGAN_OK)
        abort();
    if (dc_config_fit(config, &fit) != DCGAN_OK && !*dcgan_error_message())
        abort();
    dc_config_checkpoint_every(config, &epochs, &steps);
    if ((epochs == 0) == (steps == 0))
        abort();
    char *text = print(config), *again;
    if (dc_config_parse(config, "again", text, strlen(text)) != DCGAN_OK)
        abort();
    again = print(config);
    if (strcmp(text, again) != 0)
        abort();
    free(text);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dc_config *config;
    if (dcgan_config_create("faces", &config) != DCGAN_OK)
        abort();
    char *before = print(config);
    if (dc_config_parse(config, "input", (const char *)data, size) == DCGAN_OK) {
        check_accepted(config);
    } else {
        char *after = print(config);
        if (strcmp(before, after) != 0 || !*dcgan_error_message())
            abort();
        free(after);
    }
    free(before);
    dcgan_config_free(config);
    return 0;
}
