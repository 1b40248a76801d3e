/* shape_text.c: see shape_text.h.
 *
 * The brackets are matched from the left, one item after the other; a list of axes is tried with
 * each length that is left.  Letters and lists are bound where they are first met.  Expressions
 * are put off until all letters are known. */
#include "tests/ops/shape_terms.h"

#include <ctype.h>
#include <string.h>

enum { GROUPS = SHAPE_TEXT_OPERANDS + 1, ITEMS = 10 };

typedef struct group {
    span item[ITEMS];
    int n, may_lack;
} group;

/* ---- lists of axes -------------------------------------------------------------------------- */

static int equal(const wg_shape *a, const wg_shape *b) {
    return a->rank == b->rank && memcmp(a->dim, b->dim, (size_t)a->rank * sizeof *a->dim) == 0;
}

/* What a and b broadcast to, into a; 0 if they do not. */
static int broadcast(wg_shape *a, const wg_shape *b) {
    wg_shape y = a->rank >= b->rank ? *a : *b;
    for (int i = 1; i <= y.rank; ++i) {
        int64_t p = i <= a->rank ? a->dim[a->rank - i] : 1;
        int64_t q = i <= b->rank ? b->dim[b->rank - i] : 1;
        if (p != q && p != 1 && q != 1) return 0;
        y.dim[y.rank - i] = p == 1 ? q : p;
    }
    *a = y;
    return 1;
}

static wg_shape *list_named(state *s, span name) {
    for (int i = 0; i < s->lists; ++i)
        if (same(name, s->list[i].name)) return &s->list[i].value;
    return NULL;
}

static int bind_list(state *s, span name, const wg_shape *value, int broadcasts) {
    wg_shape *known = list_named(s, name);
    int is_result = s->operand == (int)s->call->n;
    if (known) return broadcasts && !is_result ? broadcast(known, value) : equal(known, value);
    if (s->lists == LISTS || name.n >= NAME_BYTES) return 0;
    memset(s->list[s->lists].name, 0, NAME_BYTES);
    memcpy(s->list[s->lists].name, name.at, name.n);
    s->list[s->lists++].value = *value;
    return 1;
}

/* Axis of so many as a bit; a spoilt text may have fewer than the sample. */
static unsigned axis_bit(int axis, int rank) {
    int at = wg_axis(axis, rank);
    return at < 0 ? 0 : 1u << at;
}

/* The axes that an attribute names, as bits; an empty list means all. */
static unsigned axes_of(const void *field, wg_attr_kind kind, int rank) {
    unsigned mask = 0;
    if (kind == WG_ATTR_AXIS) return axis_bit(*(const int *)field, rank);
    const wg_axes *axes = field;
    for (int i = 0; i < axes->n; ++i) mask |= axis_bit(axes->axis[i], rank);
    return axes->n ? mask : (1u << rank) - 1;
}

static wg_shape at_axes(const state *s, const wg_shape *d, unsigned mask, int inside) {
    wg_shape y = {0, {0}};
    wg_attr_kind kind;
    const int *keep = attribute(s, (span){"keepdims", 8}, &kind);
    for (int i = 0; i < d->rank; ++i) {
        int named = mask >> i & 1;
        if (named == inside) y.dim[y.rank++] = d->dim[i];
        else if (!inside && keep && *keep) y.dim[y.rank++] = 1;
    }
    return y;
}

/* d * b, aligned at the end; d + b, where b has d's rank or none. */
static int combine(wg_shape *d, const wg_shape *b, char sign) {
    wg_shape y = d->rank >= b->rank ? *d : *b;
    if (sign == '+' && b->rank != 0 && b->rank != d->rank) return 0;
    for (int i = 1; i <= y.rank; ++i) {
        int64_t p = i <= d->rank ? d->dim[d->rank - i] : 1;
        if (sign == '*') y.dim[y.rank - i] = p * (i <= b->rank ? b->dim[b->rank - i] : 1);
        else y.dim[y.rank - i] = p + (i <= b->rank ? b->dim[b->rank - i] : 0);
    }
    *d = y;
    return 1;
}

static int permuted(const wg_shape *a, const wg_shape *b) {
    unsigned used = 0;
    for (int i = 0; i < a->rank; ++i)
        for (int j = 0; j < b->rank; ++j)
            if (!(used >> j & 1) && a->dim[i] == b->dim[j]) {
                used |= 1u << j;
                break;
            }
    return a->rank == b->rank && used == (1u << b->rank) - 1;
}

static int subsequence(const wg_shape *part, const wg_shape *of) {
    int k = 0;
    for (int i = 0; i < of->rank && k < part->rank; ++i) k += part->dim[k] == of->dim[i];
    return k == part->rank;
}

