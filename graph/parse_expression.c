/* parse_expression.c: one expression, by operator precedence.
 *
 * Two stacks: operands that were read, and what waits for its right end (operators, brackets,
 * calls).  An operator first settles those that bind more tightly on its left.  Every gate is
 * recorded the moment its operands are complete, so the tape shows the order of evaluation. */
#include "graph/parse.h"

#include "autograd/tape.h"
#include "ops/registry.h"

#include <string.h>

/* ---- operators ------------------------------------------------------------------------------ */

typedef struct operator {
    char sign; /* 'n': negation */
    int binds; /* more tightly when higher */
    int right; /* a ^ b ^ c is a ^ (b ^ c) */
    const char *gate;
} operator;

static const operator operators[] = {
    {'+', 1, 0, "add"},    {'-', 1, 0, "sub"}, {'*', 2, 0, "mul"}, {'/', 2, 0, "div"},
    {'@', 2, 0, "matmul"}, {'n', 3, 1, "neg"}, {'^', 4, 1, "pow"},
};

static const operator *find_operator(int sign) {
    for (size_t i = 0; i < sizeof operators / sizeof *operators; ++i)
        if (operators[i].sign == sign) return &operators[i];
    return NULL;
}

/* ---- the stacks ----------------------------------------------------------------------------- */

int wgi_parse_no_memory(wgi_parser *p) {
    return wgi_lex_fail(&p->lex, WG_ERR_MEMORY, p->lex.at, "no memory for the expression");
}

int wgi_push_operand(wgi_parser *p, const wgi_operand *x) {
    wgi_operand *room = wgi_room_for(p->operands, sizeof *x, p->n_operands, &p->max_operands);
    if (!room) return wgi_parse_no_memory(p);
    p->operands = room;
    room[p->n_operands++] = *x;
    return 1;
}

int wgi_push_pending(wgi_parser *p, const wgi_pending *entry) {
    if (p->n_pending == WGI_PARSE_DEPTH)
        return wgi_lex_fail(&p->lex, WG_ERR_SYNTAX, entry->at,
                            "nested too deeply: more than %d brackets and operators are open",
                            WGI_PARSE_DEPTH);
    wgi_pending *room = wgi_room_for(p->pending, sizeof *entry, p->n_pending, &p->max_pending);
    if (!room) return wgi_parse_no_memory(p);
    p->pending = room;
    room[p->n_pending++] = *entry;
    return 1;
}

static wgi_pending *top(wgi_parser *p) {
    return p->n_pending ? &p->pending[p->n_pending - 1] : NULL;
}

/* ---- recording ------------------------------------------------------------------------------ */

/* The tape's first error, made by the gate just now, is given its place in the text. */
static int place_error(wgi_parser *p, const char *at) {
    wg_error e = p->t->error;
    wgi_lex_fail(&p->lex, e.status, at, "%s", e.text);
    memcpy(p->t->error.text, p->lex.error.text, sizeof p->t->error.text);
    p->told = 1;
    return 0;
}

int wgi_parse_record(wgi_parser *p, const wg_gate *gate, size_t n, const wg_var *x,
                     const void *attrs, const char *at, wg_var *y) {
    int healthy = p->t->error.status == WG_OK;
    int given = 0;
    *y = WG_NONE;
    for (size_t i = 0; i < n; ++i) given |= x[i].tape != NULL;
    if (!given && n)
        return wgi_lex_fail(&p->lex, WG_ERR_TAPE, at, "%s: all its operands are absent",
                            gate->name);
    if (given) *y = wg_record(gate, n, x, attrs);
    else wgi_wrong_count(p->t, gate, n);
    if (y->index) return 1;
    if (healthy && p->t->error.status != WG_OK) return place_error(p, at);
    return wgi_lex_fail(&p->lex, WG_ERR_STATE, at, "%s failed", gate->name);
}

/* A given value as the caller handed it over. */
static int settle_given(wgi_parser *p, wgi_operand *x, int use) {
    wg_var v = p->vars[x->given];
    const char *name = p->names[x->given];
    if (p->used) p->used[x->given] |= (unsigned char)use;
    x->kind = WGI_OPERAND_VAR;
    x->v = v;
    if (!v.tape) return 1; /* an absent operand, which the gate may allow */
    if (v.tape != p->t)
        return wgi_lex_fail(&p->lex, WG_ERR_TAPE, x->at, "\"%.40s\" is of another tape", name);
    if (v.index == 0)
        return wgi_lex_fail(&p->lex, WG_ERR_STATE, x->at, "\"%.40s\" is poison", name);
    if (!wgi_live(p->t, v))
        return wgi_lex_fail(&p->lex, WG_ERR_STALE, x->at, "\"%.40s\" was rewound or released",
                            name);
    return 1;
}

