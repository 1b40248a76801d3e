/* check.h: is a gradient right?  The analytic gradient of a root against difference quotients.
 *
 *     wg_gradcheck_report r = {.size = sizeof r};
 *     if (wg_gradcheck(loss, NULL, &r) != WG_OK)
 *         for (size_t i = 0; i < r.n; ++i)
 *             printf("%s: %s\n", r.leaf[i]->name, r.leaf[i]->message);
 *     wg_gradcheck_report_clear(&r);
 */
#ifndef WG_CHECK_H
#define WG_CHECK_H

#include "autograd/autograd.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a check found; verdicts are only appended.  A pass and a subgradient are successes. */
typedef enum {
    WG_VERDICT_PASS,
    WG_VERDICT_FAIL,         /* the values differ, or one of them is NaN or infinite */
    WG_VERDICT_INCONCLUSIVE, /* the noise of the root's rounding is larger than what would decide */
    WG_VERDICT_SUBGRADIENT,  /* a kink sits at the point, and the analytic values lie between the
                                derivatives of the pieces that meet there */
    WG_VERDICT_KINK          /* a gate chooses another branch within every step, and no derivative
                                on either side, or not those of all pieces, can be told */
} wg_verdict;

/* "pass", "fail", "inconclusive", "subgradient" or "kink"; static storage. */
WG_API const char *wg_verdict_name(wg_verdict verdict);

/* Zero fields are the defaults. */
typedef struct wg_gradcheck_options {
    size_t size;         /* sizeof(wg_gradcheck_options); 0: the first version */
    double rtol, atol;   /* > 0 in place of the defaults below */
    double step;         /* a factor on the default step */
    int64_t coordinates; /* at most so many of a leaf, drawn by seed; 0: all */
    uint64_t seed;
    /* Called now and then, `done` of `total` coordinates of the leaf behind it. */
    void (*progress)(const char *leaf, int64_t done, int64_t total, void *user);
    void *user;
    double seconds;      /* a leaf is sampled where all of it would take longer than its share of
                            this; 0: 60; HUGE_VAL: no limit */
    int directions;      /* in which a leaf that is sampled moves as a whole, drawn by seed; 0: 4;
                            negative: none */
} wg_gradcheck_options;

/* What was found at one leaf.  The numbers belong to its worst coordinate: of those with the
 * leaf's verdict the one with the largest |analytic - numeric| in units of what is accepted. */
typedef struct wg_gradcheck_leaf {
    size_t size;
    char *name;           /* "W", or "leaf 3" where value 3 has no name */
    uint32_t index;       /* of the value on the tape */
    wg_shape shape;
    wg_dtype dtype;
    wg_verdict verdict;   /* the worst of its coordinates': fail, kink, inconclusive,
                             subgradient, pass */
    int64_t checked, failed, inconclusive; /* coordinates */
    int64_t worst;        /* its flat, row-major index; -1 where none was checked */
    double x;             /* its value */
    double analytic, numeric;
    double abs_error;     /* |analytic - numeric| */
    double rel_error;     /* abs_error / max(|analytic|, |numeric|), 0 where both are 0 */
    double tolerance;     /* what was accepted, numeric_error included */
    double step;          /* the smallest that went into the numeric value */
    double numeric_error; /* a bound on the numeric value's own error */
    char message[160];    /* what is wrong, "" for a pass */
    int64_t subgradients, kinks; /* coordinates */
    double left, right;   /* the derivatives below and above x: numeric, but at a kink */
    double largest;       /* of the analytic values */
    double rounding;      /* the largest |float32 - float64| of the analytic values, 0 without
                             float32 */
    int64_t rounding_at;  /* its flat index */
    int64_t directions;   /* in which all of it was moved at once */
} wg_gradcheck_leaf;

/* A gate whose own derivative is wrong. */
typedef struct wg_gradcheck_node {
    size_t size;
    uint32_t index;      /* of its value on the tape */
    char gate[40];       /* the gate's name */
    char name[64];       /* the value's name, "" where it has none; cut */
    char site[160];      /* "file:line" where it was recorded, "" where that is not known */
    char operand[40];    /* with respect to which the derivative is wrong */
    wg_verdict verdict;
    int64_t element;     /* of that operand, flat and row-major: the worst */
    double analytic, numeric, numeric_error; /* of sum y r, r a fixed cotangent without pattern */
    char message[160];
} wg_gradcheck_node;

/* The whole check.  Set to zeros (and size) before the first use, cleared after each: the arrays
 * belong to it.  Where the check could not run, verdict is inconclusive. */
typedef struct wg_gradcheck_report {
    size_t size;             /* sizeof(wg_gradcheck_report); 0: the first version */
    wg_verdict verdict;      /* the worst of the leaves' */
    size_t n;                /* leaves, in the order of recording */
    wg_gradcheck_leaf **leaf;
    double value;            /* the root, in float64 */
    char rule[480];          /* the acceptance rule with its numbers */
    wg_error error;          /* why the check could not run */
    int float32;             /* some value below root is float32: rounding is told apart */
    int64_t evaluations;     /* of root */
    double taylor;           /* the slope of log |f(x + hv) - f(x) - h <g, v>| over log h, v
                                drawn by seed: 2 where g is the gradient, 1 where it is not; NaN
                                where the remainder is rounding alone (f is linear) or a kink is
                                near */
    double dot;              /* |<g, v> - f'(x; v)| by reverse and forward mode over the sum of the
                                |g_i v_i|; NaN where forward mode has no rule */
    double asymmetry;        /* of wg_gradcheck_second: |<u, H v> - <v, H u>| over the larger */
    wg_gradcheck_node blame; /* where a leaf fails: the first gate, in the order of recording, that
                                fails by itself; index 0: none does */
    int64_t corners;         /* coordinates that lie on kinks, of all leaves */
    int64_t corner_directions; /* lines along which several of them were moved at once */
} wg_gradcheck_report;

