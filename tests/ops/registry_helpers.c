/* registry_helpers.c: see registry_helpers.h */
#include "tests/ops/registry_helpers.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- memory and messages -------------------------------------------------------------------- */

typedef struct room {
    struct room *next;
    double x[];
} room;

double *trial_room(trial *t, size_t n) {
    room *r = malloc(sizeof *r + (n + 1) * sizeof *r->x);
    if (!r) abort();
    r->next = t->rooms;
    t->rooms = r;
    memset(r->x, 0, (n + 1) * sizeof *r->x);
    return r->x;
}

void trial_release(trial *t, void *mark) {
    while (t->rooms != mark) {
        room *r = t->rooms;
        t->rooms = r->next;
        free(r);
    }
}

void trial_clear(trial *t) { trial_release(t, NULL); }

int trial_fail(trial *t, const char *format, ...) {
    int used = snprintf(t->why, sizeof t->why, "%s, sample %zu (%s)%s%s: ", t->gate->name,
                        t->number, t->sample->shapes, *t->variant ? " " : "", t->variant);
    va_list args;
    va_start(args, format);
    if (used > 0 && (size_t)used < sizeof t->why)
        vsnprintf(t->why + used, sizeof t->why - (size_t)used, format, args);
    va_end(args);
    return 0;
}

/* ---- numbers -------------------------------------------------------------------------------- */

static uint64_t next_random(trial *t) {
    uint64_t z = t->random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}
static double uniform(trial *t) { return (double)(next_random(t) >> 11) * 0x1p-53; }

double *trial_draw(trial *t, size_t n) {
    double *x = trial_room(t, n);
    for (size_t i = 0; i < n; ++i) {
        double size = 0.2 + 0.8 * uniform(t);
        x[i] = (double)(float)(next_random(t) & 1 ? size : -size);
    }
    return x;
}

/* Adds the sample's diagonal to a leaf of square matrices. */
static void add_diagonal(const trial *t, trial_leaf *l) {
    int r = l->shape.rank;
    if (r < 2 || l->shape.dim[r - 1] != l->shape.dim[r - 2]) return;
    size_t n = (size_t)l->shape.dim[r - 1];
    for (size_t k = 0; k < l->n; ++k)
        if (k / n % n == k % n) l->x[k] = (double)(float)(l->x[k] + t->sample->diagonal);
}

/* Moves operands of an elementwise gate of one operand off its kinks, wherever those are. */
static void leave_kinks(trial *t) {
    const wg_elementwise *e = t->gate->elementwise;
    if (!e || !e->branch || t->n_leaves != 1 || t->n != 1) return;
    for (size_t k = 0; k < t->leaf[0].n; ++k)
        for (int round = 0; round < 64; ++round) {
            double *x = &t->leaf[0].x[k], low = *x - 0x1p-8, high = *x + 0x1p-8;
            if (e->branch(&low, t->sample->attrs) == e->branch(&high, t->sample->attrs)) break;
            *x += 0x1p-7;
        }
}

/* Fills the value leaves from [lo, hi], each number in a cell of its own and away from its edges,
 * so that no two of them and, on a symmetric interval, none and 0 come close: kinks and ties lie
 * further away than the steps of the difference quotients. */
void trial_redraw(trial *t) {
    double lo = t->sample->lo, hi = t->sample->hi;
    size_t total = 0, at = 0;
    if (lo == 0 && hi == 0) lo = -2, hi = 2;
    for (size_t i = 0; i < t->n_leaves; ++i)
        if (t->leaf[i].kind == VALUE) total += t->leaf[i].n;
    size_t cells = total + (total & 1);
    size_t *cell = malloc((cells + 1) * sizeof *cell);
    if (!cell) abort();
    for (size_t i = 0; i < cells; ++i) cell[i] = i;
    for (size_t i = cells; i > 1; --i) { /* shuffled */
        size_t j = (size_t)(uniform(t) * (double)i), swap = cell[j];
        cell[j] = cell[i - 1];
        cell[i - 1] = swap;
    }
    for (size_t i = 0; i < t->n_leaves; ++i)
        for (size_t k = 0; t->leaf[i].kind == VALUE && k < t->leaf[i].n; ++k) {
            double place = ((double)cell[at++] + 0.25 + 0.5 * uniform(t)) / (double)cells;
            t->leaf[i].x[k] = (double)(float)(lo + (hi - lo) * place);
        }
    for (size_t i = 0; i < t->n_leaves; ++i)
        if (t->leaf[i].kind == VALUE) add_diagonal(t, &t->leaf[i]);
    free(cell);
    leave_kinks(t);
}

/* ---- samples -------------------------------------------------------------------------------- */

