/* compile.c: from a recorded expression to the steps of a program: see compiled.h.
 *
 * Four passes over what lies below the root.  Upward: what can be compiled, what is constant, what
 * wants a gradient.  Upward: who uses a value last.  Upward: slots.  Downward, as a sweep goes: how
 * each adjoint travels. */
#include "autograd/compiled.h"

#include <string.h>

/* What is known of the value of one tape index. */
typedef struct place {
    double value;  /* of a constant */
    uint32_t slot;
    uint32_t op;   /* step + 1; 0: an input or a constant */
    uint32_t last; /* the last step that uses it, + 1 */
    uint32_t row;  /* of its adjoint, in batches */
    uint8_t below, input, constant, wanted;
    uint8_t kept;             /* a partial derivative needs it */
    uint8_t reached, slotted; /* the sweep brings an adjoint, and by way of its slot */
} place;

typedef struct lowering {
    wg_compiled *c;
    const wg_tape *t;
    uint32_t root;
    place *at;        /* by tape index */
    uint32_t *index;  /* of each step */
    uint32_t *unused; /* slots that are free */
    uint32_t n_unused;
    wg_error *error;
} lowering;

static wg_status no_memory(wg_error *e) {
    return wgi_error_to(e, WG_ERR_MEMORY, "compile: no memory");
}

/* ---- what can be compiled ------------------------------------------------------------------- */

static wg_status check_live(wg_var v, const wg_tape *t, const char *what, size_t i, wg_error *e) {
    if (!v.tape || (t && v.tape != t))
        return wgi_error_to(e, WG_ERR_TAPE, "compile: %s %zu is %s", what, i,
                            v.tape ? "a value of another tape" : "absent (WG_NONE)");
    if (v.index && wgi_live(v.tape, v)) return WG_OK;
    return wgi_error_to(e, WG_ERR_STALE, "compile: %s %zu (value %u) %s", what, i,
                        (unsigned)v.index, v.index ? "was rewound or released" : "is poison");
}

static wg_status refuse(const lowering *l, const wgi_node *n, wg_status s, const char *why) {
    return wgi_error_to(l->error, s, "%s%s%s: %s", n->site ? n->site : "", n->site ? ": " : "",
                        n->gate->name, why);
}

static wg_status check_node(const lowering *l, const wgi_node *n) {
    const wg_elementwise *e = n->gate->elementwise;
    const uint32_t *x;
    if (n->flags & WGI_CUT)
        return refuse(l, n, WG_ERR_STATE,
                      "it was computed in a no-gradient section; it cannot be compiled");
    if (!(n->flags & WGI_SCALAR))
        return refuse(l, n, WG_ERR_UNSUPPORTED,
                      "its value is not float64 of rank 0; only such expressions are compiled");
    if (n->flags & WGI_LEAF) return WG_OK;
    uint32_t count = wgi_operands(n, &x);
    if (!e || !e->scalar || !e->forward[WG_F64] || count < 1 || count > 2)
        return refuse(l, n, WG_ERR_UNSUPPORTED,
                      "it is no elementwise gate of one or two operands; it cannot be compiled");
    return WG_OK;
}

/* ---- inputs, constants, steps --------------------------------------------------------------- */

static wg_status place_inputs(lowering *l, const wg_var *inputs) {
    for (uint32_t i = 0; i < l->c->n; ++i) {
        wg_status s = check_live(inputs[i], l->t, "input", i, l->error);
        if (s != WG_OK) return s;
        const wgi_node *n = wgi_node_at(l->t, inputs[i].index);
        if (!(n->flags & WGI_LEAF))
            return wgi_error_to(l->error, WG_ERR_STATE,
                                "compile: input %u was made by %s; only leaves are inputs",
                                (unsigned)i, n->gate->name);
        if (!(n->flags & WGI_SCALAR))
            return wgi_error_to(l->error, WG_ERR_DTYPE,
                                "compile: input %u is not float64 of rank 0", (unsigned)i);
        place *p = &l->at[inputs[i].index];
        if (p->input)
            return wgi_error_to(l->error, WG_ERR_STATE, "compile: inputs %u and %u are one leaf",
                                (unsigned)p->slot, (unsigned)i);
        p->input = 1;
        p->slot = i;
        p->wanted = (n->flags & WGI_WANTS) != 0;
    }
    return WG_OK;
}

