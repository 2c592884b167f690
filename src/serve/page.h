/* page.h - the dashboard's page, embedded: the table that embed.sh writes. */
#ifndef DC_SERVE_PAGE_H
#define DC_SERVE_PAGE_H

#include <stddef.h>

typedef struct dc_page_file {
    const char *name;
    const char *data;
    size_t size;
} dc_page_file;

/* Ends with a name of NULL. */
extern const dc_page_file dc_page_files[];

#endif
