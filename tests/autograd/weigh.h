/* weigh.h: a gate as a user writes one, with a backward in C code, for float64:
 *
 *     y = scale w x^2
 *
 * x^2 lies in the saved block; w is optional (1) and has x's shape. */
#ifndef TESTS_WEIGH_H
#define TESTS_WEIGH_H

#include "wengert.h"

struct weigh {
    double scale;
};
extern const wg_gate weigh;
extern int weigh_calls; /* of its backward */

#endif
