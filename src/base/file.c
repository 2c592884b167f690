/* file.c - see file.h. */
#include "base/file.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

dc_status dc_file_map(const char *path, dc_mapping *ret_mapping)
{
    /* O_NONBLOCK: opening a FIFO must not wait for its writer. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return dc_fail_errno("%s cannot be opened", path);
    struct stat info;
    dc_status status = DCGAN_OK;
    if (fstat(fd, &info) != 0) {
        status = dc_fail_errno("%s cannot be examined", path);
    } else if (!S_ISREG(info.st_mode)) {
        status = dc_fail(DCGAN_E_INPUT, "%s is not a regular file.", path);
    } else if (info.st_size == 0) {
        *ret_mapping = (dc_mapping){.data = (const uint8_t *)"", .size = 0};
    } else {
        void *data = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (data == MAP_FAILED)
            status = dc_fail_errno("%s cannot be mapped", path);
        else
            *ret_mapping = (dc_mapping){.data = data, .size = (size_t)info.st_size};
    }
    close(fd);
    return status;
}

void dc_file_unmap(dc_mapping *mapping)
{
    if (mapping->size)
        munmap((void *)mapping->data, mapping->size);
    *mapping = (dc_mapping){0};
}

bool dc_path_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

bool dc_path_is_directory(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

dc_status dc_path_list(char **ret_path, const char *format, va_list arguments)
{
    char *path;
    if (vasprintf(&path, format, arguments) < 0)
        return dc_fail(DCGAN_E_MEMORY, "Not enough memory for a path.");
    *ret_path = path;
    return DCGAN_OK;
}

dc_status dc_path(char **ret_path, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    dc_status status = dc_path_list(ret_path, format, arguments);
    va_end(arguments);
    return status;
}

static dc_status make_one_directory(const char *path)
{
    if (mkdir(path, 0777) == 0)
        return DCGAN_OK;
    int error = errno;
    if (dc_path_is_directory(path))
        return DCGAN_OK;
    errno = error;
    return dc_fail_errno("The directory %s cannot be created", path);
}

dc_status dc_make_directory(const char *path)
{
    char *copy;
    if (*path == '\0')
        return dc_fail(DCGAN_E_USAGE, "A directory needs a name.");
    DC_TRY(dc_strdup(path, &copy));
    dc_status status = DCGAN_OK;
    for (char *slash = copy + 1; status == DCGAN_OK; slash++) {
        char separator = *slash;
        if (separator != '/' && separator != '\0')
            continue;
        *slash = '\0';
        status = make_one_directory(copy);
        if (separator == '\0')
            break;
        *slash = separator;
    }
    free(copy);
    return status;
}

struct dc_writer {
    int fd;
    char *path;
    char *temporary;
    dc_status status; /* of the first addition that failed: such a file is never put in place */
};

static atomic_uint serial; /* two threads may write the same path: each has a temporary file of its own */

static void writer_free(dc_writer *writer)
{
    if (writer->fd >= 0)
        close(writer->fd);
    free(writer->temporary);
    free(writer->path);
    free(writer);
}

dc_status dc_writer_open(const char *path, dc_writer **ret_writer)
{
    dc_writer *writer;
    DC_TRY(dc_alloc(1, sizeof *writer, (void **)&writer));
    writer->fd = -1;
    dc_status status = dc_strdup(path, &writer->path);
    if (status == DCGAN_OK)
        status = dc_path(&writer->temporary, "%s.%ld-%u.tmp", path, (long)getpid(), atomic_fetch_add(&serial, 1));
    if (status == DCGAN_OK) {
        writer->fd = open(writer->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        if (writer->fd < 0)
            status = dc_fail_errno("%s cannot be created", path);
    }
    if (status != DCGAN_OK) {
        writer_free(writer);
        return status;
    }
    *ret_writer = writer;
    return DCGAN_OK;
}

dc_status dc_writer_add(dc_writer *writer, const void *data, size_t size)
{
    const char *next = data;
    while (size > 0) {
        ssize_t written = write(writer->fd, next, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return writer->status = dc_fail_errno("%s cannot be written", writer->path);
        next += written;
        size -= (size_t)written;
    }
    return DCGAN_OK;
}

static dc_status sync_folder_of(const char *path)
{
    char *copy;
    DC_TRY(dc_strdup(path, &copy));
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(copy);
    if (fd < 0)
        return dc_fail_errno("The folder of %s cannot be opened", path);
    /* Some file systems cannot sync a folder. */
    bool failed = fsync(fd) != 0 && errno != EINVAL && errno != ENOTSUP;
    dc_status status = failed ? dc_fail_errno("The folder of %s cannot be synced", path) : DCGAN_OK;
    close(fd);
    return status;
}

static dc_status put_in_place(dc_writer *writer, bool sync)
{
    dc_status status = writer->status;
    if (status == DCGAN_OK && sync && fsync(writer->fd) != 0)
        status = dc_fail_errno("%s cannot be written to disk", writer->path);
    if (close(writer->fd) != 0 && status == DCGAN_OK)
        status = dc_fail_errno("%s cannot be closed", writer->path);
    writer->fd = -1;
    if (status == DCGAN_OK && rename(writer->temporary, writer->path) != 0)
        status = dc_fail_errno("%s cannot be put in place", writer->path);
    if (status != DCGAN_OK)
        unlink(writer->temporary);
    else if (sync)
        status = sync_folder_of(writer->path);
    writer_free(writer);
    return status;
}

dc_status dc_writer_commit(dc_writer *writer)
{
    return put_in_place(writer, true);
}

dc_status dc_writer_commit_unsynced(dc_writer *writer)
{
    return put_in_place(writer, false);
}

void dc_writer_abandon(dc_writer *writer)
{
    if (!writer)
        return;
    unlink(writer->temporary);
    writer_free(writer);
}

dc_status dc_file_write(const char *path, const void *data, size_t size)
{
    dc_writer *writer;
    DC_TRY(dc_writer_open(path, &writer));
    dc_status status = dc_writer_add(writer, data, size);
    if (status != DCGAN_OK) {
        dc_writer_abandon(writer);
        return status;
    }
    return dc_writer_commit(writer);
}
