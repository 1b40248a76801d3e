/* program.c: see program.h */
#include "autograd/program_parts.h"

#include <string.h>

/* ---- values --------------------------------------------------------------------------------- */

wgi_step *wgi_step_of(const wgi_program *p, uint32_t index) {
    return index <= p->root && p->at[index] ? &p->steps[p->at[index] - 1] : NULL;
}

static wg_value value_of(const wgi_step *s) {
    return s->array ? s->array->call.y : wgi_value_make(WG_F64, WG_RANK0, s->scalar);
}

wg_value wgi_program_value(const wgi_program *p, uint32_t index) {
    const wgi_step *s = wgi_step_of(p, index);
    wg_value none;
    memset(&none, 0, sizeof none);
    return s ? value_of(s) : none;
}

static wg_dtype lift(const wgi_program *p, wg_dtype dtype) {
    return p->float64 && dtype == WG_F32 ? WG_F64 : dtype;
}

static wg_status no_memory(wg_error *e) {
    return wgi_error_to(e, WG_ERR_MEMORY, "no memory to run the computation again");
}

/* Copies an array, float32 to float64 where the program has that; 0 without memory. */
static int copy_in(const wg_value *from, const wg_value *to, wgi_arena *scratch) {
    if (from->dtype == to->dtype) {
        wgi_value_copy(from, to);
        return 1;
    }
    int64_t n = wg_value_size(from);
    wgi_arena_mark mark = wgi_arena_position(scratch);
    wg_value dense = wgi_value_make(from->dtype, wgi_shape(from),
                                    wgi_arena_alloc(scratch, (size_t)n * sizeof(float)));
    if (!dense.data) return 0;
    wgi_value_copy(from, &dense);
    for (int64_t i = 0; i < n; ++i) ((double *)to->data)[i] = (double)((float *)dense.data)[i];
    wgi_arena_release(scratch, mark);
    return 1;
}

static wgi_array_step *array_new(wgi_program *p, wg_error *e) {
    wgi_array_step *a = wgi_arena_alloc(&p->values, sizeof *a);
    if (!a) {
        no_memory(e);
        return NULL;
    }
    memset(a, 0, sizeof *a);
    a->call.scratch = &p->scratch;
    return a;
}

static wg_status allocate(wgi_program *p, wg_value *v, wg_error *e) {
    v->data = wgi_arena_alloc(&p->values, (size_t)wg_value_size(v) * wg_dtype_size(v->dtype));
    return v->data ? WG_OK : no_memory(e);
}

/* ---- building ------------------------------------------------------------------------------- */

static wg_status build_leaf(wgi_program *p, wgi_step *s, const wgi_node *n, wg_error *e) {
    wg_value room;
    const wg_value *from = wgi_value_of(n, &room);
    if (n->flags & WGI_SCALAR) {
        s->scalar = wgi_arena_alloc(&p->values, sizeof *s->scalar);
        if (!s->scalar) return no_memory(e);
        *s->scalar = n->value;
        return WG_OK;
    }
    s->array = array_new(p, e);
    if (!s->array) return WG_ERR_MEMORY;
    wg_value *y = &s->array->call.y;
    *y = wgi_value_make(lift(p, from->dtype), wgi_shape(from), NULL);
    if (allocate(p, y, e) != WG_OK) return WG_ERR_MEMORY;
    return copy_in(from, y, &p->scratch) ? WG_OK : no_memory(e);
}

static wg_status build_scalar(wgi_program *p, wgi_step *s, const wgi_node *n, wg_error *e) {
    s->scalar = wgi_arena_alloc(&p->values, sizeof *s->scalar);
    if (!s->scalar) return no_memory(e);
    *s->scalar = n->value;
    s->attrs = wgi_attrs(n);
    for (int k = 0; k < 2; ++k) {
        const wgi_step *x = wgi_step_of(p, n->x[k]);
        s->x[k] = x ? x->scalar ? x->scalar : (const double *)x->array->call.y.data : s->scalar;
    }
    return WG_OK;
}

