/* protobuf.h - writes protocol buffer messages: fields appended to a buffer, as the encoding document of protocol
 * buffers says. A message within another is written on its own, then added as bytes. May call base only.
 *
 * Running out of memory is kept in the message: write all fields, then ask once. */
#ifndef DC_FORMAT_PROTOBUF_H
#define DC_FORMAT_PROTOBUF_H

#include "base/status.h"

#include <stdbool.h>

typedef struct dc_message {
    uint8_t *data;
    size_t size, capacity;
    bool out_of_memory;
} dc_message; /* {0} is an empty one */

/* int32, int64, uint64, enum, bool */
void dc_message_add_integer(dc_message *message, int field, uint64_t value);
void dc_message_add_float(dc_message *message, int field, float value);
void dc_message_add_double(dc_message *message, int field, double value);
void dc_message_add_bytes(dc_message *message, int field, const void *bytes, size_t size);
void dc_message_add_text(dc_message *message, int field, const char *text);
void dc_message_add_message(dc_message *message, int field, const dc_message *inner);

dc_status dc_message_status(const dc_message *message);
void dc_message_free(dc_message *message);

#endif
