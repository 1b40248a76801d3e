/* grad.c: wengert grad: value, gradient and, on demand, Hessian of an expression. */
#include "cli/cli.h"
#include "cli/numeric.h"

#include "backend/memory.h"
#include "graph/parse.h"

#include <string.h>

static const wgi_usage usage = {
    "grad",
    "'EXPR' [NAME=VALUE ...] [--json] [--dtype f32|f64] [--order 2]",
    "The value of an expression and its gradient with respect to every name.\n"
    "\n"
    "EXPR has + - * / ^ @ (matrix product), pi, nan, inf, lists such as [[1, 2], [3, 4]],\n"
    "calls of gates such as exp(x) or sum(x, axis=0), and statements: q = x + y; q * z.\n"
    "Its value must have one element.  VALUE is a number, a nested list, or @FILE.npy.\n"
    "Names that only serve as labels, indices or masks have no gradient and are left out\n"
    "of it; a name that EXPR does not use is warned of and has gradient 0.\n",
    "Examples:\n"
    "  wengert grad '(x+y)*z' x=-2 y=5 z=-4\n"
    "  wengert grad 'sum((W@x)^2)' W='[[0.1,0.5],[-0.3,0.8]]' x='[0.2,0.4]' --json\n"
    "  wengert grad 'x^3*y' x=2 y=5 --order 2\n",
};

/* ---- the Hessian ---------------------------------------------------------------------------- */

/* d2 root / dx_i dx_j for all pairs of names with a gradient.  Block (i, j) has the shape of x_i
 * followed by that of x_j; it is made row by row, one vector-Jacobian product of the recorded
 * gradient of x_i for each of its elements. */
typedef struct hessian {
    size_t n;       /* names with a gradient */
    size_t *name;   /* n: which */
    wg_var *x, *g;  /* n: the leaves, and the recorded gradients */
    wg_var *row;    /* n */
    wg_dtype dtype;
    void **block;   /* n x n, row-major; owned */
} hessian;

static size_t elements(wg_var x) { return (size_t)wg_shape_size(wg_shape_of(x)); }

static void hessian_clear(hessian *h) {
    for (size_t i = 0; h->block && i < h->n * h->n; ++i) wgi_free(h->block[i]);
    wgi_free(h->name);
    wgi_free(h->x);
    wgi_free(h->block);
}

static int hessian_init(hessian *h, const wgi_inputs *in, wg_dtype dtype) {
    memset(h, 0, sizeof *h);
    h->dtype = dtype;
    h->name = wgi_alloc(in->n * sizeof *h->name + 1);
    h->x = wgi_alloc_zero(3 * in->n * sizeof *h->x + 1);
    if (!h->name || !h->x) return 0;
    for (size_t i = 0; i < in->n; ++i) {
        if (!wgi_inputs_wanted(in, i)) continue;
        h->x[h->n] = in->vars[i];
        h->name[h->n++] = i;
    }
    h->g = h->x + h->n;
    h->row = h->g + h->n;
    h->block = wgi_alloc_zero(h->n * h->n * sizeof *h->block + 1);
    size_t size = wg_dtype_size(dtype);
    for (size_t i = 0; h->block && i < h->n * h->n; ++i) {
        size_t rows = elements(h->x[i / h->n]), columns = elements(h->x[i % h->n]);
        if (columns && rows > SIZE_MAX / 16 / columns) return 0;
        h->block[i] = wgi_alloc(rows * columns * size + 1);
        if (!h->block[i]) return 0;
    }
    return h->block != NULL;
}

/* Row `k` of the blocks (i, 0) .. (i, n - 1): the derivative of element k of the gradient of x_i.
 * seed is zeros of that gradient's shape. */
