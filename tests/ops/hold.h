/* hold.h: the checks of the registry test, for samples that a single gate's test adds. */
#ifndef TESTS_HOLD_H
#define TESTS_HOLD_H

#include "tests/ops/registry_helpers.h"
#include "tests/suites.h"

/* Holds gate to all checks on every sample of the NULL-ended list. */
static inline void hold_samples(const wg_gate *gate, const wg_sample *samples) {
    for (size_t i = 0; samples[i].shapes; ++i) {
        trial t;
        ck_assert_msg(trial_init(&t, gate, &samples[i], i + 100), "%s: \"%s\" cannot be read",
                      gate->name, samples[i].shapes);
        for (size_t k = 0; trial_checks[k].name; ++k)
            ck_assert_msg(trial_checks[k].run(&t), "%s: %s", trial_checks[k].name, t.why);
        trial_clear(&t);
    }
}

/* Asserts that v is poison and that the tape's error has this status and contains text; rewinds. */
#define check_refused(v, status, text)                                                             \
    do {                                                                                           \
        wg_var v_ = (v);                                                                           \
        ck_assert_uint_eq(v_.index, 0);                                                            \
        ck_assert_msg(wg_tape_status(v_.tape) == (status) &&                                       \
                          strstr(wg_tape_message(v_.tape), text),                                  \
                      "refused with %s: %s", wg_status_name(wg_tape_status(v_.tape)),              \
                      wg_tape_message(v_.tape));                                                   \
        wg_tape_rewind(v_.tape);                                                                   \
    } while (0)

#endif
