/* safetensors_read.c - the strict reader of safetensors.h.
 *
 * Nothing in a file is believed: the header is parsed by jansson (UTF-8, no duplicate keys, no huge
 * integers, bounded nesting), every tensor has exactly its three fields, and the byte ranges tile the rest
 * of the file. No pointer into the data is made before its range is known to lie in the file. */
#include "format/safetensors.h"

#include "base/memory.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "tensors are copied as they lie in the file");

typedef struct entry {
    dc_stored tensor;
    uint64_t begin, end; /* bytes, counted from the end of the header */
} entry;

struct dc_safetensors {
    char *name;         /* for messages */
    dc_mapping mapping; /* empty if the bytes are the caller's */
    json_t *header;     /* owns the tensors' names and the metadata */
    size_t count;
    entry *entries; /* in the order of their bytes */
};

static const struct {
    const char *name;
    int bits;
    dc_dtype dtype;
} dtypes[] = {
    {"F32", 32, DC_F32},
    {"I64", 64, DC_I64},
    {"BOOL", 8, DC_DTYPE_OTHER},
    {"U8", 8, DC_DTYPE_OTHER},
    {"I8", 8, DC_DTYPE_OTHER},
    {"I16", 16, DC_DTYPE_OTHER},
    {"U16", 16, DC_DTYPE_OTHER},
    {"I32", 32, DC_DTYPE_OTHER},
    {"U32", 32, DC_DTYPE_OTHER},
    {"U64", 64, DC_DTYPE_OTHER},
    {"F16", 16, DC_DTYPE_OTHER},
    {"BF16", 16, DC_DTYPE_OTHER},
    {"F64", 64, DC_DTYPE_OTHER},
    {"C64", 64, DC_DTYPE_OTHER},
    {"F4", 4, DC_DTYPE_OTHER},
    {"F6_E2M3", 6, DC_DTYPE_OTHER},
    {"F6_E3M2", 6, DC_DTYPE_OTHER},
    {"F8_E4M3", 8, DC_DTYPE_OTHER},
    {"F8_E4M3FNUZ", 8, DC_DTYPE_OTHER},
    {"F8_E5M2", 8, DC_DTYPE_OTHER},
    {"F8_E5M2FNUZ", 8, DC_DTYPE_OTHER},
    {"F8_E8M0", 8, DC_DTYPE_OTHER},
};

#define REMEDY "Use an older checkpoint or a fresh copy of the file."

__attribute__((format(printf, 2, 3))) static dc_status damaged(const char *name, const char *format, ...)
{
    char what[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return dc_fail(DCGAN_E_INPUT, "%s is damaged: %s. " REMEDY, name, what);
}

static dc_status truncated(const char *name, const char *who, uint64_t promised, size_t size)
{
    return dc_fail(DCGAN_E_INPUT, "%s is truncated: the %s promises %" PRIu64 " bytes, the file has %zu. " REMEDY, name,
                   who, promised, size);
}

/* The 8 bytes before the header, and the first one of it. */
static dc_status read_header_length(const char *name, const uint8_t *data, size_t size, size_t *ret_length)
{
    uint64_t length;
    if (size <= sizeof length)
        return dc_fail(DCGAN_E_INPUT, "%s is not a safetensors file, or is truncated: it has %zu bytes. " REMEDY, name,
                       size);
    memcpy(&length, data, sizeof length);
    if (length > DC_SAFETENSORS_MAX_HEADER || data[sizeof length] != '{')
        return dc_fail(DCGAN_E_INPUT,
                       "%s is not a safetensors file. Give a checkpoint or generator written by dcgan, or a file "
                       "written by PyTorch with safetensors.torch.save_file.",
                       name);
    if (length > size - sizeof length)
        return truncated(name, "header's length", sizeof length + length, size);
    *ret_length = (size_t)length;
    return DCGAN_OK;
}

static bool read_integer(const json_t *value, uint64_t *ret_integer)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *ret_integer = (uint64_t)json_integer_value(value);
    return true;
}

