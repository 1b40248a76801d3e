/* progress.c: see progress.h */
#define _POSIX_C_SOURCE 200809L /* isatty, clock_gettime */
#include "cli/progress.h"

#include <math.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BAR = 24 };

double wgi_clock(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void wgi_progress_init(wgi_progress *p, int quiet) {
    memset(p, 0, sizeof *p);
    p->quiet = quiet;
    p->terminal = isatty(STDERR_FILENO);
    p->begin = wgi_clock();
    p->drawn = p->begin - 1;
}

void wgi_progress_clear(wgi_progress *p) {
    if (p->bar) fputs("\r\033[K", stderr);
    p->bar = 0;
}

/* "epoch 3/20 [####----] loss 0.2345  accuracy 92.13 %  0:42 left" */
static void draw(wgi_progress *p, const wg_train_event *e) {
    double now = wgi_clock();
    double made = (double)((e->epoch - 1) * e->batches + e->batch);
    double all = (double)(e->epochs * e->batches);
    if (now - p->drawn < 0.1 && e->batch < e->batches) return;
    p->drawn = now;
    char bar[BAR + 1];
    int filled = (int)(BAR * e->batch / e->batches);
    memset(bar, '.', BAR);
    memset(bar, '#', (size_t)filled);
    bar[BAR] = '\0';
    long left = lround((now - p->begin) / made * (all - made));
    fprintf(stderr, "\r\033[Kepoch %lld/%lld [%s] loss %.4f  accuracy %.2f %%  %ld:%02ld left",
            (long long)e->epoch, (long long)e->epochs, bar, e->loss, 100 * e->accuracy, left / 60,
            left % 60);
    p->bar = 1;
}

static void line(const wg_train_event *e) {
    fprintf(stderr, "epoch %lld/%lld  loss %.4f  accuracy %.2f %%", (long long)e->epoch,
            (long long)e->epochs, e->loss, 100 * e->accuracy);
    if (!isnan(e->valid_accuracy))
        fprintf(stderr, "  validation loss %.4f  accuracy %.2f %%%s", e->valid_loss,
                100 * e->valid_accuracy, e->best ? "  best" : "");
    fputc('\n', stderr);
}

void wgi_progress_show(wgi_progress *p, const wg_train_event *e) {
    if (p->quiet) return;
    if (e->moment == WG_TRAIN_BATCH) {
        if (p->terminal) draw(p, e);
        return;
    }
    wgi_progress_clear(p);
    line(e);
}
