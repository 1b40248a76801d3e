/* model.c: a chain of layers with its parameters. */
#include "nn/layer.h"

#include "autograd/checkpoint.h"
#include "autograd/tape.h"

#include <stdio.h>
#include <string.h>

/* A part of the layers, for wg_checkpoint. */
typedef struct section {
    wgi_arch *arch;
    size_t first, end;
} section;

struct wg_model {
    wg_params *params;
    wgi_arch arch;
    char *text;
    wg_dtype dtype;
    section *sections;
    size_t n_sections; /* 0: everything is kept */
};

/* "conv2": the name of a layer, counted among its kind. */
static void layer_name(const wgi_arch *a, size_t i, char *text, size_t bytes) {
    int count = 1;
    for (size_t k = 0; k < i; ++k) count += a->layers[k].kind == a->layers[i].kind;
    snprintf(text, bytes, "%s%d", a->layers[i].kind->name, count);
}

/* All parameters are added before the first number is written: that lays the store out. */
static wg_status build(wg_model *m, const wg_model_options *o) {
    wgi_arch *a = &m->arch;
    char name[32];
    wg_status s = WG_OK;
    for (size_t i = 0; i < a->n && s == WG_OK; ++i) {
        layer_name(a, i, name, sizeof name);
        wgi_layer *l = &a->layers[i];
        if (l->kind->build) s = l->kind->build(l, m->params, name, m->dtype);
    }
    for (size_t i = 0; i < a->n && s == WG_OK; ++i)
        if (a->layers[i].kind->start) s = a->layers[i].kind->start(&a->layers[i], o, i);
    return s;
}

/* Cuts the layers into parts of equal numbers of layers; as many parts as layers at most. */
static wg_status cut(wg_model *m, int64_t parts) {
    size_t n = m->arch.n, k = (uint64_t)parts < n ? (size_t)parts : n;
    if (parts < 2) return WG_OK;
    m->sections = wgi_alloc(k * sizeof *m->sections);
    if (!m->sections) return WG_ERR_MEMORY;
    m->n_sections = k;
    for (size_t i = 0; i < k; ++i) {
        section s = {&m->arch, i * n / k, (i + 1) * n / k};
        m->sections[i] = s;
    }
    return WG_OK;
}

/* The caller's options in this version's size, checked. */
static wg_status read_options(const wg_model_options *given, wg_model_options *o, wg_error *e) {
    memset(o, 0, sizeof *o);
    if (given) memcpy(o, given, given->size && given->size < sizeof *o ? given->size : sizeof *o);
    if (o->dtype > WG_F64)
        return wgi_error_to(e, WG_ERR_DTYPE, "model: a parameter is float32 or float64");
    if ((unsigned)o->init > WG_INIT_NORMAL)
        return wgi_error_to(e, WG_ERR_RANGE, "model: no initialisation %d", (int)o->init);
    if (o->init == WG_INIT_NORMAL && !(o->deviation >= 0 && o->deviation <= 1e30))
        return wgi_error_to(e, WG_ERR_RANGE, "model: a deviation of %g", o->deviation);
    if (o->sections < 0)
        return wgi_error_to(e, WG_ERR_RANGE, "model: %lld sections", (long long)o->sections);
    return WG_OK;
}

wg_model *wg_model_new(const char *arch, int64_t height, int64_t width, int64_t channels,
                       int64_t classes, const wg_model_options *options, wg_error *error) {
    wg_model_options o;
    wgi_error_clear(error);
    if (read_options(options, &o, error) != WG_OK) return NULL;
    wg_model *m = wgi_alloc_zero(sizeof *m);
    if (!m || !(m->params = wg_params_new()) || !(m->text = wgi_strdup(wgi_arch_text(arch)))) {
        wg_model_free(m);
        wgi_error_to(error, WG_ERR_MEMORY, "model: no memory");
        return NULL;
    }
    m->dtype = o.dtype;
    wg_status s = wgi_arch_init(&m->arch, m->text, height, width, channels, classes, error);
    if (s == WG_OK) {
        s = build(m, &o);
        if (s != WG_OK) wgi_error_to(error, s, "model: %s", wg_params_message(m->params));
    }
    if (s == WG_OK && (s = cut(m, o.sections)) != WG_OK)
        wgi_error_to(error, s, "model: no memory");
    if (s == WG_OK) return m;
    wg_model_free(m);
    return NULL;
}

void wg_model_free(wg_model *m) {
    if (!m) return;
    wgi_arch_clear(&m->arch);
    wg_params_free(m->params);
    wgi_free(m->text);
    wgi_free(m->sections);
    wgi_free(m);
}

/* ---- use ------------------------------------------------------------------------------------ */

/* A RELU behind a layer that can take it along is done by that layer's gate. */
static wg_var apply_layers(wgi_arch *a, size_t first, size_t end, wg_var x, int training) {
    for (size_t i = first; i < end; ++i) {
        wgi_layer *l = &a->layers[i];
        int both = l->kind->apply_relu && i + 1 < end && l[1].kind == &wgi_relu_kind;
        x = both ? l->kind->apply_relu(l, x, training) : l->kind->apply(l, x, training);
        i += (size_t)both;
    }
    return x;
}

static wg_var apply_section(wg_tape *tape, size_t n, const wg_var *x, void *user) {
    const section *s = user;
    (void)tape, (void)n;
    return apply_layers(s->arch, s->first, s->end, x[0], 1);
}

wg_var wg_model_forward(wg_model *m, wg_tape *tape, wg_var x, int training) {
    wg_shape s = wg_shape_of(x);
    wgi_arch *a = &m->arch;
    if (s.rank < 0) return x;
    if (s.rank != 4 || s.dim[1] != a->height || s.dim[2] != a->width || s.dim[3] != a->channels) {
        char text[160], shape[96];
        snprintf(text, sizeof text, "its input is (N, %lld, %lld, %lld), not %s",
                 (long long)a->height, (long long)a->width, (long long)a->channels,
                 wgi_shape_text(shape, sizeof shape, s.rank, s.dim));
        return wg_poison(tape, WG_ERR_SHAPE, "model", text);
    }
    if (!training || !m->n_sections) return apply_layers(a, 0, a->n, x, training);
    for (size_t i = 0; i < m->n_sections; ++i)
        x = wg_checkpoint(tape, apply_section, 1, &x, &m->sections[i]);
    return x;
}

wg_status wg_model_update(wg_model *m) {
    for (size_t i = 0; i < m->arch.n; ++i) {
        wgi_layer *l = &m->arch.layers[i];
        wg_status s = l->kind->update ? l->kind->update(l) : WG_OK;
        if (s != WG_OK) return s;
    }
    return WG_OK;
}

wg_params *wg_model_params(wg_model *m) { return m ? m->params : NULL; }
const char *wg_model_arch(const wg_model *m) { return m->text; }
int64_t wg_model_classes(const wg_model *m) { return m->arch.classes; }
wg_dtype wg_model_dtype(const wg_model *m) { return m->dtype; }

int64_t wg_model_size(const wg_model *m) {
    int64_t sum = 0;
    for (size_t i = 0; i < m->arch.n; ++i) sum += m->arch.layers[i].numbers;
    return sum;
}

void wg_model_input(const wg_model *m, int64_t *height, int64_t *width, int64_t *channels) {
    *height = m->arch.height;
    *width = m->arch.width;
    *channels = m->arch.channels;
}
