/* random_graph.c: see random_graph.h */
#include "tests/autograd/random_graph.h"

#include "backend/backend.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- numbers -------------------------------------------------------------------------------- */

static uint64_t next(graph *g) {
    uint64_t z = g->random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}
size_t graph_random(graph *g, size_t n) { return (size_t)(next(g) % n); }
static int chance(graph *g, size_t percent) { return graph_random(g, 100) < percent; }

static void fill(graph *g, size_t n, double *x) {
    for (size_t i = 0; i < n; ++i)
        x[i] = (double)(float)((double)(next(g) >> 11) * 0x1p-51 - 2); /* [-2, 2) */
}

void graph_mix(graph *g, const void *data, size_t bytes) {
    for (size_t i = 0; i < bytes; ++i)
        g->hash = (g->hash ^ ((const unsigned char *)data)[i]) * 0x100000001b3u;
}

/* ---- memory --------------------------------------------------------------------------------- */

enum { LARGEST_BLOCK = 6 << 20 };
static int filling;

static void *filled(size_t bytes, size_t align, void *user) {
    (void)user;
    void *p = bytes <= LARGEST_BLOCK ? aligned_alloc(align, bytes) : NULL;
    if (p) memset(p, filling, bytes);
    return p;
}
static void release(void *block, void *user) {
    (void)user;
    free(block);
}

void graph_allocator(int fill_with) {
    static const wg_allocator a = {filled, release, NULL};
    filling = fill_with;
    wg_set_allocator(&a);
}

/* ---- handles -------------------------------------------------------------------------------- */

/* Keeps v for later steps if it is small and finite. */
static void keep(graph *g, wg_var v, int leaf) {
    double x[GRAPH_ELEMENTS];
    if (v.index == 0 || (leaf && g->n_leaf == GRAPH_LEAVES)) return;
    int64_t n = wg_shape_size(wg_shape_of(v));
    if (g->wide && wg_dtype_of(v) == WG_F32) return;
    if (n < 0 || n > GRAPH_ELEMENTS || !take(v, (size_t)n, x)) return;
    graph_mix(g, x, (size_t)n * sizeof *x);
    for (int64_t i = 0; i < n; ++i)
        if (!(fabs(x[i]) < 1e3)) return;
    if (g->n_live < GRAPH_LIVE) g->live[g->n_live++] = v;
    else g->live[graph_random(g, GRAPH_LIVE)] = v;
    if (leaf) g->leaf[g->n_leaf++] = v;
}

static size_t keep_below(wg_var *list, size_t n, uint32_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < n; ++i)
        if (list[i].index < count) list[kept++] = list[i];
    return kept;
}

void graph_forget(graph *g, uint32_t count) {
    for (size_t i = 0; i < g->n_live; ++i)
        if (g->live[i].index >= count) {
            if (g->n_dead < GRAPH_DEAD) ++g->n_dead;
            g->dead[graph_random(g, g->n_dead)] = g->live[i];
        }
    g->n_live = keep_below(g->live, g->n_live, count);
    g->n_leaf = keep_below(g->leaf, g->n_leaf, count);
}

static wg_var any_float(graph *g) {
    for (int tries = 0; tries < 20 && g->n_live; ++tries) {
        wg_var v = g->live[graph_random(g, g->n_live)];
        if (wg_dtype_of(v) <= WG_F64 && wg_shape_size(wg_shape_of(v)) > 0) return v;
    }
    return WG_NONE;
}

static wg_var new_leaf(graph *g, wg_dtype dtype, wg_shape shape) {
    double x[GRAPH_ELEMENTS];
    size_t n = (size_t)wg_shape_size(shape);
    fill(g, n, x);
    wg_var v = put(g->t, dtype, shape, n, x, 1);
    keep(g, v, 1);
    return v;
}

wg_var graph_project(graph *g, wg_var v) {
    double c[GRAPH_ELEMENTS];
    if (wg_dtype_of(v) > WG_F64) return WG_NONE;
    wg_shape shape = wg_shape_of(v);
    size_t n = (size_t)wg_shape_size(shape);
    fill(g, n, c);
    return wg_sum(wg_mul(wg_cast(v, WG_F64), put(g->t, WG_F64, shape, n, c, 0)));
}

/* ---- operands that fit ---------------------------------------------------------------------- */

static wg_shape reversed(wg_shape s) {
    wg_shape r = {s.rank, {0}};
    for (int i = 0; i < s.rank; ++i) r.dim[i] = s.dim[s.rank - 1 - i];
    return r;
}

/* An older value, or a new leaf, made into `shape`: by a view where the sizes agree, else by
 * picking elements; sometimes as the transpose of its transpose. */