int wgi_operand_settle(wgi_parser *p, wgi_operand *x, int use) {
    if (x->kind == WGI_OPERAND_GIVEN) return settle_given(p, x, use);
    if (x->kind == WGI_OPERAND_NUMBER) {
        x->kind = WGI_OPERAND_VAR;
        x->v = wg_number(p->t, x->number);
        if (!x->v.index) return wgi_parse_no_memory(p);
    }
    return 1;
}

/* Applies the operator on top to the operands on top. */
static int reduce(wgi_parser *p) {
    wgi_pending entry = *top(p);
    size_t n = entry.kind == 'n' ? 1 : 2;
    wgi_operand *x = &p->operands[p->n_operands - n];
    wg_var v[2], y = WG_NONE;
    p->n_pending -= 1;
    if (n == 1 && x->kind == WGI_OPERAND_NUMBER) { /* -2 is one number */
        x->number = -x->number;
        return 1;
    }
    for (size_t i = 0; i < n; ++i) {
        if (!wgi_operand_settle(p, &x[i], WGI_USED_AS_VALUE)) return 0;
        v[i] = x[i].v;
    }
    const char *name = find_operator(entry.kind)->gate;
    const wg_gate *gate = wgi_gate_find(name, strlen(name));
    if (!gate) return wgi_lex_fail(&p->lex, WG_ERR_NAME, entry.at, "no gate \"%s\"", name);
    if (!wgi_parse_record(p, gate, n, v, NULL, entry.at, &y)) return 0;
    p->n_operands -= n - 1;
    x->kind = WGI_OPERAND_VAR;
    x->v = y;
    return 1;
}

/* Applies waiting operators down to a bracket, or to one that binds less than `binds`. */
static int reduce_to(wgi_parser *p, int binds, int right) {
    for (wgi_pending *w = top(p); w && w->kind != '(' && w->kind != 'f'; w = top(p)) {
        int other = find_operator(w->kind)->binds;
        if (other < binds || (other == binds && right)) break;
        if (!reduce(p)) return 0;
    }
    return 1;
}

/* ---- names ---------------------------------------------------------------------------------- */

static int unknown_name(wgi_parser *p) {
    wgi_lexer *lex = &p->lex;
    wgi_suggestion near = wgi_suggest(lex->at, lex->n);
    char hint[64];
    int n = lex->n < 40 ? (int)lex->n : 40;
    if (wgi_gate_known(p->t, lex->at, lex->n))
        return wgi_lex_fail(lex, WG_ERR_NAME, lex->at, "\"%.*s\" is a gate: call it with (...)", n,
                            lex->at);
    for (size_t i = 0; i < p->n; ++i) wgi_suggest_from(&near, p->names[i], strlen(p->names[i]));
    for (size_t i = 0; i < p->n_locals; ++i)
        wgi_suggest_from(&near, p->locals[i].name, p->locals[i].n);
    return wgi_lex_fail(lex, WG_ERR_NAME, lex->at, "unknown name \"%.*s\"%s", n, lex->at,
                        wgi_suggest_text(&near, hint, sizeof hint));
}

static int take_name(wgi_parser *p) {
    wgi_lexer *lex = &p->lex;
    wgi_operand x = {WGI_OPERAND_VAR, WG_NONE, 0, 0, lex->at};
    const wgi_local *local = wgi_parse_local(p, lex->at, lex->n);
    x.given = wgi_parse_given(p, lex->at, lex->n);
    if (x.given < p->n) x.kind = WGI_OPERAND_GIVEN;
    else if (local) x.v = local->v;
    else if (wgi_constant(lex->at, lex->n, &x.number)) x.kind = WGI_OPERAND_NUMBER;
    else return unknown_name(p);
    wgi_lex_step(lex);
    return wgi_push_operand(p, &x);
}

/* ---- operands ------------------------------------------------------------------------------- */

static int take_list(wgi_parser *p) {
    wgi_operand x = {WGI_OPERAND_VAR, WG_NONE, 0, 0, p->lex.at};
    wgi_list list;
    memset(&list, 0, sizeof list);
    int ok = wgi_lex_list(&p->lex, &list);
    if (ok && p->literal == WG_F32) /* in place: float i lies at or below double i */
        for (size_t i = 0; i < list.n; ++i) {
            float f = (float)list.data[i];
            memcpy((char *)list.data + i * sizeof f, &f, sizeof f);
        }
    if (ok) {
        x.v = wg_const(p->t, p->literal, list.shape, list.data);
        ok = x.v.index ? 1 : wgi_parse_no_memory(p);
    }
    wgi_free(list.data);
    return ok && wgi_push_operand(p, &x);
}

/* Where an operand must come: takes one, or what may stand before one.  *operand says that one
 * is complete. */
