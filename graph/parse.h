/* parse.h: the parts of the expression parser, and what the program uses of them.
 *
 * Reading is by operator precedence with stacks of its own: no function calls itself, so that
 * nesting costs heap and not stack, and is bounded by WGI_PARSE_DEPTH. */
#ifndef WGI_PARSE_H
#define WGI_PARSE_H

#include "graph/graph.h"

#include "autograd/gate.h"

enum { WGI_PARSE_DEPTH = 1024 }; /* brackets and operators that wait for their right end */
enum { WGI_NAME_MAX = 63 };      /* bytes of a name that an expression assigns */

/* ---- parse_error.c -------------------------------------------------------------------------- */

/* Writes "column 5: message", the line of text around `at` and a caret below it into e, unless it
 * holds an error already.  Columns count characters (UTF-8).  A message too long is cut. */
void wgi_caret(wg_error *e, wg_status status, const char *text, const char *at,
               const char *message);

/* Bytes of the UTF-8 character at s; 0 at the end, for an invalid byte, an overlong form, half of a
 * surrogate pair and codes past U+10FFFF. */
size_t wgi_character(const char *s);

/* The candidate nearest to a mistyped word by edit distance, swapped neighbours counting one. */
typedef struct wgi_suggestion {
    const char *word; /* of n bytes */
    size_t n;
    const char *best; /* NULL: none is near */
    size_t best_n, distance;
} wgi_suggestion;
wgi_suggestion wgi_suggest(const char *word, size_t n);
void wgi_suggest_from(wgi_suggestion *s, const char *candidate, size_t n);
/* Writes `; did you mean "w2"?`, or "" where nothing is near, into text; returns text. */
char *wgi_suggest_text(const wgi_suggestion *s, char *text, size_t bytes);

/* ---- parse_lex.c ---------------------------------------------------------------------------- */

typedef enum { /* any other kind is the character itself */
    WGI_TOKEN_END,
    WGI_TOKEN_NUMBER,
    WGI_TOKEN_NAME,
    WGI_TOKEN_STRING, /* at and n are what lies between the quotes */
    WGI_TOKEN_BAD     /* bytes that begin no token */
} wgi_token_kind;

typedef struct wgi_lexer {
    const char *text, *next; /* all of it; where the token after this one is looked for */
    int kind;                /* the token at hand */
    const char *at;
    size_t n;
    double number;
    wg_error error; /* the first */
} wgi_lexer;

