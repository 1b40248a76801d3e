/* debug.c: looks for the first gate that makes a NaN or an infinity.
 *
 * Values are looked at late, when the next call on the tape comes: their source lines are stamped
 * only after recording, and the inline scalar path stays as it is.  Operands have smaller indices
 * than what uses them, so the first bad value by index is the first that was made.  It was made
 * there if no operand has one; otherwise it came in by a leaf, since all below was looked at.
 *
 * In a sweep the cotangents of arrays are looked at as they are handed on, for they may be gone
 * afterwards; those of scalars stay in their nodes, and are looked at chunk by chunk.  Scalar j
 * hands c_j dy_j/dx_i to its operand i: the bad cotangent of largest index has a maker above it
 * whose own is fine.
 *
 * A number is not finite where all bits of its exponent are set; adding 1 to the exponent then
 * carries into the sign.  That loop has no branch and becomes vectors on any processor. */
#include "autograd/debug.h"
#include "backend/parallel.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

/* ---- settings ------------------------------------------------------------------------------- */

int wgi_debug_words(const char *text, unsigned *what) {
    int known = 1;
    for (const char *p = text; p && *p;) {
        size_t n = strcspn(p, ",");
        if (n == 3 && memcmp(p, "nan", 3) == 0) *what |= WG_DEBUG_NAN;
        else if (n == 3 && memcmp(p, "inf", 3) == 0) *what |= WG_DEBUG_INF;
        else known = 0;
        p += n + (p[n] == ',');
    }
    return known;
}

void wg_tape_debug(wg_tape *t, unsigned what) {
    if (!t) return;
    if (what & ~(unsigned)(WG_DEBUG_NAN | WG_DEBUG_INF)) {
        wgi_error(t, WG_ERR_RANGE, "debug: %u; it takes WG_DEBUG_NAN and WG_DEBUG_INF", what);
        return;
    }
    t->debug.what = t->debug.looking = what;
    t->debug.seen = 1;
    t->debug.text[0] = '\0';
}

void wg_tape_on_debug(wg_tape *t, wg_debug_hook *hook, void *user) {
    if (!t) return;
    t->debug.hook = hook;
    t->debug.user = user;
}

const char *wg_tape_debug_message(wg_tape *t) {
    if (!t) return "";
    wgi_debug_look(t);
    return t->debug.text;
}

void wgi_debug_forget(wg_tape *t, uint32_t count) {
    wgi_debug *d = &t->debug;
    if (d->seen > count) d->seen = count;
    if (d->last >= count) d->first = d->last = 0;
}

/* ---- numbers -------------------------------------------------------------------------------- */

typedef struct scan {
    wg_dtype dtype;
    const char *data;
    atomic_int bad;
} scan;

static int bad_f32(const char *x, int64_t n) {
    uint32_t any = 0;
    for (int64_t i = 0; i < n; ++i) {
        uint32_t u;
        memcpy(&u, x + i * 4, sizeof u);
        any |= (u & 0x7f800000u) + 0x00800000u;
    }
    return (int)(any >> 31);
}

static int bad_f64(const char *x, int64_t n) {
    uint64_t any = 0;
    for (int64_t i = 0; i < n; ++i) {
        uint64_t u;
        memcpy(&u, x + i * 8, sizeof u);
        any |= (u & 0x7ff0000000000000u) + 0x0010000000000000u;
    }
    return (int)(any >> 63);
}

static void scan_part(int64_t begin, int64_t end, void *arg) {
    scan *s = arg;
    const char *at = s->data + (size_t)begin * wg_dtype_size(s->dtype);
    int bad = s->dtype == WG_F32 ? bad_f32(at, end - begin) : bad_f64(at, end - begin);
    if (bad) atomic_store_explicit(&s->bad, 1, memory_order_relaxed);
}

/* The elements that the array has in memory if they lie there without a gap, in whatever order and
 * however often each is shown; -1 where there are gaps or it runs backwards. */
static int64_t stretch(const wg_value *v) {
    int64_t last = 0, count = 1;
    for (int k = 0; k < v->rank; ++k) {
        if (v->dim[k] == 0) return 0;
        if (v->dim[k] == 1 || v->stride[k] == 0) continue;
        if (v->stride[k] < 0) return -1;
        last += (v->dim[k] - 1) * v->stride[k];
        count *= v->dim[k];
    }
    return last + 1 == count ? count : -1;
}

