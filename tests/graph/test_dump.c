/* Dumps: JSON is read back and compared with the tape, DOT by its lines; names, failing disks and
 * gradients that are not there. */
#include "tests/suites.h"

#include "backend/backend.h"
#include "graph/graph.h"
#include "ops/ops.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

extern Suite *suite_dump(void);

static wg_tape *t;
static char text[1 << 16];

static void setup(void) {
    t = wg_tape_new();
    ck_assert_ptr_nonnull(t);
}
static void teardown(void) { wg_tape_free(t); }

/* The dump of root, in text. */
static const char *dump(wg_var root, const wg_dump_options *o) {
    wg_error e = {WG_OK, ""};
    FILE *f = tmpfile();
    ck_assert_ptr_nonnull(f);
    wg_status s = wg_dump(root, o, f, &e);
    ck_assert_msg(s == WG_OK, "%s", e.text);
    ck_assert_str_eq(e.text, "");
    rewind(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    ck_assert(n > 0 && n < sizeof text - 1);
    text[n] = '\0';
    fclose(f);
    return text;
}
static const char *dot(wg_var root) { return dump(root, NULL); }

static json_t *json(wg_var root, int64_t elements) {
    wg_dump_options o = {.size = sizeof o, .format = WG_DUMP_JSON, .elements = elements};
    json_error_t e;
    json_t *j = json_loads(dump(root, &o), JSON_REJECT_DUPLICATES, &e);
    ck_assert_msg(j != NULL, "line %d: %s", e.line, e.text);
    return j;
}

static json_t *node(json_t *j, wg_var x) {
    size_t i;
    json_t *n;
    json_array_foreach(json_object_get(j, "nodes"), i, n)
        if (json_integer_value(json_object_get(n, "id")) == (json_int_t)x.index) return n;
    ck_abort_msg("value %u is not in the dump", x.index);
    return NULL;
}
static const char *string_of(json_t *j, const char *key) {
    return json_string_value(json_object_get(j, key));
}
static double number_of(json_t *j, const char *key) {
    return json_number_value(json_object_get(j, key));
}
static double entry(json_t *j, const char *key, size_t i) {
    return json_number_value(json_array_get(json_object_get(j, key), i));
}

/* (x + y) z of the course, at -2, 5, -4. */
typedef struct product {
    wg_var x, y, z, q, f;
} product;
static product make_product(void) {
    product p = {.x = wg_name(wg_scalar(t, -2), "x"), .y = wg_name(wg_scalar(t, 5), "y")};
    p.z = wg_name(wg_scalar(t, -4), "z");
    p.q = wg_name(wg_add(p.x, p.y), "q");
    p.f = wg_mul(p.q, p.z);
    return p;
}

/* ---- JSON ----------------------------------------------------------------------------------- */

START_TEST(json_has_the_whole_graph) {
    product p = make_product();
    ck_assert_int_eq(wg_backward(p.f), WG_OK);
    json_t *j = json(p.f, 0);
    ck_assert_str_eq(string_of(j, "format"), "wengert-graph");
    ck_assert_int_eq(json_integer_value(json_object_get(j, "version")), 1);
    ck_assert_int_eq(json_integer_value(json_object_get(j, "root")), p.f.index);
    ck_assert(json_is_true(json_object_get(j, "backward")));
    ck_assert_uint_eq(json_array_size(json_object_get(j, "nodes")), 5);
    json_t *q = node(j, p.q), *z = node(j, p.z);
    ck_assert_str_eq(string_of(q, "kind"), "gate");
    ck_assert_str_eq(string_of(q, "gate"), "add");
    ck_assert_str_eq(string_of(q, "name"), "q");
    ck_assert_str_eq(string_of(q, "dtype"), "float64");
    ck_assert_uint_eq(json_array_size(json_object_get(q, "shape")), 0);
    check_near(number_of(q, "value"), 3, 0);
    check_near(number_of(q, "grad"), -4, 0);
    ck_assert_str_eq(string_of(q, "gradient"), "known");
    ck_assert_str_eq(string_of(z, "kind"), "input");
    check_near(number_of(z, "grad"), 3, 0);
    ck_assert_int_eq(strncmp(string_of(q, "site"), "test_dump.c:", 12), 0);
    ck_assert(json_is_null(json_object_get(node(j, p.f), "name")));
    json_decref(j);
}
END_TEST

START_TEST(json_has_edges_in_order) {
    product p = make_product();
    json_t *j = json(p.f, 0), *edges = json_object_get(j, "edges");
    ck_assert_uint_eq(json_array_size(edges), 4);
    json_t *e = json_array_get(edges, 3); /* z -> mul */
    ck_assert_int_eq(json_integer_value(json_object_get(e, "from")), p.z.index);
    ck_assert_int_eq(json_integer_value(json_object_get(e, "to")), p.f.index);
    ck_assert_int_eq(json_integer_value(json_object_get(e, "position")), 1);
    ck_assert_str_eq(string_of(e, "operand"), "y");
    json_t *nodes = json_object_get(j, "nodes"), *n;
    json_int_t before = 0;
    size_t i;
    json_array_foreach(nodes, i, n) {
        json_int_t id = json_integer_value(json_object_get(n, "id"));
        ck_assert(id > before);
        before = id;
    }
    json_decref(j);
}
END_TEST

START_TEST(json_shows_each_kind_of_leaf) {
    wg_params *store = wg_params_new();
    wg_param *w = wg_param_new(store, "w", WG_F64, WG_SHAPE(2));
    wg_var p = wg_use(t, w), c = wg_const(t, WG_F64, WG_SHAPE(2), NULL);
    wg_var n = wg_number(t, 2), x = wg_input(t, WG_F64, WG_SHAPE(2), NULL);
    wg_var f = wg_sum_to(wg_mul(wg_add(wg_mul(p, n), x), wg_shift(c, 3)), WG_RANK0);
    wg_backward(f);
    json_t *j = json(f, 0);
    ck_assert_str_eq(string_of(node(j, p), "kind"), "parameter");
    ck_assert_str_eq(string_of(node(j, p), "name"), "w");
    check_near(entry(node(j, p), "grad", 1), 6, 0);
    ck_assert_str_eq(string_of(node(j, c), "kind"), "constant");
    ck_assert_str_eq(string_of(node(j, c), "gradient"), "unwanted");
    ck_assert(json_is_null(json_object_get(node(j, c), "grad")));
    ck_assert_str_eq(string_of(node(j, n), "gate"), "number");
    ck_assert_str_eq(string_of(node(j, x), "kind"), "input");
    json_decref(j);
    wg_params_free(store);
}
END_TEST

START_TEST(json_has_attributes) {
    wg_var x = wg_input(t, WG_F32, WG_SHAPE(2, 3), NULL);
    wg_var s = wg_scale(x, -0.1), b = wg_sum_to(s, WG_SHAPE(1, 3));
    json_t *j = json(b, 0);
    json_t *attrs = json_object_get(node(j, s), "attrs");
    ck_assert_uint_eq(json_object_size(attrs), 1);
    check_near(number_of(attrs, "c"), -0.1, 0);
    attrs = json_object_get(node(j, b), "attrs");
    ck_assert_uint_eq(json_array_size(json_object_get(attrs, "shape")), 2);
    check_near(entry(attrs, "shape", 1), 3, 0);
    ck_assert_uint_eq(json_object_size(json_object_get(node(j, x), "attrs")), 0);
    json_decref(j);
}
END_TEST

/* A gate with every kind of attribute. */
struct all_kinds {
    int64_t i;
    double r;
    int b, axis, word;
    wg_axes axes;
    wg_shape shape;
    int64_t pair[2];
};
static const char *const words[] = {"up", "down \"there\"", NULL};
#define ROW(label, what, field, ...)                                                               \
    { .name = label, .kind = what, .offset = offsetof(struct all_kinds, field), __VA_ARGS__ }
static const wg_attr all_attrs[] = {
    ROW("i", WG_ATTR_INT, i, .doc = ""),        ROW("r", WG_ATTR_REAL, r, .doc = ""),
    ROW("b", WG_ATTR_BOOL, b, .doc = ""),       ROW("axis", WG_ATTR_AXIS, axis, .doc = ""),
    ROW("axes", WG_ATTR_AXES, axes, .doc = ""), ROW("shape", WG_ATTR_SHAPE, shape, .doc = ""),
    ROW("pair", WG_ATTR_PAIR, pair, .doc = ""), ROW("word", WG_ATTR_WORD, word, .words = words),
    {.name = NULL}};

START_TEST(json_has_every_kind_of_attribute) {
    extern const wg_gate wg_gate_sign;
    wg_gate gate = wg_gate_sign;
    gate.attr_bytes = sizeof(struct all_kinds);
    gate.attrs = all_attrs;
    const struct all_kinds a = {-5000000000,    0.1, 1, -2, 1, WG_AXES(0, -1),
                                WG_SHAPE(4, -1), {2, 3}};
    wg_var x = wg_scalar(t, 1), y = wg_record(&gate, 1, &x, &a);
    json_t *j = json(y, 0), *attrs = json_object_get(node(j, y), "attrs");
    ck_assert_uint_eq(json_object_size(attrs), 8);
    ck_assert_int_eq(json_integer_value(json_object_get(attrs, "i")), a.i);
    check_near(number_of(attrs, "r"), 0.1, 0);
    ck_assert(json_is_true(json_object_get(attrs, "b")));
    check_near(number_of(attrs, "axis"), -2, 0);
    check_near(entry(attrs, "axes", 1), -1, 0);
    check_near(entry(attrs, "shape", 0), 4, 0);
    check_near(entry(attrs, "pair", 1), 3, 0);
    ck_assert_str_eq(string_of(attrs, "word"), "down \"there\"");
    json_decref(j);
    ck_assert_ptr_nonnull(
        strstr(dot(y), "i=-5000000000, r=0.1, b=1, axis=-2, axes=[0, -1], shape=[4, -1], "
                       "pair=[2, 3], word=down &quot;there&quot;<"));
}
END_TEST

START_TEST(json_numbers_round_trip) {
    const double x[6] = {0.1, 1.0 / 3, 1e-310, -1.7976931348623157e308, 123456789012345678.0, -0.0};
    const float f[3] = {0.1f, 1.0f / 3, 3.4028235e38f};
    wg_var v = wg_const(t, WG_F64, WG_SHAPE(6), x), w = wg_const(t, WG_F32, WG_SHAPE(3), f);
    json_t *j = json(v, 0);
    for (size_t i = 0; i < 6; ++i) check_near(entry(node(j, v), "value", i), x[i], 0);
    json_decref(j);
    j = json(w, 0);
    for (size_t i = 0; i < 3; ++i)
        ck_assert((float)entry(node(j, w), "value", i) == f[i]);
    ck_assert_ptr_nonnull(strstr(text, "\"value\": [0.1, 0.33333334,"));
    json_decref(j);
}
END_TEST

START_TEST(json_has_nan_and_infinities) {
    const double x[3] = {(double)NAN, HUGE_VAL, -HUGE_VAL};
    wg_var v = wg_const(t, WG_F64, WG_SHAPE(3), x);
    wg_dump_options o = {.format = WG_DUMP_JSON};
    ck_assert_ptr_nonnull(strstr(dump(v, &o), "\"value\": [null, 1e999, -1e999]"));
}
END_TEST

START_TEST(json_has_integers_and_masks) {
    const int64_t i[2] = {9007199254740993, -1};
    const unsigned char b[2] = {1, 0};
    wg_dump_options o = {.format = WG_DUMP_JSON};
    ck_assert_ptr_nonnull(strstr(dump(wg_const(t, WG_I64, WG_SHAPE(2), i), &o),
                                 "\"value\": [9007199254740993, -1]"));
    ck_assert_ptr_nonnull(strstr(dump(wg_const(t, WG_BOOL, WG_SHAPE(2), b), &o),
                                 "\"value\": [true, false]"));
}
END_TEST

START_TEST(json_shows_as_many_as_asked_for) {
    double x[20];
    for (int i = 0; i < 20; ++i) x[i] = i;
    wg_var v = wg_input(t, WG_F64, WG_SHAPE(4, 5), x);
    const int64_t ask[] = {0, 3, -1, 100}, get[] = {8, 3, 20, 20};
    for (int k = 0; k < 4; ++k) {
        json_t *j = json(v, ask[k]), *n = node(j, v);
        ck_assert_uint_eq(json_array_size(json_object_get(n, "value")), (size_t)get[k]);
        ck_assert_int_eq(json_integer_value(json_object_get(n, "size")), 20);
        check_near(entry(n, "value", 2), 2, 0);
        json_decref(j);
    }
}
END_TEST

/* Views are shown in their own order, empty arrays as such. */
START_TEST(json_shows_views_and_empty_arrays) {
    const double x[2] = {3, 4};
    wg_var v = wg_input(t, WG_F64, WG_SHAPE(2, 1), x), b = wg_broadcast_to(v, WG_SHAPE(2, 3));
    wg_var e = wg_input(t, WG_F64, WG_SHAPE(0, 3), NULL), f = wg_square(e);
    json_t *j = json(b, -1);
    const double want[6] = {3, 3, 3, 4, 4, 4};
    for (size_t i = 0; i < 6; ++i) check_near(entry(node(j, b), "value", i), want[i], 0);
    json_decref(j);
    j = json(f, 0);
    ck_assert_uint_eq(json_array_size(json_object_get(node(j, f), "value")), 0);
    ck_assert(json_is_array(json_object_get(node(j, f), "value")));
    json_decref(j);
    ck_assert_int_eq(wg_backward(wg_sum_to(f, WG_RANK0)), WG_OK);
    j = json(f, 0);
    json_decref(j);
}
END_TEST

/* ---- gradients that are not there ----------------------------------------------------------- */

START_TEST(says_that_backward_was_not_run) {
    product p = make_product();
    json_t *j = json(p.f, 0);
    ck_assert(json_is_false(json_object_get(j, "backward")));
    ck_assert(json_is_null(json_object_get(node(j, p.x), "grad")));
    ck_assert_str_eq(string_of(node(j, p.x), "gradient"), "backward not run");
    json_decref(j);
    ck_assert_ptr_nonnull(strstr(dot(p.f), "backward not run"));
    ck_assert_ptr_null(strstr(text, "COLOR=\"#c62828\">0<"));
    ck_assert_int_eq(wg_backward(p.f), WG_OK);
    ck_assert_ptr_null(strstr(dot(p.f), "backward not run"));
    /* a value recorded afterwards, and one beside what was swept */
    wg_var later = wg_square(p.f);
    ck_assert_ptr_nonnull(strstr(dot(later), "backward not run"));
    wg_var beside = wg_square(p.x), other = wg_mul(wg_exp(p.x), p.y);
    ck_assert_int_eq(wg_backward(other), WG_OK);
    ck_assert_ptr_nonnull(strstr(dot(beside), "backward not run"));
    wg_clear_grads(t);
    ck_assert_ptr_nonnull(strstr(dot(p.f), "backward not run"));
}
END_TEST

START_TEST(says_what_was_not_reached) {
    wg_var x = wg_scalar(t, 2), s = wg_scalar(t, 3), h = wg_square(s);
    wg_var f = wg_mul(x, wg_sign(h));
    ck_assert_int_eq(wg_backward(f), WG_OK);
    json_t *j = json(f, 0);
    ck_assert_str_eq(string_of(node(j, h), "gradient"), "not reached");
    ck_assert(json_is_null(json_object_get(node(j, h), "grad")));
    ck_assert_str_eq(string_of(node(j, x), "gradient"), "known");
    json_decref(j);
    ck_assert_ptr_nonnull(strstr(dot(f), "not reached"));
}
END_TEST

START_TEST(says_what_was_not_kept) {
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2), NULL), h = wg_exp(x);
    wg_var f = wg_sum_to(h, WG_RANK0);
    wg_tape_keep_grads(t, 0);
    ck_assert_int_eq(wg_backward(f), WG_OK);
    json_t *j = json(f, 0);
    ck_assert_str_eq(string_of(node(j, h), "gradient"), "not kept");
    ck_assert_str_eq(string_of(node(j, x), "gradient"), "known");
    check_near(entry(node(j, x), "grad", 1), 1, 0);
    json_decref(j);
    ck_assert_ptr_nonnull(strstr(dot(f), "not kept"));
}
END_TEST

