/* test_conv.c: convolutions against the seven loops of the definition, with whole numbers, compared
 * exactly. */
#include "tests/backend/numbers.h"

#include "backend/conv.h"
#include "backend/parallel.h"
#include "tests/suites.h"

extern Suite *suite_conv(void);

enum { AUTOMATIC, PORTABLE, KINDS };

/* ---- the definition ------------------------------------------------------------------------- */

/* The arrays of one convolution; the outputs of a pass are its own, the others given. */
typedef struct arrays {
    void *x, *w, *b, *y;
    int64_t x_size, w_size, b_size, y_size;
} arrays;

/* Calls visit for each product of the definition: indices into y, x, w. */
static void each_product(const wgi_conv2d *s, void (*visit)(int64_t, int64_t, int64_t, void *),
                         void *arg) {
    const int64_t cg = s->c / s->groups, og = s->o / s->groups, window = s->kh * s->kw * cg;
    for (int64_t yi = 0; yi < s->n * s->oh * s->ow * s->o; ++yi) {
        const int64_t o = yi % s->o, q = yi / s->o % s->ow, p = yi / s->o / s->ow % s->oh;
        const int64_t n = yi / s->o / s->ow / s->oh;
        for (int64_t t = 0; t < window; ++t) {
            const int64_t u = t / cg / s->kw, v = t / cg % s->kw, j = o / og * cg + t % cg;
            const int64_t row = p * s->stride[0] + u * s->dilation[0] - s->before[0];
            const int64_t col = q * s->stride[1] + v * s->dilation[1] - s->before[1];
            if (row < 0 || row >= s->h || col < 0 || col >= s->w) continue;
            visit(yi, ((n * s->h + row) * s->w + col) * s->c + j, o * window + t, arg);
        }
    }
}

typedef struct naive {
    const arrays *a;
    size_t element;
    double *out;
} naive;

static void visit_forward(int64_t y, int64_t x, int64_t w, void *arg) {
    naive *e = arg;
    e->out[y] += number_at(e->a->x, x, e->element) * number_at(e->a->w, w, e->element);
}
static void visit_input(int64_t y, int64_t x, int64_t w, void *arg) {
    naive *e = arg;
    e->out[x] += number_at(e->a->y, y, e->element) * number_at(e->a->w, w, e->element);
}
static void visit_weight(int64_t y, int64_t x, int64_t w, void *arg) {
    naive *e = arg;
    e->out[w] += number_at(e->a->y, y, e->element) * number_at(e->a->x, x, e->element);
}

/* ---- the kernels, by type ------------------------------------------------------------------- */

static void run_f32(const wgi_conv2d *s, wgi_conv2d_pass pass, int kind, const arrays *a,
                    void *scratch) {
    if (kind == AUTOMATIC) {
        if (pass == WGI_CONV2D_FORWARD) wgi_conv2d_forward_f32(s, a->x, a->w, a->b, a->y, scratch);
        else if (pass == WGI_CONV2D_GRAD_INPUT)
            wgi_conv2d_grad_input_f32(s, a->y, a->w, a->x, scratch);
        else wgi_conv2d_grad_weight_f32(s, a->x, a->y, a->w, a->b, scratch);
        return;
    }
    if (pass == WGI_CONV2D_FORWARD)
        wgi_conv2d_forward_portable_f32(s, a->x, a->w, a->b, a->y, scratch);
    else if (pass == WGI_CONV2D_GRAD_INPUT)
        wgi_conv2d_grad_input_portable_f32(s, a->y, a->w, a->x, scratch);
    else wgi_conv2d_grad_weight_portable_f32(s, a->x, a->y, a->w, a->b, scratch);
}

static void run_f64(const wgi_conv2d *s, wgi_conv2d_pass pass, const arrays *a, void *scratch) {
    if (pass == WGI_CONV2D_FORWARD) wgi_conv2d_forward_f64(s, a->x, a->w, a->b, a->y, scratch);
    else if (pass == WGI_CONV2D_GRAD_INPUT)
        wgi_conv2d_grad_input_f64(s, a->y, a->w, a->x, scratch);
    else wgi_conv2d_grad_weight_f64(s, a->x, a->y, a->w, a->b, scratch);
}

