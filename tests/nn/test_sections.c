/* Models cut into sections: the same numbers, gradients and running statistics, fewer values. */
#include "autograd/tape.h"
#include "nn/nn.h"
#include "ops/ops.h"
#include "tests/suites.h"

#include <math.h>
#include <string.h>

enum { N = 6, STEPS = 3 };
static const char ARCH[] = "(CONV3x4-BN-RELU)*2-POOL2-DROP0.5-CONV3x8-BN-RELU-FC16-RELU";

typedef struct trained {
    float loss[STEPS];
    float numbers[8192]; /* parameters, gradients, buffers, one after the other */
    size_t n;
    uint32_t nodes;
} trained;

/* A few steps of gradient descent by hand. */
static void train(int64_t sections, trained *out) {
    wg_model_options o = {.size = sizeof o, .seed = 5, .sections = sections};
    wg_model *m = wg_model_new(ARCH, 8, 8, 1, 10, &o, NULL);
    wg_tape *t = wg_tape_new();
    wg_params *p = wg_model_params(m);
    float x[N * 64];
    int64_t labels[N];
    memset(out, 0, sizeof *out);
    for (int i = 0; i < N * 64; ++i) x[i] = (float)sin(i * i);
    for (int i = 0; i < N; ++i) labels[i] = i;
    wg_tape_keep_grads(t, 0);
    wg_tape_seed(t, 11);
    for (int step = 0; step < STEPS; ++step) {
        wg_tape_rewind(t);
        wg_var in = wg_const(t, WG_F32, WG_SHAPE(N, 8, 8, 1), x);
        wg_var loss = wg_softmax_loss(wg_model_forward(m, t, in, 1),
                                      wg_const(t, WG_I64, WG_SHAPE(N), labels));
        out->nodes = t->head.count;
        wg_params_clear_grads(p);
        ck_assert_msg(wg_backward(loss) == WG_OK, "%s", wg_tape_message(t));
        ck_assert_int_eq(wg_model_update(m), WG_OK);
        out->loss[step] = (float)wg_item(loss);
        size_t n;
        void *values, *grads;
        ck_assert_int_eq(wg_params_block(p, WG_F32, &n, &values, &grads), WG_OK);
        for (size_t i = 0; i < n; ++i) ((float *)values)[i] -= 0.1f * ((float *)grads)[i];
        wg_params_changed(p);
    }
    for (size_t i = 0; i < wg_params_count(p); ++i) {
        wg_param *q = wg_params_at(p, i);
        size_t n = (size_t)wg_shape_size(wg_param_shape(q));
        ck_assert_uint_le(out->n + 2 * n, 8192);
        memcpy(out->numbers + out->n, wg_param_data(q), n * sizeof(float));
        out->n += n;
        if (!wg_param_grad(q)) continue;
        memcpy(out->numbers + out->n, wg_param_grad(q), n * sizeof(float));
        out->n += n;
    }
    wg_tape_free(t);
    wg_model_free(m);
}

START_TEST(same_numbers) {
    static trained plain, cut;
    train(0, &plain);
    ck_assert(plain.loss[2] != plain.loss[0]);
    for (int64_t sections = 1; sections < 40; sections = sections * 2 + 1) {
        train(sections, &cut);
        ck_assert_mem_eq(cut.loss, plain.loss, sizeof cut.loss);
        ck_assert_uint_eq(cut.n, plain.n);
        ck_assert_mem_eq(cut.numbers, plain.numbers, plain.n * sizeof(float));
        if (sections > 1 && sections < 15) ck_assert_uint_lt(cut.nodes, plain.nodes);
    }
}
END_TEST

START_TEST(bad_number) {
    wg_error e;
    wg_model_options o = {.size = sizeof o, .sections = -1};
    ck_assert_ptr_null(wg_model_new(ARCH, 8, 8, 1, 10, &o, &e));
    ck_assert_int_eq(e.status, WG_ERR_RANGE);
    ck_assert_str_eq(e.text, "model: -1 sections");
}
END_TEST

extern Suite *suite_sections(void);
Suite *suite_sections(void) {
    Suite *s = suite_create("sections");
    TCase *c = tcase_create("sections");
    tcase_add_test(c, same_numbers);
    tcase_add_test(c, bad_number);
    suite_add_tcase(s, c);
    return s;
}
