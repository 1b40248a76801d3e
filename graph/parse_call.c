/* parse_call.c: calls: a gate found by its name, attributes read by its rows, operands counted. */
#include "graph/parse.h"

#include "autograd/tape.h"
#include "ops/registry.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- presets -------------------------------------------------------------------------------- */

/* What attribute values are read into before they become fields: one number, a list, or text. */
typedef struct numbers {
    double x[WG_MAX_RANK];
    int n, is_list;
    const char *text; /* n bytes of it */
} numbers;

static void *field_of(const wg_attr *row, void *attrs) { return (char *)attrs + row->offset; }

/* Writes numbers that were found to fit into the field. */
static void write_field(const wg_attr *row, void *attrs, const numbers *v) {
    void *field = field_of(row, attrs);
    double x = v->n > 0 ? v->x[0] : 0;
    wg_axes *axes = field;
    wg_shape *shape = field;
    switch (row->kind) {
    case WG_ATTR_REAL: *(double *)field = x; break;
    case WG_ATTR_INT: *(int64_t *)field = (int64_t)x; break;
    case WG_ATTR_BOOL:
    case WG_ATTR_AXIS:
    case WG_ATTR_WORD: *(int *)field = (int)x; break;
    case WG_ATTR_AXES:
        axes->n = v->n;
        for (int i = 0; i < v->n; ++i) axes->axis[i] = (int)v->x[i];
        break;
    case WG_ATTR_SHAPE:
        shape->rank = v->n;
        for (int i = 0; i < v->n; ++i) shape->dim[i] = (int64_t)v->x[i];
        break;
    case WG_ATTR_PAIR:
        for (int i = 0; i < 2; ++i) ((int64_t *)field)[i] = (int64_t)v->x[v->n > 1 ? i : 0];
        break;
    case WG_ATTR_TEXT:
        if (v->text) memcpy(field, v->text, (size_t)v->n);
        ((char *)field)[v->text ? v->n : 0] = '\0';
        break;
    }
}

/* A list that is not given is empty, or where its preset is not 0 one entry of that. */
static void write_preset(const wg_attr *row, void *attrs) {
    numbers v = {{row->preset}, 1, 0, NULL};
    if ((row->kind == WG_ATTR_AXES || row->kind == WG_ATTR_SHAPE) && row->preset == 0) v.n = 0;
    write_field(row, attrs, &v);
}

/* ---- reading attributes --------------------------------------------------------------------- */

static int read_list(wgi_lexer *lex, const wgi_pending *call, const wg_attr *row, numbers *v) {
    v->is_list = 1;
    wgi_lex_step(lex);
    for (v->n = 0; lex->kind != ']'; ++v->n) {
        if (v->n > 0 && lex->kind != ',') return wgi_lex_unexpected(lex, "\",\" or \"]\"");
        if (v->n > 0) wgi_lex_step(lex);
        if (v->n == WG_MAX_RANK)
            return wgi_lex_fail(lex, WG_ERR_SYNTAX, lex->at,
                                "%s: %s is a list of more than %d entries", call->gate->name,
                                row->name, WG_MAX_RANK);
        if (!wgi_lex_signed(lex, &v->x[v->n])) return 0;
    }
    wgi_lex_step(lex);
    return 1;
}

enum { WORDS_BYTES = 96 };

/* "mean, sum or none" */
static const char *say_words(const wg_attr *row, char *text) {
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; row->words && row->words[i] && used < WORDS_BYTES; ++i) {
        const char *before = i == 0 ? "" : row->words[i + 1] ? ", " : " or ";
        int n = snprintf(text + used, WORDS_BYTES - used, "%s%s", before, row->words[i]);
        used += n > 0 ? (size_t)n : 0;
    }
    return text;
}

