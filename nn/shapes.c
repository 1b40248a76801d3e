/* shapes.c: what an architecture makes of its input: shapes layer by layer, the class layer, and
 * which weights feed a rectifier. */
#include "nn/layer.h"

#include "autograd/tape.h"

#include <stdio.h>
#include <string.h>

/* A model of more numbers than this is a mistake in the text. */
static const int64_t MAX_NUMBERS = INT64_C(1) << 36;

/* Each layer's output from the output of the one before it. */
static wg_status infer(wgi_arch *a, const char *text, wg_error *error) {
    int64_t h = a->height, w = a->width, c = a->channels, numbers = 0;
    int flat = 0;
    for (size_t i = 0; i < a->n; ++i) {
        wgi_layer *l = &a->layers[i];
        wg_error e = {WG_OK, ""};
        l->height = h;
        l->width = w;
        l->channels = c;
        l->flat = flat;
        wg_status s = l->kind->infer ? l->kind->infer(l, &e) : WG_OK;
        if (s != WG_OK) return wgi_arch_error(error, s, text, l->column, e.text);
        numbers = l->numbers > MAX_NUMBERS ? MAX_NUMBERS : numbers + l->numbers;
        if (numbers >= MAX_NUMBERS || l->height * l->width > MAX_NUMBERS / l->channels)
            return wgi_arch_error(error, WG_ERR_RANGE, text, l->column, "too many numbers");
        h = l->height;
        w = l->width;
        c = l->channels;
        flat = l->flat;
    }
    return WG_OK;
}

/* A weight feeds a rectifier when one comes before the next layer with weights. */
static void find_rectifiers(wgi_arch *a) {
    int rectified = 0;
    for (size_t i = a->n; i-- > 0;) {
        wgi_layer *l = &a->layers[i];
        if (l->kind->rectifier) rectified = 1;
        l->before_relu = rectified;
        if (l->kind->weighted) rectified = 0;
    }
}

/* The class layer: dense, pointing at the end of the text. */
static wg_status append_classes(wgi_arch *a, const char *text, wg_error *error) {
    wgi_layer l;
    memset(&l, 0, sizeof l);
    l.kind = &wgi_dense_kind;
    l.column = strlen(text);
    l.units = a->classes;
    if (a->n == a->room) {
        wgi_layer *layers =
            wgi_grow(a->layers, a->n * sizeof l, (a->n + 1) * sizeof l);
        if (!layers) return wgi_error_to(error, WG_ERR_MEMORY, "arch: no memory");
        a->layers = layers;
        a->room = a->n + 1;
    }
    a->layers[a->n++] = l;
    return WG_OK;
}

static wg_status check_input(const wgi_arch *a, wg_error *error) {
    int64_t most = INT64_C(1) << 20;
    if (a->height < 1 || a->width < 1 || a->channels < 1 || a->height > most || a->width > most ||
        a->channels > most)
        return wgi_error_to(error, WG_ERR_SHAPE, "arch: no input is (%lld, %lld, %lld)",
                            (long long)a->height, (long long)a->width, (long long)a->channels);
    if (a->classes < 1 || a->classes > most)
        return wgi_error_to(error, WG_ERR_RANGE, "arch: %lld classes", (long long)a->classes);
    return WG_OK;
}

wg_status wgi_arch_init(wgi_arch *arch, const char *text, int64_t height, int64_t width,
                        int64_t channels, int64_t classes, wg_error *error) {
    memset(arch, 0, sizeof *arch);
    arch->height = height;
    arch->width = width;
    arch->channels = channels;
    arch->classes = classes;
    if (!text) text = "";
    wg_status s = check_input(arch, error);
    if (s == WG_OK) s = wgi_arch_parse(arch, text, error);
    if (s == WG_OK) s = append_classes(arch, text, error);
    if (s == WG_OK) s = infer(arch, text, error);
    if (s == WG_OK) find_rectifiers(arch);
    else wgi_arch_clear(arch);
    return s;
}

void wgi_arch_clear(wgi_arch *arch) {
    wgi_free(arch->layers);
    memset(arch, 0, sizeof *arch);
}

/* ---- the table ------------------------------------------------------------------------------ */

static void shape_text(char *text, size_t bytes, int flat, int64_t h, int64_t w, int64_t c) {
    if (flat) snprintf(text, bytes, "%lld", (long long)c);
    else snprintf(text, bytes, "%lld x %lld x %lld", (long long)h, (long long)w, (long long)c);
}

wg_status wg_arch_describe(const char *text, int64_t height, int64_t width, int64_t channels,
                           int64_t classes, FILE *out, wg_error *error) {
    wgi_arch a;
    char shape[80];
    int64_t sum = 0;
    wgi_error_clear(error);
    text = wgi_arch_text(text);
    wg_status s = wgi_arch_init(&a, text, height, width, channels, classes, error);
    if (s != WG_OK) return s;
    int bad = fprintf(out, "%-16s %-18s %12s\n", "layer", "output", "parameters") < 0;
    shape_text(shape, sizeof shape, 0, height, width, channels);
    bad |= fprintf(out, "%-16s %-18s %12d\n", "input", shape, 0) < 0;
    for (size_t i = 0; i < a.n; ++i) {
        const wgi_layer *l = &a.layers[i];
        int last = i + 1 == a.n;
        shape_text(shape, sizeof shape, l->flat, l->height, l->width, l->channels);
        bad |= fprintf(out, "%-16.*s %-18s %12lld\n", last ? 7 : (int)l->length,
                       last ? "classes" : text + l->column, shape, (long long)l->numbers) < 0;
        sum += l->numbers;
    }
    bad |= fprintf(out, "%-16s %-18s %12lld\n", "", "", (long long)sum) < 0;
    wgi_arch_clear(&a);
    return bad ? wgi_error_to(error, WG_ERR_FILE, "the table could not be written") : WG_OK;
}
