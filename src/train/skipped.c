/* skipped.c - see skipped.h. */
#include "train/skipped.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static dc_status out_of_memory(void)
{
    return dc_fail(DCGAN_E_MEMORY, "Not enough memory for the list of skipped files.");
}

dc_status dc_skip_text_open(dc_skip_text *skips)
{
    skips->stream = open_memstream(&skips->text, &skips->size);
    return skips->stream ? DCGAN_OK : out_of_memory();
}

dc_status dc_skip_text_add(dc_skip_text *skips, const char *path, const char *reason)
{
    fwrite(path, 1, strlen(path) + 1, skips->stream);
    fwrite(reason, 1, strlen(reason) + 1, skips->stream);
    return ferror(skips->stream) ? out_of_memory() : DCGAN_OK;
}

dc_status dc_skip_text_add_all(dc_skip_text *skips, const dc_skip_text *more)
{
    return fwrite(more->text, 1, more->size, skips->stream) == more->size ? DCGAN_OK : out_of_memory();
}

dc_status dc_skip_text_flush(dc_skip_text *skips)
{
    return fflush(skips->stream) == 0 ? DCGAN_OK : out_of_memory();
}

void dc_skip_text_close(dc_skip_text *skips)
{
    if (skips->stream)
        fclose(skips->stream);
    free(skips->text);
    *skips = (dc_skip_text){0};
}

static size_t count_terminators(const char *text, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += text[i] == '\0';
    return count;
}

static int compare_skipped(const void *a, const void *b)
{
    return strcmp(((const dc_skipped *)a)->path, ((const dc_skipped *)b)->path);
}

dc_status dc_skipped_parse(const char *text, size_t size, dc_skipped **ret_skipped, size_t *ret_count)
{
    size_t terminators = count_terminators(text, size);
    if (terminators % 2 != 0 || (size > 0 && text[size - 1] != '\0'))
        return dc_fail(DCGAN_E_INPUT, "The list of skipped files is damaged.");
    size_t count = terminators / 2;
    dc_skipped *skipped;
    DC_TRY(dc_alloc(count, sizeof *skipped, (void **)&skipped));
    for (size_t i = 0; i < count; i++) {
        skipped[i].path = text;
        text += strlen(text) + 1;
        skipped[i].reason = text;
        text += strlen(text) + 1;
    }
    qsort(skipped, count, sizeof *skipped, compare_skipped);
    *ret_skipped = skipped;
    *ret_count = count;
    return DCGAN_OK;
}
