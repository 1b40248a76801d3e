/* gates.c: wengert gates [NAME...]: the gates there are, from the registry; as a page in Markdown
 * it is docs/gates.md. */
#include "cli/cli.h"
#include "cli/gates.h"

#include "ops/registry.h"

#include <string.h>

static const wgi_usage usage = {
    "gates", "[NAME...] [--markdown]",
    "Lists the gates that expressions can call, or tells all of one: its call, derivative, shapes\n"
    "and domain, how it is run, its attributes.\n",
    "examples:\n"
    "  wengert gates\n"
    "  wengert gates conv2d\n"};

/* "  name            text", further lines of the text below it. */
static void line(const char *name, const char *text) {
    enum { WIDTH = 78 };
    printf("  %-16s", name);
    for (size_t n; strlen(text) > WIDTH; text += n + 1) {
        for (n = WIDTH; n > 0 && text[n] != ' ';) --n;
        if (n == 0) break; /* one long word */
        printf("%.*s\n%18s", (int)n, text, "");
    }
    puts(text);
}

static void attributes(const wg_gate *g) {
    if (g->attrs && g->attrs->name) puts("  attributes");
    for (const wg_attr *a = g->attrs; a && a->name; ++a) {
        printf("    %-14s%s", a->name, a->doc ? a->doc : "");
        for (int i = 0; a->kind == WG_ATTR_WORD && a->words[i]; ++i)
            printf("%s%s", i ? ", " : ": ", a->words[i]);
        puts("");
    }
}

static void describe(const wg_gate *g) {
    wgi_gate_call(g);
    puts("");
    line("value", g->formula);
    line("derivative", g->derivative);
    line("shapes", wgi_gate_shapes(g));
    line("domain", g->domain ? g->domain : "any real numbers");
    for (const wgi_gate_fact *f = wgi_gate_facts; f->name; ++f) line(f->name, f->text(g));
    if (g->kernel > WG_KERNEL_THREADS) line("this build", wg_backend_name());
    attributes(g);
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
        if (markdown) wgi_gates_page();
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
