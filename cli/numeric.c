/* numeric.c: see numeric.h */
#include "cli/numeric.h"

#include "check/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int wgi_numeric_options(int numeric, int central, const char *step, int others, double *h) {
    char *end;
    if (!numeric && (central || step))
        return wgi_complain("grad", WGI_EXIT_USAGE, "%s goes with --numeric",
                            central ? "--central" : "--step");
    if (numeric && others)
        return wgi_complain("grad", WGI_EXIT_USAGE,
                            "--numeric prints a page of its own, without --json and --order");
    if (!step) return -1;
    *h = strtod(step, &end);
    if (*step && !*end && *h > 0 && isfinite(*h)) return -1;
    return wgi_complain("grad", WGI_EXIT_USAGE, "--step is a number above 0, not %s", step);
}

static double number_at(wg_var v, int64_t i) {
    const void *data = wg_data(v);
    if (!data) return (double)NAN;
    return wg_dtype_of(v) == WG_F32 ? (double)((const float *)data)[i] : ((const double *)data)[i];
}

/* The lines of one name.  out has room for its numeric gradient. */
static wg_status print_name(const wgi_inputs *in, size_t k, double h, int central, double *out) {
    wg_var x = in->vars[k], g = wg_grad(x);
    wg_shape shape = wg_shape_of(x);
    int64_t n = wg_shape_size(shape);
    char at[WGI_PLACE], place[256];
    wg_status s = wg_numerical_gradient(in->root, x, h, central, out);
    for (int64_t i = 0; i < n && s == WG_OK; ++i) {
        double w = number_at(x, i);
        snprintf(place, sizeof place, "%s%s", in->names[k],
                 shape.rank ? wgi_place_text(at, shape, i) : "");
        printf("%-16s  %14.9g  %14.9g  %16.10g  %16.10g  %9.2g\n", place, w, w + h, out[i],
               number_at(g, i), fabs(out[i] - number_at(g, i)));
    }
    return s;
}

int wgi_numeric_page(const wgi_inputs *in, double h, int central) {
    if (wg_backward(in->root) != WG_OK) return wgi_complain_of_tape("grad", in->tape);
    printf("f(W) = %.10g,  h = %g,  dW = %s\n\n", wg_item(in->root), h,
           central ? "(f(W + h) - f(W - h)) / 2h" : "(f(W + h) - f(W)) / h");
    printf("%-16s  %14s  %14s  %16s  %16s  %9s\n", "name", "W", "W + h", "dW", "analytic",
           "off by");
    for (size_t k = 0; k < in->n; ++k) {
        if (!wgi_inputs_wanted(in, k)) continue;
        int64_t n = wg_shape_size(wg_shape_of(in->vars[k]));
        double *out = malloc((size_t)n * sizeof *out + 1);
        if (!out) return wgi_complain("grad", WGI_EXIT_DATA, "no memory");
        wg_status s = print_name(in, k, h, central, out);
        free(out);
        if (s != WG_OK) return wgi_complain_of_tape("grad", in->tape);
    }
    return WGI_EXIT_FINE;
}
