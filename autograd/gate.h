/* gate.h: what a gate is: the descriptor, what its functions are given, and how it is recorded.
 *
 * A gate has one output.  It is known by the address of its descriptor; nothing lists gates by
 * number.  Its derivative is a rule written with gates, so that a gradient can be differentiated
 * again.  docs/design.md explains the choices, CONTRIBUTING.md adds a gate step by step. */
#ifndef WG_GATE_H
#define WG_GATE_H

#include "autograd/autograd.h"
#include "backend/backend.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wg_gate wg_gate;

/* A strided array as kernels see it.  Strides count elements: 0 repeats (broadcast), negative runs
 * backwards (flip).  A dense value has row-major strides. */
typedef struct wg_value {
    wg_dtype dtype;
    int rank;
    int64_t dim[WG_MAX_RANK];
    int64_t stride[WG_MAX_RANK];
    void *data;
    void *saved; /* the saved block of the gate that made it, NULL where it has none */
} wg_value;

/* One evaluation of a gate.  infer sees x without looking at data and sets y's dtype (preset to
 * `dtype`), rank, dim, and the size of the saved block; forward finds y.data and saved ready. */
typedef struct wg_call {
    const wg_gate *gate;
    size_t n;                 /* operands */
    const wg_value *const *x; /* NULL: an optional operand that is absent */
    const void *attrs;        /* the gate's struct, or NULL */
    wg_dtype dtype;           /* the common dtype of the operands that are values */
    wg_value y;
    wg_dtype saved_dtype; /* WG_F32 and WG_F64 both mean: the float type of `dtype` */
    int64_t saved_count;
    void *saved;
    struct wgi_arena *scratch; /* for wg_scratch */
    wg_error *error;           /* for wg_fail */
    int spare; /* of a direct kernel: nobody reads g after it, so g may be written over */
} wg_call;

/* What a rule is given: the cotangent g of the output, the output y, the operands x.  For each
 * wanted[i] it sets dx[i] to the cotangent of x[i], in y's broadcast shape or in x[i]'s; leaving
 * dx[i] at WG_NONE means zero.  It never adds cotangents up and never sums over broadcast axes: the
 * engine does.  `recording` says that the rule's own gates are recorded, to be differentiated
 * again; only when it is 0 may floats of the saved block be used. */
typedef struct wg_pull {
    const wg_gate *gate;
    wg_var g, y;
    size_t n;
    const wg_var *x;
    const unsigned char *wanted;
    const void *attrs;
    int recording;
    wg_var *dx;
} wg_pull;

/* Where a direct reverse kernel leaves the cotangent of an operand. */
typedef struct wg_into {
    const wg_value *to; /* dense, of the operand's shape and dtype; NULL: nobody wants it */
    int add;            /* 0: what lies there is overwritten, never read; 1: it is added to */
} wg_into;

/* What a gate's own rule of forward mode is given: for each operand its tangent, WG_NONE where it
 * is zero; at least one is not.  It returns the tangent of y, in y's shape, written with gates. */
typedef struct wg_push {
    const wg_gate *gate;
    wg_var y;
    size_t n;
    const wg_var *x, *dx;
    const void *attrs;
} wg_push;

/* The mathematics of an elementwise gate, as made by ops/unary.h, binary.h and ternary.h from its
 * one statement.  Rows are strided one-dimensional loops; strides s[] count elements. */
typedef void wgi_row_forward(int64_t n, const void *const *x, const int64_t *s, void *y,
                             const void *attrs);
/* out[i] = g[i] * dy/dx_k; s holds the strides of g, y, then of each x */
typedef void wgi_row_pull(int64_t n, const void *g, const void *y, const void *const *x,
                          const int64_t *s, void *out, const void *attrs);
