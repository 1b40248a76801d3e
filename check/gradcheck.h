/* gradcheck.h: the two sides of the gradient check, between the files of check/. */
#ifndef WGI_GRADCHECK_H
#define WGI_GRADCHECK_H

#include "autograd/program.h"
#include "backend/memory.h"
#include "check/check.h"

typedef struct wgi_recorder wgi_recorder; /* of function.c */

/* ---- analytic.c ----------------------------------------------------------------------------- */

/* The analytic gradients that are compared, as numbers of one leaf.  The last two are those of the
 * computation in float64 where it was recorded in float32; else they are the first two. */
typedef enum { WGI_SWEPT, WGI_RECORDED, WGI_SWEPT64, WGI_RECORDED64, WGI_WAYS } wgi_way;

/* The analytic gradient at one leaf. */
typedef struct wgi_leaf_grad {
    uint32_t index; /* on the caller's tape */
    int64_t n;
    double *by[WGI_WAYS]; /* NULL, recorded: some gate has no rule for recorded gradients */
    double largest;       /* of |by[WGI_SWEPT64]|, finite ones */
} wgi_leaf_grad;

typedef struct wgi_analytic {
    size_t n;
    wgi_leaf_grad *leaf;
    int float32; /* some float32 value is below the root */
    double dot;  /* forward against reverse mode, see wg_gradcheck_report */
} wgi_analytic;

/* Differentiates root on a tape of its own; the arrays lie in `room`. */
wg_status wgi_analytic_gradient(wg_var root, wgi_arena *room, wgi_analytic *out, wg_error *error);

/* The leaves below root that want a gradient, in the order of recording; STATE if there are none.
 * */
wg_status wgi_list_leaves(wg_var root, wgi_arena *room, wgi_analytic *out, wg_error *error);
/* Records root and all below it on another tape, float32 as float64, with those leaves, float64,
 * in place of root's own; *copy is the root there. */
wg_status wgi_copy_computation(wg_var root, const wg_var *leaves, wg_tape *to, wgi_arena *room,
                               wg_var *copy, wg_error *error);

/* ---- derivative.c --------------------------------------------------------------------------- */

/* A function of one number t, made of f by moving its operands along a line from the point. */
typedef struct wgi_line {
    /* Computes f at *t, rounds *t to the distance that was really moved, and hashes the choices
     * that the gates made on the way. */
    wg_status (*f)(struct wgi_line *line, double *t, double *value, uint64_t *piece);
    double at;      /* where on the line the point lies, for the scale of steps: |x| */
    double scale;   /* of steps: max(|x|, 1) times the caller's factor */
    double value;   /* f(0) */
    uint64_t piece; /* of f(0) */
    double noise;   /* of f: a standard deviation, or more */
    int64_t evaluations;
    double size;    /* the largest |f| seen since it was set to 0 */
} wgi_line;

typedef enum {
    WGI_SMOOTH,     /* one piece on both sides */
    WGI_ONE_SIDED,  /* the point's own piece lies on one side only; beyond, another or none */
    WGI_KINK,       /* the point belongs to neither of the pieces beside it: left and right */
    WGI_UNSETTLED,  /* no two quotients of one piece */
    WGI_NOT_FINITE  /* f is not finite beside the point */
} wgi_kind;

typedef struct wgi_derivative {
    wgi_kind kind;
    double value, bound; /* |value - f'(0)| is at most bound, as far as differences can tell */
    double step;         /* of the smallest quotient that went into it */
    double size;         /* the largest |f| that was seen */
    double left, right, left_bound, right_bound; /* of WGI_KINK */
    uint64_t right_piece; /* on which the smallest step above the point ended */
} wgi_derivative;

/* From two steps, which do for most coordinates; WGI_UNSETTLED where they leave the piece. */
wg_status wgi_differentiate_quickly(wgi_line *line, wgi_derivative *d);
/* From a ladder of steps, by whichever scheme has the least bound. */
wg_status wgi_differentiate(wgi_line *line, wgi_derivative *d);
/* Raises line->noise to what f shows at points `distance` apart. */
wg_status wgi_measure_noise(wgi_line *line, double distance);

/* ---- rule.c --------------------------------------------------------------------------------- */

