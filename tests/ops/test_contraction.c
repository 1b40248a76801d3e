/* test_contraction.c: matmul and einsum on whole numbers, exactly equal to the loop over all
 * indices: random shapes, specifications and views, extents 0 and 1 included; value and
 * gradients. */
#include "tests/ops/contraction.h"
#include "tests/suites.h"

#include <stdio.h>
#include <string.h>

static int rounds(int few) { return full_run() ? 4000 : few; }

/* ---- matmul --------------------------------------------------------------------------------- */

enum { ROW = 9, INNER = 10, COLUMN = 11 }; /* labels; those below 6 are batch axes */

static wg_var product(const wg_var *x, const void *user) {
    (void)user;
    return wg_matmul(x[0], x[1]);
}

static int64_t some_extent(void) {
    static const int64_t extents[] = {0, 1, 1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33, 40};
    return extents[pick((int)(sizeof extents / sizeof *extents))];
}

/* Operand k with `batch` axes, which are the last ones of the batch's extents or 1. */
static void matrix(contraction *c, size_t k, int batch, const int64_t *extents, int first,
                   int64_t n, int second, int64_t m) {
    labels *l = &c->x[k];
    l->rank = 0;
    for (int i = WG_MAX_RANK - 2 - batch; i < WG_MAX_RANK - 2; ++i) {
        c->dim[k][l->rank] = pick(4) == 0 ? 1 : extents[i];
        l->label[l->rank++] = i;
    }
    int labels_of[2] = {first, second};
    int64_t dims[2] = {n, m};
    for (int i = 0; i < 2; ++i) {
        if (labels_of[i] < 0) continue;
        c->dim[k][l->rank] = dims[i];
        l->label[l->rank++] = labels_of[i];
    }
}

static void random_product(contraction *c) {
    int64_t n = some_extent(), k = some_extent(), m = some_extent(), extents[WG_MAX_RANK];
    int left_vector = pick(6) == 0, right_vector = pick(6) == 0;
    int a = left_vector ? 0 : pick(3) * pick(3), b = right_vector ? 0 : pick(3) * pick(3);
    int most = a > b ? a : b;
    memset(c, 0, sizeof *c);
    for (int i = 0; i < WG_MAX_RANK; ++i) extents[i] = pick(12) == 0 ? 0 : 1 + pick(3);
    if (most > 2 || (n * m + n * k + k * m) > 600) n %= 6, k %= 6, m %= 6;
    c->n = 2;
    matrix(c, 0, a, extents, left_vector ? -1 : ROW, n, INNER, k);
    matrix(c, 1, b, extents, INNER, k, right_vector ? -1 : COLUMN, m);
    for (int i = WG_MAX_RANK - 2 - most; i < WG_MAX_RANK - 2; ++i)
        c->out.label[c->out.rank++] = i;
    if (!left_vector) c->out.label[c->out.rank++] = ROW;
    if (!right_vector) c->out.label[c->out.rank++] = COLUMN;
    contraction_settle(c);
}

START_TEST(test_matmul) {
    for (int round = rounds(400); round > 0; --round) {
        contraction c;
        random_product(&c);
        contraction_check(&c, pick(2) ? WG_F32 : WG_F64, product, NULL, "matmul");
    }
}
END_TEST

/* ---- einsum --------------------------------------------------------------------------------- */

enum { LETTERS = 6, DOTS = LETTERS }; /* labels from DOTS on are the axes of "..." */
static const char letters[] = "BDaceZ";
static const int sorted[LETTERS] = {0, 1, 5, 2, 3, 4}; /* capitals first */

typedef struct sentence {
    contraction c;
    char spec[WG_TEXT_MAX];
    size_t used;
} sentence;

static wg_var summed(const wg_var *x, const void *user) {
    const sentence *s = user;
    return wg_einsum(s->spec, s->c.n, x);
}

static void say(sentence *s, const char *text) {
    while (pick(8) == 0) s->spec[s->used++] = ' ';
    for (; *text; ++text) s->spec[s->used++] = *text;
    s->spec[s->used] = '\0';
}
static void say_letter(sentence *s, int label) {
    const char text[] = {letters[label], '\0'};
    say(s, text);
}

