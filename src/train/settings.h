/* settings.h - the table of settings: key, type, range, help, and where the value lies. */
#ifndef DC_TRAIN_SETTINGS_H
#define DC_TRAIN_SETTINGS_H

#include "train/config.h"

typedef struct dc_setting {
    dcgan_setting public;
    size_t offset;                        /* of the value in dc_config */
    bool resumable;                       /* may differ when a run is resumed */
    dc_status (*check)(const char *text); /* of a text; NULL: anything goes */
} dc_setting;

/* In their order, then NULL. */
const dc_setting *dc_setting_at(size_t index);
/* NULL, with a message that suggests the nearest key, if there is none. */
const dc_setting *dc_setting_find(const char *key);

#endif
