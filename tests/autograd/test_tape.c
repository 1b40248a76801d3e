/* Tapes: handles, marks, rewind and release, names, errors that stay. */
#include "tests/oom.h"
#include "tests/suites.h"
#include "wengert.h"

#include <math.h>
#include <string.h>

static wg_tape *t;
static void setup(void) { ck_assert_ptr_nonnull(t = wg_tape_new()); }
static void teardown(void) { wg_tape_free(t); }

START_TEST(test_values) {
    wg_var x = wg_scalar(t, 3.5);
    ck_assert(wg_item(x) == 3.5);
    ck_assert_int_eq(wg_shape_of(x).rank, 0);
    ck_assert_int_eq(wg_dtype_of(x), WG_F64);
    float data[6] = {1, 2, 3, 4, 5, 6}, back[6];
    wg_var m = wg_input(t, WG_F32, WG_SHAPE(2, 3), data);
    ck_assert_int_eq(wg_shape_of(m).rank, 2);
    ck_assert_int_eq(wg_shape_of(m).dim[1], 3);
    ck_assert_int_eq(wg_read(m, back, sizeof back), WG_OK);
    ck_assert(memcmp(data, back, sizeof data) == 0);
    ck_assert(isnan(wg_item(m)));
    ck_assert_int_eq(wg_tape_status(t), WG_OK);
    ck_assert_int_eq(wg_read(m, back, 4), WG_ERR_SHAPE);
}
END_TEST

START_TEST(test_rewind_makes_stale) {
    wg_var x = wg_scalar(t, 1), y = wg_exp(x);
    wg_tape_rewind(t);
    ck_assert(isnan(wg_item(y)));
    ck_assert_int_eq(wg_tape_status(t), WG_ERR_STALE);
    wg_tape_rewind(t);
    ck_assert_int_eq(wg_tape_status(t), WG_OK);
    /* the same indices are taken again: old handles must not come to life */
    wg_var x2 = wg_scalar(t, 2), y2 = wg_exp(x2);
    ck_assert_uint_eq(y2.index, y.index);
    ck_assert_uint_eq(wg_exp(y).index, 0);
    ck_assert_int_eq(wg_tape_status(t), WG_ERR_STALE);
    ck_assert(wg_item(y2) == exp(2));
}
END_TEST

START_TEST(test_release_keeps_older) {
    wg_var w = wg_scalar(t, 2);
    for (int i = 0; i < 1000; ++i) {
        wg_mark outer = wg_tape_mark(t);
        wg_var a = wg_mul(w, w);
        wg_mark inner = wg_tape_mark(t);
        wg_var b = wg_mul(a, w);
        ck_assert(wg_item(b) == 8);
        wg_tape_release(t, inner);
        ck_assert(wg_item(a) == 4);
        wg_backward(a);
        ck_assert(wg_item(wg_grad(w)) == 4 * (i + 1));
        wg_tape_release(t, outer);
        ck_assert(wg_item(w) == 2);
    }
    ck_assert_int_eq(wg_tape_status(t), WG_OK);
}
END_TEST

START_TEST(test_released_mark) {
    wg_scalar(t, 1);
    wg_mark outer = wg_tape_mark(t);
    wg_scalar(t, 2);
    wg_mark inner = wg_tape_mark(t);
    wg_tape_release(t, outer);
    wg_tape_release(t, inner);
    ck_assert_int_eq(wg_tape_status(t), WG_ERR_STATE);
}
END_TEST

START_TEST(test_chunk_borders) {
    /* values on both sides of the border between two chunks of nodes; back over it and on again */
    wg_var x = wg_scalar(t, 1), y = x;
    for (int i = 0; i < 65533; ++i) y = wg_neg(y);
    wg_mark mark = wg_tape_mark(t);
    for (int round = 0; round < 3; ++round) {
        wg_var z = y;
        for (int i = 0; i < 200; ++i) z = wg_neg(z);
        ck_assert(wg_item(z) == -1);
        ck_assert_int_eq(wg_backward(z), WG_OK);
        ck_assert(wg_item(wg_grad(x)) == -(round + 1.0));
        wg_tape_release(t, mark);
    }
    ck_assert_int_eq(wg_tape_status(t), WG_OK);
}
END_TEST