/* A number as an operand of dtype float32: an array of its own, made once. */
static wg_status number_operand(wgi_program *p, double number, wg_dtype dtype, wg_value *y,
                                wg_error *e) {
    float f = (float)number;
    int64_t i = (int64_t)number;
    *y = wgi_value_make(dtype, WG_RANK0, NULL);
    if (allocate(p, y, e) != WG_OK) return WG_ERR_MEMORY;
    if (dtype == WG_F32) memcpy(y->data, &f, sizeof f);
    else memcpy(y->data, &i, sizeof i);
    return WG_OK;
}

/* The operands of an array step.  Descriptors of scalars are made here, arrays are shared. */
static wg_status build_operands(wgi_program *p, wg_call *c, const wgi_node *n, wg_error *e) {
    const uint32_t *index;
    size_t count = wgi_operands(n, &index), first = count;
    const wg_value **x = wgi_arena_alloc(&p->values, (count + 1) * sizeof *x);
    wg_value *own = wgi_arena_alloc(&p->values, (count + 1) * sizeof *own);
    if (!x || !own) return no_memory(e);
    c->n = count;
    c->x = x;
    int numbers = 0;
    for (size_t k = 0; k < count; ++k) {
        const wgi_step *s = wgi_step_of(p, index[k]);
        x[k] = !s ? NULL : s->array ? &s->array->call.y : &own[k];
        if (s && !s->array) own[k] = value_of(s);
        if (!s || !wgi_operand_is_value(n->gate, k)) continue;
        if (wgi_node_at(p->tape, index[k])->flags & WGI_NUMBER) numbers = 1;
        else if (first == count) first = k;
    }
    c->dtype = first < count ? x[first]->dtype : numbers || !x[0] ? WG_F64 : x[0]->dtype;
    for (size_t k = 0; k < count && c->dtype != WG_F64; ++k) {
        if (!x[k] || !wgi_operand_is_value(n->gate, k)) continue;
        const wgi_node *node = wgi_node_at(p->tape, index[k]);
        if (!(node->flags & WGI_NUMBER)) continue;
        wg_status s = number_operand(p, node->value, c->dtype, &own[k], e);
        if (s != WG_OK) return s;
        x[k] = &own[k];
    }
    return WG_OK;
}

static wg_status build_array(wgi_program *p, wgi_step *s, const wgi_node *n, wg_error *e) {
    s->array = array_new(p, e);
    if (!s->array) return WG_ERR_MEMORY;
    wg_call *c = &s->array->call;
    c->gate = n->gate;
    c->attrs = n->u.dense->attrs;
    c->error = e;
    wg_status status = build_operands(p, c, n, e);
    if (status == WG_OK) status = wgi_call_infer(c);
    if (status != WG_OK) return status;
    c->y.dtype = lift(p, c->y.dtype);
    s->array->view = n->gate->view && n->gate->view(c);
    if (s->array->view) return WG_OK;
    status = allocate(p, &c->y, e);
    if (status == WG_OK && c->saved_count > 0) {
        c->saved = wgi_arena_alloc(&p->values, wgi_saved_bytes(c));
        if (!c->saved) return no_memory(e);
        c->y.saved = c->saved;
    }
    return status;
}

static wg_status build(wgi_program *p, const unsigned char *below, wg_error *e) {
    uint32_t at = 0;
    for (uint32_t i = 1; i <= p->root; ++i) {
        if (!below[i]) continue;
        const wgi_node *n = wgi_node_at(p->tape, i);
        wgi_step *s = &p->steps[at++];
        memset(s, 0, sizeof *s);
        s->gate = n->gate;
        s->index = i;
        s->selected = 1;
        wg_status status = n->flags & (WGI_LEAF | WGI_CUT) ? build_leaf(p, s, n, e)
                           : n->flags & WGI_PARTIALS       ? build_scalar(p, s, n, e)
                                                           : build_array(p, s, n, e);
        if (n->flags & (WGI_LEAF | WGI_CUT)) s->gate = NULL;
        if (status != WG_OK) return status;
        p->at[i] = at;
    }
    return wgi_program_run(p, e);
}

