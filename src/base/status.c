/* status.c - the message of this thread's last failure.
 *
 * Messages quote names from anywhere: paths, picture and tensor names. What is kept is UTF-8 without control
 * characters, fit for a terminal and for JSON. */
#include "base/status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local char message[2048];

const char *dcgan_error_message(void)
{
    return message;
}

const char *dcgan_version(void)
{
    return DCGAN_VERSION;
}

void dcgan_free(void *memory)
{
    free(memory);
}

/* Length of the UTF-8 character at `text`; 0 if it is malformed or a control character. */
static size_t printable_length(const unsigned char *text)
{
    static const uint32_t least[] = {0, ' ', 0xA0, 0x800, 0x10000}; /* of each length, control characters apart */
    size_t length = text[0] < 0x80 ? 1 : text[0] < 0xE0 ? 2 : text[0] < 0xF0 ? 3 : 4;
    if ((text[0] >= 0x80 && text[0] < 0xC0) || text[0] >= 0xF8)
        return 0;
    uint32_t code = length == 1 ? text[0] : text[0] & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
        code = code << 6 | (text[i] & 0x3F);
    }
    if (code == '\n')
        return 1;
    bool bad = code < least[length] || code == 0x7F || (code >= 0xD800 && code < 0xE000) || code > 0x10FFFF;
    return bad ? 0 : length;
}

/* Copies `text` with a question mark for every byte that cannot be shown. */
static void keep(const char *text)
{
    size_t used = 0;
    while (*text && used + 4 < sizeof message) {
        size_t length = printable_length((const unsigned char *)text);
        if (length == 0) {
            message[used++] = '?';
            text++;
        }
        memcpy(message + used, text, length);
        used += length;
        text += length;
    }
    message[used] = '\0';
}

dc_status dc_fail(dc_status code, const char *format, ...)
{
    char text[sizeof message]; /* of its own: an argument may be the present message */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    keep(text);
    return code;
}

static const char *remedy(int error)
{
    switch (error) {
    case ENOSPC:
    case EDQUOT:
        return " Free some space and try again.";
    case EACCES:
    case EPERM:
    case EROFS:
        return " Choose another place, or change the permissions.";
    case ENOENT:
        return " Check the spelling of the path.";
    default:
        return "";
    }
}

dc_status dc_fail_errno(const char *format, ...)
{
    int error = errno;
    char what[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return dc_fail(error == ENOMEM ? DCGAN_E_MEMORY : DCGAN_E_IO, "%s: %s.%s", what, strerror(error), remedy(error));
}

dc_status dc_fail_within(dc_status code, const char *format, ...)
{
    char prefix[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(prefix, sizeof prefix, format, arguments);
    va_end(arguments);
    return dc_fail(code, "%s: %s", prefix, message);
}
