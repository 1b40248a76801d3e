/* second.c: the gradient of the gradient.
 *
 * With g = df/dx recorded and w a vector without pattern, s = <g, w> is a number whose gradient is
 * H w, H the Hessian.  s is checked as a function that records f and g anew at every point: were
 * it replayed, a rule that forgets that it depends on x would forget it on both sides.  H is
 * symmetric: <u, H v> = <v, H u>. */
#include "autograd/tape.h"
#include "check/gradcheck.h"
#include "ops/ops.h"

#include <math.h>
#include <stdio.h>

typedef struct second {
    wg_var root; /* the caller's */
    int constant; /* the gradient depends on nothing */
} second;

/* Numbers like x without pattern, a constant. */
static wg_var vector_like(wg_var x, uint64_t seed) {
    wg_shape shape = wg_shape_of(x);
    int64_t n = wg_shape_size(shape);
    double *v = wgi_alloc((size_t)(n > 0 ? n : 0) * sizeof *v + 1);
    if (!v) {
        wgi_error(x.tape, WG_ERR_MEMORY, "gradcheck: no memory");
        return wgi_poison(x.tape);
    }
    for (int64_t i = 0; i < n; ++i) v[i] = wgi_direction_at(seed, i);
    wg_var y = wg_const(x.tape, WG_F64, n < 0 ? WG_RANK0 : shape, v);
    wgi_free(v);
    return y;
}

/* sum_i <x_i, v_i>, v drawn from seed. */
static wg_var contract(size_t n, const wg_var *x, uint64_t seed) {
    wg_var sum = WG_NONE;
    for (size_t i = 0; i < n; ++i) {
        wg_var part = wg_sum_to(wg_mul(x[i], vector_like(x[i], seed + 1000 * i)), WG_RANK0);
        sum = i ? wg_add(sum, part) : part;
    }
    return sum;
}

/* The gradient of a copy of the root, over leaves xs of tape. */
static wg_status gradient(second *c, wg_tape *tape, size_t n, const wg_var *xs, wg_var *g) {
    wgi_arena room = {0};
    wg_error e = {WG_OK, ""};
    wg_var root = WG_NONE;
    wg_status s = wgi_copy_computation(c->root, xs, tape, &room, &root, &e);
    if (s != WG_OK) wgi_error(tape, s, "%s", e.text);
    if (s == WG_OK) s = wg_gradients(root, n, xs, g);
    wgi_arena_free(&room);
    c->constant = s == WG_OK;
    for (size_t i = 0; i < n && s == WG_OK; ++i)
        c->constant &= !(wgi_node_at(tape, g[i].index)->flags & WGI_WANTS);
    return s;
}

/* <g, w> */
static wg_var weighted(wg_tape *tape, size_t n, const wg_var *xs, void *user) {
    wg_var *g = wgi_alloc(n * sizeof *g), y = wgi_poison(tape);
    if (!g) wgi_error(tape, WG_ERR_MEMORY, "gradcheck: no memory");
    else if (gradient(user, tape, n, xs, g) == WG_OK) y = contract(n, g, 3);
    wgi_free(g);
    return y;
}

/* <u, H v>, v and u drawn from seeds. */
static wg_status form(wg_tape *t, size_t n, const wg_var *xs, const wg_var *g, wg_var *h,
                      uint64_t v, uint64_t u, double *out) {
    wg_var s = contract(n, g, v);
    wg_status status = s.index ? wg_gradients(s, n, xs, h) : wg_tape_status(t);
    if (status != WG_OK) return status;
    *out = wg_item(contract(n, h, u));
    return wg_tape_status(t);
}

static wg_status symmetry(second *c, wg_tape *t, size_t n, const wg_var *xs, wg_var *room,
                          double *out) {
    double a = 0, b = 0;
    wg_status s = gradient(c, t, n, xs, room);
    if (s == WG_OK && !c->constant) s = form(t, n, xs, room, room + n, 1, 2, &a);
    if (s == WG_OK && !c->constant) s = form(t, n, xs, room, room + n, 2, 1, &b);
    double size = fmax(fabs(a), fabs(b));
    *out = size > 0 ? fabs(a - b) / size : fabs(a - b);
    return s;
}

/* Copies of the root's leaves on a tape, in float64, with their names. */
static wg_status copy_leaves(wg_var root, const wgi_analytic *a, wg_tape *to, wg_var *xs) {
    for (size_t i = 0; i < a->n; ++i) {
        wg_var x = wgi_var(root.tape, a->leaf[i].index);
        const char *name = wg_name_of(x);
        char text[32];
        const void *data = wg_data(x);
        for (int64_t k = 0; data && k < a->leaf[i].n; ++k)
            a->leaf[i].by[0][k] = wg_dtype_of(x) == WG_F32 ? (double)((const float *)data)[k]
                                                           : ((const double *)data)[k];
        if (!data) return WG_ERR_MEMORY;
        snprintf(text, sizeof text, "leaf %u", (unsigned)a->leaf[i].index);
        xs[i] = wg_input(to, WG_F64, wg_shape_of(x), a->leaf[i].by[0]);
        if (xs[i].index == 0) return wg_tape_status(to);
        wg_name(xs[i], name ? name : text);
    }
    return wg_tape_status(to);
}

static wg_status check(second *c, wgi_arena *room, const wg_gradcheck_options *o,
                       wg_gradcheck_report *r) {
    wgi_analytic a;
    wg_tape *tape = wg_tape_new();
    wg_error e = {WG_OK, ""};
    double asymmetry = 0;
    wg_status s = tape ? wgi_list_leaves(c->root, room, &a, &e) : WG_ERR_MEMORY;
    wg_var *xs = s == WG_OK ? wgi_arena_alloc(room, 3 * a.n * sizeof *xs) : NULL;
    if (s == WG_OK) s = xs ? copy_leaves(c->root, &a, tape, xs) : WG_ERR_MEMORY;
    if (s == WG_OK) s = symmetry(c, tape, a.n, xs, xs + a.n, &asymmetry);
    if (s == WG_OK && !c->constant) {
        s = wg_gradcheck_fn(weighted, c, a.n, xs, o, r);
        r->asymmetry = asymmetry;
    }
    if (s != WG_OK && s != WG_ERR_CHECK && r->error.status == WG_OK)
        wgi_error_to(&r->error, s, "%s",
                     e.status                            ? e.text
                     : tape && wg_tape_status(tape) != WG_OK ? wg_tape_message(tape)
                                                             : "gradcheck: no memory");
    wg_tape_free(tape);
    return s;
}

wg_status wg_gradcheck_second(wg_var root, const wg_gradcheck_options *options,
                              wg_gradcheck_report *report) {
    wg_gradcheck_report r = {.size = sizeof r};
    wgi_arena room = {0};
    second c = {root, 0};
    wg_status s = root.tape ? wgi_check_root(root, "gradcheck") : WG_ERR_TAPE;
    if (s == WG_OK) s = wgi_check_unchanged(root.tape, "gradcheck", root.index);
    if (s == WG_OK) {
        s = check(&c, &room, options, &r);
        if (s != WG_OK && s != WG_ERR_CHECK) wgi_error(root.tape, s, "%s", r.error.text);
    }
    wgi_arena_free(&room);
    return wgi_report_give(&r, s, report);
}
