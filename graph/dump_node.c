/* dump_node.c: what all formats of a dump need to know of a node. */
#include "graph/dump.h"

#include "autograd/store.h"

#include <string.h>

uint32_t wgi_dump_next(const wgi_dump *d, uint32_t i) {
    while (++i <= d->root)
        if (d->below[i]) return i;
    return 0;
}

wgi_kind wgi_dump_kind(const wgi_node *n) {
    if (!(n->flags & WGI_LEAF)) return WGI_IS_GATE;
    if (n->flags & WGI_DENSE && n->u.dense->param) return WGI_IS_PARAM;
    return n->flags & WGI_WANTS ? WGI_IS_INPUT : WGI_IS_CONST;
}

wgi_grad_state wgi_dump_grad(const wgi_dump *d, const wgi_node *n, wg_value *grad) {
    wg_value room;
    const wg_value *v = wgi_value_of(n, &room);
    if (!(n->flags & WGI_WANTS)) return WGI_GRAD_UNWANTED;
    if (!d->backward) return WGI_GRAD_NOT_RUN;
    if (!(n->flags & WGI_REACHED)) return WGI_GRAD_NOT_REACHED;
    *grad = *v;
    if (n->flags & WGI_SCALAR) {
        grad->data = (void *)(uintptr_t)&n->cotangent;
        return WGI_GRAD_KNOWN;
    }
    const wgi_dense *dense = n->u.dense;
    if (wg_value_size(v) == 0) return WGI_GRAD_KNOWN;
    if (dense->param) {
        grad->data = wgi_param_grad_data(dense->param);
        wg_value_set_dense(grad);
        return WGI_GRAD_KNOWN;
    }
    *grad = dense->grad;
    return grad->data ? WGI_GRAD_KNOWN : WGI_GRAD_NOT_KEPT;
}

const char *wgi_dump_operand(const wgi_node *n, uint32_t k) {
    const wg_gate *g = n->gate;
    if (g->arity < 0) return NULL; /* all of one kind: told by their order */
    return k < sizeof g->operands / sizeof *g->operands ? g->operands[k] : NULL;
}

const char *wgi_dump_site(const wgi_dump *d, const wgi_node *n) {
    if (!n->site || d->options.sites == WG_SITES_NONE) return NULL;
    const char *slash = strrchr(n->site, '/');
    return slash && d->options.sites == WG_SITES_SHORT ? slash + 1 : n->site;
}

int64_t wgi_dump_shown(const wgi_dump *d, const wg_value *v) {
    int64_t n = wg_value_size(v);
    return n < d->options.elements ? n : d->options.elements;
}

/* ---- attributes ----------------------------------------------------------------------------- */

static void set_list(wgi_attr_value *v, int n, const int64_t *list) {
    v->is_list = 1;
    v->n = n < 0 ? 0 : n > WG_MAX_RANK ? WG_MAX_RANK : n;
    for (int i = 0; i < v->n; ++i) v->list[i] = list[i];
}

static void set_axes(wgi_attr_value *v, const wg_axes *a) {
    int64_t list[WG_MAX_RANK];
    for (int i = 0; i < WG_MAX_RANK; ++i) list[i] = a->axis[i];
    set_list(v, a->n, list);
}

static void set_number(wgi_attr_value *v, int64_t number) {
    v->n = 1;
    v->list[0] = number;
}

static void set_word(wgi_attr_value *v, const wg_attr *a, int at) {
    int words = 0;
    while (a->words && a->words[words]) ++words;
    v->word = at >= 0 && at < words ? a->words[at] : NULL;
    set_number(v, at);
}

wgi_attr_value wgi_attr_value_of(const wg_attr *a, const void *attrs) {
    const void *at = (const char *)attrs + a->offset;
    wgi_attr_value v;
    memset(&v, 0, sizeof v);
    switch (a->kind) {
    case WG_ATTR_REAL: v.real = *(const double *)at; break;
    case WG_ATTR_INT: set_number(&v, *(const int64_t *)at); break;
    case WG_ATTR_BOOL:
    case WG_ATTR_AXIS: set_number(&v, *(const int *)at); break;
    case WG_ATTR_WORD: set_word(&v, a, *(const int *)at); break;
    case WG_ATTR_TEXT: v.word = at; break;
    case WG_ATTR_AXES: set_axes(&v, at); break;
    case WG_ATTR_SHAPE:
        set_list(&v, ((const wg_shape *)at)->rank, ((const wg_shape *)at)->dim);
        break;
    case WG_ATTR_PAIR: set_list(&v, 2, at); break;
    }
    v.preset = !a->required;
    if (a->kind == WG_ATTR_TEXT) v.preset &= v.word[0] == '\0';
    if (a->kind == WG_ATTR_REAL) v.preset &= v.real == a->preset;
    for (int i = 0; i < v.n; ++i) v.preset &= (double)v.list[i] == a->preset;
    return v;
}
