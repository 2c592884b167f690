/* tensorboard.c - see tensorboard.h. Field numbers are those of event.proto and summary.proto. */
#include "format/tensorboard.h"

#include "base/file.h"
#include "base/memory.h"
#include "format/protobuf.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EVENT_WALL_TIME = 1, EVENT_STEP = 2, EVENT_FILE_VERSION = 3, EVENT_SUMMARY = 5, EVENT_SESSION_LOG = 7 };
enum { SESSION_LOG_STATUS = 1, SESSION_LOG_START = 1 };
enum { SUMMARY_VALUE = 1, VALUE_TAG = 1, VALUE_SIMPLE_VALUE = 2, VALUE_IMAGE = 4 };
enum { IMAGE_HEIGHT = 1, IMAGE_WIDTH = 2, IMAGE_COLORSPACE = 3, IMAGE_ENCODED = 4 };

struct dc_tensorboard {
    int fd;
    char *path;
};

/* ---- Records ----------------------------------------------------------------------------------------- */

/* Four bits at a time: the remainders of 0..15. */
uint32_t dc_crc32c(const void *bytes, size_t size)
{
    static const uint32_t remainders[16] = {0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
                                            0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
                                            0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};
    const uint8_t *next = bytes;
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < size; i++) {
        crc = crc >> 4 ^ remainders[(crc ^ next[i]) & 15];
        crc = crc >> 4 ^ remainders[(crc ^ next[i] >> 4) & 15];
    }
    return ~crc;
}

/* A checksum of bytes that hold checksums is weak: TFRecord turns and shifts what it stores. */
uint32_t dc_crc32c_masked(const void *bytes, size_t size)
{
    uint32_t crc = dc_crc32c(bytes, size);
    return (crc >> 15 | crc << 17) + 0xa282ead8;
}

