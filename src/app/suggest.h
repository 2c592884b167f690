/* suggest.h - which known word a misspelt one may have meant. */
#ifndef DC_APP_SUGGEST_H
#define DC_APP_SUGGEST_H

typedef struct dc_nearest {
    const char *wanted;
    const char *name; /* the nearest so far, NULL while nothing is near */
    int distance;     /* only what is nearer than this is taken */
} dc_nearest;

dc_nearest dc_nearest_to(const char *wanted);
void dc_nearest_consider(dc_nearest *nearest, const char *candidate);

#endif
