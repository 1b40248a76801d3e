/* graph.c: wengert graph: the graph of an expression, written to a file. */
#include "cli/cli.h"

#include "data/atomic_file.h"
#include "graph/graph.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const wgi_usage usage = {
    "graph",
    "'EXPR' [NAME=VALUE ...] -o FILE.{dot,json} [--no-backward]",
    "Writes the graph of an expression: its gates, names, shapes, values and, after a backward\n"
    "pass, gradients.\n"
    "\n"
    "The format follows the file's name: .dot for Graphviz, .json as docs/dump-schema.md has it.\n"
    "-o - writes to standard output, as --format says.  EXPR and VALUE are those of wengert grad.\n"
    "A file appears whole or not at all.\n",
    "Examples:\n"
    "  wengert graph '(x+y)*z' x=-2 y=5 z=-4 -o circuit.dot && dot -Tpng -O circuit.dot\n"
    "  wengert graph 'sum(tanh(x*y))' x='[0.2,0.4]' y=3 -o - --format json\n",
};

/* ---- the format ----------------------------------------------------------------------------- */

static const struct {
    const char *word;
    wg_dump_format format;
} formats[] = {{"dot", WG_DUMP_DOT}, {"json", WG_DUMP_JSON}};

/* -1 to go on, else the exit status; `from` is what the word was taken from. */
static int format_of(const char *word, const char *from, wg_dump_format *format) {
    for (size_t i = 0; i < sizeof formats / sizeof *formats; ++i) {
        if (strcmp(formats[i].word, word) != 0) continue;
        *format = formats[i].format;
        return -1;
    }
    return wgi_complain("graph", WGI_EXIT_USAGE, "%s: there is no format \"%s\"; dot and json are",
                        from, word);
}

static int choose_format(const char *path, const char *word, wg_dump_format *format) {
    if (!path)
        return wgi_complain("graph", WGI_EXIT_USAGE, "-o FILE.dot or -o FILE.json is missing");
    if (word) return format_of(word, "--format", format);
    if (strcmp(path, "-") == 0)
        return wgi_complain("graph", WGI_EXIT_USAGE, "-o - needs --format dot or --format json");
    const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
    const char *dot = strrchr(file, '.');
    if (dot) return format_of(dot + 1, path, format);
    return wgi_complain("graph", WGI_EXIT_USAGE,
                        "%s: its name ends in neither .dot nor .json; --format says which", path);
}

static int count_option(const char *text, int64_t *n) {
    char *end;
    if (!text) return -1;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    *n = strcmp(text, "all") == 0 ? -1 : value;
    if (*n == -1 || (*text && !*end && errno == 0 && value > 0)) return -1;
    return wgi_complain("graph", WGI_EXIT_USAGE, "--elements is a number above 0 or all, not %s",
                        text);
}

/* ---- writing -------------------------------------------------------------------------------- */

static int write_file(wg_var root, const wg_dump_options *o, const char *path) {
    wgi_atomic_file file;
    wg_error e = {WG_OK, ""};
    if (strcmp(path, "-") == 0) {
        if (wg_dump(root, o, stdout, &e) == WG_OK) return WGI_EXIT_FINE;
        return wgi_complain("graph", wgi_exit_of(e.status), "standard output: %s", e.text);
    }
    if (wgi_atomic_open(&file, path, &e) != WG_OK)
        return wgi_complain("graph", wgi_exit_of(e.status), "%s", e.text);
    if (wg_dump(root, o, file.file, &e) != WG_OK) {
        wgi_atomic_abandon(&file);
        return wgi_complain("graph", wgi_exit_of(e.status), "%s: %s", path, e.text);
    }
    if (wgi_atomic_commit(&file, &e) != WG_OK)
        return wgi_complain("graph", wgi_exit_of(e.status), "%s", e.text);
    return WGI_EXIT_FINE;
}

static int has_gradient(const wgi_inputs *in) {
    for (size_t i = 0; i < in->n; ++i)
        if (in->used[i] && wgi_inputs_wanted(in, i)) return 1;
    return 0;
}

static int graph(const wgi_inputs *in, const wg_dump_options *o, const char *path, int backward) {
    backward = backward && has_gradient(in);
    int status = backward ? wgi_check_one_element("graph", in->root) : -1;
    if (status >= 0)
        return wgi_complain("graph", status, "--no-backward draws it without gradients");
    if (backward && wg_backward(in->root) != WG_OK) return wgi_complain_of_tape("graph", in->tape);
    return write_file(in->root, o, path);
}

int wgi_cli_graph(int argc, char **argv) {
    const char *path = NULL, *format = NULL, *title = NULL, *elements = NULL, *dtype_word = NULL;
    int forward_only = 0, words;
    const wgi_option options[] = {
        {"-o", "FILE", "where to write, - for standard output", &path, NULL},
        {"--format", "dot|json", "the format, whatever the file's name", &format, NULL},
        {"--title", "TEXT", "a title (the expression)", &title, NULL},
        {"--elements", "N|all", "numbers shown of each value (8)", &elements, NULL},
        {"--no-backward", NULL, "leave the gradients out", NULL, &forward_only},
        {"--dtype", "f32|f64", "the element type of the values (f64)", &dtype_word, NULL},
        {NULL, NULL, NULL, NULL, NULL},
    };
    wg_dump_options o = {.size = sizeof o};
    wg_dtype dtype;
    wgi_inputs in;
    int status = wgi_args(&usage, options, argc, argv, &words);
    if (status < 0) status = choose_format(path, format, &o.format);
    if (status < 0) status = count_option(elements, &o.elements);
    if (status >= 0) return status;
    if (!wgi_dtype_of_word(dtype_word, &dtype))
        return wgi_complain("graph", WGI_EXIT_USAGE, "--dtype is f32 or f64, not %s", dtype_word);
    o.title = title ? title : words > 0 ? argv[1] : NULL;
    status = wgi_inputs_read(&in, "graph", dtype, words, argv + 1);
    if (status < 0) status = graph(&in, &o, path, !forward_only);
    wgi_tell_of_debug("graph", in.tape);
    wgi_inputs_clear(&in);
    return status;
}
