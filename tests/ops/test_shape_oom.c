/* test_shape_oom.c: reductions, shapes and indices with every allocation failing in turn. */
#include "tests/oom.h"
#include "tests/suites.h"

static wg_status finish(wg_tape *t) {
    wg_status s = t ? wg_tape_status(t) : WG_ERR_MEMORY;
    wg_tape_free(t);
    return s;
}

/* A value large enough for several chunks, so that the reductions need scratch memory. */
static wg_status reductions(void) {
    wg_tape *t = wg_tape_new();
    wg_var x = wg_input(t, WG_F32, WG_SHAPE(400, 300), NULL), g;
    wg_var y = wg_add(wg_sum(x), wg_mean(wg_max_over(x, WG_AXES(0), 0)));
    y = wg_add(y, wg_sum(wg_moments(wg_transpose(x), WG_AXES(1))));
    wg_argmax(wg_transpose(x), 0);
    wg_backward(y);
    wg_gradients(y, 1, &x, &g);
    return finish(t);
}

static wg_status shapes(void) {
    wg_tape *t = wg_tape_new();
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(40, 30), NULL), g;
    wg_var copy = wg_reshape(wg_transpose(x), WG_SHAPE(40, 30));
    wg_var parts[] = {wg_slice(x, 0, 0, 9, 2), copy};
    wg_var y = wg_zero_pad(wg_concat(2, parts, 0), WG_SHAPE(1, 1), WG_SHAPE(0, 2));
    y = wg_cast(wg_sum(wg_square(wg_cast(y, WG_F32))), WG_F64);
    wg_backward(y);
    wg_gradients(y, 1, &x, &g);
    return finish(t);
}

static wg_status indices(void) {
    wg_tape *t = wg_tape_new();
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(40, 30), NULL), g;
    wg_var i = wg_const(t, WG_F64, WG_SHAPE(50, 30), NULL);
    wg_var y = wg_gather(x, i, 0);
    y = wg_sum(wg_square(wg_scatter_add(x, wg_transpose(wg_transpose(i)), y, 0)));
    wg_one_hot(i, 3, WG_F32);
    wg_backward(y);
    wg_gradients(y, 1, &x, &g);
    return finish(t);
}

START_TEST(out_of_memory) {
    static const struct {
        const char *name;
        wg_status (*run)(void);
    } scenarios[] = {{"reductions", reductions}, {"shapes", shapes}, {"indices", indices}};
    ck_assert_int_gt(run_out_of_memory(scenarios[_i].name, scenarios[_i].run), 0);
}
END_TEST

extern Suite *suite_shape_oom(void);
Suite *suite_shape_oom(void) {
    Suite *s = suite_create("shape_oom");
    TCase *c = tcase_create("out of memory");
    tcase_add_loop_test(c, out_of_memory, 0, 3);
    suite_add_tcase(s, c);
    return s;
}
