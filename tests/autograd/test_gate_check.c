/* What wg_tape_add_gate says about descriptors that cannot be, one defect at a time. */
#include "autograd/tape.h"
#include "ops/registry.h"
#include "tests/suites.h"
#include "wengert.h"

#include <stddef.h>
#include <string.h>

static wg_tape *t;
static void setup(void) { ck_assert_ptr_nonnull(t = wg_tape_new()); }
static void teardown(void) { wg_tape_free(t); }

static wg_status forward(wg_call *c) {
    *(double *)c->y.data = 2 * *(const double *)c->x[0]->data;
    return WG_OK;
}
static wg_status direct(const wg_call *c, const wg_value *g, const wg_into *into) {
    (void)c, (void)g, (void)into;
    return WG_ERR_UNSUPPORTED;
}
static wg_status backward(const wg_call *c, const wg_value *g, wg_value *const *dx) {
    (void)c;
    *(double *)dx[0]->data += 2 * *(const double *)g->data;
    return WG_OK;
}
static void rule(wg_pull *p) { p->dx[0] = wg_scale(p->g, 2); }
static wg_var compose(size_t n, const wg_var *x, const void *attrs) {
    (void)n, (void)attrs;
    return x[0];
}
static uint64_t signature(const wg_call *c) { return c->n; }
static int view(wg_call *c) {
    c->y.data = c->x[0]->data;
    return 1;
}

struct fields {
    int64_t whole;
    double real;
    int word;
};

static wg_gate good(void) {
    wg_gate g = {.size = sizeof g, .name = "mine", .arity = 2, .operands = {"x", "w"},
                 .optional = 2, .attr_bytes = sizeof(struct fields),
                 .forward = {[WG_F64] = forward}, .backward = backward};
    return g;
}

static void refused(const wg_gate *g, wg_status status, const char *text) {
    wg_status s = wg_tape_add_gate(t, g);
    ck_assert_msg(s == status && s == wg_tape_status(t) && strstr(wg_tape_message(t), text),
                  "%s (%s), expected %s (%s)", wg_tape_message(t), wg_status_name(s), text,
                  wg_status_name(status));
    wg_tape_rewind(t);
    wg_var x = wg_scalar(t, 1);
    const char *const names[] = {"x"};
    if (g && g->name && strcmp(g->name, "tanh") != 0 && strcmp(g->name, "other") != 0)
        ck_assert_uint_eq(wg_parse(t, "mine(x)", 1, names, &x).index, 0);
    wg_tape_rewind(t);
}

START_TEST(test_good) {
    wg_gate g = good();
    ck_assert_int_eq(wg_tape_add_gate(t, &g), WG_OK);
    ck_assert_int_eq(wg_tape_status(t), WG_OK);
    ck_assert_int_eq(wg_tape_add_gate(NULL, &g), WG_ERR_TAPE);
    refused(NULL, WG_ERR_VALUE, "add_gate: the descriptor is NULL");
}
END_TEST

START_TEST(test_names) {
    static const char *const bad[] = {
        "",  "2x", "a-b", "a b", "x\xc3\xa9", "sum(",
        "a234567890123456789012345678901234567890123456789012345678901234"};
    wg_gate g = good();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        g.name = bad[i];
        refused(&g, WG_ERR_NAME, "is no name for a gate");
    }
    g.name = NULL;
    refused(&g, WG_ERR_NAME, "a gate needs a name");
    g.name = "tanh";
    refused(&g, WG_ERR_NAME, "gate tanh: the library has a gate of that name");
    g.name = "other";
    ck_assert_int_eq(wg_tape_add_gate(t, &g), WG_OK);
    wg_gate second = g;
    second.formula = "another";
    refused(&second, WG_ERR_NAME, "gate other: the tape has another gate of that name");
    wg_tape *fresh = wg_tape_new(); /* names are a tape's own */
    ck_assert_int_eq(wg_tape_add_gate(fresh, &second), WG_OK);
    wg_tape_free(fresh);
}
END_TEST

