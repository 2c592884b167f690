/* row.c - see row.h. */
#include "serve/row.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define FIELD_STEP    DC_COLUMN_COUNT
#define FIELD_UNKNOWN (DC_COLUMN_COUNT + 1)
#define LARGEST_STEP  9007199254740992.0 /* 2^53: whole numbers are exact in a double up to here */

/* clang-format off */
#define FIELD(text) {(text), sizeof(text) - 1}
/* clang-format on */
static const struct {
    const char *name;
    size_t length;
} fields[] = {
    [DC_COLUMN_TIME] = FIELD("time"),
    [DC_COLUMN_EPOCH] = FIELD("epoch"),
    [DC_COLUMN_LOSS_D] = FIELD("loss_d"),
    [DC_COLUMN_LOSS_G] = FIELD("loss_g"),
    [DC_COLUMN_D_REAL] = FIELD("d_real"),
    [DC_COLUMN_D_FAKE] = FIELD("d_fake"),
    [DC_COLUMN_D_FAKE_AFTER] = FIELD("d_fake_after"),
    [DC_COLUMN_SIGN_REAL] = FIELD("sign_real"),
    [DC_COLUMN_IMAGES_PER_SECOND] = FIELD("images_per_second"),
    [FIELD_STEP] = FIELD("step"),
};

const char *dc_column_name(dc_column column)
{
    return fields[column].name;
}

/* The text still to be read. */
typedef struct text_cursor {
    const char *next, *end;
} text_cursor;

static int peek(const text_cursor *cursor)
{
    return cursor->next < cursor->end ? (unsigned char)*cursor->next : -1;
}

static void skip_blanks(text_cursor *cursor)
{
    while (peek(cursor) == ' ' || peek(cursor) == '\t' || peek(cursor) == '\r')
        cursor->next++;
}

static bool take_char(text_cursor *cursor, char c)
{
    if (peek(cursor) != c)
        return false;
    cursor->next++;
    return true;
}

/* Takes `c` and the blanks around it. */
static bool take_mark(text_cursor *cursor, char c)
{
    skip_blanks(cursor);
    if (!take_char(cursor, c))
        return false;
    skip_blanks(cursor);
    return true;
}

static bool take_word(text_cursor *cursor, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(cursor->end - cursor->next) < length || memcmp(cursor->next, word, length) != 0)
        return false;
    cursor->next += length;
    return true;
}

/* A string; escapes are passed over, not decoded: no field that matters has any. */
static bool take_string(text_cursor *cursor, const char **ret_text, size_t *ret_length)
{
    if (peek(cursor) != '"')
        return false;
    const char *text = ++cursor->next;
    for (; cursor->next < cursor->end; cursor->next++) {
        if (*cursor->next == '"') {
            *ret_text = text;
            *ret_length = (size_t)(cursor->next++ - text);
            return true;
        }
        if (*cursor->next == '\\' && cursor->next + 1 < cursor->end)
            cursor->next++;
    }
    return false;
}

/* Takes digits into a mantissa of at most 18; returns how many were dropped behind it. */
static int take_digits(text_cursor *cursor, uint64_t *mantissa, int *count)
{
    int dropped = 0;
    for (; peek(cursor) >= '0' && peek(cursor) <= '9'; cursor->next++, (*count)++) {
        if (*mantissa < 100000000000000000u)
            *mantissa = *mantissa * 10 + (uint64_t)(*cursor->next - '0');
        else
            dropped++;
    }
    return dropped;
}

static double scale(double value, int exponent)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (value == 0)
        return 0; /* whatever the exponent: 0 times infinity would be no number */
    if (exponent < -22 || exponent > 22)
        return value * pow(10, exponent);
    return exponent < 0 ? value / powers[-exponent] : value * powers[exponent];
}

static bool take_number(text_cursor *ret_cursor, double *ret_value)
{
    text_cursor moved = *ret_cursor, *cursor = &moved;
    bool negative = take_char(cursor, '-');
    uint64_t mantissa = 0;
    int count = 0;
    int exponent = take_digits(cursor, &mantissa, &count);
    if (count == 0)
        return false;
    if (take_char(cursor, '.')) {
        int whole = count;
        exponent += take_digits(cursor, &mantissa, &count);
        if (count == whole)
            return false;
        exponent -= count - whole;
    }
    if (take_char(cursor, 'e') || take_char(cursor, 'E')) {
        bool below = take_char(cursor, '-');
        if (!below)
            take_char(cursor, '+');
        uint64_t power = 0;
        int digits = 0;
        take_digits(cursor, &power, &digits);
        if (digits == 0)
            return false;
        int bounded = power > 9999 ? 9999 : (int)power;
        exponent += below ? -bounded : bounded;
    }
    double value = scale((double)mantissa, exponent);
    *ret_value = negative ? -value : value;
    *ret_cursor = moved;
    return true;
}

/* Any value that is not an object or a list; NaN for what is not a finite number. */
static bool take_value(text_cursor *cursor, double *ret_value)
{
    const char *text;
    size_t length;
    *ret_value = NAN;
    if (take_number(cursor, ret_value)) {
        if (!isfinite(*ret_value))
            *ret_value = NAN;
        return true;
    }
    return take_word(cursor, "null") || take_word(cursor, "true") || take_word(cursor, "false") ||
           take_string(cursor, &text, &length);
}

static int find_field(const char *name, size_t length)
{
    for (int i = 0; i < FIELD_UNKNOWN; i++)
        if (fields[i].length == length && memcmp(fields[i].name, name, length) == 0)
            return i;
    return FIELD_UNKNOWN;
}

bool dc_row_parse(const char *line, size_t length, dc_row *ret_row)
{
    text_cursor cursor = {line, line + length};
    double values[FIELD_UNKNOWN + 1];
    for (int i = 0; i <= FIELD_UNKNOWN; i++)
        values[i] = NAN;
    if (!take_mark(&cursor, '{'))
        return false;
    do {
        const char *name;
        size_t name_length;
        double value;
        if (!take_string(&cursor, &name, &name_length) || !take_mark(&cursor, ':') || !take_value(&cursor, &value))
            return false;
        values[find_field(name, name_length)] = value;
    } while (take_mark(&cursor, ','));
    if (!take_mark(&cursor, '}') || cursor.next != cursor.end)
        return false;
    double step = values[FIELD_STEP];
    if (!(step >= 1 && step <= LARGEST_STEP) || step != floor(step))
        return false;
    ret_row->step = step;
    memcpy(ret_row->values, values, sizeof ret_row->values);
    return true;
}
