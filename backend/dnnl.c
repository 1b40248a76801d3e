/* dnnl.c: see dnnl.h.  Written for the C interfaces of oneDNN 2.x and 3.x, whose differences are
 * confined to dnnl_versions.h. */
#if defined(WG_HAVE_DNNL)
#include "backend/dnnl.h"

#include "backend/dnnl_versions.h"
#include "backend/parallel.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>

/* ---- the library ---------------------------------------------------------------------------- */

void wgi_dnnl_version(int version[3]) {
    const dnnl_version_t *v = dnnl_version();
    version[0] = v->major;
    version[1] = v->minor;
    version[2] = v->patch;
}

int wgi_dnnl_matmul(const wgi_matmul *s, const float *a, const float *b, float *c) {
    const int before = wgi_lend_threads((double)s->m * (double)s->n * (double)s->k);
    const dnnl_status_t status =
        dnnl_sgemm(s->transpose_a ? 'T' : 'N', s->transpose_b ? 'T' : 'N', s->m, s->n, s->k, 1.0f,
                   a, s->lda, b, s->ldb, s->beta ? 1.0f : 0.0f, c, s->ldc);
    wgi_return_threads(before);
    return status == dnnl_success;
}

/* ---- the cache ------------------------------------------------------------------------------ */

static double products(const wgi_conv2d *s) {
    return (double)(s->n * s->oh * s->ow) * (double)(s->o * s->kh * s->kw) *
           ((double)s->c / (double)(s->groups ? s->groups : 1));
}

/* Everything that the choice of a primitive depends on; no padding between the fields. */
typedef struct entry_key {
    wgi_conv2d s;
    int64_t pass, threads;
} entry_key;

typedef struct entry {
    entry_key key;
    uint64_t used; /* the clock at its last use */
    int users;     /* calls that run it now */
    int usable;    /* 0: oneDNN declines this convolution */
    dnnl_primitive_desc_t desc, reorder_desc;
    dnnl_primitive_t conv, reorder; /* reorder: NULL where oneDNN takes our weights as they are */
    layout_ref x, w, b, y, pad;     /* owned by desc */
    layout_ref w_user, reorder_pad; /* owned by reorder_desc */
    size_t w_bytes, pad_bytes, reorder_pad_bytes, b_bytes;
} entry;

/* The process's: all of it belongs to whoever holds the lock, but an entry with users stays. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static entry entries[WGI_DNNL_ENTRIES];
static uint64_t hashes[WGI_DNNL_ENTRIES]; /* of the keys; 0: free */
static uint64_t clock_now;
static dnnl_engine_t engine;

/* FNV-1a, with 0 kept for free entries. */
static uint64_t hash_of(const entry_key *key) {
    const unsigned char *byte = (const unsigned char *)key;
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < sizeof *key; ++i) hash = (hash ^ byte[i]) * 1099511628211u;
    return hash ? hash : 1;
}

static void entry_clear(entry *e) {
    if (e->conv) (void)dnnl_primitive_destroy(e->conv);
    if (e->reorder) (void)dnnl_primitive_destroy(e->reorder);
    if (e->desc) (void)dnnl_primitive_desc_destroy(e->desc);
    if (e->reorder_desc) (void)dnnl_primitive_desc_destroy(e->reorder_desc);
    memset(e, 0, sizeof *e);
}

/* ---- making a primitive --------------------------------------------------------------------- */