static void run(const wgi_conv2d *s, wgi_conv2d_pass pass, int kind, size_t element,
                const arrays *a) {
    void *scratch = scratch_of(kind == AUTOMATIC ? wgi_conv2d_scratch(s, pass, element)
                                                 : wgi_conv2d_portable_scratch(s, pass, element));
    if (element == sizeof(float)) run_f32(s, pass, kind, a, scratch);
    else run_f64(s, pass, a, scratch);
    free(scratch);
}

/* ---- comparison ----------------------------------------------------------------------------- */

static arrays draw_arrays(draws *d, const wgi_conv2d *s, size_t element, int real, int biased) {
    arrays a = {.x_size = s->n * s->h * s->w * s->c, .b_size = s->o};
    a.w_size = s->o * s->kh * s->kw * (s->c / s->groups);
    a.y_size = s->n * s->oh * s->ow * s->o;
    a.x = real ? real_numbers(d, a.x_size, element) : whole_numbers(d, a.x_size, 5, element);
    a.w = real ? real_numbers(d, a.w_size, element) : whole_numbers(d, a.w_size, 5, element);
    a.y = real ? real_numbers(d, a.y_size, element) : whole_numbers(d, a.y_size, 5, element);
    a.b = biased ? whole_numbers(d, a.b_size, 5, element) : NULL;
    return a;
}

static void free_arrays(arrays *a) {
    free(a->x);
    free(a->w);
    free(a->b);
    free(a->y);
}

static void describe(const wgi_conv2d *s, char *text, size_t n) {
    snprintf(text, n,
             "x (%lld, %lld, %lld, %lld), w (%lld, %lld, %lld), groups %lld, stride %lldx%lld, "
             "dilation %lldx%lld, before %lldx%lld, after %lldx%lld",
             (long long)s->n, (long long)s->h, (long long)s->w, (long long)s->c, (long long)s->o,
             (long long)s->kh, (long long)s->kw, (long long)s->groups, (long long)s->stride[0],
             (long long)s->stride[1], (long long)s->dilation[0], (long long)s->dilation[1],
             (long long)s->before[0], (long long)s->before[1], (long long)s->after[0],
             (long long)s->after[1]);
}

static void expect(const char *what, const wgi_conv2d *s, const void *a, const double *want,
                   int64_t n, size_t element) {
    char text[300];
    const int64_t at = first_difference(a, want, n, element);
    describe(s, text, sizeof text);
    ck_assert_msg(at < 0, "%s, %s, %d bytes, %s, %d threads: [%lld] = %g, not %g", what, text,
                  (int)element, wgi_isa_name(wgi_isa_chosen()), wg_threads(), (long long)at,
                  at < 0 ? 0 : number_at(a, at, element), at < 0 ? 0 : want[at]);
}

static void check_forward(const wgi_conv2d *s, int kind, size_t element, const arrays *given) {
    arrays a = *given;
    double *want = room_for(a.y_size, sizeof(double));
    for (int64_t i = 0; i < a.y_size; ++i)
        want[i] = a.b ? number_at(a.b, i % s->o, element) : 0;
    each_product(s, visit_forward, &(naive){given, element, want});
    a.y = no_numbers(a.y_size, element);
    run(s, WGI_CONV2D_FORWARD, kind, element, &a);
    expect("y", s, a.y, want, a.y_size, element);
    free(a.y);
    free(want);
}

static void check_grad_input(const wgi_conv2d *s, int kind, size_t element, const arrays *given) {
    arrays a = *given;
    double *want = room_for(a.x_size, sizeof(double));
    for (int64_t i = 0; i < a.x_size; ++i) want[i] = 0;
    each_product(s, visit_input, &(naive){given, element, want});
    a.x = no_numbers(a.x_size, element);
    run(s, WGI_CONV2D_GRAD_INPUT, kind, element, &a);
    expect("dx", s, a.x, want, a.x_size, element);
    wgi_conv2d adding = *s; /* once more, on top */
    adding.add = 1;
    for (int64_t i = 0; i < a.x_size; ++i) want[i] *= 2;
    run(&adding, WGI_CONV2D_GRAD_INPUT, kind, element, &a);
    expect("dx, added", s, a.x, want, a.x_size, element);
    free(a.x);
    free(want);
}

