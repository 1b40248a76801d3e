/* test_misuse.c: every gate of the registry called wrongly from C, in every way in which a call can
 * be wrong whatever the gate: too many and too few operands, an absent one, one of another tape or
 * one that is gone, no attributes, dtypes that are not taken or differ; and each attribute out of
 * range.  What is said is foretold from the descriptor, so that a new gate is held to it as well. */
#define WG_NO_SITES /* texts without the line */
#include "tests/ops/registry_helpers.h"
#include "tests/suites.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { TEXT = 512, MOST = 16384, WANTED = 424 };

static wg_tape *t, *other;
static trial at_hand;
static wg_var x[MAX_OPERANDS + 1];
static uint64_t seen[MOST]; /* hashes of the texts */
static int n_seen;

/* ---- a call of the first sample -------------------------------------------------------------- */

static void begin(const wg_gate *gate) {
    ck_assert_ptr_nonnull(t = wg_tape_new());
    ck_assert_ptr_nonnull(other = wg_tape_new());
    ck_assert(trial_init(&at_hand, gate, gate->samples, 0));
}

static void end(void) {
    trial_clear(&at_hand);
    wg_tape_free(t);
    wg_tape_free(other);
}

/* Its operands on an empty tape, values in dtype. */
static void operands(wg_dtype dtype) {
    wg_var leaf[MAX_OPERANDS];
    wg_tape_rewind(t);
    for (size_t i = 0; i < at_hand.n_leaves; ++i) {
        const trial_leaf *l = &at_hand.leaf[i];
        wg_dtype d = l->kind == INDEX ? WG_I64 : l->kind == MASK ? WG_BOOL : dtype;
        leaf[i] = put(t, d, l->shape, l->n, l->x, l->kind == VALUE && d <= WG_F64);
    }
    for (size_t i = 0; i < at_hand.n; ++i)
        x[i] = at_hand.leaf_of[i] < 0 ? WG_NONE : leaf[at_hand.leaf_of[i]];
    x[at_hand.n] = wg_scalar(t, 1);
}

static const char *operand(size_t i) {
    static char room[64];
    const wg_gate *g = at_hand.gate;
    if (g->arity >= 0) return g->operands[i];
    snprintf(room, sizeof room, "%s[%zu]", g->operands[0], i);
    return room;
}

static int is_value(size_t i) {
    return at_hand.leaf_of[i] >= 0 && at_hand.leaf[at_hand.leaf_of[i]].kind == VALUE;
}

static void remember(const char *text) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *text; ++text) hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    for (int i = 0; i < n_seen; ++i)
        if (seen[i] == hash) return;
    ck_assert_int_lt(n_seen, MOST);
    seen[n_seen++] = hash;
}

