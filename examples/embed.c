/* embed.c - a picture from a trained generator, in a program of yours.
 *
 *     cc embed.c -o embed -ldcgan
 *     ./embed demo/generator.safetensors face.png 7
 *
 * The third argument is the seed: another number, another picture. */
#include <dcgan.h>

#include <stdio.h>
#include <stdlib.h>

static dcgan_status make_picture(dcgan_generator *generator, const char *path, uint64_t seed)
{
    dcgan_generator_shape shape = dcgan_generator_get_shape(generator);
    float *z = malloc((size_t)shape.latent * sizeof *z);
    uint8_t *pixels = malloc((size_t)shape.height * (size_t)shape.width * (size_t)shape.channels);
    dcgan_status status = DCGAN_E_MEMORY;
    if (z && pixels) {
        dcgan_latent(seed, 0, 1, shape.latent, z); /* any numbers will do: z is where you steer */
        status = dcgan_generator_run(generator, z, 1, pixels);
    }
    if (status == DCGAN_OK)
        status = dcgan_save_png(path, pixels, 1, shape.height, shape.width, shape.channels, 1);
    free(pixels);
    free(z);
    return status;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: %s RUN|FILE.safetensors PICTURE.png SEED\n", argv[0]);
        return 2;
    }
    dcgan_generator *generator = NULL;
    dcgan_status status = dcgan_generator_open(argv[1], NULL, &generator);
    if (status == DCGAN_OK)
        status = make_picture(generator, argv[2], strtoull(argv[3], NULL, 10));
    if (status != DCGAN_OK)
        fprintf(stderr, "%s\n", dcgan_error_message());
    dcgan_generator_close(generator);
    return status == DCGAN_OK ? 0 : 1;
}