/* Operands are n float64 each, one behind the other. */
typedef uint64_t wgi_row_branch(int64_t n, const double *const *x, const void *attrs);
typedef struct wg_elementwise {
    double (*scalar)(const double *x, const void *attrs, double *partial); /* value and partials */
    wgi_row_forward *forward[2];                                           /* by float dtype */
    wgi_row_pull *pull[2][3];                                              /* by dtype, operand */
    int (*branch)(const double *x, const void *attrs); /* the piece x lies in; NULL when smooth */
    wgi_row_branch *branches; /* a hash of those of n places; NULL: of none, or one by one */
    /* `scalar` with one operand, or two, in registers; NULL: there is only `scalar`. */
    double (*one)(double x, const void *attrs, double *dx);
    double (*two)(double x, double y, double *dx, double *dy);
} wg_elementwise;

/* An attribute of a gate: a field of its attribute struct, with the name that the expression
 * language, dumps and checks use. */
typedef enum {
    WG_ATTR_INT,   /* int64_t */
    WG_ATTR_REAL,  /* double */
    WG_ATTR_BOOL,  /* int, 0 or 1 */
    WG_ATTR_AXIS,  /* int */
    WG_ATTR_AXES,  /* wg_axes */
    WG_ATTR_SHAPE, /* wg_shape; one extent may be -1 where the gate says so */
    WG_ATTR_PAIR,  /* int64_t[2]; one number stands for both */
    WG_ATTR_WORD,  /* int, index into words */
    WG_ATTR_TEXT   /* char[WG_TEXT_MAX], ended by a zero byte; a "string" in an expression */
} wg_attr_kind;
enum { WG_TEXT_MAX = 128 };
typedef struct wg_attr {
    const char *name; /* NULL ends the list */
    wg_attr_kind kind;
    size_t offset;    /* in the attribute struct */
    double preset;    /* where the expression does not give it; every entry of a list */
    int required;
    const char *doc;
    const char *const *words; /* of WG_ATTR_WORD, NULL ended */
} wg_attr;

/* One call for the registry-driven tests: operand shapes parted by '|', "" for rank 0, "-" for an
 * absent operand, as in "2,3|3|-".  Operands are drawn from [lo, hi] (both 0: [-2, 2]), index
 * operands from 0 .. limit-1.  `diagonal` is added where the last two indices of a square operand
 * are equal: random matrices that have an inverse. */
typedef struct wg_sample {
    const char *shapes; /* NULL ends the list */
    const void *attrs;
    double lo, hi;
    int64_t limit;
    double diagonal;
} wg_sample;

enum {                         /* wg_gate.flags */
    WG_GATE_STRIDED = 1,       /* forward takes any strides; otherwise operands come dense */
    WG_GATE_FLAT = 2,          /* the derivative is zero everywhere (sign, comparisons) or the gate
                                  is not differentiable (argmax): no rule, no gradient */
    WG_GATE_KINKED = 4,        /* has points without a derivative; signature or branch is given */
    WG_GATE_LINEAR = 8,        /* linear in all its operands that are values, taken together: the
                                  tangent of y is the gate itself of their tangents */
    WG_GATE_RANDOM = 16,       /* draws random numbers; its attributes begin with wg_random */
    WG_GATE_LEAF = 32,         /* has no operands */
    WG_GATE_PASSES = 64        /* elementwise, and every partial derivative is 1: its cotangent goes
                                  on as it is */
};

/* What a random gate keeps of the tape's generator, so that replay repeats its numbers.  Where the
 * attributes given to wg_record have stream 0, it draws the tape's next stream; otherwise the gate
 * uses the numbers it is given, as the rule of a mask does. */
typedef struct wg_random {
    uint64_t seed, stream;
} wg_random;

/* Value and partial derivatives of an elementwise gate that are so short that a call would cost
 * more: x + y, x - y, x y, -x, x^2.  The tests hold it against the gate's own mathematics. */
typedef enum {
    WG_FORM_NONE,
    WG_FORM_SUM,
    WG_FORM_DIFFERENCE,
    WG_FORM_PRODUCT,
    WG_FORM_NEGATIVE,
    WG_FORM_SQUARE
} wg_form;