/* Checks the gradient of root, a float value of one element, with respect to every leaf below it
 * whose gradient is wanted, parameters included.  NULL options are the defaults; the report may be
 * NULL.
 *
 * Analytic: the computation is recorded again on a tape of its own, from the same leaves, with the
 * same random draws, and differentiated there twice: by wg_backward, which is what training uses,
 * and by wg_gradients, whose recorded rules serve higher orders (left out where a gate has no rule
 * of that kind).  Both must agree with the quotient.  Values, gradients and parameters of the
 * caller's tape are left as they are, bit for bit.
 *
 * A float32 computation is differentiated once more in float64, float32 values lifted: that is
 * compared with the differences, and float32 with float64, so that an error of the calculus and
 * one of rounding are told apart.
 *
 * Numeric: the computation replayed in float64, central differences of two steps, 2^-12 and 2^-14
 * of max(|x|, 1), extrapolated (L. F. Richardson, 1911).  Where that does not do, a ladder of
 * steps from 2^-3 down to 2^-35, extrapolated by Neville's scheme (C. J. F. Ridders, 1982), within
 * the piece of the root around x: where a gate with choices (relu, max, ...) chooses otherwise, or
 * the root is not finite, one-sided differences.  The estimate of least bound stands; the bound is
 * twice what the extrapolation changed, and the root's noise, measured (J. J. More, S. M. Wild,
 * 2011), over the step.  At a kink there is a derivative on either side.
 *
 * A coordinate is accepted where
 *
 *     |analytic - numeric| <= atol + rtol max(|analytic|, |numeric|) + bound,
 *     rtol 1e-7, atol 1e-9 G
 *
 * and the bound is at most 4e-7 G (4 rtol G) + 1e-12 |f| / max(|x|, 1), |f| the largest value
 * seen, or the rest of the right side; G is the largest analytic gradient in the leaf.  With a
 * larger bound it is inconclusive.  At a kink the analytic value must lie so far between the two
 * derivatives.  float32 is accepted where it is within 1e-4 G + 1e-3 of float64: an element of a
 * float32 gradient is a sum whose rounding errors are of the order of its largest terms.  A NaN or
 * an infinity, on either side, is never accepted.
 *
 * All coordinates that lie on kinks, of all leaves, are then moved together along many lines: of
 * max(x, y) at x = y each derivative may be anything in [0, 1], but along (1, 1) it is 1.  Along
 * every line the analytic value must lie between the derivatives of the pieces that meet at x
 * (F. H. Clarke's generalized gradient, 1983); it may then also lie outside of a coordinate's own
 * two.
 *
 * Of a leaf too large for the time allowed, coordinates are drawn by seed, and it is moved as a
 * whole in random directions; where one of those disagrees, halves of the leaf are moved until the
 * coordinate is found.
 *
 * Returns WG_OK where every coordinate passes or has a subgradient; WG_ERR_CHECK where one does
 * not (report->verdict says how); else why it could not run, with the text in report->error and on
 * the tape: SHAPE, DTYPE, STALE, TAPE; VALUE where a gate gives other values for the same
 * operands, which names it; STATE where a leaf was changed and not replayed or where no leaf below
 * root wants a gradient; RANGE for negative or NaN options; MEMORY. */
WG_API wg_status wg_gradcheck(wg_var root, const wg_gradcheck_options *options,
                               wg_gradcheck_report *report);
/* The same for the gradient itself: <df/dx, w>, w fixed numbers without pattern, is checked in
 * place of f, and with it every gate's second derivative; the report says how symmetric the
 * Hessian is. Where the gradient is constant the report has no leaves and passes. */
WG_API wg_status wg_gradcheck_second(wg_var root, const wg_gradcheck_options *options,
                                     wg_gradcheck_report *report);

/* A function that records a root of one element on tape, from leaves xs there, and returns it. */
typedef wg_var wg_gradcheck_function(wg_tape *tape, size_t n, const wg_var *xs, void *user);
/* Checks a function whose graph may depend on values: it is called anew at every point, on tapes
 * of the check's own, with leaves like the n given values (their numbers, shapes, dtypes and
 * names). Another graph counts as another branch.  Leaves that the function makes itself are
 * constants. */
WG_API wg_status wg_gradcheck_fn(wg_gradcheck_function *function, void *user, size_t n,
                                 const wg_var *xs, const wg_gradcheck_options *options,
                                 wg_gradcheck_report *report);

/* out[j] = (f(x + h e_j) - f(x)) / h, or (f(x + h e_j) - f(x - h e_j)) / 2h where central, for
 * every element of a leaf of floats, f being root replayed in float64.  h = 0: 1e-5.  A teaching
 * tool: wg_gradcheck chooses its steps. */
WG_API wg_status wg_numerical_gradient(wg_var root, wg_var leaf, double h, int central,
                                       double *out);

/* Checks each gate below root by itself, at the operands it was recorded with, and gives the first
 * max (at least 1) that fail, in the order of recording: *n of them, in out.  WG_OK where none
 * does, WG_ERR_CHECK where one does, else as wg_gradcheck.  At most 256 coordinates of an operand
 * are checked unless the options say otherwise. */
WG_API wg_status wg_gradcheck_nodes(wg_var root, const wg_gradcheck_options *options, size_t max,
                                    wg_gradcheck_node *out, size_t *n);
/* Frees what the report holds and empties it; a second call is harmless. */
WG_API void wg_gradcheck_report_clear(wg_gradcheck_report *report);

#ifdef __cplusplus
}
#endif
#endif
