/* generate.c - `dcgan generate`. */
#include "app/command.h"
#include "app/line.h"
#include "app/terminal.h"
#include "base/file.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BATCH           64
#define MOST_PICTURES   10000000
#define MOST_GRID_BYTES ((uint64_t)1 << 29) /* a grid lies in memory as a whole */

typedef struct dc_job {
    dcgan_generator *generator;
    dcgan_generator_shape shape;
    size_t picture_size; /* bytes */
    uint64_t seed, count;
    float *z;             /* (BATCH, latent) */
    dc_terminal terminal; /* progress */
} dc_job;

/* Pictures first..first+n-1 of the seed, n <= BATCH. */
static dc_status compute(dc_job *job, uint64_t first, int n, uint8_t *ret_pixels)
{
    dcgan_latent(job->seed, first, n, job->shape.latent, job->z);
    DC_TRY(dcgan_generator_run(job->generator, job->z, n, ret_pixels));
    if (dc_terminal_is_due(&job->terminal)) {
        char line[DC_LINE_SIZE];
        dc_line_bar("generating", first + (uint64_t)n, job->count, dc_terminal_width(&job->terminal) - 1, line);
        dc_terminal_draw(&job->terminal, line);
    }
    return DCGAN_OK;
}

static int batch_at(const dc_job *job, uint64_t first)
{
    return job->count - first < BATCH ? (int)(job->count - first) : BATCH;
}

static dc_status fill_grid(dc_job *job, uint8_t *pixels)
{
    for (uint64_t first = 0; first < job->count; first += BATCH)
        DC_TRY(compute(job, first, batch_at(job, first), pixels + first * job->picture_size));
    return DCGAN_OK;
}

static dc_status write_grid(dc_job *job, const char *path)
{
    const dcgan_generator_shape *shape = &job->shape;
    uint8_t *pixels;
    if (job->count > MOST_GRID_BYTES / job->picture_size)
        return dc_fail(DCGAN_E_USAGE,
                       "%" PRIu64 " pictures are too many for one grid; at most %" PRIu64 " of this size are not. "
                       "Give -o a folder.",
                       job->count, MOST_GRID_BYTES / job->picture_size);
    DC_TRY(dc_alloc(job->count, job->picture_size, (void **)&pixels));
    dc_status status = fill_grid(job, pixels);
    if (status == DCGAN_OK)
        status = dcgan_save_png(path, pixels, (int)job->count, shape->height, shape->width, shape->channels, 0);
    free(pixels);
    return status;
}

static dc_status picture_path(const char *folder, uint64_t number, char **ret_path)
{
    return dc_path(ret_path, "%s/%05" PRIu64 ".png", folder, number);
}

/* Before anything is computed. */
static dc_status check_nothing_is_there(const dc_job *job, const char *folder)
{
    for (uint64_t i = 0; i < job->count; i++) {
        char *path;
        DC_TRY(picture_path(folder, i, &path));
        dc_status status = DCGAN_OK;
        if (dc_path_exists(path))
            status = dc_fail(DCGAN_E_IO, "%s is there already. Choose another folder, or add --overwrite.", path);
        free(path);
        DC_TRY(status);
    }
    return DCGAN_OK;
}

static dc_status write_picture(const dc_job *job, const char *folder, uint64_t number, const uint8_t *pixels)
{
    char *path;
    DC_TRY(picture_path(folder, number, &path));
    dc_status status = dcgan_save_png(path, pixels, 1, job->shape.height, job->shape.width, job->shape.channels, 1);
    free(path);
    return status;
}

static dc_status fill_folder(dc_job *job, const char *folder, uint8_t *pixels)
{
    for (uint64_t first = 0; first < job->count; first += BATCH) {
        int n = batch_at(job, first);
        DC_TRY(compute(job, first, n, pixels));
        for (int i = 0; i < n; i++)
            DC_TRY(write_picture(job, folder, first + (uint64_t)i, pixels + (size_t)i * job->picture_size));
    }
    return DCGAN_OK;
}