static wg_var shaped(graph *g, wg_dtype dtype, wg_shape shape) {
    double x[GRAPH_ELEMENTS];
    wg_var v = chance(g, 25) ? WG_NONE : any_float(g);
    size_t n = (size_t)wg_shape_size(shape), have;
    if (!v.tape) return new_leaf(g, dtype, shape);
    if (wg_dtype_of(v) != dtype) v = wg_cast(v, dtype);
    have = (size_t)wg_shape_size(wg_shape_of(v));
    if (have != n) {
        for (size_t i = 0; i < n; ++i) x[i] = (double)graph_random(g, have);
        wg_var index = put(g->t, WG_I64, WG_SHAPE((int64_t)n), n, x, 0);
        v = wg_gather(wg_reshape(v, WG_SHAPE(-1)), index, 0);
    }
    if (chance(g, 30)) return wg_transpose(wg_reshape(v, reversed(shape)));
    return wg_reshape(v, shape);
}

static wg_var fitting(graph *g, const trial *tr, size_t i, wg_dtype dtype) {
    const trial_leaf *l = &tr->leaf[tr->leaf_of[i]];
    double lo = tr->sample->lo, hi = tr->sample->hi;
    if (l->kind == INDEX || l->kind == MASK) {
        wg_dtype exact = l->kind == INDEX ? WG_I64 : WG_BOOL;
        return put(g->t, chance(g, 20) ? WG_F32 : exact, l->shape, l->n, l->x, 0);
    }
    if (dtype > WG_F64) return put(g->t, dtype, l->shape, l->n, l->x, 0);
    if (i == 1 && l->shape.rank == 0 && chance(g, 30)) return wg_number(g->t, l->x[0]);
    wg_var v = shaped(g, dtype, l->shape);
    return lo == 0 && hi == 0 ? v
                              : wg_shift(wg_scale(wg_tanh(v), (hi - lo) / 2), (hi + lo) / 2);
}

static wg_dtype some_dtype(graph *g, const wg_gate *gate) {
    wg_dtype dtype = chance(g, 50) && !g->wide ? WG_F32 : WG_F64;
    if (chance(g, 8)) dtype = chance(g, 50) ? WG_I64 : WG_BOOL;
    for (int k = 0; k < 4 && !gate_takes(gate, dtype); ++k) dtype = (wg_dtype)k;
    return dtype;
}

static void healthy_gate(graph *g) {
    const wg_gate *gate = wgi_gates[graph_random(g, (size_t)gate_count())];
    size_t samples = 0;
    while (gate->samples[samples].shapes) ++samples;
    size_t number = graph_random(g, samples);
    trial tr;
    wg_var x[MAX_OPERANDS];
    if (!trial_init(&tr, gate, &gate->samples[number], number)) abort();
    wg_dtype dtype = some_dtype(g, gate);
    g->gate = gate->name;
    for (size_t i = 0; i < tr.n; ++i)
        x[i] = tr.leaf_of[i] < 0 ? WG_NONE : fitting(g, &tr, i, dtype);
    keep(g, wg_record(gate, tr.n, x, tr.sample->attrs), 0);
    trial_clear(&tr);
}

/* ---- operands and attributes that do not ---------------------------------------------------- */

static int64_t wild_int(graph *g) {
    static const int64_t few[] = {0, 1, 2, 3, 7, -1, -2, 8, 9, 100, INT_MAX, INT_MIN};
    static const int64_t wild[] = {INT64_MAX, INT64_MIN, INT64_MIN + 1, (int64_t)1 << 40,
                                   -((int64_t)1 << 40), (int64_t)1 << 62};
    return chance(g, 75) ? few[graph_random(g, sizeof few / sizeof *few)]
                         : wild[graph_random(g, sizeof wild / sizeof *wild)];
}

static int small_int(graph *g) {
    int64_t i = wild_int(g);
    return i > INT_MAX ? INT_MAX : i < INT_MIN ? INT_MIN : (int)i;
}

static double wild_real(graph *g) {
    static const double wild[] = {0,        -0.0,      1,    -1,    0.5,  1.5,  1e308,
                                  -1e308,   5e-324,    1e-9, HUGE_VAL, -HUGE_VAL, (double)NAN};
    return wild[graph_random(g, sizeof wild / sizeof *wild)];
}

static void wild_text(graph *g, char *to) {
    static const char letters[] = "ijkab,->. _";
    size_t n = (size_t)graph_random(g, 12);
    for (size_t i = 0; i < n; ++i) to[i] = letters[graph_random(g, sizeof letters - 1)];
    to[n] = '\0';
}

