/* test_cells.c: recurrent cells and attention: values by hand, gradients by differences. */
#include "tests/ops/hold.h"
#include "tests/ops/probe.h"

#include <math.h>
#include <string.h>

extern Suite *suite_cells(void);

static double logistic(double x) { return 1 / (1 + exp(-x)); }

static wg_var matrix(wg_tape *t, int64_t n, int64_t m, const double *x) {
    return wg_input(t, WG_F64, WG_SHAPE(n, m), x);
}

/* One unit of each, with numbers small enough to follow. */
START_TEST(test_values) {
    static const double in = 0.5, state = -0.25, memory = 2, w[] = {1, -2, 0.5, 3},
                        u[] = {-1, 0.5, 2, 1}, b[] = {0.1, 0.2, -0.3, 0};
    wg_tape *t = wg_tape_new();
    wg_var x = matrix(t, 1, 1, &in), h = matrix(t, 1, 1, &state);
    wg_var c = matrix(t, 1, 1, &memory), next;
    wg_var bias = wg_input(t, WG_F64, WG_SHAPE(1), b);
    check_near(wg_item(wg_rnn_cell(x, h, matrix(t, 1, 1, w), matrix(t, 1, 1, u), bias)),
               tanh(0.5 + 0.25 + 0.1), 1e-15);
    wg_var b3 = wg_input(t, WG_F64, WG_SHAPE(3), b);
    double r = logistic(0.5 + 0.1 + 0.25), z = logistic(-1 + 0.2 - 0.125);
    double n = tanh(0.25 - 0.3 + r * (-0.5));
    check_near(wg_item(wg_gru_cell(x, h, matrix(t, 1, 3, w), matrix(t, 1, 3, u), b3, WG_NONE)),
               (1 - z) * n + z * state, 1e-15);
    wg_var b4 = wg_input(t, WG_F64, WG_SHAPE(4), b);
    wg_var y = wg_lstm_cell(x, h, c, matrix(t, 1, 4, w), matrix(t, 1, 4, u), b4, &next);
    double i = logistic(0.5 + 0.25 + 0.1), f = logistic(-1 - 0.125 + 0.2);
    double g = tanh(0.25 - 0.5 - 0.3), o = logistic(1.5 - 0.25);
    check_near(wg_item(next), f * memory + i * g, 1e-15);
    check_near(wg_item(y), o * tanh(f * memory + i * g), 1e-15);
    wg_tape_free(t);
}
END_TEST

static wg_var build_gru(const wg_var *x) {
    return wg_gru_cell(x[0], x[1], x[2], x[3], WG_NONE, WG_NONE);
}
static wg_var build_lstm(const wg_var *x) {
    wg_var c;
    return wg_add(wg_lstm_cell(x[0], x[1], x[1], x[2], x[3], WG_NONE, &c), c);
}
static wg_var build_attention(const wg_var *x) { return wg_attention(x[0], x[1], x[2], WG_NONE); }

START_TEST(test_gradients) {
    wg_shape gru[] = {WG_SHAPE(2, 3), WG_SHAPE(2, 2), WG_SHAPE(3, 6), WG_SHAPE(2, 6)};
    wg_shape lstm[] = {WG_SHAPE(2, 3), WG_SHAPE(2, 2), WG_SHAPE(3, 8), WG_SHAPE(2, 8)};
    wg_shape attention[] = {WG_SHAPE(2, 3, 2), WG_SHAPE(4, 2), WG_SHAPE(4, 2)};
    probe_gradients(build_gru, 4, gru, -1, 1);
    probe_gradients(build_lstm, 4, lstm, -1, 1);
    probe_gradients(build_attention, 3, attention, -1, 1);
}
END_TEST

START_TEST(test_attention) {
    static const double q[] = {1, 0, 0, 2, 1, 1}, k[] = {2, 0, 0, 1}, v[] = {1, 10};
    static const double some[16] = {1, 2};
    static const unsigned char seen[] = {1, 1, 0, 1, 0, 0};
    double y[3], d[6];
    wg_tape *t = wg_tape_new();
    wg_var x = matrix(t, 3, 2, q), m = wg_const(t, WG_BOOL, WG_SHAPE(3, 2), seen);
    wg_var a = wg_attention(x, matrix(t, 2, 2, k), matrix(t, 2, 1, v), m);
    double p = logistic(2 / sqrt(2)); /* of scores 2/sqrt 2 and 0 */
    probe_read(a, 3, y);
    check_near(y[0], p + 10 * (1 - p), 1e-14);
    check_near(y[1], 10, 0);
    check_near(y[2], 0, 0); /* it sees nothing */
    ck_assert_int_eq(wg_backward(wg_sum(a)), WG_OK);
    probe_read(wg_grad(x), 6, d);
    check_near(d[0], -9 * p * (1 - p) * sqrt(2), 1e-14);
    for (int i = 2; i < 6; ++i) check_near(d[i], 0, 0);
    check_refused(wg_attention(x, matrix(t, 1, 3, q), matrix(t, 1, 1, v), WG_NONE), WG_ERR_SHAPE,
                  "attention: queries of 2 numbers, keys of 3");
    check_refused(wg_rnn_cell(matrix(t, 2, 1, k), matrix(t, 2, 2, k), matrix(t, 1, 3, q),
                              matrix(t, 2, 2, k), WG_NONE),
                  WG_ERR_SHAPE, "rnn_cell: wx has shape (1, 3); it is (1, 2)");
    check_refused(wg_lstm_cell_states(matrix(t, 2, 1, k), matrix(t, 2, 2, k), matrix(t, 2, 1, k),
                                      matrix(t, 1, 8, some), matrix(t, 2, 8, some), WG_NONE),
                  WG_ERR_SHAPE, "lstm_cell: c has shape (2, 1); it is (2, 2)");
    check_refused(wg_gru_cell(matrix(t, 2, 1, k), matrix(t, 1, 2, k), WG_NONE, WG_NONE, WG_NONE,
                              WG_NONE),
                  WG_ERR_TAPE, "is absent");
    check_refused(wg_rnn_cell(WG_NONE, WG_NONE, matrix(t, 2, 2, k), WG_NONE, WG_NONE), WG_ERR_TAPE,
                  "is absent");
    wg_tape_free(t);
}
END_TEST

Suite *suite_cells(void) {
    Suite *s = suite_create("cells");
    TCase *c = tcase_create("cells");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, test_values);
    tcase_add_test(c, test_gradients);
    tcase_add_test(c, test_attention);
    suite_add_tcase(s, c);
    return s;
}
