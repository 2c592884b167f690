/* demo_faces.h - the embedded data set: 2,048 cartoon faces of 64x64, cut from one PNG. */
#ifndef DC_TRAIN_DEMO_FACES_H
#define DC_TRAIN_DEMO_FACES_H

#include "image/image.h"

#define DC_DEMO_FACES_COUNT 2048

/* A hash of the embedded file. */
uint64_t dc_demo_faces_key(void);

/* All faces in one picture, which stays decoded while they are cut. Free ret_sheet->pixels with free(). */
dc_status dc_demo_faces_decode(dc_image *ret_sheet);

/* Face `index` of the sheet, fitted. ret_pixels (fit->height, fit->width, fit->channels). */
dc_status dc_demo_faces_cut(const dc_image *sheet, int index, const dc_image_fit *fit, uint8_t *ret_pixels);

#endif