void wgi_lex_init(wgi_lexer *lex, const char *text);
void wgi_lex_step(wgi_lexer *lex);
/* The first character of the token after this one, '\0' at the end. */
char wgi_lex_peek(const wgi_lexer *lex);
/* Sets the error, pointing at `at`; returns 0. */
int wgi_lex_fail(wgi_lexer *lex, wg_status status, const char *at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Fails at the token at hand: what stands there, and what was expected. */
int wgi_lex_unexpected(wgi_lexer *lex, const char *expected);
/* 1 and *number if the name is pi, nan or inf. */
int wgi_constant(const char *name, size_t n, double *number);
/* 1 if text is a whole name: letters, digits and _, not beginning with a digit. */
int wgi_is_name(const char *text, size_t n);
/* Takes an optionally signed number or constant; 0 with the error set. */
int wgi_lex_signed(wgi_lexer *lex, double *number);

/* ---- parse_list.c --------------------------------------------------------------------------- */

typedef struct wgi_list {
    wg_shape shape;
    double *data; /* row-major; to be freed with wgi_free */
    size_t n, max;
} wgi_list;

/* Takes a nested list; 0 with the error set.  list is {0} before and freed by the caller in
 * either case. */
int wgi_lex_list(wgi_lexer *lex, wgi_list *list);
/* Reads a whole text that is a number (rank 0) or a nested list; the error's status is SYNTAX. */
wg_status wgi_parse_value(const char *text, wgi_list *list, wg_error *e);
/* A longer copy of an array of *max items of `size` bytes that has room for item n; NULL without
 * memory, and then `array` stays. */
void *wgi_room_for(void *array, size_t size, size_t n, size_t *max);

/* ---- parse.c --------------------------------------------------------------------------------- */

/* How the expression uses a given name. */
enum { WGI_USED_AS_VALUE = 1, WGI_USED_AS_INDEX = 2 };

/* wg_parse, which also tells how each name is used: used[i] (NULL allowed) is 0 or a sum of the
 * above.  A name that is only ever handed to operands that hold labels, indices or a mask is
 * WGI_USED_AS_INDEX: it has no gradient. */
wg_var wgi_parse(wg_tape *t, const char *text, size_t n, const char *const *names,
                 const wg_var *vars, unsigned char *used);

/* An operand that was read but not yet applied: numbers are recorded and uses noted only when it
 * is known what they are for. */
typedef struct wgi_operand {
    enum { WGI_OPERAND_VAR, WGI_OPERAND_NUMBER, WGI_OPERAND_GIVEN } kind;
    wg_var v;
    double number;
    size_t given; /* i of names[i] */
    const char *at;
} wgi_operand;

/* What waits for its right end: an operator, a bracket or a call. */
typedef struct wgi_pending {
    int kind;            /* the operator's character; 'n' negation, '(' bracket, 'f' call */
    const char *at;
    const wg_gate *gate; /* of a call */
    void *attrs;         /* the gate's struct, presets first; owned */
    uint64_t set;        /* bit i: attribute row i was given */
    size_t base;         /* operands on the stack below the call's own */
} wgi_pending;

typedef struct wgi_local { /* a name that the expression assigned */
    const char *name;
    size_t n;
    wg_var v;
} wgi_local;

typedef struct wgi_parser {
    wgi_lexer lex;
    wg_tape *t;
    size_t n;
    const char *const *names;
    const wg_var *vars;
    unsigned char *used;
    wg_dtype literal; /* of lists */
    wgi_operand *operands;
    wgi_pending *pending;
    wgi_local *locals;
    size_t n_operands, max_operands, n_pending, max_pending, n_locals, max_locals;
    int told; /* the tape has the error already: a gate set it */
} wgi_parser;

/* The name of n bytes that the text assigned, NULL if it did not; i of names[i], p->n if none. */
wgi_local *wgi_parse_local(const wgi_parser *p, const char *name, size_t n);
size_t wgi_parse_given(const wgi_parser *p, const char *name, size_t n);

/* ---- parse_expression.c, parse_call.c -------------------------------------------------------- */

/* Takes an expression up to ';' or the end; y is a value. */
int wgi_parse_expression(wgi_parser *p, wgi_operand *y);
/* Sets the error that there is no memory; returns 0. */
int wgi_parse_no_memory(wgi_parser *p);
/* Makes the operand a value on the tape, used in the way `use`; 0 with the error set. */
int wgi_operand_settle(wgi_parser *p, wgi_operand *x, int use);
/* Pushes an operand or a pending entry; 0 with the error set. */
int wgi_push_operand(wgi_parser *p, const wgi_operand *x);
int wgi_push_pending(wgi_parser *p, const wgi_pending *entry);
/* Records gate on n settled operands; an error points at `at`. */
int wgi_parse_record(wgi_parser *p, const wg_gate *gate, size_t n, const wg_var *x,
                     const void *attrs, const char *at, wg_var *y);
/* The name at hand begins a call: takes it and the bracket. */
int wgi_call_open(wgi_parser *p);
/* The name at hand is an attribute of the innermost call: takes name, '=' and value. */
int wgi_call_attribute(wgi_parser *p, wgi_pending *call);
/* The innermost entry is a call whose operands are complete: replaces them by its value. */
int wgi_call_close(wgi_parser *p);

#endif
