/* gates_facts.c: how the engine runs a gate, read off its descriptor; see gates.h. */
#include "cli/gates.h"

#include <stdio.h>

static int is_flat(const wg_gate *g) { return (g->flags & WG_GATE_FLAT) != 0; }
static int is_linear(const wg_gate *g) { return (g->flags & WG_GATE_LINEAR) != 0; }

/* All operands are of the kind that the bits stand for. */
static int all_are(const wg_gate *g, unsigned bits) {
    return g->arity > 0 && bits == (1u << g->arity) - 1;
}

static const char *dtypes(const wg_gate *g) {
    if (g->compose) return "parts";
    if (all_are(g, g->masks)) return "bool";
    if (all_are(g, g->indices)) return "int64";
    if (g->elementwise) return "floats";
    int any = g->forward[WG_I64] || g->forward[WG_BOOL];
    return any || !(g->forward[WG_F32] || g->forward[WG_F64]) ? "all" : "floats";
}

static const char *forward(const wg_gate *g) {
    if (g->compose) return "parts";
    if (g->elementwise) return "rows";
    if (!g->view) return "kernel";
    return g->forward[WG_F64] ? "view or kernel" : "view";
}

static const char *reverse(const wg_gate *g) {
    if (g->compose) return "parts";
    if (is_flat(g)) return "zero";
    return g->elementwise ? "partials" : "rule";
}

/* A linear gate's cotangents do not depend on where it is taken. */
static const char *second_order(const wg_gate *g) {
    if (g->compose) return "parts";
    return is_flat(g) || is_linear(g) ? "zero" : "rule";
}

/* In the order in which autograd/jvp.c looks for it. */
static const char *forward_mode(const wg_gate *g) {
    if (g->compose) return "parts";
    if (is_flat(g)) return "zero";
    if (g->tangent) return "own rule";
    if (is_linear(g)) return "itself";
    return g->elementwise ? "rule" : "rule twice";
}

static const char *kind(const wg_gate *g) {
    if (is_flat(g)) return "flat";
    if (g->flags & WG_GATE_KINKED) return "kinked";
    return is_linear(g) ? "linear" : "smooth";
}

static const char *accelerated_by(const wg_gate *g) {
    if (g->compose) return "parts";
    if (g->elementwise) return wg_kernel_accelerators(WG_KERNEL_THREADS);
    if (g->view && !g->forward[WG_F64]) return "no work";
    const char *text = wg_kernel_accelerators(g->kernel);
    return *text ? text : "one thread";
}

const wgi_gate_fact wgi_gate_facts[] = {
    {"dtypes", dtypes},
    {"forward", forward},
    {"reverse", reverse},
    {"second order", second_order},
    {"forward mode", forward_mode},
    {"kind", kind},
    {"accelerated by", accelerated_by},
    {NULL, NULL},
};

const char *wgi_gate_shapes(const wg_gate *g) {
    if (g->shape) return g->shape;
    return g->arity == 1 ? "(...) -> (...)" : "broadcast";
}

/* ---- the call ------------------------------------------------------------------------------- */

/* "x, w, b?"; "x, ..." for any number of one kind. */
static void operands(const wg_gate *g) {
    if (g->arity < 0) printf("%s, ...", g->operands[0]);
    for (int i = 0; i < g->arity; ++i)
        printf("%s%s%s", i ? ", " : "", g->operands[i], g->optional >> i & 1 ? "?" : "");
}

/* "axis=-1": the value taken where the call gives none; a bare name must be given. */
static void attribute(const wg_attr *a) {
    int list = a->kind == WG_ATTR_AXES || a->kind == WG_ATTR_SHAPE;
    if (a->required) printf("%s", a->name);
    else if (list && a->preset == 0) printf("%s=[]", a->name);
    else if (a->kind == WG_ATTR_WORD) printf("%s=%s", a->name, a->words[(int)a->preset]);
    else if (a->kind == WG_ATTR_TEXT) printf("%s=\"\"", a->name);
    else printf(list ? "%s=[%.6g]" : "%s=%.6g", a->name, a->preset);
}

void wgi_gate_call(const wg_gate *g) {
    printf("%s(", g->name);
    operands(g);
    for (const wg_attr *a = g->attrs; a && a->name; ++a) {
        if (a != g->attrs || g->arity != 0) printf(", ");
        attribute(a);
    }
    printf(")");
}
