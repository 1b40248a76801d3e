/* record.c: the one choke point.  Poison in gives poison out; same tape, live operands, arity;
 * dtype and shape; memory; the kernel; and last the node, so that a failure leaves nothing. */
#include "autograd/debug.h"
#include "autograd/scalar.h"
#include "autograd/span.h"

#include <stdio.h>
#include <string.h>

/* ---- operands ------------------------------------------------------------------------------- */

static wg_tape *tape_of(size_t n, const wg_var *x) {
    for (size_t i = 0; i < n; ++i)
        if (x[i].tape) return x[i].tape;
    return NULL;
}

enum { NAME_BYTES = 64 };

/* What operand i is called: "scores", or "x[2]" of operands that are a list. */
static const char *operand_name(char *room, const wg_gate *g, size_t i) {
    const char *name = g->arity < 0 ? g->operands[0] : i < 6 ? g->operands[i] : NULL;
    if (!name) name = "operand";
    if (g->arity >= 0) return name;
    snprintf(room, NAME_BYTES, "%s[%zu]", name, i);
    return room;
}

wg_status wgi_wrong_count(wg_tape *t, const wg_gate *g, size_t n) {
    size_t most = g->arity < 0 ? 0 : (size_t)g->arity, least = most;
    const char *many = n == 1 ? "operand" : "operands";
    while (least > 0 && least <= 32 && (g->optional >> (least - 1) & 1)) --least;
    if (g->arity < 0) return wgi_error(t, WG_ERR_SHAPE, "%s: no operands", g->name);
    if (least == most)
        return wgi_error(t, WG_ERR_SHAPE, "%s: %zu %s given, it takes %zu", g->name, n, many, most);
    if (n >= least && n < most) /* an expression may leave them out */
        return wgi_error(t, WG_ERR_SHAPE,
                         "%s: %zu %s given, it takes %zu, WG_NONE for an absent one", g->name, n,
                         many, most);
    return wgi_error(t, WG_ERR_SHAPE, "%s: %zu %s given, it takes %zu %s %zu", g->name, n, many,
                     least, most == least + 1 ? "or" : "to", most);
}

static wg_status check_call(wg_tape *t, const wg_gate *g, size_t n, const void *attrs) {
    if (g->attr_bytes && !attrs)
        return wgi_error(t, WG_ERR_STATE, "%s: its attributes are missing (NULL)", g->name);
    if (g->arity < 0 ? n >= 1 : n == (size_t)g->arity) return WG_OK;
    return wgi_wrong_count(t, g, n);
}

/* Operand i as a node index, 0 where it is absent; *poison is set when it is poison. */
static wg_status check_operand(wg_tape *t, const wg_gate *g, size_t i, wg_var x, uint32_t *index,
                               int *poison) {
    char room[NAME_BYTES];
    *index = 0;
    if (!x.tape) {
        if (g->arity > 0 && i < 32 && (g->optional >> i & 1)) return WG_OK;
        return wgi_error(t, WG_ERR_TAPE, "%s: %s is absent (WG_NONE)", g->name,
                         operand_name(room, g, i));
    }
    if (x.tape != t)
        return wgi_error(t, WG_ERR_TAPE, "%s: %s is a value of another tape", g->name,
                         operand_name(room, g, i));
    if (x.index == 0) *poison = 1;
    else if (!wgi_live(t, x))
        return wgi_error(t, WG_ERR_STALE, "%s: %s (value %u) was rewound or released", g->name,
                         operand_name(room, g, i), (unsigned)x.index);
    *index = x.index;
    return WG_OK;
}

/* Appends "x: W (32, 10) float32" for every operand to the text of a failed call; without "x" where
 * the text speaks for another gate, whose operand is called otherwise. */
static wg_status report(wg_tape *t, const wg_call *c, const uint32_t *index, const wg_error *e) {
    char text[512], shape[96], room[NAME_BYTES];
    size_t used = (size_t)snprintf(text, sizeof text, "%s", e->text), n_own = strlen(c->gate->name);
    int own = strncmp(e->text, c->gate->name, n_own) == 0 && e->text[n_own] == ':';
    for (size_t i = 0; i < c->n && i < 6 && used < sizeof text; ++i) {
        if (!c->x[i]) continue;
        const char *name = wg_name_of(wgi_var(t, index[i]));
        int n = snprintf(text + used, sizeof text - used, "%s%s%s%s%s%s %s", i ? ", " : " [",
                         own ? operand_name(room, c->gate, i) : "", own ? ": " : "",
                         name ? name : "", name ? " " : "",
                         wgi_shape_text(shape, sizeof shape, c->x[i]->rank, c->x[i]->dim),
                         wg_dtype_name(c->x[i]->dtype));
        used += n > 0 ? (size_t)n : 0;
    }
    return wgi_error(t, e->status, "%s%s", text, c->n ? "]" : "");
}

