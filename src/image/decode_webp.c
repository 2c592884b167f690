/* decode_webp.c - WebP through libwebp: lossy, lossless, with alpha; of an animation the first frame. */
#include "image/decode.h"

#include <stdlib.h>
#include <webp/decode.h>
#include <webp/demux.h>

static int orientation_of(const WebPDemuxer *demuxer)
{
    WebPChunkIterator chunk;
    if (!WebPDemuxGetChunk(demuxer, "EXIF", 1, &chunk))
        return 1;
    int orientation = dc_exif_orientation(chunk.chunk.bytes, chunk.chunk.size);
    WebPDemuxReleaseChunkIterator(&chunk);
    return orientation;
}

/* A frame smaller than the canvas leaves transparency around it. */
static dc_status decode_frame(const WebPIterator *frame, uint32_t width, uint32_t height, dc_picture *ret_picture)
{
    bool fills = frame->width == (int)width && frame->height == (int)height;
    int channels = frame->has_alpha || !fills ? 4 : 3;
    DC_TRY(dc_picture_allocate(width, height, channels, ret_picture));
    size_t stride = (size_t)width * (size_t)channels;
    size_t start = (size_t)frame->y_offset * stride + (size_t)frame->x_offset * (size_t)channels;
    uint8_t *pixels = ret_picture->image.pixels + start;
    size_t room = stride * height - start;
    const WebPData *data = &frame->fragment;
    const uint8_t *decoded = channels == 4 ? WebPDecodeRGBAInto(data->bytes, data->size, pixels, room, (int)stride)
                                           : WebPDecodeRGBInto(data->bytes, data->size, pixels, room, (int)stride);
    if (decoded)
        return DCGAN_OK;
    free(ret_picture->image.pixels);
    return dc_fail_damaged("WebP", "its pixels cannot be decoded");
}

dc_status dc_decode_webp(const dc_encoded *file, dc_picture *ret_picture)
{
    WebPDemuxer *demuxer = WebPDemux(&(WebPData){file->data, file->size});
    if (!demuxer)
        return dc_fail_damaged("WebP", "its parts do not fit together");
    WebPIterator frame;
    dc_status status;
    dc_picture picture;
    if (WebPDemuxGetFrame(demuxer, 1, &frame)) {
        status = decode_frame(&frame, WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_WIDTH),
                              WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_HEIGHT), &picture);
        WebPDemuxReleaseIterator(&frame);
    } else {
        status = dc_fail_damaged("WebP", "it has no picture");
    }
    if (status == DCGAN_OK) {
        picture.orientation = orientation_of(demuxer);
        *ret_picture = picture;
    }
    WebPDemuxDelete(demuxer);
    return status;
}
