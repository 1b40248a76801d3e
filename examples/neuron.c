/* neuron.c: the course's sigmoid neuron, gate by gate: values forward, gradients backward. */
#include <stdio.h>
#include <wengert.h>

int main(void) {
    wg_tape *t = wg_tape_new();
    WG_LET(w0, wg_scalar(t, 2));
    WG_LET(x0, wg_scalar(t, -1));
    WG_LET(w1, wg_scalar(t, -3));
    WG_LET(x1, wg_scalar(t, -2));
    WG_LET(w2, wg_scalar(t, -3));
    /* C leaves open which argument of a call comes first: statements fix the tape's order */
    WG_LET(w0x0, wg_mul(w0, x0));
    WG_LET(w1x1, wg_mul(w1, x1));
    WG_LET(sum, wg_add(w0x0, w1x1));
    WG_LET(dot, wg_add(sum, w2));
    WG_LET(f, wg_sigmoid(dot));
    if (wg_backward(f) != WG_OK) {
        fprintf(stderr, "%s\n", wg_tape_message(t));
        return 1;
    }

    /* the lesson's table: every value below f in the order of evaluation, with its gradient */
    const wg_var *order;
    size_t n;
    wg_toposort(f, &n, &order);
    printf("%-4s %8s %9s\n", "", "value", "gradient");
    for (size_t i = 0; i < n; ++i) {
        const char *name = wg_name_of(order[i]);
        printf("%-4s %8.4f %9.4f\n", name ? name : "", wg_item(order[i]),
               wg_item(wg_grad(order[i])));
    }
    wg_tape_free(t);
    return 0;
}