/* ---- indices and masks ---------------------------------------------------------------------- */

/* The gate that turns floats into whole indices or a mask, exactly; ops/ defines it. */
static wg_status convert(wg_tape *t, const wg_gate *g, size_t i, uint32_t *index) {
    unsigned bit = g->arity < 0 ? 1u : i < 32 ? 1u << i : 0u;
    wg_value value;
    char room[NAME_BYTES];
    wg_dtype have = wgi_value_of(wgi_node_at(t, *index), &value)->dtype;
    wg_dtype want = g->indices & bit ? WG_I64 : WG_BOOL;
    if (!((g->indices | g->masks) & bit) || have == want) return WG_OK;
    wg_var y = wgi_whole(wgi_var(t, *index), want, g->name, operand_name(room, g, i));
    *index = y.index;
    return y.index ? WG_OK : t->error.status;
}

/* ---- the output ----------------------------------------------------------------------------- */

void *wgi_value_alloc(wg_tape *t, size_t bytes) {
    return t->sweeping ? wgi_pool_alloc(&t->grads, bytes) : wgi_arena_alloc(&t->values, bytes);
}

/* A random gate whose stream is 0 was not told its numbers: it draws the tape's next.  Drawn after
 * infer, so that a call with bad operands takes none; kept in the node, so that replay repeats. */
static wg_status draw(wg_tape *t, wg_call *c) {
    wg_random r;
    if (!(c->gate->flags & WG_GATE_RANDOM)) return WG_OK;
    memcpy(&r, c->attrs, sizeof r);
    if (r.stream != 0) return WG_OK;
    char *attrs = wg_scratch(c, c->gate->attr_bytes);
    if (!attrs) return wg_fail(c, WG_ERR_MEMORY, "no memory");
    r = wg_tape_draw(t);
    memcpy(attrs, c->attrs, c->gate->attr_bytes);
    memcpy(attrs, &r, sizeof r);
    c->attrs = attrs;
    return WG_OK;
}

/* Computes c into memory of its own or as a view; *view says which. */
static wg_status evaluate(wg_tape *t, wg_call *c, const wgi_operand_room *room, int *view) {
    wg_status s = wgi_call_infer(c);
    if (s == WG_OK) s = draw(t, c);
    if (s != WG_OK) return s;
    *view = c->gate->view && c->gate->view(c);
    if (*view) return WG_OK;
    size_t bytes = (size_t)wg_value_size(&c->y) * wg_dtype_size(c->y.dtype);
    c->y.data = wgi_value_alloc(t, bytes);
    if (c->saved_count > 0) c->saved = wgi_arena_alloc(&t->values, wgi_saved_bytes(c));
    if (!c->y.data || (c->saved_count > 0 && !c->saved))
        return wg_fail(c, WG_ERR_MEMORY, "no memory for the result");
    c->y.saved = c->saved;
    s = wgi_call_forward(c, room->x, room->values);
    if (s != WG_OK && t->sweeping) wgi_pool_release(&t->grads, c->y.data, bytes);
    return s;
}

/* Whose storage a view shows: that of the operand whose array contains its first element. */
static uint32_t owner_of(wg_tape *t, const wg_call *c, const uint32_t *index) {
    const wgi_node *n = wgi_node_at(t, index[0]);
    (void)c;
    return n->flags & WGI_DENSE ? n->u.dense->owner : index[0];
}

/* What the operands' flags make of the result. */
static uint32_t result_flags(const wg_tape *t, const wg_call *c, const uint32_t *index) {
    uint32_t any = 0, all = WGI_NUMBER, flags = WGI_DENSE;
    for (size_t i = 0; i < c->n; ++i) {
        if (!index[i] || !wgi_operand_is_value(c->gate, i)) continue;
        any |= wgi_node_at(t, index[i])->flags;
        all &= wgi_node_at(t, index[i])->flags;
    }
    if (c->gate->elementwise && c->y.rank == 0 && c->dtype == WG_F64) flags |= all;
    if (t->no_grad || t->sweeping) return flags | WGI_CUT;
    if (c->y.dtype <= WG_F64 && !(c->gate->flags & WG_GATE_FLAT)) flags |= any & WGI_WANTS;
    return flags;
}

