/* feed.h: a tape with the buffers of one mini-batch, for training and evaluation. */
#ifndef WGI_FEED_H
#define WGI_FEED_H

#include "train/train.h"

typedef struct wgi_feed {
    wg_model *model;
    wg_tape *tape;
    int64_t batch, height, width, channels;
    float *x;         /* (batch, height, width, channels) */
    int64_t *labels;  /* (batch) */
    wg_loss loss;
} wgi_feed;

/* One mini-batch as it went: examples, mean loss, right predictions. */
typedef struct wgi_outcome {
    int64_t n, right;
    double loss;
} wgi_outcome;

/* SHAPE where the examples are not the model's. */
wg_status wgi_feed_check(const wg_model *model, const wg_dataset *data, wg_error *error);
wg_status wgi_feed_init(wgi_feed *f, wg_model *model, wg_loss loss, int64_t batch,
                        wg_error *error);
void wgi_feed_clear(wgi_feed *f);
/* Scores of the first n examples in f->x, on the rewound tape. */
wg_var wgi_feed_scores(wgi_feed *f, int64_t n, int training);
/* The loss of scores and f->labels; out is filled unless it is poison. */
wg_var wgi_feed_loss(wgi_feed *f, wg_var scores, int64_t n, wgi_outcome *out);
/* All batches of the loader from its start, in evaluation mode; confusion may be NULL. */
wg_status wgi_feed_evaluate(wgi_feed *f, wg_loader *loader, int64_t *confusion, wgi_outcome *sum,
                            wg_error *error);
/* The tape's error, if it has one, into *error; returns its status. */
wg_status wgi_feed_error(const wgi_feed *f, wg_error *error);
/* The column of the largest of n scores, the first of equals; a NaN never wins. */
int64_t wgi_argmax(const wg_var *scores, int64_t row, int64_t n);

#endif