/* The operands' indices; that of one operand twice. */
static void operands(const wgi_node *n, uint32_t *x) {
    const uint32_t *index;
    uint32_t count = wgi_operands(n, &index);
    x[0] = index[0];
    x[1] = index[count - 1];
}

static void place_gate(lowering *l, uint32_t i, const wgi_node *n) {
    uint32_t x[2];
    place *p = &l->at[i];
    operands(n, x);
    const place *a = &l->at[x[0]], *b = &l->at[x[1]];
    if (a->constant && b->constant) {
        double values[2] = {a->value, b->value}, partial[2];
        p->value = n->gate->elementwise->scalar(values, wgi_attrs(n), partial);
        p->constant = 1;
        return;
    }
    p->wanted = (a->wanted || b->wanted) && !(n->gate->flags & WG_GATE_FLAT);
    p->op = ++l->c->n_ops;
}

static void mark_below(lowering *l) {
    l->at[l->root].below = 1;
    for (uint32_t i = l->root; i > 0; --i) {
        if (!l->at[i].below) continue;
        const uint32_t *x;
        uint32_t n = wgi_operands(wgi_node_at(l->t, i), &x);
        for (uint32_t k = 0; k < n; ++k) l->at[x[k]].below = 1;
    }
}

/* The first pass. */
static wg_status place_values(lowering *l) {
    for (uint32_t i = 1; i <= l->root; ++i) {
        if (!l->at[i].below) continue;
        const wgi_node *n = wgi_node_at(l->t, i);
        place *p = &l->at[i];
        wg_status s = check_node(l, n);
        if (s != WG_OK) return s;
        if (n->flags & WGI_LEAF) {
            p->constant = !p->input;
            p->value = n->value;
        } else {
            place_gate(l, i, n);
        }
        if (p->constant) p->slot = l->c->n + l->c->n_constants++;
    }
    return WG_OK;
}

static wgi_kind kind_of(const wgi_node *n) {
    const uint32_t *x;
    uint32_t count = wgi_operands(n, &x);
    switch (n->gate->form) {
    case WG_FORM_SUM: return WGI_KIND_SUM;
    case WG_FORM_DIFFERENCE: return WGI_KIND_DIFFERENCE;
    case WG_FORM_PRODUCT: return WGI_KIND_PRODUCT;
    case WG_FORM_NEGATIVE: return WGI_KIND_NEGATIVE;
    case WG_FORM_SQUARE: return WGI_KIND_SQUARE;
    case WG_FORM_NONE: break;
    }
    return count == 2 ? WGI_KIND_TWO : WGI_KIND_ONE;
}

/* The second pass: last uses, and which values partial derivatives need. */
static void note_uses(lowering *l) {
    wg_compiled *c = l->c;
    for (uint32_t i = 1; i <= l->root; ++i) {
        const place *p = &l->at[i];
        if (!l->at[i].below || !p->op) continue;
        const wgi_node *n = wgi_node_at(l->t, i);
        wgi_kind kind = kind_of(n);
        uint32_t x[2];
        operands(n, x);
        place *a = &l->at[x[0]], *b = &l->at[x[1]];
        a->last = b->last = p->op;
        if (kind == WGI_KIND_PRODUCT || kind == WGI_KIND_SQUARE) {
            a->kept |= b->wanted;
            b->kept |= a->wanted;
        }
        c->n_math += kind == WGI_KIND_ONE || kind == WGI_KIND_TWO;
        c->n_partials += kind == WGI_KIND_TWO ? 2 : kind == WGI_KIND_ONE;
        l->index[p->op - 1] = i;
    }
    l->at[l->root].last = c->n_ops + 1;
}

/* ---- slots ---------------------------------------------------------------------------------- */

static void free_slot(lowering *l, const place *p, uint32_t op) {
    if (p->op && p->last == op && !p->kept) l->unused[l->n_unused++] = p->slot;
}

/* One step: its operands' slots are free for others only after it has its own, so that a row can be
 * written while rows of its operands are read. */
