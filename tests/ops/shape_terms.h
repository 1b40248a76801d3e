/* shape_terms.h: the words and expressions in the text of shapes, see shape_text.h. */
#ifndef TESTS_SHAPE_TERMS_H
#define TESTS_SHAPE_TERMS_H

#include "tests/ops/shape_text.h"

enum { NAMES = 24, LISTS = 8, LATER = 16, NAME_BYTES = 16 };

typedef struct span {
    const char *at;
    size_t n;
} span;

/* What is known so far. */
typedef struct state {
    const shape_call *call;
    int operand; /* of the bracket being matched; the number of operands: the result */
    struct {
        char name[NAME_BYTES];
        int operand; /* for n_k; else -1 */
        int64_t value;
    } letter[NAMES];
    int letters;
    struct {
        char name[NAME_BYTES];
        wg_shape value;
    } list[LISTS];
    int lists;
    struct {
        span text;
        int operand;
        int64_t value;
    } later[LATER];
    int laters;
    span definitions; /* "OH = ..., OW alike" */
} state;

/* ---- text ----------------------------------------------------------------------------------- */

span trim(span s);
int is_name(span s);
int same(span s, const char *word);
size_t name_length(const char *s, size_t n); /* of the name that s begins with; 0 */
span find(span s, const char *word);         /* the first; at is NULL where there is none */

/* ---- meaning -------------------------------------------------------------------------------- */

/* The attribute of that name, in the call's struct; NULL. */
const void *attribute(const state *s, span name, wg_attr_kind *kind);
/* Binds a letter of the operand being matched; 0 if it has another value already. */
int bind(state *s, span name, int64_t value);
/* 1 if the expression has this value, or a letter in it has none; -1 if it is none. */
int has_value(const state *s, span text, int operand, int64_t value);
/* Binds the letters that are defined; 0 if one has another value already, -1 for no expression. */
int define(state *s);

#endif
