/* autograd.h: the engine: tapes, values, gradients, replay and parameters.
 *
 * A tape records every gate that is applied to its values (R. E. Wengert, "A simple automatic
 * derivative evaluation program", CACM 7(8), 1964).  wg_backward walks the record once, from the
 * root to the leaves, and leaves the gradient of the root beside every value.
 *
 *     wg_tape *t = wg_tape_new();
 *     wg_var x = wg_scalar(t, -2), y = wg_scalar(t, 5), z = wg_scalar(t, -4);
 *     wg_backward(wg_mul(wg_add(x, y), z));
 *     wg_item(wg_grad(x));                                    // -4
 *     wg_tape_free(t);
 *
 * Errors.  A function that is given bad input returns poison (a wg_var) or a status, and the first
 * error stays on the tape, with its source line, until wg_tape_rewind or wg_tape_clear.  Values
 * that were healthy stay usable.  Reading poison gives NaN, NULL or rank -1.  Nothing here aborts,
 * exits or prints.
 *
 * Threads.  A tape belongs to one thread at a time; different tapes are independent. */
#ifndef WG_AUTOGRAD_H
#define WG_AUTOGRAD_H

#include <stddef.h>
#include <stdint.h>

#ifndef WG_API
#if defined(__GNUC__)
#define WG_API __attribute__((visibility("default")))
#define WG_CHECKED __attribute__((warn_unused_result))
#else
#define WG_API
#define WG_CHECKED
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define WG_VERSION "0.1.0"
#define WG_MAX_RANK 8

/* ---- types ---------------------------------------------------------------------------------- */

typedef struct wg_tape wg_tape;     /* the record of a computation; owns its values */
typedef struct wg_params wg_params; /* a store of parameters that outlives tapes */
typedef struct wg_param wg_param;   /* one parameter; owned by its store */

/* A value on a tape: 16 bytes, passed by value.  {0} is WG_NONE, an absent operand.  A handle whose
 * value is gone (after a rewind or a release) is noticed at its next use. */
typedef struct wg_var {
    wg_tape *tape;
    uint32_t index, serial;
} wg_var;

typedef enum { WG_F32, WG_F64, WG_I64, WG_BOOL } wg_dtype; /* bool: one byte, 0 or 1 */

typedef struct wg_shape { /* rank 0 has one element; an extent may be 0 */
    int rank;
    int64_t dim[WG_MAX_RANK];
} wg_shape;

typedef struct wg_axes { /* counted from 0, negative from the end */
    int n;
    int axis[WG_MAX_RANK];
} wg_axes;

typedef enum {
    WG_OK,
    WG_ERR_SHAPE,       /* shapes do not fit */
    WG_ERR_DTYPE,       /* element types do not fit */
    WG_ERR_RANGE,       /* an axis, index or attribute lies outside its range */
    WG_ERR_VALUE,       /* data that cannot be used, such as a label that is not whole */
    WG_ERR_STALE,       /* a value that was rewound or released */
    WG_ERR_TAPE,        /* values of two tapes, or none */
    WG_ERR_STATE,       /* a call out of order */
    WG_ERR_SYNTAX,      /* text that does not parse */
    WG_ERR_NAME,        /* an unknown or doubled name */
    WG_ERR_CHECK,       /* a check ran and failed */
    WG_ERR_FILE,        /* a file that cannot be opened, read or written */
    WG_ERR_FORMAT,      /* a file whose contents are damaged or of another kind */
    WG_ERR_MEMORY,      /* no memory */
    WG_ERR_UNSUPPORTED  /* not in this build; the text names the package */
} wg_status;

typedef struct wg_error { /* for functions without a tape; where one is taken, NULL is allowed */
    wg_status status;
    char text[248];
} wg_error;

typedef struct wg_mark { /* a position of a tape; the fields are the tape's own affair */
    const wg_tape *tape;
    uint32_t count, serial;
    void *chunk;
    size_t offset;
} wg_mark;

/* The lower-case name of a status, such as "shape"; static storage. */
WG_API const char *wg_status_name(wg_status status);
/* "float32", "float64", "int64" or "bool"; static storage. */
WG_API const char *wg_dtype_name(wg_dtype dtype);
/* Bytes of one element: 4, 8, 8, 1. */
WG_API size_t wg_dtype_size(wg_dtype dtype);
/* The number of elements, the product of the extents: 1 for rank 0, -1 where rank or an extent is
 * out of range or the product of the extents that are not 0 overflows. */
