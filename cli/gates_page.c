/* gates_page.c: docs/gates.md: the gates in the order of the manual, in each part what they compute
 * and then how the engine runs them.  A gate has lines of its own, and nothing in them depends on
 * the machine or on the build. */
#include "cli/gates.h"

#include "ops/registry.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static void introduce(void) {
    puts("# Gates\n\n"
         "Written by `make docs` from the descriptors in `ops/`; the headers in `ops/manual/` say\n"
         "what each C function takes, `wengert gates NAME` tells one gate with its attributes.\n\n"
         "**The call** gives operands by their place and attributes by name, as in\n"
         "`softmax(x, axis=0)`; `b?` may be left out, an attribute without a value may not.\n"
         "**Derivative** is what the operands are handed when the output has the cotangent g;\n"
         "h stands for the cotangent where g is an operand, and [...] is 1 where the condition\n"
         "holds, else 0. **Shapes**: a bracket for each operand, an arrow, the result; equal\n"
         "letters are equal extents, the name of an attribute is its value, `...` are any axes,\n"
         "which broadcast, and `d...` axes that are the same everywhere, without some (`- axis`)\n"
         "or these alone (`at axis`); `(C)?` may be absent, `or` parts alternatives.\n\n"
         "How the engine runs a gate:\n\n"
         "- **dtypes**: floats are float32 and float64; all: int64 and bool, too.\n"
         "- **forward**: rows: loops over rows of any strides and, for float64 of rank 0, one\n"
         "  inline expression on the node; kernel: a function of its own; view: the operand's\n"
         "  memory under other strides; parts: other gates are recorded in its place.\n"
         "- **reverse**: partials: the cotangent times the inline partial derivative, one pass;\n"
         "  rule: a rule written with gates; zero: nothing is handed on.\n"
         "- **second order**: rule: what is recorded of the rule is differentiated again, to any\n"
         "  order; zero: the gate is linear or flat.\n"
         "- **forward mode**: itself: the gate, applied to the tangents; rule: the rule of an\n"
         "  elementwise gate, which is its own transpose; rule twice: the rule differentiated\n"
         "  once more; own rule: one for tangents.\n"
         "- **kind**: smooth: a derivative everywhere in its domain; linear: in its operands\n"
         "  taken together; kinked: there are points without a derivative; flat: the derivative\n"
         "  is zero wherever there is one.\n"
         "- **accelerated by**: libraries where a build has them, vector kernels where the\n"
         "  processor has the instructions; `wengert gates NAME` names those of a build.\n\n"
         "The notes below a table say where a gate is defined and what holds at kinks, at ties\n"
         "and outside; a gate without one is smooth for all real numbers. RANGE, VALUE and SHAPE\n"
         "are errors.");
}

/* ---- links ---------------------------------------------------------------------------------- */

/* The link that Markdown makes of a title: small letters, blanks to dashes, the rest left out. */
static void link_to(const char *title) {
    printf("[%s](#", title);
    for (const char *c = title; *c; ++c)
        if (isalnum((unsigned char)*c) || *c == ' ') putchar(*c == ' ' ? '-' : tolower(*c));
    printf(")");
}

static void contents(void) {
    puts("");
    for (size_t i = 0, n = 0; wgi_sections[i].title || wgi_sections[i].gate; ++i) {
        if (!wgi_sections[i].title) continue;
        if (n++) printf("· "); /* a line each, as tests/test_docs.c compares lines */
        link_to(wgi_sections[i].title);
        puts("");
    }
}

/* ---- tables --------------------------------------------------------------------------------- */

/* Text as code: there only a bar means something, the next cell.  Text with a backtick stands
 * between two of them. */
static void code(const char *text) {
    int ticks = strchr(text, '`') != NULL;
    printf(ticks ? "`` " : "`");
    for (; *text; ++text) {
        if (*text == '|') putchar('\\');
        putchar(*text);
    }
    printf(ticks ? " ``" : "`");
}

static void mathematics(const wg_gate *g) {
    printf("| `");
    wgi_gate_call(g);
    printf("` | ");
    code(g->formula);
    printf(" | ");
    code(g->derivative);
    printf(" | ");
    code(wgi_gate_shapes(g));
    puts(" |");
}

static void engine(const wg_gate *g) {
    printf("| `%s`", g->name);
    for (const wgi_gate_fact *f = wgi_gate_facts; f->name; ++f) printf(" | %s", f->text(g));
    puts(" |");
}

/* Stars and bars mean something outside code, too. */
static void note(const wg_gate *g) {
    if (!g->domain) return;
    printf("- `%s`: ", g->name);
    for (const char *c = g->domain; *c; ++c) {
        if (*c == '*' || *c == '_' || *c == '<' || *c == '[') putchar('\\');
        putchar(*c);
    }
    puts("");
}

/* The gates of one title, which end at the next one. */
static void each(const wgi_section *s, void (*print)(const wg_gate *)) {
    for (; s->gate; ++s) print(s->gate);
}

static void section(const wgi_section *s) {
    printf("\n## %s\n\n| gate | value | derivative | shapes |\n|---|---|---|---|\n", s->title);
    each(s + 1, mathematics);
    printf("\n| gate");
    for (const wgi_gate_fact *f = wgi_gate_facts; f->name; ++f) printf(" | %s", f->name);
    printf(" |\n|---");
    for (const wgi_gate_fact *f = wgi_gate_facts; f->name; ++f) printf("|---");
    puts("|");
    each(s + 1, engine);
    int notes = 0;
    for (const wgi_section *k = s + 1; k->gate; ++k) notes += k->gate->domain != NULL;
    if (notes) puts("");
    each(s + 1, note);
}

void wgi_gates_page(void) {
    introduce();
    contents();
    for (size_t i = 0; wgi_sections[i].title || wgi_sections[i].gate; ++i)
        if (wgi_sections[i].title) section(&wgi_sections[i]);
}
