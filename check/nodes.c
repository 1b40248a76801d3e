/* nodes.c: which gate is wrong: each recorded gate by itself, at the operands it was recorded
 * with.
 *
 * A gate y = f(x_1, ..., x_n) with a random cotangent r becomes the root sum y r over leaves that
 * hold its operands, and that is given to the gradient check.  Where the gradient of a whole
 * computation is wrong, some gate's is, and the first wrong one is named with its source line.  An
 * operand used twice is two leaves here, so that errors cannot cancel. */
#include "autograd/tape.h"
#include "check/gradcheck.h"
#include "ops/ops.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FEW = 256 }; /* coordinates of an operand, unless the caller says otherwise */

typedef struct probing {
    wg_tape *from, *to;
    wg_gradcheck_options options;
    wg_error *error;
} probing;

static wg_status no_memory(wg_error *e) {
    return wgi_error_to(e, WG_ERR_MEMORY, "gradcheck: no memory");
}

/* ---- one gate on a tape of its own ---------------------------------------------------------- */

static wg_var copy_operand(const probing *p, const wg_gate *g, size_t k, uint32_t index) {
    wg_var x = wgi_var(p->from, index), y;
    wg_dtype dtype = wg_dtype_of(x);
    if (wgi_node_at(p->from, index)->flags & WGI_NUMBER) return wg_number(p->to, wg_item(x));
    size_t bytes = (size_t)wg_shape_size(wg_shape_of(x)) * wg_dtype_size(dtype);
    char *data = wgi_alloc(bytes + 1);
    if (!data) return WG_NONE;
    int wanted = dtype <= WG_F64 && wgi_operand_is_value(g, k);
    int ok = wg_read(x, data, bytes) == WG_OK;
    y = !ok      ? WG_NONE
        : wanted ? wg_input(p->to, dtype, wg_shape_of(x), data)
                 : wg_const(p->to, dtype, wg_shape_of(x), data);
    wgi_free(data);
    const char *name = g->operands[g->arity < 0 ? 0 : k < 6 ? k : 5];
    return y.index && name ? wg_name(y, name) : y;
}

/* Cotangents without a pattern, none near 0: the golden ratio's multiples. */
static wg_var cotangent(const probing *p, wg_var y) {
    wg_shape shape = wg_shape_of(y);
    int64_t n = wg_shape_size(shape);
    double *r = wgi_alloc((size_t)n * sizeof *r + 1);
    if (!r) return WG_NONE;
    for (int64_t i = 0; i < n; ++i) {
        double u = fmod((double)(i + 1) * 0.6180339887498949 + 0.31, 1);
        r[i] = i % 3 == 1 ? -0.25 - u : 0.25 + u;
    }
    wg_var c = wg_const(p->to, WG_F64, shape, r);
    wgi_free(r);
    return wg_dtype_of(y) == WG_F32 ? wg_cast(c, WG_F32) : c;
}

/* sum f(x) r over leaves of its own; WG_NONE without memory, poison where the gate refuses. */
static wg_var record_alone(const probing *p, const wgi_node *node) {
    const uint32_t *x;
    uint32_t n = wgi_operands(node, &x);
    wg_var *operands = wgi_alloc((n + 1) * sizeof *operands), y = WG_NONE;
    if (!operands) return y;
    int ok = 1;
    for (uint32_t k = 0; k < n; ++k) {
        operands[k] = x[k] ? copy_operand(p, node->gate, k, x[k]) : WG_NONE;
        ok = ok && (!x[k] || operands[k].tape);
    }
    if (ok) y = wg_record(node->gate, n, operands, wgi_attrs(node));
    wgi_free(operands);
    if (!y.index) return y;
    wg_var r = cotangent(p, y);
    return r.tape ? wg_sum_to(wg_mul(y, r), WG_RANK0) : r;
}

/* ---- what is said of it --------------------------------------------------------------------- */

static void copy_text(char *to, size_t bytes, const char *from) {
    snprintf(to, bytes, "%s", from ? from : "");
}

