/* checkpoint.c - see checkpoint.h. */
#include "train/checkpoint.h"

#include "base/memory.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define MAX_NAME 96

static const char *const moment_suffixes[] = {[DC_ROLE_MOMENT1] = ".exp_avg", [DC_ROLE_MOMENT2] = ".exp_avg_sq"};

/* ---- The list of tensors of a file ------------------------------------------------------------------- */

typedef struct source {
    const dc_plan *plan; /* NULL: a BatchNorm's num_batches_tracked */
    dc_role role;
    int param;
    int64_t tracked;
} source;

/* A builder and where each of its tensors comes from. */
typedef struct listing {
    dc_safetensors_builder *builder;
    size_t count;
    source sources[2 * 4 * DC_MAX_BLOCKS * 5];
} listing;

static dc_status add(listing *list, const char *name, dc_dtype dtype, int rank, const int *shape, source from)
{
    DC_TRY(dc_safetensors_builder_tensor(list->builder, name, dtype, rank, shape));
    list->sources[list->count++] = from;
    return DCGAN_OK;
}

/* "main.1.running_var" -> "main.1.num_batches_tracked" */
static void tracked_name(const char *prefix, const dc_param *variance, char name[MAX_NAME])
{
    size_t module = (size_t)(strrchr(variance->name, '.') - variance->name);
    snprintf(name, MAX_NAME, "%s%.*s.num_batches_tracked", prefix, (int)module, variance->name);
}

/* A net's values, and after each running variance PyTorch's count of the batches it has seen. */
static dc_status add_values(listing *list, const char *prefix, const dc_plan *plan, uint64_t batches)
{
    const dc_net *net = dc_plan_net(plan);
    for (int i = 0; i < net->param_count; i++) {
        const dc_param *param = &net->params[i];
        char name[MAX_NAME];
        snprintf(name, sizeof name, "%s%s", prefix, param->name);
        DC_TRY(add(list, name, DC_F32, param->rank, param->shape, (source){plan, DC_ROLE_VALUE, i, 0}));
        if (param->kind != DC_PARAM_RUNNING_VAR)
            continue;
        tracked_name(prefix, param, name);
        DC_TRY(add(list, name, DC_I64, 0, NULL, (source){.tracked = (int64_t)batches}));
    }
    return DCGAN_OK;
}

static dc_status add_moments(listing *list, const char *prefix, const dc_plan *plan)
{
    const dc_net *net = dc_plan_net(plan);
    for (int i = 0; i < net->param_count; i++) {
        const dc_param *param = &net->params[i];
        for (int role = DC_ROLE_MOMENT1; dc_param_is_trained(param) && role <= DC_ROLE_MOMENT2; role++) {
            char name[MAX_NAME];
            snprintf(name, sizeof name, "%s%s%s", prefix, param->name, moment_suffixes[role]);
            DC_TRY(add(list, name, DC_F32, param->rank, param->shape, (source){plan, (dc_role)role, i, 0}));
        }
    }
    return DCGAN_OK;
}

static void read_source(void *context, size_t index, void *ret_data)
{
    const source *from = &((const listing *)context)->sources[index];
    if (from->plan)
        dc_plan_get(from->plan, from->role, from->param, ret_data);
    else
        memcpy(ret_data, &from->tracked, sizeof from->tracked);
}

