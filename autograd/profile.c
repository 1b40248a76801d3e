/* profile.c: see profile.h and span.h. */
#include "autograd/profile.h"
#include "autograd/span.h"
#include "autograd/store.h"
#include "backend/clock.h"

#include <stdlib.h>
#include <string.h>

/* ---- counting ------------------------------------------------------------------------------- */

void wg_tape_profile(wg_tape *t, int on) {
    if (!t) return;
    wgi_profile *p = &t->profile;
    p->on = on != 0;
    if (!on) return;
    p->n = 0;
    p->sweeps = 0;
    p->nested = p->sweep_seconds = 0;
}

/* The line of a gate, NULL without memory: then it is missing from the report. */
static wg_gate_cost *line_of(wgi_profile *p, const wg_gate *gate) {
    for (size_t i = 0; i < p->n; ++i)
        if (p->gate[i] == gate) return &p->cost[i];
    if (p->n == p->room) {
        size_t more = p->room ? 2 * p->room : 32;
        const wg_gate **gates = wgi_grow(p->gate, p->n * sizeof *gates, more * sizeof *gates);
        if (gates) p->gate = gates;
        wg_gate_cost *cost = gates ? wgi_grow(p->cost, p->n * sizeof *cost, more * sizeof *cost)
                                   : NULL;
        if (!cost) return NULL;
        p->cost = cost;
        p->room = more;
    }
    wg_gate_cost *c = &p->cost[p->n];
    memset(c, 0, sizeof *c);
    c->gate = gate->name;
    p->gate[p->n++] = gate;
    return c;
}

void wgi_span_open(wg_tape *t, wgi_span *s) {
    s->outer = t->profile.nested;
    t->profile.nested = 0;
    s->begin = wgi_clock_seconds();
}

/* The seconds of a span without those of spans inside. */
static double close_span(wg_tape *t, const wgi_span *s) {
    double all = wgi_clock_seconds() - s->begin, own = all - t->profile.nested;
    t->profile.nested = s->outer + all;
    return own;
}

/* Operations of the evaluation of c (k = -1), or of the cotangent of its operand k. */
static double work_of(const wg_call *c, int k) {
    if (c->gate->work) return c->gate->work(c, k);
    int64_t most = wg_value_size(&c->y);
    for (size_t i = 0; i < c->n; ++i) {
        int64_t n = c->x[i] ? wg_value_size(c->x[i]) : 0;
        if (n > most) most = n;
    }
    return (double)most;
}

void wgi_span_forward(wg_tape *t, const wgi_span *s, const wg_call *c) {
    double seconds = close_span(t, s);
    wg_gate_cost *line = line_of(&t->profile, c->gate);
    if (!line) return;
    ++line->forward_calls;
    line->forward_seconds += seconds;
    line->forward_work += work_of(c, -1);
    if (c->gate->view && c->x[0] && c->y.data == c->x[0]->data) return; /* shows its operand */
    line->bytes += (double)wg_value_size(&c->y) * (double)wg_dtype_size(c->y.dtype);
    line->bytes += (double)wgi_saved_bytes(c);
}

/* The call that made node n again, without its numbers' dtypes: for its shapes. */
static int call_of(wg_tape *t, const wgi_node *n, wg_call *c) {
    const uint32_t *x;
    wgi_operand_room room;
    size_t count = wgi_operands(n, &x);
    memset(c, 0, sizeof *c);
    if (!wgi_room_new(t, count, &room)) return 0;
    for (size_t k = 0; k < count; ++k)
        room.x[k] = x[k] ? wgi_value_of(wgi_node_at(t, x[k]), &room.values[k]) : NULL;
    wg_value y;
    c->gate = n->gate;
    c->n = count;
    c->x = room.x;
    c->attrs = wgi_attrs(n);
    c->y = *wgi_value_of(n, &y);
    c->dtype = c->y.dtype;
    return 1;
}

void wgi_span_reverse(wg_tape *t, const wgi_span *s, uint32_t i) {
    double seconds = close_span(t, s);
    const wgi_node *n = wgi_node_at(t, i);
    wg_gate_cost *line = line_of(&t->profile, n->gate);
    wgi_arena_mark mark = wgi_arena_position(&t->scratch);
    const uint32_t *x;
    wg_call c;
    if (!line) return;
    ++line->reverse_calls;
    line->reverse_seconds += seconds;
    uint32_t count = wgi_operands(n, &x);
    int known = call_of(t, n, &c);
    for (uint32_t k = 0; k < count && known; ++k) {
        int wanted = x[k] && wgi_node_at(t, x[k])->flags & WGI_WANTS;
        if (wanted) line->reverse_work += work_of(&c, (int)k);
    }
    wgi_arena_release(&t->scratch, mark);
}

void wgi_span_sweep(wg_tape *t, const wgi_span *s) {
    t->profile.sweep_seconds += wgi_clock_seconds() - s->begin;
    t->profile.nested = s->outer;
    ++t->profile.sweeps;
}

void wgi_profile_free(wgi_profile *p) {
    wgi_free(p->gate);
    wgi_free(p->cost);
}

/* ---- the report ----------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b) {
    const wg_gate_cost *p = a, *q = b;
    double x = p->forward_seconds + p->reverse_seconds, y = q->forward_seconds + q->reverse_seconds;
    return (x < y) - (x > y);
}

/* Of the stores that the tape uses, each once. */
static size_t param_bytes(const wg_tape *t) {
    size_t bytes = 0;
    for (size_t i = 0; i < t->n_uses; ++i) {
        int seen = 0;
        for (size_t k = 0; k < i; ++k) seen |= t->uses[k].params == t->uses[i].params;
        if (!seen) bytes += wgi_params_bytes(t->uses[i].params);
    }
    return bytes;
}

wg_status wg_profile_of(const wg_tape *t, wg_profile *given) {
    wg_profile p = {0};
    size_t size = given->size && given->size < sizeof p ? given->size : sizeof p;
    memset(given, 0, size);
    given->size = size;
    if (!t) return WG_ERR_TAPE;
    const wgi_profile *from = &t->profile;
    p.size = size;
    p.n = from->n;
    p.gates = p.n ? wgi_alloc(p.n * sizeof *p.gates) : NULL;
    if (p.n && !p.gates) return WG_ERR_MEMORY;
    if (p.n) memcpy(p.gates, from->cost, p.n * sizeof *p.gates);
    if (p.n) qsort(p.gates, p.n, sizeof *p.gates, by_time);
    p.sweeps = from->sweeps;
    p.sweep_seconds = from->sweep_seconds;
    p.param_bytes = param_bytes(t);
    p.node_bytes = t->n_chunks * sizeof(wgi_node) * WGI_CHUNK_NODES;
    p.value_bytes = wgi_arena_held(&t->values);
    p.grad_bytes = wgi_arena_held(&t->grads.arena);
    p.scratch_bytes = wgi_arena_held(&t->scratch);
    memcpy(given, &p, size);
    return WG_OK;
}

void wg_profile_clear(wg_profile *p) {
    size_t size = p->size;
    wgi_free(p->gates);
    memset(p, 0, size && size < sizeof *p ? size : sizeof *p);
    p->size = size;
}
