/* html.c - see html.h. */
#include "app/html.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define REPLACEMENT "\xef\xbf\xbd"

/* Bytes of the UTF-8 character at `text`, 0 if there is none: not UTF-8, or overlong, a surrogate, too large. */
static size_t character_length(const unsigned char *text)
{
    static const struct {
        unsigned char mask, mark;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    for (size_t length = 1; length <= 4; length++) {
        if ((text[0] & forms[length - 1].mask) != forms[length - 1].mark)
            continue;
        uint32_t code = text[0] & (unsigned char)~forms[length - 1].mask;
        for (size_t i = 1; i < length; i++) {
            if ((text[i] & 0xc0) != 0x80)
                return 0;
            code = code << 6 | (text[i] & 0x3f);
        }
        bool valid = code >= forms[length - 1].least && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
        return valid ? length : 0;
    }
    return 0;
}

static const char *escape_of(unsigned char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f ? REPLACEMENT : NULL;
    }
}

void dc_html_text(FILE *out, const char *text)
{
    while (*text) {
        const char *escape = escape_of((unsigned char)*text);
        size_t length = character_length((const unsigned char *)text);
        if (escape || length == 0)
            fputs(escape ? escape : REPLACEMENT, out);
        else
            fwrite(text, 1, length, out);
        text += length ? length : 1;
    }
}

static void print_list(FILE *out, const char *format, va_list arguments)
{
    char *text;
    if (vasprintf(&text, format, arguments) < 0)
        return;
    dc_html_text(out, text);
    free(text);
}

void dc_html_format(FILE *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_list(out, format, arguments);
    va_end(arguments);
}

void dc_html_element(FILE *out, const char *tag, const char *class_name, const char *text)
{
    if (class_name)
        fprintf(out, "<%s class=\"%s\">", tag, class_name);
    else
        fprintf(out, "<%s>", tag);
    dc_html_text(out, text);
    fprintf(out, "</%s>\n", tag);
}

void dc_html_row(FILE *out, const char *heading, const char *format, ...)
{
    va_list arguments;
    fputs("<tr>", out);
    dc_html_element(out, "th", NULL, heading);
    fputs("<td>", out);
    va_start(arguments, format);
    print_list(out, format, arguments);
    va_end(arguments);
    fputs("</td></tr>\n", out);
}
