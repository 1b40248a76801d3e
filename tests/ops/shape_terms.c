/* shape_terms.c: see shape_terms.h */
#include "tests/ops/shape_terms.h"

#include <ctype.h>
#include <string.h>

/* ---- spans ---------------------------------------------------------------------------------- */

span trim(span s) {
    while (s.n && isspace((unsigned char)*s.at)) ++s.at, --s.n;
    while (s.n && isspace((unsigned char)s.at[s.n - 1])) --s.n;
    return s;
}

size_t name_length(const char *s, size_t n) {
    size_t k = 0;
    if (!n || !isalpha((unsigned char)*s)) return 0;
    while (k < n && (isalnum((unsigned char)s[k]) || s[k] == '_')) ++k;
    return k;
}

int is_name(span s) { return s.n > 0 && name_length(s.at, s.n) == s.n; }

int same(span s, const char *word) {
    return strlen(word) == s.n && memcmp(s.at, word, s.n) == 0;
}

span find(span s, const char *word) {
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= s.n; ++i)
        if (memcmp(s.at + i, word, n) == 0) return (span){s.at + i, n};
    return (span){NULL, 0};
}

/* ---- attributes and letters ----------------------------------------------------------------- */

const void *attribute(const state *s, span name, wg_attr_kind *kind) {
    for (const wg_attr *a = s->call->gate->attrs; a && a->name; ++a)
        if (same(name, a->name)) {
            *kind = a->kind;
            return (const char *)s->call->attrs + a->offset;
        }
    return NULL;
}

/* Repeated letters, n_k, belong to their operand. */
static int owner(span name, int operand) {
    return name.n > 2 && memcmp(name.at + name.n - 2, "_k", 2) == 0 ? operand : -1;
}

static int look_up(const state *s, span name, int operand, int64_t *value) {
    for (int i = 0; i < s->letters; ++i)
        if (same(name, s->letter[i].name) && s->letter[i].operand == operand) {
            *value = s->letter[i].value;
            return 1;
        }
    return 0;
}

int bind(state *s, span name, int64_t value) {
    int64_t known;
    int operand = owner(name, s->operand);
    if (look_up(s, name, operand, &known)) return known == value;
    if (s->letters == NAMES || name.n >= NAME_BYTES) return 0;
    memset(s->letter[s->letters].name, 0, NAME_BYTES);
    memcpy(s->letter[s->letters].name, name.at, name.n);
    s->letter[s->letters].operand = operand;
    s->letter[s->letters++].value = value;
    return 1;
}

/* ---- expressions ---------------------------------------------------------------------------- */

typedef struct reader {
    const state *s;
    const char *at, *end;
    int operand;
    int ceil;            /* a quotient is rounded up, else down */
    int unknown, broken; /* a letter without value; no expression */
} reader;

static int64_t read_sum(reader *r);

static int next_is(reader *r, char c) {
    while (r->at < r->end && *r->at == ' ') ++r->at;
    if (r->at == r->end || *r->at != c) return 0;
    ++r->at;
    return 1;
}

static int64_t sum_of_all(reader *r, span name) {
    int64_t sum = 0, value;
    for (int i = 0; i < (int)r->s->call->n; ++i) {
        if (!look_up(r->s, name, i, &value)) r->unknown = 1;
        else sum += value;
    }
    return sum;
}

/* An attribute; of a pair or a list one entry, the first where none is named. */
static int64_t read_attribute(reader *r, const void *field, wg_attr_kind kind) {
    int i = 0;
    if (next_is(r, '[')) {
        while (r->at < r->end && isdigit((unsigned char)*r->at)) i = 10 * i + (*r->at++ - '0');
        r->broken |= !next_is(r, ']') || i >= (kind == WG_ATTR_PAIR ? 2 : WG_MAX_RANK);
    }
    if (r->broken) return 0;
    if (kind == WG_ATTR_INT) return *(const int64_t *)field;
    if (kind == WG_ATTR_PAIR) return ((const int64_t *)field)[i];
    if (kind == WG_ATTR_BOOL || kind == WG_ATTR_AXIS) return *(const int *)field;
    const wg_shape *list = field;
    if (kind != WG_ATTR_SHAPE) r->broken = 1;
    else if (i >= list->rank) r->unknown = 1; /* left to its preset */
    else return list->dim[i];
    return 0;
}