/* The node's wgi_dense with operands and attributes copied; NULL without memory. */
static wgi_dense *dense_new(wg_tape *t, const wg_call *c, const uint32_t *index) {
    size_t n = t->no_grad || t->sweeping ? 0 : c->n, attr_bytes = c->gate->attr_bytes;
    const size_t at = (sizeof(wgi_dense) + n * sizeof *index + 15) / 16 * 16; /* the attributes */
    wgi_dense *d = wgi_arena_alloc(&t->values, at + (c->attrs ? attr_bytes : 0));
    if (!d) return NULL;
    void *attrs = attr_bytes && c->attrs ? (char *)d + at : NULL;
    memset(d, 0, sizeof *d);
    if (attrs) memcpy(attrs, c->attrs, attr_bytes);
    uint32_t *x = (uint32_t *)(void *)(d + 1);
    if (n) memcpy(x, index, n * sizeof *index);
    d->attrs = attrs;
    d->x = x;
    d->n = (uint32_t)n;
    d->saved_dtype = c->saved_dtype;
    d->saved_count = c->saved_count;
    return d;
}

/* Writes the node.  A float64 of rank 0 with memory of its own moves into the node. */
static wg_status append(wg_tape *t, const wg_call *c, const uint32_t *index, int view) {
    wgi_dense *d = dense_new(t, c, index);
    uint32_t flags = result_flags(t, c, index);
    wgi_node *n = d ? wgi_node_new(t, c->gate) : NULL;
    if (!n) return WG_ERR_MEMORY;
    d->value = c->y;
    d->owner = view ? owner_of(t, c, index) : t->head.count - 1;
    d->bytes = view ? 0 : (size_t)wg_value_size(&c->y) * wg_dtype_size(c->y.dtype);
    n->u.dense = d;
    n->flags = flags;
    if (!view && c->y.dtype == WG_F64 && c->y.rank == 0) {
        n->flags |= WGI_SCALAR;
        memcpy(&n->value, c->y.data, sizeof n->value);
        if (t->sweeping) wgi_pool_release(&t->grads, c->y.data, d->bytes);
        d->value.data = &n->value;
        d->bytes = 0;
    }
    return WG_OK;
}

/* ---- record --------------------------------------------------------------------------------- */

/* A float64 scalar call whose partials the node can keep: what the inline path makes, for callers
 * that come through here (an expression, a full chunk).  0 if it is not one. */
static int record_scalar(wg_tape *t, const wg_gate *g, size_t n, const uint32_t *index,
                         const void *attrs, wg_var *y) {
    uint32_t all = t->fast, any = 0;
    double x[2] = {0, 0};
    if (!g->elementwise || g->infer || n > 2) return 0; /* infer checks attributes */
    for (size_t i = 0; i < n; ++i) {
        const wgi_node *a = wgi_node_at(t, index[i]);
        all &= a->flags;
        any |= a->flags;
        x[i] = a->value;
    }
    if (!all) return 0;
    uint32_t numbers = n > 1 ? wgi_node_at(t, index[1])->flags : any;
    numbers &= wgi_node_at(t, index[0])->flags & WGI_NUMBER;
    wgi_node *node = wgi_node_new(t, g);
    *y = wgi_poison(t);
    if (!node) return 1;
    node->value = g->elementwise->scalar(x, attrs, node->u.partial);
    memcpy(node->x, index, n * sizeof *index);
    if (g->flags & WG_GATE_FLAT) any = 0;
    node->flags = WGI_SCALAR | WGI_PARTIALS | numbers | (any & WGI_WANTS);
    if (attrs && !wgi_keep_attrs(t, node, attrs)) {
        wgi_set_count(t, t->head.count - 1);
        return 1;
    }
    *y = wgi_var(t, t->head.count - 1);
    return 1;
}

int wgi_keep_attrs(wg_tape *t, wgi_node *n, const void *attrs) {
    void *copy = wgi_tape_alloc(t, n->gate->attr_bytes);
    if (!copy) return 0;
    memcpy(copy, attrs, n->gate->attr_bytes);
    n->u.unary.attrs = copy;
    n->flags |= WGI_ATTRS;
    return 1;
}

