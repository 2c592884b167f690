/* explore.c - see explore.h. */
#include "serve/explore.h"

#include "base/memory.h"

#include <inttypes.h>
#include <math.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BATCH           3                   /* pictures at once: memory grows with it, speed hardly */
#define DIRECTIONS_SEED 0x6469726563740000u /* of the directions: the same for all runs */

struct dc_explorer {
    dcgan_generator *generator; /* or NULL */
    char *path;
    struct timespec written;
    ino_t inode;
};

dc_status dc_explorer_create(dc_explorer **ret_explorer)
{
    return dc_alloc(1, sizeof **ret_explorer, (void **)ret_explorer);
}

static void forget(dc_explorer *explorer)
{
    dcgan_generator_close(explorer->generator);
    free(explorer->path);
    *explorer = (dc_explorer){0};
}

void dc_explorer_free(dc_explorer *explorer)
{
    if (!explorer)
        return;
    forget(explorer);
    free(explorer);
}

/* ---- The generator ----------------------------------------------------------------------------------- */

/* Takes the path over, whatever it returns. One thread: training on the same machine comes first. */
static dc_status load(dc_explorer *explorer, char *path, const struct stat *info)
{
    forget(explorer);
    explorer->path = path;
    const dcgan_generator_options options = {.device = "cpu", .threads = 1, .max_batch = BATCH};
    dc_status status = dcgan_generator_open(path, &options, &explorer->generator);
    if (status != DCGAN_OK) {
        forget(explorer);
        return status;
    }
    explorer->written = info->st_mtim;
    explorer->inode = info->st_ino;
    return DCGAN_OK;
}

static bool is_loaded(const dc_explorer *explorer, const char *path, const struct stat *info)
{
    return explorer->generator && strcmp(explorer->path, path) == 0 && explorer->inode == info->st_ino &&
           explorer->written.tv_sec == info->st_mtim.tv_sec && explorer->written.tv_nsec == info->st_mtim.tv_nsec;
}

static dc_status ensure_generator(dc_explorer *explorer, const dc_runs *runs, const dc_listed *run, uint64_t checkpoint)
{
    char file[64] = "generator.safetensors";
    if (checkpoint)
        snprintf(file, sizeof file, "checkpoints/step_%08" PRIu64 ".safetensors", checkpoint);
    int fd;
    struct stat info;
    DC_TRY(dc_listed_open(runs, run, file, &fd));
    bool examined = fstat(fd, &info) == 0;
    close(fd);
    if (!examined)
        return dc_fail_errno("%s of run %s cannot be examined", file, run->name);
    char *path;
    DC_TRY(dc_listed_path(runs, run, file, &path));
    if (!is_loaded(explorer, path, &info))
        return load(explorer, path, &info);
    free(path);
    return DCGAN_OK;
}

/* ---- Latents ----------------------------------------------------------------------------------------- */

static double dot(const float *a, const float *b, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += (double)a[i] * b[i];
    return sum;
}

/* Spherical interpolation (Shoemake, 1985): normal latents lie near a sphere, and so does the way. */
static void interpolate(const float *a, const float *b, double t, int n, float *ret_z)
{
    double cosine = dot(a, b, n) / sqrt(dot(a, a, n) * dot(b, b, n));
    double angle = acos(fmax(-1, fmin(1, cosine)));
    double weight_a = 1 - t, weight_b = t;
    if (sin(angle) > 1e-3) {
        weight_a = sin((1 - t) * angle) / sin(angle);
        weight_b = sin(t * angle) / sin(angle);
    }
    for (int i = 0; i < n; i++)
        ret_z[i] = (float)(weight_a * a[i] + weight_b * b[i]);
}

