/* progress.h: training on stderr: a bar on a terminal, a line an epoch elsewhere. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "train/train.h"

#include <stdio.h>

typedef struct wgi_progress {
    int quiet, terminal;
    double begin, drawn; /* seconds, of a clock that only goes forward */
    int bar;             /* a bar stands on the terminal's last line */
} wgi_progress;

/* Seconds since some moment. */
double wgi_clock(void);
void wgi_progress_init(wgi_progress *p, int quiet);
void wgi_progress_show(wgi_progress *p, const wg_train_event *event);
/* Takes the bar away, before something else is written. */
void wgi_progress_clear(wgi_progress *p);

#endif
