/* params.c: parameters that outlive tapes: one block of values and one of gradients a dtype, so
 * that an optimizer, a checkpoint or an all-reduce is one pass. */
#include "autograd/store.h"
#include "autograd/tape.h"

#include <stdio.h>
#include <string.h>

/* Of a gradient: zeros lie in its block; shares were added up; it is zero and its block holds
 * anything, for the first share to overwrite. */
typedef enum { ZEROS, SHARES, UNSET } filling;

struct wg_param {
    wg_params *store;
    char *name;
    wg_dtype dtype;
    wg_shape shape;
    size_t n, index; /* numbers; its place in the store */
    int trainable, frozen;
    filling grad_is;
    void *data, *grad; /* into the store's blocks; NULL before it is laid out */
};

/* Numbers of one kind: trainable float32, trainable float64, buffers of each dtype. */
typedef struct block {
    size_t n;
    void *values, *grads;
} block;

struct wg_params {
    wg_param **all;
    size_t count, room;
    int laid_out;
    uint64_t version;
    uint64_t freezes; /* how often what is frozen may have changed */
    block trainable[2], buffers[4];
    wgi_params_habits habits;
    int filled; /* a sweep brought gradients since the last clearing */
    int fresh; /* a sweep brought gradients since the last step or clearing */
    int spent; /* a step used the gradients, and nothing cleared them since */
    int piled; /* a sweep added to spent ones */
    int shown; /* someone has a pointer to gradients: clearing them must write the zeros */
    wg_error error;
};

wg_params *wg_params_new(void) { return wgi_alloc_zero(sizeof(wg_params)); }

void wg_params_free(wg_params *p) {
    if (!p) return;
    for (size_t i = 0; i < p->count; ++i) {
        wgi_free(p->all[i]->name);
        wgi_free(p->all[i]);
    }
    for (int i = 0; i < 2; ++i) {
        wgi_free(p->trainable[i].values);
        wgi_free(p->trainable[i].grads);
    }
    for (int i = 0; i < 4; ++i) wgi_free(p->buffers[i].values);
    wgi_free(p->all);
    wgi_free(p);
}

wg_status wg_params_status(const wg_params *p) { return p ? p->error.status : WG_ERR_STATE; }
const char *wg_params_message(const wg_params *p) { return p ? p->error.text : "no store"; }

/* Appends a parameter of known good fields; 0 without memory. */
static wg_param *append(wg_params *p, const char *name, wg_dtype dtype, wg_shape shape) {
    if (p->count == p->room) {
        size_t more = p->room ? 2 * p->room : 16;
        wg_param **all = wgi_grow(p->all, p->count * sizeof *all, more * sizeof *all);
        if (!all) return NULL;
        p->all = all;
        p->room = more;
    }
    wg_param *q = wgi_alloc_zero(sizeof *q);
    char *copy = q ? wgi_strdup(name) : NULL;
    if (!copy) {
        wgi_free(q);
        return NULL;
    }
    q->store = p;
    q->name = copy;
    q->dtype = dtype;
    q->shape = shape;
    q->n = (size_t)wg_shape_size(shape);
    q->index = p->count;
    p->all[p->count++] = q;
    return q;
}

static wg_param *add(wg_params *p, const char *name, wg_dtype dtype, wg_shape shape,
                     int trainable) {
    if (!p) return NULL;
    wg_error *e = &p->error;
    if (!name || !*name) {
        wgi_error_to(e, WG_ERR_NAME, "a parameter needs a name");
    } else if (p->laid_out) {
        wgi_error_to(e, WG_ERR_STATE, "%s: the store is in use; add parameters before", name);
    } else if (wg_params_find(p, name)) {
        wgi_error_to(e, WG_ERR_NAME, "%s: there is a parameter of that name", name);
    } else if ((size_t)dtype > WG_BOOL || (trainable && dtype != WG_F32 && dtype != WG_F64)) {
        wgi_error_to(e, WG_ERR_DTYPE, "%s: a parameter is float32 or float64, not %s", name,
                     wg_dtype_name(dtype));
    } else if (wg_shape_size(shape) < 0 || wg_shape_size(shape) > INT64_MAX / 16) {
        char text[128];
        int known = shape.rank >= 0 && shape.rank <= WG_MAX_RANK;
        wgi_error_to(e, WG_ERR_SHAPE, "%s: %s is no shape", name,
                     wgi_shape_text(text, sizeof text, known ? shape.rank : 0, shape.dim));
    } else {
        wg_param *q = append(p, name, dtype, shape);
        if (!q) wgi_error_to(e, WG_ERR_MEMORY, "%s: no memory", name);
        else q->trainable = trainable;
        return q;
    }
    return NULL;
}

