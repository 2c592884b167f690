/* safetensors_write.c - the writer of safetensors.h.
 *
 * The header is complete before the first byte is written; the tensors follow it in the order of their
 * declaration. The same declarations and data give the same bytes. */
#include "format/safetensors.h"

#include "base/memory.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "tensors are written as they lie in memory");

#define HEADER_ALIGNMENT 8 /* bytes: the header is padded, so that the tensors begin at a multiple of it */

struct dc_safetensors_builder {
    json_t *header;        /* in the order it is written */
    size_t *sizes;         /* bytes of each tensor */
    size_t count, largest; /* tensors, and the bytes of the largest */
    json_int_t end;        /* bytes of all tensors so far */
};

dc_status dc_safetensors_builder_create(dc_safetensors_builder **ret_builder)
{
    dc_safetensors_builder *builder;
    DC_TRY(dc_alloc(1, sizeof *builder, (void **)&builder));
    builder->header = json_pack("{s:{}}", "__metadata__");
    if (!builder->header) {
        dc_safetensors_builder_free(builder);
        return dc_fail(DCGAN_E_MEMORY, "Not enough memory to describe a safetensors file.");
    }
    *ret_builder = builder;
    return DCGAN_OK;
}

void dc_safetensors_builder_free(dc_safetensors_builder *builder)
{
    if (!builder)
        return;
    json_decref(builder->header);
    free(builder->sizes);
    free(builder);
}

dc_status dc_safetensors_builder_metadata(dc_safetensors_builder *builder, const char *key, const char *value)
{
    if (json_object_set_new(json_object_get(builder->header, "__metadata__"), key, json_string(value)) != 0)
        return dc_fail(DCGAN_E_INPUT, "The metadata \"%s\" cannot be saved: it is not UTF-8 text.", key);
    return DCGAN_OK;
}

static dc_status append_size(dc_safetensors_builder *builder, size_t bytes)
{
    size_t *sizes = reallocarray(builder->sizes, builder->count + 1, sizeof *sizes);
    if (!sizes)
        return dc_fail(DCGAN_E_MEMORY, "Not enough memory to describe %zu tensors.", builder->count + 1);
    sizes[builder->count++] = bytes;
    builder->sizes = sizes;
    builder->largest = bytes > builder->largest ? bytes : builder->largest;
    return DCGAN_OK;
}

dc_status dc_safetensors_builder_tensor(dc_safetensors_builder *builder, const char *name, dc_dtype dtype, int rank,
                                        const int *shape)
{
    assert((dtype == DC_F32 || dtype == DC_I64) && rank >= 0 && rank <= DC_MAX_RANK);
    if (json_object_get(builder->header, name))
        return dc_fail(DCGAN_E_USAGE, "Two tensors are to be saved under the name \"%s\".", name);
    json_int_t bytes = dtype == DC_F32 ? 4 : 8;
    json_t *dimensions = json_array();
    for (int i = 0; i < rank; i++) {
        json_array_append_new(dimensions, json_integer(shape[i]));
        bytes *= shape[i];
    }
    json_t *tensor = json_pack("{s:s, s:o, s:[I, I]}", "dtype", dtype == DC_F32 ? "F32" : "I64", "shape", dimensions,
                               "data_offsets", builder->end, builder->end + bytes);
    if (json_object_set_new(builder->header, name, tensor) != 0)
        return dc_fail(DCGAN_E_INPUT, "The tensor \"%s\" cannot be saved: its name is not UTF-8 text.", name);
    DC_TRY(append_size(builder, (size_t)bytes));
    builder->end += bytes;
    return DCGAN_OK;
}

/* The header's length, its JSON text, and spaces up to the alignment. */
static dc_status add_header(const dc_safetensors_builder *builder, const char *path, dc_writer *writer)
{
    char *json = json_dumps(builder->header, JSON_COMPACT);
    if (!json)
        return dc_fail(DCGAN_E_MEMORY, "Not enough memory for the header of %s.", path);
    uint64_t used = strlen(json), length = (used + HEADER_ALIGNMENT - 1) / HEADER_ALIGNMENT * HEADER_ALIGNMENT;
    dc_status status = DCGAN_OK;
    if (length > DC_SAFETENSORS_MAX_HEADER)
        status =
            dc_fail(DCGAN_E_USAGE, "The header of %s would take more than %d bytes.", path, DC_SAFETENSORS_MAX_HEADER);
    if (status == DCGAN_OK)
        status = dc_writer_add(writer, &length, sizeof length);
    if (status == DCGAN_OK)
        status = dc_writer_add(writer, json, used);
    if (status == DCGAN_OK)
        status = dc_writer_add(writer, "       ", length - used);
    free(json);
    return status;
}

static dc_status add_tensors(const dc_safetensors_builder *builder, dc_writer *writer, dc_tensor_source_fn source,
                             void *context, void *buffer)
{
    for (size_t i = 0; i < builder->count; i++) {
        source(context, i, buffer);
        DC_TRY(dc_writer_add(writer, buffer, builder->sizes[i]));
    }
    return DCGAN_OK;
}

dc_status dc_safetensors_builder_write(dc_safetensors_builder *builder, const char *path, dc_tensor_source_fn source,
                                       void *context)
{
    void *buffer;
    dc_writer *writer;
    DC_TRY(dc_alloc(builder->largest, 1, &buffer));
    dc_status status = dc_writer_open(path, &writer);
    if (status != DCGAN_OK) {
        free(buffer);
        return status;
    }
    status = add_header(builder, path, writer);
    if (status == DCGAN_OK)
        status = add_tensors(builder, writer, source, context, buffer);
    free(buffer);
    if (status == DCGAN_OK)
        return dc_writer_commit(writer);
    dc_writer_abandon(writer);
    return status;
}