static void check_grad_weight(const wgi_conv2d *s, int kind, size_t element, const arrays *given) {
    arrays a = *given;
    double *want = room_for(a.w_size, sizeof(double)), *db = room_for(s->o, sizeof(double));
    for (int64_t i = 0; i < a.w_size; ++i) want[i] = 0;
    for (int64_t i = 0; i < s->o; ++i) db[i] = 0;
    for (int64_t i = 0; i < a.y_size; ++i) db[i % s->o] += number_at(a.y, i, element);
    each_product(s, visit_weight, &(naive){given, element, want});
    a.w = no_numbers(a.w_size, element);
    a.b = given->b ? no_numbers(s->o, element) : NULL;
    run(s, WGI_CONV2D_GRAD_WEIGHT, kind, element, &a);
    expect("dw", s, a.w, want, a.w_size, element);
    if (a.b) expect("db", s, a.b, db, s->o, element);
    free(a.w);
    free(a.b);
    free(want);
    free(db);
}

static void check_passes(draws *d, const wgi_conv2d *s, int kind, size_t element) {
    arrays a = draw_arrays(d, s, element, 0, (int)draw(d, 0, 1));
    check_forward(s, kind, element, &a);
    check_grad_input(s, kind, element, &a);
    check_grad_weight(s, kind, element, &a);
    free_arrays(&a);
}

/* ---- geometry ------------------------------------------------------------------------------- */

static void set_output(wgi_conv2d *s) {
    s->oh = wgi_conv2d_extent(s->h, s->kh, s->stride[0], s->dilation[0], s->before[0], s->after[0]);
    s->ow = wgi_conv2d_extent(s->w, s->kw, s->stride[1], s->dilation[1], s->before[1], s->after[1]);
}

static wgi_conv2d simple(int64_t n, int64_t h, int64_t w, int64_t c, int64_t o, int64_t k,
                         int64_t groups, int64_t stride, int64_t pad) {
    wgi_conv2d s = {.n = n, .h = h, .w = w, .c = c, .o = o, .kh = k, .kw = k, .groups = groups};
    for (int i = 0; i < 2; ++i) {
        s.stride[i] = stride;
        s.dilation[i] = 1;
        s.before[i] = s.after[i] = pad;
    }
    set_output(&s);
    return s;
}

static wgi_conv2d dilated(wgi_conv2d s) {
    s.dilation[0] = s.dilation[1] = 2;
    set_output(&s);
    return s;
}

static wgi_conv2d draw_geometry(draws *d) {
    wgi_conv2d s = simple(draw(d, 0, 3), draw(d, 0, 9), draw(d, 0, 11), 0, 0, 1, 1, 1, 0);
    const int64_t kind = draw(d, 0, 9);
    s.groups = kind < 5 ? 1 : draw(d, 1, 6);
    s.c = s.groups * (kind == 9 ? 1 : draw(d, kind == 0 ? 0 : 1, kind == 1 ? 40 : 7));
    s.o = s.groups * (kind == 9 ? 1 : draw(d, kind == 0 ? 0 : 1, kind == 2 ? 40 : 7));
    s.kh = draw(d, 1, 4);
    s.kw = draw(d, 1, kind == 3 ? 9 : 3);
    for (int i = 0; i < 2; ++i) {
        s.stride[i] = draw(d, 1, 3);
        s.dilation[i] = draw(d, 1, 2);
        s.before[i] = draw(d, 0, 3);
        s.after[i] = draw(d, 0, 3);
    }
    set_output(&s);
    return s;
}

