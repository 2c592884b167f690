/* fuzz_safetensors.c - any bytes as a safetensors file: refused with a message, or read to the last byte. */
#include "format/safetensors.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Copies every typed tensor out: a sanitizer sees any byte that is not there. */
static void read_all(const dc_safetensors *file)
{
    for (size_t i = 0; i < dc_safetensors_count(file); i++) {
        const dc_stored *tensor = dc_safetensors_at(file, i);
        if (dc_safetensors_find(file, tensor->name) != tensor)
            abort();
        if (tensor->dtype == DC_DTYPE_OTHER)
            continue;
        size_t size = (size_t)tensor->count * (tensor->dtype == DC_F32 ? sizeof(float) : sizeof(int64_t));
        void *values = malloc(size + 1);
        memcpy(values, tensor->data, size);
        dc_status status = dc_safetensors_read_f32(file, tensor->name, tensor->count, values);
        if ((status == DCGAN_OK) != (tensor->dtype == DC_F32))
            abort();
        free(values);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dc_safetensors *file = NULL;
    dc_status status = dc_safetensors_parse("input", data, size, &file);
    if ((status == DCGAN_OK) != (file != NULL) || (status != DCGAN_OK && !*dcgan_error_message()))
        abort();
    if (file) {
        const char *format = dc_safetensors_metadata(file, "format");
        if (format && memchr(format, '\0', size) == NULL)
            abort();
        read_all(file);
    }
    dc_safetensors_close(file);
    return 0;
}
