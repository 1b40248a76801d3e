/* gate_check.c: what a descriptor must be, so that a mistake in one is told where the gate is added
 * and not met later as a wrong number or a crash. */
#include "autograd/tape.h"

#include <math.h>
#include <stdalign.h>
#include <string.h>

enum { MOST_OPERANDS = sizeof((wg_gate *)NULL)->operands / sizeof(char *), MOST_ROWS = 64 };
enum { LONGEST_NAME = 63 };

static int is_identifier_of(const char *text, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        char c = text[i];
        int letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(i > 0 && c >= '0' && c <= '9')) return 0;
    }
    return n > 0;
}

static int is_identifier(const char *text) {
    return is_identifier_of(text, strlen(text)) && strlen(text) <= LONGEST_NAME;
}

static wg_status bad(wg_tape *t, const wg_gate *g, wg_status status, const char *text) {
    return wgi_error(t, status, "gate %s: %s", g->name, text);
}

/* ---- names and operands --------------------------------------------------------------------- */

static wg_status check_name(wg_tape *t, const wg_gate *g) {
    if (!g->name) return wgi_error(t, WG_ERR_NAME, "a gate needs a name");
    if (is_identifier(g->name)) return WG_OK;
    return wgi_error(t, WG_ERR_NAME,
                     "\"%.80s\" is no name for a gate: a letter or _, then letters, digits and _, "
                     "at most %d", g->name, (int)LONGEST_NAME);
}

static wg_status check_operand_names(wg_tape *t, const wg_gate *g) {
    int named = g->arity < 0 ? 1 : g->arity;
    for (int i = 0; i < (int)MOST_OPERANDS; ++i) {
        const char *x = g->operands[i];
        if (i >= named && x)
            return wgi_error(t, WG_ERR_RANGE,
                             "gate %s: operand %d, %.40s, is named; the arity is %d", g->name, i, x,
                             g->arity);
        if (i >= named) continue;
        if (!x) return wgi_error(t, WG_ERR_NAME, "gate %s: operand %d has no name", g->name, i);
        if (!is_identifier(x))
            return wgi_error(t, WG_ERR_NAME, "gate %s: \"%.40s\" is no name for operand %d",
                             g->name, x, i);
        for (int k = 0; k < i; ++k)
            if (strcmp(g->operands[k], x) == 0)
                return wgi_error(t, WG_ERR_NAME, "gate %s: operands %d and %d are both named %.40s",
                                 g->name, k, i, x);
    }
    return WG_OK;
}

static wg_status check_operands(wg_tape *t, const wg_gate *g) {
    if (g->arity == 0 || g->arity < -1 || g->arity > (int)MOST_OPERANDS)
        return wgi_error(t, WG_ERR_RANGE, "gate %s: arity %d; it is 1 to %d, or -1 for any number",
                         g->name, g->arity, (int)MOST_OPERANDS);
    unsigned beyond = ~0u << (g->arity < 0 ? 1 : g->arity);
    if ((g->optional | g->indices | g->masks) & beyond)
        return bad(t, g, WG_ERR_RANGE,
                   "optional, indices or masks name an operand beyond its arity");
    if (g->arity < 0 && g->optional)
        return bad(t, g, WG_ERR_VALUE, "it takes any number of operands: none is optional");
    if (g->optional & 1u) return bad(t, g, WG_ERR_VALUE, "its first operand cannot be optional");
    if (g->indices & g->masks)
        return bad(t, g, WG_ERR_VALUE, "an operand is either of indices or a mask");
    return check_operand_names(t, g);
}

/* ---- attributes ----------------------------------------------------------------------------- */

