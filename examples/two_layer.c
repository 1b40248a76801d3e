/* two_layer.c: the course's two-layer network as expression code: moons, a hidden layer of 16,
 * softmax loss, plain gradient descent.  No layer, no optimizer: gates and one loop. */
#include <math.h>
#include <stdio.h>
#include <wengert.h>

enum { HIDDEN = 16, STEPS = 400 };

typedef struct network {
    wg_params *params; /* the store, which owns the four below */
    wg_param *w1, *b1, *w2, *b2;
} network;

/* Weights of deviation 1/sqrt(fan_in), biases zero. */
static int network_init(network *net) {
    wg_params *p = net->params = wg_params_new();
    net->w1 = wg_param_new(p, "w1", WG_F32, WG_SHAPE(2, HIDDEN));
    net->b1 = wg_param_new(p, "b1", WG_F32, WG_SHAPE(HIDDEN));
    net->w2 = wg_param_new(p, "w2", WG_F32, WG_SHAPE(HIDDEN, 2));
    net->b2 = wg_param_new(p, "b2", WG_F32, WG_SHAPE(2));
    return wg_params_status(p) == WG_OK &&
           wg_param_fill_normal(net->w1, 1 / sqrt(2), 1, 0) == WG_OK &&
           wg_param_fill_normal(net->w2, 1 / sqrt(HIDDEN), 1, 1) == WG_OK;
}

/* scores = relu(x w1 + b1) w2 + b2: (N, 2) -> (N, 2) */
static wg_var scores_of(const network *net, wg_tape *t, wg_var x) {
    wg_var h = wg_relu(wg_add(wg_matmul(x, wg_use(t, net->w1)), wg_use(t, net->b1)));
    return wg_add(wg_matmul(h, wg_use(t, net->w2)), wg_use(t, net->b2));
}

/* x -= rate dx over all four at once: they lie in one block, their gradients in another. */
static void descend(const network *net, float rate) {
    size_t n = 0;
    void *values, *grads;
    if (wg_params_block(net->params, WG_F32, &n, &values, &grads) != WG_OK) return;
    for (size_t i = 0; i < n; ++i) ((float *)values)[i] -= rate * ((const float *)grads)[i];
    wg_params_changed(net->params);
}

/* The share of rows whose larger score is the label's. */
static double accuracy(wg_var scores, const wg_dataset *d) {
    const float *s = wg_data(scores);
    int64_t right = 0;
    for (int64_t i = 0; s && i < d->n; ++i) right += (s[2 * i + 1] > s[2 * i]) == d->labels[i];
    return (double)right / (double)d->n;
}

static int train(const network *net, wg_tape *t, const wg_dataset *d) {
    for (int step = 0; step <= STEPS; ++step) {
        wg_tape_rewind(t);
        wg_var x = wg_const(t, WG_F32, WG_SHAPE(d->n, 2), d->features); /* (N, 2) */
        wg_var labels = wg_const(t, WG_I64, WG_SHAPE(d->n), d->labels); /* (N) */
        wg_var scores = scores_of(net, t, x);
        wg_var loss = wg_softmax_loss(scores, labels);
        wg_params_clear_grads(net->params);
        if (wg_backward(loss) != WG_OK) {
            fprintf(stderr, "%s\n", wg_tape_message(t));
            return 1;
        }
        if (step % 100 == 0)
            printf("step %3d  loss %.3f  accuracy %5.1f %%\n", step, wg_item(loss),
                   100 * accuracy(scores, d));
        descend(net, 1.0f);
    }
    return 0;
}

int main(void) {
    wg_error e = {WG_ERR_MEMORY, "no memory"};
    network net;
    wg_dataset *d = wg_dataset_open("moons", &e);
    wg_tape *t = wg_tape_new();
    int ready = network_init(&net) && d && t;
    if (!ready) fprintf(stderr, "two_layer: %s\n", e.text);
    int status = ready ? train(&net, t, d) : 1;
    wg_tape_free(t);
    wg_params_free(net.params);
    wg_dataset_free(d);
    return status;
}
