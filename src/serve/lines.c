/* lines.c - see lines.h. */
#include "serve/lines.h"

#include "base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct line_reading {
    dc_line_fn fn;
    void *context;
    uint64_t end;  /* behind the last complete line */
    bool overlong; /* inside a line beyond the limit */
    bool stopped;  /* by fn */
} line_reading;

/* Hands out the complete lines of a block that begins at `offset`; returns how many bytes they take. */
static size_t take_lines(line_reading *reading, const char *block, size_t size, uint64_t offset)
{
    size_t used = 0;
    const char *newline;
    while (!reading->stopped && (newline = memchr(block + used, '\n', size - used))) {
        size_t length = (size_t)(newline - block) - used;
        if (!reading->overlong)
            reading->stopped = !reading->fn(reading->context, block + used, length, offset + used);
        reading->overlong = false;
        used += length + 1;
        reading->end = offset + used;
    }
    return used;
}

dc_status dc_lines_read(int fd, const char *name, uint64_t offset, dc_line_fn fn, void *context, uint64_t *ret_end)
{
    char *block;
    DC_TRY(dc_alloc(1, DC_LINE_LIMIT, (void **)&block));
    line_reading reading = {.fn = fn, .context = context, .end = offset};
    size_t held = 0; /* bytes of the block; they begin at `offset` */
    dc_status status = DCGAN_OK;
    while (!reading.stopped) {
        ssize_t got = pread(fd, block + held, DC_LINE_LIMIT - held, (off_t)(offset + held));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            status = dc_fail_errno("%s cannot be read", name);
        if (got <= 0)
            break;
        held += (size_t)got;
        size_t used = take_lines(&reading, block, held, offset);
        if (used == 0 && held == DC_LINE_LIMIT) {
            reading.overlong = true;
            used = held;
        }
        held -= used;
        offset += used;
        memmove(block, block + used, held);
    }
    free(block);
    if (status == DCGAN_OK)
        *ret_end = reading.end;
    return status;
}

bool dc_tail_is_stale(const dc_tail *tail, int fd)
{
    struct stat info;
    char before[sizeof tail->guard];
    if (tail->offset == 0)
        return false;
    return fstat(fd, &info) != 0 || info.st_ino != tail->inode || (uint64_t)info.st_size < tail->offset ||
           pread(fd, before, tail->guard_length, (off_t)(tail->offset - tail->guard_length)) !=
               (ssize_t)tail->guard_length ||
           memcmp(before, tail->guard, tail->guard_length) != 0;
}

dc_status dc_tail_read(dc_tail *tail, int fd, const char *name, dc_line_fn fn, void *context)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return dc_fail_errno("%s cannot be examined", name);
    uint64_t end;
    DC_TRY(dc_lines_read(fd, name, tail->offset, fn, context, &end));
    tail->inode = info.st_ino;
    tail->offset = end;
    tail->guard_length = end < sizeof tail->guard ? end : sizeof tail->guard;
    ssize_t got = pread(fd, tail->guard, tail->guard_length, (off_t)(end - tail->guard_length));
    if (got != (ssize_t)tail->guard_length)
        memset(tail->guard, 0, sizeof tail->guard); /* cut just now: it will be found stale */
    return DCGAN_OK;
}
