/* test_dnnl.c: the cache of oneDNN's primitives, and what the two sides of a choice agree on.  What
 * the primitives compute is checked by test_conv.c. */
#include "tests/backend/numbers.h"

#include "backend/backend.h"
#include "backend/conv.h"
#include "tests/suites.h"

#if defined(WG_HAVE_DNNL)
#include "backend/dnnl.h"

#include <pthread.h>
#endif

extern Suite *suite_dnnl(void);

#if defined(WG_HAVE_DNNL)

static wgi_conv2d geometry(int64_t w, int64_t c, int64_t o) {
    wgi_conv2d s = {.n = 1, .h = 4, .w = w, .c = c, .o = o, .kh = 3, .kw = 3, .groups = 1};
    for (int i = 0; i < 2; ++i) s.stride[i] = s.dilation[i] = s.before[i] = s.after[i] = 1;
    s.oh = s.h;
    s.ow = s.w;
    return s;
}

/* One convolution of whole numbers against the portable kernel: exactly the same. */
static int is_right(const wgi_conv2d *s) {
    const int64_t nx = s->h * s->w * s->c, nw = s->o * 9 * s->c, ny = s->oh * s->ow * s->o;
    float *x = room_for(nx, sizeof(float)), *w = room_for(nw, sizeof(float));
    float *y = room_for(ny, sizeof(float));
    for (int64_t i = 0; i < nx; ++i) x[i] = (float)(i % 3);
    for (int64_t i = 0; i < nw; ++i) w[i] = (float)(i % 2);
    void *scratch = scratch_of(wgi_conv2d_scratch(s, WGI_CONV2D_FORWARD, sizeof(float)));
    wgi_conv2d_forward_f32(s, x, w, NULL, y, scratch);
    float *want = room_for(ny, sizeof(float));
    void *other = scratch_of(wgi_conv2d_portable_scratch(s, WGI_CONV2D_FORWARD, sizeof(float)));
    wgi_conv2d_forward_portable_f32(s, x, w, NULL, want, other);
    const int right = memcmp(y, want, (size_t)ny * sizeof(float)) == 0;
    void *all[] = {x, w, y, scratch, want, other};
    for (int i = 0; i < 6; ++i) free(all[i]);
    return right;
}

START_TEST(primitives_are_kept) {
    const wgi_conv2d s = geometry(5, 16, 16), t = geometry(6, 16, 16);
    use_threads(1);
    wgi_dnnl_clear();
    ck_assert_int_eq(wgi_dnnl_count(), 0);
    ck_assert(is_right(&s) && is_right(&s));
    ck_assert_int_eq(wgi_dnnl_count(), 1);
    ck_assert(is_right(&t));
    ck_assert_int_eq(wgi_dnnl_count(), 2);
    use_threads(2); /* a primitive is made for a number of threads */
    ck_assert(is_right(&t));
    ck_assert_int_eq(wgi_dnnl_count(), 3);
    wgi_dnnl_clear();
    ck_assert_int_eq(wgi_dnnl_count(), 0);
    ck_assert(is_right(&s));
}
END_TEST

START_TEST(the_cache_is_bounded) {
    use_threads(1);
    wgi_dnnl_clear();
    for (int64_t w = 1; w <= WGI_DNNL_ENTRIES + 20; ++w) {
        const wgi_conv2d s = geometry(w, 4, 4);
        (void)wgi_dnnl_conv2d_scratch(&s, WGI_CONV2D_FORWARD);
    }
    ck_assert_int_eq(wgi_dnnl_count(), WGI_DNNL_ENTRIES);
    for (int64_t w = 1; w <= 3; ++w) { /* these were put out */
        const wgi_conv2d s = geometry(w, 4, 4);
        ck_assert(is_right(&s));
    }
    ck_assert_int_eq(wgi_dnnl_count(), WGI_DNNL_ENTRIES);
}
END_TEST

START_TEST(what_does_not_suit_is_declined) {
    wgi_conv2d s = geometry(5, 4, 4);
    float *none = NULL;
    s.n = 0;
    ck_assert_uint_eq(wgi_dnnl_conv2d_scratch(&s, WGI_CONV2D_FORWARD), 0);
    ck_assert_int_eq(wgi_dnnl_conv2d(&s, WGI_CONV2D_FORWARD, none, none, none, none, NULL), 0);
    s = geometry(5, 4, 4);
    s.ow = 99; /* not what the geometry gives */
    ck_assert_uint_eq(wgi_dnnl_conv2d_scratch(&s, WGI_CONV2D_FORWARD), 0);
    ck_assert_int_eq(wgi_dnnl_conv2d(&s, WGI_CONV2D_FORWARD, none, none, none, none, NULL), 0);
}
END_TEST

/* Threads of the user, each with convolutions of its own and some in common. */
static void *many_convolutions(void *arg) {
    const int64_t id = *(const int *)arg;
    int64_t wrong = 0;
    for (int64_t i = 0; i < 40; ++i) {
        const wgi_conv2d s = geometry(3 + i % 7, 8 + id * (i % 2), 8);
        wrong += !is_right(&s);
    }
    return wrong ? arg : NULL;
}

START_TEST(threads_share_the_cache) {
    pthread_t threads[4];
    int ids[4];
    use_threads(1);
    for (int i = 0; i < 4; ++i) {
        ids[i] = i;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, many_convolutions, &ids[i]), 0);
    }
    for (int i = 0; i < 4; ++i) {
        void *failed;
        ck_assert_int_eq(pthread_join(threads[i], &failed), 0);
        ck_assert_ptr_null(failed);
    }
}
END_TEST

#endif

Suite *suite_dnnl(void) {
    Suite *s = suite_create("dnnl");
    TCase *t = tcase_create("dnnl");
    tcase_set_timeout(t, 600);
#if defined(WG_HAVE_DNNL)
    tcase_add_test(t, primitives_are_kept);
    tcase_add_test(t, the_cache_is_bounded);
    tcase_add_test(t, what_does_not_suit_is_declined);
    tcase_add_test(t, threads_share_the_cache);
#endif
    suite_add_tcase(s, t);
    return s;
}