static void put_little_endian(uint8_t *at, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* length (8 bytes), its checksum (4), the message, its checksum (4) */
static dc_status write_record(dc_tensorboard *board, const dc_message *event)
{
    enum { HEAD = 12, FOOT = 4 };
    uint8_t *record;
    size_t size = HEAD + event->size + FOOT;
    DC_TRY(dc_message_status(event));
    DC_TRY(dc_alloc(size, 1, (void **)&record));
    put_little_endian(record, event->size, 8);
    put_little_endian(record + 8, dc_crc32c_masked(record, 8), 4);
    memcpy(record + HEAD, event->data, event->size);
    put_little_endian(record + HEAD + event->size, dc_crc32c_masked(event->data, event->size), FOOT);
    off_t end = lseek(board->fd, 0, SEEK_END);
    ssize_t written = write(board->fd, record, size);
    int error = written < 0 ? errno : ENOSPC;
    free(record);
    if (written == (ssize_t)size)
        return DCGAN_OK;
    /* A torn record would hide all that come after it. */
    if (ftruncate(board->fd, end) != 0)
        error = errno;
    errno = error;
    return dc_fail_errno("%s cannot be written", board->path);
}

static dc_message begin_event(dc_moment moment)
{
    dc_message event = {0};
    dc_message_add_double(&event, EVENT_WALL_TIME, moment.clock);
    if (moment.step) /* a number that is 0 is left out, as everywhere in proto3 */
        dc_message_add_integer(&event, EVENT_STEP, moment.step);
    return event;
}

/* Adds the last field, consumes the field, and writes. */
static dc_status finish_event(dc_tensorboard *board, dc_message *event, int field, dc_message *value)
{
    dc_message_add_message(event, field, value);
    dc_status status = write_record(board, event);
    dc_message_free(value);
    dc_message_free(event);
    return status;
}

/* ---- Files ------------------------------------------------------------------------------------------- */

static dc_status write_version(dc_tensorboard *board, dc_moment moment)
{
    dc_message event = begin_event(moment);
    dc_message_add_text(&event, EVENT_FILE_VERSION, "brain.Event:2");
    dc_status status = write_record(board, &event);
    dc_message_free(&event);
    return status;
}

/* TensorBoard drops events of older files from the step of a session's start on. */
static dc_status write_start(dc_tensorboard *board, dc_moment moment)
{
    moment.step++;
    dc_message event = begin_event(moment), session = {0};
    dc_message_add_integer(&session, SESSION_LOG_STATUS, SESSION_LOG_START);
    return finish_event(board, &event, EVENT_SESSION_LOG, &session);
}

static dc_status open_file(const char *folder, dc_moment moment, dc_tensorboard *board)
{
    DC_TRY(dc_make_directory(folder));
    DC_TRY(dc_path(&board->path, "%s/events.out.tfevents.%010" PRIu64 ".%08" PRIu64, folder, (uint64_t)moment.clock,
                   moment.step));
    board->fd = open(board->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (board->fd < 0)
        return dc_fail_errno("%s cannot be created", board->path);
    DC_TRY(write_version(board, moment));
    return write_start(board, moment);
}

dc_status dc_tensorboard_open(const char *folder, dc_moment moment, dc_tensorboard **ret_board)
{
    dc_tensorboard *board;
    DC_TRY(dc_alloc(1, sizeof *board, (void **)&board));
    board->fd = -1;
    dc_status status = open_file(folder, moment, board);
    if (status != DCGAN_OK) {
        dc_tensorboard_close(board);
        return status;
    }
    *ret_board = board;
    return DCGAN_OK;
}

void dc_tensorboard_close(dc_tensorboard *board)
{
    if (!board)
        return;
    if (board->fd >= 0)
        close(board->fd);
    free(board->path);
    free(board);
}

/* ---- Events ------------------------------------------------------------------------------------------ */

dc_status dc_tensorboard_add_scalars(dc_tensorboard *board, dc_moment moment, const dc_scalar *scalars, size_t count)
{
    dc_message event = begin_event(moment), summary = {0};
    for (size_t i = 0; i < count; i++) {
        dc_message value = {0};
        dc_message_add_text(&value, VALUE_TAG, scalars[i].tag);
        dc_message_add_float(&value, VALUE_SIMPLE_VALUE, (float)scalars[i].value);
        dc_message_add_message(&summary, SUMMARY_VALUE, &value);
        dc_message_free(&value);
    }
    return finish_event(board, &event, EVENT_SUMMARY, &summary);
}

/* A big-endian number of the PNG's first chunk, which begins at byte 16 with width and height. */
static uint32_t read_extent(const uint8_t *png, size_t at)
{
    return (uint32_t)png[at] << 24 | (uint32_t)png[at + 1] << 16 | (uint32_t)png[at + 2] << 8 | png[at + 3];
}

static uint64_t channels_of(const uint8_t *png)
{
    enum { GREY = 0, RGB = 2 };
    return png[25] == GREY ? 1 : png[25] == RGB ? 3 : 4;
}

dc_status dc_tensorboard_add_picture(dc_tensorboard *board, dc_moment moment, const char *tag, const uint8_t *png,
                                     size_t size)
{
    enum { FIRST_CHUNK = 33 }; /* bytes up to its end */
    if (size < FIRST_CHUNK)
        return dc_fail(DCGAN_E_INPUT, "%s is not a PNG.", tag);
    dc_message event = begin_event(moment), summary = {0}, value = {0}, image = {0};
    dc_message_add_integer(&image, IMAGE_HEIGHT, read_extent(png, 20));
    dc_message_add_integer(&image, IMAGE_WIDTH, read_extent(png, 16));
    dc_message_add_integer(&image, IMAGE_COLORSPACE, channels_of(png));
    dc_message_add_bytes(&image, IMAGE_ENCODED, png, size);
    dc_message_add_text(&value, VALUE_TAG, tag);
    dc_message_add_message(&value, VALUE_IMAGE, &image);
    dc_message_add_message(&summary, SUMMARY_VALUE, &value);
    dc_message_free(&value);
    dc_message_free(&image);
    return finish_event(board, &event, EVENT_SUMMARY, &summary);
}
