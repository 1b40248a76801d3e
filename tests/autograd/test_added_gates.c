/* Gates of the user's own as expressions, dumps and checks know them, and descriptors of other
 * versions of the header. */
#include "autograd/tape.h"
#include "tests/autograd/weigh.h"
#include "tests/suites.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static wg_tape *t;
static void setup(void) { ck_assert_ptr_nonnull(t = wg_tape_new()); }
static void teardown(void) { wg_tape_free(t); }

/* `status` was returned, the tape's error says `text`; the tape is empty afterwards. */
static void says(wg_status status, wg_status expected, const char *text) {
    ck_assert_msg(status == expected && strstr(wg_tape_message(t), text) != NULL,
                  "%s (%s), expected %s (%s)", wg_tape_message(t), wg_status_name(status), text,
                  wg_status_name(expected));
    wg_tape_rewind(t);
}

static wg_var vector(int64_t n, double first) {
    double x[8];
    for (int64_t i = 0; i < n; ++i) x[i] = first + (double)i;
    return wg_input(t, WG_F64, WG_SHAPE(n), x);
}

static double at(wg_var v, int64_t i) {
    const double *data = wg_data(v);
    ck_assert_ptr_nonnull(data);
    return data[i];
}

static wg_status same_infer(wg_call *c) {
    c->y.rank = c->x[0]->rank;
    memcpy(c->y.dim, c->x[0]->dim, sizeof c->y.dim);
    return WG_OK;
}
static wg_status copy_forward(wg_call *c) {
    size_t bytes = (size_t)wg_value_size(&c->y) * wg_dtype_size(c->y.dtype);
    if (bytes) memcpy(c->y.data, c->x[0]->data, bytes);
    return WG_OK;
}
static void same_rule(wg_pull *p) { p->dx[0] = p->g; }
static const wg_gate same = {.size = sizeof same, .name = "same", .arity = 1, .operands = {"x"},
                             .infer = same_infer, .rule = same_rule,
                             .forward = {copy_forward, copy_forward, NULL, NULL}};

/* ---- names in expressions ------------------------------------------------------------------- */

START_TEST(test_expressions) {
    const char *const names[] = {"x"};
    ck_assert_int_eq(wg_tape_add_gate(t, &weigh), WG_OK);
    for (int round = 0; round < 3; ++round) {
        wg_var x = vector(2, 1);
        wg_var f = wg_parse(t, "sum(weigh(x, [2, 2], scale=5))", 1, names, &x);
        ck_assert(wg_item(f) == 10 + 40);
        ck_assert_int_eq(wg_backward(f), WG_OK);
        ck_assert(at(wg_grad(x), 1) == 40);
        ck_assert(wg_item(wg_parse(t, "sum(weigh(x))", 1, names, &x)) == 5);
        ck_assert_int_eq(wg_tape_add_gate(t, &weigh), WG_OK); /* again: harmless */
        if (round == 0) wg_tape_rewind(t);
        else wg_tape_clear(t);
    }
    wg_var x = wg_name(vector(2, 1), "x");
    says(wg_parse(t, "weih(x)", 1, names, &x).index ? WG_OK : wg_tape_status(t), WG_ERR_NAME,
         "unknown gate \"weih\"; did you mean \"weigh\"?");
    x = vector(2, 1);
    wg_parse(t, "x + weigh", 1, names, &x);
    says(wg_tape_status(t), WG_ERR_NAME, "\"weigh\" is a gate: call it with (...)");
    x = vector(2, 1);
    wg_parse(t, "weigh(x, [1, 2, 3])", 1, names, &x);
    says(wg_tape_status(t), WG_ERR_SHAPE, "weigh: 3 weights for 2 numbers [x: (2) float64, w:");
    x = vector(2, 1);
    wg_parse(t, "weigh(x, size=2)", 1, names, &x);
    says(wg_tape_status(t), WG_ERR_NAME, "weigh has no attribute \"size\"");
    wg_var y = wg_input(t, WG_F32, WG_SHAPE(2), NULL);
    wg_parse(t, "weigh(x)", 1, names, &y);
    says(wg_tape_status(t), WG_ERR_DTYPE, "weigh: not defined for float32");

    wg_tape *other = wg_tape_new();
    wg_var z = wg_scalar(other, 1);
    ck_assert_uint_eq(wg_parse(other, "weigh(x)", 1, names, &z).index, 0);
    ck_assert_ptr_nonnull(strstr(wg_tape_message(other), "unknown gate \"weigh\""));
    wg_tape_free(other);
}
END_TEST

