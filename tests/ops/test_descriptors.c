/* test_descriptors.c: what a descriptor says for the table of gates, held against what the gate
 * does: shapes, linearity, threads. */
#include "tests/ops/registry_helpers.h"
#include "tests/ops/shape_text.h"
#include "tests/suites.h"

#include "backend/parallel.h"

#include <math.h>
#include <string.h>

static size_t size_of(wg_var v) { return (size_t)wg_shape_size(wg_shape_of(v)); }

/* ---- shapes --------------------------------------------------------------------------------- */

/* The text, or for a gate without one that of broadcasting. */
static const char *shape_text(const wg_gate *g) {
    if (g->shape) return g->shape;
    return g->arity == 1 ? "(...) -> (...)"
           : g->arity == 2 ? "(...) (...) -> (...)"
                           : "(...) (...) (...) -> (...)";
}

static int sample_call(const wg_gate *g, size_t k, shape_call *call) {
    trial t;
    trial_run run;
    const wg_sample *s = &g->samples[k];
    int ok = trial_init(&t, g, s, k) && trial_start(&t, &run, WG_F64, PLAIN);
    call->gate = g;
    call->attrs = s->attrs;
    call->n = t.n;
    if (ok) call->y = wg_shape_of(run.y);
    for (size_t i = 0; i < t.n && ok; ++i) {
        if (t.leaf_of[i] < 0) call->x[i].rank = -1;
        else call->x[i] = t.leaf[t.leaf_of[i]].shape;
    }
    if (ok) trial_stop(&run);
    trial_clear(&t);
    return ok;
}

/* The first sample whose shapes are not such as the text says, -1 where all are. */
static int misfit(const wg_gate *g, const char *text) {
    shape_call call;
    for (size_t k = 0; g->samples[k].shapes; ++k) {
        ck_assert_msg(sample_call(g, k, &call), "%s, sample %zu", g->name, k);
        if (shape_text_fits(text, &call) != 1) return (int)k;
    }
    return -1;
}

/* Only a text that is an attribute can say what no brackets do: "as spec says". */
static int is_in_a_text(const wg_gate *g) {
    for (const wg_attr *a = g->attrs; a && a->name; ++a)
        if (a->kind == WG_ATTR_TEXT && strstr(g->shape, a->name)) return 1;
    return 0;
}

START_TEST(test_shapes) {
    const wg_gate *g = wgi_gates[_i];
    const char *text = shape_text(g);
    shape_call call;
    if (!strchr(text, '(') && is_in_a_text(g)) return;
    for (size_t k = 0; g->samples[k].shapes; ++k) {
        ck_assert_msg(sample_call(g, k, &call), "%s, sample %zu", g->name, k);
        int fits = shape_text_fits(text, &call);
        ck_assert_msg(fits >= 0, "%s: \"%s\" cannot be read", g->name, text);
        ck_assert_msg(fits, "%s, sample %zu (%s): not \"%s\"", g->name, k, g->samples[k].shapes,
                      text);
    }
}
END_TEST

/* A text that is wrong in one place does not go through. */
START_TEST(test_wrong_shapes) {
    const wg_gate *g = wgi_gates[_i];
    char spoilt[SHAPE_TEXT_BYTES];
    ck_assert_uint_lt(strlen(shape_text(g)) + 16, sizeof spoilt);
    for (int k = 0, kind = 1; kind; ++k) {
        kind = shape_text_spoil(shape_text(g), g, k, spoilt);
        if (kind == 1)
            ck_assert_msg(misfit(g, spoilt) >= 0, "%s: all samples fit \"%s\" too", g->name,
                          spoilt);
    }
}
END_TEST

