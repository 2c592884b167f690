/* read.c - a picture file's pixels as they are: dc_image_read, and the public dcgan_read_picture. */
#include "image/image.h"

#include "base/file.h"

dc_status dc_image_read(const char *path, dc_image *ret_image)
{
    dc_mapping file;
    DC_TRY(dc_file_map(path, &file));
    dc_status status = dc_image_decode(file.data, file.size, 0, ret_image);
    dc_file_unmap(&file);
    return status == DCGAN_OK ? status : dc_fail_within(status, "%s", path);
}

dcgan_status dcgan_read_picture(const char *path, dcgan_picture *ret_picture)
{
    dc_image image;
    DC_TRY(dc_image_read(path, &image));
    *ret_picture = (dcgan_picture){image.width, image.height, image.channels, image.pixels};
    return DCGAN_OK;
}