/* What is accepted: err <= atol + rtol max(|a|, |n|) + bound, the bound itself being small. */
typedef struct wgi_rule {
    double rtol, atol, of_gradient; /* atol 0: of_gradient times the leaf's largest */
    double narrow;                  /* a bound is small up to this part of the largest gradient */
    double rtol32, of_gradient32;   /* of float32 against float64 */
    double of_root;                 /* what of |f| / max(|x|, 1) is as good as nothing ... */
    double of_root32;               /* ... and in float32 */
    int float32;
} wgi_rule;

wgi_rule wgi_rule_of(const wg_gradcheck_options *o, int float32);
void wgi_rule_text(const wgi_rule *r, char *text, size_t bytes);

/* What was found at one coordinate: of the analytic values the worst. */
typedef struct wgi_finding {
    wg_verdict verdict;
    wgi_way way;
    int64_t at;
    double x, analytic, error, tolerance;
    double rounding;    /* |float32 - float64|, 0 without float32 */
    int rounding_wrong; /* it is larger than what float32 explains */
    wgi_derivative d;
    int64_t together;   /* coordinates on kinks that were moved at once; 0: it alone */
    const char *with;   /* a leaf that another of them is of, and its place there */
    int64_t with_at;
} wgi_finding;

/* Failing outweighs a kink, that being undecided, that a subgradient, and all a pass. */
wg_verdict wgi_worse_verdict(wg_verdict a, wg_verdict b);
wgi_finding wgi_judge(const wgi_rule *r, const wgi_leaf_grad *l, int64_t j, double x,
                      const wgi_derivative *d);
/* The worse of two findings, of like ones the first coordinate's. */
const wgi_finding *wgi_worse_finding(const wgi_finding *a, const wgi_finding *b);
/* What is wrong, in words; "" for a pass. */
void wgi_finding_text(const wgi_finding *f, double root, char *text, size_t bytes);

/* ---- leaf.c --------------------------------------------------------------------------------- */

enum { WGI_VERDICTS = 5, WGI_CORNERS = 4096 };

/* A coordinate that lies on a kink. */
typedef struct wgi_corner {
    size_t leaf; /* its leaf's place in the analytic gradient */
    wgi_finding f;
} wgi_corner;

/* What was found at some of a leaf's coordinates. */
typedef struct wgi_share {
    wg_status status;
    int64_t checked, found[WGI_VERDICTS];
    wgi_finding worst;
    double rounding;
    int64_t rounding_at;
    wgi_corner *corner; /* owned; not among the checked before they are judged together */
    size_t corners, room;
} wgi_share;

/* How a check is run. */
typedef struct wgi_manner {
    int search;             /* where a leaf fails, look for the gate */
    wgi_recorder *recorder; /* f is recorded anew at every point; NULL: replayed */
    size_t n;               /* with a recorder the leaves are values 1 to n */
} wgi_manner;

typedef struct wgi_checking {
    const wgi_manner *how;
    double budget, until;    /* in seconds, and its end on the clock of wgi_seconds */
    int64_t left;            /* coordinates of leaves not yet checked */
    size_t leaves_left;
    wg_tape *tape;
    wg_var root;
    wg_gradcheck_options options;
    wgi_rule rule;
    double value; /* of the root */
    struct wgi_worker *workers;
    int n_workers;
    wg_error *error;
} wgi_checking;

double wgi_seconds(void);
/* Checks leaf i of the analytic gradient; r is its report, found (zeros before) what is found. */
wg_status wgi_check_leaf(wgi_checking *c, const wgi_leaf_grad *l, size_t i, wg_gradcheck_leaf *r,
                         wgi_share *found);
void wgi_share_add(wgi_share *s, const wgi_finding *f);

/* ---- gradcheck.c ---------------------------------------------------------------------------- */

/* The check of root, which r recorded, by a worker that records it anew; the leaves are the first
 * n values of the tape. */
wg_status wgi_gradcheck_recorded(wg_var root, wgi_recorder *r, size_t n,
                                 const wg_gradcheck_options *options, wg_gradcheck_report *report);
/* The check without the search for the wrong gate. */
wg_status wgi_gradcheck_alone(wg_var root, const wg_gradcheck_options *options,
                              wg_gradcheck_report *report);

/* ---- nodes.c -------------------------------------------------------------------------------- */