static int row_size(wg_attr_kind kind, size_t *size, size_t *align) {
    static const struct {
        size_t size, align;
    } of[] = {[WG_ATTR_INT] = {sizeof(int64_t), alignof(int64_t)},
              [WG_ATTR_REAL] = {sizeof(double), alignof(double)},
              [WG_ATTR_BOOL] = {sizeof(int), alignof(int)},
              [WG_ATTR_AXIS] = {sizeof(int), alignof(int)},
              [WG_ATTR_AXES] = {sizeof(wg_axes), alignof(wg_axes)},
              [WG_ATTR_SHAPE] = {sizeof(wg_shape), alignof(wg_shape)},
              [WG_ATTR_PAIR] = {2 * sizeof(int64_t), alignof(int64_t)},
              [WG_ATTR_WORD] = {sizeof(int), alignof(int)},
              [WG_ATTR_TEXT] = {WG_TEXT_MAX, 1}};
    if ((size_t)kind >= sizeof of / sizeof *of) return 0;
    *size = of[kind].size;
    *align = of[kind].align;
    return 1;
}

/* A preset must be a value of its row: 0 or 1, one of the words, a whole number. */
static int preset_fits(const wg_attr *a) {
    int words = 0;
    while (a->words && a->words[words]) ++words;
    switch (a->kind) {
    case WG_ATTR_REAL: return 1;
    case WG_ATTR_BOOL: return a->preset == 0 || a->preset == 1;
    case WG_ATTR_WORD:
        return words > 0 && a->preset >= 0 && a->preset < words && floor(a->preset) == a->preset;
    case WG_ATTR_TEXT: return a->preset == 0;
    case WG_ATTR_AXIS:
    case WG_ATTR_AXES: return fabs(a->preset) <= 1e9 && floor(a->preset) == a->preset;
    case WG_ATTR_INT:
    case WG_ATTR_SHAPE:
    case WG_ATTR_PAIR: break;
    }
    return fabs(a->preset) <= 0x1p53 && floor(a->preset) == a->preset;
}

static wg_status check_row(wg_tape *t, const wg_gate *g, const wg_attr *a) {
    size_t size = 0, align = 1, first = g->flags & WG_GATE_RANDOM ? sizeof(wg_random) : 0;
    if (!is_identifier(a->name))
        return wgi_error(t, WG_ERR_NAME, "gate %s: \"%.40s\" is no name for an attribute", g->name,
                         a->name);
    for (const wg_attr *b = g->attrs; b < a; ++b)
        if (strcmp(a->name, b->name) == 0)
            return wgi_error(t, WG_ERR_NAME, "gate %s: two attributes are named %s", g->name,
                             a->name);
    if (!row_size(a->kind, &size, &align))
        return wgi_error(t, WG_ERR_VALUE, "gate %s: attribute %s is of no known kind (%d)", g->name,
                         a->name, (int)a->kind);
    if (a->offset < first || a->offset > g->attr_bytes || size > g->attr_bytes - a->offset)
        return wgi_error(t, WG_ERR_RANGE,
                         "gate %s: attribute %s, %zu bytes from %zu on, lies outside the struct "
                         "(attr_bytes is %zu%s)", g->name, a->name, size, a->offset, g->attr_bytes,
                         first ? ", wg_random first" : "");
    if (a->offset % align)
        return wgi_error(t, WG_ERR_VALUE, "gate %s: attribute %s at byte %zu is not aligned",
                         g->name, a->name, a->offset);
    if (!preset_fits(a))
        return wgi_error(t, WG_ERR_VALUE,
                         "gate %s: the preset of attribute %s, %g, is no value of it", g->name,
                         a->name, a->preset);
    return WG_OK;
}

static wg_status check_attributes(wg_tape *t, const wg_gate *g) {
    wg_status s = WG_OK;
    if (g->flags & WG_GATE_RANDOM && g->attr_bytes < sizeof(wg_random))
        return bad(t, g, WG_ERR_VALUE, "it is random: its attributes begin with a wg_random");
    for (int i = 0; g->attrs && g->attrs[i].name && s == WG_OK; ++i)
        s = i < MOST_ROWS ? check_row(t, g, &g->attrs[i])
                          : bad(t, g, WG_ERR_RANGE, "it has more than 64 attributes");
    return s;
}

/* ---- what it does --------------------------------------------------------------------------- */

static int has_forward(const wg_gate *g) {
    return g->forward[WG_F32] || g->forward[WG_F64] || g->forward[WG_I64] || g->forward[WG_BOOL];
}