/* Shapes are given in the order (N, C, H, W) and (G, O, I, H, W) whatever the layout. */
static int outline_make(outline *o, const wgi_conv2d *s) {
    const dnnl_dims_t x = {s->n, s->c, s->h, s->w}, y = {s->n, s->o, s->oh, s->ow}, b = {s->o};
    const int64_t og = s->o / s->groups, cg = s->c / s->groups;
    const dnnl_dims_t grouped = {s->groups, og, cg, s->kh, s->kw}, plain = {og, cg, s->kh, s->kw};
    const int rank = s->groups > 1 ? 5 : 4;
    const dnnl_dim_t *w = s->groups > 1 ? grouped : plain;
    for (int i = 0; i < 2; ++i) {
        o->stride[i] = s->stride[i];
        o->dilation[i] = s->dilation[i] - 1;
        o->before[i] = s->before[i];
        o->after[i] = s->after[i];
    }
    return layout_make(&o->x, 4, x, dnnl_nhwc) && layout_make(&o->y, 4, y, dnnl_nhwc) &&
           layout_make(&o->w, rank, w, dnnl_format_tag_any) &&
           layout_make(&o->w_user, rank, w, rank == 5 ? dnnl_gohwi : dnnl_ohwi) &&
           layout_make(&o->b, 1, b, dnnl_a);
}

static void outline_clear(outline *o) {
    layout_clear(&o->x);
    layout_clear(&o->w);
    layout_clear(&o->w_user);
    layout_clear(&o->b);
    layout_clear(&o->y);
}

static layout_ref layout_of(const_dnnl_primitive_desc_t desc, int argument) {
    return dnnl_primitive_desc_query_md(desc, dnnl_query_exec_arg_md, argument);
}

static size_t bytes_of(layout_ref l) { return (dnnl_memory_desc_get_size(l) + 63) / 64 * 64; }

/* Reference code is many times slower than the portable kernels. */
static int is_reference(const_dnnl_primitive_desc_t desc) {
    const char *name = NULL;
    const dnnl_status_t got =
        dnnl_primitive_desc_query(desc, dnnl_query_impl_info_str, 0, (void *)&name);
    return got != dnnl_success || !name || strstr(name, "ref") != NULL;
}

/* Our weights to oneDNN's, or the gradient of oneDNN's to ours. */
static int reorder_make(entry *e, const outline *o, dnnl_primitive_attr_t attr) {
    const layout_ref ours = look(&o->w_user);
    const int outward = e->key.pass == WGI_CONV2D_GRAD_WEIGHT;
    e->w_user = e->w;
    if (dnnl_memory_desc_equal(ours, e->w)) return 1;
    if (dnnl_reorder_primitive_desc_create(&e->reorder_desc, outward ? e->w : ours, engine,
                                           outward ? ours : e->w, engine, attr) != dnnl_success ||
        dnnl_primitive_create(&e->reorder, e->reorder_desc) != dnnl_success)
        return 0;
    e->w_user = layout_of(e->reorder_desc, outward ? DNNL_ARG_TO : DNNL_ARG_FROM);
    e->reorder_pad = layout_of(e->reorder_desc, DNNL_ARG_SCRATCHPAD);
    e->w_bytes = bytes_of(e->w);
    e->reorder_pad_bytes = bytes_of(e->reorder_pad);
    return 1;
}

static int convolution_make(entry *e, const outline *o, dnnl_primitive_attr_t attr) {
    const wgi_conv2d_pass pass = (wgi_conv2d_pass)e->key.pass;
    if (!describe(o, pass, engine, attr, &e->desc) || is_reference(e->desc)) return 0;
    if (dnnl_primitive_create(&e->conv, e->desc) != dnnl_success) return 0;
    const int to_input = pass == WGI_CONV2D_GRAD_INPUT, forward = pass == WGI_CONV2D_FORWARD;
    const int to_weight = pass == WGI_CONV2D_GRAD_WEIGHT;
    e->x = layout_of(e->desc, to_input ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC);
    e->w = layout_of(e->desc, to_weight ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS);
    e->y = layout_of(e->desc, forward ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST);
    if (!to_input) e->b = layout_of(e->desc, to_weight ? DNNL_ARG_DIFF_BIAS : DNNL_ARG_BIAS);
    e->pad = layout_of(e->desc, DNNL_ARG_SCRATCHPAD);
    e->pad_bytes = bytes_of(e->pad);
    e->b_bytes = e->b ? bytes_of(e->b) : 0;
    return 1;
}

