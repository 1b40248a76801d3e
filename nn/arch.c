/* arch.c: from the text of an architecture to its list of layers.
 *
 *     chain = item { '-' item }
 *     item  = layer | ( '(' chain ')' | '[' chain ']' ) [ '*' count ]
 *
 * A group is read once; its layers are then copied count - 1 times behind themselves, so nesting
 * needs a stack of open groups and no recursion. */
#include "nn/layer.h"

#include "autograd/tape.h"

#include <stdio.h>
#include <string.h>

enum { MAX_LAYERS = 1024, MAX_DEPTH = 16, MAX_REPEAT = 1024, WINDOW = 48 };

typedef struct open_group {
    char closing;
    size_t column, first; /* of the bracket; the group's first layer */
} open_group;

typedef struct parser {
    const char *text;
    size_t at; /* column, from 0 */
    wgi_arch *arch;
    wg_error *error;
    open_group group[MAX_DEPTH];
    size_t depth;
} parser;

/* ---- errors --------------------------------------------------------------------------------- */

wg_status wgi_arch_error(wg_error *error, wg_status status, const char *text, size_t column,
                         const char *message) {
    size_t n = strlen(text), from = column > WINDOW / 2 ? column - WINDOW / 2 : 0;
    if (n - from < WINDOW) from = n > WINDOW ? n - WINDOW : 0;
    char shown[WINDOW + 1];
    size_t length = n - from < WINDOW ? n - from : WINDOW;
    for (size_t i = 0; i < length; ++i) /* a caret stands under one column a byte */
        shown[i] = text[from + i] >= ' ' && text[from + i] <= '~' ? text[from + i] : '?';
    shown[length] = '\0';
    return wgi_error_to(error, status, "arch, column %zu: %s\n  %s\n  %*s^", column + 1, message,
                        shown, (int)(column - from), "");
}

static wg_status fail(const parser *p, wg_status status, size_t column, const char *message) {
    return wgi_arch_error(p->error, status, p->text, column, message);
}

/* "expected X, found Y" at the present column. */
static wg_status expected(const parser *p, const char *what) {
    char message[176], found[16];
    char c = p->text[p->at];
    if (!c) snprintf(found, sizeof found, "the end");
    else snprintf(found, sizeof found, c >= ' ' && c <= '~' ? "'%c'" : "byte %d", (unsigned char)c);
    snprintf(message, sizeof message, "expected %s, found %s", what, found);
    return fail(p, WG_ERR_SYNTAX, p->at, message);
}

/* ---- the list ------------------------------------------------------------------------------- */

/* Room for `more` layers. */
static wg_status reserve(wgi_arch *a, size_t more, wg_error *e) {
    size_t want = a->n + more, room = 2 * want + 8;
    if (want <= a->room) return WG_OK;
    wgi_layer *layers =
        wgi_grow(a->layers, a->n * sizeof *a->layers, room * sizeof *a->layers);
    if (!layers) return wgi_error_to(e, WG_ERR_MEMORY, "arch: no memory");
    a->layers = layers;
    a->room = room;
    return WG_OK;
}

/* Appends `count - 1` copies of the layers from `first` on; count 0 takes them away. */
static wg_status repeat(parser *p, size_t first, size_t count, size_t column) {
    wgi_arch *a = p->arch;
    size_t n = a->n - first;
    if (count == 0) a->n = first;
    if (count <= 1) return WG_OK;
    if (first + n * count > MAX_LAYERS)
        return fail(p, WG_ERR_RANGE, column, "more than 1024 layers");
    wg_status s = reserve(a, n * (count - 1), p->error);
    if (s != WG_OK) return s;
    for (; count > 1; --count) {
        memcpy(a->layers + a->n, a->layers + first, n * sizeof *a->layers);
        a->n += n;
    }
    return WG_OK;
}

/* ---- characters and numbers ----------------------------------------------------------------- */

static void skip_spaces(parser *p) {
    while (p->text[p->at] == ' ' || p->text[p->at] == '\t') ++p->at;
}

static int is_digit(char c) { return c >= '0' && c <= '9'; }

/* Digits, for a real number with a point among them; 0 where there are none. */
static int read_number(parser *p, int real, double *value) {
    double v = 0, unit = 1;
    size_t from = p->at, digits = 0;
    for (; is_digit(p->text[p->at]); ++p->at, ++digits) v = 10 * v + (p->text[p->at] - '0');
    if (real && p->text[p->at] == '.')
        for (++p->at; is_digit(p->text[p->at]); ++p->at, ++digits)
            v = 10 * v + (p->text[p->at] - '0'), unit *= 10;
    if (!digits) p->at = from;
    *value = v / unit;
    return digits > 0;
}

/* ---- a layer -------------------------------------------------------------------------------- */

static wg_status unknown_layer(const parser *p, size_t from, size_t n) {
    char message[160];
    size_t used = (size_t)snprintf(message, sizeof message, "no layer %.*s; there is",
                                   n < 16 ? (int)n : 16, p->text + from);
    for (size_t i = 0; wgi_layer_kinds[i] && used < sizeof message; ++i)
        used += (size_t)snprintf(message + used, sizeof message - used, "%s %s", i ? "," : "",
                                 wgi_layer_kinds[i]->token);
    return fail(p, WG_ERR_NAME, from, message);
}

