/* safetensors.h - reads and writes the safetensors format (github.com/huggingface/safetensors).
 *
 * A file: u64 little-endian header length, a JSON header naming each tensor's dtype, shape and byte range,
 * then the bytes. The reader trusts nothing: every range, shape and length is checked before use; ranges
 * must be contiguous, without holes, and end exactly at the end of the file. Floor 1: may call base only. */
#ifndef DC_FORMAT_SAFETENSORS_H
#define DC_FORMAT_SAFETENSORS_H

#include "base/file.h"

typedef enum dc_dtype { DC_F32, DC_I64, DC_DTYPE_OTHER } dc_dtype;

#define DC_MAX_RANK               8
#define DC_SAFETENSORS_MAX_HEADER 100000000 /* bytes: the format's own limit */

typedef struct dc_stored {
    const char *name;
    dc_dtype dtype;
    int rank;
    uint64_t shape[DC_MAX_RANK];
    uint64_t count;   /* elements */
    const void *data; /* little-endian, unaligned: copy out */
} dc_stored;

typedef struct dc_safetensors dc_safetensors;

/* Opens a file; its messages name it. Data stay mapped until closed. */
dc_status dc_safetensors_open(const char *path, dc_safetensors **ret_file);
/* The same from memory that outlives it. `name` is for messages. */
dc_status dc_safetensors_parse(const char *name, const uint8_t *data, size_t size, dc_safetensors **ret_file);
void dc_safetensors_close(dc_safetensors *file);

size_t dc_safetensors_count(const dc_safetensors *file);
const dc_stored *dc_safetensors_at(const dc_safetensors *file, size_t index);
/* NULL if there is none of that name. */
const dc_stored *dc_safetensors_find(const dc_safetensors *file, const char *name);
/* A value of __metadata__, or NULL. */
const char *dc_safetensors_metadata(const dc_safetensors *file, const char *key);
/* Copies an F32 tensor of exactly `count` elements out; a message says what is missing or different. */
dc_status dc_safetensors_read_f32(const dc_safetensors *file, const char *name, uint64_t count, float *ret_values);

/* Writing: declare all metadata and tensors first, then write the file in one atomic go. Tensors are asked
 * for one at a time, so that a checkpoint needs memory for its largest tensor only. */
typedef struct dc_safetensors_builder dc_safetensors_builder;

/* Fills `ret_data` (the tensor's bytes) for tensor number `index`, in the order of declaration. */
typedef void (*dc_tensor_source_fn)(void *context, size_t index, void *ret_data);

dc_status dc_safetensors_builder_create(dc_safetensors_builder **ret_builder);
void dc_safetensors_builder_free(dc_safetensors_builder *builder);
dc_status dc_safetensors_builder_metadata(dc_safetensors_builder *builder, const char *key, const char *value);
dc_status dc_safetensors_builder_tensor(dc_safetensors_builder *builder, const char *name, dc_dtype dtype, int rank,
                                        const int *shape);
dc_status dc_safetensors_builder_write(dc_safetensors_builder *builder, const char *path, dc_tensor_source_fn source,
                                       void *context);

#endif
