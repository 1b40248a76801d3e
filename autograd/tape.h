/* tape.h: how a tape lies in memory; for autograd/ and for the inline scalar path of ops/.
 *
 * A node is one cache line.  A float64 value of rank 0 lives in its node together with its
 * cotangent; if an elementwise gate made it, its local partial derivatives lie there too and the
 * reverse sweep is one or two multiply-adds.  Every other value has a wgi_dense in the arena.
 *
 * Invariants:  node 0 is poison.  Operands have smaller indices than what uses them.  A handle is
 * live when index < count and the node's serial is the handle's.  head.next is one past node
 * count - 1.  Nodes never move. */
#ifndef WGI_TAPE_H
#define WGI_TAPE_H

#include "autograd/gate.h"
#include "autograd/profile.h"
#include "backend/memory.h"

#define WGI_LIKELY(x) __builtin_expect(!!(x), 1)
#define WGI_UNLIKELY(x) __builtin_expect(!!(x), 0)

enum { WGI_CHUNK_BITS = 16, WGI_CHUNK_NODES = 1 << WGI_CHUNK_BITS }; /* 4 MB of nodes */

enum {                   /* wgi_node.flags */
    WGI_SCALAR = 1,      /* float64 of rank 0: value and cotangent are in the node */
    WGI_NUMBER = 2,      /* a scalar that takes its partner's dtype */
    WGI_WANTS = 4,       /* a gradient is wanted here or below */
    WGI_PARTIALS = 8,    /* the local partial derivatives are in the node; no wgi_dense */
    WGI_REACHED = 16,    /* the sweep brought a cotangent */
    WGI_LEAF = 32,
    WGI_DENSE = 64,      /* u.dense is valid */
    WGI_ATTRS = 128,     /* u.unary.attrs is valid */
    WGI_CHANGED = 256,   /* a leaf that wg_set wrote since the last replay */
    WGI_CUT = 512,       /* recorded in a no-gradient section: operands left out */
    WGI_NAMED = 1024,
    WGI_OUTDATED = 2048, /* a leaf below it was changed and replayed, but not this value */
    WGI_SET = 4096,      /* a leaf that stands in tape.set */
    WGI_PULLED = 8192,   /* its cotangent was handed on together with that of a node above */
    WGI_OLD = WGI_CHANGED | WGI_OUTDATED
};

/* A value outside its node: its array, its gradient, and what its gate needs again. */
typedef struct wgi_dense {
    wg_value value;
    wg_value grad;         /* data NULL: none yet */
    const void *attrs;
    const uint32_t *x;     /* n operands; 0 is an absent one */
    wg_param *param;       /* of a wg_use leaf */
    size_t bytes;          /* of value.data where the node owns it, else 0 */
    uint32_t n;
    uint32_t owner;        /* index of the node whose storage value.data points into */
    int grad_owned;        /* grad.data belongs to this node alone */
    uint32_t grad_of;      /* where it does not: index of the node whose gradient it shows */
    uint32_t claims;       /* of a rule's value: how many of its results show this storage */
    wg_dtype saved_dtype;
    int64_t saved_count;
    uint64_t version;      /* of the store, when a wg_use leaf was made */
    uint64_t checksum;     /* of its numbers then, where the tape watches parameters, else 0 */
} wgi_dense;

typedef struct wgi_node {
    const wg_gate *gate;
    const char *site; /* "file:line", NULL where unknown */
    uint32_t x[2];    /* operands of a scalar node; 0: none */
    uint32_t serial, flags;
    double value, cotangent;
    union {
        double partial[2];
        struct {
            double partial;
            const void *attrs;
        } unary;
        wgi_dense *dense;
    } u;
} wgi_node;

typedef struct wgi_name {
    uint32_t index;
    char *text; /* a block of tape.name_texts */
} wgi_name;

/* A parameter store whose values this tape reads, as it was at the reading. */
typedef struct wgi_store_use {
    wg_params *params;
    uint64_t version;
    uint32_t index; /* of the first leaf that read it so */
} wgi_store_use;

/* A gate that the tape keeps a descriptor for: one that was added to it, or whose descriptor is of
 * an older version or has `backward`. */