/* The reader itself, on shapes of a gate with many kinds of attributes. */
START_TEST(test_shape_reader) {
    static const struct {
        int want;
        const char *text;
    } cases[] = {
        {1, "(N, H, W, C) (O, KH, KW, C/groups) (O)? -> (N, OH, OW, O)"},
        {1, "(N, a..., C) (O, b..., C/groups) (O)? -> (N, c..., O)"},
        {1, "(N, H, W, C) (O, KH, KW, D) (O)? -> (N, OH, OW, O); OH = H - KH + 1, OW = W - KW + 1"},
        {0, "(N, H, W, C) (O, KH, KW, D) (O)? -> (N, OH, OW, O); OH = H, OW = W"},
        {1, "(2 (H - 3), H, W, C) (2 + |0 - 1|, KH, (W), C) (O) -> (2, 3, floor(W/2) + 1, O)"},
        {0, "(N, H, W, C) (O, KH, KW, C + 1) (O)? -> (N, OH, OW, O)"},
        {0, "(N, H, W, C) (O, KH, KW, C/groups) (N)? -> (N, OH, OW, O)"},
        {0, "(N, H, W, C) (O, KH, KW, C/groups) -> (N, OH, OW, O)"},
        {1, "(N, H) (O) (O) -> (N) or (d...) (e...) (O) -> (N, OH, OW, O)"},
        {1, "(N, H, a...) (O, b...) (O) -> (N, OH, c...); OH = H or ceil(H/3) + 1 with x, O so"},
        {0, "(N, H, a...) (O, KH, b...) (O) -> (N, OH, c...); OH = H or floor(H/3) + 1 with x"},
        {0, "(N, H) (O) (O) -> (N) or (d...) (e...) (O) -> (N, OH, O)"},
        {0, "(d...) (d...) (e...) -> (f...)"},
        {1, "(d...) (e...) (O) -> (f..., O) or (2)"},
        {1, "(d...) (e...) (O) -> (2) or (f..., O)"},
        {0, "(stride[0], H, W, C) (e...) (O) -> (f...)"},
        {1, "(stride[0] + stride[1], H, W, C) (e...) (O) -> (f...)"},
        {-1, "(stride[, H, W, C) (e...) (O) -> (f...)"},
        {-1, "(N, H, W, C) (e...) (O)"},
        {-1, "(N, H, W, C (e...) (O) -> ()"},
        {-1, "as it comes"},
    };
    static const struct {
        int64_t stride[2], pad[2], dilation[2], groups;
    } attrs = {{1, 1}, {0, 0}, {1, 1}, 1};
    shape_call call = {wgi_gate_find("conv2d", 6), &attrs, 3,
                       {WG_SHAPE(2, 4, 5, 2), WG_SHAPE(3, 2, 5, 2), WG_SHAPE(3)},
                       WG_SHAPE(2, 3, 1, 3)};
    call.y.dim[2] = 1;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        if (i == 4) call.y.dim[2] = 3; /* floor(5/2) + 1 */
        ck_assert_msg(shape_text_fits(cases[i].text, &call) == cases[i].want, "\"%s\"",
                      cases[i].text);
        call.y.dim[2] = 1;
    }
}
END_TEST

/* ---- linearity ------------------------------------------------------------------------------ */

/* The value at the trial's numbers; NULL on an error. */
static double *value(trial *t, size_t *n) {
    trial_run run;
    double *y = NULL;
    if (trial_start(t, &run, WG_F64, PLAIN)) {
        *n = size_of(run.y);
        y = trial_room(t, *n);
        if (!take(run.y, *n, y)) y = NULL;
    }
    trial_stop(&run);
    return y;
}

/* |f(a x + b z) - a f(x) - b f(z)|, the largest, on a sample; the same masks and indices, and since
 * each tape begins alike the same random numbers. */