static int read_word(wgi_lexer *lex, const wgi_pending *call, const wg_attr *row, numbers *v) {
    wgi_suggestion near = wgi_suggest(lex->at, lex->n);
    char hint[64], words[WORDS_BYTES];
    v->n = 1;
    for (int i = 0; row->words && row->words[i]; ++i) {
        size_t n = strlen(row->words[i]);
        wgi_suggest_from(&near, row->words[i], n);
        if (n != lex->n || memcmp(row->words[i], lex->at, n) != 0) continue;
        v->x[0] = i;
        wgi_lex_step(lex);
        return 1;
    }
    return wgi_lex_fail(lex, WG_ERR_RANGE, lex->at, "%s: %s is %s, not \"%.*s\"%s",
                        call->gate->name, row->name, say_words(row, words),
                        (int)(lex->n < 32 ? lex->n : 32), lex->at,
                        wgi_suggest_text(&near, hint, sizeof hint));
}

/* What stands where a value of another kind is wanted; a text that ends is told by its place. */
static int not_what(wgi_lexer *lex, const wgi_pending *call, const wg_attr *row, const char *want) {
    char words[WORDS_BYTES];
    if (!want) want = say_words(row, words);
    if (lex->kind == WGI_TOKEN_END || lex->kind == WGI_TOKEN_BAD)
        return wgi_lex_unexpected(lex, want);
    return wgi_lex_fail(lex, WG_ERR_SYNTAX, lex->at, "%s: %s is %s, not \"%.*s\"",
                        call->gate->name, row->name, want, (int)(lex->n < 24 ? lex->n : 24),
                        lex->at);
}

static int read_text(wgi_lexer *lex, const wgi_pending *call, const wg_attr *row, numbers *v) {
    if (lex->kind != WGI_TOKEN_STRING) return not_what(lex, call, row, "a \"string\"");
    if (lex->n >= WG_TEXT_MAX)
        return wgi_lex_fail(lex, WG_ERR_RANGE, lex->at, "%s: %s has at most %d bytes",
                            call->gate->name, row->name, WG_TEXT_MAX - 1);
    v->text = lex->at;
    v->n = (int)lex->n;
    wgi_lex_step(lex);
    return 1;
}

/* true and false, for attributes that are yes or no. */
static int read_truth(wgi_lexer *lex, numbers *v) {
    int yes = lex->n == 4 && memcmp(lex->at, "true", 4) == 0;
    if (!yes && !(lex->n == 5 && memcmp(lex->at, "false", 5) == 0)) return 0;
    v->n = 1;
    v->x[0] = yes;
    wgi_lex_step(lex);
    return 1;
}

/* The numbers must be as many and as whole as the kind wants them. */
static int check_numbers(wgi_lexer *lex, const char *at, const wgi_pending *call,
                         const wg_attr *row, const numbers *v) {
    int is_list = row->kind == WG_ATTR_AXES || row->kind == WG_ATTR_SHAPE;
    double most = row->kind == WG_ATTR_AXIS || row->kind == WG_ATTR_AXES ? 1e9 : 9e15;
    const char *gate = call->gate->name, *name = row->name;
    if (row->kind == WG_ATTR_PAIR && v->is_list && v->n != 2)
        return wgi_lex_fail(lex, WG_ERR_RANGE, at, "%s: %s is a number or two, not %d", gate, name,
                            v->n);
    if (v->is_list && !is_list && row->kind != WG_ATTR_PAIR)
        return wgi_lex_fail(lex, WG_ERR_RANGE, at, "%s: %s is one number, not a list", gate, name);
    for (int i = 0; i < v->n && row->kind != WG_ATTR_REAL; ++i) {
        if (row->kind == WG_ATTR_BOOL && v->x[i] != 0 && v->x[i] != 1)
            return wgi_lex_fail(lex, WG_ERR_RANGE, at, "%s: %s is 0 or 1, not %g", gate, name,
                                v->x[i]);
        if (!(fabs(v->x[i]) <= most) || floor(v->x[i]) != v->x[i])
            return wgi_lex_fail(lex, WG_ERR_RANGE, at, "%s: %s is a whole number, not %g", gate,
                                name, v->x[i]);
    }
    return 1;
}

static const char *number_wanted(wg_attr_kind kind) {
    return kind == WG_ATTR_AXES || kind == WG_ATTR_SHAPE ? "a list of numbers"
           : kind == WG_ATTR_BOOL                        ? "0 or 1"
                                                         : "a number";
}

