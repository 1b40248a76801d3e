/* einsum_read.c: specifications of einsum, as NumPy reads them; see einsum.h. */
#include "autograd/tape.h"
#include "ops/einsum.h"

#include <stdio.h>
#include <string.h>

typedef struct reader {
    const char *spec, *at;
    wg_error *error;
    wgi_einsum *e;
    int terms;
    int dots;                        /* axes that "..." stands for, the most of any operand */
    int has_dots;                    /* some operand has "..." */
    int uses[WGI_LABELS];            /* in operands */
    int source[WGI_LABELS];          /* the operand that settled the extent */
} reader;

/* One term as it is written. */
typedef struct written {
    int n, dots; /* letters; before which of them "..." stands, -1 where it does not */
    unsigned char label[WG_TEXT_MAX];
} written;

#define FAIL(r, status, format, ...)                                                               \
    wgi_error_to((r)->error, status, "\"%s\": " format, (r)->spec, __VA_ARGS__)

static int label_of(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    return -1;
}
static char letter_of(int label) { return (char)(label < 26 ? 'A' + label : 'a' + label - 26); }

/* ---- text ----------------------------------------------------------------------------------- */

/* Reads up to ',', "->" or the end; `whose` names the term in messages. */
static wg_status read_term(reader *r, const char *whose, written *w) {
    w->n = 0;
    w->dots = -1;
    for (; *r->at && *r->at != ',' && *r->at != '-'; ++r->at) {
        if (*r->at == ' ') continue;
        if (*r->at == '.') {
            if (strncmp(r->at, "...", 3) != 0 || w->dots >= 0)
                return FAIL(r, WG_ERR_SYNTAX, "%s has a '.' outside of its one \"...\"", whose);
            w->dots = w->n;
            r->at += 2;
            continue;
        }
        int label = label_of(*r->at);
        if (label < 0)
            return FAIL(r, WG_ERR_SYNTAX, "%s has '%c', which is no letter", whose, *r->at);
        w->label[w->n++] = (unsigned char)label;
    }
    return WG_OK;
}

/* ---- operands ------------------------------------------------------------------------------- */

/* The labels of the axes, those of "..." put in; axes is how many it stands for. */
static void expand(const written *w, int axes, wgi_term *t) {
    t->rank = 0;
    for (int i = 0; i <= w->n; ++i) {
        for (int k = 0; i == w->dots && k < axes; ++k)
            t->label[t->rank++] = (unsigned char)(WGI_LABELS - axes + k);
        if (i < w->n) t->label[t->rank++] = w->label[i];
    }
}

/* Settles the extent of a label from axis `axis` of operand k. */
static wg_status join_extent(reader *r, int k, const wg_shape *s, int axis) {
    const wgi_term *t = &r->e->term[k];
    int label = t->label[axis];
    int64_t *extent = &r->e->extent[label], dim = s->dim[axis];
    for (int i = 0; i < axis; ++i)
        if (t->label[i] == label && s->dim[i] != dim)
            return FAIL(r, WG_ERR_SHAPE, "operand %d: '%c' stands for the extents %lld and %lld",
                        k, letter_of(label), (long long)s->dim[i], (long long)dim);
    if (r->uses[label]++ == 0 || *extent == 1) {
        *extent = dim;
        r->source[label] = k;
    } else if (dim != 1 && dim != *extent) {
        char name[] = {letter_of(label), '\0'};
        return FAIL(r, WG_ERR_SHAPE, "'%s' has the extent %lld in operand %d and %lld in operand %d",
                    label < WGI_LETTERS ? name : "...", (long long)*extent, r->source[label],
                    (long long)dim, k);
    }
    return WG_OK;
}

static wg_status read_operand(reader *r, int k, size_t n, const wg_shape *shapes) {
    char whose[32];
    written w;
    if ((size_t)k >= n) return FAIL(r, WG_ERR_SHAPE, "more terms than operands, %zu", n);
    const wg_shape *s = &shapes[k];
    snprintf(whose, sizeof whose, "operand %d", k);
    wg_status status = read_term(r, whose, &w);
    if (status != WG_OK) return status;
    int axes = w.dots >= 0 ? s->rank - w.n : 0;
    if (w.n > s->rank || (w.dots < 0 && w.n < s->rank))
        return FAIL(r, WG_ERR_SHAPE, "operand %d has %d letters for %d axes", k, w.n, s->rank);
    expand(&w, axes, &r->e->term[k]);
    if (axes > r->dots) r->dots = axes;
    r->has_dots |= w.dots >= 0;
    for (int i = 0; i < s->rank && status == WG_OK; ++i) status = join_extent(r, k, s, i);
    return status;
}

/* ---- the output ----------------------------------------------------------------------------- */

static wg_status check_output(reader *r, const written *w) {
    if (w->n + r->dots > WG_MAX_RANK)
        return FAIL(r, WG_ERR_SHAPE, "the result has %d axes, %d is the most", w->n + r->dots,
                    WG_MAX_RANK);
    for (int i = 0; i < w->n; ++i) {
        char letter = letter_of(w->label[i]);
        if (r->uses[w->label[i]] == 0)
            return FAIL(r, WG_ERR_SYNTAX, "'%c' of the result stands in no operand", letter);
        if (memchr(w->label, w->label[i], (size_t)i))
            return FAIL(r, WG_ERR_SYNTAX, "'%c' stands twice in the result", letter);
    }
    if (w->dots < 0 && r->dots > 0)
        return FAIL(r, WG_ERR_SHAPE, "the result lacks \"...\", which stands for %d axes",
                    r->dots);
    expand(w, r->dots, &r->e->out);
    return WG_OK;
}

/* Without "->": "...", then the letters that stand once, sorted. */
static void implied_output(const reader *r, written *w) {
    w->n = 0;
    w->dots = r->has_dots ? 0 : -1;
    for (int label = 0; label < WGI_LETTERS; ++label)
        if (r->uses[label] == 1) w->label[w->n++] = (unsigned char)label;
}

static wg_status read_output(reader *r) {
    written w;
    wg_status status = WG_OK;
    if (*r->at == '\0') {
        implied_output(r, &w);
        return check_output(r, &w);
    }
    if (r->at[1] != '>') return FAIL(r, WG_ERR_SYNTAX, "%s", "a '-' that is not part of \"->\"");
    r->at += 2;
    status = read_term(r, "the result", &w);
    if (status != WG_OK) return status;
    if (*r->at) return FAIL(r, WG_ERR_SYNTAX, "'%c' in the result", *r->at);
    return check_output(r, &w);
}

/* ---- all of it ------------------------------------------------------------------------------ */

wg_status wgi_einsum_read(const char *spec, size_t n, const wg_shape *shapes, wgi_einsum *e,
                          wg_error *error) {
    reader r = {.spec = spec, .at = spec, .error = error, .e = e};
    e->n = 0;
    for (int label = 0; label < WGI_LABELS; ++label) e->extent[label] = 1;
    for (;; ++r.at) {
        wg_status status = read_operand(&r, (int)e->n++, n, shapes);
        if (status != WG_OK) return status;
        if (*r.at != ',') break;
    }
    if (e->n < n) return FAIL(&r, WG_ERR_SHAPE, "%zu terms for %zu operands", e->n, n);
    wg_status status = read_output(&r);
    for (size_t k = 0; k < n; ++k) {
        e->ones[k] = 0;
        for (int i = 0; i < e->term[k].rank; ++i) {
            int label = e->term[k].label[i];
            if (shapes[k].dim[i] != e->extent[label]) e->ones[k] |= (uint64_t)1 << label;
        }
    }
    return status;
}