static dc_status add_metadata(listing *list, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static dc_status add_metadata(listing *list, const char *key, const char *format, ...)
{
    char value[64];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(value, sizeof value, format, arguments);
    va_end(arguments);
    return dc_safetensors_builder_metadata(list->builder, key, value);
}

static size_t size_of_source(const source *from)
{
    return from->plan ? dc_plan_net(from->plan)->params[from->param].count * sizeof(float) : sizeof from->tracked;
}

/* XXH3 of all tensors' bytes, in their order: a header that reads well says nothing of the bits behind it. */
static dc_status hash_sources(listing *list, uint64_t *ret_hash)
{
    size_t largest = 0;
    for (size_t i = 0; i < list->count; i++)
        if (size_of_source(&list->sources[i]) > largest)
            largest = size_of_source(&list->sources[i]);
    void *data;
    DC_TRY(dc_alloc(1, largest, &data));
    XXH3_state_t *state = XXH3_createState();
    if (state) {
        XXH3_64bits_reset(state);
        for (size_t i = 0; i < list->count; i++) {
            read_source(list, i, data);
            XXH3_64bits_update(state, data, size_of_source(&list->sources[i]));
        }
        *ret_hash = XXH3_64bits_digest(state);
    }
    free(data);
    XXH3_freeState(state);
    return state ? DCGAN_OK : dc_fail(DCGAN_E_MEMORY, "Not enough memory for a checksum.");
}

static dc_status hash_stored(const dc_safetensors *file, uint64_t *ret_hash)
{
    XXH3_state_t *state = XXH3_createState();
    if (!state)
        return dc_fail(DCGAN_E_MEMORY, "Not enough memory for a checksum.");
    XXH3_64bits_reset(state);
    for (size_t i = 0; i < dc_safetensors_count(file); i++) {
        const dc_stored *stored = dc_safetensors_at(file, i);
        XXH3_64bits_update(state, stored->data,
                           stored->count * (stored->dtype == DC_F32 ? sizeof(float) : sizeof(int64_t)));
    }
    *ret_hash = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    return DCGAN_OK;
}

/* ---- Saving ------------------------------------------------------------------------------------------ */

/* Forward passes in training mode so far: what BatchNorm's num_batches_tracked counts. */
static uint64_t generator_batches(const dc_gan *gan, uint64_t step)
{
    return step * (uint64_t)gan->options.d_steps;
}

static uint64_t discriminator_batches(const dc_gan *gan, uint64_t step)
{
    return step * (2 * (uint64_t)gan->options.d_steps + 1);
}

static dc_status check_finite(const dc_plan *plan)
{
    const dc_net *net = dc_plan_net(plan);
    bool finite = true;
    for (int i = 0; finite && i < net->param_count; i++) {
        float *values;
        DC_TRY(dc_alloc(net->params[i].count, sizeof *values, (void **)&values));
        dc_plan_get(plan, DC_ROLE_VALUE, i, values);
        for (size_t k = 0; finite && k < net->params[i].count; k++)
            finite = isfinite(values[k]);
        free(values);
    }
    return finite ? DCGAN_OK : dc_fail(DCGAN_E_DIVERGED, "The weights hold numbers that are not finite.");
}

static dc_status fill_checkpoint(listing *list, const dc_gan *gan, const dc_training_state *state,
                                 const char *config_text)
{
    DC_TRY(add_metadata(list, "format", DC_CHECKPOINT_FORMAT));
    DC_TRY(dc_safetensors_builder_metadata(list->builder, "config", config_text));
    DC_TRY(add_metadata(list, "step", "%" PRIu64, state->step));
    DC_TRY(add_metadata(list, "epoch", "%" PRIu64, state->epoch));
    DC_TRY(add_metadata(list, "position", "%" PRIu64, state->position));
    DC_TRY(add_metadata(list, "time", "%.3f", state->seconds));
    DC_TRY(add_metadata(list, "updates_d", "%" PRIu64, gan->discriminator->updates));
    DC_TRY(add_metadata(list, "updates_g", "%" PRIu64, gan->generator->updates));
    DC_TRY(add_metadata(list, "dataset_hash", "%016" PRIx64, state->data_hash));
    DC_TRY(add_values(list, "netG.", gan->generator, generator_batches(gan, state->step)));
    DC_TRY(add_values(list, "netD.", gan->discriminator, discriminator_batches(gan, state->step)));
    DC_TRY(add_moments(list, "optimizerG.", gan->generator));
    DC_TRY(add_moments(list, "optimizerD.", gan->discriminator));
    uint64_t hash = 0;
    DC_TRY(hash_sources(list, &hash));
    return add_metadata(list, "tensors_hash", "%016" PRIx64, hash);
}

static dc_status fill_generator(listing *list, const dc_gan *gan, uint64_t step, const char *config_text)
{
    DC_TRY(add_metadata(list, "format", DC_GENERATOR_FORMAT));
    DC_TRY(dc_safetensors_builder_metadata(list->builder, "config", config_text));
    DC_TRY(add_metadata(list, "step", "%" PRIu64, step));
    return add_values(list, "", gan->generator, generator_batches(gan, step));
}

/* Writes what has been filled in, if that went well; the listing is done with either way. */
static dc_status write_listing(listing *list, dc_status filled, const char *path)
{
    dc_status status = filled;
    if (status == DCGAN_OK)
        status = dc_safetensors_builder_write(list->builder, path, read_source, list);
    dc_safetensors_builder_free(list->builder);
    return status;
}

dc_status dc_checkpoint_save(const dc_gan *gan, const dc_training_state *state, const char *config_text,
                             const char *path)
{
    DC_TRY(check_finite(gan->generator));
    DC_TRY(check_finite(gan->discriminator));
    listing list = {0};
    DC_TRY(dc_safetensors_builder_create(&list.builder));
    return write_listing(&list, fill_checkpoint(&list, gan, state, config_text), path);
}

dc_status dc_generator_save(const dc_gan *gan, uint64_t step, const char *config_text, const char *path)
{
    DC_TRY(check_finite(gan->generator));
    listing list = {0};
    DC_TRY(dc_safetensors_builder_create(&list.builder));
    return write_listing(&list, fill_generator(&list, gan, step, config_text), path);
}

/* ---- Loading ----------------------------------------------------------------------------------------- */

static bool read_number(const dc_safetensors *file, const char *key, int base, uint64_t *ret_value)
{
    const char *text = dc_safetensors_metadata(file, key);
    char *end;
    if (!text || *text == '\0' || *text == '-')
        return false;
    *ret_value = strtoull(text, &end, base);
    return *end == '\0';
}

static bool read_seconds(const dc_safetensors *file, double *ret_seconds)
{
    const char *text = dc_safetensors_metadata(file, "time");
    char *end;
    if (!text || *text == '\0')
        return false;
    *ret_seconds = strtod(text, &end);
    return *end == '\0' && *ret_seconds >= 0 && isfinite(*ret_seconds);
}

static dc_status read_state(const dc_safetensors *file, const char *path, dc_training_state *ret_state)
{
    const char *format = dc_safetensors_metadata(file, "format");
    if (!format || strcmp(format, DC_CHECKPOINT_FORMAT) != 0)
        return dc_fail(DCGAN_E_INPUT, "%s is not a training checkpoint of dcgan (its format is \"%s\").", path,
                       format ? format : "unknown");
    dc_training_state state;
    uint64_t promised, found = 0;
    if (!read_number(file, "step", 10, &state.step) || !read_number(file, "epoch", 10, &state.epoch) ||
        !read_number(file, "position", 10, &state.position) || !read_seconds(file, &state.seconds) ||
        !read_number(file, "dataset_hash", 16, &state.data_hash) || !read_number(file, "tensors_hash", 16, &promised) ||
        !dc_checkpoint_config(file))
        return dc_fail(DCGAN_E_INPUT, "%s lacks a part of its metadata: use an older checkpoint.", path);
    DC_TRY(hash_stored(file, &found));
    if (found != promised)
        return dc_fail(DCGAN_E_INPUT, "%s is damaged: its tensors do not have the checksum they were saved with.",
                       path);
    *ret_state = state;
    return DCGAN_OK;
}

dc_status dc_checkpoint_open(const char *path, dc_safetensors **ret_file, dc_training_state *ret_state)
{
    dc_safetensors *file;
    DC_TRY(dc_safetensors_open(path, &file));
    dc_status status = read_state(file, path, ret_state);
    if (status == DCGAN_OK)
        *ret_file = file;
    else
        dc_safetensors_close(file);
    return status;
}

const char *dc_checkpoint_config(const dc_safetensors *file)
{
    return dc_safetensors_metadata(file, "config");
}

static dc_status load_role(const dc_safetensors *file, const char *prefix, const char *suffix, dc_plan *plan,
                           dc_role role)
{
    const dc_net *net = dc_plan_net(plan);
    for (int i = 0; i < net->param_count; i++) {
        const dc_param *param = &net->params[i];
        if (role != DC_ROLE_VALUE && !dc_param_is_trained(param))
            continue;
        char name[MAX_NAME];
        snprintf(name, sizeof name, "%s%s%s", prefix, param->name, suffix);
        float *values;
        DC_TRY(dc_alloc(param->count, sizeof *values, (void **)&values));
        dc_status status = dc_safetensors_read_f32(file, name, param->count, values);
        if (status == DCGAN_OK)
            dc_plan_put(plan, role, i, values);
        free(values);
        DC_TRY(status);
    }
    return DCGAN_OK;
}

dc_status dc_load_net(const dc_safetensors *file, const char *prefix, dc_plan *plan)
{
    return load_role(file, prefix, "", plan, DC_ROLE_VALUE);
}

static dc_status load_with_moments(const dc_safetensors *file, const char *net, const char *optimizer,
                                   const char *updates_key, dc_plan *plan)
{
    uint64_t updates;
    if (!read_number(file, updates_key, 10, &updates))
        return dc_fail(DCGAN_E_INPUT, "The checkpoint lacks \"%s\" in its metadata: use an older one.", updates_key);
    DC_TRY(dc_load_net(file, net, plan));
    for (int role = DC_ROLE_MOMENT1; role <= DC_ROLE_MOMENT2; role++)
        DC_TRY(load_role(file, optimizer, moment_suffixes[role], plan, (dc_role)role));
    dc_plan_set_updates(plan, updates);
    return DCGAN_OK;
}

dc_status dc_checkpoint_load(const dc_safetensors *file, dc_gan *gan)
{
    DC_TRY(load_with_moments(file, "netG.", "optimizerG.", "updates_g", gan->generator));
    return load_with_moments(file, "netD.", "optimizerD.", "updates_d", gan->discriminator);
}