/* Fixed random directions of length 1, each at right angles to those before it. */
static void make_directions(int count, int n, float *ret_directions)
{
    dcgan_latent(DIRECTIONS_SEED, 0, count, n, ret_directions);
    for (int d = 0; d < count; d++) {
        float *direction = ret_directions + (size_t)d * (size_t)n;
        for (int e = 0; e < d; e++) {
            const float *earlier = ret_directions + (size_t)e * (size_t)n;
            double along = dot(direction, earlier, n);
            for (int i = 0; i < n; i++)
                direction[i] -= (float)(along * earlier[i]);
        }
        double length = sqrt(dot(direction, direction, n));
        for (int i = 0; i < n; i++)
            direction[i] = length > 1e-6 ? (float)(direction[i] / length) : 0;
    }
}

/* ret_z (walk->count, n); scratch (2 + direction_count, n) */
static void walk_latents(const dc_walk *walk, int n, float *scratch, float *ret_z)
{
    float *a = scratch, *b = scratch + n, *directions = scratch + 2 * n;
    dcgan_latent(walk->seed_a, 0, 1, n, a);
    dcgan_latent(walk->seed_b, 0, 1, n, b);
    make_directions(walk->direction_count, n, directions);
    for (int k = 0; k < walk->count; k++) {
        float *z = ret_z + (size_t)k * (size_t)n;
        interpolate(a, b, walk->count > 1 ? (double)k / (walk->count - 1) : walk->t, n, z);
        for (int d = 0; d < walk->direction_count; d++)
            for (int i = 0; i < n; i++)
                z[i] += (float)walk->directions[d] * directions[d * n + i];
    }
}

/* ---- Pictures ---------------------------------------------------------------------------------------- */

/* (count, height, width * channels) -> (height, count, width * channels) */
static void lay_in_row(const uint8_t *pixels, int count, int height, size_t row, uint8_t *ret_pixels)
{
    for (int k = 0; k < count; k++)
        for (int y = 0; y < height; y++)
            memcpy(ret_pixels + ((size_t)y * (size_t)count + (size_t)k) * row,
                   pixels + ((size_t)k * (size_t)height + (size_t)y) * row, row);
}

static dc_status encode_png(const uint8_t *pixels, int width, int height, int channels, uint8_t **ret_png,
                            size_t *ret_size)
{
    png_image image = {.version = PNG_IMAGE_VERSION, .width = (unsigned)width, .height = (unsigned)height};
    image.format = channels == 1 ? PNG_FORMAT_GRAY : channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_RGBA;
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
    uint8_t *png;
    DC_TRY(dc_alloc(size, 1, (void **)&png));
    if (!png_image_write_to_memory(&image, png, &size, 0, pixels, 0, NULL)) {
        free(png);
        return dc_fail(DCGAN_E_MEMORY, "The picture cannot be encoded: %s.", image.message);
    }
    *ret_png = png;
    *ret_size = size;
    return DCGAN_OK;
}

dc_status dc_explorer_generate(dc_explorer *explorer, const dc_runs *runs, const dc_listed *run, const dc_walk *walk,
                               uint8_t **ret_png, size_t *ret_size)
{
    DC_TRY(ensure_generator(explorer, runs, run, walk->checkpoint));
    dcgan_generator_shape shape = dcgan_generator_get_shape(explorer->generator);
    size_t count = (size_t)walk->count, latent = (size_t)shape.latent;
    size_t row = (size_t)shape.width * (size_t)shape.channels, picture = row * (size_t)shape.height;
    size_t latents = (2 + (size_t)walk->direction_count + count) * latent * sizeof(float);
    float *scratch;
    DC_TRY(dc_alloc(latents + 2 * count * picture, 1, (void **)&scratch));
    float *z = scratch + (2 + (size_t)walk->direction_count) * latent;
    uint8_t *pixels = (uint8_t *)(z + count * latent), *strip = pixels + count * picture;
    walk_latents(walk, shape.latent, scratch, z);
    dc_status status = dcgan_generator_run(explorer->generator, z, walk->count, pixels);
    if (status == DCGAN_OK) {
        lay_in_row(pixels, walk->count, shape.height, row, strip);
        status = encode_png(strip, shape.width * walk->count, shape.height, shape.channels, ret_png, ret_size);
    }
    free(scratch);
    return status;
}