static void wild_attr(graph *g, const wg_attr *a, void *to) {
    wg_axes axes = {small_int(g), {0}};
    wg_shape shape = {chance(g, 20) ? small_int(g) : (int)graph_random(g, 9), {0}};
    int64_t pair[2] = {wild_int(g), wild_int(g)};
    double real = wild_real(g);
    for (int i = 0; i < WG_MAX_RANK; ++i) {
        axes.axis[i] = small_int(g);
        shape.dim[i] = chance(g, 60) ? (int64_t)graph_random(g, 4) - 1 : wild_int(g);
    }
    switch (a->kind) {
    case WG_ATTR_INT: memcpy(to, &pair[0], sizeof pair[0]); break;
    case WG_ATTR_REAL: memcpy(to, &real, sizeof real); break;
    case WG_ATTR_BOOL:
    case WG_ATTR_AXIS:
    case WG_ATTR_WORD: memcpy(to, &axes.axis[0], sizeof(int)); break;
    case WG_ATTR_AXES: memcpy(to, &axes, sizeof axes); break;
    case WG_ATTR_SHAPE: memcpy(to, &shape, sizeof shape); break;
    case WG_ATTR_PAIR: memcpy(to, pair, sizeof pair); break;
    case WG_ATTR_TEXT: wild_text(g, to); break;
    }
}

static wg_var any_handle(graph *g) {
    wg_var none = WG_NONE, poison = {g->t, 0, 1}, beyond = {g->t, 1u << 30, 1};
    switch (graph_random(g, 24)) {
    case 0: return none;
    case 1: return poison;
    case 2: return beyond;
    case 3: return wg_scalar(g->other, 1);
    case 4: return wg_number(g->t, wild_real(g));
    case 5: return g->n_dead ? g->dead[graph_random(g, g->n_dead)] : none;
    case 6: return new_leaf(g, WG_F32, WG_SHAPE(0, 3));
    case 7: return put(g->t, WG_I64, WG_SHAPE(2), 2, (double[]){-1, 1e15}, 0);
    default: return g->n_live ? g->live[graph_random(g, g->n_live)] : none;
    }
}

static void hostile_gate(graph *g) {
    union {
        char bytes[512];
        int64_t aligned;
    } attrs;
    const wg_gate *gate = wgi_gates[graph_random(g, (size_t)gate_count())];
    wg_var x[MAX_OPERANDS];
    size_t n = gate->arity < 0 || chance(g, 3) ? graph_random(g, 5) : (size_t)gate->arity;
    g->gate = gate->name;
    if (gate->attr_bytes > sizeof attrs) abort();
    if (gate->attr_bytes) memcpy(&attrs, gate->samples[0].attrs, gate->attr_bytes);
    for (const wg_attr *a = gate->attrs; a && a->name; ++a)
        if (chance(g, 40)) wild_attr(g, a, attrs.bytes + a->offset);
    for (size_t i = 0; i < n; ++i) x[i] = any_handle(g);
    wg_var y = wg_record(gate, n, x, gate->attr_bytes && chance(g, 95) ? &attrs : NULL);
    if (y.tape == g->t) keep(g, y, 0);
}

/* ---- steps ---------------------------------------------------------------------------------- */

static void leaf_step(graph *g) {
    wg_shape shape = {(int)graph_random(g, 4), {0}};
    for (int i = 0; i < shape.rank; ++i)
        shape.dim[i] = chance(g, 10) ? 0 : (int64_t)graph_random(g, 3) + 1;
    if (chance(g, 30)) shape = WG_RANK0;
    new_leaf(g, chance(g, 50) && !g->wide ? WG_F32 : WG_F64, shape);
}

static void released_step(graph *g) {
    wg_mark mark = wg_tape_mark(g->t);
    for (size_t i = graph_random(g, 4); i > 0; --i) healthy_gate(g);
    if (chance(g, 50)) hostile_gate(g);
    graph_forget(g, mark.count);
    wg_tape_release(g->t, mark);
}

static void no_grad_step(graph *g) {
    wg_no_grad_begin(g->t);
    healthy_gate(g);
    wg_no_grad_end(g->t);
    g->cut = 1;
}

void graph_step(graph *g) {
    size_t p = graph_random(g, 100);
    if (p < 60) healthy_gate(g);
    else if (p < 80) hostile_gate(g);
    else if (p < 90) leaf_step(g);
    else if (p < 96) released_step(g);
    else if (g->wide) healthy_gate(g);
    else no_grad_step(g);
}

void graph_init(graph *g, uint64_t seed) {
    memset(g, 0, sizeof *g);
    g->t = wg_tape_new();
    g->other = wg_tape_new();
    if (!g->t || !g->other) abort();
    g->seed = seed;
    g->wide = (int)(seed & 1);
    graph_restart(g);
}

void graph_restart(graph *g) {
    wg_tape_rewind(g->t);
    wg_tape_rewind(g->other);
    wg_tape_seed(g->t, g->seed);
    g->random = g->seed;
    g->n_live = g->n_leaf = g->n_dead = 0;
    g->cut = 0;
    g->hash = 0xcbf29ce484222325u;
    leaf_step(g);
}

void graph_clear(graph *g) {
    wg_tape_free(g->t);
    wg_tape_free(g->other);
}
