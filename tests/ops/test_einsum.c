/* test_einsum.c: einsum by hand, its cost, and what it says about specifications that it cannot
 * read; random ones are in test_contraction.c. */
#include "tests/ops/probe.h"
#include "tests/suites.h"

#include <stdlib.h>
#include <string.h>

static wg_tape *t;
static void setup(void) { ck_assert_ptr_nonnull(t = wg_tape_new()); }
static void teardown(void) { wg_tape_free(t); }

static wg_var leaf(wg_shape s, const double *x) { return wg_input(t, WG_F64, s, x); }
static wg_var zeros(wg_shape s) { return wg_input(t, WG_F64, s, NULL); }

static wg_var one(const char *spec, wg_var x) { return wg_einsum(spec, 1, &x); }
static wg_var two(const char *spec, wg_var x, wg_var y) {
    wg_var xs[] = {x, y};
    return wg_einsum(spec, 2, xs);
}

START_TEST(test_by_hand) {
    const double a[] = {1, 2, 3, 4, 5, 6}, b[] = {1, 0, -1};
    wg_var m = leaf(WG_SHAPE(2, 3), a), v = leaf(WG_SHAPE(3), b);
    probe_equal(two("ij,j->i", m, v), 2, (double[]){-2, -2});
    probe_equal(two("ij,j", m, v), 2, (double[]){-2, -2});
    probe_equal(two("ij,kj->ik", m, m), 4, (double[]){14, 32, 32, 77});
    probe_equal(two("i,j->ji", v, v), 9, (double[]){1, 0, -1, 0, 0, 0, -1, 0, 1});
    probe_equal(two("i,i", v, v), 1, (double[]){2});
    probe_equal(one("ij->ji", m), 6, (double[]){1, 4, 2, 5, 3, 6});
    probe_equal(one("ba", m), 6, (double[]){1, 4, 2, 5, 3, 6}); /* sorted: a before b */
    probe_equal(one("bA", m), 6, (double[]){1, 4, 2, 5, 3, 6}); /* capitals first */
    probe_equal(one("ij->", m), 1, (double[]){21});
    probe_equal(one("ij->j", m), 3, (double[]){5, 7, 9});
    probe_equal(one("...->...", m), 6, a);
    wg_var s = wg_matmul(wg_transpose(m), m);
    probe_equal(one("ii", s), 1, (double[]){91});
    probe_equal(one("ii->i", s), 3, (double[]){17, 29, 45});
    probe_equal(two("ii,i->", s, v), 1, (double[]){17 - 45});
}
END_TEST

/* Blanks stand anywhere but within "->" and "...". */
START_TEST(test_blanks) {
    const double a[] = {1, 2, 3, 4, 5, 6};
    wg_var m = leaf(WG_SHAPE(2, 3), a);
    probe_equal(two(" i j , ... j -> ... i ", m, m), 4, (double[]){14, 32, 32, 77});
    probe_fails(one("i j - > i", m), WG_ERR_SYNTAX, "a '-' that is not part of \"->\"");
    probe_fails(one(". ..j", zeros(WG_SHAPE(2))), WG_ERR_SYNTAX, "operand 0 has a '.' outside");
}
END_TEST

START_TEST(test_shapes) {
    wg_var deep = zeros(WG_SHAPE(2, 3, 4, 5)), row = zeros(WG_SHAPE(1, 5));
    probe_shape(one("i...->...i", deep), WG_SHAPE(3, 4, 5, 2));
    probe_shape(one("i...j", deep), WG_SHAPE(3, 4, 2, 5));
    probe_shape(two("...ij,...j->...i", deep, row), WG_SHAPE(2, 3, 4));
    probe_shape(two("...,...", deep, row), WG_SHAPE(2, 3, 4, 5));
    probe_shape(two("ij,kj->ik", zeros(WG_SHAPE(3, 0)), zeros(WG_SHAPE(2, 0))), WG_SHAPE(3, 2));
    probe_shape(two("ij,jk->ik", zeros(WG_SHAPE(0, 3)), zeros(WG_SHAPE(3, 2))), WG_SHAPE(0, 2));
    probe_shape(two("i,j->ij", zeros(WG_SHAPE(1)), zeros(WG_SHAPE(0))), WG_SHAPE(1, 0));
    probe_shape(two("i,i->i", zeros(WG_SHAPE(1)), zeros(WG_SHAPE(0))), WG_SHAPE(0));
    probe_shape(one("", wg_scalar(t, 2)), WG_RANK0);
    probe_shape(two(",->", wg_scalar(t, 2), wg_scalar(t, 3)), WG_RANK0);
}
END_TEST

/* An operand that is not copied is not summed: what einsum returns for the identity. */
START_TEST(test_identity) {
    wg_var m = zeros(WG_SHAPE(2, 3)), y = one("ij->ij", m);
    ck_assert_uint_eq(y.index, m.index);
    ck_assert_int_eq(wg_tape_status(t), WG_OK);
}
END_TEST

