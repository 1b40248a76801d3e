/* shape_text.h: reads the shapes that a gate states as text (autograd/gate.h says how) and holds
 * real shapes against them. */
#ifndef TESTS_SHAPE_TEXT_H
#define TESTS_SHAPE_TEXT_H

#include "autograd/gate.h"

enum { SHAPE_TEXT_OPERANDS = 8, SHAPE_TEXT_BYTES = 400 };

/* One call: the operands' shapes, rank -1 for an absent one, and the result's. */
typedef struct shape_call {
    const wg_gate *gate;
    const void *attrs;
    size_t n;
    wg_shape x[SHAPE_TEXT_OPERANDS], y;
} shape_call;

/* 1 if the call's shapes are such as the text says, -1 if the text cannot be read, else 0.  An
 * expression with a letter that stands nowhere else may have any value. */
int shape_text_fits(const char *text, const shape_call *call);

/* Spoils the text in its k-th place: an extent becomes another, or a bracket gets one more axis.
 * Returns 0 where there is no k-th place, 2 where nothing can notice it (the letter occurs nowhere
 * else), else 1. */
int shape_text_spoil(const char *text, const wg_gate *gate, int k,
                     char spoilt[SHAPE_TEXT_BYTES]);

#endif
