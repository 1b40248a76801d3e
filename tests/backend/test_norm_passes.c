/* test_norm_passes.c: the passes of normalisation (backend/norm.h) against plain loops in long
 * double, on every instruction set, and the same bits for any number of threads. */
#include "tests/backend/numbers.h"

#include "backend/norm.h"
#include "backend/parallel.h"
#include "tests/suites.h"

#include <math.h>

extern Suite *suite_norm_passes(void);

/* (rows, n): vectors and what is left over, one block and several. */
static const int64_t shapes[][2] = {{1, 1},   {2, 3},   {5, 8},    {3, 19},
                                    {700, 7}, {257, 16}, {300, 33}, {40, 600}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

/* Arrays of one call, all of `element` bytes a number. */
typedef struct arrays {
    int64_t rows, n;
    size_t element;
    void *x, *g, *s, *y, *m, *a, *b, *c;
} arrays;

static arrays draw_arrays(draws *d, const int64_t shape[2], size_t element) {
    const int64_t size = shape[0] * shape[1];
    arrays r = {.rows = shape[0], .n = shape[1], .element = element};
    r.x = real_numbers(d, size, element);
    r.g = real_numbers(d, size, element);
    r.s = real_numbers(d, size, element);
    r.y = real_numbers(d, size, element);
    r.m = real_numbers(d, r.n, element);
    r.a = real_numbers(d, r.n, element);
    r.b = real_numbers(d, r.n, element);
    r.c = real_numbers(d, r.n, element);
    for (int64_t i = 0; i < size; ++i) /* as a rectifier leaves them */
        if (number_at(r.y, i, element) < 0) put_number(r.y, i, 0, element);
    return r;
}

static void free_arrays(arrays *r) {
    void *all[] = {r->x, r->g, r->s, r->y, r->m, r->a, r->b, r->c};
    for (size_t i = 0; i < sizeof all / sizeof *all; ++i) free(all[i]);
}

static double tolerance(const arrays *r) { return r->element == sizeof(float) ? 4e-6 : 1e-13; }
static double at(const arrays *r, const void *x, int64_t i) { return number_at(x, i, r->element); }

static void near(const arrays *r, const char *what, int64_t i, double got, double want) {
    ck_assert_msg(fabs(got - want) <= tolerance(r) * (1 + fabs(want)),
                  "%s, (%lld, %lld), %d bytes, %s, [%lld] = %.17g, not %.17g", what,
                  (long long)r->rows, (long long)r->n, (int)r->element,
                  wgi_isa_name(wgi_isa_chosen()), (long long)i, got, want);
}

/* ---- moments -------------------------------------------------------------------------------- */

static void moments(const arrays *r, double *mean, double *squares) {
    void *room = scratch_of(wgi_norm_scratch(r->rows, r->n));
    if (r->element == sizeof(float)) wgi_norm_moments_f32(r->rows, r->n, r->x, mean, squares, room);
    else wgi_norm_moments_f64(r->rows, r->n, r->x, mean, squares, room);
    free(room);
}

static void check_moments(const arrays *r) {
    double *mean = room_for(r->n, sizeof *mean), *squares = room_for(r->n, sizeof *squares);
    moments(r, mean, squares);
    for (int64_t j = 0; j < r->n; ++j) {
        long double sum = 0, m2 = 0;
        for (int64_t i = 0; i < r->rows; ++i) sum += at(r, r->x, i * r->n + j);
        sum /= r->rows;
        for (int64_t i = 0; i < r->rows; ++i)
            m2 += (at(r, r->x, i * r->n + j) - sum) * (at(r, r->x, i * r->n + j) - sum);
        ck_assert(fabs(mean[j] - (double)sum) <= 1e-14 * (1 + fabs((double)sum)));
        ck_assert(fabs(squares[j] - (double)m2) <= 1e-12 * (1 + (double)m2));
    }
    free(mean);
    free(squares);
}

START_TEST(moments_are_right) {
    if (!use_isa(_i)) return;
    draws d = {.seed = 90};
    for (int i = 0; i < 2 * SHAPES; ++i) {
        arrays r = draw_arrays(&d, shapes[i / 2], i % 2 ? sizeof(float) : sizeof(double));
        use_threads(1 + i % 3);
        check_moments(&r);
        free_arrays(&r);
    }
}
END_TEST

/* A mean far from zero takes nothing from the squares; equal elements have none; NaN flows. */
START_TEST(moments_of_hard_columns) {
    enum { ROWS = 3000, N = 17 };
    static float x[ROWS * N];
    double mean[N], squares[N];
    if (!use_isa(_i)) return;
    for (int i = 0; i < ROWS * N; ++i) x[i] = i % N == 0 ? 0.1f : i % N == 1 ? 1e6f : 0;
    for (int i = 0; i < ROWS; ++i) x[i * N + 1] += (float)(i % 2);
    x[5 * N + 2] = NAN;
    x[9 * N + 16] = INFINITY;
    arrays r = {.rows = ROWS, .n = N, .element = sizeof(float), .x = x};
    moments(&r, mean, squares);
    ck_assert(mean[0] == (double)0.1f && squares[0] == 0);
    ck_assert(mean[1] == 1e6 + 0.5 && fabs(squares[1] - ROWS / 4.0) < 1e-6);
    ck_assert(isnan(mean[2]) && isnan(squares[2]));
    ck_assert(mean[3] == 0 && squares[3] == 0);
    ck_assert(!isfinite(mean[16]) && isnan(squares[16]));
}
END_TEST

/* ---- affine --------------------------------------------------------------------------------- */

static void check_affine(const arrays *r, int with_s, int relu) {
    const int64_t n = r->n, size = r->rows * n;
    void *y = no_numbers(size, r->element);
    const wgi_norm_affine k = {r->rows, n, r->x, with_s ? r->s : NULL, r->m, r->a, r->b, relu, y};
    if (r->element == sizeof(float)) wgi_norm_affine_f32(&k);
    else wgi_norm_affine_f64(&k);
    for (int64_t i = 0; i < size; ++i) {
        double want = (at(r, r->x, i) - at(r, r->m, i % n)) * at(r, r->a, i % n) +
                      at(r, r->b, i % n) + (with_s ? at(r, r->s, i) : 0);
        if (relu && want <= 0) want = 0;
        near(r, "y", i, at(r, y, i), want);
    }
    free(y);
}

START_TEST(affine_is_right) {
    if (!use_isa(_i)) return;
    draws d = {.seed = 91};
    for (int i = 0; i < 8 * SHAPES; ++i) {
        arrays r = draw_arrays(&d, shapes[i / 8], i % 2 ? sizeof(float) : sizeof(double));
        use_threads(1 + i % 3);
        check_affine(&r, i & 2, i & 4);
        free_arrays(&r);
    }
}
END_TEST

/* ---- the reverse pass ----------------------------------------------------------------------- */

/* h of norm.h. */
static double through(const arrays *r, const void *y, int64_t i) {
    const double g = at(r, r->g, i), v = y ? at(r, y, i) : 1;
    return g == 0 || v == 0 ? 0 : v > 0 ? g : g * v;
}

static void check_sums(const arrays *r, const wgi_norm_pull *k) {
    const int64_t n = r->n;
    double *sum = room_for(n, sizeof *sum), *dot = room_for(n, sizeof *dot);
    void *room = scratch_of(wgi_norm_scratch(r->rows, n));
    if (r->element == sizeof(float)) wgi_norm_sums_f32(k, sum, dot, room);
    else wgi_norm_sums_f64(k, sum, dot, room);
    for (int64_t j = 0; j < n; ++j) {
        double s0 = 0, s1 = 0;
        for (int64_t i = j; i < r->rows * n; i += n) {
            s0 += through(r, k->y, i);
            s1 += through(r, k->y, i) * (at(r, r->x, i) - at(r, r->m, j));
        }
        near(r, "sum", j, sum[j], s0);
        near(r, "dot", j, dot[j], s1);
    }
    free(room);
    free(sum);
    free(dot);
}

static void check_pull(const arrays *r, wgi_norm_pull *k, int add) {
    const int64_t n = r->n, size = r->rows * n;
    void *dx = no_numbers(size, r->element), *ds = no_numbers(size, r->element);
    for (int64_t i = 0; i < size && add; ++i) put_number(dx, i, 2, r->element);
    for (int64_t i = 0; i < size && add; ++i) put_number(ds, i, 3, r->element);
    k->dx = dx, k->ds = ds, k->add_dx = k->add_ds = add;
    if (r->element == sizeof(float)) wgi_norm_pull_f32(k);
    else wgi_norm_pull_f64(k);
    for (int64_t i = 0; i < size; ++i) {
        const double h = through(r, k->y, i), d = at(r, r->x, i) - at(r, r->m, i % n);
        const double want = at(r, r->a, i % n) * h + at(r, r->b, i % n) * d + at(r, r->c, i % n);
        near(r, "dx", i, at(r, dx, i), want + (add ? 2 : 0));
        near(r, "ds", i, at(r, ds, i), h + (add ? 3 : 0));
    }
    free(dx);
    free(ds);
}

START_TEST(reverse_is_right) {
    if (!use_isa(_i)) return;
    draws d = {.seed = 92};
    for (int i = 0; i < 8 * SHAPES; ++i) {
        arrays r = draw_arrays(&d, shapes[i / 8], i % 2 ? sizeof(float) : sizeof(double));
        wgi_norm_pull k = {r.rows, r.n, r.g, r.x, i & 2 ? r.y : NULL, r.m,
                           r.a,    r.b, r.c, NULL, NULL, 0, 0};
        use_threads(1 + i % 3);
        check_sums(&r, &k);
        check_pull(&r, &k, (i & 4) != 0);
        free_arrays(&r);
    }
}
END_TEST

/* What the rectifier let through: at 0 nothing, at NaN NaN, unless nobody asks. */
START_TEST(the_rectifier_s_chain_rule) {
    enum { N = 21 };
    float g[2 * N], y[2 * N], x[2 * N] = {0}, m[N] = {0}, ds[2 * N];
    if (!use_isa(_i)) return;
    for (int j = 0; j < 2 * N; ++j) g[j] = j < N ? 2 : 0;
    for (int j = 0; j < 2 * N; ++j) y[j] = j % 3 == 0 ? 0 : j % 3 == 1 ? 5 : NAN;
    const wgi_norm_pull k = {2, N, g, x, y, m, m, m, m, NULL, ds, 0, 0};
    wgi_norm_pull_f32(&k);
    for (int j = 0; j < 2 * N; ++j) {
        if (j >= N || j % 3 == 0) ck_assert(ds[j] == 0);
        else if (j % 3 == 1) ck_assert(ds[j] == 2);
        else ck_assert(isnan(ds[j]));
    }
}
END_TEST

/* ---- threads -------------------------------------------------------------------------------- */

START_TEST(threads_do_not_change_bits) {
    enum { ROWS = 900, N = 21 };
    static const int64_t shape[2] = {ROWS, N};
    draws d = {.seed = 93};
    double sums[3][4][N];
    if (!use_isa(_i)) return;
    arrays r = draw_arrays(&d, shape, sizeof(float));
    const wgi_norm_pull k = {ROWS, N, r.g, r.x, r.y, r.m, r.a, r.b, r.c, NULL, NULL, 0, 0};
    void *room = scratch_of(wgi_norm_scratch(ROWS, N));
    for (int t = 0; t < 3; ++t) {
        use_threads(t + 1);
        wgi_norm_moments_f32(ROWS, N, r.x, sums[t][0], sums[t][1], room);
        wgi_norm_sums_f32(&k, sums[t][2], sums[t][3], room);
        ck_assert(memcmp(sums[t], sums[0], sizeof sums[0]) == 0);
    }
    free(room);
    free_arrays(&r);
}
END_TEST

Suite *suite_norm_passes(void) {
    Suite *s = suite_create("norm_passes");
    TCase *t = tcase_create("norm_passes");
    tcase_set_timeout(t, 600);
    tcase_add_loop_test(t, moments_are_right, 0, WGI_ISA_COUNT);
    tcase_add_loop_test(t, moments_of_hard_columns, 0, WGI_ISA_COUNT);
    tcase_add_loop_test(t, affine_is_right, 0, WGI_ISA_COUNT);
    tcase_add_loop_test(t, reverse_is_right, 0, WGI_ISA_COUNT);
    tcase_add_loop_test(t, the_rectifier_s_chain_rule, 0, WGI_ISA_COUNT);
    tcase_add_loop_test(t, threads_do_not_change_bits, 0, WGI_ISA_COUNT);
    suite_add_tcase(s, t);
    return s;
}
