/* names.c - see names.h. */
#include "serve/names.h"

#include <stdlib.h>
#include <string.h>

bool dc_name_is_component(const char *name)
{
    return name[0] != '\0' && name[0] != '.' && !strchr(name, '/');
}

bool dc_name_is_numbered(const char *name, const char *prefix, const char *suffix, uint64_t *ret_number)
{
    size_t skip = strlen(prefix);
    if (strncmp(name, prefix, skip) != 0)
        return false;
    const char *digits = name + skip;
    size_t count = strspn(digits, "0123456789");
    if (count < 1 || count > 9 || strcmp(digits + count, suffix) != 0)
        return false;
    *ret_number = strtoull(digits, NULL, 10);
    return true;
}

bool dc_name_is_served(const char *file)
{
    uint64_t number;
    return strcmp(file, "config.json") == 0 || strcmp(file, "pictures.json") == 0 || strcmp(file, "losses.png") == 0 ||
           dc_name_is_numbered(file, "samples/epoch_", ".png", &number) ||
           dc_name_is_numbered(file, "samples/two_generated_epoch_", ".png", &number);
}
