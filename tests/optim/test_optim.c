/* Update rules against steps worked out by hand in float64, and float32 against float64. */
#include "autograd/store.h"
#include "autograd/tape.h"
#include "backend/backend.h"
#include "backend/random.h"
#include "optim/optim.h"
#include "tests/oom.h"
#include "tests/suites.h"

#include <math.h>
#include <string.h>

/* A store with a matrix (1, 2) and a vector (1), values and gradients set. */
typedef struct store {
    wg_params *params;
    double *w, *b, *gw, *gb;
} store;

static void store_init(store *s) {
    s->params = wg_params_new();
    wg_param *w = wg_param_new(s->params, "w", WG_F64, WG_SHAPE(1, 2));
    wg_param *b = wg_param_new(s->params, "b", WG_F64, WG_SHAPE(1));
    s->w = wg_param_data(w);
    s->b = wg_param_data(b);
    s->gw = wgi_param_grad_data(w);
    s->gb = wgi_param_grad_data(b);
    s->w[0] = 1;
    s->w[1] = -2;
    s->b[0] = 0.5;
    s->gw[0] = 0.3;
    s->gw[1] = -0.4;
    s->gb[0] = 2;
}

static void check_values(const store *s, double w0, double w1, double b0) {
    check_near(s->w[0], w0, 1e-15);
    check_near(s->w[1], w1, 1e-15);
    check_near(s->b[0], b0, 1e-15);
}

START_TEST(sgd) {
    store s;
    store_init(&s);
    wg_optim *o = wg_optim_new("sgd", s.params, &(wg_optim_options){.rate = 0.1}, NULL);
    uint64_t before = wgi_params_version(s.params);
    wg_optim_step(o);
    check_values(&s, 0.97, -1.96, 0.3);
    ck_assert_uint_ne(wgi_params_version(s.params), before);
    ck_assert_uint_eq(wg_optim_steps(o), 1);
    check_near(s.gw[0], 0.3, 0); /* gradients stay */
    wg_optim_set_rate(o, 1);
    wg_optim_step(o);
    check_values(&s, 0.67, -1.56, -1.7);
    wg_optim_free(o);
    wg_params_free(s.params);
}
END_TEST

/* v = mu v - r g; x += v: after two steps of one gradient x has moved r g (2 + mu). */
START_TEST(momentum) {
    static const char *const names[] = {"momentum", "sgd"}; /* sgd with a momentum is the same */
    for (int i = 0; i < 2; ++i) {
        store s;
        store_init(&s);
        wg_optim *o = wg_optim_new(names[i], s.params,
                                   &(wg_optim_options){.rate = 0.1, .momentum = 0.5}, NULL);
        wg_optim_step(o);
        check_values(&s, 0.97, -1.96, 0.3);
        wg_optim_step(o);
        check_values(&s, 1 - 0.03 * 2.5, -2 + 0.04 * 2.5, 0.5 - 0.2 * 2.5);
        wg_optim_free(o);
        wg_params_free(s.params);
    }
}
END_TEST

/* v1 = -r g, x1 = x + mu v1 - r g; v2 = mu v1 - r g, x2 = x1 + mu v2 - r g. */
START_TEST(nesterov) {
    store s;
    store_init(&s);
    wg_optim *o = wg_optim_new("nesterov", s.params, &(wg_optim_options){.rate = 0.1}, NULL);
    wg_optim_step(o);
    check_values(&s, 1 - 0.03 * 1.9, -2 + 0.04 * 1.9, 0.5 - 0.2 * 1.9);
    wg_optim_step(o);
    double moved = 1.9 + 0.9 * 1.9 + 1;
    check_values(&s, 1 - 0.03 * moved, -2 + 0.04 * moved, 0.5 - 0.2 * moved);
    wg_optim_free(o);
    wg_params_free(s.params);
}
END_TEST

/* The paper's algorithm, step by step, with its bias corrections. */
START_TEST(adam) {
    store s;
    store_init(&s);
    wg_optim_options options = {.rate = 0.01, .beta1 = 0.8, .beta2 = 0.9, .eps = 1e-3};
    wg_optim *o = wg_optim_new("adam", s.params, &options, NULL);
    double m = 0, v = 0, x = 1;
    static const double gradients[] = {0.3, -0.1, 0.7};
    for (int t = 1; t <= 3; ++t) {
        double g = gradients[t - 1];
        s.gw[0] = g;
        wg_optim_step(o);
        m = 0.8 * m + 0.2 * g;
        v = 0.9 * v + 0.1 * g * g;
        x -= 0.01 * (m / (1 - pow(0.8, t))) / (sqrt(v / (1 - pow(0.9, t))) + 1e-3);
        check_near(s.w[0], x, 1e-15);
    }
    wg_optim_free(o);
    wg_params_free(s.params);
}
END_TEST

