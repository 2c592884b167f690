/* bench_cpu.c - how fast the CPU device is: a whole training step as the trainer makes it, and generation.
 *
 *     bench_cpu [threads [batch [seconds [side [features]]]]]
 *
 * Prints the median and the fastest step; pictures per second are those of the median. Not installed. */
#include "device/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#define MOST_STEPS 10000

typedef struct gan {
    int batch;
    dc_plan *generator, *discriminator;
    dc_tensor *pictures, *gradient, *logits, *dlogits, *z;
} gan;

static const dc_adam adam = {2e-4, 0.5, 0.999, 1e-8};

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

static void put_initial(dc_plan *plan)
{
    const dc_net *net = dc_plan_net(plan);
    for (int i = 0; i < net->param_count; i++) {
        if (!dc_param_is_trained(&net->params[i]))
            continue;
        float *values = malloc(net->params[i].count * sizeof(float));
        dc_net_init(net, i, 1, values);
        dc_plan_put(plan, DC_ROLE_VALUE, i, values);
        free(values);
    }
}

static gan gan_create(dc_device *device, const dc_net_shape *shape, int batch)
{
    gan g = {.batch = batch};
    dc_net generator, discriminator;
    dc_net_generator(shape, &generator);
    dc_net_discriminator(shape, &discriminator);
    require(dc_plan_create(device, &generator, batch, DC_USAGE_TRAIN, &g.generator));
    require(dc_plan_create(device, &discriminator, 2 * batch, DC_USAGE_TRAIN, &g.discriminator));
    require(dc_tensor_create(device, 2 * batch, shape->height, shape->width, shape->channels, &g.pictures));
    require(dc_tensor_create(device, batch, shape->height, shape->width, shape->channels, &g.gradient));
    require(dc_tensor_create(device, 2 * batch, 1, 1, 1, &g.logits));
    require(dc_tensor_create(device, 2 * batch, 1, 1, 1, &g.dlogits));
    require(dc_tensor_create(device, batch, 1, 1, shape->latent, &g.z));
    put_initial(g.generator);
    put_initial(g.discriminator);
    return g;
}

static void gan_free(gan *g)
{
    dc_plan_free(g->generator);
    dc_plan_free(g->discriminator);
    dc_tensor_free(g->pictures);
    dc_tensor_free(g->gradient);
    dc_tensor_free(g->logits);
    dc_tensor_free(g->dlogits);
    dc_tensor_free(g->z);
}

/* Real pictures are items 0..batch-1, fakes the rest. */
static void step(void *context)
{
    const gan *g = context;
    int n = g->batch;
    dc_view z = {g->z, 0, n}, fake = {g->pictures, n, n}, both = {g->pictures, 0, 2 * n};
    dc_view logits = {g->logits, 0, 2 * n}, dlogits = {g->dlogits, 0, 2 * n};
    dc_noise(z, DC_PURPOSE_LATENT);
    dc_forward(g->generator, z, fake, DC_MODE_TRAIN, 1);
    dc_forward(g->discriminator, both, logits, DC_MODE_TRAIN, 2);
    dc_loss((dc_view){g->logits, 0, n}, 1, (dc_view){g->dlogits, 0, n}, DC_SLOT_D_REAL);
    dc_loss((dc_view){g->logits, n, n}, 0, (dc_view){g->dlogits, n, n}, DC_SLOT_D_FAKE);
    dc_backward(g->discriminator, dlogits, DC_NO_VIEW, DC_GRAD_PARAMS);
    dc_update(g->discriminator, &adam);
    logits.n = dlogits.n = n;
    dc_forward(g->discriminator, fake, logits, DC_MODE_TRAIN, 1);
    dc_loss(logits, 1, dlogits, DC_SLOT_G);
    dc_backward(g->discriminator, dlogits, (dc_view){g->gradient, 0, n}, DC_GRAD_INPUT);
    dc_backward(g->generator, (dc_view){g->gradient, 0, n}, DC_NO_VIEW, DC_GRAD_PARAMS);
    dc_update(g->generator, &adam);
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
    dc_record *record;
    require(dc_record_create(device, work, context, &record));
    dc_record_replay(record, 0);
    for (double end = now() + seconds; count < MOST_STEPS && (now() < end || count < 3);) {
        double start = now();
        dc_record_replay(record, (uint64_t)count + 1);
        times[count++] = now() - start;
    }
    dc_record_free(record);
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
    put_initial(g.plan);
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
    gan g = gan_create(device, &shape, batch);
    measure("training", step, &g, device, batch, seconds);
    gan_free(&g);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("most memory so far: %ld MB\n", usage.ru_maxrss / 1024);
    measure_generation(device, &shape, 64, seconds / 10);
    measure_generation(device, &shape, 1, seconds / 10);
    dc_device_close(device);
    return 0;
}
