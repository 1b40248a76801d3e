/* Programs: a recorded computation run again elsewhere gives what the tape gives, in float64 where
 * the tape has float32, and what does not depend on a leaf is not run. */
#include "tests/suites.h"

#include "autograd/program.h"
#include "ops/ops.h"
#include "tests/oom.h"

#include <math.h>
#include <string.h>

extern Suite *suite_program(void);

static wg_tape *t;
static wg_error e;

static void setup(void) {
    t = wg_tape_new();
    ck_assert_ptr_nonnull(t);
    memset(&e, 0, sizeof e);
}
static void teardown(void) { wg_tape_free(t); }

static wgi_program *program(wg_var root, int float64) {
    wgi_program *p = wgi_program_new(root, float64, &e);
    ck_assert_msg(p != NULL, "%s", e.text);
    ck_assert_int_eq(e.status, WG_OK);
    return p;
}

static void run(wgi_program *p) {
    wg_status s = wgi_program_run(p, &e);
    ck_assert_msg(s == WG_OK, "%s", e.text);
}

static uint64_t signature(wgi_program *p) {
    uint64_t hash = 0;
    ck_assert_int_eq(wgi_program_signature(p, &hash, &e), WG_OK);
    return hash;
}

/* The numbers of value x in the program, which must be dense float64. */
static double *numbers(const wgi_program *p, wg_var x) {
    wg_value v = wgi_program_value(p, x.index);
    ck_assert_ptr_nonnull(v.data);
    ck_assert_int_eq(v.dtype, WG_F64);
    ck_assert(wg_value_dense(&v));
    return v.data;
}

static const double six[6] = {0.5, -1.5, 2, 0.25, -0.75, 1};

/* ---- scalars -------------------------------------------------------------------------------- */

START_TEST(runs_scalars) {
    wg_var x = wg_scalar(t, 2), y = wg_scalar(t, -3);
    wg_var f = wg_add(wg_scale(wg_mul(x, y), 0.5), wg_exp(wg_mul(x, wg_number(t, 0.25))));
    wgi_program *p = program(f, 1);
    check_near(*numbers(p, f), wg_item(f), 0);
    *numbers(p, x) = 4;
    run(p);
    check_near(*numbers(p, f), -6 + exp(1), 1e-15);
    check_near(wg_item(f), -3 + exp(0.5), 1e-15); /* the tape's own */
    check_near(wg_item(x), 2, 0);
    wgi_program_free(p);
}
END_TEST

START_TEST(runs_a_leaf_alone) {
    wg_var x = wg_scalar(t, 2);
    wgi_program *p = program(x, 1);
    check_near(*numbers(p, x), 2, 0);
    run(p);
    wgi_program_free(p);
}
END_TEST

/* ---- arrays --------------------------------------------------------------------------------- */

START_TEST(runs_arrays_and_views) {
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2, 3), six), s = wg_scalar(t, 2);
    wg_var b = wg_broadcast_to(wg_sum_to(x, WG_SHAPE(2, 1)), WG_SHAPE(2, 3)); /* a view */
    wg_var f = wg_sum_to(wg_mul(wg_mul(b, x), s), WG_RANK0);
    wgi_program *p = program(f, 1);
    check_near(*numbers(p, f), wg_item(f), 1e-15);
    numbers(p, x)[2] = 3;
    *numbers(p, s) = -1;
    run(p);
    check_near(*numbers(p, f), -(2.0 * 2 + 0.5 * 0.5), 1e-14);
    wgi_program_free(p);
}
END_TEST

START_TEST(lifts_float32) {
    const float x32[3] = {0.1f, 0.2f, 0.3f};
    wg_var x = wg_input(t, WG_F32, WG_SHAPE(3), x32);
    wg_var f = wg_sum_to(wg_mul(wg_exp(x), wg_number(t, 0.1)), WG_RANK0);
    wgi_program *p = program(f, 1);
    double exact = 0;
    for (int i = 0; i < 3; ++i) exact += 0.1 * exp((double)x32[i]);
    check_near(*numbers(p, f), exact, 1e-15);
    check_near(numbers(p, x)[1], (double)0.2f, 0);
    wgi_program_free(p);
    p = program(f, 0);
    wg_value v = wgi_program_value(p, f.index);
    ck_assert_int_eq(v.dtype, WG_F32);
    ck_assert((double)*(const float *)v.data == wg_item(f));
    wgi_program_free(p);
}
END_TEST

/* cast(x, float32) of a lifted program does not round. */
START_TEST(lifts_casts) {
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(6), six);
    wg_var f = wg_sum_to(wg_square(wg_cast(wg_scale(x, 0.1), WG_F32)), WG_RANK0);
    wgi_program *p = program(f, 1);
    double exact = 0;
    for (int i = 0; i < 6; ++i) exact += 0.01 * six[i] * six[i];
    check_near(*numbers(p, f), exact, 1e-15);
    wgi_program_free(p);
}
END_TEST