START_TEST(extents_are_the_floor) {
    ck_assert_int_eq(wgi_conv2d_extent(32, 5, 1, 1, 2, 2), 32);
    ck_assert_int_eq(wgi_conv2d_extent(7, 3, 3, 1, 0, 0), 2); /* (7 - 3) / 3 + 1 = 2.33 */
    ck_assert_int_eq(wgi_conv2d_extent(7, 3, 1, 3, 0, 0), 1);
    ck_assert_int_eq(wgi_conv2d_extent(7, 3, 1, 4, 0, 1), 0);
    ck_assert_int_eq(wgi_conv2d_extent(0, 1, 1, 1, 0, 0), 0);
    ck_assert_int_eq(wgi_conv2d_extent(0, 1, 1, 1, 1, 0), 1);
    ck_assert_int_eq(wgi_conv2d_extent(3, 5, 2, 1, 0, 0), 0);
    ck_assert_int_eq(wgi_conv2d_extent(4, 5, 2, 1, 0, 0), 0); /* -1 / 2 + 1 would be 1 */
}
END_TEST

START_TEST(random_convolutions_are_exact) {
    if (!use_isa(_i)) return;
    draws d = {.seed = 60 + (uint64_t)_i};
    const int cases = full_run() ? 4000 : 250;
    for (int i = 0; i < cases; ++i) {
        const wgi_conv2d s = draw_geometry(&d);
        use_threads(1 + i % 3);
        check_passes(&d, &s, i % 4 == 0 ? AUTOMATIC : PORTABLE,
                     i % 2 ? sizeof(double) : sizeof(float));
    }
}
END_TEST

START_TEST(the_library_s_convolutions_are_exact) {
    draws d = {.seed = 70};
    const int cases = full_run() ? 2000 : 60; /* each is a primitive to be made */
    for (int i = 0; i < cases; ++i) {
        const wgi_conv2d s = draw_geometry(&d);
        use_threads(1 + i % 3);
        check_passes(&d, &s, AUTOMATIC, sizeof(float));
    }
}
END_TEST

/* Shapes that networks have, and those at which the kernels change their ways. */
START_TEST(known_shapes_are_exact) {
    if (!use_isa(_i)) return;
    draws d = {.seed = 61};
    const wgi_conv2d shapes[] = {
        simple(2, 8, 8, 3, 16, 3, 1, 1, 1),    simple(2, 9, 7, 16, 33, 3, 1, 2, 1),
        simple(3, 6, 6, 32, 64, 1, 1, 1, 0),   simple(2, 6, 6, 20, 8, 1, 1, 2, 0),
        simple(1, 16, 16, 3, 8, 7, 1, 2, 3),   simple(2, 7, 7, 24, 24, 3, 24, 1, 1),
        simple(2, 8, 8, 12, 24, 3, 12, 2, 1),  simple(2, 8, 8, 32, 32, 3, 4, 1, 1),
        simple(1, 5, 5, 2, 3, 5, 1, 1, 0),     simple(1, 5, 5, 2, 3, 5, 1, 1, 4),
        simple(1, 1, 1, 1, 1, 1, 1, 1, 0),     simple(40, 4, 4, 17, 9, 3, 1, 1, 1),
        simple(1, 3, 3, 300, 5, 3, 1, 1, 1),   simple(1, 8, 8, 20, 4, 8, 1, 1, 0),
        /* whole panels, with a tile cut off, in groups, wide pads, and lines of several sizes */
        simple(2, 17, 16, 32, 33, 3, 1, 1, 1), simple(1, 9, 18, 48, 40, 3, 1, 1, 0),
        simple(1, 7, 16, 64, 64, 3, 2, 1, 1),  simple(1, 6, 17, 32, 32, 2, 1, 1, 1),
        simple(1, 4, 16, 32, 32, 3, 1, 1, 3),  simple(2, 9, 9, 32, 32, 3, 1, 2, 1),
        dilated(simple(1, 9, 17, 32, 32, 3, 1, 1, 2)),
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; ++i) {
        for (int kind = 0; kind < KINDS; ++kind) {
            check_passes(&d, &shapes[i], kind, sizeof(float));
            check_passes(&d, &shapes[i], kind, sizeof(double));
        }
    }
}
END_TEST

START_TEST(empty_extents_are_legal) {
    draws d = {.seed = 62};
    for (int zero = 0; zero < 8; ++zero) {
        wgi_conv2d s = simple(2, 5, 5, 4, 6, 3, 1, 1, 1);
        int64_t *const extents[] = {&s.n, &s.h, &s.w, &s.c, &s.o, &s.kh, &s.kw};
        if (zero < 7) *extents[zero] = 0;
        else s.kh = 20; /* does not fit */
        set_output(&s);
        for (int kind = 0; kind < KINDS; ++kind) {
            check_passes(&d, &s, kind, sizeof(float));
            check_passes(&d, &s, kind, sizeof(double));
        }
    }
}
END_TEST

