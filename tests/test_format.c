/* test_format.c - reading and writing safetensors: src/format. */
#include "format/safetensors.h"
#include "scratch.h"

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#define GOLDEN TESTS_FOLDER "/golden/safetensors/"

static void assert_message_has(const char *part)
{
    if (!strstr(dcgan_error_message(), part))
        fail_msg("\"%s\" is not in the message: %s", part, dcgan_error_message());
}

/* ---- Hand-made files --------------------------------------------------------------------------------- */

typedef struct bytes {
    uint8_t *data; /* of exactly `size`, for a sanitizer to see any step beyond */
    size_t size;
} bytes;

static bytes bytes_copy(const void *data, size_t size)
{
    bytes copy = {malloc(size ? size : 1), size};
    memcpy(copy.data, data, size);
    return copy;
}

static bytes bytes_joined(const char *header, uint64_t length, size_t tail)
{
    bytes file = {calloc(1, sizeof length + length + tail), sizeof length + length + tail};
    memcpy(file.data, &length, sizeof length);
    memcpy(file.data + sizeof length, header, length);
    return file;
}

/* A file of a given header and `tail` zero bytes of tensors. */
static bytes bytes_of(const char *header, size_t tail)
{
    return bytes_joined(header, strlen(header), tail);
}

static bytes bytes_of_file(const char *path)
{
    dc_mapping mapping;
    assert_int_equal(dc_file_map(path, &mapping), DCGAN_OK);
    bytes copy = bytes_copy(mapping.data, mapping.size);
    dc_file_unmap(&mapping);
    return copy;
}

/* Parses; whatever is accepted is read to the last byte. */
static dc_status parse(bytes file)
{
    dc_safetensors *parsed = NULL;
    dc_status status = dc_safetensors_parse("the file", file.data, file.size, &parsed);
    if (status != DCGAN_OK) {
        assert_null(parsed);
        assert_int_equal(status, DCGAN_E_INPUT);
        assert_message_has("the file");
        return status;
    }
    for (size_t i = 0; i < dc_safetensors_count(parsed); i++) {
        const dc_stored *tensor = dc_safetensors_at(parsed, i);
        assert_ptr_equal(dc_safetensors_find(parsed, tensor->name), tensor);
        if (tensor->dtype != DC_F32)
            continue;
        float *values = calloc(tensor->count + 1, sizeof *values);
        assert_int_equal(dc_safetensors_read_f32(parsed, tensor->name, tensor->count, values), DCGAN_OK);
        free(values);
    }
    dc_safetensors_close(parsed);
    return status;
}

static void what_the_format_allows_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        size_t tail;
    } cases[] = {
        {"{}", 0},
        {"{}      ", 0},
        {"{ \"a\" : {\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]} }\n\t ", 4},
        {"{\"a\":{\"data_offsets\":[0,4],\"shape\":[1,1,1,1,1,1,1,1],\"dtype\":\"F32\"}}", 4},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[0,7],\"data_offsets\":[0,0]}}", 0},
        {"{\"b\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[4,12]},"
         "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
         12},
        {"{\"\":{\"dtype\":\"F4\",\"shape\":[2,3],\"data_offsets\":[0,3]}}", 3},
        {"{\"a\":{\"dtype\":\"F6_E2M3\",\"shape\":[4],\"data_offsets\":[0,3]}}", 3},
        {"{\"a\":{\"dtype\":\"F8_E4M3\",\"shape\":[4],\"data_offsets\":[0,4]}}", 4},
        {"{\"a\":{\"dtype\":\"BF16\",\"shape\":[4],\"data_offsets\":[0,8]}}", 8},
        {"{\"a\":{\"dtype\":\"C64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8},
        {"{\"__metadata__\":{}}", 0},
        {"{\"__metadata__\":{\"a\":\"b\",\"\":\"\"}}", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bytes file = bytes_of(cases[i].header, cases[i].tail);
        if (parse(file) != DCGAN_OK)
            fail_msg("%s: %s", cases[i].header, dcgan_error_message());
        free(file.data);
    }
}

