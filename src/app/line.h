/* line.h - lines of progress: pure text, fitted to a width. */
#ifndef DC_APP_LINE_H
#define DC_APP_LINE_H

#include <dcgan.h>

#define DC_LINE_SIZE 512 /* bytes that any line fits in */

/* The training at work: epoch, step, losses, scores, speed, time left. What does not fit in `width` columns is
 * shortened, then left out, the least important first. */
void dc_line_live(const dcgan_progress *progress, size_t width, char ret_line[DC_LINE_SIZE]);
/* An epoch that is complete, with the losses of its last batch. */
void dc_line_epoch(const dcgan_progress *progress, size_t width, char ret_line[DC_LINE_SIZE]);
/* "[3/30][50/79] Loss_D: 0.5123 ...", the form of PyTorch's DCGAN tutorial. */
void dc_line_plain(const dcgan_progress *progress, char ret_line[DC_LINE_SIZE]);
/* "label [#####-----] done/total" */
void dc_line_bar(const char *label, uint64_t done, uint64_t total, size_t width, char ret_line[DC_LINE_SIZE]);

/* "2.5 s", "45 s", "4 min 05 s", "1 h 02 min" */
void dc_line_duration(double seconds, char ret_text[32]);

#endif
