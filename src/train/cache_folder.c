/* cache_folder.c - see cache_folder.h. */
#include "train/cache_folder.h"

#include "base/file.h"
#include "base/memory.h"

#include <dirent.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DAY                ((time_t)24 * 60 * 60)
#define CACHE_LIFETIME     (60 * DAY)
#define TEMPORARY_LIFETIME DAY

/* An environment variable that holds an absolute path, or NULL: the XDG rules say to ignore others. */
static const char *folder_variable(const char *name)
{
    const char *value = getenv(name);
    return value && value[0] == '/' ? value : NULL;
}

static dc_status cache_home(char **ret_path)
{
    const char *cache = folder_variable("XDG_CACHE_HOME"), *home = folder_variable("HOME");
    if (cache)
        return dc_path(ret_path, "%s", cache);
    if (home)
        return dc_path(ret_path, "%s/.cache", home);
    return dc_fail(DCGAN_E_IO, "Neither XDG_CACHE_HOME nor HOME names a folder.");
}

/* Pictures may be private, so the folder is too; in a shared place it must be nobody else's. */
static dc_status make_private_folder(const char *path, bool shared_place)
{
    struct stat info;
    mkdir(path, 0700);
    if (lstat(path, &info) != 0 || access(path, W_OK | X_OK) != 0)
        return dc_fail_errno("%s cannot be used for cache files", path);
    if (shared_place && (!S_ISDIR(info.st_mode) || info.st_uid != geteuid() || (info.st_mode & 022) != 0))
        return dc_fail(DCGAN_E_IO, "%s belongs to somebody else.", path);
    return DCGAN_OK;
}

static dc_status folder_at_home(char **ret_folder)
{
    char *home = NULL, *folder = NULL;
    DC_TRY(cache_home(&home));
    dc_status status = dc_make_directory(home);
    if (status == DCGAN_OK)
        status = dc_path(&folder, "%s/dcgan", home);
    free(home);
    DC_TRY(status);
    status = make_private_folder(folder, false);
    if (status != DCGAN_OK)
        free(folder);
    else
        *ret_folder = folder;
    return status;
}

static dc_status folder_for_temporary_files(char **ret_folder)
{
    const char *place = folder_variable("TMPDIR");
    char *folder = NULL;
    DC_TRY(dc_path(&folder, "%s/dcgan-%ld", place ? place : "/tmp", (long)geteuid()));
    dc_status status = make_private_folder(folder, true);
    if (status != DCGAN_OK)
        free(folder);
    else
        *ret_folder = folder;
    return status;
}

dc_status dc_cache_folder(char **ret_folder)
{
    if (folder_at_home(ret_folder) == DCGAN_OK)
        return DCGAN_OK;
    return folder_for_temporary_files(ret_folder);
}

static bool ends_with(const char *text, const char *ending)
{
    size_t length = strlen(text), ending_length = strlen(ending);
    return length >= ending_length && strcmp(text + length - ending_length, ending) == 0;
}

static void remove_if_old(int folder, const char *name)
{
    bool temporary = ends_with(name, ".tmp") && strstr(name, DC_CACHE_ENDING ".");
    struct stat info;
    if ((!temporary && !ends_with(name, DC_CACHE_ENDING)) || fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return;
    if (time(NULL) - info.st_mtime > (temporary ? TEMPORARY_LIFETIME : CACHE_LIFETIME))
        unlinkat(folder, name, 0);
}

void dc_cache_folder_tidy(const char *path)
{
    char *copy;
    if (dc_strdup(path, &copy) != DCGAN_OK)
        return;
    DIR *folder = opendir(dirname(copy));
    free(copy);
    if (!folder)
        return;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        remove_if_old(dirfd(folder), entry->d_name);
    closedir(folder);
}
