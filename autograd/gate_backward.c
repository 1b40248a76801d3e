/* gate_backward.c: a derivative given as C code, made a rule of gates.
 *
 * The rule of such a gate records two of its own: `pull`, whose kernel runs the code on the
 * cotangent, y and the operands and leaves the wanted cotangents one behind the other in one array,
 * and for each of them `part`, a view of its place there; a single one has the array for itself.
 * So the result is a value like any other: dropped after the sweep of wg_backward, kept and
 * replayed where gradients are recorded.  What it cannot be is differentiated again: the rules of
 * both say so. */
#include "autograd/tape.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* The attributes of pull; those of the gate itself follow, aligned as any struct. */
struct pull {
    _Alignas(16) uint64_t wanted; /* bit i: operand i; those from 64 on always are */
    int64_t saved_count;
    wg_dtype saved_dtype;
};

struct part {
    wg_shape shape;
    int64_t offset;
    const wg_gate *of;
};

static int is_wanted(uint64_t wanted, size_t i) { return i >= 64 || (wanted >> i & 1); }

/* ---- running the code ----------------------------------------------------------------------- */

static const wgi_own_gate *own_of(const wg_gate *gate, size_t offset) {
    return (const wgi_own_gate *)(const void *)((const char *)gate - offset);
}

/* Of one cotangent y has the shape, of several it is the row of all their numbers. */
static wg_status pull_infer(wg_call *c) {
    const struct pull *a = c->attrs;
    const wg_value *last = NULL;
    int64_t size = 0, n = 0;
    for (size_t i = 2; i < c->n; ++i) {
        if (!c->x[i] || !is_wanted(a->wanted, i - 2)) continue;
        last = c->x[i];
        size += wg_value_size(last);
        ++n;
    }
    c->y.rank = n == 1 ? last->rank : 1;
    if (n == 1) memcpy(c->y.dim, last->dim, sizeof c->y.dim);
    else c->y.dim[0] = size;
    return WG_OK;
}

/* Descriptors of the wanted cotangents, one behind the other in y. */
static wg_value **lay_out(const wg_call *c) {
    const struct pull *a = c->attrs;
    size_t n = c->n - 2;
    wg_value **dx = wg_scratch(c, n * sizeof *dx), *room = wg_scratch(c, n * sizeof *room);
    char *at = c->y.data;
    if (!dx || !room) return NULL;
    for (size_t i = 0; i < n; ++i) {
        const wg_value *x = c->x[i + 2];
        dx[i] = NULL;
        if (!x || !is_wanted(a->wanted, i)) continue;
        room[i] = wgi_value_make(x->dtype, wgi_shape(x), at);
        dx[i] = &room[i];
        at += (size_t)wg_value_size(x) * wg_dtype_size(x->dtype);
    }
    return dx;
}

static wg_status pull_forward(wg_call *c) {
    const wgi_own_gate *own = own_of(c->gate, offsetof(wgi_own_gate, pull));
    const struct pull *a = c->attrs;
    wg_value **dx = lay_out(c);
    if (!dx) return wg_fail(c, WG_ERR_MEMORY, "no memory");
    size_t bytes = (size_t)wg_value_size(&c->y) * wg_dtype_size(c->y.dtype);
    if (bytes) memset(c->y.data, 0, bytes);
    wg_call call = *c; /* the evaluation whose derivative it is */
    call.gate = &own->full;
    call.n = c->n - 2;
    call.x = c->x + 2;
    call.y = *c->x[1];
    call.attrs = own->full.attr_bytes ? a + 1 : NULL;
    call.saved = c->x[1]->saved;
    call.saved_count = a->saved_count;
    call.saved_dtype = a->saved_dtype;
    wg_status s = own->full.backward(&call, c->x[0], dx);
    return s == WG_OK ? s : wg_fail(&call, s, "its backward failed");
}

/* ---- one cotangent of them ------------------------------------------------------------------ */

static wg_status part_infer(wg_call *c) {
    const struct part *a = c->attrs;
    c->y.rank = a->shape.rank;
    memcpy(c->y.dim, a->shape.dim, sizeof c->y.dim);
    return WG_OK;
}

static int part_view(wg_call *c) {
    const struct part *a = c->attrs;
    char *data = c->x[0]->data;
    c->y.data = data ? data + (size_t)a->offset * wg_dtype_size(c->y.dtype) : NULL;
    return 1;
}

/* ---- no second time ------------------------------------------------------------------------- */

