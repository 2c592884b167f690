/* animation.h - pictures one after the other in one file: animated WebP or GIF. */
#ifndef DC_IMAGE_ANIMATION_H
#define DC_IMAGE_ANIMATION_H

#include "image/image.h"

typedef struct dc_animation dc_animation;

typedef enum dc_animation_format { DC_ANIMATION_WEBP, DC_ANIMATION_GIF } dc_animation_format;

/* An endless animation of RGB pictures of this size. */
dc_status dc_animation_open(const char *path, dc_animation_format format, int width, int height,
                            dc_animation **ret_animation);
/* Shows a picture (height, width, 3) for `milliseconds`. */
dc_status dc_animation_add(dc_animation *animation, const uint8_t *pixels, int milliseconds);
/* Writes the file completely or not at all, and consumes the animation, whatever it returns. */
dc_status dc_animation_commit(dc_animation *animation);
void dc_animation_abandon(dc_animation *animation);

#endif