START_TEST(test_names) {
    WG_LET(q, wg_scalar(t, 1));
    ck_assert_str_eq(wg_name_of(q), "q");
    char text[8] = "other";
    wg_name(q, text);
    text[0] = 'X';
    ck_assert_str_eq(wg_name_of(q), "other");
    wg_var anonymous = wg_scalar(t, 2);
    ck_assert_ptr_null(wg_name_of(anonymous));
    wg_mark mark = wg_tape_mark(t);
    wg_name(q, "renamed after the mark");
    wg_name(wg_scalar(t, 3), "young");
    wg_tape_release(t, mark);
    ck_assert_str_eq(wg_name_of(q), "renamed after the mark");
    wg_name(anonymous, "in between");
    ck_assert_str_eq(wg_name_of(anonymous), "in between");
    ck_assert_str_eq(wg_name_of(q), "renamed after the mark");
    ck_assert_ptr_null(wg_name_of(WG_NONE));
}
END_TEST

START_TEST(test_error_has_line) {
    wg_var x = wg_scalar(t, 1);
    wg_tape_rewind(t);
    wg_var y = wg_exp(x);
    const char *text = wg_tape_message(t);
    ck_assert_msg(strstr(text, "test_tape.c:") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "exp") != NULL, "%s", text);
    wg_var z = wg_exp(wg_mul(y, y)); /* poison flows and adds nothing */
    ck_assert_uint_eq(z.index, 0);
    ck_assert_str_eq(wg_tape_message(t), text);
}
END_TEST

/* A call without a line of its own fails first: the next failing gate's line is not put on it. */
START_TEST(test_line_of_another_error) {
    float a[2] = {1, 2};
    wg_var x = wg_input(t, WG_F32, WG_SHAPE(2), a);
    ck_assert_int_eq(wg_backward(x), WG_ERR_SHAPE);
    ck_assert_uint_eq(wg_add(x, wg_scalar(t, 1)).index, 0);
    ck_assert_ptr_null(strstr(wg_tape_message(t), "test_tape.c"));
    ck_assert_int_eq(wg_tape_status(t), WG_ERR_SHAPE);
}
END_TEST

START_TEST(test_toposort) {
    wg_var a = wg_scalar(t, 1), other = wg_exp(a), b = wg_add(a, a), c = wg_add(b, b);
    const wg_var *order;
    size_t n;
    (void)other;
    ck_assert_int_eq(wg_toposort(c, &n, &order), WG_OK);
    ck_assert_uint_eq(n, 3);
    ck_assert_uint_eq(order[0].index, a.index);
    ck_assert_uint_eq(order[1].index, b.index);
    ck_assert_uint_eq(order[2].index, c.index);
    ck_assert_int_eq(wg_backward(c), WG_OK);
    ck_assert(wg_item(wg_grad(a)) == 4);
}
END_TEST

START_TEST(test_constant_memory) {
    /* ten million cycles in the full run; fewer show a leak of one block or node a cycle, too */
    long cycles = full_run() ? 10000000 : 200000, warm = 0;
    double last = 0;
    count_allocations();
    wg_tape *own = wg_tape_new();
    for (long i = 0; i < cycles; ++i) {
        wg_tape_rewind(own);
        wg_var x = wg_name(wg_scalar(own, 3), "x"), y = wg_mul(x, wg_scale(x, 2));
        ck_assert_int_eq(wg_backward(y), WG_OK);
        last = wg_item(wg_grad(x));
        if (i == 0) warm = allocations_counted();
    }
    ck_assert(last == 12);
    ck_assert_int_eq(allocations_counted(), warm);
    wg_tape_free(own);
    wg_set_allocator(NULL);
}
END_TEST

extern Suite *suite_tape(void);
Suite *suite_tape(void) {
    Suite *s = suite_create("tape");
    TCase *c = tcase_create("tape");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 600);
    tcase_add_test(c, test_values);
    tcase_add_test(c, test_rewind_makes_stale);
    tcase_add_test(c, test_release_keeps_older);
    tcase_add_test(c, test_released_mark);
    tcase_add_test(c, test_chunk_borders);
    tcase_add_test(c, test_names);
    tcase_add_test(c, test_error_has_line);
    tcase_add_test(c, test_line_of_another_error);
    tcase_add_test(c, test_toposort);
    tcase_add_test(c, test_constant_memory);
    suite_add_tcase(s, c);
    return s;
}