#define T(dtype, shape, offsets) "{\"a\":{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":" offsets "}}"
#define F32_AT(name, begin, end) "\"" name "\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[" begin "," end "]}"

static void every_broken_rule_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        size_t tail;
        const char *message;
    } cases[] = {
        /* JSON */
        {" {}", 0, "not a safetensors file"},
        {"[]", 0, "not a safetensors file"},
        {"\"a\"", 0, "not a safetensors file"},
        {"{", 0, "header is not valid"},
        {"{}{}", 0, "header is not valid"},
        {"{} x", 0, "header is not valid"},
        {"{\"a\":1,}", 0, "header is not valid"},
        {"{\"\377\":{}}", 0, "header is not valid"},
        {"{\"\355\240\200\":{}}", 0, "header is not valid"},
        {"{\"\\ud800\":{}}", 0, "header is not valid"},
        {"{\"a\\u0000b\":{}}", 0, "header is not valid"},
        {"{" F32_AT("a", "0", "4") "," F32_AT("a", "4", "8") "}", 8, "duplicate"},
        {"{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0, "duplicate"},
        {"{\"__metadata__\":{},\"__metadata__\":{}}", 0, "duplicate"},
        {"{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "duplicate"},
        /* fields */
        {"{\"a\":1}", 0, "exactly dtype, shape"},
        {"{\"a\":[]}", 0, "exactly dtype, shape"},
        {"{\"a\":{}}", 0, "exactly dtype, shape"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "exactly dtype, shape"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":1}}", 4, "exactly dtype, shape"},
        {"{\"a\":{\"dtype\":\"F32\",\"shapes\":[1],\"data_offsets\":[0,4]}}", 4, "has no shape"},
        {"{\"a\":{\"type\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "has no dtype"},
        {T("1", "[1]", "[0,4]"), 4, "has no dtype"},
        {T("\"F33\"", "[1]", "[0,4]"), 4, "unknown dtype \"F33\""},
        {T("\"f32\"", "[1]", "[0,4]"), 4, "unknown dtype"},
        {T("\"F32\"", "1", "[0,4]"), 4, "has no shape"},
        {T("\"F32\"", "[-1]", "[0,4]"), 4, "not made of whole numbers"},
        {T("\"F32\"", "[1.0]", "[0,4]"), 4, "not made of whole numbers"},
        {T("\"F32\"", "[\"1\"]", "[0,4]"), 4, "not made of whole numbers"},
        {T("\"F32\"", "[[1]]", "[0,4]"), 4, "not made of whole numbers"},
        {T("\"F32\"", "[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4, "9 dimensions"},
        {T("\"F32\"", "[1]", "4"), 4, "two data_offsets"},
        {T("\"F32\"", "[1]", "[4]"), 4, "two data_offsets"},
        {T("\"F32\"", "[1]", "[0,4,8]"), 4, "two data_offsets"},
        {T("\"F32\"", "[1]", "[0,4.0]"), 4, "not a range"},
        {T("\"F32\"", "[1]", "[-4,0]"), 4, "not a range"},
        {T("\"F32\"", "[1]", "[4,0]"), 4, "not a range"},
        {T("\"F32\"", "[1]", "[null,4]"), 4, "not a range"},
        /* sizes */
        {T("\"F32\"", "[18446744073709551616]", "[0,4]"), 4, "header is not valid"},
        {T("\"F32\"", "[4294967296,4294967296]", "[0,0]"), 0, "impossibly large"},
        {T("\"F32\"", "[4294967296,4294967296,0]", "[0,0]"), 0, "impossibly large"},
        {T("\"F32\"", "[4611686018427387904]", "[0,0]"), 0, "impossibly large"},
        {T("\"U8\"", "[9223372036854775807,2]", "[0,0]"), 0, "impossibly large"},
        {T("\"F32\"", "[2]", "[0,4]"), 4, "has 4 bytes where its shape and dtype need 8"},
        {T("\"I64\"", "[1]", "[0,4]"), 4, "need 8"},
        {T("\"F4\"", "[3]", "[0,1]"), 1, "whole bytes"},
        /* ranges */
        {T("\"F32\"", "[1]", "[0,4]"), 3, "is truncated: the header promises 4 bytes"},
        {T("\"F32\"", "[1]", "[0,4]"), 5, "1 bytes follow its last tensor"},
        {"{}", 1, "1 bytes follow its last tensor"},
        {T("\"F32\"", "[1]", "[4,8]"), 8, "unused bytes before it"},
        {T("\"F32\"", "[0]", "[4,4]"), 4, "unused bytes before it"},
        {"{" F32_AT("a", "0", "4") "," F32_AT("b", "8", "12") "}", 12, "\"b\" has unused bytes before it"},
        {"{" F32_AT("a", "0", "4") "," F32_AT("b", "0", "4") "}", 4, "\"b\" overlaps"},
        {"{" F32_AT("a", "2", "6") "," F32_AT("b", "0", "4") "}", 6, "\"a\" overlaps"},
        {T("\"U8\"", "[9223372036854775807]", "[0,9223372036854775807]"), 4, "impossibly large"},
        {T("\"U8\"", "[1000000000000000000]", "[0,1000000000000000000]"), 4, "is truncated"},
        /* metadata */
        {"{\"__metadata__\":[]}", 0, "__metadata__ is not an object"},
        {"{\"__metadata__\":null}", 0, "__metadata__ is not an object"},
        {"{\"__metadata__\":{\"step\":3}}", 0, "__metadata__ \"step\" is not a text"},
        {"{\"__metadata__\":{\"step\":{}}}", 0, "__metadata__ \"step\" is not a text"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bytes file = bytes_of(cases[i].header, cases[i].tail);
        if (parse(file) == DCGAN_OK)
            fail_msg("accepted: %s", cases[i].header);
        assert_message_has(cases[i].message);
        free(file.data);
    }
}

static void deep_nesting_is_refused(void **state)
{
    (void)state;
    enum { DEPTH = 1 << 20 };
    char *header = malloc(5 + DEPTH + 1);
    memcpy(header, "{\"a\":", 5);
    memset(header + 5, '[', DEPTH);
    header[5 + DEPTH] = '\0';
    bytes file = bytes_of(header, 0);
    assert_int_equal(parse(file), DCGAN_E_INPUT);
    assert_message_has("maximum parsing depth");
    free(file.data);
    free(header);
}

static void a_foreign_file_is_told_from_a_damaged_one(void **state)
{
    (void)state;
    static const struct {
        uint64_t length;
        char first;
        const char *message;
    } cases[] = {
        {DC_SAFETENSORS_MAX_HEADER + 1ull, '{', "is not a safetensors file"},
        {UINT64_MAX, '{', "is not a safetensors file"},
        {UINT64_MAX - 8, '{', "is not a safetensors file"},
        {0x0a1a0a0d474e5089, '\0', "is not a safetensors file"}, /* a PNG */
        {2, 'x', "is not a safetensors file"},
        {DC_SAFETENSORS_MAX_HEADER, '{', "is truncated: the header's length promises 100000008 bytes, the file has 9"},
        {0, '{', "header is not valid"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t data[9] = {0};
        memcpy(data, &cases[i].length, 8);
        data[8] = (uint8_t)cases[i].first;
        bytes file = bytes_copy(data, sizeof data);
        assert_int_equal(parse(file), DCGAN_E_INPUT);
        assert_message_has(cases[i].message);
        free(file.data);
    }
}

static void a_file_cut_anywhere_is_refused(void **state)
{
    (void)state;
    bytes whole = bytes_of_file(GOLDEN "ours.safetensors");
    assert_int_equal(parse(whole), DCGAN_OK);
    for (size_t size = 0; size < whole.size; size++) {
        bytes cut = bytes_copy(whole.data, size);
        assert_int_equal(parse(cut), DCGAN_E_INPUT);
        assert_message_has("truncated");
        free(cut.data);
    }
    free(whole.data);
}

/* Every bit flipped, one at a time: refused or read, but within the file. A sanitizer watches. */
static void a_flipped_bit_does_no_harm(void **state)
{
    (void)state;
    bytes file = bytes_of_file(GOLDEN "ours.safetensors");
    int refused = 0;
    for (size_t bit = 0; bit < 8 * file.size; bit++) {
        file.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        refused += parse(file) != DCGAN_OK;
        file.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_true(refused > 0);
    assert_int_equal(parse(file), DCGAN_OK);
    free(file.data);
}

/* ---- Files of the format's own library --------------------------------------------------------------- */

static const dc_stored *assert_tensor(const dc_safetensors *file, const char *name, dc_dtype dtype, int rank,
                                      uint64_t count)
{
    const dc_stored *tensor = dc_safetensors_find(file, name);
    assert_non_null(tensor);
    assert_string_equal(tensor->name, name);
    assert_int_equal(tensor->dtype, dtype);
    assert_int_equal(tensor->rank, rank);
    assert_int_equal(tensor->count, count);
    return tensor;
}

static void a_file_of_pytorch_is_read(void **state)
{
    (void)state;
    dc_safetensors *file;
    assert_int_equal(dc_safetensors_open(GOLDEN "peer.safetensors", &file), DCGAN_OK);
    assert_int_equal(dc_safetensors_count(file), 8);
    assert_string_equal(dc_safetensors_metadata(file, "format"), "pt");
    assert_null(dc_safetensors_metadata(file, "config"));
    assert_null(dc_safetensors_find(file, "__metadata__"));

    const dc_stored *weight = assert_tensor(file, "main.0.weight", DC_F32, 4, 24);
    static const uint64_t shape[] = {2, 3, 2, 2};
    assert_memory_equal(weight->shape, shape, sizeof shape);
    float values[24];
    assert_int_equal(dc_safetensors_read_f32(file, "main.0.weight", 24, values), DCGAN_OK);
    for (int i = 0; i < 24; i++)
        assert_float_equal(values[i], (float)i / 4 - 1, 0);
    assert_int_equal(dc_safetensors_read_f32(file, "Gr\303\274\303\237e", 1, values), DCGAN_OK);
    assert_float_equal(values[0], 1.5f, 0);

    int64_t batches;
    memcpy(&batches, assert_tensor(file, "main.1.num_batches_tracked", DC_I64, 0, 1)->data, sizeof batches);
    assert_int_equal(batches, 7);
    assert_tensor(file, "half", DC_DTYPE_OTHER, 1, 3);
    assert_tensor(file, "brain", DC_DTYPE_OTHER, 1, 1);
    assert_tensor(file, "flag", DC_DTYPE_OTHER, 1, 1);
    assert_tensor(file, "double", DC_DTYPE_OTHER, 2, 1);
    assert_tensor(file, "nothing", DC_F32, 2, 0);
    dc_safetensors_close(file);
}

static void a_tensor_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    dc_safetensors *file;
    float values[24] = {99};
    assert_int_equal(dc_safetensors_open(GOLDEN "peer.safetensors", &file), DCGAN_OK);
    assert_int_equal(dc_safetensors_read_f32(file, "main.9.weight", 24, values), DCGAN_E_INPUT);
    assert_message_has("peer.safetensors has no tensor \"main.9.weight\"");
    assert_int_equal(dc_safetensors_read_f32(file, "main.0.weight", 25, values), DCGAN_E_INPUT);
    assert_message_has("has 24 values where 25 are needed");
    assert_int_equal(dc_safetensors_read_f32(file, "double", 1, values), DCGAN_E_INPUT);
    assert_message_has("not float32");
    assert_float_equal(values[0], 99, 0);
    dc_safetensors_close(file);
    dc_safetensors_close(NULL);
}

static void an_unreadable_path_is_named(void **state)
{
    (void)state;
    dc_safetensors *file = NULL;
    const char *path = scratch_path("missing.safetensors");
    assert_int_equal(dc_safetensors_open(path, &file), DCGAN_E_IO);
    assert_message_has(path);
    assert_int_equal(dc_safetensors_open(scratch_path("."), &file), DCGAN_E_INPUT);
    assert_null(file);
}

/* ---- Writing ----------------------------------------------------------------------------------------- */

/* What golden/make_safetensors_golden.py describes as ours. */
static void fill(void *context, size_t index, void *ret_data)
{
    int *calls = context;
    assert_int_equal(index, (*calls)++);
    static const float weight[] = {1, -2, 3}, last[] = {0.5f, INFINITY};
    static const int64_t batches = -5;
    static const struct {
        const void *data;
        size_t size;
    } tensors[] = {{weight, sizeof weight}, {&batches, sizeof batches}, {weight, 0}, {last, sizeof last}};
    memcpy(ret_data, tensors[index].data, tensors[index].size);
}

static dc_safetensors_builder *describe(void)
{
    dc_safetensors_builder *builder;
    assert_int_equal(dc_safetensors_builder_create(&builder), DCGAN_OK);
    assert_int_equal(dc_safetensors_builder_metadata(builder, "format", "test"), DCGAN_OK);
    assert_int_equal(dc_safetensors_builder_metadata(builder, "config", "{\"a\": \"\303\274\n\"}"), DCGAN_OK);
    static const struct {
        const char *name;
        dc_dtype dtype;
        int rank, shape[2];
    } tensors[] = {
        {"main.0.weight", DC_F32, 2, {1, 3}},
        {"main.1.num_batches_tracked", DC_I64, 0, {0}},
        {"nothing", DC_F32, 2, {2, 0}},
        {"Gr\303\274\303\237e \"\\", DC_F32, 1, {2}},
    };
    for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++)
        assert_int_equal(dc_safetensors_builder_tensor(builder, tensors[i].name, tensors[i].dtype, tensors[i].rank,
                                                       tensors[i].shape),
                         DCGAN_OK);
    return builder;
}

static void assert_same_bytes(const char *path, const char *expected_path)
{
    bytes file = bytes_of_file(path), expected = bytes_of_file(expected_path);
    assert_int_equal(file.size, expected.size);
    assert_memory_equal(file.data, expected.data, file.size);
    free(file.data);
    free(expected.data);
}

static void what_is_written_is_the_golden_file(void **state)
{
    (void)state;
    const char *path = scratch_path("ours.safetensors");
    dc_safetensors_builder *builder = describe();
    for (int time = 0; time < 2; time++) {
        int calls = 0;
        assert_int_equal(dc_safetensors_builder_write(builder, path, fill, &calls), DCGAN_OK);
        assert_int_equal(calls, 4);
        assert_same_bytes(path, GOLDEN "ours.safetensors");
    }
    dc_safetensors_builder_free(builder);
    dc_safetensors_builder_free(NULL);
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    const char *path = scratch_path("back.safetensors");
    dc_safetensors_builder *builder = describe();
    int calls = 0;
    assert_int_equal(dc_safetensors_builder_write(builder, path, fill, &calls), DCGAN_OK);
    dc_safetensors_builder_free(builder);
    dc_safetensors *file;
    assert_int_equal(dc_safetensors_open(path, &file), DCGAN_OK);
    assert_int_equal(dc_safetensors_count(file), 4);
    assert_string_equal(dc_safetensors_metadata(file, "config"), "{\"a\": \"\303\274\n\"}");
    assert_string_equal(dc_safetensors_at(file, 0)->name, "main.0.weight");
    float values[3];
    assert_int_equal(dc_safetensors_read_f32(file, "main.0.weight", 3, values), DCGAN_OK);
    assert_true(values[0] == 1 && values[1] == -2 && values[2] == 3);
    assert_int_equal(dc_safetensors_read_f32(file, "Gr\303\274\303\237e \"\\", 2, values), DCGAN_OK);
    assert_true(values[0] == 0.5f && isinf(values[1]));
    dc_safetensors_close(file);
}

static void an_empty_file_of_no_tensors_is_written(void **state)
{
    (void)state;
    const char *path = scratch_path("empty.safetensors");
    dc_safetensors_builder *builder;
    assert_int_equal(dc_safetensors_builder_create(&builder), DCGAN_OK);
    assert_int_equal(dc_safetensors_builder_write(builder, path, fill, NULL), DCGAN_OK);
    dc_safetensors_builder_free(builder);
    bytes file = bytes_of_file(path);
    assert_int_equal(file.size % 8, 0);
    assert_int_equal(parse(file), DCGAN_OK);
    free(file.data);
}

static void what_cannot_be_described_is_refused(void **state)
{
    (void)state;
    const int shape[] = {2};
    dc_safetensors_builder *builder;
    assert_int_equal(dc_safetensors_builder_create(&builder), DCGAN_OK);
    assert_int_equal(dc_safetensors_builder_metadata(builder, "config", "\377"), DCGAN_E_INPUT);
    assert_message_has("\"config\" cannot be saved");
    assert_int_equal(dc_safetensors_builder_tensor(builder, "\377", DC_F32, 1, shape), DCGAN_E_INPUT);
    assert_int_equal(dc_safetensors_builder_tensor(builder, "a", DC_F32, 1, shape), DCGAN_OK);
    assert_int_equal(dc_safetensors_builder_tensor(builder, "a", DC_F32, 1, shape), DCGAN_E_USAGE);
    assert_message_has("\"a\"");
    assert_int_equal(dc_safetensors_builder_tensor(builder, "__metadata__", DC_F32, 1, shape), DCGAN_E_USAGE);
    dc_safetensors_builder_free(builder);
}

static void fill_zeros(void *context, size_t index, void *ret_data)
{
    (void)index;
    memset(ret_data, 0, *(size_t *)context);
}

/* A disk that is full midway through the second tensor. */
static void a_failed_write_keeps_the_old_checkpoint(void **state)
{
    (void)state;
    enum { COUNT = 2048 };
    const int shape[] = {COUNT};
    size_t size = COUNT * sizeof(float);
    const char *path = scratch_path("kept.safetensors");
    int calls = 0;
    dc_safetensors_builder *small = describe(), *large;
    assert_int_equal(dc_safetensors_builder_write(small, path, fill, &calls), DCGAN_OK);
    dc_safetensors_builder_free(small);
    assert_int_equal(dc_safetensors_builder_create(&large), DCGAN_OK);
    assert_int_equal(dc_safetensors_builder_tensor(large, "a", DC_F32, 1, shape), DCGAN_OK);
    assert_int_equal(dc_safetensors_builder_tensor(large, "b", DC_F32, 1, shape), DCGAN_OK);

    struct rlimit before, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = (struct rlimit){.rlim_cur = size + size / 2, .rlim_max = before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    dc_status status = dc_safetensors_builder_write(large, path, fill_zeros, &size);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_DFL);

    assert_int_equal(status, DCGAN_E_IO);
    assert_message_has(path);
    assert_same_bytes(path, GOLDEN "ours.safetensors");
    assert_int_equal(dc_safetensors_builder_write(large, scratch_path("no/folder"), fill_zeros, &size), DCGAN_E_IO);
    assert_int_equal(dc_safetensors_builder_write(large, path, fill_zeros, &size), DCGAN_OK);
    dc_safetensors_builder_free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_format_allows_is_read),
        cmocka_unit_test(every_broken_rule_is_refused),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(a_foreign_file_is_told_from_a_damaged_one),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(a_flipped_bit_does_no_harm),
        cmocka_unit_test(a_file_of_pytorch_is_read),
        cmocka_unit_test(a_tensor_that_does_not_fit_is_refused),
        cmocka_unit_test(an_unreadable_path_is_named),
        cmocka_unit_test(what_is_written_is_the_golden_file),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(an_empty_file_of_no_tensors_is_written),
        cmocka_unit_test(what_cannot_be_described_is_refused),
        cmocka_unit_test(a_failed_write_keeps_the_old_checkpoint),
    };
    return cmocka_run_group_tests(tests, scratch_create, scratch_remove);
}
