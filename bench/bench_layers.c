/* bench_layers.c - the three faces of each inner layer of the faces nets, against the CPU's peak.
 *
 *     bench_layers [threads [batch [seconds]]]
 *
 * GFLOP/s count the multiplications and additions of the direct convolution, padding included, so that
 * Winograd's can exceed the peak, which is measured first. Not installed. */
#include "device/cpu/cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void require(dc_status status)
{
    if (status == DCGAN_OK)
        return;
    fprintf(stderr, "%s\n", dcgan_error_message());
    exit(1);
}

static float *zeros(size_t count)
{
    dc_arena arena = {.offset = count * sizeof(float)};
    require(dc_arena_allocate(&arena));
    return (float *)arena.base;
}

/* The register block on numbers in the first-level cache: what the instruction set can do at most. */
static void peak_task(void *context, int task, int worker)
{
    (void)task;
    const dc_cpu_device *device = context;
    static float memory[8][16384] __attribute__((aligned(DC_ALIGNMENT)));
    float *a = memory[worker % 8], *b = a + 4096, *c = b + 8192;
    size_t width = (size_t)device->kernels->columns;
    for (int i = 0; i < 2000; i++)
        device->kernels->outer(a, (size_t)device->kernels->rows, b, width, 256, c, width, i > 0, a, 0);
}

static double measure_peak(const dc_cpu_device *device)
{
    double best = 0, end = now() + 1;
    while (now() < end) {
        double start = now();
        dc_pool_run(device->pool, peak_task, (void *)device, device->threads);
        double flop = 2.0 * device->kernels->rows * device->kernels->columns * 256 * 2000 * device->threads;
        best = flop / (now() - start) > best ? flop / (now() - start) : best;
    }
    return best * 1e-9;
}

typedef enum face { DOWN, UP, WEIGHTS } face;
static const char *const face_names[] = {"down", "up", "weights"};

typedef struct layer {
    dc_cpu_pass pass;
    float *wide, *narrow, *weights;
} layer;

static void run_face(const layer *l, face which)
{
    dc_cpu_source wide = {.reading = DC_CPU_READ_PLAIN, .x = l->wide};
    dc_cpu_source narrow = {.reading = DC_CPU_READ_PLAIN, .x = l->narrow};
    if (which == DOWN)
        dc_cpu_down(&l->pass, &wide, l->weights, &(dc_cpu_sink){.x = l->narrow});
    else if (which == UP)
        dc_cpu_up(&l->pass, &narrow, l->weights, &(dc_cpu_sink){.x = l->wide});
    else
        dc_cpu_weights(&l->pass, &wide, &narrow, false, l->weights);
}

static void measure_layer(const dc_cpu_device *device, const dc_cpu_conv *conv, int batch, double seconds, double peak)
{
    size_t wide = (size_t)(conv->wide_h * conv->wide_w * conv->wide_c) * (size_t)batch;
    size_t narrow = (size_t)(conv->narrow_h * conv->narrow_w * conv->narrow_c) * (size_t)batch;
    dc_arena scratch = {.offset = dc_cpu_scratch_size(device, conv, NULL, batch, true)};
    require(dc_arena_allocate(&scratch));
    layer l = {.pass = {.device = device, .conv = conv, .items = batch, .groups = 1, .scratch = scratch},
               .wide = zeros(wide),
               .narrow = zeros(narrow),
               .weights = zeros((size_t)16 * (size_t)conv->wide_c * (size_t)conv->narrow_c)};
    double flop = 2.0 * 16 * conv->wide_c * (double)narrow;
    for (int which = DOWN; which <= WEIGHTS; which++) {
        double best = 1e9, end = now() + seconds;
        while (now() < end) {
            double start = now();
            run_face(&l, which);
            best = now() - start < best ? now() - start : best;
        }
        printf("%4d x %-4d %4d -> %-4d F(%dx%d) %-7s %7.2f ms %7.1f GFLOP/s %4.0f%% of the peak\n", conv->wide_h,
               conv->wide_w, conv->wide_c, conv->narrow_c, conv->tile, conv->tile, face_names[which], best * 1e3,
               flop / best * 1e-9, flop / best * 1e-7 / peak);
    }
    free(l.wide);
    free(l.narrow);
    free(l.weights);
    dc_arena_free(&scratch);
}

int main(int argc, char **argv)
{
    int threads = argc > 1 ? atoi(argv[1]) : 0, batch = argc > 2 ? atoi(argv[2]) : 128;
    double seconds = argc > 3 ? atof(argv[3]) : 0.5;
    dc_device *base;
    require(dc_device_open("cpu", &(dc_device_options){.threads = threads}, &base));
    const dc_cpu_device *device = (dc_cpu_device *)base;
    double peak = measure_peak(device);
    printf("%s: peak %.1f GFLOP/s\n", dc_device_label(base), peak);
    for (int side = 32, channels = 64; side >= 8; side /= 2, channels *= 2)
        for (int tile = 2; tile <= 4; tile += 2) {
            dc_cpu_conv conv = {DC_CPU_WINOGRAD, side, side, channels, side / 2, side / 2, 2 * channels, tile};
            measure_layer(device, &conv, batch, seconds, peak);
        }
    dc_device_close(base);
    return 0;
}