/* ---- DOT ------------------------------------------------------------------------------------ */

START_TEST(dot_has_nodes_and_edges) {
    product p = make_product();
    wg_backward(p.f);
    ck_assert_int_eq(strncmp(dot(p.f), "digraph wengert {\n", 18), 0);
    ck_assert_ptr_nonnull(strstr(text, "  n1 -> n4 [label=<x>];\n"));
    ck_assert_ptr_nonnull(strstr(text, "  n3 -> n5 [label=<y>];\n"));
    ck_assert_ptr_nonnull(strstr(text, "COLOR=\"#157f3b\">-12<"));
    ck_assert_ptr_nonnull(strstr(text, "<B>add</B>&nbsp;&nbsp;<I>q</I>"));
    ck_assert_ptr_nonnull(strstr(text, "test_dump.c:"));
    ck_assert_str_eq(text + strlen(text) - 4, ";\n}\n");
    ck_assert_ptr_null(strstr(text, "0x")); /* no address */
}
END_TEST

START_TEST(dot_draws_the_kinds_apart) {
    wg_params *store = wg_params_new();
    wg_param *w = wg_param_new(store, "w", WG_F32, WG_SHAPE(2));
    wg_var f = wg_mul(wg_use(t, w), wg_number(t, 2));
    ck_assert_ptr_nonnull(strstr(dot(f), "peripheries=2"));
    ck_assert_ptr_nonnull(strstr(text, "(2) float32"));
    ck_assert_ptr_nonnull(strstr(text, "fillcolor=\"#f1f2f4\""));
    wg_params_free(store);
}
END_TEST