static dc_status write_folder(dc_job *job, const char *folder, bool overwrite)
{
    uint8_t *pixels;
    if (!overwrite)
        DC_TRY(check_nothing_is_there(job, folder));
    DC_TRY(dc_make_directory(folder));
    DC_TRY(dc_alloc(BATCH, job->picture_size, (void **)&pixels));
    dc_status status = fill_folder(job, folder, pixels);
    free(pixels);
    return status;
}

static bool is_grid(const char *path)
{
    size_t length = strlen(path);
    return length >= 4 && strcasecmp(path + length - 4, ".png") == 0 && !dc_path_is_directory(path);
}

static void report(const dc_job *job, const char *out, bool grid)
{
    const dcgan_generator_shape *shape = &job->shape;
    fputs("Wrote ", stdout);
    dc_terminal_print_text(stdout, out);
    if (!grid) {
        printf("/00000.png");
        if (job->count > 1)
            printf(" to %05" PRIu64 ".png", job->count - 1);
    }
    printf(": %" PRIu64 " %s of %dx%d, seed %" PRIu64 ".\n", job->count, job->count == 1 ? "picture" : "pictures",
           shape->width, shape->height, job->seed);
}

static dc_status generate(dc_job *job, const dc_arguments *arguments)
{
    const char *out = dc_arguments_get(arguments, "out", "generated.png");
    bool grid = is_grid(out), quiet = dc_arguments_has(arguments, "quiet");
    job->shape = dcgan_generator_get_shape(job->generator);
    job->picture_size = (size_t)job->shape.height * (size_t)job->shape.width * (size_t)job->shape.channels;
    job->terminal = dc_terminal_open(stdout);
    job->terminal.live = job->terminal.live && !quiet;
    DC_TRY(dc_alloc(BATCH, (size_t)job->shape.latent * sizeof *job->z, (void **)&job->z));
    dc_status status = grid ? write_grid(job, out) : write_folder(job, out, dc_arguments_has(arguments, "overwrite"));
    dc_terminal_clear(&job->terminal);
    if (status == DCGAN_OK && !quiet)
        report(job, out, grid);
    return status;
}

static dc_status run(const dc_arguments *arguments)
{
    dc_job job = {.count = 64};
    uint64_t threads = 0;
    if (arguments->operand_count != 1)
        return dc_fail(DCGAN_E_USAGE, "generate needs one run or generator file, such as runs/photos-1.");
    DC_TRY(dc_arguments_get_number(arguments, "count", 1, MOST_PICTURES, &job.count));
    DC_TRY(dc_arguments_get_number(arguments, "seed", 0, UINT64_MAX, &job.seed));
    DC_TRY(dc_arguments_get_number(arguments, "threads", 0, 256, &threads));
    dcgan_generator_options options = {
        .device = dc_arguments_get(arguments, "device", NULL),
        .threads = (int)threads,
        .max_batch = job.count < BATCH ? (int)job.count : BATCH,
    };
    DC_TRY(dcgan_generator_open(arguments->operands[0], &options, &job.generator));
    dc_status status = generate(&job, arguments);
    free(job.z);
    dcgan_generator_close(job.generator);
    return status;
}

const dc_command dc_command_generate = {
    .name = "generate",
    .bit = DC_FOR_GENERATE,
    .operands = "RUN|FILE.safetensors",
    .summary = "make pictures with a trained generator",
    .about = "Makes pictures with the newest generator of a run, or with that of a checkpoint or .safetensors file, "
             "made here or with PyTorch under its parameter names.\n"
             "With -o NAME.png they go into one grid, which replaces the file. Any other -o is a folder: they go to "
             "00000.png, 00001.png, ... in it, and pictures that are there are kept unless --overwrite is given.\n"
             "Seed and number name a picture for good: number 7 of a seed is the same whatever -n is.",
    .examples = "dcgan generate runs/photos-1\n"
                "dcgan generate runs/photos-1 -n 1000 --seed 7 -o faces\n"
                "dcgan generate generator.safetensors -n 16 -o grid.png",
    .run = run,
};
