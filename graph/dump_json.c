/* dump_json.c: a computation as JSON; the schema is in docs/dump-schema.md. */
#include "graph/dump.h"

#include <math.h>
#include <string.h>

enum { SCHEMA = 1 };

/* ---- values --------------------------------------------------------------------------------- */

static void write_string(FILE *f, const char *s) {
    if (!s) {
        fputs("null", f);
        return;
    }
    putc('"', f);
    while (*s) {
        uint32_t c = wgi_utf8_next(&s);
        if (c == '"' || c == '\\') fprintf(f, "\\%c", (int)c);
        else if (c < 0x20 || c == 0x7f) fprintf(f, "\\u%04x", (unsigned)c);
        else wgi_utf8_write(f, c);
    }
    putc('"', f);
}

/* NaN has no number in JSON: null; 1e999 reads as infinity. */
static void write_real(FILE *f, double x, wg_dtype dtype) {
    char text[WGI_NUMBER_TEXT];
    if (isnan(x)) fputs("null", f);
    else if (isinf(x)) fputs(x > 0 ? "1e999" : "-1e999", f);
    else fputs(wgi_exact_text(x, dtype, text), f);
}

static void write_element(FILE *f, const wg_value *v, int64_t i) {
    if (v->dtype == WG_I64) fprintf(f, "%lld", (long long)wgi_element_int(v, i));
    else if (v->dtype == WG_BOOL) fputs(wgi_element(v, i) != 0 ? "true" : "false", f);
    else write_real(f, wgi_element(v, i), v->dtype);
}

/* A number for rank 0, else the first elements in a list, row-major. */
static void write_array(const wgi_dump *d, const wg_value *v) {
    if (v->rank == 0) {
        write_element(d->file, v, 0);
        return;
    }
    int64_t n = wgi_dump_shown(d, v);
    putc('[', d->file);
    for (int64_t i = 0; i < n; ++i) {
        if (i) fputs(", ", d->file);
        write_element(d->file, v, i);
    }
    putc(']', d->file);
}

static void write_extents(FILE *f, int n, const int64_t *dim) {
    putc('[', f);
    for (int i = 0; i < n; ++i) fprintf(f, "%s%lld", i ? ", " : "", (long long)dim[i]);
    putc(']', f);
}

/* ---- attributes ----------------------------------------------------------------------------- */

static void write_attr(FILE *f, const wg_attr *a, const void *attrs) {
    wgi_attr_value v = wgi_attr_value_of(a, attrs);
    if (a->kind == WG_ATTR_REAL) write_real(f, v.real, WG_F64);
    else if (a->kind == WG_ATTR_BOOL) fputs(v.list[0] ? "true" : "false", f);
    else if (a->kind == WG_ATTR_WORD || a->kind == WG_ATTR_TEXT) write_string(f, v.word);
    else if (!v.is_list) fprintf(f, "%lld", (long long)v.list[0]);
    else write_extents(f, v.n, v.list);
}

static void write_attrs(FILE *f, const wgi_node *n) {
    const void *attrs = wgi_attrs(n);
    fputs("{", f);
    for (const wg_attr *a = attrs ? n->gate->attrs : NULL; a && a->name; ++a) {
        if (a != n->gate->attrs) fputs(", ", f);
        write_string(f, a->name);
        fputs(": ", f);
        write_attr(f, a, attrs);
    }
    fputs("}", f);
}

/* ---- the graph ------------------------------------------------------------------------------ */

static void write_grad(const wgi_dump *d, const wgi_node *n) {
    static const char *const states[] = {"known", "unwanted", "backward not run", "not reached",
                                         "not kept"};
    wg_value grad;
    wgi_grad_state state = wgi_dump_grad(d, n, &grad);
    fprintf(d->file, ", \"gradient\": \"%s\", \"grad\": ", states[state]);
    if (state == WGI_GRAD_KNOWN) write_array(d, &grad);
    else fputs("null", d->file);
}

static void write_node(const wgi_dump *d, uint32_t i) {
    static const char *const kinds[] = {"input", "parameter", "constant", "gate"};
    const wgi_node *n = wgi_node_at(d->tape, i);
    FILE *f = d->file;
    wg_value room;
    const wg_value *v = wgi_value_of(n, &room);
    fprintf(f, "    {\"id\": %u, \"kind\": \"%s\", \"gate\": ", (unsigned)i,
            kinds[wgi_dump_kind(n)]);
    write_string(f, n->gate->name);
    fputs(", \"name\": ", f);
    write_string(f, wg_name_of(wgi_var(d->tape, i)));
    fputs(", \"attrs\": ", f);
    write_attrs(f, n);
    fprintf(f, ", \"dtype\": \"%s\", \"shape\": ", wg_dtype_name(v->dtype));
    write_extents(f, v->rank, v->dim);
    fprintf(f, ", \"size\": %lld, \"value\": ", (long long)wg_value_size(v));
    write_array(d, v);
    write_grad(d, n);
    fputs(", \"site\": ", f);
    write_string(f, wgi_dump_site(d, n));
    putc('}', f);
}

/* The edges into node i; *some says whether one was written before. */
static void write_edges(const wgi_dump *d, uint32_t i, int *some) {
    const uint32_t *x;
    const wgi_node *n = wgi_node_at(d->tape, i);
    uint32_t count = wgi_operands(n, &x);
    for (uint32_t k = 0; k < count; ++k) {
        if (!x[k]) continue; /* an absent operand */
        fprintf(d->file, "%s    {\"from\": %u, \"to\": %u, \"position\": %u, \"operand\": ",
                *some ? ",\n" : "\n", (unsigned)x[k], (unsigned)i, (unsigned)k);
        write_string(d->file, wgi_dump_operand(n, k));
        putc('}', d->file);
        *some = 1;
    }
}

void wgi_dump_json(const wgi_dump *d) {
    FILE *f = d->file;
    int some = 0;
    fprintf(f, "{\n  \"format\": \"wengert-graph\",\n  \"version\": %d,\n  \"title\": ", SCHEMA);
    write_string(f, d->options.title);
    fprintf(f, ",\n  \"root\": %u,\n  \"backward\": %s,\n  \"nodes\": [\n", (unsigned)d->root,
            d->backward ? "true" : "false");
    for (uint32_t i = wgi_dump_next(d, 0); i; i = wgi_dump_next(d, i)) {
        write_node(d, i);
        fputs(i == d->root ? "\n" : ",\n", f);
    }
    fputs("  ],\n  \"edges\": [", f);
    for (uint32_t i = wgi_dump_next(d, 0); i; i = wgi_dump_next(d, i)) write_edges(d, i, &some);
    fputs(some ? "\n  ]\n}\n" : "]\n}\n", f);
}