/* Scratch is ours; with `add` the result is added to what lies there. */
static int attr_make(dnnl_primitive_attr_t *attr, int add) {
    return dnnl_primitive_attr_create(attr) == dnnl_success &&
           dnnl_primitive_attr_set_scratchpad_mode(*attr, dnnl_scratchpad_mode_user) ==
               dnnl_success &&
           (!add || adds_up(*attr));
}

/* Fills in the entry of e->key; whatever fails makes it one that declines. */
static void entry_make(entry *e) {
    outline o;
    dnnl_primitive_attr_t attr = NULL, plain = NULL;
    memset(&o, 0, sizeof o);
    const int before = wgi_lend_threads(products(&e->key.s));
    e->usable = attr_make(&attr, e->key.s.add != 0) && attr_make(&plain, 0) &&
                outline_make(&o, &e->key.s) && convolution_make(e, &o, attr) &&
                reorder_make(e, &o, plain);
    wgi_return_threads(before);
    outline_clear(&o);
    if (attr) (void)dnnl_primitive_attr_destroy(attr);
    if (plain) (void)dnnl_primitive_attr_destroy(plain);
}

/* ---- finding one ---------------------------------------------------------------------------- */

/* The place of a new entry: a free one, or the least recently used that nobody runs; -1: none. */
static int place_for_entry(void) {
    int best = -1;
    for (int i = 0; i < WGI_DNNL_ENTRIES; ++i) {
        if (!hashes[i]) return i;
        if (entries[i].users == 0 && (best < 0 || entries[i].used < entries[best].used)) best = i;
    }
    return best;
}

static entry *find_locked(const entry_key *key) {
    const uint64_t hash = hash_of(key);
    for (int i = 0; i < WGI_DNNL_ENTRIES; ++i)
        if (hashes[i] == hash && memcmp(&entries[i].key, key, sizeof *key) == 0) return &entries[i];
    if (!engine && dnnl_engine_create(&engine, dnnl_cpu, 0) != dnnl_success) return NULL;
    const int place = place_for_entry();
    if (place < 0) return NULL;
    entry *e = &entries[place];
    entry_clear(e);
    e->key = *key;
    hashes[place] = hash;
    entry_make(e);
    return e;
}

/* The entry of a convolution, held until entry_release; NULL where oneDNN declines it. */
static entry *entry_hold(const wgi_conv2d *s, wgi_conv2d_pass pass) {
    if (s->n * s->h * s->w * s->c == 0 || s->o * s->oh * s->ow * s->kh * s->kw == 0) return NULL;
    entry_key key;
    memset(&key, 0, sizeof key);
    key.s = *s;
    key.pass = pass;
    key.threads = wgi_parallel_parts(WGI_MAX_THREADS, 1);
    (void)pthread_mutex_lock(&lock);
    entry *e = find_locked(&key);
    if (e) e->used = ++clock_now;
    if (e && !e->usable) e = NULL;
    if (e) ++e->users;
    (void)pthread_mutex_unlock(&lock);
    return e;
}

static void entry_release(entry *e) {
    (void)pthread_mutex_lock(&lock);
    --e->users;
    (void)pthread_mutex_unlock(&lock);
}

void wgi_dnnl_clear(void) {
    (void)pthread_mutex_lock(&lock);
    for (int i = 0; i < WGI_DNNL_ENTRIES; ++i) {
        if (!hashes[i] || entries[i].users > 0) continue;
        entry_clear(&entries[i]);
        hashes[i] = 0;
    }
    (void)pthread_mutex_unlock(&lock);
}

int wgi_dnnl_count(void) {
    int n = 0;
    (void)pthread_mutex_lock(&lock);
    for (int i = 0; i < WGI_DNNL_ENTRIES; ++i) n += hashes[i] != 0;
    (void)pthread_mutex_unlock(&lock);
    return n;
}

/* ---- running one ---------------------------------------------------------------------------- */

/* The arguments of one execution. */
typedef struct arguments {
    dnnl_exec_arg_t at[6];
    int n, failed;
} arguments;

