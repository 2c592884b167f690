/* tensorboard.h - writes TensorBoard's event files: a TFRecord file of Event messages (tensorflow/core/util/event.proto
 * and framework/summary.proto).
 *
 * Each event is appended with one write, so that a reader of the growing file never waits for long. May call base. */
#ifndef DC_FORMAT_TENSORBOARD_H
#define DC_FORMAT_TENSORBOARD_H

#include "base/status.h"

typedef struct dc_tensorboard dc_tensorboard;

/* When, in training and in the world. */
typedef struct dc_moment {
    uint64_t step;
    double clock; /* seconds since 1970 */
} dc_moment;

typedef struct dc_scalar {
    const char *tag; /* "loss/discriminator" */
    double value;
} dc_scalar;

/* Begins a new event file in `folder`, which it makes if need be: files of one folder are one run, in the order of
 * their moments. What older files hold beyond `moment` is void, as after a resume. */
dc_status dc_tensorboard_open(const char *folder, dc_moment moment, dc_tensorboard **ret_board);
void dc_tensorboard_close(dc_tensorboard *board);

dc_status dc_tensorboard_add_scalars(dc_tensorboard *board, dc_moment moment, const dc_scalar *scalars, size_t count);
/* `png`: the bytes of a PNG file. */
dc_status dc_tensorboard_add_picture(dc_tensorboard *board, dc_moment moment, const char *tag, const uint8_t *png,
                                     size_t size);

/* CRC-32C (Castagnoli) of bytes, and in the masked form that TFRecord files hold. */
uint32_t dc_crc32c(const void *bytes, size_t size);
uint32_t dc_crc32c_masked(const void *bytes, size_t size);

#endif
