/* scratch.c - see scratch.h. */
#include "scratch.h"

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

static char directory[PATH_MAX];

int scratch_create(void **state)
{
    (void)state;
    const char *parent = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%s/dcgan-test-XXXXXX", parent ? parent : "/tmp");
    return mkdtemp(directory) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info, (void)type, (void)walk;
    return remove(path);
}

int scratch_remove(void **state)
{
    (void)state;
    return nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *scratch_path(const char *name)
{
    static char paths[16][PATH_MAX];
    static int next;
    char *path = paths[next++ % 16];
    int length = snprintf(path, sizeof paths[0], "%s/%s", directory, name);
    return length < (int)sizeof paths[0] ? path : NULL;
}