/* 1 if the array is known to be finite, without looking at elements one by one. */
static int all_finite(const wg_value *v) {
    scan s = {v->dtype, v->data, 0};
    int64_t n = stretch(v);
    if (v->dtype > WG_F64) return 1;
    if (n < 0) return 0;
    wgi_parallel_for(n, WGI_GRAIN_ELEMENTS, scan_part, &s);
    return !atomic_load_explicit(&s.bad, memory_order_relaxed);
}

double wgi_debug_element(const wg_value *v, int64_t i) {
    int64_t offset = 0;
    for (int k = v->rank - 1; k >= 0; --k) {
        offset += i % v->dim[k] * v->stride[k];
        i /= v->dim[k];
    }
    return v->dtype == WG_F32 ? (double)((const float *)v->data)[offset]
                              : ((const double *)v->data)[offset];
}

double wgi_debug_operand(const wg_value *x, const wg_value *y, int64_t i) {
    int64_t place = 0, step = 1;
    for (int k = 0; k < y->rank; ++k) { /* from the last axis on */
        int64_t extent = y->dim[y->rank - 1 - k], at = i % extent;
        i /= extent;
        if (k >= x->rank) break;
        int64_t own = x->dim[x->rank - 1 - k];
        if (own > 1) place += at * step;
        step *= own;
    }
    return wgi_debug_element(x, place);
}

/* 1 if x is a NaN, or an infinity, as `kind` says. */
static int is(unsigned kind, double x) {
    return ((kind & WG_DEBUG_NAN) && isnan(x)) || ((kind & WG_DEBUG_INF) && isinf(x));
}

/* The place of the first number of that kind, -1 where there is none. */
static int64_t find(unsigned kind, const wg_value *v) {
    int64_t n = v->dtype <= WG_F64 ? wg_value_size(v) : 0;
    if (n == 0 || all_finite(v)) return -1;
    for (int64_t i = 0; i < n; ++i)
        if (is(kind, wgi_debug_element(v, i))) return i;
    return -1;
}

/* ---- values --------------------------------------------------------------------------------- */

/* 1 if the node's value, which a gate made, may have something. */
static int suspicious(const wgi_node *n) {
    if (n->flags & WGI_LEAF) return 0;
    if (n->flags & WGI_SCALAR) return !isfinite(n->value);
    return n->u.dense->bytes > 0 && !all_finite(&n->u.dense->value); /* 0: a view, or empty */
}

/* The leaf by which a number of that kind comes in, 0 if x is none or it is meant there. */
static uint32_t leaf_of(const wg_tape *t, uint32_t x, unsigned kind) {
    const wgi_node *n = wgi_node_at(t, x);
    if (n->flags & WGI_DENSE && !(n->flags & WGI_SCALAR)) {
        x = n->u.dense->owner ? n->u.dense->owner : x;
        n = wgi_node_at(t, x);
    }
    if (!(n->flags & WGI_LEAF)) return 0;
    int given = n->gate == &wgi_gate_const || n->gate == &wgi_gate_number;
    return given && kind == WG_DEBUG_INF ? 0 : x;
}

/* Tells of node i, which has such a number at `place`: who made it, if that was here. */
static int blame(wg_tape *t, uint32_t i, unsigned kind, int64_t place, double number) {
    const uint32_t *x;
    uint32_t n = wgi_operands(wgi_node_at(t, i), &x), passed = 0;
    for (uint32_t k = 0; k < n; ++k) {
        wg_value room;
        const wg_value *v = wgi_value_of(wgi_node_at(t, x[k]), &room);
        int64_t at = x[k] ? find(kind, v) : -1;
        if (at < 0) continue;
        passed = 1;
        uint32_t leaf = leaf_of(t, x[k], kind);
        if (!leaf) continue;
        at = find(kind, v = wgi_value_of(wgi_node_at(t, leaf), &room));
        wgi_debug_tell_leaf(t, leaf, i, at, wgi_debug_element(v, at));
        return 1;
    }
    if (!passed) wgi_debug_tell_made(t, i, place, number);
    return !passed;
}

