/* suites.h: the list of suites that scripts/registry.sh finds in tests, and what all of them
 * use. */
#ifndef TESTS_SUITES_H
#define TESTS_SUITES_H

#include <check.h>

typedef struct named_suite {
    const char *name;
    Suite *(*make)(void);
} named_suite;
extern const named_suite suites[]; /* ended by a NULL name */

/* 1 when WG_FULL is set: what is counted in thousands runs too. */
int full_run(void);

/* wg_set_threads, and for n > 1 every loop is split, however small. */
void use_threads(int n);

/* Fails unless |a - b| <= tol; a NaN fails. */
#define check_near(a, b, tol)                                                                      \
    do {                                                                                           \
        double a_ = (a), b_ = (b), tol_ = (tol), err_ = a_ > b_ ? a_ - b_ : b_ - a_;               \
        ck_assert_msg(err_ <= tol_, "%s = %.17g, expected %.17g, error %g > %g", #a, a_, b_, err_, \
                      tol_);                                                                       \
    } while (0)

#endif