/* wg_gradcheck_nodes with the reason of a failure in e. */
wg_status wgi_check_nodes(wg_var root, const wg_gradcheck_options *o, size_t max,
                          wg_gradcheck_node *out, size_t *n, wg_error *e);

/* ---- worker.c, replayed.c ------------------------------------------------------------------- */

/* Where a worker has f from: a program, or a function that records it anew. */
typedef struct wgi_worker wgi_worker;
typedef struct wgi_source {
    /* Turns to a leaf, float64 numbers that w->x shows from now on, and computes f there; NULL:
     * to all of them, moved by w->numbers. */
    wg_status (*turn)(wgi_worker *w, const wgi_leaf_grad *l, double *f, uint64_t *piece);
    /* f at the numbers in w->x as they are. */
    wg_status (*run)(wgi_worker *w, double *f, uint64_t *piece);
    /* f with the one number w->x[j] at x; it is put back. */
    wg_status (*move)(wgi_worker *w, int64_t j, double x, double *f, uint64_t *piece);
    /* The numbers of a leaf, to be moved between turn(NULL) and run. */
    double *(*numbers)(wgi_worker *w, const wgi_leaf_grad *l);
    void (*stop)(wgi_worker *w);
} wgi_source;

/* Checks coordinates. */
struct wgi_worker {
    wgi_line line; /* first: the line's function finds the worker through it */
    const wgi_source *source;
    void *own;          /* the source's */
    const double *root; /* of a program */
    double *x;          /* the leaf at hand */
    int64_t n, j;
    double factor;      /* on the steps */
    const double *direction; /* n numbers, and what it moves from: see wgi_worker_along */
    double *origin;
    int64_t from, to;
    struct wgi_corners *corners; /* moved together: see corners.c */
    wg_error error;
};

/* A worker that replays root; factor is on all steps. */
wg_status wgi_replay_start(wgi_worker *w, wg_var root, double factor, wg_error *error);
/* A worker that records f anew at every point. */
wg_status wgi_record_start(wgi_worker *w, wgi_recorder *r, double factor, wg_error *error);
void wgi_worker_stop(wgi_worker *w);
/* Turns to a leaf and measures the noise of f there. */
wg_status wgi_worker_turn(wgi_worker *w, const wgi_leaf_grad *l);
/* Checks one coordinate. */
wg_status wgi_worker_check(wgi_worker *w, const wgi_rule *r, const wgi_leaf_grad *l, int64_t j,
                           wgi_finding *f);
/* The derivative along d, n numbers, of which only those from `from` to `to` move. */
wg_status wgi_worker_along(wgi_worker *w, const double *d, int64_t from, int64_t to,
                           wgi_derivative *out);

/* ---- directions.c --------------------------------------------------------------------------- */

/* Numbers without pattern in [-1, 1], none near 0, from seed and place. */
double wgi_direction_at(uint64_t seed, int64_t i);
/* Moves the leaf at hand in a random direction; where the gradient disagrees, *found is set and f
 * becomes the finding at a coordinate that does. */
wg_status wgi_check_direction(wgi_worker *w, const wgi_rule *r, const wgi_leaf_grad *l,
                              uint64_t seed, wgi_finding *f, int *found);
/* The slope of the Taylor remainder over all leaves of a. */
wg_status wgi_taylor_slope(wg_var root, const wgi_analytic *a, uint64_t seed, double *slope,
                           wg_error *error);

/* ---- corners.c ------------------------------------------------------------------------------ */

/* Judges n coordinates on kinks together: their findings become subgradients, fails or undecided.
 * names are those of a's leaves; *directions becomes the number of lines that were looked at. */
wg_status wgi_judge_corners(wgi_worker *w, const wgi_rule *r, const wgi_analytic *a, size_t n,
                            wgi_corner *corner, wg_gradcheck_leaf *const *leaf, double until,
                            int64_t *directions);

/* ---- report.c ------------------------------------------------------------------------------- */

wg_gradcheck_leaf *wgi_report_leaf(wg_tape *t, const wgi_leaf_grad *l);
/* Gives the caller the report as far as his version of it goes, or frees it; returns s. */
wg_status wgi_report_give(wg_gradcheck_report *r, wg_status s, wg_gradcheck_report *report);
void wgi_report_found(wg_gradcheck_leaf *r, const wgi_share *all, double largest, double root);

#endif