/* Reads one operand's shape, "2,3", "" or "-", up to '|' or the end; NULL if it is none. */
static const char *read_shape(const char *s, wg_shape *shape, int *absent) {
    *shape = WG_RANK0;
    *absent = *s == '-' && (s[1] == '|' || s[1] == '\0');
    if (*absent) return s + 1;
    while (*s && *s != '|') {
        char *end;
        long d = strtol(s, &end, 10);
        if (end == s || d < 0 || shape->rank == WG_MAX_RANK) return NULL;
        shape->dim[shape->rank++] = d;
        s = *end == ',' ? end + 1 : end;
    }
    return s;
}

static operand_kind kind_of(const wg_gate *g, size_t i) {
    unsigned bit = 1u << (g->arity < 0 ? 0 : i);
    return g->indices & bit ? INDEX : g->masks & bit ? MASK : VALUE;
}

static void add_leaf(trial *t, operand_kind kind, wg_shape shape) {
    trial_leaf *l = &t->leaf[t->n_leaves];
    int64_t limit = t->sample->limit > 0 ? t->sample->limit : 1;
    l->kind = kind;
    l->shape = shape;
    l->n = (size_t)wg_shape_size(shape);
    l->x = trial_room(t, l->n);
    for (size_t k = 0; k < l->n; ++k) {
        if (kind == INDEX) l->x[k] = (double)(next_random(t) % (uint64_t)limit);
        if (kind == MASK) l->x[k] = (double)(next_random(t) & 1);
    }
    t->leaf_of[t->n] = (int)t->n_leaves++;
}

int trial_init(trial *t, const wg_gate *gate, const wg_sample *sample, size_t number) {
    memset(t, 0, sizeof *t);
    t->gate = gate;
    t->sample = sample;
    t->number = number;
    t->variant = "";
    t->random = number + 17;
    for (const char *c = gate->name; *c; ++c) t->random = t->random * 31 + (unsigned char)*c;
    const char *s = sample->shapes;
    for (; t->n < MAX_OPERANDS; ++s) {
        wg_shape shape;
        int absent;
        s = read_shape(s, &shape, &absent);
        if (!s) return 0;
        if (absent) t->leaf_of[t->n] = -1;
        else add_leaf(t, kind_of(gate, t->n), shape);
        ++t->n;
        if (*s == '\0') break;
    }
    trial_redraw(t);
    return *s == '\0' && (gate->arity < 0 || t->n == (size_t)gate->arity);
}

int trial_tie(trial *t) {
    int tied = 0;
    for (size_t i = 0; i < t->n; ++i) {
        if (t->leaf_of[i] < 0) continue;
        trial_leaf *l = &t->leaf[t->leaf_of[i]];
        for (size_t j = 0; j < i && l->kind == VALUE; ++j) {
            if (t->leaf_of[j] < 0) continue;
            const trial_leaf *k = &t->leaf[t->leaf_of[j]];
            if (k->kind != VALUE || k->shape.rank != l->shape.rank ||
                memcmp(k->shape.dim, l->shape.dim, sizeof k->shape.dim))
                continue;
            t->leaf_of[i] = t->leaf_of[j];
            tied = 1;
            break;
        }
    }
    return tied;
}

/* ---- values --------------------------------------------------------------------------------- */

static void encode(wg_dtype dtype, size_t n, const double *x, void *to) {
    for (size_t i = 0; i < n; ++i) {
        if (dtype == WG_F32) ((float *)to)[i] = (float)x[i];
        if (dtype == WG_F64) ((double *)to)[i] = x[i];
        if (dtype == WG_I64) ((int64_t *)to)[i] = (int64_t)x[i];
        if (dtype == WG_BOOL) ((unsigned char *)to)[i] = x[i] != 0;
    }
}

wg_var put(wg_tape *tape, wg_dtype dtype, wg_shape shape, size_t n, const double *x, int wanted) {
    void *data = malloc(n * 8 + 8);
    if (!data) abort();
    encode(dtype, n, x, data);
    wg_var v = wanted ? wg_input(tape, dtype, shape, data) : wg_const(tape, dtype, shape, data);
    free(data);
    return v;
}

wg_status put_again(wg_var leaf, size_t n, const double *x) {
    wg_dtype dtype = wg_dtype_of(leaf);
    void *data = malloc(n * 8 + 8);
    if (!data) abort();
    encode(dtype, n, x, data);
    wg_status s = wg_set(leaf, data, n * wg_dtype_size(dtype));
    free(data);
    return s;
}