/* Eight axes, batches of eight, and two operands with twelve letters together. */
START_TEST(test_many_axes) {
    wg_var x = zeros(WG_SHAPE(1, 2, 1, 2, 1, 2, 1, 2));
    probe_shape(one("abcdefgh->hgfedcba", x), WG_SHAPE(2, 1, 2, 1, 2, 1, 2, 1));
    probe_shape(two("abcdefgh,abcdefgh->abcdefgh", x, x), WG_SHAPE(1, 2, 1, 2, 1, 2, 1, 2));
    probe_shape(two("abcdefgh,abcdefgh->aceg", x, x), WG_SHAPE(1, 1, 1, 1));
    probe_shape(two("abcdefgh,efghABCD->abcdABCD", x, x), WG_SHAPE(1, 2, 1, 2, 1, 2, 1, 2));
    probe_fails(two("abcdefgh,efghABCD->abcdeABCD", x, x), WG_ERR_SHAPE,
                "the result has 9 axes, 8 is the most");
}
END_TEST

/* Three matrices in the order that is cheap: (1000, 2) (2, 1000) (1000, 1). */
static long allocated;
static void *counting(size_t bytes, size_t align, void *user) {
    (void)user;
    allocated += (long)bytes;
    return aligned_alloc(align, (bytes + align - 1) / align * align);
}
static void release(void *block, void *user) {
    (void)user;
    free(block);
}

START_TEST(test_cost) {
    static const wg_allocator allocator = {counting, release, NULL};
    enum { N = 300 };
    wg_set_allocator(&allocator);
    wg_tape *tape = wg_tape_new();
    wg_var a = wg_input(tape, WG_F32, WG_SHAPE(N, N), NULL), pair[] = {a, a}, g[2];
    wg_var y = wg_einsum("ij,jk->ik", 2, pair);
    ck_assert_int_eq(wg_vjp(y, a, 1, &a, g), WG_OK);
    wg_var batch = wg_input(tape, WG_F32, WG_SHAPE(10, N, 30), NULL), both[] = {batch, batch};
    wg_einsum("bik,bjk->bij", 2, both);
    wg_var tall = wg_input(tape, WG_F32, WG_SHAPE(20 * N, 2), NULL);
    wg_var chain[] = {tall, tall, wg_input(tape, WG_F32, WG_SHAPE(20 * N, 1), NULL)};
    wg_einsum("ij,kj,kl->il", 3, chain);
    ck_assert_int_eq(wg_tape_status(tape), WG_OK);
    wg_tape_free(tape);
    wg_set_allocator(NULL);
    ck_assert_int_lt(allocated, 40 << 20); /* (i, j, k) or (i, k) alone would be 108 MB, 144 MB */
}
END_TEST

/* ---- errors --------------------------------------------------------------------------------- */

typedef struct row {
    const char *spec, *shapes; /* operands of rank 0 to 3 with extents 2, one digit each */
    wg_status status;
    const char *part;
} row;

static const row rows[] = {
    {"ij", "1", WG_ERR_SHAPE, "einsum: \"ij\": operand 0 has 2 letters for 1 axes [x: (2) float64]"},
    {"i", "2", WG_ERR_SHAPE, "operand 0 has 1 letters for 2 axes"},
    {"i,ijk...", "12", WG_ERR_SHAPE, "operand 1 has 3 letters for 2 axes"},
    {"i,", "1", WG_ERR_SHAPE, "\"i,\": more terms than operands, 1"},
    {"i->i", "11", WG_ERR_SHAPE, "1 terms for 2 operands"},
    {"", "1", WG_ERR_SHAPE, "operand 0 has 0 letters for 1 axes"},
    {"i1", "2", WG_ERR_SYNTAX, "operand 0 has '1', which is no letter"},
    {"i,j_", "12", WG_ERR_SYNTAX, "operand 1 has '_', which is no letter"},
    {"i>", "2", WG_ERR_SYNTAX, "operand 0 has '>', which is no letter"},
    {"i\tj", "2", WG_ERR_SYNTAX, "which is no letter"},
    {"i.j", "2", WG_ERR_SYNTAX, "operand 0 has a '.' outside of its one \"...\""},
    {"i..", "1", WG_ERR_SYNTAX, "operand 0 has a '.' outside of its one \"...\""},
    {"i....", "1", WG_ERR_SYNTAX, "operand 0 has a '.' outside of its one \"...\""},
    {"...i...", "3", WG_ERR_SYNTAX, "operand 0 has a '.' outside of its one \"...\""},
    {"i-", "1", WG_ERR_SYNTAX, "a '-' that is not part of \"->\""},
    {"i-j", "2", WG_ERR_SHAPE, "operand 0 has 1 letters for 2 axes"},
    {"ij-j", "2", WG_ERR_SYNTAX, "a '-' that is not part of \"->\""},
    {"i->i->i", "1", WG_ERR_SYNTAX, "'-' in the result"},
    {"i->i,", "1", WG_ERR_SYNTAX, "',' in the result"},
    {"i->2", "1", WG_ERR_SYNTAX, "the result has '2', which is no letter"},
    {"i->i.", "1", WG_ERR_SYNTAX, "the result has a '.' outside of its one \"...\""},
    {"i->j", "1", WG_ERR_SYNTAX, "'j' of the result stands in no operand"},
    {"ij->ii", "2", WG_ERR_SYNTAX, "'i' stands twice in the result"},
    {"i...->i", "3", WG_ERR_SHAPE, "the result lacks \"...\", which stands for 2 axes"},
    {NULL, NULL, WG_OK, NULL},
};