static void refuse(const wg_pull *p, const char *name) {
    wg_tape *t = p->g.tape;
    wgi_error(t, WG_ERR_UNSUPPORTED,
              "%s: its backward is C code, which cannot be differentiated; give it a rule", name);
    for (size_t i = 0; i < p->n; ++i)
        if (p->wanted[i]) p->dx[i] = wgi_poison(t);
}
static void pull_rule(wg_pull *p) {
    refuse(p, own_of(p->gate, offsetof(wgi_own_gate, pull))->full.name);
}
static void part_rule(wg_pull *p) { refuse(p, ((const struct part *)p->attrs)->of->name); }

static const wg_gate part_gate = {
    .size = sizeof(wg_gate),
    .name = "cotangent",
    .formula = "the cotangent of one operand, of those that a gate's backward computed",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_STRIDED,
    .attr_bytes = sizeof(struct part),
    .infer = part_infer,
    .view = part_view,
    .rule = part_rule,
};

void wgi_backward_gate(wgi_own_gate *own) {
    const wg_gate *g = &own->full;
    snprintf(own->pull_name, sizeof own->pull_name, "%.63s_backward", g->name);
    wg_gate pull = {.size = sizeof(wg_gate),
                    .name = own->pull_name,
                    .formula = "the cotangents of the operands, by the gate's backward",
                    .arity = g->arity < 0 ? -1 : g->arity + 2,
                    .operands = {"g", "y", g->operands[0], g->operands[1], g->operands[2],
                                 g->operands[3]},
                    .optional = g->optional << 2,
                    .indices = g->indices << 2,
                    .masks = g->masks << 2,
                    .flags = g->flags & WG_GATE_STRIDED,
                    .attr_bytes = sizeof(struct pull) + g->attr_bytes,
                    .infer = pull_infer,
                    .forward = {pull_forward, pull_forward, NULL, NULL},
                    .rule = pull_rule};
    own->pull = pull;
    own->full.rule = wgi_backward_rule;
    own->full.direct = NULL;
}

/* ---- the rule ------------------------------------------------------------------------------- */

static uint64_t wanted_bits(const wg_pull *p) {
    uint64_t wanted = 0;
    for (size_t i = 0; i < p->n && i < 64; ++i) wanted |= (uint64_t)(p->wanted[i] != 0) << i;
    return wanted;
}

/* Its operands and attributes lie in scratch memory; poison without memory. */
static wg_var record_pull(const wg_pull *p, const wgi_own_gate *own, uint64_t wanted) {
    wg_tape *t = p->g.tape;
    const wgi_node *y = wgi_node_at(t, p->y.index);
    wg_var *x = wgi_arena_alloc(&t->scratch, (p->n + 2) * sizeof *x);
    struct pull *a = wgi_arena_alloc(&t->scratch, own->pull.attr_bytes);
    if (!x || !a) return wg_poison(t, WG_ERR_MEMORY, own->full.name, "no memory");
    memset(a, 0, sizeof *a);
    a->wanted = wanted;
    if (y->flags & WGI_DENSE) {
        a->saved_count = y->u.dense->saved_count;
        a->saved_dtype = y->u.dense->saved_dtype;
    }
    if (own->full.attr_bytes) memcpy(a + 1, p->attrs, own->full.attr_bytes);
    x[0] = p->g;
    x[1] = p->y;
    memcpy(x + 2, p->x, p->n * sizeof *x);
    return wg_record(&own->pull, p->n + 2, x, a);
}

void wgi_backward_rule(wg_pull *p) {
    const wgi_own_gate *own = own_of(p->gate, offsetof(wgi_own_gate, full));
    if (p->recording && own->as_given.rule) {
        own->as_given.rule(p);
        return;
    }
    uint64_t wanted = wanted_bits(p);
    wg_var all = record_pull(p, own, wanted);
    struct part a = {WG_RANK0, 0, &own->full};
    size_t laid_out = 0;
    for (size_t i = 0; i < p->n; ++i) laid_out += p->x[i].tape && is_wanted(wanted, i);
    for (size_t i = 0; i < p->n; ++i) {
        if (!p->x[i].tape || !is_wanted(wanted, i)) continue;
        a.shape = wg_shape_of(p->x[i]);
        if (p->wanted[i]) p->dx[i] = laid_out == 1 ? all : wg_record(&part_gate, 1, &all, &a);
        a.offset += wg_shape_size(a.shape);
    }
}