static int take_operand(wgi_parser *p, int *operand) {
    wgi_lexer *lex = &p->lex;
    wgi_pending entry = {lex->kind, lex->at, NULL, NULL, 0, p->n_operands};
    *operand = 1;
    if (lex->kind == WGI_TOKEN_NUMBER) {
        wgi_operand x = {WGI_OPERAND_NUMBER, WG_NONE, lex->number, 0, lex->at};
        wgi_lex_step(lex);
        return wgi_push_operand(p, &x);
    }
    if (lex->kind == '[') return take_list(p);
    if (lex->kind == WGI_TOKEN_NAME && wgi_lex_peek(lex) != '(') return take_name(p);
    *operand = 0;
    if (lex->kind == WGI_TOKEN_NAME) return wgi_call_open(p);
    if (lex->kind != '-' && lex->kind != '(') return wgi_lex_unexpected(lex, "an operand");
    if (lex->kind == '-') entry.kind = 'n';
    wgi_lex_step(lex);
    return wgi_push_pending(p, &entry);
}

/* ---- what follows an operand ---------------------------------------------------------------- */

static int take_operator(wgi_parser *p, const operator *op, int *operand) {
    wgi_pending entry = {op->sign, p->lex.at, NULL, NULL, 0, 0};
    *operand = 0;
    if (!reduce_to(p, op->binds, op->right)) return 0;
    wgi_lex_step(&p->lex);
    return wgi_push_pending(p, &entry);
}

/* A closing bracket or a comma: the innermost bracket must be there, for a comma that of a call. */
static int end_operand(wgi_parser *p) {
    wgi_lexer *lex = &p->lex;
    if (!reduce_to(p, 0, 0)) return 0;
    const wgi_pending *open = top(p);
    if (lex->kind == ',' && (!open || open->kind != 'f'))
        return wgi_lex_fail(lex, WG_ERR_SYNTAX, lex->at, "\",\" outside of a call");
    if (lex->kind == ')' && !open)
        return wgi_lex_fail(lex, WG_ERR_SYNTAX, lex->at, "\")\" without its \"(\"");
    return 1;
}

/* In a call before an operand: takes the attributes that stand here.  *operand says that the call
 * may end, 0 that an operand must follow. */
static int take_attributes(wgi_parser *p, int *operand) {
    wgi_lexer *lex = &p->lex;
    *operand = 0;
    while (lex->kind == WGI_TOKEN_NAME && wgi_lex_peek(lex) == '=') {
        if (!wgi_call_attribute(p, top(p))) return 0;
        *operand = lex->kind == ')';
        if (*operand) return 1;
        if (lex->kind != ',') return wgi_lex_unexpected(lex, "\",\" or \")\"");
        wgi_lex_step(lex);
    }
    return 1;
}

static int close_bracket(wgi_parser *p) {
    wgi_lex_step(&p->lex);
    if (top(p)->kind == 'f') return wgi_call_close(p);
    p->n_pending -= 1;
    return 1;
}

/* One token, or one attribute, of an expression; *operand is the state: 1 when an operand is
 * complete.  *done is set at the end of the expression. */
static int step(wgi_parser *p, int *operand, int *done) {
    wgi_lexer *lex = &p->lex;
    if (!*operand) {
        size_t before = p->n_pending;
        if (!take_operand(p, operand)) return 0;
        if (p->n_pending == before || top(p)->kind != 'f') return 1;
        if (!take_attributes(p, operand)) return 0;
        if (lex->kind == ')' && !*operand) *operand = 1; /* f(): no operands */
        return 1;
    }
    const operator *op = find_operator(lex->kind);
    if (op && lex->kind != 'n') return take_operator(p, op, operand);
    if (lex->kind == ')') return end_operand(p) && close_bracket(p);
    if (lex->kind == ',') {
        if (!end_operand(p)) return 0;
        wgi_lex_step(lex);
        return take_attributes(p, operand);
    }
    *done = lex->kind == ';' || lex->kind == WGI_TOKEN_END;
    return *done || wgi_lex_unexpected(lex, "an operator");
}

/* ---- an expression --------------------------------------------------------------------------- */

/* An expression up to ';' or the end, as a value. */
int wgi_parse_expression(wgi_parser *p, wgi_operand *y) {
    int operand = 0, done = 0;
    while (!done)
        if (!step(p, &operand, &done)) return 0;
    if (!reduce_to(p, 0, 0)) return 0;
    if (p->n_pending)
        return wgi_lex_fail(&p->lex, WG_ERR_SYNTAX, top(p)->at, "the bracket is not closed");
    *y = p->operands[--p->n_operands];
    if (!wgi_operand_settle(p, y, WGI_USED_AS_VALUE)) return 0;
    return y->v.tape || wgi_lex_fail(&p->lex, WG_ERR_TAPE, y->at, "the value is absent (WG_NONE)");
}