static wg_status fill_row(hessian *h, wg_tape *t, size_t i, size_t k, void *seed) {
    size_t size = wg_dtype_size(h->dtype);
    char *at = (char *)seed + k * size;
    float one32 = 1;
    double one64 = 1;
    wg_mark mark = wg_tape_mark(t);
    memcpy(at, h->dtype == WG_F32 ? (const void *)&one32 : (const void *)&one64, size);
    wg_var e = wg_const(t, h->dtype, wg_shape_of(h->g[i]), seed);
    memset(at, 0, size);
    wg_status s = wg_vjp(h->g[i], e, h->n, h->x, h->row);
    for (size_t j = 0; j < h->n && s == WG_OK; ++j) {
        size_t bytes = elements(h->x[j]) * size;
        s = wg_read(h->row[j], (char *)h->block[i * h->n + j] + k * bytes, bytes);
    }
    wg_tape_release(t, mark);
    return s;
}

static wg_status hessian_fill(hessian *h, const wgi_inputs *in) {
    wg_status s = wg_gradients(in->root, h->n, h->x, h->g);
    for (size_t i = 0; i < h->n && s == WG_OK; ++i) {
        size_t rows = elements(h->x[i]);
        void *seed = wgi_alloc_zero(rows * sizeof(double) + 1);
        if (!seed) return WG_ERR_MEMORY;
        for (size_t k = 0; k < rows && s == WG_OK; ++k) s = fill_row(h, in->tape, i, k, seed);
        wgi_free(seed);
    }
    return s;
}

/* The shape of block (i, j); returns its rank. */
static int block_shape(const hessian *h, size_t i, size_t j, int64_t *dim) {
    wg_shape a = wg_shape_of(h->x[i]), b = wg_shape_of(h->x[j]);
    memcpy(dim, a.dim, (size_t)a.rank * sizeof *dim);
    memcpy(dim + a.rank, b.dim, (size_t)b.rank * sizeof *dim);
    return a.rank + b.rank;
}

/* ---- JSON ----------------------------------------------------------------------------------- */

/* `"x": ` with what parts it from the entry before. */
static void json_key(int *first, const char *name) {
    if (!*first) fputs(", ", stdout);
    *first = 0;
    wgi_json_string(stdout, name);
    fputs(": ", stdout);
}

static void json_hessian(const wgi_inputs *in, const hessian *h) {
    int first_row = 1;
    fputs(", \"hessian\": {", stdout);
    for (size_t i = 0; i < h->n; ++i) {
        int first = 1;
        json_key(&first_row, in->names[h->name[i]]);
        fputc('{', stdout);
        for (size_t j = 0; j < h->n; ++j) {
            int64_t dim[2 * WG_MAX_RANK];
            int rank = block_shape(h, i, j, dim);
            json_key(&first, in->names[h->name[j]]);
            wgi_json_array(stdout, rank, dim, h->dtype, h->block[i * h->n + j]);
        }
        fputc('}', stdout);
    }
    fputc('}', stdout);
}

static void print_json(const wgi_inputs *in, const hessian *h) {
    int first = 1;
    fputs("{\"value\": ", stdout);
    wgi_json_number(stdout, wg_item(in->root), wg_dtype_of(in->root));
    fputs(", \"grads\": {", stdout);
    for (size_t i = 0; i < in->n; ++i) {
        if (!wgi_inputs_wanted(in, i)) continue;
        json_key(&first, in->names[i]);
        wgi_json_var(stdout, wg_grad(in->vars[i]));
    }
    fputc('}', stdout);
    if (h) json_hessian(in, h);
    fputs("}\n", stdout);
}

/* ---- for people ----------------------------------------------------------------------------- */

enum { CELL = 320, WIDEST = 48 };

static int widest(int width, const char *text) {
    int n = (int)strlen(text);
    return n > WIDEST || n < width ? width : n;
}

static void print_gradients(const wgi_inputs *in) {
    char cell[CELL];
    int name = 4, value = 5;
    for (size_t i = 0; i < in->n; ++i) {
        wgi_show_var(cell, sizeof cell, in->vars[i]);
        name = widest(name, in->names[i]);
        value = widest(value, cell);
    }
    if (in->n) printf("\n%-*s  %-*s  gradient\n", name, "name", value, "value");
    for (size_t i = 0; i < in->n; ++i) {
        wgi_show_var(cell, sizeof cell, in->vars[i]);
        printf("%-*s  %-*s  ", name, in->names[i], value, cell);
        if (wgi_inputs_wanted(in, i)) wgi_show_var(cell, sizeof cell, wg_grad(in->vars[i]));
        printf("%s\n", wgi_inputs_wanted(in, i) ? cell : "none: it labels, indexes or masks");
    }
}