/* Attributes are drawn where they are not their presets. */
START_TEST(dot_has_attributes) {
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2, 3), NULL);
    ck_assert_ptr_nonnull(strstr(dot(wg_scale(x, -0.1)), ">c=-0.1<"));
    ck_assert_ptr_nonnull(strstr(dot(wg_sum_to(x, WG_RANK0)), ">shape=[]<"));
    ck_assert_ptr_null(strstr(dot(wg_scale(x, 1)), ">c="));
}
END_TEST

START_TEST(dot_breaks_matrices_into_lines) {
    const double x[6] = {1, 2, 3, 4, 5, 6};
    wg_var v = wg_input(t, WG_F64, WG_SHAPE(2, 3), x);
    ck_assert_ptr_nonnull(strstr(dot(v), "[1, 2, 3]<BR/>[4, 5, 6]"));
    wg_dump_options o = {.elements = 5};
    ck_assert_ptr_nonnull(strstr(dump(v, &o), "[1, 2, 3, 4,<BR/>5, \xe2\x80\xa6]"));
}
END_TEST

static const char odd_name[] = "a\"b\\c<d>&\n\t\xc3\xa9\xff\xe2\x82";

START_TEST(odd_names_are_escaped) {
    wg_var x = wg_name(wg_scalar(t, 1), odd_name), f = wg_square(x);
    json_t *j = json(f, 0);
    ck_assert_str_eq(string_of(node(j, x), "name"),
                     "a\"b\\c<d>&\n\t\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    json_decref(j);
    ck_assert_ptr_nonnull(
        strstr(dot(f), "<B>a&quot;b\\c&lt;d&gt;&amp;<BR/> \xc3\xa9\xef\xbf\xbd\xef\xbf\xbd"));
    dot(wg_name(wg_scalar(t, 1), "\\Nice\\n"));
    ck_assert_ptr_nonnull(strstr(text, "\\&#8203;Nice\\n<"));
    wg_dump_options o = {.title = "x < \"y\" & {z}"};
    ck_assert_ptr_nonnull(strstr(dump(f, &o), "label=<x &lt; &quot;y&quot; &amp; {z}<BR/>"));
}
END_TEST

START_TEST(an_empty_name_is_drawn) {
    wg_var x = wg_name(wg_scalar(t, 1), "");
    ck_assert_ptr_null(strstr(dot(wg_square(x)), "<B></B>"));
}
END_TEST

START_TEST(sites_as_asked_for) {
    wg_var x = wg_scalar(t, 1);
    wg_dump_options o = {.format = WG_DUMP_JSON};
    ck_assert_ptr_nonnull(strstr(dump(x, &o), "\"site\": \"test_dump.c:"));
    o.sites = WG_SITES_FULL;
    ck_assert_ptr_nonnull(strstr(dump(x, &o), "\"site\": \"tests/graph/test_dump.c:"));
    o.sites = WG_SITES_NONE;
    ck_assert_ptr_nonnull(strstr(dump(x, &o), "\"site\": null"));
}
END_TEST

START_TEST(dumps_are_deterministic) {
    static char first[sizeof text];
    for (int k = 0; k < 2; ++k) {
        wg_tape *own = wg_tape_new();
        wg_tape *kept = t;
        void *between = k ? malloc(12345) : NULL; /* other addresses */
        t = own;
        product p = make_product();
        t = kept;
        wg_backward(p.f);
        dot(p.f);
        if (k == 0) memcpy(first, text, sizeof text);
        else ck_assert_str_eq(text, first);
        wg_tape_free(own);
        free(between);
    }
}
END_TEST

START_TEST(the_tape_stays_as_it_is) {
    product p = make_product();
    dot(p.f);
    ck_assert_uint_eq(wg_number(t, 0).index, p.f.index + 1);
    ck_assert_int_eq(wg_tape_status(t), WG_OK);
}
END_TEST

/* ---- failures ------------------------------------------------------------------------------- */

START_TEST(says_why_it_cannot_dump) {
    wg_error e = {WG_OK, ""};
    wg_var x = wg_name(wg_scalar(t, 1), "x");
    ck_assert_int_eq(wg_dump(WG_NONE, NULL, stderr, &e), WG_ERR_TAPE);
    ck_assert_ptr_nonnull(strstr(e.text, "absent"));
    ck_assert_int_eq(wg_dump(x, NULL, NULL, NULL), WG_ERR_FILE);
    wg_dump_options bad[] = {{.format = (wg_dump_format)77}, {.elements = -2}};
    for (int k = 0; k < 2; ++k) {
        e.status = WG_OK;
        ck_assert_int_eq(wg_dump(x, &bad[k], stderr, &e), WG_ERR_RANGE);
        ck_assert_ptr_nonnull(strstr(e.text, k ? "-2 elements" : "format 77"));
    }
    wg_var poison = wg_add(x, WG_NONE);
    e.status = WG_OK;
    ck_assert_int_eq(wg_dump(poison, NULL, stderr, &e), WG_ERR_STATE);
    ck_assert_ptr_nonnull(strstr(e.text, "add: y is absent"));
    wg_tape_rewind(t);
    e.status = WG_OK;
    ck_assert_int_eq(wg_dump(x, NULL, stderr, &e), WG_ERR_STALE);
    ck_assert_int_eq(wg_tape_status(t), WG_OK);
}
END_TEST

START_TEST(reports_a_full_disk) {
    wg_error e = {WG_OK, ""};
    FILE *full = fopen("/dev/full", "w");
    if (!full) return; /* not on this system */
    product p = make_product();
    ck_assert_int_eq(wg_dump(p.f, NULL, full, &e), WG_ERR_FILE);
    ck_assert_ptr_nonnull(strstr(e.text, "No space left"));
    fclose(full);
}
END_TEST

static void *no_alloc(size_t bytes, size_t align, void *user) {
    (void)bytes, (void)align, (void)user;
    return NULL;
}
static void plain_release(void *block, void *user) {
    (void)user;
    free(block);
}

START_TEST(reports_no_memory) {
    const wg_allocator none = {no_alloc, plain_release, NULL};
    wg_error e = {WG_OK, ""};
    product p = make_product();
    wg_tape_clear(t); /* gives scratch memory back */
    p = make_product();
    wg_set_allocator(&none);
    wg_status s = wg_dump(p.f, NULL, stderr, &e);
    wg_set_allocator(NULL);
    ck_assert_int_eq(s, WG_ERR_MEMORY);
    ck_assert_ptr_nonnull(strstr(e.text, "no memory"));
}
END_TEST

static void add_tests(Suite *s, const char *name, const TTest *const *tests, size_t n) {
    TCase *c = tcase_create(name);
    tcase_add_checked_fixture(c, setup, teardown);
    for (size_t i = 0; i < n; ++i) tcase_add_test(c, tests[i]);
    suite_add_tcase(s, c);
}
#define ADD(suite, name, tests) add_tests(suite, name, tests, sizeof(tests) / sizeof *(tests))

Suite *suite_dump(void) {
    const TTest *const json_tests[] = {
        json_has_the_whole_graph, json_has_edges_in_order, json_shows_each_kind_of_leaf,
        json_has_attributes, json_has_every_kind_of_attribute, json_numbers_round_trip,
        json_has_nan_and_infinities, json_has_integers_and_masks, json_shows_as_many_as_asked_for,
        json_shows_views_and_empty_arrays};
    const TTest *const gradients[] = {says_that_backward_was_not_run, says_what_was_not_reached,
                                      says_what_was_not_kept};
    const TTest *const dot_tests[] = {
        dot_has_nodes_and_edges, dot_has_attributes, dot_draws_the_kinds_apart,
        dot_breaks_matrices_into_lines,
        odd_names_are_escaped, an_empty_name_is_drawn, sites_as_asked_for, dumps_are_deterministic,
        the_tape_stays_as_it_is};
    const TTest *const failures[] = {says_why_it_cannot_dump, reports_a_full_disk,
                                     reports_no_memory};
    Suite *s = suite_create("dump");
    ADD(s, "json", json_tests);
    ADD(s, "gradients", gradients);
    ADD(s, "dot", dot_tests);
    ADD(s, "failures", failures);
    return s;
}