static wg_var record_array(wg_tape *t, const wg_gate *g, size_t n, const wgi_operand_room *room,
                           const void *attrs) {
    wgi_arena_mark before = wgi_arena_position(&t->values);
    wg_error e = {WG_OK, ""};
    wg_call c;
    int view = 0;
    wgi_span span = {0, 0};
    int counted = wgi_profiling(t) && !t->sweeping;
    if (counted) wgi_span_open(t, &span);
    wg_status s = wgi_call_init(&c, t, g, n, room, attrs, &e);
    if (s == WG_OK) s = evaluate(t, &c, room, &view);
    if (s == WG_OK) {
        s = append(t, &c, room->index, view);
        if (counted) wgi_span_forward(t, &span, &c);
        if (s == WG_OK) return wgi_var(t, t->head.count - 1);
        wg_fail(&c, s, "no memory for the result");
    }
    wg_fail(&c, s, "it failed and does not say why"); /* unless it did */
    wgi_arena_release(&t->values, before);
    int first = t->error.status == WG_OK;
    report(t, &c, room->index, &e);
    if (first) t->error_of_data = c.y.data != NULL && s != WG_ERR_MEMORY; /* past infer */
    return wgi_poison(t);
}

/* The parts have no source line of their own: which they are is kept for the debug report. */
static wg_var compose(wg_tape *t, const wg_gate *g, size_t n, const wg_var *x,
                      const void *attrs) {
    wgi_debug *d = &t->debug;
    uint32_t first = t->head.count;
    ++d->composing;
    wg_var y = g->compose(n, x, attrs);
    if (--d->composing == 0) {
        d->first = first;
        d->last = t->head.count - 1;
    }
    return y;
}

/* A composition's shapes and attributes are checked here, so that a message speaks of it and not of
 * a gate within. */
static wg_var record_composition(wg_tape *t, const wg_gate *g, size_t n,
                                 const wgi_operand_room *room, const void *attrs) {
    wg_error e = {WG_OK, ""};
    wg_call c;
    wg_status s = wgi_call_init(&c, t, g, n, room, attrs, &e);
    if (s == WG_OK && g->infer) s = wgi_call_infer(&c);
    wg_var *x = s == WG_OK ? wgi_arena_alloc(&t->scratch, n * sizeof *x) : NULL;
    if (!x) {
        if (s == WG_OK) s = wg_fail(&c, WG_ERR_MEMORY, "no memory");
        report(t, &c, room->index, &e);
        return wgi_poison(t);
    }
    for (size_t i = 0; i < n; ++i) x[i] = room->index[i] ? wgi_var(t, room->index[i]) : WG_NONE;
    return compose(t, g, n, x, attrs);
}

static wg_var record(wg_tape *t, const wg_gate *g, size_t n, const wg_var *x, const void *attrs) {
    wgi_operand_room room;
    wg_var y;
    int poison = 0;
    if (check_call(t, g, n, attrs) != WG_OK || !wgi_room_new(t, n, &room)) return wgi_poison(t);
    for (size_t i = 0; i < n; ++i)
        if (check_operand(t, g, i, x[i], &room.index[i], &poison) != WG_OK) return wgi_poison(t);
    if (poison && t->error.status == WG_OK) {
        wgi_error(t, WG_ERR_STALE, "%s: poison from before the last rewind", g->name);
        return wgi_poison(t);
    }
    if (poison) {
        t->error_fresh = 0; /* the error belongs to an earlier line */
        return wgi_poison(t);
    }
    for (size_t i = 0; i < n; ++i)
        if (room.index[i] && convert(t, g, i, &room.index[i]) != WG_OK) return wgi_poison(t);
    if (g->compose) return record_composition(t, g, n, &room, attrs);
    if (record_scalar(t, g, n, room.index, attrs, &y)) return y;
    return record_array(t, g, n, &room, attrs);
}

wg_var wg_record(const wg_gate *gate, size_t n, const wg_var *x, const void *attrs) {
    wg_tape *t = tape_of(n, x);
    if (!t) return WG_NONE;
    if (WGI_UNLIKELY(!wgi_gate_is_full(gate))) gate = wgi_own_gate_of(t, gate);
    if (WGI_UNLIKELY(!gate)) return wgi_poison(t);
    wgi_debug_look(t);
    wgi_arena_mark mark = wgi_arena_position(&t->scratch);
    wg_var y = record(t, gate, n, x, attrs);
    wgi_arena_release(&t->scratch, mark);
    return y;
}

wg_var wgi_record_one(wg_var x, const wg_gate *gate, const void *attrs) {
    return wg_record(gate, 1, &x, attrs);
}

wg_var wgi_record_two(wg_var x, wg_var y, const wg_gate *gate) {
    wg_var operands[2] = {x, y};
    return wg_record(gate, 2, operands, NULL);
}