static int begins_number(const wgi_lexer *lex) {
    double number;
    return lex->kind == WGI_TOKEN_NUMBER || lex->kind == '-' || lex->kind == '+' ||
           (lex->kind == WGI_TOKEN_NAME && wgi_constant(lex->at, lex->n, &number));
}

static int read_value(wgi_lexer *lex, const wgi_pending *call, const wg_attr *row, numbers *v) {
    const char *at = lex->at;
    int word = lex->kind == WGI_TOKEN_NAME || lex->kind == WGI_TOKEN_STRING;
    v->is_list = 0;
    v->text = NULL;
    if (row->kind == WG_ATTR_TEXT) return read_text(lex, call, row, v);
    if (row->kind == WG_ATTR_WORD)
        return word ? read_word(lex, call, row, v) : not_what(lex, call, row, NULL);
    if (row->kind == WG_ATTR_BOOL && word && read_truth(lex, v)) return 1;
    if (!begins_number(lex) && lex->kind != '[')
        return not_what(lex, call, row, number_wanted(row->kind));
    if (lex->kind == '[') {
        if (!read_list(lex, call, row, v)) return 0;
    } else {
        v->n = 1;
        if (!wgi_lex_signed(lex, &v->x[0])) return 0;
    }
    return check_numbers(lex, at, call, row, v);
}

/* The row of the attribute named at hand, -1 with the error set. */
static int find_row(wgi_lexer *lex, const wgi_pending *call) {
    const wg_attr *rows = call->gate->attrs;
    wgi_suggestion near = wgi_suggest(lex->at, lex->n);
    char hint[64];
    for (int i = 0; rows && rows[i].name; ++i) {
        size_t n = strlen(rows[i].name);
        if (n == lex->n && memcmp(rows[i].name, lex->at, n) == 0) return i;
        wgi_suggest_from(&near, rows[i].name, n);
    }
    wgi_lex_fail(lex, WG_ERR_NAME, lex->at, "%s has no attribute \"%.*s\"%s", call->gate->name,
                 (int)(lex->n < 32 ? lex->n : 32), lex->at,
                 wgi_suggest_text(&near, hint, sizeof hint));
    return -1;
}

int wgi_call_attribute(wgi_parser *p, wgi_pending *call) {
    wgi_lexer *lex = &p->lex;
    numbers v;
    int i = find_row(lex, call);
    if (i < 0) return 0;
    if (call->set >> i & 1)
        return wgi_lex_fail(lex, WG_ERR_NAME, lex->at, "%s: %s is given twice",
                            call->gate->name, call->gate->attrs[i].name);
    call->set |= UINT64_C(1) << i;
    wgi_lex_step(lex);
    wgi_lex_step(lex); /* the '=' */
    if (!read_value(lex, call, &call->gate->attrs[i], &v)) return 0;
    write_field(&call->gate->attrs[i], call->attrs, &v);
    return 1;
}

/* ---- opening -------------------------------------------------------------------------------- */

/* Reductions whose call with two operands means the elementwise gate. */
static const char *const pairs[][2] = {{"max", "maximum"}, {"min", "minimum"}};

static const wg_gate *pair_of(const char *name, size_t n) {
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; ++i)
        if (strlen(pairs[i][0]) == n && memcmp(pairs[i][0], name, n) == 0)
            return wgi_gate_find(pairs[i][1], strlen(pairs[i][1]));
    return NULL;
}

static int unknown_gate(wgi_parser *p) {
    wgi_lexer *lex = &p->lex;
    wgi_suggestion near = wgi_suggest(lex->at, lex->n);
    char hint[64];
    int n = lex->n < 40 ? (int)lex->n : 40;
    if (wgi_parse_given(p, lex->at, lex->n) < p->n || wgi_parse_local(p, lex->at, lex->n))
        return wgi_lex_fail(lex, WG_ERR_NAME, lex->at, "\"%.*s\" is a value, not a gate", n,
                            lex->at);
    for (size_t i = 0; wgi_gates[i]; ++i)
        wgi_suggest_from(&near, wgi_gates[i]->name, strlen(wgi_gates[i]->name));
    for (size_t i = 0; i < p->t->n_own; ++i) {
        const wgi_own_gate *own = p->t->own[i];
        if (own->named) wgi_suggest_from(&near, own->full.name, strlen(own->full.name));
    }
    return wgi_lex_fail(lex, WG_ERR_NAME, lex->at, "unknown gate \"%.*s\"%s", n, lex->at,
                        wgi_suggest_text(&near, hint, sizeof hint));
}

