/* diversity.c - see diversity.h. The mean squared distance of all pairs is twice the variance. */
#include "train/diversity.h"

#include <math.h>

enum { CELLS = 16, MOST_CHANNELS = 4, VALUES = CELLS * CELLS * MOST_CHANNELS };

static void add_to_cells(const dc_pictures *pictures, const uint8_t *pixels, double cells[VALUES])
{
    for (int y = 0; y < pictures->height; y++)
        for (int x = 0; x < pictures->width; x++) {
            int cell = y * CELLS / pictures->height * CELLS + x * CELLS / pictures->width;
            for (int c = 0; c < pictures->channels; c++)
                cells[cell * MOST_CHANNELS + c] += *pixels++;
        }
}

double dc_diversity(const dc_pictures *pictures)
{
    double sums[VALUES] = {0}, squares[VALUES] = {0}, n = pictures->count, variance = 0;
    for (int i = 0; i < pictures->count; i++) {
        double cells[VALUES] = {0};
        add_to_cells(pictures, pictures->pixels + (size_t)i * pictures->stride, cells);
        for (int k = 0; k < VALUES; k++) {
            sums[k] += cells[k];
            squares[k] += cells[k] * cells[k];
        }
    }
    for (int k = 0; k < VALUES; k++)
        variance += squares[k] - sums[k] * sums[k] / n;
    return n < 2 ? 0 : sqrt(2 * fmax(variance, 0) / (n - 1));
}