START_TEST(test_operands) {
    static const int arities[] = {0, -2, 7, 1000};
    wg_gate g = good();
    for (size_t i = 0; i < 4; ++i) {
        g.arity = arities[i];
        refused(&g, WG_ERR_RANGE, "it is 1 to 6, or -1 for any number");
    }
    g = good();
    g.operands[1] = NULL;
    refused(&g, WG_ERR_NAME, "gate mine: operand 1 has no name");
    g.operands[1] = "x";
    refused(&g, WG_ERR_NAME, "gate mine: operands 0 and 1 are both named x");
    g.operands[1] = "a b";
    refused(&g, WG_ERR_NAME, "gate mine: \"a b\" is no name for operand 1");
    g = good();
    g.operands[2] = "z";
    refused(&g, WG_ERR_RANGE, "gate mine: operand 2, z, is named; the arity is 2");
    g = good();
    g.indices = 4;
    refused(&g, WG_ERR_RANGE, "name an operand beyond its arity");
    g = good();
    g.optional = 3;
    refused(&g, WG_ERR_VALUE, "its first operand cannot be optional");
    g = good();
    g.indices = g.masks = 2;
    refused(&g, WG_ERR_VALUE, "an operand is either of indices or a mask");
    g = good();
    g.arity = -1;
    g.operands[1] = NULL;
    g.optional = 1;
    refused(&g, WG_ERR_VALUE, "none is optional");
}
END_TEST