static wg_status read_field(parser *p, wgi_layer *l, const wgi_layer_field *f) {
    char message[128];
    double value;
    size_t from = p->at;
    if (f->key && p->text[p->at] == f->key) from = ++p->at;
    else if (f->key) goto absent;
    if (!read_number(p, f->real, &value)) goto absent;
    if (value < f->lo || value > f->hi) {
        snprintf(message, sizeof message, "the %s must be %g to %g", f->what, f->lo, f->hi);
        return fail(p, WG_ERR_RANGE, from, message);
    }
    if (f->real) memcpy((char *)l + f->offset, &value, sizeof value);
    else memcpy((char *)l + f->offset, &(int64_t){(int64_t)value}, sizeof(int64_t));
    return WG_OK;
absent:
    if (!f->required && from == p->at && !(f->key && from > 0 && p->text[from - 1] == f->key))
        return WG_OK;
    snprintf(message, sizeof message, "the %s of %s", f->what, l->kind->form);
    return expected(p, message);
}

static wg_status read_layer(parser *p) {
    wgi_layer l;
    size_t n = 0, from = p->at;
    memset(&l, 0, sizeof l);
    l.size = l.units = l.stride = l.pad = l.bias = -1;
    while (p->text[from + n] >= 'A' && p->text[from + n] <= 'Z') ++n;
    if (n == 0) return expected(p, "a layer such as CONV3x32, or ( or [");
    for (size_t i = 0; wgi_layer_kinds[i]; ++i)
        if (strncmp(wgi_layer_kinds[i]->token, p->text + from, n) == 0 &&
            wgi_layer_kinds[i]->token[n] == '\0')
            l.kind = wgi_layer_kinds[i];
    if (!l.kind) return unknown_layer(p, from, n);
    l.column = from;
    l.real = l.kind->real;
    p->at += n;
    for (const wgi_layer_field *f = l.kind->fields; f && f->what; ++f) {
        wg_status s = read_field(p, &l, f);
        if (s != WG_OK) return s;
    }
    l.length = p->at - from;
    if (p->arch->n == MAX_LAYERS) return fail(p, WG_ERR_RANGE, from, "more than 1024 layers");
    wg_status s = reserve(p->arch, 1, p->error);
    if (s == WG_OK) p->arch->layers[p->arch->n++] = l;
    return s;
}

/* ---- groups --------------------------------------------------------------------------------- */

static wg_status open(parser *p) {
    if (p->depth == MAX_DEPTH)
        return fail(p, WG_ERR_RANGE, p->at, "more than 16 groups within each other");
    open_group g = {p->text[p->at] == '(' ? ')' : ']', p->at, p->arch->n};
    p->group[p->depth++] = g;
    ++p->at;
    return WG_OK;
}

static wg_status close(parser *p) {
    char message[64];
    double count = 1;
    if (p->depth == 0) return expected(p, "'-' or the end");
    open_group g = p->group[--p->depth];
    if (p->text[p->at] != g.closing) {
        snprintf(message, sizeof message, "'%c' for column %zu", g.closing, g.column + 1);
        return expected(p, message);
    }
    ++p->at;
    skip_spaces(p);
    if (p->text[p->at] != '*') return WG_OK;
    ++p->at;
    skip_spaces(p);
    size_t column = p->at;
    if (!read_number(p, 0, &count)) return expected(p, "how often the group comes");
    if (count > MAX_REPEAT) return fail(p, WG_ERR_RANGE, column, "a group comes 0 to 1024 times");
    return repeat(p, g.first, (size_t)count, column);
}

/* Brackets, then one layer, then closing brackets: up to the next '-' or the end. */
static wg_status read_item(parser *p) {
    wg_status s = WG_OK;
    for (skip_spaces(p); s == WG_OK && (p->text[p->at] == '(' || p->text[p->at] == '[');
         skip_spaces(p))
        s = open(p);
    if (s == WG_OK) s = read_layer(p);
    for (skip_spaces(p); s == WG_OK && (p->text[p->at] == ')' || p->text[p->at] == ']');
         skip_spaces(p))
        s = close(p);
    return s;
}

wg_status wgi_arch_parse(wgi_arch *arch, const char *text, wg_error *error) {
    parser p = {.text = text, .arch = arch, .error = error};
    skip_spaces(&p);
    if (!text[p.at]) return WG_OK;
    for (;;) {
        wg_status s = read_item(&p);
        if (s != WG_OK) return s;
        if (text[p.at] != '-') break;
        ++p.at;
    }
    if (p.depth > 0) {
        char message[64];
        const open_group *g = &p.group[p.depth - 1];
        snprintf(message, sizeof message, "'-' or '%c' for column %zu", g->closing, g->column + 1);
        return expected(&p, message);
    }
    return text[p.at] ? expected(&p, "'-' or the end") : WG_OK;
}