/* y is poison, with this status and a text that begins so; the tape goes on. */
static void refused(wg_var y, wg_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void refused(wg_var y, wg_status status, const char *format, ...) {
    char want[TEXT], said[TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(want, sizeof want, format, args);
    va_end(args);
    snprintf(said, sizeof said, "%s", wg_tape_message(t));
    ck_assert_msg(y.index == 0, "no error; expected %s", want);
    ck_assert_msg(!strncmp(said, want, strlen(want)), "%s\nexpected\n%s", said, want);
    ck_assert_msg(wg_tape_status(t) == status, "%s: status %s", said,
                  wg_status_name(wg_tape_status(t)));
    remember(said);
    wg_var v = wg_scalar(t, 3);
    ck_assert_msg(wg_backward(wg_square(v)) == WG_OK && wg_item(wg_grad(v)) == 6,
                  "%s: nothing works afterwards", said);
    ck_assert_str_eq(wg_tape_message(t), said);
}

static wg_var call(size_t n, const void *attrs) { return wg_record(at_hand.gate, n, x, attrs); }
static wg_var call_sample(size_t n) { return call(n, at_hand.sample->attrs); }

/* ---- operands -------------------------------------------------------------------------------- */

static void hold_count(const wg_gate *g) {
    size_t most = at_hand.n, least = most;
    while (least > 0 && (g->optional >> (least - 1) & 1)) --least;
    if (g->arity < 0) return;
    operands(WG_F64);
    if (least == most)
        refused(call_sample(most + 1), WG_ERR_SHAPE, "%s: %zu operands given, it takes %zu",
                g->name, most + 1, most);
    else
        refused(call_sample(most + 1), WG_ERR_SHAPE, "%s: %zu operands given, it takes %zu %s %zu",
                g->name, most + 1, least, least + 1 == most ? "or" : "to", most);
    if (most < 2) return; /* no operands: no tape that could say anything */
    operands(WG_F64);
    refused(call_sample(1), WG_ERR_SHAPE, "%s: 1 operand given, it takes ", g->name);
}

static void hold_operand(const wg_gate *g, size_t i) {
    wg_var gone;
    operands(WG_F64);
    wg_mark mark = wg_tape_mark(t);
    gone = wg_scalar(t, 1);
    wg_tape_release(t, mark);
    wg_exp(x[at_hand.n]); /* another value where it was */
    x[i] = gone;
    refused(call_sample(at_hand.n), WG_ERR_STALE, "%s: %s (value %u) was rewound or released",
            g->name, operand(i), (unsigned)gone.index);
    if (i == 0) return; /* it tells the tape */
    operands(WG_F64);
    x[i] = wg_scalar(other, 1);
    refused(call_sample(at_hand.n), WG_ERR_TAPE, "%s: %s is a value of another tape", g->name,
            operand(i));
    if (g->arity > 0 && (g->optional >> i & 1)) return;
    operands(WG_F64);
    x[i] = WG_NONE;
    refused(call_sample(at_hand.n), WG_ERR_TAPE, "%s: %s is absent (WG_NONE)", g->name, operand(i));
}

/* Poison in gives poison out, and the error stays that of its origin. */
static void hold_poison(const wg_gate *g) {
    for (size_t i = 0; i < at_hand.n; ++i) {
        if (at_hand.leaf_of[i] < 0) continue;
        operands(WG_F64);
        x[i] = wg_slice(x[at_hand.n], 0, 0, 1, 1);
        refused(call_sample(at_hand.n), WG_ERR_RANGE, "slice: axis 0 of a value of rank 0");
    }
    (void)g;
}

static void hold_dtypes(const wg_gate *g) {
    size_t values = 0, last = 0;
    for (size_t i = 0; i < at_hand.n; ++i)
        if (is_value(i)) ++values, last = i;
    for (int d = WG_F32; d <= WG_BOOL && values; ++d) {
        if (gate_takes(g, (wg_dtype)d)) continue;
        if (g->compose && d > WG_F64) continue; /* the gates within say */
        operands((wg_dtype)d);
        refused(call_sample(at_hand.n), WG_ERR_DTYPE, "%s: not defined for %s", g->name,
                wg_dtype_name((wg_dtype)d));
    }
    if (values < 2) return;
    operands(WG_F64);
    x[last] = wg_cast(x[last], WG_F32);
    refused(call_sample(at_hand.n), WG_ERR_DTYPE,
            "%s: dtypes differ: float64 and float32; wg_cast converts", g->name);
}

/* ---- attributes ------------------------------------------------------------------------------ */

typedef union room {
    char bytes[512];
    int64_t integer;
    double real;
} room;

/* The sample's attributes with one field changed. */
static void *changed(room *r, const wg_attr *a, const void *value, size_t bytes) {
    ck_assert_uint_le(at_hand.gate->attr_bytes, sizeof r->bytes);
    memcpy(r->bytes, at_hand.sample->attrs, at_hand.gate->attr_bytes);
    memcpy(r->bytes + a->offset, value, bytes);
    return r->bytes;
}

/* Refused, by the gate itself, with the offending number in what it says. */
static void refused_number(wg_var y, const wg_attr *a, const char *number) {
    const char *name = at_hand.gate->name, *said = wg_tape_message(t);
    wg_status s = wg_tape_status(t);
    ck_assert_msg(y.index == 0, "%s: %s = %s is taken", name, a->name, number);
    ck_assert_msg(s == WG_ERR_RANGE || s == WG_ERR_SHAPE || s == WG_ERR_DTYPE ||
                      s == WG_ERR_MEMORY || s == WG_ERR_VALUE,
                  "%s: %s", wg_status_name(s), said);
    ck_assert_msg(!strncmp(said, name, strlen(name)) && said[strlen(name)] == ':',
                  "%s: another gate speaks: %s", name, said);
    ck_assert_msg(strstr(said, number), "%s: %s = %s: %s", name, a->name, number, said);
    refused(y, s, "%s: ", name);
}

static void try_int(const wg_attr *a, int value) {
    char number[32];
    room r;
    snprintf(number, sizeof number, "%d", value);
    operands(WG_F64);
    refused_number(call(at_hand.n, changed(&r, a, &value, sizeof value)), a, number);
}

static void try_axes(const wg_attr *a, wg_axes axes, const char *number) {
    room r;
    operands(WG_F64);
    refused_number(call(at_hand.n, changed(&r, a, &axes, sizeof axes)), a, number);
}

/* As many axes as the first operand has. */
static wg_axes all_axes(int axis) {
    wg_axes axes = {at_hand.leaf[0].shape.rank, {0}};
    for (int i = 0; i < axes.n; ++i) axes.axis[i] = axis;
    return axes;
}

static void try_shape(const wg_attr *a, wg_shape shape, const char *number) {
    room r;
    operands(WG_F64);
    refused_number(call(at_hand.n, changed(&r, a, &shape, sizeof shape)), a, number);
}

/* What may be in range or not, but is told if it is not. */
static void try_any(const wg_attr *a, const void *value, size_t bytes, const char *number) {
    room r;
    operands(WG_F64);
    wg_var y = call(at_hand.n, changed(&r, a, value, bytes));
    if (y.index) return;
    refused_number(y, a, number);
}

static void hold_attr(const wg_attr *a) {
    static const int64_t wild[] = {-77, INT64_MIN, INT64_MAX};
    const double not_a_number = (double)NAN;
    const int64_t pair[2] = {-77, -77};
    char number[32];
    switch (a->kind) {
    case WG_ATTR_WORD:
    case WG_ATTR_AXIS:
        try_int(a, 77);
        try_int(a, -77);
        break;
    case WG_ATTR_AXES:
        try_axes(a, all_axes(77), "77");
        try_axes(a, all_axes(-77), "-77");
        try_axes(a, (wg_axes){77, {0}}, "77");
        try_axes(a, (wg_axes){-7, {0}}, "-7");
        break;
    case WG_ATTR_SHAPE:
        try_shape(a, (wg_shape){77, {0}}, "77");
        try_shape(a, (wg_shape){-7, {0}}, "-7");
        try_shape(a, WG_SHAPE(-77, -77), "-77");
        break;
    case WG_ATTR_INT:
        for (size_t i = 0; i < sizeof wild / sizeof *wild; ++i) {
            snprintf(number, sizeof number, "%lld", (long long)wild[i]);
            try_any(a, &wild[i], sizeof wild[i], number);
        }
        break;
    case WG_ATTR_REAL: try_any(a, &not_a_number, sizeof not_a_number, "nan"); break;
    case WG_ATTR_PAIR: try_any(a, pair, sizeof pair, "-77"); break;
    case WG_ATTR_BOOL: break; /* any int is a truth */
    case WG_ATTR_TEXT: break; /* what it may say is the gate's own */
    }
}

static void hold_attributes(const wg_gate *g) {
    if (!g->attr_bytes) return;
    operands(WG_F64);
    refused(call(at_hand.n, NULL), WG_ERR_STATE, "%s: its attributes are missing (NULL)", g->name);
    for (const wg_attr *a = g->attrs; a && a->name; ++a) hold_attr(a);
}

/* ---- all gates ------------------------------------------------------------------------------- */

START_TEST(test_every_gate) {
    for (int k = 0; wgi_gates[k]; ++k) {
        const wg_gate *g = wgi_gates[k];
        int before = n_seen;
        begin(g);
        hold_count(g);
        for (size_t i = 0; i < at_hand.n; ++i)
            if (at_hand.leaf_of[i] >= 0) hold_operand(g, i);
        hold_poison(g);
        hold_dtypes(g);
        hold_attributes(g);
        end();
        ck_assert_msg(n_seen - before >= 2, "%s: %d texts of its own", g->name, n_seen - before);
    }
    ck_assert_msg(n_seen >= WANTED, "%d different texts", n_seen);
}
END_TEST

extern Suite *suite_misuse(void);
Suite *suite_misuse(void) {
    Suite *s = suite_create("misuse");
    TCase *c = tcase_create("misuse");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, test_every_gate);
    suite_add_tcase(s, c);
    return s;
}