/* A mask in front does not set the dtype of numbers behind it. */
START_TEST(settles_dtypes_as_recording_does) {
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(6), six);
    wg_var w = wg_where(wg_greater(x, wg_number(t, 0)), wg_number(t, 2), wg_number(t, 0.5));
    wg_var f = wg_sum_to(wg_mul(w, x), WG_RANK0);
    wgi_program *p = program(f, 1);
    check_near(*numbers(p, f), wg_item(f), 1e-15);
    numbers(p, x)[1] = 1.5;
    run(p);
    check_near(*numbers(p, f), 2 * (0.5 + 1.5 + 2 + 0.25 + 1) - 0.5 * 0.75, 1e-15);
    wgi_program_free(p);
}
END_TEST

START_TEST(takes_cut_values_as_constants) {
    wg_var x = wg_scalar(t, 2);
    wg_no_grad_begin(t);
    wg_var c = wg_square(x);
    wg_no_grad_end(t);
    wg_var f = wg_mul(c, x);
    wgi_program *p = program(f, 1);
    *numbers(p, x) = 3;
    run(p);
    check_near(*numbers(p, f), 12, 0);
    wgi_program_free(p);
}
END_TEST

START_TEST(runs_empty_arrays) {
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(0, 3), NULL);
    wg_var f = wg_sum_to(wg_exp(x), WG_RANK0);
    wgi_program *p = program(f, 1);
    check_near(*numbers(p, f), 0, 0);
    wgi_program_free(p);
}
END_TEST

START_TEST(knows_only_what_is_below) {
    wg_var x = wg_scalar(t, 2), y = wg_scalar(t, 3), f = wg_square(x), g = wg_mul(f, y);
    wgi_program *p = program(f, 1);
    ck_assert_ptr_null(wgi_program_value(p, y.index).data);
    ck_assert_ptr_null(wgi_program_value(p, g.index).data);
    ck_assert_int_eq(wgi_program_select(p, y.index, &e), WG_ERR_STATE);
    ck_assert_ptr_nonnull(strstr(e.text, "does not depend on value 2"));
    wgi_program_free(p);
    wgi_program_free(NULL);
}
END_TEST

/* ---- selection ------------------------------------------------------------------------------ */

START_TEST(runs_only_what_was_selected) {
    wg_var x = wg_scalar(t, 2), y = wg_scalar(t, 3);
    wg_var u = wg_square(x), v = wg_square(y), f = wg_add(u, v);
    wgi_program *p = program(f, 1);
    ck_assert_int_eq(wgi_program_select(p, x.index, &e), WG_OK);
    *numbers(p, x) = 1;
    *numbers(p, y) = 100; /* not run: v keeps 9 */
    run(p);
    check_near(*numbers(p, f), 10, 0);
    ck_assert_int_eq(wgi_program_select(p, 0, &e), WG_OK);
    run(p);
    check_near(*numbers(p, f), 10001, 0);
    wgi_program_free(p);
}
END_TEST

START_TEST(comes_back_bit_for_bit) {
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2, 3), six);
    wg_var f = wg_sum_to(wg_tanh(wg_div(x, wg_exp(x))), WG_RANK0);
    wgi_program *p = program(f, 1);
    double before = *numbers(p, f), kept = numbers(p, x)[4];
    numbers(p, x)[4] = 17;
    run(p);
    ck_assert(*numbers(p, f) != before);
    numbers(p, x)[4] = kept;
    run(p);
    ck_assert(*numbers(p, f) == before);
    wgi_program_free(p);
}
END_TEST

/* ---- signatures ----------------------------------------------------------------------------- */

/* The signature changes when x[at] becomes `value`, and comes back. */
static void expect_change(wg_var f, wg_var x, int at, double value, int changes) {
    wgi_program *p = program(f, 1);
    uint64_t before = signature(p);
    double kept = numbers(p, x)[at];
    numbers(p, x)[at] = value;
    run(p);
    ck_assert_int_eq(signature(p) != before, changes);
    numbers(p, x)[at] = kept;
    run(p);
    ck_assert(signature(p) == before);
    wgi_program_free(p);
}

START_TEST(signatures_tell_branches_apart) {
    wg_var s = wg_scalar(t, 1), x = wg_input(t, WG_F64, WG_SHAPE(2, 3), six);
    expect_change(wg_relu(s), s, 0, 2, 0);
    expect_change(wg_relu(s), s, 0, -2, 1);
    expect_change(wg_relu(s), s, 0, 0, 1); /* a tie is a choice of its own */
    expect_change(wg_exp(s), s, 0, -2, 0); /* smooth */
    wg_var f = wg_sum_to(wg_relu(x), WG_RANK0);
    expect_change(f, x, 3, 0.1, 0);
    expect_change(f, x, 3, -0.1, 1);
    f = wg_sum_to(wg_maximum(x, wg_sum_to(x, WG_SHAPE(1, 3))), WG_RANK0); /* broadcast */
    expect_change(f, x, 1, -3, 0); /* x[1] above x[1] + x[4] before and after */
    expect_change(f, x, 4, 3, 1);  /* and below it now */
}
END_TEST