START_TEST(test_attributes) {
    static const char *const words[] = {"mean", "sum", NULL};
    static const struct {
        wg_attr row;
        wg_status status;
        const char *text;
    } bad[] = {
        {{.name = "a b"}, WG_ERR_NAME, "\"a b\" is no name for an attribute"},
        {{.name = "a", .kind = (wg_attr_kind)99}, WG_ERR_VALUE, "attribute a is of no known kind"},
        {{.name = "a", .offset = sizeof(struct fields)}, WG_ERR_RANGE, "lies outside the struct"},
        {{.name = "a", .offset = SIZE_MAX - 3}, WG_ERR_RANGE, "lies outside the struct"},
        {{.name = "a", .kind = WG_ATTR_SHAPE}, WG_ERR_RANGE, "lies outside the struct"},
        {{.name = "a", .kind = WG_ATTR_TEXT}, WG_ERR_RANGE, "a, 128 bytes from 0 on, lies outside"},
        {{.name = "a", .kind = WG_ATTR_REAL, .offset = 4}, WG_ERR_VALUE,
         "at byte 4 is not aligned"},
        {{.name = "a", .kind = WG_ATTR_BOOL, .preset = 2}, WG_ERR_VALUE,
         "preset of attribute a, 2"},
        {{.name = "a", .kind = WG_ATTR_INT, .preset = 0.5}, WG_ERR_VALUE, "preset of attribute a"},
        {{.name = "a", .kind = WG_ATTR_WORD}, WG_ERR_VALUE, "preset of attribute a"},
        {{.name = "a", .kind = WG_ATTR_WORD, .preset = 2, .words = words}, WG_ERR_VALUE, "preset"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        wg_attr rows[] = {bad[i].row, {.name = NULL}};
        wg_gate g = good();
        g.attrs = rows;
        refused(&g, bad[i].status, bad[i].text);
    }
    wg_attr twice[] = {{.name = "a"}, {.name = "b", .kind = WG_ATTR_REAL, .offset = 8},
                       {.name = "a"}, {.name = NULL}};
    wg_gate g = good();
    g.attrs = twice;
    refused(&g, WG_ERR_NAME, "two attributes are named a");
    g = good();
    g.flags = WG_GATE_RANDOM;
    g.attr_bytes = 8;
    refused(&g, WG_ERR_VALUE, "its attributes begin with a wg_random");
    wg_attr early[] = {{.name = "a"}, {.name = NULL}};
    g.attr_bytes = sizeof(wg_random) + 8;
    g.attrs = early;
    refused(&g, WG_ERR_RANGE, "attr_bytes is 24, wg_random first");
}
END_TEST

START_TEST(test_derivatives) {
    wg_gate g = good();
    g.backward = NULL;
    refused(&g, WG_ERR_VALUE, "gate mine: it has no rule and no backward; WG_GATE_FLAT if");
    g = good();
    g.flags = WG_GATE_FLAT;
    refused(&g, WG_ERR_VALUE, "it is WG_GATE_FLAT and has a derivative");
    g = good();
    g.backward = NULL;
    g.direct = direct;
    refused(&g, WG_ERR_VALUE, "gate mine: it has no rule and no backward");
    g.flags = WG_GATE_FLAT;
    refused(&g, WG_ERR_VALUE, "it is WG_GATE_FLAT and has a derivative");
    g = good();
    g.flags = WG_GATE_KINKED;
    refused(&g, WG_ERR_VALUE, "it is WG_GATE_KINKED and has no signature");
    g = good();
    g.signature = signature;
    refused(&g, WG_ERR_VALUE, "it has a signature and is not WG_GATE_KINKED");
    g = good();
    g.flags = 1u << 20;
    refused(&g, WG_ERR_RANGE, "the flags 0x100000 are not those of a gate");
    g.flags = WG_GATE_LEAF;
    refused(&g, WG_ERR_RANGE, "are not those of a gate");
    g = good();
    g.forward[WG_F64] = NULL;
    refused(&g, WG_ERR_VALUE, "it has no forward, view or compose");
}
END_TEST

START_TEST(test_kinds) {
    wg_elementwise half = *wgi_gate_find("tanh", 4)->elementwise;
    wg_gate g = good();
    g.compose = compose;
    refused(&g, WG_ERR_VALUE, "a composition has no forward");
    g.forward[WG_F64] = NULL;
    refused(&g, WG_ERR_VALUE, "a composition has no forward");
    g = good();
    g.rule = rule;
    g.elementwise = &half;
    refused(&g, WG_ERR_VALUE, "an elementwise gate has no forward");
    g.forward[WG_F64] = NULL;
    g.backward = NULL;
    /* tanh's arity is 1 */
    refused(&g, WG_ERR_VALUE, "gate mine: no pull to operand 1 for float32");
    g.arity = 4;
    g.operands[2] = "c";
    g.operands[3] = "d";
    refused(&g, WG_ERR_RANGE, "an elementwise gate has 1 to 3");
    half.scalar = NULL;
    g.arity = 1;
    g.operands[1] = g.operands[2] = g.operands[3] = NULL;
    g.optional = 0;
    refused(&g, WG_ERR_VALUE, "its elementwise part lacks scalar or forward");
    g = good();
    g.forward[WG_F64] = NULL;
    g.view = view;
    ck_assert_int_eq(wg_tape_add_gate(t, &g), WG_OK);
}
END_TEST

/* What is refused when it is added is refused when it is recorded, too. */
START_TEST(test_recorded_without_adding) {
    wg_gate g = good();
    g.operands[1] = NULL;
    wg_var x[] = {wg_scalar(t, 1), WG_NONE};
    ck_assert_uint_eq(wg_record(&g, 2, x, &(struct fields){0, 0, 0}).index, 0);
    ck_assert_ptr_nonnull(strstr(wg_tape_message(t), "gate mine: operand 1 has no name"));
}
END_TEST

/* The library's own gates pass, and work under another name. */
START_TEST(test_library) {
    size_t n = 0;
    for (; wgi_gates[n]; ++n) {
        wg_gate g = *wgi_gates[n];
        g.name = "borrowed";
        wg_tape *fresh = wg_tape_new();
        ck_assert_msg(wg_tape_add_gate(fresh, &g) == WG_OK, "%s: %s", wgi_gates[n]->name,
                      wg_tape_message(fresh));
        wg_tape_free(fresh);
    }
    ck_assert_uint_gt(n, 100);
    wg_gate g = *wgi_gate_find("tanh", 4);
    g.name = "hyperbolic";
    ck_assert_int_eq(wg_tape_add_gate(t, &g), WG_OK);
    const char *const names[] = {"x"};
    wg_var x = wg_scalar(t, 0.5), y = wg_parse(t, "hyperbolic(x)", 1, names, &x);
    ck_assert_int_eq(wg_gradcheck(y, NULL, NULL), WG_OK);
    ck_assert(wg_item(y) == wg_item(wg_tanh(x)));
}
END_TEST

extern Suite *suite_gate_check(void);
Suite *suite_gate_check(void) {
    Suite *s = suite_create("gate_check");
    TCase *c = tcase_create("gate_check");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_good);
    tcase_add_test(c, test_names);
    tcase_add_test(c, test_operands);
    tcase_add_test(c, test_attributes);
    tcase_add_test(c, test_derivatives);
    tcase_add_test(c, test_kinds);
    tcase_add_test(c, test_recorded_without_adding);
    tcase_add_test(c, test_library);
    suite_add_tcase(s, c);
    return s;
}
