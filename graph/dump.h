/* dump.h: what the formats of a dump share. */
#ifndef WGI_DUMP_H
#define WGI_DUMP_H

#include "autograd/tape.h"
#include "graph/graph.h"

typedef struct wgi_dump {
    FILE *file;
    wg_tape *tape;
    uint32_t root;
    const unsigned char *below; /* by index: root and its ancestors */
    wg_dump_options options;    /* elements resolved: at least 0 */
    int backward;               /* the last sweep reached root */
} wgi_dump;

void wgi_dump_dot(const wgi_dump *d);
void wgi_dump_json(const wgi_dump *d);

/* ---- dump_node.c: what is known of a node --------------------------------------------------- */

/* The index of the next value of the dump after i, 0 after root: for (i = next(d, 0); i; ...). */
uint32_t wgi_dump_next(const wgi_dump *d, uint32_t i);
typedef enum { WGI_IS_INPUT, WGI_IS_PARAM, WGI_IS_CONST, WGI_IS_GATE } wgi_kind;
wgi_kind wgi_dump_kind(const wgi_node *n);
/* What there is to say of a gradient. */
typedef enum {
    WGI_GRAD_KNOWN,
    WGI_GRAD_UNWANTED,    /* a constant, or made of constants */
    WGI_GRAD_NOT_RUN,     /* no backward reached the root */
    WGI_GRAD_NOT_REACHED, /* the root does not depend on it: flat gates lie between */
    WGI_GRAD_NOT_KEPT     /* wg_tape_keep_grads(tape, 0) let it go */
} wgi_grad_state;
wgi_grad_state wgi_dump_grad(const wgi_dump *d, const wgi_node *n, wg_value *grad);
/* The name of operand k of n, NULL where it has none. */
const char *wgi_dump_operand(const wgi_node *n, uint32_t k);
/* One attribute, read by its row. */
typedef struct wgi_attr_value {
    double real;               /* of a REAL */
    const char *word;          /* of a WORD; NULL: out of range */
    int is_list, n;            /* n numbers; one where it is no list */
    int64_t list[WG_MAX_RANK];
    int preset;                /* it is what an expression gets that does not name it */
} wgi_attr_value;
wgi_attr_value wgi_attr_value_of(const wg_attr *a, const void *attrs);
/* The source line as the options want it, NULL: none. */
const char *wgi_dump_site(const wgi_dump *d, const wgi_node *n);
/* Elements of v that are shown. */
int64_t wgi_dump_shown(const wgi_dump *d, const wg_value *v);

/* ---- dump_text.c: numbers and strings ------------------------------------------------------- */

enum { WGI_NUMBER_TEXT = 40 };
/* x with the fewest digits that read back as the same number of its dtype ("nan", "inf" and "-inf"
 * too), independent of the locale. */
const char *wgi_exact_text(double x, wg_dtype dtype, char text[WGI_NUMBER_TEXT]);
/* x to four digits, for people. */
const char *wgi_short_text(double x, char text[WGI_NUMBER_TEXT]);
/* Element i of v, row-major, as double; exact for every float and bool. */
double wgi_element(const wg_value *v, int64_t i);
/* Element i of an int64 v. */
int64_t wgi_element_int(const wg_value *v, int64_t i);
/* The next character of UTF-8 at *s, which is moved; a byte that is none gives U+FFFD. */
uint32_t wgi_utf8_next(const char **s);
void wgi_utf8_write(FILE *file, uint32_t c);

#endif
