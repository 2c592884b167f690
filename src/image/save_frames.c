/* save_frames.c - the public dcgan_save_frames: pictures of one size, with a label below each, one after the other in
 * an animation or side by side in a strip. One picture at a time is in memory. */
#include "image/animation.h"
#include "image/image.h"

#include "base/memory.h"

#include <gd.h>
#include <gdfontl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LABEL_HEIGHT = 24, MARGIN = 4, GAP = 8 }; /* pixels */
enum { WHITE = 0xffffff, INK = 0x323a45 };
#define LAST_MILLISECONDS 2000 /* the result stays in view before the animation begins again */
#define MOST_FPS          50   /* faster GIFs are slowed down by browsers */

/* RGB, on which pictures are placed. */
typedef struct canvas {
    int width, height;
    uint8_t *pixels;
} canvas;

/* What every picture is like. */
typedef struct cell {
    int picture_width, picture_height;
    int width, height; /* with its label */
} cell;

/* ---- Cells ------------------------------------------------------------------------------------------- */

static dc_status measure(const dcgan_frame *frames, size_t count, cell *ret_cell)
{
    dc_image first;
    size_t longest = 0;
    DC_TRY(dc_image_read(frames[0].path, &first));
    free(first.pixels);
    for (size_t i = 0; i < count; i++)
        if (frames[i].label && strlen(frames[i].label) > longest)
            longest = strlen(frames[i].label);
    int text = longest ? (int)longest * gdFontGetLarge()->w + 2 * MARGIN : 0;
    *ret_cell = (cell){.picture_width = first.width,
                       .picture_height = first.height,
                       .width = text > first.width ? text : first.width,
                       .height = first.height + (longest ? LABEL_HEIGHT : 0)};
    return DCGAN_OK;
}

/* RGB pixels of a frame's picture on white; free(). */
static dc_status read_pixels(const dcgan_frame *frame, const cell *c, uint8_t **ret_pixels)
{
    const dc_image_fit fit = {
        .width = c->picture_width, .height = c->picture_height, .channels = 3, .background = {255, 255, 255}};
    dc_image image;
    uint8_t *pixels;
    DC_TRY(dc_image_read(frame->path, &image));
    dc_status status = DCGAN_OK;
    if (image.width != c->picture_width || image.height != c->picture_height)
        status = dc_fail(DCGAN_E_INPUT, "%s is %d x %d pixels, and those before it are %d x %d.", frame->path,
                         image.width, image.height, c->picture_width, c->picture_height);
    if (status == DCGAN_OK)
        status = dc_alloc((size_t)image.width * (size_t)image.height, 3, (void **)&pixels);
    if (status == DCGAN_OK) {
        status = dc_image_fit_pixels(&image, &fit, pixels);
        if (status == DCGAN_OK)
            *ret_pixels = pixels;
        else
            free(pixels);
    }
    free(image.pixels);
    return status;
}

static void place(const canvas *target, int left, int top, const uint8_t *pixels, int width, int height)
{
    for (int y = 0; y < height; y++)
        memcpy(target->pixels + 3 * ((size_t)(top + y) * (size_t)target->width + (size_t)left),
               pixels + 3 * (size_t)y * (size_t)width, 3 * (size_t)width);
}

static dc_status draw_label(const canvas *target, int left, const cell *c, const char *label)
{
    gdFontPtr font = gdFontGetLarge();
    gdImagePtr picture = gdImageCreateTrueColor(c->width, LABEL_HEIGHT);
    uint8_t *pixels = picture ? malloc(3 * (size_t)c->width * LABEL_HEIGHT) : NULL, *next = pixels;
    if (pixels) {
        gdImageFilledRectangle(picture, 0, 0, c->width - 1, LABEL_HEIGHT - 1, WHITE);
        gdImageString(picture, font, (c->width - (int)strlen(label) * font->w) / 2, (LABEL_HEIGHT - font->h) / 2,
                      (unsigned char *)label, INK);
        for (int y = 0; y < LABEL_HEIGHT; y++)
            for (int x = 0; x < c->width; x++, next += 3) {
                int colour = picture->tpixels[y][x];
                next[0] = (uint8_t)gdTrueColorGetRed(colour);
                next[1] = (uint8_t)gdTrueColorGetGreen(colour);
                next[2] = (uint8_t)gdTrueColorGetBlue(colour);
            }
        place(target, left, c->picture_height, pixels, c->width, LABEL_HEIGHT);
    }
    free(pixels);
    if (picture)
        gdImageDestroy(picture);
    return pixels ? DCGAN_OK : dc_fail(DCGAN_E_MEMORY, "Not enough memory for a label.");
}

