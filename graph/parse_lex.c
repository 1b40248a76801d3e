/* parse_lex.c: the tokens of an expression: numbers, names, strings and single characters. */
#include "graph/parse.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Plain ASCII: the C library's classes depend on the locale. */
static int is_digit(char c) { return c >= '0' && c <= '9'; }
static int is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
static int is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/* ---- numbers -------------------------------------------------------------------------------- */

/* 768 significant digits decide the rounding of any decimal to double; what follows them matters
 * only by being zero or not. */
enum { DIGITS = 770 };

typedef struct decimal { /* digits without a point, times 10^exponent */
    char digits[DIGITS + 32];
    size_t n;
    int64_t exponent;
    int more; /* a non-zero digit was left out */
} decimal;

static void take_digit(decimal *d, char digit, int fraction) {
    if (d->n == 0 && digit == '0') {
        d->exponent -= fraction;
    } else if (d->n < DIGITS) {
        d->digits[d->n++] = digit;
        d->exponent -= fraction;
    } else {
        d->more |= digit != '0';
        d->exponent += !fraction;
    }
}

/* The end of the exponent at s ("e-5"), s itself if there is none. */
static const char *take_exponent(decimal *d, const char *s) {
    const char *digit = s + 1;
    int64_t e = 0;
    if (*s != 'e' && *s != 'E') return s;
    int negative = *digit == '-';
    if (*digit == '-' || *digit == '+') ++digit;
    if (!is_digit(*digit)) return s;
    for (; is_digit(*digit); ++digit)
        if (e < INT64_C(1) << 50) e = 10 * e + (*digit - '0');
    d->exponent += negative ? -e : e;
    return digit;
}

/* Reads digits[.digits][e[+-]digits] and returns its end.  The C library's strtod rounds right but
 * expects the locale's decimal point, so it is shown the digits as a whole number with an exponent,
 * in which no point occurs. */
static const char *read_number(const char *s, double *number) {
    decimal d;
    d.n = 0;
    d.exponent = 0;
    d.more = 0;
    for (; is_digit(*s); ++s) take_digit(&d, *s, 0);
    if (*s == '.')
        for (++s; is_digit(*s); ++s) take_digit(&d, *s, 1);
    s = take_exponent(&d, s);
    if (d.more) { /* one digit more makes it lie above the decimal that was cut */
        d.digits[d.n++] = '1';
        --d.exponent;
    }
    if (d.n == 0) d.digits[d.n++] = '0';
    int64_t far = 100000, e = d.exponent > far ? far : d.exponent < -far ? -far : d.exponent;
    snprintf(d.digits + d.n, sizeof d.digits - d.n, "e%d", (int)e);
    *number = strtod(d.digits, NULL);
    return s;
}

int wgi_constant(const char *name, size_t n, double *number) {
    static const double pi = 3.14159265358979323846;
    int which = n == 2 && memcmp(name, "pi", 2) == 0    ? 1
                : n == 3 && memcmp(name, "nan", 3) == 0 ? 2
                : n == 3 && memcmp(name, "inf", 3) == 0 ? 3
                                                        : 0;
    if (which) *number = which == 1 ? pi : which == 2 ? (double)NAN : (double)INFINITY;
    return which != 0;
}

/* ---- tokens --------------------------------------------------------------------------------- */

int wgi_is_name(const char *text, size_t n) {
    if (n == 0 || !is_letter(text[0])) return 0;
    for (size_t i = 1; i < n; ++i)
        if (!is_letter(text[i]) && !is_digit(text[i])) return 0;
    return 1;
}

static void take(wgi_lexer *lex, int kind, const char *end) {
    lex->kind = kind;
    lex->n = (size_t)(end - lex->at);
    lex->next = end;
}

/* A string ends at the quote it began with; there are no escapes. */
static void take_string(wgi_lexer *lex) {
    const char *s = lex->at + 1;
    while (*s && *s != *lex->at) ++s;
    if (!*s) {
        take(lex, WGI_TOKEN_BAD, s);
        wgi_lex_fail(lex, WG_ERR_SYNTAX, lex->at, "the string is not closed");
        return;
    }
    lex->kind = WGI_TOKEN_STRING;
    lex->n = (size_t)(s - lex->at) - 1;
    lex->at += 1;
    lex->next = s + 1;
}

void wgi_lex_step(wgi_lexer *lex) {
    const char *s = lex->next;
    while (is_space(*s)) ++s;
    lex->at = s;
    if (!*s) {
        take(lex, WGI_TOKEN_END, s);
    } else if (is_digit(*s) || (*s == '.' && is_digit(s[1]))) {
        take(lex, WGI_TOKEN_NUMBER, read_number(s, &lex->number));
    } else if (is_letter(*s)) {
        while (is_letter(*s) || is_digit(*s)) ++s;
        take(lex, WGI_TOKEN_NAME, s);
    } else if (*s == '"' || *s == '\'') {
        take_string(lex);
    } else if (strchr("+-*/^@()[],;=", *s)) {
        take(lex, (unsigned char)*s, s + 1);
    } else { /* the continuation bytes of one UTF-8 character go together */
        do ++s;
        while (((unsigned char)*s & 0xc0) == 0x80);
        take(lex, WGI_TOKEN_BAD, s);
    }
}

void wgi_lex_init(wgi_lexer *lex, const char *text) {
    memset(lex, 0, sizeof *lex);
    lex->text = lex->next = text;
    wgi_lex_step(lex);
}

char wgi_lex_peek(const wgi_lexer *lex) {
    const char *s = lex->next;
    while (is_space(*s)) ++s;
    return *s;
}

/* ---- errors --------------------------------------------------------------------------------- */

int wgi_lex_fail(wgi_lexer *lex, wg_status status, const char *at, const char *format, ...) {
    char message[256];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    wgi_caret(&lex->error, status, lex->text, at, message);
    return 0;
}

int wgi_lex_unexpected(wgi_lexer *lex, const char *expected) {
    int n = lex->n < 24 ? (int)lex->n : 24;
    if (lex->kind == WGI_TOKEN_END)
        return wgi_lex_fail(lex, WG_ERR_SYNTAX, lex->at, "%s is missing", expected);
    if (lex->kind == WGI_TOKEN_BAD)
        return wgi_lex_fail(lex, WG_ERR_SYNTAX, lex->at, "a character that means nothing here");
    return wgi_lex_fail(lex, WG_ERR_SYNTAX, lex->at, "\"%.*s\" where %s is expected", n, lex->at,
                        expected);
}

int wgi_lex_signed(wgi_lexer *lex, double *number) {
    int negative = lex->kind == '-';
    if (lex->kind == '-' || lex->kind == '+') wgi_lex_step(lex);
    if (lex->kind == WGI_TOKEN_NUMBER) *number = lex->number;
    else if (lex->kind != WGI_TOKEN_NAME || !wgi_constant(lex->at, lex->n, number))
        return wgi_lex_unexpected(lex, "a number");
    if (negative) *number = -*number;
    wgi_lex_step(lex);
    return 1;
}