START_TEST(test_errors) {
    for (const row *r = rows; r->spec; ++r) {
        wg_var xs[4];
        size_t n = strlen(r->shapes);
        for (size_t k = 0; k < n; ++k) {
            wg_shape s = {r->shapes[k] - '0', {2, 2, 2}};
            xs[k] = zeros(s);
        }
        probe_fails(wg_einsum(r->spec, n, xs), r->status, r->part);
    }
}
END_TEST

START_TEST(test_extents) {
    probe_fails(two("ij,jk", zeros(WG_SHAPE(2, 3)), zeros(WG_SHAPE(4, 2))), WG_ERR_SHAPE,
                "'j' has the extent 3 in operand 0 and 4 in operand 1");
    probe_fails(two("i...,...", zeros(WG_SHAPE(2, 3)), zeros(WG_SHAPE(4))), WG_ERR_SHAPE,
                "'...' has the extent 3 in operand 0 and 4 in operand 1");
    probe_fails(one("ii", zeros(WG_SHAPE(1, 3))), WG_ERR_SHAPE,
                "operand 0: 'i' stands for the extents 1 and 3");
    wg_var xs[] = {zeros(WG_SHAPE(1)), zeros(WG_SHAPE(2)), zeros(WG_SHAPE(3))};
    probe_fails(wg_einsum("Z,Z,Z", 3, xs), WG_ERR_SHAPE,
                "'Z' has the extent 2 in operand 1 and 3 in operand 2");
}
END_TEST

/* Any product of two of these has more axes than a value may have, though the result has none. */
START_TEST(test_no_order) {
    wg_shape eight = {8, {1, 1, 1, 1, 1, 1, 1, 1}};
    wg_var x = zeros(eight), xs[] = {x, x, x, x, x};
    const char *spec = "abcdefgh,aijklmno,bipqrstu,cjpvwxyz->"; /* most letters stand once: */
    probe_shape(wg_einsum(spec, 4, xs), WG_RANK0);              /* they are summed first */
    spec = "abcdefgh,abcdijkl,efghijkl->";
    probe_shape(wg_einsum(spec, 3, xs), WG_RANK0);
    spec = "abcdefgh,ijklmnop,abcdefgh,ijklmnop->";
    probe_shape(wg_einsum(spec, 4, xs), WG_RANK0);
    spec = "abcdefgh,abijklmn,cdijopqr,efklopst,ghmnqrst->";
    probe_fails(wg_einsum(spec, 5, xs), WG_ERR_SHAPE,
                "any product of two operands has more than 8 axes");
}
END_TEST

START_TEST(test_calls) {
    char longest[WG_TEXT_MAX + 1];
    wg_var x = wg_scalar(t, 2), many[WG_TEXT_MAX + 8];
    for (int i = 0; i < WG_TEXT_MAX + 8; ++i) many[i] = x;
    memset(longest, ' ', sizeof longest);
    longest[WG_TEXT_MAX] = '\0';
    probe_fails(one(longest, x), WG_ERR_RANGE, "einsum: the specification is missing or too long");
    x = wg_scalar(t, 2);
    probe_fails(one(NULL, x), WG_ERR_RANGE, "einsum: the specification is missing or too long");
    x = wg_scalar(t, 2);
    longest[WG_TEXT_MAX - 1] = '\0';
    ck_assert(wg_item(one(longest, x)) == 2);
    for (int i = 0; i < WG_TEXT_MAX + 8; ++i) many[i] = i % 3 ? x : wg_scalar(t, 0.5);
    memset(longest, ',', WG_TEXT_MAX - 1);
    ck_assert(wg_item(wg_einsum(longest, WG_TEXT_MAX, many)) == 0x1p42);
    probe_fails(wg_einsum(longest, WG_TEXT_MAX + 5, many), WG_ERR_SHAPE,
                "128 terms for 133 operands");
    ck_assert_ptr_null(wg_einsum("i", 0, NULL).tape);
    wg_var whole = wg_const(t, WG_I64, WG_SHAPE(2), (int64_t[]){1, 2});
    probe_fails(one("i", whole), WG_ERR_DTYPE, "einsum: not defined for int64");
}
END_TEST

extern Suite *suite_einsum(void);
Suite *suite_einsum(void) {
    Suite *s = suite_create("einsum");
    TCase *c = tcase_create("einsum");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_by_hand);
    tcase_add_test(c, test_blanks);
    tcase_add_test(c, test_shapes);
    tcase_add_test(c, test_identity);
    tcase_add_test(c, test_many_axes);
    tcase_add_test(c, test_cost);
    tcase_add_test(c, test_errors);
    tcase_add_test(c, test_extents);
    tcase_add_test(c, test_no_order);
    tcase_add_test(c, test_calls);
    suite_add_tcase(s, c);
    return s;
}