/* "d... - axis", "d... at axis", "d... + before + after", ...: whether it is `value`. */
static int derived(state *s, span name, span rest, const wg_shape *value) {
    const wg_shape *bound = list_named(s, name);
    if (!bound) return 0;
    wg_shape d = *bound;
    if (same(rest, "permuted")) return permuted(&d, value);
    if (find(rest, "without").at == rest.at) return subsequence(value, &d);
    while (rest.n) {
        int at = rest.n > 3 && memcmp(rest.at, "at ", 3) == 0;
        char sign = at ? '@' : *rest.at;
        rest = trim((span){rest.at + (at ? 3 : 1), rest.n - (at ? 3 : 1)});
        span word = {rest.at, name_length(rest.at, rest.n)};
        wg_attr_kind kind;
        const void *field = attribute(s, word, &kind);
        if (!field) return -1;
        rest = trim((span){rest.at + word.n, rest.n - word.n});
        if (sign == '-' || at) d = at_axes(s, &d, axes_of(field, kind, d.rank), at);
        else if (kind != WG_ATTR_SHAPE || !combine(&d, field, sign)) return 0;
    }
    return equal(&d, value);
}

/* ---- brackets ------------------------------------------------------------------------------- */

static int match_list(state *s, span item, int unnamed, const wg_shape *value) {
    char ordinal[2] = {(char)('1' + unnamed), '\0'};
    span dots = find(item, "..."), name = {item.at, (size_t)(dots.at - item.at)};
    span rest = trim((span){dots.at + 3, item.n - name.n - 3});
    wg_attr_kind kind;
    if (name.n == 0) return bind_list(s, (span){ordinal, 1}, value, 1);
    if (rest.n) return derived(s, name, rest, value);
    const wg_shape *given = attribute(s, name, &kind);
    if (!given || kind != WG_ATTR_SHAPE) return bind_list(s, name, value, 0);
    if (given->rank != value->rank) return 0;
    for (int i = 0; i < given->rank; ++i)
        if (given->dim[i] != -1 && given->dim[i] != value->dim[i]) return 0;
    return 1;
}

static int match_groups(const state *s, const group *g, int n, int k);

/* An extent that is a letter, or one plus a number, binds it; other expressions are put off. */
static int match_extent(state *s, span item, int64_t value) {
    wg_attr_kind kind;
    span plus = find(item, " + "), name = item;
    if (plus.at) name.n = (size_t)(plus.at - item.at);
    if (is_name(name) && !attribute(s, name, &kind) && !same(name, "operands")) {
        if (!plus.at) return bind(s, name, value);
        if (item.n == name.n + 4 && isdigit((unsigned char)plus.at[3]))
            return bind(s, name, value - (plus.at[3] - '0'));
    }
    if (s->laters == LATER) return -1;
    s->later[s->laters].text = item;
    s->later[s->laters].operand = s->operand;
    s->later[s->laters++].value = value;
    return 1;
}

/* Item i and what follows, from axis `at` of shape on. */
static int match_items(const state *before, const group *g, int n, int k, int i, int at,
                       const wg_shape *shape) {
    if (i == g[k].n) return at == shape->rank ? match_groups(before, g, n, k + 1) : 0;
    span item = g[k].item[i];
    state s = *before;
    if (find(item, "...").at) {
        int unnamed = 0, fits = 0;
        for (int j = 0; j < i; ++j) unnamed += same(g[k].item[j], "...");
        for (int length = shape->rank - at; length >= 0 && fits == 0; --length) {
            wg_shape value = {length, {0}};
            memcpy(value.dim, shape->dim + at, (size_t)length * sizeof *value.dim);
            s = *before;
            fits = match_list(&s, item, unnamed, &value);
            if (fits == 1) fits = match_items(&s, g, n, k, i + 1, at + length, shape);
        }
        return fits;
    }
    if (at == shape->rank) return 0;
    int fits = match_extent(&s, item, shape->dim[at]);
    if (fits != 1) return fits;
    return match_items(&s, g, n, k, i + 1, at + 1, shape);
}

static int match_groups(const state *before, const group *g, int n, int k) {
    state s = *before;
    s.operand = k;
    if (k == n) {
        int fits = define(&s);
        for (int i = 0; i < s.laters && fits == 1; ++i)
            fits = has_value(&s, s.later[i].text, s.later[i].operand, s.later[i].value);
        return fits;
    }
    const wg_shape *shape = k == n - 1 ? &s.call->y : &s.call->x[k];
    if (shape->rank < 0) return g[k].may_lack ? match_groups(&s, g, n, k + 1) : 0;
    return match_items(&s, g, n, k, 0, 0, shape);
}

/* ---- reading -------------------------------------------------------------------------------- */

/* Up to the bracket that closes the one at s.at[0]; 0 if none does. */
static size_t bracket_length(span s) {
    int depth = 0;
    for (size_t i = 0; i < s.n; ++i) {
        depth += s.at[i] == '(' ? 1 : s.at[i] == ')' ? -1 : 0;
        if (depth == 0) return i + 1;
    }
    return 0;
}

/* The items between brackets: "a, (n + 1) m". */
static int read_items(span s, group *g) {
    memset(g, 0, sizeof *g);
    for (size_t i = 0, from = 0, depth = 0; i <= s.n; ++i) {
        if (i < s.n && s.at[i] == '(') ++depth;
        if (i < s.n && s.at[i] == ')') --depth;
        if (i < s.n && (s.at[i] != ',' || depth)) continue;
        span item = trim((span){s.at + from, i - from});
        from = i + 1;
        if (item.n == 0) return g->n == 0 && i == s.n;
        if (g->n == ITEMS) return 0;
        g->item[g->n++] = item;
    }
    return 1;
}

