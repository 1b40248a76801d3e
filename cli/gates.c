/* gates.c: wengert gates [NAME...]: the gates there are, from the registry; as a table in Markdown
 * it is docs/gates.md. */
#include "cli/cli.h"

#include "ops/registry.h"

#include <string.h>

static const wgi_usage usage = {
    "gates", "[NAME...] [--markdown]",
    "Lists the gates that expressions can call, or tells one's operands and attributes.\n",
    "examples:\n"
    "  wengert gates\n"
    "  wengert gates conv2d\n"};

static const char *kind_of(const wg_gate *g) {
    return g->flags & WG_GATE_FLAT     ? "flat"
           : g->flags & WG_GATE_KINKED ? "kinked"
                                       : "smooth";
}

/* "x, w, b?"; "x, ..." for any number of one kind. */
static void operands(const wg_gate *g) {
    if (g->arity < 0) printf("%s, ...", g->operands[0]);
    for (int i = 0; i < g->arity; ++i)
        printf("%s%s%s", i ? ", " : "", g->operands[i], g->optional >> i & 1 ? "?" : "");
}

/* "axis=-1": the value taken where the call gives none; a bare name must be given. */
static void attribute(const wg_attr *a) {
    int list = a->kind == WG_ATTR_AXES || a->kind == WG_ATTR_SHAPE;
    if (a->required) printf("%s", a->name);
    else if (list && a->preset == 0) printf("%s=[]", a->name);
    else if (a->kind == WG_ATTR_WORD) printf("%s=%s", a->name, a->words[(int)a->preset]);
    else if (a->kind == WG_ATTR_TEXT) printf("%s=\"\"", a->name);
    else printf(list ? "%s=[%.6g]" : "%s=%.6g", a->name, a->preset);
}

static void attributes(const wg_gate *g, int after_operands) {
    for (const wg_attr *a = g->attrs; a && a->name; ++a, after_operands = 1) {
        if (after_operands) printf(", ");
        attribute(a);
    }
}

static void describe(const wg_gate *g) {
    printf("%s(", g->name);
    operands(g);
    attributes(g, g->arity != 0);
    printf(")\n  %s\n  derivative: %s\n", g->formula, g->derivative);
    if (g->flags & WG_GATE_KINKED) puts("  has points without a derivative");
    for (const wg_attr *a = g->attrs; a && a->name; ++a) {
        printf("  %-10s %s", a->name, a->doc ? a->doc : "");
        for (int i = 0; a->kind == WG_ATTR_WORD && a->words[i]; ++i)
            printf("%s%s", i ? ", " : ": ", a->words[i]);
        puts("");
    }
}

/* ---- a page of the documents ---------------------------------------------------------------- */

/* A cell of a table, as code: there only a bar means something, the next cell. */
static void cell(const char *text) {
    printf(" | `");
    for (; *text; ++text) {
        if (*text == '|') putchar('\\');
        putchar(*text);
    }
    printf("`");
}

static void row(const wg_gate *g) {
    printf("| `%s` | ", g->name);
    operands(g);
    printf(" | ");
    attributes(g, 0);
    cell(g->formula);
    cell(g->derivative);
    printf(" | %s |\n", kind_of(g));
}

static void page(void) {
    puts("# Gates\n\n"
         "Written by `make docs` from the descriptors in `ops/`; `ops/ops.h` says what each C\n"
         "function takes. A call gives operands by their place and attributes by name, as in\n"
         "`softmax(x, axis=0)`; `b?` may be left out, an attribute without a value may not. The\n"
         "derivative is what the operands are handed when the output has the cotangent g;\n"
         "h stands for the cotangent where g is an operand, and [...] is 1 where the condition\n"
         "holds, else 0.\n\n"
         "smooth: a derivative everywhere in its domain. kinked: there are points without one;\n"
         "the head of the gate's file says what is taken there. flat: the derivative is zero, or\n"
         "there is none, and nothing is handed on.\n\n"
         "| gate | operands | attributes | value | derivative | |\n"
         "|---|---|---|---|---|---|");
    for (size_t i = 0; wgi_gates[i]; ++i) row(wgi_gates[i]);
}

static void list(void) {
    for (size_t i = 0; wgi_gates[i]; ++i)
        printf("%-20s %s\n", wgi_gates[i]->name, wgi_gates[i]->formula);
}

int wgi_cli_gates(int argc, char **argv) {
    int markdown = 0, words = 0;
    const wgi_option options[] = {
        {"--markdown", NULL, "all of them as a page of the documents", NULL, &markdown},
        {NULL, NULL, NULL, NULL, NULL},
    };
    int status = wgi_args(&usage, options, argc, argv, &words);
    if (status >= 0) return status;
    if (words == 0) {
        if (markdown) page();
        else list();
        return WGI_EXIT_FINE;
    }
    for (int i = 1; i <= words; ++i) {
        const wg_gate *g = wgi_gate_find(argv[i], strlen(argv[i]));
        if (!g)
            return wgi_complain("gates", WGI_EXIT_USAGE,
                                "there is no gate \"%s\"; wengert gates lists them", argv[i]);
        describe(g);
    }
    return WGI_EXIT_FINE;
}
