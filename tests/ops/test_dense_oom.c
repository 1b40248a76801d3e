/* test_dense_oom.c: products, losses, convolution, pools, batch norm and dropout with every
 * allocation failing in turn: no leak, no crash, the right status. */
#include "tests/oom.h"
#include "tests/suites.h"

extern Suite *suite_dense_oom(void);

/* A gradient unrecorded and recorded, then a replay; the tape's status. */
static wg_status differentiate(wg_tape *t, wg_var root, size_t n, const wg_var *xs) {
    wg_var g[5];
    wg_backward(root);
    wg_gradients(root, n, xs, g);
    wg_replay(root);
    wg_status s = t ? wg_tape_status(t) : WG_ERR_MEMORY;
    wg_tape_free(t);
    return s;
}

static wg_status product(void) {
    wg_tape *t = wg_tape_new();
    wg_var x = wg_input(t, WG_F32, WG_SHAPE(4, 20, 30), NULL);
    wg_var y = wg_input(t, WG_F32, WG_SHAPE(20, 10), NULL);
    wg_var xs[] = {x, y};
    wg_var turned = wg_permute(x, WG_AXES(2, 0, 1)); /* its matrices must be packed, its rows not */
    return differentiate(t, wg_sum(wg_matmul(wg_permute(turned, WG_AXES(1, 0, 2)), y)), 2, xs);
}

static wg_status losses(void) {
    static const int64_t l[] = {0, 2, 1};
    static const float s[] = {1, 2, 3, -1, 0, 1, 2, 2, 0};
    wg_tape *t = wg_tape_new();
    wg_var x = wg_input(t, WG_F32, WG_SHAPE(3, 3), s), y = wg_const(t, WG_I64, WG_SHAPE(3), l);
    wg_var a = wg_softmax_loss(x, y), b = wg_svm_loss(x, y);
    wg_var c = wg_sum(wg_square(wg_add(wg_softmax(x, 0), wg_log_softmax(x, 1))));
    return differentiate(t, wg_add(wg_add(a, b), c), 1, &x);
}

static wg_status network(void) {
    wg_tape *t = wg_tape_new();
    wg_var x = wg_input(t, WG_F32, WG_SHAPE(2, 8, 8, 3), NULL);
    wg_var w = wg_input(t, WG_F32, WG_SHAPE(4, 3, 3, 3), NULL);
    wg_var b = wg_input(t, WG_F32, WG_SHAPE(4), NULL);
    wg_conv2d_options o = {.pad = {1, 1}};
    wg_var y = wg_max_pool2d(wg_conv2d(x, w, b, &o), NULL);
    y = wg_avg_pool2d(wg_batch_norm(y, b, b, WG_NONE, WG_NONE, 1e-5), NULL);
    wg_var xs[] = {x, w, b};
    return differentiate(t, wg_sum(wg_square(wg_dropout(y, 0.5))), 3, xs);
}

static wg_status given_statistics(void) {
    wg_tape *t = wg_tape_new();
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(4, 2), NULL);
    wg_var c = wg_input(t, WG_F64, WG_SHAPE(2), NULL);
    wg_var xs[] = {x, c};
    return differentiate(t, wg_sum(wg_batch_norm(x, c, c, c, c, 0.1)), 2, xs);
}

static wg_status pools(void) {
    wg_tape *t = wg_tape_new();
    wg_var x = wg_input(t, WG_F32, WG_SHAPE(2, 6, 6, 4), NULL);
    wg_var w = wg_input(t, WG_F32, WG_SHAPE(2, 3), NULL);
    wg_var y = wg_upsample_by(wg_l2_pool2d(x, NULL), 2, 2, WG_UPSAMPLE_LINEAR, 0);
    y = wg_maxout(wg_spatial_dropout(wg_adaptive_avg_pool2d(y, 4, 5), 0.5), 2);
    y = wg_dropconnect(wg_global_max_pool(y), w, WG_NONE, 0.5);
    wg_var xs[] = {x, w};
    return differentiate(t, wg_sum(wg_square(wg_plain_dropout(y, 0.5, 1))), 2, xs);
}

START_TEST(test_oom) {
    static const struct {
        const char *name;
        wg_status (*run)(void);
    } scenarios[] = {{"matmul", product},
                     {"losses", losses},
                     {"conv, pool, norm, dropout", network},
                     {"batch_norm", given_statistics},
                     {"pools, upsampling, forms of dropout", pools}};
    ck_assert_int_gt(run_out_of_memory(scenarios[_i].name, scenarios[_i].run), 3);
}
END_TEST

Suite *suite_dense_oom(void) {
    Suite *s = suite_create("dense_oom");
    TCase *c = tcase_create("dense_oom");
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, test_oom, 0, 5);
    suite_add_tcase(s, c);
    return s;
}
