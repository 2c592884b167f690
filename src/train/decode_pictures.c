/* decode_pictures.c - see decode_pictures.h. One batch of pictures is in memory at a time; nothing else grows with
 * their number. */
#include "train/decode_pictures.h"

#include "base/memory.h"
#include "train/demo_faces.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BATCH_PER_THREAD 32
#define BATCH_BYTES      ((size_t)64 << 20) /* of fitted pixels, at most; but always a picture per thread */
#define KEPT_BYTES       ((size_t)8 << 20)  /* see keep_freed_memory */
#define HEAD_BYTES       64                 /* enough to tell the format */
#define LARGEST_FILE     ((size_t)2 << 30)  /* holds DC_IMAGE_MAX_PIXELS of 16-bit RGBA, not compressed */

/* What became of one picture. */
typedef struct outcome {
    dc_status status;
    char *reason; /* NULL if it went well, or if there was no memory for the reason */
} outcome;

typedef struct batch {
    const dc_scan *scan;
    const dc_image_fit *fit;
    dc_image faces;    /* the sheet of embedded faces; no pixels if they are not used */
    size_t total;      /* pictures of all batches */
    size_t first;      /* number of this batch's first picture */
    size_t capacity;   /* pictures */
    uint8_t *pixels;   /* (capacity, height, width, channels) */
    outcome *outcomes; /* (capacity) */
} batch;

/* ---- One picture, on any thread ---------------------------------------------------------------------- */

/* Read, not mapped: a mapped file that another program cuts short kills the process. */
static dc_status read_bytes(int fd, uint8_t *bytes, size_t size, size_t *ret_read)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n = pread(fd, bytes + done, size - done, (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return dc_fail_errno("It cannot be read");
        if (n == 0)
            break;
        done += (size_t)n;
    }
    *ret_read = done;
    return DCGAN_OK;
}

static dc_status load_descriptor(int fd, const dc_image_fit *fit, uint8_t *ret_pixels)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return dc_fail_errno("It cannot be examined");
    if (!S_ISREG(info.st_mode))
        return dc_fail(DCGAN_E_INPUT, "It is not a regular file any more.");
    uint8_t head[HEAD_BYTES];
    size_t size = 0;
    DC_TRY(read_bytes(fd, head, sizeof head, &size));
    if (!dc_image_format(head, size))
        return dc_image_load(head, size, fit, ret_pixels); /* says what it is not; the rest may be a film */
    size = (size_t)info.st_size;
    if (size > LARGEST_FILE)
        return dc_fail(DCGAN_E_INPUT, "The file is too large: %.1f GB.", (double)size / 1e9);
    uint8_t *bytes;
    DC_TRY(dc_alloc(size, 1, (void **)&bytes));
    dc_status status = read_bytes(fd, bytes, size, &size);
    if (status == DCGAN_OK)
        status = dc_image_load(bytes, size, fit, ret_pixels);
    free(bytes);
    return status;
}

static dc_status load_file(const char *path, const dc_image_fit *fit, uint8_t *ret_pixels)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && (errno == EACCES || errno == EPERM))
        return dc_fail(DCGAN_E_INPUT, "It cannot be read: permission denied.");
    if (fd < 0)
        return dc_fail_errno("It cannot be read");
    dc_status status = load_descriptor(fd, fit, ret_pixels);
    close(fd);
    return status;
}

static void load_one(void *context, int task, int worker)
{
    (void)worker;
    batch *b = context;
    size_t index = b->first + (size_t)task, files = b->scan->file_count;
    uint8_t *pixels = b->pixels + (size_t)task * dc_fit_bytes(b->fit);
    dc_status status = index < files ? load_file(b->scan->files[index].path, b->fit, pixels)
                                     : dc_demo_faces_cut(&b->faces, (int)(index - files), b->fit, pixels);
    b->outcomes[task] =
        (outcome){.status = status, .reason = status == DCGAN_OK ? NULL : strdup(dcgan_error_message())};
}