/* One operand; its extent at a label is that of `extents`, or 1 at all its places. */
static void random_term(sentence *s, size_t k, const int64_t *extents, int with_dots) {
    labels *l = &s->c.x[k];
    int n = pick(5), dots = with_dots && pick(4) ? pick(n + 1) : -1, axes = dots < 0 ? 0 : pick(3);
    int64_t own[CONTRACTION_LABELS];
    for (int i = 0; i < CONTRACTION_LABELS; ++i) own[i] = pick(8) ? extents[i] : 1;
    l->rank = 0;
    for (int i = 0; i <= n; ++i) {
        if (i == dots) say(s, "...");
        for (int j = 2 - axes; i == dots && j < 2; ++j) l->label[l->rank++] = DOTS + j;
        if (i == n) break;
        l->label[l->rank++] = pick(LETTERS);
        say_letter(s, l->label[l->rank - 1]);
    }
    for (int i = 0; i < l->rank; ++i) s->c.dim[k][i] = own[l->label[i]];
}

static void count_uses(const sentence *s, int *uses) {
    memset(uses, 0, CONTRACTION_LABELS * sizeof *uses);
    for (size_t k = 0; k < s->c.n; ++k)
        for (int i = 0; i < s->c.x[k].rank; ++i) ++uses[s->c.x[k].label[i]];
}

static void put_dots(sentence *s, const int *uses) {
    for (int j = 0; j < 2; ++j)
        if (uses[DOTS + j]) s->c.out.label[s->c.out.rank++] = DOTS + j;
}

/* Some of the letters in any order, with "..." among them where it must or may stand. */
static void random_result(sentence *s, const int *uses) {
    int order[LETTERS] = {0}, n = 0, dots;
    for (int i = 0; i < LETTERS; ++i) {
        if (uses[i] == 0 || pick(2)) continue;
        int j = pick(n + 1);
        order[n] = order[j];
        order[j] = i;
        ++n;
    }
    dots = uses[DOTS] || uses[DOTS + 1] || pick(4) == 0 ? pick(n + 1) : -1;
    say(s, "->");
    for (int i = 0; i <= n; ++i) {
        if (i == dots) say(s, "...");
        if (i == dots) put_dots(s, uses);
        if (i == n) break;
        s->c.out.label[s->c.out.rank++] = order[i];
        say_letter(s, order[i]);
    }
}

static void implied_result(sentence *s, const int *uses) {
    put_dots(s, uses);
    for (int i = 0; i < LETTERS; ++i)
        if (uses[sorted[i]] == 1) s->c.out.label[s->c.out.rank++] = sorted[i];
}

static void random_sentence(sentence *s) {
    int64_t extents[CONTRACTION_LABELS];
    int uses[CONTRACTION_LABELS], with_dots = pick(3) == 0;
    memset(s, 0, sizeof *s);
    for (int i = 0; i < CONTRACTION_LABELS; ++i) extents[i] = pick(20) == 0 ? 0 : 1 + pick(3);
    s->c.n = 1 + (size_t)pick(CONTRACTION_OPERANDS);
    for (size_t k = 0; k < s->c.n; ++k) {
        if (k) say(s, ",");
        random_term(s, k, extents, with_dots);
    }
    count_uses(s, uses);
    if (pick(3)) random_result(s, uses);
    else implied_result(s, uses);
    contraction_settle(&s->c);
}

START_TEST(test_einsum) {
    for (int round = rounds(400); round > 0; --round) {
        sentence s;
        random_sentence(&s);
        contraction_check(&s.c, pick(2) ? WG_F32 : WG_F64, summed, &s, s.spec);
    }
}
END_TEST

extern Suite *suite_contraction(void);
Suite *suite_contraction(void) {
    Suite *s = suite_create("contraction");
    TCase *c = tcase_create("whole numbers");
    tcase_set_timeout(c, 120);
    tcase_add_test(c, test_matmul);
    tcase_add_test(c, test_einsum);
    suite_add_tcase(s, c);
    return s;
}