struct wg_gate {
    size_t size;            /* sizeof(wg_gate), so that the struct can grow */
    const char *name;       /* of gate and file, its label in a dump, its call in expressions */
    const char *formula;    /* "y = tanh x" */
    const char *derivative; /* "dx = g (1 - y^2)" */
    int arity;              /* operands; -1: one or more of the same kind */
    const char *operands[6];
    unsigned optional;      /* bit i: operand i may be WG_NONE */
    unsigned indices;       /* bit i: operand i holds indices or labels (int64, or whole floats) */
    unsigned masks;         /* bit i: operand i is a mask (bool, or floats that are 0 or 1) */
    unsigned flags;
    size_t attr_bytes;
    const wg_attr *attrs;
    wg_status (*infer)(wg_call *call); /* NULL for elementwise gates: broadcasting */
    /* Makes y a view of an operand (sets y.data and strides) and returns 1, or returns 0: then y is
     * allocated and forward runs. */
    int (*view)(wg_call *call);
    wg_status (*forward[4])(wg_call *call); /* by `dtype`; NULL: not defined for it */
    /* A hash of the choices made (winners, signs), ties a choice of their own; NULL when smooth. */
    uint64_t (*signature)(const wg_call *call);
    void (*rule)(wg_pull *pull);
    const wg_elementwise *elementwise;
    const wg_sample *samples;
    /* A composition: wg_record checks the operands, calls infer (dtype and shape; NULL: nothing to
     * check) and returns what compose makes of them with other gates.  No node is of such a gate;
     * it has no forward, rule or signature of its own.  n, x and attrs are those of wg_record. */
    wg_var (*compose)(size_t n, const wg_var *x, const void *attrs);
    /* Forward mode; NULL: the gate itself where it is linear, else made of the rule. */
    wg_var (*tangent)(const wg_push *push);
    /* Adds to y, computed before, what adding delta to the element at index `at` of operand k
     * changes; 0 where it cannot (then forward runs).  For a costly gate that is linear in operand
     * k and where an element reaches few others: the gradient check moves one at a time. */
    int (*nudge)(wg_call *call, size_t k, const int64_t *at, double delta);
    /* For the table of gates. */
    const char *shape;  /* see below; NULL: broadcast, elementwise */
    const char *domain; /* where it is defined and what holds at ties, kinks and outside; NULL: any
                           real number, smooth */
    /* The derivative as C code, for a gate that has no rule: call is the evaluation (its operands,
     * y, attributes, saved block), g the cotangent of y.  It adds the cotangent of operand i to
     * dx[i], zeros of x[i]'s shape and dtype, and leaves a dx[i] of NULL alone: nobody wants it.
     * What an operand was broadcast over it sums itself.  Arrays are dense; with WG_GATE_STRIDED
     * those of call and g have any strides.  wg_backward runs it even where there is a rule, which
     * then serves recorded gradients.  Without one wg_gradients and wg_vjp record what backward
     * computes, a replay computes it again, and differentiating it is an error (UNSUPPORTED).  y
     * has the dtype that its operands share. */
    wg_status (*backward)(const wg_call *call, const wg_value *g, wg_value *const *dx);
    const void *user; /* the maker's own, never read by the engine: call->gate->user */
    /* Operations of forward (k = -1), or of the cotangent of operand k, for wg_tape_profile: for
     * gates that do more than one an element.  Reads shapes and attributes alone. */
    double (*work)(const wg_call *call, int k);
    wg_kernel kernel; /* for the table: what forward stands on; a view, an elementwise gate and a
                         composition say it without */
    /* The rule once more, as C code for the sweep of wg_backward, where its gates would make
     * temporaries, views and sums: it leaves the cotangents where they are wanted, in the gradient
     * of the operand (into[i]).  call and g are as for `backward`; floats of the saved block may be
     * used.  What an operand was broadcast over it sums itself.  Operands are served in their
     * order: one value may be two of them, then both share an array and the later one adds.
     * UNSUPPORTED, before anything was written, leaves this call to the rule.  A gate that has
     * `backward` has no use for it. */
    wg_status (*direct)(const wg_call *call, const wg_value *g, const wg_into *into);
    wg_form form; /* of an elementwise gate: what a compiled expression may compute in its place */
};