static void bind(arguments *a, int argument, layout_ref l, void *data) {
    dnnl_memory_t memory = NULL;
    if (dnnl_memory_create(&memory, l, engine, data) != dnnl_success) {
        a->failed = 1;
        return;
    }
    a->at[a->n].arg = argument;
    a->at[a->n++].memory = memory;
}

/* Runs it and lets the arguments go. */
static int execute(dnnl_primitive_t primitive, dnnl_stream_t stream, arguments *a) {
    const int done = !a->failed &&
                     dnnl_primitive_execute(primitive, stream, a->n, a->at) == dnnl_success &&
                     dnnl_stream_wait(stream) == dnnl_success;
    for (int i = 0; i < a->n; ++i) (void)dnnl_memory_destroy(a->at[i].memory);
    return done;
}

static int run_reorder(const entry *e, dnnl_stream_t stream, void *from, void *to, void *pad) {
    const int outward = e->key.pass == WGI_CONV2D_GRAD_WEIGHT;
    arguments a = {.n = 0};
    bind(&a, DNNL_ARG_FROM, outward ? e->w : e->w_user, from);
    bind(&a, DNNL_ARG_TO, outward ? e->w_user : e->w, to);
    bind(&a, DNNL_ARG_SCRATCHPAD, e->reorder_pad, pad);
    return execute(e->reorder, stream, &a);
}

/* Scratch: oneDNN's weights, the convolution's own, the reorder's own, and a bias where there is
 * none: zeros to be added, or a gradient that nobody wants.  So there is one primitive for both. */
static int run_entry(const entry *e, dnnl_stream_t stream, float *x, float *w, float *b, float *y,
                     char *scratch) {
    const int to_input = e->key.pass == WGI_CONV2D_GRAD_INPUT;
    const int forward = e->key.pass == WGI_CONV2D_FORWARD;
    const int to_weight = e->key.pass == WGI_CONV2D_GRAD_WEIGHT;
    char *pad = scratch + e->w_bytes, *reorder_pad = pad + e->pad_bytes;
    void *inner = e->reorder ? (void *)scratch : w;
    if (!b) b = memset(reorder_pad + e->reorder_pad_bytes, 0, e->b_bytes);
    if (e->reorder && !to_weight && !run_reorder(e, stream, w, inner, reorder_pad)) return 0;
    arguments a = {.n = 0};
    bind(&a, to_input ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC, e->x, x);
    bind(&a, to_weight ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS, e->w, inner);
    bind(&a, forward ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST, e->y, y);
    if (e->b) bind(&a, to_weight ? DNNL_ARG_DIFF_BIAS : DNNL_ARG_BIAS, e->b, b);
    bind(&a, DNNL_ARG_SCRATCHPAD, e->pad, pad);
    if (!execute(e->conv, stream, &a)) return 0;
    return !e->reorder || !to_weight || run_reorder(e, stream, inner, w, reorder_pad);
}

size_t wgi_dnnl_conv2d_scratch(const wgi_conv2d *s, wgi_conv2d_pass pass) {
    entry *e = entry_hold(s, pass);
    if (!e) return 0;
    const size_t bytes = e->w_bytes + e->pad_bytes + e->reorder_pad_bytes + e->b_bytes;
    entry_release(e);
    return bytes ? bytes : 64;
}

int wgi_dnnl_conv2d(const wgi_conv2d *s, wgi_conv2d_pass pass, float *x, float *w, float *b,
                    float *y, void *scratch) {
    entry *e = entry_hold(s, pass);
    if (!e) return 0;
    dnnl_stream_t stream = NULL;
    const int before = wgi_lend_threads(products(s));
    const int done = dnnl_stream_create(&stream, engine, dnnl_stream_default_flags) ==
                         dnnl_success &&
                     run_entry(e, stream, x, w, b, y, scratch);
    if (stream) (void)dnnl_stream_destroy(stream);
    wgi_return_threads(before);
    entry_release(e);
    return done;
}
#else
typedef int wgi_dnnl_is_not_in_this_build; /* a file may not be empty */
#endif
