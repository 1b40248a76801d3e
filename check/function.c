/* function.c: the check of a function that records its root anew at every point, for code whose
 * graph depends on values: a loop that ends when something is small, a branch in C. */
#include "autograd/tape.h"
#include "check/gradcheck.h"

#include <string.h>

struct wgi_recorder {
    wg_gradcheck_function *function;
    void *user;
    wg_tape *tape; /* rewound at every point */
    size_t n;
    const wg_var *given;   /* the caller's values: shapes, dtypes, names */
    wg_var *xs;            /* inputs on the tape: values 1 to n */
    double **x;            /* their numbers, to be moved */
    wgi_arena room;
};

/* ---- recording ------------------------------------------------------------------------------ */

static wg_var input(wgi_recorder *r, size_t i) {
    wg_shape shape = wg_shape_of(r->given[i]);
    wg_dtype dtype = wg_dtype_of(r->given[i]);
    int64_t n = wg_shape_size(shape);
    if (dtype == WG_F64) return wg_input(r->tape, dtype, shape, r->x[i]);
    float *narrow = wgi_alloc((size_t)n * sizeof *narrow + 1);
    if (!narrow) {
        wgi_error(r->tape, WG_ERR_MEMORY, "gradcheck: no memory");
        return wgi_poison(r->tape);
    }
    for (int64_t k = 0; k < n; ++k) narrow[k] = (float)r->x[i][k];
    wg_var v = wg_input(r->tape, dtype, shape, narrow);
    wgi_free(narrow);
    return v;
}

/* The root at the present numbers; the same random numbers each time. */
static wg_var record(wgi_recorder *r) {
    wg_tape_clear(r->tape);
    wg_tape_seed(r->tape, 0);
    for (size_t i = 0; i < r->n; ++i) {
        const char *name = wg_name_of(r->given[i]);
        r->xs[i] = input(r, i);
        if (name && r->xs[i].index) wg_name(r->xs[i], name);
    }
    if (wg_tape_status(r->tape) != WG_OK) return wgi_poison(r->tape);
    return r->function(r->tape, r->n, r->xs, r->user);
}

static wg_status refused(const wgi_recorder *r, wg_var root, wg_error *e) {
    wg_status s = wg_tape_status(r->tape);
    if (s != WG_OK) return wgi_error_to(e, s, "%s", wg_tape_message(r->tape));
    if (root.tape != r->tape)
        return wgi_error_to(e, WG_ERR_TAPE, "gradcheck: the function's root is of another tape");
    return wgi_error_to(e, WG_ERR_STATE, "gradcheck: the function returned no value");
}

/* One step of FNV-1a on whole words. */
static uint64_t mix(uint64_t hash, uint64_t word) { return (hash ^ word) * 0x100000001b3u; }

/* Another graph is another piece of f. */
static uint64_t structure(const wg_tape *t, uint32_t root) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (uint32_t i = 1; i <= root; ++i) {
        const wgi_node *n = wgi_node_at(t, i);
        const uint32_t *x;
        uint32_t count = wgi_operands(n, &x);
        hash = mix(hash, (uint64_t)(uintptr_t)n->gate);
        for (uint32_t k = 0; k < count; ++k) hash = mix(hash, x[k]);
    }
    return hash;
}

/* f in float64 whatever it is recorded in, at numbers that float32 could not hold. */
static wg_status evaluate(wgi_recorder *r, double *f, uint64_t *piece, wg_error *e) {
    wg_var root = record(r);
    if (!root.index || root.tape != r->tape) return refused(r, root, e);
    wg_status s = wgi_check_root(root, "gradcheck");
    if (s != WG_OK) return wgi_error_to(e, s, "%s", wg_tape_message(r->tape));
    wgi_program *p = wgi_program_new(root, 1, e);
    if (!p) return e->status ? e->status : WG_ERR_MEMORY;
    for (size_t i = 0; i < r->n; ++i) {
        wg_value x = wgi_program_value(p, r->xs[i].index);
        size_t bytes = (size_t)wg_value_size(&x) * sizeof(double);
        if (x.data && bytes) memcpy(x.data, r->x[i], bytes);
    }
    s = wgi_program_run(p, e);
    uint64_t choices = 0;
    if (s == WG_OK) s = wgi_program_signature(p, &choices, e);
    *f = *(double *)wgi_program_value(p, root.index).data;
    *piece = mix(structure(r->tape, root.index), choices);
    wgi_program_free(p);
    return s;
}

