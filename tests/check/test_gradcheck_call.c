/* The gradient check as a call: its options, why it cannot run, and that it leaves the caller's
 * tape alone. */
#include "tests/check/gradcheck_helpers.h"
#include "tests/oom.h"

/* ---- options -------------------------------------------------------------------------------- */

static int64_t calls, last_done;
static void count_progress(const char *leaf, int64_t done, int64_t total, void *user) {
    ck_assert_str_eq(leaf, user);
    ck_assert(done <= total && done > 0);
    ++calls;
    last_done = done;
}

START_TEST(samples_coordinates) {
    wg_gradcheck_options o = {.size = sizeof o, .coordinates = 5, .seed = 3,
                              .progress = count_progress, .user = (void *)(uintptr_t)"x"};
    wg_var x = wg_name(matrix(WG_F64, 8, 8, -1, 1), "x");
    calls = 0;
    ck_assert_int_eq(wg_gradcheck(weighted_sum(wg_exp(x)), &o, &r), WG_OK);
    ck_assert_int_eq(r.leaf[0]->checked, 5);
    ck_assert_int_eq(calls, 1);
    ck_assert_int_eq(last_done, 5);
}
END_TEST

START_TEST(takes_tolerances) {
    wg_gradcheck_options o = {.size = sizeof o, .rtol = 1e-16, .atol = 1e-300};
    factor_of_rule = 1 + 1e-7;
    wg_var root = sum_by(scaled_rule, wg_sin(matrix(WG_F64, 2, 3, -1, 1)));
    ck_assert_int_eq(wg_gradcheck(root, NULL, &r), WG_OK);
    wg_gradcheck_report_clear(&r);
    ck_assert_int_eq(wg_gradcheck(root, &o, &r), WG_ERR_CHECK);
    ck_assert_ptr_nonnull(strstr(r.rule, "atol = 1e-300"));
}
END_TEST

START_TEST(refuses_bad_options) {
    wg_var root = wg_square(wg_scalar(t, 2));
    wg_gradcheck_options bad[] = {{.rtol = -1}, {.atol = (double)NAN}, {.step = -1},
                                  {.step = HUGE_VAL}, {.coordinates = -3}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        ck_assert_int_eq(wg_gradcheck(root, &bad[i], &r), WG_ERR_RANGE);
        ck_assert_int_eq(r.verdict, WG_VERDICT_INCONCLUSIVE);
        ck_assert_int_eq(r.error.status, WG_ERR_RANGE);
        wg_gradcheck_report_clear(&r);
    }
}
END_TEST

/* ---- what cannot run ------------------------------------------------------------------------ */

START_TEST(says_why_it_cannot_run) {
    wg_var x = wg_scalar(t, 2), c = wg_number(t, 2), y = wg_square(x);
    ck_assert_int_eq(wg_gradcheck(WG_NONE, NULL, &r), WG_ERR_TAPE);
    ck_assert_int_eq(wg_gradcheck(WG_NONE, NULL, NULL), WG_ERR_TAPE);
    ck_assert_int_eq(wg_gradcheck(wg_exp(c), NULL, &r), WG_ERR_STATE);
    ck_assert_ptr_nonnull(strstr(r.error.text, "no leaf"));
    ck_assert_int_eq(wg_tape_status(t), WG_ERR_STATE);
    ck_assert_int_eq(wg_gradcheck(matrix(WG_F64, 2, 2, 0, 1), NULL, &r), WG_ERR_SHAPE);
    ck_assert_ptr_nonnull(strstr(r.error.text, "(2, 2)"));
    ck_assert_int_eq(wg_tape_status(t), WG_ERR_STATE); /* the first error stays */
    ck_assert_int_eq(wg_gradcheck(y, NULL, &r), WG_OK);
    const double three = 3;
    wg_gradcheck_report_clear(&r);
    ck_assert_int_eq(wg_set(x, &three, sizeof three), WG_OK);
    ck_assert_int_eq(wg_gradcheck(y, NULL, &r), WG_ERR_STATE);
    wg_tape_rewind(t);
    ck_assert_int_eq(wg_gradcheck(y, NULL, &r), WG_ERR_STALE);
    ck_assert_int_eq(wg_gradcheck(y, NULL, NULL), WG_ERR_STALE);
}
END_TEST

/* ---- side effects --------------------------------------------------------------------------- */

