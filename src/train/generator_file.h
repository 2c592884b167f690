/* generator_file.h - a generator's net and weights out of any file that holds one: a run's newest, a
 * checkpoint, or a .safetensors file with PyTorch's names, made here or elsewhere. */
#ifndef DC_TRAIN_GENERATOR_FILE_H
#define DC_TRAIN_GENERATOR_FILE_H

#include "format/safetensors.h"
#include "net/net.h"

typedef struct dc_generator_file {
    dc_safetensors *file;
    const char *prefix; /* of its tensors' names: "" or "netG." */
    dc_net net;
} dc_generator_file;

/* The net's shape is told from the tensors: no metadata is needed. */
dc_status dc_generator_file_open(const char *path, dc_generator_file *ret_file);
void dc_generator_file_close(dc_generator_file *file);

#endif