/* ---- a worker ------------------------------------------------------------------------------- */

static wg_status run(wgi_worker *w, double *f, uint64_t *piece) {
    return evaluate(w->own, f, piece, &w->error);
}

static wg_status turn(wgi_worker *w, const wgi_leaf_grad *l, double *f, uint64_t *piece) {
    wgi_recorder *r = w->own;
    w->x = l ? r->x[l->index - 1] : NULL;
    return run(w, f, piece);
}

static wg_status move(wgi_worker *w, int64_t j, double x, double *f, uint64_t *piece) {
    double kept = w->x[j];
    w->x[j] = x;
    wg_status s = run(w, f, piece);
    w->x[j] = kept;
    return s;
}

static double *numbers(wgi_worker *w, const wgi_leaf_grad *l) {
    wgi_recorder *r = w->own;
    return r->x[l->index - 1];
}

static void stop(wgi_worker *w) { (void)w; }

static const wgi_source recorded = {turn, run, move, numbers, stop};

wg_status wgi_record_start(wgi_worker *w, wgi_recorder *r, double factor, wg_error *error) {
    (void)error;
    memset(w, 0, sizeof *w);
    w->source = &recorded;
    w->factor = factor;
    w->own = r;
    w->root = NULL;
    return WG_OK;
}

/* ---- the call ------------------------------------------------------------------------------- */

static wg_status check_given(size_t n, const wg_var *xs, wg_error *e) {
    if (n == 0) return wgi_error_to(e, WG_ERR_STATE, "gradcheck: no values to differentiate by");
    for (size_t i = 0; i < n; ++i) {
        if (!xs[i].tape || !wgi_usable(xs[i], "gradcheck"))
            return wgi_error_to(e, wgi_why_not(xs[i]), "gradcheck: value %zu cannot be used", i);
        if (wg_dtype_of(xs[i]) > WG_F64)
            return wgi_error_to(e, WG_ERR_DTYPE, "gradcheck: value %zu is %s, not a float", i,
                                wg_dtype_name(wg_dtype_of(xs[i])));
    }
    return WG_OK;
}

/* The caller's numbers as doubles. */
static wg_status take(wgi_recorder *r, wg_error *e) {
    r->tape = wg_tape_new();
    r->xs = wgi_arena_alloc(&r->room, r->n * sizeof *r->xs);
    r->x = wgi_arena_alloc(&r->room, r->n * sizeof *r->x);
    if (!r->tape || !r->xs || !r->x) return wgi_error_to(e, WG_ERR_MEMORY, "gradcheck: no memory");
    for (size_t i = 0; i < r->n; ++i) {
        int64_t n = wg_shape_size(wg_shape_of(r->given[i]));
        const void *data = wg_data(r->given[i]);
        r->x[i] = wgi_arena_alloc(&r->room, (size_t)n * sizeof(double));
        if (!data || !r->x[i]) return wgi_error_to(e, WG_ERR_MEMORY, "gradcheck: no memory");
        for (int64_t k = 0; k < n; ++k)
            r->x[i][k] = wg_dtype_of(r->given[i]) == WG_F32 ? (double)((const float *)data)[k]
                                                            : ((const double *)data)[k];
    }
    return WG_OK;
}

wg_status wg_gradcheck_fn(wg_gradcheck_function *function, void *user, size_t n, const wg_var *xs,
                          const wg_gradcheck_options *options, wg_gradcheck_report *report) {
    wg_gradcheck_report r = {.size = sizeof r};
    wgi_recorder first = {function, user, NULL, n, xs, NULL, NULL, {0}}, again = first;
    wg_status s = check_given(n, xs, &r.error);
    if (s == WG_OK) s = take(&first, &r.error);
    if (s == WG_OK) s = take(&again, &r.error);
    if (s == WG_OK) {
        wg_var root = record(&first);
        if (!root.index || root.tape != first.tape) s = refused(&first, root, &r.error);
        else s = wgi_gradcheck_recorded(root, &again, n, options, &r);
    }
    if (s != WG_OK && s != WG_ERR_CHECK) r.verdict = WG_VERDICT_INCONCLUSIVE;
    wg_tape_free(first.tape);
    wg_tape_free(again.tape);
    wgi_arena_free(&first.room);
    wgi_arena_free(&again.room);
    return wgi_report_give(&r, s, report);
}