int wgi_call_open(wgi_parser *p) {
    const wg_gate *gate = wgi_gate_known(p->t, p->lex.at, p->lex.n);
    if (!gate) gate = pair_of(p->lex.at, p->lex.n);
    if (!gate) return unknown_gate(p);
    wgi_pending call = {'f', p->lex.at, gate, NULL, 0, p->n_operands};
    if (gate->attr_bytes) {
        call.attrs = wgi_alloc_zero(gate->attr_bytes);
        if (!call.attrs) return wgi_lex_fail(&p->lex, WG_ERR_MEMORY, p->lex.at, "no memory");
        for (int i = 0; gate->attrs && gate->attrs[i].name; ++i)
            write_preset(&gate->attrs[i], call.attrs);
    }
    wgi_lex_step(&p->lex);
    wgi_lex_step(&p->lex); /* the '(' */
    if (wgi_push_pending(p, &call)) return 1;
    wgi_free(call.attrs);
    return 0;
}

/* ---- closing -------------------------------------------------------------------------------- */

static int check_required(wgi_parser *p, const wgi_pending *call) {
    const wg_attr *rows = call->gate->attrs;
    for (int i = 0; rows && rows[i].name; ++i)
        if (rows[i].required && !(call->set >> i & 1))
            return wgi_lex_fail(&p->lex, WG_ERR_SYNTAX, call->at, "%s needs %s=%s%s",
                                call->gate->name, rows[i].name, rows[i].doc ? ", " : "",
                                rows[i].doc ? rows[i].doc : "");
    return 1;
}

/* How many operands the gate is given when n are written: those left out at its end are absent. */
static size_t with_absent(const wg_gate *gate, size_t n) {
    while (gate->arity > 0 && n < (size_t)gate->arity && gate->optional >> n & 1) ++n;
    return n;
}

/* Operand i of the call, a value in the way that the gate takes it. */
static int settle_for(wgi_parser *p, const wg_gate *gate, size_t i, wgi_operand *x) {
    int use = wgi_operand_is_value(gate, i) ? WGI_USED_AS_VALUE : WGI_USED_AS_INDEX;
    return wgi_operand_settle(p, x, use);
}

static int apply(wgi_parser *p, const wgi_pending *call, const wg_gate *gate, wg_var *y) {
    size_t written = p->n_operands - call->base, n = with_absent(gate, written);
    wg_var few[8], *x = few;
    int ok = 1;
    if (n > 8) x = wgi_alloc(n * sizeof *x);
    if (!x) return wgi_lex_fail(&p->lex, WG_ERR_MEMORY, call->at, "no memory");
    for (size_t i = 0; i < n && ok; ++i) {
        x[i] = WG_NONE;
        if (i >= written) continue;
        ok = settle_for(p, gate, i, &p->operands[call->base + i]);
        x[i] = p->operands[call->base + i].v;
    }
    const void *attrs = gate->attr_bytes ? call->attrs : NULL;
    if (ok) ok = wgi_parse_record(p, gate, n, x, attrs, call->at, y);
    if (x != few) wgi_free(x);
    return ok;
}

int wgi_call_close(wgi_parser *p) {
    wgi_pending *call = &p->pending[p->n_pending - 1];
    const wg_gate *gate = call->gate, *pair = pair_of(gate->name, strlen(gate->name));
    wgi_operand y = {WGI_OPERAND_VAR, WG_NONE, 0, 0, call->at};
    if (pair && p->n_operands - call->base == 2 && !call->set) gate = pair;
    if (!check_required(p, call) || !apply(p, call, gate, &y.v)) return 0;
    p->n_operands = call->base;
    p->n_pending -= 1;
    wgi_free(call->attrs);
    return wgi_push_operand(p, &y);
}