typedef struct wgi_own_gate {
    const wg_gate *given; /* by the caller */
    wg_gate as_given;     /* its copy, filled up with zeros */
    wg_gate full;         /* what nodes point to: as given, with a rule made of `backward` */
    wg_gate pull;         /* the gate that runs `backward`: (g, y, operands) -> cotangents */
    char pull_name[80];
    int named;            /* expressions know it */
} wgi_own_gate;

/* What debug.c needs to find the first NaN or infinity. */
typedef struct wgi_debug {
    unsigned what;      /* WG_DEBUG_..., as asked for */
    unsigned looking;   /* the same until one is found, then 0 */
    uint32_t seen;      /* values below were looked at */
    int composing;      /* depth of compositions that record */
    uint32_t first;     /* the values of the newest composition: their lines are that of the last */
    uint32_t last;
    wg_debug_hook *hook;
    void *user;
    char text[1024];
} wgi_debug;

/* What profile.c counts. */
typedef struct wgi_profile {
    int on;
    const wg_gate **gate; /* (n) */
    wg_gate_cost *cost;   /* (n) */
    size_t n, room;
    double nested; /* seconds of the spans inside the open one */
    uint64_t sweeps;
    double sweep_seconds;
} wgi_profile;

struct wg_tape {
    struct wgi_tape_head head;
    uint32_t serial;
    uint32_t fast;      /* WGI_SCALAR while the inline scalar path may record, else 0 */
    wgi_node *end;      /* of the chunk that head.next is in */
    wgi_node **chunks;
    uint32_t n_chunks, max_chunks;
    uint32_t swept;     /* nodes below may carry a gradient of the last backward; 0: none ran */
    uint32_t n_changed; /* nodes with WGI_CHANGED or WGI_OUTDATED */
    uint32_t *set;      /* leaves with WGI_SET, the last replayed last, for a message */
    size_t n_set, max_set;
    int no_grad;        /* depth of no-gradient sections */
    int hooked;         /* depth of hooks that run */
    int section;        /* wg_in_section: 0, 1 recorded for its value, 2 again in a sweep */
    int sweeping;       /* rules run unrecorded: values are temporary, in the gradient pool */
    int watch;          /* wg_use takes checksums */
    int drop_grads;     /* let inner gradients go as the sweep passes them */
    int aliased;        /* some gradients show those of other nodes */
    int unfused;        /* sweeps pull elementwise gates one by one */
    wgi_arena values, scratch;
    wgi_pool grads;
    size_t grad_blocks; /* blocks of `grads` that dense gradients own */
    wgi_name *names;    /* by index */
    size_t n_names, max_names;
    wgi_pool name_texts;
    wgi_store_use *uses;
    size_t n_uses, max_uses;
    wg_random random;
    wgi_own_gate **own; /* kept until the tape is freed */
    size_t n_own, max_own;
    wg_error error;
    char message[512];  /* source line and text, made by wg_tape_message */
    const char *error_site;
    int error_fresh;    /* no source line was stamped on the error yet */
    int error_of_data;  /* the first error was found in numbers, by a kernel */
    wg_error_hook *hook;
    void *hook_user;
    wgi_debug debug;
    wgi_profile profile;
};

static inline wgi_node *wgi_node_at(const wg_tape *t, uint32_t i) {
    return t->chunks[i >> WGI_CHUNK_BITS] + (i & (WGI_CHUNK_NODES - 1));
}
static inline wgi_node *wgi_next(const wg_tape *t) { return (wgi_node *)(void *)t->head.next; }
static inline int wgi_live(const wg_tape *t, wg_var v) {
    return v.index < t->head.count && wgi_node_at(t, v.index)->serial == v.serial;
}
static inline wg_var wgi_var(wg_tape *t, uint32_t index) {
    wg_var v = {t, index, index ? wgi_node_at(t, index)->serial : t->serial};
    return v;
}
static inline wg_var wgi_poison(wg_tape *t) {
    wg_var v = {t, 0, t->serial};
    return v;
}
static inline const void *wgi_attrs(const wgi_node *n) {
    if (n->flags & WGI_DENSE) return n->u.dense->attrs;
    return n->flags & WGI_ATTRS ? n->u.unary.attrs : NULL;
}
/* The number of operands and where their indices are. */
static inline uint32_t wgi_operands(const wgi_node *n, const uint32_t **x) {
    if (n->flags & WGI_DENSE) {
        *x = n->u.dense->x;
        return n->u.dense->n;
    }
    *x = n->x;
    return n->x[1] ? 2 : n->x[0] ? 1 : 0;
}

