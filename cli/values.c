/* values.c: an expression and its NAME=VALUE words, recorded on a tape. */
#include "cli/cli.h"

#include "backend/memory.h"
#include "data/data.h"
#include "graph/parse.h"

#include <string.h>

int wgi_dtype_of_word(const char *word, wg_dtype *dtype) {
    *dtype = word && strcmp(word, "f32") == 0 ? WG_F32 : WG_F64;
    return !word || *dtype == WG_F32 || strcmp(word, "f64") == 0;
}

/* ---- one value ------------------------------------------------------------------------------ */

/* Element i of an array from a file. */
static double element(const wg_array *a, int64_t i) {
    switch (a->dtype) {
    case WG_F32: return (double)((const float *)a->data)[i];
    case WG_F64: return ((const double *)a->data)[i];
    case WG_I64: return (double)((const int64_t *)a->data)[i];
    case WG_BOOL: return (double)((const unsigned char *)a->data)[i];
    }
    return 0;
}

static wg_status read_file(const char *path, wgi_list *list, wg_error *e) {
    wg_array a;
    memset(&a, 0, sizeof a);
    if (!*path) {
        strcpy(e->text, "a file's name is missing behind @");
        return WG_ERR_FILE;
    }
    wg_status s = wg_npy_read(path, &a, e);
    if (s != WG_OK) return s;
    size_t n = (size_t)wg_shape_size(a.shape);
    list->shape = a.shape;
    list->data = wgi_alloc((n ? n : 1) * sizeof *list->data);
    for (size_t i = 0; i < n && list->data; ++i) list->data[i] = element(&a, (int64_t)i);
    wg_array_clear(&a);
    if (list->data) return WG_OK;
    e->status = WG_ERR_MEMORY;
    strcpy(e->text, "no memory for the array");
    return WG_ERR_MEMORY;
}

/* A leaf of the list's numbers as dtype; the list's data is used up. */
static wg_var leaf(wg_tape *t, wg_dtype dtype, int wanted, wgi_list *list) {
    int64_t n = wg_shape_size(list->shape);
    for (int64_t i = 0; i < n && dtype == WG_F32; ++i) { /* in place: floats are shorter */
        float f = (float)list->data[i];
        memcpy((char *)list->data + (size_t)i * sizeof f, &f, sizeof f);
    }
    return wanted ? wg_input(t, dtype, list->shape, list->data)
                  : wg_const(t, dtype, list->shape, list->data);
}

/* Makes in->vars[i] from the text of its value. */
static int read_value(wgi_inputs *in, const char *command, wg_dtype dtype, size_t i,
                      const char *text) {
    wgi_list list;
    wg_error e = {WG_OK, ""};
    memset(&list, 0, sizeof list);
    wg_status s = *text == '@' ? read_file(text + 1, &list, &e) : wgi_parse_value(text, &list, &e);
    if (s == WG_OK) {
        int wanted = in->used[i] != WGI_USED_AS_INDEX;
        in->vars[i] = wg_name(leaf(in->tape, dtype, wanted, &list), in->names[i]);
    }
    wgi_free(list.data);
    int status = *text == '@' ? WGI_EXIT_DATA : wgi_exit_of(s); /* whatever is bad in a file */
    if (s != WG_OK) return wgi_complain(command, status, "%s: %s", in->names[i], e.text);
    return in->vars[i].index ? -1 : wgi_complain_of_tape(command, in->tape);
}

/* ---- names ---------------------------------------------------------------------------------- */

/* Splits "NAME=VALUE" in place: names[i] becomes NAME, *value VALUE. */
static int split_word(wgi_inputs *in, const char *command, size_t i, char *word, char **value) {
    size_t n = strcspn(word, "=");
    double constant;
    if (word[n] != '=' || !wgi_is_name(word, n))
        return wgi_complain(command, WGI_EXIT_USAGE, "\"%s\" is not NAME=VALUE", word);
    if (wgi_constant(word, n, &constant))
        return wgi_complain(command, WGI_EXIT_USAGE, "%.*s is a constant", (int)n, word);
    word[n] = '\0';
    *value = word + n + 1;
    in->names[i] = word;
    for (size_t k = 0; k < i; ++k)
        if (strcmp(in->names[k], word) == 0)
            return wgi_complain(command, WGI_EXIT_USAGE, "%s is given twice", word);
    return -1;
}