static void place_step(lowering *l, uint32_t k) {
    wg_compiled *c = l->c;
    const wgi_node *n = wgi_node_at(l->t, l->index[k]);
    place *p = &l->at[l->index[k]];
    uint32_t x[2];
    operands(n, x);
    const place *a = &l->at[x[0]], *b = &l->at[x[1]];
    p->slot = l->n_unused && !p->kept ? l->unused[--l->n_unused] : c->n_slots++;
    free_slot(l, a, k + 1);
    if (a != b) free_slot(l, b, k + 1);
    wgi_op *op = &c->ops[k];
    int from_x = a->op == k && k > 0, from_y = b->op == k && k > 0;
    op->kind = (uint8_t)kind_of(n);
    op->x = a->slot;
    op->y = b->slot;
    op->slot = p->slot;
    if (op->kind >= WGI_KIND_NEGATIVE) from_y = 0;
    op->forward = (uint8_t)WGI_FORWARD(op->kind, from_x, from_y);
}

/* Copies the gates' mathematics and attributes. */
static wg_status copy_math(lowering *l) {
    wg_compiled *c = l->c;
    wgi_math *m = c->math;
    for (uint32_t k = 0; k < c->n_ops; ++k) {
        const wgi_node *n = wgi_node_at(l->t, l->index[k]);
        if (c->ops[k].kind != WGI_KIND_ONE && c->ops[k].kind != WGI_KIND_TWO) continue;
        const void *attrs = wgi_attrs(n);
        m->elementwise = n->gate->elementwise;
        m->attrs = NULL;
        if (attrs) {
            void *copy = wgi_arena_alloc(&c->memory, n->gate->attr_bytes);
            if (!copy) return no_memory(l->error);
            m->attrs = memcpy(copy, attrs, n->gate->attr_bytes);
        }
        ++m;
    }
    return WG_OK;
}

/* ---- the way of the adjoints ---------------------------------------------------------------- */

/* Makes sure that the adjoint of a value has a row. */
static void reach(lowering *l, place *p) {
    wg_compiled *c = l->c;
    if (p->reached) return;
    p->reached = 1;
    if (!p->op) {
        c->reached[p->slot] = 1;
        p->row = p->slot;
    } else {
        p->row = l->n_unused ? l->unused[--l->n_unused] : c->n + c->n_rows++;
    }
}

/* How step k hands an adjoint to operand j; `first` collects who is reached for the first time. */
static int way_to(lowering *l, uint32_t k, const uint32_t *x, int j, uint8_t *first) {
    place *p = &l->at[x[j]];
    if (!p->wanted) return WGI_TO_NONE;
    if (!p->reached) *first |= (uint8_t)(1u << j);
    reach(l, p);
    (j ? &l->c->rows[k].y : &l->c->rows[k].x)[0] = p->row;
    int twice = j == 0 && l->c->ops[k].kind < WGI_KIND_NEGATIVE && x[0] == x[1];
    if (k > 0 && p->op == k && !twice) return WGI_TO_LAST; /* of one given twice the second */
    p->slotted = 1;
    return WGI_TO_SLOT;
}

/* The last pass. */
static void place_adjoints(lowering *l) {
    wg_compiled *c = l->c;
    place *root = &l->at[l->root];
    int handed = 1; /* to the root: 1 */
    l->n_unused = 0;
    if (root->wanted) reach(l, root);
    for (uint32_t k = c->n_ops; k-- > 0;) {
        const place *p = &l->at[l->index[k]];
        wgi_op *op = &c->ops[k];
        int ways[2] = {0, 0}, own = p->slotted ? handed ? WGI_IN_BOTH : WGI_IN_SLOT : WGI_HANDED;
        int partials = op->kind == WGI_KIND_TWO ? 2 : op->kind == WGI_KIND_ONE;
        uint32_t x[2];
        operands(wgi_node_at(l->t, l->index[k]), x);
        op->reverse = (uint8_t)(WGI_SKIP + partials);
        handed = 0;
        if (!p->reached) continue;
        for (int j = 0; j < (op->kind < WGI_KIND_NEGATIVE ? 2 : 1); ++j) {
            ways[j] = way_to(l, k, x, j, &op->first);
            handed |= ways[j] == WGI_TO_LAST;
        }
        op->reverse = (uint8_t)WGI_REVERSE(op->kind, own, ways[0], ways[1]);
        c->rows[k].own = p->row;
        l->unused[l->n_unused++] = p->row; /* only now: read while the operands' are written */
    }
}

/* ---- all of it ------------------------------------------------------------------------------ */

static void *zeros(wgi_arena *a, size_t n, size_t bytes) {
    void *p = wgi_arena_alloc(a, n * bytes + 1);
    return p ? memset(p, 0, n * bytes) : NULL;
}

