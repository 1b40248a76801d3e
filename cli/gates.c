/* gates.c: wengert gates [NAME...]: the gates there are, from the registry. */
#include "cli/cli.h"

#include "ops/registry.h"

#include <string.h>

static const wgi_usage usage = {
    "gates", "[NAME...] [--markdown]",
    "Lists the gates that expressions can call, or tells one's operands and attributes.\n",
    "examples:\n"
    "  wengert gates\n"
    "  wengert gates conv2d\n"};

static void signature(const wg_gate *g) {
    int first = 1;
    printf("%s(", g->name);
    if (g->arity < 0) printf("%s, ...", g->operands[0]);
    for (int i = 0; i < g->arity && i < 6; ++i)
        printf("%s%s%s", i ? ", " : "", g->operands[i], g->optional >> i & 1 ? "?" : "");
    for (const wg_attr *a = g->attrs; a && a->name; ++a, first = 0)
        printf("%s%s=", first && g->arity == 0 ? "" : ", ", a->name);
    printf(")");
}

static void describe(const wg_gate *g) {
    signature(g);
    printf("\n  %s\n  derivative: %s\n", g->formula, g->derivative);
    if (g->flags & WG_GATE_KINKED) puts("  has points without a derivative");
    for (const wg_attr *a = g->attrs; a && a->name; ++a)
        printf("  %-10s %s\n", a->name, a->doc ? a->doc : "");
}

static void row(const wg_gate *g) {
    printf("| `%s` | %s | %s | %s |\n", g->name, g->formula, g->derivative,
           g->flags & WG_GATE_FLAT     ? "flat"
           : g->flags & WG_GATE_KINKED ? "kinked"
                                       : "smooth");
}

static int list(int markdown) {
    if (markdown) puts("| gate | value | derivative | |\n|---|---|---|---|");
    for (size_t i = 0; wgi_gates[i]; ++i) {
        if (markdown) row(wgi_gates[i]);
        else printf("%-20s %s\n", wgi_gates[i]->name, wgi_gates[i]->formula);
    }
    return WGI_EXIT_FINE;
}

int wgi_cli_gates(int argc, char **argv) {
    int markdown = 0, words = 0;
    const wgi_option options[] = {
        {"--markdown", NULL, "a table with derivatives", NULL, &markdown},
        {NULL, NULL, NULL, NULL, NULL},
    };
    int status = wgi_args(&usage, options, argc, argv, &words);
    if (status >= 0) return status;
    if (words == 0) return list(markdown);
    for (int i = 1; i <= words; ++i) {
        const wg_gate *g = wgi_gate_find(argv[i], strlen(argv[i]));
        if (!g)
            return wgi_complain("gates", WGI_EXIT_USAGE,
                                "there is no gate \"%s\"; wengert gates lists them", argv[i]);
        describe(g);
    }
    return WGI_EXIT_FINE;
}
