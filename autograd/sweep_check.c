/* sweep_check.c: what both sweeps want of a root and of what rules return. */
#include "autograd/sweep.h"

wg_status wgi_check_root(wg_var v, const char *who) {
    if (!wgi_usable(v, who)) return wgi_why_not(v);
    wg_value room;
    const wg_value *y = wgi_value_of(wgi_node_at(v.tape, v.index), &room);
    char text[96];
    if (y->dtype > WG_F64)
        return wgi_error(v.tape, WG_ERR_DTYPE, "%s: the root is %s; it must be a float", who,
                         wg_dtype_name(y->dtype));
    if (wg_value_size(y) != 1)
        return wgi_error(v.tape, WG_ERR_SHAPE,
                         "%s: the root has shape %s; it must have one element (wg_sum?)", who,
                         wgi_shape_text(text, sizeof text, y->rank, y->dim));
    return WG_OK;
}

wg_status wgi_check_result(wg_tape *t, const wg_gate *gate, wg_var c) {
    if (c.tape == t && c.index && wgi_live(t, c)) return WG_OK;
    if (c.tape == t && !c.index && t->error.status != WG_OK) return t->error.status;
    return wgi_error(t, WG_ERR_STATE, "%s: its rule returns a value that is not of this tape",
                     gate->name);
}

wg_status wgi_check_pulled(wg_tape *t, const wg_gate *gate, wg_var c, uint32_t target) {
    wg_value a, b;
    char text[2][96];
    wg_status s = wgi_check_result(t, gate, c);
    if (s != WG_OK) return s;
    const wg_value *v = wgi_value_of(wgi_node_at(t, c.index), &a);
    const wg_value *x = wgi_value_of(wgi_node_at(t, target), &b);
    int fits = v->rank >= x->rank;
    for (int i = 0; i < x->rank && fits; ++i) {
        int64_t extent = x->dim[i];
        fits = extent == 1 || extent == v->dim[v->rank - x->rank + i];
    }
    if (!fits)
        return wgi_error(t, WG_ERR_STATE, "%s: its rule gives shape %s for an operand of shape %s",
                         gate->name, wgi_shape_text(text[0], sizeof text[0], v->rank, v->dim),
                         wgi_shape_text(text[1], sizeof text[1], x->rank, x->dim));
    if (v->dtype == x->dtype) return WG_OK;
    return wgi_error(t, WG_ERR_STATE, "%s: its rule gives %s for %s", gate->name,
                     wg_dtype_name(v->dtype), wg_dtype_name(x->dtype));
}