/* ---- tape.c --------------------------------------------------------------------------------- */

/* A fresh node, fields but site, serial and cotangent unset; NULL (error set) without memory. */
wgi_node *wgi_node_new(wg_tape *t, const wg_gate *gate);
/* Drops the nodes from `count` on. */
void wgi_set_count(wg_tape *t, uint32_t count);
/* Says whether the scalar path may record, after no_grad or sweeping changed. */
void wgi_set_fast(wg_tape *t);
/* Memory that lives as long as the value being recorded; sets the error when there is none. */
void *wgi_tape_alloc(wg_tape *t, size_t bytes);
/* Memory of a value being recorded: the gradient pool during a sweep, else the tape's arena; NULL
 * (no error set) when there is none. */
void *wgi_value_alloc(wg_tape *t, size_t bytes);
/* Copies the attributes of a scalar node into the tape's memory; 0 (error set) without memory. */
int wgi_keep_attrs(wg_tape *t, wgi_node *n, const void *attrs);
/* SHAPE: gate does not take n operands; says how many it takes. */
wg_status wgi_wrong_count(wg_tape *t, const wg_gate *gate, size_t n);
/* What v must be to be used: 1 if it is live and healthy; 0 and, for a stale one, the error. */
int wgi_usable(wg_var v, const char *who);
/* The status for the caller of what wgi_usable refused: TAPE, STALE, or the error that made it
 * poison. */
wg_status wgi_why_not(wg_var v);

/* ---- error.c -------------------------------------------------------------------------------- */

