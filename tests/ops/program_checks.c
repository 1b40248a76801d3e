/* program_checks.c: lifted programs of one gate; see registry_helpers.h */
#include "autograd/program.h"
#include "tests/ops/registry_helpers.h"

#include <math.h>
#include <string.h>

/* The numbers of y in p, whatever its strides and dtype are. */
static void read_value(const wgi_program *p, wg_var y, double *out) {
    wg_value v = wgi_program_value(p, y.index);
    int64_t n = wg_value_size(&v);
    for (int64_t i = 0; i < n; ++i) {
        int64_t rest = i, at = 0;
        for (int axis = v.rank - 1; axis >= 0; --axis) {
            at += rest % v.dim[axis] * v.stride[axis];
            rest /= v.dim[axis];
        }
        out[i] = v.dtype == WG_F64   ? ((double *)v.data)[at]
                 : v.dtype == WG_I64 ? (double)((int64_t *)v.data)[at]
                                     : (double)((unsigned char *)v.data)[at];
    }
}

/* Every element of leaf k, moved a little, a whole one to the next: y by a move, and by writing the
 * leaf and running. */
static int move_all(trial *t, const trial_run *run, wgi_program *p, size_t k) {
    wg_error e = {WG_OK, ""};
    size_t n = value_size(run->y);
    double *a = trial_room(t, n), *b = trial_room(t, n);
    double *x = wgi_program_value(p, run->leaf[k].index).data;
    if (wgi_program_select(p, run->leaf[k].index, &e) != WG_OK ||
        wgi_program_anchor(p, &e) != WG_OK)
        return trial_fail(t, "anchor: %s", e.text);
    for (size_t j = 0; j < t->leaf[k].n; ++j) {
        double kept = x[j], h = floor(kept) != kept ? 0x1p-10 : kept > 0 ? -1 : 1;
        if (wgi_program_move(p, (int64_t)j, kept + h, NULL, &e) != WG_OK)
            return trial_fail(t, "move: %s", e.text);
        read_value(p, run->y, a);
        if (x[j] != kept) return trial_fail(t, "the leaf was not put back");
        x[j] = kept + h;
        if (wgi_program_run(p, &e) != WG_OK) return trial_fail(t, "run: %s", e.text);
        read_value(p, run->y, b);
        x[j] = kept;
        /* a view of the leaf shows it as it is now */
        wg_value y = wgi_program_value(p, run->y.index);
        wg_value leaf = wgi_program_value(p, run->leaf[k].index);
        int view = (char *)y.data >= (char *)leaf.data &&
                   (char *)y.data < (char *)leaf.data + t->leaf[k].n * sizeof(double);
        if (!view && !trial_compare(t, (int)k, n, "moved", a, "run", b, 1e-13)) return 0;
    }
    return 1;
}

int check_moved(trial *t) {
    trial_run run;
    wg_error e = {WG_OK, ""};
    int ok = trial_start(t, &run, WG_F64, PLAIN);
    wgi_program *p = ok ? wgi_program_new(run.y, 1, &e) : NULL;
    if (ok && !p) ok = trial_fail(t, "program: %s", e.text);
    for (size_t k = 0; k < t->n_leaves && ok; ++k)
        if (t->leaf[k].kind == VALUE && wgi_program_value(p, run.leaf[k].index).data)
            ok = move_all(t, &run, p, k);
    wgi_program_free(p);
    trial_stop(&run);
    return ok;
}