static void fill(const probing *p, uint32_t index, const wg_gradcheck_leaf *l,
                 wg_gradcheck_node *out) {
    const wgi_node *node = wgi_node_at(p->from, index);
    memset(out, 0, sizeof *out);
    out->size = sizeof *out;
    out->index = index;
    copy_text(out->gate, sizeof out->gate, node->gate->name);
    copy_text(out->name, sizeof out->name, wg_name_of(wgi_var(p->from, index)));
    copy_text(out->site, sizeof out->site, node->site);
    copy_text(out->operand, sizeof out->operand, l->name);
    copy_text(out->message, sizeof out->message, l->message);
    out->verdict = l->verdict;
    out->element = l->worst;
    out->analytic = l->analytic;
    out->numeric = l->numeric;
    out->numeric_error = l->numeric_error;
}

/* Checks node `index` alone; *wrong is set, and out, where it fails. */
static wg_status check_node(const probing *p, uint32_t index, int *wrong, wg_gradcheck_node *out) {
    wg_gradcheck_report r = {.size = sizeof r};
    wg_tape_clear(p->to);
    wg_var root = record_alone(p, wgi_node_at(p->from, index));
    *wrong = 0;
    if (!root.tape) return no_memory(p->error);
    if (root.index && !isfinite(wg_item(root))) return WG_OK; /* a bad value, not a wrong gate */
    if (root.index == 0)
        return wgi_error_to(p->error, wg_tape_status(p->to), "%s", wg_tape_message(p->to));
    wg_status s = wgi_gradcheck_alone(root, &p->options, &r);
    for (size_t i = 0; i < r.n && !*wrong; ++i) {
        *wrong = r.leaf[i]->verdict == WG_VERDICT_FAIL;
        if (*wrong) fill(p, index, r.leaf[i], out);
    }
    if (s != WG_OK && s != WG_ERR_CHECK && s != WG_ERR_STATE) /* STATE: no leaf wants a gradient */
        wgi_error_to(p->error, s, "%s", r.error.text);
    else s = WG_OK;
    wg_gradcheck_report_clear(&r);
    return s;
}

/* ---- all of them ---------------------------------------------------------------------------- */

static int checked(const wgi_node *n) {
    const uint32_t *x;
    return !(n->flags & (WGI_LEAF | WGI_CUT)) && n->flags & WGI_WANTS && wgi_operands(n, &x);
}

wg_status wgi_check_nodes(wg_var root, const wg_gradcheck_options *o, size_t max,
                          wg_gradcheck_node *out, size_t *n, wg_error *e) {
    wg_tape *t = root.tape;
    probing p = {t, wg_tape_new(), *o, e};
    wgi_arena_mark mark = wgi_arena_position(&t->scratch);
    const unsigned char *below = wgi_ancestors(t, root.index);
    wg_status s = p.to && below ? WG_OK : no_memory(e);
    if (!p.options.coordinates) p.options.coordinates = FEW;
    p.options.progress = NULL;
    *n = 0;
    for (uint32_t i = 1; i <= root.index && s == WG_OK && *n < max; ++i) {
        int wrong = 0;
        if (!below[i] || !checked(wgi_node_at(t, i))) continue;
        s = check_node(&p, i, &wrong, &out[*n]);
        *n += (size_t)wrong;
    }
    wgi_arena_release(&t->scratch, mark);
    wg_tape_free(p.to);
    return s;
}

wg_status wg_gradcheck_nodes(wg_var root, const wg_gradcheck_options *options, size_t max,
                             wg_gradcheck_node *out, size_t *n) {
    wg_gradcheck_options o = {.size = sizeof o};
    wg_error e = {WG_OK, ""};
    *n = 0;
    if (options) {
        size_t size = options->size ? options->size : sizeof o;
        memcpy(&o, options, size < sizeof o ? size : sizeof o);
    }
    if (!wgi_usable(root, "gradcheck")) return wgi_why_not(root);
    wg_status s = wgi_check_unchanged(root.tape, "gradcheck", root.index);
    if (s == WG_OK) s = wgi_check_nodes(root, &o, max, out, n, &e);
    if (s != WG_OK) return e.status ? wgi_error(root.tape, s, "%s", e.text) : s;
    return *n ? WG_ERR_CHECK : WG_OK;
}