wg_status wgi_error(wg_tape *t, wg_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Writes into e unless e is NULL or holds an error already; returns status. */
wg_status wgi_error_to(wg_error *e, wg_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Empties e, which a caller need not have set; e may be NULL. */
static inline void wgi_error_clear(wg_error *e) {
    if (!e) return;
    e->status = WG_OK;
    e->text[0] = '\0';
}
/* "(2, 3)" into text of `bytes` bytes; returns text. */
char *wgi_shape_text(char *text, size_t bytes, int rank, const int64_t *dim);
/* How messages call node i: its name, or "value 12". */
const char *wgi_call_it(const wg_tape *t, uint32_t index, char *text, size_t bytes);

/* ---- value.c -------------------------------------------------------------------------------- */

wg_value wgi_value_make(wg_dtype dtype, wg_shape shape, void *data);
/* The array of node n: its own descriptor, or *room set to one for a scalar. */
static inline const wg_value *wgi_value_of(const wgi_node *n, wg_value *room) {
    if (n->flags & WGI_DENSE) return &n->u.dense->value;
    *room = wgi_value_make(WG_F64, WG_RANK0, (void *)(uintptr_t)&n->value);
    return room;
}
static inline wg_shape wgi_shape(const wg_value *v) {
    wg_shape s = {v->rank, {0}};
    for (int i = 0; i < v->rank; ++i) s.dim[i] = v->dim[i];
    return s;
}
static inline int wgi_same_shape(const wg_value *a, const wg_value *b) {
    int same = a->rank == b->rank;
    for (int i = 0; same && i < a->rank; ++i) same = a->dim[i] == b->dim[i];
    return same;
}
/* Copies numbers between arrays of one shape and dtype, any strides. */
void wgi_value_copy(const wg_value *from, const wg_value *to);
/* sum = a + b elementwise, one shape and one float dtype, any strides; sum may be a. */
void wgi_value_add(const wg_value *a, const wg_value *b, const wg_value *sum);

/* ---- leaf.c --------------------------------------------------------------------------------- */

/* Appends a leaf with an array of its own; data NULL: zeros. */
wg_var wgi_leaf(wg_tape *t, const wg_gate *gate, wg_dtype dtype, wg_shape shape, const void *data,
                uint32_t flags);
/* Appends a constant that shows v's array, which belongs to node `owner` (0: to no node). */
wg_var wgi_show(wg_tape *t, const wg_value *v, uint32_t owner);
/* VALUE unless the n bytes are 0 or 1. */
wg_status wgi_check_bools(wg_tape *t, const char *who, int64_t n, const void *data);
/* Elements of shape, or -1 with the tape's error set. */
int64_t wgi_checked_size(wg_tape *t, const char *who, wg_dtype dtype, wg_shape shape);

/* ---- call.c --------------------------------------------------------------------------------- */

/* The parts of a call that live in the tape's scratch arena. */
typedef struct wgi_operand_room {
    uint32_t *index;       /* n node indices, 0: absent */
    const wg_value **x;    /* what c->x points to */
    wg_value *values;      /* descriptors of scalars, converted numbers and packed operands */
} wgi_operand_room;
/* Room for n operands, 0 without memory. */
int wgi_room_new(wg_tape *t, size_t n, wgi_operand_room *room);
/* Starts a call whose operands' indices are in room: looks up their arrays, settles the dtype. */
wg_status wgi_call_init(wg_call *c, wg_tape *t, const wg_gate *gate, size_t n,
                        const wgi_operand_room *room, const void *attrs, wg_error *e);
/* The dtype of the operands that are values; is_number(user, i) tells numbers. */
int wgi_operand_is_value(const wg_gate *gate, size_t i);
/* Shape, dtype, saved block: infer, checked. */
wg_status wgi_call_infer(wg_call *c);
/* Copies operands into scratch memory where the gate wants them dense and they are not; x is what
 * c->x points to, room n descriptors. */
wg_status wgi_call_pack(wg_call *c, const wg_value **x, wg_value *room);
/* Copies v into scratch memory and makes it dense. */
wg_status wgi_pack(const wg_call *c, wg_value *v);
/* Packs operands and runs the kernel. */
wg_status wgi_call_forward(wg_call *c, const wg_value **x, wg_value *room);
/* Bytes of the saved block. */
size_t wgi_saved_bytes(const wg_call *c);

/* x as exact int64 indices or as a mask: what an operand that is one is turned into.  Defined in
 * ops/ beside cast; `gate` and `operand` are for the message that names the first bad element. */
wg_var wgi_whole(wg_var x, wg_dtype dtype, const char *gate, const char *operand);

/* Sums x over what the shape of into->to was broadcast along, as sum_to does, and leaves it there;
 * defined beside it. */
wg_status wgi_sum_into(wg_tape *t, const wg_value *x, const wg_into *into);

/* ---- own_gate.c, gate_check.c, gate_backward.c ---------------------------------------------- */

/* The descriptor for nodes of a gate that is not full, made at its first use and checked then; NULL
 * with the error set. */
const wg_gate *wgi_own_gate_of(wg_tape *t, const wg_gate *g);
/* Copies the descriptor to the tape, where expressions find it by its name. */
wg_status wgi_add_own_gate(wg_tape *t, const wg_gate *g);
/* The gate that was added under the name of n bytes, NULL if none was. */
const wg_gate *wgi_find_own_gate(const wg_tape *t, const char *name, size_t n);
void wgi_free_own_gates(wg_tape *t);
/* OK, or the first defect of a descriptor of full size. */
wg_status wgi_check_gate(wg_tape *t, const wg_gate *g);
/* The rule of a gate with `backward`, and own->pull, which it records. */
void wgi_backward_rule(wg_pull *p);
void wgi_backward_gate(wgi_own_gate *own);
/* 1 if the engine can use the descriptor as it is. */
static inline int wgi_gate_is_full(const wg_gate *g) {
    return g && g->size == sizeof *g && (!g->backward || g->rule == wgi_backward_rule);
}

/* ---- hook.c --------------------------------------------------------------------------------- */

/* 1, with the error set, where a hook runs, within which `who` would spoil the sweep. */
int wgi_hooked(wg_tape *t, const char *who);

/* ---- elementwise.c -------------------------------------------------------------------------- */

wg_status wgi_elementwise_infer(wg_call *c); /* rows.h has it too */
wg_status wgi_elementwise_forward(wg_call *c);
/* out = g * dy/dx_k over y's shape; out dense. */
void wgi_elementwise_pull(const wg_gate *gate, int k, const wg_value *g, const wg_value *y,
                          size_t n, const wg_value *const *x, const void *attrs,
                          const wg_value *out);

/* ---- grad.c --------------------------------------------------------------------------------- */

size_t wgi_grad_bytes(const wg_value *g);
/* A gradient buffer of its own for a dense node, unset; a parameter's is in its store. */
wg_status wgi_grad_new(wg_tape *t, wgi_dense *d, wg_value *grad);
/* The gradient of a parameter is the store's block, which is there from the start; what lies in it
 * counts only when wgi_param_begin_grad says so. */
void wgi_show_store_grad(wgi_dense *d);
/* Forgets the gradient of a dense node and gives its block back. */
void wgi_drop_grad(wg_tape *t, wgi_node *n);
/* Starts inner nodes from zero where an earlier backward went; leaves keep what they have. */
void wgi_forget_inner(wg_tape *t);
/* Gives nodes below `count` that show the gradient of one from `count` on a copy of it. */
void wgi_own_grads(wg_tape *t, uint32_t count);

/* ---- changed.c ------------------------------------------------------------------------------ */

/* OK, or STATE naming the leaf, value or parameter that changed since root was computed; `who` is
 * the calling function. */
wg_status wgi_check_unchanged(wg_tape *t, const char *who, uint32_t root);
/* Notes that leaf i was set; that the leaves below root are about to be replayed; forgets leaves
 * from `count` on. */
wg_status wgi_note_set(wg_tape *t, uint32_t i);
void wgi_note_replay(wg_tape *t, uint32_t root, const unsigned char *below);
void wgi_forget_set(wg_tape *t, uint32_t count);
/* Notes that the leaf of a parameter shows its store as it is now. */
void wgi_param_seen(const wg_tape *t, wgi_dense *d);
void wgi_outdate(wg_tape *t, wgi_node *n);
/* The leaves below root are about to pass for replayed: values that depend on them without being
 * below root are outdated from now on.  `below` comes from wgi_ancestors, and is written to.  0 if
 * no leaf was changed at all. */
int wgi_outdate_others(wg_tape *t, uint32_t root, unsigned char *below);

/* ---- gradients.c, jvp.c --------------------------------------------------------------------- */

/* The xs are usable floats of tape t; *low is lowered to the least of their indices. */
wg_status wgi_check_xs(wg_tape *t, const char *who, size_t n, const wg_var *xs, uint32_t *low);
/* g (a "cotangent" or a "tangent") is usable and has the shape and float dtype of y. */
wg_status wgi_check_cotangent(wg_tape *t, const char *who, const char *what, wg_var y, wg_var g);
/* dx, the rule of gate at g, with a strong zero if the gate is elementwise: where g, a cotangent or
 * a tangent, is 0 and dx NaN, because the derivative there is infinite or NaN, the result is 0.
 * Costs a look, and nothing on the tape where there is no such place. */
wg_var wgi_strong(const wg_gate *gate, wg_var g, wg_var dx);
/* wg_jvp of m values in one pass: out[i] is the tangent of ys[i]; out is not set on an error. */
wg_status wgi_push_tangents(wg_tape *t, size_t m, const wg_var *ys, size_t n, const wg_var *xs,
                            const wg_var *dxs, wg_var *out);

/* ---- sweep_check.c, toposort.c, profile.c --------------------------------------------------- */

/* Checks that v is a live float value of one element; `who` is the calling function. */
wg_status wgi_check_root(wg_var v, const char *who);
/* One byte for each node up to root, 1 for it and its ancestors, in t->scratch. */
unsigned char *wgi_ancestors(wg_tape *t, uint32_t root);
void wgi_profile_free(wgi_profile *p);

/* The descriptors of leaves, in leaf.c. */
extern const wg_gate wgi_gate_poison, wgi_gate_scalar, wgi_gate_number, wgi_gate_input,
    wgi_gate_const, wgi_gate_param, wgi_gate_shown, wgi_gate_saved;

#endif