wg_param *wg_param_new(wg_params *p, const char *name, wg_dtype dtype, wg_shape shape) {
    return add(p, name, dtype, shape, 1);
}
wg_param *wg_buffer_new(wg_params *p, const char *name, wg_dtype dtype, wg_shape shape) {
    return add(p, name, dtype, shape, 0);
}

static block *block_of(wg_params *p, const wg_param *q) {
    return q->trainable ? &p->trainable[q->dtype] : &p->buffers[q->dtype];
}

/* Numbers that a parameter takes in its block: rounded up so that each starts at a cache line. */
static size_t room_of(const wg_param *q) {
    size_t line = WGI_ALIGN / wg_dtype_size(q->dtype);
    return (q->n + line - 1) / line * line;
}

static wg_status allocate(block *b, wg_dtype dtype, int trainable) {
    size_t bytes = b->n * wg_dtype_size(dtype);
    if (b->n == 0 || b->values) return WG_OK;
    b->values = wgi_alloc_zero(bytes);
    b->grads = trainable && b->values ? wgi_alloc_zero(bytes) : NULL;
    if (b->values && (b->grads || !trainable)) return WG_OK;
    wgi_free(b->values);
    b->values = NULL;
    return WG_ERR_MEMORY;
}

wg_status wgi_params_layout(wg_params *p) {
    if (p->laid_out) return WG_OK;
    for (int k = 0; k < 2; ++k) p->trainable[k].n = 0;
    for (int k = 0; k < 4; ++k) p->buffers[k].n = 0;
    for (size_t i = 0; i < p->count; ++i) block_of(p, p->all[i])->n += room_of(p->all[i]);
    for (int k = 0; k < 4; ++k) {
        wg_status s = k < 2 ? allocate(&p->trainable[k], (wg_dtype)k, 1) : WG_OK;
        if (s == WG_OK) s = allocate(&p->buffers[k], (wg_dtype)k, 0);
        if (s != WG_OK) return wgi_error_to(&p->error, s, "no memory for the parameters");
    }
    size_t at[2][4] = {{0}};
    for (size_t i = 0; i < p->count; ++i) {
        wg_param *q = p->all[i];
        const block *b = block_of(p, q);
        size_t offset = at[q->trainable][q->dtype] * wg_dtype_size(q->dtype);
        q->data = q->n ? (char *)b->values + offset : NULL;
        q->grad = b->grads && q->n ? (char *)b->grads + offset : NULL;
        at[q->trainable][q->dtype] += room_of(q);
    }
    p->laid_out = 1;
    return WG_OK;
}

void *wg_param_data(wg_param *q) {
    return q && wgi_params_layout(q->store) == WG_OK ? q->data : NULL;
}
const char *wg_param_name(const wg_param *q) { return q ? q->name : NULL; }
wg_shape wg_param_shape(const wg_param *q) {
    wg_shape none = {-1, {0}};
    return q ? q->shape : none;
}
wg_dtype wg_param_dtype(const wg_param *q) { return q ? q->dtype : WG_F64; }
int wg_param_trainable(const wg_param *q) { return q ? q->trainable : 0; }
int wg_param_frozen(const wg_param *q) { return q ? q->frozen : 0; }
wg_params *wgi_param_store(const wg_param *q) { return q->store; }

size_t wg_params_count(const wg_params *p) { return p ? p->count : 0; }
wg_param *wg_params_at(wg_params *p, size_t i) { return p && i < p->count ? p->all[i] : NULL; }
wg_param *wg_params_find(wg_params *p, const char *name) {
    for (size_t i = 0; p && name && i < p->count; ++i)
        if (strcmp(p->all[i]->name, name) == 0) return p->all[i];
    return NULL;
}

/* ---- gradients ------------------------------------------------------------------------------ */

/* Clearing only marks, so that the first share of a sweep is written and not added to zeros.  Where
 * a caller has ever been given a pointer to gradients it writes the zeros at once: they may be read
 * through it. */
static void write_zeros(wg_param *q) {
    if (q->grad) memset(q->grad, 0, q->n * wg_dtype_size(q->dtype));
    q->grad_is = ZEROS;
}