/* Shapes as text: a bracket for each operand, an arrow, one for the result, as in
 *
 *     (..., n, k) (..., k, m) -> (..., n, m)
 *
 * An extent is a letter, the name of an attribute, which stands for its value, or an expression of
 * them, as in (a..., parts m, b...), C/groups or stride[1]; equal letters are equal extents.  Of
 * several axes at once:
 *
 *     ...             any axes, those of all operands broadcast together
 *     d...            axes d, the same in every bracket; of an attribute that is a shape: its value
 *     d_k...          other axes in each of the brackets that are repeated
 *     d... - axis     d without the axes of that attribute; with keepdims they are left with 1
 *     d... at axis    d at these axes alone
 *     d... + before   d with a list of numbers added, or after * multiplied
 *     d... permuted, d... without ...      the same in another order; some of them
 *
 * (C)? may be absent; (n_k) ... is repeated, n_1, n_2, ... being n_k and "sum n_k" their sum;
 * "operands" is the number of operands.  "or" parts alternatives, with an arrow or for the result
 * alone; "; OH = ... or ... with ..." says what a letter is.  The registry's tests hold the text
 * against the samples. */

/* Records gate on the tape of its operands: the one way in which a value is made.  x has n
 * operands, attrs is copied (attr_bytes; NULL where the gate has none).  The descriptor, which no
 * one needs to have added to the tape, must outlive the value.  Returns the value, or poison with
 * the tape's error set. */
WG_API wg_var wg_record(const wg_gate *gate, size_t n, const wg_var *x, const void *attrs);
/* Makes a gate of the caller's own known to wg_parse on this tape, as name(...), for as long as the
 * tape lives: wg_tape_rewind and wg_tape_clear keep it.  The descriptor is checked and copied; what
 * it points to must outlive the tape.  One of an older version of this header, with a smaller
 * `size`, is filled up with zeros.  Adding a gate again is harmless.  NAME for a name that is none
 * or is taken, RANGE for numbers that do not fit, VALUE for parts that lack or contradict each
 * other, UNSUPPORTED for a newer version's fields; the text names gate and defect. */
WG_API wg_status wg_tape_add_gate(wg_tape *tape, const wg_gate *gate);
/* The next draw of the tape's generator, never of stream 0. */
WG_API wg_random wg_tape_draw(wg_tape *tape);
/* Sets the call's error to "gate: text" and returns status. */
WG_API wg_status wg_fail(const wg_call *call, wg_status status, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 3, 4)))
#endif
    ;
/* Poison with an error of its own, for a constructor that cannot record; text is a literal. */
WG_API wg_var wg_poison(wg_tape *tape, wg_status status, const char *gate, const char *text);
/* Memory for one kernel, aligned to 64 bytes, gone when the call ends; NULL when there is none. */
WG_API void *wg_scratch(const wg_call *call, size_t bytes);
/* The saved block of pull->y as a value without gradient, of the given shape, from element `offset`
 * on: a view, so that a replay which rewrites the block is seen.  Poison (STATE) for floats where
 * pull->recording: their derivatives would be lost. */
WG_API wg_var wg_pull_saved(const wg_pull *pull, wg_shape shape, int64_t offset);
/* Elements of a value; 1 if it is dense and row-major; row-major strides for its shape. */
WG_API int64_t wg_value_size(const wg_value *v);
WG_API int wg_value_dense(const wg_value *v);
WG_API void wg_value_set_dense(wg_value *v);
/* axis counted from the front, or -1 if it lies outside [-rank, rank). */
WG_API int wg_axis(int axis, int rank);

/* The four gates that the engine itself uses when a derivative is recorded; ops/ defines them. */
WG_API wg_var wg_add(wg_var x, wg_var y);
WG_API wg_var wg_absorb(wg_var x, wg_var y); /* 0 where y = 0 and x is NaN, else x */
WG_API wg_var wg_sum_to(wg_var x, wg_shape shape);       /* sums over broadcast axes */
WG_API wg_var wg_broadcast_to(wg_var x, wg_shape shape); /* repeats, as a view */

#ifdef __cplusplus
}
#endif
#endif