static wg_status check_composition(wg_tape *t, const wg_gate *g) {
    if (has_forward(g) || g->view || g->elementwise || g->rule || g->backward || g->tangent ||
        g->signature || g->direct)
        return bad(t, g, WG_ERR_VALUE,
                   "a composition has no forward, view, rule, backward, direct, tangent or "
                   "signature");
    return WG_OK;
}

/* The rows of an elementwise gate: for each float type that has a forward, a pull an operand. */
static wg_status check_elementwise(wg_tape *t, const wg_gate *g) {
    const wg_elementwise *e = g->elementwise;
    if (has_forward(g) || g->view || g->backward || g->direct)
        return bad(t, g, WG_ERR_VALUE,
                   "an elementwise gate has no forward, view, backward or direct");
    if (g->arity < 1 || g->arity > 3)
        return wgi_error(t, WG_ERR_RANGE, "gate %s: arity %d; an elementwise gate has 1 to 3",
                         g->name, g->arity);
    if (g->flags & WG_GATE_PASSES && (g->flags & WG_GATE_FLAT || !g->rule))
        return bad(t, g, WG_ERR_VALUE, "it is WG_GATE_PASSES and has no rule");
    if (!e->scalar || !(e->forward[WG_F32] || e->forward[WG_F64]))
        return bad(t, g, WG_ERR_VALUE, "its elementwise part lacks scalar or forward");
    for (int d = 0; d < 2; ++d)
        for (int k = 0; k < g->arity && !(g->flags & WG_GATE_FLAT); ++k)
            if (e->forward[d] && !e->pull[d][k])
                return wgi_error(t, WG_ERR_VALUE, "gate %s: no pull to operand %d for %s", g->name,
                                 k, wg_dtype_name((wg_dtype)d));
    return WG_OK;
}

static wg_status check_derivative(wg_tape *t, const wg_gate *g) {
    int flat = (g->flags & WG_GATE_FLAT) != 0, kinked = (g->flags & WG_GATE_KINKED) != 0;
    int tells = g->signature || (g->elementwise && g->elementwise->branch);
    if (flat && (g->rule || g->backward || g->tangent || g->direct))
        return bad(t, g, WG_ERR_VALUE, "it is WG_GATE_FLAT and has a derivative");
    if (!flat && !g->rule && !g->backward)
        return bad(t, g, WG_ERR_VALUE,
                   "it has no rule and no backward; WG_GATE_FLAT if its derivative is zero");
    if (kinked && !tells)
        return bad(t, g, WG_ERR_VALUE, "it is WG_GATE_KINKED and has no signature");
    if (!kinked && !flat && tells)
        return bad(t, g, WG_ERR_VALUE, "it has a signature and is not WG_GATE_KINKED");
    return WG_OK;
}

wg_status wgi_check_gate(wg_tape *t, const wg_gate *g) {
    unsigned known = WG_GATE_STRIDED | WG_GATE_FLAT | WG_GATE_KINKED | WG_GATE_LINEAR |
                     WG_GATE_RANDOM | WG_GATE_PASSES;
    wg_status s = check_name(t, g);
    if (s == WG_OK) s = check_operands(t, g);
    if (s == WG_OK && g->flags & ~known)
        s = wgi_error(t, WG_ERR_RANGE, "gate %s: the flags 0x%x are not those of a gate", g->name,
                      g->flags);
    if (s == WG_OK) s = check_attributes(t, g);
    if (s != WG_OK) return s;
    if (g->compose) return check_composition(t, g);
    if (g->flags & WG_GATE_PASSES && !g->elementwise)
        return bad(t, g, WG_ERR_VALUE, "it is WG_GATE_PASSES and not elementwise");
    if (g->elementwise) s = check_elementwise(t, g);
    else if (!has_forward(g) && !g->view)
        s = bad(t, g, WG_ERR_VALUE, "it has no forward, view or compose");
    return s == WG_OK ? check_derivative(t, g) : s;
}