START_TEST(signatures_read_masks) {
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(6), six);
    wg_var m = wg_greater(x, wg_number(t, 0.3));
    wg_var f = wg_sum_to(wg_where(m, x, wg_square(x)), WG_RANK0);
    expect_change(f, x, 0, 0.4, 0);
    expect_change(f, x, 0, 0.2, 1);
    expect_change(f, x, 0, 0.3, 1);
}
END_TEST

/* A gate that is not strided and whose signature reads its operand as dense. */
static wg_status packed_infer(wg_call *c) {
    c->y.rank = 0;
    return WG_OK;
}
static wg_status packed_forward(wg_call *c) {
    const double *x = c->x[0]->data;
    ck_assert(wg_value_dense(c->x[0]));
    *(double *)c->y.data = x[0] > x[5] ? x[0] : x[5];
    return WG_OK;
}
static uint64_t packed_signature(const wg_call *c) {
    const double *x = c->x[0]->data;
    ck_assert(wg_value_dense(c->x[0]));
    return x[0] > x[5];
}

START_TEST(signatures_read_packed_operands) {
    const wg_gate gate = {.size = sizeof gate, .name = "outermost", .arity = 1, .operands = {"x"},
                          .flags = WG_GATE_KINKED, .infer = packed_infer,
                          .forward = {NULL, packed_forward}, .signature = packed_signature};
    const double two[2] = {1, 2};
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2, 1), two), b = wg_broadcast_to(x, WG_SHAPE(2, 3));
    wg_var f = wg_record(&gate, 1, &b, NULL);
    check_near(wg_item(f), 2, 0);
    expect_change(f, x, 0, 1.5, 0);
    expect_change(f, x, 0, 2.5, 1);
}
END_TEST

/* ---- failures ------------------------------------------------------------------------------- */

static wg_status failing_forward(wg_call *c) {
    const double *x = c->x[0]->data;
    if (*x > 5) return wg_fail(c, WG_ERR_VALUE, "%g is above 5", *x);
    *(double *)c->y.data = *x;
    return WG_OK;
}

START_TEST(reports_a_failing_kernel) {
    const wg_gate gate = {.size = sizeof gate, .name = "limited", .arity = 1, .operands = {"x"},
                          .infer = packed_infer, .forward = {NULL, failing_forward}};
    wg_var x = wg_scalar(t, 2), f = wg_record(&gate, 1, &x, NULL);
    wgi_program *p = program(f, 1);
    *numbers(p, x) = 7;
    ck_assert_int_eq(wgi_program_run(p, &e), WG_ERR_VALUE);
    ck_assert_str_eq(e.text, "limited: 7 is above 5");
    *numbers(p, x) = 3;
    ck_assert_int_eq(wgi_program_run(p, NULL), WG_OK);
    wgi_program_free(p);
    ck_assert_int_eq(wg_tape_status(t), WG_OK);
}
END_TEST

START_TEST(refuses_what_is_no_value) {
    wg_var x = wg_scalar(t, 2);
    ck_assert_ptr_null(wgi_program_new(WG_NONE, 1, &e));
    ck_assert_int_eq(e.status, WG_ERR_STALE);
    wg_tape_rewind(t);
    e.status = WG_OK;
    ck_assert_ptr_null(wgi_program_new(x, 1, &e));
    ck_assert_int_eq(e.status, WG_ERR_STALE);
}
END_TEST

static wg_status scenario(void) {
    wg_error error = {WG_OK, ""};
    uint64_t hash;
    const float x32[6] = {1, 2, 3, 4, 5, 6};
    wg_tape *own = wg_tape_new();
    wg_var x = wg_broadcast_to(wg_input(own, WG_F32, WG_SHAPE(1, 6), x32), WG_SHAPE(2, 6));
    wg_var f = wg_sum_to(wg_maximum(x, wg_mul(x, wg_number(own, 2))), WG_RANK0);
    if (f.index == 0) {
        wg_status s = own ? wg_tape_status(own) : WG_ERR_MEMORY;
        wg_tape_free(own);
        return s;
    }
    wgi_program *p = wgi_program_new(f, 1, &error);
    wg_status s = p ? wgi_program_signature(p, &hash, &error) : error.status;
    wgi_program_free(p);
    wg_tape_free(own);
    return s;
}

START_TEST(survives_no_memory) { ck_assert_int_gt(run_out_of_memory("program", scenario), 3); }
END_TEST

Suite *suite_program(void) {
    const TTest *const tests[] = {
        runs_scalars, runs_a_leaf_alone, runs_arrays_and_views, lifts_float32, lifts_casts,
        settles_dtypes_as_recording_does, takes_cut_values_as_constants, runs_empty_arrays,
        knows_only_what_is_below, runs_only_what_was_selected, comes_back_bit_for_bit,
        signatures_tell_branches_apart, signatures_read_masks, signatures_read_packed_operands,
        reports_a_failing_kernel, refuses_what_is_no_value, survives_no_memory};
    Suite *s = suite_create("program");
    TCase *c = tcase_create("program");
    tcase_add_checked_fixture(c, setup, teardown);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; ++i) tcase_add_test(c, tests[i]);
    suite_add_tcase(s, c);
    return s;
}