/* The first step of Adam is the rate, whatever the gradient's size. */
START_TEST(adam_first_step) {
    store s;
    store_init(&s);
    wg_optim *o = wg_optim_new("adam", s.params, NULL, NULL);
    wg_optim_step(o);
    check_near(s.w[0], 1 - 0.001, 1e-9);
    check_near(s.w[1], -2 + 0.001, 1e-9);
    check_near(s.b[0], 0.5 - 0.001, 1e-9);
    wg_optim_free(o);
    wg_params_free(s.params);
}
END_TEST

/* L2 reaches matrices, not biases. */
START_TEST(decay) {
    store s;
    store_init(&s);
    wg_optim *o = wg_optim_new("sgd", s.params, &(wg_optim_options){.rate = 0.1, .decay = 0.5},
                               NULL);
    wg_optim_step(o);
    check_values(&s, 1 - 0.1 * (0.3 + 0.5), -2 - 0.1 * (-0.4 - 1), 0.3);
    wg_optim_free(o);
    wg_params_free(s.params);
}
END_TEST

START_TEST(clipping) {
    store s;
    store_init(&s);
    s.gb[0] = 1.2; /* the norm of (0.3, -0.4, 1.2) is 1.3 */
    wg_optim *o = wg_optim_new("sgd", s.params, &(wg_optim_options){.rate = 1, .clip = 0.65}, NULL);
    wg_optim_step(o);
    check_near(wg_optim_grad_norm(o), 1.3, 1e-15);
    check_values(&s, 1 - 0.15, -2 + 0.2, 0.5 - 0.6);
    s.gb[0] = 0;
    wg_optim_step(o); /* the norm 0.5 is small enough */
    check_near(wg_optim_grad_norm(o), 0.5, 1e-15);
    check_values(&s, 1 - 0.45, -2 + 0.6, 0.5 - 0.6);
    wg_optim_free(o);
    wg_params_free(s.params);
}
END_TEST

/* Both dtypes in one store, sizes beyond a thread's part, several threads: float32 follows float64,
 * and one thread and four give the same bits. */
START_TEST(both_types) {
    enum { N = 70001 };
    for (size_t i = 0; wg_optim_rule(i); ++i) {
        static float kept[N];
        for (int threads = 1; threads <= 4; threads += 3) {
            wg_params *p = wg_params_new();
            wg_param *a = wg_param_new(p, "a", WG_F32, WG_SHAPE(N));
            wg_param *b = wg_param_new(p, "b", WG_F64, WG_SHAPE(N));
            (void)wg_buffer_new(p, "c", WG_F32, WG_SHAPE(3));
            float *x = wg_param_data(a), *g = wgi_param_grad_data(a);
            double *y = wg_param_data(b), *h = wgi_param_grad_data(b);
            wg_set_threads(threads);
            wg_optim *o = wg_optim_new(wg_optim_rule(i), p, &(wg_optim_options){.clip = 5}, NULL);
            for (int step = 0; step < 3; ++step) {
                wgi_fill_normal_f32(g, N, 0, 1, 5, (uint64_t)step, 0);
                for (int k = 0; k < N; ++k) h[k] = g[k];
                wg_optim_step(o);
            }
            for (int k = 0; k < N; ++k) check_near(x[k], y[k], 1e-6 + 1e-5 * fabs(y[k]));
            ck_assert(y[N - 1] != 0);
            if (threads == 1) memcpy(kept, x, sizeof kept);
            else ck_assert_int_eq(memcmp(kept, x, sizeof kept), 0);
            wg_optim_free(o);
            wg_params_free(p);
        }
    }
    wg_set_threads(0);
}
END_TEST

START_TEST(empty_store) {
    wg_params *p = wg_params_new();
    wg_optim *o = wg_optim_new("adam", p, &(wg_optim_options){.clip = 1, .decay = 1}, NULL);
    ck_assert_ptr_nonnull(o);
    wg_optim_step(o);
    check_near(wg_optim_grad_norm(o), 0, 0);
    wg_optim_free(o);
    wg_params_free(p);
    wg_optim_free(NULL);
}
END_TEST