/* The shape, and the number of elements that follows from it. */
static dc_status read_shape(const char *name, const json_t *shape, dc_stored *tensor)
{
    if (!json_is_array(shape))
        return damaged(name, "tensor \"%s\" has no shape", tensor->name);
    size_t rank = json_array_size(shape);
    if (rank > DC_MAX_RANK)
        return dc_fail(DCGAN_E_INPUT, "%s cannot be used: tensor \"%s\" has %zu dimensions, more than %d.", name,
                       tensor->name, rank, DC_MAX_RANK);
    tensor->rank = (int)rank;
    tensor->count = 1;
    for (size_t i = 0; i < rank; i++) {
        if (!read_integer(json_array_get(shape, i), &tensor->shape[i]))
            return damaged(name, "the shape of tensor \"%s\" is not made of whole numbers", tensor->name);
        if (__builtin_mul_overflow(tensor->count, tensor->shape[i], &tensor->count))
            return damaged(name, "tensor \"%s\" is impossibly large", tensor->name);
    }
    return DCGAN_OK;
}

/* The element type; `ret_bytes` is what the whole tensor takes. */
static dc_status read_dtype(const char *name, const json_t *dtype, dc_stored *tensor, uint64_t *ret_bytes)
{
    const char *text = json_string_value(dtype);
    if (!text)
        return damaged(name, "tensor \"%s\" has no dtype", tensor->name);
    size_t i = 0;
    while (i < sizeof dtypes / sizeof *dtypes && strcmp(dtypes[i].name, text) != 0)
        i++;
    if (i == sizeof dtypes / sizeof *dtypes)
        return dc_fail(DCGAN_E_INPUT, "%s cannot be used: tensor \"%s\" has the unknown dtype \"%s\".", name,
                       tensor->name, text);
    uint64_t bits;
    if (__builtin_mul_overflow(tensor->count, (uint64_t)dtypes[i].bits, &bits))
        return damaged(name, "tensor \"%s\" is impossibly large", tensor->name);
    if (bits % 8 != 0)
        return damaged(name, "tensor \"%s\" does not fill whole bytes", tensor->name);
    tensor->dtype = dtypes[i].dtype;
    *ret_bytes = bits / 8;
    return DCGAN_OK;
}

static dc_status read_entry(const char *name, const char *key, const json_t *value, entry *ret_entry)
{
    entry found = {.tensor.name = key};
    const json_t *offsets = json_object_get(value, "data_offsets");
    if (json_object_size(value) != 3 || json_array_size(offsets) != 2)
        return damaged(name, "tensor \"%s\" does not have exactly dtype, shape and two data_offsets", key);
    uint64_t bytes = 0;
    DC_TRY(read_shape(name, json_object_get(value, "shape"), &found.tensor));
    DC_TRY(read_dtype(name, json_object_get(value, "dtype"), &found.tensor, &bytes));
    if (!read_integer(json_array_get(offsets, 0), &found.begin) ||
        !read_integer(json_array_get(offsets, 1), &found.end) || found.begin > found.end)
        return damaged(name, "the data_offsets of tensor \"%s\" are not a range of bytes", key);
    if (found.end - found.begin != bytes)
        return damaged(name, "tensor \"%s\" has %" PRIu64 " bytes where its shape and dtype need %" PRIu64, key,
                       found.end - found.begin, bytes);
    *ret_entry = found;
    return DCGAN_OK;
}

static dc_status check_metadata(const char *name, json_t *metadata)
{
    if (!json_is_object(metadata))
        return damaged(name, "its __metadata__ is not an object");
    const char *key;
    json_t *value;
    json_object_foreach (metadata, key, value)
        if (!json_is_string(value))
            return damaged(name, "its __metadata__ \"%s\" is not a text", key);
    return DCGAN_OK;
}

static dc_status read_entries(dc_safetensors *file)
{
    DC_TRY(dc_alloc(json_object_size(file->header), sizeof *file->entries, (void **)&file->entries));
    const char *key;
    json_t *value;
    json_object_foreach (file->header, key, value) {
        if (strcmp(key, "__metadata__") == 0)
            DC_TRY(check_metadata(file->name, value));
        else
            DC_TRY(read_entry(file->name, key, value, &file->entries[file->count++]));
    }
    return DCGAN_OK;
}

/* Tensors without elements may share a place: there the name decides. */
static int compare_entries(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    if (x->end != y->end)
        return x->end < y->end ? -1 : 1;
    return strcmp(x->tensor.name, y->tensor.name);
}