static int64_t read_name(reader *r) {
    span name = {r->at, name_length(r->at, (size_t)(r->end - r->at))};
    wg_attr_kind kind;
    int64_t value = 0;
    r->at += name.n;
    if (same(name, "floor") || same(name, "ceil")) {
        int outer = r->ceil;
        r->ceil = *name.at == 'c';
        value = read_name(r);
        r->ceil = outer;
        return value;
    }
    if (same(name, "sum")) {
        next_is(r, ' ');
        span all = {r->at, name_length(r->at, (size_t)(r->end - r->at))};
        r->at += all.n;
        return sum_of_all(r, all);
    }
    if (name.n == 0) {
        r->broken |= !next_is(r, '(');
        value = r->broken ? 0 : read_sum(r);
        r->broken |= !next_is(r, ')');
        return value;
    }
    const void *field = attribute(r->s, name, &kind);
    if (field) return read_attribute(r, field, kind);
    if (same(name, "operands")) return (int64_t)r->s->call->n;
    if (!look_up(r->s, name, owner(name, r->operand), &value)) r->unknown = 1;
    return value;
}

static int64_t read_factor(reader *r) {
    int64_t value = 0;
    if (next_is(r, '|')) {
        value = read_sum(r);
        r->broken |= !next_is(r, '|');
        return value < 0 ? -value : value;
    }
    if (r->at == r->end || !isdigit((unsigned char)*r->at)) return read_name(r);
    while (r->at < r->end && isdigit((unsigned char)*r->at)) value = 10 * value + (*r->at++ - '0');
    return value;
}

static int64_t read_term(reader *r) {
    int64_t value = read_factor(r);
    while (!r->broken) {
        if (next_is(r, '/')) {
            int64_t by = read_factor(r), rest = by > 0 ? (value % by + by) % by : 0;
            value = by > 0 ? (value - rest) / by + (r->ceil && rest) : 0;
            r->broken |= by <= 0 && !r->unknown;
            continue;
        }
        next_is(r, ' ');
        if (r->at == r->end || strchr("+-)]|,", *r->at)) return value;
        value *= read_factor(r);
    }
    return 0;
}

static int64_t read_sum(reader *r) {
    int64_t value = read_term(r);
    while (!r->broken) {
        if (next_is(r, '+')) value += read_term(r);
        else if (next_is(r, '-')) value -= read_term(r);
        else break;
    }
    return value;
}

int has_value(const state *s, span text, int operand, int64_t value) {
    reader r = {s, text.at, text.at + text.n, operand, 0, 0, 0};
    int64_t got = read_sum(&r);
    while (r.at < r.end && *r.at == ' ') ++r.at;
    if (r.broken || r.at != r.end) return -1;
    return r.unknown || got == value;
}

/* One definition, "a/b or ceil(a/b) with ...": the letter, where it has a value, has one of
 * these. */
static int define_one(state *s, span name, span text) {
    int64_t known;
    int is_known = look_up(s, name, -1, &known), fits = 0;
    while (text.n && fits == 0) {
        span or = find(text, " or "), one = {text.at, or.at ? (size_t)(or.at - text.at) : text.n};
        span with = find(one, " with ");
        text = or.at ? (span){or.at + 4, text.n - one.n - 4} : (span){text.at, 0};
        if (with.at) one.n = (size_t)(with.at - one.at);
        reader r = {s, one.at, one.at + one.n, -1, 0, 0, 0};
        int64_t value = read_sum(&r);
        if (r.broken || r.at != r.end) return -1;
        if (r.unknown) return 1;
        fits = is_known ? value == known : bind(s, name, value);
    }
    return fits;
}

int define(state *s) {
    span rest = s->definitions;
    while (rest.n) {
        span comma = find(rest, ", ");
        span one = {rest.at, comma.at ? (size_t)(comma.at - rest.at) : rest.n};
        span is = find(one, " = ");
        rest = comma.at ? (span){comma.at + 2, rest.n - one.n - 2} : (span){rest.at, 0};
        if (!is.at) continue; /* "OW alike" */
        span name = trim((span){one.at, (size_t)(is.at - one.at)});
        span text = {is.at + 3, one.n - (size_t)(is.at + 3 - one.at)};
        int fits = define_one(s, name, text);
        if (fits != 1) return fits;
    }
    return 1;
}
