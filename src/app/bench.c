/* bench.c - `dcgan bench`. */
#include "app/command.h"
#include "app/configure.h"

#include <stdio.h>
#include <stdlib.h>

#define DEFAULT_STEPS 10

static void print_json(const dcgan_bench_result *r, int batch)
{
    printf("{\"device\": \"%s\", \"batch\": %d, \"images_per_second\": %.2f, \"step_seconds\": %.6f, "
           "\"generated_images_per_second\": %.2f, \"pictures_per_second\": %.1f, \"peak_memory\": %.0f}\n",
           r->device, batch, r->images_per_second, r->step_seconds, r->generated_images_per_second,
           r->pictures_per_second, r->peak_memory);
}

static void print_text(const dcgan_bench_result *r, int batch)
{
    printf("device     %s\n"
           "training   %.1f images/s (%.1f ms per step of %d)\n"
           "generation %.1f images/s\n",
           r->device, r->images_per_second, 1e3 * r->step_seconds, batch, r->generated_images_per_second);
    if (r->pictures_per_second > 0)
        printf("reading    %.1f pictures/s\n", r->pictures_per_second);
    printf("memory     %.0f MB at most\n", r->peak_memory / 1e6);
}

static dc_status read_number(const dcgan_config *config, const char *key, int *ret_number)
{
    char *text;
    DC_TRY(dcgan_config_get(config, key, &text));
    *ret_number = atoi(text); /* the library has checked it */
    dcgan_free(text);
    return DCGAN_OK;
}

static dc_status measure(const dc_arguments *arguments, const dcgan_config *config)
{
    int steps, batch;
    dcgan_bench_result result;
    DC_TRY(read_number(config, "steps", &steps));
    DC_TRY(read_number(config, "batch", &batch));
    DC_TRY(dcgan_bench(config, steps ? steps : DEFAULT_STEPS, &result));
    (dc_arguments_has(arguments, "json") ? print_json : print_text)(&result, batch);
    return DCGAN_OK;
}

static dc_status run(const dc_arguments *arguments)
{
    dcgan_config *config;
    DC_TRY(dc_configure(arguments, dc_command_bench.preset, &config));
    dc_status status = DCGAN_OK;
    for (size_t i = 0; status == DCGAN_OK && i < arguments->operand_count; i++)
        status = dcgan_config_add_pictures(config, arguments->operands[i]);
    if (status == DCGAN_OK)
        status = measure(arguments, config);
    dcgan_config_free(config);
    return status;
}

const dc_command dc_command_bench = {
    .name = "bench",
    .bit = DC_FOR_BENCH,
    .operands = "[PICTURES...]",
    .preset = "faces",
    .summary = "time training and generation on this machine",
    .about = "Times some steps of training (--steps, default 10) and as many batches of generation, on made-up "
             "pictures, with the nets, batch, device and threads of the settings; and reading the pictures named, "
             "if any. Figures are medians. Leaves no file but the cache of the pictures read.",
    .examples = "dcgan bench\n"
                "dcgan bench --batch 16 --threads 1 --json",
    .run = run,
};
