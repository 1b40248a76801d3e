/* logical.h: a gate that combines masks elementwise, made from COMBINE, an expression in x and,
 * for two operands, y; LAST is the last operand, 1 or 0.  Operands are bool, or floats and whole
 * numbers that are 0 or 1; the result is bool and broadcasts as NumPy does.  A mask does not move
 * with what it was made of, so the derivative is zero and there is no signature: the comparison
 * that made the mask has it. */
#include "autograd/rows.h"
#include "ops/ops.h"

static void row(int64_t n, const void *const *operands, const int64_t *s, void *out,
                const void *attrs) {
    const unsigned char *a = operands[0], *b = operands[LAST];
    unsigned char *v = out;
    (void)attrs;
    for (int64_t i = 0; i < n; ++i) {
        unsigned char x = a[i * s[0]], y = b[i * s[LAST]];
        (void)y;
        v[i] = COMBINE;
    }
}

static wg_status forward(wg_call *c) {
    wgi_rows(row, &c->y, c->n, c->x, NULL);
    return WG_OK;
}

static wg_status infer(wg_call *c) {
    c->y.dtype = WG_BOOL;
    return wgi_elementwise_infer(c);
}
