/* dump_dot.c: a computation for Graphviz, drawn as courses draw it: operands at the left, the root
 * at the right, each value green above its gate and its gradient red below. */
#include "graph/dump.h"

#include <math.h>
#include <string.h>

#define VALUE_COLOR "#157f3b"
#define GRAD_COLOR "#c62828"
#define QUIET_COLOR "#8a8f98"

enum { ROW = 4 }; /* numbers on a line of a value that is not shown whole */

/* ---- text in HTML-like labels --------------------------------------------------------------- */

/* Graphviz puts the node's name for \N and so on, in these labels too, whatever is quoted; a space
 * of no width after the backslash keeps the two apart. */
static void write_html(FILE *f, const char *s) {
    while (*s) {
        uint32_t c = wgi_utf8_next(&s);
        if (c == '&') fputs("&amp;", f);
        else if (c == '<') fputs("&lt;", f);
        else if (c == '>') fputs("&gt;", f);
        else if (c == '"') fputs("&quot;", f);
        else if (c == '\\' && *s && strchr("EGHLNT", *s)) fputs("\\&#8203;", f);
        else if (c == '\n') fputs("<BR/>", f);
        else if (c < 0x20 || c == 0x7f) putc(' ', f);
        else wgi_utf8_write(f, c);
    }
}

static void row_begin(FILE *f, int points, const char *color) {
    fprintf(f, "<TR><TD><FONT POINT-SIZE=\"%d\" COLOR=\"%s\">", points, color);
}
static void row_end(FILE *f) { fputs("</FONT></TD></TR>", f); }

static void text_row(FILE *f, int points, const char *color, const char *text) {
    row_begin(f, points, color);
    write_html(f, text);
    row_end(f);
}

/* ---- numbers -------------------------------------------------------------------------------- */

static void write_element(FILE *f, const wg_value *v, int64_t i) {
    char text[WGI_NUMBER_TEXT];
    if (v->dtype == WG_I64) fprintf(f, "%lld", (long long)wgi_element_int(v, i));
    else fputs(wgi_short_text(wgi_element(v, i), text), f);
}

/* The numbers of v: matrices line by line, what is long from its beginning. */
static void write_array(const wgi_dump *d, const wg_value *v) {
    int64_t size = wg_value_size(v), n = wgi_dump_shown(d, v);
    int64_t line = n < size ? ROW : v->rank ? v->dim[v->rank - 1] : 1;
    if (v->rank == 0) {
        write_element(d->file, v, 0);
        return;
    }
    putc('[', d->file);
    for (int64_t i = 0; i < n; ++i) {
        if (i) fputs(i % line ? ", " : n < size ? ",<BR/>" : "]<BR/>[", d->file);
        write_element(d->file, v, i);
    }
    fputs(n < size ? n ? ", \xe2\x80\xa6]" : "\xe2\x80\xa6]" : "]", d->file);
}

static void array_row(const wgi_dump *d, const wg_value *v, const char *color) {
    row_begin(d->file, 12, color);
    write_array(d, v);
    row_end(d->file);
}

/* ---- nodes ---------------------------------------------------------------------------------- */

/* "(32, 10) float32"; nothing for a float64 of rank 0, which every scalar is. */
static void shape_row(const wgi_dump *d, const wg_value *v) {
    char shape[200], text[240];
    if (v->rank == 0 && v->dtype == WG_F64) return;
    wgi_shape_text(shape, sizeof shape, v->rank, v->dim);
    snprintf(text, sizeof text, "%s %s", v->rank ? shape : "", wg_dtype_name(v->dtype));
    text_row(d->file, 9, QUIET_COLOR, v->rank ? text : text + 1);
}

/* The name of the value and the gate; a leaf has only the one that says more. */
static void title_row(const wgi_dump *d, const wgi_node *n, uint32_t i) {
    const char *name = wg_name_of(wgi_var(d->tape, i));
    FILE *f = d->file;
    int gate = !(n->flags & WGI_LEAF);
    if (name && !*name) name = NULL;
    if (!gate && !name) return;
    row_begin(f, 14, "black");
    fputs("<B>", f);
    write_html(f, gate ? n->gate->name : name);
    fputs("</B>", f);
    if (gate && name) {
        fputs("&nbsp;&nbsp;<I>", f);
        write_html(f, name);
        fputs("</I>", f);
    }
    row_end(f);
}

static void write_attr(FILE *f, const wg_attr *a, const wgi_attr_value *v) {
    char text[WGI_NUMBER_TEXT];
    write_html(f, a->name);
    putc('=', f);
    if (a->kind == WG_ATTR_REAL) fputs(wgi_short_text(v->real, text), f);
    else if (a->kind == WG_ATTR_WORD || a->kind == WG_ATTR_TEXT)
        write_html(f, v->word ? v->word : "?");
    else if (!v->is_list) fprintf(f, "%lld", (long long)v->list[0]);
    for (int i = 0; v->is_list && i < v->n; ++i)
        fprintf(f, "%s%lld", i ? ", " : "[", (long long)v->list[i]);
    if (v->is_list) fputs(v->n ? "]" : "[]", f);
}