/* A NaN in x spoils the pixels of y whose windows hold it, and no other. */
START_TEST(nan_stays_in_its_windows) {
    for (int kind = 0; kind < KINDS; ++kind) {
        draws d = {.seed = 63};
        const wgi_conv2d s = simple(2, 9, 9, 5, 7, 3, 1, 1, 1);
        arrays a = draw_arrays(&d, &s, sizeof(float), 0, 1);
        put_number(a.x, ((0 * 9 + 4) * 9 + 5) * 5 + 2, NAN, sizeof(float));
        run(&s, WGI_CONV2D_FORWARD, kind, sizeof(float), &a);
        for (int64_t i = 0; i < a.y_size; ++i) {
            const int64_t q = i / 7 % 9, p = i / 7 / 9 % 9, n = i / 7 / 81;
            const int spoilt = n == 0 && p >= 3 && p <= 5 && q >= 4 && q <= 6;
            ck_assert_int_eq(isnan(number_at(a.y, i, sizeof(float))) != 0, spoilt);
        }
        free_arrays(&a);
    }
}
END_TEST

static void *output_of(wgi_conv2d_pass pass, const arrays *a, int64_t *n) {
    const int64_t sizes[] = {a->y_size, a->x_size, a->w_size};
    void *const outputs[] = {a->y, a->x, a->w};
    *n = sizes[pass];
    return outputs[pass];
}

static void check_bits(draws *d, const wgi_conv2d *s, wgi_conv2d_pass pass, size_t element) {
    arrays a = draw_arrays(d, s, element, 1, 1);
    int64_t n;
    void *out = output_of(pass, &a, &n), *one = room_for(n, element), *db = room_for(s->o, element);
    for (int threads = 1; threads <= 3; ++threads) {
        use_threads(threads);
        /* the other arrays are not written, but by the pass that computes db */
        run(s, pass, PORTABLE, element, &a);
        if (threads == 1) {
            memcpy(one, out, (size_t)n * element);
            memcpy(db, a.b, (size_t)s->o * element);
        }
        ck_assert_int_eq(memcmp(one, out, (size_t)n * element), 0);
        ck_assert_int_eq(memcmp(db, a.b, (size_t)s->o * element), 0);
    }
    free(one);
    free(db);
    free_arrays(&a);
}

START_TEST(threads_do_not_change_bits) {
    if (!use_isa(_i)) return;
    draws d = {.seed = 64};
    const wgi_conv2d shapes[] = {
        simple(6, 14, 14, 32, 40, 3, 1, 1, 1), simple(5, 15, 15, 3, 40, 5, 1, 2, 2),
        simple(6, 14, 14, 64, 64, 3, 64, 1, 1), simple(6, 14, 14, 48, 48, 3, 2, 2, 1),
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; ++i)
        for (int pass = 0; pass < 3; ++pass)
            for (size_t element = sizeof(float); element <= sizeof(double); element *= 2)
                check_bits(&d, &shapes[i], (wgi_conv2d_pass)pass, element);
}
END_TEST

Suite *suite_conv(void) {
    Suite *s = suite_create("conv");
    TCase *t = tcase_create("conv");
    tcase_set_timeout(t, 600);
    tcase_add_test(t, extents_are_the_floor);
    tcase_add_loop_test(t, random_convolutions_are_exact, 0, WGI_ISA_COUNT);
    tcase_add_test(t, the_library_s_convolutions_are_exact);
    tcase_add_loop_test(t, known_shapes_are_exact, 0, WGI_ISA_COUNT);
    tcase_add_test(t, empty_extents_are_legal);
    tcase_add_test(t, nan_stays_in_its_windows);
    tcase_add_loop_test(t, threads_do_not_change_bits, 0, WGI_ISA_COUNT);
    suite_add_tcase(s, t);
    return s;
}
