/* dataset_rig.c - see dataset_rig.h. */
#include "dataset_rig.h"

#include "picture_files.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

const dc_image_fit rgb8 = {.width = 8, .height = 8, .channels = 3, .full_decode = true};

void make_folder(const char *name)
{
    assert_int_equal(mkdir(scratch_path(name), 0755), 0);
}

void make_numbered(const char *folder, int count)
{
    make_folder(folder);
    for (int i = 1; i <= count; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s/%d.png", folder, i);
        write_png(scratch_path(name), 10, 10, (uint8_t)i);
    }
}

dc_status try_open(const char *folder, const dc_image_fit *fit, int threads, dc_dataset **ret_dataset)
{
    const char *path = scratch_path(folder);
    const dc_dataset_source source = {.paths = &path, .path_count = 1, .fit = *fit};
    dc_pool *pool;
    dc_status status = dc_pool_create(threads, &pool);
    if (status != DCGAN_OK)
        return status;
    status = dc_dataset_open(&source, pool, ret_dataset);
    dc_pool_free(pool);
    return status;
}

dc_dataset *open_folder(const char *folder)
{
    dc_dataset *dataset;
    assert_int_equal(try_open(folder, &rgb8, 2, &dataset), 0);
    return dataset;
}

uint8_t first_value(const dc_dataset *dataset, uint32_t picture)
{
    return dataset->pixels[(size_t)picture * (size_t)(dataset->height * dataset->width * dataset->channels)];
}

void run_as_ordinary_user(bool (*check)(void))
{
    const uid_t nobody = 65534;
    bool superuser = geteuid() == 0;
    pid_t process = fork();
    assert_true(process >= 0);
    if (process == 0) {
        if (superuser && (setgid(nobody) != 0 || setuid(nobody) != 0 || access(scratch_path("."), X_OK) != 0))
            _exit(2);
        _exit(check() ? 0 : 1);
    }
    int result;
    assert_int_equal(waitpid(process, &result, 0), process);
    assert_true(WIFEXITED(result));
    if (WEXITSTATUS(result) == 2) {
        print_message("SKIPPED: cannot become an ordinary user here, and permissions do not bind this one.\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(result), 0);
}

int dataset_rig_create(void **state)
{
    if (scratch_create(state) != 0 || chmod(scratch_path("."), 0755) != 0)
        return -1;
    return setenv("XDG_CACHE_HOME", scratch_path("cache"), 1);
}