/* "(..) (..)? ..." into g; a repeated one as often as makes `operands`.  How many, or -1. */
static int read_groups(span s, int operands, group *g) {
    int n = 0;
    for (s = trim(s); s.n; s = trim(s)) {
        size_t length = *s.at == '(' ? bracket_length(s) : 0;
        if (length == 0 || n == GROUPS) return -1;
        if (!read_items((span){s.at + 1, length - 2}, &g[n])) return -1;
        s = (span){s.at + length, s.n - length};
        if (s.n && *s.at == '?') g[n].may_lack = 1, ++s.at, --s.n;
        ++n;
        span dots = trim(s);
        if (dots.n < 3 || memcmp(dots.at, "...", 3) != 0) continue;
        for (; n < operands && n < GROUPS; ++n) g[n] = g[n - 1];
        s = (span){dots.at + 3, dots.n - 3};
    }
    return n;
}

/* One alternative: operands, and the result. */
static int alternative_fits(span operands, span result, span definitions, const shape_call *call) {
    group g[GROUPS + 1];
    state s;
    memset(&s, 0, sizeof s);
    s.call = call;
    s.definitions = definitions;
    int n = read_groups(operands, (int)call->n, g);
    if (n < 0 || n > SHAPE_TEXT_OPERANDS) return -1;
    if (read_groups(result, 1, &g[n]) != 1) return -1;
    return n == (int)call->n ? match_groups(&s, g, n + 1, 0) : 0;
}

int shape_text_fits(const char *text, const shape_call *call) {
    span s = {text, strlen(text)}, operands = {NULL, 0}, semicolon = find(s, ";");
    span definitions = {text, 0};
    int fits = 0;
    if (semicolon.at) {
        definitions = trim((span){semicolon.at + 1, s.n - (size_t)(semicolon.at + 1 - s.at)});
        s.n = (size_t)(semicolon.at - s.at);
    }
    while (s.n && fits == 0) {
        span or = find(s, " or "), one = {s.at, or.at ? (size_t)(or.at - s.at) : s.n};
        span arrow = find(one, "->"), result = one;
        s = or.at ? (span){or.at + 4, s.n - one.n - 4} : (span){s.at, 0};
        if (arrow.at) {
            operands = (span){one.at, (size_t)(arrow.at - one.at)};
            result = (span){arrow.at + 2, one.n - operands.n - 2};
        }
        fits = operands.at ? alternative_fits(operands, result, definitions, call) : -1;
    }
    return fits;
}

/* ---- spoiling ------------------------------------------------------------------------------- */

/* 1 if the name is a letter that stands nowhere else in the brackets and has no definition. */
static int is_single(const char *text, span name, const wg_gate *gate) {
    int n = 0;
    if (same(name, "floor") || same(name, "sum") || same(name, "operands")) return 0;
    for (const wg_attr *a = gate->attrs; a && a->name; ++a)
        if (same(name, a->name)) return 0;
    for (const char *at = text, *end = strchr(text, ';'); *at;) {
        size_t length = name_length(at, strlen(at));
        if (length == name.n && memcmp(at, name.at, length) == 0)
            n += !end || at < end || at[length + 1] == '=';
        at += length ? length : 1;
    }
    return n == 1;
}

/* 1 if the item may have any value, because of a letter in it. */
static int is_free(const char *text, span item, const wg_gate *gate) {
    for (size_t i = 0; i < item.n;) {
        size_t length = name_length(item.at + i, item.n - i);
        if (length && is_single(text, (span){item.at + i, length}, gate)) return 1;
        i += length ? length : 1;
    }
    return 0;
}

static void put(char *to, const char *text, span old, const char *before, const char *after) {
    size_t i = (size_t)(old.at - text);
    memcpy(to, text, i);
    to[i] = '\0';
    strcat(to, before);
    strncat(to, old.at, old.n);
    strcat(to, after);
    strcat(to, old.at + old.n);
}

int shape_text_spoil(const char *text, const wg_gate *gate, int k,
                     char spoilt[SHAPE_TEXT_BYTES]) {
    for (const char *at = text; *at && *at != ';'; ++at) {
        group g;
        if (*at != '(') continue;
        size_t length = bracket_length((span){at, strlen(at)});
        if (length == 0 || !read_items((span){at + 1, length - 2}, &g)) return 0;
        if (k-- == 0) { /* one axis more */
            put(spoilt, text, (span){at + length - 1, 0}, g.n ? ", 1" : "1", "");
            return 1;
        }
        for (int i = 0; i < g.n; ++i) {
            if (find(g.item[i], "...").at || k-- != 0) continue;
            int plain = is_name(g.item[i]);
            put(spoilt, text, g.item[i], plain ? "" : "(", plain ? " + 1" : ") + 1");
            return is_free(text, g.item[i], gate) ? 2 : 1;
        }
        at += length - 1;
    }
    return 0;
}