static wg_status allocate_steps(lowering *l, wgi_arena *scratch) {
    wg_compiled *c = l->c;
    l->index = wgi_arena_alloc(scratch, c->n_ops * sizeof *l->index + 1);
    l->unused = wgi_arena_alloc(scratch, c->n_ops * sizeof *l->unused + 1);
    c->ops = zeros(&c->memory, c->n_ops, sizeof *c->ops);
    c->rows = zeros(&c->memory, c->n_ops, sizeof *c->rows);
    c->reached = zeros(&c->memory, c->n, 1);
    return l->index && l->unused && c->ops && c->rows && c->reached ? WG_OK : no_memory(l->error);
}

static wg_status allocate_numbers(lowering *l) {
    wg_compiled *c = l->c;
    c->math = wgi_arena_alloc(&c->memory, c->n_math * sizeof *c->math + 1);
    c->values = zeros(&c->memory, c->n_slots, sizeof *c->values);
    c->adjoints = zeros(&c->memory, c->n_slots, sizeof *c->adjoints);
    c->partials = wgi_arena_alloc(&c->memory, c->n_partials * sizeof *c->partials + 1);
    if (!c->math || !c->values || !c->adjoints || !c->partials) return no_memory(l->error);
    for (uint32_t i = 1; i <= l->root; ++i)
        if (l->at[i].below && l->at[i].constant) c->values[l->at[i].slot] = l->at[i].value;
    return copy_math(l);
}

static wg_status lower(lowering *l, const wg_var *inputs, wgi_arena *scratch) {
    wg_compiled *c = l->c;
    l->at = zeros(scratch, l->t->head.count, sizeof *l->at);
    wg_status s = l->at ? place_inputs(l, inputs) : no_memory(l->error);
    if (s != WG_OK) return s;
    mark_below(l);
    s = place_values(l);
    if (s == WG_OK) s = allocate_steps(l, scratch);
    if (s != WG_OK) return s;
    note_uses(l);
    c->n_slots = c->n + c->n_constants;
    for (uint32_t k = 0; k < c->n_ops; ++k) place_step(l, k);
    place_adjoints(l);
    c->root = l->at[l->root].slot;
    return allocate_numbers(l);
}

wg_compiled *wg_compile(wg_var root, size_t n, const wg_var *inputs, wg_error *error) {
    wgi_error_clear(error);
    if (check_live(root, NULL, "root", 0, error) != WG_OK) return NULL;
    if (n > UINT32_MAX / 2 || (n && !inputs)) {
        wgi_error_to(error, WG_ERR_STATE, "compile: %zu inputs", n);
        return NULL;
    }
    wg_tape *t = root.tape;
    wgi_arena_mark mark = wgi_arena_position(&t->scratch);
    lowering l = {.c = wgi_alloc_zero(sizeof *l.c), .t = t, .root = root.index, .error = error};
    if (l.c) l.c->n = (uint32_t)n;
    wg_status s = l.c ? lower(&l, inputs, &t->scratch) : no_memory(error);
    wgi_arena_release(&t->scratch, mark);
    if (s == WG_OK) return l.c;
    wg_compiled_free(l.c);
    return NULL;
}

void wg_compiled_free(wg_compiled *c) {
    if (!c) return;
    wgi_arena_free(&c->memory);
    wgi_free(c->blocks);
    wgi_free(c);
}

/* ---- running -------------------------------------------------------------------------------- */

static void run_one(wg_compiled *c, const double *x, double *value, double *gradients) {
    if (c->n) memcpy(c->values, x, c->n * sizeof *x);
    wgi_compiled_forward(c);
    if (value) *value = c->values[c->root];
    if (!gradients) return;
    if (c->n_ops) wgi_compiled_reverse(c);
    else if (c->root < c->n) c->adjoints[c->root] = c->reached[c->root];
    for (uint32_t i = 0; i < c->n; ++i) {
        gradients[i] = c->adjoints[i];
        c->adjoints[i] = 0;
    }
}

wg_status wg_compiled_run(wg_compiled *c, size_t points, const double *x, double *value,
                          double *gradients, wg_error *error) {
    wgi_error_clear(error);
    if (!c || (!x && c->n && points))
        return wgi_error_to(error, WG_ERR_STATE, "compiled_run: %s is NULL",
                            c ? "x" : "the program");
    if (points > 1) return wgi_compiled_batch(c, points, x, value, gradients, error);
    if (points == 1) run_one(c, x, value, gradients);
    return WG_OK;
}