/* NaN before infinity: 0 * inf makes the one of the other. */
static void examine(wg_tape *t, uint32_t i) {
    static const unsigned kinds[] = {WG_DEBUG_NAN, WG_DEBUG_INF};
    wg_value room;
    const wg_value *v = wgi_value_of(wgi_node_at(t, i), &room);
    for (int k = 0; k < 2; ++k) {
        int64_t at = kinds[k] & t->debug.looking ? find(kinds[k], v) : -1;
        if (at >= 0 && blame(t, i, kinds[k], at, wgi_debug_element(v, at))) return;
    }
}

void wgi_debug_look_at_new(wg_tape *t) {
    wgi_debug *d = &t->debug;
    uint32_t i = d->seen, count = t->head.count;
    if (t->sweeping || d->composing) return;
    d->seen = count;
    while (i < count && d->looking) {
        const wgi_node *n = wgi_node_at(t, i);
        uint32_t stop = (i | (WGI_CHUNK_NODES - 1)) + 1;
        if (stop > count || stop == 0) stop = count;
        for (; i < stop && d->looking; ++i, ++n)
            if (suspicious(n)) examine(t, i);
    }
}

/* ---- cotangents ----------------------------------------------------------------------------- */

static wg_value cotangent(const wgi_node *n) {
    if (!(n->flags & WGI_SCALAR)) return n->u.dense->grad;
    return wgi_value_make(WG_F64, WG_RANK0, (void *)(uintptr_t)&n->cotangent);
}

/* What node n adds to the cotangent of operand k, as the sweep reckons it. */
static double share(const wgi_node *n, int k) {
    return n->cotangent == 0 ? 0 : n->cotangent * n->u.partial[k];
}

/* Tells who made the cotangent of scalar node i: the gate above whose share is bad though its own
 * cotangent is not, else their sum.  What a leaf has from an earlier sweep nobody made. */
static void blame_scalar(wg_tape *t, uint32_t i, double c) {
    for (uint32_t j = t->swept - 1; j > i; --j) {
        const wgi_node *n = wgi_node_at(t, j);
        if (!(n->flags & WGI_REACHED) || !(n->flags & WGI_PARTIALS)) continue;
        if (is(t->debug.looking, n->cotangent)) continue;
        for (int k = 0; k < 2; ++k) {
            if (n->x[k] != i || !is(t->debug.looking, share(n, k))) continue;
            wgi_debug_tell_cotangent(t, j, i, 0, share(n, k));
            return;
        }
    }
    if (!(wgi_node_at(t, i)->flags & WGI_LEAF)) wgi_debug_tell_cotangent(t, 0, i, 0, c);
}

void wgi_debug_scalars(wg_tape *t, uint32_t first, uint32_t last) {
    uint32_t worst = 0;
    const wgi_node *n = NULL;
    for (uint32_t i = first; i <= last; ++i) {
        n = n && i & (WGI_CHUNK_NODES - 1) ? n + 1 : wgi_node_at(t, i);
        if (!isfinite(n->cotangent) && is(t->debug.looking, n->cotangent)) worst = i;
        if (i == UINT32_MAX) break;
    }
    if (worst) blame_scalar(t, worst, wgi_node_at(t, worst)->cotangent);
}

void wgi_debug_cotangent(wg_tape *t, uint32_t source, uint32_t target, const wg_value *v) {
    wg_value g = cotangent(wgi_node_at(t, source));
    if (all_finite(v)) return;
    int64_t at = find(t->debug.looking, v);
    if (at < 0) return;
    double number = wgi_debug_element(v, at);
    unsigned kind = isnan(number) ? WG_DEBUG_NAN : WG_DEBUG_INF;
    wgi_debug_scalars(t, source, t->swept - 1);
    if (!t->debug.looking) return;
    int64_t from = g.data ? find(kind, &g) : -1;
    if (from < 0) wgi_debug_tell_cotangent(t, source, target, at, number);
    else wgi_debug_tell_cotangent(t, 0, source, from, wgi_debug_element(&g, from));
}
