/* two_layer.c: the course's two-layer network as expression code: moons, a hidden layer of 16,
 * softmax loss, plain gradient descent.  No layer, no optimizer: gates and one loop. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <wengert.h>

enum { HIDDEN = 16, STEPS = 400 };

/* Gaussian weights of deviation 1/sqrt(fan_in), by Box and Muller's formula. */
static void fill(float *w, int n, int fan_in) {
    for (int i = 0; i < n; ++i) {
        double u = (rand() + 1.0) / (RAND_MAX + 2.0), v = rand() / (double)RAND_MAX;
        w[i] = (float)(sqrt(-2 * log(u)) * cos(6.283185307179586 * v) / sqrt(fan_in));
    }
}

int main(void) {
    wg_error e = {WG_OK, ""};
    wg_dataset *d = wg_dataset_open("moons", &e);
    wg_tape *t = wg_tape_new();
    wg_params *p = wg_params_new();
    if (!d || !t || !p) {
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    wg_param *w1 = wg_param_new(p, "w1", WG_F32, WG_SHAPE(2, HIDDEN));
    wg_param *b1 = wg_param_new(p, "b1", WG_F32, WG_SHAPE(HIDDEN));
    wg_param *w2 = wg_param_new(p, "w2", WG_F32, WG_SHAPE(HIDDEN, 2));
    wg_param *b2 = wg_param_new(p, "b2", WG_F32, WG_SHAPE(2));
    srand(1);
    fill(wg_param_data(w1), 2 * HIDDEN, 2);
    fill(wg_param_data(w2), 2 * HIDDEN, HIDDEN);

    for (int step = 0; step <= STEPS; ++step) {
        wg_tape_rewind(t);
        wg_var x = wg_const(t, WG_F32, WG_SHAPE(d->n, 2), d->features); /* (N, 2) */
        wg_var labels = wg_const(t, WG_I64, WG_SHAPE(d->n), d->labels); /* (N) */
        wg_var h = wg_relu(wg_add(wg_matmul(x, wg_use(t, w1)), wg_use(t, b1)));
        wg_var scores = wg_add(wg_matmul(h, wg_use(t, w2)), wg_use(t, b2)); /* (N, 2) */
        wg_var loss = wg_softmax_loss(scores, labels);
        wg_params_clear_grads(p);
        if (wg_backward(loss) != WG_OK) {
            fprintf(stderr, "%s\n", wg_tape_message(t));
            return 1;
        }
        if (step % 100 == 0) printf("step %3d  loss %.4f\n", step, wg_item(loss));
        size_t n;
        void *values, *grads;
        wg_params_block(p, WG_F32, &n, &values, &grads);
        for (size_t i = 0; i < n; ++i) ((float *)values)[i] -= 1.0f * ((float *)grads)[i];
        wg_params_changed(p);
    }
    wg_params_free(p);
    wg_tape_free(t);
    wg_dataset_free(d);
    return 0;
}