int wgi_param_begin_grad(wg_param *q) {
    int first = q->grad_is == UNSET;
    q->grad_is = SHARES;
    return first;
}
void wgi_param_forget_grad(wg_param *q) { q->grad_is = UNSET; }

void *wgi_param_grad_room(wg_param *q) { return q->grad; }
void *wgi_param_grad_data(wg_param *q) {
    if (q->grad_is == UNSET) write_zeros(q);
    return q->grad;
}
const void *wg_param_grad(const wg_param *q) {
    if (!q) return NULL;
    q->store->shown = 1;
    return wgi_param_grad_data(q->store->all[q->index]);
}

static void write_all_zeros(wg_params *p) {
    for (size_t i = 0; i < p->count; ++i)
        if (p->all[i]->grad_is == UNSET) write_zeros(p->all[i]);
}

void wg_params_clear_grads(wg_params *p) {
    if (!p || !p->laid_out) return;
    for (int k = 0; k < 2 && p->shown; ++k) {
        const block *b = &p->trainable[k];
        if (b->grads) memset(b->grads, 0, b->n * wg_dtype_size((wg_dtype)k));
    }
    for (size_t i = 0; i < p->count; ++i) {
        wg_param *q = p->all[i];
        if (p->shown) q->grad_is = ZEROS;
        else if (q->grad_is == SHARES) q->grad_is = UNSET;
    }
    p->filled = p->fresh = p->spent = p->piled = 0;
}

/* ---- the whole ------------------------------------------------------------------------------ */

wg_status wgi_params_block(wg_params *p, wg_dtype dtype, size_t *n, void **values, void **grads) {
    if (!p || dtype > WG_F64) return WG_ERR_DTYPE;
    wg_status s = wgi_params_layout(p);
    if (s != WG_OK) return s;
    write_all_zeros(p);
    *n = p->trainable[dtype].n;
    *values = p->trainable[dtype].values;
    *grads = p->trainable[dtype].grads;
    return WG_OK;
}

wg_status wg_params_block(wg_params *p, wg_dtype dtype, size_t *n, void **values, void **grads) {
    if (p) p->shown = 1;
    return wgi_params_block(p, dtype, n, values, grads);
}

void wg_params_changed(wg_params *p) {
    if (p) ++p->version;
}
uint64_t wgi_params_version(const wg_params *p) { return p->version; }

/* ---- habits --------------------------------------------------------------------------------- */

void wgi_params_swept(wg_params *p) {
    p->filled = p->fresh = 1;
    p->piled |= p->spent;
}

void wgi_params_stepped(wg_params *p) {
    write_all_zeros(p); /* the optimizer reads the blocks */
    ++p->habits.steps;
    p->habits.stale += !p->fresh;
    p->habits.piled += p->piled != 0;
    p->fresh = p->piled = 0;
    p->spent = 1;
}

wgi_params_habits wgi_params_habits_of(const wg_params *p) {
    wgi_params_habits h = p->habits;
    h.cleared = !p->filled;
    return h;
}

/* ---- freezing ------------------------------------------------------------------------------- */

/* '*' stands for any bytes, '?' for one.  Where a try to match behind the last '*' fails, that star
 * takes one byte more. */
static int matches(const char *pattern, const char *name) {
    const char *star = NULL, *from = NULL;
    while (*name) {
        if (*pattern == '*') {
            star = ++pattern;
            from = name;
        } else if (*pattern == '?' || *pattern == *name) {
            ++pattern;
            ++name;
        } else if (star) {
            pattern = star;
            name = ++from;
        } else {
            return 0;
        }
    }
    while (*pattern == '*') ++pattern;
    return *pattern == '\0';
}

size_t wg_params_freeze(wg_params *p, const char *pattern, int frozen) {
    size_t n = 0;
    for (size_t i = 0; p && pattern && i < p->count; ++i) {
        wg_param *q = p->all[i];
        if (!q->trainable || !matches(pattern, q->name)) continue;
        q->frozen = frozen != 0;
        ++n;
    }
    if (n) ++p->freezes;
    return n;
}
uint64_t wgi_params_freezes(const wg_params *p) { return p->freezes; }

size_t wgi_params_bytes(const wg_params *p) {
    size_t bytes = 0;
    for (int i = 0; i < 2; ++i)
        bytes += 2 * p->trainable[i].n * wg_dtype_size(i ? WG_F64 : WG_F32);
    for (int i = 0; i < 4; ++i) bytes += p->buffers[i].n * wg_dtype_size((wg_dtype)i);
    return bytes;
}
