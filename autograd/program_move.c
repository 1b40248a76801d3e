/* program_move.c: the choices that a program's gates make, and one element of a leaf moved.  See
 * program.h. */
#include "autograd/program_parts.h"

#include <string.h>

/* ---- branch signatures ---------------------------------------------------------------------- */

/* One step of FNV-1a on whole words. */
static uint64_t mix(uint64_t hash, uint64_t word) { return (hash ^ word) * 0x100000001b3u; }

static double element(const wg_value *v, int64_t i) {
    switch (v->dtype) {
    case WG_F32: return (double)((const float *)v->data)[i];
    case WG_F64: return ((const double *)v->data)[i];
    case WG_I64: return (double)((const int64_t *)v->data)[i];
    case WG_BOOL: return (double)((const unsigned char *)v->data)[i];
    }
    return 0;
}

/* Where in v, broadcast to shape `to`, place i of `to` stands. */
static int64_t broadcast_place(const wg_value *v, const wg_value *to, int64_t i) {
    int64_t at = 0;
    for (int axis = to->rank - 1; axis >= 0; --axis) {
        int own = axis - (to->rank - v->rank);
        int64_t k = i % to->dim[axis];
        i /= to->dim[axis];
        if (own >= 0 && v->dim[own] != 1) at += k * v->stride[own];
    }
    return at;
}

static uint64_t elementwise_signature(uint64_t hash, const wg_call *c) {
    double x[3] = {0, 0, 0};
    int64_t n = wg_value_size(&c->y);
    int straight[3], all = c->gate->elementwise->branches && c->n < 3;
    const double *rows[3];
    for (size_t k = 0; k < c->n && k < 3; ++k) {
        straight[k] = wgi_same_shape(c->x[k], &c->y) && wg_value_dense(c->x[k]);
        all = all && straight[k] && c->x[k]->dtype == WG_F64;
        rows[k] = c->x[k]->data;
    }
    if (all) return mix(hash, c->gate->elementwise->branches(n, rows, c->attrs));
    for (int64_t i = 0; i < n; ++i) {
        for (size_t k = 0; k < c->n && k < 3; ++k)
            x[k] = element(c->x[k], straight[k] ? i : broadcast_place(c->x[k], &c->y, i));
        hash = mix(hash, (uint64_t)(int64_t)c->gate->elementwise->branch(x, c->attrs));
    }
    return hash;
}

/* The gate's own hash, of operands as its kernel saw them. */
static wg_status array_signature(wgi_program *p, wgi_array_step *a, uint64_t *hash, wg_error *e) {
    wgi_program_operands o;
    wg_status s = wgi_operands_begin(p, a, &o, e);
    if (s == WG_OK) s = wgi_call_pack(&a->call, o.x, o.room);
    if (s == WG_OK) *hash = mix(*hash, a->call.gate->signature(&a->call));
    wgi_operands_end(p, a, &o);
    return s;
}

wg_status wgi_program_signature(wgi_program *p, uint64_t *hash, wg_error *error) {
    *hash = 0xcbf29ce484222325u;
    for (uint32_t i = 0; i < p->n; ++i) {
        const wgi_step *s = &p->steps[i];
        if (!s->gate || !s->selected || !(s->gate->flags & WG_GATE_KINKED)) continue;
        const wg_elementwise *e = s->gate->elementwise;
        if (!s->array) {
            double x[2] = {*s->x[0], *s->x[1]};
            if (e->branch) *hash = mix(*hash, (uint64_t)(int64_t)e->branch(x, s->attrs));
        } else if (e && e->branch) {
            *hash = elementwise_signature(*hash, &s->array->call);
        } else if (s->gate->signature) {
            wg_status status = array_signature(p, s->array, hash, error);
            if (status != WG_OK) return status;
        }
    }
    return WG_OK;
}

/* ---- one element moved ---------------------------------------------------------------------- */

static int shows(const wg_value *v, const wg_value *leaf) {
    size_t bytes = (size_t)wg_value_size(leaf) * sizeof(double);
    return (const char *)v->data >= (const char *)leaf->data &&
           (const char *)v->data < (const char *)leaf->data + bytes;
}

/* The one operand of a that depends on the selected leaf, if it shows the leaf's own numbers. */
static int find_operand(const wgi_program *p, const wgi_step *s, wgi_array_step *a) {
    const wg_value leaf = wgi_program_value(p, p->leaf);
    const uint32_t *x;
    uint32_t n = wgi_operands(wgi_node_at(p->tape, s->index), &x), found = 0;
    for (uint32_t k = 0; k < n; ++k) {
        const wgi_step *from = wgi_step_of(p, x[k]);
        if (!from || !from->selected) continue;
        if (found++ || a->call.x[k]->dtype != WG_F64 || !shows(a->call.x[k], &leaf)) return 0;
        a->operand = k;
    }
    return found == 1;
}

