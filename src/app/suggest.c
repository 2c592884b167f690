/* suggest.c - see suggest.h. */
#include "app/suggest.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define LONGEST 32

static int smallest(int a, int b, int c)
{
    int ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Letters to insert, drop, replace or swap with their neighbour (optimal string alignment). */
static int edit_distance(const char *a, const char *b)
{
    size_t a_length = strlen(a), b_length = strlen(b);
    int cost[LONGEST + 1][LONGEST + 1];
    if (a_length > LONGEST || b_length > LONGEST)
        return LONGEST;
    for (size_t i = 0; i <= a_length; i++) {
        for (size_t j = 0; j <= b_length; j++) {
            if (i == 0 || j == 0) {
                cost[i][j] = (int)(i + j);
                continue;
            }
            cost[i][j] = smallest(cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && cost[i - 2][j - 2] + 1 < cost[i][j])
                cost[i][j] = cost[i - 2][j - 2] + 1;
        }
    }
    return cost[a_length][b_length];
}

dc_nearest dc_nearest_to(const char *wanted)
{
    size_t length = strlen(wanted);
    /* Half of a short word may be wrong, three letters of a long one. */
    return (dc_nearest){.wanted = wanted, .distance = 1 + (length < 6 ? (int)length / 2 : 3)};
}

void dc_nearest_consider(dc_nearest *nearest, const char *candidate)
{
    int distance = edit_distance(nearest->wanted, candidate);
    if (distance < nearest->distance) {
        nearest->distance = distance;
        nearest->name = candidate;
    }
}