/* "stride=[2, 2], pad=[1, 1]": the attributes that are not their presets. */
static void attrs_row(const wgi_dump *d, const wgi_node *n) {
    const void *attrs = wgi_attrs(n);
    int some = 0;
    for (const wg_attr *a = attrs ? n->gate->attrs : NULL; a && a->name; ++a) {
        wgi_attr_value v = wgi_attr_value_of(a, attrs);
        if (v.preset) continue;
        if (some++) fputs(", ", d->file);
        else row_begin(d->file, 9, "black");
        write_attr(d->file, a, &v);
    }
    if (some) row_end(d->file);
}

static void grad_row(const wgi_dump *d, const wgi_node *n) {
    wg_value grad;
    switch (wgi_dump_grad(d, n, &grad)) {
    case WGI_GRAD_KNOWN: array_row(d, &grad, GRAD_COLOR); break;
    case WGI_GRAD_NOT_REACHED: text_row(d->file, 9, GRAD_COLOR, "not reached"); break;
    case WGI_GRAD_NOT_KEPT: text_row(d->file, 9, GRAD_COLOR, "not kept"); break;
    case WGI_GRAD_UNWANTED:
    case WGI_GRAD_NOT_RUN: break; /* the picture's caption says it once */
    }
}

static void write_node(const wgi_dump *d, uint32_t i) {
    static const char *const looks[] = {
        "style=\"filled,rounded\", fillcolor=\"#e8f1fb\", color=\"#5b8fc7\"",
        "style=\"filled,rounded\", fillcolor=\"#fdf3dc\", color=\"#d19a2a\", peripheries=2",
        "style=\"filled,rounded\", fillcolor=\"#f1f2f4\", color=\"#c3c7cd\", width=0.3, height=0.3",
        "style=\"filled,rounded\", fillcolor=\"#ffffff\", color=\"#4a4f57\""};
    const wgi_node *n = wgi_node_at(d->tape, i);
    const char *site = wgi_dump_site(d, n);
    FILE *f = d->file;
    wgi_kind kind = wgi_dump_kind(n);
    wg_value room;
    const wg_value *v = wgi_value_of(n, &room);
    fprintf(f, "  n%u [id=\"n%u\", %s%s, label=<", (unsigned)i, (unsigned)i, looks[kind],
            i == d->root ? ", penwidth=2" : "");
    fputs("<TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"1\">", f);
    array_row(d, v, kind == WGI_IS_CONST ? "#5d636b" : VALUE_COLOR);
    title_row(d, n, i);
    attrs_row(d, n);
    grad_row(d, n);
    shape_row(d, v);
    if (site) text_row(f, 8, QUIET_COLOR, site);
    fputs("</TABLE>>];\n", f);
}

/* ---- edges ---------------------------------------------------------------------------------- */

static void write_edges(const wgi_dump *d, uint32_t i) {
    const uint32_t *x;
    const wgi_node *n = wgi_node_at(d->tape, i);
    uint32_t count = wgi_operands(n, &x);
    for (uint32_t k = 0; k < count; ++k) {
        const char *name = count > 1 ? wgi_dump_operand(n, k) : NULL;
        if (!x[k]) continue;
        fprintf(d->file, "  n%u -> n%u", (unsigned)x[k], (unsigned)i);
        if (name) {
            fputs(" [label=<", d->file);
            write_html(d->file, name);
            fputs(">]", d->file);
        } else if (count > 1) {
            fprintf(d->file, " [label=<%u>]", (unsigned)k);
        }
        fputs(";\n", d->file);
    }
}

/* ---- the graph ------------------------------------------------------------------------------ */

static void write_caption(const wgi_dump *d) {
    int wanted = (wgi_node_at(d->tape, d->root)->flags & WGI_WANTS) != 0;
    const char *title = d->options.title;
    if (!title && (d->backward || !wanted)) return;
    fputs("  label=<", d->file);
    if (title) write_html(d->file, title);
    if (!d->backward && wanted)
        fprintf(d->file, "%s<FONT POINT-SIZE=\"11\" COLOR=\"%s\">backward not run</FONT>",
                title ? "<BR/>" : "", GRAD_COLOR);
    fputs(">;\n", d->file);
}

void wgi_dump_dot(const wgi_dump *d) {
    FILE *f = d->file;
    fputs("digraph wengert {\n"
          "  rankdir=LR; ranksep=0.45; nodesep=0.25; charset=\"UTF-8\"; labelloc=t;\n"
          "  fontname=\"Helvetica\"; fontsize=15;\n"
          "  node [shape=box, fontname=\"Helvetica\", margin=\"0.08,0.03\"];\n"
          "  edge [color=\"#7a808a\", arrowsize=0.7, fontname=\"Helvetica\", fontsize=9, "
          "fontcolor=\"" QUIET_COLOR "\"];\n", f);
    write_caption(d);
    for (uint32_t i = wgi_dump_next(d, 0); i; i = wgi_dump_next(d, i)) write_node(d, i);
    for (uint32_t i = wgi_dump_next(d, 0); i; i = wgi_dump_next(d, i)) write_edges(d, i);
    fputs("}\n", f);
}
