/* line.c - see line.h. */
#include "app/line.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MOST_PARTS 8
#define GAP        "  "

/* A part of a line: as it is best, and as short as it can be. */
typedef struct dc_part {
    char full[64], brief[48];
    int rank; /* the part of the lowest rank is the first to be shortened, and to go */
} dc_part;

typedef struct dc_parts {
    dc_part list[MOST_PARTS];
    size_t count;
} dc_parts;

/* Both forms come from the same numbers: format them one after the other. */
__attribute__((format(printf, 3, 5), format(printf, 4, 5))) static void add(dc_parts *parts, int rank, const char *full,
                                                                            const char *brief, ...)
{
    dc_part *part = &parts->list[parts->count++];
    va_list numbers;
    part->rank = rank;
    va_start(numbers, brief);
    vsnprintf(part->full, sizeof part->full, full, numbers);
    va_end(numbers);
    va_start(numbers, brief);
    vsnprintf(part->brief, sizeof part->brief, brief, numbers);
    va_end(numbers);
}

static void join(const dc_parts *parts, const char *const *shown, char *ret_line)
{
    *ret_line = '\0';
    for (size_t i = 0; i < parts->count; i++) {
        if (!shown[i])
            continue;
        size_t length = strlen(ret_line);
        snprintf(ret_line + length, DC_LINE_SIZE - length, "%s%s", length ? GAP : "", shown[i]);
    }
}

static void fit(const dc_parts *parts, size_t width, char *ret_line)
{
    const char *shown[MOST_PARTS] = {NULL};
    for (size_t i = 0; i < parts->count; i++)
        shown[i] = parts->list[i].full;
    join(parts, shown, ret_line);
    /* First pass: shorten, by rank; second pass: leave out, by rank. */
    for (int pass = 0; pass < 2; pass++) {
        for (int rank = 0; rank < MOST_PARTS; rank++) {
            for (size_t i = 0; i < parts->count && strlen(ret_line) > width; i++) {
                if (parts->list[i].rank != rank)
                    continue;
                shown[i] = pass == 0 ? parts->list[i].brief : NULL;
                join(parts, shown, ret_line);
            }
        }
    }
}

/* "4:12", "1:04:12", "12 days" */
static void format_clock(double seconds, char ret_text[32])
{
    uint64_t s = seconds > 0 ? (uint64_t)(seconds + 0.5) : 0;
    if (s >= 100 * 3600)
        snprintf(ret_text, 32, "%" PRIu64 " days", s / 86400);
    else if (s >= 3600)
        snprintf(ret_text, 32, "%" PRIu64 ":%02d:%02d", s / 3600, (int)(s / 60 % 60), (int)(s % 60));
    else
        snprintf(ret_text, 32, "%d:%02d", (int)(s / 60), (int)(s % 60));
}

static void add_scores(dc_parts *parts, const dcgan_progress *p)
{
    add(parts, 6, "loss D %.3f G %.3f", "D %.2f G %.2f", p->loss_d, p->loss_g);
    add(parts, 1, "D(x) %.2f", "D(x) %.2f", p->d_real);
    add(parts, 2, "D(G(z)) %.2f/%.2f", "D(G(z)) %.2f/%.2f", p->d_fake, p->d_fake_after);
    add(parts, 3, "%.0f images/s", "%.0f/s", p->images_per_second);
}

void dc_line_live(const dcgan_progress *progress, size_t width, char ret_line[DC_LINE_SIZE])
{
    const dcgan_progress *p = progress;
    dc_parts parts = {.count = 0};
    char left[32];
    add(&parts, 5, "epoch %" PRIu64 "/%" PRIu64, "%" PRIu64 "/%" PRIu64, p->epoch, p->epochs);
    add(&parts, 0, "step %" PRIu64 "/%" PRIu64, "%" PRIu64 "/%" PRIu64, p->step, p->steps);
    add_scores(&parts, p);
    if (p->seconds_left >= 0) {
        format_clock(p->seconds_left, left);
        add(&parts, 4, "%s left", "%s left", left);
    }
    fit(&parts, width, ret_line);
}

void dc_line_epoch(const dcgan_progress *progress, size_t width, char ret_line[DC_LINE_SIZE])
{
    const dcgan_progress *p = progress;
    dc_parts parts = {.count = 0};
    char spent[32];
    format_clock(p->seconds, spent);
    add(&parts, 5, "epoch %" PRIu64 "/%" PRIu64, "%" PRIu64 "/%" PRIu64, p->epoch, p->epochs);
    add_scores(&parts, p);
    add(&parts, 4, "%s", "%s", spent);
    fit(&parts, width, ret_line);
}

void dc_line_plain(const dcgan_progress *progress, char ret_line[DC_LINE_SIZE])
{
    const dcgan_progress *p = progress;
    snprintf(ret_line, DC_LINE_SIZE,
             "[%" PRIu64 "/%" PRIu64 "][%" PRIu64 "/%" PRIu64 "] Loss_D: %.4f Loss_G: %.4f D(x): %.4f "
             "D(G(z)): %.4f / %.4f",
             p->epoch, p->epochs, p->batch, p->batches, p->loss_d, p->loss_g, p->d_real, p->d_fake, p->d_fake_after);
}

void dc_line_bar(const char *label, uint64_t done, uint64_t total, size_t width, char ret_line[DC_LINE_SIZE])
{
    char count[64];
    size_t most = 40;
    snprintf(count, sizeof count, "%" PRIu64 "/%" PRIu64, done, total);
    size_t rest = strlen(label) + strlen(count) + strlen(" [] ");
    size_t cells = width > rest ? width - rest : 0;
    cells = cells > most ? most : cells;
    size_t filled = total ? (size_t)((double)cells * (double)done / (double)total) : 0;
    char bar[41];
    for (size_t i = 0; i < cells; i++)
        bar[i] = i < filled ? '#' : '-';
    snprintf(ret_line, DC_LINE_SIZE, "%s [%.*s] %s", label, (int)cells, bar, count);
}

void dc_line_duration(double seconds, char ret_text[32])
{
    uint64_t s = seconds > 0 ? (uint64_t)(seconds + 0.5) : 0;
    if (s >= 3600)
        snprintf(ret_text, 32, "%" PRIu64 " h %02d min", s / 3600, (int)(s / 60 % 60));
    else if (s >= 60)
        snprintf(ret_text, 32, "%d min %02d s", (int)(s / 60), (int)(s % 60));
    else
        snprintf(ret_text, 32, "%.*f s", seconds < 9.95, seconds);
}
