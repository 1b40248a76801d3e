/* parse.c: statements parted by ';', the names that they assign, and wg_parse itself. */
#include "graph/parse.h"

#include "autograd/tape.h"

#include <string.h>

/* ---- names ----------------------------------------------------------------------------------- */

wgi_local *wgi_parse_local(const wgi_parser *p, const char *name, size_t n) {
    for (size_t i = 0; i < p->n_locals; ++i)
        if (p->locals[i].n == n && memcmp(p->locals[i].name, name, n) == 0) return &p->locals[i];
    return NULL;
}

/* i of names[i], n where it is not among them. */
size_t wgi_parse_given(const wgi_parser *p, const char *name, size_t n) {
    size_t i = 0;
    while (i < p->n && !(strncmp(p->names[i], name, n) == 0 && p->names[i][n] == '\0')) ++i;
    return i;
}

/* ---- statements ----------------------------------------------------------------------------- */

static int check_assignable(wgi_parser *p) {
    wgi_lexer *lex = &p->lex;
    double number;
    const char *why = wgi_parse_given(p, lex->at, lex->n) < p->n ? "is a given value"
                      : wgi_constant(lex->at, lex->n, &number) ? "is a constant"
                      : lex->n > WGI_NAME_MAX ? "is too long for a name"
                                              : NULL;
    int n = lex->n < 40 ? (int)lex->n : 40;
    return !why || wgi_lex_fail(lex, WG_ERR_NAME, lex->at, "\"%.*s\" %s", n, lex->at, why);
}

/* Lets `name` stand for v and names v, unless it has a name. */
static int assign(wgi_parser *p, const char *name, size_t n, wg_var v) {
    char text[WGI_NAME_MAX + 1];
    wgi_local *local = wgi_parse_local(p, name, n);
    if (!local) {
        wgi_local *room = wgi_room_for(p->locals, sizeof *room, p->n_locals, &p->max_locals);
        if (!room) return wgi_parse_no_memory(p);
        p->locals = room;
        local = &room[p->n_locals++];
    }
    *local = (wgi_local){name, n, v};
    memcpy(text, name, n);
    text[n] = '\0';
    if (!wg_name_of(v)) wg_name(v, text);
    return 1;
}

/* [NAME =] EXPRESSION */
static int statement(wgi_parser *p, wg_var *root) {
    const char *name = p->lex.at;
    size_t n = p->lex.n;
    wgi_operand y = {WGI_OPERAND_VAR, WG_NONE, 0, 0, name};
    int assigns = p->lex.kind == WGI_TOKEN_NAME && wgi_lex_peek(&p->lex) == '=';
    if (assigns) {
        if (!check_assignable(p)) return 0;
        wgi_lex_step(&p->lex);
        wgi_lex_step(&p->lex); /* the '=' */
    }
    if (!wgi_parse_expression(p, &y)) return 0;
    *root = y.v;
    return !assigns || assign(p, name, n, y.v);
}

/* Statements parted by ';', one more of which may stand at the end. */
static int program(wgi_parser *p, wg_var *root) {
    for (;;) {
        if (!statement(p, root)) return 0;
        if (p->lex.kind == WGI_TOKEN_END) return 1;
        wgi_lex_step(&p->lex);
        if (p->lex.kind == WGI_TOKEN_END) return 1;
    }
}

/* ---- wg_parse ------------------------------------------------------------------------------- */

/* float32 where the given values have some and no float64. */
static wg_dtype literal_dtype(size_t n, const wg_var *vars) {
    int some = 0;
    for (size_t i = 0; i < n; ++i) {
        if (!vars[i].index || !wgi_live(vars[i].tape, vars[i])) continue;
        wg_dtype d = wg_dtype_of(vars[i]);
        if (d == WG_F64 && !(wgi_node_at(vars[i].tape, vars[i].index)->flags & WGI_NUMBER))
            return WG_F64;
        some |= d == WG_F32;
    }
    return some ? WG_F32 : WG_F64;
}

static wg_status check_names(wg_tape *t, size_t n, const char *const *names, const wg_var *vars) {
    double number;
    if (n && (!names || !vars))
        return wgi_error(t, WG_ERR_NAME, "parse: %zu names, but names or values are NULL", n);
    for (size_t i = 0; i < n; ++i) {
        if (!names[i]) return wgi_error(t, WG_ERR_NAME, "parse: name %zu is NULL", i);
        if (!wgi_is_name(names[i], strlen(names[i])))
            return wgi_error(t, WG_ERR_NAME, "parse: \"%.40s\" is no name", names[i]);
        if (wgi_constant(names[i], strlen(names[i]), &number))
            return wgi_error(t, WG_ERR_NAME, "parse: \"%s\" is a constant", names[i]);
        for (size_t k = 0; k < i; ++k)
            if (strcmp(names[k], names[i]) == 0)
                return wgi_error(t, WG_ERR_NAME, "parse: \"%.40s\" is given twice", names[i]);
    }
    return WG_OK;
}

static void parser_free(wgi_parser *p) {
    for (size_t i = 0; i < p->n_pending; ++i) wgi_free(p->pending[i].attrs);
    wgi_free(p->operands);
    wgi_free(p->pending);
    wgi_free(p->locals);
}

wg_var wgi_parse(wg_tape *t, const char *text, size_t n, const char *const *names,
                 const wg_var *vars, unsigned char *used) {
    wgi_parser p;
    wg_var root = WG_NONE;
    if (!t) return root;
    if (!text) return wg_poison(t, WG_ERR_SYNTAX, "parse", "the text is NULL");
    if (check_names(t, n, names, vars) != WG_OK) return wgi_poison(t);
    memset(&p, 0, sizeof p);
    p.t = t;
    p.n = n;
    p.names = names;
    p.vars = vars;
    p.used = used;
    p.literal = literal_dtype(n, vars);
    if (used && n) memset(used, 0, n);
    wgi_lex_init(&p.lex, text);
    int ok = program(&p, &root);
    parser_free(&p);
    if (ok) return root;
    if (!p.told) wgi_error(t, p.lex.error.status, "%s", p.lex.error.text);
    return wgi_poison(t);
}

wg_var wg_parse(wg_tape *tape, const char *text, size_t n, const char *const *names,
                const wg_var *vars) {
    return wgi_parse(tape, text, n, names, vars, NULL);
}
