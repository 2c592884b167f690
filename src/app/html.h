/* html.h - writes HTML: all text goes through here and is escaped. May call nothing. */
#ifndef DC_APP_HTML_H
#define DC_APP_HTML_H

#include <stdio.h>

/* Text for between tags or between quotes. What is not UTF-8, and control characters, become replacement characters. */
void dc_html_text(FILE *out, const char *text);
__attribute__((format(printf, 2, 3))) void dc_html_format(FILE *out, const char *format, ...);

/* <tag class="name">text</tag>; tag and class are ours and not escaped. No class: NULL. */
void dc_html_element(FILE *out, const char *tag, const char *class_name, const char *text);

/* A row of a table: a heading and a text. */
__attribute__((format(printf, 3, 4))) void dc_html_row(FILE *out, const char *heading, const char *format, ...);

#endif