int take(wg_var v, size_t n, double *x) {
    wg_dtype dtype = wg_dtype_of(v);
    void *data = malloc(n * 8 + 8);
    if (!data) abort();
    int ok = wg_read(v, data, n * wg_dtype_size(dtype)) == WG_OK;
    for (size_t i = 0; i < n && ok; ++i)
        x[i] = dtype == WG_F32   ? (double)((float *)data)[i]
               : dtype == WG_F64 ? ((double *)data)[i]
               : dtype == WG_I64 ? (double)((int64_t *)data)[i]
                                 : (double)((unsigned char *)data)[i];
    free(data);
    return ok;
}

/* ---- a turned view -------------------------------------------------------------------------- */

static wg_status turned_infer(wg_call *c) {
    const wg_value *x = c->x[0];
    c->y.rank = x->rank;
    for (int i = 0; i < x->rank; ++i) c->y.dim[i] = x->dim[x->rank - 1 - i];
    return WG_OK;
}

static int turned_view(wg_call *c) {
    const wg_value *x = c->x[0];
    int64_t last = 0;
    for (int i = 0; i < x->rank; ++i) {
        last += (x->dim[i] - 1) * x->stride[i];
        c->y.stride[i] = -x->stride[x->rank - 1 - i];
    }
    if (wg_value_size(x) == 0) last = 0;
    c->y.data = (char *)x->data + last * (int64_t)wg_dtype_size(x->dtype);
    return 1;
}

static void turned_rule(wg_pull *p) { p->dx[0] = turn(p->g); }

static const wg_gate turned_gate = {
    .size = sizeof(wg_gate),
    .name = "turned",
    .formula = "y[i, j] = x[-j, -i]",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_LINEAR,
    .infer = turned_infer,
    .view = turned_view,
    .rule = turned_rule,
};

wg_var turn(wg_var x) { return wg_record(&turned_gate, 1, &x, NULL); }

void turn_numbers(wg_shape shape, const double *from, double *to) {
    size_t n = (size_t)wg_shape_size(shape);
    for (size_t i = 0; i < n; ++i) {
        size_t rest = n - 1 - i, at = 0; /* flipped; its digits, last axis first */
        for (int k = shape.rank - 1; k >= 0; --k) {
            at = at * (size_t)shape.dim[k] + rest % (size_t)shape.dim[k];
            rest /= (size_t)shape.dim[k];
        }
        to[at] = from[i];
    }
}

/* ---- runs ----------------------------------------------------------------------------------- */

int gate_count(void) {
    int n = 0;
    while (wgi_gates[n]) ++n;
    return n;
}

int gate_takes(const wg_gate *g, wg_dtype dtype) {
    if (g->elementwise) return dtype <= WG_F64 && g->elementwise->forward[dtype] != NULL;
    if (g->compose) return dtype <= WG_F64;
    return g->forward[dtype] != NULL || g->view != NULL;
}

static wg_shape reversed(wg_shape s) {
    wg_shape r = {s.rank, {0}};
    for (int i = 0; i < s.rank; ++i) r.dim[i] = s.dim[s.rank - 1 - i];
    return r;
}

static wg_var start_leaf(trial *t, wg_tape *tape, const trial_leaf *l, wg_dtype dtype,
                         feeding how) {
    if (l->kind == INDEX && how != AS_FLOATS) dtype = WG_I64;
    if (l->kind == MASK && how != AS_FLOATS) dtype = WG_BOOL;
    if (how != TURNED) return put(tape, dtype, l->shape, l->n, l->x, l->kind == VALUE);
    double *x = trial_room(t, l->n);
    turn_numbers(l->shape, l->x, x);
    return put(tape, dtype, reversed(l->shape), l->n, x, l->kind == VALUE);
}

int trial_start(trial *t, trial_run *run, wg_dtype dtype, feeding how) {
    wg_var x[MAX_OPERANDS];
    memset(run, 0, sizeof *run);
    run->dtype = dtype;
    run->tape = wg_tape_new();
    if (!run->tape) abort();
    for (size_t i = 0; i < t->n_leaves; ++i)
        run->leaf[i] = start_leaf(t, run->tape, &t->leaf[i], dtype, how);
    for (size_t i = 0; i < t->n; ++i) {
        x[i] = t->leaf_of[i] < 0 ? WG_NONE : run->leaf[t->leaf_of[i]];
        if (how == TURNED && t->leaf_of[i] >= 0) x[i] = turn(x[i]);
    }
    if (how == NO_GRAD) wg_no_grad_begin(run->tape);
    run->y = wg_record(t->gate, t->n, x, t->sample->attrs);
    if (how == NO_GRAD) wg_no_grad_end(run->tape);
    if (wg_tape_status(run->tape) == WG_OK) return 1;
    return trial_fail(t, "in %s: %s", wg_dtype_name(dtype), wg_tape_message(run->tape));
}

void trial_stop(trial_run *run) { wg_tape_free(run->tape); }
