/* bench_cpu.c - how fast the CPU device is: a whole training step as the trainer makes it, and generation.
 *
 *     bench_cpu [threads [batch [seconds [side [features]]]]]
 *
 * Prints the median and the fastest step; pictures per second are those of the median. Not installed. */
#include "train/gan.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#define MOST_STEPS 10000

static void require(dc_status status)
{
    if (status == DCGAN_OK)
        return;
    fprintf(stderr, "%s\n", dcgan_error_message());
    exit(1);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct training {
    dc_gan *gan;
    uint64_t step;
} training;

static void train(void *context)
{
    training *t = context;
    dc_gan_train(t->gan, t->gan->options.batch, t->step++);
}

static int compare_times(const void *a, const void *b)
{
    double difference = *(const double *)a - *(const double *)b;
    return (difference > 0) - (difference < 0);
}

/* Runs `work` for so long; prints what it took. */
static void measure(const char *what, void (*work)(void *), void *context, dc_device *device, int pictures,
                    double seconds)
{
    static double times[MOST_STEPS];
    int count = 0;
    work(context);
    for (double end = now() + seconds; count < MOST_STEPS && (now() < end || count < 3);) {
        double start = now();
        work(context);
        times[count++] = now() - start;
    }
    qsort(times, (size_t)count, sizeof times[0], compare_times);
    printf("%s, %s, batch %d: median %.2f ms, fastest %.2f ms: %.1f pictures/s\n", dc_device_label(device), what,
           pictures, times[count / 2] * 1e3, times[0] * 1e3, pictures / times[count / 2]);
}

typedef struct generation {
    dc_plan *plan;
    dc_view z, y;
} generation;

static void generate(void *context)
{
    const generation *g = context;
    dc_forward(g->plan, g->z, g->y, DC_MODE_EVAL, 1);
}

static void measure_generation(dc_device *device, const dc_net_shape *shape, int batch, double seconds)
{
    dc_net net;
    dc_net_generator(shape, &net);
    generation g = {.z = {.n = batch}, .y = {.n = batch}};
    require(dc_plan_create(device, &net, batch, DC_USAGE_GENERATE, &g.plan));
    require(dc_tensor_create(device, batch, 1, 1, shape->latent, &g.z.tensor));
    require(dc_tensor_create(device, batch, shape->height, shape->width, shape->channels, &g.y.tensor));
    require(dc_plan_init(g.plan, device->options.seed));
    measure("generation", generate, &g, device, batch, seconds);
    dc_plan_free(g.plan);
    dc_tensor_free(g.z.tensor);
    dc_tensor_free(g.y.tensor);
}

int main(int argc, char **argv)
{
    int threads = argc > 1 ? atoi(argv[1]) : 0, batch = argc > 2 ? atoi(argv[2]) : 128;
    double seconds = argc > 3 ? atof(argv[3]) : 10;
    int side = argc > 4 ? atoi(argv[4]) : 64, features = argc > 5 ? atoi(argv[5]) : 64;
    dc_net_shape shape = {side, side, 3, 100, features};
    dc_device *device;
    require(dc_net_shape_check(&shape));
    require(dc_device_open("cpu", &(dc_device_options){.threads = threads, .seed = 1}, &device));
    dc_gan_options options = {.shape = shape, .batch = batch, .d_steps = 1, .adam = {2e-4, 0.5, 0.999, 1e-8}};
    training t = {0};
    require(dc_gan_create(device, &options, &t.gan));
    measure("training", train, &t, device, batch, seconds);
    dc_gan_free(t.gan);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("most memory so far: %ld MB\n", usage.ru_maxrss / 1024);
    measure_generation(device, &shape, 64, seconds / 10);
    measure_generation(device, &shape, 1, seconds / 10);
    dc_device_close(device);
    return 0;
}