static double crookedness(const wg_gate *g, size_t k) {
    trial t;
    double a = 1.5, b = -0.75, worst = 0, *x[MAX_OPERANDS];
    size_t n[3] = {0};
    ck_assert(trial_init(&t, g, &g->samples[k], k));
    double *fx = value(&t, &n[0]);
    for (size_t i = 0; i < t.n_leaves; ++i) {
        x[i] = trial_room(&t, t.leaf[i].n);
        memcpy(x[i], t.leaf[i].x, t.leaf[i].n * sizeof *x[i]);
    }
    trial_redraw(&t);
    double *fz = value(&t, &n[1]);
    for (size_t i = 0; i < t.n_leaves; ++i)
        for (size_t j = 0; t.leaf[i].kind == VALUE && j < t.leaf[i].n; ++j)
            t.leaf[i].x[j] = a * x[i][j] + b * t.leaf[i].x[j];
    double *fu = value(&t, &n[2]);
    ck_assert_msg(fx && fz && fu && n[0] == n[1] && n[1] == n[2], "%s", t.why);
    for (size_t i = 0; i < n[0]; ++i) {
        double off = fabs(fu[i] - a * fx[i] - b * fz[i]);
        if (!(off <= worst)) worst = isnan(off) ? INFINITY : off;
    }
    trial_clear(&t);
    return worst;
}

START_TEST(test_linear) {
    const wg_gate *g = wgi_gates[_i];
    double worst = 0;
    if (g->flags & WG_GATE_FLAT) return;
    for (size_t k = 0; g->samples[k].shapes; ++k) worst = fmax(worst, crookedness(g, k));
    if (strcmp(g->name, "absorb") == 0) return; /* x itself, but beside a NaN */
    if (g->flags & WG_GATE_LINEAR) /* a cast to float32 rounds */
        ck_assert_msg(worst <= 1e-6, "%s is flagged linear: off by %g", g->name, worst);
    else ck_assert_msg(worst > 1e-3, "%s is not flagged linear, and is", g->name);
}
END_TEST

/* ---- threads -------------------------------------------------------------------------------- */

/* A gate that offers loops to threads says so, and no other does.  What a view costs depends on its
 * operands; elementwise gates and compositions say nothing. */
START_TEST(test_threads) {
    const wg_gate *g = wgi_gates[_i];
    int64_t before = wgi_parallel_loops();
    if (g->elementwise || g->compose || g->view) return;
    wgi_parallel_eagerly(1);
    for (size_t k = 0; g->samples[k].shapes; ++k) {
        trial t;
        trial_run run;
        ck_assert(trial_init(&t, g, &g->samples[k], k));
        ck_assert_msg(trial_start(&t, &run, WG_F64, PLAIN), "%s", t.why);
        trial_stop(&run);
        trial_clear(&t);
    }
    wgi_parallel_eagerly(0);
    if (g->kernel == WG_KERNEL_LOOPS)
        ck_assert_msg(wgi_parallel_loops() == before, "%s divides its work: say .kernel", g->name);
    else ck_assert_msg(wgi_parallel_loops() > before, "%s: .kernel says threads", g->name);
}
END_TEST

/* ---- words ---------------------------------------------------------------------------------- */

START_TEST(test_words) {
    const wg_gate *g = wgi_gates[_i];
    ck_assert_msg(g->domain || !(g->flags & (WG_GATE_KINKED | WG_GATE_FLAT)),
                  "%s: a kinked or flat gate says in .domain what holds where", g->name);
    ck_assert(g->kernel < WG_KERNEL_COUNT);
    ck_assert_ptr_nonnull(wg_kernel_accelerators(g->kernel));
}
END_TEST

extern Suite *suite_descriptors(void);
Suite *suite_descriptors(void) {
    Suite *s = suite_create("descriptors");
    TCase *c = tcase_create("descriptors");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, test_shape_reader);
    tcase_add_loop_test(c, test_shapes, 0, gate_count());
    tcase_add_loop_test(c, test_wrong_shapes, 0, gate_count());
    tcase_add_loop_test(c, test_linear, 0, gate_count());
    tcase_add_loop_test(c, test_threads, 0, gate_count());
    tcase_add_loop_test(c, test_words, 0, gate_count());
    suite_add_tcase(s, c);
    return s;
}
