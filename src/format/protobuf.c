/* protobuf.c - see protobuf.h. */
#include "format/protobuf.h"

#include <stdlib.h>
#include <string.h>

enum { WIRE_VARINT = 0, WIRE_64_BITS = 1, WIRE_BYTES = 2, WIRE_32_BITS = 5 };

static void append(dc_message *message, const void *bytes, size_t size)
{
    if (message->capacity - message->size < size) {
        size_t capacity = 2 * message->capacity + size;
        uint8_t *grown = message->out_of_memory ? NULL : realloc(message->data, capacity);
        if (!grown) {
            message->out_of_memory = true;
            return;
        }
        message->data = grown;
        message->capacity = capacity;
    }
    if (size)
        memcpy(message->data + message->size, bytes, size);
    message->size += size;
}

/* Seven bits a byte, the lowest first; the top bit says that more follow. */
static void append_varint(dc_message *message, uint64_t value)
{
    uint8_t bytes[10];
    size_t count = 0;
    do {
        bytes[count++] = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        value >>= 7;
    } while (value);
    append(message, bytes, count);
}

static void append_key(dc_message *message, int field, int wire)
{
    append_varint(message, (uint64_t)field << 3 | (uint64_t)wire);
}

static void append_little_endian(dc_message *message, uint64_t bits, size_t size)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(bits >> 8 * i);
    append(message, bytes, size);
}

void dc_message_add_integer(dc_message *message, int field, uint64_t value)
{
    append_key(message, field, WIRE_VARINT);
    append_varint(message, value);
}

void dc_message_add_float(dc_message *message, int field, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    append_key(message, field, WIRE_32_BITS);
    append_little_endian(message, bits, sizeof bits);
}

void dc_message_add_double(dc_message *message, int field, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    append_key(message, field, WIRE_64_BITS);
    append_little_endian(message, bits, sizeof bits);
}

void dc_message_add_bytes(dc_message *message, int field, const void *bytes, size_t size)
{
    append_key(message, field, WIRE_BYTES);
    append_varint(message, size);
    append(message, bytes, size);
}

void dc_message_add_text(dc_message *message, int field, const char *text)
{
    dc_message_add_bytes(message, field, text, strlen(text));
}

void dc_message_add_message(dc_message *message, int field, const dc_message *inner)
{
    message->out_of_memory |= inner->out_of_memory;
    dc_message_add_bytes(message, field, inner->data, inner->size);
}

dc_status dc_message_status(const dc_message *message)
{
    return message->out_of_memory ? dc_fail(DCGAN_E_MEMORY, "Not enough memory for a message.") : DCGAN_OK;
}

void dc_message_free(dc_message *message)
{
    free(message->data);
    *message = (dc_message){0};
}