/* ---- All of them ------------------------------------------------------------------------------------- */

static dc_status note_skipped(const batch *b, size_t task, dc_skip_text *skipped)
{
    size_t index = b->first + task;
    const char *path = index < b->scan->file_count ? b->scan->files[index].path : DCGAN_DEMO_FACES;
    const char *reason = b->outcomes[task].reason;
    return dc_skip_text_add(skipped, path, reason ? reason : "Not enough memory.");
}

/* Closes the gaps that skipped pictures leave. */
static dc_status hand_over(batch *b, size_t count, dc_cache_writer *writer, dc_skip_text *skipped, bool *ret_lasting)
{
    size_t bytes = dc_fit_bytes(b->fit);
    uint32_t kept = 0;
    dc_status status = DCGAN_OK;
    for (size_t i = 0; i < count; i++) {
        outcome *result = &b->outcomes[i];
        if (result->status == DCGAN_OK) {
            memmove(b->pixels + kept++ * bytes, b->pixels + i * bytes, bytes);
            continue;
        }
        if (result->status != DCGAN_E_INPUT)
            *ret_lasting = false;
        if (status == DCGAN_OK)
            status = note_skipped(b, i, skipped);
        free(result->reason);
    }
    return status == DCGAN_OK ? dc_cache_add(writer, b->pixels, kept) : status;
}

static dc_status decode_batches(batch *b, const dc_dataset_source *source, dc_pool *pool, dc_cache_writer *writer,
                                dc_skip_text *skipped, bool *ret_lasting)
{
    while (b->first < b->total) {
        size_t left = b->total - b->first, count = left < b->capacity ? left : b->capacity;
        dc_pool_run(pool, load_one, b, (int)count);
        DC_TRY(hand_over(b, count, writer, skipped, ret_lasting));
        b->first += count;
        if (source->on_progress)
            source->on_progress(source->context, b->first, b->total);
    }
    return DCGAN_OK;
}

static dc_status batch_allocate(batch *b, dc_pool *pool)
{
    size_t threads = (size_t)dc_pool_threads(pool), fitting = BATCH_BYTES / dc_fit_bytes(b->fit);
    b->capacity = threads * BATCH_PER_THREAD;
    if (b->capacity > fitting)
        b->capacity = fitting > threads ? fitting : threads;
    DC_TRY(dc_alloc(b->capacity, dc_fit_bytes(b->fit), (void **)&b->pixels));
    DC_TRY(dc_alloc(b->capacity, sizeof *b->outcomes, (void **)&b->outcomes));
    return b->scan->demo_faces ? dc_demo_faces_decode(&b->faces) : DCGAN_OK;
}

/* Once glibc has seen a block of this size freed, it keeps smaller ones for the next allocation. Until then each
 * picture's memory goes back to the system, and comes again as pages that must be cleared. */
static dc_status keep_freed_memory(void)
{
    void *block;
    DC_TRY(dc_alloc(KEPT_BYTES, 1, &block));
    free(block);
    return DCGAN_OK;
}

dc_status dc_decode_pictures(const dc_scan *scan, const dc_dataset_source *source, dc_pool *pool,
                             dc_cache_writer *writer, dc_skip_text *skipped, bool *ret_lasting)
{
    batch b = {
        .scan = scan, .fit = &source->fit, .total = scan->file_count + (scan->demo_faces ? DC_DEMO_FACES_COUNT : 0)};
    bool lasting = true;
    dc_status status = keep_freed_memory();
    if (status == DCGAN_OK)
        status = batch_allocate(&b, pool);
    if (status == DCGAN_OK)
        status = decode_batches(&b, source, pool, writer, skipped, &lasting);
    free(b.faces.pixels);
    free(b.outcomes);
    free(b.pixels);
    if (status == DCGAN_OK)
        *ret_lasting = lasting;
    return status;
}
