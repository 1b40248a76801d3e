/* multiply_gate.c: the course's MultiplyGate, with a forward and a backward of one's own. */
#include <stdio.h>
#include <wengert.h>

/* z has the shape of x and y; the gate keeps both, as self.x and self.y do in the lesson */
static wg_status infer(wg_call *c) {
    if (wg_value_size(c->x[0]) != wg_value_size(c->x[1]))
        return wg_fail(c, WG_ERR_SHAPE, "x and y differ in size");
    c->y.rank = c->x[0]->rank;
    for (int i = 0; i < c->y.rank; ++i) c->y.dim[i] = c->x[0]->dim[i];
    c->saved_count = 2 * wg_value_size(c->x[0]);
    return WG_OK;
}

static wg_status forward(wg_call *c) {
    const double *x = c->x[0]->data, *y = c->x[1]->data;
    double *z = c->y.data, *kept_x = c->saved, *kept_y = kept_x + c->saved_count / 2;
    for (int64_t i = 0; i < c->saved_count / 2; ++i) {
        z[i] = x[i] * y[i];
        kept_x[i] = x[i];
        kept_y[i] = y[i];
    }
    return WG_OK;
}

/* dx = y dz, dy = x dz; an operand that wants no gradient has no dx */
static wg_status pull(const wg_call *c, const wg_value *dz, wg_value *const *dx, double sign) {
    int64_t n = c->saved_count / 2;
    const double *g = dz->data, *x = c->saved, *y = x + n;
    for (int64_t i = 0; i < n && dx[0]; ++i) ((double *)dx[0]->data)[i] += y[i] * g[i];
    for (int64_t i = 0; i < n && dx[1]; ++i) ((double *)dx[1]->data)[i] += sign * x[i] * g[i];
    return WG_OK;
}
static wg_status backward(const wg_call *c, const wg_value *dz, wg_value *const *dx) {
    return pull(c, dz, dx, 1);
}
static wg_status wrong(const wg_call *c, const wg_value *dz, wg_value *const *dx) {
    return pull(c, dz, dx, -1);
}

static void compute(wg_tape *t, const char *text) {
    wg_var xs[] = {wg_name(wg_scalar(t, -2), "x"), wg_name(wg_scalar(t, 5), "y"),
                   wg_name(wg_scalar(t, -4), "z")};
    const char *const names[] = {"x", "y", "z"};
    wg_var f = wg_parse(t, text, 3, names, xs);
    if (wg_backward(f) != WG_OK) {
        printf("%s\n", wg_tape_message(t));
        return;
    }
    printf("%s: f = %g, df/dx = %g, df/dy = %g, df/dz = %g\n", text, wg_item(f),
           wg_item(wg_grad(xs[0])), wg_item(wg_grad(xs[1])), wg_item(wg_grad(xs[2])));
    wg_gradcheck_report r = {.size = sizeof r};
    (void)wg_gradcheck(f, NULL, &r);
    printf("  the check: %s\n", wg_verdict_name(r.verdict));
    for (size_t i = 0; i < r.n; ++i)
        if (r.leaf[i]->verdict != WG_VERDICT_PASS)
            printf("  %s: analytic %g, numeric %g\n", r.leaf[i]->name, r.leaf[i]->analytic,
                   r.leaf[i]->numeric);
    wg_gradcheck_report_clear(&r);
}

int main(void) {
    wg_gate gate = {.size = sizeof gate,
                    .name = "mymul",
                    .formula = "z = x y",
                    .derivative = "dx = y dz, dy = x dz",
                    .arity = 2,
                    .operands = {"x", "y"},
                    .infer = infer,
                    .forward = {[WG_F64] = forward},
                    .backward = backward},
            bad = gate;
    bad.name = "badmul";
    bad.backward = wrong;
    wg_tape *t = wg_tape_new();
    if (wg_tape_add_gate(t, &gate) != WG_OK || wg_tape_add_gate(t, &bad) != WG_OK) {
        printf("%s\n", wg_tape_message(t));
        return 1;
    }
    compute(t, "q = x + y; q * z");
    compute(t, "q = x + y; mymul(q, z)");
    compute(t, "q = x + y; badmul(q, z)");
    wg_tape_free(t);
    return 0;
}