START_TEST(refusals) {
    wg_params *p = wg_params_new();
    wg_error e;
    ck_assert_ptr_null(wg_optim_new("adamw", p, NULL, &e));
    ck_assert_int_eq(e.status, WG_ERR_NAME);
    ck_assert_str_eq(e.text,
                     "no update rule adamw; there is sgd, momentum, nesterov, adam");
    ck_assert_ptr_null(wg_optim_new("sgd", NULL, NULL, &e));
    ck_assert_int_eq(e.status, WG_ERR_STATE);
    const wg_optim_options bad[] = {{.rate = -1}, {.rate = (double)NAN}, {.momentum = 1},
                                    {.beta1 = 1}, {.beta2 = -0.1}, {.eps = -1},
                                    {.decay = -1}, {.clip = (double)NAN}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        ck_assert_ptr_null(wg_optim_new("momentum", p, &bad[i], &e));
        ck_assert_int_eq(e.status, WG_ERR_RANGE);
    }
    check_near(wg_optim_default_rate("adam"), 0.001, 0);
    ck_assert(isnan(wg_optim_default_rate("x")));
    wg_params_free(p);
}
END_TEST

static wg_status make_optim(void) {
    wg_error e = {WG_OK, ""};
    wg_params *p = wg_params_new();
    if (!p || !wg_param_new(p, "w", WG_F32, WG_SHAPE(3, 4)) ||
        !wg_param_new(p, "v", WG_F64, WG_SHAPE(3, 4))) {
        wg_params_free(p);
        return WG_ERR_MEMORY;
    }
    wg_optim *o = wg_optim_new("adam", p, NULL, &e);
    wg_optim_free(o);
    wg_params_free(p);
    return o ? WG_OK : e.status;
}

START_TEST(no_memory) { ck_assert_int_gt(run_out_of_memory("optim", make_optim), 8); }
END_TEST

START_TEST(schedules) {
    check_near(wg_schedule_factor(NULL, 5), 1, 0);
    check_near(wg_schedule_factor(&(wg_schedule){.kind = WG_SCHEDULE_CONSTANT}, 5), 1, 0);
    wg_schedule step = {.kind = WG_SCHEDULE_STEP, .every = 10};
    check_near(wg_schedule_factor(&step, 9), 1, 0);
    check_near(wg_schedule_factor(&step, 10), 0.1, 1e-15);
    check_near(wg_schedule_factor(&step, 25), 0.01, 1e-15);
    step.factor = 0.5;
    check_near(wg_schedule_factor(&step, 30), 0.125, 1e-15);
    wg_schedule cosine = {.kind = WG_SCHEDULE_COSINE, .total = 100};
    check_near(wg_schedule_factor(&cosine, 0), 1, 0);
    check_near(wg_schedule_factor(&cosine, 50), 0.5, 1e-15);
    check_near(wg_schedule_factor(&cosine, 25), (1 + sqrt(0.5)) / 2, 1e-15);
    check_near(wg_schedule_factor(&cosine, 1000), 0, 1e-15);
    cosine.factor = 0.2;
    check_near(wg_schedule_factor(&cosine, 100), 0.2, 1e-15);
    wg_schedule warm = {.kind = WG_SCHEDULE_CONSTANT, .warmup = 4};
    check_near(wg_schedule_factor(&warm, 0), 0.25, 0);
    check_near(wg_schedule_factor(&warm, 3), 1, 0);
    check_near(wg_schedule_factor(&warm, 9), 1, 0);
    wg_schedule_kind kind;
    wg_error e;
    ck_assert_int_eq(wg_schedule_by_name("cosine", &kind, &e), WG_OK);
    ck_assert_int_eq(kind, WG_SCHEDULE_COSINE);
    ck_assert_int_eq(wg_schedule_by_name("cosin", &kind, &e), WG_ERR_NAME);
    ck_assert_str_eq(e.text, "no schedule cosin; there is constant, step, cosine");
}
END_TEST

extern Suite *suite_optim(void);
Suite *suite_optim(void) {
    Suite *s = suite_create("optim");
    TCase *c = tcase_create("optim");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, sgd);
    tcase_add_test(c, momentum);
    tcase_add_test(c, nesterov);
    tcase_add_test(c, adam);
    tcase_add_test(c, adam_first_step);
    tcase_add_test(c, decay);
    tcase_add_test(c, clipping);
    tcase_add_test(c, both_types);
    tcase_add_test(c, empty_store);
    tcase_add_test(c, refusals);
    tcase_add_test(c, no_memory);
    tcase_add_test(c, schedules);
    suite_add_tcase(s, c);
    return s;
}