START_TEST(test_dump) {
    const char *const names[] = {"x"};
    char text[4096];
    wg_var x = vector(2, 1);
    ck_assert_int_eq(wg_tape_add_gate(t, &weigh), WG_OK);
    wg_var f = wg_parse(t, "sum(weigh(x, scale=5))", 1, names, &x);
    FILE *file = tmpfile();
    ck_assert_int_eq(wg_dump(f, &(wg_dump_options){.format = WG_DUMP_JSON}, file, NULL), WG_OK);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    ck_assert_ptr_nonnull(
        strstr(text, "\"gate\": \"weigh\", \"name\": null, \"attrs\": {\"scale\": 5}"));
    ck_assert_ptr_nonnull(strstr(text, "\"operand\": \"x\""));
}
END_TEST

/* ---- compositions, kinks, random numbers ----------------------------------------------------- */

static wg_var twice_compose(size_t n, const wg_var *x, const void *attrs) {
    (void)n, (void)attrs;
    return wg_add(x[0], x[0]);
}
static wg_status abs_backward(const wg_call *c, const wg_value *g, wg_value *const *dx) {
    const double *x = c->x[0]->data;
    for (int64_t i = 0; i < wg_value_size(g); ++i)
        ((double *)dx[0]->data)[i] += ((const double *)g->data)[i] * ((x[i] > 0) - (x[i] < 0));
    return WG_OK;
}
static wg_status abs_forward(wg_call *c) {
    const double *x = c->x[0]->data;
    for (int64_t i = 0; i < wg_value_size(&c->y); ++i)
        ((double *)c->y.data)[i] = x[i] < 0 ? -x[i] : x[i];
    return WG_OK;
}
static uint64_t abs_signature(const wg_call *c) {
    uint64_t hash = 0;
    const double *x = c->x[0]->data;
    for (int64_t i = 0; i < wg_value_size(c->x[0]); ++i)
        hash = hash * 31 + (uint64_t)(1 + (x[i] > 0) - (x[i] < 0));
    return hash;
}

START_TEST(test_kinds) {
    const wg_gate twice = {.size = sizeof twice, .name = "twice", .arity = 1, .operands = {"x"},
                           .compose = twice_compose};
    const wg_gate size = {.size = sizeof size, .name = "size_of", .arity = 1, .operands = {"x"},
                          .flags = WG_GATE_KINKED, .infer = same_infer, .signature = abs_signature,
                          .forward = {[WG_F64] = abs_forward}, .backward = abs_backward};
    const char *const names[] = {"x"};
    ck_assert_int_eq(wg_tape_add_gate(t, &twice), WG_OK);
    ck_assert_int_eq(wg_tape_add_gate(t, &size), WG_OK);
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2), (double[]){-3, 2});
    wg_var f = wg_parse(t, "sum(twice(size_of(x)))", 1, names, &x);
    ck_assert(wg_item(f) == 10);
    ck_assert_int_eq(wg_gradcheck(f, NULL, NULL), WG_OK);
    wg_gradcheck_report r = {.size = sizeof r};
    x = wg_input(t, WG_F64, WG_SHAPE(2), (double[]){-3, 0});
    f = wg_parse(t, "sum(twice(size_of(x)))", 1, names, &x);
    ck_assert_int_eq(wg_gradcheck(f, NULL, &r), WG_OK);
    ck_assert_int_eq(r.verdict, WG_VERDICT_SUBGRADIENT);
    wg_gradcheck_report_clear(&r);
}
END_TEST