wgi_program *wgi_program_new(wg_var root, int float64, wg_error *e) {
    wg_tape *t = root.tape;
    if (!t || !wgi_usable(root, "replay")) {
        wgi_error_to(e, WG_ERR_STALE, "there is no such value");
        return NULL;
    }
    wgi_arena_mark mark = wgi_arena_position(&t->scratch);
    const unsigned char *below = wgi_ancestors(t, root.index);
    wgi_program *p = below ? wgi_alloc_zero(sizeof *p) : NULL;
    wg_status s = WG_ERR_MEMORY;
    if (p) {
        p->tape = t;
        p->float64 = float64;
        p->root = root.index;
        for (uint32_t i = 1; i <= root.index; ++i) p->n += below[i];
        p->steps = wgi_arena_alloc(&p->values, p->n * sizeof *p->steps);
        p->at = wgi_arena_alloc(&p->values, ((size_t)root.index + 1) * sizeof *p->at);
        if (p->at) memset(p->at, 0, ((size_t)root.index + 1) * sizeof *p->at);
        s = p->steps && p->at ? build(p, below, e) : WG_ERR_MEMORY;
    }
    wgi_arena_release(&t->scratch, mark);
    if (s == WG_OK) return p;
    no_memory(e); /* keeps a more telling error that is there already */
    wgi_program_free(p);
    return NULL;
}

void wgi_program_free(wgi_program *p) {
    if (!p) return;
    wgi_arena_free(&p->values);
    wgi_arena_free(&p->scratch);
    wgi_arena_free(&p->anchors);
    wgi_free(p);
}

/* ---- running -------------------------------------------------------------------------------- */

wg_status wgi_program_select(wgi_program *p, uint32_t leaf, wg_error *e) {
    if (leaf && !wgi_step_of(p, leaf))
        return wgi_error_to(e, WG_ERR_STATE, "the root does not depend on value %u", leaf);
    p->leaf = leaf;
    for (uint32_t i = 0; i < p->n; ++i) {
        wgi_step *s = &p->steps[i];
        const uint32_t *x;
        uint32_t count = s->gate ? wgi_operands(wgi_node_at(p->tape, s->index), &x) : 0;
        s->selected = leaf == 0 || s->index == leaf;
        for (uint32_t k = 0; k < count && !s->selected; ++k) {
            const wgi_step *from = wgi_step_of(p, x[k]);
            s->selected = from && from->selected;
        }
    }
    return WG_OK;
}

wg_status wgi_operands_begin(wgi_program *p, wgi_array_step *a, wgi_program_operands *o,
                             wg_error *e) {
    wg_call *c = &a->call;
    o->kept = c->x;
    o->mark = wgi_arena_position(&p->scratch);
    o->x = wgi_arena_alloc(&p->scratch, (c->n + 1) * sizeof *o->x);
    o->room = wgi_arena_alloc(&p->scratch, (c->n + 1) * sizeof *o->room);
    c->error = e;
    if (!o->x || !o->room) return no_memory(e);
    memcpy(o->x, c->x, c->n * sizeof *o->x);
    c->x = o->x;
    return WG_OK;
}

void wgi_operands_end(wgi_program *p, wgi_array_step *a, const wgi_program_operands *o) {
    a->call.x = o->kept;
    a->call.error = NULL;
    wgi_arena_release(&p->scratch, o->mark);
}

static wg_status run_array(wgi_program *p, wgi_array_step *a, wg_error *e) {
    wgi_program_operands o;
    wg_status s = wgi_operands_begin(p, a, &o, e);
    if (s == WG_OK) s = wgi_call_forward(&a->call, o.x, o.room);
    wgi_operands_end(p, a, &o);
    return s;
}

wg_status wgi_run_step(wgi_program *p, wgi_step *s, wg_error *e) {
    if (s->array) return s->array->view ? WG_OK : run_array(p, s->array, e);
    double x[2] = {*s->x[0], *s->x[1]}, partial[2];
    *s->scalar = s->gate->elementwise->scalar(x, s->attrs, partial);
    return WG_OK;
}

wg_status wgi_program_run(wgi_program *p, wg_error *e) {
    wg_status status = WG_OK;
    for (uint32_t i = 0; i < p->n && status == WG_OK; ++i)
        if (p->steps[i].gate && p->steps[i].selected) status = wgi_run_step(p, &p->steps[i], e);
    return status;
}