/* Sorts the entries and finds their bytes among the `size` that follow the header. */
static dc_status place_entries(dc_safetensors *file, const uint8_t *data, size_t size)
{
    qsort(file->entries, file->count, sizeof *file->entries, compare_entries);
    uint64_t covered = 0;
    for (size_t i = 0; i < file->count; i++) {
        const entry *e = &file->entries[i];
        if (e->begin != covered)
            return damaged(file->name, "tensor \"%s\" %s", e->tensor.name,
                           e->begin < covered ? "overlaps another one" : "has unused bytes before it");
        covered = e->end;
    }
    if (covered > size)
        return truncated(file->name, "header", covered, size);
    if (covered < size)
        return damaged(file->name, "%" PRIu64 " bytes follow its last tensor", size - covered);
    for (size_t i = 0; i < file->count; i++)
        file->entries[i].tensor.data = data + file->entries[i].begin;
    return DCGAN_OK;
}

static dc_status parse(dc_safetensors *file, const char *name, const uint8_t *data, size_t size)
{
    DC_TRY(dc_strdup(name, &file->name));
    size_t length = 0;
    DC_TRY(read_header_length(name, data, size, &length));
    const uint8_t *header = data + sizeof(uint64_t);
    json_error_t error;
    file->header = json_loadb((const char *)header, length, JSON_REJECT_DUPLICATES, &error);
    if (!file->header && json_error_code(&error) == json_error_out_of_memory)
        return dc_fail(DCGAN_E_MEMORY, "Not enough memory to read the header of %s.", name);
    if (!file->header)
        return damaged(name, "its header is not valid (%s)", error.text);
    DC_TRY(read_entries(file));
    return place_entries(file, header + length, size - sizeof(uint64_t) - length);
}

dc_status dc_safetensors_parse(const char *name, const uint8_t *data, size_t size, dc_safetensors **ret_file)
{
    dc_safetensors *file;
    DC_TRY(dc_alloc(1, sizeof *file, (void **)&file));
    dc_status status = parse(file, name, data, size);
    if (status != DCGAN_OK) {
        dc_safetensors_close(file);
        return status;
    }
    *ret_file = file;
    return DCGAN_OK;
}

dc_status dc_safetensors_open(const char *path, dc_safetensors **ret_file)
{
    dc_mapping mapping;
    DC_TRY(dc_file_map(path, &mapping));
    dc_safetensors *file;
    dc_status status = dc_safetensors_parse(path, mapping.data, mapping.size, &file);
    if (status != DCGAN_OK) {
        dc_file_unmap(&mapping);
        return status;
    }
    file->mapping = mapping;
    *ret_file = file;
    return DCGAN_OK;
}

void dc_safetensors_close(dc_safetensors *file)
{
    if (!file)
        return;
    free(file->entries);
    json_decref(file->header);
    dc_file_unmap(&file->mapping);
    free(file->name);
    free(file);
}

size_t dc_safetensors_count(const dc_safetensors *file)
{
    return file->count;
}

const dc_stored *dc_safetensors_at(const dc_safetensors *file, size_t index)
{
    return &file->entries[index].tensor;
}

const dc_stored *dc_safetensors_find(const dc_safetensors *file, const char *name)
{
    for (size_t i = 0; i < file->count; i++)
        if (strcmp(file->entries[i].tensor.name, name) == 0)
            return &file->entries[i].tensor;
    return NULL;
}

const char *dc_safetensors_metadata(const dc_safetensors *file, const char *key)
{
    return json_string_value(json_object_get(json_object_get(file->header, "__metadata__"), key));
}

dc_status dc_safetensors_read_f32(const dc_safetensors *file, const char *name, uint64_t count, float *ret_values)
{
    const dc_stored *tensor = dc_safetensors_find(file, name);
    if (!tensor)
        return dc_fail(DCGAN_E_INPUT, "%s has no tensor \"%s\": it belongs to another net.", file->name, name);
    if (tensor->dtype != DC_F32)
        return dc_fail(DCGAN_E_INPUT, "Tensor \"%s\" of %s is not float32. Convert it with .float() before saving.",
                       name, file->name);
    if (tensor->count != count)
        return dc_fail(DCGAN_E_INPUT,
                       "Tensor \"%s\" of %s has %" PRIu64 " values where %" PRIu64
                       " are needed: it belongs to a net of another size.",
                       name, file->name, tensor->count, count);
    memcpy(ret_values, tensor->data, count * sizeof *ret_values);
    return DCGAN_OK;
}
