/* debug_report.c: what is said of the gate that made a NaN or an infinity: its source line, where
 * in the array, the operands there, and a path to it from a leaf. */
#include "autograd/debug.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Text that is cut where its room ends. */
typedef struct text {
    char *at;
    size_t used, room;
} text;

static void put(text *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(text *b, const char *format, ...) {
    va_list args;
    if (b->used + 1 >= b->room) return;
    va_start(args, format);
    int n = vsnprintf(b->at + b->used, b->room - b->used, format, args);
    va_end(args);
    if (n > 0) b->used += (size_t)n;
    if (b->used >= b->room) b->used = b->room - 1;
}

static void put_number(text *b, double x) {
    if (isnan(x)) put(b, "nan"); /* without a sign */
    else put(b, "%g", x);
}

/* " at [1, 3] of (2, 10)"; nothing at rank 0. */
static void put_place(text *b, const wg_value *v, int64_t element) {
    int64_t at[WG_MAX_RANK];
    char shape[96];
    if (v->rank == 0) return;
    for (int k = v->rank - 1; k >= 0; --k) {
        at[k] = element % v->dim[k];
        element /= v->dim[k];
    }
    put(b, " at [");
    for (int k = 0; k < v->rank; ++k) put(b, "%s%lld", k ? ", " : "", (long long)at[k]);
    put(b, "] of %s", wgi_shape_text(shape, sizeof shape, v->rank, v->dim));
}

/* The line on which node i was recorded; a composition's parts have that of its result. */
static const char *site_of(const wg_tape *t, uint32_t i) {
    const wgi_debug *d = &t->debug;
    const char *site = wgi_node_at(t, i)->site;
    if (site || i < d->first || i >= d->last) return site;
    return wgi_node_at(t, d->last)->site;
}

/* "input w", "param fc1.w", "mul (model.c:39)", "mul q (model.c:39)" */
static void put_node(text *b, const wg_tape *t, uint32_t i) {
    const wgi_node *n = wgi_node_at(t, i);
    const char *name = wg_name_of(wgi_var((wg_tape *)(uintptr_t)t, i)), *site = site_of(t, i);
    put(b, "%s", n->gate->name);
    if (name) put(b, " %s", name);
    if (!name && n->flags & WGI_LEAF && n->flags & WGI_SCALAR) {
        put(b, " ");
        put_number(b, n->value);
    }
    if (site) put(b, " (%s)", site);
}

/* ---- operands ------------------------------------------------------------------------------- */

/* "x = 0" where the gate reads one number of x for the element, else "x (3, 4) in [-1, 2]". */
static void put_operand(text *b, const char *name, const wg_value *x, const wg_value *y,
                        int64_t element, int elementwise) {
    int64_t n = wg_value_size(x);
    char shape[96];
    if (x->dtype > WG_F64) return;
    put(b, "%s", name);
    if (n == 1 || elementwise) {
        put(b, " = ");
        put_number(b, n == 1 ? wgi_debug_element(x, 0) : wgi_debug_operand(x, y, element));
        return;
    }
    double least = HUGE_VAL, most = -HUGE_VAL;
    for (int64_t i = 0; i < n; ++i) {
        double v = wgi_debug_element(x, i);
        if (v < least) least = v;
        if (v > most) most = v;
    }
    put(b, " %s", wgi_shape_text(shape, sizeof shape, x->rank, x->dim));
    if (n && least <= most) put(b, " in [%g, %g]", least, most);
}

/* ": x = 0, y = 2": the operands of node i for an element of its result y. */
static void put_operands(text *b, const wg_tape *t, uint32_t i, int64_t element, int elementwise) {
    const wgi_node *node = wgi_node_at(t, i);
    const uint32_t *x;
    uint32_t n = wgi_operands(node, &x);
    wg_value room[2];
    const wg_value *y = wgi_value_of(node, &room[0]);
    const char *before = ": ";
    for (uint32_t k = 0; k < n && k < 6; ++k) {
        const char *name = node->gate->operands[node->gate->arity < 0 ? 0 : k];
        const wg_value *v = wgi_value_of(wgi_node_at(t, x[k]), &room[1]);
        if (!x[k] || v->dtype > WG_F64) continue;
        put(b, "%s", before);
        put_operand(b, name ? name : "operand", v, y, element, elementwise);
        before = ", ";
    }
    if (node->flags & WGI_CUT) put(b, ", in a no-gradient section");
}

/* ---- the path ------------------------------------------------------------------------------- */

/* Of a node's operands the first that wants a gradient, else the first; 0 at a leaf. */
static uint32_t step_down(const wg_tape *t, uint32_t i) {
    const uint32_t *x;
    uint32_t n = wgi_operands(wgi_node_at(t, i), &x), first = 0;
    for (uint32_t k = 0; k < n; ++k) {
        if (x[k] && wgi_node_at(t, x[k])->flags & WGI_WANTS) return x[k];
        if (!first) first = x[k];
    }
    return first;
}

/* "; path: input w > mul (model.c:39) > log (model.c:41)", long ones without their middle. */
static void put_path(text *b, const wg_tape *t, uint32_t i) {
    enum { NEAR = 6 };
    uint32_t near[NEAR], n = 0, leaf = i;
    for (uint32_t at = i; at; at = step_down(t, at)) {
        if (n < NEAR) near[n] = at;
        leaf = at;
        ++n;
    }
    if (n < 2) return;
    put(b, "; path: ");
    if (n > NEAR) {
        put_node(b, t, leaf);
        if (n > NEAR + 1) put(b, " > %u more", (unsigned)(n - NEAR - 1));
    }
    for (uint32_t k = n < NEAR ? n : NEAR; k-- > 0;) {
        if (n > NEAR || k + 1 < n) put(b, " > ");
        put_node(b, t, near[k]);
    }
}

/* ---- telling -------------------------------------------------------------------------------- */

/* Begins the text with the line of node i and ends the search. */
static text begin(wg_tape *t, uint32_t i) {
    text b = {t->debug.text, 0, sizeof t->debug.text};
    const char *site = i ? site_of(t, i) : NULL;
    t->debug.looking = 0;
    if (site) put(&b, "%s: ", site);
    return b;
}

static void tell(wg_tape *t, uint32_t gate, uint32_t value, int backward, int64_t element,
                 double number) {
    wg_debug_report r = {sizeof r, wgi_node_at(t, gate)->gate->name, site_of(t, gate), backward,
                         wgi_var(t, value), element, number, t->debug.text};
    if (!t->debug.hook) return;
    ++t->hooked;
    t->debug.hook(&r, t->debug.user);
    --t->hooked;
}

void wgi_debug_tell_made(wg_tape *t, uint32_t i, int64_t element, double number) {
    const wgi_node *n = wgi_node_at(t, i);
    wg_value room;
    text b = begin(t, i);
    put(&b, "%s makes ", n->gate->name);
    put_number(&b, number);
    put_place(&b, wgi_value_of(n, &room), element);
    put_operands(&b, t, i, element, n->gate->elementwise != NULL);
    put_path(&b, t, i);
    tell(t, i, i, 0, element, number);
}

void wgi_debug_tell_leaf(wg_tape *t, uint32_t leaf, uint32_t user, int64_t element,
                         double number) {
    wg_value room;
    text b = begin(t, leaf);
    put_node(&b, t, leaf);
    put(&b, " holds ");
    put_number(&b, number);
    put_place(&b, wgi_value_of(wgi_node_at(t, leaf), &room), element);
    put(&b, ", which ");
    put_node(&b, t, user);
    put(&b, " takes on");
    tell(t, leaf, leaf, 0, element, number);
}

/* The operand's name in the gate above that is handed a cotangent. */
static const char *operand_of(const wg_tape *t, uint32_t source, uint32_t index) {
    const wgi_node *n = wgi_node_at(t, source);
    const uint32_t *x;
    uint32_t count = wgi_operands(n, &x), k = 0;
    while (k < count && x[k] != index) ++k;
    const char *name = k < 6 ? n->gate->operands[n->gate->arity < 0 ? 0 : k] : NULL;
    return name ? name : "its operand";
}

/* ", cotangent 2": the source's own, where it is one number or elementwise. */
static void put_incoming(text *b, const wg_tape *t, uint32_t source, int64_t element, int same) {
    const wgi_node *n = wgi_node_at(t, source);
    wg_value g = n->flags & WGI_SCALAR ? wgi_value_make(WG_F64, WG_RANK0, (void *)(uintptr_t)
                                                                              &n->cotangent)
                                       : n->u.dense->grad;
    if (!g.data || wg_value_size(&g) == 0) return;
    put(b, ", ");
    put_operand(b, "cotangent", &g, &g, element, same);
}

void wgi_debug_tell_cotangent(wg_tape *t, uint32_t source, uint32_t index, int64_t element,
                              double number) {
    wg_value room[2];
    text b = begin(t, source ? source : index);
    const wg_value *x = wgi_value_of(wgi_node_at(t, index), &room[0]);
    if (source) {
        const wgi_node *n = wgi_node_at(t, source);
        int same = n->gate->elementwise && wgi_same_shape(x, wgi_value_of(n, &room[1]));
        put(&b, "%s going backward makes ", n->gate->name);
        put_number(&b, number);
        put(&b, " of the cotangent of %s", operand_of(t, source, index));
        put_place(&b, x, element);
        put_operands(&b, t, source, element, same);
        put_incoming(&b, t, source, element, same);
        put_path(&b, t, source);
    } else {
        put(&b, "the cotangents that come to ");
        put_node(&b, t, index);
        put(&b, " add up to ");
        put_number(&b, number);
        put_place(&b, x, element);
        put_path(&b, t, index);
    }
    tell(t, source ? source : index, index, 1, element, number);
}