static void warn_unused(const wgi_inputs *in, const char *command) {
    for (size_t i = 0; i < in->n; ++i)
        if (!in->used[i])
            wgi_complain(command, 0, "warning: the expression does not use %s", in->names[i]);
}

/* ---- all ------------------------------------------------------------------------------------ */

/* Leaves, then the expression on them. */
static int record(wgi_inputs *in, const char *command, wg_dtype dtype, const char *text,
                  char *const *values) {
    for (size_t i = 0; i < in->n; ++i) {
        int status = read_value(in, command, dtype, i, values[i]);
        if (status >= 0) return status;
    }
    in->root = wgi_parse(in->tape, text, in->n, in->names, in->vars, in->used);
    return in->root.index ? -1 : wgi_complain_of_tape(command, in->tape);
}

/* Which names only index is known when the expression has been read: then it is recorded anew with
 * those as constants, from the same random numbers. */
static int record_twice(wgi_inputs *in, const char *command, wg_dtype dtype, const char *text,
                        char *const *values) {
    int index = 0, status = record(in, command, dtype, text, values);
    for (size_t i = 0; i < in->n; ++i) index |= in->used[i] == WGI_USED_AS_INDEX;
    if (status >= 0 || !index) return status;
    wg_tape_rewind(in->tape);
    wg_tape_seed(in->tape, 0);
    return record(in, command, dtype, text, values);
}

int wgi_inputs_read(wgi_inputs *in, const char *command, wg_dtype dtype, int n_words,
                    char **words) {
    int status = -1;
    memset(in, 0, sizeof *in);
    if (n_words < 1)
        return wgi_complain(command, WGI_EXIT_USAGE,
                            "an expression is missing\nTry wengert help %s.", command);
    in->n = (size_t)n_words - 1;
    in->tape = wg_tape_new();
    in->names = wgi_alloc_zero(in->n * sizeof *in->names + 1);
    in->vars = wgi_alloc_zero(in->n * sizeof *in->vars + 1);
    in->used = wgi_alloc_zero(in->n + 1);
    char **values = wgi_alloc_zero(in->n * sizeof *values + 1);
    if (!in->tape || !in->names || !in->vars || !in->used || !values)
        status = wgi_complain(command, WGI_EXIT_DATA, "no memory");
    for (size_t i = 0; i < in->n && status < 0; ++i)
        status = split_word(in, command, i, words[i + 1], &values[i]);
    if (status < 0) status = record_twice(in, command, dtype, words[0], values);
    if (status < 0) warn_unused(in, command);
    wgi_free(values);
    return status;
}

int wgi_inputs_wanted(const wgi_inputs *in, size_t i) { return in->used[i] != WGI_USED_AS_INDEX; }

void wgi_inputs_clear(wgi_inputs *in) {
    wg_tape_free(in->tape);
    wgi_free(in->names);
    wgi_free(in->vars);
    wgi_free(in->used);
    memset(in, 0, sizeof *in);
}

int wgi_check_one_element(const char *command, wg_var root) {
    wg_shape s = wg_shape_of(root);
    if (wg_dtype_of(root) > WG_F64)
        return wgi_complain(command, WGI_EXIT_USAGE, "the expression is %s, which has no gradient",
                            wg_dtype_name(wg_dtype_of(root)));
    if (wg_shape_size(s) == 1) return -1;
    return wgi_complain(command, WGI_EXIT_USAGE,
                        "the expression has %lld elements (rank %d), a gradient needs one: "
                        "sum(...) or mean(...)",
                        (long long)wg_shape_size(s), s.rank);
}