WG_API int64_t wg_shape_size(wg_shape shape);

/* WG_SHAPE(2, 3), WG_AXES(0, -1): literals.  More than WG_MAX_RANK numbers are an error at use. */
#define WG_NONE wgi_none()
#define WG_RANK0 wgi_rank0()
static inline wg_var wgi_none(void) {
    wg_var v = {0, 0, 0};
    return v;
}
static inline wg_shape wgi_rank0(void) {
    wg_shape s = {0, {0, 0, 0, 0, 0, 0, 0, 0}};
    return s;
}
#ifndef __cplusplus
#define WG_SHAPE(...)                                                                              \
    ((wg_shape){(int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), {__VA_ARGS__}})
#define WG_AXES(...) ((wg_axes){(int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)), {__VA_ARGS__}})
#else
} /* extern "C": templates have none */
template <class... D> inline wg_shape wgi_make_shape(D... d) {
    static_assert(sizeof...(d) <= WG_MAX_RANK, "a shape has at most WG_MAX_RANK extents");
    wg_shape s = {static_cast<int>(sizeof...(d)), {static_cast<int64_t>(d)...}};
    return s;
}
template <class... D> inline wg_axes wgi_make_axes(D... d) {
    static_assert(sizeof...(d) <= WG_MAX_RANK, "a list has at most WG_MAX_RANK axes");
    wg_axes a = {static_cast<int>(sizeof...(d)), {static_cast<int>(d)...}};
    return a;
}
#define WG_SHAPE(...) wgi_make_shape(__VA_ARGS__)
#define WG_AXES(...) wgi_make_axes(__VA_ARGS__)
extern "C" {
#endif

/* ---- tapes ---------------------------------------------------------------------------------- */

/* A new, empty tape; NULL when there is no memory.  Free it with wg_tape_free (NULL allowed). */
WG_API wg_tape *wg_tape_new(void);
WG_API void wg_tape_free(wg_tape *tape);
/* Forgets all values and the error and keeps the memory for the next recording: what a training
 * loop calls at the start of every step. */
WG_API void wg_tape_rewind(wg_tape *tape);
/* As wg_tape_rewind, and gives the memory back. */
WG_API void wg_tape_clear(wg_tape *tape);
/* A position to which wg_tape_release goes back: values recorded since are gone, older ones and
 * their gradients stay.  Marks nest.  Releasing a mark that was itself released, or another tape's,
 * is an error (STATE, TAPE) and does nothing. */
WG_API wg_mark wg_tape_mark(wg_tape *tape);
WG_API void wg_tape_release(wg_tape *tape, wg_mark mark);
/* Starts the tape's random numbers (dropout masks) anew from a seed; a new tape has seed 0.
 * Neither rewind nor release turns the generator back. */
WG_API void wg_tape_seed(wg_tape *tape, uint64_t seed);

/* The first error since the last rewind, WG_OK if there was none (NULL: WG_ERR_TAPE). */
WG_API wg_status wg_tape_status(const wg_tape *tape);
/* Its text with the source line in front, "" if there was none; owned by the tape, valid until the
 * next rewind or clear. */
WG_API const char *wg_tape_message(const wg_tape *tape);
/* Called once at each error, at its origin, before the failing call returns: the place for a
 * breakpoint or an abort.  NULL takes it away. */
typedef void wg_error_hook(wg_tape *tape, wg_status status, const char *text, void *user);
WG_API void wg_tape_on_error(wg_tape *tape, wg_error_hook *hook, void *user);

/* keep = 1 (the default) leaves the gradient of every value readable after wg_backward; keep = 0
 * lets those of inner values go as the sweep passes them, which is what training wants. */
WG_API void wg_tape_keep_grads(wg_tape *tape, int keep);
/* For debugging: while watch is 1, wg_use takes a checksum of the parameter, a pass over its
 * numbers, and each later sweep compares.  One that was written in between, wg_params_changed or
 * not, is an error (STATE) of the sweep that names it. */
WG_API void wg_tape_watch_params(wg_tape *tape, int watch);
/* Between begin and end gates compute values only: nothing is recorded to differentiate or replay.
 * Sections nest. */
WG_API void wg_no_grad_begin(wg_tape *tape);
WG_API void wg_no_grad_end(wg_tape *tape);

/* ---- the end of NaN hunting ----------------------------------------------------------------- */

enum { WG_DEBUG_NAN = 1, WG_DEBUG_INF = 2 };

/* The first gate that made a NaN or an infinity out of operands without one. */
typedef struct wg_debug_report {
    size_t size;     /* sizeof(wg_debug_report) of the library */
    const char *gate;
    const char *site; /* "file:line", NULL where it is not known */
    int backward;    /* made in a sweep, as the cotangent of `value`; else in `value` */
    wg_var value;
    int64_t element; /* row-major place in it */
    double number;   /* NaN, infinity or -infinity */
    const char *text; /* all of it in a line, with the operands there and the path from a leaf */
} wg_debug_report;
typedef void wg_debug_hook(const wg_debug_report *report, void *user);

/* From now on looks for the first gate whose result (or, in wg_backward, a cotangent that it hands
 * on) has a NaN or infinity while its operands (the cotangent it was given) have none.  It is
 * looked for once its source line is known: at the next call that records, reads, sweeps, replays,
 * releases or rewinds.  The first is told to the hook and kept as text; then nothing is looked for
 * until the next wg_tape_debug, whatever is rewound.  Nothing is stopped and no error set.  A leaf
 * that holds one is named by the first gate that takes it on, but infinities in constants are taken
 * for meant; in a no-gradient section a gate's operands are not known, and its result counts alone.
 * what: WG_DEBUG_NAN, WG_DEBUG_INF, both, or 0 for none (RANGE for other bits).  A new tape begins
 * with what the environment variable WG_DEBUG says: "nan", "inf" or "nan,inf". */
WG_API void wg_tape_debug(wg_tape *tape, unsigned what);
/* The hook must not record; NULL takes it away. */
WG_API void wg_tape_on_debug(wg_tape *tape, wg_debug_hook *hook, void *user);
/* The text of what was found since wg_tape_debug, as in "model.c:41: log makes -inf at [3] of (10):
 * x = 0; path: input w > mul (model.c:39) > log (model.c:41)"; "" if nothing.  The tape's own. */
WG_API const char *wg_tape_debug_message(wg_tape *tape);

/* ---- leaves --------------------------------------------------------------------------------- */

/* A float64 leaf of rank 0 whose gradient is wanted. */
WG_API wg_var wg_scalar(wg_tape *tape, double value);
/* A constant of rank 0 that takes the dtype of its partner. */
WG_API wg_var wg_number(wg_tape *tape, double value);
/* A leaf whose gradient is wanted (float32 or float64): data is dense, row-major, of the shape's
 * size, and copied; NULL data means zeros. */
WG_API wg_var wg_input(wg_tape *tape, wg_dtype dtype, wg_shape shape, const void *data);
/* The same for any dtype, without gradient. */
WG_API wg_var wg_const(wg_tape *tape, wg_dtype dtype, wg_shape shape, const void *data);
/* A parameter as a leaf: it reads the store (no copy) and its gradient adds into the store's. */
WG_API wg_var wg_use(wg_tape *tape, wg_param *param);
/* x without its history: the numbers it has now as a constant, which no replay renews. */
WG_API wg_var wg_detach(wg_var x);

/* ---- gradients ------------------------------------------------------------------------------ */

/* Computes the gradient of root, a float value of one element, with respect to every value below
 * it.  Leaves and parameters add it to what they have until cleared; inner values start from zero
 * at each call.  STATE if a leaf below root was changed by wg_set and root not replayed since. */
WG_API wg_status wg_backward(wg_var root);
/* The same from a value of any shape: adds (d y / d leaf)^T cotangent into the leaves.  The
 * cotangent has the shape and dtype of y and counts as a constant. */
WG_API wg_status wg_backward_from(wg_var y, wg_var cotangent);
/* The gradient of the last backward at x as a constant of x's shape: zeros where root does not
 * depend on x, poison (STATE) before any backward and where wg_tape_keep_grads let it go. */
WG_API wg_var wg_grad(wg_var x);
/* Forgets the gradients of all values on the tape (not those of parameters). */
WG_API void wg_clear_grads(wg_tape *tape);
/* out[i] = d root / d xs[i], recorded on the tape and so differentiable again; zeros where root
 * does not depend on xs[i], and for constants.  root has one element. */
WG_API wg_status wg_gradients(wg_var root, size_t n, const wg_var *xs, wg_var *out);
/* out[i] = (d y / d xs[i])^T cotangent, a vector-Jacobian product, recorded alike.  The cotangent
 * has the shape and dtype of y. */
WG_API wg_status wg_vjp(wg_var y, wg_var cotangent, size_t n, const wg_var *xs, wg_var *out);
/* *out = sum_i (d y / d xs[i]) tangents[i], a Jacobian-vector product: forward mode, one pass
 * upward whatever the number of xs.  Recorded, and so differentiable in either mode; zeros where y
 * does not depend on the xs.  tangents[i] has the shape and dtype of xs[i]; constants have none. */
WG_API wg_status wg_jvp(wg_var y, size_t n, const wg_var *xs, const wg_var *tangents, wg_var *out);
/* out[i] = sum_j (d^2 root / d xs[i] d xs[j]) vs[j], a Hessian-vector product: the gradient, and
 * its derivative in direction v by forward mode, at the cost of a few gradients and never forming
 * the Hessian (B. A. Pearlmutter, Neural Computation 6, 1994).  Recorded; root has one element. */
WG_API wg_status wg_hvp(wg_var root, size_t n, const wg_var *xs, const wg_var *vs, wg_var *out);
/* d y / d x as a constant of y's extents followed by x's (SHAPE where their ranks add up to more
 * than WG_MAX_RANK): a forward pass for each element of x where x is the smaller of the two, else a
 * reverse sweep for each element of y.  Poison with the tape's error set where it fails. */
WG_API wg_var wg_jacobian(wg_var y, wg_var x);
/* d^2 root / dx^2 as a constant of x's extents twice; root has one element.  For a large x take
 * wg_hvp. */
WG_API wg_var wg_hessian(wg_var root, wg_var x);
/* x, by a gate whose cotangent goes through a function: once in each sweep that reaches it, with
 * the sum of what came from all uses of the returned value.  What the function returns goes on to
 * x: g itself, a value of g's shape and dtype made of it with gates, or WG_NONE for zero; anything
 * else is an error (SHAPE, DTYPE, TAPE) of the sweep.  In wg_backward g and what is made of it are
 * gone when the function returns; in wg_gradients and wg_vjp they are recorded: differentiated
 * again, and replayed without calling the function.  Forward mode and values take no notice.
 * wg_gradcheck differentiates on a tape of its own, and calls it there.  STATE for wg_backward,
 * wg_set, wg_replay, wg_clear_grads, wg_tape_rewind, wg_tape_clear and wg_tape_release within the
 * function, and in wg_backward for wg_gradients, wg_vjp and wg_jvp. */
typedef wg_var wg_grad_hook(wg_var g, void *user);
WG_API wg_var wg_hook(wg_var x, wg_grad_hook *hook, void *user);
/* root and its ancestors in topological order, operands before what uses them: the order of
 * replay, and reversed the order of backward.  *order is owned by the tape until its next rewind.
 *
 * Why an order: with a = 1; b = a + a; c = b + b the gradient of a is 4.  A walk that follows each
 * use as it meets it visits a twice through b and, if b passes its gradient on before both uses of
 * it have been added up, sends 1 down where 2 is due.  Reverse topological order visits b once,
 * when everything above it is done.  The order of recording is such an order already. */
WG_API wg_status wg_toposort(wg_var root, size_t *n, const wg_var **order);

/* ---- replay --------------------------------------------------------------------------------- */

/* Writes new numbers into a leaf: bytes must be exactly its size.  Values above it keep their old
 * ones until wg_replay. */
WG_API wg_status wg_set(wg_var leaf, const void *data, size_t bytes);
/* Computes root and everything below it again from the leaves, without recording or allocating.
 * Random gates repeat their draws.  Gradients need a new wg_backward. */
WG_API wg_status wg_replay(wg_var root);

/* ---- reading -------------------------------------------------------------------------------- */

/* The one element of x as double; NaN for poison or any other size. */
WG_API double wg_item(wg_var x);
/* Copies x, dense and row-major, to dst; bytes must be exactly its size. */
WG_API wg_status wg_read(wg_var x, void *dst, size_t bytes);
/* x, dense and row-major, owned by the tape until its next rewind; NULL for poison.  The pointer
 * to a value that is a view is a copy made at the call. */
WG_API const void *wg_data(wg_var x);
/* Shape (rank -1 for poison) and dtype (float64 for poison and for a number). */
WG_API wg_shape wg_shape_of(wg_var x);
WG_API wg_dtype wg_dtype_of(wg_var x);
/* Gives x a name for messages, checks and pictures (copied); returns x. */
WG_API wg_var wg_name(wg_var x, const char *name);
/* The name of x, NULL where it has none; owned by the tape. */
WG_API const char *wg_name_of(wg_var x);
/* WG_LET(q, wg_add(x, y)): declares q and names it "q". */
#define WG_LET(variable, expression) wg_var variable = wg_name((expression), #variable)

/* ---- parameters ----------------------------------------------------------------------------- */

/* A store of parameters and buffers; NULL when there is no memory. */
WG_API wg_params *wg_params_new(void);
WG_API void wg_params_free(wg_params *params);
/* Sets all gradients of the store to zero. */
WG_API void wg_params_clear_grads(wg_params *params);
/* A trainable parameter (float32 or float64), zeros at first; NULL and an error (wg_params_message)
 * for a doubled name, a bad shape, or after the store was laid out: the first wg_use or
 * wg_param_data does that, values of one dtype in one block and their gradients in another. */
WG_API wg_param *wg_param_new(wg_params *params, const char *name, wg_dtype dtype, wg_shape shape);
/* The same without gradient: saved with the model, such as running statistics. */
WG_API wg_param *wg_buffer_new(wg_params *params, const char *name, wg_dtype dtype, wg_shape shape);
/* The numbers, dense and row-major, owned by the store, stable once laid out; NULL without memory
 * and for the gradient of a buffer. */
WG_API void *wg_param_data(wg_param *param);
WG_API const void *wg_param_grad(const wg_param *param);
WG_API const char *wg_param_name(const wg_param *param);
WG_API wg_shape wg_param_shape(const wg_param *param);
WG_API wg_dtype wg_param_dtype(const wg_param *param);
WG_API int wg_param_trainable(const wg_param *param);
/* Freezes, or with frozen = 0 frees again, the parameters whose whole name matches a shell pattern
 * ('*' any text, '?' one byte), and returns how many matched.  A frozen parameter is a constant to
 * wg_use (leaves that are on a tape already stay what they were), and an optimizer leaves it and
 * its own state for it alone: no decay, no part in the norm.  Buffers never match. */
WG_API size_t wg_params_freeze(wg_params *params, const char *pattern, int frozen);
WG_API int wg_param_frozen(const wg_param *param);
/* The i-th parameter or buffer in order of creation, NULL past the last; one by its name. */
WG_API wg_param *wg_params_at(wg_params *params, size_t i);
WG_API wg_param *wg_params_find(wg_params *params, const char *name);
WG_API size_t wg_params_count(const wg_params *params);
/* The blocks: *n trainable numbers of one dtype at *values with their gradients at *grads, in
 * order of creation.  Lays the store out. */
WG_API wg_status wg_params_block(wg_params *params, wg_dtype dtype, size_t *n, void **values,
                                 void **grads);
/* Says that values of the store were changed, as an optimizer's step does: a backward over values
 * recorded before is then an error that names the store's first parameter used.  Whoever writes
 * through wg_param_data calls it; wg_tape_watch_params finds out who forgot. */
WG_API void wg_params_changed(wg_params *params);
/* The store's first error, WG_OK if there was none (NULL: WG_ERR_STATE), and its text. */
WG_API wg_status wg_params_status(const wg_params *params);
WG_API const char *wg_params_message(const wg_params *params);

#ifdef __cplusplus
}
#endif

/* ---- source lines --------------------------------------------------------------------------- */

#include "autograd/site.h"

#ifndef WG_NO_SITES
#define wg_scalar(...) wg_site(wg_scalar(__VA_ARGS__), WG_HERE)
#define wg_number(...) wg_site(wg_number(__VA_ARGS__), WG_HERE)
#define wg_input(...) wg_site(wg_input(__VA_ARGS__), WG_HERE)
#define wg_const(...) wg_site(wg_const(__VA_ARGS__), WG_HERE)
#define wg_hook(...) wg_site(wg_hook(__VA_ARGS__), WG_HERE)
#define wg_use(...) wg_site(wg_use(__VA_ARGS__), WG_HERE)
#endif

#endif