START_TEST(leaves_the_tape_alone) {
    wg_params *store = wg_params_new();
    wg_param *p = wg_param_new(store, "w", WG_F64, WG_SHAPE(3));
    const double w[3] = {0.5, -1, 2};
    memcpy(wg_param_data(p), w, sizeof w);
    wg_var x = matrix(WG_F64, 2, 3, -1, 1), h = wg_tanh(wg_mul(x, wg_use(t, p)));
    wg_var s = wg_scalar(t, 0.3), root = wg_mul(wg_sin(s), weighted_sum(h));
    ck_assert_int_eq(wg_backward(root), WG_OK);
    ck_assert_int_eq(wg_backward(root), WG_OK);
    double value[6], dx[6], dh[6], dw[3], ds = wg_item(wg_grad(s));
    wg_read(wg_grad(x), dx, sizeof dx);
    wg_read(wg_grad(h), dh, sizeof dh);
    wg_read(h, value, sizeof value);
    memcpy(dw, wg_param_grad(p), sizeof dw);
    wg_var before = wg_number(t, 0);

    ck_assert_int_eq(wg_gradcheck(root, NULL, &r), WG_OK);

    ck_assert_uint_eq(wg_number(t, 0).index, before.index + 1);
    ck_assert_mem_eq(wg_data(h), value, sizeof value);
    ck_assert_mem_eq(wg_data(wg_grad(x)), dx, sizeof dx);
    ck_assert_mem_eq(wg_data(wg_grad(h)), dh, sizeof dh);
    ck_assert_mem_eq(wg_param_grad(p), dw, sizeof dw);
    ck_assert_mem_eq(wg_param_data(p), w, sizeof w);
    double after = wg_item(wg_grad(s));
    ck_assert_mem_eq(&after, &ds, sizeof ds);
    ck_assert_int_eq(wg_tape_status(t), WG_OK);
    wg_params_free(store);
}
END_TEST

START_TEST(clears_twice) {
    ck_assert_int_eq(wg_gradcheck(wg_square(wg_scalar(t, 2)), NULL, &r), WG_OK);
    wg_gradcheck_report_clear(&r);
    ck_assert_uint_eq(r.n, 0);
    ck_assert_ptr_null(r.leaf);
    wg_gradcheck_report_clear(&r);
    wg_gradcheck_report_clear(NULL);
    ck_assert_int_eq(wg_gradcheck(wg_square(wg_scalar(t, 2)), NULL, NULL), WG_OK);
}
END_TEST

/* ---- no memory ------------------------------------------------------------------------------ */

static wg_status scenario(void) {
    const double x[4] = {0.1, 0.2, 0.3, 0.4};
    wg_gradcheck_report report = {.size = sizeof report};
    wg_tape *own = wg_tape_new();
    wg_var v = wg_name(wg_input(own, WG_F64, WG_SHAPE(2, 2), x), "v");
    wg_var b = wg_broadcast_to(wg_sum_to(v, WG_SHAPE(2)), WG_SHAPE(2, 2)), c;
    wg_no_grad_begin(own);
    c = wg_broadcast_to(wg_sum_to(v, WG_SHAPE(1, 2)), WG_SHAPE(2, 2)); /* a view to be packed */
    wg_no_grad_end(own);
    wg_var root = wg_sum_to(wg_mul(wg_relu(v), wg_mul(wg_sin(b), c)), WG_RANK0);
    wg_status s = own ? wg_tape_status(own) : WG_ERR_MEMORY;
    if (s == WG_OK) {
        s = wg_gradcheck(root, NULL, &report);
        if (s != WG_OK) ck_assert_ptr_nonnull(strstr(report.error.text, "memory"));
        ck_assert_int_eq(report.error.status, s);
        ck_assert_int_eq(report.verdict, s ? WG_VERDICT_INCONCLUSIVE : WG_VERDICT_PASS);
        wg_gradcheck_report_clear(&report);
    }
    wg_tape_free(own);
    return s;
}

START_TEST(survives_no_memory) { ck_assert_int_gt(run_out_of_memory("gradcheck", scenario), 8); }
END_TEST

extern Suite *suite_gradcheck_call(void);
Suite *suite_gradcheck_call(void) {
    const TTest *const around[] = {
        samples_coordinates, takes_tolerances, refuses_bad_options, says_why_it_cannot_run,
        leaves_the_tape_alone, clears_twice, survives_no_memory};
    Suite *s = suite_create("gradcheck_call");
    ADD(s, "around", around);
    return s;
}