static dc_status draw_cell(const canvas *target, int left, const cell *c, const dcgan_frame *frame)
{
    uint8_t *pixels;
    DC_TRY(read_pixels(frame, c, &pixels));
    place(target, left + (c->width - c->picture_width) / 2, 0, pixels, c->picture_width, c->picture_height);
    free(pixels);
    return frame->label ? draw_label(target, left, c, frame->label) : DCGAN_OK;
}

static dc_status create_canvas(uint64_t width, uint64_t height, canvas *ret_canvas)
{
    if (width > DC_IMAGE_MAX_PIXELS / height)
        return dc_fail(DCGAN_E_USAGE, "These pictures are too many, or too large, for one of all.");
    DC_TRY(dc_alloc(width * height, 3, (void **)&ret_canvas->pixels));
    memset(ret_canvas->pixels, 255, width * height * 3);
    ret_canvas->width = (int)width;
    ret_canvas->height = (int)height;
    return DCGAN_OK;
}

/* ---- Files ------------------------------------------------------------------------------------------- */

static dc_status write_strip(const char *path, const dcgan_frame *frames, size_t count, const cell *c)
{
    canvas strip = {0};
    DC_TRY(create_canvas(count * (uint64_t)(c->width + GAP) - GAP, (uint64_t)c->height, &strip));
    dc_status status = DCGAN_OK;
    for (size_t i = 0; status == DCGAN_OK && i < count; i++)
        status = draw_cell(&strip, (int)i * (c->width + GAP), c, &frames[i]);
    if (status == DCGAN_OK)
        status = dc_image_write_png(path, &(dc_image){strip.width, strip.height, 3, strip.pixels});
    free(strip.pixels);
    return status;
}

static dc_status add_frames(dc_animation *animation, const canvas *target, const dcgan_frame *frames, size_t count,
                            const cell *c, double fps)
{
    for (size_t i = 0; i < count; i++) {
        DC_TRY(draw_cell(target, 0, c, &frames[i]));
        int milliseconds = i + 1 < count ? (int)(1000 / fps) : LAST_MILLISECONDS;
        DC_TRY(dc_animation_add(animation, target->pixels, milliseconds));
    }
    return DCGAN_OK;
}

static dc_status write_animation(const char *path, dc_animation_format format, const dcgan_frame *frames, size_t count,
                                 const cell *c, double fps)
{
    canvas target = {0};
    dc_animation *animation = NULL;
    DC_TRY(create_canvas((uint64_t)c->width, (uint64_t)c->height, &target));
    dc_status status = dc_animation_open(path, format, c->width, c->height, &animation);
    if (status == DCGAN_OK) {
        status = add_frames(animation, &target, frames, count, c, fps);
        if (status == DCGAN_OK)
            status = dc_animation_commit(animation);
        else
            dc_animation_abandon(animation);
    }
    free(target.pixels);
    return status;
}

dcgan_status dcgan_save_frames(const char *path, const dcgan_frame *frames, size_t count, double fps)
{
    const char *dot = strrchr(path, '.'), *extension = dot ? dot + 1 : "";
    cell c;
    if (count == 0)
        return dc_fail(DCGAN_E_USAGE, "There are no pictures to put into %s.", path);
    if (!(fps >= 0.1 && fps <= MOST_FPS))
        return dc_fail(DCGAN_E_USAGE, "An animation shows 0.1 to %d pictures a second, not %g.", MOST_FPS, fps);
    DC_TRY(measure(frames, count, &c));
    if (strcasecmp(extension, "webp") == 0)
        return write_animation(path, DC_ANIMATION_WEBP, frames, count, &c, fps);
    if (strcasecmp(extension, "gif") == 0)
        return write_animation(path, DC_ANIMATION_GIF, frames, count, &c, fps);
    if (strcasecmp(extension, "png") == 0)
        return write_strip(path, frames, count, &c);
    return dc_fail(DCGAN_E_USAGE, "%s should end in .webp, .gif or .png: that tells what to make.", path);
}
