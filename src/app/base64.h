/* base64.h - bytes as text, for terminals and data: URIs. */
#ifndef DC_APP_BASE64_H
#define DC_APP_BASE64_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

void dc_base64_print(FILE *stream, const uint8_t *bytes, size_t size);

#endif