static void print_hessian(const wgi_inputs *in, const hessian *h) {
    char cell[CELL];
    int name = 4;
    for (size_t i = 0; i < h->n; ++i) name = widest(name, in->names[h->name[i]]);
    printf("\n%-*s  %-*s  second derivative\n", name, "name", name, "name");
    for (size_t i = 0; i < h->n * h->n; ++i) {
        int64_t dim[2 * WG_MAX_RANK];
        int rank = block_shape(h, i / h->n, i % h->n, dim);
        wgi_show_array(cell, sizeof cell, rank, dim, h->dtype, h->block[i]);
        printf("%-*s  %-*s  %s\n", name, in->names[h->name[i / h->n]], name,
               in->names[h->name[i % h->n]], cell);
    }
}

static void print_table(const wgi_inputs *in, const hessian *h) {
    char cell[CELL];
    wgi_show_var(cell, sizeof cell, in->root);
    printf("value  %s\n", cell);
    print_gradients(in);
    if (h) print_hessian(in, h);
}

/* ---- the command ---------------------------------------------------------------------------- */

static int differentiate(const wgi_inputs *in, int order, int json) {
    void (*print)(const wgi_inputs *, const hessian *) = json ? print_json : print_table;
    if (wg_backward(in->root) != WG_OK) return wgi_complain_of_tape("grad", in->tape);
    if (order < 2) {
        print(in, NULL);
        return WGI_EXIT_FINE;
    }
    hessian h;
    int status = WGI_EXIT_FINE;
    if (!hessian_init(&h, in, wg_dtype_of(in->root)))
        status = wgi_complain("grad", WGI_EXIT_DATA, "no memory for the Hessian");
    else if (hessian_fill(&h, in) != WG_OK)
        status = wg_tape_status(in->tape) ? wgi_complain_of_tape("grad", in->tape)
                                          : wgi_complain("grad", WGI_EXIT_DATA, "no memory");
    else print(in, &h);
    hessian_clear(&h);
    return status;
}

int wgi_cli_grad(int argc, char **argv) {
    const char *dtype_word = NULL, *order = NULL, *step = NULL;
    int json = 0, numeric = 0, central = 0, words;
    const wgi_option options[] = {
        {"--numeric", NULL, "W, W + h and dW beside the gradient, one line a coordinate", NULL,
         &numeric},
        {"--central", NULL, "with --numeric: (f(W + h) - f(W - h)) / 2h", NULL, &central},
        {"--step", "H", "with --numeric: h (1e-5)", &step, NULL},
        {"--json", NULL, "one JSON object: value, grads, and at order 2 hessian", NULL, &json},
        {"--dtype", "f32|f64", "the element type of the values (f64)", &dtype_word, NULL},
        {"--order", "1|2", "2: the Hessian too (1)", &order, NULL},
        {NULL, NULL, NULL, NULL, NULL},
    };
    wg_dtype dtype;
    wgi_inputs in;
    int status = wgi_args(&usage, options, argc, argv, &words);
    if (status >= 0) return status;
    if (!wgi_dtype_of_word(dtype_word, &dtype))
        return wgi_complain("grad", WGI_EXIT_USAGE, "--dtype is f32 or f64, not %s", dtype_word);
    if (order && strcmp(order, "1") != 0 && strcmp(order, "2") != 0)
        return wgi_complain("grad", WGI_EXIT_USAGE, "--order is 1 or 2, not %s", order);
    double h = 1e-5;
    status = wgi_numeric_options(numeric, central, step, json || order, &h);
    if (status >= 0) return status;
    status = wgi_inputs_read(&in, "grad", dtype, words, argv + 1);
    if (status < 0) status = wgi_check_one_element("grad", in.root);
    if (status < 0 && numeric) status = wgi_numeric_page(&in, h, central);
    else if (status < 0) status = differentiate(&in, order && *order == '2' ? 2 : 1, json);
    wgi_tell_of_debug("grad", in.tape);
    wgi_inputs_clear(&in);
    return status;
}