wg_status wgi_program_anchor(wgi_program *p, wg_error *e) {
    wgi_arena_mark empty = {NULL, 0};
    wg_status status = wgi_program_run(p, e);
    wgi_arena_release(&p->anchors, empty);
    for (uint32_t i = 0; i < p->n && status == WG_OK; ++i) {
        wgi_array_step *a = p->steps[i].array;
        if (!a) continue;
        a->anchor = NULL;
        if (!p->steps[i].gate || !p->steps[i].selected || !p->steps[i].gate->nudge || a->view ||
            !p->leaf || !find_operand(p, &p->steps[i], a))
            continue;
        size_t bytes = (size_t)wg_value_size(&a->call.y) * wg_dtype_size(a->call.y.dtype);
        a->anchor = wgi_arena_alloc(&p->anchors, bytes);
        if (!a->anchor) return wgi_error_to(e, WG_ERR_MEMORY, "no memory to move a leaf");
        if (bytes) memcpy(a->anchor, a->call.y.data, bytes);
    }
    return status;
}

/* Where the leaf's element j stands in v, a view of it; 0 if it does not, or more than once. */
static int locate(const wg_value *v, const wg_value *leaf, int64_t j, int64_t *at) {
    int64_t rest = j - ((const double *)v->data - (const double *)leaf->data);
    int done[WG_MAX_RANK] = {0};
    for (int round = 0; round < v->rank; ++round) {
        int axis = -1; /* the largest stride left */
        for (int i = 0; i < v->rank; ++i)
            if (!done[i] && v->dim[i] > 1 && (axis < 0 || v->stride[i] > v->stride[axis])) axis = i;
        if (axis < 0) break;
        if (v->stride[axis] <= 0) return 0;
        done[axis] = 1;
        at[axis] = rest / v->stride[axis];
        if (rest < 0 || at[axis] >= v->dim[axis]) return 0;
        rest -= at[axis] * v->stride[axis];
    }
    for (int i = 0; i < v->rank; ++i)
        if (!done[i]) at[i] = 0;
    return rest == 0;
}

/* 1 if step a could be brought up to date by a nudge. */
static int nudged(wgi_array_step *a, const wg_value *leaf, int64_t j, double delta) {
    int64_t at[WG_MAX_RANK];
    size_t bytes = (size_t)wg_value_size(&a->call.y) * wg_dtype_size(a->call.y.dtype);
    if (!a->anchor || !locate(a->call.x[a->operand], leaf, j, at)) return 0;
    if (bytes) memcpy(a->call.y.data, a->anchor, bytes);
    return a->call.gate->nudge(&a->call, a->operand, at, delta);
}

wg_status wgi_program_move(wgi_program *p, int64_t j, double x, uint64_t *hash, wg_error *e) {
    wg_value leaf = wgi_program_value(p, p->leaf);
    double *element = (double *)leaf.data + j, kept = *element;
    wg_status status = WG_OK;
    *element = x;
    for (uint32_t i = 0; i < p->n && status == WG_OK; ++i) {
        wgi_step *s = &p->steps[i];
        if (!s->gate || !s->selected) continue;
        if (s->array && nudged(s->array, &leaf, j, x - kept)) continue;
        status = wgi_run_step(p, s, e);
    }
    if (status == WG_OK && hash) status = wgi_program_signature(p, hash, e);
    *element = kept;
    return status;
}

/* ---- the same again ------------------------------------------------------------------------- */

wg_status wgi_program_repeat(wgi_program *p, uint32_t *index, wg_error *e) {
    wg_status status = WG_OK;
    *index = 0;
    for (uint32_t i = 0; i < p->n && status == WG_OK && !*index; ++i) {
        wgi_step *s = &p->steps[i];
        if (!s->gate || (s->array && s->array->view)) continue;
        wgi_arena_mark mark = wgi_arena_position(&p->scratch);
        const wg_value *v = s->array ? &s->array->call.y : NULL;
        const void *y = v ? v->data : s->scalar;
        size_t bytes = v ? (size_t)wg_value_size(v) * wg_dtype_size(v->dtype) : sizeof(double);
        void *before = wgi_arena_alloc(&p->scratch, bytes);
        if (!before) return wgi_error_to(e, WG_ERR_MEMORY, "no memory to run a gate again");
        if (bytes) memcpy(before, y, bytes);
        status = wgi_run_step(p, s, e);
        if (status == WG_OK && bytes && memcmp(before, y, bytes) != 0) *index = s->index;
        wgi_arena_release(&p->scratch, mark);
    }
    return status;
}
