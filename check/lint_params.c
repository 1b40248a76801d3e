/* lint_params.c: parameters that no gradient comes to, or a gradient of zeros; and what a
 * regulariser is beside the loss of the data. */
#include "check/lint_parts.h"

#include <math.h>

/* ---- where gradients come ------------------------------------------------------------------- */

enum { NOT_READ, READ, REACHED };

/* Whether p is a leaf below the root, and a gradient comes to it. */
static int state_of(const wgi_linting *l, const wg_param *p) {
    int state = NOT_READ;
    for (uint32_t i = 1; i <= l->root && state < REACHED; ++i) {
        const wgi_node *n = wgi_node_at(l->t, i);
        if (!l->below[i] || !(n->flags & WGI_DENSE) || n->u.dense->param != p) continue;
        state = l->reached[i] && n->flags & WGI_WANTS ? REACHED : READ;
    }
    return state;
}

/* The i-th parameter if it is trained and has numbers, else NULL. */
static wg_param *trained(const wgi_linting *l, size_t i) {
    wg_param *p = wg_params_at(l->params, i);
    int fits = wg_param_trainable(p) && !wg_param_frozen(p) && wg_shape_size(wg_param_shape(p)) > 0;
    return fits ? p : NULL;
}

void wgi_lint_unreached(wgi_linting *l) {
    for (size_t i = 0; i < wg_params_count(l->params); ++i) {
        const wg_param *p = trained(l, i);
        int state = p ? state_of(l, p) : REACHED;
        if (state == NOT_READ)
            wgi_lint_add(l, WG_LINT_UNREACHED, wg_param_name(p), NULL,
                         "the loss does not read it, so it is never trained; use it (wg_use) in "
                         "what the loss is made of, or freeze it (wg_params_freeze)");
        if (state == READ)
            wgi_lint_add(l, WG_LINT_UNREACHED, wg_param_name(p), NULL,
                         "the loss reads it, but no gradient comes to it: a gate without a "
                         "gradient (argmax, a comparison, wg_detach) or a no-gradient section "
                         "stands between; take it away, or freeze the parameter");
    }
}

static int all_zero(wg_param *p) {
    int64_t n = wg_shape_size(wg_param_shape(p));
    const void *g = wgi_param_grad_data(p);
    const float *f = g;
    const double *d = g;
    for (int64_t i = 0; i < n; ++i)
        if (wg_param_dtype(p) == WG_F32 ? !(f[i] == 0) : !(d[i] == 0)) return 0;
    return 1;
}

void wgi_lint_zero_gradient(wgi_linting *l) {
    if (l->t->swept <= l->root || !(wgi_node_at(l->t, l->root)->flags & WGI_REACHED)) return;
    if (wgi_params_habits_of(l->params).cleared) return;
    for (size_t i = 0; i < wg_params_count(l->params); ++i) {
        wg_param *p = trained(l, i);
        if (!p || state_of(l, p) != REACHED || !all_zero(p)) continue;
        wgi_lint_add(l, WG_LINT_ZERO_GRADIENT, wg_param_name(p), NULL,
                     "its gradient is 0 in every element, so a step cannot change it; units above "
                     "it are dead or saturated, or weights above it are all 0: draw them at "
                     "random, and smaller if the units saturate");
    }
}

/* ---- the regulariser ------------------------------------------------------------------------ */

/* What a term of the loss is made of. */
enum { OF_PARAMETERS = 1, OF_DATA = 2 };

static int made_of(wgi_linting *l, uint32_t term) {
    int of = 0;
    unsigned char *marked = wgi_lint_mark(l->t, term, 0);
    if (!marked) l->status = WG_ERR_MEMORY;
    for (uint32_t i = 1; marked && i <= term; ++i) {
        const wgi_node *n = wgi_node_at(l->t, i);
        if (!marked[i] || !(n->flags & (WGI_LEAF | WGI_CUT))) continue;
        if (n->flags & WGI_DENSE && n->u.dense->param) of |= OF_PARAMETERS;
        else if (!(n->flags & WGI_SCALAR)) of |= OF_DATA; /* numbers are factors */
    }
    wgi_free(marked);
    return of;
}

/* Adds the values of the terms that the loss is a sum of, by what they are made of. */
static void sum_terms(wgi_linting *l, double *data, double *regulariser) {
    enum { MOST = 64 };
    uint32_t stack[MOST], n = 0;
    stack[n++] = l->root;
    while (n > 0) {
        uint32_t i = stack[--n];
        const uint32_t *x;
        if (wgi_lint_is(l->t, i, "add") && n + 2 <= MOST) {
            (void)wgi_operands(wgi_node_at(l->t, i), &x);
            stack[n++] = x[0];
            stack[n++] = x[1];
            continue;
        }
        int of = made_of(l, i);
        if (of & OF_DATA) *data += wg_item(wgi_var(l->t, i));
        else if (of & OF_PARAMETERS) *regulariser += wg_item(wgi_var(l->t, i));
    }
}

static double decay_term(const wgi_linting *l) {
    double sum = 0;
    if (!(l->o.decay > 0)) return 0;
    for (size_t i = 0; i < wg_params_count(l->params); ++i) {
        wg_param *p = trained(l, i);
        if (!p || wg_param_shape(p).rank < 2) continue;
        const void *data = wg_param_data(p);
        for (int64_t k = 0; data && k < wg_shape_size(wg_param_shape(p)); ++k) {
            double w = wg_param_dtype(p) == WG_F32 ? (double)((const float *)data)[k]
                                                   : ((const double *)data)[k];
            sum += w * w;
        }
    }
    return l->o.decay / 2 * sum;
}

void wgi_lint_regulariser(wgi_linting *l) {
    double data = 0, regulariser = 0;
    if (wgi_params_habits_of(l->params).steps > 0) return; /* later the data loss may be small */
    sum_terms(l, &data, &regulariser);
    regulariser += decay_term(l);
    if (l->status != WG_OK || data == 0 || !(regulariser > fabs(data))) return;
    wgi_lint_add(l, WG_LINT_REGULARISER, "loss", wgi_node_at(l->t, l->root)->site,
                 "before the first step the regulariser is %.4g and the loss of the data %.4g: "
                 "training would mostly shrink the weights; lower the decay to a hundredth of "
                 "that or so, or start from smaller weights", regulariser, data);
}