/* ---- versions ------------------------------------------------------------------------------- */

static void narrow_rule(wg_pull *p) { p->dx[0] = wg_sum(p->g); }

/* A descriptor in a block of exactly `bytes` bytes, as a program compiled with another header
 * has. */
static wg_gate *of_size(const wg_gate *g, size_t bytes) {
    wg_gate *copy = calloc(1, bytes);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, g, bytes < sizeof *g ? bytes : sizeof *g);
    memcpy(copy, &bytes, sizeof bytes);
    return copy;
}

START_TEST(test_older_header) {
    wg_gate *old = of_size(&same, offsetof(wg_gate, compose));
    const char *const names[] = {"x"};
    wg_var x = vector(2, 1), y = wg_record(old, 1, &x, NULL); /* without being added */
    ck_assert_int_eq(wg_backward(wg_sum(y)), WG_OK);
    ck_assert(at(wg_grad(x), 0) == 1);
    ck_assert_int_eq(wg_tape_add_gate(t, old), WG_OK);
    y = wg_parse(t, "sum(same(x))", 1, names, &x);
    ck_assert_int_eq(wg_gradcheck(y, NULL, NULL), WG_OK);
    wg_var again = wg_record(old, 1, &x, NULL);
    ck_assert_uint_eq(t->n_own, 1); /* one copy serves all */
    ck_assert_ptr_eq(wgi_node_at(t, again.index)->gate, &t->own[0]->full);
    void (*rule)(wg_pull *) = narrow_rule; /* another gate at the same address */
    memcpy((char *)old + offsetof(wg_gate, rule), &rule, sizeof rule);
    says(wg_backward(wg_sum(wg_record(old, 1, &x, NULL))), WG_ERR_STATE, "its rule gives shape");
    free(old);
}
END_TEST

START_TEST(test_newer_header) {
    wg_gate *new = of_size(&same, sizeof(wg_gate) + 16);
    wg_var x = vector(2, 1);
    ck_assert_int_eq(wg_tape_add_gate(t, new), WG_OK);
    ck_assert(at(wg_record(new, 1, &x, NULL), 1) == 2);
    ((unsigned char *)new)[sizeof(wg_gate) + 9] = 1;
    says(wg_tape_add_gate(t, new), WG_ERR_UNSUPPORTED, "is of a newer version");
    free(new);
    wg_gate *none = of_size(&same, offsetof(wg_gate, samples));
    says(wg_tape_add_gate(t, none), WG_ERR_VALUE, ".size = sizeof(wg_gate) is missing");
    x = vector(2, 1);
    ck_assert_uint_eq(wg_record(none, 1, &x, NULL).index, 0);
    says(wg_tape_status(t), WG_ERR_VALUE, ".size = sizeof(wg_gate) is missing");
    free(none);
}
END_TEST

/* A descriptor on the stack may go once it was added. */
static void add_and_forget(void) {
    wg_gate g = weigh;
    ck_assert_int_eq(wg_tape_add_gate(t, &g), WG_OK);
    memset(&g, 0xff, sizeof g);
}
START_TEST(test_copied) {
    const char *const names[] = {"x"};
    add_and_forget();
    wg_var x = vector(2, 1), f = wg_parse(t, "sum(weigh(x))", 1, names, &x);
    ck_assert_int_eq(wg_backward(f), WG_OK);
    ck_assert(at(wg_grad(x), 1) == 4);
}
END_TEST

extern Suite *suite_added_gates(void);
Suite *suite_added_gates(void) {
    Suite *s = suite_create("added_gates");
    TCase *c = tcase_create("added_gates");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_expressions);
    tcase_add_test(c, test_dump);
    tcase_add_test(c, test_kinds);
    tcase_add_test(c, test_older_header);
    tcase_add_test(c, test_newer_header);
    tcase_add_test(c, test_copied);
    suite_add_tcase(s, c);
    return s;
}
